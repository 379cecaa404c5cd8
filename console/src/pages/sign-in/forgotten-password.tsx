import { Alert, Button, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { getInstanceEndpoint } from '../../../../contract/instance.ts';
import { requestPasswordResetEndpoint } from '../../../../contract/links.ts';
import { call } from '../../api/client.ts';
import { useEndpoint } from '../../api/queries.ts';
import { fieldErrors } from '../../kit/forms.ts';
import { Answered } from '../../kit/states.tsx';
import { Failure } from './failure.tsx';

/** Asks for a link by mail that sets a new password; where no mail is sent, says whom to ask. */
export function ForgottenPassword({ email: known, onBack }: { email: string; onBack: () => void }) {
  const instance = useEndpoint(getInstanceEndpoint, {});
  const [email, setEmail] = useState(known);
  const ask = useMutation({
    mutationFn: () => call(requestPasswordResetEndpoint, { body: { email } }),
  });
  const back = (
    <Button variant="subtle" onClick={onBack}>
      Back to the sign-in
    </Button>
  );
  const problem = fieldErrors(ask.error, ['email']).email;
  return (
    <Answered query={instance}>
      {({ mailConfigured }) => {
        if (!mailConfigured)
          return (
            <Stack>
              <Text>
                This server sends no mail. Ask whoever administers your organization, such as its Organization
                Administrator, for a link that sets a new password.
              </Text>
              {back}
            </Stack>
          );
        if (ask.isSuccess)
          return (
            <Stack>
              <Alert color="blue" title="Look into your mail" role="status">
                If {email} is the address of an account here, a link that sets a new password is on its way.
                It is good for an hour.
              </Alert>
              <Text size="sm" c="dimmed">
                Nothing comes? Look among the unwanted mail, or ask whoever administers your organization.
              </Text>
              {back}
            </Stack>
          );
        return (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              ask.mutate();
            }}
          >
            <Stack>
              {problem === undefined && <Failure error={ask.error} />}
              <TextInput
                label="E-mail address"
                description="The one that you sign in with."
                type="email"
                autoComplete="username"
                value={email}
                onChange={({ currentTarget }) => setEmail(currentTarget.value)}
                error={problem}
                autoFocus
                required
              />
              <Button type="submit" loading={ask.isPending}>
                Send me a link
              </Button>
              {back}
            </Stack>
          </form>
        );
      }}
    </Answered>
  );
}
