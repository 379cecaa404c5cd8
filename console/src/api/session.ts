import { queryOptions, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { type SessionView, showSessionEndpoint } from '../../../contract/session.ts';
import { ApiError, call } from './client.ts';

/** Who is signed in; null: nobody. */
export const sessionQuery = queryOptions<SessionView | null, ApiError>({
  queryKey: ['session'],
  staleTime: 60_000,
  queryFn: async () => {
    try {
      return await call(showSessionEndpoint, {}, { plain: true });
    } catch (error) {
      if (error instanceof ApiError && error.code === 'unauthenticated') return null;
      throw error;
    }
  },
});

/** Who is signed in, on a screen that is reached only by people who are. */
export function useSession(): SessionView {
  const { data } = useSuspenseQuery(sessionQuery);
  if (data === null) throw new ApiError('unauthenticated', 'Nobody is signed in.');
  return data;
}

/** Takes what a sign-in, or a step of one, answered with. */
export function useTakeSession(): (session: SessionView | null) => void {
  const client = useQueryClient();
  return (session) => client.setQueryData(sessionQuery.queryKey, session);
}
