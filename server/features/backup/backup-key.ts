import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { AppError, invalid } from '../../errors.ts';
import { parseMasterKeys } from '../../keys.ts';

/** Memory is 128 · N · r octets: 128 MiB. */
const SCRYPT = { N: 2 ** 17, r: 8, p: 1 } as const;
const MAX_SCRYPT_N = 2 ** 20;
/** Says what the ciphertext is, so that it cannot stand for anything else. */
const PURPOSE = Buffer.from('taxiway backup 1: master keys');
const MIN_PASSPHRASE = 12;

const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/);

/** Master keys under a passphrase, as the header of a backup carries them. */
export const wrappedKeys = z.strictObject({
  kdf: z.literal('scrypt'),
  n: z.number().int().min(2).max(MAX_SCRYPT_N),
  r: z.number().int().min(1).max(8),
  p: z.number().int().min(1).max(4),
  salt: base64url,
  cipher: z.literal('aes-256-gcm'),
  iv: base64url,
  tag: base64url.length(22),
  ciphertext: base64url,
});
export type WrappedKeys = z.infer<typeof wrappedKeys>;

/** @throws AppError `invalid_input` for a passphrase that would not protect anything */
export function requirePassphrase(passphrase: string): void {
  if ([...passphrase].length < MIN_PASSPHRASE) {
    throw invalid(
      'passphrase',
      `must have at least ${MIN_PASSPHRASE} characters: it protects the master key`,
    );
  }
}

function deriveKey(passphrase: string, salt: Uint8Array, { N, r, p }: { N: number; r: number; p: number }) {
  return new Promise<Buffer>((resolve, reject) => {
    // What a person types may come composed or decomposed, as the keyboard has it.
    scrypt(passphrase.normalize('NFC'), salt, 32, { N, r, p, maxmem: 256 * N * r }, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}

/** Wraps master keys under a passphrase: scrypt, AES-256-GCM. */
export async function wrapKeys(masterKeys: readonly Uint8Array[], passphrase: string): Promise<WrappedKeys> {
  const salt = randomBytes(16);
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', await deriveKey(passphrase, salt, SCRYPT), iv).setAAD(PURPOSE);
  const ciphertext = Buffer.concat([cipher.update(textOf(masterKeys)), cipher.final()]);
  return {
    kdf: 'scrypt',
    n: SCRYPT.N,
    r: SCRYPT.r,
    p: SCRYPT.p,
    salt: salt.toString('base64url'),
    cipher: 'aes-256-gcm',
    iv: iv.toString('base64url'),
    tag: cipher.getAuthTag().toString('base64url'),
    ciphertext: ciphertext.toString('base64url'),
  };
}

/** @throws AppError `invalid_input` when the passphrase is another one, or the wrapping was altered */
export async function unwrapKeys(wrapped: WrappedKeys, passphrase: string): Promise<Uint8Array[]> {
  const bytes = (text: string) => Buffer.from(text, 'base64url');
  const key = await deriveKey(passphrase, bytes(wrapped.salt), {
    N: wrapped.n,
    r: wrapped.r,
    p: wrapped.p,
  });
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes(wrapped.iv), { authTagLength: 16 })
      .setAAD(PURPOSE)
      .setAuthTag(bytes(wrapped.tag));
    return parseMasterKeys(
      Buffer.concat([decipher.update(bytes(wrapped.ciphertext)), decipher.final()]).toString('utf8'),
    );
  } catch (error) {
    throw new AppError(
      'invalid_input',
      { message: 'The passphrase does not open the master key in the backup.' },
      { cause: error },
    );
  }
}

function textOf(masterKeys: readonly Uint8Array[]): string {
  return masterKeys.map((key) => `${Buffer.from(key).toString('base64url')}\n`).join('');
}

/** The master keys of the file, or undefined when there is none. */
export function readKeyFile(file: string): Uint8Array[] | undefined {
  try {
    return parseMasterKeys(readFileSync(file, 'utf8'));
  } catch (error) {
    if (Reflect.get(Object(error), 'code') === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether every one of the keys is among those. */
export function includesKeys(those: readonly Uint8Array[], keys: readonly Uint8Array[]): boolean {
  return keys.every((key) => those.some((other) => Buffer.from(key).equals(other)));
}

/**
 * Makes the key file, and its folder, for their owner only. Never replaces one: false when there is a file of that name.
 * @throws AppError `invalid_input` where it cannot be made
 */
export function createKeyFile(file: string, masterKeys: readonly Uint8Array[]): boolean {
  const temporary = `${file}.${process.pid}.new`;
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(temporary, textOf(masterKeys), { mode: 0o600, flush: true });
    // Unlike a renaming, a link never replaces.
    linkSync(temporary, file);
    return true;
  } catch (error) {
    const code = String(Reflect.get(Object(error), 'code'));
    if (code === 'EEXIST') return false;
    throw invalid('FILE', `${file} cannot be made: ${code}`);
  } finally {
    rmSync(temporary, { force: true });
  }
}
