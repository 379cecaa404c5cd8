import type { App } from '../../context.ts';
import type { Transaction } from '../../db/transaction.ts';
import {
  RECOVERY_CODE_BITS,
  RECOVERY_CODES,
  recoveryCodeKey,
  recoveryCodeOf,
} from './authenticators.rules.ts';
import { replaceRecoveryCodes } from './authenticators.store.ts';

/** New recovery codes, to be shown this once; those that the account had do not work any more. */
export async function giveRecoveryCodes(
  app: App,
  tx: Transaction,
  accountId: number,
  now: number,
): Promise<string[]> {
  const codes = Array.from({ length: RECOVERY_CODES }, () =>
    recoveryCodeOf(Buffer.from(app.secrets.generate(RECOVERY_CODE_BITS), 'base64url')),
  );
  const hashes = codes.map((code) => recoveryCodeHash(app, code));
  await replaceRecoveryCodes(tx, accountId, hashes, now);
  return codes;
}

export function recoveryCodeHash(app: App, typed: string): string {
  return app.secrets.digest(recoveryCodeKey(typed));
}
