const RESERVED = 'Only Administrators and Operations Administrators may set it.';
const SHOWN_ONCE = 'Shown this once and never again.';

/** What the fields of accounts mean: which kinds have them, who may set them, units, and what null says. */
export const FIELD_TEXTS = {
  userName:
    'The name that it signs in with: the e-mail address of a user or read-only user, the user name of a TAXII user, the Access ID of an API user (fixed). Only Administrators and Operations Administrators may change it.',
  firstName: 'Users, read-only users and API users: the first name.',
  lastName: 'Users, read-only users and API users: the last name.',
  pseudonym: `The name under which it is shown where real names are not: 3 to 60 lower-case letters, digits and single hyphens. Generated unless it is given; fixed for TAXII users. ${RESERVED}`,
  systemRole: `What it may do on the instance. Users and read-only users: any role of people, by default User and Read Only User; whoever has Read Only User is a read-only user, everybody else a user, who takes a seat. API users: Api User (the default) or Exchange Admin. Fixed for TAXII users. ${RESERVED} Nobody grants a role that ranks above their own.`,
  organizationRole:
    'What it may do in its organization. With the System role Super User only Organization Administrator, with Read Only User only Read Only User or Read Only Commenter. Fixed for TAXII users: Standard User.',
  groups:
    'Users and read-only users: the user groups that it belongs to, each by id or name; an edit replaces all of them.',
  locked:
    'Users, read-only users and TAXII users: true locks the account; false ends the lock, also one after failed sign-ins, and forgets those.',
  disabled: 'Whether the account is out of use: it cannot sign in, and keeps its seat.',
  expiresAt: 'When the account ceases to work; RFC 3339 in UTC. Null or absent: never.',
  passwordResetRequired:
    'Users and read-only users: whether the password must be changed at the next sign-in.',
  mfaResetRequired:
    'Users and read-only users: whether the second factor must be set up anew at the next sign-in. True removes the one that there is and ends the sessions; nobody sets it for their own account.',
  termsOfServiceAcceptanceRequired: `Users and read-only users: whether the terms of service must be accepted at the next sign-in. True needs the system setting \`termsOfServiceRequireNewUserToAccept\`, which is also the default of new accounts. ${RESERVED}`,
  customTqlTimeoutMs: `Users, read-only users and API users: how long a query in TQL may run, in milliseconds. Null or absent: as long as the system setting \`tqlQueryTimeout\` says. ${RESERVED}`,
  includeInObservations:
    'API users: whether what it reports counts as observations and false positives. Kept for a later release: nothing counts them yet.',
  exceedApiLinkLimit:
    'API users: whether it may read more levels of associations at once than the instance allows. Kept for a later release: nothing reads it yet.',
  timeZone:
    'Users and read-only users: an IANA time zone, such as `Europe/Berlin`. Null or absent: none chosen.',
  logOutAfterMinutes:
    'Users and read-only users: minutes without a request after which a session ends. Null or absent: as the system setting `sessionIdleMinutes` says.',
  summaryEmailTime:
    'Users and read-only users: the time of the day of summary e-mails, such as `08:30`. Null or absent: none chosen. Kept for a later release: none are sent yet.',
  contactEmail:
    'API users and TAXII users: the e-mail address of whoever looks after it. Null or absent: none.',
  service: 'TAXII users: its TAXII service, by id, name or path.',
  onlyOwners:
    'TAXII users: the only owners (organization, communities, sources) that it reads, each by id or name. Null or absent: all that its roles allow.',
} as const;

/** Of the forms, beside the fields that an edit has. */
export const CREATION_TEXTS = {
  organization: 'The organization that the account is created in, by id or name.',
  email: 'The e-mail address; becomes the user name.',
  password:
    'The first password, as `GET /password-policy` tells what it must be. Absent: one is generated, and given back this once.',
  invite:
    'Whether the person is invited to choose the first password: none is generated, and none may be given; `invitation` of the answer. The account takes its seat at once. No account information is sent beside the invitation.',
  sendAccountInfoEmail:
    'Whether the account information is sent to the person by e-mail, or, while no mail server is configured, written to be passed on: `accountInfo` of the answer. The password is not in it.',
  tokenExpirationDays:
    'Generates a token as well, which is valid for so many days ("save user and generate token"). Absent: no token.',
  apiKey: 'Whether an API key is generated beside the password.',
} as const;

