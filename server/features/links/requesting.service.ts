import type { z } from 'zod';
import type { LinkPurpose, requestEmailChangeEndpoint } from '../../../contract/links.ts';
import type { Reference } from '../../../contract/references.ts';
import type { AccountKind } from '../../../contract/roles.ts';
import { type Action, act } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { AppError, invalid } from '../../errors.ts';
import { accountAuditTarget, accountTarget } from '../accounts/account-view.rules.ts';
import { type AccountRow, findAccount, lockAccount } from '../accounts/accounts.store.ts';
import { aKind, requireOnAccount } from '../accounts/forms.rules.ts';
import { findVisibleAccount, lockVisibleAccount } from '../accounts/visible-account.ts';
import { accountObstacle } from '../authentication/authentication.rules.ts';
import {
  type Attempt,
  countUse,
  fromOf,
  requireUnthrottled,
  secondsToWait,
} from '../authentication/throttling.ts';
import { emailChangeConfirm, emailChanged, invitation, passwordReset } from '../mail/messages.rules.ts';
import { isMailConfigured, queueMail } from '../mail/outbox.ts';
import { hasPassword } from '../passwords/passwords.store.ts';
import { PEOPLE, requireOwnSession } from '../sessions/own-session.ts';
import { findPerson } from '../sessions/sessions.store.ts';
import { readSetting } from '../settings/settings.store.ts';
import { mayChangeOwnEmail } from './links.rules.ts';
import { deleteLinksOf } from './links.store.ts';
import { linkDetails, type MadeLink, makeLink } from './new-link.ts';

/** What the asker does not wait for. */
export type Later = (work: () => Promise<void>) => void;

/**
 * Sends a link that sets a new password to whoever has that address. Done after the answer, so that neither the answer nor
 * its time tells whether there is such an account: until then the same is done for every address.
 * @throws AppError `throttled` for the address that the request comes from only
 */
export async function requestPasswordReset(
  app: App,
  caller: Caller,
  { email }: { email: string },
  later: Later,
): Promise<void> {
  const from = fromOf(caller);
  const attempt: Attempt = { scheme: 'mail', userName: email };
  await requireUnthrottled(app, ['mail-from-address'], attempt, from);
  // Whether this account was asked for too often is nobody's business.
  const isExhausted = (await secondsToWait(app, ['mail-of-account'], attempt, from)) > 0;
  const kinds = ['mail-from-address', ...(isExhausted ? [] : (['mail-of-account'] as const))] as const;
  await countUse(app, kinds, attempt, from);
  caller.access.noteAsked();
  if (!isExhausted) later(async () => await sendReset(app, caller, email));
}

async function sendReset(app: App, caller: Caller, email: string): Promise<void> {
  try {
    await act(app, caller, 'account.requestPasswordReset', async (action) => {
      const { tx, now, audit, access, about } = action;
      // Nobody has a right to it, and everybody may ask.
      access.noteAsked();
      const account = await lockAccount(tx, email);
      if (account === undefined) throw notSent('there is no such account');
      const target = accountAuditTarget(account);
      about(target);
      const obstacle = await obstacleOf(action, account);
      if (obstacle !== undefined) throw notSent(obstacle);
      if (!(await hasPassword(tx, account.id, now))) throw notSent('the account has no password yet');
      if (!(await isMailConfigured(tx))) throw notSent('no mail server is configured');
      const made = await makeLink(app, action, account, {
        purpose: 'password_reset',
        email: account.user_name,
        isOwn: true,
        messageOf: ({ url, expiresAt }) =>
          passwordReset({ link: url, expiresAt, timeZone: account.time_zone }),
      });
      await audit({ ...target, details: linkDetails('password_reset', made) });
    });
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'not_found')) throw error;
  }
}

/** Told to the audit trail, and to nobody else. */
function notSent(reason: string): AppError {
  return new AppError('not_found', { message: `No link was made: ${reason}.` });
}

type Which = { account: Reference; kind?: AccountKind | undefined };

/**
 * Invites a person who has no password yet: makes a link that sets the first one, in place of the one before.
 * `isPrinted`: it is shown, also where a mail could be sent.
 * @throws AppError `not_found`, `forbidden`, `conflict`
 */
export async function inviteAccount(
  app: App,
  caller: Caller,
  which: Which,
  { isPrinted = false }: { isPrinted?: boolean } = {},
): Promise<MadeLink> {
  return await makeLinkFor(app, caller, {
    which,
    purpose: 'invitation',
    action: 'account.invite',
    isPrinted,
  });
}

/**
 * Makes a link for a person that sets a new password.
 * @throws AppError `not_found`, `forbidden`, `conflict`
 */
export async function sendPasswordReset(
  app: App,
  caller: Caller,
  which: Which,
  { isPrinted = false }: { isPrinted?: boolean } = {},
): Promise<MadeLink> {
  const action = 'account.sendPasswordReset';
  return await makeLinkFor(app, caller, { which, purpose: 'password_reset', action, isPrinted });
}

