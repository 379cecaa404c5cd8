import type { App } from '../context.ts';
import { inTransaction, type Transaction } from '../db/transaction.ts';

/**
 * A transaction that has taken a lock and keeps it until `release`, which does `last` before it commits. Resolves once the
 * lock is held.
 */
export async function holdLock(
  app: Pick<App, 'db'>,
  take: (tx: Transaction) => Promise<unknown>,
  last: (tx: Transaction) => Promise<unknown> = async () => undefined,
): Promise<{ release(): Promise<void> }> {
  const isHeld = Promise.withResolvers<void>();
  const isOver = Promise.withResolvers<void>();
  const holder = inTransaction(app.db, async (tx) => {
    await take(tx);
    isHeld.resolve();
    await isOver.promise;
    await last(tx);
  });
  await Promise.race([isHeld.promise, holder]);
  return {
    release: async () => {
      isOver.resolve();
      await holder;
    },
  };
}

/** Waits until something in the database waits for a lock. PostgreSQL only. */
export async function waitForLock(app: Pick<App, 'db'>): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    const [row] = await app.db.query<{ waiting: number }>(
      "select count(*) as waiting from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
      [],
    );
    if (Number(row?.waiting ?? 0) > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('nothing waits');
}
