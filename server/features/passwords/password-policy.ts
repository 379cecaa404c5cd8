import type { Problem } from '../../../contract/errors.ts';
import { SETTINGS } from '../../../contract/settings.ts';
import type { App } from '../../context.ts';
import type { AccountRow } from '../../db/schema.ts';
import { AppError } from '../../errors.ts';
import { findOrganization } from '../owners/owners.store.ts';
import { isBreached, isCommon } from './password-lists.ts';
import {
  isTooLong,
  NOTHING_KNOWN,
  type PasswordHolder,
  type PasswordPolicy,
  passwordProblems,
} from './passwords.rules.ts';
import { findPasswordPolicy, listLastPasswords } from './passwords.store.ts';

/** Whose password it is to be; `accountId`: of an account that exists already, and may have had passwords. */
export type PasswordContext = PasswordHolder & {
  organizationId?: number | undefined;
  accountId?: number | undefined;
};

/** The account as the holder of a password, with the names as they are stored now. */
export async function holderOf(
  db: Parameters<typeof findOrganization>[0],
  account: Pick<AccountRow, 'kind' | 'user_name' | 'first_name' | 'last_name' | 'organization_id'>,
): Promise<PasswordHolder> {
  const organization = await findOrganization(db, account.organization_id);
  return {
    userName: account.user_name,
    firstName: account.first_name,
    lastName: account.last_name,
    organizationName: organization?.name,
    isPerson: account.kind !== 'taxii',
  };
}

/**
 * What is wrong with a password under every policy that there may be, to be said while it is being typed; undefined where
 * nothing is. The rest is known where it is stored.
 */
export function problemOfAnyPolicy(password: string, userName: string): string | undefined {
  const mildest: PasswordPolicy = {
    passwordMinLength: SETTINGS.passwordMinLength.min,
    passwordMinLengthWithSecondFactor: SETTINGS.passwordMinLengthWithSecondFactor.min,
    passwordMinCharacterClasses: 0,
    passwordHistory: 0,
    twoFactorAuthenticationRequired: false,
  };
  const [first] = passwordProblems(password, { userName, isPerson: true }, mildest, NOTHING_KNOWN);
  return first?.message;
}

/**
 * Everything that is wrong with a password that somebody typed, by the policy as it is set now; none where it may be used.
 * Reads a file and may cost several Argon2id: never inside a transaction. `asker`: as for `Secrets.hash`.
 * @throws AppError `throttled` when too many of the same asker wait
 */
export async function problemsOfPassword(
  app: App,
  password: string,
  context: PasswordContext,
  asker?: string,
): Promise<Problem[]> {
  const policy = await findPasswordPolicy(app.db.read);
  if (isTooLong(password)) return passwordProblems(password, context, policy, NOTHING_KNOWN);
  const facts = {
    isCommon: await isCommon(password),
    isBreached: await isBreached(app, password),
    isUsedBefore:
      context.accountId !== undefined &&
      (await isUsedBefore(app, password, context.accountId, policy.passwordHistory, asker)),
  };
  return passwordProblems(password, context, policy, facts);
}

/**
 * Refuses a typed password that the policy does not allow: everything at once, each with the path `password`. To be called
 * before the transaction that stores it.
 * @throws AppError `invalid_input`; `throttled` like `problemsOfPassword`
 */
export async function requireAcceptablePassword(
  app: App,
  password: string,
  context: PasswordContext,
  asker?: string,
): Promise<void> {
  requireNoProblems(await problemsOfPassword(app, password, context, asker));
}

/** @throws AppError `invalid_input` with all of them, where there are some */
export function requireNoProblems(problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  const message = problems.map((each) => `${each.path}: ${each.message}`).join('; ');
  throw new AppError('invalid_input', { message, problems });
}

/** One after the other, so that one request keeps one place of the queue. */
async function isUsedBefore(
  app: App,
  password: string,
  accountId: number,
  count: number,
  asker: string | undefined,
): Promise<boolean> {
  if (count === 0) return false;
  let isUsed = false;
  for (const stored of await listLastPasswords(app.db.read, accountId, count))
    if (await app.secrets.verify(password, stored, asker)) isUsed = true;
  return isUsed;
}
