import { rawQuery, type SqlValue, type Transaction } from '../../db/transaction.ts';
import { storedReferencesOfText } from '../../protocols/stix/references.ts';
import type { CountChange } from './counts.rules.ts';
import { LATEST, type PlannedInsert } from './intelligence.rules.ts';

/**
 * What is kept beside the objects, and follows from them: what the latest versions refer to, and how many there are of
 * which type. Whoever changes objects changes it in the same transaction, while holding the owner's row.
 */

/** Rows per insert; a fixed number, so that one prepared statement serves. */
const ROWS = 40;
/** How many values stand in one statement's list. */
const LIST = 500;

type Reference = { to: string; dateAdded: number };

/** Notes what the additions refer to that are the latest versions of their objects. */
export async function insertReferences(
  tx: Transaction,
  ownerId: number,
  inserts: readonly PlannedInsert[],
): Promise<void> {
  const references: Reference[] = [];
  for (const { candidate, latest, dateAdded } of inserts) {
    if (latest !== LATEST.overall) continue;
    for (const to of candidate.head.refersTo) references.push({ to, dateAdded });
  }
  await insertRows(tx, ownerId, references);
}

/** Forgets what stored versions refer to, before they are deleted or cease to be the latest. */
export async function withdrawReferences(
  tx: Transaction,
  ownerId: number,
  versions: readonly { id: number }[],
): Promise<void> {
  for (let start = 0; start < versions.length; start += LIST) {
    const ids = versions.slice(start, start + LIST).map(({ id }) => id);
    const list = [...ids, ...Array.from({ length: paddedTo(ids.length) - ids.length }, () => 0)];
    await rawQuery(
      tx,
      `delete from object_references where owner_id = ? and date_added in (
         select date_added from objects where id in (${list.map(() => '?').join(',')}))`,
      [ownerId, ...list],
    );
  }
}

/** Notes what a stored version refers to, which has become the latest again. */
export async function restoreReferences(tx: Transaction, id: number): Promise<void> {
  const row = await tx
    .selectFrom('objects')
    .select(['owner_id', 'date_added', 'json'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return;
  const references = storedReferencesOfText(row.json).map((to) => ({ to, dateAdded: row.date_added }));
  await insertRows(tx, row.owner_id, references);
}

/** Changes how many objects and versions the owner holds. */
export async function addCounts(
  tx: Transaction,
  ownerId: number,
  changes: readonly CountChange[],
): Promise<void> {
  for (const { type, objects, versions } of changes)
    await rawQuery(
      tx,
      `insert into object_counts as c (owner_id, type, objects, versions) values (?, ?, ?, ?)
       on conflict (owner_id, type) do update set objects = c.objects + excluded.objects, versions = c.versions + excluded.versions`,
      [ownerId, type, objects, versions],
    );
  if (changes.some(({ versions }) => versions < 0))
    await rawQuery(tx, 'delete from object_counts where owner_id = ? and versions <= 0', [ownerId]);
}

async function insertRows(tx: Transaction, ownerId: number, references: readonly Reference[]): Promise<void> {
  const statement = (rows: number) =>
    `insert into object_references (owner_id, to_id, date_added) values ${Array.from({ length: rows }, () => '(?,?,?)').join(',')}`;
  const values = ({ to, dateAdded }: Reference): SqlValue[] => [ownerId, to, dateAdded];
  let start = 0;
  for (; start + ROWS <= references.length; start += ROWS)
    await rawQuery(tx, statement(ROWS), references.slice(start, start + ROWS).flatMap(values));
  for (const reference of references.slice(start)) await rawQuery(tx, statement(1), values(reference));
}

function paddedTo(length: number): number {
  return [1, 20, LIST].find((size) => size >= length) ?? LIST;
}
