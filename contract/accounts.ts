import { z } from 'zod';
import { displayName, emailAddress, pseudonym } from './names.ts';
import { wholeNumber } from './numbers.ts';
import { MAX_PAGE, pageQuery, queryNumber } from './paging.ts';
import { reference, rowVersion } from './references.ts';
import { ACCOUNT_KINDS, type AccountKind, ORGANIZATION_ROLES, SYSTEM_ROLES } from './roles.ts';

/** An IANA time zone. */
const timeZone = z.string().max(100).refine(isTimeZone, 'must be an IANA time zone, such as Europe/Berlin');
const logOutAfterMinutes = wholeNumber(1, 1440);
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time such as 08:30');
/** An instant in the answers and inputs of the API: RFC 3339 in UTC. */
export const instant = z.iso.datetime({ error: 'must be an instant such as 2027-01-31T00:00:00Z' });
const tqlTimeoutMs = wholeNumber(100, 3_600_000);
/** For a list of names or ids. */
const references = z.array(reference).max(1000);

/** Fields that every form has. */
const common = {
  organization: reference,
  disabled: z.boolean().default(false),
  expiresAt: instant.optional(),
};

/** Fields of the forms of people. */
const person = {
  ...common,
  /** Becomes the user name. */
  email: emailAddress,
  /** Absent: one is generated and given back once. */
  password: z.string().optional(),
  firstName: displayName,
  lastName: displayName,
  pseudonym: pseudonym.optional(),
  systemRole: z.enum(SYSTEM_ROLES).optional(),
  groups: references.default([]),
  locked: z.boolean().default(false),
  passwordResetRequired: z.boolean().default(true),
  mfaResetRequired: z.boolean().default(false),
  termsOfServiceAcceptanceRequired: z.boolean().optional(),
  sendAccountInfoEmail: z.boolean().default(true),
  customTqlTimeoutMs: tqlTimeoutMs.optional(),
  timeZone: timeZone.optional(),
  logOutAfterMinutes: logOutAfterMinutes.optional(),
  summaryEmailTime: timeOfDay.optional(),
};

/** The form of a user. A Super User's Organization role is Organization Administrator, and may be left out. */
export const createUserInput = z.strictObject({
  ...person,
  organizationRole: z.enum(ORGANIZATION_ROLES).optional(),
});
export type CreateUserInput = z.input<typeof createUserInput>;

/** The form of a read-only user. */
export const createReadOnlyUserInput = z.strictObject({
  ...person,
  organizationRole: z.enum(ORGANIZATION_ROLES).default('Read Only User'),
});
export type CreateReadOnlyUserInput = z.input<typeof createReadOnlyUserInput>;

/** How long an API token lives. */
const tokenExpiration = wholeNumber(1, 3650);

/** The form of an API user. Its Access ID and Secret Key are generated. */
export const createApiUserInput = z.strictObject({
  ...common,
  firstName: displayName,
  lastName: displayName,
  pseudonym: pseudonym.optional(),
  systemRole: z.enum(SYSTEM_ROLES).optional(),
  organizationRole: z.enum(ORGANIZATION_ROLES),
  includeInObservations: z.boolean().default(false),
  exceedApiLinkLimit: z.boolean().default(false),
  customTqlTimeoutMs: tqlTimeoutMs.optional(),
  contactEmail: emailAddress.optional(),
  /** Present: a token is generated as well ("save user and generate token"). */
  tokenExpirationDays: tokenExpiration.optional(),
});
export type CreateApiUserInput = z.input<typeof createApiUserInput>;

