import { Alert, Anchor, Button, Group, Pagination, Stack, Text } from '@mantine/core';
import { IconPencil, IconTrash, IconUserMinus, IconUserPlus } from '@tabler/icons-react';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { type GroupDetails, getGroupEndpoint, setGroupMembersEndpoint } from '../../../../contract/groups.ts';
import { useChange, useEndpoint } from '../../api/queries.ts';
import { KindLabel } from '../../kit/account-kind.tsx';
import { Confirm } from '../../kit/confirm.tsx';
import { type Column, DataTable } from '../../kit/data-table.tsx';
import { isStale } from '../../kit/forms.ts';
import { Page } from '../../kit/page.tsx';
import { Answered, Empty } from '../../kit/states.tsx';
import { SearchField } from '../membership/filters-bar.tsx';
import { useOrganizationTrail } from '../organizations/trail.tsx';
import { AddMembers } from './add-members.tsx';
import { DeleteGroup } from './delete-group.tsx';
import { GroupForm } from './group-form.tsx';

/** One user group with its members. */
export function GroupPage() {
  const { group } = useParams({ strict: false });
  const shown = useEndpoint(getGroupEndpoint, { params: { group: group ?? '' } });
  if (shown.data === undefined)
    return (
      <Page title="User group">
        <Answered query={shown}>{() => null}</Answered>
      </Page>
    );
  return <ShownGroup group={shown.data} />;
}

type Member = GroupDetails['members'][number];
/** Members of which those who ask see no ids are told apart by pseudonym. */
const keyOf = ({ id, pseudonym }: Member) => String(id ?? pseudonym);
const nameOf = ({ userName, pseudonym }: Member) => userName ?? pseudonym ?? '';

function ShownGroup({ group }: { group: GroupDetails }) {
  const navigate = useNavigate();
  const organization = String(group.organization.id);
  const [dialog, setDialog] = useState<'edit' | 'delete' | null>(null);
  const toGroups = () =>
    void navigate({ to: '/organizations/$organization/groups', params: { organization } });
  return (
    <Page
      title={group.name}
      lead={group.description}
      trail={[
        ...useOrganizationTrail(group.organization),
        <Anchor
          key="groups"
          size="sm"
          renderRoot={(props) => (
            <Link to="/organizations/$organization/groups" params={{ organization }} {...props} />
          )}
        >
          User groups
        </Anchor>,
      ]}
      actions={
        <>
          {group.abilities.delete && (
            <Button
              variant="default"
              leftSection={<IconTrash size={16} aria-hidden />}
              onClick={() => setDialog('delete')}
            >
              Delete
            </Button>
          )}
          {group.abilities.edit && (
            <Button
              variant="default"
              leftSection={<IconPencil size={16} aria-hidden />}
              onClick={() => setDialog('edit')}
            >
              Edit
            </Button>
          )}
        </>
      }
    >
      <Members group={group} />
      {dialog === 'edit' && (
        <GroupForm
          organization={organization}
          group={group}
          onClose={() => setDialog(null)}
          onSaved={() => setDialog(null)}
        />
      )}
      {dialog === 'delete' && (
        <DeleteGroup group={group} onClose={() => setDialog(null)} onDeleted={toGroups} />
      )}
    </Page>
  );
}

const PAGE = 50;

