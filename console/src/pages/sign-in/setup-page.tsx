import { Button, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { getInstanceEndpoint } from '../../../../contract/instance.ts';
import { signInEndpoint } from '../../../../contract/session.ts';
import { setupEndpoint } from '../../../../contract/setup.ts';
import { call } from '../../api/client.ts';
import { useEndpoint } from '../../api/queries.ts';
import { announceSession, useTakeSession } from '../../api/session.ts';
import { fieldErrors } from '../../kit/forms.ts';
import { Answered } from '../../kit/states.tsx';
import { Failure } from './failure.tsx';
import { SignInFrame } from './frame.tsx';
import { NewPasswordInputs, otherThanPassword, useNewPassword } from './new-password.tsx';

const FIELDS = ['setupCode', 'email', 'firstName', 'lastName', 'organization'] as const;

/** The first Administrator of a new instance, made with the one-time set-up code. */
export function SetupPage() {
  const instance = useEndpoint(getInstanceEndpoint, {});
  return (
    <SignInFrame
      title={instance.data?.setUp === true ? 'This server is set up' : 'Set up this server'}
      width={520}
    >
      <Answered query={instance}>{({ setUp }) => (setUp ? <Done /> : <SetupForm />)}</Answered>
    </SignInFrame>
  );
}

function Done() {
  const navigate = useNavigate();
  return (
    <Stack>
      <Text>It has an Administrator already. New accounts are made in the console.</Text>
      <Button onClick={() => void navigate({ to: '/sign-in', replace: true })}>Go to the sign-in</Button>
    </Stack>
  );
}

function SetupForm() {
  const navigate = useNavigate();
  const client = useQueryClient();
  const take = useTakeSession();
  const chosen = useNewPassword('password');
  const form = useForm({
    initialValues: { setupCode: '', email: '', firstName: '', lastName: '', organization: '' },
  });
  const setUp = useMutation({
    mutationFn: async () => {
      const { setupCode, email, firstName, lastName, organization } = form.values;
      const { password } = chosen;
      const made = await call(setupEndpoint, {
        body: { setupCode: setupCode.trim(), email, firstName, lastName, organization, password },
      });
      return await call(signInEndpoint, { body: { email: made.email, password } });
    },
    onSuccess: async (session) => {
      chosen.clear();
      await client.invalidateQueries({ queryKey: [getInstanceEndpoint.path] });
      take(session);
      announceSession();
      await navigate({ to: session.requiredActions.length > 0 ? '/sign-in' : '/', replace: true });
    },
    onError: (error) => {
      chosen.refuse(error);
      form.setErrors(fieldErrors(error, FIELDS));
    },
  });
  const isAtField = Object.keys(fieldErrors(setUp.error, FIELDS)).length > 0;
  return (
    <form
      onSubmit={form.onSubmit(() => {
        if (chosen.check()) setUp.mutate();
      })}
    >
      <Stack>
        <Text c="dimmed">
          You become its first Administrator. The set-up code stands in what the server printed at its start:
          whoever can read that may set it up.
        </Text>
        {!isAtField && <Failure error={otherThanPassword(setUp.error, 'password')} />}
        <TextInput
          label="Set-up code"
          description="Good once, and until the next start of the server."
          autoComplete="off"
          spellCheck={false}
          autoFocus
          required
          {...form.getInputProps('setupCode')}
        />
        <TextInput
          label="E-mail address"
          description="With it you sign in."
          type="email"
          autoComplete="username"
          required
          {...form.getInputProps('email')}
        />
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          <TextInput
            label="First name"
            autoComplete="given-name"
            required
            {...form.getInputProps('firstName')}
          />
          <TextInput
            label="Last name"
            autoComplete="family-name"
            required
            {...form.getInputProps('lastName')}
          />
        </SimpleGrid>
        <TextInput
          label="Your organization"
          description="The first organization of this server; your account belongs to it."
          autoComplete="organization"
          required
          {...form.getInputProps('organization')}
        />
        <NewPasswordInputs of={chosen} label="Password" />
        <Button type="submit" loading={setUp.isPending}>
          Create Administrator and sign in
        </Button>
      </Stack>
    </form>
  );
}
