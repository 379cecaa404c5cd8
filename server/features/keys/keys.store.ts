import type { Kysely } from 'kysely';
import type { CredentialKind, MasterKeyRow, Schema } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';

/** The master keys that were ever the first of a process, the one that came last at the end. */
export async function listMasterKeys(db: Kysely<Schema>): Promise<MasterKeyRow[]> {
  return await db.selectFrom('master_keys').selectAll().orderBy('used_since').orderBy('key_id').execute();
}

export async function insertMasterKey(tx: Transaction, row: MasterKeyRow): Promise<void> {
  await tx.insertInto('master_keys').values(row).execute();
}

export async function updateMasterKeySeal(tx: Transaction, keyId: string, seal: string): Promise<void> {
  await tx.updateTable('master_keys').set({ seal }).where('key_id', '=', keyId).execute();
}

export async function deleteMasterKey(tx: Transaction, keyId: string): Promise<void> {
  await tx.deleteFrom('master_keys').where('key_id', '=', keyId).execute();
}

/** How many checkpoints each signing key has signed. */
export async function countCheckpointsByKey(db: Kysely<Schema>): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('audit_checkpoints')
    .select((eb) => ['key_id', eb.fn.countAll<number>().as('rows')])
    .groupBy('key_id')
    .execute();
  return new Map(rows.map(({ key_id, rows }) => [key_id, Number(rows)]));
}

export async function listDataKeyRows(
  db: Kysely<Schema>,
): Promise<{ organizationId: number; organization: string; wrapped: string }[]> {
  return await db
    .selectFrom('data_keys')
    .innerJoin('owners', 'owners.id', 'data_keys.organization_id')
    .select(['organization_id as organizationId', 'owners.name as organization', 'wrapped'])
    .orderBy('organization_id')
    .execute();
}

/** Each of them replaces a text only where it is still the one that was read; whether it was. */
export async function replaceDataKey(
  tx: Transaction,
  organizationId: number,
  before: string,
  wrapped: string,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('data_keys')
    .set({ wrapped })
    .where('organization_id', '=', organizationId)
    .where('wrapped', '=', before)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Of a setting the version stays: its value is the same. */
export async function replaceSetting(
  tx: Transaction,
  name: string,
  before: string,
  value: string,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('system_settings')
    .set({ value })
    .where('name', '=', name)
    .where('value', '=', before)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function listSealedMails(
  db: Kysely<Schema>,
): Promise<{ id: number; recipient: string; created_at: number; sealed: string | null }[]> {
  return await db
    .selectFrom('outbox')
    .select(['id', 'recipient', 'created_at', 'sealed'])
    .where('sealed', 'is not', null)
    .orderBy('id')
    .execute();
}

export async function replaceMail(
  tx: Transaction,
  id: number,
  before: string,
  sealed: string,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('outbox')
    .set({ sealed })
    .where('id', '=', id)
    .where('sealed', '=', before)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** A secret that a data key protects, with what it is encrypted for. */
export type SealedSecret = {
  id: number;
  kind: CredentialKind | 'totp';
  hash: string;
  accountId: number;
  organizationId: number;
  userName: string;
};

const HOLDER = [
  'accounts.id as accountId',
  'accounts.organization_id as organizationId',
  'user_name as userName',
] as const;

/** Secret Keys after the id of a credential. */
export async function listSecretKeys(
  db: Kysely<Schema>,
  after: number,
  limit: number,
): Promise<SealedSecret[]> {
  return await db
    .selectFrom('credentials')
    .innerJoin('accounts', 'accounts.id', 'credentials.account_id')
    .select(['credentials.id', 'credentials.kind', 'hash', ...HOLDER])
    .where('algorithm', '=', 'sealed')
    .where('credentials.id', '>', after)
    .orderBy('credentials.id')
    .limit(limit)
    .execute();
}

/** Seeds of authenticator apps after the id of one. */
export async function listSeeds(db: Kysely<Schema>, after: number, limit: number): Promise<SealedSecret[]> {
  const rows = await db
    .selectFrom('authenticators')
    .innerJoin('accounts', 'accounts.id', 'authenticators.account_id')
    .select(['authenticators.id', 'sealed as hash', ...HOLDER])
    .where('authenticators.id', '>', after)
    .orderBy('authenticators.id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...row, kind: 'totp' }));
}
