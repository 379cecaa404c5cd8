import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Limits } from '../../../contract/organizations.ts';
import type { AccountKind, SystemRole } from '../../../contract/roles.ts';
import type { Schema } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';
import { COUNTED_OBJECTS, type Obstacles } from './owners.rules.ts';
import { countObjects, type OrganizationRow, selectOrganizations } from './owners.store.ts';

export type Order = { by: 'name' | 'id'; descending: boolean };

/** A page of organizations: of all, or of the one that the asker belongs to. `after`: the key of the row before, in the order. */
export async function listOrganizationsPage(
  db: Kysely<Schema>,
  scope: number | 'all',
  { by, descending }: Order,
  page: { limit: number; after: string | number | undefined; pattern: string | undefined },
): Promise<OrganizationRow[]> {
  const column = by === 'id' ? 'owners.id' : 'owners.name_key';
  let query = selectOrganizations(db);
  if (scope !== 'all') query = query.where('owners.id', '=', scope);
  if (page.pattern !== undefined)
    query = query.where(sql<boolean>`owners.name_key like ${page.pattern} escape '!'`);
  if (page.after !== undefined) query = query.where(column, descending ? '<' : '>', page.after);
  return await query
    .orderBy(column, descending ? 'desc' : 'asc')
    .limit(page.limit)
    .execute();
}

const NONE: Readonly<Limits> = { users: 0, apiUsers: 0, taxiiUsers: 0 };

/** Seats taken, by organization. */
export async function countSeatsOf(
  db: Kysely<Schema>,
  organizationIds: readonly number[],
): Promise<(organizationId: number) => Limits> {
  if (organizationIds.length === 0) return () => NONE;
  const rows = await db
    .selectFrom('organizations')
    .select('owner_id')
    .select((eb) => {
      // One count for each kind, in the terms of the index `accounts_seats`: grouped, SQLite reads every row.
      const count = (kind: AccountKind) =>
        eb
          .selectFrom('accounts')
          .select((e) => e.fn.countAll<number>().as('count'))
          .whereRef('accounts.organization_id', '=', 'organizations.owner_id')
          .where('kind', '=', kind)
          .where('deleted_at', 'is', null);
      return [count('user').as('users'), count('api').as('api_users'), count('taxii').as('taxii_users')];
    })
    .where('owner_id', 'in', organizationIds)
    .execute();
  const used = new Map<number, Limits>(
    rows.map((row) => [
      row.owner_id,
      { users: Number(row.users), apiUsers: Number(row.api_users), taxiiUsers: Number(row.taxii_users) },
    ]),
  );
  return (organizationId) => used.get(organizationId) ?? NONE;
}

/** What keeps the organization from being deleted. */
export async function findObstacles(tx: Transaction, organizationId: number): Promise<Obstacles> {
  const accounts = await tx
    .selectFrom('accounts')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('organization_id', '=', organizationId)
    .where('deleted_at', 'is', null)
    .executeTakeFirstOrThrow();
  const memberships = await tx
    .selectFrom('memberships')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('organization_id', '=', organizationId)
    .executeTakeFirstOrThrow();
  return {
    accounts: Number(accounts.count),
    objects: await countObjects(tx, organizationId, COUNTED_OBJECTS),
    members: 0,
    memberships: Number(memberships.count),
  };
}

/** Deletes what belongs to an organization without accounts and means nothing without it. */
export async function clearOrganization(tx: Transaction, organizationId: number): Promise<void> {
  await tx
    .deleteFrom('user_group_members')
    .where('group_id', 'in', (eb) =>
      eb.selectFrom('user_groups').select('id').where('organization_id', '=', organizationId),
    )
    .execute();
  await tx.deleteFrom('user_groups').where('organization_id', '=', organizationId).execute();
  // A service that was allowed to this organization alone is allowed to none then, not to all.
  await tx.deleteFrom('taxii_service_organizations').where('organization_id', '=', organizationId).execute();
  // Its secrets end with it.
  await tx.deleteFrom('data_keys').where('organization_id', '=', organizationId).execute();
}

/** Ends the sessions of all accounts of the organization. */
export async function endSessionsOf(tx: Transaction, organizationId: number): Promise<void> {
  await tx
    .deleteFrom('sessions')
    .where('account_id', 'in', (eb) =>
      eb.selectFrom('accounts').select('accounts.id').where('accounts.organization_id', '=', organizationId),
    )
    .execute();
}

/** Whether the organization has an account with one of the System roles. */
export async function hasAccountWithRole(
  db: Kysely<Schema>,
  organizationId: number,
  roles: readonly SystemRole[],
): Promise<boolean> {
  if (roles.length === 0) return false;
  const row = await db
    .selectFrom('accounts')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('system_role', 'in', roles)
    .where('deleted_at', 'is', null)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
