import { type Kysely, sql } from 'kysely';
import { nameKey } from '../../../contract/names.ts';
import type { AccountKind, CommunityRole, OrganizationRole, SystemRole } from '../../../contract/roles.ts';
import type { Schema } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';

export type MemberRow = {
  organization_id: number;
  organization_name: string;
  name_key: string;
  default_role: CommunityRole;
};

/** A page of the member organizations, by name. `after`: the key of the row before. */
export async function listMembersPage(
  db: Kysely<Schema>,
  ownerId: number,
  page: { limit: number; after: string | undefined; descending: boolean },
): Promise<MemberRow[]> {
  let query = db
    .selectFrom('memberships')
    .innerJoin('owners', 'owners.id', 'memberships.organization_id')
    .select(['organization_id', 'owners.name as organization_name', 'name_key', 'default_role'])
    .where('owner_id', '=', ownerId);
  if (page.after !== undefined) query = query.where('name_key', page.descending ? '<' : '>', page.after);
  return await query
    .orderBy('name_key', page.descending ? 'desc' : 'asc')
    .limit(page.limit)
    .execute();
}

/**
 * Ends the membership. The individual roles of the organization's accounts there end with it, and their allow-lists lose the
 * owner: an account that was narrowed to it alone stays narrowed, and sees nothing. Returns how many of each.
 */
export async function deleteMembership(
  tx: Transaction,
  ownerId: number,
  organizationId: number,
): Promise<{ roles: number; allowListEntries: number }> {
  const accounts = tx
    .selectFrom('accounts')
    .select('accounts.id')
    .where('accounts.organization_id', '=', organizationId);
  const roles = await tx
    .deleteFrom('account_roles')
    .where('owner_id', '=', ownerId)
    .where('account_id', 'in', accounts)
    .executeTakeFirst();
  const entries = await tx
    .deleteFrom('account_allowed_owners')
    .where('owner_id', '=', ownerId)
    .where('account_id', 'in', accounts)
    .executeTakeFirst();
  await tx
    .deleteFrom('memberships')
    .where('owner_id', '=', ownerId)
    .where('organization_id', '=', organizationId)
    .execute();
  return { roles: Number(roles.numDeletedRows), allowListEntries: Number(entries.numDeletedRows) };
}

export type MemberAccountRow = {
  id: number;
  kind: AccountKind;
  user_name: string;
  pseudonym: string;
  first_name: string | null;
  last_name: string | null;
  system_role: SystemRole;
  organization_role: OrganizationRole;
  organization_id: number;
  organization_name: string;
  individual: CommunityRole | null;
  default_role: CommunityRole;
};

/** Where a page of accounts begins: after this one, by its id or its pseudonym as the order wants. */
export type AccountPosition = { organizationId: number; account: number | string };

/**
 * What is shown of accounts. A search looks only in that part of `search_key` (lines of user name, names, pseudonym; no line
 * holds a line break), or it would tell who is behind a pseudonym.
 */
export type ShownPart = 'pseudonym' | 'names';

const accountsOf = (db: Kysely<Schema>, ownerId: number) =>
  db
    .selectFrom('memberships as m')
    .innerJoin('accounts as a', 'a.organization_id', 'm.organization_id')
    .innerJoin('owners as o', 'o.id', 'm.organization_id')
    .leftJoin('account_roles as r', (join) =>
      join.onRef('r.account_id', '=', 'a.id').on('r.owner_id', '=', ownerId),
    )
    .select([
      'a.id',
      'a.kind',
      'a.user_name',
      'a.pseudonym',
      'a.first_name',
      'a.last_name',
      'a.system_role',
      'a.organization_role',
      'a.organization_id',
      'o.name as organization_name',
      'r.role as individual',
      'm.default_role',
    ])
    .where('m.owner_id', '=', ownerId)
    .where('a.deleted_at', 'is', null);

