import { formatTimestamp } from '../../protocols/timestamp.ts';
import type { CheckpointRow } from './checkpoints.store.ts';

export const CHECKPOINT_PURPOSE = 'audit checkpoint';

/** The text that the signature of a checkpoint covers: canonical JSON, with its heads as they are stored. */
export function checkpointStatement(
  row: Pick<CheckpointRow, 'sequence' | 'at' | 'heads' | 'previous_hash'>,
): string {
  return `{"at":"${formatTimestamp(row.at)}","heads":${row.heads},"previousHash":${JSON.stringify(row.previous_hash)},"sequence":${row.sequence}}`;
}
