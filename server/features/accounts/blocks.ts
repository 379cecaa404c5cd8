import { nameKey } from '../../../contract/names.ts';
import type { App } from '../../context.ts';
import type { Transaction } from '../../db/transaction.ts';
import type { Micros } from '../../protocols/timestamp.ts';
import { accountThrottleKey, secondsBlocked } from '../authentication/authentication.rules.ts';
import { listThrottles } from '../authentication/authentication.store.ts';

/** The key under which failed attempts at the account count. */
export function throttleKeyOf(app: App, userName: string): string {
  return accountThrottleKey(app.secrets.digest(nameKey(userName)));
}

/** Until when failed attempts keep each of the accounts out, by id; those that are not kept out are not named. */
export async function findBlocks(
  app: App,
  db: Transaction | App['db']['read'],
  accounts: readonly { id: number; user_name: string }[],
  now: Micros,
): Promise<Map<number, Micros>> {
  if (accounts.length === 0) return new Map();
  const keys = new Map(accounts.map((account) => [throttleKeyOf(app, account.user_name), account.id]));
  const throttles = await listThrottles(db, [...keys.keys()]);
  const blocks = new Map<number, Micros>();
  for (const [key, id] of keys) {
    const seconds = secondsBlocked(throttles.get(key), now);
    if (seconds > 0) blocks.set(id, now + seconds * 1_000_000);
  }
  return blocks;
}
