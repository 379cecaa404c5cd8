import { Alert, Button, Group, List, Stack, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Snippet } from '../../kit/copy.tsx';
import { OneTimeSecrets } from '../../kit/secrets.tsx';
import { ConnectionCard } from '../connection/connection-card.tsx';
import { TestCredential } from '../connection/test-credential.tsx';
import { KINDS } from './account-form.ts';
import { type Created, withoutSecrets } from './account-form-created.ts';

type Props = {
  created: Created;
  onChange: (created: Created) => void;
  /** Goes on with an empty form, at once where that was asked for. */
  onAnother: () => void;
  isAnotherNext: boolean;
  onClose: () => void;
};

/** A new account: its secrets once, and then what there is to know of it. */
export function CreatedAccount({ created, onChange, onAnother, isAnotherNext, onClose }: Props) {
  const { id, kind, userName, secrets, credentials, sent, message } = created;
  const { name } = KINDS[kind];
  const isInvitation = Object.values(credentials).every((value) => value === undefined);
  if (secrets.length > 0)
    return (
      <OneTimeSecrets
        title={isInvitation ? `The invitation of ${userName}` : `The credentials of ${userName}`}
        isToPassOn={isInvitation}
        lead={
          credentials.password !== undefined && kind !== 'taxii'
            ? 'Pass them on to the person in a way that nobody else can read.'
            : undefined
        }
        secrets={secrets}
        fileName={`${kind === 'taxii' ? 'taxii' : 'taxiway'}-${userName.replaceAll(/[^\w.@-]/g, '_')}`}
        onStored={() => {
          onChange(withoutSecrets(created));
          if (isAnotherNext && message === null) onAnother();
        }}
      >
        {(kind === 'taxii' || kind === 'api') && (
          <TestCredential account={id} userName={userName} {...credentials} />
        )}
      </OneTimeSecrets>
    );
  return (
    <Stack>
      <Alert color="green" title={`The ${name} ${userName} is created`} role="status">
        {sent.length === 0 ? (
          nextOf(created)
        ) : (
          <List size="sm">
            {sent.map((line) => (
              <List.Item key={line}>{line}</List.Item>
            ))}
          </List>
        )}
      </Alert>
      {message !== null && (
        <Stack gap="xs">
          <Text size="sm">This instance sends no mail. Pass the account information on to {message.to}:</Text>
          <Snippet label={message.subject} value={message.text} />
        </Stack>
      )}
      {kind === 'taxii' && <ConnectionCard account={id} />}
      <Group justify="flex-end">
        <Button
          variant="default"
          renderRoot={(props) => (
            <Link to="/accounts/$account" params={{ account: String(id) }} search={{}} {...props} />
          )}
        >
          Open the account
        </Button>
        <Button variant="default" onClick={onAnother}>
          Add another {name}
        </Button>
        <Button onClick={onClose}>Back to the accounts</Button>
      </Group>
    </Stack>
  );
}

function nextOf({ kind }: Created): string {
  if (kind === 'taxii') return 'Its client is configured with what stands below.';
  if (kind === 'api') return 'Its client says with each request who it is: by a signature, or by a token.';
  return 'The person signs in with the password, or first follows the invitation.';
}
