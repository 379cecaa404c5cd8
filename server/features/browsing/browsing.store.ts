import { sql } from 'kysely';
import type { Database } from '../../db/open.ts';
import type { Micros } from '../../protocols/timestamp.ts';

/** A stored version without its text. */
export type HeadRow = {
  id: number;
  stix_id: string;
  type: string;
  spec_version: string;
  version: Micros;
  version_text: string;
  latest: number;
  revoked: number;
  date_added: Micros;
  size: number;
};

const HEAD =
  'o.id, o.stix_id, o.type, o.spec_version, o.version, o.version_text, o.latest, o.revoked, o.date_added, o.size';
/** Not a parameter alone: SQLite would plan a statement anew whenever another number is bound to it. */
const BOUND_LIMIT = '? + 0';
/** Lists are filled up to one of these lengths with a value that matches nothing, so that few statements serve. */
const LENGTHS = [1, 20, 100, 500];

/** What a page of the objects of an owner is cut from. The bounds are exclusive. */
export type Stretch = {
  ownerId: number;
  /** None: all. */
  types: readonly string[];
  above: Micros;
  below: Micros;
  ascending: boolean;
  limit: number;
};

/**
 * The latest versions in the order of their stamps: from the one index, or from that of each type, whose number is
 * bounded. `latest = 2` stands literally, as the partial indexes have it.
 */
export async function listLatest(db: Database, stretch: Stretch): Promise<HeadRow[]> {
  const { ownerId, types, above, below, limit } = stretch;
  const direction = stretch.ascending ? 'asc' : 'desc';
  // SQLite, which knows no figures of the table, would take a range of stamps for narrower than a type.
  const byType = db.engine === 'sqlite' && types.length > 0 ? 'indexed by objects_latest_by_type' : '';
  const part = (ofType: string) =>
    `select * from (select ${HEAD} from objects o ${byType} where o.owner_id = ? ${ofType} and o.latest = 2
       and o.date_added > ? and o.date_added < ? order by o.date_added ${direction} limit ${BOUND_LIMIT}) p`;
  if (types.length === 0) return await db.query<HeadRow>(part(''), [ownerId, above, below, limit]);
  return await db.query<HeadRow>(
    `select * from (${types.map(() => part('and o.type = ?')).join(' union all ')}) u
     order by date_added ${direction} limit ${BOUND_LIMIT}`,
    [...types.flatMap((type) => [ownerId, type, above, below, limit]), limit],
  );
}

/** Where a walk over ids goes on: after this version. */
export type IdPosition = readonly [stixId: string, specVersion: string, version: Micros];

/** Versions of the objects whose ids begin so, in the order of ids; of each object the latest comes last. */
export async function listByIdPrefix(
  db: Database,
  ownerId: number,
  prefix: string,
  after: IdPosition | undefined,
  limit: number,
): Promise<HeadRow[]> {
  const [stixId, specVersion, version] = after ?? [prefix, '', -Number.MAX_SAFE_INTEGER];
  // Of what an id may hold, nothing sorts after a tilde. Both ends of the range are of one column, so that every engine
  // walks the index between them.
  return await db.query<HeadRow>(
    `select ${HEAD} from objects o where o.owner_id = ? and o.stix_id >= ? and o.stix_id < ?
       and (o.stix_id > ? or o.spec_version > ? or (o.spec_version = ? and o.version > ?))
     order by o.stix_id, o.spec_version, o.version limit ${BOUND_LIMIT}`,
    [ownerId, stixId, `${prefix}~`, stixId, specVersion, specVersion, version, limit],
  );
}

/** The latest versions of objects, by their ids; those that the owner does not hold are missing. */
export async function findLatest(
  db: Database,
  ownerId: number,
  stixIds: readonly string[],
): Promise<Map<string, HeadRow>> {
  const rows: HeadRow[] = [];
  for (const some of lists([...new Set(stixIds)], '')) {
    const found = await db.query<{ id: number | null }>(
      `select (select n.id from objects n where n.owner_id = ? and n.stix_id = w.column1
         order by n.spec_version desc, n.version desc limit 1) as id from (values ${places(some)}) w`,
      [ownerId, ...some],
    );
    rows.push(...(await findById(db, numbers(found))));
  }
  return new Map(rows.map((row) => [row.stix_id, row]));
}

/** How many versions the owner has of each object, counted up to `most`. */
export async function countVersions(
  db: Database,
  ownerId: number,
  stixIds: readonly string[],
  most: number,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const some of lists([...new Set(stixIds)], '')) {
    const rows = await db.query<{ id: string; versions: number }>(
      `select w.column1 as id, (select count(*) from (select 1 as one from objects n where n.owner_id = ?
         and n.stix_id = w.column1 limit ${BOUND_LIMIT}) c) as versions from (values ${places(some)}) w`,
      [ownerId, most, ...some],
    );
    for (const { id, versions } of rows) counts.set(id, Number(versions));
  }
  return counts;
}

/** The versions of an object, the newest first. */
export async function listVersions(
  db: Database,
  ownerId: number,
  stixId: string,
  limit: number,
): Promise<HeadRow[]> {
  return await db.query<HeadRow>(
    `select ${HEAD} from objects o where o.owner_id = ? and o.stix_id = ?
     order by o.spec_version desc, o.version desc limit ${BOUND_LIMIT}`,
    [ownerId, stixId, limit],
  );
}

