import { Button, Group, Modal, Select, Stack } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import type { AccountDetails } from '../../../../contract/accounts.ts';
import {
  type AccountCommunityRole,
  communityEndpoints,
  listCommunityRolesEndpoint,
  sourceEndpoints,
} from '../../../../contract/owners.ts';
import type { CommunityRole } from '../../../../contract/roles.ts';
import { useChange, useEndpoint } from '../../api/queries.ts';
import { type Column, DataTable } from '../../kit/data-table.tsx';
import { ScreenLink } from '../../kit/link.tsx';
import { Empty, PageError, Refusal } from '../../kit/states.tsx';
import { nameOf } from './account-words.ts';

/** The roles of an account in communities and sources, and where each comes from. */
export function CommunityRolesTab({ account }: { account: AccountDetails }) {
  const roles = useEndpoint(listCommunityRolesEndpoint, { params: { account: String(account.id) } });
  const [edited, setEdited] = useState<AccountCommunityRole>();
  const items = roles.data?.items;
  const columns: Column<AccountCommunityRole>[] = [
    {
      id: 'owner',
      header: 'Community or source',
      render: ({ owner }) => (
        <ScreenLink
          inherit
          to={owner.kind === 'community' ? '/communities/$owner' : '/sources/$owner'}
          params={{ owner: String(owner.id) }}
        >
          {owner.name}
        </ScreenLink>
      ),
    },
    {
      id: 'kind',
      header: 'Kind',
      render: ({ owner }) => (owner.kind === 'community' ? 'Community' : 'Source'),
    },
    { id: 'role', header: 'Role', render: ({ role }) => role },
    {
      id: 'from',
      header: 'Where it comes from',
      render: ({ individual, organizationDefault }) =>
        individual === null
          ? `The default role of the organization${organizationDefault === null ? '' : ` (${organizationDefault})`}`
          : `An individual role (${individual})${organizationDefault === null ? '' : `; the default would be ${organizationDefault}`}`,
    },
    ...(items?.some(({ abilities }) => abilities.setRole) === true
      ? [
          {
            id: 'change',
            header: 'What can be done',
            align: 'right' as const,
            render: (item: AccountCommunityRole) =>
              item.abilities.setRole && (
                <Button
                  variant="default"
                  size="compact-sm"
                  aria-label={`Change role in ${item.owner.name}`}
                  onClick={() => setEdited(item)}
                >
                  Change role
                </Button>
              ),
          },
        ]
      : []),
  ];
  if (roles.isError && items === undefined)
    return <PageError error={roles.error} onRetry={() => void roles.refetch()} />;
  return (
    <>
      <DataTable
        label={`Community roles of ${nameOf(account)}`}
        columns={columns}
        rows={items}
        keyOf={({ owner }) => String(owner.id)}
        empty={
          <Empty title="In no community or source">
            {account.organization.name} is a member of none that you may see.
          </Empty>
        }
      />
      <RoleDialog
        key={edited?.owner.id}
        name={nameOf(account)}
        item={edited}
        onClose={() => setEdited(undefined)}
      />
    </>
  );
}

const DEFAULT = 'default';

function RoleDialog({
  name,
  item,
  onClose,
}: {
  name: string;
  item: AccountCommunityRole | undefined;
  onClose: () => void;
}) {
  const { setRole, clearRole } = item?.owner.kind === 'source' ? sourceEndpoints : communityEndpoints;
  const set = useChange(setRole);
  const clear = useChange(clearRole);
  const [chosen, setChosen] = useState<string>(item?.individual ?? DEFAULT);
  const done = {
    onSuccess: () => {
      notifications.show({ message: `The role of ${name} in ${item?.owner.name ?? ''} is changed.` });
      onClose();
    },
  };
  return (
    <Modal
      opened={item !== undefined}
      onClose={onClose}
      title={`Role of ${name} in ${item?.owner.name ?? ''}`}
    >
      {item !== undefined && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            const params = { owner: String(item.owner.id), account: String(item.account) };
            if (chosen === DEFAULT) clear.mutate({ params }, done);
            else set.mutate({ params, body: { role: chosen as CommunityRole } }, done);
          }}
        >
          <Stack>
            <Select
              label="Role"
              description="An individual role wins over the default role of the organization. Banned sees nothing; Subscriber sees only what is published."
              allowDeselect={false}
              data-autofocus
              data={[
                {
                  value: DEFAULT,
                  label: `The default role of the organization (${item.organizationDefault ?? 'none'})`,
                },
                ...item.availableRoles.map((role) => ({ value: role, label: role })),
              ]}
              value={chosen}
              onChange={(value) => setChosen(value ?? DEFAULT)}
            />
            <Refusal error={set.error ?? clear.error} />
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                Cancel
              </Button>
              <Button
                type="submit"
                disabled={chosen === (item.individual ?? DEFAULT)}
                loading={set.isPending || clear.isPending}
              >
                Change role
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}
