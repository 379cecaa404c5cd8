import type { PasskeySignIn, ShownFactor, Verification } from '../../../contract/authenticators.ts';
import type { RequestOptions } from '../../../contract/webauthn.ts';
import { act, reading } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import { AppError, invalid } from '../../errors.ts';
import { accountAuditTarget } from '../accounts/account-view.rules.ts';
import { findAccount, updateLastUsed } from '../accounts/accounts.store.ts';
import { accountObstacle, networkOf } from '../authentication/authentication.rules.ts';
import { upsertKnownNetwork } from '../authentication/authentication.store.ts';
import { fromOf, HOLDER, recordFailure, requireUnthrottled } from '../authentication/throttling.ts';
import {
  type Admit,
  type BrowserSide,
  openPerson,
  PEOPLE,
  renewSession,
  requireOwnSession,
  type StartedSession,
  startSession,
} from '../sessions/own-session.ts';
import { findPerson } from '../sessions/sessions.store.ts';
import { findPasskey, listPasskeys } from './authenticators.store.ts';
import { useSigned, withFactor } from './shown-factor.ts';
import { checkAssertion, makeChallenge, relyingPartyOf, requestOptionsOf, WrongPasskey } from './webauthn.ts';

type Side = BrowserSide & { reachedAs: string; device: string | undefined };
type Challenge = { id: string; options: RequestOptions };

/**
 * Shows the second factor at a sign-in.
 * @throws AppError `conflict` where none is asked for, and as `withFactor`
 */
export async function showSecondFactor(
  app: App,
  caller: Caller,
  shown: ShownFactor,
  { token, ...side }: Side,
): Promise<StartedSession> {
  return await withFactor(app, caller, shown, side, async (factor, use) => {
    return await act(app, caller, 'session.secondFactor', async (action) => {
      const own = await requireOwnSession(app, action, token);
      if (!own.requiredActions.includes('second_factor'))
        throw new AppError('conflict', { message: 'This session needs no second factor, or has shown it.' });
      await use(action, own.account);
      await action.audit({ ...accountAuditTarget(own.account), details: { secondFactor: factor } });
      return await renewSession(app, action, own, { secondFactor: factor, verified: true });
    });
  });
}

/**
 * Shows once more who the person is: by a second factor where the account has one, else by the password.
 * @throws AppError `invalid_input`, `throttled`, and as `withFactor`
 */
export async function verifyAgain(
  app: App,
  checkPassword: Admit,
  caller: Caller,
  { password, ...shown }: Verification,
  { token, ...side }: Side,
): Promise<StartedSession> {
  if (password === undefined) {
    return await withFactor(app, caller, shown, side, async (factor, use) => {
      return await act(app, caller, 'session.verify', async (action) => {
        const own = await requireOwnSession(app, action, token);
        await use(action, own.account);
        await action.audit({ ...accountAuditTarget(own.account), details: { by: factor } });
        return await renewSession(app, action, own, { verified: true });
      });
    });
  }
  const accountId = await requirePassword(app, checkPassword, caller, password);
  return await act(app, caller, 'session.verify', async (action) => {
    const own = await requireOwnSession(app, action, token);
    if (own.account.id !== accountId) throw new AppError('unauthenticated');
    requireNoFactor(own.account);
    await action.audit({ ...accountAuditTarget(own.account), details: { by: 'password' } });
    return await renewSession(app, action, own, { verified: true });
  });
}

async function requirePassword(
  app: App,
  checkPassword: Admit,
  caller: Caller,
  password: string,
): Promise<number> {
  const { actor } = caller.access;
  const account =
    actor.kind === 'account' ? await reading(() => findPerson(app.db.read, actor.accountId)) : undefined;
  if (account === undefined) throw new AppError('unauthenticated');
  requireNoFactor(account);
  const from = fromOf(caller);
  const presented = { scheme: 'basic', userName: account.user_name, password } as const;
  try {
    const { accountId } = await checkPassword(presented, from, async (verified) =>
      verified.accountId === account.id ? await openPerson(app, account.id) : { obstacle: 'another account' },
    );
    return accountId;
  } catch (error) {
    if (error instanceof AppError && error.code === 'unauthenticated') throw invalid('password', 'is wrong');
    throw error;
  }
}

