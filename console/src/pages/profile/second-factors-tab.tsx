import { Alert, Badge, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import {
  getAuthenticatorEndpoint,
  type OwnAuthenticator,
  type PasskeyView,
  removePasskeyEndpoint,
  removeTotpEndpoint,
  renamePasskeyEndpoint,
  renewRecoveryCodesEndpoint,
} from '../../../../contract/authenticators.ts';
import { type Answer, type ApiError, call } from '../../api/client.ts';
import { useChange, useEndpoint } from '../../api/queries.ts';
import { BUT_SESSION, useSession, useTakeSession } from '../../api/session.ts';
import { Confirm } from '../../kit/confirm.tsx';
import { type Column, DataTable } from '../../kit/data-table.tsx';
import { fieldErrors } from '../../kit/forms.ts';
import { Instant } from '../../kit/instant.tsx';
import { Answered, Refusal } from '../../kit/states.tsx';
import { PasskeySetup } from '../sign-in/passkey-setup.tsx';
import { hasPasskeys } from '../sign-in/passkeys.ts';
import { RecoveryCodes } from '../sign-in/recovery-codes.tsx';
import type { AddedFactor } from '../sign-in/setup-end.tsx';
import { TotpSetup } from '../sign-in/totp-setup.tsx';
import { Section } from './section.tsx';

/** What stands for the person beside the password. */
export function SecondFactorsTab() {
  const own = useEndpoint(getAuthenticatorEndpoint, {});
  const session = useSession();
  // Shown this once: they are here, and nowhere else.
  const [codes, setCodes] = useState<readonly string[]>();
  return (
    <Answered query={own}>
      {(answer) => (
        <Stack>
          <Lead own={answer} />
          <App own={answer} onCodes={setCodes} />
          <Passkeys own={answer} onCodes={setCodes} />
          <Codes own={answer} onCodes={setCodes} />
          {codes !== undefined && (
            <RecoveryCodes codes={codes} userName={session.userName} onStored={() => setCodes(undefined)} />
          )}
        </Stack>
      )}
    </Answered>
  );
}

type Props = { own: OwnAuthenticator; onCodes: (codes: readonly string[]) => void };

const countOf = (own: OwnAuthenticator) => own.passkeys.length + (own.totp === null ? 0 : 1);

function Lead({ own }: { own: OwnAuthenticator }) {
  if (countOf(own) === 0)
    return (
      <Alert color="orange" title="Your account has no second factor" maw={760}>
        Whoever learns your password gets in. Set up an authenticator app or a passkey.
      </Alert>
    );
  if (own.recoveryCodesLow)
    return (
      <Alert color="orange" title="Few recovery codes are left" maw={760}>
        Make new ones before you need the last.
      </Alert>
    );
  return null;
}

/** After a new factor: the session that goes on, and the codes that came with the first one. */
function useAdded(onCodes: Props['onCodes'], what: string) {
  const take = useTakeSession();
  const client = useQueryClient();
  return ({ recoveryCodes, session }: AddedFactor) => {
    take(session);
    void client.invalidateQueries(BUT_SESSION);
    if (recoveryCodes === null) notifications.show({ message: `The ${what} is added.` });
    else onCodes(recoveryCodes);
  };
}

function App({ own, onCodes }: Props) {
  const [isAdding, setAdding] = useState(false);
  const [isRemoving, setRemoving] = useState(false);
  const remove = useChange(removeTotpEndpoint);
  const added = useAdded(onCodes, 'authenticator app');
  const isLast = own.totp !== null && countOf(own) === 1;
  return (
    <Section
      title="Authenticator app"
      lead={
        own.totp === null ? (
          'An app on your phone that shows a new code every half minute.'
        ) : (
          <>
            Set up since <Instant at={own.totp.since} />. It shows a new code every half minute.
          </>
        )
      }
      actions={
        <Group gap="xs">
          {own.totp !== null && (
            <Button
              variant="default"
              disabled={isLast && !own.abilities.disable}
              onClick={() => setRemoving(true)}
            >
              Remove the app
            </Button>
          )}
          <Button variant={own.totp === null ? 'filled' : 'default'} onClick={() => setAdding(true)}>
            {own.totp === null ? 'Set up an app' : 'Set up another app'}
          </Button>
        </Group>
      }
    >
      {isLast && !own.abilities.disable && (
        <Text size="sm" c="dimmed">
          Everybody needs a second factor here, and this is your only one: add another before you remove it.
        </Text>
      )}
      <Modal opened={isAdding} onClose={() => setAdding(false)} title="Set up an authenticator app">
        <TotpSetup
          onCancel={() => setAdding(false)}
          onAdded={(result) => {
            setAdding(false);
            added(result);
          }}
        />
      </Modal>
      <Confirm
        isOpen={isRemoving}
        onClose={() => setRemoving(false)}
        title="Remove the authenticator app?"
        confirm="Remove the app"
        isDangerous
        isPending={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate({}, { onSuccess: () => setRemoving(false) })}
      >
        <Consequence isLast={isLast} what="Its codes" />
      </Confirm>
    </Section>
  );
}

function Consequence({ isLast, what }: { isLast: boolean; what: string }) {
  return (
    <Text>
      {what} will not be taken any more, and you are signed out everywhere else.
      {isLast && ' It is your only second factor: after that, your password alone lets in.'}
    </Text>
  );
}

function Passkeys({ own, onCodes }: Props) {
  const [isAdding, setAdding] = useState(false);
  const [renaming, setRenaming] = useState<PasskeyView>();
  const [removing, setRemoving] = useState<PasskeyView>();
  const remove = useChange(removePasskeyEndpoint);
  const added = useAdded(onCodes, 'passkey');
  const isLast = countOf(own) === 1;
  const isKept = isLast && !own.abilities.disable;
  const columns: Column<PasskeyView>[] = [
    {
      id: 'name',
      header: 'Name',
      render: ({ name, backedUp }) => (
        <Group gap="xs">
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            {name}
          </Text>
          {backedUp && (
            <Badge variant="light" color="blue">
              Kept on other devices, too
            </Badge>
          )}
        </Group>
      ),
    },
    { id: 'created', header: 'Added', render: ({ createdAt }) => <Instant at={createdAt} /> },
    { id: 'used', header: 'Last used', render: ({ lastUsedAt }) => <Instant at={lastUsedAt} isRelative /> },
    {
      id: 'actions',
      header: 'Change',
      render: (passkey) => (
        <Group gap="xs" wrap="nowrap">
          <Button
            size="compact-sm"
            variant="default"
            aria-label={`Rename ${passkey.name}`}
            onClick={() => setRenaming(passkey)}
          >
            Rename
          </Button>
          <Button
            size="compact-sm"
            variant="default"
            aria-label={`Remove ${passkey.name}`}
            disabled={isKept}
            onClick={() => setRemoving(passkey)}
          >
            Remove
          </Button>
        </Group>
      ),
    },
  ];
  return (
    <Section
      title="Passkeys"
      lead="On a device, in a browser or on a security key: with one you sign in without a password."
      actions={
        own.abilities.addPasskey &&
        hasPasskeys() && (
          <Button variant={countOf(own) === 0 ? 'filled' : 'default'} onClick={() => setAdding(true)}>
            Add a passkey
          </Button>
        )
      }
    >
      {!own.abilities.addPasskey && (
        <Text size="sm" c="dimmed">
          Passkeys cannot be added: there are as many as there may be, or the server is reached under an
          address that they cannot be bound to.
        </Text>
      )}
      {own.passkeys.length > 0 && (
        <DataTable label="Passkeys" columns={columns} rows={own.passkeys} keyOf={({ id }) => String(id)} />
      )}
      <Modal opened={isAdding} onClose={() => setAdding(false)} title="Add a passkey">
        <PasskeySetup
          onCancel={() => setAdding(false)}
          onAdded={(result) => {
            setAdding(false);
            added(result);
          }}
        />
      </Modal>
      {renaming !== undefined && <Rename passkey={renaming} onClose={() => setRenaming(undefined)} />}
      <Confirm
        isOpen={removing !== undefined}
        onClose={() => setRemoving(undefined)}
        title={`Remove the passkey ${removing?.name ?? ''}?`}
        confirm="Remove passkey"
        isDangerous
        isPending={remove.isPending}
        error={remove.error}
        onConfirm={() => {
          if (removing !== undefined)
            remove.mutate(
              { params: { passkey: String(removing.id) } },
              { onSuccess: () => setRemoving(undefined) },
            );
        }}
      >
        <Consequence isLast={isLast} what="It" />
      </Confirm>
    </Section>
  );
}

function Rename({ passkey, onClose }: { passkey: PasskeyView; onClose: () => void }) {
  const [name, setName] = useState(passkey.name);
  const rename = useChange(renamePasskeyEndpoint);
  const problem = fieldErrors(rename.error, ['name']).name;
  return (
    <Modal opened onClose={onClose} title="Rename passkey">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          rename.mutate({ params: { passkey: String(passkey.id) }, body: { name } }, { onSuccess: onClose });
        }}
      >
        <Stack>
          {problem === undefined && <Refusal error={rename.error} />}
          <TextInput
            label="Name of the passkey"
            value={name}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
            error={problem}
            maxLength={60}
            required
            data-autofocus
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={rename.isPending}>
              Rename passkey
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function Codes({ own, onCodes }: Props) {
  const [isAsking, setAsking] = useState(false);
  const client = useQueryClient();
  const renew = useMutation<Answer<typeof renewRecoveryCodesEndpoint>, ApiError>({
    mutationFn: () => call(renewRecoveryCodesEndpoint, {}),
    // The codes are in no result that anything keeps.
    gcTime: 0,
    onSuccess: ({ recoveryCodes }) => {
      setAsking(false);
      onCodes(recoveryCodes);
      void client.invalidateQueries();
    },
  });
  if (countOf(own) === 0) return null;
  return (
    <Section
      title="Recovery codes"
      lead={`Each stands once for your second factor, when you do not have it at hand. ${own.recoveryCodesLeft} of 10 are left.`}
      actions={
        <Button variant="default" onClick={() => setAsking(true)}>
          Make new codes
        </Button>
      }
    >
      <Confirm
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title="Make new recovery codes?"
        confirm="Make new codes"
        isPending={renew.isPending}
        error={renew.error}
        onConfirm={() => renew.mutate()}
      >
        <Text>Those that you have do not work any more then, and you are signed out everywhere else.</Text>
      </Confirm>
    </Section>
  );
}