/** Of what is given back once. */
export const SECRET_TEXTS = {
  password: `The password, only if it was generated. ${SHOWN_ONCE}`,
  apiKey: `The API key of a TAXII user. ${SHOWN_ONCE}`,
  secretKey: `The Secret Key of an API user. ${SHOWN_ONCE}`,
  token: `The token of an API user, if one was wanted. ${SHOWN_ONCE}`,
  invitation: `The link by which an invited person chooses the first password, unless it was mailed. ${SHOWN_ONCE}`,
} as const;

/** Of an account as answers show it. */
export const VIEW_TEXTS = {
  ...FIELD_TEXTS,
  id: 'The id of the account: never used again, also when it is deleted.',
  version: 'Goes up with every change; an edit names the version that it was made from.',
  kind: '`user`, `read_only` (read-only user), `api` (API user) or `taxii` (TAXII user).',
  organization: 'The organization that the account belongs to.',
  firstName: 'The first name; null for TAXII users.',
  lastName: 'The last name; null for TAXII users.',
  pseudonym: 'The name under which it is shown where real names are not.',
  systemRole: 'What it may do on the instance. Only in answers to those who may see System roles.',
  organizationRole: 'What it may do in its organization.',
  groups: 'The user groups that it belongs to.',
  status: 'The one state that the account is in for whoever looks, with its reason.',
  statusCause:
    'Who locked or disabled it, and why; null while nobody has, and for those who may not read its audit trail.',
  locked: 'Whether it is locked: by an administrator, or by the system after failed sign-ins.',
  authenticator: 'The second factor that the account has at a sign-in; null: none.',
  service: 'The TAXII service of a TAXII user; null for other kinds.',
  onlyOwners: 'The only owners that a TAXII user reads; null: all that its roles allow.',
  createdAt: 'When the account was created; RFC 3339 in UTC.',
  lastUsedAt: 'When it last signed in or made a request, up to a minute late; null: never.',
  lastUsedFrom: 'The address that it was last used from; null: unknown.',
  credentialExpiresAt:
    'When the first of its credentials ends that no later one has taken the place of; null: none has an end.',
  passwordChangedAt: 'When the password was last set; null: it has none.',
  termsAcceptedVersion: 'The latest version of the terms of service that was accepted; null: none.',
  termsAcceptedAt: 'When it was accepted; null: never.',
  pendingLink:
    'The latest one-time link of it that is still good, such as an invitation; null: none, or for nobody who may not give it credentials.',
  invitation:
    'Of a person who was invited and has not set a password yet: `open` while the link of the invitation is good, `ended` once it expired or was ended and only a new invitation lets the person in; null for everybody else.',
  credentials: 'What it has to sign in with: never the secrets themselves.',
  abilities:
    'What the caller may do with this account: `edit` its fields, `changeRoles` (Organization role), `chooseSystemRole`, `move` it to another organization, `viewAudit` to see what was done to it and by it, and so on.',
} as const;

const COMMA = 'separated by commas';

/** Of the filters of a list. */
export const QUERY_TEXTS = {
  limit: 'How many accounts a page has at most: 1 to 1000; 100 unless given.',
  after: '`next` of the page before. The other parameters must be the same as for that page.',
  sort: 'The order, with `-` before it for the other way round; `userName` unless given.',
  kind: `Only accounts of these kinds, ${COMMA}: \`user\`, \`read_only\`, \`api\`, \`taxii\`.`,
  state: 'Only accounts in this state.',
  systemRole: 'Only accounts with this System role. Refused to those who may not see System roles.',
  organizationRole: 'Only accounts with this Organization role.',
  group: 'Only members of the user group with this id.',
  service: 'Only TAXII users of the TAXII service with this id.',
  authenticator: 'Only accounts with (`on`) or without (`off`) a second factor.',
  pending:
    'Only people of whom something is awaited: `invitation` (to set the first password), `action` (at the next sign-in: a new password, another second factor, the terms of service), or `any` of these.',
  credentialExpiresWithinDays:
    'Only accounts of which a credential ends within so many days, 1 to 3650, that no later one has taken the place of.',
  expiresWithinDays: 'Only accounts that expire within so many days, 1 to 3650.',
  unusedForDays:
    'Only accounts that were last used, or, when they never were, created, longer ago than so many days, 1 to 3650.',
  neverUsed: 'Only accounts that were never used (`true`), or that were (`false`).',
  total:
    '`true`: the answer tells in `total` how many accounts the filters find. Of a hundred thousand accounts it takes tens of milliseconds: ask once, not for every page.',
  search: 'Only accounts with this text anywhere in user name, names or pseudonym, without regard to case.',
} as const;
