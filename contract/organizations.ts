import { z } from 'zod';
import { COMMON_TEXTS, described } from './described.ts';
import { endpoint, noContent } from './endpoint.ts';
import { displayName, emailAddress } from './names.ts';
import { wholeNumber } from './numbers.ts';
import { MAX_PAGE, pageOf, pageQuery } from './paging.ts';
import { pathId, reference, rowVersion } from './references.ts';
import { SYSTEM_ROLES } from './roles.ts';

/** How many accounts of a kind there may be; read-only accounts take no seat. */
const limit = wholeNumber(0, 1_000_000);
const LIMIT_TEXTS = {
  users: 'Of users; read-only users take no seat.',
  apiUsers: 'Of API users.',
  taxiiUsers: 'Of TAXII users.',
} as const;
export const limits = z
  .strictObject(described({ users: limit, apiUsers: limit, taxiiUsers: limit }, LIMIT_TEXTS))
  .describe('How many accounts of each kind there may be.');
export type Limits = z.infer<typeof limits>;
export type LimitName = keyof Limits;

export const DEFAULT_LIMITS: Limits = { users: 10, apiUsers: 5, taxiiUsers: 5 };

/** What an owner is for, in a few sentences. Null removes it. */
export const ownerDescription = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(2000, 'must have at most 2000 characters')
  .regex(/^[^\p{Cs}\u0000]*$/u, 'must not contain U+0000 or halves of surrogate pairs')
  .describe('What it is for, in a few sentences.');

/** Rows of a page, as a use case takes them. */
export const pageLimit = wholeNumber(1, MAX_PAGE).optional();

/** What is looked for in names. */
export const searchText = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(200, 'must have at most 200 characters')
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not contain control characters')
  .describe('Only those with this text anywhere in a name, without regard to case.');

export const createOrganizationInput = z.strictObject({
  name: displayName.describe('The name: no other organization, community or source has it.'),
  description: ownerDescription.optional(),
  limits: limits
    .partial()
    .default({})
    .describe(
      `How many accounts of each kind there may be; what is left out is ${DEFAULT_LIMITS.users} users, ${DEFAULT_LIMITS.apiUsers} API users and ${DEFAULT_LIMITS.taxiiUsers} TAXII users.`,
    ),
});
export type CreateOrganizationInput = z.input<typeof createOrganizationInput>;

const namesSome = (fields: Record<string, unknown>, but: readonly string[]): boolean =>
  Object.entries(fields).some(([name, value]) => value !== undefined && !but.includes(name));

const someLimits = limits
  .partial()
  .refine((some) => namesSome(some, []), 'names no limit')
  .describe(
    'How many accounts of each kind there may be; what is left out stays. `taxiiUsers` is also for Accounts Administrators to set, the others only for Administrators and Operations Administrators.',
  );

export const setLimitsInput = z.strictObject({
  organization: reference,
  version: rowVersion.optional(),
  limits: someLimits,
});
export type SetLimitsInput = z.input<typeof setLimitsInput>;

const organizationFields = {
  name: displayName.optional().describe('Another name.'),
  description: ownerDescription.nullable().optional().describe('What it is for; null removes it.'),
};
export const editOrganizationInput = z
  .strictObject({ organization: reference, version: rowVersion.optional(), ...organizationFields })
  .refine((input) => namesSome(input, ['organization', 'version']), 'changes nothing');
export type EditOrganizationInput = z.input<typeof editOrganizationInput>;

const PERMISSION_TEXTS = {
  disabled: 'Whether the organization is disabled: none of its accounts may then act or be used.',
  allowPseudonymChange: 'Whether its people may change their own pseudonym.',
  readOnlyUsersAllowed: 'Whether read-only users may be created in it.',
} as const;
const permissionFields = described(
  {
    disabled: z.boolean().optional(),
    allowPseudonymChange: z.boolean().optional(),
    readOnlyUsersAllowed: z.boolean().optional(),
  },
  PERMISSION_TEXTS,
);
export const setOrganizationPermissionsInput = z
  .strictObject({ organization: reference, version: rowVersion.optional(), ...permissionFields })
  .refine((input) => namesSome(input, ['organization', 'version']), 'changes nothing');
export type SetOrganizationPermissionsInput = z.input<typeof setOrganizationPermissionsInput>;

const organizationsQuery = pageQuery(['name', 'id']).extend({ search: searchText.optional() });
export const listOrganizationsInput = organizationsQuery.extend({ limit: pageLimit });
export type ListOrganizationsInput = z.input<typeof listOrganizationsInput>;

export const createAdministratorInput = z.strictObject({
  email: emailAddress.describe('The e-mail address of the Administrator; becomes the user name.'),
  password: z.string().describe('The password, as `GET /password-policy` tells what it must be.'),
  firstName: displayName.default('First').describe('The first name.'),
  lastName: displayName.default('Administrator').describe('The last name.'),
  organization: displayName.default('Home').describe('The name of the first organization.'),
});
export type CreateAdministratorInput = z.input<typeof createAdministratorInput>;

const counts = z.strictObject(
  described({ users: z.number(), apiUsers: z.number(), taxiiUsers: z.number() }, LIMIT_TEXTS),
);

