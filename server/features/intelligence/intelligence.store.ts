import type { Kysely } from 'kysely';
import type { Schema } from '../../db/schema.ts';
import { rawQuery, type SqlValue, type Transaction } from '../../db/transaction.ts';
import { AppError } from '../../errors.ts';
import type { Micros } from '../../protocols/timestamp.ts';
import { countAdditions } from '../usage/usage.store.ts';
import { countedAdditions, typeOfId } from './counts.rules.ts';
import { addCounts, insertReferences, restoreReferences, withdrawReferences } from './derived.store.ts';
import {
  type Candidate,
  LATEST,
  type NeededText,
  neededTexts,
  nextStamps,
  type Outcome,
  type PlannedInsert,
  planAdditions,
  readContent,
  type StoredContent,
  type StoredVersion,
} from './intelligence.rules.ts';

/** How many values stand in one statement's list. */
const LIST = 500;
/** Octets of stored texts that are held at a time, beyond a single one. */
const TEXTS_BYTES = 4_000_000;
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
  'content_hash',
  'json',
] as const;
const STORED_VERSION = 'id, stix_id, spec_version, version, latest, content_hash, size';

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
  const stored = await findRivals(tx, owner.id, candidates);
  const contents = await readContents(tx, neededTexts(candidates, stored));
  const plan = planAdditions({
    candidates,
    stored,
    contents,
    lastStamp,
    now: by.now,
    strict: owner.strict,
  });
  if (plan.inserts.length === 0) return plan.outcomes;
  await withdrawReferences(tx, owner.id, plan.demotions);
  for (const { id, latest } of plan.demotions) await setLatest(tx, id, latest);
  await insertObjects(tx, owner.id, plan.inserts, by.accountId);
  await insertReferences(tx, owner.id, plan.inserts);
  await addCounts(tx, owner.id, countedAdditions(plan.inserts, stored, plan.demotions));
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
  await countAdditions(tx, { ownerId: owner.id, objects: plan.inserts.length, now: by.now });
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
  const all = await listVersions(tx, ownerId, selection.stixId);
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
  await withdrawReferences(tx, ownerId, doomed);
  for (let start = 0; start < doomed.length; start += LIST) {
    const ids = doomed.slice(start, start + LIST).map((row) => row.id);
    await tx.deleteFrom('objects').where('id', 'in', ids).execute();
  }
  const gone = new Set(doomed);
  const left = all.filter((row) => !gone.has(row));
  const promoted = promotions(left);
  const stamps = nextStamps(lastStamp, now, promoted.length);
  for (const [index, { id, latest }] of promoted.entries()) {
    await tx
      .updateTable('objects')
      .set({ latest, date_added: stamps[index] ?? 0 })
      .where('id', '=', id)
      .execute();
    if (latest === LATEST.overall) await restoreReferences(tx, id);
  }
  await addCounts(tx, ownerId, [
    {
      type: typeOfId(selection.stixId),
      objects: left.length === 0 ? -1 : 0,
      versions: -doomed.length,
    },
  ]);
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

/** @throws AppError `not_found` when the owner was deleted since the asker found it */
async function lockOwner(tx: Transaction, ownerId: number): Promise<{ last_stamp: Micros }> {
  const row = await tx
    .updateTable('owners')
    .set((eb) => ({ change_counter: eb.ref('change_counter') }))
    .where('id', '=', ownerId)
    .where('deleted_at', 'is', null)
    .returning('last_stamp')
    .executeTakeFirst();
  if (row === undefined) throw new AppError('not_found', { message: 'What it belongs to is gone.' });
  return row;
}

async function listVersions(tx: Transaction, ownerId: number, stixId: string): Promise<StoredVersion[]> {
  return await rawQuery<StoredVersion>(
    tx,
    `select ${STORED_VERSION} from objects where owner_id = ? and stix_id = ?`,
    [ownerId, stixId],
  );
}

/** One version of an object, by what names it. Each is one step down an index, however many versions there are. */
const LOOKUPS = {
  newest: {
    keys: '(?)',
    condition: 'n.stix_id = w.column1 order by n.spec_version desc, n.version desc limit 1',
    none: [''],
  },
  newestOfSpecVersion: {
    keys: '(?, ?)',
    condition: 'n.stix_id = w.column1 and n.spec_version = w.column2 order by n.version desc limit 1',
    none: ['', ''],
  },
  version: {
    keys: '(?, ?, cast(? as bigint))',
    condition: 'n.stix_id = w.column1 and n.spec_version = w.column2 and n.version = w.column3 limit 1',
    none: ['', '', 0],
  },
  content: {
    keys: '(?, ?, ?)',
    condition: 'n.stix_id = w.column1 and n.spec_version = w.column2 and n.content_hash = w.column3 limit 1',
    none: ['', '', ''],
  },
} as const satisfies Record<string, { keys: string; condition: string; none: readonly SqlValue[] }>;

