import { nameKey } from '../../../contract/names.ts';
import type { App, Caller } from '../../context.ts';
import { inTransaction, type Transaction } from '../../db/transaction.ts';
import { AppError } from '../../errors.ts';
import type { Micros } from '../../protocols/timestamp.ts';
import { findAccount } from '../accounts/accounts.store.ts';
import { coalesceAuditEvent } from '../audit/audit.store.ts';
import {
  accountThrottleKey,
  afterFailure,
  networkOf,
  secondsBlocked,
  type Throttle,
  type ThrottleKind,
} from './authentication.rules.ts';
import { deleteThrottle, listThrottles, lockThrottle, upsertThrottle } from './authentication.store.ts';
import { countFailureToTell, failuresKey, tellOfThrottle } from './owner-notices.ts';

/** Where an attempt came from; `device`: one on which an account was signed in to before, as its cookie proves. */
export type From = { address: string; requestId: string; device?: Device | undefined };
export type Device = {
  accountId: number;
  id: string;
  /** The account's when it was signed in to: after a change the device is a stranger until the next sign-in. */
  credentialVersion: number;
  /** A second factor of the account was shown on it. */
  hasShownFactor: boolean;
};

/** Where the caller's attempt came from. */
export function fromOf({ address, requestId }: Pick<Caller, 'address' | 'requestId'>): From {
  return { address: address ?? '', requestId: requestId ?? '' };
}

/** For whom an attempt was made; a key that is nobody's names no account. */
export type Attempt = {
  scheme: 'basic' | 'key' | 'signature' | 'second factor' | 'passkey' | 'mail';
  userName: string | undefined;
};

/** The throttles that an attempt is checked against, and counts under when it fails. */
export const GUESS: readonly ThrottleKind[] = ['address', 'account', 'account-at-address'];
/** Of an account used before from the same network: strangers there, or elsewhere, do not keep it out. */
export const GUESS_WHERE_KNOWN: readonly ThrottleKind[] = ['account-at-address'];
/** Of an account on a device on which it was signed in to before: nobody else's failures keep it out there. */
export const GUESS_ON_DEVICE: readonly ThrottleKind[] = ['account-on-device'];
/** Of who guesses at an API user: its Access ID is no secret, and nobody who only knows that keeps it out. */
export const GUESS_AT_MACHINE: readonly ThrottleKind[] = ['address'];
/**
 * Of whoever holds a right generated secret that the account may not use at the moment: he guesses nothing, so that his
 * neighbours do not pay, but he does not come for nothing for ever.
 */
export const HOLDER: readonly ThrottleKind[] = ['account-at-address'];

/** People type passwords into the field of the name, so a name, which may be anything, is kept as its digest. */
function throttleKey(
  app: App,
  kind: ThrottleKind,
  { userName }: Attempt,
  { address, device }: From,
): string | undefined {
  const network = networkOf(address);
  if (kind === 'address') return `address ${network}`;
  if (kind === 'mail-from-address') return `address ${network} mail`;
  if (userName === undefined) return undefined;
  const name = app.secrets.digest(nameKey(userName));
  // What keeps an account out begins alike: clearing its lock clears all of it.
  const key = accountThrottleKey(name);
  const keys = {
    account: key,
    'account-at-address': `${key} at ${network}`,
    'account-on-device': device === undefined ? undefined : `${key} at device ${device.id}`,
    'second-factor': `${key} second factor`,
    'mail-of-account': `mail ${name}`,
  };
  return keys[kind];
}

function throttlesOf(app: App, kinds: readonly ThrottleKind[], attempt: Attempt, from: From) {
  return kinds.flatMap((kind) => {
    const key = throttleKey(app, kind, attempt, from);
    return key === undefined ? [] : [{ kind, key }];
  });
}

/** @throws AppError `throttled` while one of the throttles blocks */
export async function requireUnthrottled(
  app: App,
  kinds: readonly ThrottleKind[],
  attempt: Attempt,
  from: From,
): Promise<void> {
  const wait = await secondsToWait(app, kinds, attempt, from);
  if (wait > 0) throw new AppError('throttled', { retryAfterSeconds: wait });
}

