import {
  type MemberAccountView,
  type OwnerView,
  READ_ONLY_COMMUNITY_ROLES,
  type SharedKind,
} from '../../../contract/owners.ts';
import {
  type AccountKind,
  COMMUNITY_ROLES,
  type CommunityRole,
  type SystemRole,
} from '../../../contract/roles.ts';
import type { Access } from '../../access/access.ts';
import type { Target } from '../../access/can.ts';
import { formatTimestamp } from '../../protocols/timestamp.ts';
import { problemsError } from '../accounts/forms.rules.ts';
import { effectiveCommunityRole } from './owners.rules.ts';

/** Communities and sources: what is shared between organizations. */
export type SharedRow = {
  id: number;
  kind: SharedKind;
  name: string;
  description: string | null;
  anonymous: number;
  version: number;
  created_at: number;
};

/** Members of a community see each other; members of a source do not. */
export function viewMembersPermission(kind: SharedKind) {
  return kind === 'community' ? 'community.viewMembers' : 'source.viewMembers';
}

/** The community or source as the asker may see it; `target` = what its rights there depend on. */
export function ownerView(access: Access, row: SharedRow, target: Target): OwnerView {
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    description: row.description,
    anonymous: row.anonymous === 1,
    version: row.version,
    createdAt: formatTimestamp(row.created_at),
    role: target.communityRole ?? null,
    abilities: {
      edit: access.can('owner.edit', target),
      revealNames: access.can('owner.revealNames', target),
      delete: access.can('owner.delete', target),
      members: access.can('owner.members', target),
      viewMembers: access.can(viewMembersPermission(row.kind), target),
    },
  };
}

/**
 * Turning profile anonymity off tells whoever sees the members the names of people of other organizations, who joined
 * unnamed: not for a Director alone to decide.
 * @throws AppError `forbidden`, naming the field
 */
export function requireMayReveal(access: Access, target: Target): void {
  if (access.can('owner.revealNames', target)) return;
  throw problemsError('forbidden', [
    { path: 'anonymous', message: 'you may turn it on, but not off: that needs owner.revealNames' },
  ]);
}

type MemberAccount = {
  id: number;
  kind: AccountKind;
  pseudonym: string;
  first_name: string | null;
  last_name: string | null;
  system_role: SystemRole;
  organization_id: number;
  organization_name: string;
  individual: CommunityRole | null;
  default_role: CommunityRole;
};

/**
 * The account as everybody who sees the members sees it, Directors and System roles too: by its pseudonym only where profile
 * anonymity is on, and a TAXII user always; the others by their names. Never by both, and never by user name or e-mail. The id,
 * too, is that of the same account elsewhere: where profile anonymity is on, only those learn it who may see the account.
 */
export function memberAccountView(
  access: Access,
  owner: Pick<SharedRow, 'anonymous'>,
  row: MemberAccount,
  target: Target,
): MemberAccountView {
  const isAnonymous = owner.anonymous === 1;
  const isPseudonymous = isAnonymous || row.kind === 'taxii';
  const role = effectiveCommunityRole(row.system_role, row.individual, row.default_role);
  return {
    id: isAnonymous && !maySeeAccount(access, row) ? null : row.id,
    kind: row.kind,
    organization: { id: row.organization_id, name: row.organization_name },
    pseudonym: isPseudonymous ? row.pseudonym : null,
    firstName: isPseudonymous ? null : row.first_name,
    lastName: isPseudonymous ? null : row.last_name,
    role: role ?? row.default_role,
    individual: row.individual !== null,
    availableRoles: availableRoles(row.system_role),
    abilities: { setRole: maySetRole(access, row.id, target) },
  };
}

/** Whether the asker may see the account itself, and so whose it is. */
export function maySeeAccount(
  access: Access,
  { id, organization_id, system_role }: Pick<MemberAccount, 'id' | 'organization_id' | 'system_role'>,
): boolean {
  return access.can('account.view', {
    accountId: id,
    organizationId: organization_id,
    systemRole: system_role,
  });
}

/**
 * Whether those who see the members see the account by its names: where profile anonymity is off, and not where its
 * organization was Banned with it. Who keeps an organization out learns nothing of its people.
 */
export function isListedByName(
  owner: Pick<SharedRow, 'anonymous'>,
  { individual, default_role }: Pick<MemberAccount, 'individual' | 'default_role'>,
): boolean {
  return owner.anonymous === 0 && (default_role !== 'Banned' || (individual ?? 'Banned') !== 'Banned');
}

/** The individual roles that an account may be given. */
export function availableRoles(systemRole: SystemRole): CommunityRole[] {
  return systemRole === 'Read Only User' ? [...READ_ONLY_COMMUNITY_ROLES] : [...COMMUNITY_ROLES];
}

/**
 * Whether the asker may set the account's individual role: nobody their own, or they could raise themselves. Rank plays no
 * part: the role says what the account may do in this owner, not who may edit the account, and a Director keeps out whom the
 * community does not want, whatever that account is elsewhere.
 */
export function maySetRole(access: Access, accountId: number, target: Target): boolean {
  const { actor } = access;
  return access.can('owner.members', target) && !(actor.kind === 'account' && actor.accountId === accountId);
}
