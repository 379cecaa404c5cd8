import { Badge, Button, Group, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import type { AccountDetails } from '../../../../contract/accounts.ts';
import {
  type AccountSession,
  endAllSessionsEndpoint,
  endSessionEndpoint,
  listSessionsEndpoint,
} from '../../../../contract/session.ts';
import { useChange, useEndpoint } from '../../api/queries.ts';
import { Confirm } from '../../kit/confirm.tsx';
import { type Column, DataTable } from '../../kit/data-table.tsx';
import { Instant } from '../../kit/instant.tsx';
import { Empty, PageError, Refusal } from '../../kit/states.tsx';
import { nameOf } from './account-words.ts';
import { counted } from './facts.tsx';

/** Where a person is signed in, and how that ends. */
export function SessionsTab({ account }: { account: AccountDetails }) {
  const params = { account: String(account.id) };
  const sessions = useEndpoint(listSessionsEndpoint, { params });
  const end = useChange(endSessionEndpoint);
  const endAll = useChange(endAllSessionsEndpoint);
  const [isAsking, setAsking] = useState(false);
  const name = nameOf(account);
  const columns: Column<AccountSession>[] = [
    {
      id: 'browser',
      header: 'Browser',
      render: ({ userAgent, current }) => (
        <Group gap="xs">
          <Text inherit maw={360} style={{ overflowWrap: 'anywhere' }}>
            {browserOf(userAgent)}
          </Text>
          {current && <Badge variant="light">This session</Badge>}
        </Group>
      ),
    },
    { id: 'address', header: 'Address', render: ({ address }) => address ?? 'unknown' },
    { id: 'since', header: 'Signed in', render: ({ createdAt }) => <Instant at={createdAt} /> },
    {
      id: 'seen',
      header: 'Last request',
      render: ({ lastSeenAt }) => <Instant at={lastSeenAt} isRelative />,
    },
    { id: 'end', header: 'Ends at the latest', render: ({ expiresAt }) => <Instant at={expiresAt} /> },
    {
      id: 'actions',
      header: 'What can be done',
      align: 'right',
      render: (session) =>
        session.abilities.end && (
          <Button
            variant="default"
            size="compact-sm"
            aria-label={`End session in ${browserOf(session.userAgent)} from ${session.address ?? 'unknown'}`}
            loading={end.isPending && end.variables.params.session === session.id}
            onClick={() =>
              end.mutate(
                { params: { ...params, session: session.id } },
                { onSuccess: () => notifications.show({ message: 'The session has ended.' }) },
              )
            }
          >
            End
          </Button>
        ),
    },
  ];
  if (sessions.isError && sessions.data === undefined)
    return <PageError error={sessions.error} onRetry={() => void sessions.refetch()} />;
  const items = sessions.data?.items;
  return (
    <Stack>
      <Group justify="space-between">
        <Text c="dimmed">Ending a session signs the person out there at once.</Text>
        {items?.some(({ abilities }) => abilities.end) === true && (
          <Button variant="default" onClick={() => setAsking(true)}>
            End all sessions
          </Button>
        )}
      </Group>
      <Refusal error={end.error} />
      <DataTable
        label={`Sessions of ${name}`}
        columns={columns}
        rows={items}
        keyOf={({ id }) => id}
        empty={<Empty title="Not signed in anywhere">There is no session of {name} now.</Empty>}
      />
      <Confirm
        isOpen={isAsking}
        onClose={() => {
          endAll.reset();
          setAsking(false);
        }}
        title={`End all sessions of ${name}`}
        confirm="End all sessions"
        isDangerous
        isPending={endAll.isPending}
        error={endAll.error}
        onConfirm={() =>
          endAll.mutate(
            { params },
            {
              onSuccess: ({ ended }) => {
                setAsking(false);
                notifications.show({ message: `${counted(ended, 'session')} ended.` });
              },
            },
          )
        }
      >
        <Text>
          {name} is signed out everywhere at once, and may sign in again. To keep the account out, lock or
          disable it.
        </Text>
      </Confirm>
    </Stack>
  );
}

const BROWSERS = [
  ['Edg/', 'Edge'],
  ['OPR/', 'Opera'],
  ['Firefox/', 'Firefox'],
  ['Chrome/', 'Chrome'],
  ['Safari/', 'Safari'],
] as const;
const SYSTEMS = [
  ['Windows', 'Windows'],
  ['Android', 'Android'],
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['Mac OS X', 'macOS'],
  ['Linux', 'Linux'],
] as const;

/** What a browser says that it is, in short where it is a usual one. */
function browserOf(userAgent: string | null): string {
  if (userAgent === null) return 'Unknown';
  const [browser, system] = [BROWSERS, SYSTEMS].map(
    (names) => names.find(([part]) => userAgent.includes(part))?.[1],
  );
  if (browser === undefined) return userAgent.slice(0, 120);
  return system === undefined ? browser : `${browser} on ${system}`;
}
