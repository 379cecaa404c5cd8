import { z } from 'zod';
import { described } from './described.ts';
import { endpoint, noContent } from './endpoint.ts';
import { pathId } from './references.ts';
import { REQUIRED_ACTIONS } from './required-actions.ts';
import { ACCOUNT_KINDS, ORGANIZATION_ROLES, SYSTEM_ROLES } from './roles.ts';

/** What a person may do on the instance as a whole; what on a single thing is told with that thing. */
const instanceAbilities = z.strictObject({
  'organization.list': z.boolean(),
  'organization.create': z.boolean(),
  'owner.create': z.boolean(),
  'licence.view': z.boolean(),
  'licence.edit': z.boolean(),
  'settings.view': z.boolean(),
  'settings.edit': z.boolean(),
  'taxiiService.create': z.boolean(),
  'audit.viewInstance': z.boolean(),
  /** The accounts of all organizations. */
  'account.view': z.boolean(),
  /** All of them, not only those of the own organization. */
  'taxiiService.view': z.boolean(),
});

/** What a person may do in the own organization. */
const ownAbilities = z.strictObject({
  'account.view': z.boolean(),
  'account.create': z.boolean(),
  'group.view': z.boolean(),
  'group.edit': z.boolean(),
  'audit.view': z.boolean(),
  'organization.activity': z.boolean(),
  'organization.edit': z.boolean(),
  'organization.seats': z.boolean(),
  'taxiiService.view': z.boolean(),
  'collection.view': z.boolean(),
  'intelligence.read': z.boolean(),
});

/** What can be shown as a second factor. */
export const SECOND_FACTORS = ['totp', 'passkey', 'recovery_code'] as const;

/** Who a person is signed in as. */
export const session = z.strictObject({
  id: z.number(),
  userName: z.string(),
  kind: z.enum(ACCOUNT_KINDS),
  firstName: z.string().nullable(),
  lastName: z.string().nullable(),
  pseudonym: z.string(),
  organization: z.strictObject({ id: z.number(), name: z.string(), abilities: ownAbilities }),
  systemRole: z.enum(SYSTEM_ROLES),
  organizationRole: z.enum(ORGANIZATION_ROLES),
  /** An IANA time zone; null: none was chosen. */
  timeZone: z.string().nullable(),
  /** What the person has to do, the first first, before the session reaches anything else. */
  requiredActions: z.array(z.enum(REQUIRED_ACTIONS)),
  /** By what a second factor can be shown; empty: the account has none. */
  secondFactors: z.array(z.enum(SECOND_FACTORS)),
  abilities: instanceAbilities,
});
export type SessionView = z.infer<typeof session>;

const tag = 'Sessions';

export const signInEndpoint = endpoint({
  method: 'POST',
  path: '/session',
  tag,
  summary: 'Signs a person in: the answer sets the cookie of a new session.',
  authentication: 'public',
  body: z.strictObject(
    described(
      { email: z.string().min(1).max(300), password: z.string().min(1).max(1024) },
      { email: 'The e-mail address: the user name of the person.', password: 'The password.' },
    ),
  ),
  output: session,
  status: 201,
  errors: ['unauthenticated', 'throttled'],
  maxBody: 16_384,
});
export type SignInInput = z.output<typeof signInEndpoint.body>;

export const showSessionEndpoint = endpoint({
  method: 'GET',
  path: '/session',
  tag,
  summary: 'Shows who is signed in, and what has to be done first.',
  authentication: 'session',
  during: REQUIRED_ACTIONS,
  output: session,
});

export const signOutEndpoint = endpoint({
  method: 'DELETE',
  path: '/session',
  tag,
  summary: 'Signs out: ends the session.',
  authentication: 'session',
  during: REQUIRED_ACTIONS,
  output: noContent,
  status: 204,
});

const accountParams = z.strictObject({ account: pathId });

/** A session of an account, as those see it who may end it. */
const accountSession = z.strictObject({
  id: z.string(),
  createdAt: z.iso.datetime(),
  lastSeenAt: z.iso.datetime(),
  /** When it ends at the latest. */
  expiresAt: z.iso.datetime(),
  address: z.string().nullable(),
  userAgent: z.string().nullable(),
  /** The one that the request came with. */
  current: z.boolean(),
  abilities: z.strictObject({ end: z.boolean() }),
});
export type AccountSession = z.infer<typeof accountSession>;

export const listSessionsEndpoint = endpoint({
  method: 'GET',
  path: '/accounts/:account/sessions',
  tag,
  summary: 'Lists the sessions of an account, the latest first. All of them stand on one page.',
  params: accountParams,
  output: z.strictObject({ items: z.array(accountSession), next: z.null() }),
  errors: ['forbidden', 'not_found'],
});

export const endAllSessionsEndpoint = endpoint({
  method: 'DELETE',
  path: '/accounts/:account/sessions',
  tag,
  summary: 'Ends all sessions of an account. For the own ones it must be lately that one showed who one is.',
  params: accountParams,
  output: z.strictObject({ ended: z.number() }),
  errors: ['forbidden', 'not_found', 'verification_required'],
});

export const endSessionEndpoint = endpoint({
  method: 'DELETE',
  path: '/accounts/:account/sessions/:session',
  tag,
  summary: 'Ends one session of an account.',
  params: accountParams.extend({ session: z.uuid() }),
  output: z.strictObject({ ended: z.number() }),
  errors: ['forbidden', 'not_found', 'verification_required'],
});
