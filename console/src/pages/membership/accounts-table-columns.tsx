import { Anchor, Box, Group, Text, Tooltip } from '@mantine/core';
import { IconShieldCheck, IconShieldOff } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { AccountItem } from '../../../../contract/accounts.ts';
import { KindLabel } from '../../kit/account-kind.tsx';
import { Breakable } from '../../kit/breakable.tsx';
import type { Column } from '../../kit/data-table.tsx';
import { Instant, localText, useTimeZone } from '../../kit/instant.tsx';
import { PendingBadges, StatusChip } from '../../kit/status-chip.tsx';

/** First and last name; null for those who have none. */
function fullName({ firstName, lastName }: Pick<AccountItem, 'firstName' | 'lastName'>): string | null {
  return [firstName, lastName].filter(Boolean).join(' ') || null;
}

/** User name and name of an account: a link to its page. */
export function AccountName({ account }: { account: AccountItem }) {
  const name = fullName(account);
  return (
    <Box miw={150} style={{ overflowWrap: 'anywhere' }}>
      <Anchor
        fw={600}
        fz="sm"
        c="inherit"
        display="block"
        renderRoot={(props) => (
          <Link to="/accounts/$account" params={{ account: String(account.id) }} {...props} tabIndex={-1} />
        )}
      >
        <Breakable text={account.userName} />
      </Anchor>
      {name !== null && (
        <Text size="sm" c="dimmed">
          {name}
        </Text>
      )}
    </Box>
  );
}

const isPerson = ({ kind }: AccountItem) => kind === 'user' || kind === 'read_only';

const none = (
  <Text span c="dimmed" aria-label="None">
    –
  </Text>
);

function Authenticator({ account }: { account: AccountItem }) {
  const timeZone = useTimeZone();
  if (!isPerson(account)) return none;
  const { authenticator } = account;
  const text =
    authenticator === null
      ? 'No second factor'
      : `Second factor since ${localText(authenticator.since, timeZone)}`;
  const Icon = authenticator === null ? IconShieldOff : IconShieldCheck;
  return (
    <Tooltip label={text}>
      <Group
        gap={0}
        component="span"
        display="inline-flex"
        style={{ verticalAlign: 'middle' }}
        c={authenticator === null ? 'dimmed' : 'green'}
        role="img"
        aria-label={text}
      >
        <Icon size={20} stroke={1.7} aria-hidden />
      </Group>
    </Tooltip>
  );
}

type AccountColumn = Column<AccountItem>;

const NAME: AccountColumn = {
  id: 'userName',
  header: 'User name',
  sort: 'userName',
  isFixed: true,
  render: (account) => <AccountName account={account} />,
};
const ORGANIZATION: AccountColumn = {
  id: 'organization',
  header: 'Organization',
  render: ({ organization }) => (
    <Text inherit miw={110} style={{ overflowWrap: 'anywhere' }}>
      {organization.name}
    </Text>
  ),
};
const SYSTEM_ROLE: AccountColumn = {
  id: 'systemRole',
  header: 'System role',
  render: ({ systemRole }) => systemRole ?? none,
};
const OTHERS: readonly AccountColumn[] = [
  {
    id: 'organizationRole',
    header: 'Organization role',
    sort: 'organizationRole',
    render: ({ organizationRole }) => organizationRole,
  },
  {
    id: 'authenticator',
    header: 'Second factor',
    render: (account) => <Authenticator account={account} />,
  },
  {
    id: 'service',
    header: 'TAXII service',
    isExtra: true,
    render: ({ service }) => service?.name ?? none,
  },
  {
    id: 'lastUsed',
    header: 'Last used',
    sort: 'lastUsedAt',
    render: ({ lastUsedAt, lastUsedFrom }) => (
      <>
        <Instant at={lastUsedAt} isRelative />
        {lastUsedAt !== null && lastUsedFrom !== null && (
          <Text size="sm" c="dimmed" truncate maw={160}>
            from {lastUsedFrom}
          </Text>
        )}
      </>
    ),
  },
  {
    id: 'credentialEnd',
    header: 'Credential ends',
    isExtra: true,
    render: ({ credentialExpiresAt }) => <Instant at={credentialExpiresAt} isRelative none="–" />,
  },
  { id: 'name', header: 'Name', sort: 'name', isExtra: true, render: (account) => fullName(account) ?? none },
  {
    id: 'pseudonym',
    header: 'Pseudonym',
    isExtra: true,
    render: ({ pseudonym }) => pseudonym,
  },
  {
    id: 'contact',
    header: 'Contact',
    isExtra: true,
    render: ({ contactEmail }) => contactEmail ?? none,
  },
  {
    id: 'expires',
    header: 'Expires',
    sort: 'expiresAt',
    isExtra: true,
    render: ({ expiresAt }) => <Instant at={expiresAt} isRelative />,
  },
  {
    id: 'created',
    header: 'Created',
    sort: 'createdAt',
    isExtra: true,
    render: ({ createdAt }) => <Instant at={createdAt} isRelative />,
  },
];

/** The columns that these answers have. */
export function accountColumns(has: {
  organization: boolean;
  systemRole: boolean;
}): readonly AccountColumn[] {
  return [
    NAME,
    ...(has.organization ? [ORGANIZATION] : []),
    {
      id: 'kind',
      header: 'Kind',
      sort: 'kind',
      render: ({ kind }) => <KindLabel kind={kind} />,
    },
    {
      id: 'status',
      header: 'Status',
      render: (account) => (
        <Group gap={4} maw={150}>
          <StatusChip account={account} />
          <PendingBadges account={account} />
        </Group>
      ),
    },
    ...(has.systemRole ? [SYSTEM_ROLE] : []),
    ...OTHERS,
  ];
}
