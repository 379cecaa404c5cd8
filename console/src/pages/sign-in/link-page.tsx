import { Button, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import {
  confirmEmailByLinkEndpoint,
  type LinkPurpose,
  lookAtLinkEndpoint,
  setPasswordByLinkEndpoint,
} from '../../../../contract/links.ts';
import { type Answer, ApiError, call } from '../../api/client.ts';
import { announceSession, sessionQuery, useTakeSession } from '../../api/session.ts';
import { Instant } from '../../kit/instant.tsx';
import { useSignOut } from '../../kit/sign-out.ts';
import { Loading } from '../../kit/states.tsx';
import { Failure } from './failure.tsx';
import { SignInFrame } from './frame.tsx';
import { forgetLinkToken, linkToken } from './link-token.ts';
import { NewPasswordInputs, otherThanPassword, useNewPassword } from './new-password.tsx';

type Link = Answer<typeof lookAtLinkEndpoint>;

const TITLES: Readonly<Record<LinkPurpose, string>> = {
  invitation: 'Choose your password',
  password_reset: 'Choose a new password',
  email_change: 'Confirm your new e-mail address',
};
const isDead = (error: Error | null) => error instanceof ApiError && error.code === 'not_found';

/**
 * What a one-time link is for, and the one thing that it does. The token travels in bodies of POST alone, and stands in no
 * cache; to look at a link uses nothing up.
 */
export function LinkPage() {
  const token = linkToken();
  const take = useTakeSession();
  const [outcome, setOutcome] = useState<{ link: Link } | 'dead'>();
  const look = useQuery<Link, ApiError>({
    queryKey: ['one-time link'],
    queryFn: () => call(lookAtLinkEndpoint, { body: { token: token ?? '' } }),
    enabled: token !== undefined && token !== '' && outcome === undefined,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    gcTime: 0,
  });
  if (outcome === 'dead' || isDead(look.error)) return <Dead />;
  if (outcome !== undefined) return <Done link={outcome.link} />;
  if (token === undefined || token === '')
    return (
      <SignInFrame title="This is not a whole link">
        <Text>
          Open the link from the mail once more, or copy all of it into the address bar. Its code is forgotten
          when the page is loaded again.
        </Text>
      </SignInFrame>
    );
  if (look.isError)
    return (
      <SignInFrame title="The link could not be looked at">
        <Failure error={look.error} />
        <Button variant="default" onClick={() => void look.refetch()}>
          Try again
        </Button>
      </SignInFrame>
    );
  if (look.data === undefined)
    return (
      <SignInFrame title="One moment">
        <Loading label="The link is being looked at" />
      </SignInFrame>
    );
  const link = look.data;
  const common = {
    link,
    token,
    onDone: () => {
      forgetLinkToken();
      // The account's sessions have ended, and nobody is to be asked about that here.
      take(null);
      announceSession();
      setOutcome({ link });
    },
    onDead: () => setOutcome('dead'),
  };
  return (
    <SignInFrame title={TITLES[link.purpose]} lead={<Lead link={link} />}>
      {link.purpose === 'email_change' ? <ConfirmEmail {...common} /> : <SetPassword {...common} />}
    </SignInFrame>
  );
}

function Lead({ link }: { link: Link }) {
  const text = {
    invitation: `You have an account in the organization “${link.organization}”. Choose the password that you will sign in with.`,
    password_reset: `For your account in the organization “${link.organization}”. You are signed out everywhere when it is set.`,
    email_change: `From then on you sign in with ${link.email} instead of ${link.userName}.`,
  }[link.purpose];
  return (
    <>
      {text} The link is good until <Instant at={link.expiresAt} />.
    </>
  );
}

type FormProps = { link: Link; token: string; onDone: () => void; onDead: () => void };

function SetPassword({ link, token, onDone, onDead }: FormProps) {
  const chosen = useNewPassword('password');
  const set = useMutation<unknown, Error>({
    mutationFn: () => call(setPasswordByLinkEndpoint, { body: { token, password: chosen.password } }),
    onSuccess: () => {
      chosen.clear();
      onDone();
    },
    onError: (error) => (isDead(error) ? onDead() : chosen.refuse(error)),
  });
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (chosen.check()) set.mutate();
      }}
    >
      <Stack>
        <Failure error={otherThanPassword(set.error, 'password')} />
        <TextInput
          label="E-mail address"
          type="email"
          autoComplete="username"
          value={link.userName}
          readOnly
          variant="filled"
        />
        <NewPasswordInputs of={chosen} isFirst />
        <Button type="submit" loading={set.isPending}>
          Set the password
        </Button>
      </Stack>
    </form>
  );
}

function ConfirmEmail({ token, onDone, onDead }: FormProps) {
  const confirm = useMutation<unknown, Error>({
    mutationFn: () => call(confirmEmailByLinkEndpoint, { body: { token } }),
    onSuccess: onDone,
    onError: (error) => {
      if (isDead(error)) onDead();
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        confirm.mutate();
      }}
    >
      <Stack>
        <Failure error={confirm.error} />
        <Button type="submit" loading={confirm.isPending}>
          Confirm the address
        </Button>
      </Stack>
    </form>
  );
}

function Done({ link }: { link: Link }) {
  const navigate = useNavigate();
  const signOut = useSignOut();
  const { data: session } = useQuery({ ...sessionQuery, staleTime: 0 });
  const isEmail = link.purpose === 'email_change';
  const email = isEmail ? link.email : link.userName;
  const other = session !== null && session !== undefined ? session.userName : undefined;
  return (
    <SignInFrame
      title={isEmail ? 'Your new e-mail address is confirmed' : 'Your password is set'}
      lead={
        isEmail
          ? 'Sign in with it from now on: you are signed out everywhere.'
          : 'Sign in with your e-mail address and the new password. If your account has a second factor, you are asked for it then.'
      }
    >
      {other !== undefined && other !== email && (
        <Text>
          In this browser {other} is signed in: going on signs {other} out.
        </Text>
      )}
      <Button
        onClick={async () => {
          if (other === undefined) await navigate({ to: '/sign-in', state: { email } });
          else await signOut(email);
        }}
      >
        Sign in as {email}
      </Button>
    </SignInFrame>
  );
}

function Dead() {
  const navigate = useNavigate();
  return (
    <SignInFrame title="The link is not valid any more">
      <Text>
        It was used already, is too old, or was replaced by a newer one. Ask for a new link, or ask your
        administrator for one.
      </Text>
      <Button variant="default" onClick={() => void navigate({ to: '/sign-in' })}>
        Go to the sign-in
      </Button>
    </SignInFrame>
  );
}
