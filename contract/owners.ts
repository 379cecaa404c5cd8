import { z } from 'zod';
import { COMMON_TEXTS, described } from './described.ts';
import { endpoint, noContent } from './endpoint.ts';
import { displayName } from './names.ts';
import { ownerDescription, pageLimit, searchText } from './organizations.ts';
import { pageOf, pageQuery, queryNumber } from './paging.ts';
import { pathId, pathReference, reference, rowVersion } from './references.ts';
import { ACCOUNT_KINDS, COMMUNITY_ROLES, type CommunityRole } from './roles.ts';

/** What organizations are members of. */
export const SHARED_KINDS = ['community', 'source'] as const;
export type SharedKind = (typeof SHARED_KINDS)[number];

/** The Community roles of users with the System role Read Only User; the last is the highest. */
export const READ_ONLY_COMMUNITY_ROLES = [
  'Banned',
  'User',
  'Commenter',
] as const satisfies readonly CommunityRole[];

const kind = z.enum(SHARED_KINDS);
const communityRole = z
  .enum(COMMUNITY_ROLES)
  .describe('The Community role. Banned sees nothing; Subscriber sees only what is published.');
const anonymous = z.boolean().describe('Profile anonymity: members are shown by pseudonym only.');

export const createOwnerInput = z.strictObject({
  kind,
  name: displayName.describe('The name: no other organization, community or source has it.'),
  description: ownerDescription.optional(),
  anonymous: anonymous.default(true),
});
export type CreateOwnerInput = z.input<typeof createOwnerInput>;

const ownerFields = {
  name: displayName.optional().describe('Another name.'),
  description: ownerDescription.nullable().optional().describe('What it is for; null removes it.'),
  anonymous: anonymous.optional(),
};
/** Which one: of that kind, or of either where none is named. */
const ownerReference = { kind: kind.optional(), owner: reference };
export const editOwnerInput = z
  .strictObject({ ...ownerReference, version: rowVersion.optional(), ...ownerFields })
  .refine(
    ({ name, description, anonymous: anonymity }) =>
      name !== undefined || description !== undefined || anonymity !== undefined,
    'changes nothing',
  );
export type EditOwnerInput = z.input<typeof editOwnerInput>;

export const ownerReferenceInput = z.strictObject(ownerReference);
export type OwnerReferenceInput = z.input<typeof ownerReferenceInput>;

const ownersQuery = pageQuery(['name', 'id']).extend({ search: searchText.optional() });
export const listOwnersInput = ownersQuery.extend({ kind, limit: pageLimit });
export type ListOwnersInput = z.input<typeof listOwnersInput>;

export const addMemberInput = z.strictObject({
  ...ownerReference,
  organization: reference,
  defaultRole: communityRole,
});
export type AddMemberInput = z.input<typeof addMemberInput>;

export const removeMemberInput = z.strictObject({ ...ownerReference, organization: reference });
export type RemoveMemberInput = z.input<typeof removeMemberInput>;

const membersQuery = pageQuery(['name']);
export const listMembersInput = membersQuery.extend({ ...ownerReference, limit: pageLimit });
export type ListMembersInput = z.input<typeof listMembersInput>;

/**
 * In the order of the organizations, and in each of the ids or, where profile anonymity is on, of the pseudonyms: an order
 * that tells nothing of names.
 */
const memberAccountsQuery = pageQuery(['organization']).extend({
  organization: queryNumber(1, 999_999_999_999_999)
    .optional()
    .describe('Only accounts of the member organization with this id.'),
  search: searchText.optional(),
});
export const listMemberAccountsInput = memberAccountsQuery.extend({
  ...ownerReference,
  limit: pageLimit,
  organization: reference.optional(),
});
export type ListMemberAccountsInput = z.input<typeof listMemberAccountsInput>;

/**
 * `account`: its pseudonym where profile anonymity is on, its id where it is off; for those who may see the account, also its
 * id and its user name.
 */
export const setCommunityRoleInput = z.strictObject({
  ...ownerReference,
  account: reference,
  role: communityRole,
});
export type SetCommunityRoleInput = z.input<typeof setCommunityRoleInput>;
export const clearCommunityRoleInput = setCommunityRoleInput.omit({ role: true });
export type ClearCommunityRoleInput = z.input<typeof clearCommunityRoleInput>;

export const ownerView = z.strictObject(
  described(
    {
      id: z.number(),
      kind,
      name: z.string(),
      description: z.string().nullable(),
      anonymous,
      version: z.number(),
      createdAt: z.iso.datetime(),
      role: communityRole.nullable(),
      abilities: z.strictObject({
        edit: z.boolean(),
        /** To turn profile anonymity off. */
        revealNames: z.boolean(),
        delete: z.boolean(),
        members: z.boolean(),
        viewMembers: z.boolean(),
      }),
    },
    {
      ...COMMON_TEXTS,
      kind: '`community` or `source`.',
      anonymous: 'Profile anonymity: members are shown by pseudonym only.',
      role: "The caller's own Community role there; null: it has none.",
    },
  ),
);
export type OwnerView = z.infer<typeof ownerView>;

export const memberView = z.strictObject({
  organization: z.strictObject({ id: z.number(), name: z.string() }),
  defaultRole: communityRole,
  abilities: z.strictObject({ setDefaultRole: z.boolean(), remove: z.boolean() }),
});
export type MemberView = z.infer<typeof memberView>;

/**
 * An account of a member organization, as those who see the members know it. Names and pseudonym are never shown together:
 * who reads both somewhere would know the pseudonym's bearer everywhere.
 */
