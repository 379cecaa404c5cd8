import { Button, Group, Modal, Radio, Stack, Text, Textarea } from '@mantine/core';
import { useForm } from '@mantine/form';
import { notifications } from '@mantine/notifications';
import { useEffect, useState } from 'react';
import type { AccountDetails } from '../../../../contract/accounts.ts';
import { resetAuthenticatorEndpoint } from '../../../../contract/authenticators.ts';
import { fieldErrors } from '../../kit/forms.ts';
import { Instant } from '../../kit/instant.tsx';
import { ChangeRefusal, useAccountChange } from './account-change.tsx';
import { nameOf } from './account-words.ts';
import { counted, Facts, yesNo } from './facts.tsx';

/** The second factor of a person, and its removal for somebody who has lost it. */
export function AuthenticatorTab({ account }: { account: AccountDetails }) {
  const [isOpen, setOpen] = useState(false);
  const { authenticator, abilities } = account;
  return (
    <Stack maw={720}>
      <Facts
        title="Second factor"
        facts={
          authenticator === null
            ? [
                ['Has one', 'No'],
                ['Has to set one up', yesNo(account.mfaResetRequired)],
              ]
            : [
                ['Has one since', <Instant key="since" at={authenticator.since} />],
                ['Authenticator app', yesNo(authenticator.totp)],
                ['Passkeys', counted(authenticator.passkeys, 'passkey')],
                ['Recovery codes left', String(authenticator.recoveryCodesLeft)],
              ]
        }
      />
      {abilities.resetAuthenticator && (
        <Group>
          <Button variant="default" onClick={() => setOpen(true)}>
            Reset the second factor
          </Button>
        </Group>
      )}
      <ResetDialog account={account} isOpen={isOpen} onClose={() => setOpen(false)} />
    </Stack>
  );
}

function ResetDialog({
  account,
  isOpen,
  onClose,
}: {
  account: AccountDetails;
  isOpen: boolean;
  onClose: () => void;
}) {
  const reset = useAccountChange(resetAuthenticatorEndpoint);
  const form = useForm<{ reason: string; next: 'set_up_again' | 'off' }>({
    initialValues: { reason: '', next: 'set_up_again' },
  });
  const { setErrors } = form;
  useEffect(() => setErrors(fieldErrors(reset.error, ['reason', 'next'])), [reset.error, setErrors]);
  const name = nameOf(account);
  const close = () => {
    reset.reset();
    form.reset();
    onClose();
  };
  return (
    <Modal opened={isOpen} onClose={close} title={`Reset the second factor of ${name}`} size="lg">
      <form
        onSubmit={form.onSubmit((values) =>
          reset.mutate(
            { params: { account: String(account.id) }, body: { ...values, version: account.version } },
            {
              onSuccess: ({ sessionsEnded, mailed }) => {
                notifications.show({
                  message: `The second factor is removed; ${counted(sessionsEnded, 'session')} ended.${mailed ? ' A mail tells the person.' : ' No mail is sent: tell the person yourself.'}`,
                });
                close();
              },
            },
          ),
        )}
      >
        <Stack>
          <Text>
            For somebody who cannot show it any more. It removes the authenticator app, all passkeys and all
            recovery codes, and ends all sessions. Make sure first that it is the person who asks.
          </Text>
          <Textarea
            label="Reason"
            description="For the audit trail: how you made sure that it is the person who asks."
            required
            autosize
            minRows={2}
            maxLength={500}
            data-autofocus
            {...form.getInputProps('reason')}
          />
          <Radio.Group label="And then" {...form.getInputProps('next')}>
            <Stack gap="xs" mt="xs">
              <Radio value="set_up_again" label="The person sets up another one at the next sign-in" />
              <Radio value="off" label="The account has none" />
            </Stack>
          </Radio.Group>
          {Object.keys(form.errors).length === 0 && <ChangeRefusal error={reset.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" color="red" loading={reset.isPending}>
              Reset second factor
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
