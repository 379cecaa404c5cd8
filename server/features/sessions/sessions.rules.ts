import type { Micros } from '../../protocols/timestamp.ts';

const SECOND = 1_000_000;
const MINUTE = 60 * SECOND;

/** The two settings that bound a session. */
export type SessionLimits = { sessionIdleMinutes: number; sessionAbsoluteHours: number };

/** When a session ends at the latest, whatever happens in it. */
export function sessionEnd(now: Micros, { sessionAbsoluteHours }: SessionLimits): Micros {
  return now + sessionAbsoluteHours * 60 * MINUTE;
}

/** Sessions that an account has at a time: a script that signs in each time and never out does not pile them up. */
export const MAX_SESSIONS = 100;

export type StoredSession = {
  created_at: Micros;
  last_seen_at: Micros;
  expires_at: Micros;
  /** The account's when it signed in. */
  credential_version: number;
  /** The account's now. */
  current_credential_version: number;
  log_out_after_minutes: number | null;
};

/** Whether the session still is one; the account's own state is not looked at here. */
export function isLive(session: StoredSession, limits: SessionLimits, now: Micros): boolean {
  return (
    session.credential_version === session.current_credential_version &&
    now < session.expires_at &&
    now < session.created_at + limits.sessionAbsoluteHours * 60 * MINUTE &&
    now - session.last_seen_at <= idleOf(session, limits)
  );
}

/**
 * Whether this use of the session is to be written down: once a minute is enough, except where a minute is much of the
 * time after which the account is logged out.
 */
export function isWorthNoting(session: StoredSession, limits: SessionLimits, now: Micros): boolean {
  return now - session.last_seen_at >= Math.min(MINUTE, idleOf(session, limits) / 10);
}

/** Without a request for this long a session ends; the account's own time comes before that of the system. */
function idleOf({ log_out_after_minutes }: StoredSession, { sessionIdleMinutes }: SessionLimits): Micros {
  return (log_out_after_minutes ?? sessionIdleMinutes) * MINUTE;
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
