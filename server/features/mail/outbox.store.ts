import type { Insertable, Selectable } from 'kysely';
import type { OutboxTable } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';

export type OutboxRow = Selectable<OutboxTable>;

export async function insertMail(
  tx: Transaction,
  row: Omit<Insertable<OutboxTable>, 'id' | 'sent_at' | 'failed_at' | 'error'>,
): Promise<void> {
  await tx.insertInto('outbox').values(row).execute();
}
