import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Kysely, type RawBuilder, type Selectable, sql } from 'kysely';
import { USAGE_DAYS_KEPT } from '../../../contract/usage.ts';
import type { Schema, TaxiiUsageTable } from '../../db/schema.ts';
import { rawQuery, type Transaction } from '../../db/transaction.ts';
import type { Micros } from '../../protocols/timestamp.ts';
import { type DayFigures, dayOf, type Window } from './usage.rules.ts';

export type Usage = Selectable<TaxiiUsageTable>;

const FIGURES = ['polls', 'objects_served', 'octets_served', 'objects_added'] as const;

const ADD_USAGE = `insert into taxii_usage as u
  (collection_id, day, account_id, polls, objects_served, octets_served, objects_added, last_polled_at, last_polled_from)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?)
  on conflict (collection_id, day, account_id) do update set
  ${FIGURES.map((name) => `${name} = u.${name} + excluded.${name}`).join(', ')},
  last_polled_from = case when excluded.last_polled_at >= coalesce(u.last_polled_at, 0) then excluded.last_polled_from else u.last_polled_from end,
  last_polled_at = case when excluded.last_polled_at >= coalesce(u.last_polled_at, 0) then excluded.last_polled_at else u.last_polled_at end`;

/** Adds figures to those that are stored, which any process may have written. */
export async function addUsage(tx: Transaction, batch: readonly Usage[]): Promise<void> {
  const keyOf = (usage: Usage) => `${usage.collection_id} ${usage.day} ${usage.account_id}`;
  // In one order, so that two processes that write the same rows do not lock each other out.
  for (const row of [...batch].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))) {
    await rawQuery(tx, ADD_USAGE, [
      row.collection_id,
      row.day,
      row.account_id,
      row.polls,
      row.objects_served,
      row.octets_served,
      row.objects_added,
      row.last_polled_at,
      row.last_polled_from,
    ]);
  }
}

/** Counts versions that an owner got. Its row is locked. */
export async function countAdditions(
  tx: Transaction,
  added: { ownerId: number; objects: number; now: Micros },
): Promise<void> {
  await rawQuery(
    tx,
    `insert into object_additions as a (owner_id, day, objects) values (?, ?, ?)
     on conflict (owner_id, day) do update set objects = a.objects + excluded.objects`,
    [added.ownerId, dayOf(added.now), added.objects],
  );
}

/** Forgets figures of days that are no longer kept. */
export async function deleteOldUsage(tx: Transaction, now: Micros): Promise<void> {
  const first = dayOf(now) - USAGE_DAYS_KEPT;
  await tx.deleteFrom('taxii_usage').where('day', '<', first).execute();
  await tx.deleteFrom('object_additions').where('day', '<', first).execute();
}

/** Whose figures: those of one account, of the TAXII users of an organization, or of a collection. */
export type UsageOf = { accountId: number } | { organizationId: number } | { collectionId: string };

function within(of: UsageOf, { first, last }: Window): RawBuilder<unknown> {
  const days = sql`day >= ${first} and day <= ${last}`;
  if ('accountId' in of) return sql`account_id = ${of.accountId} and ${days}`;
  if ('collectionId' in of) return sql`collection_id = ${of.collectionId} and ${days}`;
  return sql`account_id in (select id from accounts where organization_id = ${of.organizationId} and kind = 'taxii') and ${days}`;
}

/** As a number: PostgreSQL's sum of 64-bit integers is a decimal. */
const sums = sql.raw(FIGURES.map((name) => `cast(sum(${name}) as bigint) as ${name}`).join(', '));

/** So many days are read at a time; then other requests have their turn: a year of many TAXII users is a million rows. */
const PIECE_DAYS = 31;

async function inPieces<Row>(
  { first, last }: Window,
  read: (piece: Window) => Promise<readonly Row[]>,
): Promise<Row[]> {
  const pieces: (readonly Row[])[] = [];
  for (let start = first; start <= last; start += PIECE_DAYS) {
    if (start > first) await nextTurn();
    pieces.push(await read({ first: start, last: Math.min(last, start + PIECE_DAYS - 1) }));
  }
  return pieces.flat();
}

/** Figures day by day, those of days on which there was something. */
export async function listUsageByDay(db: Kysely<Schema>, of: UsageOf, window: Window): Promise<DayFigures[]> {
  return await inPieces(window, async (piece) => {
    const { rows } = await sql<DayFigures>`
      select day, ${sums} from taxii_usage where ${within(of, piece)} group by day`.execute(db);
    return rows;
  });
}

/** Versions that entered the owner, day by day. */
export async function listAdditions(
  db: Kysely<Schema>,
  ownerId: number,
  { first, last }: Window,
): Promise<{ day: number; objects: number }[]> {
  return await db
    .selectFrom('object_additions')
    .select(['day', 'objects'])
    .where('owner_id', '=', ownerId)
    .where('day', '>=', first)
    .where('day', '<=', last)
    .execute();
}

/** What figures are told apart by. */
export type Part = 'account_id' | 'collection_id';

