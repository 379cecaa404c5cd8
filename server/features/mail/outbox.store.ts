import type { Insertable, Kysely, Selectable } from 'kysely';
import type { MailState } from '../../../contract/mail.ts';
import type { OutboxTable, Schema } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';
import type { Micros } from '../../protocols/timestamp.ts';

export type OutboxRow = Selectable<OutboxTable>;
/** What may be shown of a mail: never what it says. */
export type ShownRow = Omit<OutboxRow, 'sealed' | 'claimed_until'>;

const SHOWN = [
  'id',
  'account_id',
  'organization_id',
  'purpose',
  'recipient',
  'created_at',
  'attempts',
  'next_attempt_at',
  'sent_at',
  'failed_at',
  'error',
] as const;

export async function insertMail(
  tx: Transaction,
  row: Omit<Insertable<OutboxTable>, 'id' | 'sent_at' | 'failed_at' | 'error'>,
): Promise<void> {
  await tx.insertInto('outbox').values(row).execute();
}

/** Mails that are due, and that no process is sending, the one that waits longest first. */
export async function listDueMails(db: Kysely<Schema>, now: Micros, limit: number): Promise<number[]> {
  const rows = await db
    .selectFrom('outbox')
    .select('id')
    .where('sent_at', 'is', null)
    .where('failed_at', 'is', null)
    .where('next_attempt_at', '<=', now)
    .where('claimed_until', '<=', now)
    .orderBy('next_attempt_at')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map((row) => row.id);
}

/**
 * Takes a mail that is due for this process alone, until the instant; undefined where another was first. One statement: on
 * PostgreSQL, whoever comes second waits for the first, and then sees what that one wrote.
 */
export async function claimMail(
  tx: Transaction,
  id: number,
  now: Micros,
  until: Micros,
): Promise<OutboxRow | undefined> {
  return await tx
    .updateTable('outbox')
    .set({ claimed_until: until })
    .where('id', '=', id)
    .where('sent_at', 'is', null)
    .where('failed_at', 'is', null)
    .where('next_attempt_at', '<=', now)
    .where('claimed_until', '<=', now)
    .returningAll()
    .executeTakeFirst();
}

/** Whether the account that a mail is about has been deleted. */
export async function isAccountDeleted(tx: Transaction, accountId: number): Promise<boolean> {
  const row = await tx
    .selectFrom('accounts')
    .select('deleted_at')
    .where('id', '=', accountId)
    .executeTakeFirst();
  return row?.deleted_at !== null;
}

/** It was sent: what it said is erased. Also where the claim ended meanwhile: nobody has to send it again. */
export async function markSent(tx: Transaction, id: number, now: Micros): Promise<void> {
  await tx
    .updateTable('outbox')
    .set((eb) => ({
      sent_at: now,
      failed_at: null,
      sealed: null,
      error: null,
      claimed_until: 0,
      attempts: eb('attempts', '+', 1),
    }))
    .where('id', '=', id)
    .where('sent_at', 'is', null)
    .execute();
}

type Claim = Pick<OutboxRow, 'id' | 'claimed_until'>;

/** An attempt failed; nothing happens where the claim has ended and the mail is another process's. */
export async function markFailure(
  tx: Transaction,
  claim: Claim,
  outcome: { error: string } & ({ nextAttemptAt: Micros } | { failedAt: Micros }),
): Promise<void> {
  await tx
    .updateTable('outbox')
    .set((eb) => ({
      error: outcome.error,
      claimed_until: 0,
      attempts: eb('attempts', '+', 1),
      ...('failedAt' in outcome
        ? { failed_at: outcome.failedAt }
        : { next_attempt_at: outcome.nextAttemptAt }),
    }))
    .where('id', '=', claim.id)
    .where('claimed_until', '=', claim.claimed_until)
    .where('sent_at', 'is', null)
    .execute();
}

/** It will never be sent: what it said is erased. */
export async function dropMail(tx: Transaction, id: number, now: Micros, error: string): Promise<void> {
  await tx
    .updateTable('outbox')
    .set({ failed_at: now, sealed: null, error, claimed_until: 0 })
    .where('id', '=', id)
    .execute();
}

/** Gives a mail back that was not sent, without counting an attempt. */
export async function releaseMail(tx: Transaction, claim: Claim): Promise<void> {
  await tx
    .updateTable('outbox')
    .set({ claimed_until: 0 })
    .where('id', '=', claim.id)
    .where('claimed_until', '=', claim.claimed_until)
    .execute();
}

/** A mail that was not sent yet, or was given up, is due at once; unless it has nothing to say any more, or is being sent. */
export async function retryMail(tx: Transaction, id: number, now: Micros): Promise<ShownRow | undefined> {
  return await tx
    .updateTable('outbox')
    .set({ failed_at: null, attempts: 0, next_attempt_at: now, claimed_until: 0 })
    .where('id', '=', id)
    .where('sent_at', 'is', null)
    .where('claimed_until', '<=', now)
    .where('sealed', 'is not', null)
    .returning(SHOWN)
    .executeTakeFirst();
}

export async function findMail(db: Kysely<Schema>, id: number): Promise<ShownRow | undefined> {
  return await db.selectFrom('outbox').select(SHOWN).where('id', '=', id).executeTakeFirst();
}

/** The mails of a state, or all, the newest first. */
export async function listMails(
  db: Kysely<Schema>,
  page: { state: MailState | undefined; before: number | undefined; limit: number },
): Promise<ShownRow[]> {
  let query = db.selectFrom('outbox').select(SHOWN);
  if (page.before !== undefined) query = query.where('id', '<', page.before);
  if (page.state === 'sent') query = query.where('sent_at', 'is not', null);
  if (page.state === 'failed') query = query.where('failed_at', 'is not', null);
  if (page.state === 'waiting') query = query.where('sent_at', 'is', null).where('failed_at', 'is', null);
  return await query.orderBy('id', 'desc').limit(page.limit).execute();
}

/** Deletes the mails from before the instant, whatever became of them. */
export async function deleteOldMails(tx: Transaction, before: Micros): Promise<void> {
  await tx.deleteFrom('outbox').where('created_at', '<', before).execute();
}

/** How many mails were given up, and how many wait after a failed attempt, with the last error of one of them. */
export async function countTroubledMails(
  db: Kysely<Schema>,
): Promise<{ failed: number; retrying: number; error: string | null }> {
  const count = async (state: 'failed' | 'retrying') => {
    const troubled = db.selectFrom('outbox').where('sent_at', 'is', null);
    const some =
      state === 'failed'
        ? troubled.where('failed_at', 'is not', null)
        : troubled.where('failed_at', 'is', null).where('attempts', '>', 0);
    const row = await some.select((eb) => eb.fn.countAll<number>().as('rows')).executeTakeFirst();
    return Number(row?.rows ?? 0);
  };
  const last = await db
    .selectFrom('outbox')
    .select('error')
    .where('error', 'is not', null)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return { failed: await count('failed'), retrying: await count('retrying'), error: last?.error ?? null };
}
