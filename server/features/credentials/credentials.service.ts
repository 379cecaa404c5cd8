import type { z } from 'zod';
import {
  CREDENTIAL_KINDS,
  type ReplaceCredentialInput,
  replaceCredentialInput,
} from '../../../contract/accounts.ts';
import type { Reference } from '../../../contract/references.ts';
import type { AccountKind } from '../../../contract/roles.ts';
import { type Action, act } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import type { CredentialKind } from '../../db/schema.ts';
import { AppError, invalid } from '../../errors.ts';
import { parseInput } from '../../input.ts';
import type { Micros } from '../../protocols/timestamp.ts';
import { accountAuditTarget, accountTarget } from '../accounts/account-view.rules.ts';
import {
  type AccountRow,
  deleteCredential,
  endCredentials,
  findCredential,
  updateAccount,
} from '../accounts/accounts.store.ts';
import { aKind, requireOnAccount } from '../accounts/forms.rules.ts';
import { findVisibleAccount, lockVisibleAccount } from '../accounts/visible-account.ts';
import { deleteLinksOf } from '../links/links.store.ts';
import { holderOf } from '../passwords/password-policy.ts';
import { isMostlyNames } from '../passwords/passwords.rules.ts';
import { findPasswordPolicy, keepFormerPasswords } from '../passwords/passwords.store.ts';
import { deleteSessionsOf } from '../sessions/sessions.store.ts';
import { carriedOver } from './credentials.rules.ts';
import { endAllButNewest, findNewestCredential, updateCredential } from './credentials.store.ts';
import {
  makeGeneratedPassword,
  makePassword,
  makeSecretKey,
  makeToken,
  type NewCredential,
  shownCredential,
  storeCredential,
} from './new-credential.ts';

const DAY_MICROS = 86_400_000_000;

export type ReplacedCredential = {
  id: number;
  userName: string;
  /** Only what was generated; this is the one time it can be seen. */
  password?: string;
  apiKey?: string;
  secretKey?: string;
  token?: string;
  expiresAt: Micros | null;
  previousValidUntil: Micros | null;
};

/**
 * Gives an account a new password, key or token. With an overlap the one before stays valid for that long, and those
 * before that end at once; without, it ends as well: a new token ends the old one. A person's sessions end, and the person chooses another password next.
 * @throws AppError `not_found`, `forbidden`, `invalid_input`, `throttled`
 */
export async function replaceCredential(
  app: App,
  caller: Caller,
  rawInput: ReplaceCredentialInput,
): Promise<ReplacedCredential> {
  const input = parseInput(replaceCredentialInput, rawInput);
  const { credential: kind, overlapSeconds } = input;
  if (input.password !== undefined && kind !== 'password')
    throw invalid('password', 'a key or token is always generated');
  if (input.expirationDays === undefined && kind === 'api_token')
    throw invalid('expirationDays', 'is missing');
  const typed = input.password === undefined ? undefined : await typedPassword(app, caller, input);
  return await act(app, caller, 'account.credential', async (action) => {
    const { tx, now, audit } = action;
    const row = await lockVisibleAccount(action, await findVisibleAccount(action, input));
    requireReplacement(action, row, input);
    const expiresAt = input.expirationDays === undefined ? null : now + input.expirationDays * DAY_MICROS;
    const credential = typed ?? makeCredential(app, kind, expiresAt);
    // Its names may have changed while the password was hashed.
    if (input.password !== undefined && isMostlyNames(input.password, await holderOf(tx, row)))
      throw new AppError('stale', { message: 'The account was changed meanwhile.' });
    const until = overlapSeconds === 0 ? null : now + overlapSeconds * 1_000_000;
    // Each one that is valid may cost a hash for every guess: the new one overlaps with one other.
    if (until !== null) await endAllButNewest(tx, row.id, kind, now);
    if (kind === 'password') {
      const { passwordHistory } = await findPasswordPolicy(tx);
      await keepFormerPasswords(tx, row.id, passwordHistory, now);
    }
    const bindings = await findNewestCredential(tx, row.id, kind);
    await endCredentials(tx, row.id, kind, until ?? 'now');
    await storeCredential(app, tx, row, credential, now);
    const stored = await findNewestCredential(tx, row.id, kind);
    // What takes the place of a credential is bound to what that was bound to.
    if (stored !== undefined)
      await updateCredential(tx, stored.id, { ...carriedOver(bindings), expires_at: expiresAt });
    const isPersonal = kind === 'password' && row.kind !== 'taxii';
    await updateAccount(tx, row.id, {
      credential_version: row.credential_version + 1,
      ...(kind === 'password' ? { password_changed_at: now } : {}),
      ...(isPersonal ? { password_reset_required: 1 } : {}),
    });
    if (isPersonal) await deleteSessionsOf(tx, row.id);
    if (kind === 'password') await deleteLinksOf(tx, row.id);
    await audit({
      ...accountAuditTarget(row),
      details: { credential: kind, typed: typed !== undefined, expiresAt, previousValidUntil: until },
    });
    return {
      id: row.id,
      userName: row.user_name,
      ...shownCredential(credential),
      expiresAt,
      previousValidUntil: until,
    };
  });
}

