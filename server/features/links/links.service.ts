import type { z } from 'zod';
import type {
  confirmEmailByLinkEndpoint,
  LinkPurpose,
  lookAtLinkEndpoint,
  setPasswordByLinkEndpoint,
} from '../../../contract/links.ts';
import { createAccess } from '../../access/access.ts';
import { act, reading } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { formatTimestamp } from '../../protocols/timestamp.ts';
import { accountAuditTarget, accountTarget } from '../accounts/account-view.rules.ts';
import {
  findAccount,
  findActor,
  lockAccount,
  nameColumns,
  updateAccount,
} from '../accounts/accounts.store.ts';
import { makePassword } from '../credentials/new-credential.ts';
import { lockInstance } from '../instance/instance.store.ts';
import { emailChanged, passwordChanged } from '../mail/messages.rules.ts';
import { queueMail } from '../mail/outbox.ts';
import { lockOrganization } from '../owners/owners.store.ts';
import { holderOf } from '../passwords/password-policy.ts';
import { minLengthFor } from '../passwords/passwords.rules.ts';
import { findPasswordPolicy } from '../passwords/passwords.store.ts';
import { replacePersonsPassword } from '../passwords/person-password.ts';
import { deleteSessionsOf, findPerson } from '../sessions/sessions.store.ts';
import { readSetting } from '../settings/settings.store.ts';
import { deadLink, linkObstacle } from './links.rules.ts';
import { deleteLinksOf, findLink, type LinkRow } from './links.store.ts';

const FOR_PASSWORDS: readonly LinkPurpose[] = ['invitation', 'password_reset'];

type Db = Parameters<typeof findLink>[0];
type Person = NonNullable<Awaited<ReturnType<typeof findPerson>>>;

/**
 * The link of the token with its account, when it is good now, by everything that decides about it as stored now.
 * `isLast`: in the transaction that uses it, once its account is locked; whoever made it then stays as they are until the end.
 * @throws AppError `not_found`, the same whatever the reason
 */
async function requireLink(
  app: App,
  db: Db,
  token: string,
  purposes: readonly LinkPurpose[] | undefined,
  { isLast = false }: { isLast?: boolean } = {},
): Promise<{ link: LinkRow; person: Person }> {
  const now = app.clock.now();
  const link = await findLink(db, app.secrets.digest(token));
  const person = link === undefined ? undefined : await findPerson(db, link.account_id);
  if (link === undefined || person === undefined) throw deadLink();
  if (purposes?.includes(link.purpose) === false) throw deadLink();
  const maker =
    link.created_by === null
      ? undefined
      : await findActor(db, link.created_by, now, isLast && app.db.engine === 'postgres' ? 'shared' : 'none');
  const ownEmailChangeAllowed = await readSetting(db, 'ownEmailChangeAllowed');
  if (linkObstacle(link, person, { maker, ownEmailChangeAllowed }, now) !== undefined) throw deadLink();
  return { link, person };
}

/**
 * What a link is for. It stays good: programs that look at mails may follow links before people do.
 * @throws AppError `not_found`
 */
export async function lookAtLink(
  app: App,
  caller: Caller,
  { token }: z.output<typeof lookAtLinkEndpoint.body>,
): Promise<z.input<typeof lookAtLinkEndpoint.output>> {
  caller.access.noteAsked();
  return await reading(async () => {
    const { link, person } = await requireLink(app, app.db.read, token, undefined);
    return {
      purpose: link.purpose,
      email: link.email,
      userName: person.user_name,
      organization: person.organization_name,
      expiresAt: formatTimestamp(link.expires_at),
      passwordMinLength: minLengthFor(await findPasswordPolicy(app.db.read), { isPerson: true }),
    };
  });
}

/** The caller as the account that the link is for: that is what holding it makes of whoever presents it. */
async function asHolder(app: App, caller: Caller, person: Person): Promise<Caller> {
  const actor = await findActor(app.db.read, person.id, app.clock.now());
  if (actor === undefined) throw deadLink();
  caller.access.noteAsked();
  return { ...caller, access: createAccess(actor) };
}

