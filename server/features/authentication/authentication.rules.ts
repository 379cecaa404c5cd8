import type { AccountKind } from '../../../contract/roles.ts';
import type { Micros } from '../../protocols/timestamp.ts';

/**
 * What a throttle counts: failed passwords of an account at an address, of an account from a device that it was used on, of
 * an account, of an address; codes of a second factor; mails that were asked for by somebody who has not signed in. Each has a counter of its own.
 */
export type ThrottleKind =
  | 'account-at-address'
  | 'account-on-device'
  | 'account'
  | 'address'
  | 'second-factor'
  | 'mail-of-account'
  | 'mail-from-address';

export type Throttle = { failures: number; lastFailureAt: Micros; blockedUntil: Micros };

const SECOND = 1_000_000;
const MAX_BLOCK = 900 * SECOND;
/** This long after a failure, or after the wait that it brought, it no longer counts. */
const MEMORY = 900 * SECOND;
/** Who guesses codes knows the password: by pausing, no more of them are had in a day than by going on. */
const LONG_MEMORY = 86_400 * SECOND;

/** Failures that cost nothing, before the back-off begins. Several devices may share an address, several addresses guess at an account. */
const FREE_FAILURES: Record<ThrottleKind, number> = {
  'account-at-address': 20,
  'account-on-device': 20,
  account: 100,
  address: 100,
  'second-factor': 5,
  'mail-of-account': 3,
  'mail-from-address': 20,
};

/** Clocks of several servers on one database differ by less: what lies further ahead was written before the clock went back. */
const SKEW = 60 * SECOND;

/** The throttle after one more failure: beyond the free ones it blocks for 1, 2, 4, … seconds, at most 15 minutes. */
export function afterFailure(throttle: Throttle | undefined, kind: ThrottleKind, now: Micros): Throttle {
  const before = credible(throttle, now);
  // From the end of the wait: else the longest one would also be the last, and be followed by free failures again.
  const memory = kind === 'second-factor' ? LONG_MEMORY : MEMORY;
  const isFresh = before !== undefined && Math.max(before.lastFailureAt, before.blockedUntil) > now - memory;
  const failures = (isFresh ? before.failures : 0) + 1;
  const excess = failures - FREE_FAILURES[kind];
  const block = excess <= 0 ? 0 : Math.min(SECOND * 2 ** (excess - 1), MAX_BLOCK);
  return { failures, lastFailureAt: now, blockedUntil: block === 0 ? 0 : now + block };
}

/** Whole seconds until the throttle lets another attempt through; 0 = now. */
export function secondsBlocked(throttle: Throttle | undefined, now: Micros): number {
  const blockedUntil = credible(throttle, now)?.blockedUntil ?? 0;
  return Math.ceil(Math.min(Math.max(0, blockedUntil - now), MAX_BLOCK) / SECOND);
}

/** The throttle, unless it comes from the future: after the clock was put back nobody waits for the old time to come again. */
function credible(throttle: Throttle | undefined, now: Micros): Throttle | undefined {
  const limit = credibleUntil(now);
  if (throttle === undefined || throttle.lastFailureAt > limit.lastFailureAt) return undefined;
  return throttle.blockedUntil > limit.blockedUntil ? undefined : throttle;
}

/** Beyond these instants a throttle comes from the future; see `credible`. */
export function credibleUntil(now: Micros): { lastFailureAt: Micros; blockedUntil: Micros } {
  return { lastFailureAt: now + SKEW, blockedUntil: now + MAX_BLOCK + SKEW };
}

/**
 * Whose failures and uses are counted together: an IPv4 address, or the /64 of an IPv6 address, any of which one client
 * may take. A text that is no address stands for itself.
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const text = address.replace(/%.*$/s, '').toLowerCase();
  const groups = ipv6Groups(text);
  if (groups === undefined) return text;
  const [high = 0, low = 0] = groups.slice(6);
  // RFC 4291 §2.5.5.2: an IPv4 address as an IPv6 socket sees it.
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff)
    return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  const prefix = groups.slice(0, 4).map((group) => group.toString(16));
  return `${prefix.join(':')}::/64`;
}

/** The eight groups of an IPv6 address (RFC 4291 §2.2), undefined for what is none. */
function ipv6Groups(address: string): number[] | undefined {
  const hex = address.replace(
    /(?<=:)(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/,
    (_, ...octets: string[]) => {
      const [a = 0, b = 0, c = 0, d = 0] = octets.slice(0, 4).map(Number);
      return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
    },
  );
  const [left = '', right, ...rest] = hex.split('::');
  if (rest.length > 0) return undefined;
  const listOf = (part: string) => (part === '' ? [] : part.split(':'));
  const [head, tail] = [listOf(left), listOf(right ?? '')];
  const missing = 8 - head.length - tail.length;
  if (right === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => '0'), ...tail];
  return groups.every((group) => /^[0-9a-f]{1,4}$/.test(group))
    ? groups.map((group) => Number.parseInt(group, 16))
    : undefined;
}

export type AccountObstacle =
  | 'not a kind of account that may come this way'
  | 'deleted'
  | 'disabled'
  | 'its organization is disabled'
  | 'locked'
  | 'expired';

/** Why an account may not use its credentials at the moment, or undefined. All of them answer like a wrong password. */
export function accountObstacle(
  account: {
    kind: AccountKind;
    deleted_at: number | null;
    disabled_at: number | null;
    locked_at: number | null;
    expires_at: number | null;
    organization_disabled_at: number | null;
  },
  kinds: readonly AccountKind[],
  now: Micros,
): AccountObstacle | undefined {
  if (!kinds.includes(account.kind)) return 'not a kind of account that may come this way';
  if (account.deleted_at !== null) return 'deleted';
  if (account.disabled_at !== null) return 'disabled';
  if (account.organization_disabled_at !== null) return 'its organization is disabled';
  if (account.locked_at !== null) return 'locked';
  if (account.expires_at !== null && account.expires_at <= now) return 'expired';
  return undefined;
}

/** Failed attempts since the last right password, from which on the owner is told of the next right one. */
export const TOLD_AFTER_FAILURES = 5;
/** The owner is told of a throttled account no sooner again. */
export const TOLD_AGAIN_AFTER = 86_400 * SECOND;

/** The key under which failed attempts at an account count, wherever they come from; `digest` is that of its name's key. */
export function accountThrottleKey(digest: string): string {
  return `account ${digest}`;
}
