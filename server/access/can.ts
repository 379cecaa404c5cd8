import {
  type CommunityRole,
  type OrganizationRole,
  SYSTEM_ROLE_RANK,
  type SystemRole,
} from '../../contract/roles.ts';
import { type Grant, PERMISSIONS, type Permission } from './permissions.ts';

/** Whoever acts: the operator on the command line, an account with the roles that are stored for it now, or nobody known. */
export type Actor =
  | { kind: 'operator'; name: string }
  /** Somebody who has not signed in: holds no permission. */
  | { kind: 'anonymous'; name: string }
  | {
      kind: 'account';
      accountId: number;
      name: string;
      organizationId: number;
      systemRole: SystemRole;
      organizationRole: OrganizationRole;
      /** The system setting `accountsAdministratorManagesMembers`; it matters to Accounts Administrators only. */
      managesMembers?: boolean;
    };

/** What is acted on, as stored; never as named in a request. Absent parts do not concern the permission. */
export type Target = {
  /** The organization that the row belongs to. For an organization's own data: that organization. */
  organizationId?: number;
  /** The actor's Community role in the community or source that the row belongs to. */
  communityRole?: CommunityRole | undefined;
  /** The System role of the account that is acted on. */
  systemRole?: SystemRole;
  /** The account that is acted on. */
  accountId?: number;
};

/** The whole instance: for permissions that concern no single row. */
export const INSTANCE: Target = {};

/** Whether the actor holds the permission on the target. Pure: the table and the arguments decide. */
export function can(actor: Actor, permission: Permission, target: Target): boolean {
  const grant: Grant = PERMISSIONS[permission];
  if (actor.kind === 'operator') return grant.operator;
  if (actor.kind === 'anonymous') return false;
  if (target.accountId === actor.accountId && grant.self !== undefined) return grant.self === 'granted';
  // Written so that a role without a rank, which cannot be, is refused.
  const isWithinRank =
    target.systemRole !== undefined &&
    SYSTEM_ROLE_RANK[target.systemRole] <= SYSTEM_ROLE_RANK[actor.systemRole];
  if (grant.ranked === true && !isWithinRank) return false;
  const isSuspended =
    grant.membership === true &&
    actor.systemRole === 'Accounts Administrator' &&
    actor.managesMembers === false;
  if (grant.system.includes(actor.systemRole) && !isSuspended) return true;
  if (target.organizationId !== undefined && target.organizationId === actor.organizationId) {
    return grant.organization.includes(actor.organizationRole);
  }
  return target.communityRole !== undefined && grant.community.includes(target.communityRole);
}
