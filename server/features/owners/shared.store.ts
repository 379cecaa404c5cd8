import { type Kysely, sql } from 'kysely';
import type { SharedKind } from '../../../contract/owners.ts';
import type { CommunityRole } from '../../../contract/roles.ts';
import type { Schema } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';
import type { Order } from './organizations.store.ts';
import { COUNTED_OBJECTS, type Obstacles } from './owners.rules.ts';
import { countObjects, type OwnerRow } from './owners.store.ts';

/** An account, by what its Community roles rest on. */
export type RoleBearer = { accountId: number; organizationId: number };

type Roles = { individual: CommunityRole | null; organization_default: CommunityRole | null };
export type OwnerWithRoles = OwnerRow & Roles;

/** For whom nobody stands: the operator has no role anywhere. */
const NOBODY: RoleBearer = { accountId: 0, organizationId: 0 };

/** Communities and sources with what the account's role in each rests on. */
function selectWithRoles(db: Kysely<Schema>, { accountId, organizationId }: RoleBearer) {
  return db
    .selectFrom('owners')
    .leftJoin('account_roles as r', (join) =>
      join.onRef('r.owner_id', '=', 'owners.id').on('r.account_id', '=', accountId),
    )
    .leftJoin('memberships as m', (join) =>
      join.onRef('m.owner_id', '=', 'owners.id').on('m.organization_id', '=', organizationId),
    )
    .selectAll('owners')
    .select(['r.role as individual', 'm.default_role as organization_default'])
    .where('owners.deleted_at', 'is', null);
}

/**
 * A page of communities or of sources: of all, or of those in which the account has a role that is not Banned. `after`: the key
 * of the row before, in the order.
 */
export async function listSharedPage(
  db: Kysely<Schema>,
  kind: SharedKind,
  scope: { asker: RoleBearer | undefined; all: boolean },
  { by, descending }: Order,
  page: { limit: number; after: string | number | undefined; pattern: string | undefined },
): Promise<OwnerWithRoles[]> {
  const column = by === 'id' ? 'owners.id' : 'owners.name_key';
  let query = selectWithRoles(db, scope.asker ?? NOBODY).where('owners.kind', '=', kind);
  if (!scope.all) query = query.where((eb) => eb(eb.fn.coalesce('r.role', 'm.default_role'), '<>', 'Banned'));
  if (page.pattern !== undefined)
    query = query.where(sql<boolean>`owners.name_key like ${page.pattern} escape '!'`);
  if (page.after !== undefined) query = query.where(column, descending ? '<' : '>', page.after);
  return await query
    .orderBy(column, descending ? 'desc' : 'asc')
    .limit(page.limit)
    .execute();
}

/** The communities and sources in which the account has a role, in the order of their names. */
export async function listRolesOf(db: Kysely<Schema>, account: RoleBearer): Promise<OwnerWithRoles[]> {
  return await selectWithRoles(db, account)
    .where('owners.kind', '<>', 'organization')
    .where((eb) => eb(eb.fn.coalesce('r.role', 'm.default_role'), 'is not', null))
    .orderBy('owners.name_key')
    .execute();
}

/** What an account's role in each of the owners rests on. */
export async function listRolesIn(
  db: Kysely<Schema>,
  account: RoleBearer,
  ownerIds: readonly number[],
): Promise<Map<number, Roles>> {
  if (ownerIds.length === 0) return new Map();
  const rows = await selectWithRoles(db, account).where('owners.id', 'in', ownerIds).execute();
  return new Map(rows.map((row) => [row.id, row]));
}

/** What keeps a community or source from being deleted. */
export async function findSharedObstacles(tx: Transaction, ownerId: number): Promise<Obstacles> {
  const { count } = await tx
    .selectFrom('memberships')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('owner_id', '=', ownerId)
    .executeTakeFirstOrThrow();
  return {
    accounts: 0,
    objects: await countObjects(tx, ownerId, COUNTED_OBJECTS),
    members: Number(count),
    memberships: 0,
  };
}
