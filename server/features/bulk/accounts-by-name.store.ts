import { nameKey } from '../../../contract/names.ts';
import type { AccountRow } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';

/** Bound parameters of one statement. */
const MAX_VALUES = 500;

/**
 * The accounts of these user names, of whatever organization, by the key of the name. Those of the organization are locked
 * until the transaction ends, all before anything else that comes later in the lock order; the rows of the instance and of
 * the organization must be locked.
 */
export async function findAndLockByName(
  tx: Transaction,
  userNames: readonly string[],
  organizationId: number,
): Promise<Map<string, AccountRow>> {
  const found: AccountRow[] = [];
  for (const keys of chunks([...new Set(userNames.map(nameKey))])) {
    found.push(
      ...(await tx
        .selectFrom('accounts')
        .selectAll()
        .where('user_name_key', 'in', keys)
        .where('deleted_at', 'is', null)
        .execute()),
    );
  }
  const ids = found.filter((row) => row.organization_id === organizationId).map(({ id }) => id);
  const locked = new Map<number, AccountRow>();
  for (const some of chunks(ids.sort((a, b) => a - b))) {
    const rows = await tx
      .updateTable('accounts')
      .set((eb) => ({ narrowed: eb.ref('narrowed') }))
      .where('id', 'in', some)
      .returningAll()
      .execute();
    for (const row of rows) locked.set(row.id, row);
  }
  return new Map(found.map((row) => [row.user_name_key ?? '', locked.get(row.id) ?? row]));
}

function chunks<T>(all: readonly T[]): T[][] {
  const parts: T[][] = [];
  for (let from = 0; from < all.length; from += MAX_VALUES) parts.push(all.slice(from, from + MAX_VALUES));
  return parts;
}
