import type { ExpressionBuilder, Insertable, Kysely, Selectable } from 'kysely';
import type { Schema, SecondFactor, SessionsTable } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';
import type { Micros } from '../../protocols/timestamp.ts';
import { type SettingRow, settingValue } from '../settings/settings.store.ts';

const DEMANDS = [
  'password_reset_required',
  'password_changed_at',
  'mfa_reset_required',
  'terms_acceptance_required',
  'terms_accepted_version',
  'authenticator_since',
] as const;

/** The session of that hash, with what its account says of it now. */
export async function findSession(db: Kysely<Schema>, hash: string) {
  return await db
    .selectFrom('sessions')
    .innerJoin('accounts', 'accounts.id', 'sessions.account_id')
    .selectAll('sessions')
    .select([
      'accounts.credential_version as current_credential_version',
      'accounts.kind',
      'accounts.log_out_after_minutes',
    ])
    .select(DEMANDS.map((column) => `accounts.${column}` as const))
    .where('hash', '=', hash)
    .executeTakeFirst();
}

/** The system settings and terms of service that decide about sessions, in one query: they are read on every request. */
export async function findSessionPolicy(db: Kysely<Schema>) {
  const names = [
    'sessionIdleMinutes',
    'sessionAbsoluteHours',
    'sessionsPerAccount',
    'twoFactorAuthenticationRequired',
    'passwordMaxAgeDays',
  ] as const;
  const latest = (eb: ExpressionBuilder<Schema, 'system_settings'>) =>
    eb.selectFrom('terms_of_service').select((max) => max.fn.max('version').as('version'));
  // From the instance, so that there is a row where no setting was ever set.
  const rows = await db
    .selectFrom('instance')
    .leftJoin('system_settings', (join) => join.on('system_settings.name', 'in', names))
    .selectAll('system_settings')
    .select((eb) => latest(eb).as('terms_version'))
    .select((eb) => latest(eb).where('must_be_accepted', '=', 1).as('terms_demanded_version'))
    .execute();
  const current = (name: (typeof names)[number]) => {
    const row = rows.find((each) => each.name === name);
    return settingValue(name, row as SettingRow | undefined).value;
  };
  return {
    sessionIdleMinutes: Number(current('sessionIdleMinutes')),
    sessionAbsoluteHours: Number(current('sessionAbsoluteHours')),
    sessionsPerAccount: Number(current('sessionsPerAccount')),
    twoFactorAuthenticationRequired: current('twoFactorAuthenticationRequired') === true,
    passwordMaxAgeDays: Number(current('passwordMaxAgeDays')),
    terms_version: rows[0]?.terms_version ?? null,
    terms_demanded_version: rows[0]?.terms_demanded_version ?? null,
  };
}

/** Changes the session of that hash; a new `hash` makes the cookie that the browser had worthless. */
export async function updateSession(
  tx: Transaction,
  hash: string,
  changes: Partial<
    Pick<
      Selectable<SessionsTable>,
      'hash' | 'credential_version' | 'second_factor' | 'restricted_until' | 'verified_at'
    >
  >,
): Promise<void> {
  await tx.updateTable('sessions').set(changes).where('hash', '=', hash).execute();
}

