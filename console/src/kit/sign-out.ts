import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { signOutEndpoint } from '../../../contract/session.ts';
import { call } from '../api/client.ts';
import { announceSession, BUT_SESSION, sessionQuery } from '../api/session.ts';
import { mayLeave } from './unsaved.tsx';

/** Ends the session, and forgets everything that it showed; `email`: who is expected to sign in next. */
export function useSignOut(): (email?: string) => Promise<void> {
  const client = useQueryClient();
  const navigate = useNavigate();
  return async (email) => {
    // Asked before the session is gone: afterwards nothing of it stays on the screen.
    if (!(await mayLeave())) return;
    try {
      await call(signOutEndpoint, {}, { plain: true });
    } finally {
      // Nobody is asked to sign in again who wanted to leave.
      client.setQueryData(sessionQuery.queryKey, null);
      announceSession();
      await navigate({ to: '/sign-in', state: { email }, ignoreBlocker: true });
      client.removeQueries(BUT_SESSION);
      client.getMutationCache().clear();
    }
  };
}
