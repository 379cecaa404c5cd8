import type { Kysely } from 'kysely';
import type { Schema } from '../../db/schema.ts';

/** Which of the owners have a collection that accepts writing over TAXII. */
export async function findWritableOwners(
  db: Kysely<Schema>,
  ownerIds: readonly number[],
): Promise<ReadonlySet<number>> {
  if (ownerIds.length === 0) return new Set();
  const rows = await db
    .selectFrom('collections')
    .select('owner_id')
    .distinct()
    .where('owner_id', 'in', ownerIds)
    .where('writable', '=', 1)
    .execute();
  return new Set(rows.map((row) => row.owner_id));
}
