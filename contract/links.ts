import { z } from 'zod';
import { instant } from './account-fields.ts';
import { described } from './described.ts';
import { endpoint, noContent } from './endpoint.ts';
import { emailAddress } from './names.ts';
import { pathId } from './references.ts';

export const LINK_PURPOSES = ['invitation', 'password_reset', 'email_change'] as const;
export type LinkPurpose = (typeof LINK_PURPOSES)[number];

const LINK_TEXTS = {
  purpose:
    'What it is for: `invitation` and `password_reset` let a person set a password, `email_change` confirms a new e-mail address.',
  createdAt: 'When it was made; RFC 3339 in UTC.',
  expiresAt: 'Until when it is good; RFC 3339 in UTC.',
};

/** The link of an account that is still good, as those see it who may give the account credentials. */
export const pendingLink = z.strictObject(
  described({ purpose: z.enum(LINK_PURPOSES), createdAt: instant, expiresAt: instant }, LINK_TEXTS),
);

/** A link that was made for somebody. */
export const madeLink = z.strictObject(
  described(
    { link: z.string().nullable(), to: z.string(), sent: z.boolean(), expiresAt: instant },
    {
      link: 'The link, to be passed on: it is shown this once. Null: it was sent by mail.',
      to: 'The e-mail address that it is for.',
      sent: 'Whether it is on its way by mail.',
      expiresAt: LINK_TEXTS.expiresAt,
    },
  ),
);

const tag = 'One-time links';

export const requestPasswordResetEndpoint = endpoint({
  method: 'POST',
  path: '/password-resets',
  tag,
  summary: 'Asks for a link by mail that sets a new password. The answer is the same for every address.',
  description:
    'A mail is sent when the address is the user name of a person with a password who may sign in, and a mail server is configured.',
  authentication: 'public',
  body: z.strictObject(
    described({ email: emailAddress }, { email: 'The e-mail address that the person signs in with.' }),
  ),
  output: z.strictObject(described({ message: z.string() }, { message: 'What happens next.' })),
  errors: ['throttled'],
  maxBody: 16_384,
});

/** 256 bits in base64url behind a prefix that tells what a found string is. */
const token = z.string().min(1).max(200);
const TOKEN_TEXT = 'The token: what stands behind `#` in the link.';

export const lookAtLinkEndpoint = endpoint({
  method: 'POST',
  path: '/links/look',
  tag,
  summary: 'Says what a one-time link is for. It stays good.',
  authentication: 'public',
  body: z.strictObject(described({ token }, { token: TOKEN_TEXT })),
  output: z.strictObject(
    described(
      {
        purpose: z.enum(LINK_PURPOSES),
        email: z.string(),
        userName: z.string(),
        organization: z.string(),
        expiresAt: instant,
        passwordMinLength: z.number(),
      },
      {
        ...LINK_TEXTS,
        email: 'The e-mail address that it was made for; of an `email_change`, the new one.',
        userName: 'The user name of its account now.',
        organization: 'The name of its organization.',
        passwordMinLength: 'How many characters a password has at least.',
      },
    ),
  ),
  errors: ['not_found'],
  maxBody: 16_384,
});

export const setPasswordByLinkEndpoint = endpoint({
  method: 'POST',
  path: '/links/password',
  tag,
  summary: 'Sets the password of the account that a one-time link is for, and uses the link up.',
  description:
    'All sessions of the account end, and so do its other links. Nobody is signed in by it: a second factor is still asked for.',
  authentication: 'public',
  body: z.strictObject(
    described(
      { token, password: z.string().min(1).max(1024) },
      { token: TOKEN_TEXT, password: 'The new password.' },
    ),
  ),
  output: noContent,
  status: 204,
  errors: ['not_found', 'throttled'],
  maxBody: 16_384,
});

export const confirmEmailByLinkEndpoint = endpoint({
  method: 'POST',
  path: '/links/email',
  tag,
  summary: 'Confirms a new e-mail address by the one-time link that was sent to it, and uses the link up.',
  description: 'The person signs in with the new address from then on; all sessions of the account end.',
  authentication: 'public',
  body: z.strictObject(described({ token }, { token: TOKEN_TEXT })),
  output: noContent,
  status: 204,
  errors: ['not_found', 'conflict'],
  maxBody: 16_384,
});

export const requestEmailChangeEndpoint = endpoint({
  method: 'POST',
  path: '/session/email',
  tag,
  summary:
    'Asks for another e-mail address of one’s own account: it counts once the link sent to it is followed.',
  description:
    'For people while the system setting `ownEmailChangeAllowed` is on, and for those who may change user names. The present address is told.',
  authentication: 'session',
  body: z.strictObject(described({ email: emailAddress }, { email: 'The new e-mail address.' })),
  output: z.strictObject(
    described(
      { to: z.string(), expiresAt: instant },
      { to: 'Where the link was sent to.', expiresAt: LINK_TEXTS.expiresAt },
    ),
  ),
  errors: ['forbidden', 'conflict', 'throttled', 'verification_required'],
});

const ofAccount = z.strictObject({ account: pathId });

export const inviteEndpoint = endpoint({
  method: 'POST',
  path: '/accounts/:account/invitation',
  tag,
  summary: 'Makes an invitation for a person who has no password yet: a link that sets the first one.',
  params: ofAccount,
  output: madeLink,
  status: 201,
  errors: ['forbidden', 'not_found', 'conflict'],
});

export const sendPasswordResetEndpoint = endpoint({
  method: 'POST',
  path: '/accounts/:account/password-reset',
  tag,
  summary: 'Makes a link for a person that sets a new password. The present one stays good until then.',
  params: ofAccount,
  output: madeLink,
  status: 201,
  errors: ['forbidden', 'not_found', 'conflict'],
});

export const revokeLinksEndpoint = endpoint({
  method: 'DELETE',
  path: '/accounts/:account/links',
  tag,
  summary: 'Ends the one-time links of an account.',
  params: ofAccount,
  output: z.strictObject(described({ ended: z.number() }, { ended: 'How many there were.' })),
  errors: ['forbidden', 'not_found'],
});

export const LINK_ENDPOINTS = [
  requestPasswordResetEndpoint,
  lookAtLinkEndpoint,
  setPasswordByLinkEndpoint,
  confirmEmailByLinkEndpoint,
  requestEmailChangeEndpoint,
  inviteEndpoint,
  sendPasswordResetEndpoint,
  revokeLinksEndpoint,
];
