import type { Kysely } from 'kysely';
import type { InstanceTable, Schema } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';

/** The instance's row, locked until the transaction ends: first in the lock order. */
export async function lockInstance(tx: Transaction): Promise<InstanceTable> {
  // An update takes the row lock on both engines alike.
  return await tx
    .updateTable('instance')
    .set((eb) => ({ max_users: eb.ref('max_users') }))
    .where('id', '=', 1)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function findInstance(db: Kysely<Schema>): Promise<InstanceTable | undefined> {
  return await db.selectFrom('instance').selectAll().where('id', '=', 1).executeTakeFirst();
}

/** Makes the instance's row unless it exists; whether it was made. */
export async function insertInstanceOnce(tx: Transaction, row: InstanceTable): Promise<boolean> {
  const result = await tx
    .insertInto('instance')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

export async function updateInstance(tx: Transaction, changes: Partial<InstanceTable>): Promise<void> {
  await tx.updateTable('instance').set(changes).where('id', '=', 1).execute();
}
