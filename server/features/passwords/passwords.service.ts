import type { ChangePasswordInput, PasswordPolicyView } from '../../../contract/passwords.ts';
import { act, reading } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { AppError, invalid } from '../../errors.ts';
import { accountAuditTarget } from '../accounts/account-view.rules.ts';
import { findAccount } from '../accounts/accounts.store.ts';
import { fromOf } from '../authentication/throttling.ts';
import type { NewCredential } from '../credentials/new-credential.ts';
import { deleteLinksOf } from '../links/links.store.ts';
import { passwordChanged } from '../mail/messages.rules.ts';
import { queueMail } from '../mail/outbox.ts';
import { renewSession, requireOwnSession, type StartedSession } from '../sessions/own-session.ts';
import { deleteOtherSessions } from '../sessions/sessions.store.ts';
import { holderOf, problemsOfPassword, requireNoProblems } from './password-policy.ts';
import {
  CLASSES_COUNT_BELOW,
  MAX_BYTES,
  MIN_DIFFERENT,
  minLengthFor,
  passwordsPath,
} from './passwords.rules.ts';
import { findPasswordPolicy, hasPassword } from './passwords.store.ts';
import { replacePersonsPassword } from './person-password.ts';

/** Whose credential it is; see `createAuthentication`. Failures count. @throws AppError `unauthenticated`, `throttled` */
export type Verify = (
  presented: { scheme: 'basic'; userName: string; password: string },
  from: { address: string; requestId: string },
) => Promise<{ accountId: number; credentialVersion: number }>;

/**
 * Changes the own password. All other sessions of the account end, and its links for setting a password; this one goes on
 * under a new token.
 * @throws AppError `invalid_input` for a wrong present password and for everything that is wrong with the new one;
 *   `conflict` for an account without a password; `throttled`; `unauthenticated` when the session ended meanwhile
 */
export async function changePassword(
  app: App,
  verify: Verify,
  caller: Caller,
  token: string | undefined,
  { currentPassword, newPassword }: ChangePasswordInput,
): Promise<StartedSession> {
  const { actor } = caller.access;
  if (actor.kind !== 'account' || token === undefined) throw new AppError('unauthenticated');
  const { accountId } = actor;
  const { credentialVersion, context } = await reading(async () => {
    const account = await findAccount(app.db.read, accountId);
    if (account === undefined) throw new AppError('unauthenticated');
    if (!(await hasPassword(app.db.read, account.id, app.clock.now())))
      throw new AppError('conflict', {
        message: 'This account has no password yet. Ask for a link to set one.',
      });
    const version = await requireCurrent(verify, caller, account, currentPassword);
    return {
      credentialVersion: version,
      context: { ...(await holderOf(app.db.read, account)), accountId: account.id },
    };
  });
  const asker = `account ${accountId}`;
  const problems = await problemsOfPassword(app, newPassword, context, asker);
  const same = [{ path: 'newPassword', message: 'must not be the present one' }];
  requireNoProblems([
    ...passwordsPath('newPassword', problems),
    ...(newPassword === currentPassword ? same : []),
  ]);
  const stored = await app.secrets.hash(newPassword, asker);
  const credential: NewCredential = { kind: 'password', stored, shown: undefined };

  return await act(app, caller, 'account.password', async (action) => {
    const { tx, now, audit } = action;
    const own = await requireOwnSession(app, action, token);
    const { account } = own;
    // Another change came first: what was shown as the present password is none any more.
    if (account.credential_version !== credentialVersion) throw new AppError('unauthenticated');
    await replacePersonsPassword(app, tx, account, credential, now);
    const sessions = await deleteOtherSessions(tx, account.id, own.session.hash);
    for (const purpose of ['password_reset', 'invitation'] as const)
      await deleteLinksOf(tx, account.id, purpose);
    const change = { at: now, address: caller.address ?? null, timeZone: account.time_zone, by: null };
    await queueMail(app, tx, { account, to: account.user_name, message: passwordChanged(change) });
    await audit({ ...accountAuditTarget(account), details: { otherSessionsEnded: sessions } });
    // The password alone proves who somebody is only where there is no second factor: as in `verifyAgain`.
    return await renewSession(
      app,
      action,
      own,
      account.authenticator_since === null ? { verified: true } : {},
    );
  });
}

/** @returns the version of the credentials that the present password was found right for */
async function requireCurrent(
  verify: Verify,
  caller: Caller,
  account: { id: number; user_name: string },
  password: string,
): Promise<number> {
  const from = fromOf(caller);
  const wrong = () => invalid('currentPassword', 'is not the present password');
  try {
    const verified = await verify({ scheme: 'basic', userName: account.user_name, password }, from);
    // A key of another account is no password, wherever it is typed.
    if (verified.accountId !== account.id) throw wrong();
    return verified.credentialVersion;
  } catch (error) {
    if (error instanceof AppError && error.code === 'unauthenticated') throw wrong();
    throw error;
  }
}

/** What forms tell those who are to type a password. */
export async function getPasswordPolicy(app: App, caller: Caller): Promise<PasswordPolicyView> {
  caller.access.noteAsked();
  return await reading(async () => {
    const policy = await findPasswordPolicy(app.db.read);
    return {
      minLengthOfPeople: minLengthFor(policy, { isPerson: true }),
      minLengthOfMachines: minLengthFor(policy, { isPerson: false }),
      maxOctets: MAX_BYTES,
      minDifferentCharacters: MIN_DIFFERENT,
      minCharacterClasses: policy.passwordMinCharacterClasses,
      characterClassesBelowLength: CLASSES_COUNT_BELOW,
      history: policy.passwordHistory,
      maxAgeDays: policy.passwordMaxAgeDays,
      namesRefused: true,
      commonPasswordsRefused: true,
      breachedPasswordsRefused: app.config.breachedPasswordsFile !== undefined,
    };
  });
}
