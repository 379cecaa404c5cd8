import { type Kysely, sql } from 'kysely';
import type { AccountKind } from '../../../contract/roles.ts';
import type { Database } from '../../db/open.ts';
import type { Schema } from '../../db/schema.ts';
import type { SampledObject } from './doctor.rules.ts';

/** Each of these is one statement, and so sees one instant also while a server writes. */

/** The version of the database; 0 where it has none of our tables. */
export async function findSchemaVersion(db: Database): Promise<number> {
  const [table] = await db.query<{ name: string | null }>(
    db.engine === 'sqlite'
      ? "select name from sqlite_schema where type = 'table' and name = ?"
      : 'select cast(to_regclass(?) as text) as name',
    ['schema_migrations'],
  );
  if (typeof table?.name !== 'string') return 0;
  const [row] = await db.query<{ version: number | null }>(
    'select max(version) as version from schema_migrations',
    [],
  );
  return row?.version ?? 0;
}

export async function findSqliteVersion(db: Database): Promise<string> {
  return (await db.query<{ version: string }>('select sqlite_version() as version', []))[0]?.version ?? '';
}

/** Settings of the server, by name. */
export async function findPostgresSettings<Name extends string>(
  db: Database,
  names: readonly Name[],
): Promise<Record<Name, string>> {
  const settings: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const [row] = await db.query<{ value: string }>('select current_setting(?) as value', [name]);
    settings[name] = row?.value ?? '';
  }
  return settings as Record<Name, string>;
}

/** How SQLite keeps what it is given; `synchronous` is a setting of the connection that writes. */
export async function findSqliteDurability(
  db: Database,
): Promise<{ journalMode: string; synchronous: number }> {
  const [journal] = await db.query<{ journal_mode: string }>('pragma journal_mode', []);
  const { rows } = await sql<{ synchronous: number }>`pragma synchronous`.execute(db.write);
  return { journalMode: journal?.journal_mode ?? '', synchronous: rows[0]?.synchronous ?? 0 };
}

export async function listSqliteDamage(db: Database): Promise<string[]> {
  const rows = await db.query<{ quick_check: string }>('pragma quick_check(20)', []);
  return rows.map((row) => row.quick_check);
}

/** Tables with a row whose parent is missing. */
export async function listTablesWithoutParents(db: Database): Promise<string[]> {
  const rows = await db.query<{ table: string }>(
    'select distinct "table" from pragma_foreign_key_check() order by 1',
    [],
  );
  return rows.map((row) => row.table);
}

export async function listOwnersBehindTheirObjects(db: Kysely<Schema>): Promise<string[]> {
  const rows = await db
    .selectFrom('owners')
    .select('name')
    .where('last_stamp', '<', (eb) =>
      eb
        .selectFrom('objects')
        .whereRef('objects.owner_id', '=', 'owners.id')
        .select((e) => e.fn.max('date_added').as('newest')),
    )
    .orderBy('id')
    .execute();
  return rows.map((row) => row.name);
}

/** Per owner, the objects that do not have exactly one version of that `latest`. Reads the whole table. */
export async function listObjectsWithoutOneLatest(
  db: Database,
  latest: number,
): Promise<{ name: string; objects: number }[]> {
  return await db.query<{ name: string; objects: number }>(
    `select coalesce(owners.name, 'no owner') as name, count(*) as objects
     from (select owner_id from objects group by owner_id, stix_id
           having sum(case when latest = ? then 1 else 0 end) <> 1) as wrong
     left join owners on owners.id = wrong.owner_id
     group by owners.id, owners.name order by owners.id`,
    [latest],
  );
}

