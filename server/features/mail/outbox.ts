import { isIP } from 'node:net';
import type { App } from '../../context.ts';
import type { Database } from '../../db/open.ts';
import type { Transaction } from '../../db/transaction.ts';
import type { Keys } from '../../keys.ts';
import { readSetting } from '../settings/settings.store.ts';
import { type Message, type RenderedMail, renderMail } from './messages.rules.ts';
import { insertMail, type OutboxRow } from './outbox.store.ts';

/** A mail on its way into the outbox. `account`: the one that it is about; null where there is none. */
export type QueuedMail = {
  account: { id: number; organization_id: number } | null;
  to: string;
  message: Message;
};

/**
 * Puts a mail into the outbox, in the transaction of what it tells of: it is sent once that is committed, and never where
 * it is rolled back. False: no mail server is configured, and nothing was queued.
 */
export async function queueMail(
  app: App,
  tx: Transaction,
  { account, to, message }: QueuedMail,
): Promise<boolean> {
  if (!(await isMailConfigured(tx))) return false;
  const now = app.clock.now();
  await insertMail(tx, {
    account_id: account?.id ?? null,
    organization_id: account?.organization_id ?? null,
    purpose: message.purpose,
    recipient: to,
    sealed: sealMail(app.keys, { recipient: to, created_at: now }, renderMail(message)),
    created_at: now,
    attempts: 0,
    next_attempt_at: now,
    claimed_until: 0,
  });
  return true;
}

/** Whether there is a mail server to hand mails to, and somebody whom they are from. */
export async function isMailConfigured(db: Database['read']): Promise<boolean> {
  return (await readSetting(db, 'mailServerHost')) !== '' && (await readSetting(db, 'mailFrom')) !== '';
}

/**
 * The address that links in mails begin with, without a slash at its end: the configured one, never what a request said
 * (its Host header is the sender's choice).
 */
export function baseUrlForLinks({ config }: Pick<App, 'config'>): string {
  if (config.publicUrl !== undefined) return config.publicUrl;
  const isHere = /^(127\.|0\.0\.0\.0$|::1?$|localhost$)/.test(config.host);
  const host = isHere ? 'localhost' : isIP(config.host) === 6 ? `[${config.host}]` : config.host;
  return `${config.tls === undefined ? 'http' : 'https'}://${host}:${config.port}`;
}

type MailKey = Pick<OutboxRow, 'recipient' | 'created_at'>;

/** Encrypted for its recipient: put into the row of another, it cannot be opened. */
export const mailContext = ({ recipient, created_at }: MailKey) => `outbox/${created_at}/${recipient}`;

function sealMail(keys: Keys, row: MailKey, mail: RenderedMail): string {
  return keys.wrap(mailContext(row), Buffer.from(JSON.stringify(mail)));
}

/** What was to be sent; undefined when none of the master keys opens it. */
export function openMail(keys: Keys, row: MailKey, sealed: string): RenderedMail | undefined {
  const bytes = keys.unwrap(mailContext(row), sealed);
  return bytes === undefined ? undefined : (JSON.parse(Buffer.from(bytes).toString()) as RenderedMail);
}
