import { INSTANCE } from '../../access/can.ts';
import { act } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { canonicalJson, chainHash } from '../../db/audit-chain.ts';
import { inTransaction, type Transaction } from '../../db/transaction.ts';
import { formatTimestamp } from '../../protocols/timestamp.ts';
import { CHECKPOINT_PURPOSE, checkpointStatement } from './checkpoint-statement.ts';
import {
  type CheckpointRow,
  findFreeCheckpoint,
  findLastCheckpointAt,
  type Head,
  insertCheckpoint,
  lockCheckpoints,
  takeGrownHeads,
} from './checkpoints.store.ts';

/** One checkpoint in this time is enough, however many processes keep house. */
const INTERVAL_MICROS = 3_600_000_000;

/** A signed statement of how far the audit trail went at an instant. */
export type Checkpoint = {
  sequence: number;
  at: string;
  /** The ends of the chains that grew since the checkpoint before. */
  heads: Head[];
  hash: string;
  /** The text that is signed. */
  statement: string;
  keyId: string;
  signature: string;
  publicKey: string;
};

/**
 * Writes a checkpoint now.
 * @returns undefined when the audit trail did not grow since the last one
 * @throws AppError `forbidden`
 */
export async function writeCheckpoint(app: App, caller: Caller): Promise<Checkpoint | undefined> {
  const checkpoint = await act(app, caller, 'audit.checkpoint', async ({ tx, access }) => {
    access.require('audit.viewInstance', INSTANCE);
    await lockCheckpoints(tx);
    return await append(app, tx);
  });
  if (checkpoint !== undefined) tell(app, checkpoint);
  return checkpoint;
}

/** Writes a checkpoint when the last one is an hour old; called by every process that serves, as often as it likes. */
export async function keepCheckpoints(app: App): Promise<Checkpoint | undefined> {
  // One from the future, too: it must not keep the others away until then.
  const isDue = (last: number | undefined) =>
    last === undefined || Math.abs(app.clock.now() - last) >= INTERVAL_MICROS;
  if (!isDue(await findLastCheckpointAt(app.db.read))) return undefined;
  const checkpoint = await inTransaction(app.db, async (tx) => {
    await lockCheckpoints(tx);
    return isDue(await findLastCheckpointAt(tx)) ? await append(app, tx) : undefined;
  });
  if (checkpoint !== undefined) tell(app, checkpoint);
  return checkpoint;
}

async function append(app: App, tx: Transaction): Promise<Checkpoint | undefined> {
  const end = await lockCheckpoints(tx);
  const heads = await takeGrownHeads(tx);
  if (heads.length === 0) return undefined;
  const at = app.clock.now();
  const row: Omit<CheckpointRow, 'hash' | 'key_id' | 'signature'> = {
    sequence: await findFreeCheckpoint(tx, end.sequence),
    at,
    heads: canonicalJson(heads),
    previous_hash: end.hash,
  };
  const statement = checkpointStatement(row);
  const { keyId, signature } = app.keys.sign(CHECKPOINT_PURPOSE, Buffer.from(statement));
  const hash = chainHash('', statement);
  await insertCheckpoint(tx, { ...row, hash, key_id: keyId, signature });
  const publicKey = app.keys.publicKey(CHECKPOINT_PURPOSE);
  return {
    sequence: row.sequence,
    at: formatTimestamp(at),
    heads,
    hash,
    statement,
    keyId,
    signature,
    publicKey,
  };
}

/** Into the log, which is shipped to where the database's owner cannot reach it. */
function tell(app: App, { statement, hash, keyId, signature }: Checkpoint): void {
  app.log.info({ checkpoint: { statement, hash, keyId, signature } }, 'audit checkpoint');
}
