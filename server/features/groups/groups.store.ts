import { type Insertable, type Kysely, type Selectable, type SqlBool, sql, type Updateable } from 'kysely';
import { nameKey } from '../../../contract/names.ts';
import type { Schema, UserGroupsTable } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';
import { AppError } from '../../errors.ts';

export type GroupRow = Selectable<UserGroupsTable>;
export type GroupOfAccount = { account_id: number; id: number; name: string };

/** The kinds of account that may be in a user group. */
const MEMBER_KINDS = ['user', 'read_only'] as const;
/** Bound parameters of one statement. */
const MAX_VALUES = 500;

/** The user groups of the accounts, by account and name. */
export async function listGroupsOf(
  db: Kysely<Schema>,
  accountIds: readonly number[],
): Promise<GroupOfAccount[]> {
  if (accountIds.length === 0) return [];
  return await db
    .selectFrom('user_group_members')
    .innerJoin('user_groups', 'user_groups.id', 'user_group_members.group_id')
    .select(['user_group_members.account_id', 'user_groups.id', 'user_groups.name'])
    .where('user_group_members.account_id', 'in', accountIds)
    .orderBy('user_group_members.account_id')
    .orderBy('user_groups.name_key')
    .execute();
}

/**
 * Makes the account a member of exactly these groups. The account's row must be locked: whoever else changes who is in a
 * group locks it as well.
 * @throws AppError `not_found` unless each of them is a group of the organization
 */
export async function setGroupsOf(
  tx: Transaction,
  accountId: number,
  organizationId: number,
  groupIds: readonly number[],
): Promise<void> {
  const wanted = [...new Set(groupIds)];
  const known = await lockGroups(tx, organizationId, wanted);
  const missing = wanted.find((id) => !known.has(id));
  if (missing !== undefined)
    throw new AppError('not_found', { message: `There is no user group ${missing} in the organization.` });
  await removeFromGroups(tx, accountId);
  await insertMembers(
    tx,
    wanted.map((group_id) => ({ group_id, account_id: accountId })),
  );
}

/** Takes the account out of every group. */
export async function removeFromGroups(tx: Transaction, accountId: number): Promise<void> {
  await tx.deleteFrom('user_group_members').where('account_id', '=', accountId).execute();
}

/** The ids of those that are groups of the organization, each locked, so that none is deleted meanwhile. */
async function lockGroups(
  tx: Transaction,
  organizationId: number,
  ids: readonly number[],
): Promise<Set<number>> {
  const known = new Set<number>();
  // One after the other in the order of their ids, so that two that lock several do not wait for each other.
  for (const id of [...ids].sort((a, b) => a - b)) {
    const row = await lockGroup(tx, id);
    if (row?.organization_id === organizationId) known.add(id);
  }
  return known;
}

