import { Alert, Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { getInstanceEndpoint } from '../../../../contract/instance.ts';
import { requestEmailChangeEndpoint } from '../../../../contract/links.ts';
import { getProfileEndpoint } from '../../../../contract/profile.ts';
import { call } from '../../api/client.ts';
import { useEndpoint } from '../../api/queries.ts';
import { BUT_SESSION, useSession, useTakeSession } from '../../api/session.ts';
import { fieldErrors } from '../../kit/forms.ts';
import { Instant } from '../../kit/instant.tsx';
import { Answered } from '../../kit/states.tsx';
import { ChangePasswordForm } from '../sign-in/change-password-step.tsx';
import { Failure } from '../sign-in/failure.tsx';
import { Section } from './section.tsx';

/** What one signs in with: the e-mail address and the password. */
export function PasswordTab() {
  const profile = useEndpoint(getProfileEndpoint, {});
  return (
    <Answered query={profile}>
      {({ abilities, passwordChangedAt }) => (
        <Stack>
          <Email isChangeable={abilities.changeEmail} />
          <Password isThere={abilities.changePassword} changedAt={passwordChangedAt} />
        </Stack>
      )}
    </Answered>
  );
}

function Email({ isChangeable }: { isChangeable: boolean }) {
  const session = useSession();
  const { data: instance } = useEndpoint(getInstanceEndpoint, {});
  const [email, setEmail] = useState('');
  const ask = useMutation({ mutationFn: () => call(requestEmailChangeEndpoint, { body: { email } }) });
  const problem = fieldErrors(ask.error, ['email']).email;
  const canBeMailed = instance?.mailConfigured !== false;
  return (
    <Section
      title="E-mail address"
      lead={
        <>
          You sign in with <strong style={{ overflowWrap: 'anywhere' }}>{session.userName}</strong>.
        </>
      }
    >
      {!isChangeable ? (
        <Text size="sm">
          Only whoever administers your organization can have it changed: ask there for another one.
        </Text>
      ) : !canBeMailed ? (
        <Text size="sm">
          This server sends no mail, so another address cannot be confirmed. Ask whoever administers it.
        </Text>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            ask.mutate();
          }}
        >
          <Stack>
            {ask.isSuccess && (
              <Alert color="blue" title="Look into your mail" role="status">
                A link is on its way to {ask.data.to}. The new address counts once you follow it, until{' '}
                <Instant at={ask.data.expiresAt} />. Until then you sign in as before.
              </Alert>
            )}
            {problem === undefined && <Failure error={ask.error} />}
            <TextInput
              label="New e-mail address"
              description="A link is mailed to it; the present address is told."
              type="email"
              autoComplete="email"
              value={email}
              onChange={({ currentTarget }) => setEmail(currentTarget.value)}
              error={problem}
              required
            />
            <Group justify="flex-end">
              <Button type="submit" loading={ask.isPending}>
                Send a link to the new address
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Section>
  );
}

function Password({ isThere, changedAt }: { isThere: boolean; changedAt: string | null }) {
  const session = useSession();
  const take = useTakeSession();
  const client = useQueryClient();
  return (
    <Section
      title="Password"
      lead={
        isThere ? (
          <>
            {changedAt === null ? (
              'It was given to you.'
            ) : (
              <>
                Last changed <Instant at={changedAt} />.
              </>
            )}{' '}
            When you change it, you are signed out everywhere else.
          </>
        ) : undefined
      }
    >
      {isThere ? (
        <ChangePasswordForm
          userName={session.userName}
          onDone={(renewed) => {
            take(renewed);
            notifications.show({ message: 'Your password is changed.' });
            void client.invalidateQueries(BUT_SESSION);
          }}
        />
      ) : (
        <Text size="sm">
          Your account has no password. Ask whoever administers your organization for a link to set one.
        </Text>
      )}
    </Section>
  );
}
