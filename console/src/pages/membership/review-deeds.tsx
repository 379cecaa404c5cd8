import { Button, Group, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { editAccountEndpoint } from '../../../../contract/account-endpoints.ts';
import type { AccountItem } from '../../../../contract/accounts.ts';
import { call } from '../../api/client.ts';
import { isStale } from '../../kit/forms.ts';

type Changes = { disabled: boolean } | { expiresAt: string | null };
type Decided = {
  account: AccountItem;
  changes: Changes;
  /** What takes it back. */
  before: Changes;
  told: string;
};

const DAY_MS = 86_400_000;
const UNDO_MS = 12_000;

/** Decides about an account at once; for some seconds it can be taken back where it was. */
export function useReviewDeeds() {
  const client = useQueryClient();
  const decide = useMutation({
    mutationFn: async ({ account, changes }: Decided) =>
      await call(editAccountEndpoint, {
        params: { account: String(account.id) },
        body: { ...changes, version: account.version },
      }),
    onSuccess: async ({ version }, { account, before, told }) => {
      await client.invalidateQueries();
      const id = `review-${account.id}-${version}`;
      notifications.show({
        id,
        autoClose: UNDO_MS,
        message: (
          <Group justify="space-between" wrap="nowrap">
            <Text size="sm">{told}</Text>
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => {
                notifications.hide(id);
                undo.mutate({ account: { ...account, version }, changes: before });
              }}
            >
              Undo
            </Button>
          </Group>
        ),
      });
    },
    onError: async (error, { account }) => {
      notifications.show({
        color: 'red',
        title: `${account.userName} stays as it is`,
        message: isStale(error)
          ? 'Somebody else has changed it meanwhile. The list shows it as it is now.'
          : error.message,
      });
      await client.invalidateQueries();
    },
  });
  const undo = useMutation({
    mutationFn: async ({ account, changes }: { account: AccountItem; changes: Changes }) =>
      await call(editAccountEndpoint, {
        params: { account: String(account.id) },
        body: { ...changes, version: account.version },
      }),
    onSuccess: async (_, { account }) => {
      notifications.show({ message: `${account.userName} is as it was.` });
      await client.invalidateQueries();
    },
    onError: (error, { account }) =>
      notifications.show({
        color: 'red',
        title: `${account.userName} was not put back`,
        message: error.message,
      }),
  });
  return {
    isPending: decide.isPending || undo.isPending,
    disable: (account: AccountItem) =>
      decide.mutate({
        account,
        changes: { disabled: true },
        before: { disabled: false },
        told: `Disabled: ${account.userName}`,
      }),
    /** So many days from its end; null: for good. */
    extend: (account: AccountItem, days: number | null) => {
      const end = Math.max(Date.now(), account.expiresAt === null ? 0 : Date.parse(account.expiresAt));
      const expiresAt = days === null ? null : new Date(end + days * DAY_MS).toISOString();
      decide.mutate({
        account,
        changes: { expiresAt },
        before: { expiresAt: account.expiresAt },
        told: `${account.userName} is kept ${days === null ? 'without an end' : `${days} days longer`}.`,
      });
    },
  };
}
