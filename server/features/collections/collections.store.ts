import type { Insertable, Kysely, Selectable } from 'kysely';
import type { CommunityRole, OwnerKind } from '../../../contract/roles.ts';
import type { CollectionsTable, Schema } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';

export type CollectionRow = Selectable<CollectionsTable> & {
  owner_name: string;
  owner_name_key: string;
  owner_kind: OwnerKind;
  /** 1 = profile anonymity. */
  owner_anonymous: number;
};

const withOwner = (db: Kysely<Schema>) =>
  db
    .selectFrom('collections')
    .innerJoin('owners', 'owners.id', 'collections.owner_id')
    .selectAll('collections')
    .select([
      'owners.name as owner_name',
      'owners.name_key as owner_name_key',
      'owners.kind as owner_kind',
      'owners.anonymous as owner_anonymous',
    ])
    .where('owners.deleted_at', 'is', null);

export async function findCollection(db: Kysely<Schema>, id: string): Promise<CollectionRow | undefined> {
  return await withOwner(db).where('collections.id', '=', id.toLowerCase()).executeTakeFirst();
}

/** Locks the collection until the transaction ends: fifth in the lock order. */
export async function lockCollection(tx: Transaction, id: string): Promise<void> {
  await tx
    .updateTable('collections')
    .set((eb) => ({ writable: eb.ref('writable') }))
    .where('id', '=', id.toLowerCase())
    .execute();
}

/** All collections, in the order of their ids. */
export async function listCollections(db: Kysely<Schema>): Promise<CollectionRow[]> {
  return await withOwner(db).orderBy('collections.id').execute();
}

/** Whose collections a list holds: everybody's, or those that an account may see by its organization or its roles. */
export type CollectionScope =
  | 'all'
  | {
      accountId: number;
      /** The account's organization, with or without its collection. */
      organizationId: number;
      withOwn: boolean;
      /** The Community roles that show the collection of a community or source. */
      communityRoles: readonly CommunityRole[];
    };

/** A page of collections, by id or by the name of the owner. */
export async function listCollectionsPage(
  db: Kysely<Schema>,
  scope: CollectionScope,
  page: {
    ownerId: number | undefined;
    by: 'id' | 'owner';
    descending: boolean;
    after: { nameKey: string; id: string } | undefined;
    limit: number;
  },
): Promise<CollectionRow[]> {
  let query = withOwner(db);
  if (scope !== 'all') {
    query = query.where((eb) =>
      eb.or([
        ...(scope.withOwn ? [eb('owners.id', '=', scope.organizationId)] : []),
        ...(scope.communityRoles.length > 0 ? [eb('owners.id', 'in', ownersWithRole(db, scope))] : []),
      ]),
    );
  }
  if (page.ownerId !== undefined) query = query.where('owners.id', '=', page.ownerId);
  const direction = page.descending ? 'desc' : 'asc';
  const beyond = page.descending ? '<' : '>';
  const { after } = page;
  if (after !== undefined) {
    query = query.where((eb) =>
      page.by === 'id'
        ? eb('collections.id', beyond, after.id)
        : eb(eb.refTuple('owners.name_key', 'collections.id'), beyond, eb.tuple(after.nameKey, after.id)),
    );
  }
  if (page.by === 'owner') query = query.orderBy('owners.name_key', direction);
  return await query.orderBy('collections.id', direction).limit(page.limit).execute();
}

/** The communities and sources in which one of the roles counts for the account: its individual one, else the default. */
function ownersWithRole(db: Kysely<Schema>, scope: Exclude<CollectionScope, 'all'>) {
  const individual = db
    .selectFrom('account_roles')
    .select('owner_id')
    .where('account_id', '=', scope.accountId);
  return individual
    .where('role', 'in', scope.communityRoles)
    .union(
      db
        .selectFrom('memberships')
        .select('owner_id')
        .where('organization_id', '=', scope.organizationId)
        .where('default_role', 'in', scope.communityRoles)
        .where('owner_id', 'not in', individual),
    );
}

/** The collection that every owner has from its start. */
export function newCollection(id: string, ownerId: number, now: number): Insertable<CollectionsTable> {
  return {
    id,
    owner_id: ownerId,
    description: null,
    writable: 0,
    strict: 0,
    responsible_account_id: null,
    created_at: now,
  };
}

export async function insertCollection(tx: Transaction, row: Insertable<CollectionsTable>): Promise<void> {
  await tx.insertInto('collections').values(row).execute();
}

/** Writes the changes and counts the version up. */
export async function updateCollection(
  tx: Transaction,
  id: string,
  changes: Partial<Pick<CollectionsTable, 'writable' | 'strict' | 'description' | 'responsible_account_id'>>,
): Promise<void> {
  await tx
    .updateTable('collections')
    .set((eb) => ({ ...changes, version: eb('version', '+', 1) }))
    .where('id', '=', id)
    .execute();
}

/** The collections that the account is responsible for, named by their owners. */
export async function listCollectionsOf(
  db: Kysely<Schema>,
  accountId: number,
): Promise<{ id: string; name: string; owner_id: number; owner_kind: OwnerKind }[]> {
  return await db
    .selectFrom('collections')
    .innerJoin('owners', 'owners.id', 'collections.owner_id')
    .select(['collections.id', 'owners.name', 'owner_id', 'owners.kind as owner_kind'])
    .where('responsible_account_id', '=', accountId)
    .orderBy('owner_id')
    .orderBy('collections.id')
    .execute();
}

/** As `passServices`, of collections. Whether the heir may be responsible for them is the caller's to check. */
export async function passCollections(
  tx: Transaction,
  fromAccountId: number,
  toAccountId: number | null,
): Promise<number> {
  const result = await tx
    .updateTable('collections')
    .set((eb) => ({ responsible_account_id: toAccountId, version: eb('version', '+', 1) }))
    .where('responsible_account_id', '=', fromAccountId)
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}
