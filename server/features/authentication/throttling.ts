import { nameKey } from '../../../contract/names.ts';
import type { App } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import { AppError } from '../../errors.ts';
import { findAccount } from '../accounts/accounts.store.ts';
import { coalesceAuditEvent } from '../audit/audit.store.ts';
import {
  accountThrottleKey,
  afterFailure,
  networkOf,
  secondsBlocked,
  type ThrottleKind,
} from './authentication.rules.ts';
import { deleteThrottle, listThrottles, lockThrottle, upsertThrottle } from './authentication.store.ts';

/** Where an attempt came from. */
export type From = { address: string; requestId: string };

/** For whom an attempt was made; a key that is nobody's names no account. */
export type Attempt = {
  scheme: 'basic' | 'key' | 'second factor' | 'mail';
  userName: string | undefined;
};

/** The throttles that an attempt is checked against, and counts under when it fails. */
export const GUESS: readonly ThrottleKind[] = ['address', 'account', 'account-at-address'];
/** Of an account used before from the same network: strangers there, or elsewhere, do not keep it out. */
export const GUESS_WHERE_KNOWN: readonly ThrottleKind[] = ['account-at-address'];
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
  { address }: From,
): string | undefined {
  const network = networkOf(address);
  if (kind === 'address') return `address ${network}`;
  if (kind === 'mail-from-address') return `address ${network} mail`;
  if (userName === undefined) return undefined;
  // All keys of an account begin alike: clearing its lock clears all of them.
  const key = accountThrottleKey(app.secrets.digest(nameKey(userName)));
  const keys = {
    account: key,
    'account-at-address': `${key} at ${network}`,
    'second-factor': `${key} second factor`,
    'mail-of-account': `${key} mail`,
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
  const keys = throttlesOf(app, kinds, attempt, from).map(({ key }) => key);
  if (keys.length === 0) return;
  const throttles = await listThrottles(app.db.read, keys);
  const now = app.clock.now();
  const wait = Math.max(...keys.map((key) => secondsBlocked(throttles.get(key), now)));
  if (wait > 0) throw new AppError('throttled', { retryAfterSeconds: wait });
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
  // In one order everywhere, so that failures that come at once do not wait for one another in a circle.
  const locks = throttlesOf(app, kinds, attempt, from).sort((a, b) => (a.key < b.key ? -1 : 1));
  await inTransaction(app.db, async (tx) => {
    const now = app.clock.now();
    for (const { key } of locks) await lockThrottle(tx, key);
    const throttles = await listThrottles(
      tx,
      locks.map(({ key }) => key),
    );
    for (const { kind, key } of locks)
      await upsertThrottle(tx, key, afterFailure(throttles.get(key), kind, now));
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
  });
}

/** Forgets the failures at the account from where it was now used. */
export async function clearFailures(app: App, attempt: Attempt, from: From): Promise<void> {
  const mine = throttlesOf(app, ['account-at-address'], attempt, from).map(({ key }) => key);
  if (mine.length === 0 || (await listThrottles(app.db.read, mine)).size === 0) return;
  await inTransaction(app.db, async (tx) => {
    for (const key of mine) await deleteThrottle(tx, key);
  });
}
