import type { SessionView } from '../../../../contract/session.ts';

/** What a step of a sign-in is given. */
export type StepProps = {
  session: SessionView;
  onDone: (session: SessionView) => void;
  /** It was refused; the flow sees to what concerns all steps. */
  onError: (error: Error) => void;
};

/** A request of a step. */
export const IN_STEP = { isSigningIn: true } as const;
