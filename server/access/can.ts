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

type AccountActor = Extract<Actor, { kind: 'account' }>;

/** Whether the actor holds the permission on the target. Pure: the table and the arguments decide. */
export function can(actor: Actor, permission: Permission, target: Target): boolean {
  const grant: Grant = PERMISSIONS[permission];
  if (actor.kind === 'operator') return grant.operator;
  if (actor.kind === 'anonymous') return false;
  const own = ownAccount(grant, actor, target);
  if (own !== undefined) return own === 'granted';
  if (isOutranked(grant, actor, target)) return false;
  if (systemRoleGives(grant, actor) && !isSuspended(grant, actor)) return true;
  return placeRoleGives(grant, actor, target);
}

/** What gives a right. */
export type Giver =
  | { kind: 'own' }
  | { kind: 'system_role'; name: SystemRole }
  | { kind: 'organization_role'; name: OrganizationRole }
  | { kind: 'community_role'; name: CommunityRole };

/** `own`: nobody may do it to their own account; `rank`: the target ranks above; `suspended`: a system setting takes it away. */
export type Refusal = 'own' | 'rank' | 'suspended';

/** `givers`: every role, or the own account, that gives the right; `refusal`: what takes away what they give. */
export type Verdict = { granted: boolean; givers: Giver[]; refusal: Refusal | undefined };

/** Why an account holds the permission on the target, or does not: what `can` decides by, not cut short. */
export function explain(actor: AccountActor, permission: Permission, target: Target): Verdict {
  const grant: Grant = PERMISSIONS[permission];
  const granted = can(actor, permission, target);
  const own = ownAccount(grant, actor, target);
  if (own === 'granted') return { granted, givers: [{ kind: 'own' }], refusal: undefined };
  const givers: Giver[] = [];
  const bySystemRole = systemRoleGives(grant, actor);
  if (bySystemRole && !(granted && isSuspended(grant, actor)))
    givers.push({ kind: 'system_role', name: actor.systemRole });
  if (placeRoleGives(grant, actor, target)) givers.push(placeRole(actor, target));
  if (granted || givers.length === 0) return { granted, givers, refusal: undefined };
  return {
    granted,
    givers,
    refusal: own === 'refused' ? 'own' : isOutranked(grant, actor, target) ? 'rank' : 'suspended',
  };
}

/** On the own account, where that decides by itself. */
function ownAccount(grant: Grant, actor: AccountActor, target: Target): Grant['self'] {
  return target.accountId === actor.accountId ? grant.self : undefined;
}

/** Written so that a role without a rank, which cannot be, is refused. */
function isOutranked(grant: Grant, actor: AccountActor, target: Target): boolean {
  if (grant.ranked !== true) return false;
  const isWithinRank =
    target.systemRole !== undefined &&
    SYSTEM_ROLE_RANK[target.systemRole] <= SYSTEM_ROLE_RANK[actor.systemRole];
  return !isWithinRank;
}

function systemRoleGives(grant: Grant, actor: AccountActor): boolean {
  return grant.system.includes(actor.systemRole);
}

/** What a System role gives, a system setting takes away. */
function isSuspended(grant: Grant, actor: AccountActor): boolean {
  return (
    grant.membership === true &&
    actor.systemRole === 'Accounts Administrator' &&
    actor.managesMembers === false
  );
}

function isAtHome(actor: AccountActor, target: Target): boolean {
  return target.organizationId !== undefined && target.organizationId === actor.organizationId;
}

/** By the Organization role at home, elsewhere by the Community role there. */
function placeRoleGives(grant: Grant, actor: AccountActor, target: Target): boolean {
  if (isAtHome(actor, target)) return grant.organization.includes(actor.organizationRole);
  return target.communityRole !== undefined && grant.community.includes(target.communityRole);
}

function placeRole(actor: AccountActor, target: Target): Giver {
  return target.communityRole === undefined || isAtHome(actor, target)
    ? { kind: 'organization_role', name: actor.organizationRole }
    : { kind: 'community_role', name: target.communityRole };
}
