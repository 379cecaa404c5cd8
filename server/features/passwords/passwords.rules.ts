import type { Problem } from '../../../contract/errors.ts';
import { nameKey } from '../../../contract/names.ts';

export const MAX_BYTES = 1024;
export const MIN_DIFFERENT = 4;
/** From this length on no rule about classes of characters counts: a long phrase of small letters is a good password. */
export const CLASSES_COUNT_BELOW = 20;
/** Beside a well-known word so many letters and digits must stand: less is soon tried out. */
const MIN_BESIDE_WORD = 8;
/** Shorter names are parts of too much else. */
const MIN_WORD = 4;
const PRODUCT = 'taxiway';

/** The system settings that decide about passwords which somebody types, and the list that the operator points to. */
export type PasswordPolicy = {
  passwordMinLength: number;
  passwordMinLengthWithSecondFactor: number;
  passwordMinCharacterClasses: number;
  passwordHistory: number;
  twoFactorAuthenticationRequired: boolean;
};

/** Whose password it is to be. */
export type PasswordHolder = {
  userName: string;
  firstName?: string | null | undefined;
  lastName?: string | null | undefined;
  organizationName?: string | null | undefined;
  /** A person can be asked for a second factor, a TAXII user cannot. */
  isPerson: boolean;
};

/** What is known of a password from elsewhere. */
export type PasswordFacts = { isCommon: boolean; isBreached: boolean; isUsedBefore: boolean };

export const NOTHING_KNOWN: PasswordFacts = { isCommon: false, isBreached: false, isUsedBefore: false };

/** The least number of characters for this account. */
export function minLengthFor(policy: PasswordPolicy, { isPerson }: Pick<PasswordHolder, 'isPerson'>): number {
  return isPerson && policy.twoFactorAuthenticationRequired
    ? policy.passwordMinLengthWithSecondFactor
    : policy.passwordMinLength;
}

/** Whether anything but refusing it at once makes sense: nothing is looked up, and nothing hashed, for a longer one. */
export function isTooLong(password: string): boolean {
  return password.length > MAX_BYTES || new TextEncoder().encode(password).length > MAX_BYTES;
}

/**
 * Everything that is wrong with a password, in sentences without a subject; none where it may be used. It is taken exactly
 * as it was typed: nothing is trimmed or folded for good (OWASP ASVS 5.0 §6.2.8).
 */
export function passwordProblems(
  password: string,
  holder: PasswordHolder,
  policy: PasswordPolicy,
  facts: PasswordFacts,
): Problem[] {
  if (isTooLong(password)) return [problem(`must have at most ${MAX_BYTES} octets`)];
  const messages: string[] = [];
  const length = [...password].length;
  const least = minLengthFor(policy, holder);
  if (length < least) messages.push(`must have at least ${least} characters`);
  // Half a surrogate pair has no UTF-8 form: no client could send it.
  if (/[\p{Cc}\p{Cs}]/u.test(password))
    messages.push('must not contain control characters or halves of surrogate pairs');
  if (new Set(password).size < MIN_DIFFERENT)
    messages.push(`must have at least ${MIN_DIFFERENT} different characters`);
  const classes = Math.min(policy.passwordMinCharacterClasses, length < CLASSES_COUNT_BELOW ? 4 : 0);
  if (classesOf(password) < classes)
    messages.push(
      `must have characters of at least ${classes} of these: capital letters, small letters, digits, others; or at least ${CLASSES_COUNT_BELOW} characters`,
    );
  if (isMostlyNames(password, holder))
    messages.push(
      'must not be, or be little more than, the name of the product, the organization or the account',
    );
  if (facts.isCommon) messages.push('is one of the most common passwords, or little more than one');
  if (facts.isBreached) messages.push('is known from a data breach');
  if (facts.isUsedBefore) messages.push('was used for this account before');
  return messages.map(problem);
}

/** The problems under the path of the field that the password was typed into. */
export function passwordsPath(path: string, problems: readonly Problem[]): Problem[] {
  return problems.map(({ message }) => ({ path, message }));
}

function problem(message: string): Problem {
  return { path: 'password', message };
}

function classesOf(password: string): number {
  return [/\p{Lu}/u, /\p{Ll}/u, /\p{Nd}/u, /[^\p{Lu}\p{Ll}\p{Nd}]/u].filter((each) => each.test(password))
    .length;
}

/**
 * Whether names that an attacker tries first are the password, or its main part: without them fewer than 8 letters and
 * digits are left (OWASP ASVS 5.0 §6.2.11).
 */
export function isMostlyNames(password: string, holder: PasswordHolder): boolean {
  const typed = nameKey(password);
  if (typed === nameKey(holder.userName)) return true;
  // The longest first: a short name may be a part of a longer one.
  const words = contextWords(holder).sort((a, b) => b.length - a.length);
  const all = lettersAndDigits(typed);
  const rest = words.reduce((left, word) => left.replaceAll(word, ' '), all);
  return rest !== all && rest.replaceAll(' ', '').length < MIN_BESIDE_WORD;
}

function contextWords({ userName, firstName, lastName, organizationName }: PasswordHolder): string[] {
  const names = [PRODUCT, organizationName, userName, firstName, lastName].map((name) => nameKey(name ?? ''));
  return names
    .flatMap((name) => [name, ...name.split(/[^\p{L}\p{N}]+/u)])
    .map(lettersAndDigits)
    .filter((word) => [...word].length >= MIN_WORD);
}

function lettersAndDigits(text: string): string {
  return text.replace(/[^\p{L}\p{N}]/gu, '');
}

/**
 * The forms under which a password is looked for in a list of common ones: itself; without the digits and other signs at
 * its ends, where fewer than 8 are there; and the part that it repeats.
 */
export function commonForms(password: string): string[] {
  const typed = password.toLowerCase();
  const core = typed.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '');
  const repeated = /^(.+?)\1+$/su.exec(typed)?.[1];
  const forms = [
    typed,
    ...(core !== '' && typed.length - core.length < MIN_BESIDE_WORD ? [core] : []),
    ...(repeated === undefined ? [] : [repeated]),
  ];
  return [...new Set(forms)];
}
