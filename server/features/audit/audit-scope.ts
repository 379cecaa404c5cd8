import type { Reference } from '../../../contract/references.ts';
import { INSTANCE } from '../../access/can.ts';
import type { Action } from '../../action.ts';
import type { Caller } from '../../context.ts';
import { requireVisibleOrganization } from '../owners/owners.rules.ts';
import type { OrganizationRow } from '../owners/owners.store.ts';
import type { Viewer } from './audit.rules.ts';
import type { AuditScope } from './audit.store.ts';

/**
 * Whose audit trail may be read: that of the organization that was named and looked up, else all of the instance's.
 * @throws AppError `forbidden`, `not_found`
 */
export function requireScope(
  { access }: Pick<Caller, 'access'>,
  organization: { reference: Reference; row: OrganizationRow | undefined } | undefined,
  about: Action['about'],
): AuditScope {
  if (organization === undefined) {
    access.require('audit.viewInstance', INSTANCE);
    return 'instance';
  }
  const row = requireVisibleOrganization(access, organization.row, organization.reference);
  const organizationId = row.owner_id;
  about({ organizationId, targetKind: 'organization', targetId: organizationId, targetName: row.name });
  access.require('audit.view', { organizationId });
  return organizationId;
}

/** What it depends on how much of an event the caller is shown. */
export function viewerOf({ access }: Pick<Caller, 'access'>): Viewer {
  const { actor } = access;
  return {
    accountId: actor.kind === 'account' ? actor.accountId : undefined,
    seesInstance: access.can('audit.viewInstance', INSTANCE),
    seesSystemRoles: access.can('account.viewSystemRole', INSTANCE),
  };
}
