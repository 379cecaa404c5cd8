import { Anchor, Button, Divider, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconFingerprint } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { challengePasskeyEndpoint, signInWithPasskeyEndpoint } from '../../../../contract/authenticators.ts';
import { getInstanceEndpoint } from '../../../../contract/instance.ts';
import { type SessionView, type SignInInput, signInEndpoint } from '../../../../contract/session.ts';
import { ApiError, call } from '../../api/client.ts';
import { useEndpoint } from '../../api/queries.ts';
import { Failure } from './failure.tsx';
import { hasPasskeys, showPasskey } from './passkeys.ts';

/** Signs in: by e-mail address and password, or by a passkey alone. */
export function PasswordStep({
  email = '',
  onDone,
  onForgotten,
}: {
  /** Whose sign-in is expected. */
  email?: string;
  onDone: (session: SessionView) => void;
  onForgotten?: (email: string) => void;
}) {
  const form = useForm<SignInInput>({ initialValues: { email, password: '' } });
  const [failure, setFailure] = useState<Error | null>(null);
  const { data: instance } = useEndpoint(getInstanceEndpoint, {});
  const byPassword = useMutation({
    mutationFn: (body: SignInInput) => call(signInEndpoint, { body }),
    onMutate: () => setFailure(null),
    onSuccess: onDone,
    onError: (error) => setFailure(inWords(error, WRONG)),
  });
  const byPasskey = useMutation({
    mutationFn: async () => {
      const { id, options } = await call(challengePasskeyEndpoint, {});
      const body = { challenge: id, passkey: await showPasskey(options) };
      return await call(signInWithPasskeyEndpoint, { body });
    },
    onMutate: () => setFailure(null),
    onSuccess: onDone,
    onError: (error) => setFailure(inWords(error, UNKNOWN)),
  });
  return (
    <form onSubmit={form.onSubmit((body) => byPassword.mutate(body))}>
      <Stack>
        <Failure error={failure} title="You are not signed in" />
        <TextInput
          label="E-mail address"
          type="email"
          autoComplete="username webauthn"
          autoFocus={email === ''}
          data-autofocus={email === '' || undefined}
          required
          {...form.getInputProps('email')}
        />
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          autoFocus={email !== ''}
          data-autofocus={email !== '' || undefined}
          required
          visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the characters' }}
          {...form.getInputProps('password')}
        />
        <Button type="submit" loading={byPassword.isPending}>
          Sign in
        </Button>
        {instance?.passkeys === true && hasPasskeys() && (
          <>
            <Divider label="or" />
            <Button
              variant="default"
              leftSection={<IconFingerprint size={18} aria-hidden />}
              loading={byPasskey.isPending}
              onClick={() => byPasskey.mutate()}
            >
              Sign in with a passkey
            </Button>
          </>
        )}
        {onForgotten !== undefined && (
          <Anchor component="button" type="button" onClick={() => onForgotten(form.values.email)}>
            Forgotten your password?
          </Anchor>
        )}
      </Stack>
    </form>
  );
}

const WRONG =
  'The e-mail address and the password do not belong together, or the account may not be used now. Whoever administers your organization can tell.';
const UNKNOWN = 'This passkey is not known here, or its account may not be used now.';

/** Of what cannot be said more exactly without helping a guesser. */
const inWords = (error: Error, words: string): Error =>
  error instanceof ApiError && error.code === 'unauthenticated' ? new Error(words) : error;
