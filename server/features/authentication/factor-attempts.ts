import { nameKey } from '../../../contract/names.ts';
import type { App, Caller } from '../../context.ts';
import type { SecondFactor } from '../../db/schema.ts';
import { inTransaction, type Transaction } from '../../db/transaction.ts';
import { AppError } from '../../errors.ts';
import { actorFields } from '../audit/audit.rules.ts';
import { coalesceAuditEvent } from '../audit/audit.store.ts';
import { accountThrottleKey, afterFailure, secondsBlocked } from './authentication.rules.ts';
import { deleteThrottle, listThrottles, lockThrottle, upsertThrottle } from './authentication.store.ts';
import { tellOfGuessedFactor } from './owner-notices.ts';
import type { Device } from './throttling.ts';

/**
 * An attempt to show a second factor, by somebody who showed the password. Each way to show one has a counter of its own:
 * who guesses codes does not keep the person from a recovery code. `device`: one on which the account's second factor was
 * shown before; it has counters of its own, so that whoever knows the password does not keep the person out there.
 * `set_up`: a code of an app that is being set up, by somebody who knows its secret: an error, and no guess.
 */
export type FactorAttempt = {
  userName: string;
  factor: SecondFactor | 'set_up';
  device?: Device | undefined;
};

/** The device, where it is one on which the second factor of the account, as it is now, was shown before. */
export function deviceOfFactor(
  device: Device | undefined,
  account: { id: number; credential_version: number } | undefined,
): Device | undefined {
  const isIts =
    device?.accountId === account?.id && device?.credentialVersion === account?.credential_version;
  return isIts && device?.hasShownFactor === true ? device : undefined;
}

/** Begins like the other throttles of the account: clearing its lock clears them, too. */
function throttleKey(app: App, { userName, factor, device }: FactorAttempt): string {
  const key = `${accountThrottleKey(app.secrets.digest(nameKey(userName)))} second factor ${factor}`;
  return device === undefined ? key : `${key} at device ${device.id}`;
}

/**
 * Counts an attempt before it is looked into: however many come at once, and in however many processes, no more of them
 * are looked into than the throttle lets through. `forgetAttempts`, where it was right.
 * @throws AppError `throttled`
 */
export async function takeAttempt(
  app: App,
  attempt: FactorAttempt,
  address: string | undefined,
): Promise<void> {
  const key = throttleKey(app, attempt);
  const after = await inTransaction(app.db, async (tx) => {
    await lockThrottle(tx, key);
    const throttle = (await listThrottles(tx, [key])).get(key);
    const now = app.clock.now();
    const wait = secondsBlocked(throttle, now);
    if (wait > 0) throw new AppError('throttled', { retryAfterSeconds: wait });
    const kind = attempt.factor === 'set_up' ? 'account-at-address' : 'second-factor';
    const counted = afterFailure(throttle, kind, now);
    await upsertThrottle(tx, key, counted);
    return counted;
  });
  if (after.blockedUntil === 0 || attempt.factor === 'set_up') return;
  // Not awaited: whoever guesses learns nothing from the time that it takes to tell the owner.
  void tellOfGuessedFactor(app, attempt.userName, after, { address: address ?? '' }).catch((error: unknown) =>
    app.log.warn({ err: error }, 'the owner could not be told of guesses at the second factor'),
  );
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
