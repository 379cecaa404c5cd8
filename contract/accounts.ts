import { z } from 'zod';
import { apiUser, changes, instant, person, tokenExpiration } from './account-fields.ts';
import {
  accountCredential,
  accountFactors,
  accountStatus,
  BINDING_TEXTS,
  consequence,
  seenOwner,
  statusCause,
} from './account-parts.ts';
import { CREATION_TEXTS, FIELD_TEXTS, QUERY_TEXTS, VIEW_TEXTS } from './account-texts.ts';
import { described } from './described.ts';
import { pendingLink } from './links.ts';
import { wholeNumber } from './numbers.ts';
import { MAX_PAGE, pageQuery, queryFlag, queryNumber } from './paging.ts';
import { reference, rowVersion } from './references.ts';
import { ACCOUNT_KINDS, type AccountKind, ORGANIZATION_ROLES, SYSTEM_ROLES } from './roles.ts';

export type { Consequence } from './account-parts.ts';

/** Of filters that count days. */
const MAX_DAYS = 3650;

const FORM_TEXTS = { ...FIELD_TEXTS, ...CREATION_TEXTS };

/** The form of a user. A Super User's Organization role is Organization Administrator, and may be left out. */
export const createUserInput = z.strictObject(
  described(
    { ...person, organizationRole: z.enum(ORGANIZATION_ROLES).optional() },
    {
      ...FORM_TEXTS,
      organizationRole: `${FIELD_TEXTS.organizationRole} Refused when it is missing, unless the System role is Super User or Read Only User: it is then Organization Administrator or Read Only User.`,
    },
  ),
);
export type CreateUserInput = z.input<typeof createUserInput>;

/** The form of a read-only user. */
export const createReadOnlyUserInput = z.strictObject(
  described(
    { ...person, organizationRole: z.enum(ORGANIZATION_ROLES).default('Read Only User') },
    FORM_TEXTS,
  ),
);
export type CreateReadOnlyUserInput = z.input<typeof createReadOnlyUserInput>;

/** The form of an API user. Its Access ID and Secret Key are generated. */
export const createApiUserInput = z.strictObject(described(apiUser, FORM_TEXTS));
export type CreateApiUserInput = z.input<typeof createApiUserInput>;

/** What may be changed of an account; which of it applies depends on its kind, and on who asks. Null clears. */
export const accountChanges = z.strictObject(described(changes, FIELD_TEXTS));
export type AccountChanges = z.output<typeof accountChanges>;
export type ChangeField = keyof AccountChanges;

/** Which account; where a kind is named, one of another kind is not found. */
const which = { account: reference, kind: z.enum(ACCOUNT_KINDS).optional() };

export const editAccountInput = z.strictObject({
  ...which,
  version: rowVersion.optional(),
  changes: accountChanges.refine((some) => Object.keys(some).length > 0, 'names no change'),
});
export type EditAccountInput = z.input<typeof editAccountInput>;

/** What people change of their own account. */
export const profileChanges = accountChanges
  .pick({
    firstName: true,
    lastName: true,
    pseudonym: true,
    timeZone: true,
    logOutAfterMinutes: true,
    summaryEmailTime: true,
  })
  .extend({
    pseudonym: accountChanges.shape.pseudonym.describe(
      'The name under which you are shown where real names are not: 3 to 60 lower-case letters, digits and single hyphens. Refused where your organization does not allow its people to change it (`allowPseudonymChange`), unless you are an Administrator or Operations Administrator.',
    ),
  });
export const editProfileInput = z.strictObject({
  version: rowVersion.optional(),
  changes: profileChanges.refine((some) => Object.keys(some).length > 0, 'names no change'),
});
export type EditProfileInput = z.input<typeof editProfileInput>;

/** Of which kinds of account each credential is. */
export const CREDENTIAL_KINDS = {
  password: ['user', 'read_only', 'taxii'],
  api_key: ['taxii'],
  secret_key: ['api'],
  api_token: ['api'],
} as const satisfies Record<string, readonly AccountKind[]>;

/** What giving an account a new credential takes. */
export const newCredential = z.strictObject(
  described(
    {
      credential: z.enum(['password', 'api_key', 'secret_key', 'api_token']),
      password: z.string().optional(),
      overlapSeconds: wholeNumber(0, 30 * 86_400).default(0),
      expirationDays: tokenExpiration.optional(),
    },
    {
      credential:
        'What is replaced: `password` (users, read-only users, TAXII users), `api_key` (TAXII users), `secret_key` or `api_token` (API users).',
      password:
        'A typed password, as `GET /password-policy` tells what it must be. Absent: one is generated. Everything else is always generated.',
      overlapSeconds:
        'For how many seconds the credential before stays valid, so that a running client never fails; those before that end at once. Always 0 for the password of a person.',
      expirationDays:
        'For how many days it is valid; needed for an API token. Absent: it does not end. Never for the password of a person.',
    },
  ),
);
/** What a credential of a machine is bound to; what is absent stays as it is. */
export const credentialChanges = z.strictObject(
  described(
    {
      version: rowVersion.optional(),
      allowedNetworks: z
        .array(z.string().max(60))
        .min(1, 'is empty: null lets it be used from everywhere, and to end it, revoke it')
        .max(100)
        .nullable()
        .optional(),
      readOnly: z.boolean().optional(),
      signedBodyRequired: z.boolean().optional(),
      expiresAt: instant.nullable().optional(),
      expirationDays: tokenExpiration.optional(),
    },
    {
      version:
        '`version` of the account as it was read. The edit is refused (`stale`), not merged, when there is a newer one.',
      ...BINDING_TEXTS,
      expiresAt: 'When it ceases to be valid; null: never, which a token cannot be given.',
      expirationDays: 'In place of `expiresAt`: for how many days from now it is valid.',
    },
  ),
);
export const editCredentialInput = credentialChanges
  .extend({ ...which, credential: z.number().int().positive() })
  .refine(
    ({ account, kind, credential, version, ...changes }) => Object.keys(changes).length > 0,
    'names no change',
  );
