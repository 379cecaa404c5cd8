import { Button, Group, SimpleGrid, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useRef, useState } from 'react';
import { editCredentialEndpoint, revokeCredentialEndpoint } from '../../../../contract/account-endpoints.ts';
import type { AccountDetails } from '../../../../contract/accounts.ts';
import { useChange } from '../../api/queries.ts';
import { Confirm } from '../../kit/confirm.tsx';
import { Empty } from '../../kit/states.tsx';
import { ChangeRefusal, useAccountChange } from './account-change.tsx';
import { CREDENTIAL_WORDS, nameOf } from './account-words.ts';
import { BindingDialog } from './binding-dialog.tsx';
import { type Credential, KeyCard } from './key-card.tsx';
import { RotateDialog } from './rotate-dialog.tsx';

const KINDS = { api: ['secret_key', 'api_token'], taxii: ['password', 'api_key'] } as const;

type Dialog =
  | { name: 'rotate'; kind: Credential['kind'] }
  | { name: 'bind' | 'pin' | 'revoke'; credential: Credential };

/** What a machine has to sign in with, what each is bound to, and how it is replaced. */
export function KeysTab({ account }: { account: AccountDetails }) {
  const [dialog, setDialog] = useState<Dialog>();
  const mayChange = account.abilities.changeCredentials;
  const kinds = account.kind === 'api' ? KINDS.api : KINDS.taxii;
  const close = () => setDialog(undefined);
  const bound = dialog?.name === 'bind' ? dialog.credential : undefined;
  return (
    <Stack>
      {mayChange && (
        <Group>
          {kinds.map((kind) => {
            const isThere = account.credentials.some((credential) => credential.kind === kind);
            return (
              <Button
                key={kind}
                variant="default"
                onClick={() => setDialog({ name: 'rotate', kind })}
              >{`${isThere ? 'Rotate' : 'Make'} ${CREDENTIAL_WORDS[kind].noun}`}</Button>
            );
          })}
        </Group>
      )}
      {account.credentials.length === 0 ? (
        <Empty title="No credential is valid">
          {nameOf(account)} cannot sign in with anything now.
          {mayChange && ' Make one above, and pass it on to whoever runs it.'}
        </Empty>
      ) : (
        <SimpleGrid cols={{ base: 1, lg: 2 }}>
          {account.credentials.map((credential) => (
            <KeyCard
              key={credential.id}
              credential={credential}
              siblings={account.credentials}
              mayChange={mayChange}
              onPin={() => setDialog({ name: 'pin', credential })}
              onBind={() => setDialog({ name: 'bind', credential })}
              onRevoke={() => setDialog({ name: 'revoke', credential })}
            />
          ))}
        </SimpleGrid>
      )}
      {kinds.map((kind) => (
        <RotateDialog
          key={kind}
          account={account}
          kind={kind}
          isOpen={dialog?.name === 'rotate' && dialog.kind === kind}
          onClose={close}
        />
      ))}
      <BindingDialog key={bound?.id ?? 'none'} account={account} credential={bound} onClose={close} />
      <PinDialog
        account={account}
        credential={dialog?.name === 'pin' ? dialog.credential : undefined}
        onClose={close}
      />
      <RevokeDialog
        account={account}
        credential={dialog?.name === 'revoke' ? dialog.credential : undefined}
        onClose={close}
      />
    </Stack>
  );
}

function PinDialog({
  account,
  credential,
  onClose,
}: {
  account: AccountDetails;
  credential: Credential | undefined;
  onClose: () => void;
}) {
  const edit = useAccountChange(editCredentialEndpoint);
  // While it closes, it still says of what it was.
  const last = useRef(credential);
  if (credential !== undefined) last.current = credential;
  const noun = last.current === undefined ? 'credential' : CREDENTIAL_WORDS[last.current.kind].noun;
  const from = last.current?.lastUsedFrom ?? null;
  const close = () => {
    edit.reset();
    onClose();
  };
  return (
    <Confirm
      isOpen={credential !== undefined}
      onClose={close}
      title={`Pin the ${noun} to ${from ?? ''}?`}
      confirm={`Pin to ${from ?? ''}`}
      isPending={edit.isPending}
      onConfirm={() => {
        if (credential === undefined || from === null) return;
        edit.mutate(
          {
            params: { account: String(account.id), credential: String(credential.id) },
            body: { version: account.version, allowedNetworks: [from] },
          },
          {
            onSuccess: () => {
              notifications.show({ message: `The ${noun} is good only from ${from} now.` });
              close();
            },
          },
        );
      }}
    >
      <Text>
        It was last used from {from}. From the next request on it is good only from there: a client that uses
        it from any other address is refused. Its limits can be changed again at any time.
      </Text>
      <ChangeRefusal error={edit.error} />
    </Confirm>
  );
}

function RevokeDialog({
  account,
  credential,
  onClose,
}: {
  account: AccountDetails;
  credential: Credential | undefined;
  onClose: () => void;
}) {
  const revoke = useChange(revokeCredentialEndpoint);
  const words = credential === undefined ? undefined : CREDENTIAL_WORDS[credential.kind];
  const close = () => {
    revoke.reset();
    onClose();
  };
  return (
    <Confirm
      isOpen={credential !== undefined}
      onClose={close}
      title={`Revoke ${words?.noun ?? ''}`}
      confirm={`Revoke ${words?.noun ?? ''}`}
      isDangerous
      isPending={revoke.isPending}
      error={revoke.error}
      onConfirm={() => {
        if (credential === undefined) return;
        revoke.mutate(
          { params: { account: String(account.id), credential: String(credential.id) } },
          {
            onSuccess: () => {
              notifications.show({ message: `The ${words?.noun ?? 'credential'} is revoked.` });
              close();
            },
          },
        );
      }}
    >
      <Text>
        It ends at once, and cannot be brought back: whatever uses it is refused from the next request on. To
        replace it without a gap, rotate it with an overlap instead.
      </Text>
    </Confirm>
  );
}
