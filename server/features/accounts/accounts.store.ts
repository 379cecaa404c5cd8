import type { Insertable, Kysely } from 'kysely';
import { nameKey } from '../../../contract/names.ts';
import type { Reference } from '../../../contract/references.ts';
import { ACCOUNT_KINDS, type AccountKind } from '../../../contract/roles.ts';
import type { Actor } from '../../access/can.ts';
import { accountKeys } from '../../db/account-keys.ts';
import type { AccountRow, AccountsTable, CredentialKind, CredentialsTable, Schema } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';
import type { Micros } from '../../protocols/timestamp.ts';
import { accountObstacle } from '../authentication/authentication.rules.ts';
import { pseudonymFrom } from './accounts.rules.ts';

export type { AccountRow };

/** The account as an actor, with the roles that are stored for it now; undefined when it may not act. */
export async function findActor(
  db: Kysely<Schema>,
  id: number,
  now: Micros,
  /** `shared`: nobody changes its row until the transaction ends. PostgreSQL only; on SQLite nobody writes meanwhile. */
  lock: 'none' | 'shared' = 'none',
): Promise<Actor | undefined> {
  const query = db
    .selectFrom('accounts')
    .innerJoin('organizations', 'organizations.owner_id', 'accounts.organization_id')
    .select([
      'id',
      'kind',
      'user_name',
      'organization_id',
      'system_role',
      'organization_role',
      'deleted_at',
      'accounts.disabled_at',
      'locked_at',
      'expires_at',
      'organizations.disabled_at as organization_disabled_at',
    ])
    .select((eb) =>
      eb
        .selectFrom('system_settings')
        .select('value')
        .where('name', '=', 'accountsAdministratorManagesMembers')
        .as('manages_members'),
    )
    .where('id', '=', id);
  const row = await (lock === 'shared' ? query.forShare(['accounts']) : query).executeTakeFirst();
  return row === undefined || accountObstacle(row, ACCOUNT_KINDS, now) !== undefined
    ? undefined
    : {
        kind: 'account',
        accountId: row.id,
        name: row.user_name,
        organizationId: row.organization_id,
        systemRole: row.system_role,
        organizationRole: row.organization_role,
        managesMembers: row.manages_members !== 'false',
      };
}

/** The account of that id or user name, unless it is deleted. */
export async function findAccount(db: Kysely<Schema>, reference: Reference): Promise<AccountRow | undefined> {
  const query = db.selectFrom('accounts').selectAll().where('deleted_at', 'is', null);
  return await (typeof reference === 'number'
    ? query.where('id', '=', reference)
    : query.where('user_name_key', '=', nameKey(reference))
  ).executeTakeFirst();
}

/** The same account, locked until the transaction ends: third in the lock order. */
export async function lockAccount(tx: Transaction, reference: Reference): Promise<AccountRow | undefined> {
  const query = tx
    .updateTable('accounts')
    .set((eb) => ({ narrowed: eb.ref('narrowed') }))
    .where('deleted_at', 'is', null);
  return await (typeof reference === 'number'
    ? query.where('id', '=', reference)
    : query.where('user_name_key', '=', nameKey(reference))
  )
    .returningAll()
    .executeTakeFirst();
}

export async function insertAccount(
  tx: Transaction,
  row: Omit<Insertable<AccountsTable>, 'user_name_key' | 'user_name'> & { user_name: string },
): Promise<number> {
  const inserted = await tx
    .insertInto('accounts')
    .values({
      ...row,
      user_name_key: nameKey(row.user_name),
      ...accountKeys({ first_name: null, last_name: null, ...row }),
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return inserted.id;
}

/**
 * A pseudonym that no account has or had, made from 5 octets of `random` at a time. The instance's row must be locked, so
 * that no other transaction takes the same one.
 */
export async function freePseudonym(tx: Transaction, random: () => Uint8Array): Promise<string> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const pseudonym = pseudonymFrom(random());
    if ((await findByPseudonym(tx, pseudonym)) === undefined) return pseudonym;
  }
  throw new Error('the random source gives only pseudonyms that are in use');
}

/** Whose pseudonym it is or was: that of a deleted account is never given again. */
export async function findByPseudonym(db: Kysely<Schema>, pseudonym: string): Promise<number | undefined> {
  const row = await db
    .selectFrom('accounts')
    .select('id')
    .where('pseudonym', '=', pseudonym)
    .executeTakeFirst();
  return row?.id;
}

