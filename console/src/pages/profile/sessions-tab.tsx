import { Badge, Button, Group, Stack, Text } from '@mantine/core';
import { IconDevices } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import {
  type AccountSession,
  endSessionEndpoint,
  listSessionsEndpoint,
} from '../../../../contract/session.ts';
import { call } from '../../api/client.ts';
import { useChange, useEndpoint } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';
import { Confirm } from '../../kit/confirm.tsx';
import { type Column, DataTable } from '../../kit/data-table.tsx';
import { Instant } from '../../kit/instant.tsx';
import { useSignOut } from '../../kit/sign-out.ts';
import { Answered, Refusal } from '../../kit/states.tsx';
import { browserName } from './browser-name.ts';

/** Where one is signed in. */
export function SessionsTab() {
  const { id } = useSession();
  const sessions = useEndpoint(listSessionsEndpoint, { params: { account: String(id) } });
  return (
    <Answered query={sessions}>{({ items }) => <Sessions account={String(id)} items={items} />}</Answered>
  );
}

function Sessions({ account, items }: { account: string; items: readonly AccountSession[] }) {
  const client = useQueryClient();
  const signOut = useSignOut();
  const end = useChange(endSessionEndpoint);
  const [isAsking, setAsking] = useState(false);
  const others = items.filter(({ current }) => !current);
  const endOthers = useMutation<void, Error>({
    mutationFn: async () => {
      for (const { id } of others) await call(endSessionEndpoint, { params: { account, session: id } });
    },
    onSuccess: () => setAsking(false),
    onSettled: () => client.invalidateQueries(),
  });
  const columns: Column<AccountSession>[] = [
    {
      id: 'browser',
      header: 'Browser',
      render: ({ userAgent, current }) => (
        <Group gap="xs">
          <Text size="sm" title={userAgent ?? undefined}>
            {browserName(userAgent)}
          </Text>
          {current && (
            <Badge variant="light" color="green">
              This one
            </Badge>
          )}
        </Group>
      ),
    },
    { id: 'address', header: 'Address', render: ({ address }) => address ?? 'unknown' },
    { id: 'created', header: 'Signed in', render: ({ createdAt }) => <Instant at={createdAt} /> },
    { id: 'seen', header: 'Last used', render: ({ lastSeenAt }) => <Instant at={lastSeenAt} isRelative /> },
    { id: 'expires', header: 'Ends', render: ({ expiresAt }) => <Instant at={expiresAt} /> },
    {
      id: 'end',
      header: 'End',
      render: (session) =>
        session.current ? (
          <Button size="compact-sm" variant="default" onClick={() => void signOut()}>
            Sign out
          </Button>
        ) : (
          <Button
            size="compact-sm"
            variant="default"
            loading={end.isPending && end.variables.params.session === session.id}
            onClick={() => end.mutate({ params: { account, session: session.id } })}
            aria-label={`End the session of ${browserName(session.userAgent)} at ${session.address ?? 'an unknown address'}`}
          >
            End
          </Button>
        ),
    },
  ];
  return (
    <Stack maw={1100}>
      <Group justify="space-between">
        <Text c="dimmed" maw={640}>
          Every browser in which you are signed in. End what you do not know, and change your password then.
        </Text>
        {others.length > 0 && (
          <Button
            variant="default"
            leftSection={<IconDevices size={16} aria-hidden />}
            onClick={() => setAsking(true)}
          >
            End all others
          </Button>
        )}
      </Group>
      <Refusal error={end.error} />
      <DataTable label="Sessions" columns={columns} rows={items} keyOf={({ id }) => id} />
      <Confirm
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title="End all other sessions?"
        confirm={others.length === 1 ? 'End 1 session' : `End ${others.length} sessions`}
        onConfirm={() => endOthers.mutate()}
        isPending={endOthers.isPending}
        error={endOthers.error}
      >
        <Text>You stay signed in here. Everywhere else you have to sign in again.</Text>
      </Confirm>
    </Stack>
  );
}
