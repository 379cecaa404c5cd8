import { type Kysely, sql } from 'kysely';
import { guardAppendOnly } from '../append-only.ts';
import {
  CHECKPOINT_CHAIN,
  canonicalEvent,
  canonicalJson,
  chainHash,
  FIRST_HASH,
  INSTANCE_CHAIN,
  newSalts,
} from '../audit-chain.ts';
import { int, text } from '../dialect.ts';
import type { Migration } from '../migration.ts';
import type { AuditEventsTable, Schema } from '../schema.ts';
import type { Transaction } from '../transaction.ts';

const BATCH = 1000;

/** The table as it is while this runs. */
type Before = Omit<Schema, 'audit_events'> & {
  audit_events: Omit<AuditEventsTable, 'id'> & { id: number; count: number };
};

/** The audit trail becomes append-only: hash chains, their heads, signed checkpoints; repetitions stand beside it. */
export const migration0002: Migration = {
  name: '0002-audit-chain',
  async up(tx, engine) {
    const t = text(engine);
    const i = int(engine);
    const { schema } = tx;

    // SQLite adds no column that must not be null without a default; every insert gives all of them.
    for (const [name, type, initial] of [
      ['actor_organization_id', i, undefined],
      ['actor_system_role', t, undefined],
      ['salts', t, ''],
      ['previous_hash', t, ''],
      ['hash', t, ''],
    ] as const)
      await schema
        .alterTable('audit_events')
        .addColumn(name, type, (c) => (initial === undefined ? c : c.notNull().defaultTo(initial)))
        .execute();
    // An event in a chain that there cannot be, or before its first, would be listed and never be verified.
    for (const [name, least] of [
      ['chain', INSTANCE_CHAIN],
      ['sequence', 1],
    ] as const)
      await schema
        .alterTable('audit_events')
        .addColumn(name, i, (c) =>
          c
            .notNull()
            .defaultTo(least)
            .check(sql`${sql.ref(name)} >= ${sql.lit(least)}`),
        )
        .execute();

    await schema
      .createTable('audit_heads')
      .addColumn('chain', i, (c) => c.primaryKey())
      .addColumn('sequence', i, (c) => c.notNull())
      .addColumn('hash', t, (c) => c.notNull())
      .addColumn('checkpoint_sequence', i, (c) => c.notNull())
      .execute();
    await schema
      .createTable('audit_repeats')
      .addColumn('event_id', i, (c) => c.primaryKey().references('audit_events.id'))
      .addColumn('count', i, (c) => c.notNull())
      .addColumn('last_at', i, (c) => c.notNull())
      .execute();
    await schema
      .createTable('audit_checkpoints')
      .addColumn('sequence', i, (c) => c.primaryKey())
      .addColumn('at', i, (c) => c.notNull())
      .addColumn('heads', 'text', (c) => c.notNull())
      .addColumn('previous_hash', t, (c) => c.notNull())
      .addColumn('hash', t, (c) => c.notNull())
      .addColumn('key_id', t, (c) => c.notNull())
      .addColumn('signature', t, (c) => c.notNull())
      .execute();

    await chainExisting(tx);
    await schema.alterTable('audit_events').dropColumn('count').execute();

    await schema.dropIndex('audit_events_by_organization').execute();
    await schema
      .createIndex('audit_events_chained')
      .unique()
      .on('audit_events')
      .columns(['chain', 'sequence'])
      .execute();
    // One for each filter of a list, of an organization and of the instance: each ends in the order of the list.
    for (const filter of ['', 'action', 'target_kind'])
      for (const scope of ['', 'chain'])
        await schema
          .createIndex(['audit_events_by', scope, filter, 'at'].filter((part) => part !== '').join('_'))
          .on('audit_events')
          .columns([...[scope, filter].filter((part) => part !== ''), 'at', 'id'] as ['at', 'id'])
          .execute();
    for (const scope of ['', 'chain'])
      await schema
        .createIndex(`audit_events_by_${scope === '' ? '' : 'chain_'}outcome_at`)
        .on('audit_events')
        .columns([
          ...(scope === '' ? [] : (['chain'] as const)),
          'outcome' as const,
          'at' as const,
          'id' as const,
        ])
        // What was done is nearly everything, and needs no index to be found.
        .where(sql<boolean>`outcome <> 'done'`)
        .execute();
    await schema
      .createIndex('audit_events_by_actor_name')
      .on('audit_events')
      .columns(['actor_name', 'at', 'id'])
      .execute();
    await schema
      .createIndex('audit_events_by_actor')
      .on('audit_events')
      .columns(['actor_account_id', 'at', 'id'])
      .where(sql<boolean>`actor_account_id is not null`)
      .execute();
    await schema
      .createIndex('audit_events_by_target')
      .on('audit_events')
      .columns(['target_kind', 'target_id', 'at', 'id'])
      .where(sql<boolean>`target_id is not null`)
      .execute();

    await guardAppendOnly(tx, engine);
  },
};

/** Chains the events that are there, in the order of their ids, in batches. */
async function chainExisting(tx: Transaction): Promise<void> {
  const db = tx as unknown as Kysely<Before>;
  const heads = new Map<number, { sequence: number; hash: string }>();
  for (let after = 0; ; ) {
    const rows = await db
      .selectFrom('audit_events')
      .leftJoin('accounts', 'accounts.id', 'audit_events.actor_account_id')
      .selectAll('audit_events')
      .select(['accounts.organization_id as actor_organization', 'accounts.system_role as actor_role'])
      .where('audit_events.id', '>', after)
      .orderBy('audit_events.id')
      .limit(BATCH)
      .execute();
    for (const { id, actor_organization, actor_role, count, ...row } of rows) {
      const chain = row.organization_id ?? INSTANCE_CHAIN;
      const head = heads.get(chain) ?? { sequence: 0, hash: FIRST_HASH };
      const changes = {
        actor_organization_id: actor_organization,
        actor_system_role: actor_role,
        details: canonicalJson(JSON.parse(row.details)),
        chain,
        sequence: head.sequence + 1,
        salts: newSalts(),
      };
      const hash = chainHash(head.hash, canonicalEvent({ ...row, ...changes }));
      await db
        .updateTable('audit_events')
        .set({ ...changes, previous_hash: head.hash, hash })
        .where('id', '=', id)
        .execute();
      if (count > 1)
        await db
          .insertInto('audit_repeats')
          .values({ event_id: id, count: count - 1, last_at: row.at })
          .execute();
      heads.set(chain, { sequence: changes.sequence, hash });
    }
    const last = rows.at(-1);
    if (last === undefined) break;
    after = last.id;
  }
  for (const [chain, head] of [...heads, [CHECKPOINT_CHAIN, { sequence: 0, hash: FIRST_HASH }] as const])
    await tx
      .insertInto('audit_heads')
      .values({ chain, ...head, checkpoint_sequence: 0 })
      .execute();
}
