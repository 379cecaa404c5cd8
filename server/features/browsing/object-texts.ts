import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from '../../db/open.ts';
import type { JsonObject } from '../../protocols/stix/json-value.ts';
import { findLatest, type HeadRow, readTexts } from './browsing.store.ts';
import { labelOf } from './labels.rules.ts';
import { LONGEST_READ, readObject } from './objects.rules.ts';

/** Octets of texts that one answer reads in order to say what objects are called. */
const MOST_BYTES = 16_000_000;
/** Octets of texts that are read and parsed at a time; then other requests have their turn. */
const PIECE_BYTES = 1_000_000;

/** How many of the rows `readObjects` looks into, from the first: at least one, if there is any. */
export function countRead(rows: readonly HeadRow[]): number {
  let bytes = 0;
  for (const [index, row] of rows.entries()) {
    bytes += readBytes(row);
    if (index > 0 && bytes > MOST_BYTES) return index;
  }
  return rows.length;
}

/** The objects of stored versions, by row id: of those that are not too large, until enough was read. */
export async function readObjects(db: Database, rows: readonly HeadRow[]): Promise<Map<number, JsonObject>> {
  const objects = new Map<number, JsonObject>();
  let ids: number[] = [];
  let bytes = 0;
  const readPiece = async () => {
    for (const [id, text] of await readTexts(db, ids)) {
      const object = readObject(text);
      if (object !== undefined) objects.set(id, object);
    }
    ids = [];
    bytes = 0;
  };
  for (const row of rows.slice(0, countRead(rows))) {
    if (readBytes(row) === 0) continue;
    ids.push(row.id);
    bytes += row.size;
    if (bytes < PIECE_BYTES) continue;
    await readPiece();
    await nextTurn();
  }
  await readPiece();
  return objects;
}

function readBytes({ size }: HeadRow): number {
  return size > LONGEST_READ ? 0 : size;
}

/** What objects of the owner are called, by their ids, as far as it is known. */
export async function findLabels(
  db: Database,
  ownerId: number,
  stixIds: readonly string[],
): Promise<Map<string, string>> {
  const rows = [...(await findLatest(db, ownerId, stixIds)).values()];
  const objects = await readObjects(db, rows);
  const labels = new Map<string, string>();
  for (const { id, stix_id } of rows) {
    const object = objects.get(id);
    const label = object === undefined ? undefined : labelOf(object);
    if (label !== undefined) labels.set(stix_id, label);
  }
  return labels;
}
