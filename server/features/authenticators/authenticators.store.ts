import type { Insertable, Kysely, Selectable } from 'kysely';
import type {
  AuthenticatorsTable,
  ChallengesTable,
  PasskeysTable,
  RecoveryCodesTable,
  Schema,
} from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';
import type { Micros } from '../../protocols/timestamp.ts';

export type AuthenticatorRow = Selectable<AuthenticatorsTable>;
export type PasskeyRow = Selectable<PasskeysTable>;

/** The account's authenticator apps: the one that works, and one that waits for its first code. */
export async function findAuthenticators(
  db: Kysely<Schema>,
  accountId: number,
): Promise<{ confirmed: AuthenticatorRow | undefined; pending: AuthenticatorRow | undefined }> {
  const rows = await db
    .selectFrom('authenticators')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('id', 'desc')
    .execute();
  return {
    confirmed: rows.find((row) => row.confirmed_at !== null),
    pending: rows.find((row) => row.confirmed_at === null),
  };
}

/** All of the account's seeds as they are sealed, also one that waits for its first code. */
export async function listSealedSeeds(db: Kysely<Schema>, accountId: number) {
  return await db
    .selectFrom('authenticators')
    .select(['id', 'sealed'])
    .where('account_id', '=', accountId)
    .execute();
}