const viewShape = {
  id: z.number(),
  name: z.string(),
  description: z.string().nullable(),
  version: z.number(),
  createdAt: z.iso.datetime(),
  disabled: z.boolean(),
  disabledAt: z.iso.datetime().nullable(),
  allowPseudonymChange: z.boolean(),
  readOnlyUsersAllowed: z.boolean(),
  limits: counts.nullable(),
  used: counts.nullable(),
  overUse: counts.nullable(),
  abilities: z.strictObject({
    edit: z.boolean(),
    limitTaxiiUsers: z.boolean(),
    limitOthers: z.boolean(),
    permissions: z.boolean(),
    seats: z.boolean(),
    /** Accounts in it. */
    createAccounts: z.boolean(),
    /** Its user groups. */
    editGroups: z.boolean(),
    delete: z.boolean(),
  }),
};
export const organizationView = z.strictObject(
  described(viewShape, {
    ...COMMON_TEXTS,
    ...PERMISSION_TEXTS,
    disabledAt: 'Since when it is disabled; null: it is not.',
    limits: 'How many accounts of each kind there may be; null for those who may not see its seats.',
    used: 'How many seats are taken; null for those who may not see its seats.',
    overUse:
      'By how much each limit is exceeded; nothing grows until it no longer is. Null for those who may not see its seats.',
  }),
);
export type OrganizationView = z.infer<typeof organizationView>;

/** A kind of account that takes seats: how many there are, how many fit, and who may make room. */
const seatGauge = z.strictObject({
  used: z.number(),
  max: z.number(),
  /** How many more fit in the organization and in the licence. */
  remaining: z.number(),
  overUse: z.number(),
  /** `used` and `max` are the whole instance's, for those who may see the licence. */
  licence: z.strictObject({
    used: z.number().nullable(),
    max: z.number().nullable(),
    remaining: z.number(),
    raisedBy: z.array(z.enum(SYSTEM_ROLES)),
  }),
  /** The System roles that may raise the organization's limit. */
  raisedBy: z.array(z.enum(SYSTEM_ROLES)),
  canCreate: z.boolean(),
  /** Why none can be created, in a sentence; null where one can. */
  whyNot: z.string().nullable(),
});
export type SeatGauge = z.infer<typeof seatGauge>;

/** People who were invited are counted up to here. */
export const MAX_INVITED_COUNTED = 1000;

export const seatsView = z.strictObject({
  organization: z.strictObject({ id: z.number(), name: z.string() }),
  users: seatGauge,
  apiUsers: seatGauge,
  taxiiUsers: seatGauge,
  /** They take no seat, and are created where the licence and the organization allow them. */
  readOnlyUsers: z.strictObject({
    used: z.number(),
    canCreate: z.boolean(),
    whyNot: z.string().nullable(),
  }),
  /** How many of `used` were invited and have not set a password yet. */
  invited: z.strictObject({ users: z.number(), readOnlyUsers: z.number() }),
});
export type SeatsView = z.infer<typeof seatsView>;
/** How many more accounts of each kind fit. */
export type SeatGauges = Omit<SeatsView, 'invited'>;

const tag = 'Organizations';
const params = z.strictObject({ organization: pathId });

export const listOrganizationsEndpoint = endpoint({
  method: 'GET',
  path: '/organizations',
  tag,
  summary: 'Lists the organizations that the caller may see, with limits and use where it may see those.',
  query: organizationsQuery,
  output: pageOf(organizationView),
});

export const createOrganizationEndpoint = endpoint({
  method: 'POST',
  path: '/organizations',
  tag,
  summary: 'Creates an organization with its collection.',
  body: createOrganizationInput,
  output: z.strictObject({
    id: z.number(),
    name: z.string(),
    collectionId: z.string(),
    limits: counts,
    warnings: z.array(z.string()),
  }),
  status: 201,
  errors: ['name_taken'],
});

export const getOrganizationEndpoint = endpoint({
  method: 'GET',
  path: '/organizations/:organization',
  tag,
  summary: 'Shows an organization.',
  params,
  output: organizationView,
});

export const editOrganizationEndpoint = endpoint({
  method: 'PATCH',
  path: '/organizations/:organization',
  tag,
  summary: 'Renames an organization, or changes its description.',
  params,
  body: z.strictObject({ version: rowVersion, ...organizationFields }),
  output: organizationView,
  errors: ['stale', 'name_taken'],
});

export const deleteOrganizationEndpoint = endpoint({
  method: 'DELETE',
  path: '/organizations/:organization',
  tag,
  summary: 'Deletes an organization that holds no accounts, no objects and no memberships.',
  params,
  output: noContent,
  status: 204,
  errors: ['conflict'],
});

export const setLimitsEndpoint = endpoint({
  method: 'PUT',
  path: '/organizations/:organization/limits',
  tag,
  summary: 'Sets limits; below present use is allowed, and blocks growth only.',
  params,
  body: z.strictObject({ version: rowVersion, limits: someLimits }),
  output: organizationView,
  errors: ['stale'],
});

export const setOrganizationPermissionsEndpoint = endpoint({
  method: 'PUT',
  path: '/organizations/:organization/permissions',
  tag,
  summary: 'Enables or disables an organization, and sets what its people may do.',
  params,
  body: z.strictObject({ version: rowVersion, ...permissionFields }),
  output: organizationView,
  errors: ['stale', 'conflict'],
});

export const getSeatsEndpoint = endpoint({
  method: 'GET',
  path: '/organizations/:organization/seats',
  tag,
  summary: 'Shows how many more accounts of each kind fit, and who may raise each limit.',
  params,
  output: seatsView,
});
