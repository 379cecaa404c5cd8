import type { CommunityRole, OrganizationRole, SystemRole } from '../../contract/roles.ts';

/**
 * Who holds a permission. A role of any one column suffices.
 *
 * - `system`: these System roles, in every organization and owner.
 * - `organization`: these Organization roles, in the holder's own organization only.
 * - `community`: these Community roles, in the community or source in question only.
 * - `operator`: the operator of the instance on its command line.
 * - `ranked`: on an account, only while that account's System role does not rank above the holder's.
 * - `self`: on one's own account: `granted` whatever the roles, or `refused` whatever the roles.
 * - `membership`: Accounts Administrators hold it only while `accountsAdministratorManagesMembers` is on.
 */
export type Grant = {
  system: readonly SystemRole[];
  organization: readonly OrganizationRole[];
  community: readonly CommunityRole[];
  operator: boolean;
  ranked?: true;
  self?: 'granted' | 'refused';
  membership?: true;
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
  membership: true,
};
/** To change an account: nobody above one's own rank. */
const ranked: Grant = { ...membership, ranked: true };
/** Fields of an account that its organization's administrators do not set. */
const reservedField: Grant = administration(['Administrator', 'Operations Administrator']);
const ALL_ORGANIZATION_ROLES = [
  'Read Only User',
  'Read Only Commenter',
  ...WRITING_ORGANIZATION_ROLES,
] as const;
const INSIDERS = ['User', 'Commenter', 'Contributor', 'Editor', 'Director'] as const;

/** THE permission table. `docs/permissions.md` is printed from it. */
export const PERMISSIONS = {
  'instance.operate': operatorOnly,
  'licence.view': administration(ADMINISTRATORS),
  'licence.edit': administration(['Administrator']),
  'settings.view': administration(['Administrator', 'Operations Administrator']),
  'settings.edit': administration(['Administrator']),

  /** To know that the organization exists. */
  'organization.view': {
    system: [...MEMBER_ADMINISTRATORS, 'Community Leader'],
    organization: ALL_ORGANIZATION_ROLES,
    community: [],
    operator: true,
  },
  'organization.create': administration(ADMINISTRATORS),
  'organization.edit': administration(ADMINISTRATORS),
  'organization.permissions': administration(['Administrator', 'Operations Administrator']),
  'organization.delete': administration(['Administrator', 'Operations Administrator']),
  /** The gauges of the limits: how many more accounts of each kind fit. */
  'organization.seats': {
    system: [...MEMBER_ADMINISTRATORS, 'Community Leader'],
    organization: ['Organization Administrator'],
    community: [],
    operator: true,
  },
  /** Who added or changed what in the organization. */
  'organization.activity': {
    system: MEMBER_ADMINISTRATORS,
    organization: ALL_ORGANIZATION_ROLES,
    community: [],
    operator: true,
  },
  'organization.list': administration([...ADMINISTRATORS, 'Community Leader', 'Super User']),
  /** Both articles to the letter: the TAXII user limit also by Accounts Administrators, every other limit not. */
  'organization.limit.taxiiUsers': administration(ADMINISTRATORS),
  'organization.limit.other': administration(['Administrator', 'Operations Administrator']),

  /** To know that the community or source exists. */
  'owner.view': {
    system: [...MEMBER_ADMINISTRATORS, 'Community Leader'],
    organization: ALL_ORGANIZATION_ROLES,
    community: ['Subscriber', 'User', 'Commenter', 'Contributor', 'Editor', 'Director'],
    operator: true,
  },
  'owner.create': administration(ADMINISTRATORS),
  /** Its name, its description, and to turn profile anonymity on. */
  'owner.edit': { system: ADMINISTRATORS, organization: [], community: ['Director'], operator: true },
  /** To turn profile anonymity off: a Director turns it on only. */
  'owner.revealNames': administration(ADMINISTRATORS),
  'owner.delete': administration(['Administrator', 'Operations Administrator']),
  'owner.members': {
    system: ADMINISTRATORS,
    organization: [],
    community: ['Director'],
    operator: true,
  },
  /** Members of a community see each other; members of a source do not. */
  'community.viewMembers': {
    system: [...ADMINISTRATORS, 'Community Leader'],
    organization: [],
    community: INSIDERS,
    operator: true,
  },
  'source.viewMembers': {
    system: [...ADMINISTRATORS, 'Community Leader'],
    organization: [],
    community: ['Director'],
    operator: true,
  },

  'account.create': membership,
  'account.view': { ...membership, self: 'granted' },
  'account.edit': ranked,
  /** Of one's own account: names, time zone and the like. */
  'account.profile': { system: [], organization: [], community: [], operator: false, self: 'granted' },
  /** Its System role and Organization role: nobody's own. */
  'account.roles': { ...ranked, self: 'refused' },
  'account.lock': { ...ranked, self: 'refused' },
  'account.disable': { ...ranked, self: 'refused' },
  'account.delete': { ...ranked, self: 'refused' },
  /** One's own password is changed by showing it, and a machine does not loosen or prolong what it was given. */
  'account.credential': { ...ranked, self: 'refused' },
  /** To remove the second factors of somebody who cannot show them; one's own are removed by showing them. */
  'account.authenticator': { ...ranked, self: 'refused' },
  'account.sessions': { ...ranked, self: 'granted' },
  'account.move': { ...reservedField, ranked: true, self: 'refused' },
  'account.viewSystemRole': { ...reservedField, self: 'granted' },
  'account.systemRole': { ...reservedField, ranked: true, self: 'refused' },
  'account.userName': { ...reservedField, ranked: true },
  'account.pseudonym': { ...reservedField, ranked: true },
  'account.customTqlTimeout': { ...reservedField, ranked: true },
  'account.termsOfService': { ...reservedField, ranked: true },

  'group.view': {
    system: MEMBER_ADMINISTRATORS,
    organization: ALL_ORGANIZATION_ROLES,
    community: [],
    operator: true,
  },
  'group.edit': membership,

  /** The audit trail of an organization. */
  'audit.view': {
    system: MEMBER_ADMINISTRATORS,
    organization: ['Organization Administrator'],
    community: [],
    operator: true,
  },
  /** All of it, with what belongs to no organization. */
  'audit.viewInstance': administration(['Administrator', 'Operations Administrator']),

  'taxiiService.create': administration(['Administrator']),
  'taxiiService.edit': administration(['Administrator']),
  'taxiiService.delete': administration(['Administrator']),
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

  /** To use version 2 of the REST API, as clients of the reference product do. */
  'api.connect': {
    system: ['Api User', 'Exchange Admin'],
    organization: [],
    community: [],
    operator: false,
  },

  'intelligence.read': {
    system: ['Super User'],
    organization: ALL_ORGANIZATION_ROLES,
    community: INSIDERS,
    operator: true,
  },
  /** Subscribers see what is published, and nothing else. */
  'intelligence.readPublished': {
    system: ['Super User'],
    organization: ALL_ORGANIZATION_ROLES,
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
