import { z } from 'zod';
import {
  type ListMailInput,
  listMailInput,
  type MailItem,
  type MailTest,
  type TestMailInput,
  testMailInput,
} from '../../../contract/mail.ts';
import { INSTANCE } from '../../access/can.ts';
import { act, reading, readingAs } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import { AppError } from '../../errors.ts';
import { parseInput } from '../../input.ts';
import { DEFAULT_PAGE, decodeCursor, pageFrom } from '../../pages.ts';
import { nextAttempt } from './delivery.rules.ts';
import { deliver, type MailServer, readMailServer } from './delivery.ts';
import { renderMail, testMessage } from './messages.rules.ts';
import { shownMail } from './outbox.rules.ts';
import {
  claimMail,
  countTroubledMails,
  dropMail,
  findMail,
  isAccountDeleted,
  listDueMails,
  listMails,
  markFailure,
  markSent,
  type OutboxRow,
  releaseMail,
  retryMail,
} from './outbox.store.ts';
import { baseUrlForLinks, openMail } from './outbox.ts';

/** How long a process has a mail for itself; longer than any attempt takes. */
const CLAIM_MICROS = 120_000_000;
/** Mails that a process sends at a time, and that it takes in one round. */
const WIDTH = 4;
const ROUND = 100;

/** Whether mails are waiting in spite of attempts: what is on its way may then not arrive. */
export async function areMailsFailing(app: App): Promise<boolean> {
  const { retrying } = await reading(() => countTroubledMails(app.db.read));
  return retrying > 0;
}

/**
 * Sends what is due, and says how many mails the server took. Each is sent by the process that claims it; where that
 * process ends between sending and writing so down, the mail is sent a second time after the claim has ended.
 */
export async function sendDueMails(app: App, stop?: AbortSignal): Promise<number> {
  const due = await listDueMails(app.db.read, app.clock.now(), ROUND);
  if (due.length === 0) return 0;
  const server = await readMailServer(app, app.db.read);
  // Where mail was switched off, what waits goes on waiting.
  if (server === undefined) return 0;
  let sent = 0;
  const next = due.values();
  const work = async () => {
    for (const id of next) {
      if (stop?.aborted === true) return;
      const mail = await claim(app, id);
      if (mail !== undefined && (await attempt(app, server, mail, stop))) sent++;
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, work));
  return sent;
}

type Claimed = OutboxRow & { sealed: string };

async function claim(app: App, id: number): Promise<Claimed | undefined> {
  const now = app.clock.now();
  return await inTransaction(app.db, async (tx) => {
    const row = await claimMail(tx, id, now, now + CLAIM_MICROS);
    if (row === undefined) return undefined;
    const { sealed, account_id: accountId } = row;
    if (accountId !== null && (await isAccountDeleted(tx, accountId))) {
      await dropMail(tx, id, now, 'The account was deleted before the mail was sent.');
      return undefined;
    }
    if (sealed === null) {
      await dropMail(tx, id, now, 'What the mail said is lost.');
      return undefined;
    }
    return { ...row, sealed };
  });
}

async function attempt(app: App, server: MailServer, mail: Claimed, stop?: AbortSignal): Promise<boolean> {
  const rendered = openMail(app.keys, mail, mail.sealed);
  if (rendered === undefined) {
    const error = 'The mail cannot be decrypted with the master key.';
    await inTransaction(app.db, (tx) => dropMail(tx, mail.id, app.clock.now(), error));
    return false;
  }
  const [, domain = 'localhost'] = server.from.address.split('@');
  const outcome = await deliver(
    server,
    {
      ...rendered,
      to: mail.recipient,
      messageId: `<taxiway.${mail.id}.${mail.created_at}@${domain}>`,
      writtenAt: mail.created_at,
    },
    stop,
  );
  const now = app.clock.now();
  await inTransaction(app.db, async (tx) => {
    if ('answer' in outcome) return await markSent(tx, mail.id, now);
    if (stop?.aborted === true) return await releaseMail(tx, mail);
    const { error, permanent } = outcome;
    const nextAttemptAt = permanent ? undefined : nextAttempt(mail.created_at, now, mail.attempts + 1);
    await markFailure(
      tx,
      mail,
      nextAttemptAt === undefined ? { error, failedAt: now } : { error, nextAttemptAt },
    );
  });
  if ('error' in outcome)
    app.log.warn({ mail: mail.id, purpose: mail.purpose, reason: outcome.error }, 'a mail could not be sent');
  return 'answer' in outcome;
}

const position = z.tuple([z.number().int()]);

/** The mails of the last 30 days, the newest first. */
export async function listOutbox(
  app: App,
  caller: Caller,
  rawInput: ListMailInput,
): Promise<{ items: MailItem[]; next: string | null }> {
  const { state, after, limit = DEFAULT_PAGE } = parseInput(listMailInput, rawInput);
  const before = after === undefined ? undefined : decodeCursor(after, position)[0];
  return await readingAs(app, caller, 'mail.list', async () => {
    caller.access.require('settings.view', INSTANCE);
    const rows = await listMails(app.db.read, { state, before, limit: limit + 1 });
    const page = pageFrom(rows, limit, (row) => [row.id]);
    return { items: page.rows.map(shownMail), next: page.next };
  });
}

/**
 * Sends a test mail now, once.
 * @throws AppError `forbidden`; `conflict` while mail is not configured
 */
export async function sendTestMail(app: App, caller: Caller, rawInput: TestMailInput): Promise<MailTest> {
  const { to } = parseInput(testMailInput, rawInput);
  const { server, now } = await act(app, caller, 'mail.test', async (action) => {
    action.access.require('settings.edit', INSTANCE);
    const configured = await readMailServer(app, action.tx);
    if (configured === undefined)
      throw new AppError('conflict', {
        message: 'Mail is not configured: set mailServerHost and mailFrom first.',
      });
    await action.audit({
      organizationId: null,
      targetKind: 'mail',
      targetId: null,
      targetName: to,
      details: { server: configured.host },
    });
    return { server: configured, now: action.now };
  });
  const [, domain = 'localhost'] = server.from.address.split('@');
  const outcome = await deliver(server, {
    ...renderMail(testMessage(baseUrlForLinks(app))),
    to,
    messageId: `<taxiway.test.${app.ids.uuid()}@${domain}>`,
    writtenAt: now,
  });
  return 'answer' in outcome
    ? { sent: true, answer: `The mail server took it: ${outcome.answer}` }
    : { sent: false, answer: outcome.error };
}

/**
 * Lets a mail that was given up be sent again.
 * @throws AppError `forbidden`, `not_found`; `conflict` for one that waits or was sent, or has nothing left to say
 */
export async function retryOutboxMail(app: App, caller: Caller, id: number): Promise<MailItem> {
  return await act(app, caller, 'mail.retry', async (action) => {
    action.access.require('settings.edit', INSTANCE);
    const row = await retryMail(action.tx, id, action.now);
    if (row === undefined) {
      if ((await findMail(action.tx, id)) === undefined)
        throw new AppError('not_found', { message: `There is no mail ${id} in the outbox.` });
      throw new AppError('conflict', {
        message:
          'Only a mail that was not sent, and whose account is not deleted, can be sent again; not while it is being sent.',
      });
    }
    await action.audit({
      organizationId: null,
      targetKind: 'mail',
      targetId: String(id),
      targetName: row.recipient,
      details: { purpose: row.purpose },
    });
    return shownMail(row);
  });
}
