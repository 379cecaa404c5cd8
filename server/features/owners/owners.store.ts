import type { Kysely, Selectable, Updateable } from 'kysely';
import { nameKey } from '../../../contract/names.ts';
import type { Limits } from '../../../contract/organizations.ts';
import type { Reference } from '../../../contract/references.ts';
import type { CommunityRole, OwnerKind, SystemRole } from '../../../contract/roles.ts';
import type { Actor, Target } from '../../access/can.ts';
import type { MembershipsTable, OrganizationsTable, OwnersTable, Schema } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';
import { AppError } from '../../errors.ts';
import { effectiveCommunityRole } from './owners.rules.ts';

export type OwnerRow = Selectable<OwnersTable>;
/** `version` is the owner's; what is edited of an organization counts up `organization_version`. */
export type OrganizationRow = OwnerRow &
  Omit<Selectable<OrganizationsTable>, 'version'> & { organization_version: number };

/** The owner of that id or name, unless it is deleted. */
export async function findOwner(db: Kysely<Schema>, reference: Reference): Promise<OwnerRow | undefined> {
  const query = db.selectFrom('owners').selectAll().where('deleted_at', 'is', null);
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

export function selectOrganizations(db: Kysely<Schema>) {
  return db
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
      'organizations.version as organization_version',
    ])
    .where('deleted_at', 'is', null);
}

/** The organization of that id or name, unless it is deleted. */
export async function findOrganization(
  db: Kysely<Schema>,
  reference: Reference,
): Promise<OrganizationRow | undefined> {
  const query = selectOrganizations(db);
  return await (typeof reference === 'number'
    ? query.where('owners.id', '=', reference)
    : query.where('name_key', '=', nameKey(reference))
  ).executeTakeFirst();
}

/**
 * The organization's limits and switches, locked until the transaction ends: second in the lock order.
 * @throws AppError `not_found` when it was deleted since it was found, so that nothing is put into a deleted one
 */
export async function lockOrganization(tx: Transaction, id: number): Promise<Selectable<OrganizationsTable>> {
  const row = await tx
    .updateTable('organizations')
    .set((eb) => ({ max_users: eb.ref('max_users') }))
    .where('owner_id', '=', id)
    .returningAll()
    .executeTakeFirst();
  // Asked after the lock is held: a statement that waited for it would see the owner as it was before.
  if (row === undefined || (await findOwner(tx, id)) === undefined)
    throw new AppError('not_found', { message: 'The organization does not exist any more.' });
  return row;
}

/**
 * The owner's row, locked until the transaction ends: fourth in the lock order.
 * @throws AppError `not_found` when it was deleted since it was found
 */
export async function lockOwner(tx: Transaction, id: number): Promise<OwnerRow> {
  const row = await tx
    .updateTable('owners')
    .set((eb) => ({ change_counter: eb.ref('change_counter') }))
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) throw new AppError('not_found', { message: 'The owner does not exist any more.' });
  return row;
}

export async function insertOwner(
  tx: Transaction,
  owner: { kind: OwnerKind; name: string; now: number; description?: string | null; anonymous?: boolean },
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
      description: owner.description ?? null,
      anonymous: owner.anonymous === false ? 0 : 1,
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

/** Writes the changes and counts the organization's version up. */
export async function updateOrganization(
  tx: Transaction,
  id: number,
  changes: Omit<Updateable<OrganizationsTable>, 'owner_id' | 'version'>,
): Promise<void> {
  await tx
    .updateTable('organizations')
    .set((eb) => ({ ...changes, version: eb('version', '+', 1) }))
    .where('owner_id', '=', id)
    .execute();
}

/** Writes the changes and counts the owner's version up. A changed name must be free; see `requireFreeName`. */
export async function updateOwner(
  tx: Transaction,
  id: number,
  { name, ...changes }: Partial<Pick<OwnersTable, 'name' | 'description'>> & { anonymous?: number },
): Promise<void> {
  await tx
    .updateTable('owners')
    .set((eb) => ({
      ...changes,
      ...(name === undefined ? {} : { name, name_key: nameKey(name) }),
      version: eb('version', '+', 1),
    }))
    .where('id', '=', id)
    .execute();
}

/**
 * Refuses a name that another owner has. Safe against a concurrent creation or renaming while the instance's row is locked.
 * @throws AppError `name_taken`
 */
export async function requireFreeName(tx: Transaction, name: string, but?: number): Promise<void> {
  const owner = await findOwner(tx, name);
  if (owner === undefined || owner.id === but) return;
  throw new AppError('name_taken', {
    message: `An organization, community or source named "${name}" exists already.`,
  });
}

/**
 * Deletes the owner: nobody finds it or its collection any more, its name is free, and its row stays for what refers to it.
 * It must hold no objects, and its row must be locked.
 */
export async function buryOwner(tx: Transaction, id: number, now: number): Promise<void> {
  await tx.deleteFrom('collections').where('owner_id', '=', id).execute();
  await tx.deleteFrom('account_roles').where('owner_id', '=', id).execute();
  // An account that was narrowed to this owner alone stays narrowed, and sees nothing.
  await tx.deleteFrom('account_allowed_owners').where('owner_id', '=', id).execute();
  await tx
    .updateTable('owners')
    // No name has a slash.
    .set((eb) => ({ deleted_at: now, name_key: `/${id}`, version: eb('version', '+', 1) }))
    .where('id', '=', id)
    .execute();
}

/** How many objects the owner has, counted up to `most`. */
export async function countObjects(db: Kysely<Schema>, ownerId: number, most: number): Promise<number> {
  const { count } = await db
    .selectFrom((eb) =>
      eb.selectFrom('objects').select('id').where('owner_id', '=', ownerId).limit(most).as('some'),
    )
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** All organizations in the order of their ids, or the one given. */
export async function listOrganizations(db: Kysely<Schema>, onlyId?: number): Promise<OrganizationRow[]> {
  let query = selectOrganizations(db);
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

/** The Community role of the account in the owner; undefined where it has none. */
export async function findCommunityRole(
  db: Kysely<Schema>,
  ownerId: number,
  account: { accountId: number; organizationId: number; systemRole: SystemRole },
): Promise<CommunityRole | undefined> {
  const own = await findIndividualRole(db, ownerId, account.accountId);
  const member = own === undefined ? await findMembership(db, ownerId, account.organizationId) : undefined;
  return effectiveCommunityRole(account.systemRole, own, member?.default_role);
}

/** The role that the account was given of its own in the owner. */
export async function findIndividualRole(
  db: Kysely<Schema>,
  ownerId: number,
  accountId: number,
): Promise<CommunityRole | undefined> {
  const row = await db
    .selectFrom('account_roles')
    .select('role')
    .where('account_id', '=', accountId)
    .where('owner_id', '=', ownerId)
    .executeTakeFirst();
  return row?.role;
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