/** What may be changed of an account; which of it applies depends on its kind, and on who asks. Null clears. */
export const accountChanges = z.strictObject({
  /** An e-mail address for a person, a user name for a TAXII user. */
  userName: z.string().min(1).max(254).optional(),
  firstName: displayName.optional(),
  lastName: displayName.optional(),
  pseudonym: pseudonym.optional(),
  systemRole: z.enum(SYSTEM_ROLES).optional(),
  organizationRole: z.enum(ORGANIZATION_ROLES).optional(),
  groups: references.optional(),
  locked: z.boolean().optional(),
  disabled: z.boolean().optional(),
  expiresAt: instant.nullable().optional(),
  passwordResetRequired: z.boolean().optional(),
  mfaResetRequired: z.boolean().optional(),
  termsOfServiceAcceptanceRequired: z.boolean().optional(),
  customTqlTimeoutMs: tqlTimeoutMs.nullable().optional(),
  includeInObservations: z.boolean().optional(),
  exceedApiLinkLimit: z.boolean().optional(),
  timeZone: timeZone.nullable().optional(),
  logOutAfterMinutes: logOutAfterMinutes.nullable().optional(),
  summaryEmailTime: timeOfDay.nullable().optional(),
  contactEmail: emailAddress.nullable().optional(),
  /** The TAXII service of a TAXII user. */
  service: reference.optional(),
  /** The owners that a TAXII user is narrowed to; null = all that its roles allow. */
  onlyOwners: z.array(reference).min(1).max(1000).nullable().optional(),
});
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
export const profileChanges = accountChanges.pick({
  firstName: true,
  lastName: true,
  pseudonym: true,
  timeZone: true,
  logOutAfterMinutes: true,
  summaryEmailTime: true,
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
export const newCredential = z.strictObject({
  credential: z.enum(['password', 'api_key', 'secret_key', 'api_token']),
  /** A typed password; absent: one is generated. Everything else is always generated. */
  password: z.string().optional(),
  /** For how long the credential before stays valid, so that a running client never fails; those before that end. */
  overlapSeconds: wholeNumber(0, 30 * 86_400).default(0),
  /** For how long an API token is valid; needed for one, and for nothing else. */
  expirationDays: tokenExpiration.optional(),
});
export const replaceCredentialInput = newCredential.extend(which);
export type ReplaceCredentialInput = z.input<typeof replaceCredentialInput>;

const named = z.strictObject({ id: z.number(), name: z.string() });

/** What a change entails, for a person to read and for a program to branch on. */
export const consequence = z.strictObject({
  code: z.enum([
    'kind_changes',
    'seat_taken',
    'seat_freed',
    'organization_role_follows',
    'community_role_reset',
    'sessions_end',
    'credentials_stop',
    'credentials_work_again',
    'failed_attempts_forgotten',
    'leaves_groups',
    'allow_list_shrinks',
    'connection_changes',
  ]),
  message: z.string(),
});
export type Consequence = z.infer<typeof consequence>;

/** What an edit, or its preview, answers with. */
export const accountEdited = z.strictObject({
  id: z.number(),
  version: z.number(),
  consequences: z.array(consequence),
});
export type AccountEdited = z.infer<typeof accountEdited>;

/** One status for whoever looks, with its reason. `locked` covers both causes: an administrator, and failed sign-ins. */
const accountStatus = z.strictObject({
  state: z.enum(['active', 'locked', 'disabled', 'expired']),
  reason: z.string(),
  lockedBy: z.enum(['administrator', 'system']).nullable(),
  lockedUntil: instant.nullable(),
});

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
] as const;
export type AccountAbility = (typeof ACCOUNT_ABILITIES)[number];

const accountItemShape = {
  id: z.number(),
  version: z.number(),
  kind: z.enum(ACCOUNT_KINDS),
  organization: named,
  userName: z.string(),
  firstName: z.string().nullable(),
  lastName: z.string().nullable(),
  pseudonym: z.string(),
  /** Only for those who may see it. */
  systemRole: z.enum(SYSTEM_ROLES).optional(),
  organizationRole: z.enum(ORGANIZATION_ROLES),
  status: accountStatus,
  locked: z.boolean(),
  disabled: z.boolean(),
  expiresAt: instant.nullable(),
  passwordResetRequired: z.boolean(),
  mfaResetRequired: z.boolean(),
  termsOfServiceAcceptanceRequired: z.boolean(),
  contactEmail: z.string().nullable(),
  service: z.strictObject({ id: z.number(), name: z.string(), path: z.string() }).nullable(),
  createdAt: instant,
  lastUsedAt: instant.nullable(),
  lastUsedFrom: z.string().nullable(),
  abilities: z.record(z.enum(ACCOUNT_ABILITIES), z.boolean()),
};

/** An account in a list. */
export const accountItem = z.strictObject(accountItemShape);
export type AccountItem = z.infer<typeof accountItem>;

export const ACCOUNT_SORTS = ['userName', 'name', 'lastUsedAt', 'createdAt'] as const;
export type AccountSort = (typeof ACCOUNT_SORTS)[number];

const filterId = z.union([z.number(), queryNumber(1, 1e15)]);

/** What a list of accounts takes. */
export const accountQuery = pageQuery(ACCOUNT_SORTS).extend({
  /** On the command line a number, over REST a text. */
  limit: z.union([z.number().int().min(1).max(MAX_PAGE), queryNumber(1, MAX_PAGE)]).optional(),
  /** Kinds, separated by commas. */
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
  /** Found anywhere in user name, names and pseudonym, without regard to case. */
  search: z.string().min(1).max(200).optional(),
});

/** An account with everything that its form shows. */
export const accountDetails = z.strictObject({
  ...accountItemShape,
  groups: z.array(named),
  onlyOwners: z.array(named).nullable(),
  customTqlTimeoutMs: z.number().nullable(),
  includeInObservations: z.boolean(),
  exceedApiLinkLimit: z.boolean(),
  timeZone: z.string().nullable(),
  logOutAfterMinutes: z.number().nullable(),
  summaryEmailTime: z.string().nullable(),
  passwordChangedAt: instant.nullable(),
  /** What it has to sign in with: never the secrets themselves. */
  credentials: z.array(
    z.strictObject({
      id: z.number(),
      kind: z.enum(['password', 'api_key', 'secret_key', 'api_token']),
      hint: z.string().nullable(),
      createdAt: instant,
      expiresAt: instant.nullable(),
    }),
  ),
});
export type AccountDetails = z.infer<typeof accountDetails>;

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    // Offsets such as +02:00 are accepted by Intl, and know no daylight saving time.
    return !/^[+-]/.test(name);
  } catch {
    return false;
  }
}