/** At most `count` objects, at equal distances over all ids. */
export async function listSampledObjects(db: Database, count: number): Promise<SampledObject[]> {
  const [range] = await db.query<{ first: number | null; last: number | null }>(
    'select min(id) as first, max(id) as last from objects',
    [],
  );
  const first = range?.first ?? 0;
  const step = Math.max(1, ((range?.last ?? 0) - first) / Math.max(1, count - 1));
  const samples = new Map<number, SampledObject>();
  for (let index = 0; index < count; index++) {
    const [row] = await db.query<SampledObject>(
      `select objects.id, stix_id, type, size, octet_length(json) as octets, json, coalesce(largest_object, 0) as largest_object
       from objects left join owners on owners.id = objects.owner_id
       where objects.id >= ? order by objects.id limit 1`,
      [Math.floor(first + index * step)],
    );
    if (row === undefined) break;
    samples.set(row.id, row);
  }
  return [...samples.values()];
}

export async function listOwnersWithoutCollection(db: Kysely<Schema>): Promise<string[]> {
  const rows = await db
    .selectFrom('owners')
    .leftJoin('collections', 'collections.owner_id', 'owners.id')
    .select('owners.name')
    .where('collections.id', 'is', null)
    .where('owners.deleted_at', 'is', null)
    .orderBy('owners.id')
    .execute();
  return rows.map((row) => row.name);
}

/** TAXII users that could not connect although nothing is said against them. */
export async function listTaxiiUsersWithoutService(db: Kysely<Schema>): Promise<string[]> {
  const rows = await db
    .selectFrom('accounts')
    .leftJoin('taxii_services', 'taxii_services.id', 'accounts.service_id')
    .leftJoin('taxii_service_organizations as allowed', (join) =>
      join
        .onRef('allowed.service_id', '=', 'accounts.service_id')
        .onRef('allowed.organization_id', '=', 'accounts.organization_id'),
    )
    .select('accounts.user_name')
    .where('accounts.kind', '=', 'taxii')
    .where('accounts.deleted_at', 'is', null)
    .where((eb) =>
      eb.or([
        eb('taxii_services.id', 'is', null),
        eb.and([eb('taxii_services.all_organizations', '=', 0), eb('allowed.service_id', 'is', null)]),
      ]),
    )
    .orderBy('accounts.id')
    .execute();
  return rows.map((row) => row.user_name);
}

/** What a deleted account answers for: names of TAXII services, and of the owners of collections. */
export async function listHeldByDeleted(db: Kysely<Schema>): Promise<string[]> {
  const services = await db
    .selectFrom('taxii_services')
    .innerJoin('accounts', 'accounts.id', 'taxii_services.responsible_account_id')
    .select('taxii_services.name')
    .where('accounts.deleted_at', 'is not', null)
    .orderBy('taxii_services.id')
    .execute();
  const collections = await db
    .selectFrom('collections')
    .innerJoin('accounts', 'accounts.id', 'collections.responsible_account_id')
    .innerJoin('owners', 'owners.id', 'collections.owner_id')
    .select('owners.name')
    .where('accounts.deleted_at', 'is not', null)
    .orderBy('owners.id')
    .execute();
  return [
    ...services.map(({ name }) => `the TAXII service ${name}`),
    ...collections.map(({ name }) => `the collection of ${name}`),
  ];
}

/** Seats in use, per organization and kind. */
export async function countSeatsInUse(
  db: Kysely<Schema>,
): Promise<{ organizationId: number; kind: AccountKind; used: number }[]> {
  const rows = await db
    .selectFrom('accounts')
    .select(['organization_id', 'kind'])
    .select((eb) => eb.fn.countAll<number>().as('used'))
    .where('deleted_at', 'is', null)
    .groupBy(['organization_id', 'kind'])
    .execute();
  return rows.map((row) => ({
    organizationId: row.organization_id,
    kind: row.kind,
    used: Number(row.used),
  }));
}

/** The newest stamp that was given out; undefined before the first. */
export async function findNewestStamp(db: Kysely<Schema>): Promise<number | undefined> {
  const row = await db
    .selectFrom('owners')
    .select((eb) => eb.fn.max('last_stamp').as('newest'))
    .executeTakeFirst();
  return row?.newest ?? undefined;
}
