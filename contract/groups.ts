import { z } from 'zod';
import { COMMON_TEXTS, described } from './described.ts';
import { endpoint, noContent } from './endpoint.ts';
import { displayName } from './names.ts';
import { wholeNumber } from './numbers.ts';
import { searchText } from './organizations.ts';
import { MAX_PAGE, pageOf, pageQuery } from './paging.ts';
import { pathId, reference, rowVersion } from './references.ts';
import { ACCOUNT_KINDS } from './roles.ts';

const description = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(2000, 'must have at most 2000 characters')
  .regex(/^[^\p{Cs}\u0000]*$/u, 'must not contain U+0000 or halves of surrogate pairs')
  .describe('What the group is for, in a few sentences.');

const members = z
  .array(reference)
  .max(10_000)
  .describe('Users and read-only users of the organization, each by id or user name.');

/** A group by its id, or by its name in its organization. */
export const groupReference = z.union([
  z.number().int().positive(),
  z.strictObject({ organization: reference, name: z.string().min(1).max(300) }),
]);
export type GroupReference = z.infer<typeof groupReference>;

export const listGroupsInput = z.strictObject({
  organization: reference,
  limit: wholeNumber(1, MAX_PAGE).optional(),
  after: z.string().optional(),
  sort: z.enum(['name', '-name']).optional(),
  search: searchText.optional(),
});
export type ListGroupsInput = z.input<typeof listGroupsInput>;

export const createGroupInput = z.strictObject({
  organization: reference,
  name: displayName.describe('The name: no other group of the organization has it.'),
  description: description.optional(),
  members: members.default([]),
});
export type CreateGroupInput = z.input<typeof createGroupInput>;

const groupFields = {
  name: displayName.optional().describe('Another name.'),
  description: description.nullable().optional().describe('What the group is for; null removes it.'),
};
export const editGroupInput = z
  .strictObject({ group: groupReference, version: rowVersion.optional(), ...groupFields })
  .refine((input) => input.name !== undefined || input.description !== undefined, 'changes nothing');
export type EditGroupInput = z.input<typeof editGroupInput>;

export const setGroupMembersInput = z.strictObject({
  group: groupReference,
  version: rowVersion.optional(),
  members,
});
export type SetGroupMembersInput = z.input<typeof setGroupMembersInput>;

/** Members to add and to remove; whoever is in neither list stays what it is. */
export const changeGroupMembersInput = z
  .strictObject({ group: groupReference, add: members.default([]), remove: members.default([]) })
  .refine((input) => input.add.length + input.remove.length > 0, 'changes nothing');
export type ChangeGroupMembersInput = z.input<typeof changeGroupMembersInput>;

const itemShape = described(
  {
    id: z.number(),
    name: z.string(),
    description: z.string().nullable(),
    version: z.number(),
    createdAt: z.iso.datetime(),
    memberCount: z.number(),
    abilities: z.strictObject({ edit: z.boolean(), setMembers: z.boolean(), delete: z.boolean() }),
  },
  { ...COMMON_TEXTS, memberCount: 'How many members it has.' },
);

/** A user group in a list. */
export const groupItem = z.strictObject(itemShape);
export type GroupItem = z.infer<typeof groupItem>;

/** A user group with its members, by user name. */
export const groupDetails = z.strictObject({
  ...itemShape,
  organization: z.strictObject({ id: z.number(), name: z.string() }),
  members: z.array(
    z.strictObject({
      id: z
        .number()
        .nullable()
        .describe(
          'Like the names, null for those who neither belong to the organization nor may see its accounts.',
        ),
      kind: z.enum(ACCOUNT_KINDS),
      // Who saw both would know its bearer in every community.
      pseudonym: z.string().nullable().describe('Only for those who see no names; null for the others.'),
      userName: z.string().nullable(),
      firstName: z.string().nullable(),
      lastName: z.string().nullable(),
    }),
  ),
});
export type GroupDetails = z.infer<typeof groupDetails>;

const tag = 'User groups';
const inOrganization = z.strictObject({ organization: pathId });
const params = z.strictObject({ group: pathId });

export const listGroupsEndpoint = endpoint({
  method: 'GET',
  path: '/organizations/:organization/groups',
  tag,
  summary: 'Lists the user groups of an organization by name.',
  params: inOrganization,
  query: pageQuery(['name']).extend({ search: searchText.optional() }),
  output: pageOf(groupItem),
});

export const createGroupEndpoint = endpoint({
  method: 'POST',
  path: '/organizations/:organization/groups',
  tag,
  summary: 'Creates a user group.',
  params: inOrganization,
  body: createGroupInput.omit({ organization: true }),
  output: groupDetails,
  status: 201,
  errors: ['name_taken'],
});

export const getGroupEndpoint = endpoint({
  method: 'GET',
  path: '/groups/:group',
  tag,
  summary: 'Shows a user group with its members.',
  params,
  output: groupDetails,
});

export const editGroupEndpoint = endpoint({
  method: 'PATCH',
  path: '/groups/:group',
  tag,
  summary: 'Renames a user group, or changes its description.',
  params,
  body: z.strictObject({ version: rowVersion, ...groupFields }),
  output: groupDetails,
  errors: ['name_taken', 'stale'],
});

export const deleteGroupEndpoint = endpoint({
  method: 'DELETE',
  path: '/groups/:group',
  tag,
  summary: 'Deletes a user group; its members keep their accounts.',
  params,
  output: noContent,
  status: 204,
});

export const setGroupMembersEndpoint = endpoint({
  method: 'PUT',
  path: '/groups/:group/members',
  tag,
  summary: 'Makes these accounts the members of a user group, and nobody else.',
  params,
  body: z.strictObject({ version: rowVersion, members }),
  output: groupDetails,
  errors: ['stale'],
});
