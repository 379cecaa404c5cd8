import type { Updateable } from 'kysely';
import type { CredentialKind, CredentialsTable } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';
import type { Micros } from '../../protocols/timestamp.ts';

/**
 * Ends at once those of the account's credentials of the kind that came before the newest one that is valid. The
 * account's row must be locked.
 */
export async function endAllButNewest(
  tx: Transaction,
  accountId: number,
  kind: CredentialKind,
  now: Micros,
): Promise<void> {
  await tx
    .deleteFrom('credentials')
    .where('account_id', '=', accountId)
    .where('kind', '=', kind)
    .where('id', '<', (eb) =>
      eb
        .selectFrom('credentials as valid')
        .select((max) => max.fn.max('valid.id').as('newest'))
        .where('valid.account_id', '=', accountId)
        .where('valid.kind', '=', kind)
        .where((is) => is.or([is('valid.expires_at', 'is', null), is('valid.expires_at', '>', now)])),
    )
    .execute();
}

/** What a credential is bound to. */
export type CredentialSettings = Updateable<
  Pick<
    CredentialsTable,
    'allowed_networks' | 'read_only' | 'signed_body_required' | 'expires_at' | 'reminded_days'
  >
>;

/** The newest credential of the kind that the account has, valid or not. */
export async function findNewestCredential(tx: Transaction, accountId: number, kind: CredentialKind) {
  return await tx
    .selectFrom('credentials')
    .select(['id', 'allowed_networks', 'read_only', 'signed_body_required'])
    .where('account_id', '=', accountId)
    .where('kind', '=', kind)
    .orderBy('id', 'desc')
    .executeTakeFirst();
}

export async function updateCredential(
  tx: Transaction,
  id: number,
  settings: CredentialSettings,
): Promise<void> {
  await tx.updateTable('credentials').set(settings).where('id', '=', id).execute();
}

/** Stores the same secret in another way, unless the credential was replaced meanwhile. */
export async function replaceHash(
  tx: Transaction,
  { id, hash: before }: { id: number; hash: string },
  hash: string,
): Promise<void> {
  await tx.updateTable('credentials').set({ hash }).where('id', '=', id).where('hash', '=', before).execute();
}

/** Writes when credentials were last used and from where: for show, in batches. */
export async function updateCredentialsLastUsed(
  tx: Transaction,
  uses: readonly { credentialId: number; at: Micros; address: string }[],
): Promise<void> {
  for (const use of [...uses].sort((a, b) => a.credentialId - b.credentialId)) {
    await tx
      .updateTable('credentials')
      .set({ last_used_at: use.at, last_used_from: use.address })
      .where('id', '=', use.credentialId)
      .execute();
  }
}
