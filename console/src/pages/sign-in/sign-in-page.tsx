import { Button, Card, Center, PasswordInput, Stack, TextInput, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type SignInInput, signInEndpoint } from '../../../../contract/session.ts';
import { call } from '../../api/client.ts';
import { useTakeSession } from '../../api/session.ts';
import { Logo } from '../../kit/logo.tsx';
import { Refusal } from '../../kit/states.tsx';

export function SignInPage() {
  const { back } = useSearch({ from: '/sign-in' });
  const navigate = useNavigate();
  const take = useTakeSession();
  const form = useForm<SignInInput>({ initialValues: { email: '', password: '' } });
  const signIn = useMutation({
    mutationFn: (body: SignInInput) => call(signInEndpoint, { body }),
    onSuccess: async (session) => {
      take(session);
      await navigate({ href: back ?? '/' });
    },
  });
  return (
    <Center mih="100vh" p="md" component="main">
      <Card
        withBorder
        w={400}
        p="xl"
        component="form"
        onSubmit={form.onSubmit((body) => signIn.mutate(body))}
      >
        <Stack>
          <Logo size={36} />
          <Title order={1}>Sign in</Title>
          <Refusal error={signIn.error} title="You are not signed in" />
          <TextInput
            label="E-mail address"
            type="email"
            autoComplete="username"
            required
            {...form.getInputProps('email')}
          />
          <PasswordInput
            label="Password"
            autoComplete="current-password"
            required
            {...form.getInputProps('password')}
          />
          <Button type="submit" loading={signIn.isPending}>
            Sign in
          </Button>
        </Stack>
      </Card>
    </Center>
  );
}