export type EditCredentialInput = z.input<typeof editCredentialInput>;

export const replaceCredentialInput = newCredential.extend(which);
export type ReplaceCredentialInput = z.input<typeof replaceCredentialInput>;

const named = z.strictObject({ id: z.number().describe('Its id.'), name: z.string().describe('Its name.') });

/** What an edit, or its preview, answers with. */
export const accountEdited = z.strictObject(
  described(
    { id: z.number(), version: z.number(), consequences: z.array(consequence) },
    {
      ...VIEW_TEXTS,
      consequences:
        'What the change entails beside itself, such as a seat taken or sessions ended; empty: nothing.',
    },
  ),
);
export type AccountEdited = z.infer<typeof accountEdited>;

export const ACCOUNT_ABILITIES = [
  'edit',
  'changeRoles',
  'chooseSystemRole',
  'changeUserName',
  'changePseudonym',
  'setTqlTimeout',
  'requireTermsOfService',
  'lock',
  'disable',
  'delete',
  'move',
  'changeCredentials',
  'endSessions',
  'resetAuthenticator',
  'lockdown',
  'viewAudit',
] as const;
export type AccountAbility = (typeof ACCOUNT_ABILITIES)[number];

/** Of a person who has no password yet: whether a link is good that sets the first one. */
const INVITATION_STATES = ['open', 'ended'] as const;

const accountItemShape = {
  id: z.number(),
  version: z.number(),
  kind: z.enum(ACCOUNT_KINDS),
  organization: named,
  userName: z.string(),
  firstName: z.string().nullable(),
  lastName: z.string().nullable(),
  pseudonym: z.string(),
  systemRole: z.enum(SYSTEM_ROLES).optional(),
  organizationRole: z.enum(ORGANIZATION_ROLES),
  status: accountStatus,
  locked: z.boolean(),
  disabled: z.boolean(),
  expiresAt: instant.nullable(),
  passwordResetRequired: z.boolean(),
  mfaResetRequired: z.boolean(),
  authenticator: z.strictObject({ since: instant.describe('Since when; RFC 3339 in UTC.') }).nullable(),
  termsOfServiceAcceptanceRequired: z.boolean(),
  contactEmail: z.string().nullable(),
  service: z.strictObject({ id: z.number(), name: z.string(), path: z.string() }).nullable(),
  createdAt: instant,
  lastUsedAt: instant.nullable(),
  lastUsedFrom: z.string().nullable(),
  credentialExpiresAt: instant.nullable(),
  pendingLink: pendingLink.nullable(),
  invitation: z.enum(INVITATION_STATES).nullable(),
  abilities: z.record(z.enum(ACCOUNT_ABILITIES), z.boolean()),
};

/** An account in a list. */
export const accountItem = z.strictObject(described(accountItemShape, VIEW_TEXTS));
export type AccountItem = z.infer<typeof accountItem>;

export const ACCOUNT_SORTS = [
  'userName',
  'name',
  'lastUsedAt',
  'createdAt',
  'kind',
  'organizationRole',
  'expiresAt',
] as const;
export type AccountSort = (typeof ACCOUNT_SORTS)[number];

const filterId = z.union([z.number(), queryNumber(1, 1e15)]);
const filterDays = z.union([z.number().int().min(1).max(MAX_DAYS), queryNumber(1, MAX_DAYS)]).optional();
/** What of an account waits for its person. */
export const PENDING = ['invitation', 'action', 'any'] as const;
export type PendingFor = (typeof PENDING)[number];

const filters = {
  ...pageQuery(ACCOUNT_SORTS).shape,
  /** On the command line a number, over REST a text. */
  limit: z.union([z.number().int().min(1).max(MAX_PAGE), queryNumber(1, MAX_PAGE)]).optional(),
  kind: z
    .string()
    .refine(
      (text) => text.split(',').every((kind) => (ACCOUNT_KINDS as readonly string[]).includes(kind)),
      `must be some of: ${ACCOUNT_KINDS.join(', ')}`,
    )
    .optional(),
  state: z.enum(['active', 'locked', 'disabled', 'expired']).optional(),
  systemRole: z.enum(SYSTEM_ROLES).optional(),
  organizationRole: z.enum(ORGANIZATION_ROLES).optional(),
  group: filterId.optional(),
  service: filterId.optional(),
  authenticator: z.enum(['on', 'off']).optional(),
  pending: z.enum(PENDING).optional(),
  credentialExpiresWithinDays: filterDays,
  expiresWithinDays: filterDays,
  unusedForDays: filterDays,
  neverUsed: z.union([z.boolean(), queryFlag]).optional(),
  search: z.string().min(1).max(200).optional(),
  total: z.union([z.boolean(), queryFlag]).optional(),
};
/** What a list of accounts takes. */
export const accountQuery = z.strictObject(described(filters, QUERY_TEXTS));