/** The group, locked until the transaction ends: after the accounts in the lock order. */
export async function lockGroup(tx: Transaction, id: number): Promise<GroupRow | undefined> {
  return await tx
    .updateTable('user_groups')
    .set((eb) => ({ version: eb.ref('version') }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
}

export async function findGroup(db: Kysely<Schema>, id: number): Promise<GroupRow | undefined> {
  return await db.selectFrom('user_groups').selectAll().where('id', '=', id).executeTakeFirst();
}

/** The group of that name in the organization. */
export async function findGroupByName(
  db: Kysely<Schema>,
  organizationId: number,
  name: string,
): Promise<GroupRow | undefined> {
  return await db
    .selectFrom('user_groups')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('name_key', '=', nameKey(name))
    .executeTakeFirst();
}

/** Groups of the organization by name, with how many members each has; `after` = the key of the name to go on from. */
export async function listGroups(
  db: Kysely<Schema>,
  organizationId: number,
  page: {
    after?: string | undefined;
    descending: boolean;
    limit: number;
    /** Anywhere in the name, without regard to case. */
    search?: string | undefined;
  },
): Promise<(GroupRow & { members: number })[]> {
  let query = db
    .selectFrom('user_groups')
    .selectAll()
    .select((eb) =>
      eb
        .selectFrom('user_group_members')
        .select((count) => count.fn.countAll<number>().as('count'))
        .whereRef('group_id', '=', 'user_groups.id')
        .as('members'),
    )
    .where('organization_id', '=', organizationId);
  if (page.search !== undefined) {
    const pattern = `%${nameKey(page.search).replace(/[\\%_]/g, '\\$&')}%`;
    query = query.where(sql<SqlBool>`name_key like ${pattern} escape '\\'`);
  }
  if (page.after !== undefined) query = query.where('name_key', page.descending ? '<' : '>', page.after);
  const rows = await query
    .orderBy('name_key', page.descending ? 'desc' : 'asc')
    .limit(page.limit)
    .execute();
  return rows.map((row) => ({ ...row, members: Number(row.members) }));
}

/** @throws AppError `name_taken` is the caller's to check, with the organization's row locked */
export async function insertGroup(
  tx: Transaction,
  row: Omit<Insertable<UserGroupsTable>, 'name_key' | 'version'>,
): Promise<GroupRow> {
  return await tx
    .insertInto('user_groups')
    .values({ ...row, name_key: nameKey(row.name), version: 1 })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function updateGroup(
  tx: Transaction,
  id: number,
  changes: Pick<Updateable<UserGroupsTable>, 'name' | 'description' | 'version'>,
): Promise<void> {
  await tx
    .updateTable('user_groups')
    .set({ ...changes, ...(changes.name === undefined ? {} : { name_key: nameKey(changes.name) }) })
    .where('id', '=', id)
    .execute();
}

/** Deletes the group; its members are in it no more. */
export async function deleteGroup(tx: Transaction, id: number): Promise<void> {
  await tx.deleteFrom('user_group_members').where('group_id', '=', id).execute();
  await tx.deleteFrom('user_groups').where('id', '=', id).execute();
}

/** The members of the group by user name, with what members of an organization see of each other. */
export async function listGroupMembers(db: Kysely<Schema>, groupId: number) {
  return await db
    .selectFrom('user_group_members')
    .innerJoin('accounts', 'accounts.id', 'user_group_members.account_id')
    .select(['accounts.id', 'kind', 'user_name', 'first_name', 'last_name', 'pseudonym'])
    .where('group_id', '=', groupId)
    .where('accounts.deleted_at', 'is', null)
    .orderBy('user_name_key')
    .execute();
}

/**
 * Those of the accounts that may be in groups of the organization, in the order of their ids, each locked until
 * the transaction ends: third in the lock order.
 */
export async function lockPossibleMembers(
  tx: Transaction,
  organizationId: number,
  accountIds: readonly number[],
): Promise<{ id: number; user_name: string }[]> {
  const ids = [...new Set(accountIds)].sort((a, b) => a - b);
  const found: { id: number; user_name: string }[] = [];
  for (let from = 0; from < ids.length; from += MAX_VALUES) {
    const rows = await tx
      .updateTable('accounts')
      .set((eb) => ({ narrowed: eb.ref('narrowed') }))
      .where('id', 'in', ids.slice(from, from + MAX_VALUES))
      .where('organization_id', '=', organizationId)
      .where('kind', 'in', MEMBER_KINDS)
      .where('deleted_at', 'is', null)
      .returning(['id', 'user_name'])
      .execute();
    found.push(...rows);
  }
  found.sort((a, b) => a.id - b.id);
  return found;
}

/** The ids of the accounts of these names that may be in groups of the organization, by the key of the name. */
export async function findPossibleMembers(
  db: Kysely<Schema>,
  organizationId: number,
  userNames: readonly string[],
): Promise<Map<string, number>> {
  const keys = [...new Set(userNames.map(nameKey))];
  const found = new Map<string, number>();
  for (let from = 0; from < keys.length; from += MAX_VALUES) {
    const rows = await db
      .selectFrom('accounts')
      .select(['id', 'user_name_key'])
      .where('user_name_key', 'in', keys.slice(from, from + MAX_VALUES))
      .where('organization_id', '=', organizationId)
      .where('kind', 'in', MEMBER_KINDS)
      .execute();
    for (const { id, user_name_key } of rows) if (user_name_key !== null) found.set(user_name_key, id);
  }
  return found;
}

/** Makes these accounts the members of the group, and nobody else. */
export async function replaceMembers(
  tx: Transaction,
  groupId: number,
  accountIds: readonly number[],
): Promise<void> {
  await tx.deleteFrom('user_group_members').where('group_id', '=', groupId).execute();
  await insertMembers(
    tx,
    accountIds.map((account_id) => ({ group_id: groupId, account_id })),
  );
}

async function insertMembers(
  tx: Transaction,
  rows: readonly { group_id: number; account_id: number }[],
): Promise<void> {
  for (let from = 0; from < rows.length; from += MAX_VALUES) {
    await tx
      .insertInto('user_group_members')
      .values(rows.slice(from, from + MAX_VALUES))
      .execute();
  }
}