export const memberAccountView = z.strictObject({
  /** Where profile anonymity is on, null for those who may not see the account: the pseudonym names it there. */
  id: z.number().nullable(),
  kind: z.enum(ACCOUNT_KINDS),
  organization: z.strictObject({ id: z.number(), name: z.string() }),
  /** Where profile anonymity is on, and for TAXII users. */
  pseudonym: z.string().nullable(),
  /** Where profile anonymity is off; never of TAXII users. */
  firstName: z.string().nullable(),
  lastName: z.string().nullable(),
  /** The role that it has: its individual one, else its organization's default. */
  role: communityRole,
  individual: z.boolean(),
  /** The roles that it may be given. */
  availableRoles: z.array(communityRole),
  abilities: z.strictObject({ setRole: z.boolean() }),
});
export type MemberAccountView = z.infer<typeof memberAccountView>;

export const accountCommunityRole = z.strictObject({
  owner: z.strictObject({ id: z.number(), kind, name: z.string() }),
  /** By which the operations on individual roles of the owner take the account. */
  account: z.number(),
  role: communityRole,
  individual: communityRole.nullable(),
  organizationDefault: communityRole.nullable(),
  /** The roles that it may be given. */
  availableRoles: z.array(communityRole),
  abilities: z.strictObject({ setRole: z.boolean() }),
});
export type AccountCommunityRole = z.infer<typeof accountCommunityRole>;

const newOwner = z.strictObject({
  id: z.number(),
  name: z.string(),
  collectionId: z.string(),
  warnings: z.array(z.string()),
});

/** The endpoints of communities, and those of sources: the same below another path. */
function endpointsOf<const Kind extends SharedKind>(of: Kind, plural: string, tag: string) {
  const one = `/${plural}/:owner`;
  const params = z.strictObject({ owner: pathId });
  const memberParams = z.strictObject({
    owner: pathId,
    organization: pathReference.describe('Id, or exact name, of the organization.'),
  });
  const accountParams = z.strictObject({
    owner: pathId,
    account: pathReference.describe(
      'The account: its pseudonym where profile anonymity is on, its id where it is off; for those who may see it, also its id or user name.',
    ),
  });
  return {
    list: endpoint({
      method: 'GET',
      path: `/${plural}`,
      tag,
      summary: `Lists the ${plural} that the caller may see.`,
      query: ownersQuery,
      output: pageOf(ownerView),
    }),
    create: endpoint({
      method: 'POST',
      path: `/${plural}`,
      tag,
      summary: `Creates a ${of} with its collection.`,
      body: createOwnerInput.omit({ kind: true }),
      output: newOwner,
      status: 201,
      errors: ['name_taken'],
    }),
    get: endpoint({
      method: 'GET',
      path: one,
      tag,
      summary: `Shows a ${of}.`,
      params,
      output: ownerView,
    }),
    edit: endpoint({
      method: 'PATCH',
      path: one,
      tag,
      summary: `Renames a ${of}, or changes its description or its profile anonymity.`,
      params,
      body: z.strictObject({ version: rowVersion, ...ownerFields }),
      output: ownerView,
      errors: ['stale', 'name_taken'],
    }),
    delete: endpoint({
      method: 'DELETE',
      path: one,
      tag,
      summary: `Deletes a ${of} that has neither objects nor member organizations.`,
      params,
      output: noContent,
      status: 204,
      errors: ['conflict'],
    }),
    listMembers: endpoint({
      method: 'GET',
      path: `${one}/members`,
      tag,
      summary: 'Lists the member organizations with their default roles.',
      params,
      query: membersQuery,
      output: pageOf(memberView),
    }),
    setMember: endpoint({
      method: 'PUT',
      path: `${one}/members/:organization`,
      tag,
      summary:
        'Makes an organization, by its id or exact name, a member, or changes its default role. Ids of organizations that one does not see are unknown.',
      params: memberParams,
      body: z.strictObject({ defaultRole: communityRole }),
      output: memberView,
    }),
    removeMember: endpoint({
      method: 'DELETE',
      path: `${one}/members/:organization`,
      tag,
      summary: 'Ends the membership of an organization, with the individual roles of its accounts.',
      params: memberParams,
      output: noContent,
      status: 204,
    }),
    listAccounts: endpoint({
      method: 'GET',
      path: `${one}/accounts`,
      tag,
      summary:
        'Lists the accounts of the member organizations with their roles, as profile anonymity allows.',
      params,
      query: memberAccountsQuery,
      output: pageOf(memberAccountView),
    }),
    setRole: endpoint({
      method: 'PUT',
      path: `${one}/accounts/:account`,
      tag,
      summary:
        'Gives an account of a member organization an individual role: by its pseudonym where profile anonymity is on, by its id where it is off.',
      params: accountParams,
      body: z.strictObject({ role: communityRole }),
      output: memberAccountView,
    }),
    clearRole: endpoint({
      method: 'DELETE',
      path: `${one}/accounts/:account`,
      tag,
      summary: 'Ends the individual role of an account; the default role of its organization is its role.',
      params: accountParams,
      output: noContent,
      status: 204,
    }),
  };
}

export const communityEndpoints = endpointsOf('community', 'communities', 'Communities');
export const sourceEndpoints = endpointsOf('source', 'sources', 'Sources');

export const listCommunityRolesEndpoint = endpoint({
  method: 'GET',
  path: '/accounts/:account/community-roles',
  tag: 'Accounts',
  summary: 'Lists the roles of an account in communities and sources.',
  params: z.strictObject({ account: pathId }),
  output: z.strictObject({ items: z.array(accountCommunityRole) }),
});
