import type { Insertable, Kysely, Selectable, Updateable } from 'kysely';
import type { InstanceTable, Schema } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';

export type InstanceRow = Selectable<InstanceTable>;

/** The instance's row, locked until the transaction ends: first in the lock order. */
export async function lockInstance(tx: Transaction): Promise<InstanceRow> {
  // An update takes the row lock on both engines alike.
  return await tx
    .updateTable('instance')
    .set((eb) => ({ max_users: eb.ref('max_users') }))
    .where('id', '=', 1)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function findInstance(db: Kysely<Schema>): Promise<InstanceRow | undefined> {
  return await db.selectFrom('instance').selectAll().where('id', '=', 1).executeTakeFirst();
}

/** Makes the instance's row unless it exists; whether it was made. */
export async function insertInstanceOnce(tx: Transaction, row: Insertable<InstanceTable>): Promise<boolean> {
  const result = await tx
    .insertInto('instance')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

export async function updateInstance(tx: Transaction, changes: Updateable<InstanceTable>): Promise<void> {
  await tx.updateTable('instance').set(changes).where('id', '=', 1).execute();
}
