import { Anchor, Badge, Button, Group, Menu, Stack, Tabs, Text } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { IconChevronDown } from '@tabler/icons-react';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { listAccountsEndpoint } from '../../../../contract/account-endpoints.ts';
import type { AccountItem } from '../../../../contract/accounts.ts';
import { type Attention, getAttentionEndpoint } from '../../../../contract/attention.ts';
import { useEndpoint } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';
import { KindLabel } from '../../kit/account-kind.tsx';
import { type Column, DataTable } from '../../kit/data-table.tsx';
import { Instant } from '../../kit/instant.tsx';
import { Page } from '../../kit/page.tsx';
import { Paging, usePages, useSearchChange } from '../../kit/paging.tsx';
import { Answered, Empty, PageError } from '../../kit/states.tsx';
import { StatusChip } from '../../kit/status-chip.tsx';
import { useTrailToOrganization } from '../organizations/trail.tsx';
import { AccountName } from './accounts-table-columns.tsx';
import type { AccountsAsked } from './filters.ts';
import { useReviewDeeds } from './review-deeds.tsx';

const LISTS = {
  expiring: {
    title: 'Expiring accounts',
    topic: 'accountsExpiring',
    sort: 'expiresAt',
    lead: 'They cease to work within 30 days.',
    empty: 'No account expires within 30 days.',
    column: { header: 'Expires', at: ({ expiresAt }: AccountItem) => expiresAt },
  },
  never: {
    title: 'Never used',
    topic: 'neverUsed',
    sort: 'createdAt',
    lead: 'They are older than 14 days, and nobody has ever signed in with them.',
    empty: 'Every account that is older than 14 days has been used.',
    column: { header: 'Created', at: ({ createdAt }: AccountItem) => createdAt },
  },
  unused: {
    title: 'Not used for 90 days',
    topic: 'unused',
    sort: 'lastUsedAt',
    lead: 'They were last used more than 90 days ago.',
    empty: 'Every account was used within 90 days.',
    column: { header: 'Last used', at: ({ lastUsedAt }: AccountItem) => lastUsedAt },
  },
  keys: {
    title: 'Credentials that end soon',
    topic: 'credentialsExpiring',
    sort: 'userName',
    lead: 'A credential of theirs ends within 30 days, and no later one has taken its place.',
    empty: 'No credential ends within 30 days.',
    column: { header: 'Ends', at: ({ credentialExpiresAt }: AccountItem) => credentialExpiresAt },
  },
} as const satisfies Record<string, { topic: keyof Attention } & Record<string, unknown>>;
type ListName = keyof typeof LISTS;
const NAMES = Object.keys(LISTS) as ListName[];

/** Works through the accounts that may not be needed any more, or are about to cease to work. */
export function ReviewPage() {
  const { organization = '' } = useParams({ strict: false });
  const attention = useEndpoint(getAttentionEndpoint, { params: { organization } }, { keepPrevious: true });
  return (
    <Page
      title="Review"
      lead="Accounts to decide about, one after the other: keep them, or put them out of use."
      trail={[
        ...useTrailToOrganization(organization),
        <Anchor
          key="membership"
          size="sm"
          renderRoot={(props) => (
            <Link to="/organizations/$organization/membership" params={{ organization }} {...props} />
          )}
        >
          Membership
        </Anchor>,
      ]}
    >
      <Answered query={attention}>
        {(answer) => <Lists organization={organization} attention={answer} />}
      </Answered>
    </Page>
  );
}

