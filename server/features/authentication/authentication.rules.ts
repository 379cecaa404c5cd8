import type { Micros } from '../../protocols/timestamp.ts';

/** What a throttle counts. */
export type ThrottleKind = 'account-at-address' | 'account' | 'address';

export type Throttle = { failures: number; lastFailureAt: Micros; blockedUntil: Micros };

const SECOND = 1_000_000;
const MAX_BLOCK = 900 * SECOND;
/** This long after a failure, or after the wait that it brought, it no longer counts. */
const MEMORY = 900 * SECOND;

/** Failures that cost nothing, before the back-off begins. Several devices may share an address, several addresses guess at an account. */
const FREE_FAILURES: Record<ThrottleKind, number> = { 'account-at-address': 20, account: 100, address: 100 };

/** The throttle after one more failure: beyond the free ones it blocks for 1, 2, 4, … seconds, at most 15 minutes. */
export function afterFailure(throttle: Throttle | undefined, kind: ThrottleKind, now: Micros): Throttle {
  // From the end of the wait: else the longest one would also be the last, and be followed by free failures again.
  const isFresh =
    throttle !== undefined && Math.max(throttle.lastFailureAt, throttle.blockedUntil) > now - MEMORY;
  const failures = (isFresh ? throttle.failures : 0) + 1;
  const excess = failures - FREE_FAILURES[kind];
  const block = excess <= 0 ? 0 : Math.min(SECOND * 2 ** (excess - 1), MAX_BLOCK);
  return { failures, lastFailureAt: now, blockedUntil: block === 0 ? 0 : now + block };
}

/** Whole seconds until the throttle lets another attempt through; 0 = now. */
export function secondsBlocked(throttle: Throttle | undefined, now: Micros): number {
  return throttle === undefined ? 0 : Math.max(0, Math.ceil((throttle.blockedUntil - now) / SECOND));
}

/** Why an account may not use its credentials at the moment, or undefined. All of them answer like a wrong password. */
export function accountObstacle(
  account: {
    kind: string;
    deleted_at: number | null;
    disabled_at: number | null;
    locked_at: number | null;
    expires_at: number | null;
  },
  now: Micros,
): string | undefined {
  if (account.kind !== 'taxii') return 'not a TAXII user';
  if (account.deleted_at !== null) return 'deleted';
  if (account.disabled_at !== null) return 'disabled';
  if (account.locked_at !== null) return 'locked';
  if (account.expires_at !== null && account.expires_at <= now) return 'expired';
  return undefined;
}
