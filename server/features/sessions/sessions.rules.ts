import type { Micros } from '../../protocols/timestamp.ts';

const SECOND = 1_000_000;
const MINUTE = 60 * SECOND;

/** A session ends this long after the sign-in, whatever happens in it. */
export const SESSION_MICROS = 12 * 60 * MINUTE;
/** Without a request for this long it ends, unless the account says otherwise. */
const IDLE_MINUTES = 30;
/** Sessions that an account has at a time: a script that signs in each time and never out does not pile them up. */
export const MAX_SESSIONS = 100;

export type StoredSession = {
  last_seen_at: Micros;
  expires_at: Micros;
  /** The account's when it signed in. */
  credential_version: number;
  /** The account's now. */
  current_credential_version: number;
  log_out_after_minutes: number | null;
};

/** Whether the session still is one; the account's own state is not looked at here. */
export function isLive(session: StoredSession, now: Micros): boolean {
  return (
    session.credential_version === session.current_credential_version &&
    now < session.expires_at &&
    now - session.last_seen_at <= idleOf(session)
  );
}

/**
 * Whether this use of the session is to be written down: once a minute is enough, except where a minute is much of the
 * time after which the account is logged out.
 */
export function isWorthNoting(session: StoredSession, now: Micros): boolean {
  return now - session.last_seen_at >= Math.min(MINUTE, idleOf(session) / 10);
}

function idleOf({ log_out_after_minutes }: StoredSession): Micros {
  return (log_out_after_minutes ?? IDLE_MINUTES) * MINUTE;
}

type Flags = {
  password_reset_required: number;
  mfa_reset_required: number;
  terms_acceptance_required: number;
};

/** What the stored flags of an account ask of the person. */
export function requiredActionsOf(flags: Flags) {
  return [
    ...(flags.password_reset_required === 1 ? (['change_password'] as const) : []),
    ...(flags.mfa_reset_required === 1 ? (['set_up_authenticator'] as const) : []),
    ...(flags.terms_acceptance_required === 1 ? (['accept_terms'] as const) : []),
  ];
}
