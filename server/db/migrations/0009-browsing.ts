import { sql } from 'kysely';
import { storedReferencesOfText } from '../../protocols/stix/references.ts';
import { int, text } from '../dialect.ts';
import type { Migration } from '../migration.ts';
import type { Transaction } from '../transaction.ts';

const BATCH = 500;
/** Octets of texts that are held at a time, beyond a single one. */
const TEXTS_BYTES = 4_000_000;
/** Rows of an insert. */
const ROWS = 200;
/** `LATEST.overall` */
const LATEST = 2;

/** What refers to an object, and how many objects of which type an owner holds. */
export const migration0009: Migration = {
  name: '0009-browsing',
  async up(tx, engine) {
    const t = text(engine);
    const i = int(engine);
    const { schema } = tx;

    await schema
      .createTable('object_references')
      .addColumn('owner_id', i, (c) => c.notNull())
      .addColumn('to_id', t, (c) => c.notNull())
      // That of the object which refers: it names the version within the owner.
      .addColumn('date_added', i, (c) => c.notNull())
      .addPrimaryKeyConstraint('object_references_key', ['owner_id', 'to_id', 'date_added'])
      .$call((table) => (engine === 'sqlite' ? table.modifyEnd(sql`without rowid`) : table))
      .execute();
    await schema
      .createTable('object_counts')
      .addColumn('owner_id', i, (c) => c.notNull())
      .addColumn('type', t, (c) => c.notNull())
      .addColumn('objects', i, (c) => c.notNull())
      .addColumn('versions', i, (c) => c.notNull())
      .addPrimaryKeyConstraint('object_counts_key', ['owner_id', 'type'])
      .execute();

    await sql`insert into object_counts (owner_id, type, objects, versions)
      select owner_id, type, sum(case when latest = ${sql.lit(LATEST)} then 1 else 0 end), count(*)
      from objects group by owner_id, type`.execute(tx);
    await writeReferences(tx);
    await schema
      .createIndex('object_references_by_object')
      .on('object_references')
      .columns(['owner_id', 'date_added'])
      .execute();
  },
};

/** Fills the references of objects that exist, a few texts at a time. */
async function writeReferences(tx: Transaction): Promise<void> {
  for (let after = 0; ; ) {
    const sizes = await tx
      .selectFrom('objects')
      .select(['id', 'size'])
      .where('id', '>', after)
      .where('latest', '=', LATEST)
      .orderBy('id')
      .limit(BATCH)
      .execute();
    for (let start = 0; start < sizes.length; ) {
      let end = start;
      for (let bytes = 0; end < sizes.length; end++) {
        bytes += sizes[end]?.size ?? 0;
        if (end > start && bytes > TEXTS_BYTES) break;
      }
      await writeReferencesOf(
        tx,
        sizes.slice(start, end).map(({ id }) => id),
      );
      start = end;
    }
    const last = sizes.at(-1);
    if (last === undefined) return;
    after = last.id;
  }
}

async function writeReferencesOf(tx: Transaction, ids: readonly number[]): Promise<void> {
  const objects = await tx
    .selectFrom('objects')
    .select(['owner_id', 'date_added', 'json'])
    .where('id', 'in', ids)
    .execute();
  const rows = objects.flatMap(({ owner_id, date_added, json }) =>
    storedReferencesOfText(json).map((to_id) => ({ owner_id, to_id, date_added })),
  );
  for (let start = 0; start < rows.length; start += ROWS)
    await tx
      .insertInto('object_references')
      .values(rows.slice(start, start + ROWS))
      .execute();
}