/** For how many seconds one of the throttles blocks; 0: none does. */
export async function secondsToWait(
  app: App,
  kinds: readonly ThrottleKind[],
  attempt: Attempt,
  from: From,
): Promise<number> {
  const keys = throttlesOf(app, kinds, attempt, from).map(({ key }) => key);
  if (keys.length === 0) return 0;
  const throttles = await listThrottles(app.db.read, keys);
  const now = app.clock.now();
  return Math.max(...keys.map((key) => secondsBlocked(throttles.get(key), now)));
}

/** Counts what was asked for under the throttles: not a failure, but not to be had without end. */
export async function countUse(
  app: App,
  kinds: readonly ThrottleKind[],
  attempt: Attempt,
  from: From,
): Promise<void> {
  const throttles = throttlesOf(app, kinds, attempt, from);
  await inTransaction(app.db, async (tx) => {
    await countUnder(tx, throttles, app.clock.now());
  });
}

type Counted = { kind: ThrottleKind; key: string };

/** Counts one more under each of the throttles; what they are afterwards, by kind. */
async function countUnder(
  tx: Transaction,
  throttles: readonly Counted[],
  now: Micros,
): Promise<Map<ThrottleKind, Throttle>> {
  // In one order everywhere, so that failures that come at once do not wait for one another in a circle.
  const locks = throttles.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  for (const { key } of locks) await lockThrottle(tx, key);
  const before = await listThrottles(
    tx,
    locks.map(({ key }) => key),
  );
  const after = new Map<ThrottleKind, Throttle>();
  for (const { kind, key } of locks) {
    const throttle = afterFailure(before.get(key), kind, now);
    await upsertThrottle(tx, key, throttle);
    after.set(kind, throttle);
  }
  return after;
}

/** Counts the failure under the throttles, and tells the audit trail of it. */
export async function recordFailure(
  app: App,
  kinds: readonly ThrottleKind[],
  attempt: Attempt,
  from: From,
  reason: string,
): Promise<void> {
  const { scheme, userName } = attempt;
  const isGuess = kinds.includes('account');
  const device: readonly ThrottleKind[] = isGuess ? ['account-on-device'] : [];
  const locks = throttlesOf(app, [...kinds, ...device], attempt, from);
  const counted = await inTransaction(app.db, async (tx) => {
    const now = app.clock.now();
    const after = await countUnder(tx, locks, now);
    if (isGuess && userName !== undefined) await countFailureToTell(tx, failuresKey(app, userName), now);
    const account = userName === undefined ? undefined : await findAccount(tx, userName);
    await coalesceAuditEvent(tx, {
      at: now,
      organizationId: account?.organization_id ?? null,
      actorAccountId: account?.id ?? null,
      actorName: account?.user_name ?? (scheme === 'key' ? '(key)' : '(unknown user name)'),
      actorOrganizationId: account?.organization_id ?? null,
      actorSystemRole: account?.system_role ?? null,
      action: 'authenticate',
      outcome: 'failed',
      targetKind: 'credential',
      targetId: null,
      targetName: null,
      details: { scheme, reason },
      sourceAddress: from.address,
      requestId: from.requestId,
    });
    return after;
  });
  const everywhere = counted.get('account');
  if (userName !== undefined && everywhere !== undefined && everywhere.blockedUntil > 0) {
    // Not awaited: whoever failed learns nothing from the time that it takes to tell the owner.
    void tellOfThrottle(app, userName, everywhere, from).catch((error: unknown) =>
      app.log.warn({ err: error }, 'the owner of a throttled account could not be told'),
    );
  }
}

const GUESS_THERE: readonly ThrottleKind[] = ['account-at-address', 'account-on-device'];

/** Forgets the failures at the account from where it was now used. */
export async function clearFailures(app: App, attempt: Attempt, from: From): Promise<void> {
  const mine = throttlesOf(app, GUESS_THERE, attempt, from).map(({ key }) => key);
  if (mine.length === 0 || (await listThrottles(app.db.read, mine)).size === 0) return;
  await inTransaction(app.db, async (tx) => {
    for (const key of mine) await deleteThrottle(tx, key);
  });
}
