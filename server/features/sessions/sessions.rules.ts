import { REQUIRED_ACTIONS, type RequiredAction } from '../../../contract/required-actions.ts';
import type { SecondFactor } from '../../db/schema.ts';
import type { Micros } from '../../protocols/timestamp.ts';

const SECOND = 1_000_000;
const MINUTE = 60 * SECOND;

/** The two settings that bound a session. */
export type SessionLimits = { sessionIdleMinutes: number; sessionAbsoluteHours: number };

/** When a session ends at the latest, whatever happens in it. */
export function sessionEnd(now: Micros, { sessionAbsoluteHours }: SessionLimits): Micros {
  return now + sessionAbsoluteHours * 60 * MINUTE;
}

export type StoredSession = {
  created_at: Micros;
  last_seen_at: Micros;
  expires_at: Micros;
  /** The account's when it signed in. */
  credential_version: number;
  restricted_until: Micros | null;
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
    (session.restricted_until === null || now < session.restricted_until) &&
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

/** How long there is to do what is required at a sign-in. */
export const RESTRICTED_MICROS = 15 * MINUTE;
/** So long after a person showed who they are, it counts for changes that want it. */
const VERIFIED_MICROS = 10 * MINUTE;

/** Whether the person has shown lately enough who they are, to change what opens the account. */
export function isVerifiedLately(session: { verified_at: Micros }, now: Micros): boolean {
  return session.verified_at <= now && now - session.verified_at < VERIFIED_MICROS;
}

/** What decides what a person has to do: read together with the session, on every request. */
export type Demands = {
  password_reset_required: number;
  password_changed_at: Micros | null;
  mfa_reset_required: number;
  terms_acceptance_required: number;
  terms_accepted_version: number | null;
  authenticator_since: Micros | null;
  /** System settings. */
  twoFactorAuthenticationRequired: boolean;
  passwordMaxAgeDays: number;
  /** Of the terms of service: the current version, and the last one that everybody must accept; null: there is none. */
  terms_version: number | null;
  terms_demanded_version: number | null;
};

/** What the person has to do before the session reaches anything else, the first first; see `REQUIRED_ACTIONS`. */
export function requiredActionsOf(
  demands: Demands,
  session: { second_factor: SecondFactor | null },
  now: Micros,
): RequiredAction[] {
  const hasFactor = demands.authenticator_since !== null;
  const maxAge = demands.passwordMaxAgeDays * 24 * 60 * MINUTE;
  const isOld =
    maxAge > 0 && demands.password_changed_at !== null && now - demands.password_changed_at >= maxAge;
  const mustAccept =
    demands.terms_version !== null &&
    (demands.terms_acceptance_required === 1 ||
      (demands.terms_accepted_version ?? 0) < (demands.terms_demanded_version ?? 0));
  const applies: Record<RequiredAction, boolean> = {
    second_factor: hasFactor && session.second_factor === null,
    change_password: demands.password_reset_required === 1 || isOld,
    set_up_authenticator:
      demands.mfa_reset_required === 1 || (demands.twoFactorAuthenticationRequired && !hasFactor),
    accept_terms: mustAccept,
  };
  return REQUIRED_ACTIONS.filter((action) => applies[action]);
}
