import type { ShownFactor } from '../../../contract/authenticators.ts';
import { type Action, reading } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import type { SecondFactor } from '../../db/schema.ts';
import { AppError, invalid } from '../../errors.ts';
import { type AccountRow, findAccount, findDataKey } from '../accounts/accounts.store.ts';
import {
  auditAttempt,
  deviceOfFactor,
  type FactorAttempt,
  forgetAttempts,
  takeAttempt,
} from '../authentication/factor-attempts.ts';
import { openSecret } from '../credentials/new-credential.ts';
import { openDevice } from '../sessions/device.ts';
import {
  type AuthenticatorRow,
  findAuthenticators,
  findPasskey,
  type PasskeyRow,
  usePasskey,
  useRecoveryCode,
  useStep,
} from './authenticators.store.ts';
import { recoveryCodeHash } from './recovery-codes.ts';
import { stepOf } from './totp.ts';
import { checkAssertion, relyingPartyOf, type Signed, WrongPasskey } from './webauthn.ts';

/** Thrown inside a transaction for a factor that is not right; says why, for the audit trail. */
export class WrongFactor extends Error {}

/** Uses the factor up, in the transaction of what it is shown for: the account's row must be locked. */
export type UseFactor = (action: Action, account: AccountRow) => Promise<void>;

const PATHS = { totp: 'code', passkey: 'passkey', recovery_code: 'recoveryCode' } as const;

/**
 * Looks into a factor that the caller shows, and runs `work`, which uses it up. The attempt is counted beforehand, and
 * forgotten when it was right; one that was wrong is told to the audit trail. `reachedAs`: the server's address as the
 * request had it; `device`: what the browser is known by.
 * @throws AppError `invalid_input`, the same for what is wrong, used or expired; `throttled`; `conflict`
 */
export async function withFactor<T>(
  app: App,
  caller: Caller,
  shown: ShownFactor,
  { reachedAs, device }: { reachedAs: string; device: string | undefined },
  work: (factor: SecondFactor, use: UseFactor) => Promise<T>,
): Promise<T> {
  const { actor } = caller.access;
  if (actor.kind !== 'account') throw new AppError('unauthenticated');
  const factor = factorOf(shown);
  const account = await reading(() => findAccount(app.db.read, actor.accountId));
  const known = deviceOfFactor(openDevice(app, device), account);
  const attempt: FactorAttempt = { userName: actor.name, factor, device: known };
  await takeAttempt(app, attempt, caller.address);
  try {
    const check = await checkerOf(app, shown, actor.accountId, reachedAs);
    return await work(factor, async (action, locked) => {
      await check(action, locked);
      await forgetAttempts(app, action.tx, attempt);
    });
  } catch (error) {
    if (!(error instanceof WrongFactor || error instanceof WrongPasskey)) throw error;
    await auditAttempt(app, caller, attempt, error.message);
    throw invalid(PATHS[factor], 'is not right, was used before, or has expired');
  }
}

function factorOf({ code, recoveryCode }: ShownFactor): SecondFactor {
  if (code !== undefined) return 'totp';
  return recoveryCode === undefined ? 'passkey' : 'recovery_code';
}

/** What is left to do of the check inside the transaction. */
async function checkerOf(
  app: App,
  { code, recoveryCode, challenge, passkey }: ShownFactor,
  accountId: number,
  reachedAs: string,
): Promise<UseFactor> {
  if (code !== undefined) {
    return async ({ tx, now }, account) => {
      const { confirmed } = await findAuthenticators(tx, account.id);
      if (confirmed === undefined) throw new WrongFactor('there is no authenticator app');
      const wrapped = await findDataKey(tx, account.organization_id);
      await useCode({ tx, now }, confirmed, seedOf(app, account, confirmed, wrapped), code);
    };
  }
  if (recoveryCode !== undefined) {
    const hash = recoveryCodeHash(app, recoveryCode);
    return async ({ tx, now }, account) => {
      if (!(await useRecoveryCode(tx, account.id, hash, now)))
        throw new WrongFactor('no such recovery code, or it was used');
    };
  }
  if (challenge === undefined || passkey === undefined) throw new WrongFactor('nothing was shown');
  const signed = await checkAssertion(
    app,
    relyingPartyOf(app, reachedAs),
    { challenge, passkey },
    {
      purpose: 'second-factor',
      accountId,
      find: async (credentialId) => await findPasskey(app.db.read, { credentialId }),
      verifiesUser: false,
    },
  );
  return async (action) => await useSigned(app, action, signed);
}

/** The seed of an authenticator app, as it is sealed for its account. */
export function seedOf(
  app: App,
  account: Pick<AccountRow, 'id' | 'organization_id'>,
  { id, sealed }: Pick<AuthenticatorRow, 'id' | 'sealed'>,
  wrapped: string | undefined,
): string {
  return openSecret(app, account, { id, kind: 'totp', hash: sealed }, wrapped);
}

/** Uses up the code of an authenticator app. @throws WrongFactor */
export async function useCode(
  { tx, now }: Pick<Action, 'tx' | 'now'>,
  { id, last_step }: AuthenticatorRow,
  seed: string,
  code: string,
): Promise<void> {
  const step = stepOf(seed, code, now, last_step);
  if (step === undefined || !(await useStep(tx, id, step)))
    throw new WrongFactor('a wrong code, or one that was used or has expired');
}

/** Notes what a passkey signed. @throws WrongPasskey where its counter went back, which is told to the log, too */
export async function useSigned(
  app: App,
  { tx, now }: Pick<Action, 'tx' | 'now'>,
  { row, counter, backedUp }: { row: PasskeyRow } & Signed,
): Promise<void> {
  if (await usePasskey(tx, row.id, { counter, backedUp, at: now })) return;
  app.log.warn(
    { account: row.account_id, passkey: row.id, counter },
    'the counter of a passkey did not go up: somebody may have a copy of its key',
  );
  throw new WrongPasskey('the counter of the passkey did not go up: there may be a copy of its key');
}
