import { nameKey } from '../../../contract/names.ts';
import type { App, Caller } from '../../context.ts';
import type { SecondFactor } from '../../db/schema.ts';
import { inTransaction, type Transaction } from '../../db/transaction.ts';
import { AppError } from '../../errors.ts';
import { actorFields } from '../audit/audit.rules.ts';
import { coalesceAuditEvent } from '../audit/audit.store.ts';
import { accountThrottleKey, afterFailure, secondsBlocked } from './authentication.rules.ts';
import { deleteThrottle, listThrottles, lockThrottle, upsertThrottle } from './authentication.store.ts';

/**
 * An attempt to show a second factor, by somebody who showed the password. Each way to show one has a counter of its own:
 * who guesses codes does not keep the person from a recovery code.
 */
export type FactorAttempt = { userName: string; factor: SecondFactor };

/** Begins like the other throttles of the account: clearing its lock clears them, too. */
function throttleKey(app: App, { userName, factor }: FactorAttempt): string {
  return `${accountThrottleKey(app.secrets.digest(nameKey(userName)))} second factor ${factor}`;
}

/**
 * Counts an attempt before it is looked into: however many come at once, and in however many processes, no more of them
 * are looked into than the throttle lets through. `forgetAttempts`, where it was right.
 * @throws AppError `throttled`
 */
export async function takeAttempt(app: App, attempt: FactorAttempt): Promise<void> {
  const key = throttleKey(app, attempt);
  await inTransaction(app.db, async (tx) => {
    await lockThrottle(tx, key);
    const throttle = (await listThrottles(tx, [key])).get(key);
    const now = app.clock.now();
    const wait = secondsBlocked(throttle, now);
    if (wait > 0) throw new AppError('throttled', { retryAfterSeconds: wait });
    await upsertThrottle(tx, key, afterFailure(throttle, 'second-factor', now));
  });
}

/** Forgets the attempts, in the transaction of the one that was right. */
export async function forgetAttempts(app: App, tx: Transaction, attempt: FactorAttempt): Promise<void> {
  await deleteThrottle(tx, throttleKey(app, attempt));
}

/** Tells the audit trail of an attempt that was wrong; `reason` is told to nobody else. */
export async function auditAttempt(
  app: App,
  { access: { actor }, address, requestId }: Caller,
  { factor }: FactorAttempt,
  reason: string,
): Promise<void> {
  const who = actorFields(actor);
  await inTransaction(app.db, (tx) =>
    coalesceAuditEvent(tx, {
      ...who,
      at: app.clock.now(),
      organizationId: who.actorOrganizationId,
      action: 'authenticate',
      outcome: 'failed',
      targetKind: 'credential',
      targetId: null,
      targetName: null,
      details: { scheme: 'second factor', factor, reason },
      sourceAddress: address ?? null,
      requestId: requestId ?? null,
    }),
  );
}