type Replacement = z.output<typeof replaceCredentialInput>;

/** The typed password, hashed once it is known that the caller may give it to the account. */
async function typedPassword(app: App, caller: Caller, input: Replacement): Promise<NewCredential> {
  const context = await act(app, caller, 'account.credential', async (action) => {
    const found = await findVisibleAccount(action, input);
    requireReplacement(action, found, input);
    return { ...(await holderOf(action.tx, found)), accountId: found.id };
  });
  return await makePassword(app, caller, input.password, context);
}

/** @throws AppError `forbidden`; `invalid_input` for what the kind of account does not have */
function requireReplacement(
  { access }: Action,
  row: AccountRow,
  { credential: kind, overlapSeconds, expirationDays }: Replacement,
): void {
  requireOnAccount(access, 'account.credential', accountTarget(row));
  requireCredentialOf(row, kind);
  if (kind === 'password' && row.kind !== 'taxii' && overlapSeconds > 0)
    throw invalid('overlapSeconds', 'a person has one password at a time');
  if (kind === 'password' && row.kind !== 'taxii' && expirationDays !== undefined)
    throw invalid('expirationDays', 'the password of a person has no end of its own');
}

/**
 * Ends one credential of an account at once.
 * @throws AppError `not_found`, `forbidden`
 */
export async function revokeCredential(
  app: App,
  caller: Caller,
  which: { account: Reference; kind?: AccountKind | undefined },
  credentialId: number,
): Promise<void> {
  await act(app, caller, 'account.revokeCredential', async (action) => {
    const { tx, access, audit } = action;
    const row = await lockVisibleAccount(action, await findVisibleAccount(action, which));
    requireOnAccount(access, 'account.credential', accountTarget(row));
    const credential = await findCredential(tx, row.id, credentialId);
    if (credential === undefined) {
      throw new AppError('not_found', { message: `The account has no credential ${credentialId}.` });
    }
    await deleteCredential(tx, credential.id);
    await updateAccount(tx, row.id, { credential_version: row.credential_version + 1 });
    if (credential.kind === 'password' && row.kind !== 'taxii') await deleteSessionsOf(tx, row.id);
    await audit({
      ...accountAuditTarget(row),
      details: { credential: credential.kind, hint: credential.hint },
    });
  });
}

function requireCredentialOf(row: AccountRow, kind: CredentialKind): void {
  if ((CREDENTIAL_KINDS[kind] as readonly string[]).includes(row.kind)) return;
  throw invalid('credential', `${aKind(row.kind)} has no ${kind.replace('_', ' ')}`);
}

function makeCredential(app: App, kind: CredentialKind, expiresAt: Micros | null): NewCredential {
  if (kind === 'password') return makeGeneratedPassword(app);
  if (kind === 'secret_key') return makeSecretKey(app);
  return makeToken(app, kind, expiresAt ?? undefined);
}
