import { z } from 'zod';
import { instant } from './account-fields.ts';
import { described } from './described.ts';
import { endpoint, noContent } from './endpoint.ts';
import { auditReason } from './reasons.ts';
import { pathId, rowVersion } from './references.ts';
import { session } from './session.ts';
import { assertion, creationOptions, registration, requestOptions } from './webauthn.ts';

const tag = 'Second factors';

/** Six digits, in which people see a gap. */
const code = z
  .string()
  .max(20)
  .transform((text) => text.replace(/\s/g, ''))
  .pipe(z.string().regex(/^\d{6}$/, 'must be the six digits that the authenticator app shows'));
const recoveryCode = z.string().min(1).max(100);

const FACTOR_TEXTS = {
  code: 'The six digits that the authenticator app shows. Each works once.',
  recoveryCode: 'One of the recovery codes, with or without its hyphens. Each works once.',
  challenge: 'Of a passkey: the `id` of the challenge that it signed.',
  passkey: 'What the browser answered (`PublicKeyCredential.toJSON()`).',
} as const;

const factor = {
  code: code.optional(),
  recoveryCode: recoveryCode.optional(),
  challenge: z.uuid().optional(),
  passkey: assertion.optional(),
};

/** One proof, and of a passkey the challenge with it. */
function isOne({ challenge, ...proofs }: Record<string, unknown>): boolean {
  const given = Object.keys(proofs).filter((name) => proofs[name] !== undefined);
  return given.length === 1 && (challenge !== undefined) === (given[0] === 'passkey');
}

export const shownFactor = z
  .strictObject(described(factor, FACTOR_TEXTS))
  .refine(isOne, 'must hold a code, a recovery code, or a passkey with its challenge');
export type ShownFactor = z.output<typeof shownFactor>;

export const verification = z
  .strictObject(
    described(
      { ...factor, password: z.string().min(1).max(1024).optional() },
      {
        ...FACTOR_TEXTS,
        password: 'The password: only of an account without a second factor, the others show that.',
      },
    ),
  )
  .refine(isOne, 'must hold a code, a recovery code, a passkey with its challenge, or the password');
export type Verification = z.output<typeof verification>;

const challengeId = z
  .string()
  .describe('By which the answer names the challenge. It works once, for 5 minutes.');
const requestChallenge = z.strictObject({
  id: challengeId,
  options: requestOptions.describe('For `PublicKeyCredential.parseRequestOptionsFromJSON`.'),
});

export const showSecondFactorEndpoint = endpoint({
  method: 'POST',
  path: '/session/second-factor',
  tag,
  summary: 'Shows the second factor at a sign-in: the session goes on under a new cookie.',
  description:
    'Refused with `invalid_input` whether the code is wrong, was used, or has expired. Attempts are counted for each account, those with recovery codes apart.',
  authentication: 'session',
  during: ['second_factor'],
  body: shownFactor,
  output: session,
  errors: ['conflict', 'throttled'],
  maxBody: 65_536,
});

export const challengeSecondFactorEndpoint = endpoint({
  method: 'POST',
  path: '/session/second-factor/challenge',
  tag,
  summary:
    'Makes a challenge that one of the passkeys of the account signs, as second factor or to show once more who it is.',
  authentication: 'session',
  during: ['second_factor', 'change_password', 'set_up_authenticator', 'accept_terms'],
  output: requestChallenge,
  errors: ['conflict'],
});

export const challengePasskeyEndpoint = endpoint({
  method: 'POST',
  path: '/session/passkey/challenge',
  tag,
  summary: 'Makes a challenge for a sign-in with a passkey alone.',
  authentication: 'public',
  output: requestChallenge,
  errors: ['conflict', 'throttled'],
});

export const passkeySignIn = z.strictObject(
  described(
    { challenge: z.uuid(), passkey: assertion },
    { challenge: 'The `id` of the challenge.', passkey: FACTOR_TEXTS.passkey },
  ),
);
export type PasskeySignIn = z.output<typeof passkeySignIn>;

export const signInWithPasskeyEndpoint = endpoint({
  method: 'POST',
  path: '/session/passkey',
  tag,
  summary: 'Signs a person in with a passkey alone, which stands for both factors.',
  authentication: 'public',
  body: passkeySignIn,
  output: session,
  status: 201,
  errors: ['unauthenticated', 'conflict', 'throttled'],
});

