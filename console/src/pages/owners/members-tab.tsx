import { Autocomplete, Button, Card, Group, Select, Stack, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { listOrganizationsEndpoint } from '../../../../contract/organizations.ts';
import type { MemberView, OwnerView } from '../../../../contract/owners.ts';
import { COMMUNITY_ROLES, type CommunityRole } from '../../../../contract/roles.ts';
import { useChange, useEndpoint } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';
import { Confirm } from '../../kit/confirm.tsx';
import { type Column, DataTable } from '../../kit/data-table.tsx';
import { ScreenButton, ScreenLink } from '../../kit/link.tsx';
import { Paging } from '../../kit/paging.tsx';
import { Empty, PageError, Refusal } from '../../kit/states.tsx';
import { KINDS } from './kinds.ts';

/** The member organizations, each with the role that its accounts have unless given one of their own. */
export function MembersTab({ view }: { view: OwnerView }) {
  const { after } = useSearch({ strict: false });
  const { endpoints } = KINDS[view.kind];
  const members = useEndpoint(
    endpoints.listMembers,
    { params: { owner: String(view.id) }, query: { limit: '50', ...(after === undefined ? {} : { after }) } },
    { keepPrevious: true },
  );
  if (members.isError && members.data === undefined)
    return <PageError error={members.error} onRetry={() => void members.refetch()} />;
  return (
    <Stack>
      {view.abilities.members && <AddMember view={view} />}
      <DataTable
        label="Member organizations"
        columns={columnsOf(view)}
        rows={members.data?.items}
        keyOf={({ organization }) => String(organization.id)}
        isStale={members.isPlaceholderData}
        empty={
          <Empty title="No organization is a member yet">
            Members read what is shared here, as their role allows.
          </Empty>
        }
      />
      <Paging next={members.data?.next} />
    </Stack>
  );
}

const columnsOf = (view: OwnerView): Column<MemberView>[] => [
  {
    id: 'organization',
    header: 'Organization',
    render: ({ organization }) => <OrganizationName {...organization} />,
  },
  { id: 'role', header: 'Default role', render: (member) => <DefaultRole view={view} member={member} /> },
  {
    id: 'deeds',
    header: 'What can be done',
    isHeaderHidden: true,
    align: 'right',
    render: (member) => (
      <Group gap="xs" justify="flex-end" wrap="nowrap">
        <ScreenButton
          size="xs"
          variant="default"
          to={KINDS[view.kind].one}
          params={{ owner: String(view.id) }}
          search={{ tab: 'roles', organization: String(member.organization.id) }}
          aria-label={`Accounts of ${member.organization.name}`}
        >
          Accounts
        </ScreenButton>
        <Remove view={view} member={member} />
      </Group>
    ),
  },
];

/** A link for those who may open it. */
function OrganizationName({ id, name }: MemberView['organization']) {
  const { abilities } = useSession();
  if (!abilities['organization.list']) return <Text fw={600}>{name}</Text>;
  return (
    <ScreenLink to="/organizations/$organization/settings" params={{ organization: String(id) }} fw={600}>
      {name}
    </ScreenLink>
  );
}

function DefaultRole({ view, member }: { view: OwnerView; member: MemberView }) {
  const set = useChange(KINDS[view.kind].endpoints.setMember);
  if (!member.abilities.setDefaultRole) return <Text size="sm">{member.defaultRole}</Text>;
  return (
    <Stack gap={4}>
      <Select
        size="xs"
        w={170}
        aria-label={`Default role of ${member.organization.name}`}
        allowDeselect={false}
        value={member.defaultRole}
        disabled={set.isPending}
        data={COMMUNITY_ROLES}
        onChange={(role) =>
          role !== null &&
          set.mutate(
            {
              params: { owner: String(view.id), organization: String(member.organization.id) },
              body: { defaultRole: role as CommunityRole },
            },
            { onSuccess: () => notifications.show({ message: `${member.organization.name}: ${role}` }) },
          )
        }
      />
      <Refusal error={set.error} />
    </Stack>
  );
}

function Remove({ view, member }: { view: OwnerView; member: MemberView }) {
  const [isOpen, setOpen] = useState(false);
  const remove = useChange(KINDS[view.kind].endpoints.removeMember);
  if (!member.abilities.remove) return null;
  const { name, id } = member.organization;
  return (
    <>
      <Button size="xs" variant="default" onClick={() => setOpen(true)} aria-label={`Remove ${name}`}>
        Remove
      </Button>
      <Confirm
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        title={`End the membership of ${name}?`}
        confirm="End membership"
        isDangerous
        isPending={remove.isPending}
        error={remove.error}
        onConfirm={() =>
          remove.mutate(
            { params: { owner: String(view.id), organization: String(id) } },
            {
              onSuccess: () => {
                setOpen(false);
                notifications.show({ message: `${name} is no member any more` });
              },
            },
          )
        }
      >
        Its accounts no longer see what is shared in {view.name}, from the next request on. Their individual
        roles here go, and do not come back with a new membership.
      </Confirm>
    </>
  );
}

function AddMember({ view }: { view: OwnerView }) {
  const { abilities } = useSession();
  const [name, setName] = useState('');
  const [role, setRole] = useState<CommunityRole>('User');
  const [search] = useDebouncedValue(name.trim(), 250);
  const found = useEndpoint(
    listOrganizationsEndpoint,
    { query: { limit: '20', ...(search === '' ? {} : { search }) } },
    { keepPrevious: true },
  );
  const add = useChange(KINDS[view.kind].endpoints.setMember);
  return (
    <Card withBorder component="section" aria-label="Add an organization">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate(
            {
              params: { owner: String(view.id), organization: name.trim() },
              body: { defaultRole: role },
            },
            {
              onSuccess: ({ organization }) => {
                notifications.show({ message: `${organization.name} is a member` });
                setName('');
              },
            },
          );
        }}
      >
        <Group align="flex-end">
          <Autocomplete
            label="Organization"
            description={abilities['organization.list'] ? 'Type to search' : 'Its exact name'}
            required
            value={name}
            onChange={setName}
            data={[...new Set(found.data?.items.map((each) => each.name))]}
            filter={({ options }) => options}
            w={300}
            maw="100%"
          />
          <Select
            label="Default role"
            allowDeselect={false}
            value={role}
            onChange={(chosen) => chosen !== null && setRole(chosen as CommunityRole)}
            data={COMMUNITY_ROLES}
            w={170}
          />
          <Button type="submit" variant="default" loading={add.isPending} disabled={name.trim() === ''}>
            Add organization
          </Button>
        </Group>
      </form>
      {add.isError && (
        <Stack mt="sm">
          <Refusal error={add.error} title="It is not a member" />
        </Stack>
      )}
    </Card>
  );
}