const details = {
  ...accountItemShape,
  authenticator: accountFactors.nullable(),
  statusCause: statusCause.nullable(),
  groups: z.array(named),
  onlyOwners: z.array(seenOwner).nullable(),
  customTqlTimeoutMs: z.number().nullable(),
  includeInObservations: z.boolean(),
  exceedApiLinkLimit: z.boolean(),
  timeZone: z.string().nullable(),
  logOutAfterMinutes: z.number().nullable(),
  summaryEmailTime: z.string().nullable(),
  passwordChangedAt: instant.nullable(),
  termsAcceptedVersion: z.number().nullable(),
  termsAcceptedAt: instant.nullable(),
  credentials: z.array(accountCredential),
};
/** An account with everything that its form shows. */
export const accountDetails = z.strictObject(described(details, VIEW_TEXTS));
export type AccountDetails = z.infer<typeof accountDetails>;

/** What runs as an account, or for which it is responsible, by the name under which an heir is given. */
export const RESPONSIBILITIES = ['taxiiServices', 'collections'] as const;
export type ResponsibilityKind = (typeof RESPONSIBILITIES)[number];

/** Who takes over what. */
const heirFields = {
  taxiiServices: reference.optional(),
  collections: reference.optional(),
} satisfies Record<ResponsibilityKind, z.ZodType>;
export const heirs = z
  .strictObject(
    described(heirFields, {
      taxiiServices: 'The account that becomes responsible for its TAXII services, by id or user name.',
      collections: 'The account that becomes responsible for its collections, by id or user name.',
    }),
  )
  .describe(
    'Who takes over what, each account by id or user name. The preview of the deletion names those who may.',
  );

export const deletion = z.strictObject({ version: rowVersion.optional(), heirs: heirs.default({}) });
export const deleteAccountInput = deletion.extend(which);
export type DeleteAccountInput = z.input<typeof deleteAccountInput>;

export const moveResponsibilitiesInput = z.strictObject({ ...which, heirs });
export type MoveResponsibilitiesInput = z.input<typeof moveResponsibilitiesInput>;

export const moveAccountInput = z.strictObject({
  ...which,
  organization: reference,
  version: rowVersion.optional(),
});
export type MoveAccountInput = z.input<typeof moveAccountInput>;

const heirCandidate = z.strictObject(
  described(
    { id: z.number(), userName: z.string(), name: z.string().nullable() },
    {
      id: 'The id of the account.',
      userName: 'Its user name.',
      name: 'First and last name; null where it has none.',
    },
  ),
);

const responsibility = z.strictObject(
  described(
    {
      kind: z.enum(RESPONSIBILITIES),
      title: z.string(),
      items: z.array(z.strictObject({ id: z.union([z.number(), z.string()]), name: z.string() })),
      candidates: z.array(heirCandidate),
      preselected: z.number().nullable(),
    },
    {
      kind: 'The name under which `heirs` has it.',
      title: 'The same for people.',
      items: 'What there is of it.',
      candidates: 'Who may take over, in the order of the membership list; at most 100.',
      preselected: 'The id of the first of the candidates, chosen unless another is; null: there is none.',
    },
  ),
);

const endsWith = z.strictObject(
  described(
    {
      sessions: z.number(),
      credentials: z.number(),
      groups: z.array(z.string()),
      communityRoles: z.array(z.strictObject({ owner: z.string().nullable(), role: z.string() })),
    },
    {
      sessions: 'How many sessions end.',
      credentials: 'How many credentials cease to be valid.',
      groups: 'The user groups that it leaves, by name.',
      communityRoles:
        'The individual Community roles that go with it, each with its community or source; null where the caller cannot see it.',
    },
  ),
);

/** What a deletion would entail, and what it needs. */
export const deletionPreview = z.strictObject(
  described(
    {
      id: z.number(),
      version: z.number(),
      userName: z.string(),
      kind: z.enum(ACCOUNT_KINDS),
      obstacles: z.array(z.strictObject({ reason: z.string(), message: z.string() })),
      responsibilities: z.array(responsibility),
      ends: endsWith,
      seatFreed: z.boolean(),
    },
    {
      ...VIEW_TEXTS,
      obstacles: 'Why it cannot be deleted at all, as things are; empty when it can.',
      responsibilities: 'What the account is responsible for: an heir must be named for each.',
      ends: 'What ends or goes with it.',
      seatFreed: 'Whether a seat becomes free.',
    },
  ),
);
export type DeletionPreview = z.infer<typeof deletionPreview>;
