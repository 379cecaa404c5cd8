import { sql } from 'kysely';
import { int, text } from '../dialect.ts';
import type { Migration } from '../migration.ts';

/** Usage figures: what is polled and added, by day. */
export const migration0007: Migration = {
  name: '0007-usage',
  async up(tx, engine) {
    const t = text(engine);
    const i = int(engine);
    const { schema } = tx;

    await schema
      .createTable('taxii_usage')
      .addColumn('collection_id', t, (c) => c.notNull())
      .addColumn('day', i, (c) => c.notNull())
      .addColumn('account_id', i, (c) => c.notNull().references('accounts.id'))
      .addColumn('polls', i, (c) => c.notNull())
      .addColumn('objects_served', i, (c) => c.notNull())
      .addColumn('octets_served', i, (c) => c.notNull())
      .addColumn('objects_added', i, (c) => c.notNull())
      .addColumn('last_polled_at', i)
      .addColumn('last_polled_from', t)
      .addPrimaryKeyConstraint('taxii_usage_key', ['collection_id', 'day', 'account_id'])
      .execute();
    await schema
      .createIndex('taxii_usage_by_account')
      .on('taxii_usage')
      .columns(['account_id', 'day'])
      .execute();
    await schema.createIndex('taxii_usage_by_day').on('taxii_usage').column('day').execute();

    await schema
      .createTable('object_additions')
      .addColumn('owner_id', i, (c) => c.notNull().references('owners.id'))
      .addColumn('day', i, (c) => c.notNull())
      .addColumn('objects', i, (c) => c.notNull())
      .addPrimaryKeyConstraint('object_additions_key', ['owner_id', 'day'])
      .execute();
    await schema.createIndex('object_additions_by_day').on('object_additions').column('day').execute();
    // What is there already, less what was deleted meanwhile.
    await sql`insert into object_additions (owner_id, day, objects)
      select owner_id, date_added / 86400000000 as day, count(*) from objects group by owner_id, day`.execute(
      tx,
    );
  },
};
