import type { Kysely, Selectable } from 'kysely';
import { CHECKPOINT_CHAIN } from '../../db/audit-chain.ts';
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

type Mark = Head & { checkpoint_sequence: number };

/** The ends of all chains at one instant, with that of the checkpoints. */
export async function listMarks(db: Kysely<Schema>): Promise<Mark[]> {
  return await db.selectFrom('audit_heads').selectAll().execute();
}

/** Whether rows stand after the checkpoint that was written last; both are looked at in one instant. */
export async function hasCheckpointAfterEnd(db: Kysely<Schema>): Promise<boolean> {
  const row = await db
    .selectFrom('audit_checkpoints')
    .select((eb) => eb.lit(1).as('one'))
    .where('sequence', '>', (eb) =>
      eb.selectFrom('audit_heads').select('audit_heads.sequence').where('chain', '=', CHECKPOINT_CHAIN),
    )
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
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
