import type { LinkPurpose } from '../../../contract/links.ts';
import type { Action } from '../../action.ts';
import type { App } from '../../context.ts';
import { formatTimestamp, type Micros } from '../../protocols/timestamp.ts';
import type { AccountRow } from '../accounts/accounts.store.ts';
import type { Message } from '../mail/messages.rules.ts';
import { baseUrlForLinks, queueMail } from '../mail/outbox.ts';
import { LINK_PREFIX, linkEnd, linkUrl } from './links.rules.ts';
import { replaceLink } from './links.store.ts';

/** Random bits of a token. */
const TOKEN_BITS = 256;

/** A link that was made: its address, to be passed on once, or null where it is on its way by mail. */
export type MadeLink = { link: string | null; to: string; sent: boolean; expiresAt: Micros };

export type LinkOrder = {
  purpose: LinkPurpose;
  /** For which address it is, and where it is sent to. */
  email: string;
  /** The person asked for it, and nobody else. */
  isOwn: boolean;
  /** Show the link, also where a mail could be sent. */
  isPrinted?: boolean;
  messageOf(link: { url: string; expiresAt: Micros }): Message;
};

/**
 * Makes a one-time link for an account, in place of the one it had for the same purpose, and mails it where a mail server
 * is configured. It is good for as long as whoever makes it may give the account credentials.
 */
export async function makeLink(
  app: App,
  { tx, now, access: { actor } }: Pick<Action, 'tx' | 'now' | 'access'>,
  account: Pick<AccountRow, 'id' | 'organization_id'>,
  { purpose, email, isOwn, isPrinted = false, messageOf }: LinkOrder,
): Promise<MadeLink & { id: string }> {
  const token = `${LINK_PREFIX}${app.secrets.generate(TOKEN_BITS)}`;
  const url = linkUrl(baseUrlForLinks(app), token);
  const expiresAt = linkEnd(purpose, now, isOwn);
  const id = app.ids.uuid();
  await replaceLink(tx, {
    id,
    hash: app.secrets.digest(token),
    account_id: account.id,
    purpose,
    email,
    created_by: actor.kind === 'account' ? actor.accountId : null,
    created_at: now,
    expires_at: expiresAt,
  });
  const sent =
    !isPrinted && (await queueMail(app, tx, { account, to: email, message: messageOf({ url, expiresAt }) }));
  return { id, link: sent ? null : url, to: email, sent, expiresAt };
}

/** What the audit trail says of a link that was made: never the link. */
export function linkDetails(purpose: LinkPurpose, { id, to, sent, expiresAt }: MadeLink & { id: string }) {
  return { link: id, purpose, to, sent, expiresAt: formatTimestamp(expiresAt) };
}

/** The link as an answer shows it. */
export function shownLink({ link, to, sent, expiresAt }: MadeLink) {
  return { link, to, sent, expiresAt: formatTimestamp(expiresAt) };
}
