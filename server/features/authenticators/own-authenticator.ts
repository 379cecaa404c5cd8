import { type Action, act } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { accountAuditTarget } from '../accounts/account-view.rules.ts';
import { updateAccount } from '../accounts/accounts.store.ts';
import type { Message } from '../mail/messages.rules.ts';
import { authenticatorAdded, authenticatorRemoved } from '../mail/messages.rules.ts';
import { queueMail } from '../mail/outbox.ts';
import {
  type OwnSession,
  renewSession,
  requireOwnSession,
  type StartedSession,
} from '../sessions/own-session.ts';
import { deleteOtherSessions } from '../sessions/sessions.store.ts';
import { readSetting } from '../settings/settings.store.ts';
import {
  countRecoveryCodes,
  deleteFactors,
  findAuthenticators,
  listPasskeys,
} from './authenticators.store.ts';
import { giveRecoveryCodes } from './recovery-codes.ts';

/** A change of one's own second factors: the session must have shown lately who its person is. */
export async function changeFactors<T>(
  app: App,
  caller: Caller,
  name: string,
  token: string | undefined,
  work: (action: Action, own: OwnSession) => Promise<T>,
): Promise<T> {
  return await act(app, caller, name, async (action) => {
    const own = await requireOwnSession(app, action, token, { verified: true });
    return await work(action, own);
  });
}

/** What a factor that was added brings: recovery codes with the first one, and a new token for the session. */
export type Added = { recoveryCodes: string[] | null } & StartedSession;

/**
 * Everything that goes with a new factor, once it is stored: other sessions end, the person is told, and this session goes
 * on as one that has shown it. `what`: with its article, for the mail.
 */
export async function factorAdded(
  app: App,
  caller: Caller,
  action: Action,
  own: OwnSession,
  { factor, what }: { factor: 'totp' | 'passkey'; what: string },
): Promise<Added> {
  const { tx, now, audit } = action;
  const { account, session } = own;
  const isFirst = account.authenticator_since === null || (await countRecoveryCodes(tx, account.id)) === 0;
  const recoveryCodes = isFirst ? await giveRecoveryCodes(app, tx, account.id, now) : null;
  await updateAccount(tx, account.id, {
    authenticator_since: account.authenticator_since ?? now,
    mfa_reset_required: 0,
  });
  const ended = await deleteOtherSessions(tx, account.id, session.hash);
  await tell(app, caller, action, own, authenticatorAdded, what);
  await audit({
    ...accountAuditTarget(account),
    details: { added: what, recoveryCodes: recoveryCodes?.length ?? 0, sessionsEnded: ended },
  });
  return {
    recoveryCodes,
    ...(await renewSession(app, action, own, { secondFactor: factor, verified: true })),
  };
}

/**
 * Everything that goes with a factor that was removed. With the last one the recovery codes go, too.
 * @throws AppError `conflict` for the last one while everybody needs one
 */
export async function factorRemoved(
  app: App,
  caller: Caller,
  action: Action,
  own: OwnSession,
  what: string,
): Promise<StartedSession> {
  const { tx, audit } = action;
  const { account, session } = own;
  const isLast =
    (await findAuthenticators(tx, account.id)).confirmed === undefined &&
    (await listPasskeys(tx, account.id)).length === 0;
  if (isLast) {
    if (await readSetting(tx, 'twoFactorAuthenticationRequired')) {
      throw new AppError('conflict', {
        message: 'Everybody needs a second factor here, and this is your last: add another one first.',
      });
    }
    await deleteFactors(tx, account.id);
  }
  await updateAccount(tx, account.id, {
    ...(isLast ? { authenticator_since: null } : {}),
    // Whoever is signing in with the factor at this moment does not get in.
    credential_version: account.credential_version + 1,
  });
  const ended = await deleteOtherSessions(tx, account.id, session.hash);
  await tell(app, caller, action, own, authenticatorRemoved, what);
  await audit({
    ...accountAuditTarget(account),
    details: { removed: what, last: isLast, sessionsEnded: ended },
  });
  return await renewSession(app, action, own);
}

/** Tells the person of a change by mail. */
export async function tell(
  app: App,
  { address }: Caller,
  { tx, now }: Action,
  { account }: OwnSession,
  message: (change: { at: number; address: string | null; timeZone: string | null; what: string }) => Message,
  what: string,
): Promise<void> {
  const change = { at: now, address: address ?? null, timeZone: account.time_zone, what };
  await queueMail(app, tx, { account, to: account.user_name, message: message(change) });
}
