import { z } from 'zod';
import { accountCredential } from './account-parts.ts';
import { VIEW_TEXTS } from './account-texts.ts';
import { described } from './described.ts';
import { endpoint } from './endpoint.ts';
import { LINK_PURPOSES } from './links.ts';
import { auditReason } from './reasons.ts';
import { pathId, reference, rowVersion } from './references.ts';
import { ACCOUNT_KINDS } from './roles.ts';

/** What locking an account down takes. */
const lockdown = z.strictObject({
  version: rowVersion.optional(),
  reason: auditReason.describe('Why, for the audit trail.'),
});
export const lockDownAccountInput = lockdown.extend({
  account: reference,
  kind: z.enum(ACCOUNT_KINDS).optional(),
});
export type LockDownAccountInput = z.input<typeof lockDownAccountInput>;

/** What a lockdown ended: what whoever lets the account back in has to give it anew. */
export const lockedDown = z.strictObject(
  described(
    {
      id: z.number(),
      version: z.number(),
      kind: z.enum(ACCOUNT_KINDS),
      userName: z.string(),
      wasDisabled: z.boolean(),
      letBackInBy: z.enum(['password_reset', 'invitation', 'credential']),
      ended: z.strictObject(
        described(
          {
            sessions: z.number(),
            credentials: z.array(
              accountCredential.pick({
                kind: true,
                hint: true,
                expiresAt: true,
                allowedNetworks: true,
                readOnly: true,
                signedBodyRequired: true,
              }),
            ),
            links: z.array(z.enum(LINK_PURPOSES)),
          },
          {
            sessions: 'How many sessions ended.',
            credentials:
              'Each credential that was valid, with what it was bound to: the password of a person is among them.',
            links: 'What each of the one-time links was for that ended.',
          },
        ),
      ),
    },
    {
      ...VIEW_TEXTS,
      wasDisabled: 'Whether it was disabled before.',
      letBackInBy:
        'What lets it in again once it is enabled: a `password_reset` or, of a person who has not set a password yet, an `invitation`; a new `credential` of a machine.',
      ended: 'What ended at once, for good: the account needs new ones when it is let back in.',
    },
  ),
);
export type LockedDown = z.infer<typeof lockedDown>;

export const lockDownAccountEndpoint = endpoint({
  method: 'POST',
  path: '/accounts/:account/lockdown',
  tag: 'Accounts',
  summary:
    'Locks an account down at once: disables it, and ends its sessions, all of its credentials and its one-time links.',
  description:
    'For an account that somebody else may have. Its second factor stays. To let it back in, enable it, then give a machine new credentials, or send a person a password reset.',
  params: z.strictObject({ account: pathId }),
  body: lockdown,
  output: lockedDown,
  errors: ['forbidden', 'not_found', 'stale', 'conflict'],
});
