import type { Engine } from '../../server/db/dialect.ts';
import { setCollectionWritable } from '../../server/features/collections/collections.service.ts';
import { createOrganization } from '../../server/features/owners/owners.service.ts';
import { openTestApp, TEST_MASTER_KEY, type TestApp } from '../../server/testing/test-app.ts';
import { basic, newTaxiiUser } from '../../server/testing/test-server.ts';

/** Data that processes share: an organization whose collection accepts writing, and a TAXII user of it. */
export type Instance = {
  app: TestApp;
  owner: { id: number; name: string; collectionId: string };
  authorization: string;
  close(): Promise<void>;
};

/** On a PostgreSQL database of the test's own with `databaseUrl`, else on one of the run's server. */
export async function openInstance(
  engine: Engine,
  changes: { databaseUrl?: string; dataFolder?: string; logLevel?: string; maxBytesInFlight?: number } = {},
): Promise<Instance> {
  const app = await openTestApp(engine, {
    logLevel: 'warn',
    ...changes,
    ...(changes.databaseUrl === undefined ? {} : { masterKeys: TEST_MASTER_KEY }),
  });
  const owner = await createOrganization(app, app.operator, {
    name: 'Harbour Watch',
    limits: { taxiiUsers: 1000 },
  });
  await setCollectionWritable(app, app.operator, owner.collectionId, true);
  const user = await newTaxiiUser(app, { userName: 'harbour-siem', organization: owner.name });
  return { app, owner, authorization: basic(user), close: () => app.close() };
}

/** `id version` of every stored version, and of those that a page shows without filters. */
export async function storedVersions(
  app: TestApp,
  ownerId: number,
): Promise<{ all: string[]; latest: string[]; stamps: number[] }> {
  const rows = await app.db.read
    .selectFrom('objects')
    .select(['stix_id', 'version_text', 'latest', 'date_added'])
    .where('owner_id', '=', ownerId)
    .orderBy('date_added')
    .execute();
  const name = (row: { stix_id: string; version_text: string }) => `${row.stix_id} ${row.version_text}`;
  return {
    all: rows.map(name),
    latest: rows.filter((row) => row.latest === 2).map(name),
    stamps: rows.map((row) => row.date_added),
  };
}

/** What is in `wanted` and not in `present`. */
export function missingFrom(present: Iterable<string>, wanted: Iterable<string>): string[] {
  const known = new Set(present);
  return [...wanted].filter((each) => !known.has(each));
}