/** Keys of a lookup, each once. */
type Keys = Map<string, SqlValue[]>;

function addKey(keys: Keys, ...key: SqlValue[]): void {
  keys.set(key.join(' '), key);
}

async function lookUp(
  tx: Transaction,
  ownerId: number,
  by: keyof typeof LOOKUPS,
  keys: Keys,
): Promise<StoredVersion[]> {
  const { keys: row, condition, none } = LOOKUPS[by];
  const all = [...keys.values()];
  const rows: StoredVersion[] = [];
  for (let start = 0; start < all.length; start += LIST) {
    const list = padded<readonly SqlValue[]>(all.slice(start, start + LIST), none);
    const found = await rawQuery<{ id: number | null }>(
      tx,
      `select (select n.id from objects n where n.owner_id = ? and ${condition}) as id from (values ${list.map(() => row).join(',')}) w`,
      [ownerId, ...list.flat()],
    );
    const ids = found.flatMap(({ id }) => (id === null ? [] : [id]));
    if (ids.length === 0) continue;
    // A list rather than a join, for which PostgreSQL might read the whole table.
    const given = padded(ids, 0);
    rows.push(
      ...(await rawQuery<StoredVersion>(
        tx,
        `select ${STORED_VERSION} from objects where id in (${given.map(() => '?').join(',')})`,
        given,
      )),
    );
  }
  return rows;
}

/** The stored versions that `planAdditions` wants to know of: a few for each candidate, however many there are. */
async function findRivals(
  tx: Transaction,
  ownerId: number,
  candidates: readonly Candidate[],
): Promise<StoredVersion[]> {
  const ids: Keys = new Map();
  for (const { head } of candidates) addKey(ids, head.id);
  const found = await lookUp(tx, ownerId, 'newest', ids);
  if (found.length === 0) return [];
  const newest = new Map(found.map((row) => [row.stix_id, row]));

  const others: Keys = new Map();
  for (const { head } of candidates) {
    const row = newest.get(head.id);
    if (row !== undefined && row.spec_version !== head.specVersion) addKey(others, head.id, head.specVersion);
  }
  found.push(...(await lookUp(tx, ownerId, 'newestOfSpecVersion', others)));
  const newestOfSpec = new Map(found.map((row) => [`${row.stix_id} ${row.spec_version}`, row]));

  const versions: Keys = new Map();
  const contents: Keys = new Map();
  for (const { head, contentHash } of candidates) {
    const row = newestOfSpec.get(`${head.id} ${head.specVersion}`);
    if (row === undefined) continue;
    if (head.version !== undefined && head.version < row.version)
      addKey(versions, head.id, head.specVersion, head.version);
    if (contentHash !== undefined && contentHash !== row.content_hash)
      addKey(contents, head.id, head.specVersion, contentHash);
  }
  found.push(...(await lookUp(tx, ownerId, 'version', versions)));
  found.push(...(await lookUp(tx, ownerId, 'content', contents)));
  // One row may have been found by its version and by its content.
  return [...new Map(found.map((row) => [row.id, row])).values()];
}

/** Reads texts a few at a time and keeps only what is needed of them. */
async function readContents(
  tx: Transaction,
  needed: readonly NeededText[],
): Promise<Map<number, StoredContent>> {
  const contents = new Map<number, StoredContent>();
  let batch = new Map<number, NeededText>();
  let bytes = 0;
  const read = async (): Promise<void> => {
    const list = padded([...batch.keys()], 0);
    const rows = await rawQuery<{ id: number; json: string }>(
      tx,
      `select id, json from objects where id in (${list.map(() => '?').join(',')})`,
      list,
    );
    for (const { id, json } of rows) {
      const need = batch.get(id);
      if (need !== undefined) contents.set(id, readContent(need, json));
    }
    batch = new Map();
    bytes = 0;
  };
  for (const need of needed) {
    const { id, size } = need.row;
    if (batch.size > 0 && (batch.size >= LIST || bytes + size > TEXTS_BYTES)) await read();
    batch.set(id, need);
    bytes += size;
  }
  if (batch.size > 0) await read();
  return contents;
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
    const { head, text, size, contentHash } = insert.candidate;
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
      contentHash ?? null,
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