/** Writes the changes and counts the version up. Names go through `nameColumns`. */
export async function updateAccount(
  tx: Transaction,
  id: number,
  changes: Partial<Omit<AccountRow, 'id' | 'version'>>,
): Promise<void> {
  await tx
    .updateTable('accounts')
    .set((eb) => ({ ...changes, version: eb('version', '+', 1) }))
    .where('id', '=', id)
    .execute();
}

/** The changed names of an account, with the columns that follow from them. */
export function nameColumns(
  row: AccountRow,
  names: Partial<Pick<AccountRow, 'user_name' | 'first_name' | 'last_name' | 'pseudonym'>>,
): Partial<AccountRow> {
  if (Object.keys(names).length === 0) return {};
  const { user_name } = names;
  return {
    ...names,
    ...accountKeys({ ...row, ...names }),
    ...(user_name === undefined ? {} : { user_name_key: nameKey(user_name) }),
  };
}

/** Leaves a tombstone: who it was stays readable, and its user name is free for another account that inherits nothing. */
export async function buryAccount(tx: Transaction, row: AccountRow, now: Micros): Promise<void> {
  await tx
    .updateTable('accounts')
    .set((eb) => ({
      deleted_at: now,
      user_name_key: null,
      credential_version: eb('credential_version', '+', 1),
      version: eb('version', '+', 1),
    }))
    .where('id', '=', row.id)
    .execute();
}

/** Seats that accounts of the kind take: in the organization, or in the whole instance. Locked and disabled ones keep theirs. */
export async function countSeats(
  db: Kysely<Schema>,
  kind: AccountKind,
  organizationId: number | 'instance',
): Promise<number> {
  let query = db
    .selectFrom('accounts')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('kind', '=', kind)
    .where('deleted_at', 'is', null);
  if (organizationId !== 'instance') query = query.where('organization_id', '=', organizationId);
  return Number((await query.executeTakeFirstOrThrow()).count);
}

/** Whether any account of the instance that could act as its Administrator exists. */
export async function hasAdministrator(db: Kysely<Schema>): Promise<boolean> {
  return await hasAnother(db, { systemRole: 'Administrator' }, { lasting: false });
}

/**
 * Whether an Administrator of the instance, or an Organization Administrator of the organization, exists besides the
 * account, and outside the organization that is left out. `lasting`: one who may act now, and whom no date of expiry ends.
 */
export async function hasAnother(
  db: Kysely<Schema>,
  who: { systemRole: 'Administrator' } | { organizationId: number },
  { lasting, besides, outside }: { lasting: boolean; besides?: number; outside?: number },
): Promise<boolean> {
  let query = db.selectFrom('accounts').select('id').where('accounts.deleted_at', 'is', null);
  query =
    'systemRole' in who
      ? query.where('system_role', '=', who.systemRole)
      : query
          .where('organization_id', '=', who.organizationId)
          .where('organization_role', '=', 'Organization Administrator')
          .where('kind', '=', 'user');
  if (besides !== undefined) query = query.where('id', '!=', besides);
  if (outside !== undefined) query = query.where('organization_id', '!=', outside);
  if (lasting) {
    query = query
      .where('locked_at', 'is', null)
      .where('accounts.disabled_at', 'is', null)
      .where('expires_at', 'is', null);
    if ('systemRole' in who) {
      query = query
        .innerJoin('organizations', 'organizations.owner_id', 'accounts.organization_id')
        .where('organizations.disabled_at', 'is', null);
    }
  }
  return (await query.limit(1).executeTakeFirst()) !== undefined;
}

