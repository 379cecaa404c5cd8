import { z } from 'zod';
import { instant } from './account-fields.ts';
import { SECRET_TEXTS, VIEW_TEXTS } from './account-texts.ts';
import {
  accountChanges,
  accountDetails,
  accountEdited,
  accountItem,
  accountQuery,
  createApiUserInput,
  createReadOnlyUserInput,
  createUserInput,
  credentialChanges,
  deletion,
  deletionPreview,
  heirs,
  newCredential,
  profileChanges,
  RESPONSIBILITIES,
} from './accounts.ts';
import { getAttentionEndpoint, getInstanceAttentionEndpoint } from './attention.ts';
import { described } from './described.ts';
import { endpoint, noContent } from './endpoint.ts';
import { madeLink } from './links.ts';
import { lockDownAccountEndpoint } from './lockdown.ts';
import { pageOf } from './paging.ts';
import { pathId, reference, rowVersion } from './references.ts';
import { ACCOUNT_KINDS, ORGANIZATION_ROLES } from './roles.ts';
import { createTaxiiUserInput } from './taxii.ts';

const tag = 'Accounts';
const inOrganization = z.strictObject({ organization: pathId });
const ofAccount = z.strictObject({ account: pathId });

/** A page of accounts. */
const accountPage = pageOf(accountItem).extend({
  total: z
    .number()
    .optional()
    .describe('How many accounts the filters find in all; only where `total` was asked for.'),
});

export const listAllAccountsEndpoint = endpoint({
  method: 'GET',
  path: '/accounts',
  tag,
  summary: 'Lists the accounts of all organizations.',
  query: accountQuery,
  output: accountPage,
  errors: ['forbidden'],
});

export const listAccountsEndpoint = endpoint({
  method: 'GET',
  path: '/organizations/:organization/accounts',
  tag,
  summary: 'Lists the accounts of an organization: its membership.',
  params: inOrganization,
  query: accountQuery,
  output: accountPage,
  errors: ['forbidden', 'not_found'],
});

const creationErrors = ['forbidden', 'not_found', 'name_taken', 'limit_reached'] as const;

const CREATED_TEXTS = {
  ...VIEW_TEXTS,
  ...SECRET_TEXTS,
  organization: 'The name of the organization that the account belongs to.',
};

const accountInfo = z.strictObject(
  described(
    { to: z.string(), subject: z.string(), text: z.string(), sent: z.boolean() },
    {
      to: 'The e-mail address of the person.',
      subject: 'The subject.',
      text: 'The text, without the password.',
      sent: 'True: it is on its way. False: no mail server is configured, and it is for the creator to pass on.',
    },
  ),
);

const newPerson = z.strictObject(
  described(
    {
      id: z.number(),
      kind: z.enum(ACCOUNT_KINDS),
      userName: z.string(),
      pseudonym: z.string(),
      organization: z.string(),
      organizationRole: z.enum(ORGANIZATION_ROLES),
      password: z.string().optional(),
      invitation: madeLink.nullable(),
      accountInfo: accountInfo.nullable(),
    },
    {
      ...CREATED_TEXTS,
      invitation: 'The link by which the person chooses the first password; null unless `invite`.',
      accountInfo: 'The account information for the person, as an e-mail; null where none was wanted.',
    },
  ),
);

export const createUserEndpoint = endpoint({
  method: 'POST',
  path: '/organizations/:organization/users',
  tag,
  summary: 'Creates a user. A generated password, or an invitation that is not mailed, is shown this once.',
  params: inOrganization,
  body: createUserInput.omit({ organization: true }),
  output: newPerson,
  status: 201,
  errors: creationErrors,
});

export const createReadOnlyUserEndpoint = endpoint({
  method: 'POST',
  path: '/organizations/:organization/read-only-users',
  tag,
  summary: 'Creates a read-only user, which takes no seat. A generated password is shown this once.',
  params: inOrganization,
  body: createReadOnlyUserInput.omit({ organization: true }),
  output: newPerson,
  status: 201,
  errors: creationErrors,
});

