import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from '../../db/open.ts';
import type { Micros } from '../../protocols/timestamp.ts';
import { cutPage, firstStretch, nextStretch, type PagePlan } from './pages.rules.ts';

export type PageRequest = {
  ownerId: number;
  /** Exclusive. */
  after: Micros;
  limit: number;
  maxBytes: number;
  /** Octets of the largest object of the owner. */
  largestObject: number;
  plan: PagePlan;
};

/** A page of objects: their stored texts joined by commas, never parsed. */
export type ObjectPage = { count: number; first: Micros; last: Micros; more: boolean; json: JoinedTexts };

/**
 * The octets of `buffer` from `start` to `end`, with free room before and after, so that what frames them can be written
 * around them: a page goes to the socket in the one block of memory into which the database put it.
 */
export type JoinedTexts = { buffer: Uint8Array; start: number; end: number };

export type RecordRow = {
  id: number;
  date_added: Micros;
  size: number;
  stix_id: string;
  version_text: string;
  spec_version: string;
};

export type RecordPage = { records: RecordRow[]; more: boolean };

/** Keys (types, ids) that are walked side by side; more of them in turn. */
const SIDE_BY_SIDE = 10;
/** Later than every stamp. */
const NEVER = Number.MAX_SAFE_INTEGER;
/** Ids in one list when the texts of a page are read. */
const LIST = 500;

/** Free octets before and after the joined texts; what frames them and is longer costs a copy. */
const ROOM_BEFORE = 512;
const ROOM_AFTER = 16;

/** Not a parameter alone: SQLite would plan a statement anew whenever another number is bound to it. */
const BOUND_LIMIT = '? + 0';

const RECORD = 'o.id, o.date_added, o.size, o.stix_id, o.version_text, o.spec_version';
/** With what conditions look at. */
const WALKED = `${RECORD}, o.owner_id, o.type, o.version, o.latest`;

export type Pages = {
  objects(request: PageRequest): Promise<ObjectPage>;
  records(request: PageRequest): Promise<RecordPage>;
  /** Whether the owner has any version of the object. */
  exists(ownerId: number, stixId: string): Promise<boolean>;
};

export function preparePages(db: Database): Pages {
  const joined =
    db.engine === 'sqlite'
      ? // As a blob: the text goes from the database to the socket without becoming a string in between.
        `cast('${' '.repeat(ROOM_BEFORE)}' || group_concat(p.json, ',') || '${' '.repeat(ROOM_AFTER)}' as blob)`
      : "string_agg(p.json, ',' order by p.date_added)";
  // TAXII 2.1 §3.4: added_after is exclusive. The partial index serves only where `latest = 2` stands literally.
  const latest = db.prepare<{
    count: number;
    first: number | null;
    last: number | null;
    json: Uint8Array | string | null;
    more: number;
  }>(
    `select p.count as count, p.first as first, p.last as last, p.json as json, case when exists (
       select 1 from objects o where o.owner_id = ? and o.latest = 2 and o.date_added > p.last) then 1 else 0 end as more
     from (
       select count(*) as count, min(p.date_added) as first, max(p.date_added) as last, ${joined} as json from (
         select o.date_added, o.json from objects o where o.owner_id = ? and o.latest = 2 and o.date_added > ?
         order by o.date_added limit ${BOUND_LIMIT}) p) p`,
  );
  const latestBytes = db.prepare<{ bytes: number | null }>(
    `select sum(p.size + 1) as bytes from (
       select o.size from objects o where o.owner_id = ? and o.latest = 2 and o.date_added > ?
       order by o.date_added limit ${BOUND_LIMIT}) p`,
  );
  const anyVersion = db.prepare<{ id: number }>(
    'select id from objects where owner_id = ? and stix_id = ? limit 1',
  );
  const texts = (length: number) =>
    `select ${joined} as json from (select date_added, json from objects where id in (${marks(length)}) order by date_added) p`;

  async function records(request: PageRequest): Promise<RecordPage> {
    return cutPage(await findRecords(db, request), request.limit, request.maxBytes);
  }

  /** Whether as many objects as the limit says fit into a page: known at once where all of the owner are small. */
  async function isBounded({
    ownerId,
    after,
    limit,
    maxBytes,
    largestObject,
  }: PageRequest): Promise<boolean> {
    if (limit * (largestObject + 1) <= maxBytes) return true;
    const [row] = await latestBytes([ownerId, after, limit]);
    return Number(row?.bytes ?? 0) <= maxBytes;
  }

  return {
    records,
    async objects(request) {
      const { ownerId, after, limit } = request;
      if (request.plan.strategy === 'latest' && (await isBounded(request))) {
        const [row] = await latest([ownerId, ownerId, after, limit]);
        if (row === undefined || row.first === null || row.last === null || row.json === null)
          return EMPTY_PAGE;
        return {
          count: row.count,
          first: row.first,
          last: row.last,
          more: row.more === 1,
          json: joinedTexts(row.json),
        };
      }
      const page = await records(request);
      const first = page.records[0];
      const last = page.records.at(-1);
      if (first === undefined || last === undefined) return EMPTY_PAGE;
      const parts: JoinedTexts[] = [];
      for (let start = 0; start < page.records.length; start += LIST) {
        const ids = page.records.slice(start, start + LIST).map((record) => record.id);
        const filled = [...ids, ...Array.from({ length: LIST - ids.length }, () => 0)];
        const [row] = await db.query<{ json: Uint8Array | string | null }>(texts(LIST), filled);
        if (row !== undefined && row.json !== null) parts.push(joinedTexts(row.json));
      }
      return {
        count: page.records.length,
        first: first.date_added,
        last: last.date_added,
        more: page.more,
        json: joinWithCommas(parts),
      };
    },
    async exists(ownerId, stixId) {
      return (await anyVersion([ownerId, stixId])).length > 0;
    },
  };
}

