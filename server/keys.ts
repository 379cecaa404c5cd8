import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto';
import { decrypt, encrypt } from './envelope.ts';
import { AppError } from './errors.ts';

/**
 * What is derived from the master keys. The first master key makes new things; the others are older ones, under which
 * things made earlier stay valid after a rotation.
 */
export type Keys = {
  /** Signs bytes for a purpose: a key id, the bytes, and a tag of 128 bits, in base64url. */
  seal(purpose: string, bytes: Uint8Array): string;
  /** The bytes that `seal` was given, or undefined when the text was not made by any of the keys for that purpose. */
  unseal(purpose: string, text: string): Uint8Array | undefined;
  /** Encrypts another key: the text names the master key, which is needed to unwrap it. `context` says whose key it is. */
  wrap(context: string, key: Uint8Array): string;
  /** What `wrap` was given; undefined when none of the master keys, or another context, wrapped it. */
  unwrap(context: string, text: string): Uint8Array | undefined;
  /** An Ed25519 signature (RFC 8032) for a purpose, which anybody can verify who has the public key. */
  sign(purpose: string, bytes: Uint8Array): Signature;
  /** What `sign` made, with any of the keys, or with one of the given public keys of another instance. */
  verify(
    purpose: string,
    bytes: Uint8Array,
    signature: Signature,
    otherPublicKeys?: readonly string[],
  ): 'valid' | 'invalid' | 'unknown_key';
  /** The public key of what `sign` makes now: 32 octets in base64url. */
  publicKey(purpose: string): string;
  /** What may be told of the master keys, in their order; `signingKey`: the pair that signs for the purpose under it. */
  masterKeys(purpose: string): MasterKey[];
  /** Looks whether there are other master keys now; whether there were. */
  reload(): boolean;
};

/** `id`: what stands in what is sealed and wrapped under it, as four hexadecimal digits; two keys may share it. */
export type MasterKey = { id: string; signingKey: { keyId: string; publicKey: string } };

/** Both in base64url. The key id is the first eight octets of the SHA-256 of the public key. */
export type Signature = { keyId: string; signature: string };

export const MASTER_KEY_BYTES = 32;
const KEY_BYTES = 32;
const ID_BYTES = 2;
const TAG_BYTES = 16;
/** What stands before the 32 octets of an Ed25519 key in PKCS #8 (RFC 8410 §7). */
const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * Keys of these master keys, the first of which makes new things. `changed` gives others once there are others, and costs next to
 * nothing while there are none: it is asked before something is wrapped or signed that stays, and whenever something does not
 * open, because another process may have rotated them. A stranger can make that happen with every request.
 */
export function createKeys(
  masterKeys: readonly Uint8Array[],
  changed: () => readonly Uint8Array[] | undefined = () => undefined,
): Keys {
  let ring = createRing(masterKeys);
  const reload = () => {
    const others = changed();
    if (others !== undefined) ring = createRing(others);
    return others !== undefined;
  };
  const current = () => {
    reload();
    return ring;
  };
  return {
    sign: (purpose, bytes) => current().sign(purpose, bytes),
    verify(purpose, bytes, signature, otherPublicKeys = []) {
      const answer = ring.verify(purpose, bytes, signature, otherPublicKeys);
      return answer === 'unknown_key' && reload()
        ? ring.verify(purpose, bytes, signature, otherPublicKeys)
        : answer;
    },
    publicKey: (purpose) => current().publicKey(purpose),
    seal: (purpose, bytes) => ring.seal(purpose, bytes),
    unseal: (purpose, text) =>
      ring.unseal(purpose, text) ?? (reload() ? ring.unseal(purpose, text) : undefined),
    wrap: (context, key) => current().wrap(context, key),
    unwrap: (context, text) =>
      ring.unwrap(context, text) ?? (reload() ? ring.unwrap(context, text) : undefined),
    masterKeys: (purpose) => current().masterKeys(purpose),
    reload,
  };
}

/** The id of the master key that a text was wrapped under, as `MasterKey` has it; undefined for what `wrap` did not make. */
export function wrappedUnder(text: string): string | undefined {
  const [version, id = ''] = text.split('.');
  return version === 'v1' ? Buffer.from(id, 'base64url').toString('hex') : undefined;
}

/** The id of the master key: see `MasterKey`. */
export function masterKeyId(key: Uint8Array): string {
  return idOf(key).toString('hex');
}

function idOf(key: Uint8Array): Buffer {
  return createHash('sha256').update('taxiway key id').update(key).digest().subarray(0, ID_BYTES);
}

