import { z } from 'zod';
import { instant } from './account-fields.ts';
import { described } from './described.ts';

/** What a change entails, for a person to read and for a program to branch on. */
export const consequence = z.strictObject({
  code: z
    .enum([
      'kind_changes',
      'seat_taken',
      'seat_freed',
      'organization_role_follows',
      'community_role_reset',
      'sessions_end',
      'authenticator_removed',
      'credentials_stop',
      'credentials_work_again',
      'failed_attempts_forgotten',
      'leaves_groups',
      'allow_list_shrinks',
      'connection_changes',
    ])
    .describe('For programs to branch on.'),
  message: z.string().describe('The same in a sentence.'),
});
export type Consequence = z.infer<typeof consequence>;

/** One status for whoever looks, with its reason. `locked` covers both causes: an administrator, and failed sign-ins. */
export const accountStatus = z.strictObject(
  described(
    {
      state: z.enum(['active', 'locked', 'disabled', 'expired']),
      reason: z.string(),
      since: instant.nullable(),
      lockedBy: z.enum(['administrator', 'system']).nullable(),
      lockedUntil: instant.nullable(),
    },
    {
      state:
        'The gravest that holds: `disabled` (also through its organization), `expired`, `locked` or `active`.',
      reason: 'Why it is in this state, in a sentence.',
      since:
        'Since when it is in this state; RFC 3339 in UTC. Null: it is active, or failed sign-ins keep it out.',
      lockedBy: 'Who locked it: an administrator, or the system after failed sign-ins; null unless locked.',
      lockedUntil: 'When a lock of the system ends by itself; null otherwise.',
    },
  ),
);

/** What stands for the name of a community or source in a sentence to whoever cannot see it. */
export const UNSEEN_PLACE = 'a community or source that you cannot see';

/** An owner that is perhaps none of the caller's business. */
export const seenOwner = z.strictObject({
  id: z.number().describe('Its id.'),
  name: z.string().nullable().describe('Its name; null where the caller cannot see it.'),
});

/** Who put an account out of use. */
export const statusCause = z.strictObject(
  described(
    {
      by: z.strictObject({ id: z.number().nullable(), name: z.string() }),
      at: instant,
      lockdown: z.boolean(),
      reason: z.string().nullable(),
    },
    {
      by: 'Whoever did it, by the name under which the audit trail shows them to the caller; the id where the caller may see that account.',
      at: 'When they did; RFC 3339 in UTC. Later than `since` of the status where an account was locked down that was disabled already.',
      lockdown: 'Whether it was locked down.',
      reason: 'The reason that was given; null: none.',
    },
  ),
);

/** What an account has to show as a second factor. */
export const accountFactors = z.strictObject(
  described(
    { since: instant, totp: z.boolean(), passkeys: z.number(), recoveryCodesLeft: z.number() },
    {
      since: 'Since when it has one; RFC 3339 in UTC.',
      totp: 'Whether it has an authenticator app.',
      passkeys: 'How many passkeys it has.',
      recoveryCodesLeft: 'How many of its recovery codes have not been used.',
    },
  ),
);

/** What a credential may be bound to. */
export const BINDING_TEXTS = {
  allowedNetworks:
    'The addresses and prefixes (CIDR; IPv4 and IPv6) from which alone it may be used; null: from everywhere.',
  readOnly: 'Whether it may only read, whatever the rights of its account.',
  signedBodyRequired:
    'Of a Secret Key: whether only signatures of the second version are taken, which cover the body and are used once.',
};

/** A credential of an account, without what would open anything. */
export const accountCredential = z.strictObject(
  described(
    {
      id: z.number(),
      kind: z.enum(['password', 'api_key', 'secret_key', 'api_token']),
      hint: z.string().nullable(),
      createdAt: instant,
      expiresAt: instant.nullable(),
      lastUsedAt: instant.nullable(),
      lastUsedFrom: z.string().nullable(),
      allowedNetworks: z.array(z.string()).nullable(),
      readOnly: z.boolean(),
      signedBodyRequired: z.boolean(),
    },
    {
      id: 'By which it can be changed and revoked.',
      kind: 'What it is.',
      hint: 'Its last characters, to tell it from others; null for passwords.',
      createdAt: 'When it was made; RFC 3339 in UTC.',
      expiresAt: 'When it ceases to be valid; null: never.',
      lastUsedAt: 'When it was last used, within half a minute; null: never.',
      lastUsedFrom:
        'The address that it was last used from; to pin it there, make that its only allowed network.',
      ...BINDING_TEXTS,
    },
  ),
);
