import { z } from 'zod';
import { described } from './described.ts';

/**
 * What a browser and the server tell each other of passkeys (WebAuthn Level 3 §5.1.8–5.1.10), in JSON. Octets are base64url.
 */
const octets = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[\w-]+$/, 'must be base64url');
const flag = z.string().max(100);

const ASSERTED = {
  clientDataJSON: 'What the browser vouches for: challenge and origin.',
  authenticatorData: 'What the authenticator vouches for.',
  signature: 'The signature over both.',
  userHandle: 'Whose passkey it is, where the authenticator knows.',
  attestationObject: 'Not used.',
};
const COMMON = {
  id: 'The id of the credential.',
  rawId: 'The same.',
  type: 'Always `public-key`.',
  authenticatorAttachment: 'Whether the authenticator is part of the device.',
  clientExtensionResults: 'Of extensions: none are used.',
  response: 'What was signed.',
};

const common = {
  id: octets(2000),
  rawId: octets(2000),
  type: z.literal('public-key'),
  authenticatorAttachment: flag.nullish(),
  clientExtensionResults: z.record(z.string().max(100), z.unknown()).default({}),
};

/** A passkey's answer to a challenge. */
export const assertion = z.strictObject(
  described(
    {
      ...common,
      response: z.strictObject(
        described(
          {
            clientDataJSON: octets(8000),
            authenticatorData: octets(8000),
            signature: octets(8000),
            userHandle: octets(200).nullish(),
            attestationObject: octets(40_000).nullish(),
          },
          ASSERTED,
        ),
      ),
    },
    COMMON,
  ),
);
export type Assertion = z.output<typeof assertion>;

/** A new passkey. */
export const registration = z.strictObject(
  described(
    {
      ...common,
      response: z.strictObject(
        described(
          {
            clientDataJSON: octets(8000),
            attestationObject: octets(40_000),
            transports: z.array(flag).max(10).default([]),
            authenticatorData: octets(8000).nullish(),
            publicKey: octets(8000).nullish(),
            publicKeyAlgorithm: z.number().int().optional(),
          },
          {
            clientDataJSON: ASSERTED.clientDataJSON,
            attestationObject: 'The public key, and what the authenticator says of itself.',
            transports: 'The ways to reach the authenticator.',
            authenticatorData: 'Part of the attestation object: not used.',
            publicKey: 'Part of the attestation object: not used.',
            publicKeyAlgorithm: 'Part of the attestation object: not used.',
          },
        ),
      ),
    },
    COMMON,
  ),
);
export type Registration = z.output<typeof registration>;

const descriptors = z.array(
  z.strictObject({ id: z.string(), type: z.literal('public-key'), transports: z.array(z.string()) }),
);
const userVerification = z.enum(['required', 'preferred']);

/** `PublicKeyCredentialRequestOptionsJSON` */
export const requestOptions = z.strictObject({
  challenge: z.string(),
  timeout: z.number(),
  rpId: z.string(),
  allowCredentials: descriptors,
  userVerification,
});
export type RequestOptions = z.infer<typeof requestOptions>;

/** `PublicKeyCredentialCreationOptionsJSON` */
export const creationOptions = z.strictObject({
  challenge: z.string(),
  timeout: z.number(),
  rp: z.strictObject({ id: z.string(), name: z.string() }),
  user: z.strictObject({ id: z.string(), name: z.string(), displayName: z.string() }),
  pubKeyCredParams: z.array(z.strictObject({ type: z.literal('public-key'), alg: z.number() })),
  excludeCredentials: descriptors,
  authenticatorSelection: z.strictObject({
    residentKey: z.enum(['required', 'preferred']),
    requireResidentKey: z.boolean(),
    userVerification,
  }),
  attestation: z.literal('none'),
});
export type CreationOptions = z.infer<typeof creationOptions>;
