import {
  ActionIcon,
  Box,
  Button,
  Group,
  Menu,
  Modal,
  ScrollArea,
  Stack,
  Text,
  TextInput,
  Tooltip,
} from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { IconBookmark, IconBookmarkPlus, IconTrash } from '@tabler/icons-react';
import { Link, type LinkProps } from '@tanstack/react-router';
import { useState } from 'react';
import { useSession } from '../../api/session.ts';
import { askedFor, FILTERS, filtersOf, type TableSearch } from './filters.ts';

/** Filters under a name: what a view shows, and in which order. */
type View = { name: string; search: TableSearch };

const VIEWS: readonly View[] = [
  { name: 'All', search: {} },
  { name: 'People', search: { kind: 'user,read_only' } },
  { name: 'API', search: { kind: 'api' } },
  { name: 'TAXII', search: { kind: 'taxii' } },
  { name: 'Read only', search: { kind: 'read_only' } },
  { name: 'Pending', search: { pending: 'any' } },
  { name: 'Locked', search: { state: 'locked' } },
  { name: 'Disabled', search: { state: 'disabled' } },
  { name: 'Credentials that end soon', search: { credentialExpiresWithinDays: '30' } },
  { name: 'Not used for 90 days', search: { unusedForDays: '90' } },
];
/** Kept in this browser. */
const MAX_OWN = 30;
const MAX_NAME = 40;

const isSame = (one: TableSearch, other: TableSearch) =>
  [...FILTERS, 'search' as const].every((name) => one[name] === other[name]);
/** A view is where its filters are, and no others; one that says nothing of the search has it with any. */
const isOn = (view: View, search: TableSearch) =>
  isSame(view.search, view.search.search === undefined ? { ...search, search: undefined } : search);

/** The views of the list of accounts, each a link, and those that somebody has made in this browser. */
export function Views({ search }: { search: TableSearch }) {
  const asked = askedFor(search);
  // A browser may be several people's.
  const { id: account } = useSession();
  const [own, setOwn] = useLocalStorage<View[]>({
    key: `taxiway-account-views-of-${account}`,
    defaultValue: [],
    getInitialValueInEffect: false,
  });
  const [isNaming, setNaming] = useState(false);
  const present = [...VIEWS, ...own].find((view) => isOn(view, asked));
  const hasFilters = Object.keys(filtersOf(search)).length > 0 || asked.search !== undefined;
  const canKeep = hasFilters && ![...VIEWS, ...own].some((view) => isSame(view.search, asked));
  return (
    <Group gap="xs" wrap="nowrap" justify="space-between">
      <ScrollArea type="never" style={{ flex: 1, minWidth: 0 }}>
        <Box component="nav" aria-label="Views">
          <Group gap={4} wrap="nowrap" py={2}>
            {[...VIEWS, ...own].map((view) => (
              <ViewLink key={view.name} view={view} isPresent={view === present} />
            ))}
          </Group>
        </Box>
      </ScrollArea>
      <Group gap={4} wrap="nowrap">
        {canKeep && (
          <Tooltip label="Keep these filters as a view of your own, in this browser">
            <ActionIcon
              variant="default"
              size="lg"
              aria-label="Keep as a view"
              onClick={() => setNaming(true)}
            >
              <IconBookmarkPlus size={18} aria-hidden />
            </ActionIcon>
          </Tooltip>
        )}
        {own.length > 0 && (
          <Menu position="bottom-end">
            <Menu.Target>
              <ActionIcon variant="default" size="lg" aria-label="Your own views">
                <IconBookmark size={18} aria-hidden />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              {own.map((view) => (
                <Menu.Item
                  key={view.name}
                  leftSection={<IconTrash size={16} aria-hidden />}
                  onClick={() => setOwn(own.filter((each) => each !== view))}
                >
                  Forget the view {view.name}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        )}
      </Group>
      <NameView
        isOpen={isNaming}
        taken={[...VIEWS, ...own].map(({ name }) => name)}
        isFull={own.length >= MAX_OWN}
        onClose={() => setNaming(false)}
        onName={(name) => {
          const { after: _, ...kept } = asked;
          setOwn([...own, { name, search: kept }]);
          setNaming(false);
        }}
      />
    </Group>
  );
}

function ViewLink({ view, isPresent }: { view: View; isPresent: boolean }) {
  return (
    <Button
      size="compact-sm"
      radius="xl"
      fw={isPresent ? 650 : 450}
      variant={isPresent ? 'light' : 'subtle'}
      color={isPresent ? undefined : 'gray'}
      c={isPresent ? undefined : 'dimmed'}
      style={{ flexShrink: 0 }}
      renderRoot={(props) => (
        <Link
          to="."
          search={view.search as LinkProps['search']}
          // Also where more is in the address than the view says.
          activeOptions={{ exact: true, includeSearch: true }}
          replace
          {...props}
          aria-current={isPresent ? 'page' : undefined}
        />
      )}
    >
      {view.name}
    </Button>
  );
}

function NameView({
  isOpen,
  taken,
  isFull,
  onClose,
  onName,
}: {
  isOpen: boolean;
  taken: readonly string[];
  isFull: boolean;
  onClose: () => void;
  onName: (name: string) => void;
}) {
  const [text, setText] = useState('');
  const name = text.trim();
  const problem = isFull
    ? `This browser keeps ${MAX_OWN} views; forget one first.`
    : taken.some((each) => each.toLowerCase() === name.toLowerCase())
      ? 'There is a view of this name already.'
      : null;
  return (
    <Modal opened={isOpen} onClose={onClose} title="Keep as a view">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (name === '' || problem !== null) return;
          onName(name);
          setText('');
        }}
      >
        <Stack>
          <Text size="sm">
            The present search, filters and order, under a name of your own. Only this browser has it.
          </Text>
          <TextInput
            label="Name"
            value={text}
            onChange={({ currentTarget }) => setText(currentTarget.value)}
            maxLength={MAX_NAME}
            error={name === '' ? null : problem}
            required
            data-autofocus
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" disabled={name === '' || problem !== null}>
              Keep view
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
