import type { Insertable, Kysely, Selectable } from 'kysely';
import type { Schema, SessionsTable } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';
import type { Micros } from '../../protocols/timestamp.ts';

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
    .where('hash', '=', hash)
    .executeTakeFirst();
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

/** Ends all sessions of an account but the latest `kept`. */
export async function deleteSurplusSessions(tx: Transaction, accountId: number, kept: number): Promise<void> {
  const surplus = await tx
    .selectFrom('sessions')
    .select('hash')
    .where('account_id', '=', accountId)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .offset(kept)
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
