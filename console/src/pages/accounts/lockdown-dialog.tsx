import { Alert, Button, Group, List, Modal, Stack, Text, Textarea } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useEffect } from 'react';
import type { AccountDetails } from '../../../../contract/accounts.ts';
import { type LockedDown, lockDownAccountEndpoint } from '../../../../contract/lockdown.ts';
import { fieldErrors } from '../../kit/forms.ts';
import { ScreenLink } from '../../kit/link.tsx';
import { ChangeRefusal, useAccountChange } from './account-change.tsx';
import { CREDENTIAL_WORDS, isPerson, nameOf } from './account-words.ts';
import { counted, listed } from './facts.tsx';

/** Locks an account down that somebody else may have, and then says how it is let back in. */
export function LockdownDialog({
  account,
  isOpen,
  onClose,
}: {
  account: AccountDetails;
  isOpen: boolean;
  onClose: () => void;
}) {
  const lockdown = useAccountChange(lockDownAccountEndpoint);
  const form = useForm({ initialValues: { reason: '' } });
  const { setErrors } = form;
  useEffect(() => setErrors(fieldErrors(lockdown.error, ['reason'])), [lockdown.error, setErrors]);
  const close = () => {
    lockdown.reset();
    form.reset();
    onClose();
  };
  const name = nameOf(account);
  return (
    <Modal
      opened={isOpen}
      onClose={close}
      size="lg"
      title={lockdown.data === undefined ? `Lock down ${name}` : `${name} is locked down`}
    >
      {lockdown.data !== undefined ? (
        <Restore result={lockdown.data} onClose={close} />
      ) : (
        <form
          onSubmit={form.onSubmit(({ reason }) =>
            lockdown.mutate({
              params: { account: String(account.id) },
              body: { version: account.version, reason },
            }),
          )}
        >
          <Stack>
            <Alert color="red" title="For an account that somebody else may have">
              It cannot be undone by one click: what ends here ends for good, and the account needs new
              credentials when it is let back in.
            </Alert>
            <List spacing={4}>
              <List.Item>The account is disabled at once.</List.Item>
              <List.Item>
                {isPerson(account)
                  ? 'All of its sessions end, and its password opens nothing any more.'
                  : `Each of its credentials ends (${counted(account.credentials.length, 'credential')}).`}
              </List.Item>
              <List.Item>Its one-time links, such as invitations and password resets, end.</List.Item>
              {isPerson(account) && <List.Item>Its second factor stays.</List.Item>}
              <List.Item>
                The account keeps its seat, its roles, its groups, and what it is responsible for.
              </List.Item>
            </List>
            <Textarea
              label="Reason"
              description="For the audit trail."
              required
              autosize
              minRows={2}
              maxLength={500}
              data-autofocus
              {...form.getInputProps('reason')}
            />
            {form.errors.reason === undefined && <ChangeRefusal error={lockdown.error} />}
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>
                Cancel
              </Button>
              <Button type="submit" color="red" loading={lockdown.isPending}>
                Lock down account
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}

const LINKS = {
  invitation: 'invitation',
  password_reset: 'password reset',
  email_change: 'change of e-mail',
} as const;

const WAYS_BACK: Readonly<Record<LockedDown['letBackInBy'], string>> = {
  password_reset: 'Send a password reset link: “Actions”, then “Send password reset”.',
  invitation: 'Send an invitation: “Actions”, then “Send invitation”.',
  credential: 'Give it new credentials in the tab “Credentials”, and pass them on to whoever runs it.',
};

function Restore({ result, onClose }: { result: LockedDown; onClose: () => void }) {
  const { sessions, credentials, links } = result.ended;
  return (
    <Stack>
      <div>
        <Text fw={600}>What ended</Text>
        <List role="list">
          <List.Item>{sessions === 0 ? 'It had no session.' : counted(sessions, 'session')}</List.Item>
          {credentials.map(({ kind, hint, allowedNetworks, readOnly }) => (
            <List.Item key={`${kind} ${hint ?? ''}`}>
              {CREDENTIAL_WORDS[kind].title}
              {hint === null ? '' : ` ending in ${hint}`}
              {allowedNetworks === null ? '' : `, only from ${listed(allowedNetworks)}`}
              {readOnly ? ', read only' : ''}
            </List.Item>
          ))}
          {links.length > 0 && (
            <List.Item>One-time links: {listed(links.map((purpose) => LINKS[purpose]))}</List.Item>
          )}
        </List>
      </div>
      <div>
        <Text fw={600}>To let it back in, once it is clear what happened</Text>
        <List type="ordered">
          <List.Item>
            Look in{' '}
            <ScreenLink
              underline="always"
              to="/accounts/$account"
              params={{ account: String(result.id) }}
              search={{ tab: 'audit' }}
              onClick={onClose}
            >
              its audit trail
            </ScreenLink>{' '}
            what was done with it.
          </List.Item>
          <List.Item>Enable it: “Actions”, then “Enable”.</List.Item>
          <List.Item>{WAYS_BACK[result.letBackInBy]}</List.Item>
          {credentials.some(({ allowedNetworks, readOnly }) => allowedNetworks !== null || readOnly) && (
            <List.Item>Bind the new credentials as the old ones were; they are listed above.</List.Item>
          )}
        </List>
      </div>
      <Group justify="flex-end">
        <Button onClick={onClose}>Close</Button>
      </Group>
    </Stack>
  );
}
