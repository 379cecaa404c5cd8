import { CREDENTIAL_KINDS } from '../../../contract/accounts.ts';
import {
  type LockDownAccountInput,
  type LockedDown,
  lockDownAccountInput,
} from '../../../contract/lockdown.ts';
import { act } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import type { CredentialKind } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';
import { parseInput } from '../../input.ts';
import type { Micros } from '../../protocols/timestamp.ts';
import {
  accountAuditTarget,
  accountTarget,
  LOCKDOWN_PERMISSIONS,
  shown,
} from '../accounts/account-view.rules.ts';
import {
  type AccountRow,
  deleteKnownAddresses,
  endCredentials,
  listCredentials,
  updateAccount,
} from '../accounts/accounts.store.ts';
import { requireOnAccount } from '../accounts/forms.rules.ts';
import { findVisibleAccount, lockVisibleAccount, requireSameVersion } from '../accounts/visible-account.ts';
import { networksOf } from '../credentials/credentials.rules.ts';
import { makeGeneratedPassword, storeCredential } from '../credentials/new-credential.ts';
import { lockInstance } from '../instance/instance.store.ts';
import { deleteLinksOf, listPurposesOfLinks } from '../links/links.store.ts';
import { lockOrganization } from '../owners/owners.store.ts';
import { findPasswordPolicy, keepFormerPasswords } from '../passwords/passwords.store.ts';
import { deleteSessionsOf } from '../sessions/sessions.store.ts';
import { lossesOf } from './edits.rules.ts';
import { requireSuccessors } from './successors.store.ts';

/**
 * Locks an account down that somebody else may have: disables it, and ends its sessions, every credential and its one-time
 * links. Nothing of it opens anything when it is enabled again. A person with a password gets one that nobody knows, so
 * that a password reset, and nothing else, lets them back in; the second factor stays.
 * @throws AppError `not_found`, `forbidden`, `stale`, `conflict`, `invalid_input`
 */
export async function lockDownAccount(
  app: App,
  caller: Caller,
  rawInput: LockDownAccountInput,
): Promise<LockedDown> {
  const input = parseInput(lockDownAccountInput, rawInput);
  return await act(app, caller, 'account.lockdown', async (action) => {
    const { tx, access, now, audit } = action;
    const found = await findVisibleAccount(action, input);
    for (const permission of LOCKDOWN_PERMISSIONS) requireOnAccount(access, permission, accountTarget(found));
    await lockInstance(tx);
    await lockOrganization(tx, found.organization_id);
    const row = await lockVisibleAccount(action, found);
    for (const permission of LOCKDOWN_PERMISSIONS) requireOnAccount(access, permission, accountTarget(row));
    requireSameVersion(row, input.version);
    await requireSuccessors(tx, row, { ...lossesOf(row, now), stays: true });
    const isPerson = row.kind === 'user' || row.kind === 'read_only';
    const credentials = await endAllCredentials(app, tx, row, { isPerson, now });
    const hadPassword = credentials.some(({ kind }) => kind === 'password');
    const links = await listPurposesOfLinks(tx, row.id, now);
    await deleteLinksOf(tx, row.id);
    const sessions = await deleteSessionsOf(tx, row.id);
    await deleteKnownAddresses(tx, row.id);
    await updateAccount(tx, row.id, {
      disabled_at: row.disabled_at ?? now,
      credential_version: row.credential_version + 1,
      ...(isPerson && hadPassword ? { password_changed_at: now, password_reset_required: 1 } : {}),
    });
    await audit({
      ...accountAuditTarget(row),
      details: {
        reason: input.reason,
        wasDisabled: row.disabled_at !== null,
        sessions,
        ended: credentials.map(({ kind, hint }) => ({ kind, hint })),
        links,
      },
    });
    return {
      id: row.id,
      version: row.version + 1,
      kind: row.kind,
      userName: row.user_name,
      wasDisabled: row.disabled_at !== null,
      letBackInBy: !isPerson ? 'credential' : hadPassword ? 'password_reset' : 'invitation',
      ended: {
        sessions,
        credentials: credentials.map((credential) => ({
          kind: credential.kind,
          hint: credential.hint,
          expiresAt: shown(credential.expires_at),
          allowedNetworks: networksOf(credential),
          readOnly: credential.read_only === 1,
          signedBodyRequired: credential.signed_body_required === 1,
        })),
        links,
      },
    };
  });
}

/** Ends them, also those that have expired; those that were valid. What a person had as a password is not chosen again. */
async function endAllCredentials(
  app: App,
  tx: Transaction,
  row: AccountRow,
  { isPerson, now }: { isPerson: boolean; now: Micros },
) {
  const valid = await listCredentials(tx, row.id, now);
  if (isPerson) {
    const { passwordHistory } = await findPasswordPolicy(tx);
    await keepFormerPasswords(tx, row.id, passwordHistory, now);
  }
  for (const kind of Object.keys(CREDENTIAL_KINDS) as CredentialKind[])
    await endCredentials(tx, row.id, kind, 'now');
  if (isPerson && valid.some(({ kind }) => kind === 'password'))
    await storeCredential(app, tx, row, makeGeneratedPassword(app), now);
  return valid;
}