export const verifyAgainEndpoint = endpoint({
  method: 'POST',
  path: '/session/verification',
  tag,
  summary:
    'Shows once more who the person is, for changes of what opens the account: it counts for 10 minutes.',
  authentication: 'session',
  during: ['change_password', 'set_up_authenticator', 'accept_terms'],
  body: verification,
  output: session,
  errors: ['throttled'],
  maxBody: 65_536,
});

const passkey = z.strictObject(
  described(
    {
      id: z.number(),
      name: z.string(),
      createdAt: instant,
      lastUsedAt: instant.nullable(),
      backedUp: z.boolean(),
    },
    {
      id: 'Its id.',
      name: 'How its person calls it.',
      createdAt: 'When it was added; RFC 3339 in UTC.',
      lastUsedAt: 'When it was last used; null: never.',
      backedUp: 'Whether it is kept on other devices, too, so that losing one does not lose it.',
    },
  ),
);
export type PasskeyView = z.infer<typeof passkey>;

const ownAuthenticator = z.strictObject(
  described(
    {
      totp: z.strictObject({ since: instant.describe('Since when; RFC 3339 in UTC.') }).nullable(),
      passkeys: z.array(passkey),
      recoveryCodesLeft: z.number(),
      recoveryCodesLow: z.boolean(),
      enforced: z.boolean(),
      abilities: z.strictObject({ addPasskey: z.boolean(), disable: z.boolean() }),
    },
    {
      totp: 'The authenticator app; null: none.',
      passkeys: 'The passkeys, the oldest first.',
      recoveryCodesLeft: 'How many recovery codes have not been used.',
      recoveryCodesLow: 'Whether there are so few that new ones should be made.',
      enforced: 'Whether everybody needs a second factor: the last one cannot be removed then.',
      abilities:
        '`addPasskey`: there is room for one more, and the server is reached under an address that passkeys can be bound to. `disable`: the last second factor may be removed.',
    },
  ),
);
export type OwnAuthenticator = z.infer<typeof ownAuthenticator>;

const enrolling = { authentication: 'session', during: ['set_up_authenticator'] } as const;

export const getAuthenticatorEndpoint = endpoint({
  method: 'GET',
  path: '/session/authenticator',
  tag,
  summary: 'Shows the second factors of one’s own account.',
  ...enrolling,
  output: ownAuthenticator,
});

export const startTotpEndpoint = endpoint({
  method: 'POST',
  path: '/session/authenticator/totp',
  tag,
  summary: 'Begins to set up an authenticator app: shows its secret, this once.',
  description:
    'TOTP (RFC 6238): SHA-1, 6 digits, 30 seconds. Nothing changes until a first code confirms it, within 10 minutes; the app that there was works until then.',
  ...enrolling,
  output: z.strictObject(
    described(
      { secret: z.string(), uri: z.string(), qr: z.string(), expiresAt: instant },
      {
        secret: 'The secret in base32, to be typed into an app that cannot read the QR code.',
        uri: 'The same as an `otpauth://` address.',
        qr: 'The address as a QR code: the text of an SVG image.',
        expiresAt: 'Until when it must be confirmed; RFC 3339 in UTC.',
      },
    ),
  ),
  errors: ['verification_required'],
});

const recoveryCodes = z
  .array(z.string())
  .nullable()
  .describe('Ten recovery codes, shown this once and never again; null: those that there were stay valid.');

export const confirmTotpEndpoint = endpoint({
  method: 'POST',
  path: '/session/authenticator/totp/confirmation',
  tag,
  summary: 'Confirms the authenticator app with its first code. Other sessions end.',
  ...enrolling,
  body: z.strictObject(described({ code }, { code: FACTOR_TEXTS.code })),
  output: z.strictObject({ recoveryCodes, session: session.describe('What has to be done next.') }),
  errors: ['verification_required', 'throttled'],
});

export const removeTotpEndpoint = endpoint({
  method: 'DELETE',
  path: '/session/authenticator/totp',
  tag,
  summary: 'Removes the authenticator app. Other sessions end.',
  authentication: 'session',
  output: noContent,
  status: 204,
  errors: ['verification_required', 'not_found', 'conflict'],
});