/** Whether the organization has an account besides this one. */
export async function hasOtherAccounts(
  db: Kysely<Schema>,
  organizationId: number,
  besides: number,
): Promise<boolean> {
  const row = await db
    .selectFrom('accounts')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('deleted_at', 'is', null)
    .where('id', '!=', besides)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Names of the owners that narrowed accounts may see, by account. */
export async function listAllowedOwners(db: Kysely<Schema>, accountIds: readonly number[]) {
  if (accountIds.length === 0) return [];
  return await db
    .selectFrom('account_allowed_owners')
    .innerJoin('owners', 'owners.id', 'account_allowed_owners.owner_id')
    .select(['account_id', 'owner_id', 'owners.name as owner_name', 'owners.kind as owner_kind'])
    .where('account_id', 'in', accountIds)
    .orderBy('owners.id')
    .execute();
}

export async function insertAllowedOwners(
  tx: Transaction,
  accountId: number,
  ownerIds: readonly number[],
): Promise<void> {
  if (ownerIds.length === 0) return;
  await tx
    .insertInto('account_allowed_owners')
    .values(ownerIds.map((owner_id) => ({ account_id: accountId, owner_id })))
    .execute();
}

/** Returns its id. */
export async function insertCredential(
  tx: Transaction,
  accountId: number,
  credential: {
    kind: CredentialKind;
    stored: Pick<CredentialsTable, 'algorithm' | 'hash'>;
    hint?: string | undefined;
    expiresAt?: Micros | undefined;
  },
  now: Micros,
): Promise<number> {
  const row = await tx
    .insertInto('credentials')
    .values({
      account_id: accountId,
      kind: credential.kind,
      ...credential.stored,
      hint: credential.hint ?? null,
      created_at: now,
      expires_at: credential.expiresAt ?? null,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}

/** Ends the account's credentials of the kind: at once, or at `at` for those that do not end sooner. */
export async function endCredentials(
  tx: Transaction,
  accountId: number,
  kind: CredentialKind | 'all',
  at: number | 'now',
): Promise<void> {
  if (at === 'now') {
    if (kind === 'all') await tx.deleteFrom('password_history').where('account_id', '=', accountId).execute();
    let query = tx.deleteFrom('credentials').where('account_id', '=', accountId);
    if (kind !== 'all') query = query.where('kind', '=', kind);
    await query.execute();
    return;
  }
  let query = tx
    .updateTable('credentials')
    .set({ expires_at: at })
    .where('account_id', '=', accountId)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', at)]));
  if (kind !== 'all') query = query.where('kind', '=', kind);
  await query.execute();
}

/** Writes when accounts were last used and from where: for show, in batches. */
export async function updateLastUsed(
  tx: Transaction,
  uses: readonly { accountId: number; at: number; address: string | null }[],
): Promise<void> {
  for (const use of [...uses].sort((a, b) => a.accountId - b.accountId)) {
    await tx
      .updateTable('accounts')
      .set({ last_used_at: use.at, last_used_from: use.address })
      .where('id', '=', use.accountId)
      .execute();
  }
}

/** The wrapped data key of the organization. */
export async function findDataKey(db: Kysely<Schema>, organizationId: number): Promise<string | undefined> {
  const row = await db
    .selectFrom('data_keys')
    .select('wrapped')
    .where('organization_id', '=', organizationId)
    .executeTakeFirst();
  return row?.wrapped;
}

/** Stores the organization's data key, unless it has one. */
export async function insertDataKeyOnce(
  tx: Transaction,
  organizationId: number,
  wrapped: string,
  now: Micros,
): Promise<void> {
  await tx
    .insertInto('data_keys')
    .values({ organization_id: organizationId, wrapped, created_at: now })
    .onConflict((c) => c.column('organization_id').doNothing())
    .execute();
}

/** One credential of the account. */
export async function findCredential(db: Kysely<Schema>, accountId: number, id: number) {
  return await db
    .selectFrom('credentials')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('id', '=', id)
    .executeTakeFirst();
}

/** The credentials of the account, the newest last, without what would open anything. */
export async function listCredentials(db: Kysely<Schema>, accountId: number, now: Micros) {
  return await db
    .selectFrom('credentials')
    .select([
      'id',
      'kind',
      'hint',
      'created_at',
      'expires_at',
      'last_used_at',
      'last_used_from',
      'allowed_networks',
      'read_only',
      'signed_body_required',
    ])
    .where('account_id', '=', accountId)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
    .orderBy('id')
    .execute();
}

export async function deleteCredential(tx: Transaction, id: number): Promise<void> {
  await tx.deleteFrom('credentials').where('id', '=', id).execute();
}

/** Forgets from where the account was used. */
export async function deleteKnownAddresses(tx: Transaction, accountId: number): Promise<void> {
  await tx.deleteFrom('known_addresses').where('account_id', '=', accountId).execute();
}

/** The account's recoverable secrets, encrypted. */
export async function listSealedCredentials(db: Kysely<Schema>, accountId: number) {
  return await db
    .selectFrom('credentials')
    .select(['id', 'kind', 'hash'])
    .where('account_id', '=', accountId)
    .where('algorithm', '=', 'sealed')
    .execute();
}

export async function updateCredentialHash(tx: Transaction, id: number, hash: string): Promise<void> {
  await tx.updateTable('credentials').set({ hash }).where('id', '=', id).execute();
}
