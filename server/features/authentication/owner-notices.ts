import { nameKey } from '../../../contract/names.ts';
import type { App } from '../../context.ts';
import { inTransaction, type Transaction } from '../../db/transaction.ts';
import type { Micros } from '../../protocols/timestamp.ts';
import { findAccount } from '../accounts/accounts.store.ts';
import {
  accountThrottled,
  factorGuessed,
  type Message,
  signInAfterFailures,
} from '../mail/messages.rules.ts';
import { queueMail } from '../mail/outbox.ts';
import {
  accountThrottleKey,
  type Throttle,
  TOLD_AFTER_FAILURES,
  TOLD_AGAIN_AFTER,
} from './authentication.rules.ts';
import { deleteThrottle, listThrottles, lockThrottle, upsertThrottle } from './authentication.store.ts';

/** Both begin like the account's throttles, so that whatever clears those clears these. They never block anybody. */
const keyOf = (app: App, userName: string) => accountThrottleKey(app.secrets.digest(nameKey(userName)));

/** The key under which failures since the last right password are counted, however far apart they are. */
export function failuresKey(app: App, userName: string): string {
  return `${keyOf(app, userName)} failures`;
}

/** Counts a failed attempt at the account, for its owner to be told of. */
export async function countFailureToTell(tx: Transaction, key: string, now: Micros): Promise<void> {
  await lockThrottle(tx, key);
  const failures = ((await listThrottles(tx, [key])).get(key)?.failures ?? 0) + 1;
  await upsertThrottle(tx, key, { failures, lastFailureAt: now, blockedUntil: 0 });
}

type Where = { address: string };

/** After a person's right password: tells the owner once when there were many failed attempts before it. */
export async function tellOfFailures(app: App, userName: string, { address }: Where): Promise<void> {
  const key = failuresKey(app, userName);
  if (!(await listThrottles(app.db.read, [key])).has(key)) return;
  await inTransaction(app.db, async (tx) => {
    await lockThrottle(tx, key);
    const count = (await listThrottles(tx, [key])).get(key)?.failures ?? 0;
    await deleteThrottle(tx, key);
    if (count < TOLD_AFTER_FAILURES) return;
    const at = app.clock.now();
    await mailOwner(app, tx, userName, (timeZone) => signInAfterFailures({ at, address, timeZone, count }));
  });
}

/** When failed attempts make the account wait everywhere: tells its owner, once a day at most. */
export async function tellOfThrottle(
  app: App,
  userName: string,
  { failures: count }: Throttle,
  { address }: Where,
): Promise<void> {
  await tellOnceADay(app, userName, 'told', (at, timeZone) =>
    accountThrottled({ at, address, timeZone, count }),
  );
}

/** When somebody who showed the password has to wait for showing wrong second factors: likewise. */
export async function tellOfGuessedFactor(
  app: App,
  userName: string,
  { failures: count }: Throttle,
  { address }: Where,
): Promise<void> {
  await tellOnceADay(app, userName, 'told of its second factor', (at, timeZone) =>
    factorGuessed({ at, address, timeZone, count }),
  );
}

async function tellOnceADay(
  app: App,
  userName: string,
  what: string,
  messageOf: (at: Micros, timeZone: string | null) => Message,
): Promise<void> {
  const key = `${keyOf(app, userName)} ${what}`;
  await inTransaction(app.db, async (tx) => {
    await lockThrottle(tx, key);
    const at = app.clock.now();
    const told = (await listThrottles(tx, [key])).get(key)?.lastFailureAt ?? 0;
    if (told !== 0 && Math.abs(at - told) < TOLD_AGAIN_AFTER) return;
    await upsertThrottle(tx, key, { failures: 0, lastFailureAt: at, blockedUntil: 0 });
    await mailOwner(app, tx, userName, (timeZone) => messageOf(at, timeZone));
  });
}

/** People have a mailbox under their user name; a machine's owner sees its failures in the audit trail. */
async function mailOwner(
  app: App,
  tx: Transaction,
  userName: string,
  messageOf: (timeZone: string | null) => Message,
): Promise<void> {
  const account = await findAccount(tx, userName);
  if (account === undefined || (account.kind !== 'user' && account.kind !== 'read_only')) return;
  const message = messageOf(account.time_zone);
  await queueMail(app, tx, { account, to: account.user_name, message });
}