/**
 * A page of the accounts of the member organizations: by organization, and in each by id or, where pseudonyms are shown, by
 * pseudonym; that order tells nothing of names. `pattern` is matched against what is shown. Where names are, accounts that an
 * organization was Banned with are left out.
 */
export async function listMemberAccountsPage(
  db: Kysely<Schema>,
  ownerId: number,
  page: { limit: number; after: AccountPosition | undefined; descending: boolean },
  filter: { organizationId: number | undefined; pattern: string | undefined; shown: ShownPart },
): Promise<MemberAccountRow[]> {
  const direction = page.descending ? 'desc' : 'asc';
  const beyond = page.descending ? '<' : '>';
  const key = filter.shown === 'pseudonym' ? 'a.pseudonym' : 'a.id';
  const select = (only: number | undefined) => {
    let query = accountsOf(db, ownerId);
    if (only !== undefined) query = query.where('m.organization_id', '=', only);
    if (filter.pattern !== undefined) query = query.where(matches(filter.pattern, filter.shown));
    if (filter.shown === 'names')
      query = query.where((eb) =>
        eb.or([
          eb('m.default_role', '!=', 'Banned'),
          eb(eb.fn.coalesce('r.role', 'm.default_role'), '!=', 'Banned'),
        ]),
      );
    return query.orderBy('m.organization_id', direction).orderBy(key, direction);
  };
  const { after } = page;
  if (after === undefined) return await select(filter.organizationId).limit(page.limit).execute();
  // In two steps, each of which goes down an index: the rest of one organization, then those that follow.
  const rest = await select(after.organizationId)
    .where(key, beyond, after.account)
    .limit(page.limit)
    .execute();
  if (rest.length === page.limit || filter.organizationId !== undefined) return rest;
  const following = await select(undefined)
    .where('m.organization_id', beyond, after.organizationId)
    .limit(page.limit - rest.length)
    .execute();
  return [...rest, ...following];
}

function matches(pattern: string, shown: ShownPart) {
  const inPseudonym = sql<boolean>`a.search_key like ${`%\n%\n${pattern}`} escape '!'`;
  if (shown === 'pseudonym') return inPseudonym;
  // A line break stands before the names, and none in what is looked for; a name is followed by another line.
  const inNames = sql<boolean>`a.search_key like ${`%\n${pattern}\n%`} escape '!'`;
  return sql<boolean>`case when a.kind = 'taxii' then ${inPseudonym} else ${inNames} end`;
}

/** The account, if its organization is a member. */
export async function findMemberAccount(
  db: Kysely<Schema>,
  ownerId: number,
  by: { id: number } | { pseudonym: string } | { userName: string },
): Promise<MemberAccountRow | undefined> {
  const query = accountsOf(db, ownerId);
  if ('id' in by) return await query.where('a.id', '=', by.id).executeTakeFirst();
  if ('pseudonym' in by) return await query.where('a.pseudonym', '=', by.pseudonym).executeTakeFirst();
  return await query.where('a.user_name_key', '=', nameKey(by.userName)).executeTakeFirst();
}

/** Locks the account until the transaction ends: third in the lock order. */
export async function lockAccountRow(tx: Transaction, accountId: number): Promise<void> {
  await tx
    .updateTable('accounts')
    .set((eb) => ({ narrowed: eb.ref('narrowed') }))
    .where('id', '=', accountId)
    .execute();
}

/** Gives the account an individual role in the owner, or with null ends it. */
export async function setIndividualRole(
  tx: Transaction,
  ownerId: number,
  accountId: number,
  role: CommunityRole | null,
): Promise<void> {
  if (role === null) {
    await tx
      .deleteFrom('account_roles')
      .where('owner_id', '=', ownerId)
      .where('account_id', '=', accountId)
      .execute();
    return;
  }
  await tx
    .insertInto('account_roles')
    .values({ owner_id: ownerId, account_id: accountId, role })
    .onConflict((c) => c.columns(['account_id', 'owner_id']).doUpdateSet({ role }))
    .execute();
}
