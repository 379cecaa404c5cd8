import { List, Loader, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import type { UseQueryResult } from '@tanstack/react-query';
import { editAccountEndpoint, previewEditEndpoint } from '../../../../contract/account-endpoints.ts';
import type { AccountDetails, AccountEdited, EditAccountInput } from '../../../../contract/accounts.ts';
import type { ApiError } from '../../api/client.ts';
import { useEndpoint } from '../../api/queries.ts';
import { Confirm } from '../../kit/confirm.tsx';
import { Refusal } from '../../kit/states.tsx';
import { ChangeRefusal, useAccountChange } from './account-change.tsx';
import { nameOf } from './account-words.ts';

type Deed = 'lock' | 'unlock' | 'disable' | 'enable';

type Words = {
  title: string;
  confirm: string;
  what: string;
  done: string;
  changes: EditAccountInput['changes'];
  isDangerous?: boolean;
};

const DEEDS: Readonly<Record<Deed, Words>> = {
  lock: {
    title: 'Lock',
    confirm: 'Lock account',
    what: 'The account is kept out until somebody unlocks it. It keeps its seat, its password and its rights.',
    done: 'is locked.',
    changes: { locked: true },
  },
  unlock: {
    title: 'Unlock',
    confirm: 'Unlock account',
    what: 'The account may sign in again. Failed sign-ins are forgotten.',
    done: 'is unlocked.',
    changes: { locked: false },
  },
  disable: {
    title: 'Disable',
    confirm: 'Disable account',
    what: 'The account is put out of use until somebody enables it. It keeps its seat, and what it is responsible for.',
    done: 'is disabled.',
    changes: { disabled: true },
    isDangerous: true,
  },
  enable: {
    title: 'Enable',
    confirm: 'Enable account',
    what: 'The account may be used again, with what it has to sign in with.',
    done: 'is enabled.',
    changes: { disabled: false },
  },
};

/** Locks, unlocks, disables or enables an account, after the server has said what comes of it. */
export function StateDialog({
  account,
  deed,
  isOpen,
  onClose,
}: {
  account: AccountDetails;
  deed: Deed;
  isOpen: boolean;
  onClose: () => void;
}) {
  const { title, confirm, what, done, changes, isDangerous } = DEEDS[deed];
  const asked = { params: { account: String(account.id) }, body: { version: account.version, ...changes } };
  const edit = useAccountChange(editAccountEndpoint);
  const preview = useEndpoint(previewEditEndpoint, asked, {
    enabled: isOpen && !edit.isPending && !edit.isSuccess,
  });
  const name = nameOf(account);
  const close = () => {
    edit.reset();
    onClose();
  };
  return (
    <Confirm
      isOpen={isOpen}
      onClose={close}
      title={`${title} ${name}`}
      confirm={confirm}
      isDangerous={isDangerous === true}
      isDisabled={preview.data === undefined}
      isPending={edit.isPending}
      onConfirm={() =>
        edit.mutate(asked, {
          onSuccess: () => {
            notifications.show({ message: `${name} ${done}` });
            close();
          },
        })
      }
    >
      <Stack gap="sm">
        <Text>{what}</Text>
        <Consequences preview={preview} />
        <ChangeRefusal error={edit.error} />
      </Stack>
    </Confirm>
  );
}

/** What an edit brings with it, or why it would be refused. */
function Consequences({ preview }: { preview: UseQueryResult<AccountEdited, ApiError> }) {
  if (preview.data === undefined)
    return preview.isError ? (
      <Refusal error={preview.error} title="That cannot be done" />
    ) : (
      <Text component="div" role="status">
        <Loader size="xs" type="dots" mr="xs" />
        Looking what comes of it
      </Text>
    );
  const { consequences } = preview.data;
  if (consequences.length === 0) return <Text c="dimmed">Nothing else changes.</Text>;
  return (
    <div>
      <Text fw={600}>What comes of it</Text>
      <List>
        {consequences.map(({ code, message }) => (
          <List.Item key={`${code} ${message}`}>{message}</List.Item>
        ))}
      </List>
    </div>
  );
}
