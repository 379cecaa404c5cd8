import type { Kysely } from 'kysely';
import type { Database, Prepared } from '../../db/open.ts';
import type { Schema } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';
import type { AskerRow, AskerWithCollection, CollectionForAsker } from './exchange.rules.ts';

const ASKER = `
  a.id as account_id, a.kind as kind, a.user_name as user_name, a.organization_id as organization_id, a.system_role as system_role,
  a.organization_role as organization_role, a.narrowed as narrowed, a.credential_version as credential_version,
  a.locked_at as locked_at, a.disabled_at as disabled_at, a.deleted_at as deleted_at, a.expires_at as expires_at,
  g.disabled_at as organization_disabled_at,
  s.id as service_id, s.path as service_path, s.title as service_title, s.description as service_description,
  case when s.all_organizations = 1 or so.service_id is not null then 1 else 0 end as service_allowed,
  s.default_page_size as default_page_size, s.max_page_size as max_page_size, s.max_page_bytes as max_page_bytes,
  s.max_content_length as max_content_length, s.strict as strict`;

const FROM_ASKER = `
  from accounts a
  join organizations g on g.owner_id = a.organization_id
  left join taxii_services s on s.id = a.service_id
  left join taxii_service_organizations so on so.service_id = s.id and so.organization_id = a.organization_id`;

const COLLECTION = `
  c.id as collection_id, c.description as description, c.writable as writable, c.strict as collection_strict,
  c.created_at as collection_created_at, o.id as owner_id, o.name as owner_name, o.kind as owner_kind,
  o.change_counter as change_counter, o.largest_object as largest_object,
  r.role as own_role, m.default_role as default_role,
  case when l.owner_id is not null then 1 else 0 end as listed`;

const RIGHTS_IN_OWNER = `
  left join account_roles r on r.account_id = a.id and r.owner_id = o.id
  left join memberships m on m.owner_id = o.id and m.organization_id = a.organization_id
  left join account_allowed_owners l on l.account_id = a.id and l.owner_id = o.id`;

/** The statements of the TAXII read path: one per request, prepared once. */
export function prepareExchange(db: Database) {
  const holdsStix20 = `case when exists (select 1 from objects x where x.owner_id = o.id and x.spec_version = '2.0')
    then 1 else 0 end as holds_stix_20`;
  return {
    /** By account id. */
    asker: whileUnchanged(db, db.prepare<AskerRow>(`select ${ASKER} ${FROM_ASKER} where a.id = ?`)),
    /** By collection id, account id: the account's row even where there is no such collection. */
    askerAndCollectionById: whileUnchanged(
      db,
      db.prepare<AskerWithCollection>(
        `select ${ASKER}, ${COLLECTION} ${FROM_ASKER}
         left join collections c on c.id = ? left join owners o on o.id = c.owner_id ${RIGHTS_IN_OWNER} where a.id = ?`,
      ),
    ),
    /** By the alias' key (the owner's name), account id. */
    askerAndCollectionByAlias: whileUnchanged(
      db,
      db.prepare<AskerWithCollection>(
        `select ${ASKER}, ${COLLECTION} ${FROM_ASKER}
         left join owners o on o.name_key = ? left join collections c on c.owner_id = o.id ${RIGHTS_IN_OWNER} where a.id = ?`,
      ),
    ),
    /** By account id: every collection that the account's organization, roles or allow-list could show it, by id. */
    collections: db.prepare<CollectionForAsker & { holds_stix_20: number }>(
      `select ${COLLECTION}, ${holdsStix20} from accounts a
       join owners o on o.id = a.organization_id
         or o.id in (select owner_id from memberships where organization_id = a.organization_id)
         or o.id in (select owner_id from account_roles where account_id = a.id)
       join collections c on c.owner_id = o.id ${RIGHTS_IN_OWNER} where a.id = ? order by c.id`,
    ),
    /** By owner id. */
    holdsStix20: db.prepare<{ holds_stix_20: number }>(`select ${holdsStix20} from owners o where o.id = ?`),
  };
}

export type ExchangeStatements = ReturnType<typeof prepareExchange>;

/** Rows remembered at a time, and octets of parameters that are worth it. */
const REMEMBERED_ROWS = 500;
const REMEMBERED_KEY = 200;

/**
 * Gives the rows read before, the same objects, while nothing in the database has changed since. The question whether
 * anything has is asked each time, of the connection that reads, so that a right withdrawn by any process is withdrawn
 * for the next request; what depends on the clock must not be decided in the SQL. On PostgreSQL, which has no such
 * question, every request reads.
 */
function whileUnchanged<Row>(db: Database, read: Prepared<Row>): Prepared<Row> {
  const remembered = new Map<string, Row[]>();
  let version: number | undefined;
  return (parameters) => {
    // Asked before reading: a change in between makes the rows newer than their version, never older.
    const current = db.dataVersion();
    if (current === undefined) return read(parameters);
    if (current !== version || remembered.size >= REMEMBERED_ROWS) {
      remembered.clear();
      version = current;
    }
    const key = parameters.join('\0');
    let rows = remembered.get(key);
    if (rows === undefined) {
      const answer = read(parameters);
      if (!Array.isArray(answer) || key.length > REMEMBERED_KEY) return answer;
      rows = answer;
      remembered.set(key, rows);
    }
    return rows;
  };
}

/** What a session rests on, as stored now; undefined when the account is gone. `listed` = the owner is on its allow-list. */
export async function findSessionBasis(
  tx: Transaction,
  accountId: number,
  ownerId: number,
): Promise<
  { credential_version: number; service_id: number | null; narrowed: number; listed: number } | undefined
> {
  return await tx
    .selectFrom('accounts')
    .leftJoin('account_allowed_owners as l', (join) =>
      join.onRef('l.account_id', '=', 'accounts.id').on('l.owner_id', '=', ownerId),
    )
    .select((eb) => [
      'credential_version',
      'service_id',
      'narrowed',
      eb.case().when('l.owner_id', 'is', null).then(0).else(1).end().as('listed'),
    ])
    .where('accounts.id', '=', accountId)
    .executeTakeFirst();
}

export async function insertStatus(
  tx: Transaction,
  row: { id: string; serviceId: number; accountId: number; now: number; json: string },
): Promise<void> {
  await tx
    .insertInto('statuses')
    .values({
      id: row.id,
      service_id: row.serviceId,
      account_id: row.accountId,
      created_at: row.now,
      json: row.json,
    })
    .execute();
}

/** The status that this account was given at this service. */
export async function findStatus(
  db: Kysely<Schema>,
  key: { id: string; serviceId: number; accountId: number },
): Promise<string | undefined> {
  const row = await db
    .selectFrom('statuses')
    .select('json')
    .where('id', '=', key.id)
    .where('service_id', '=', key.serviceId)
    .where('account_id', '=', key.accountId)
    .executeTakeFirst();
  return row?.json;
}

/** Forgets statuses made before the instant; returns how many. */
export async function deleteOldStatuses(tx: Transaction, before: number): Promise<number> {
  const result = await tx.deleteFrom('statuses').where('created_at', '<', before).executeTakeFirst();
  return Number(result.numDeletedRows);
}
