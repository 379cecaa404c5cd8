import type { Kysely, Selectable, Updateable } from 'kysely';
import { nameKey } from '../../../contract/names.ts';
import type { Reference } from '../../../contract/references.ts';
import type { Limits } from '../../../contract/organizations.ts';
import type { CommunityRole, OwnerKind } from '../../../contract/roles.ts';
import type { Actor, Target } from '../../access/can.ts';
import type { MembershipsTable, OrganizationsTable, OwnersTable, Schema } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';
import { AppError } from '../../errors.ts';

export type OwnerRow = Selectable<OwnersTable>;
export type OrganizationRow = OwnerRow & Selectable<OrganizationsTable>;

export async function findOwner(db: Kysely<Schema>, reference: Reference): Promise<OwnerRow | undefined> {
  const query = db.selectFrom('owners').selectAll();
  return await (typeof reference === 'number'
    ? query.where('id', '=', reference)
    : query.where('name_key', '=', nameKey(reference))
  ).executeTakeFirst();
}

/** @throws AppError `not_found` */
export async function getOwner(db: Kysely<Schema>, name: string): Promise<OwnerRow> {
  const owner = await findOwner(db, name);
  if (owner === undefined) {
    throw new AppError('not_found', {
      message: `There is no organization, community or source named "${name}".`,
    });
  }
  return owner;
}

export async function findOrganization(
  db: Kysely<Schema>,
  reference: Reference,
): Promise<OrganizationRow | undefined> {
  const query = db
    .selectFrom('owners')
    .innerJoin('organizations', 'organizations.owner_id', 'owners.id')
    .selectAll('owners')
    .select([
      'owner_id',
      'max_users',
      'max_api_users',
      'max_taxii_users',
      'disabled_at',
      'allow_pseudonym_change',
      'read_only_users_allowed',
    ])
    .select('organizations.version as organization_version');
  return await (typeof reference === 'number'
    ? query.where('owners.id', '=', reference)
    : query.where('name_key', '=', nameKey(reference))
  ).executeTakeFirst();
}

/** The organization's limits, locked until the transaction ends: second in the lock order. */
export async function lockOrganization(tx: Transaction, id: number): Promise<Selectable<OrganizationsTable>> {
  return await tx
    .updateTable('organizations')
    .set((eb) => ({ max_users: eb.ref('max_users') }))
    .where('owner_id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function insertOwner(
  tx: Transaction,
  owner: { kind: OwnerKind; name: string; now: number },
): Promise<number> {
  const row = await tx
    .insertInto('owners')
    .values({
      kind: owner.kind,
      name: owner.name,
      name_key: nameKey(owner.name),
      last_stamp: owner.now,
      change_counter: 0,
      largest_object: 0,
      created_at: owner.now,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}

/** Inserts the owner and its limits; returns the id of both. */
export async function insertOrganization(
  tx: Transaction,
  organization: { name: string; limits: Limits; now: number },
): Promise<number> {
  const { name, limits, now } = organization;
  const id = await insertOwner(tx, { kind: 'organization', name, now });
  await tx
    .insertInto('organizations')
    .values({
      owner_id: id,
      max_users: limits.users,
      max_api_users: limits.apiUsers,
      max_taxii_users: limits.taxiiUsers,
    })
    .execute();
  return id;
}

export async function updateOrganization(
  tx: Transaction,
  id: number,
  changes: Omit<Updateable<OrganizationsTable>, 'owner_id'>,
): Promise<void> {
  await tx.updateTable('organizations').set(changes).where('owner_id', '=', id).execute();
}

/** All organizations in the order of their ids, or the one given. */
export async function listOrganizations(db: Kysely<Schema>, onlyId?: number): Promise<OrganizationRow[]> {
  let query = db
    .selectFrom('owners')
    .innerJoin('organizations', 'organizations.owner_id', 'owners.id')
    .selectAll();
  if (onlyId !== undefined) query = query.where('owners.id', '=', onlyId);
  return await query.orderBy('owners.id').execute();
}

/** Adds the member, or changes its default role. */
export async function upsertMembership(tx: Transaction, row: MembershipsTable): Promise<void> {
  await tx
    .insertInto('memberships')
    .values(row)
    .onConflict((c) =>
      c.columns(['owner_id', 'organization_id']).doUpdateSet({ default_role: row.default_role }),
    )
    .execute();
}

export async function findMembership(
  db: Kysely<Schema>,
  ownerId: number,
  organizationId: number,
): Promise<MembershipsTable | undefined> {
  return await db
    .selectFrom('memberships')
    .selectAll()
    .where('owner_id', '=', ownerId)
    .where('organization_id', '=', organizationId)
    .executeTakeFirst();
}

/** The Community role of the account in the owner: its individual role there, else its organization's default there. */
export async function findCommunityRole(
  db: Kysely<Schema>,
  ownerId: number,
  account: { accountId: number; organizationId: number },
): Promise<CommunityRole | undefined> {
  const own = await db
    .selectFrom('account_roles')
    .select('role')
    .where('account_id', '=', account.accountId)
    .where('owner_id', '=', ownerId)
    .executeTakeFirst();
  return own?.role ?? (await findMembership(db, ownerId, account.organizationId))?.default_role;
}

/** What a right in the owner depends on: the organization it is, or the actor's Community role there. */
export async function ownerTarget(
  db: Kysely<Schema>,
  owner: Pick<OwnerRow, 'id' | 'kind'>,
  actor: Actor,
): Promise<Target> {
  if (owner.kind === 'organization') return { organizationId: owner.id };
  return {
    communityRole: actor.kind === 'account' ? await findCommunityRole(db, owner.id, actor) : undefined,
  };
}
