import type { SharedKind } from '../../../contract/owners.ts';
import type { Reference } from '../../../contract/references.ts';
import type { Target } from '../../access/can.ts';
import type { Permission } from '../../access/permissions.ts';
import type { Action } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { invalid } from '../../errors.ts';
import { requireVisibleOwner } from './owners.rules.ts';
import { findOwner, lockOwner, type OwnerRow, ownerTarget } from './owners.store.ts';

/** A community or source, and what the asker's rights there depend on. */
export type VisibleOwner = { owner: OwnerRow & { kind: SharedKind }; target: Target };

/** What a use case that reads needs to find a row: the same as one that writes, outside of a transaction. */
export function readingTools(app: App, caller: Caller, about: Action['about']) {
  return { tx: app.db.read, access: caller.access, about };
}

/**
 * The community or source, if the asker may know that it exists; where a kind is named, only one of that kind. A refusal that
 * follows tells of it.
 * @throws AppError `not_found`; `invalid_input` for an organization
 */
export async function findVisibleOwner(
  { tx, access, about }: Pick<ReturnType<typeof readingTools>, 'tx' | 'access' | 'about'>,
  { kind, owner: reference }: { kind?: SharedKind | undefined; owner: Reference },
): Promise<VisibleOwner> {
  const found = await findOwner(tx, reference);
  const target = found === undefined ? {} : await ownerTarget(tx, found, access.actor);
  const kinds = kind === undefined ? undefined : [kind];
  const owner = requireVisibleOwner(access, found, target, reference, kinds);
  about(auditTarget(owner));
  if (owner.kind === 'organization') throw invalid('owner', 'an organization has no member organizations');
  return { owner: { ...owner, kind: owner.kind }, target };
}

/**
 * Locks the owner's row, and asks for the permission of the asker as it stands then: whoever takes a Community role away
 * holds that lock, and the role that was read before may be gone.
 * @throws AppError `not_found`, `forbidden`
 */
export async function lockForChange(
  { tx, access }: Pick<Action, 'tx' | 'access'>,
  found: VisibleOwner['owner'],
  permission: Permission,
): Promise<VisibleOwner> {
  const locked = await lockOwner(tx, found.id);
  const target = await ownerTarget(tx, locked, access.actor);
  requireVisibleOwner(access, locked, target, found.id);
  access.require(permission, target);
  return { owner: { ...locked, kind: found.kind }, target };
}

/** What the audit trail calls the owner; `organizationId` = the organization that the event concerns. */
export function auditTarget(
  owner: Pick<OwnerRow, 'id' | 'kind' | 'name'>,
  organizationId: number | null = owner.kind === 'organization' ? owner.id : null,
) {
  return { organizationId, targetKind: owner.kind, targetId: owner.id, targetName: owner.name };
}
