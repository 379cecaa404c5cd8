import { randomBytes, timingSafeEqual } from 'node:crypto';
import { HOTP, Secret, TOTP } from 'otpauth';
import type { Micros } from '../../protocols/timestamp.ts';
import { acceptedSteps } from './authenticators.rules.ts';

/** What authenticator apps agree on, however many say more in their address (RFC 6238 §1.2). */
const ALGORITHM = 'SHA1';
const DIGITS = 6;
const PERIOD = 30;
/** RFC 4226 §4, R6: at least 128 bits, better 160. */
const SEED_OCTETS = 20;
const ISSUER = 'Taxiway';

/** A new seed in base32. */
export function makeSeed(): string {
  return secretOf(randomBytes(SEED_OCTETS)).base32;
}

/** The `otpauth://` address of a seed, under which the app shows whose it is. */
export function totpUri(seed: string, label: string): string {
  const options = { issuer: ISSUER, label, algorithm: ALGORITHM, digits: DIGITS, period: PERIOD };
  return new TOTP({ ...options, secret: Secret.fromBase32(seed) }).toString();
}

/**
 * The time step that the code belongs to, by the server's clock; undefined where it is none of those that are accepted, or
 * it, or a later one, was used before.
 */
export function stepOf(seed: string, code: string, now: Micros, lastStep: number): number | undefined {
  const secret = Secret.fromBase32(seed);
  const typed = Buffer.from(code.padStart(DIGITS).slice(0, DIGITS));
  return acceptedSteps(now).find((counter) => {
    const right = Buffer.from(HOTP.generate({ secret, algorithm: ALGORITHM, digits: DIGITS, counter }));
    return timingSafeEqual(right, typed) && counter > lastStep;
  });
}

function secretOf(octets: Uint8Array): Secret {
  return new Secret({ buffer: new Uint8Array(octets).buffer });
}