export const createApiUserEndpoint = endpoint({
  method: 'POST',
  path: '/organizations/:organization/api-users',
  tag,
  summary: 'Creates an API user. Its Secret Key, and its token if one is wanted, are shown this once.',
  params: inOrganization,
  body: createApiUserInput.omit({ organization: true }),
  output: z.strictObject(
    described(
      {
        id: z.number(),
        accessId: z.string(),
        firstName: z.string(),
        lastName: z.string(),
        pseudonym: z.string(),
        organization: z.string(),
        organizationRole: z.enum(ORGANIZATION_ROLES),
        secretKey: z.string().optional(),
        token: z.string().optional(),
        tokenExpiresAt: instant.nullable(),
      },
      {
        ...CREATED_TEXTS,
        accessId: 'The Access ID: generated, fixed, and no secret.',
        tokenExpiresAt: 'When the token ceases to be valid; null: there is no token.',
      },
    ),
  ),
  status: 201,
  errors: creationErrors,
});

export const createTaxiiUserEndpoint = endpoint({
  method: 'POST',
  path: '/organizations/:organization/taxii-users',
  tag,
  summary: 'Creates a TAXII user. What is generated of password and API key is shown this once.',
  params: inOrganization,
  body: createTaxiiUserInput.omit({ organization: true }),
  output: z.strictObject(
    described(
      {
        id: z.number(),
        userName: z.string(),
        pseudonym: z.string(),
        organization: z.string(),
        organizationRole: z.enum(ORGANIZATION_ROLES),
        service: z.strictObject({ name: z.string(), path: z.string() }),
        contactEmail: z.string().nullable(),
        password: z.string().optional(),
        apiKey: z.string().optional(),
      },
      { ...CREATED_TEXTS, service: 'The TAXII service that it uses, with the path of its API root.' },
    ),
  ),
  status: 201,
  errors: creationErrors,
});

export const getAccountEndpoint = endpoint({
  method: 'GET',
  path: '/accounts/:account',
  tag,
  summary: 'Shows an account with everything that its form shows.',
  params: ofAccount,
  output: accountDetails,
  errors: ['not_found'],
});

const changesOfVersion = accountChanges.extend({ version: rowVersion });
const editErrors = [
  'forbidden',
  'not_found',
  'stale',
  'conflict',
  'name_taken',
  'limit_reached',
  'verification_required',
] as const;

export const editAccountEndpoint = endpoint({
  method: 'PATCH',
  path: '/accounts/:account',
  tag,
  summary: 'Edits an account: all of the fields that are given, or none.',
  params: ofAccount,
  body: changesOfVersion,
  output: accountEdited,
  errors: editErrors,
});

export const editProfileEndpoint = endpoint({
  method: 'PATCH',
  path: '/session/profile',
  tag,
  summary: 'Edits what people change of their own account.',
  authentication: 'session',
  body: profileChanges.extend({ version: rowVersion }),
  output: accountEdited,
  errors: ['forbidden', 'stale', 'name_taken'],
});

export const previewEditEndpoint = endpoint({
  method: 'POST',
  path: '/accounts/:account/preview',
  tag,
  summary: 'Says what an edit would entail, without making it. Refused exactly when the edit would be.',
  params: ofAccount,
  body: changesOfVersion,
  output: accountEdited,
  errors: editErrors,
});

export const previewDeletionEndpoint = endpoint({
  method: 'GET',
  path: '/accounts/:account/deletion',
  tag,
  summary: 'Says what the deletion of an account would entail, and what it needs.',
  params: ofAccount,
  output: deletionPreview,
  errors: ['forbidden', 'not_found'],
});

