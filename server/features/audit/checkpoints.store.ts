import type { Kysely, Selectable } from 'kysely';
import { CHECKPOINT_CHAIN } from '../../db/audit-chain.ts';
import type { AuditCheckpointsTable, AuditHeadsTable, Schema } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';
import type { Micros } from '../../protocols/timestamp.ts';

export type CheckpointRow = Selectable<AuditCheckpointsTable>;
export type Head = Pick<AuditHeadsTable, 'chain' | 'sequence' | 'hash'>;

export async function findLastCheckpointAt(db: Kysely<Schema>): Promise<Micros | undefined> {
  const row = await db
    .selectFrom('audit_checkpoints')
    .select('at')
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.at;
}

/** Keeps every other process from writing a checkpoint until the transaction ends; the end of the checkpoints so far. */
export async function lockCheckpoints(tx: Transaction): Promise<Pick<Head, 'sequence' | 'hash'>> {
  return await tx
    .updateTable('audit_heads')
    .set((eb) => ({ sequence: eb.ref('sequence') }))
    .where('chain', '=', CHECKPOINT_CHAIN)
    .returning(['sequence', 'hash'])
    .executeTakeFirstOrThrow();
}

/** The ends of the chains that grew since the checkpoint before, in the order of the chains; they count as told from now on. */
export async function takeGrownHeads(tx: Transaction): Promise<Head[]> {
  const rows = await tx
    .updateTable('audit_heads')
    .set((eb) => ({ checkpoint_sequence: eb.ref('sequence') }))
    .where('chain', '>', CHECKPOINT_CHAIN)
    .where((eb) => eb('sequence', '>', eb.ref('checkpoint_sequence')))
    .returning(['chain', 'sequence', 'hash'])
    .execute();
  return rows.sort((a, b) => a.chain - b.chain);
}

export async function insertCheckpoint(tx: Transaction, row: CheckpointRow): Promise<void> {
  await tx.insertInto('audit_checkpoints').values(row).execute();
  await tx
    .updateTable('audit_heads')
    .set({ sequence: row.sequence, hash: row.hash })
    .where('chain', '=', CHECKPOINT_CHAIN)
    .execute();
}

export async function listCheckpoints(
  db: Kysely<Schema>,
  after: number,
  limit: number,
): Promise<CheckpointRow[]> {
  return await db
    .selectFrom('audit_checkpoints')
    .selectAll()
    .where('sequence', '>', after)
    .orderBy('sequence')
    .limit(limit)
    .execute();
}