function Members({ group }: { group: GroupDetails }) {
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const [page, setPage] = useState(1);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [dialog, setDialog] = useState<'add' | 'remove' | null>(null);
  const change = useChange(setGroupMembersEndpoint);
  const { members, abilities } = group;
  const looked = text.toLowerCase();
  const found = members.filter((member) =>
    [member.userName, member.firstName, member.lastName, member.pseudonym].some((name) =>
      name?.toLowerCase().includes(looked),
    ),
  );
  const pages = Math.max(1, Math.ceil(found.length / PAGE));
  const shown = Math.min(page, pages);
  const ids = members.flatMap(({ id }) => (id === null ? [] : [id]));
  const close = () => {
    change.reset();
    setDialog(null);
  };
  /** With the version that is shown: who was added or removed meanwhile would otherwise be undone. */
  const set = (next: number[]) =>
    change.mutate(
      { params: { group: String(group.id) }, body: { version: group.version, members: next } },
      {
        onSuccess: () => {
          setSelected(new Set());
          close();
        },
        onError: (error) => {
          if (isStale(error)) void reload();
        },
      },
    );
  const { refetch: reload } = useEndpoint(getGroupEndpoint, { params: { group: String(group.id) } });
  const stale = isStale(change.error) ? new Error(STALE) : change.error;
  const add = abilities.setMembers && (
    <Button leftSection={<IconUserPlus size={16} aria-hidden />} onClick={() => setDialog('add')}>
      Add members
    </Button>
  );
  const chosen = members.filter((member) => selected.has(keyOf(member)));
  return (
    <Stack>
      <Group justify="space-between">
        <SearchField
          value={text}
          onChange={(next) => {
            setText(next ?? '');
            setPage(1);
          }}
          label="Search members"
          placeholder="User name or name"
        />
        <Group gap="sm">
          {chosen.length > 0 && (
            <Button
              variant="default"
              leftSection={<IconUserMinus size={16} aria-hidden />}
              onClick={() => setDialog('remove')}
            >
              {chosen.length === 1 ? 'Remove 1 member' : `Remove ${chosen.length} members`}
            </Button>
          )}
          {members.length > 0 && add}
        </Group>
      </Group>
      <Text size="sm" c="dimmed" role="status">
        {members.length === 1 ? '1 member' : `${members.length} members`}
        {looked !== '' && `, ${found.length} of them found`}
      </Text>
      <DataTable
        label="Members"
        columns={COLUMNS}
        rows={found.slice((shown - 1) * PAGE, shown * PAGE)}
        keyOf={keyOf}
        nameOf={nameOf}
        {...(abilities.setMembers
          ? {
              selected,
              onSelect: setSelected,
              onOpen: ({ id }: Member) => {
                if (id !== null) void navigate({ to: '/accounts/$account', params: { account: String(id) } });
              },
            }
          : {})}
        empty={
          looked === '' ? (
            <Empty title="Nobody is in this group yet" actions={add} />
          ) : (
            <Empty title="No member is called that" />
          )
        }
      />
      {pages > 1 && (
        <Pagination
          total={pages}
          value={shown}
          onChange={setPage}
          getControlProps={(control) => ({ 'aria-label': `${control} page` })}
          getItemProps={(number) => ({ 'aria-label': `Page ${number}` })}
          ml="auto"
        />
      )}
      {dialog === 'add' && (
        <AddMembers
          organization={String(group.organization.id)}
          present={new Set(ids)}
          isPending={change.isPending}
          error={stale}
          onAdd={(added) => set([...ids, ...added])}
          onClose={close}
        />
      )}
      {dialog === 'remove' && (
        <Confirm
          isOpen
          title={chosen.length === 1 ? 'Remove 1 member?' : `Remove ${chosen.length} members?`}
          confirm="Remove from the group"
          isPending={change.isPending}
          error={isStale(change.error) ? null : change.error}
          onClose={close}
          onConfirm={() => set(ids.filter((id) => !selected.has(String(id))))}
        >
          <Text>{namesOf(chosen)} will no longer belong to the group. The accounts stay as they are.</Text>
          {isStale(change.error) && (
            <Alert color="orange" mt="sm" role="alert">
              {STALE}
            </Alert>
          )}
        </Confirm>
      )}
    </Stack>
  );
}

const STALE =
  'Somebody else has changed the group meanwhile. It is shown as it is now, and your choice is kept: confirm it again if it still holds.';
const NAMED = 5;

function namesOf(members: readonly Member[]): string {
  const names = members.slice(0, NAMED).map(nameOf);
  const more = members.length - names.length;
  return new Intl.ListFormat('en').format(more > 0 ? [...names, `${more} more`] : names);
}

const COLUMNS: readonly Column<Member>[] = [
  {
    id: 'name',
    header: 'User name',
    render: (member) => (
      <>
        <Text fw={600} inherit style={{ overflowWrap: 'anywhere' }}>
          {nameOf(member)}
        </Text>
        <Text size="sm" c="dimmed">
          {[member.firstName, member.lastName].filter(Boolean).join(' ')}
        </Text>
      </>
    ),
  },
  { id: 'kind', header: 'Kind', render: ({ kind }) => <KindLabel kind={kind} /> },
];
