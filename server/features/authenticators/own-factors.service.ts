import { renderSVG } from 'uqr';
import type { OwnAuthenticator, PasskeyView } from '../../../contract/authenticators.ts';
import { reading } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { AppError, invalid } from '../../errors.ts';
import { formatTimestamp } from '../../protocols/timestamp.ts';
import { accountAuditTarget } from '../accounts/account-view.rules.ts';
import { findAccount, findDataKey } from '../accounts/accounts.store.ts';
import { auditAttempt, forgetAttempts, takeAttempt } from '../authentication/factor-attempts.ts';
import { sealSecret } from '../credentials/new-credential.ts';
import { authenticatorAdded } from '../mail/messages.rules.ts';
import type { StartedSession } from '../sessions/own-session.ts';
import { deleteOtherSessions } from '../sessions/sessions.store.ts';
import { readSetting } from '../settings/settings.store.ts';
import { isLow, MAX_PASSKEYS, PENDING_MICROS } from './authenticators.rules.ts';
import {
  confirmAuthenticator,
  countRecoveryCodes,
  deleteAuthenticators,
  findAuthenticators,
  insertPendingAuthenticator,
  listPasskeys,
  updateSealedSeed,
} from './authenticators.store.ts';
import { type Added, changeFactors, factorAdded, factorRemoved, tell } from './own-authenticator.ts';
import { passkeyView } from './passkey-view.rules.ts';
import { giveRecoveryCodes } from './recovery-codes.ts';
import { seedOf, useCode, WrongFactor } from './shown-factor.ts';
import { makeSeed, totpUri } from './totp.ts';
import { findRelyingParty } from './webauthn.ts';

const AN_APP = 'an authenticator app';

/** The second factors of the caller's own account. @throws AppError `unauthenticated` */
export async function getOwnAuthenticator(
  app: App,
  { access }: Caller,
  reachedAs: string,
): Promise<OwnAuthenticator> {
  return await reading(async () => {
    const db = app.db.read;
    const { actor } = access;
    const account = actor.kind === 'account' ? await findAccount(db, actor.accountId) : undefined;
    if (account === undefined) throw new AppError('unauthenticated');
    access.require('account.profile', { accountId: account.id, organizationId: account.organization_id });
    const { confirmed } = await findAuthenticators(db, account.id);
    const passkeys: PasskeyView[] = (await listPasskeys(db, account.id)).map(passkeyView);
    const recoveryCodesLeft = await countRecoveryCodes(db, account.id);
    const enforced = (await readSetting(db, 'twoFactorAuthenticationRequired')) === true;
    const hasFactor = account.authenticator_since !== null;
    return {
      totp:
        confirmed === undefined
          ? null
          : { since: formatTimestamp(confirmed.confirmed_at ?? confirmed.created_at) },
      passkeys,
      recoveryCodesLeft,
      recoveryCodesLow: hasFactor && isLow(recoveryCodesLeft),
      enforced,
      abilities: {
        addPasskey: passkeys.length < MAX_PASSKEYS && findRelyingParty(app, reachedAs) !== undefined,
        disable: hasFactor && !enforced,
      },
    };
  });
}

/**
 * Begins to set up an authenticator app: the seed is shown this once. One that is pending is replaced; one that works
 * goes on working until the new one is confirmed.
 * @throws AppError `verification_required`
 */
export async function startTotp(
  app: App,
  caller: Caller,
  token: string | undefined,
): Promise<{ secret: string; uri: string; qr: string; expiresAt: string }> {
  return await changeFactors(app, caller, 'authenticator.begin', token, async (action, { account }) => {
    const { tx, now, audit } = action;
    const seed = makeSeed();
    const id = await insertPendingAuthenticator(tx, account.id, now);
    await updateSealedSeed(tx, id, await sealSecret(app, tx, account, { id, kind: 'totp' }, seed, now));
    await audit({ ...accountAuditTarget(account), details: { factor: 'totp' } });
    const uri = totpUri(seed, account.user_name);
    return {
      secret: seed,
      uri,
      qr: renderSVG(uri, { border: 2 }),
      expiresAt: formatTimestamp(now + PENDING_MICROS),
    };
  });
}

/**
 * Confirms the pending authenticator app with a code: it works from then on, in place of one that there was.
 * @throws AppError `invalid_input`, the same for a wrong code and where nothing is pending; `verification_required`, `throttled`
 */
export async function confirmTotp(
  app: App,
  caller: Caller,
  { code }: { code: string },
  token: string | undefined,
): Promise<Added> {
  const { actor } = caller.access;
  const attempt = { userName: actor.name, factor: 'set_up' } as const;
  await takeAttempt(app, attempt, caller.address);
  try {
    return await changeFactors(app, caller, 'authenticator.add', token, async (action, own) => {
      const { tx, now } = action;
      const { account } = own;
      const { pending } = await findAuthenticators(tx, account.id);
      if (pending === undefined || pending.created_at + PENDING_MICROS <= now)
        throw new WrongFactor('no authenticator app waits for its first code');
      const wrapped = await findDataKey(tx, account.organization_id);
      await useCode(action, pending, seedOf(app, account, pending, wrapped), code);
      await confirmAuthenticator(tx, pending, now);
      await forgetAttempts(app, tx, attempt);
      return await factorAdded(app, caller, action, own, { factor: 'totp', what: AN_APP });
    });
  } catch (error) {
    if (!(error instanceof WrongFactor)) throw error;
    await auditAttempt(app, caller, attempt, error.message);
    throw invalid('code', 'is not right, or too late: begin anew where the app was not confirmed in time');
  }
}

/**
 * Removes the authenticator app.
 * @throws AppError `not_found`; `conflict` for the last factor while everybody needs one; `verification_required`
 */
export async function removeTotp(
  app: App,
  caller: Caller,
  token: string | undefined,
): Promise<StartedSession> {
  return await changeFactors(app, caller, 'authenticator.remove', token, async (action, own) => {
    const { confirmed } = await findAuthenticators(action.tx, own.account.id);
    if (confirmed === undefined)
      throw new AppError('not_found', { message: 'Your account has no authenticator app.' });
    await deleteAuthenticators(action.tx, own.account.id);
    return await factorRemoved(app, caller, action, own, AN_APP);
  });
}

/**
 * New recovery codes, shown this once; those that there were do not work any more.
 * @throws AppError `conflict` where there is no second factor; `verification_required`
 */
export async function renewRecoveryCodes(
  app: App,
  caller: Caller,
  token: string | undefined,
): Promise<{ recoveryCodes: string[] }> {
  return await changeFactors(app, caller, 'authenticator.recoveryCodes', token, async (action, own) => {
    const { tx, now, audit } = action;
    const { account, session } = own;
    if (account.authenticator_since === null) {
      throw new AppError('conflict', {
        message: 'Recovery codes stand for a second factor, and your account has none: set one up first.',
      });
    }
    const recoveryCodes = await giveRecoveryCodes(app, tx, account.id, now);
    const ended = await deleteOtherSessions(tx, account.id, session.hash);
    await tell(app, caller, action, own, authenticatorAdded, 'new recovery codes');
    await audit({
      ...accountAuditTarget(account),
      details: { recoveryCodes: recoveryCodes.length, sessionsEnded: ended },
    });
    return { recoveryCodes };
  });
}
