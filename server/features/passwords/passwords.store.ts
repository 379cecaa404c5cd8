import type { Kysely } from 'kysely';
import type { CredentialsTable, Schema } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';
import type { Micros } from '../../protocols/timestamp.ts';
import { type SettingRow, settingValue } from '../settings/settings.store.ts';
import type { PasswordPolicy } from './passwords.rules.ts';

const NAMES = [
  'passwordMinLength',
  'passwordMinLengthWithSecondFactor',
  'passwordMinCharacterClasses',
  'passwordHistory',
  'passwordMaxAgeDays',
  'twoFactorAuthenticationRequired',
] as const;

/** The system settings that decide about passwords, as they count now. */
export async function findPasswordPolicy(
  db: Kysely<Schema>,
): Promise<PasswordPolicy & { passwordMaxAgeDays: number }> {
  const rows = await db.selectFrom('system_settings').selectAll().where('name', 'in', NAMES).execute();
  const current = (name: (typeof NAMES)[number]) => {
    const row: SettingRow | undefined = rows.find((each) => each.name === name);
    return settingValue(name, row).value;
  };
  return {
    passwordMinLength: Number(current('passwordMinLength')),
    passwordMinLengthWithSecondFactor: Number(current('passwordMinLengthWithSecondFactor')),
    passwordMinCharacterClasses: Number(current('passwordMinCharacterClasses')),
    passwordHistory: Number(current('passwordHistory')),
    passwordMaxAgeDays: Number(current('passwordMaxAgeDays')),
    twoFactorAuthenticationRequired: current('twoFactorAuthenticationRequired') === true,
  };
}

type Hash = Pick<CredentialsTable, 'hash'> & { algorithm: 'argon2id' | 'sha256' };

/** The passwords that the account has and had, the latest first: at most `limit`. */
export async function listLastPasswords(
  db: Kysely<Schema>,
  accountId: number,
  limit: number,
): Promise<Hash[]> {
  const current = await listPasswords(db, accountId);
  const former = await db
    .selectFrom('password_history')
    .select('hash')
    .where('account_id', '=', accountId)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return [...current.map(({ hash }) => hash), ...former.map(({ hash }) => hash)]
    .slice(0, limit)
    .map((hash) => ({ hash, algorithm: hash.startsWith('$') ? 'argon2id' : 'sha256' }));
}

async function listPasswords(db: Kysely<Schema>, accountId: number): Promise<{ hash: string }[]> {
  return await db
    .selectFrom('credentials')
    .select('hash')
    .where('account_id', '=', accountId)
    .where('kind', '=', 'password')
    .orderBy('id', 'desc')
    .execute();
}

/** Whether the account has a password that is valid at the instant. */
export async function hasPassword(db: Kysely<Schema>, accountId: number, at: Micros): Promise<boolean> {
  const row = await db
    .selectFrom('credentials')
    .select('id')
    .where('account_id', '=', accountId)
    .where('kind', '=', 'password')
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', at)]))
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Keeps what is stored of the passwords that the account has now, before they are replaced, and of all that it had the
 * latest `kept`; 0: none.
 */
export async function keepFormerPasswords(
  tx: Transaction,
  accountId: number,
  kept: number,
  now: Micros,
): Promise<void> {
  const known = tx.selectFrom('password_history').select('hash').where('account_id', '=', accountId);
  const rows = kept === 0 ? [] : await listPasswords(tx, accountId);
  const former = new Set((await known.execute()).map(({ hash }) => hash));
  for (const { hash } of rows.reverse())
    if (!former.has(hash))
      await tx
        .insertInto('password_history')
        .values({ account_id: accountId, hash, created_at: now })
        .execute();
  const surplus = await tx
    .selectFrom('password_history')
    .select('id')
    .where('account_id', '=', accountId)
    .orderBy('id', 'desc')
    .offset(kept)
    .limit(1000)
    .execute();
  if (surplus.length === 0) return;
  await tx
    .deleteFrom('password_history')
    .where(
      'id',
      'in',
      surplus.map(({ id }) => id),
    )
    .execute();
}
