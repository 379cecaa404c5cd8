import { nameKey } from '../../../contract/names.ts';
import type { Limits } from '../../../contract/organizations.ts';
import { READ_ONLY_COMMUNITY_ROLES } from '../../../contract/owners.ts';
import type { Reference } from '../../../contract/references.ts';
import {
  COMMUNITY_ROLES,
  type CommunityRole,
  type OwnerKind,
  SYSTEM_ROLE_RANK,
  SYSTEM_ROLES,
  type SystemRole,
} from '../../../contract/roles.ts';
import type { Access } from '../../access/access.ts';
import type { Target } from '../../access/can.ts';
import { AppError } from '../../errors.ts';

/** "named X" or "with the id 7", for a sentence about what the asker wants. */
export function called(reference: Reference): string {
  return typeof reference === 'number' ? `with the id ${reference}` : `named "${reference}"`;
}

/**
 * The organization that was looked up, when the asker may know that it exists. An unknown and an invisible one are
 * refused alike (ADR 0006).
 * @throws AppError `not_found`
 */
export function requireVisibleOrganization<Row extends { owner_id: number }>(
  access: Access,
  row: Row | undefined,
  reference: Reference,
): Row {
  const target = row === undefined ? {} : { organizationId: row.owner_id };
  if (access.can('organization.view', target) && row !== undefined) return row;
  throw new AppError('not_found', { message: `There is no organization ${called(reference)}.` });
}

const ANY_OWNER = 'organization, community or source';

/** The same for any owner, or for one of a kind; `target` is what rights in it depend on. */
export function requireVisibleOwner<Row extends { kind: OwnerKind }>(
  access: Access,
  row: Row | undefined,
  target: Target,
  reference: Reference,
  kinds: readonly OwnerKind[] = ['organization', 'community', 'source'],
): Row {
  const isVisible = access.can('owner.view', target);
  if (row !== undefined && isVisible && kinds.includes(row.kind)) return row;
  const what = kinds.length === 3 ? ANY_OWNER : kinds.join(' or ');
  throw new AppError('not_found', { message: `There is no ${what} ${called(reference)}.` });
}

/**
 * The Community role that an account has in a community or source: its individual role there, else the default role of its
 * organization there; undefined where it has neither.
 *
 * Users with the System role Read Only User have three Community roles available. Where theirs would be any other, they
 * have the highest of the three, Commenter.
 */
export function effectiveCommunityRole(
  systemRole: SystemRole,
  individual: CommunityRole | null | undefined,
  organizationDefault: CommunityRole | null | undefined,
): CommunityRole | undefined {
  const role = individual ?? organizationDefault ?? undefined;
  if (role === undefined || systemRole !== 'Read Only User' || isReadOnlyRole(role)) return role;
  return 'Commenter';
}

/** Whether the second role lets its holder do more than the first; undefined = none, which lets nobody do anything. */
export function isHigherRole(before: CommunityRole | undefined, after: CommunityRole | undefined): boolean {
  const rank = (role: CommunityRole | undefined) => COMMUNITY_ROLES.indexOf(role ?? 'Banned');
  return rank(after) > rank(before);
}

function isReadOnlyRole(role: CommunityRole): boolean {
  return READ_ONLY_COMMUNITY_ROLES.some((each) => each === role);
}

/**
 * Refuses an edit that was made from another version than the stored one. Without a version, on the command line, whatever
 * is stored is edited.
 * @throws AppError `stale`
 */
export function requireVersion(given: number | undefined, stored: number): void {
  if (given !== undefined && given !== stored) throw new AppError('stale', { version: stored });
}

type Seated = { max_users: number; max_api_users: number; max_taxii_users: number };

export function limitsOf(row: Seated): Limits {
  return { users: row.max_users, apiUsers: row.max_api_users, taxiiUsers: row.max_taxii_users };
}

/** By how much each limit is exceeded: what a lowered limit leaves. */
export function overUse(limits: Limits, used: Limits): Limits {
  const over = (limit: keyof Limits) => Math.max(0, used[limit] - limits[limit]);
  return { users: over('users'), apiUsers: over('apiUsers'), taxiiUsers: over('taxiiUsers') };
}

/** The System roles that rank above this one. */
export function rolesAbove(role: SystemRole): SystemRole[] {
  return SYSTEM_ROLES.filter((each) => SYSTEM_ROLE_RANK[each] > SYSTEM_ROLE_RANK[role]);
}

/** What keeps an owner from being deleted. `objects` is counted up to 1000. */
export type Obstacles = { accounts: number; objects: number; members: number; memberships: number };

/** How far objects are counted: that there are any matters, not how many. */
export const COUNTED_OBJECTS = 1000;

/**
 * Only what is empty is deleted: it would take with it what others rely on.
 * @throws AppError `conflict` with everything that is in the way
 */
export function requireEmpty(owner: { kind: OwnerKind; name: string }, obstacles: Obstacles): void {
  const some = (count: number, one: string, many: string) =>
    count === 0 ? [] : [count === 1 ? `1 ${one}` : `${count} ${many}`];
  const { accounts, objects, members, memberships } = obstacles;
  const found = [
    ...some(accounts, 'account', 'accounts'),
    ...(objects >= COUNTED_OBJECTS
      ? [`${COUNTED_OBJECTS} objects or more`]
      : some(objects, 'object', 'objects')),
    ...some(members, 'member organization', 'member organizations'),
    ...some(memberships, 'membership in a community or source', 'memberships in communities or sources'),
  ];
  if (found.length === 0) return;
  throw new AppError('conflict', {
    message: `The ${owner.kind} "${owner.name}" is not empty: it has ${found.join(', ')}.`,
    obstacles,
  });
}

/** Matches keys that contain the text, in a `like … escape '!'`. */
export function containing(text: string): string {
  return `%${nameKey(text).replace(/[!%_]/g, '!$&')}%`;
}

/** The order that a list was asked for: `name`, or `-name` for the other way round. */
export function orderOf<By extends string>(sort: By | `-${By}`): { by: By; descending: boolean } {
  return sort.startsWith('-')
    ? { by: sort.slice(1) as By, descending: true }
    : { by: sort as By, descending: false };
}
