import type { Database } from '../../db/open.ts';
import type { JsonObject } from '../../protocols/stix/json-value.ts';
import { findLatest, type HeadRow, readTexts } from './browsing.store.ts';
import { labelOf } from './labels.rules.ts';
import { LONGEST_READ, readObject } from './objects.rules.ts';

/** Octets of texts that one answer reads in order to say what objects are called. */
const MOST_BYTES = 8_000_000;

/** The objects of stored versions, by row id: of those that are not too large, until enough was read. */
export async function readObjects(db: Database, rows: readonly HeadRow[]): Promise<Map<number, JsonObject>> {
  const ids: number[] = [];
  let bytes = 0;
  for (const { id, size } of rows) {
    if (size > LONGEST_READ) continue;
    bytes += size;
    if (bytes > MOST_BYTES) break;
    ids.push(id);
  }
  const texts = await readTexts(db, ids);
  const objects = new Map<number, JsonObject>();
  for (const [id, text] of texts) {
    const object = readObject(text);
    if (object !== undefined) objects.set(id, object);
  }
  return objects;
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