function Lists({ organization, attention }: { organization: string; attention: Attention }) {
  const search = useSearch({ from: '/inside/organizations/$organization/review' });
  const change = useSearchChange();
  const present = NAMES.find((name) => name === search.list) ?? 'expiring';
  return (
    <Tabs value={present} onChange={(value) => change({ list: value ?? undefined })} keepMounted={false}>
      <Tabs.List aria-label="What there is to review">
        {NAMES.map((name) => {
          const { count, more } = attention[LISTS[name].topic];
          return (
            <Tabs.Tab
              key={name}
              value={name}
              rightSection={
                <Badge size="sm" variant="light" color={count === 0 ? 'gray' : 'orange'}>
                  {more ? `${count}+` : count}
                </Badge>
              }
            >
              {LISTS[name].title}
            </Tabs.Tab>
          );
        })}
      </Tabs.List>
      {NAMES.map((name) => (
        <Tabs.Panel key={name} value={name} pt="md">
          <List
            key={organization}
            organization={organization}
            name={name}
            query={attention[LISTS[name].topic].query}
            after={search.after}
          />
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}

const PAGE = '50';
const DAY_MS = 86_400_000;
/** For so long something that was looked at is not shown again. */
const KEPT_DAYS = 30;

function List({
  organization,
  name,
  query,
  after,
}: {
  organization: string;
  name: ListName;
  query: Readonly<Record<string, string>>;
  after: string | undefined;
}) {
  const list = LISTS[name];
  const navigate = useNavigate();
  const accounts = useEndpoint(
    listAccountsEndpoint,
    {
      params: { organization },
      query: { ...query, sort: list.sort, after, limit: PAGE } as AccountsAsked,
    },
    { keepPrevious: true },
  );
  const pages = usePages(accounts.data?.next);
  const { kept, keep, forget } = useKept(`${organization}-${name}`);
  const deeds = useReviewDeeds();
  if (accounts.isError && accounts.data === undefined)
    return <PageError error={accounts.error} onRetry={() => void accounts.refetch()} />;
  const items = accounts.data?.items;
  const rows = items?.filter(({ id }) => !kept.has(id));
  const hidden = (items?.length ?? 0) - (rows?.length ?? 0);
  const columns: Column<AccountItem>[] = [
    { id: 'userName', header: 'User name', render: (account) => <AccountName account={account} /> },
    { id: 'kind', header: 'Kind', render: ({ kind }) => <KindLabel kind={kind} /> },
    { id: 'status', header: 'Status', render: (account) => <StatusChip account={account} /> },
    {
      id: 'when',
      header: list.column.header,
      render: (account) => <Instant at={list.column.at(account)} isRelative />,
    },
    {
      id: 'decision',
      header: 'Decision',
      align: 'right',
      render: (account) => (
        <Decision
          account={account}
          name={name}
          onExtend={(days) => deeds.extend(account, days)}
          onKeep={() => keep(account.id)}
          onDisable={() => deeds.disable(account)}
          isPending={deeds.isPending}
        />
      ),
    },
  ];
  return (
    <Stack>
      <Text c="dimmed">{list.lead}</Text>
      <DataTable
        label={list.title}
        columns={columns}
        rows={rows}
        keyOf={({ id }) => String(id)}
        onOpen={({ id }) => void navigate({ to: '/accounts/$account', params: { account: String(id) } })}
        isStale={accounts.isPlaceholderData}
        pages={pages}
        empty={
          <Empty title="Nothing to decide">
            {hidden > 0 ? 'You have looked at all of these lately.' : list.empty}
          </Empty>
        }
      />
      {hidden > 0 && (
        <Group gap="xs">
          <Text size="sm" c="dimmed" role="status">
            {hidden === 1 ? '1 account' : `${hidden} accounts`} kept for now, not shown in this browser for{' '}
            {KEPT_DAYS} days.
          </Text>
          <Button variant="subtle" size="compact-sm" onClick={forget}>
            Show again
          </Button>
        </Group>
      )}
      <Paging next={accounts.data?.next} label={`Pages of ${list.title.toLowerCase()}`} />
    </Stack>
  );
}

const EXTENSIONS = [30, 90, 365] as const;

function Decision({
  account,
  name,
  onExtend,
  onKeep,
  onDisable,
  isPending,
}: {
  account: AccountItem;
  name: ListName;
  onExtend: (days: number | null) => void;
  onKeep: () => void;
  onDisable: () => void;
  isPending: boolean;
}) {
  const { abilities, userName, disabled } = account;
  return (
    <Group gap="xs" justify="flex-end" wrap="nowrap">
      {name === 'expiring' && abilities.edit ? (
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <Button
              variant="default"
              size="xs"
              disabled={isPending}
              rightSection={<IconChevronDown size={14} aria-hidden />}
              aria-label={`Keep ${userName} for longer`}
            >
              Keep
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {EXTENSIONS.map((days) => (
              <Menu.Item key={days} onClick={() => onExtend(days)}>
                {days} more days
              </Menu.Item>
            ))}
            <Menu.Item onClick={() => onExtend(null)}>Without an end</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      ) : (
        <Button variant="default" size="xs" onClick={onKeep} aria-label={`Keep ${userName} for now`}>
          Keep
        </Button>
      )}
      {name === 'keys' && abilities.changeCredentials && (
        <Button
          variant="default"
          size="xs"
          aria-label={`Replace a credential of ${userName}`}
          renderRoot={(props) => (
            <Link
              to="/accounts/$account"
              params={{ account: String(account.id) }}
              search={{ tab: 'keys' }}
              {...props}
            />
          )}
        >
          Replace
        </Button>
      )}
      {abilities.disable && !disabled && (
        <Button
          variant="default"
          size="xs"
          onClick={onDisable}
          disabled={isPending}
          aria-label={`Disable ${userName}`}
        >
          Disable
        </Button>
      )}
    </Group>
  );
}

/** Accounts that somebody has looked at in this browser, and wants to see no more of for a while. */
function useKept(list: string) {
  // A browser may be several people's, and each decides for themselves.
  const { id: account } = useSession();
  const [stored, setStored] = useLocalStorage<Record<string, number>>({
    key: `taxiway-reviewed-by-${account}-${list}`,
    defaultValue: {},
    getInitialValueInEffect: false,
  });
  const since = Date.now() - KEPT_DAYS * DAY_MS;
  const valid = Object.entries(stored).filter(([, at]) => at > since);
  return {
    kept: new Set(valid.map(([id]) => Number(id))),
    keep: (id: number) => setStored({ ...Object.fromEntries(valid), [id]: Date.now() }),
    forget: () => setStored({}),
  };
}
