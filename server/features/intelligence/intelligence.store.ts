import type { Kysely } from 'kysely';
import type { Schema } from '../../db/schema.ts';
import { rawQuery, type SqlValue, type Transaction } from '../../db/transaction.ts';
import type { Micros } from '../../protocols/timestamp.ts';
import {
  type Candidate,
  LATEST,
  needsText,
  nextStamps,
  type Outcome,
  type PlannedInsert,
  planAdditions,
  type StoredVersion,
} from './intelligence.rules.ts';

/** How many values stand in one statement's list. */
const LIST = 500;
/** Rows per insert; a fixed number, so that one prepared statement serves. */
const ROWS = 40;
const COLUMNS = [
  'owner_id',
  'date_added',
  'stix_id',
  'type',
  'spec_version',
  'version',
  'version_text',
  'latest',
  'revoked',
  'added_by',
  'size',
  'json',
] as const;

/**
 * Adds objects to an owner, in their order, while holding the owner's row: stamps come out strictly increasing in the
 * order in which transactions commit, so that no poller can miss an object. The one door into the exchange store.
 */
export async function addObjects(
  tx: Transaction,
  owner: { id: number; strict: boolean },
  candidates: readonly Candidate[],
  by: { accountId: number | null; now: Micros },
): Promise<Outcome[]> {
  const { last_stamp: lastStamp } = await lockOwner(tx, owner.id);
  const stored = await findVersions(tx, owner.id, [...new Set(candidates.map((c) => c.head.id))]);
  const texts = await findTexts(tx, needsText(candidates, stored));
  const plan = planAdditions({
    candidates,
    stored,
    texts,
    lastStamp,
    now: by.now,
    strict: owner.strict,
  });
  if (plan.inserts.length === 0) return plan.outcomes;
  for (const { id, latest } of plan.demotions) await setLatest(tx, id, latest);
  await insertObjects(tx, owner.id, plan.inserts, by.accountId);
  const largest = plan.inserts.reduce((max, insert) => Math.max(max, insert.candidate.size), 0);
  await tx
    .updateTable('owners')
    .set((eb) => ({
      last_stamp: plan.lastStamp,
      change_counter: eb('change_counter', '+', 1),
      largest_object: eb
        .case()
        .when('largest_object', '<', largest)
        .then(largest)
        .else(eb.ref('largest_object'))
        .end(),
    }))
    .where('id', '=', owner.id)
    .execute();
  return plan.outcomes;
}

/** Which versions of an object to delete; absent parts do not restrict. */
export type DeleteSelection = {
  stixId: string;
  specVersions?: readonly string[] | undefined;
  versions?: 'all' | { first: boolean; last: boolean; exact: readonly Micros[] } | undefined;
};

/**
 * Deletes versions of an object; returns how many, or undefined when the owner has no such object. What becomes the
 * newest version through it is stamped anew, so that pollers who never saw it do.
 */
export async function deleteVersions(
  tx: Transaction,
  ownerId: number,
  selection: DeleteSelection,
  now: Micros,
): Promise<number | undefined> {
  const { last_stamp: lastStamp } = await lockOwner(tx, ownerId);
  const all = await findVersions(tx, ownerId, [selection.stixId]);
  if (all.length === 0) return undefined;
  const eligible = all
    .filter((row) => selection.specVersions?.includes(row.spec_version) ?? true)
    .sort((a, b) => a.version - b.version || (a.spec_version < b.spec_version ? -1 : 1));
  const { versions = 'all' } = selection;
  const doomed =
    versions === 'all'
      ? eligible
      : eligible.filter(
          (row) =>
            versions.exact.includes(row.version) ||
            (versions.first && row.version === eligible[0]?.version) ||
            (versions.last && row.version === eligible.at(-1)?.version),
        );
  if (doomed.length === 0) return 0;
  for (let start = 0; start < doomed.length; start += LIST) {
    const ids = doomed.slice(start, start + LIST).map((row) => row.id);
    await tx.deleteFrom('objects').where('id', 'in', ids).execute();
  }
  const left = all.filter((row) => !doomed.includes(row));
  const promoted = promotions(left);
  const stamps = nextStamps(lastStamp, now, promoted.length);
  for (const [index, { id, latest }] of promoted.entries()) {
    await tx
      .updateTable('objects')
      .set({ latest, date_added: stamps[index] ?? 0 })
      .where('id', '=', id)
      .execute();
  }
  await tx
    .updateTable('owners')
    .set((eb) => ({ last_stamp: stamps.at(-1) ?? lastStamp, change_counter: eb('change_counter', '+', 1) }))
    .where('id', '=', ownerId)
    .execute();
  return doomed.length;
}

