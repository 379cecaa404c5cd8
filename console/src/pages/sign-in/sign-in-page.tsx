import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Navigate, useNavigate, useRouterState, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { getInstanceEndpoint } from '../../../../contract/instance.ts';
import type { SessionView } from '../../../../contract/session.ts';
import { useEndpoint } from '../../api/queries.ts';
import { announceSession, BUT_SESSION, sessionQuery, useTakeSession } from '../../api/session.ts';
import { Loading, PageError } from '../../kit/states.tsx';
import { safeBack } from './back.ts';
import { ForgottenPassword } from './forgotten-password.tsx';
import { SignInFrame } from './frame.tsx';
import { SignInFlow, titleOf } from './sign-in-flow.tsx';

declare module '@tanstack/react-router' {
  interface HistoryState {
    /** Who is expected to sign in. */
    email?: string | undefined;
  }
}

/** Signing in, and everything that has to be done before anything else. */
export function SignInPage() {
  const { back } = useSearch({ from: '/sign-in' });
  const email = useRouterState({ select: ({ location }) => location.state.email });
  const client = useQueryClient();
  const take = useTakeSession();
  const { data: session, error, refetch } = useQuery(sessionQuery);
  const { data: instance } = useEndpoint(getInstanceEndpoint, {});
  const [forgotten, setForgotten] = useState<string>();

  if (instance?.setUp === false && session === null) return <Navigate to="/setup" replace />;
  if (session === undefined)
    return (
      <SignInFrame title="Sign in">
        {error === null ? <Loading /> : <PageError error={error} onRetry={() => void refetch()} />}
      </SignInFrame>
    );
  if (session !== null && session.requiredActions.length === 0) return <GoOn to={safeBack(back)} />;
  const onSession = (next: SessionView | null) => {
    // What was shown to somebody else, or before, is nothing to build on.
    if (next === null || next.requiredActions.length === 0) client.removeQueries(BUT_SESSION);
    take(next);
    if (next?.requiredActions.length === 0) announceSession();
  };
  if (forgotten !== undefined)
    return (
      <SignInFrame title="Forgotten password">
        <ForgottenPassword email={forgotten} onBack={() => setForgotten(undefined)} />
      </SignInFrame>
    );
  return (
    <SignInFrame
      title={titleOf(session)}
      {...(session === null ? {} : { lead: session.userName })}
      width={session?.requiredActions[0] === 'accept_terms' ? 720 : 440}
    >
      <SignInFlow
        session={session}
        onSession={onSession}
        onForgotten={setForgotten}
        {...(email === undefined ? {} : { email })}
      />
    </SignInFrame>
  );
}

/** To the address that one came for. */
function GoOn({ to }: { to: string }) {
  const navigate = useNavigate();
  useEffect(() => void navigate({ href: to, replace: true }), [navigate, to]);
  return null;
}
