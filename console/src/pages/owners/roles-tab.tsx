import { Badge, Button, Group, Select, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useSearch } from '@tanstack/react-router';
import type { MemberAccountView, OwnerView } from '../../../../contract/owners.ts';
import type { CommunityRole } from '../../../../contract/roles.ts';
import { useChange, useEndpoint } from '../../api/queries.ts';
import { KindLabel } from '../../kit/account-kind.tsx';
import { type Column, DataTable } from '../../kit/data-table.tsx';
import { ScreenLink } from '../../kit/link.tsx';
import { Paging, useSearchChange } from '../../kit/paging.tsx';
import { Empty, PageError, Refusal } from '../../kit/states.tsx';
import { SearchField } from '../membership/filters-bar.tsx';
import { KINDS } from './kinds.ts';

/** The accounts of the member organizations, as profile anonymity shows them, with the roles that they have. */
export function RolesTab({ view }: { view: OwnerView }) {
  const { after, search, organization } = useSearch({ strict: false });
  const change = useSearchChange();
  const accounts = useEndpoint(
    KINDS[view.kind].endpoints.listAccounts,
    {
      params: { owner: String(view.id) },
      query: {
        limit: '50',
        ...(search === undefined ? {} : { search }),
        ...(organization === undefined ? {} : { organization }),
        ...(after === undefined ? {} : { after }),
      },
    },
    { keepPrevious: true },
  );
  if (accounts.isError && accounts.data === undefined)
    return <PageError error={accounts.error} onRetry={() => void accounts.refetch()} />;
  return (
    <Stack>
      <Group align="flex-end">
        <SearchField
          value={search ?? ''}
          onChange={(text) => change({ search: text })}
          placeholder={view.anonymous ? 'Part of a pseudonym' : 'Part of a name'}
        />
        <OrganizationFilter view={view} value={organization} />
      </Group>
      <DataTable
        label="Accounts and their roles"
        columns={columnsOf(view)}
        rows={accounts.data?.items}
        keyOf={keyOf}
        isStale={accounts.isPlaceholderData}
        empty={
          search === undefined ? (
            <Empty title="No accounts">They come with the member organizations.</Empty>
          ) : (
            <Empty title="No account is called so">
              {view.anonymous
                ? 'Here accounts are found by their pseudonyms.'
                : 'Try another part of the name.'}
            </Empty>
          )
        }
      />
      <Paging next={accounts.data?.next} />
    </Stack>
  );
}

/** Of which member organization the accounts are shown. */
function OrganizationFilter({ view, value }: { view: OwnerView; value: string | undefined }) {
  const change = useSearchChange();
  const members = useEndpoint(KINDS[view.kind].endpoints.listMembers, {
    params: { owner: String(view.id) },
    query: { limit: '200' },
  });
  return (
    <Select
      label="Organization"
      placeholder="All"
      clearable
      searchable
      clearButtonProps={{ 'aria-label': 'All organizations' }}
      value={value ?? null}
      onChange={(id) => change({ organization: id ?? undefined })}
      data={members.data?.items.map(({ organization: { id, name } }) => ({ value: String(id), label: name }))}
    />
  );
}

const nameOf = ({ pseudonym, firstName, lastName, id }: MemberAccountView): string =>
  [firstName, lastName].filter((part) => part !== null).join(' ') || (pseudonym ?? `Account ${id ?? ''}`);
const keyOf = (account: MemberAccountView): string => String(account.id ?? account.pseudonym);

const columnsOf = (view: OwnerView): Column<MemberAccountView>[] => [
  {
    id: 'account',
    header: view.anonymous ? 'Pseudonym' : 'Account',
    render: (account) =>
      account.id === null ? (
        <Text size="sm" fw={600}>
          {nameOf(account)}
        </Text>
      ) : (
        <ScreenLink to="/accounts/$account" params={{ account: String(account.id) }} size="sm" fw={600}>
          {nameOf(account)}
        </ScreenLink>
      ),
  },
  { id: 'kind', header: 'Kind', render: ({ kind }) => <KindLabel kind={kind} /> },
  { id: 'organization', header: 'Organization', render: ({ organization }) => organization.name },
  { id: 'role', header: 'Role', render: (account) => <Role view={view} account={account} /> },
];

function Role({ view, account }: { view: OwnerView; account: MemberAccountView }) {
  const { endpoints } = KINDS[view.kind];
  const set = useChange(endpoints.setRole);
  const clear = useChange(endpoints.clearRole);
  const name = nameOf(account);
  const params = {
    owner: String(view.id),
    // Where profile anonymity is on the pseudonym names it, else the id.
    account: view.anonymous ? (account.pseudonym ?? '') : String(account.id),
  };
  const individual = account.individual && <Badge variant="light">Individual</Badge>;
  if (!account.abilities.setRole)
    return (
      <Group gap="xs">
        <Text size="sm">{account.role}</Text>
        {individual}
      </Group>
    );
  return (
    <Stack gap={4}>
      <Group gap="xs">
        <Select
          size="xs"
          w={150}
          aria-label={`Role of ${name}`}
          allowDeselect={false}
          value={account.role}
          disabled={set.isPending || clear.isPending}
          data={account.availableRoles}
          onChange={(role) =>
            role !== null &&
            set.mutate(
              { params, body: { role: role as CommunityRole } },
              { onSuccess: () => notifications.show({ message: `${name}: ${role}` }) },
            )
          }
        />
        {individual}
        {account.individual && (
          <Button
            size="compact-xs"
            variant="subtle"
            loading={clear.isPending}
            aria-label={`Back to the default role: ${name}`}
            onClick={() => clear.mutate({ params })}
          >
            Back to the default
          </Button>
        )}
      </Group>
      <Refusal error={set.error ?? clear.error} />
    </Stack>
  );
}
