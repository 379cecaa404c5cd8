import { nameKey } from '../../../contract/names.ts';
import type { App } from '../../context.ts';
import type { Transaction } from '../../db/transaction.ts';
import type { Micros } from '../../protocols/timestamp.ts';
import { accountThrottleKey, credibleUntil } from '../authentication/authentication.rules.ts';
import { listAccountBlocks } from '../authentication/authentication.store.ts';
import type { Block } from './account-view.rules.ts';

/** Accounts that are asked about in one query. */
const BATCH = 200;

/** The key under which failed attempts at the account count. */
export function throttleKeyOf(app: App, userName: string): string {
  return accountThrottleKey(app.secrets.digest(nameKey(userName)));
}

/** How failed attempts keep each of the accounts out, by id; those that are not kept out are not named. */
export async function findBlocks(
  app: App,
  db: Transaction | App['db']['read'],
  accounts: readonly { id: number; user_name: string }[],
  now: Micros,
): Promise<Map<number, Block>> {
  const blocks = new Map<number, Block>();
  for (let from = 0; from < accounts.length; from += BATCH) {
    const batch = accounts.slice(from, from + BATCH);
    const ids = new Map(batch.map((account) => [throttleKeyOf(app, account.user_name), account.id]));
    for (const { key, everywhere, somewhere } of await listAccountBlocks(
      db,
      [...ids.keys()],
      credibleUntil(now),
    )) {
      const until = Math.max(everywhere ?? 0, somewhere ?? 0);
      const id = ids.get(key);
      if (id !== undefined && until > now) blocks.set(id, { until, everywhere: (everywhere ?? 0) > now });
    }
  }
  return blocks;
}
