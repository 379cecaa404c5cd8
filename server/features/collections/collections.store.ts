import type { Insertable, Kysely, Selectable } from 'kysely';
import type { OwnerKind } from '../../../contract/roles.ts';
import type { CollectionsTable, Schema } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';

export type CollectionRow = Selectable<CollectionsTable> & { owner_name: string; owner_kind: OwnerKind };

const withOwner = (db: Kysely<Schema>) =>
  db
    .selectFrom('collections')
    .innerJoin('owners', 'owners.id', 'collections.owner_id')
    .selectAll('collections')
    .select(['owners.name as owner_name', 'owners.kind as owner_kind']);

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

export async function updateCollection(
  tx: Transaction,
  id: string,
  changes: Partial<Pick<CollectionsTable, 'writable' | 'strict' | 'description'>>,
): Promise<void> {
  await tx.updateTable('collections').set(changes).where('id', '=', id).execute();
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
