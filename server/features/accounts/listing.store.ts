import { type Expression, type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { AccountSort, PendingFor } from '../../../contract/accounts.ts';
import { nameKey } from '../../../contract/names.ts';
import type { AccountKind, OrganizationRole, SystemRole } from '../../../contract/roles.ts';
import type { Schema } from '../../db/schema.ts';
import type { Micros } from '../../protocols/timestamp.ts';
import type { ShownRow } from './account-view.rules.ts';

export type AccountFilter = {
  ids?: readonly number[] | undefined;
  kinds?: readonly AccountKind[] | undefined;
  state?: 'active' | 'locked' | 'disabled' | 'expired' | undefined;
  systemRole?: SystemRole | undefined;
  organizationRole?: OrganizationRole | undefined;
  groupId?: number | undefined;
  serviceId?: number | undefined;
  hasAuthenticator?: boolean | undefined;
  pending?: PendingFor | undefined;
  /** Of a credential that no later one has taken the place of. */
  credentialExpiresWithinDays?: number | undefined;
  expiresWithinDays?: number | undefined;
  /** Counted from the creation for an account that was never used. */
  unusedForDays?: number | undefined;
  wasUsed?: boolean | undefined;
  /** Found anywhere in user name, names and pseudonym, without regard to case. */
  search?: string | undefined;
};

export type AccountPosition = { value: string | number; id: number };

/** The end of a credential is an order only among accounts of which one ends: it is looked up for each of them. */
type Order = AccountSort | 'credentialExpiresAt';

/** What a list is sorted by; the id decides between equal ones. */
const SORT_COLUMNS: Readonly<Record<AccountSort, RawBuilder<string | number>>> = {
  userName: sql<string | number>`accounts.user_name_key`,
  name: sql<string | number>`accounts.name_key`,
  lastUsedAt: sql<string | number>`coalesce(accounts.last_used_at, 0)`,
  createdAt: sql<string | number>`accounts.id`,
  kind: sql<string | number>`accounts.kind`,
  organizationRole: sql<string | number>`accounts.organization_role`,
  // What never expires comes last.
  expiresAt: sql<string | number>`coalesce(accounts.expires_at, ${sql.lit(Number.MAX_SAFE_INTEGER)})`,
};

/**
 * Accounts of the organization, or of all, that are not deleted, sorted and filtered, after a position. The rows are
 * found in an index first, and read only then.
 */
export async function listAccountRows(
  db: Kysely<Schema>,
  organizationId: number | 'instance',
  filter: AccountFilter,
  page: {
    sort: Order;
    descending: boolean;
    after?: AccountPosition | undefined;
    limit: number;
    now: Micros;
  },
): Promise<(ShownRow & { position: string | number })[]> {
  const column = page.sort === 'credentialExpiresAt' ? credentialEnd(page.now) : SORT_COLUMNS[page.sort];
  const direction = page.descending ? 'desc' : 'asc';
  let query = found(db, organizationId, filter, page.now).select('accounts.id').select(column.as('position'));
  if (page.after !== undefined) {
    const { value, id } = page.after;
    const compare = sql.raw(page.descending ? '<' : '>');
    query = query.where(sql<SqlBool>`(${column}, accounts.id) ${compare} (${value}, ${id})`);
  }
  query = query.orderBy(column, direction).orderBy('accounts.id', direction).limit(page.limit);
  return await shownRows(db)
    .innerJoin(query.as('page'), 'page.id', 'accounts.id')
    .select('page.position')
    .orderBy('page.position', direction)
    .orderBy('accounts.id', direction)
    .execute();
}

/** How many accounts of the organization, or of all, the filter finds. */
export async function countAccountsFound(
  db: Kysely<Schema>,
  organizationId: number | 'instance',
  filter: AccountFilter,
  now: Micros,
): Promise<number> {
  const { count } = await found(db, organizationId, filter, now)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** The ids of accounts of the organization, or of all, that the filter finds, in no order; at most `limit`. */
export async function listAccountIds(
  db: Kysely<Schema>,
  organizationId: number | 'instance',
  filter: AccountFilter,
  { now, limit }: { now: Micros; limit: number },
): Promise<number[]> {
  const rows = await found(db, organizationId, filter, now).select('accounts.id').limit(limit).execute();
  return rows.map(({ id }) => id);
}

function found(db: Kysely<Schema>, organizationId: number | 'instance', filter: AccountFilter, now: Micros) {
  let query = db.selectFrom('accounts').where('accounts.deleted_at', 'is', null);
  if (organizationId !== 'instance') query = query.where('accounts.organization_id', '=', organizationId);
  for (const condition of conditionsOf(filter, organizationId, now)) query = query.where(condition);
  return query;
}

function credentialEnd(now: Micros): RawBuilder<string | number> {
  return sql<string | number>`(select min(c.expires_at) from credentials c
    where c.account_id = accounts.id and c.expires_at > ${now} and ${IS_LATEST})`;
}

/** When the first credential of each account ends that no later one has taken the place of; those without one are not named. */
export async function listCredentialEnds(
  db: Kysely<Schema>,
  accountIds: readonly number[],
  now: Micros,
): Promise<Map<number, Micros>> {
  if (accountIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('credentials as c')
    .select((eb) => ['c.account_id', eb.fn.min('c.expires_at').as('end')])
    .where('c.account_id', 'in', accountIds)
    .where('c.expires_at', '>', now)
    .where(IS_LATEST)
    .groupBy('c.account_id')
    .execute();
  return new Map(rows.map((row) => [row.account_id, Number(row.end)]));
}

/** Which of the accounts are people who were invited and have no password yet. */
export async function listInvited(
  db: Kysely<Schema>,
  accountIds: readonly number[],
): Promise<ReadonlySet<number>> {
  if (accountIds.length === 0) return new Set();
  const rows = await db
    .selectFrom('accounts')
    .select('accounts.id')
    .where('accounts.id', 'in', accountIds)
    .where(IS_INVITED)
    .execute();
  return new Set(rows.map(({ id }) => id));
}

/** One account that is not deleted, as a list shows it. */
export async function findShownRow(db: Kysely<Schema>, id: number): Promise<ShownRow | undefined> {
  return await shownRows(db)
    .where('accounts.id', '=', id)
    .where('accounts.deleted_at', 'is', null)
    .executeTakeFirst();
}

function shownRows(db: Kysely<Schema>) {
  return db
    .selectFrom('accounts')
    .innerJoin('owners as organization', 'organization.id', 'accounts.organization_id')
    .innerJoin('organizations', 'organizations.owner_id', 'accounts.organization_id')
    .leftJoin('taxii_services', 'taxii_services.id', 'accounts.service_id')
    .selectAll('accounts')
    .select([
      'organization.name as organization_name',
      'organizations.disabled_at as organization_disabled_at',
      'taxii_services.name as service_name',
      'taxii_services.path as service_path',
    ]);
}

const DAY_MICROS = 86_400_000_000;

/** Of a credential `c`: no later one has taken its place, which would be valid for longer. */
const IS_LATEST = sql<SqlBool>`not exists (select 1 from credentials later
  where later.account_id = c.account_id and later.kind = c.kind and later.id > c.id
    and (later.expires_at is null or later.expires_at > c.expires_at))`;

const IS_INVITED = sql<SqlBool>`(accounts.kind in ('user', 'read_only') and accounts.password_changed_at is null
  and not exists (select 1 from credentials c where c.account_id = accounts.id and c.kind = 'password'))`;
const IS_ASKED = sql<SqlBool>`(accounts.password_reset_required = 1 or accounts.mfa_reset_required = 1
  or accounts.terms_acceptance_required = 1)`;

/** What of an account waits for its person. */
function pendingCondition(pending: PendingFor, organizationId: number | 'instance'): Expression<SqlBool> {
  if (pending === 'invitation') return IS_INVITED;
  if (pending === 'action') return IS_ASKED;
  const there = organizationId === 'instance' ? sql`` : sql`accounts.organization_id = ${organizationId} and`;
  // For a `not exists` beside an `or`, PostgreSQL would expect so much work that it compiles the query at every page.
  return sql<SqlBool>`accounts.id in (
    select accounts.id from accounts where ${there} accounts.deleted_at is null and ${IS_INVITED}
    union all select accounts.id from accounts where ${there} accounts.deleted_at is null and ${IS_ASKED})`;
}

function conditionsOf(
  filter: AccountFilter,
  organizationId: number | 'instance',
  now: Micros,
): Expression<SqlBool>[] {
  const conditions: Expression<SqlBool>[] = [];
  const { ids, kinds, state, search } = filter;
  if (ids !== undefined)
    conditions.push(
      ids.length === 0 ? sql<SqlBool>`1 = 0` : sql<SqlBool>`accounts.id in (${sql.join([...ids])})`,
    );
  if (kinds !== undefined) conditions.push(sql<SqlBool>`accounts.kind in (${sql.join([...kinds])})`);
  if (state !== undefined) conditions.push(stateCondition(state, now));
  if (filter.systemRole !== undefined)
    conditions.push(sql<SqlBool>`accounts.system_role = ${filter.systemRole}`);
  if (filter.organizationRole !== undefined)
    conditions.push(sql<SqlBool>`accounts.organization_role = ${filter.organizationRole}`);
  if (filter.serviceId !== undefined)
    conditions.push(sql<SqlBool>`accounts.service_id = ${filter.serviceId}`);
  if (filter.groupId !== undefined) {
    conditions.push(
      sql<SqlBool>`accounts.id in (select account_id from user_group_members where group_id = ${filter.groupId})`,
    );
  }
  if (filter.hasAuthenticator !== undefined) {
    const isThere = sql.raw(filter.hasAuthenticator ? 'is not null' : 'is null');
    conditions.push(sql<SqlBool>`accounts.authenticator_since ${isThere}`);
  }
  if (filter.pending !== undefined) conditions.push(pendingCondition(filter.pending, organizationId));
  if (filter.credentialExpiresWithinDays !== undefined) {
    const until = now + filter.credentialExpiresWithinDays * DAY_MICROS;
    conditions.push(
      sql<SqlBool>`accounts.id in (select c.account_id from credentials c
        where c.expires_at > ${now} and c.expires_at <= ${until} and ${IS_LATEST})`,
    );
  }
  if (filter.expiresWithinDays !== undefined) {
    const until = now + filter.expiresWithinDays * DAY_MICROS;
    conditions.push(sql<SqlBool>`(accounts.expires_at > ${now} and accounts.expires_at <= ${until})`);
  }
  if (filter.unusedForDays !== undefined) {
    const before = now - filter.unusedForDays * DAY_MICROS;
    conditions.push(sql<SqlBool>`coalesce(accounts.last_used_at, accounts.created_at) < ${before}`);
  }
  if (filter.wasUsed !== undefined) {
    const isThere = sql.raw(filter.wasUsed ? '<> 0' : '= 0');
    conditions.push(sql<SqlBool>`coalesce(accounts.last_used_at, 0) ${isThere}`);
  }
  if (search !== undefined) {
    const pattern = `%${nameKey(search).replace(/[\\%_]/g, '\\$&')}%`;
    conditions.push(sql<SqlBool>`accounts.search_key like ${pattern} escape '\\'`);
  }
  return conditions;
}

/** The same as `accountState`, in SQL; locks by failed sign-ins pass by themselves and are no state of the row. */
function stateCondition(state: NonNullable<AccountFilter['state']>, now: Micros): Expression<SqlBool> {
  const isEnabled = sql<SqlBool>`accounts.disabled_at is null and not exists
    (select 1 from organizations g where g.owner_id = accounts.organization_id and g.disabled_at is not null)`;
  const isExpired = sql<SqlBool>`(accounts.expires_at is not null and accounts.expires_at <= ${now})`;
  if (state === 'disabled') return sql<SqlBool>`not (${isEnabled})`;
  if (state === 'expired') return sql<SqlBool>`${isEnabled} and ${isExpired}`;
  const isLocked = sql.raw(state === 'locked' ? 'is not null' : 'is null');
  return sql<SqlBool>`${isEnabled} and not ${isExpired} and accounts.locked_at ${isLocked}`;
}
