import type { Kysely, Selectable } from 'kysely';
import type { AuditEventsTable, Schema } from '../../db/schema.ts';
import type { Head } from './checkpoints.store.ts';

export type ChainRow = Selectable<AuditEventsTable>;

/** The next chain after the given one that has a head or an event. */
export async function findNextChain(db: Kysely<Schema>, after: number): Promise<number | undefined> {
  const next = async (table: 'audit_heads' | 'audit_events') => {
    const row = await db
      .selectFrom(table)
      .select('chain')
      .where('chain', '>', after)
      .orderBy('chain')
      .limit(1)
      .executeTakeFirst();
    return row === undefined ? [] : [row.chain];
  };
  const chains = [...(await next('audit_heads')), ...(await next('audit_events'))];
  return chains.length === 0 ? undefined : Math.min(...chains);
}

export async function findHead(db: Kysely<Schema>, chain: number): Promise<Head | undefined> {
  return await db
    .selectFrom('audit_heads')
    .select(['chain', 'sequence', 'hash'])
    .where('chain', '=', chain)
    .executeTakeFirst();
}

/** The events of a chain in its order. */
export async function listChain(
  db: Kysely<Schema>,
  chain: number,
  after: number,
  limit: number,
): Promise<ChainRow[]> {
  return await db
    .selectFrom('audit_events')
    .selectAll()
    .where('chain', '=', chain)
    .where('sequence', '>', after)
    .orderBy('sequence')
    .limit(limit)
    .execute();
}

/** The event at each of these places that there is one. */
export async function listEventsAt(
  db: Kysely<Schema>,
  places: readonly Pick<Head, 'chain' | 'sequence'>[],
): Promise<Pick<ChainRow, 'id' | 'at' | 'chain' | 'sequence' | 'hash'>[]> {
  return await db
    .selectFrom('audit_events')
    .select(['id', 'at', 'chain', 'sequence', 'hash'])
    .where((eb) =>
      eb(
        eb.refTuple('chain', 'sequence'),
        'in',
        places.map(({ chain, sequence }) => eb.tuple(chain, sequence)),
      ),
    )
    .execute();
}