const passedOn = z.strictObject(
  described(
    {
      id: z.number(),
      userName: z.string(),
      passedOn: z.array(
        z.strictObject({ kind: z.enum(RESPONSIBILITIES), count: z.number(), heir: z.string() }),
      ),
    },
    {
      ...VIEW_TEXTS,
      passedOn: 'What was handed over: how many of each kind, and the user name of the heir.',
    },
  ),
);

export const deleteAccountEndpoint = endpoint({
  method: 'POST',
  path: '/accounts/:account/deletion',
  tag,
  summary: 'Deletes an account; heirs take over what it is responsible for.',
  params: ofAccount,
  body: deletion.extend({ version: rowVersion }),
  output: passedOn,
  errors: ['forbidden', 'not_found', 'stale', 'conflict', 'heirs_required'],
});

export const moveResponsibilitiesEndpoint = endpoint({
  method: 'POST',
  path: '/accounts/:account/responsibilities',
  tag,
  summary: 'Hands over what an account is responsible for to the accounts named.',
  params: ofAccount,
  body: z.strictObject({ heirs }),
  output: passedOn,
  errors: ['forbidden', 'not_found', 'stale'],
});

export const moveAccountEndpoint = endpoint({
  method: 'POST',
  path: '/accounts/:account/organization',
  tag,
  summary: 'Moves an account to another organization, where it takes a seat.',
  params: ofAccount,
  body: z.strictObject({
    organization: reference.describe('The organization that it moves to, by id or name.'),
    version: rowVersion,
  }),
  output: accountEdited,
  errors: ['forbidden', 'not_found', 'stale', 'conflict', 'limit_reached', 'heirs_required'],
});

export const replaceCredentialEndpoint = endpoint({
  method: 'POST',
  path: '/accounts/:account/credentials',
  tag,
  summary: 'Gives an account a new password, key or token. What is generated is shown this once.',
  params: ofAccount,
  body: newCredential,
  output: z.strictObject(
    described(
      {
        id: z.number(),
        userName: z.string(),
        password: z.string().optional(),
        apiKey: z.string().optional(),
        secretKey: z.string().optional(),
        token: z.string().optional(),
        expiresAt: instant.nullable(),
        previousValidUntil: instant.nullable(),
      },
      {
        ...CREATED_TEXTS,
        expiresAt: 'When the new credential ceases to be valid; null: never.',
        previousValidUntil: 'Until when the one before stays valid; null: it has ended.',
      },
    ),
  ),
  status: 201,
  errors: ['forbidden', 'not_found'],
});

export const editCredentialEndpoint = endpoint({
  method: 'PATCH',
  path: '/accounts/:account/credentials/:credential',
  tag,
  summary:
    'Binds a credential of an API user or TAXII user to addresses, to reading, to signatures that cover the body, or to an end.',
  params: ofAccount.extend({ credential: pathId }),
  body: credentialChanges,
  output: accountDetails,
  errors: ['forbidden', 'not_found', 'stale'],
});

export const revokeCredentialEndpoint = endpoint({
  method: 'DELETE',
  path: '/accounts/:account/credentials/:credential',
  tag,
  summary: 'Ends one credential of an account at once.',
  params: ofAccount.extend({ credential: pathId }),
  output: noContent,
  status: 204,
  errors: ['forbidden', 'not_found'],
});

export const ACCOUNT_ENDPOINTS = [
  listAllAccountsEndpoint,
  listAccountsEndpoint,
  createUserEndpoint,
  createReadOnlyUserEndpoint,
  createApiUserEndpoint,
  createTaxiiUserEndpoint,
  getAccountEndpoint,
  editAccountEndpoint,
  editProfileEndpoint,
  previewEditEndpoint,
  previewDeletionEndpoint,
  deleteAccountEndpoint,
  moveResponsibilitiesEndpoint,
  moveAccountEndpoint,
  lockDownAccountEndpoint,
  getInstanceAttentionEndpoint,
  getAttentionEndpoint,
  replaceCredentialEndpoint,
  editCredentialEndpoint,
  revokeCredentialEndpoint,
];