/** The figures of one account or collection in a window. */
export type PartRow = Omit<DayFigures, 'day'> & { part: string | number; last_polled_at: Micros | null };

/** The accounts or collections that stand first, and how many there are in all. */
export async function listUsageParts(
  db: Kysely<Schema>,
  of: UsageOf,
  window: Window,
  { part, order, limit }: { part: Part; order: 'polls' | 'last_polled_at'; limit: number },
): Promise<{ parts: PartRow[]; count: number }> {
  const by = sql.ref(part);
  const found = await inPieces(window, async (piece) => {
    const { rows } = await sql<PartRow>`
      select ${by} as part, ${sums}, max(last_polled_at) as last_polled_at
      from taxii_usage where ${within(of, piece)} group by ${by}`.execute(db);
    return rows;
  });
  const whole = new Map<string | number, PartRow>();
  for (const row of found) {
    const before = whole.get(row.part);
    if (before === undefined) whole.set(row.part, { ...row });
    else addPiece(before, row);
  }
  const rank = (row: PartRow) => (order === 'polls' ? row.polls : (row.last_polled_at ?? 0));
  const parts = [...whole.values()].sort((a, b) => rank(b) - rank(a) || (a.part < b.part ? -1 : 1));
  return { parts: parts.slice(0, limit), count: parts.length };
}

function addPiece(row: PartRow, more: PartRow): void {
  for (const name of FIGURES) row[name] += more[name];
  if ((more.last_polled_at ?? 0) > (row.last_polled_at ?? 0)) row.last_polled_at = more.last_polled_at;
}

/** The figures of these parts, day by day. */
export async function listUsageOfParts(
  db: Kysely<Schema>,
  of: UsageOf,
  window: Window,
  { part, parts }: { part: Part; parts: readonly PartRow[] },
): Promise<(DayFigures & { part: string | number })[]> {
  if (parts.length === 0) return [];
  const by = sql.ref(part);
  const ids = sql.join(parts.map((each) => each.part));
  return await inPieces(window, async (piece) => {
    const { rows } = await sql<DayFigures & { part: string | number }>`
      select ${by} as part, day, ${sums} from taxii_usage
      where ${within(of, piece)} and ${by} in (${ids}) group by ${by}, day`.execute(db);
    return rows;
  });
}

/** From where each of the parts was last polled, or polled last. */
export async function listLastAddresses(
  db: Kysely<Schema>,
  of: UsageOf,
  window: Window,
  { part, parts }: { part: Part; parts: readonly PartRow[] },
): Promise<Map<string | number, string | null>> {
  const polled = parts.flatMap(({ part: id, last_polled_at: at }) => (at === null ? [] : [{ id, at }]));
  if (polled.length === 0) return new Map();
  const type = sql.raw(part === 'account_id' ? 'bigint' : 'text');
  const asked = sql.join(
    polled.map(
      ({ id, at }) => sql`(cast(${id} as ${type}), cast(${dayOf(at)} as bigint), cast(${at} as bigint))`,
    ),
  );
  const by = sql.ref(part);
  // The day of the poll leads to its row by an index.
  const { rows } = await sql<{ part: string | number; address: string | null }>`
    select ${by} as part, last_polled_from as address from (values ${asked}) as v
    join taxii_usage on ${by} = v.column1 and day = v.column2 and last_polled_at = v.column3
    where ${within(of, window)}`.execute(db);
  return new Map(rows.map((row) => [row.part, row.address]));
}

/** Accounts, deleted ones too, with what they are called and where they belong. */
export async function listUsers(db: Kysely<Schema>, ids: readonly number[]) {
  if (ids.length === 0) return [];
  return await db
    .selectFrom('accounts')
    .innerJoin('owners', 'owners.id', 'accounts.organization_id')
    .select([
      'accounts.id',
      'accounts.user_name',
      'accounts.first_name',
      'accounts.last_name',
      'accounts.pseudonym',
      'accounts.organization_id',
      'accounts.system_role',
      'accounts.deleted_at',
      'owners.name as organization_name',
    ])
    .where('accounts.id', 'in', ids)
    .execute();
}

/** Collections that are still there, with whose they are. */
export async function listUsedCollections(db: Kysely<Schema>, ids: readonly string[]) {
  if (ids.length === 0) return [];
  return await db
    .selectFrom('collections')
    .innerJoin('owners', 'owners.id', 'collections.owner_id')
    .select([
      'collections.id',
      'owners.id as owner_id',
      'owners.name as owner_name',
      'owners.kind as owner_kind',
    ])
    .where('collections.id', 'in', ids)
    .execute();
}

/** Which of the organizations belong to the community or source. */
export async function listMembersAmong(
  db: Kysely<Schema>,
  ownerId: number,
  organizationIds: readonly number[],
): Promise<Set<number>> {
  if (organizationIds.length === 0) return new Set();
  const rows = await db
    .selectFrom('memberships')
    .select('organization_id')
    .where('owner_id', '=', ownerId)
    .where('organization_id', 'in', organizationIds)
    .execute();
  return new Set(rows.map((row) => row.organization_id));
}
