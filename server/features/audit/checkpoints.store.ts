import type { Kysely, Selectable } from 'kysely';
import { CHECKPOINT_CHAIN } from '../../db/audit-chain.ts';
import type { AuditCheckpointsTable, AuditHeadsTable, Schema } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';
import type { Micros } from '../../protocols/timestamp.ts';

export type CheckpointRow = Selectable<AuditCheckpointsTable>;
export type Head = Pick<AuditHeadsTable, 'chain' | 'sequence' | 'hash'>;

/** When the checkpoint was written that the end of the checkpoints points to: others may stand after it that none wrote. */
export async function findLastCheckpointAt(db: Kysely<Schema>): Promise<Micros | undefined> {
  const row = await db
    .selectFrom('audit_heads')
    .innerJoin('audit_checkpoints', 'audit_checkpoints.sequence', 'audit_heads.sequence')
    .select('at')
    .where('chain', '=', CHECKPOINT_CHAIN)
    .executeTakeFirst();
  return row?.at;
}

/** The next number after the given one that no row has: nothing can be removed that somebody put there. */
export async function findFreeCheckpoint(db: Kysely<Schema>, after: number): Promise<number> {
  for (let sequence = after + 1; ; sequence++) {
    const taken = await db
      .selectFrom('audit_checkpoints')
      .select('sequence')
      .where('sequence', '=', sequence)
      .executeTakeFirst();
    if (taken === undefined) return sequence;
  }
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

/**
 * The ends of the chains that grew since the checkpoint before, in the order of the chains; they count as told from now on. Any
 * difference to what was told counts, so that no mark, however high, keeps a chain from being told.
 */
export async function takeGrownHeads(tx: Transaction): Promise<Head[]> {
  const rows = await tx
    .updateTable('audit_heads')
    .set((eb) => ({ checkpoint_sequence: eb.ref('sequence') }))
    .where('chain', '>', CHECKPOINT_CHAIN)
    .where((eb) => eb('sequence', '<>', eb.ref('checkpoint_sequence')))
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
  { after, upTo, limit }: { after: number; upTo: number; limit: number },
): Promise<CheckpointRow[]> {
  return await db
    .selectFrom('audit_checkpoints')
    .selectAll()
    .where('sequence', '>', after)
    .where('sequence', '<=', upTo)
    .orderBy('sequence')
    .limit(limit)
    .execute();
}
