import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migration0009 } from '../../db/migrations/0009-browsing.ts';
import { inTransaction } from '../../db/transaction.ts';
import { newOrganization } from '../../testing/builders.ts';
import { addTo } from '../../testing/objects.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { indicator } from '../../testing/test-server.ts';

const CREATED = '2026-01-01T00:00:00.000Z';
const note = (number: number, modified: string, to: readonly string[]) => ({
  ...indicator(number, { created: CREATED, modified }),
  object_refs: to,
});
const id = (number: number) => String(indicator(number).id);

describe.each(ENGINES)('what is kept beside the objects on %s', (engine) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await openTestApp(engine);
  });
  afterAll(async () => await app?.close());

  it('is the same of objects that were there before as of those that are added', async () => {
    const own = await newOrganization(app);
    await addTo(
      app,
      own,
      Array.from({ length: 1300 }, (_, n) => note(n, CREATED, [id(n + 1), id(n + 2)])),
    );
    await addTo(app, own, [note(7, '2026-02-01T00:00:00.000Z', [id(9000)]), indicator(2000)]);
    const kept = async () => [
      await app.db.read
        .selectFrom('object_references')
        .selectAll()
        .orderBy('owner_id')
        .orderBy('to_id')
        .orderBy('date_added')
        .execute(),
      await app.db.read.selectFrom('object_counts').selectAll().orderBy('owner_id').orderBy('type').execute(),
    ];
    const before = await kept();
    expect(before[0]).toHaveLength(2 * 1299 + 1);
    expect(before[1]).toMatchObject([{ type: 'indicator', objects: 1301, versions: 1302 }]);
    await inTransaction(app.db, async (tx) => {
      await tx.schema.dropTable('object_references').execute();
      await tx.schema.dropTable('object_counts').execute();
      await migration0009.up(tx, engine);
    });
    expect(await kept()).toEqual(before);
  });
});
