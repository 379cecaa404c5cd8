import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { signOutEndpoint } from '../../../contract/session.ts';
import { call } from '../api/client.ts';
import { announceSession, sessionQuery } from '../api/session.ts';

/** Ends the session, and forgets everything that it showed. */
export function useSignOut(): () => Promise<void> {
  const client = useQueryClient();
  const navigate = useNavigate();
  return async () => {
    try {
      await call(signOutEndpoint, {}, { plain: true });
    } finally {
      // Nobody is asked to sign in again who wanted to leave.
      client.setQueryData(sessionQuery.queryKey, null);
      announceSession();
      await navigate({ to: '/sign-in' });
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' });
      client.getMutationCache().clear();
    }
  };
}