/** What follows from certain master keys. */
function createRing(masterKeys: readonly Uint8Array[]): Omit<Keys, 'reload'> {
  // As key objects: to make one of bytes costs ten times as much as the tag itself.
  const derived = new Map<string, KeyObject>();
  const keyFor = (index: number, purpose: string): KeyObject => {
    const name = `${index} ${purpose}`;
    let key = derived.get(name);
    if (key === undefined) {
      const master = masterKeys[index] ?? new Uint8Array();
      key = createSecretKey(Buffer.from(hkdfSync('sha256', master, '', `taxiway ${purpose}`, KEY_BYTES)));
      derived.set(name, key);
    }
    return key;
  };
  const ids = masterKeys.map(idOf);
  const tag = (index: number, purpose: string, bytes: Uint8Array) =>
    createHmac('sha256', keyFor(index, purpose)).update(bytes).digest().subarray(0, TAG_BYTES);
  const pairs = new Map<string, SigningPair>();
  const pairFor = (index: number, purpose: string): SigningPair => {
    const name = `${index} ${purpose}`;
    let pair = pairs.get(name);
    if (pair === undefined) {
      pair = signingPair(keyFor(index, `signature ${purpose}`).export());
      pairs.set(name, pair);
    }
    return pair;
  };
  return {
    sign(purpose, bytes) {
      const { keyId, privateKey } = pairFor(0, purpose);
      return { keyId, signature: sign(null, bytes, privateKey).toString('base64url') };
    },
    verify(purpose, bytes, { keyId, signature }, otherPublicKeys = []) {
      const known = [
        ...masterKeys.map((_, index) => pairFor(index, purpose)),
        ...otherPublicKeys.map((text) => ({ keyId: keyIdOf(text), publicKey: publicKeyOf(text) })),
      ].find((pair) => pair.keyId === keyId);
      if (known === undefined) return 'unknown_key';
      return verify(null, bytes, known.publicKey, Buffer.from(signature, 'base64url')) ? 'valid' : 'invalid';
    },
    publicKey: (purpose) => textOf(pairFor(0, purpose).publicKey),
    masterKeys: (purpose) =>
      ids.map((id, index) => {
        const { keyId, publicKey } = pairFor(index, purpose);
        return { id: id.toString('hex'), signingKey: { keyId, publicKey: textOf(publicKey) } };
      }),
    seal: (purpose, bytes) =>
      Buffer.concat([ids[0] ?? Buffer.alloc(ID_BYTES), tag(0, purpose, bytes), bytes]).toString('base64url'),
    unseal(purpose, text) {
      if (!/^[A-Za-z0-9_-]+$/.test(text)) return undefined;
      const sealed = Buffer.from(text, 'base64url');
      // The unused bits of the last character would otherwise give one token several spellings.
      if (sealed.length < ID_BYTES + TAG_BYTES || sealed.toString('base64url') !== text) return undefined;
      const bytes = sealed.subarray(ID_BYTES + TAG_BYTES);
      const given = sealed.subarray(ID_BYTES, ID_BYTES + TAG_BYTES);
      for (const [index, id] of ids.entries()) {
        if (id.equals(sealed.subarray(0, ID_BYTES)) && timingSafeEqual(given, tag(index, purpose, bytes)))
          return bytes;
      }
      return undefined;
    },
    wrap: (context, key) =>
      `v1.${(ids[0] ?? Buffer.alloc(ID_BYTES)).toString('base64url')}.${encrypt(keyFor(0, 'wrap').export(), context, key)}`,
    unwrap(context, text) {
      const [version, id = '', sealed = ''] = text.split('.');
      if (version !== 'v1') return undefined;
      for (const [index, own] of ids.entries()) {
        if (own.toString('base64url') !== id) continue;
        const key = decrypt(keyFor(index, 'wrap').export(), context, sealed);
        if (key !== undefined) return key;
      }
      return undefined;
    },
  };
}

type SigningPair = { keyId: string; privateKey: KeyObject; publicKey: KeyObject };

function signingPair(seed: Uint8Array): SigningPair {
  const privateKey = createPrivateKey({
    key: Buffer.concat([ED25519_PKCS8, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const publicKey = createPublicKey(privateKey);
  return { keyId: keyIdOf(textOf(publicKey)), privateKey, publicKey };
}

function textOf(publicKey: KeyObject): string {
  return publicKey.export({ format: 'jwk' }).x ?? '';
}

function keyIdOf(publicKey: string): string {
  const digest = createHash('sha256').update(Buffer.from(publicKey, 'base64url')).digest();
  return digest.subarray(0, 8).toString('base64url');
}

/** @throws AppError `invalid_input` */
function publicKeyOf(text: string): KeyObject {
  try {
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: text }, format: 'jwk' });
  } catch {
    throw new AppError('invalid_input', { message: `"${text}" is no public key: 32 octets in base64url.` });
  }
}

/** The context under which the data key of an organization is wrapped. */
export function dataKeyContext(organizationId: number): string {
  return `data_keys/${organizationId}`;
}

/** Reads master keys as the environment and the key file hold them: base64url of 32 octets each, separated by commas or white space, the newest first. */
export function parseMasterKeys(text: string): Uint8Array[] {
  const keys = text
    .split(/[\s,]+/)
    .filter((part) => part !== '')
    .map((part) => Buffer.from(part, 'base64url'));
  if (keys.length === 0 || keys.some((key) => key.length !== MASTER_KEY_BYTES)) {
    throw new AppError('invalid_input', {
      message: `A master key is ${MASTER_KEY_BYTES} octets in base64url (for instance from: openssl rand -base64 32 | tr '+/' '-_' | tr -d '=').`,
    });
  }
  return keys;
}
