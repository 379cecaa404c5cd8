import { useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { type SessionView, showSessionEndpoint } from '../../../contract/session.ts';
import { ApiError, call, onInterruption } from '../api/client.ts';
import { onAnnouncedSession, sessionQuery, startOver } from '../api/session.ts';

const SignInDialog = lazy(async () => ({ default: (await import('./sign-in-dialog.tsx')).SignInDialog }));
const VerificationDialog = lazy(async () => ({
  default: (await import('./verification-dialog.tsx')).VerificationDialog,
}));

/** So often a page that nobody touches asks whether its session still is one. */
const WATCH_MS = 60_000;

/** Something that the server wants first, for as long as it is asked for; whoever else needs it waits for the same. */
type Pending = { promise: Promise<boolean>; settle: (isDone: boolean) => void };

function pending(): Pending {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  return { promise, settle: resolve };
}

type Shown = {
  signIn?: { session: SessionView; isLost: boolean };
  verification?: SessionView;
};

// What the keys do below a dialog of ours: this listener stands before those of all drawers and dialogs of the page.
let isCovering = false;
let onEscape: (() => void) | undefined;
window.addEventListener(
  'keydown',
  (event) => {
    if (event.key !== 'Escape' || !isCovering) return;
    event.stopImmediatePropagation();
    onEscape?.();
  },
  { capture: true },
);

/**
 * What the server wants first, in the middle of something else: the session has ended, something is required before it
 * reaches anything, or it is to be shown once more who is there. Asked for over the page, which stays as it is.
 */
export function Interruptions() {
  const client = useQueryClient();
  const [shown, setShown] = useState<Shown>({});
  const signIn = useRef<Pending>(undefined);
  const verification = useRef<Pending>(undefined);

  useEffect(() => {
    const current = () => client.getQueryData(sessionQuery.queryKey) ?? null;
    const askToSignIn = (isLost: boolean) => {
      if (signIn.current !== undefined) return signIn.current.promise;
      const session = current();
      // A sign-in that has only begun is an affair of its own screen.
      if (session === null || session.requiredActions.length > 0) return Promise.resolve(false);
      signIn.current = pending();
      setShown((before) => ({ ...before, signIn: { session, isLost } }));
      return signIn.current.promise;
    };
    const askWhoIsThere = () => {
      if (verification.current !== undefined) return verification.current.promise;
      const session = current();
      if (session === null) return Promise.resolve(false);
      verification.current = pending();
      setShown((before) => ({ ...before, verification: session }));
      return verification.current.promise;
    };
    const undo = [
      onInterruption('unauthenticated', () => askToSignIn(true)),
      onInterruption('action_required', () => askToSignIn(false)),
      onInterruption('verification_required', askWhoIsThere),
    ];
    const watch = async () => {
      const before = current();
      if (before === null || before.requiredActions.length > 0 || signIn.current !== undefined) return;
      try {
        const now = await call(showSessionEndpoint, {}, { background: true });
        if (now.id !== before.id) startOver();
        else if (now.requiredActions.length > 0) await askToSignIn(false);
      } catch (error) {
        if (error instanceof ApiError && error.code === 'unauthenticated') await askToSignIn(true);
      }
    };
    const interval = setInterval(() => void watch(), WATCH_MS);
    const forget = onAnnouncedSession(() => void watch());
    return () => {
      clearInterval(interval);
      forget();
      for (const each of undo) each();
    };
  }, [client]);

  const settle = (which: keyof Shown, isDone: boolean) => {
    const asked = which === 'signIn' ? signIn : verification;
    const waiting = asked.current;
    asked.current = undefined;
    setShown(({ [which]: _, ...others }) => others);
    waiting?.settle(isDone);
  };
  isCovering = shown.signIn !== undefined || shown.verification !== undefined;
  onEscape = shown.verification === undefined ? undefined : () => settle('verification', false);
  return (
    <Suspense>
      {shown.signIn !== undefined && (
        <SignInDialog
          {...shown.signIn}
          onEnd={(isDone) => settle('signIn', isDone)}
          onSomebodyElse={startOver}
        />
      )}
      {shown.verification !== undefined && (
        <VerificationDialog session={shown.verification} onEnd={(isDone) => settle('verification', isDone)} />
      )}
    </Suspense>
  );
}
