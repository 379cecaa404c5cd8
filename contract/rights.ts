import { z } from 'zod';
import { instant } from './account-fields.ts';
import { seenOwner } from './account-parts.ts';
import { described } from './described.ts';
import { endpoint } from './endpoint.ts';
import { pathId } from './references.ts';
import { ACCOUNT_KINDS, COMMUNITY_ROLES, ORGANIZATION_ROLES, SYSTEM_ROLES } from './roles.ts';

const named = z.strictObject({ id: z.number().describe('Its id.'), name: z.string().describe('Its name.') });

/** How many communities and sources an explanation names at most. */
export const MAX_EXPLAINED_OWNERS = 200;

/** Where rights hold. */
export const PLACE_KINDS = [
  'instance',
  'account',
  'organization',
  'community',
  'source',
  'other_organizations',
  'other_owners',
] as const;
export type PlaceKind = (typeof PLACE_KINDS)[number];

const through = z.strictObject(
  described(
    {
      kind: z.enum(['system_role', 'organization_role', 'community_role', 'own']),
      name: z.string().nullable(),
      from: z.string(),
    },
    {
      kind: 'What gives the right: a role, or that it is the own account.',
      name: 'The role; null: none, or a System role that the caller may not see.',
      from: 'The same as part of a sentence, with where the role comes from.',
    },
  ),
);

const right = z.strictObject(
  described(
    {
      permission: z.string(),
      text: z.string(),
      granted: z.boolean().nullable(),
      through: z.array(through),
      withheld: z.string().nullable(),
      only: z.array(z.string()),
    },
    {
      permission: 'The name of the permission.',
      text: 'What it is, as a sentence that begins with "To".',
      granted:
        'Whether the account may do it now. Null: that depends on its System role, which the caller may not see.',
      through: 'Everything that gives the right; any one suffices. Empty: nothing does.',
      withheld:
        'Why the account may not do it now although something gives the right; null: nothing is in the way.',
      only: 'What bounds the right where it is granted, in sentences.',
    },
  ),
);
export type Right = z.infer<typeof right>;

export const place = z.strictObject(
  described(
    {
      kind: z.enum(PLACE_KINDS),
      title: z.string(),
      owner: named.nullable(),
      communityRole: z.enum(COMMUNITY_ROLES).nullable(),
      individualRole: z.enum(COMMUNITY_ROLES).nullable(),
      defaultRole: z.enum(COMMUNITY_ROLES).nullable(),
      note: z.string().nullable(),
      rights: z.array(right),
    },
    {
      kind: '`instance`; `account`: on itself; `organization`: in its own; `community`, `source`: in one that it has a role in; `other_organizations`, `other_owners`: in all others.',
      title: 'What to call the place.',
      owner: 'The organization, community or source; null: the place is not one of them.',
      communityRole: 'The Community role that it has there; null: none, or no community or source.',
      individualRole: 'The role that it was given of its own there; null: none.',
      defaultRole: 'The default role of its organization there; null: its organization is no member.',
      note: 'What holds for the place as a whole, in a sentence.',
      rights: 'What can be granted in the place, each with whether it is and why.',
    },
  ),
);
export type Place = z.infer<typeof place>;

const credentialScope = z.strictObject(
  described(
    {
      id: z.number(),
      kind: z.enum(['password', 'api_key', 'secret_key', 'api_token']),
      hint: z.string().nullable(),
      expiresAt: instant.nullable(),
      readOnly: z.boolean(),
      allowedNetworks: z.array(z.string()).nullable(),
      signedBodyRequired: z.boolean(),
      bounds: z.array(z.string()),
    },
    {
      id: 'By which it can be changed and revoked.',
      kind: 'What it is.',
      hint: 'Its last characters; null for passwords.',
      expiresAt: 'When it ceases to be valid; null: never.',
      readOnly: 'Whether it may only read.',
      allowedNetworks: 'From where alone it may be used; null: from everywhere.',
      signedBodyRequired: 'Whether only signatures are taken that cover the body.',
      bounds: 'The same in sentences; empty: whatever its account may do.',
    },
  ),
);

const machineScope = z.strictObject(
  described(
    {
      service: named.extend({ path: z.string() }).nullable(),
      serviceWhyNot: z.string().nullable(),
      onlyOwners: z.array(seenOwner).nullable(),
      credentials: z.array(credentialScope),
    },
    {
      service: 'The TAXII service of a TAXII user; null: none.',
      serviceWhyNot:
        'Why it cannot use TAXII through its service, in a sentence; null: it can, or is no TAXII user.',
      onlyOwners: 'The only owners that it reads and writes; null: all that its roles allow.',
      credentials: 'What each credential is bound to.',
    },
  ),
);

/** Everything that an account may do, and why. */
export const accountRights = z.strictObject(
  described(
    {
      account: z.strictObject({
        id: z.number(),
        userName: z.string(),
        kind: z.enum(ACCOUNT_KINDS),
        organization: named,
      }),
      systemRole: z.enum(SYSTEM_ROLES).nullable(),
      organizationRole: z.enum(ORGANIZATION_ROLES),
      withheld: z.string().nullable(),
      groups: z.array(named),
      groupsNote: z.string(),
      machine: machineScope.nullable(),
      places: z.array(place),
      more: z.boolean(),
    },
    {
      account: 'The account.',
      systemRole: 'Its System role; null for those who may not see it.',
      organizationRole: 'Its Organization role.',
      withheld: 'Why it may do nothing at all now, in a sentence; null: it may act.',
      groups: 'The user groups that it belongs to.',
      groupsNote: 'What user groups do for rights, in a sentence.',
      machine: 'What bounds an API user or TAXII user beside its roles; null for people.',
      places: 'Where it may do what. Communities and sources that the caller may not know of are left out.',
      more: `Whether there are more communities and sources than the ${MAX_EXPLAINED_OWNERS} explained.`,
    },
  ),
);
export type AccountRights = z.infer<typeof accountRights>;

export const rightsQuery = z.strictObject({
  permission: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe('Only this permission, wherever it can be held.'),
});

export const getAccountRightsEndpoint = endpoint({
  method: 'GET',
  path: '/accounts/:account/rights',
  tag: 'Accounts',
  summary: 'Explains what an account may do, where, and through which role.',
  params: z.strictObject({ account: pathId }),
  query: rightsQuery,
  output: accountRights,
  errors: ['not_found'],
});