/** Rows whose `latest` must go up, now that newer ones are gone. */
function promotions(left: readonly StoredVersion[]): { id: number; latest: number }[] {
  const newest = new Map<string, StoredVersion>();
  for (const row of left) {
    const rival = newest.get(row.spec_version);
    if (rival === undefined || row.version > rival.version) newest.set(row.spec_version, row);
  }
  const latestSpec = [...newest.keys()].sort().at(-1);
  return [...newest.values()].flatMap((row) => {
    const latest = row.spec_version === latestSpec ? LATEST.overall : LATEST.inSpecVersion;
    return row.latest === latest ? [] : [{ id: row.id, latest }];
  });
}

async function lockOwner(tx: Transaction, ownerId: number): Promise<{ last_stamp: Micros }> {
  return await tx
    .updateTable('owners')
    .set((eb) => ({ change_counter: eb.ref('change_counter') }))
    .where('id', '=', ownerId)
    .returning('last_stamp')
    .executeTakeFirstOrThrow();
}

async function findVersions(
  tx: Transaction,
  ownerId: number,
  ids: readonly string[],
): Promise<StoredVersion[]> {
  const rows: StoredVersion[] = [];
  for (let start = 0; start < ids.length; start += LIST) {
    const list = padded(ids.slice(start, start + LIST), '');
    rows.push(
      ...(await rawQuery<StoredVersion>(
        tx,
        `select id, stix_id, spec_version, version, latest from objects where owner_id = ? and stix_id in (${list.map(() => '?').join(',')})`,
        [ownerId, ...list],
      )),
    );
  }
  return rows;
}

async function findTexts(tx: Transaction, ids: readonly number[]): Promise<Map<number, string>> {
  const texts = new Map<number, string>();
  for (let start = 0; start < ids.length; start += LIST) {
    const list = padded(ids.slice(start, start + LIST), 0);
    const rows = await rawQuery<{ id: number; json: string }>(
      tx,
      `select id, json from objects where id in (${list.map(() => '?').join(',')})`,
      list,
    );
    for (const row of rows) texts.set(row.id, row.json);
  }
  return texts;
}

async function setLatest(tx: Transaction, id: number, latest: number): Promise<void> {
  await rawQuery(tx, 'update objects set latest = ? where id = ?', [latest, id]);
}

/** How many objects and versions of each type an owner holds; an object counts in the type of its latest version. */
export async function countByType(
  db: Kysely<Schema>,
  ownerId: number,
): Promise<{ type: string; objects: number; versions: number }[]> {
  const rows = await db
    .selectFrom('objects')
    .select(['type', 'latest', (eb) => eb.fn.countAll<number>().as('versions')])
    .where('owner_id', '=', ownerId)
    .groupBy(['type', 'latest'])
    .execute();
  const counts = new Map<string, { type: string; objects: number; versions: number }>();
  for (const { type, latest, versions } of rows) {
    const count = counts.get(type) ?? { type, objects: 0, versions: 0 };
    counts.set(type, count);
    count.versions += Number(versions);
    if (latest === LATEST.overall) count.objects += Number(versions);
  }
  return [...counts.values()];
}

async function insertObjects(
  tx: Transaction,
  ownerId: number,
  inserts: readonly PlannedInsert[],
  accountId: number | null,
): Promise<void> {
  const row = `(${COLUMNS.map(() => '?').join(',')})`;
  const statement = (rows: number) =>
    `insert into objects (${COLUMNS.join(', ')}) values ${Array.from({ length: rows }, () => row).join(',')}`;
  const full = statement(ROWS);
  const single = statement(1);
  const values = (insert: PlannedInsert): SqlValue[] => {
    const { head, text, size } = insert.candidate;
    return [
      ownerId,
      insert.dateAdded,
      head.id,
      head.type,
      head.specVersion,
      insert.version,
      insert.versionText,
      insert.latest,
      head.revoked ? 1 : 0,
      accountId,
      size,
      text,
    ];
  };
  let start = 0;
  for (; start + ROWS <= inserts.length; start += ROWS) {
    await rawQuery(tx, full, inserts.slice(start, start + ROWS).flatMap(values));
  }
  for (const insert of inserts.slice(start)) await rawQuery(tx, single, values(insert));
}

/** Lists are filled up to a few fixed lengths with a value that matches nothing, so that few statements serve. */
function padded<T>(list: readonly T[], filler: T): T[] {
  const length = [1, 20, LIST].find((size) => size >= list.length) ?? LIST;
  return [...list, ...Array.from<T>({ length: length - list.length }).fill(filler)];
}
