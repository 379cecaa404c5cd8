import { Badge, Group, Stack, Text } from '@mantine/core';
import { Outlet, useNavigate } from '@tanstack/react-router';
import type { OwnerView, SharedKind } from '../../../../contract/owners.ts';
import { useEndpoint } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';
import type { Column } from '../../kit/data-table.tsx';
import { Instant } from '../../kit/instant.tsx';
import { ScreenButton, ScreenLink } from '../../kit/link.tsx';
import { Page } from '../../kit/page.tsx';
import { useShortcut } from '../../kit/shortcuts.tsx';
import { KINDS } from './kinds.ts';
import { SearchedList, useListQuery } from './searched-list.tsx';

export const CommunitiesPage = () => <Owners kind="community" />;
export const SourcesPage = () => <Owners kind="source" />;

function Owners({ kind }: { kind: SharedKind }) {
  const words = KINDS[kind];
  const navigate = useNavigate();
  const { abilities } = useSession();
  const create = () => void navigate({ to: words.create, search: (before) => before });
  useShortcut('n', `Create ${words.a}`, create, abilities['owner.create']);
  const query = useListQuery();
  const owners = useEndpoint(words.endpoints.list, { query }, { keepPrevious: true });
  return (
    <Page
      title={words.Title}
      lead={words.lead}
      actions={
        abilities['owner.create'] && (
          <ScreenButton to={words.create} search={(before) => before}>{`Create ${kind}`}</ScreenButton>
        )
      }
    >
      <SearchedList
        title={words.Title}
        one={kind}
        query={query}
        answer={owners}
        columns={COLUMNS}
        onOpen={({ id }) => void navigate({ to: words.one, params: { owner: String(id) } })}
        none={
          abilities['owner.create']
            ? `Create ${words.a}, then make organizations members of it.`
            : `Your organization is a member of none. An administrator of the instance, or a Director of ${words.a}, can make it one.`
        }
      />
      <Outlet />
    </Page>
  );
}

const COLUMNS: readonly Column<OwnerView>[] = [
  {
    id: 'name',
    header: 'Name',
    sort: 'name',
    isFixed: true,
    render: ({ id, kind, name, description }) => (
      <Stack gap={0}>
        <ScreenLink to={KINDS[kind].one} params={{ owner: String(id) }} fw={600}>
          {name}
        </ScreenLink>
        {description !== null && (
          <Text size="sm" c="dimmed" lineClamp={1} maw={480}>
            {description}
          </Text>
        )}
      </Stack>
    ),
  },
  {
    id: 'role',
    header: 'Your role there',
    render: ({ role }) =>
      role === null ? (
        <Text size="sm" c="dimmed">
          none
        </Text>
      ) : (
        role
      ),
  },
  {
    id: 'anonymous',
    header: 'Members are shown',
    render: ({ anonymous }) => (
      <Group>
        <Badge variant="light" color={anonymous ? 'taxiway' : 'gray'} miw="max-content">
          {anonymous ? 'by pseudonym' : 'by name'}
        </Badge>
      </Group>
    ),
  },
  {
    id: 'created',
    header: 'Created',
    sort: 'id',
    render: ({ createdAt }) => <Instant at={createdAt} isRelative />,
  },
];