/** Ends all sessions of an account but the one of that hash; how many there were. */
export async function deleteOtherSessions(tx: Transaction, accountId: number, hash: string): Promise<number> {
  const result = await tx
    .deleteFrom('sessions')
    .where('account_id', '=', accountId)
    .where('hash', '!=', hash)
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

/** The sessions of an account, the latest first. */
export async function listSessionsOf(db: Kysely<Schema>, accountId: number) {
  return await db
    .selectFrom('sessions')
    .innerJoin('accounts', 'accounts.id', 'sessions.account_id')
    .selectAll('sessions')
    .select(['accounts.credential_version as current_credential_version', 'accounts.log_out_after_minutes'])
    .where('account_id', '=', accountId)
    .orderBy('sessions.created_at', 'desc')
    .orderBy('sessions.id')
    .execute();
}

export async function insertSession(tx: Transaction, row: Insertable<SessionsTable>): Promise<void> {
  await tx.insertInto('sessions').values(row).execute();
}

/** Notes that the session was used, unless it has ended meanwhile. */
export async function updateLastSeen(tx: Transaction, hash: string, at: Micros): Promise<void> {
  await tx
    .updateTable('sessions')
    .set({ last_seen_at: at })
    .where('hash', '=', hash)
    .where('last_seen_at', '<', at)
    .execute();
}

/** The session that was deleted; undefined when it had ended already. */
export async function deleteSession(
  tx: Transaction,
  hash: string,
): Promise<Selectable<SessionsTable> | undefined> {
  return await tx.deleteFrom('sessions').where('hash', '=', hash).returningAll().executeTakeFirst();
}

/** Ends all sessions of an account, or the one of that id; how many there were. */
export async function deleteSessionsOf(tx: Transaction, accountId: number, id?: string): Promise<number> {
  let query = tx.deleteFrom('sessions').where('account_id', '=', accountId);
  if (id !== undefined) query = query.where('id', '=', id);
  return Number((await query.executeTakeFirst()).numDeletedRows);
}

/**
 * Ends the sessions of an account beyond the latest `kept`, of which that of `mine` is one. Those that are complete and
 * those that something is still required of are counted apart: whoever knows the password only ends no complete one.
 */
export async function deleteSurplusSessions(
  tx: Transaction,
  accountId: number,
  { mine, isComplete, kept }: { mine: string; isComplete: boolean; kept: number },
): Promise<void> {
  const surplus = await tx
    .selectFrom('sessions')
    .select('hash')
    .where('account_id', '=', accountId)
    .where('hash', '!=', mine)
    .where('restricted_until', isComplete ? 'is' : 'is not', null)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .offset(kept - 1)
    .limit(1000)
    .execute();
  if (surplus.length === 0) return;
  await tx
    .deleteFrom('sessions')
    .where(
      'hash',
      'in',
      surplus.map(({ hash }) => hash),
    )
    .execute();
}

/** Deletes the sessions that ended by themselves. */
export async function deleteExpiredSessions(tx: Transaction, now: Micros): Promise<void> {
  await tx.deleteFrom('sessions').where('expires_at', '<=', now).execute();
}

/** The account with what its person is told of it, and with what decides whether it may be used. */
export async function findPerson(db: Kysely<Schema>, accountId: number) {
  return await db
    .selectFrom('accounts')
    .innerJoin('organizations', 'organizations.owner_id', 'accounts.organization_id')
    .innerJoin('owners', 'owners.id', 'accounts.organization_id')
    .selectAll('accounts')
    .select(['owners.name as organization_name', 'organizations.disabled_at as organization_disabled_at'])
    .where('accounts.id', '=', accountId)
    .executeTakeFirst();
}

/** By what the account can show a second factor now. */
export async function listSecondFactors(db: Kysely<Schema>, accountId: number): Promise<SecondFactor[]> {
  const totp = await db
    .selectFrom('authenticators')
    .select('id')
    .where('account_id', '=', accountId)
    .where('confirmed_at', 'is not', null)
    .limit(1)
    .execute();
  const passkeys = await db
    .selectFrom('passkeys')
    .select('id')
    .where('account_id', '=', accountId)
    .limit(1)
    .execute();
  const codes = await db
    .selectFrom('recovery_codes')
    .select('hash')
    .where('account_id', '=', accountId)
    .where('used_at', 'is', null)
    .limit(1)
    .execute();
  return [
    ...totp.map(() => 'totp' as const),
    ...passkeys.map(() => 'passkey' as const),
    ...codes.map(() => 'recovery_code' as const),
  ];
}
