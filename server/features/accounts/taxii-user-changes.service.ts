import { type RotateCredentialInput, rotateCredentialInput } from '../../../contract/taxii.ts';
import { type Action, act } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { AppError, invalid } from '../../errors.ts';
import { parseInput } from '../../input.ts';
import type { Micros } from '../../protocols/timestamp.ts';
import {
  type AccountRow,
  endCredentials,
  insertCredential,
  lockAccount,
  updateAccount,
} from './accounts.store.ts';
import { makeApiKey, makePassword, shownCredential } from './new-credential.ts';

/**
 * Replaces the password or the API key. With an overlap the one before stays valid for that long; without, it ends at
 * once. Gives back what was generated, this once.
 */
export async function rotateTaxiiUserCredential(
  app: App,
  caller: Caller,
  rawInput: RotateCredentialInput,
): Promise<{ userName: string; password?: string; apiKey?: string; previousValidUntil: Micros | null }> {
  const input = parseInput(rotateCredentialInput, rawInput);
  if (input.password !== undefined && input.credential === 'api_key') {
    throw invalid('password', 'an API key is always generated');
  }
  const credential =
    input.credential === 'api_key'
      ? makeApiKey(app)
      : await makePassword(app, input.password, input.userName);
  return await act(app, caller, 'taxiiUser.rotate', async (action) => {
    const { tx, now } = action;
    const account = await lockTaxiiUser(action, input.userName, 'account.credential');
    const until = input.overlapSeconds === 0 ? null : now + input.overlapSeconds * 1_000_000;
    await endCredentials(tx, account.id, input.credential, until ?? 'now');
    await insertCredential(tx, account.id, credential, now);
    await updateAccount(tx, account.id, { credential_version: account.credential_version + 1 });
    await auditOn(action, account, { credential: input.credential, previousValidUntil: until });
    return {
      userName: account.user_name,
      ...shownCredential(credential),
      previousValidUntil: until,
    };
  });
}

/** Sets or clears Locked. */
export async function lockTaxiiUserAccount(
  app: App,
  caller: Caller,
  userName: string,
  locked: boolean,
): Promise<void> {
  await act(app, caller, locked ? 'taxiiUser.lock' : 'taxiiUser.unlock', async (action) => {
    const account = await lockTaxiiUser(action, userName, 'account.lock');
    await updateAccount(action.tx, account.id, {
      locked_at: locked ? (account.locked_at ?? action.now) : null,
    });
    await auditOn(action, account, { locked: { before: account.locked_at !== null, after: locked } });
  });
}

/** Sets or clears Disabled. A disabled account keeps its seat. */
export async function disableTaxiiUser(
  app: App,
  caller: Caller,
  userName: string,
  disabled: boolean,
): Promise<void> {
  await act(app, caller, disabled ? 'taxiiUser.disable' : 'taxiiUser.enable', async (action) => {
    const account = await lockTaxiiUser(action, userName, 'account.disable');
    await updateAccount(action.tx, account.id, {
      disabled_at: disabled ? (account.disabled_at ?? action.now) : null,
    });
    await auditOn(action, account, { disabled: { before: account.disabled_at !== null, after: disabled } });
  });
}

/** Deletes the account: its credentials end, its seat and its user name are free, and a tombstone keeps what it did attributable. */
export async function deleteTaxiiUser(app: App, caller: Caller, userName: string): Promise<void> {
  await act(app, caller, 'taxiiUser.delete', async (action) => {
    const account = await lockTaxiiUser(action, userName, 'account.delete');
    await endCredentials(action.tx, account.id, 'all', 'now');
    await updateAccount(action.tx, account.id, {
      deleted_at: action.now,
      user_name_key: null,
      credential_version: account.credential_version + 1,
    });
    await auditOn(action, account, {});
  });
}

/** The TAXII user of that name, locked, after the permission was asked for. Who may not view it learns nothing of it. */
async function lockTaxiiUser(
  { tx, access }: Action,
  userName: string,
  permission: 'account.lock' | 'account.disable' | 'account.credential' | 'account.delete',
): Promise<AccountRow> {
  const account = await lockAccount(tx, userName);
  const missing = { message: `There is no TAXII user named "${userName}".` };
  if (account === undefined || account.kind !== 'taxii') {
    access.can(permission, {});
    throw new AppError('not_found', missing);
  }
  const target = {
    organizationId: account.organization_id,
    systemRole: account.system_role,
    accountId: account.id,
  };
  if (!access.can('account.view', target)) throw new AppError('not_found', missing);
  access.require(permission, target);
  return account;
}

async function auditOn(
  { audit }: Action,
  account: AccountRow,
  details: Record<string, unknown>,
): Promise<void> {
  await audit({
    organizationId: account.organization_id,
    targetKind: 'taxii_user',
    targetId: account.id,
    targetName: account.user_name,
    details,
  });
}