function requireNoFactor({ authenticator_since }: { authenticator_since: number | null }): void {
  if (authenticator_since === null) return;
  throw invalid('password', 'is not enough: the account has a second factor, which is asked for');
}

/**
 * A challenge for the passkeys of the caller's account.
 * @throws AppError `conflict` where there are none, or the server's address has no name
 */
export async function challengeSecondFactor(app: App, caller: Caller, reachedAs: string): Promise<Challenge> {
  const { actor } = caller.access;
  if (actor.kind !== 'account') throw new AppError('unauthenticated');
  const { accountId } = actor;
  const account = await reading(() => findAccount(app.db.read, accountId));
  if (account === undefined) throw new AppError('unauthenticated');
  caller.access.require('account.profile', { accountId, organizationId: account.organization_id });
  const passkeys = await reading(() => listPasskeys(app.db.read, accountId));
  if (passkeys.length === 0) throw new AppError('conflict', { message: 'Your account has no passkey.' });
  const party = relyingPartyOf(app, reachedAs);
  const made = await makeChallenge(app, { purpose: 'second-factor', accountId });
  return { id: made.id, options: requestOptionsOf(party, made, passkeys, 'preferred') };
}

/** Whoever signs in with a passkey names no account: failures count for the address. */
const BY_ADDRESS = ['address'] as const;
const NOBODY = { scheme: 'passkey', userName: undefined } as const;

/**
 * A challenge for a sign-in with a passkey alone: it names no account.
 * @throws AppError `conflict` where the server's address has no name; `throttled`
 */
export async function challengePasskey(app: App, caller: Caller, reachedAs: string): Promise<Challenge> {
  caller.access.noteAsked();
  const party = relyingPartyOf(app, reachedAs);
  await reading(() => requireUnthrottled(app, BY_ADDRESS, NOBODY, fromOf(caller)));
  const made = await makeChallenge(app, { purpose: 'sign-in', accountId: null });
  return { id: made.id, options: requestOptionsOf(party, made, [], 'required') };
}

/**
 * Signs a person in with a passkey alone: the authenticator made sure of its user, so it stands for both factors.
 * @throws AppError `unauthenticated`, the same whatever the reason; `throttled`; `conflict`
 */
export async function signInWithPasskey(
  app: App,
  caller: Caller,
  shown: PasskeySignIn,
  { reachedAs, ...browser }: Side,
): Promise<StartedSession> {
  const party = relyingPartyOf(app, reachedAs);
  const from = fromOf(caller);
  await reading(() => requireUnthrottled(app, BY_ADDRESS, NOBODY, from));
  const refuse = async (reason: string, userName?: string): Promise<never> => {
    const attempt = { scheme: 'passkey', userName } as const;
    // Who holds the passkey of an account that may not be used guesses nothing: the neighbours do not pay for it.
    await recordFailure(app, userName === undefined ? BY_ADDRESS : HOLDER, attempt, from, reason);
    throw new AppError('unauthenticated');
  };
  let holder: string | undefined;
  try {
    const signed = await checkAssertion(app, party, shown, {
      purpose: 'sign-in',
      accountId: null,
      find: async (credentialId) => await findPasskey(app.db.read, { credentialId }),
      verifiesUser: true,
    });
    const account = await reading(() => findPerson(app.db.read, signed.row.account_id));
    if (account === undefined) return await refuse('unknown account');
    const now = app.clock.now();
    const obstacle = accountObstacle(account, PEOPLE, now);
    if (obstacle !== undefined) {
      await requireUnthrottled(app, HOLDER, { scheme: 'passkey', userName: account.user_name }, from);
      return await refuse(obstacle, account.user_name);
    }
    holder = account.user_name;
    await inTransaction(app.db, async (tx) => {
      await updateLastUsed(tx, [{ accountId: account.id, at: now, address: from.address }]);
      await useSigned(app, { tx, now }, signed);
      await upsertKnownNetwork(tx, { accountId: account.id, network: networkOf(from.address), at: now });
    });
    const admitted = { accountId: account.id, credentialVersion: account.credential_version };
    return await startSession(app, caller, admitted, browser, 'passkey');
  } catch (error) {
    if (error instanceof WrongPasskey) return await refuse(error.message, holder);
    throw error;
  }
}
