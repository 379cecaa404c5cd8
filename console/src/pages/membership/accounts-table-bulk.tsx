import { Button, Group, List, Paper, Progress, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { editAccountEndpoint } from '../../../../contract/account-endpoints.ts';
import type { AccountItem } from '../../../../contract/accounts.ts';
import { call } from '../../api/client.ts';
import { Confirm } from '../../kit/confirm.tsx';
import { DEED_NAMES, DEEDS, type DeedName } from './accounts-table-deeds.ts';

const count = (number: number) => (number === 1 ? '1 account' : `${number} accounts`);

/** What can be done with the accounts that are selected. */
export function BulkBar({ selected, onClear }: { selected: readonly AccountItem[]; onClear: () => void }) {
  const client = useQueryClient();
  const [asked, setAsked] = useState<DeedName | null>(null);
  if (selected.length === 0) return null;
  const able = asked === null ? [] : selected.filter(DEEDS[asked].isPossible);
  return (
    <Paper withBorder px="md" py="xs" component="section" aria-label="Selected accounts">
      <Group gap="sm">
        <Text fw={600} role="status">
          {selected.length === 1 ? '1 account selected' : `${selected.length} accounts selected`}
        </Text>
        {DEED_NAMES.map((name) => {
          const possible = selected.filter(DEEDS[name].isPossible).length;
          return possible === 0 ? null : (
            <Button key={name} variant="default" size="xs" onClick={() => setAsked(name)}>
              {DEEDS[name].label}
              {possible < selected.length && ` ${possible}`}
            </Button>
          );
        })}
        <Button variant="subtle" size="xs" onClick={onClear}>
          Select none
        </Button>
      </Group>
      {asked !== null && (
        <Confirm
          isOpen
          onClose={() => setAsked(null)}
          title={`${DEEDS[asked].label} ${count(able.length)}?`}
          confirm={`${DEEDS[asked].label} ${count(able.length)}`}
          isDangerous={DEEDS[asked].isDangerous}
          onConfirm={() => {
            setAsked(null);
            onClear();
            void runDeed(client, asked, able);
          }}
        >
          <Stack gap="sm">
            <Text>{DEEDS[asked].meaning}</Text>
            {able.length < selected.length && (
              <Text size="sm" c="dimmed">
                {count(selected.length - able.length)} of the selection stay as they are: it holds for them
                already, or you may not do it to them.
              </Text>
            )}
            <Text size="sm" c="dimmed">
              They are taken one after the other. You can go on working meanwhile.
            </Text>
          </Stack>
        </Confirm>
      )}
    </Paper>
  );
}

type Refused = { userName: string; message: string };
const MAX_TOLD = 8;
let runs = 0;

/** Does it to one account after the other, and tells how far it is: on every screen, until it is over. */
async function runDeed(client: QueryClient, name: DeedName, accounts: readonly AccountItem[]): Promise<void> {
  const deed = DEEDS[name];
  const id = `bulk-${++runs}`;
  const refused: Refused[] = [];
  let isStopped = false;
  let done = 0;
  const stop = () => {
    isStopped = true;
  };
  const tell = () => ({
    id,
    autoClose: false as const,
    withCloseButton: false,
    title: `${deed.doing} ${count(accounts.length)}`,
    message: <Running done={done} of={accounts.length} onStop={stop} />,
  });
  notifications.show(tell());
  for (const { id: account, version, userName } of accounts) {
    if (isStopped) break;
    try {
      await call(editAccountEndpoint, {
        params: { account: String(account) },
        body: { ...deed.changes, version },
      });
    } catch (error) {
      refused.push({ userName, message: error instanceof Error ? error.message : 'It was refused.' });
    }
    done += 1;
    notifications.update(tell());
  }
  const left = accounts.length - done;
  notifications.update({
    id,
    color: refused.length > 0 ? 'orange' : 'green',
    autoClose: refused.length > 0 || left > 0 ? false : 6000,
    withCloseButton: true,
    title: `${deed.done}: ${count(done - refused.length)}`,
    message: <Report refused={refused} left={left} />,
  });
  await client.invalidateQueries();
}

function Running({ done, of, onStop }: { done: number; of: number; onStop: () => void }) {
  return (
    <Stack gap={6}>
      <Progress value={(100 * done) / of} aria-label="Done so far" />
      <Group justify="space-between">
        <Text size="sm">
          {done} of {of}
        </Text>
        <Button size="compact-sm" variant="default" onClick={onStop}>
          Stop
        </Button>
      </Group>
    </Stack>
  );
}

function Report({ refused, left }: { refused: readonly Refused[]; left: number }) {
  const more = refused.length - MAX_TOLD;
  return (
    <Stack gap={6}>
      {left > 0 && <Text size="sm">Stopped: {count(left)} not done.</Text>}
      {refused.length > 0 && (
        <>
          <Text size="sm">Refused for {count(refused.length)}:</Text>
          <List size="sm" c="var(--mantine-color-text)">
            {refused.slice(0, MAX_TOLD).map(({ userName, message }) => (
              <List.Item key={userName}>
                {userName}: {message}
              </List.Item>
            ))}
          </List>
          {more > 0 && <Text size="sm">And {more} more.</Text>}
        </>
      )}
      {left === 0 && refused.length === 0 && <Text size="sm">None was refused.</Text>}
    </Stack>
  );
}
