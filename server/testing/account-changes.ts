import type { App, Caller } from '../context.ts';
import { deleteAccount } from '../features/account-changes/deletion.service.ts';
import { editAccount } from '../features/account-changes/editing.service.ts';
import { listAccounts } from '../features/accounts/listing.service.ts';
import { replaceCredential } from '../features/credentials/credentials.service.ts';

/** Short forms of what tests do to TAXII users again and again. */

export async function lockTaxiiUserAccount(
  app: App,
  caller: Caller,
  userName: string,
  locked: boolean,
): Promise<void> {
  await editAccount(app, caller, { account: userName, kind: 'taxii', changes: { locked } });
}

export async function disableTaxiiUser(
  app: App,
  caller: Caller,
  userName: string,
  disabled: boolean,
): Promise<void> {
  await editAccount(app, caller, { account: userName, kind: 'taxii', changes: { disabled } });
}

export async function deleteTaxiiUser(app: App, caller: Caller, userName: string): Promise<void> {
  await deleteAccount(app, caller, { account: userName, kind: 'taxii' });
}

export async function rotateTaxiiUserCredential(
  app: App,
  caller: Caller,
  input: { userName: string; credential: 'password' | 'api_key'; password?: string; overlapSeconds?: number },
) {
  const { userName, ...credential } = input;
  return await replaceCredential(app, caller, { account: userName, kind: 'taxii', ...credential });
}

/** The TAXII users of the organization, or of all, as administrators see them. */
export async function listTaxiiUsers(app: App, caller: Caller, organization?: string) {
  return (await listAccounts(app, caller, organization, { kind: 'taxii', limit: 1000 })).items;
}