async function makeLinkFor(
  app: App,
  caller: Caller,
  order: { which: Which; purpose: LinkPurpose; action: string; isPrinted: boolean },
): Promise<MadeLink> {
  const { purpose } = order;
  return await act(app, caller, order.action, async (action) => {
    const { tx, access, audit, now } = action;
    const account = await lockVisibleAccount(action, await findVisibleAccount(action, order.which));
    requireOnAccount(access, 'account.credential', accountTarget(account));
    if (!PEOPLE.includes(account.kind))
      throw new AppError('conflict', {
        message: `One-time links are for people: this is ${aKind(account.kind)}.`,
      });
    const obstacle = await obstacleOf(action, account);
    if (obstacle !== undefined)
      throw new AppError('conflict', { message: `A link would not be valid: the account is ${obstacle}.` });
    if ((await hasPassword(tx, account.id, now)) !== (purpose === 'password_reset')) {
      const message =
        purpose === 'invitation'
          ? 'The account has a password already: make a password reset for it.'
          : 'The account has no password yet: make an invitation for it.';
      throw new AppError('conflict', { message });
    }
    const organization = (await findPerson(tx, account.id))?.organization_name ?? '';
    const { user_name: email, time_zone: timeZone, first_name: firstName } = account;
    const made = await makeLink(app, action, account, {
      purpose,
      email,
      isOwn: false,
      isPrinted: order.isPrinted,
      messageOf: ({ url: link, expiresAt }) =>
        purpose === 'invitation'
          ? invitation({ firstName: firstName ?? '', organization, link, expiresAt, timeZone })
          : passwordReset({ link, expiresAt, timeZone }),
    });
    await audit({ ...accountAuditTarget(account), details: linkDetails(purpose, made) });
    return made;
  });
}

/**
 * Ends the one-time links of an account.
 * @throws AppError `not_found`, `forbidden`
 */
export async function revokeLinks(app: App, caller: Caller, which: Which): Promise<{ ended: number }> {
  return await act(app, caller, 'account.revokeLinks', async (action) => {
    const { tx, access, audit } = action;
    const account = await lockVisibleAccount(action, await findVisibleAccount(action, which));
    requireOnAccount(access, 'account.credential', accountTarget(account));
    const ended = await deleteLinksOf(tx, account.id);
    await audit({ ...accountAuditTarget(account), details: { ended } });
    return { ended };
  });
}

/**
 * Sends a link to the new e-mail address that a person wants for the own account, and tells the present one. Whether the
 * new address belongs to somebody here is not told.
 * @throws AppError `unauthenticated`, `verification_required`, `forbidden`, `conflict`, `invalid_input`, `throttled`
 */
export async function requestEmailChange(
  app: App,
  caller: Caller,
  token: string | undefined,
  { email }: z.output<typeof requestEmailChangeEndpoint.body>,
): Promise<Pick<MadeLink, 'to' | 'expiresAt'>> {
  const { actor } = caller.access;
  const from = fromOf(caller);
  // A pool of its own: that of password resets is open to strangers.
  const attempt: Attempt = { scheme: 'mail', userName: `e-mail change of ${actor.name}` };
  await requireUnthrottled(app, ['mail-of-account'], attempt, from);
  const made = await act(app, caller, 'account.requestEmailChange', async (action) => {
    const { tx, access, audit, now } = action;
    const { account } = await requireOwnSession(app, action, token, { verified: true });
    if (!mayChangeOwnEmail(access, account, await readSetting(tx, 'ownEmailChangeAllowed')))
      throw new AppError('forbidden', { message: 'Your e-mail address is changed by an administrator.' });
    if (!(await isMailConfigured(tx))) {
      throw new AppError('conflict', {
        message:
          'No mail server is configured, so that the new address cannot be confirmed. Ask an administrator to change it.',
      });
    }
    if ((await findAccount(tx, email))?.id === account.id)
      throw invalid('email', 'is your e-mail address already');
    const timeZone = account.time_zone;
    const order = await makeLink(app, action, account, {
      purpose: 'email_change',
      email,
      isOwn: true,
      messageOf: ({ url: link, expiresAt }) =>
        emailChangeConfirm({ newEmail: email, link, expiresAt, timeZone }),
    });
    const notice = { newEmail: email, confirmed: false, at: now, address: caller.address ?? null, timeZone };
    await queueMail(app, tx, { account, to: account.user_name, message: emailChanged(notice) });
    await audit({ ...accountAuditTarget(account), details: linkDetails('email_change', order) });
    return order;
  });
  await countUse(app, ['mail-of-account'], attempt, from);
  return made;
}

async function obstacleOf({ tx, now }: Action, account: AccountRow): Promise<string | undefined> {
  const person = await findPerson(tx, account.id);
  return person === undefined ? 'deleted' : accountObstacle(person, PEOPLE, now);
}
