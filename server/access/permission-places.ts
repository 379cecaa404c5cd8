import type { PlaceKind } from '../../contract/rights.ts';
import type { Permission } from './permissions.ts';

const INSTANCE = ['instance'] as const;
const ITSELF = ['account'] as const;
const ORGANIZATIONS = ['organization', 'other_organizations'] as const;
const ACCOUNTS = [...ITSELF, ...ORGANIZATIONS] as const;
const SHARED = ['community', 'source', 'other_owners'] as const;
const OWNERS = [...ORGANIZATIONS, ...SHARED] as const;

/** Where each permission can be held; one without its places is a type error. */
export const PERMISSION_PLACES: Readonly<Record<Permission, readonly PlaceKind[]>> = {
  'instance.operate': INSTANCE,
  'licence.view': INSTANCE,
  'licence.edit': INSTANCE,
  'settings.view': INSTANCE,
  'settings.edit': INSTANCE,
  'organization.view': ORGANIZATIONS,
  'organization.create': INSTANCE,
  'organization.edit': ORGANIZATIONS,
  'organization.permissions': ORGANIZATIONS,
  'organization.delete': ORGANIZATIONS,
  'organization.seats': ORGANIZATIONS,
  'organization.activity': ORGANIZATIONS,
  'organization.list': INSTANCE,
  'organization.limit.taxiiUsers': ORGANIZATIONS,
  'organization.limit.other': ORGANIZATIONS,
  // Of an organization it says what `organization.view` says.
  'owner.view': SHARED,
  'owner.create': INSTANCE,
  'owner.edit': SHARED,
  'owner.revealNames': SHARED,
  'owner.delete': SHARED,
  'owner.members': SHARED,
  'community.viewMembers': ['community', 'other_owners'],
  'source.viewMembers': ['source', 'other_owners'],
  'account.create': ORGANIZATIONS,
  'account.view': ACCOUNTS,
  'account.edit': ACCOUNTS,
  'account.profile': ITSELF,
  'account.roles': ACCOUNTS,
  'account.lock': ACCOUNTS,
  'account.disable': ACCOUNTS,
  'account.delete': ACCOUNTS,
  'account.credential': ACCOUNTS,
  'account.authenticator': ACCOUNTS,
  'account.sessions': ACCOUNTS,
  'account.move': ACCOUNTS,
  'account.viewSystemRole': ACCOUNTS,
  'account.systemRole': ACCOUNTS,
  'account.userName': ACCOUNTS,
  'account.pseudonym': ACCOUNTS,
  'account.customTqlTimeout': ACCOUNTS,
  'account.termsOfService': ACCOUNTS,
  'group.view': ORGANIZATIONS,
  'group.edit': ORGANIZATIONS,
  'audit.view': ORGANIZATIONS,
  'audit.viewInstance': INSTANCE,
  'taxiiService.create': INSTANCE,
  'taxiiService.edit': INSTANCE,
  'taxiiService.delete': INSTANCE,
  'taxiiService.view': ORGANIZATIONS,
  'collection.configure': OWNERS,
  'collection.view': OWNERS,
  'exchange.connect': INSTANCE,
  'api.connect': INSTANCE,
  'intelligence.read': OWNERS,
  'intelligence.readPublished': OWNERS,
  'intelligence.create': OWNERS,
  'intelligence.delete': OWNERS,
};

/** What a credential that may only read can be used for: nothing of it changes anything. */
const READING: ReadonlySet<Permission> = new Set<Permission>([
  'licence.view',
  'settings.view',
  'organization.view',
  'organization.seats',
  'organization.activity',
  'organization.list',
  'owner.view',
  'community.viewMembers',
  'source.viewMembers',
  'account.view',
  'account.viewSystemRole',
  'group.view',
  'audit.view',
  'audit.viewInstance',
  'taxiiService.view',
  'collection.view',
  'exchange.connect',
  'api.connect',
  'intelligence.read',
  'intelligence.readPublished',
]);

export function isReading(permission: Permission): boolean {
  return READING.has(permission);
}
