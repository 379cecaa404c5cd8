import type { App } from '../../context.ts';
import type { Transaction } from '../../db/transaction.ts';
import { type AccountRow, endCredentials, updateAccount } from '../accounts/accounts.store.ts';
import { type NewCredential, storeCredential } from '../credentials/new-credential.ts';
import { findPasswordPolicy, keepFormerPasswords } from './passwords.store.ts';

/**
 * Puts the password that a person has chosen in place of those that the account has: they end at once, and nothing has to
 * be changed at the next sign-in. The account must be locked; its sessions are the caller's to end.
 */
export async function replacePersonsPassword(
  app: App,
  tx: Transaction,
  account: AccountRow,
  credential: NewCredential,
  now: number,
): Promise<void> {
  const { passwordHistory } = await findPasswordPolicy(tx);
  await keepFormerPasswords(tx, account.id, passwordHistory, now);
  await endCredentials(tx, account.id, 'password', 'now');
  await storeCredential(app, tx, account, credential, now);
  await updateAccount(tx, account.id, {
    credential_version: account.credential_version + 1,
    password_changed_at: now,
    password_reset_required: 0,
  });
}