/** What runs as an account, or for which it is responsible, by the name under which an heir is given. */
export const RESPONSIBILITIES = ['taxiiServices', 'collections'] as const;
export type ResponsibilityKind = (typeof RESPONSIBILITIES)[number];

/** Who takes over what. */
export const heirs = z.strictObject({
  taxiiServices: reference.optional(),
  collections: reference.optional(),
} satisfies Record<ResponsibilityKind, z.ZodType>);

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

const heirCandidate = z.strictObject({ id: z.number(), userName: z.string(), name: z.string().nullable() });

/** What a deletion would entail, and what it needs. */
export const deletionPreview = z.strictObject({
  id: z.number(),
  version: z.number(),
  userName: z.string(),
  kind: z.enum(ACCOUNT_KINDS),
  /** Why it cannot be deleted at all, as things are; empty when it can. */
  obstacles: z.array(z.strictObject({ reason: z.string(), message: z.string() })),
  responsibilities: z.array(
    z.strictObject({
      kind: z.enum(RESPONSIBILITIES),
      title: z.string(),
      items: z.array(z.strictObject({ id: z.union([z.number(), z.string()]), name: z.string() })),
      /** Who may take over, in the order of the membership list; at most 100. */
      candidates: z.array(heirCandidate),
      /** The first of them, chosen unless another is. */
      preselected: z.number().nullable(),
    }),
  ),
  /** What ends or goes with it. */
  ends: z.strictObject({
    sessions: z.number(),
    credentials: z.number(),
    groups: z.array(z.string()),
    communityRoles: z.array(z.strictObject({ owner: z.string(), role: z.string() })),
  }),
  seatFreed: z.boolean(),
});
export type DeletionPreview = z.infer<typeof deletionPreview>;
