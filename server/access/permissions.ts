import type { CommunityRole, OrganizationRole, SystemRole } from '../../contract/roles.ts';

/**
 * Who holds a permission. A role of any one column suffices.
 *
 * - `system`: these System roles, in every organization and owner.
 * - `organization`: these Organization roles, in the holder's own organization only.
 * - `community`: these Community roles, in the community or source in question only.
 * - `operator`: the operator of the instance on its command line.
 * - `ranked`: on an account, only while that account's System role does not rank above the holder's.
 */
export type Grant = {
  system: readonly SystemRole[];
  organization: readonly OrganizationRole[];
  community: readonly CommunityRole[];
  operator: boolean;
  ranked?: true;
};

const ADMINISTRATORS = ['Administrator', 'Operations Administrator', 'Accounts Administrator'] as const;
/** A Super User is Organization Administrator in every organization. */
const MEMBER_ADMINISTRATORS = [...ADMINISTRATORS, 'Super User'] as const;
const WRITING_ORGANIZATION_ROLES = [
  'Standard User',
  'Sharing User',
  'App Developer',
  'Organization Administrator',
] as const;

const operatorOnly: Grant = { system: [], organization: [], community: [], operator: true };
const administration = (system: readonly SystemRole[]): Grant => ({
  system,
  organization: [],
  community: [],
  operator: true,
});
const membership: Grant = {
  system: MEMBER_ADMINISTRATORS,
  organization: ['Organization Administrator'],
  community: [],
  operator: true,
};

/** THE permission table. `docs/permissions.md` is printed from it. */
export const PERMISSIONS = {
  'instance.operate': operatorOnly,
  'instance.licence': administration(['Administrator']),

  /** To know that the organization exists. */
  'organization.view': {
    system: [...MEMBER_ADMINISTRATORS, 'Community Leader'],
    organization: ['Read Only User', 'Read Only Commenter', ...WRITING_ORGANIZATION_ROLES],
    community: [],
    operator: true,
  },
  'organization.create': administration(ADMINISTRATORS),
  'organization.list': administration([...ADMINISTRATORS, 'Community Leader', 'Super User']),
  /** Both articles to the letter: the TAXII user limit also by Accounts Administrators, every other limit not. */
  'organization.limit.taxiiUsers': administration(ADMINISTRATORS),
  'organization.limit.other': administration(['Administrator', 'Operations Administrator']),

  /** To know that the community or source exists. */
  'owner.view': {
    system: [...MEMBER_ADMINISTRATORS, 'Community Leader'],
    organization: ['Read Only User', 'Read Only Commenter', ...WRITING_ORGANIZATION_ROLES],
    community: ['Subscriber', 'User', 'Commenter', 'Contributor', 'Editor', 'Director'],
    operator: true,
  },
  'owner.create': administration(ADMINISTRATORS),
  'owner.members': {
    system: ADMINISTRATORS,
    organization: [],
    community: ['Director'],
    operator: true,
  },

  'taxiiUser.create': membership,
  'taxiiUser.view': membership,
  'taxiiUser.edit': { ...membership, ranked: true },
  'taxiiUser.credential': { ...membership, ranked: true },
  'taxiiUser.delete': { ...membership, ranked: true },

  'taxiiService.create': administration(['Administrator']),
  'taxiiService.view': {
    system: [...MEMBER_ADMINISTRATORS, 'Community Leader'],
    organization: ['Organization Administrator'],
    community: [],
    operator: true,
  },

  'collection.configure': {
    system: ['Administrator', 'Super User'],
    organization: ['Organization Administrator'],
    community: ['Director'],
    operator: true,
  },
  'collection.view': {
    system: [...MEMBER_ADMINISTRATORS, 'Community Leader'],
    organization: ['Organization Administrator'],
    community: ['Director'],
    operator: true,
  },

  /** To use a TAXII service at all. */
  'exchange.connect': { system: ['Taxii User'], organization: [], community: [], operator: false },

  'intelligence.read': {
    system: ['Super User'],
    organization: ['Read Only User', 'Read Only Commenter', ...WRITING_ORGANIZATION_ROLES],
    community: ['User', 'Commenter', 'Contributor', 'Editor', 'Director'],
    operator: true,
  },
  /** Subscribers see what is published, and nothing else. */
  'intelligence.readPublished': {
    system: ['Super User'],
    organization: ['Read Only User', 'Read Only Commenter', ...WRITING_ORGANIZATION_ROLES],
    community: ['Subscriber', 'User', 'Commenter', 'Contributor', 'Editor', 'Director'],
    operator: true,
  },
  'intelligence.create': {
    system: ['Super User'],
    organization: WRITING_ORGANIZATION_ROLES,
    community: ['Contributor', 'Editor', 'Director'],
    operator: true,
  },
  'intelligence.delete': {
    system: ['Super User'],
    organization: WRITING_ORGANIZATION_ROLES,
    community: ['Editor', 'Director'],
    operator: true,
  },
} as const satisfies Record<string, Grant>;

export type Permission = keyof typeof PERMISSIONS;
