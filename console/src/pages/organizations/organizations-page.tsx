import { Badge, Group, Progress, Stack, Text } from '@mantine/core';
import { Outlet, useNavigate } from '@tanstack/react-router';
import {
  type LimitName,
  listOrganizationsEndpoint,
  type OrganizationView,
} from '../../../../contract/organizations.ts';
import { useEndpoint } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';
import type { Column } from '../../kit/data-table.tsx';
import { Instant } from '../../kit/instant.tsx';
import { ScreenButton, ScreenLink } from '../../kit/link.tsx';
import { Page } from '../../kit/page.tsx';
import { useShortcut } from '../../kit/shortcuts.tsx';
import { NotAllowed } from '../../kit/states.tsx';
import { SearchedList, useListQuery } from '../owners/searched-list.tsx';

/** The organizations of the instance, with their limits and how much of them is used. */
export function OrganizationsPage() {
  const navigate = useNavigate();
  const { abilities } = useSession();
  const create = () => void navigate({ to: '/organizations/new', search: (before) => before });
  useShortcut('n', 'Create an organization', create, abilities['organization.create']);
  const query = useListQuery();
  const organizations = useEndpoint(
    listOrganizationsEndpoint,
    { query },
    { keepPrevious: true, enabled: abilities['organization.list'] },
  );
  return (
    <Page
      title="Organizations"
      lead="Each has members with accounts, limits for each kind of account, and a collection of its own."
      actions={
        abilities['organization.create'] && (
          <ScreenButton to="/organizations/new" search={(before) => before}>
            Create organization
          </ScreenButton>
        )
      }
    >
      {abilities['organization.list'] ? (
        <SearchedList
          title="Organizations"
          one="organization"
          query={query}
          answer={organizations}
          columns={COLUMNS}
          onOpen={({ id }) =>
            void navigate({
              to: '/organizations/$organization/settings',
              params: { organization: String(id) },
            })
          }
          none="Create the first one to give people accounts in it."
        />
      ) : (
        <NotAllowed title="You may not see this">
          The organizations are listed for administrators of the instance.
        </NotAllowed>
      )}
      <Outlet />
    </Page>
  );
}

const COLUMNS: readonly Column<OrganizationView>[] = [
  {
    id: 'name',
    header: 'Name',
    sort: 'name',
    isFixed: true,
    render: ({ id, name, description, disabled }) => (
      <Stack gap={0}>
        <Group gap="xs">
          <ScreenLink
            to="/organizations/$organization/settings"
            params={{ organization: String(id) }}
            fw={600}
          >
            {name}
          </ScreenLink>
          {disabled && (
            <Badge variant="light" color="gray">
              Disabled
            </Badge>
          )}
        </Group>
        {description !== null && (
          <Text size="sm" c="dimmed" lineClamp={1} maw={420}>
            {description}
          </Text>
        )}
      </Stack>
    ),
  },
  { id: 'users', header: 'Users', render: (row) => <Use row={row} limit="users" /> },
  { id: 'apiUsers', header: 'API users', render: (row) => <Use row={row} limit="apiUsers" /> },
  { id: 'taxiiUsers', header: 'TAXII users', render: (row) => <Use row={row} limit="taxiiUsers" /> },
  {
    id: 'created',
    header: 'Created',
    sort: 'id',
    render: ({ createdAt }) => <Instant at={createdAt} isRelative />,
  },
];

const WORDS: Record<LimitName, string> = { users: 'users', apiUsers: 'API users', taxiiUsers: 'TAXII users' };

function Use({ row, limit }: { row: OrganizationView; limit: LimitName }) {
  if (row.used === null || row.limits === null)
    return (
      <Text size="sm" c="dimmed">
        not shown to you
      </Text>
    );
  const used = row.used[limit];
  const max = row.limits[limit];
  return (
    <Stack gap={4} miw={90}>
      <Text size="sm">
        {used} of {max}
      </Text>
      <Progress
        size="sm"
        value={max === 0 ? (used > 0 ? 100 : 0) : Math.min(100, (100 * used) / max)}
        color={used > max ? 'red' : used === max ? 'orange' : undefined}
        aria-label={`${used} of ${max} ${WORDS[limit]} of ${row.name}`}
      />
    </Stack>
  );
}