/** A pending one, in place of the one that was pending; its seed is sealed for its id, which is known only then. */
export async function insertPendingAuthenticator(
  tx: Transaction,
  accountId: number,
  now: Micros,
): Promise<number> {
  await tx
    .deleteFrom('authenticators')
    .where('account_id', '=', accountId)
    .where('confirmed_at', 'is', null)
    .execute();
  const { id } = await tx
    .insertInto('authenticators')
    .values({ account_id: accountId, sealed: '', created_at: now, last_step: 0 })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

export async function updateSealedSeed(tx: Transaction, id: number, sealed: string): Promise<void> {
  await tx.updateTable('authenticators').set({ sealed }).where('id', '=', id).execute();
}

/** Notes that the code of that step was used. False: it, or a later one, was used before, in whichever process. */
export async function useStep(tx: Transaction, id: number, step: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('authenticators')
    .set({ last_step: step })
    .where('id', '=', id)
    .where('last_step', '<', step)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** The pending one works from now on, in place of the one that did. */
export async function confirmAuthenticator(
  tx: Transaction,
  { id, account_id }: AuthenticatorRow,
  now: Micros,
): Promise<void> {
  await tx.deleteFrom('authenticators').where('account_id', '=', account_id).where('id', '!=', id).execute();
  await tx.updateTable('authenticators').set({ confirmed_at: now }).where('id', '=', id).execute();
}

/** Removes the authenticator app, and one that is pending. */
export async function deleteAuthenticators(tx: Transaction, accountId: number): Promise<void> {
  await tx.deleteFrom('authenticators').where('account_id', '=', accountId).execute();
}

/** The account's passkeys, the oldest first. */
export async function listPasskeys(db: Kysely<Schema>, accountId: number): Promise<PasskeyRow[]> {
  return await db
    .selectFrom('passkeys')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('id')
    .execute();
}

export async function findPasskey(
  db: Kysely<Schema>,
  which: { credentialId: string } | { id: number; accountId: number },
): Promise<PasskeyRow | undefined> {
  const query = db.selectFrom('passkeys').selectAll();
  return await ('credentialId' in which
    ? query.where('credential_id', '=', which.credentialId)
    : query.where('id', '=', which.id).where('account_id', '=', which.accountId)
  ).executeTakeFirst();
}

/** Undefined: the authenticator's key is registered already, with this account or another. */
export async function insertPasskey(
  tx: Transaction,
  row: Insertable<PasskeysTable>,
): Promise<PasskeyRow | undefined> {
  return await tx
    .insertInto('passkeys')
    .values(row)
    .onConflict((conflict) => conflict.column('credential_id').doNothing())
    .returningAll()
    .executeTakeFirst();
}

/**
 * Notes the use of a passkey. False: it is gone, or its counter did not go up although it counts: somebody has a copy of
 * its key (WebAuthn Level 3 §6.1.1).
 */
export async function usePasskey(
  tx: Transaction,
  id: number,
  use: { counter: number; backedUp: boolean; at: Micros },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('passkeys')
    .set({ counter: use.counter, backed_up: Number(use.backedUp), last_used_at: use.at })
    .where('id', '=', id)
    .where((is) => (use.counter === 0 ? is('counter', '=', 0) : is('counter', '<', use.counter)))
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

export async function updatePasskeyName(tx: Transaction, id: number, name: string): Promise<void> {
  await tx.updateTable('passkeys').set({ name }).where('id', '=', id).execute();
}

export async function deletePasskey(tx: Transaction, id: number): Promise<void> {
  await tx.deleteFrom('passkeys').where('id', '=', id).execute();
}

/** Replaces the account's recovery codes by those with these hashes. */
export async function replaceRecoveryCodes(
  tx: Transaction,
  accountId: number,
  hashes: readonly string[],
  now: Micros,
): Promise<void> {
  await tx.deleteFrom('recovery_codes').where('account_id', '=', accountId).execute();
  if (hashes.length === 0) return;
  const rows: Insertable<RecoveryCodesTable>[] = hashes.map((hash) => ({
    account_id: accountId,
    hash,
    created_at: now,
  }));
  await tx.insertInto('recovery_codes').values(rows).execute();
}

/** False: the account has no such code, or it was used before. */
export async function useRecoveryCode(
  tx: Transaction,
  accountId: number,
  hash: string,
  now: Micros,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('recovery_codes')
    .set({ used_at: now })
    .where('account_id', '=', accountId)
    .where('hash', '=', hash)
    .where('used_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

export async function countRecoveryCodes(db: Kysely<Schema>, accountId: number): Promise<number> {
  const { count } = await db
    .selectFrom('recovery_codes')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .where('used_at', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** What the account has to show as a second factor. */
export async function describeFactors(
  db: Kysely<Schema>,
  accountId: number,
): Promise<{ totp: boolean; passkeys: number; recoveryCodesLeft: number }> {
  return {
    totp: (await findAuthenticators(db, accountId)).confirmed !== undefined,
    passkeys: (await listPasskeys(db, accountId)).length,
    recoveryCodesLeft: await countRecoveryCodes(db, accountId),
  };
}

/** Removes everything that the account could show as a second factor, and what was asked of it. */
export async function deleteFactors(tx: Transaction, accountId: number): Promise<void> {
  await deleteAuthenticators(tx, accountId);
  await tx.deleteFrom('passkeys').where('account_id', '=', accountId).execute();
  await tx.deleteFrom('recovery_codes').where('account_id', '=', accountId).execute();
  await tx.deleteFrom('challenges').where('account_id', '=', accountId).execute();
}

export async function insertChallenge(tx: Transaction, row: Insertable<ChallengesTable>): Promise<void> {
  await tx.insertInto('challenges').values(row).execute();
}

/** The challenge, which is used with that; undefined where it is none, or was used, in whichever process. */
export async function takeChallenge(
  tx: Transaction,
  id: string,
): Promise<Selectable<ChallengesTable> | undefined> {
  return await tx.deleteFrom('challenges').where('id', '=', id).returningAll().executeTakeFirst();
}

/** Deletes challenges that nobody answered in time, and authenticator apps that were never confirmed. */
export async function deleteExpiredEnrolments(
  tx: Transaction,
  { now, pendingSince }: { now: Micros; pendingSince: Micros },
): Promise<void> {
  await tx.deleteFrom('challenges').where('expires_at', '<=', now).execute();
  await tx
    .deleteFrom('authenticators')
    .where('confirmed_at', 'is', null)
    .where('created_at', '<=', pendingSince)
    .execute();
}
