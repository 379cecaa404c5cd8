import { Button, Collapse, Group, Pill, Select, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { useDebouncedCallback, useDisclosure, useMediaQuery } from '@mantine/hooks';
import { IconFilter } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { InstantInput } from '../../kit/instant-input.tsx';
import { useSearchChange } from '../../kit/paging.tsx';
import { useShortcut } from '../../kit/shortcuts.tsx';
import { OrganizationSelect } from '../accounts/organization-select.tsx';
import { ACTION_TEXTS, actionText, TARGET_TEXTS, targetText } from './action-texts.ts';
import type { AuditFilters } from './audit-query.ts';

const NONE = {
  action: undefined,
  outcome: undefined,
  targetKind: undefined,
  targetId: undefined,
  actor: undefined,
  since: undefined,
  until: undefined,
  about: undefined,
};

/** What of a trail is shown. All of it stands in the address. */
export function AuditFiltersBar({ filters, isInstance }: { filters: AuditFilters; isInstance: boolean }) {
  const change = useSearchChange();
  const isWide = useMediaQuery('(min-width: 48em)', true, { getInitialValueInEffect: false });
  const [isOpen, { toggle, open }] = useDisclosure(isWide);
  const actorField = useRef<HTMLInputElement>(null);
  useShortcut('/', 'Filter by who did it', () => {
    open();
    requestAnimationFrame(() => actorField.current?.focus());
  });
  const count = Object.values(filters).filter((value) => value !== undefined).length;
  return (
    <Stack gap="sm">
      <Group>
        <Button
          variant="default"
          leftSection={<IconFilter size={16} aria-hidden />}
          aria-expanded={isOpen}
          onClick={toggle}
        >
          {count === 0 ? 'Filters' : `Filters (${count})`}
        </Button>
        {count > 0 && (
          <Button variant="subtle" onClick={() => change({ ...NONE, organization: undefined })}>
            Clear filters
          </Button>
        )}
        {filters.about !== undefined && (
          <Pill
            withRemoveButton
            removeButtonProps={{ 'aria-label': 'Show events about all accounts' }}
            onRemove={() => change({ about: undefined })}
          >
            About account {filters.about}
          </Pill>
        )}
        {filters.targetId !== undefined && (
          <Pill
            withRemoveButton
            removeButtonProps={{ 'aria-label': 'Show events of everything' }}
            onRemove={() => change({ targetId: undefined })}
          >
            {`${targetText(filters.targetKind ?? '')} ${filters.targetId}`}
          </Pill>
        )}
      </Group>
      <Collapse expanded={isOpen}>
        <SimpleGrid cols={{ base: 1, xs: 2, md: 3, xl: isInstance ? 4 : 3 }} spacing="sm">
          <Select
            label="Action"
            placeholder="Any"
            searchable
            clearable
            clearButtonProps={{ 'aria-label': 'Clear action' }}
            data={options(Object.keys(ACTION_TEXTS), filters.action, actionText)}
            value={filters.action ?? null}
            onChange={(action) => change({ action: action ?? undefined })}
            nothingFoundMessage="There is no such action"
          />
          <Select
            label="Outcome"
            placeholder="Any"
            clearable
            clearButtonProps={{ 'aria-label': 'Clear outcome' }}
            data={[
              { value: 'done', label: 'Done' },
              { value: 'refused', label: 'Refused' },
              { value: 'failed', label: 'Failed' },
            ]}
            value={filters.outcome ?? null}
            onChange={(outcome) => change({ outcome: outcome ?? undefined })}
          />
          <Select
            label="To what kind of thing"
            placeholder="Any"
            searchable
            clearable
            clearButtonProps={{ 'aria-label': 'Clear kind' }}
            disabled={filters.about !== undefined}
            data={options(Object.keys(TARGET_TEXTS), filters.targetKind, targetText)}
            value={filters.targetKind ?? null}
            onChange={(kind) => change({ targetKind: kind ?? undefined, targetId: undefined })}
          />
          <ActorInput
            ref={actorField}
            key={filters.actor ?? ''}
            actor={filters.actor}
            isDisabled={filters.about !== undefined}
            onChange={(actor) => change({ actor })}
          />
          <InstantInput
            label="Since"
            isPast
            value={filters.since ?? null}
            onChange={(since) => change({ since: since ?? undefined })}
          />
          <InstantInput
            label="Until"
            isPast
            value={filters.until ?? null}
            onChange={(until) => change({ until: until ?? undefined })}
          />
          {isInstance && (
            <OrganizationSelect
              label="Organization"
              isClearable
              value={filters.organization ?? null}
              onChange={(organization) => change({ organization: organization ?? undefined })}
            />
          )}
        </SimpleGrid>
      </Collapse>
    </Stack>
  );
}

/** The names with their words, and the one that is chosen even where it is none of them. */
function options(names: readonly string[], chosen: string | undefined, text: (name: string) => string) {
  return [...new Set([...names, ...(chosen === undefined ? [] : [chosen])])]
    .map((value) => ({ value, label: text(value) }))
    .sort((a, b) => a.label.localeCompare(b.label));
}

const TYPING_MS = 500;

function ActorInput({
  ref,
  actor,
  isDisabled,
  onChange,
}: {
  ref: React.Ref<HTMLInputElement>;
  actor: string | undefined;
  isDisabled: boolean;
  onChange: (actor: string | undefined) => void;
}) {
  const [typed, setTyped] = useState(actor ?? '');
  const tell = useDebouncedCallback((text: string) => onChange(text.trim() || undefined), TYPING_MS);
  useEffect(() => tell.cancel, [tell]);
  return (
    <TextInput
      ref={ref}
      label="Who"
      description="The whole user name."
      placeholder="Anybody"
      value={typed}
      disabled={isDisabled}
      onChange={({ currentTarget }) => {
        setTyped(currentTarget.value);
        tell(currentTarget.value);
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter') onChange(typed.trim() || undefined);
      }}
    />
  );
}
