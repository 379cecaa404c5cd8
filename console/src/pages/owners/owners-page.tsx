import { Badge, Group, Stack, Text } from '@mantine/core';
import { Outlet, useNavigate, useSearch } from '@tanstack/react-router';
import type { OwnerView, SharedKind } from '../../../../contract/owners.ts';
import { useEndpoint } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';
import { type Column, DataTable } from '../../kit/data-table.tsx';
import { Instant } from '../../kit/instant.tsx';
import { ScreenButton, ScreenLink } from '../../kit/link.tsx';
import { Page } from '../../kit/page.tsx';
import { Paging, useSearchChange } from '../../kit/paging.tsx';
import { useShortcut } from '../../kit/shortcuts.tsx';
import { Empty, PageError } from '../../kit/states.tsx';
import { SearchField } from '../membership/filters-bar.tsx';
import { KINDS } from './kinds.ts';

export const CommunitiesPage = () => <Owners kind="community" />;
export const SourcesPage = () => <Owners kind="source" />;

type Sort = 'name' | '-name' | 'id' | '-id';

function Owners({ kind }: { kind: SharedKind }) {
  const words = KINDS[kind];
  const { search, sort = 'name', after } = useSearch({ strict: false });
  const change = useSearchChange();
  const navigate = useNavigate();
  const { abilities } = useSession();
  useShortcut('n', `Create ${words.a}`, () => void navigate({ to: words.create }), abilities['owner.create']);
  const query = {
    limit: '50',
    sort: sort as Sort,
    ...(search === undefined ? {} : { search }),
    ...(after === undefined ? {} : { after }),
  };
  const owners = useEndpoint(words.endpoints.list, { query }, { keepPrevious: true });
  return (
    <Page
      title={words.Title}
      lead={words.lead}
      actions={abilities['owner.create'] && <ScreenButton to={words.create}>{`Create ${kind}`}</ScreenButton>}
    >
      {owners.isError && owners.data === undefined ? (
        <PageError error={owners.error} onRetry={() => void owners.refetch()} />
      ) : (
        <Stack>
          <Group>
            <SearchField
              value={search ?? ''}
              onChange={(text) => change({ search: text })}
              label={`Search ${words.title}`}
              placeholder="Part of a name"
            />
          </Group>
          <DataTable
            label={words.Title}
            columns={COLUMNS}
            rows={owners.data?.items}
            keyOf={({ id }) => String(id)}
            isStale={owners.isPlaceholderData}
            sort={sort}
            onSort={(order) => change({ sort: order })}
            onOpen={({ id }) => void navigate({ to: words.one, params: { owner: String(id) } })}
            empty={
              search === undefined ? (
                <Empty title={`No ${words.title} yet`}>
                  {abilities['owner.create']
                    ? `Create ${words.a}, then make organizations members of it.`
                    : `Your organization is a member of none. An administrator of the instance, or a Director of ${words.a}, can make it one.`}
                </Empty>
              ) : (
                <Empty title={`No ${kind} is called so`}>Try another part of its name.</Empty>
              )
            }
          />
          <Paging next={owners.data?.next} />
        </Stack>
      )}
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
