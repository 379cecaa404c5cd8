import { Alert, Button, Stack, Stepper, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { REQUIRED_ACTIONS, type RequiredAction } from '../../../../contract/required-actions.ts';
import { type SessionView, signOutEndpoint } from '../../../../contract/session.ts';
import { ApiError, call } from '../../api/client.ts';
import { Loading } from '../../kit/states.tsx';
import { PasswordStep } from './password-step.tsx';

// Most sign-ins need none of them.
const ChangePasswordStep = lazy(async () => ({
  default: (await import('./change-password-step.tsx')).ChangePasswordStep,
}));
const FactorStep = lazy(async () => ({ default: (await import('./factor-step.tsx')).FactorStep }));
const SetUpStep = lazy(async () => ({ default: (await import('./set-up-step.tsx')).SetUpStep }));
const TermsStep = lazy(async () => ({ default: (await import('./terms-step.tsx')).TermsStep }));

/** What a step is called in the stepper, and as the heading of the screen. */
const STEPS = {
  sign_in: { short: 'Sign in', title: 'Sign in' },
  second_factor: { short: 'Second factor', title: 'Show your second factor' },
  change_password: { short: 'Password', title: 'Choose a new password' },
  set_up_authenticator: { short: 'Set-up', title: 'Set up a second factor' },
  accept_terms: { short: 'Terms', title: 'Accept the terms of service' },
} as const satisfies Record<RequiredAction | 'sign_in', { short: string; title: string }>;

type Props = {
  /** A sign-in that has begun; null: nobody is signed in. */
  session: SessionView | null;
  /** After every step: the sign-in as it is then; null when it was given up, or took too long. */
  onSession: (session: SessionView | null) => void;
  email?: string;
  onForgotten?: (email: string) => void;
};

/** What comes next, as the heading of the screen. */
export function titleOf(session: SessionView | null): string {
  return STEPS[session?.requiredActions[0] ?? 'sign_in'].title;
}

/** A sign-in: e-mail address and password, and then whatever is required, one after the other. */
export function SignInFlow({ session, onSession, email, onForgotten }: Props) {
  const seen = useRef(new Set<RequiredAction>());
  for (const action of session?.requiredActions ?? []) seen.current.add(action);
  const [isLate, setLate] = useState(false);
  const [next] = session?.requiredActions ?? [];

  const give = (given: SessionView | null, late = false) => {
    setLate(late);
    if (given === null) seen.current.clear();
    onSession(given);
  };
  const onError = (error: Error) => {
    if (error instanceof ApiError && error.code === 'unauthenticated') give(null, true);
  };
  const signOut = async () => {
    await call(signOutEndpoint, {}, { plain: true }).catch(() => undefined);
    give(null);
  };
  const steps = ['sign_in' as const, ...REQUIRED_ACTIONS.filter((action) => seen.current.has(action))];
  const done = (after: SessionView) => give(after);

  return (
    <Stack>
      {steps.length > 1 && <Progress steps={steps} active={next ?? 'sign_in'} />}
      {isLate && (
        <Alert color="orange" title="That took too long" role="alert">
          For what has to be done at a sign-in there are 15 minutes. Begin again.
        </Alert>
      )}
      {/* Around what moves the focus, which so waits until the step is there. */}
      <Suspense key={next ?? 'sign_in'} fallback={<Loading />}>
        <FocusOnNewStep>
          {session === null || next === undefined ? (
            <PasswordStep
              onDone={done}
              {...(email === undefined ? {} : { email })}
              {...(onForgotten === undefined ? {} : { onForgotten })}
            />
          ) : next === 'second_factor' ? (
            <FactorStep session={session} onDone={done} onError={onError} />
          ) : next === 'change_password' ? (
            <ChangePasswordStep session={session} onDone={done} onError={onError} />
          ) : next === 'set_up_authenticator' ? (
            <SetUpStep session={session} onDone={done} onError={onError} />
          ) : (
            <TermsStep session={session} onDone={done} onError={onError} onSignOut={() => void signOut()} />
          )}
        </FocusOnNewStep>
      </Suspense>
      {session !== null && next !== undefined && next !== 'accept_terms' && (
        <Button variant="subtle" onClick={() => void signOut()}>
          Sign in as somebody else
        </Button>
      )}
    </Stack>
  );
}

/** The first input of a step gets the focus when the step before is done. */
function FocusOnNewStep({ children }: { children: React.ReactNode }) {
  const step = useRef<HTMLDivElement>(null);
  useEffect(() => {
    step.current?.querySelector<HTMLElement>('[data-autofocus]')?.focus();
  }, []);
  return <div ref={step}>{children}</div>;
}

function Progress({
  steps,
  active,
}: {
  steps: readonly (RequiredAction | 'sign_in')[];
  active: RequiredAction | 'sign_in';
}) {
  const hasRoom = useMediaQuery('(min-width: 30em)', true) && steps.length < 4;
  const index = steps.indexOf(active);
  return (
    <div>
      <Text size="sm" c="dimmed" mb="xs">
        Step {index + 1} of {steps.length}: {STEPS[active].short}
      </Text>
      <Stepper active={index} size="xs" allowNextStepsSelect={false} aria-hidden wrap={false}>
        {steps.map((step) => (
          <Stepper.Step key={step} label={hasRoom ? STEPS[step].short : undefined} />
        ))}
      </Stepper>
    </div>
  );
}
