import type { Insertable, Kysely, Selectable } from 'kysely';
import type { LinkPurpose } from '../../../contract/links.ts';
import type { OneTimeLinksTable, Schema } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';
import type { Micros } from '../../protocols/timestamp.ts';

export type LinkRow = Selectable<OneTimeLinksTable>;

/** What the mail is called in the outbox that brings a link of the purpose. */
const MAILS = {
  invitation: 'invitation',
  password_reset: 'password_reset',
  email_change: 'email_change_confirm',
} as const satisfies Record<LinkPurpose, string>;

/** A mail that was not sent yet goes with its link: it would bring a dead one. */
async function deleteWaitingMails(tx: Transaction, accountId: number, purpose?: LinkPurpose): Promise<void> {
  await tx
    .deleteFrom('outbox')
    .where('account_id', '=', accountId)
    .where('purpose', 'in', purpose === undefined ? Object.values(MAILS) : [MAILS[purpose]])
    .where('sent_at', 'is', null)
    .execute();
}

/** Stores a link in place of those that the account had for the same purpose. */
export async function replaceLink(tx: Transaction, row: Insertable<OneTimeLinksTable>): Promise<void> {
  await tx
    .deleteFrom('one_time_links')
    .where('account_id', '=', row.account_id)
    .where('purpose', '=', row.purpose)
    .execute();
  await deleteWaitingMails(tx, row.account_id, row.purpose);
  await tx.insertInto('one_time_links').values(row).execute();
}

/** The link whose token has that digest. */
export async function findLink(db: Kysely<Schema>, hash: string): Promise<LinkRow | undefined> {
  return await db.selectFrom('one_time_links').selectAll().where('hash', '=', hash).executeTakeFirst();
}

/** Ends the links of an account, or those for one purpose; how many there were. */
export async function deleteLinksOf(
  tx: Transaction,
  accountId: number,
  purpose?: LinkPurpose,
): Promise<number> {
  let query = tx.deleteFrom('one_time_links').where('account_id', '=', accountId);
  if (purpose !== undefined) query = query.where('purpose', '=', purpose);
  await deleteWaitingMails(tx, accountId, purpose);
  return Number((await query.executeTakeFirst()).numDeletedRows);
}

/** Of each account the latest link that has not expired; those without one are not named. */
export async function listPendingLinks(
  db: Kysely<Schema>,
  accountIds: readonly number[],
  now: Micros,
): Promise<Map<number, LinkRow>> {
  if (accountIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('one_time_links')
    .selectAll()
    .where('account_id', 'in', accountIds)
    .where('expires_at', '>', now)
    .orderBy('created_at')
    .orderBy('id', 'desc')
    .execute();
  return new Map(rows.map((row) => [row.account_id, row]));
}

/** What the links of an account are for that have not expired. */
export async function listPurposesOfLinks(
  db: Kysely<Schema>,
  accountId: number,
  now: Micros,
): Promise<LinkPurpose[]> {
  const rows = await db
    .selectFrom('one_time_links')
    .select('purpose')
    .where('account_id', '=', accountId)
    .where('expires_at', '>', now)
    .orderBy('created_at')
    .execute();
  return rows.map(({ purpose }) => purpose);
}

export async function deleteExpiredLinks(tx: Transaction, now: Micros): Promise<void> {
  await tx.deleteFrom('one_time_links').where('expires_at', '<=', now).execute();
}
