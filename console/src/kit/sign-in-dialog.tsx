import { Button, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { type SessionView, showSessionEndpoint } from '../../../contract/session.ts';
import { call } from '../api/client.ts';
import { announceSession, BUT_SESSION, onAnnouncedSession, useTakeSession } from '../api/session.ts';
import { SignInFlow, titleOf } from '../pages/sign-in/sign-in-flow.tsx';
import { CoveringModal } from './covering-modal.tsx';
import { Loading } from './states.tsx';
import { mayLeave } from './unsaved.tsx';

/** Signs in anew, or does what is required, over the page that one was on. */
export function SignInDialog({
  session: before,
  isLost,
  onEnd,
  onSomebodyElse,
}: {
  /** Who was there. */
  session: SessionView;
  /** There is no session any more; otherwise it wants something done first. */
  isLost: boolean;
  onEnd: (isDone: boolean) => void;
  onSomebodyElse: () => void;
}) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const take = useTakeSession();
  // Undefined: not known yet.
  const [session, setSession] = useState<SessionView | null | undefined>(isLost ? null : undefined);

  const onSession = (next: SessionView | null) => {
    if (next === null || next.requiredActions.length > 0) return setSession(next);
    announceSession();
    if (next.id !== before.id) return onSomebodyElse();
    take(next);
    onEnd(true);
    void client.invalidateQueries(BUT_SESSION);
  };
  const look = async () => {
    const now = await call(showSessionEndpoint, {}, { plain: true }).catch(() => null);
    onSession(now);
  };
  const latestLook = useRef(look);
  latestLook.current = look;
  useEffect(() => {
    if (!isLost) void latestLook.current();
    // Another tab may do it, too.
    return onAnnouncedSession(() => void latestLook.current());
  }, [isLost]);

  const leave = async () => {
    if (!(await mayLeave())) return;
    take(null);
    onEnd(false);
    // There is no session to go on with: nothing of it may stay on the screen.
    await navigate({ to: '/sign-in', ignoreBlocker: true });
    client.removeQueries(BUT_SESSION);
  };
  const [next] = session?.requiredActions ?? [];
  return (
    <CoveringModal
      level={0}
      isOpaque
      size={next === 'accept_terms' ? 'xl' : 'md'}
      title={
        next === undefined ? (isLost ? 'Your session has ended' : 'One moment') : titleOf(session ?? null)
      }
    >
      {session === undefined ? (
        <Loading />
      ) : (
        <>
          <Text size="sm">
            {next === undefined
              ? 'Sign in to go on where you were. What you typed on this page is kept.'
              : 'Then you go on where you were. What you typed on this page is kept.'}
          </Text>
          <SignInFlow session={session} onSession={onSession} email={before.userName} />
          {next === undefined && (
            <Button variant="subtle" onClick={() => void leave()}>
              Leave this page
            </Button>
          )}
        </>
      )}
    </CoveringModal>
  );
}
