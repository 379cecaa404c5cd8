import type { NewPasskey, PasskeyView } from '../../../contract/authenticators.ts';
import type { CreationOptions } from '../../../contract/webauthn.ts';
import type { App, Caller } from '../../context.ts';
import type { Transaction } from '../../db/transaction.ts';
import { AppError, invalid } from '../../errors.ts';
import { accountAuditTarget } from '../accounts/account-view.rules.ts';
import type { StartedSession } from '../sessions/own-session.ts';
import { MAX_PASSKEYS } from './authenticators.rules.ts';
import {
  deletePasskey,
  findPasskey,
  insertPasskey,
  listPasskeys,
  type PasskeyRow,
  updatePasskeyName,
} from './authenticators.store.ts';
import { type Added, changeFactors, factorAdded, factorRemoved } from './own-authenticator.ts';
import { passkeyView } from './passkey-view.rules.ts';
import {
  checkRegistration,
  creationOptionsOf,
  makeChallenge,
  relyingPartyOf,
  WrongPasskey,
} from './webauthn.ts';

type Side = { token: string | undefined; reachedAs: string };

/**
 * The challenge for a new passkey of the caller's own account.
 * @throws AppError `verification_required`; `limit_reached`; `conflict` where the server's address has no name
 */
export async function challengeNewPasskey(
  app: App,
  caller: Caller,
  { token, reachedAs }: Side,
): Promise<{ id: string; options: CreationOptions }> {
  const { account, passkeys } = await changeFactors(
    app,
    caller,
    'passkey.begin',
    token,
    async ({ tx, audit }, own) => {
      await audit({ ...accountAuditTarget(own.account), details: { factor: 'passkey' } });
      return { account: own.account, passkeys: await requireRoom(tx, own.account.id) };
    },
  );
  const party = relyingPartyOf(app, reachedAs);
  const made = await makeChallenge(app, { purpose: 'new-passkey', accountId: account.id });
  return { id: made.id, options: creationOptionsOf(app, party, made, account, passkeys) };
}

async function requireRoom(tx: Transaction, accountId: number): Promise<PasskeyRow[]> {
  const passkeys = await listPasskeys(tx, accountId);
  if (passkeys.length < MAX_PASSKEYS) return passkeys;
  throw new AppError('limit_reached', { message: `An account has at most ${MAX_PASSKEYS} passkeys.` });
}

/**
 * Adds a passkey to the caller's own account.
 * @throws AppError `invalid_input` for one that is not right; `conflict` for one that is registered already; `limit_reached`, `verification_required`
 */
export async function addPasskey(
  app: App,
  caller: Caller,
  { challenge, passkey, name }: NewPasskey,
  { token, reachedAs }: Side,
): Promise<Added & { passkey: PasskeyView }> {
  const { actor } = caller.access;
  if (actor.kind !== 'account') throw new AppError('unauthenticated');
  const { accountId } = actor;
  const party = relyingPartyOf(app, reachedAs);
  const use = { purpose: 'new-passkey', accountId } as const;
  const checked = await checkRegistration(app, party, { challenge, passkey }, use).catch((error: unknown) => {
    if (!(error instanceof WrongPasskey)) throw error;
    throw invalid('passkey', `cannot be added: ${error.message}`);
  });
  return await changeFactors(app, caller, 'passkey.add', token, async (action, own) => {
    const { tx, now } = action;
    await requireRoom(tx, own.account.id);
    const row = await insertPasskey(tx, {
      account_id: own.account.id,
      credential_id: checked.credentialId,
      public_key: checked.publicKey,
      counter: checked.counter,
      transports: JSON.stringify(checked.transports),
      name,
      aaguid: checked.aaguid,
      backed_up: Number(checked.backedUp),
      created_at: now,
    });
    if (row === undefined) throw new AppError('conflict', { message: 'This passkey is registered already.' });
    const what = `the passkey "${name}"`;
    const added = await factorAdded(app, caller, action, own, { factor: 'passkey', what });
    return { ...added, passkey: passkeyView(row) };
  });
}

/** Gives one of the caller's passkeys another name. @throws AppError `not_found`, `verification_required` */
export async function renamePasskey(
  app: App,
  caller: Caller,
  { passkey: id, name }: { passkey: number; name: string },
  token: string | undefined,
): Promise<PasskeyView> {
  return await changeFactors(app, caller, 'passkey.rename', token, async ({ tx, audit }, { account }) => {
    const row = await requirePasskey(tx, account.id, id);
    await updatePasskeyName(tx, id, name);
    await audit({
      ...accountAuditTarget(account),
      details: { passkey: id, name: { before: row.name, after: name } },
    });
    return passkeyView({ ...row, name });
  });
}

/**
 * Removes one of the caller's passkeys.
 * @throws AppError `not_found`; `conflict` for the last factor while everybody needs one; `verification_required`
 */
export async function removePasskey(
  app: App,
  caller: Caller,
  id: number,
  token: string | undefined,
): Promise<StartedSession> {
  return await changeFactors(app, caller, 'passkey.remove', token, async (action, own) => {
    const row = await requirePasskey(action.tx, own.account.id, id);
    await deletePasskey(action.tx, id);
    return await factorRemoved(app, caller, action, own, `the passkey "${row.name}"`);
  });
}

async function requirePasskey(tx: Transaction, accountId: number, id: number): Promise<PasskeyRow> {
  const row = await findPasskey(tx, { id, accountId });
  if (row === undefined) throw new AppError('not_found', { message: 'Your account has no such passkey.' });
  return row;
}
