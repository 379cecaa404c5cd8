import { z } from 'zod';
import { described } from './described.ts';
import { endpoint } from './endpoint.ts';
import { pathId } from './references.ts';
import { place } from './rights.ts';
import { ACCOUNT_KINDS, ORGANIZATION_ROLES, OWNER_KINDS, SYSTEM_ROLES } from './roles.ts';

const named = z.strictObject({ id: z.number().describe('Its id.'), name: z.string().describe('Its name.') });

/** How many user groups and owners a form offers at most. */
export const MAX_OFFERED = 1000;

const value = z
  .union([z.string(), z.number(), z.boolean(), z.array(z.union([z.number(), z.string()]))])
  .nullable();

const fieldShape = {
  name: z.string(),
  settable: z.boolean(),
  whyNot: z.string().nullable(),
  help: z.string(),
  note: z.string().nullable(),
};
const FIELD_OF_FORM = {
  name: 'The name of the field in the body of the request.',
  settable: 'Whether the caller may set it. A field that is not settable is refused, as `forbidden`.',
  whyNot: 'Why not, in a sentence; null: it may be set.',
  help: 'What it means.',
  note: 'What stands in the way of some of its values as things are, in a sentence; null: nothing.',
};

const creationField = z.strictObject(
  described(
    { ...fieldShape, required: z.boolean(), default: value },
    {
      ...FIELD_OF_FORM,
      required: 'Whether it must be given.',
      default: 'What it is when it is left out; null: nothing.',
    },
  ),
);
export type CreationField = z.infer<typeof creationField>;

const editField = z.strictObject(
  described(
    { ...fieldShape, clearable: z.boolean(), value },
    {
      ...FIELD_OF_FORM,
      clearable: 'Whether null clears it.',
      value: 'What it is now; null: nothing, or a System role that the caller may not see.',
    },
  ),
);
export type EditField = z.infer<typeof editField>;

const choicesShape = {
  systemRoles: z.array(z.enum(SYSTEM_ROLES)).nullable(),
  organizationRoles: z.array(z.enum(ORGANIZATION_ROLES)).nullable(),
  services: z.array(named.extend({ path: z.string() })).nullable(),
  owners: z.array(named.extend({ kind: z.enum(OWNER_KINDS) })).nullable(),
  groups: z.array(named).nullable(),
  more: z.boolean(),
};
const CHOICES_TEXTS = {
  systemRoles: 'The System roles that the caller may give, the default first; null: it may not choose one.',
  organizationRoles:
    'The Organization roles that go with the System role, the one that follows by itself first; null: not to be chosen.',
  services: 'The TAXII services that the organization may use; null: for TAXII users only.',
  owners: 'What a TAXII user can be narrowed to with `onlyOwners`; null: for TAXII users only.',
  groups: 'The user groups of the organization; null: for people only.',
  more: `Whether there are more user groups or owners than the ${MAX_OFFERED} named.`,
};

const seat = z.strictObject(
  described(
    {
      kind: z.enum(['users', 'apiUsers', 'taxiiUsers']).nullable(),
      used: z.number().nullable(),
      max: z.number().nullable(),
      remaining: z.number().nullable(),
      remainingAfter: z.number().nullable(),
      whyNot: z.string().nullable(),
    },
    {
      kind: 'The limit that the account counts against; null: it takes no seat.',
      used: 'Seats taken in the organization; null without a limit.',
      max: 'Seats that it has; null without a limit.',
      remaining: 'How many more fit, also into the licence; null without a limit.',
      remainingAfter: 'How many fit after saving; null without a limit.',
      whyNot: 'Why the account cannot be created, in a sentence; null: it can.',
    },
  ),
);

const summary = z.strictObject(
  described(
    {
      kind: z.enum(ACCOUNT_KINDS),
      systemRole: z.enum(SYSTEM_ROLES),
      organizationRole: z.enum(ORGANIZATION_ROLES).nullable(),
      service: named.extend({ path: z.string() }).nullable(),
      seat,
      places: z.array(place),
      more: z.boolean(),
    },
    {
      kind: 'The kind that the account will be: it follows from the System role.',
      systemRole: 'The System role that it will have.',
      organizationRole: 'The Organization role that it will have; null: none is chosen yet.',
      service: 'The TAXII service that it will use; null: none, or none is chosen yet.',
      seat: 'The seat that it takes.',
      places:
        'Where it will be able to do what, as `GET /accounts/:account/rights` explains it. While no Organization role is chosen, what one would give is not in it.',
      more: 'Whether there are more communities and sources than those explained.',
    },
  ),
);

/** What this caller may set when creating an account of a kind in an organization, and what would come of it. */
export const accountForm = z.strictObject(
  described(
    {
      organization: named,
      kind: z.enum(ACCOUNT_KINDS),
      fields: z.array(creationField),
      ...choicesShape,
      forced: z.array(z.strictObject({ field: z.string(), value: z.string(), because: z.string() })),
      summary,
    },
    {
      ...CHOICES_TEXTS,
      organization: 'The organization.',
      kind: 'The kind of the form.',
      fields:
        'The fields of the form, in its order: those of the body of the request that creates the account.',
      forced: 'Values that follow from others, or are fixed for the kind, each with its reason.',
      summary: 'What comes of the roles that are chosen, or of the defaults.',
    },
  ),
);
export type AccountForm = z.infer<typeof accountForm>;

/** What this caller may set of an account. */
export const accountEditForm = z.strictObject(
  described(
    {
      account: z.strictObject({
        id: z.number(),
        version: z.number(),
        kind: z.enum(ACCOUNT_KINDS),
        organization: named,
      }),
      fields: z.array(editField),
      ...choicesShape,
    },
    {
      ...CHOICES_TEXTS,
      account: 'The account.',
      fields: 'The fields of its kind, in the order of the form.',
    },
  ),
);
export type AccountEditForm = z.infer<typeof accountEditForm>;

export const accountFormQuery = z.strictObject(
  described(
    {
      systemRole: z.enum(SYSTEM_ROLES).optional(),
      organizationRole: z.enum(ORGANIZATION_ROLES).optional(),
      service: z.union([z.number().int().positive(), pathId]).optional(),
    },
    {
      systemRole: 'The System role that is chosen in the form. Refused where the caller may not give it.',
      organizationRole:
        'The Organization role that is chosen in the form. One that does not go with the System role counts as not chosen.',
      service: 'The id of the TAXII service that is chosen in the form; TAXII users only.',
    },
  ),
);

export const editFormQuery = z.strictObject({
  systemRole: z
    .enum(SYSTEM_ROLES)
    .optional()
    .describe('The System role that is chosen in the form. Refused where the caller may not give it.'),
});

const tag = 'Accounts';

export const getAccountFormEndpoint = endpoint({
  method: 'GET',
  path: '/organizations/:organization/account-forms/:kind',
  tag,
  summary: 'Says what the caller may set of a new account of a kind, and what would come of it.',
  params: z.strictObject({
    organization: pathId,
    kind: z.enum(ACCOUNT_KINDS).describe('The kind of the account.'),
  }),
  query: accountFormQuery,
  output: accountForm,
  errors: ['forbidden', 'not_found'],
});

export const getEditFormEndpoint = endpoint({
  method: 'GET',
  path: '/accounts/:account/form',
  tag,
  summary: 'Says what the caller may set of an account, with what can be chosen.',
  params: z.strictObject({ account: pathId }),
  query: editFormQuery,
  output: accountEditForm,
  errors: ['forbidden', 'not_found'],
});
