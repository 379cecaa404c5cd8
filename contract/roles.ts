/** The roles of the product. A System role acts on the instance, an Organization role in one's own organization, a Community role in one community or source. */

export const SYSTEM_ROLES = [
  'Administrator',
  'Operations Administrator',
  'Accounts Administrator',
  'Community Leader',
  'Super User',
  'User',
  'Read Only User',
  'Api User',
  'Exchange Admin',
  'Taxii User',
] as const;
export type SystemRole = (typeof SYSTEM_ROLES)[number];

/** Nobody edits, locks, disables or deletes an account whose System role ranks above their own. Equal rank is allowed. */
export const SYSTEM_ROLE_RANK: Readonly<Record<SystemRole, number>> = {
  Administrator: 60,
  'Operations Administrator': 50,
  'Accounts Administrator': 40,
  'Community Leader': 30,
  'Super User': 30,
  User: 10,
  'Read Only User': 10,
  'Api User': 10,
  'Exchange Admin': 10,
  'Taxii User': 10,
};

export const ORGANIZATION_ROLES = [
  'Read Only User',
  'Read Only Commenter',
  'Standard User',
  'Sharing User',
  'App Developer',
  'Organization Administrator',
] as const;
export type OrganizationRole = (typeof ORGANIZATION_ROLES)[number];

export const COMMUNITY_ROLES = [
  'Banned',
  'Subscriber',
  'User',
  'Commenter',
  'Contributor',
  'Editor',
  'Director',
] as const;
export type CommunityRole = (typeof COMMUNITY_ROLES)[number];

export const ACCOUNT_KINDS = ['user', 'read_only', 'api', 'taxii'] as const;
export type AccountKind = (typeof ACCOUNT_KINDS)[number];

export const OWNER_KINDS = ['organization', 'community', 'source'] as const;
export type OwnerKind = (typeof OWNER_KINDS)[number];