export const EMPTY_PAGE: ObjectPage = {
  count: 0,
  first: 0,
  last: 0,
  more: false,
  json: { buffer: Buffer.alloc(ROOM_BEFORE + ROOM_AFTER), start: ROOM_BEFORE, end: ROOM_BEFORE },
};

/** The joined texts between `head` and `tail`. Writes into the room around them: to be called once for a page. */
export function framed({ buffer, start, end }: JoinedTexts, head: string, tail: string): Uint8Array {
  const bytes = Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const [before, after] = [Buffer.from(head), Buffer.from(tail)];
  if (start === end || before.length > start || after.length > bytes.length - end)
    return Buffer.concat([before, bytes.subarray(start, end), after]);
  before.copy(bytes, start - before.length);
  after.copy(bytes, end);
  return bytes.subarray(start - before.length, end + after.length);
}

/** The records from which a page is cut: one more than it holds, if there are so many. */
async function findRecords(db: Database, request: PageRequest): Promise<RecordRow[]> {
  const { ownerId, after, limit, plan } = request;
  const { sql, parameters } = plan.condition;
  if (plan.strategy === 'latest') {
    return await db.query<RecordRow>(
      `select ${RECORD} from objects o where o.owner_id = ? and ${sql} and o.date_added > ? order by o.date_added limit ${BOUND_LIMIT}`,
      [ownerId, ...parameters, after, limit + 1],
    );
  }
  if (plan.strategy === 'scan') return await walk(db, request, [], NEVER);
  // The newest of an id before the older ones: what a writer makes older in between is found twice rather than never.
  let best = plan.strategy === 'by-id' ? await findNewest(db, request) : [];
  if (plan.strategy === 'by-id' && plan.onlyLatest) return best;
  for (let start = 0; start < plan.keys.length; start += SIDE_BY_SIDE) {
    if (start > 0) await nextTurn();
    const until = best[limit]?.date_added ?? NEVER;
    const found = await walk(db, request, plan.keys.slice(start, start + SIDE_BY_SIDE), until);
    const rows = new Map([...best, ...found].map((row) => [row.id, row]));
    best = [...rows.values()].sort((a, b) => a.date_added - b.date_added).slice(0, limit + 1);
  }
  return best;
}

/** The newest version of each id, where it meets the condition. */
async function findNewest(db: Database, { ownerId, after, limit, plan }: PageRequest): Promise<RecordRow[]> {
  const { sql, parameters } = plan.condition;
  const keys = padded(plan.keys);
  const newest = await db.query<{ id: number | null }>(
    `select (select n.id from objects n where n.owner_id = ? and n.stix_id = w.column1
       order by n.spec_version desc, n.version desc limit 1) as id from (values ${places(keys)}) w`,
    [ownerId, ...keys],
  );
  // A list rather than a join, for which PostgreSQL might read the whole table.
  const ids = newest.map((row) => row.id ?? 0);
  return await db.query<RecordRow>(
    `select ${RECORD} from objects o where o.id in (${marks(ids.length)}) and o.date_added > ? and ${sql}
     order by +o.date_added limit ${BOUND_LIMIT}`,
    [...ids, after, ...parameters, limit + 1],
  );
}

