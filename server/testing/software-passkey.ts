import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { CreationOptions, RequestOptions } from '../../contract/webauthn.ts';

/** What is different from what a browser and an authenticator in order would do. */
export type Oddity = {
  origin?: string;
  rpId?: string;
  challenge?: string;
  type?: string;
  /** Whether the authenticator asked its user for a PIN or a finger. */
  verifiesUser?: boolean;
  isPresent?: boolean;
  counter?: number;
  userHandle?: string;
};

const FLAGS = { present: 0x01, verified: 0x04, mayBeBackedUp: 0x08, backedUp: 0x10, attested: 0x40 };

/**
 * An authenticator with one key (ES256), and the browser before it: answers challenges as `PublicKeyCredential.toJSON()`
 * does (WebAuthn Level 3 §5.1.4, §6.1, §6.5).
 */
export function softwarePasskey(origin: string, { counts = true, backedUp = false } = {}) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const credentialId = randomBytes(32);
  const id = credentialId.toString('base64url');
  let counter = 0;
  let userHandle: string | undefined;

  const clientData = (type: string, challenge: string, odd: Oddity) =>
    Buffer.from(
      JSON.stringify({
        type: odd.type ?? type,
        challenge: odd.challenge ?? challenge,
        origin: odd.origin ?? origin,
        crossOrigin: false,
      }),
    );
  const authenticatorData = (rpId: string, odd: Oddity, attested?: Buffer) => {
    if (counts) counter++;
    const flags =
      (odd.isPresent === false ? 0 : FLAGS.present) |
      (odd.verifiesUser === false ? 0 : FLAGS.verified) |
      (backedUp ? FLAGS.mayBeBackedUp | FLAGS.backedUp : 0) |
      (attested === undefined ? 0 : FLAGS.attested);
    const head = Buffer.alloc(5);
    head.writeUInt8(flags, 0);
    head.writeUInt32BE(odd.counter ?? counter, 1);
    const rpIdHash = createHash('sha256')
      .update(odd.rpId ?? rpId)
      .digest();
    return Buffer.concat([rpIdHash, head, attested ?? Buffer.alloc(0)]);
  };

  return {
    id,
    /** A new passkey: `attestation` is `none`. */
    create(options: CreationOptions, odd: Oddity = {}) {
      userHandle ??= options.user.id;
      const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
      const key = Buffer.concat([
        Buffer.from('a5010203262001215820', 'hex'),
        Buffer.from(x, 'base64url'),
        Buffer.from('225820', 'hex'),
        Buffer.from(y, 'base64url'),
      ]);
      const length = Buffer.alloc(2);
      length.writeUInt16BE(credentialId.length);
      const attested = Buffer.concat([Buffer.alloc(16), length, credentialId, key]);
      const data = authenticatorData(options.rp.id, odd, attested);
      const attestationObject = Buffer.concat([
        Buffer.from('a363666d74646e6f6e656761747453746d74a068617574684461746158', 'hex'),
        Buffer.from([data.length]),
        data,
      ]);
      return {
        id,
        rawId: id,
        type: 'public-key',
        authenticatorAttachment: 'platform',
        clientExtensionResults: { credProps: { rk: true } },
        response: {
          clientDataJSON: clientData('webauthn.create', options.challenge, odd).toString('base64url'),
          attestationObject: attestationObject.toString('base64url'),
          transports: ['internal', 'hybrid'],
          publicKeyAlgorithm: -7,
        },
      };
    },
    /** The answer to a challenge. */
    sign(options: RequestOptions, odd: Oddity = {}) {
      const client = clientData('webauthn.get', options.challenge, odd);
      const data = authenticatorData(options.rpId, odd);
      const signed = Buffer.concat([data, createHash('sha256').update(client).digest()]);
      return {
        id,
        rawId: id,
        type: 'public-key',
        authenticatorAttachment: 'platform',
        clientExtensionResults: {},
        response: {
          clientDataJSON: client.toString('base64url'),
          authenticatorData: data.toString('base64url'),
          signature: sign('sha256', signed, privateKey).toString('base64url'),
          userHandle: odd.userHandle ?? userHandle,
        },
      };
    },
  };
}

export type SoftwarePasskey = ReturnType<typeof softwarePasskey>;
