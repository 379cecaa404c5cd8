import {
  type AccountKind,
  ORGANIZATION_ROLES,
  type OrganizationRole,
  type SystemRole,
} from '../../../contract/roles.ts';
import { can } from '../../access/can.ts';
import { type Grant, PERMISSIONS, type Permission } from '../../access/permissions.ts';
import type { AccountRow } from '../../db/schema.ts';
import type { Micros } from '../../protocols/timestamp.ts';
import { accountState } from '../accounts/accounts.rules.ts';
import { aKind } from '../accounts/forms.rules.ts';

/** Which accounts may take over: of the same organization, or with one of the System roles `elsewhere`. */
export type HeirRule = {
  kinds: readonly AccountKind[];
  /** What the heir must be allowed to do in its organization. */
  permission?: Permission;
  elsewhere?: readonly SystemRole[];
};

/** The Organization roles of those who may take over within their organization. */
export function rolesOfHeirs({ permission }: HeirRule): readonly OrganizationRole[] {
  if (permission === undefined) return ORGANIZATION_ROLES;
  const grant: Grant = PERMISSIONS[permission];
  return grant.organization;
}

/** Why the candidate cannot take over from the account; undefined when it can. */
export function heirProblem(
  rule: HeirRule,
  candidate: AccountRow,
  from: AccountRow,
  now: Micros,
): string | undefined {
  if (candidate.id === from.id) return 'is the account itself';
  if (!rule.kinds.includes(candidate.kind)) return `must be ${rule.kinds.map(aKind).join(' or ')}`;
  if (accountState(candidate, now) !== 'active') return `is ${accountState(candidate, now)}`;
  const isElsewhere = candidate.organization_id !== from.organization_id;
  if (isElsewhere && rule.elsewhere?.includes(candidate.system_role) !== true)
    return 'must belong to the same organization';
  if (rule.permission === undefined) return undefined;
  const actor = {
    kind: 'account',
    accountId: candidate.id,
    name: candidate.user_name,
    organizationId: candidate.organization_id,
    systemRole: candidate.system_role,
    organizationRole: candidate.organization_role,
  } as const;
  return can(actor, rule.permission, { organizationId: from.organization_id })
    ? undefined
    : `must be allowed ${rule.permission}`;
}
