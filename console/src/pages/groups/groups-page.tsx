import { ActionIcon, Anchor, Button, Group, Menu, Stack, Text } from '@mantine/core';
import { IconDots, IconPencil, IconPlus, IconTrash } from '@tabler/icons-react';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { type GroupItem, listGroupsEndpoint } from '../../../../contract/groups.ts';
import { getOrganizationEndpoint, type OrganizationView } from '../../../../contract/organizations.ts';
import { useEndpoint } from '../../api/queries.ts';
import { type Column, DataTable } from '../../kit/data-table.tsx';
import { Instant } from '../../kit/instant.tsx';
import { Page } from '../../kit/page.tsx';
import { Paging, usePages, useSearchChange } from '../../kit/paging.tsx';
import { useShortcut } from '../../kit/shortcuts.tsx';
import { Answered, Empty, PageError } from '../../kit/states.tsx';
import { SearchField } from '../membership/filters-bar.tsx';
import { useOrganizationTrail } from '../organizations/trail.tsx';
import { DeleteGroup } from './delete-group.tsx';
import { GroupForm } from './group-form.tsx';

const PAGE = '50';

/** The user groups of an organization. */
export function GroupsPage() {
  const { organization } = useParams({ strict: false });
  const shown = useEndpoint(getOrganizationEndpoint, { params: { organization: organization ?? '' } });
  if (shown.data === undefined)
    return (
      <Page title="User groups">
        <Answered query={shown}>{() => null}</Answered>
      </Page>
    );
  return <Groups organization={shown.data} />;
}

type Dialog = { deed: 'create' } | { deed: 'edit' | 'delete'; group: GroupItem };

function Groups({ organization }: { organization: OrganizationView }) {
  const id = String(organization.id);
  const search = useSearch({ from: '/inside/organizations/$organization/groups' });
  const change = useSearchChange();
  const navigate = useNavigate();
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const sort = search.sort === '-name' ? '-name' : 'name';
  const groups = useEndpoint(
    listGroupsEndpoint,
    {
      params: { organization: id },
      query: { limit: PAGE, after: search.after, search: search.search, sort },
    },
    { keepPrevious: true },
  );
  const pages = usePages(groups.data?.next);
  const canEdit = organization.abilities.editGroups;
  useShortcut('n', 'Create a user group', () => setDialog({ deed: 'create' }), canEdit);
  const open = ({ id: group }: { id: number }) =>
    void navigate({
      to: '/organizations/$organization/groups/$group',
      params: { organization: id, group: String(group) },
    });
  const create = canEdit && (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setDialog({ deed: 'create' })}>
      Create user group
    </Button>
  );
  return (
    <Page
      title="User groups"
      trail={useOrganizationTrail(organization)}
      lead={`Users and read-only users of ${organization.name} under one name. A group gives no rights of its own.`}
      actions={create}
    >
      {groups.isError && groups.data === undefined ? (
        <PageError error={groups.error} onRetry={() => void groups.refetch()} />
      ) : (
        <Stack>
          <Group>
            <SearchField
              value={search.search ?? ''}
              onChange={(text) => change({ search: text })}
              label="Search user groups"
              placeholder="Name"
            />
          </Group>
          <DataTable
            label="User groups"
            columns={columns(id, canEdit ? setDialog : null)}
            rows={groups.data?.items}
            keyOf={({ id: group }) => String(group)}
            onOpen={open}
            sort={sort}
            onSort={(order) => change({ sort: order === 'name' ? undefined : order })}
            isStale={groups.isPlaceholderData}
            pages={pages}
            empty={
              search.search === undefined ? (
                <Empty title="There are no user groups yet" actions={create}>
                  {canEdit
                    ? 'A group puts several people under one name, such as a shift or a team.'
                    : 'Whoever administers the organization creates them.'}
                </Empty>
              ) : (
                <Empty
                  title="No user group is called that"
                  actions={
                    <Button variant="default" onClick={() => change({ search: undefined })}>
                      Show all user groups
                    </Button>
                  }
                />
              )
            }
          />
          <Paging next={groups.data?.next} label="Pages of user groups" />
        </Stack>
      )}
      {dialog !== null && dialog.deed !== 'delete' && (
        <GroupForm
          organization={id}
          {...(dialog.deed === 'edit' ? { group: dialog.group } : {})}
          onClose={() => setDialog(null)}
          onSaved={(group) => {
            setDialog(null);
            if (dialog.deed === 'create') open(group);
          }}
        />
      )}
      {dialog?.deed === 'delete' && (
        <DeleteGroup group={dialog.group} onClose={() => setDialog(null)} onDeleted={() => setDialog(null)} />
      )}
    </Page>
  );
}

function columns(organization: string, ask: ((dialog: Dialog) => void) | null): Column<GroupItem>[] {
  return [
    {
      id: 'name',
      header: 'Name',
      sort: 'name',
      render: (group) => (
        <Anchor
          fw={600}
          fz="sm"
          c="inherit"
          tabIndex={-1}
          renderRoot={(props) => (
            <Link
              to="/organizations/$organization/groups/$group"
              params={{ organization, group: String(group.id) }}
              {...props}
            />
          )}
        >
          {group.name}
        </Anchor>
      ),
    },
    {
      id: 'description',
      header: 'Description',
      render: ({ description }) => (
        <Text inherit c="dimmed" lineClamp={2} maw={520}>
          {description}
        </Text>
      ),
    },
    { id: 'members', header: 'Members', align: 'right', render: ({ memberCount }) => memberCount },
    { id: 'created', header: 'Created', render: ({ createdAt }) => <Instant at={createdAt} isRelative /> },
    ...(ask === null
      ? []
      : [
          {
            id: 'menu',
            header: 'Actions',
            isHeaderHidden: true,
            align: 'right' as const,
            width: 48,
            render: (group: GroupItem) => <RowMenu group={group} ask={ask} />,
          },
        ]),
  ];
}

function RowMenu({ group, ask }: { group: GroupItem; ask: (dialog: Dialog) => void }) {
  if (!group.abilities.edit && !group.abilities.delete) return null;
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" c="dimmed" aria-label={`Actions for ${group.name}`}>
          <IconDots size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {group.abilities.edit && (
          <Menu.Item
            leftSection={<IconPencil size={16} aria-hidden />}
            onClick={() => ask({ deed: 'edit', group })}
          >
            Edit
          </Menu.Item>
        )}
        {group.abilities.delete && (
          <Menu.Item
            leftSection={<IconTrash size={16} aria-hidden />}
            onClick={() => ask({ deed: 'delete', group })}
          >
            Delete
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
