import type { Micros } from '../../protocols/timestamp.ts';

const MINUTE = 60_000_000;
/** How long a challenge may be answered, and a new authenticator app be confirmed. */
export const CHALLENGE_MICROS = 5 * MINUTE;
export const PENDING_MICROS = 10 * MINUTE;

export const MAX_PASSKEYS = 20;
export const RECOVERY_CODES = 10;
/** With so few left the person is told to make new ones. */
const LOW_RECOVERY_CODES = 3;

export function isLow(recoveryCodesLeft: number): boolean {
  return recoveryCodesLeft <= LOW_RECOVERY_CODES;
}

/** RFC 6238 §5.2: a code is accepted for its time step of 30 seconds, and one step before and after. */
const STEP = 30_000_000;

/** The time steps whose codes are accepted now, the present one first. */
export function acceptedSteps(now: Micros): number[] {
  const step = Math.floor(now / STEP);
  return [step, step - 1, step + 1];
}

/** Crockford's base 32: without I, L, O and U. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** Octets that a recovery code is made of: 120 bits, so that its hash needs no salt (OWASP ASVS 5.0 §6.5.2). */
export const RECOVERY_CODE_BITS = 120;
const GROUP = 6;

/** The code as it is shown, in groups: five bits of the octets for each character. */
export function recoveryCodeOf(octets: Uint8Array): string {
  const bits = [...octets].map((octet) => octet.toString(2).padStart(8, '0')).join('');
  const characters = (bits.match(/.{5}/g) ?? []).map((five) => ALPHABET[Number.parseInt(five, 2)]);
  return (characters.join('').match(new RegExp(`.{1,${GROUP}}`, 'g')) ?? []).join('-');
}

/** The code as it is compared: people type it in small letters, and take a 0 for an O. */
export function recoveryCodeKey(typed: string): string {
  return typed.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');
}
