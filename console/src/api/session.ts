import { queryOptions, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { type SessionView, showSessionEndpoint } from '../../../contract/session.ts';
import { ApiError, call, interrupt } from './client.ts';

/** Who is signed in; null: nobody. */
export const sessionQuery = queryOptions<SessionView | null, ApiError>({
  queryKey: ['session'],
  staleTime: 60_000,
  queryFn: async ({ client }) => {
    for (;;) {
      try {
        const now = await call(showSessionEndpoint, {}, { plain: true });
        const before = client.getQueryData<SessionView | null>(['session']) ?? null;
        if (before === null || before.id === now.id) return now;
        startOver();
        return before;
      } catch (error) {
        if (!(error instanceof ApiError && error.code === 'unauthenticated')) throw error;
        // Where somebody was at work, what is shown stays until it is known who goes on.
        const before = client.getQueryData<SessionView | null>(['session']) ?? null;
        if (before === null || !(await interrupt('unauthenticated'))) return null;
      }
    }
  },
});

/** Somebody else has signed in in this browser: nothing of what is on the page, or kept behind it, is for them. */
export function startOver(): void {
  location.assign('/console/');
}

const channel = new BroadcastChannel('taxiway-session');

/** Tells the other tabs that somebody signed in, or out. */
export const announceSession = (): void => channel.postMessage(null);

/** Calls back when another tab signed in, or out; gives back what undoes it. */
export function onAnnouncedSession(listener: () => void): () => void {
  channel.addEventListener('message', listener);
  return () => channel.removeEventListener('message', listener);
}

/** Who is signed in, on a screen that is reached only by people who are. */
export function useSession(): SessionView {
  const { data } = useSuspenseQuery(sessionQuery);
  // Between a sign-out and the screen after it, what is still shown is of who was there.
  const last = useRef(data);
  if (data !== null) last.current = data;
  if (last.current === null) throw new ApiError('unauthenticated', 'Nobody is signed in.');
  return last.current;
}

/** Takes what a sign-in, or a step of one, answered with. */
export function useTakeSession(): (session: SessionView | null) => void {
  const client = useQueryClient();
  return (session) => client.setQueryData(sessionQuery.queryKey, session);
}

/** All that is kept but who is signed in: what is to be asked for anew, or forgotten, when that has been answered. */
export const BUT_SESSION = {
  predicate: ({ queryKey }: { queryKey: readonly unknown[] }) => queryKey[0] !== 'session',
};