/** The version of an object that a query names, of the latest version of STIX in which there is one. */
export async function findVersion(
  db: Database,
  ownerId: number,
  stixId: string,
  wanted: { version: Micros | undefined; specVersions: readonly string[] },
): Promise<HeadRow | undefined> {
  for (const specVersion of wanted.specVersions) {
    const { version } = wanted;
    const [row] = await db.query<HeadRow>(
      `select ${HEAD} from objects o where o.owner_id = ? and o.stix_id = ? and o.spec_version = ?
       ${version === undefined ? '' : 'and o.version = ?'} order by o.version desc limit 1`,
      [ownerId, stixId, specVersion, ...(version === undefined ? [] : [version])],
    );
    if (row !== undefined) return row;
  }
  return undefined;
}

/** The versions of STIX in which the owner has versions of the object, the latest first. */
export async function listSpecVersions(db: Database, ownerId: number, stixId: string): Promise<string[]> {
  const found: string[] = [];
  // One step down the index for each, however many versions there are.
  for (;;) {
    const last = found.at(-1);
    const [row] = await db.query<{ spec_version: string }>(
      `select o.spec_version from objects o where o.owner_id = ? and o.stix_id = ?
       ${last === undefined ? '' : 'and o.spec_version < ?'} order by o.spec_version desc, o.version desc limit 1`,
      [ownerId, stixId, ...(last === undefined ? [] : [last])],
    );
    if (row === undefined) return found;
    found.push(row.spec_version);
  }
}

/** The texts of stored versions, by row id. How much that may be is the caller's to bound. */
export async function readTexts(db: Database, ids: readonly number[]): Promise<Map<number, string>> {
  const texts = new Map<number, string>();
  for (const some of lists(ids, 0)) {
    const rows = await db.query<{ id: number; json: string }>(
      `select id, json from objects where id in (${some.map(() => '?').join(',')})`,
      some,
    );
    for (const { id, json } of rows) texts.set(id, json);
  }
  return texts;
}

/** The latest versions that refer to the object, the newest first. */
export async function listReferrers(
  db: Database,
  ownerId: number,
  stixId: string,
  limit: number,
): Promise<HeadRow[]> {
  const references = await db.query<{ date_added: number }>(
    `select date_added from object_references where owner_id = ? and to_id = ?
     order by date_added desc limit ${BOUND_LIMIT}`,
    [ownerId, stixId, limit],
  );
  const rows: HeadRow[] = [];
  const stamps = references.map((row) => row.date_added);
  for (const some of lists(stamps, -1)) {
    const found = await db.query<{ id: number | null }>(
      `select (select n.id from objects n where n.owner_id = ? and n.date_added = cast(w.column1 as bigint)) as id
       from (values ${places(some)}) w`,
      [ownerId, ...some],
    );
    rows.push(...(await findById(db, numbers(found))));
  }
  return rows.sort((a, b) => b.date_added - a.date_added);
}

/** How many objects and versions the owners hold. */
export async function sumCounts(
  db: Database,
  ownerIds: readonly number[],
): Promise<Map<number, { objects: number; versions: number }>> {
  if (ownerIds.length === 0) return new Map();
  const rows = await db.read
    .selectFrom('object_counts')
    .select((eb) => [
      'owner_id',
      sql<number>`cast(${eb.fn.sum('objects')} as bigint)`.as('objects'),
      sql<number>`cast(${eb.fn.sum('versions')} as bigint)`.as('versions'),
    ])
    .where('owner_id', 'in', ownerIds)
    .groupBy('owner_id')
    .execute();
  return new Map(rows.map(({ owner_id, objects, versions }) => [owner_id, { objects, versions }]));
}

/** How many objects and versions of each type the owner holds, the most frequent first. */
export async function listCounts(db: Database, ownerId: number) {
  return await db.read
    .selectFrom('object_counts')
    .select(['type', 'objects', 'versions'])
    .where('owner_id', '=', ownerId)
    .orderBy('objects', 'desc')
    .orderBy('type')
    .execute();
}

/** The earliest and the latest date added of each owner; an empty one is missing. Two steps down an index for each. */
export async function findDatesAdded(
  db: Database,
  ownerIds: readonly number[],
): Promise<Map<number, { first: Micros; last: Micros }>> {
  const dates = new Map<number, { first: Micros; last: Micros }>();
  for (const some of lists(ownerIds, 0)) {
    const rows = await db.query<{ id: number; first: number | null; last: number | null }>(
      `select w.column1 as id,
         (select min(n.date_added) from objects n where n.owner_id = cast(w.column1 as bigint)) as first,
         (select max(n.date_added) from objects n where n.owner_id = cast(w.column1 as bigint)) as last
       from (values ${places(some)}) w`,
      some,
    );
    for (const { id, first, last } of rows)
      if (first !== null && last !== null) dates.set(Number(id), { first, last });
  }
  return dates;
}

/** A list of ids rather than a join, for which PostgreSQL might read the whole table. */
async function findById(db: Database, ids: readonly number[]): Promise<HeadRow[]> {
  const rows: HeadRow[] = [];
  for (const some of lists(ids, 0))
    rows.push(
      ...(await db.query<HeadRow>(
        `select ${HEAD} from objects o where o.id in (${some.map(() => '?').join(',')})`,
        some,
      )),
    );
  return rows;
}

function numbers(rows: readonly { id: number | null }[]): number[] {
  return rows.flatMap(({ id }) => (id === null ? [] : [id]));
}

/** Cut into lists that a statement can take. */
function lists<T>(values: readonly T[], filler: T): T[][] {
  const most = LENGTHS.at(-1) ?? 1;
  const cut: T[][] = [];
  for (let start = 0; start < values.length; start += most) {
    const some = values.slice(start, start + most);
    const length = LENGTHS.find((each) => each >= some.length) ?? most;
    cut.push([...some, ...Array.from<T>({ length: length - some.length }).fill(filler)]);
  }
  return cut;
}

function places(values: readonly unknown[]): string {
  return values.map(() => '(?)').join(',');
}
