import { type AccountEdited, type MoveAccountInput, moveAccountInput } from '../../../contract/accounts.ts';
import { type Action, act } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { parseInput } from '../../input.ts';
import { takeSeat } from '../account-creation/seats.store.ts';
import { accountAuditTarget, accountTarget } from '../accounts/account-view.rules.ts';
import {
  type AccountRow,
  findDataKey,
  listSealedCredentials,
  updateAccount,
  updateCredentialHash,
} from '../accounts/accounts.store.ts';
import { KIND_NAMES, requireOnAccount } from '../accounts/forms.rules.ts';
import { findVisibleAccount, lockVisibleAccount, requireSameVersion } from '../accounts/visible-account.ts';
import { listSealedSeeds, updateSealedSeed } from '../authenticators/authenticators.store.ts';
import { openSecret, sealSecret } from '../credentials/new-credential.ts';
import { removeFromGroups } from '../groups/groups.store.ts';
import { lockInstance } from '../instance/instance.store.ts';
import { requireVisibleOrganization } from '../owners/owners.rules.ts';
import { findOrganization, lockOrganization, type OrganizationRow } from '../owners/owners.store.ts';
import { deleteSessionsOf } from '../sessions/sessions.store.ts';
import { findUsableService } from '../taxii-services/taxii-services.store.ts';
import { lossesOf } from './edits.rules.ts';
import { RESPONSIBILITIES } from './responsibilities.store.ts';
import { requireSuccessors } from './successors.store.ts';
import { deleteOwnersOutOfReach, findSurroundings, resetCommunityRoles } from './surroundings.store.ts';

/**
 * Moves an account to another organization. It takes a seat there and frees its own; it leaves its groups, and its
 * individual Community roles end; its sessions end; its credentials stay. What it is responsible for is handed over first.
 * @throws AppError `not_found`, `forbidden`, `stale`, `conflict`, `limit_reached`, `heirs_required`
 */
export async function moveAccount(
  app: App,
  caller: Caller,
  rawInput: MoveAccountInput,
): Promise<AccountEdited> {
  const input = parseInput(moveAccountInput, rawInput);
  return await act(app, caller, 'account.move', async (action) => {
    const { tx, access, now, audit } = action;
    const found = await findVisibleAccount(action, input);
    requireOnAccount(access, 'account.move', accountTarget(found));
    const to = requireVisibleOrganization(
      access,
      await findOrganization(tx, input.organization),
      input.organization,
    );
    access.require('account.create', { organizationId: to.owner_id });
    await lockInstance(tx);
    const organizations = [found.organization_id, to.owner_id].sort((a, b) => a - b);
    for (const id of organizations) await lockOrganization(tx, id);
    const row = await lockVisibleAccount(action, found);
    requireOnAccount(access, 'account.move', accountTarget(row));
    requireSameVersion(row, input.version);
    if (row.organization_id === to.owner_id)
      throw new AppError('conflict', { message: 'The account belongs to that organization already.' });
    await requireMovable(action, row, to);
    await takeSeat(tx, row.kind, { id: to.owner_id, name: to.name });
    const from = await findOrganization(tx, row.organization_id);
    const { sessions } = await findSurroundings(tx, row, now);
    await removeFromGroups(tx, row.id);
    await resetCommunityRoles(tx, row.id);
    await deleteSessionsOf(tx, row.id);
    await sealAnew(app, action, row, to);
    await updateAccount(tx, row.id, {
      organization_id: to.owner_id,
      credential_version: row.credential_version + 1,
    });
    await deleteOwnersOutOfReach(tx, row.id, to.owner_id);
    const change = { before: from?.name, after: to.name };
    const target = accountAuditTarget(row);
    // Both organizations are told.
    await audit({ ...target, details: { organization: change } });
    await audit({ ...target, organizationId: to.owner_id, details: { organization: change } });
    return {
      id: row.id,
      version: row.version + 1,
      consequences: [
        ...(row.kind === 'read_only'
          ? []
          : [
              {
                code: 'seat_taken' as const,
                message: `It takes a seat of "${to.name}" and frees one of "${from?.name ?? ''}".`,
              },
            ]),
        ...(sessions === 0
          ? []
          : [{ code: 'sessions_end' as const, message: `${sessions} of its sessions end.` }]),
      ],
    };
  });
}

async function requireMovable({ tx, now }: Action, row: AccountRow, to: OrganizationRow): Promise<void> {
  const held: { kind: string; title: string; items: string[] }[] = [];
  for (const { kind, title, list } of RESPONSIBILITIES) {
    const items = await list(tx, row.id);
    if (items.length > 0) held.push({ kind, title, items: items.map(({ name }) => name) });
  }
  if (held.length > 0) {
    throw new AppError('heirs_required', {
      message: `It is responsible for ${held.map(({ title }) => title).join(' and ')}: hand them over first.`,
      responsibilities: held,
    });
  }
  const losses = lossesOf(row, now);
  // The instance loses its Administrator only to an organization in which nobody may act.
  const losesAdministrator = losses.losesAdministrator && to.disabled_at !== null;
  await requireSuccessors(tx, row, { ...losses, losesAdministrator });
  if (row.service_id !== null && (await findUsableService(tx, row.service_id, to.owner_id)) === undefined) {
    throw new AppError('conflict', {
      message: `"${to.name}" may not use the TAXII service of the ${KIND_NAMES[row.kind]}.`,
    });
  }
}

/** Encrypts the account's recoverable secrets under the data key of its new organization. */
async function sealAnew(app: App, { tx, now }: Action, row: AccountRow, to: OrganizationRow): Promise<void> {
  const wrapped = await findDataKey(tx, row.organization_id);
  const holder = { id: row.id, organization_id: to.owner_id };
  for (const credential of await listSealedCredentials(tx, row.id)) {
    const secret = openSecret(app, row, credential, wrapped);
    await updateCredentialHash(tx, credential.id, await sealSecret(app, tx, holder, credential, secret, now));
  }
  for (const { id, sealed } of await listSealedSeeds(tx, row.id)) {
    const seed = openSecret(app, row, { id, kind: 'totp', hash: sealed }, wrapped);
    await updateSealedSeed(tx, id, await sealSecret(app, tx, holder, { id, kind: 'totp' }, seed, now));
  }
}
