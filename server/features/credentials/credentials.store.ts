import type { CredentialKind } from '../../db/schema.ts';
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