/**
 * Walks the collection in the order of its stamps, or what the keys have in an index of that order, up to `until`
 * inclusive: in stretches of so many rows at most, between which other requests have their turn.
 */
async function walk(
  db: Database,
  { ownerId, after, limit, plan }: PageRequest,
  givenKeys: readonly string[],
  until: Micros,
): Promise<RecordRow[]> {
  const { sql, parameters } = plan.condition;
  const keys = padded(givenKeys);
  const ofKey = (key: string) =>
    plan.strategy === 'by-type' ? `o.type = ${key} and o.latest = 2` : `o.stix_id = ${key} and o.latest < 2`;
  const end = (key?: string) =>
    `select o.date_added from objects o where o.owner_id = ?${key === undefined ? '' : ` and ${ofKey(key)}`} and o.date_added > ?
     order by o.date_added limit 1 offset ${BOUND_LIMIT}`;
  const ends =
    keys.length === 0
      ? `select (${end()}) as last`
      : `select min(stamp) as last from (select (${end('w.column1')}) as stamp from (values ${places(keys)}) w) s`;
  // Each key's next rows, in a statement of its own within, so that no engine has another index to choose.
  const next = `select * from (select ${WALKED} from objects o where o.owner_id = ? and ${ofKey('?')} and o.date_added > ?
    order by o.date_added limit ${BOUND_LIMIT}) t`;
  const stretch =
    keys.length === 0
      ? `select ${RECORD} from objects o where o.owner_id = ? and o.date_added > ? and o.date_added <= ? and ${sql}
         order by o.date_added limit ${BOUND_LIMIT}`
      : `select ${RECORD} from (${keys.map(() => next).join(' union all ')}) o where o.date_added <= ? and ${sql}
         order by o.date_added limit ${BOUND_LIMIT}`;
  const found: RecordRow[] = [];
  let position = after;
  let length = firstStretch(limit);
  for (;;) {
    const begunAt = performance.now();
    const ofEach = Math.max(1, Math.floor(length / Math.max(1, givenKeys.length)));
    const [bound] = await db.query<{ last: number | null }>(ends, [ownerId, position, ofEach - 1, ...keys]);
    const last = Math.min(bound?.last ?? NEVER, until);
    const from =
      keys.length === 0 ? [ownerId, position] : keys.flatMap((key) => [ownerId, key, position, ofEach]);
    const wanted = limit + 1 - found.length;
    found.push(...(await db.query<RecordRow>(stretch, [...from, last, ...parameters, wanted])));
    if (last >= until || found.length > limit) return found;
    position = last;
    length = nextStretch(db.engine, length, performance.now() - begunAt);
    await nextTurn();
  }
}

/** Filled up to a few fixed lengths with a key that nothing has, so that few statements serve. */
function padded(keys: readonly string[]): string[] {
  const length = [0, 1, SIDE_BY_SIDE, 100, 1000].find((size) => size >= keys.length) ?? keys.length;
  return [...keys, ...Array.from({ length: length - keys.length }, () => '')];
}

function places(keys: readonly string[]): string {
  return keys.map(() => '(?)').join(',');
}

function marks(length: number): string {
  return Array.from({ length }, () => '?').join(',');
}

/** What the engine gave: octets with room around them, or the text alone. */
function joinedTexts(json: Uint8Array | string): JoinedTexts {
  if (typeof json !== 'string')
    return { buffer: json, start: ROOM_BEFORE, end: json.byteLength - ROOM_AFTER };
  const end = ROOM_BEFORE + Buffer.byteLength(json);
  const buffer = Buffer.allocUnsafe(end + ROOM_AFTER);
  buffer.write(json, ROOM_BEFORE);
  return { buffer, start: ROOM_BEFORE, end };
}

function joinWithCommas(parts: readonly JoinedTexts[]): JoinedTexts {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const length = parts.reduce((sum, { start, end }) => sum + end - start + 1, -1);
  const buffer = Buffer.allocUnsafe(ROOM_BEFORE + length + ROOM_AFTER);
  let at = ROOM_BEFORE;
  for (const part of parts) {
    if (at > ROOM_BEFORE) at += buffer.write(',', at);
    buffer.set(part.buffer.subarray(part.start, part.end), at);
    at += part.end - part.start;
  }
  return { buffer, start: ROOM_BEFORE, end: at };
}