/**
 * Sets the password by an invitation or a password reset. Its sessions and other links end; nobody is signed in, and the
 * second factor stays as it is.
 * @returns whose password it is, and which version the account's credentials have by it
 * @throws AppError `not_found`; `invalid_input` for a password that is not acceptable; `throttled`
 */
export async function setPasswordByLink(
  app: App,
  caller: Caller,
  { token, password }: z.output<typeof setPasswordByLinkEndpoint.body>,
): Promise<{ accountId: number; credentialVersion: number }> {
  // Looked at before the password is hashed, so that a stranger cannot make the server work; decided inside.
  const found = await reading(() => requireLink(app, app.db.read, token, FOR_PASSWORDS));
  const mine = await reading(() => asHolder(app, caller, found.person));
  const credential = await reading(async () => {
    const holder = await holderOf(app.db.read, found.person);
    return await makePassword(app, mine, password, { ...holder, accountId: found.person.id });
  });
  return await actWithLink(app, mine, 'account.setPasswordByLink', async (action) => {
    const { tx, access, now, audit } = action;
    const account = await lockAccount(tx, found.person.id);
    if (account === undefined) throw deadLink();
    const { link } = await requireLink(app, tx, token, FOR_PASSWORDS, { isLast: true });
    access.require('account.profile', accountTarget(account));
    await deleteLinksOf(tx, account.id);
    await replacePersonsPassword(app, tx, account, credential, now);
    const sessions = await deleteSessionsOf(tx, account.id);
    const change = { at: now, address: caller.address ?? null, timeZone: account.time_zone, by: null };
    await queueMail(app, tx, { account, to: account.user_name, message: passwordChanged(change) });
    await audit({
      ...accountAuditTarget(account),
      details: { link: link.id, purpose: link.purpose, sessions },
    });
    return { accountId: account.id, credentialVersion: account.credential_version + 1 };
  });
}

/**
 * Confirms a new e-mail address: it is the user name from then on. All sessions of the account end.
 * @throws AppError `not_found`; `conflict` when it is somebody's by now
 */
export async function confirmEmailByLink(
  app: App,
  caller: Caller,
  { token }: z.output<typeof confirmEmailByLinkEndpoint.body>,
): Promise<void> {
  const found = await reading(() => requireLink(app, app.db.read, token, ['email_change']));
  const mine = await reading(() => asHolder(app, caller, found.person));
  await actWithLink(app, mine, 'account.confirmEmail', async (action) => {
    const { tx, access, now, audit } = action;
    await lockInstance(tx);
    await lockOrganization(tx, found.person.organization_id);
    const account = await lockAccount(tx, found.person.id);
    if (account === undefined || account.organization_id !== found.person.organization_id) throw deadLink();
    const { link } = await requireLink(app, tx, token, ['email_change'], { isLast: true });
    access.require('account.profile', accountTarget(account));
    const other = await findAccount(tx, link.email);
    if (other !== undefined && other.id !== account.id) {
      throw new AppError('conflict', {
        message: 'The new e-mail address cannot be used here: it is a user name already. Choose another.',
      });
    }
    await deleteLinksOf(tx, account.id);
    await updateAccount(tx, account.id, {
      ...nameColumns(account, { user_name: link.email }),
      credential_version: account.credential_version + 1,
    });
    const sessions = await deleteSessionsOf(tx, account.id);
    const notice = emailChanged({
      newEmail: link.email,
      confirmed: true,
      at: now,
      address: caller.address ?? null,
      timeZone: account.time_zone,
    });
    for (const to of [account.user_name, link.email])
      await queueMail(app, tx, { account, to, message: notice });
    await audit({
      ...accountAuditTarget(account),
      details: { link: link.id, userName: { before: account.user_name, after: link.email }, sessions },
    });
  });
}

/** `act` for the holder of a link: an account that may not act at this moment answers like any other link that is dead. */
async function actWithLink<T>(...[app, caller, name, work]: Parameters<typeof act<T>>): Promise<T> {
  try {
    return await act(app, caller, name, work);
  } catch (error) {
    throw error instanceof AppError && error.code === 'unauthenticated' ? deadLink() : error;
  }
}