export const challengeNewPasskeyEndpoint = endpoint({
  method: 'POST',
  path: '/session/passkeys/challenge',
  tag,
  summary: 'Makes the challenge for a new passkey.',
  ...enrolling,
  output: z.strictObject({
    id: challengeId,
    options: creationOptions.describe('For `PublicKeyCredential.parseCreationOptionsFromJSON`.'),
  }),
  errors: ['verification_required', 'conflict', 'limit_reached'],
});

const passkeyName = z.string().trim().min(1).max(60);
const NAME_TEXT = 'How its person calls it, such as the device that holds it.';

export const newPasskey = z.strictObject(
  described(
    { challenge: z.uuid(), passkey: registration, name: passkeyName },
    { challenge: 'The `id` of the challenge.', passkey: FACTOR_TEXTS.passkey, name: NAME_TEXT },
  ),
);
export type NewPasskey = z.output<typeof newPasskey>;

export const addPasskeyEndpoint = endpoint({
  method: 'POST',
  path: '/session/passkeys',
  tag,
  summary: 'Adds a passkey. Other sessions end.',
  ...enrolling,
  body: newPasskey,
  output: z.strictObject({ passkey, recoveryCodes, session: session.describe('What has to be done next.') }),
  status: 201,
  errors: ['verification_required', 'conflict', 'limit_reached'],
});

const ofPasskey = z.strictObject({ passkey: pathId });

export const renamePasskeyEndpoint = endpoint({
  method: 'PATCH',
  path: '/session/passkeys/:passkey',
  tag,
  summary: 'Gives one of one’s own passkeys another name.',
  authentication: 'session',
  params: ofPasskey,
  body: z.strictObject(described({ name: passkeyName }, { name: NAME_TEXT })),
  output: passkey,
  errors: ['verification_required', 'not_found'],
});

export const removePasskeyEndpoint = endpoint({
  method: 'DELETE',
  path: '/session/passkeys/:passkey',
  tag,
  summary: 'Removes one of one’s own passkeys. Other sessions end.',
  authentication: 'session',
  params: ofPasskey,
  output: noContent,
  status: 204,
  errors: ['verification_required', 'not_found', 'conflict'],
});

export const renewRecoveryCodesEndpoint = endpoint({
  method: 'POST',
  path: '/session/recovery-codes',
  tag,
  summary: 'Makes new recovery codes; those that there were do not work any more.',
  authentication: 'session',
  output: z.strictObject({
    recoveryCodes: z.array(z.string()).describe('Shown this once and never again.'),
  }),
  errors: ['verification_required', 'conflict'],
});

export const authenticatorReset = z.strictObject(
  described(
    {
      reason: auditReason,
      next: z.enum(['set_up_again', 'off']),
      version: rowVersion.optional(),
    },
    {
      reason: 'Why, for the audit trail: how it was made sure that it is the person who asks.',
      next: '`set_up_again`: the person sets up a second factor at the next sign-in. `off`: the account has none; refused while everybody needs one.',
      version: '`version` of the account as it was shown: refused (`stale`) when there is a newer one.',
    },
  ),
);
export type AuthenticatorReset = z.output<typeof authenticatorReset>;

export const resetAuthenticatorEndpoint = endpoint({
  method: 'POST',
  path: '/accounts/:account/authenticator/reset',
  tag,
  summary: 'Removes the second factors of somebody who cannot show them any more, and ends the sessions.',
  params: z.strictObject({ account: pathId }),
  body: authenticatorReset,
  output: z.strictObject(
    described(
      { id: z.number(), version: z.number(), sessionsEnded: z.number(), mailed: z.boolean() },
      {
        id: 'The id of the account.',
        version: 'The version that the account has now.',
        sessionsEnded: 'How many sessions ended.',
        mailed: 'Whether a mail tells the person; false: no mail server is configured.',
      },
    ),
  ),
  errors: ['forbidden', 'not_found', 'conflict', 'stale'],
});

export const AUTHENTICATOR_ENDPOINTS = [
  showSecondFactorEndpoint,
  challengeSecondFactorEndpoint,
  challengePasskeyEndpoint,
  signInWithPasskeyEndpoint,
  verifyAgainEndpoint,
  getAuthenticatorEndpoint,
  startTotpEndpoint,
  confirmTotpEndpoint,
  removeTotpEndpoint,
  challengeNewPasskeyEndpoint,
  addPasskeyEndpoint,
  renamePasskeyEndpoint,
  removePasskeyEndpoint,
  renewRecoveryCodesEndpoint,
  resetAuthenticatorEndpoint,
];
