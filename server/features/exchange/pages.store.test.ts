import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../db/open.ts';
import { inTransaction } from '../../db/transaction.ts';
import { checkObject } from '../../protocols/stix/check.ts';
import type { TaxiiFilters } from '../../protocols/taxii/filters.ts';
import { newOrganization } from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import type { Candidate } from '../intelligence/intelligence.rules.ts';
import { addObjects, deleteVersions } from '../intelligence/intelligence.store.ts';
import { type PagePlan, planPage } from './pages.rules.ts';
import { framed, type PageRequest, type Pages, preparePages } from './pages.store.ts';

const TYPES = ['campaign', 'malware', 'tool', 'x-thing'] as const;
const SPEC_VERSIONS = ['2.0', '2.1', '2.2'];
const INSTANTS = Array.from({ length: 6 }, (_, day) => Date.UTC(2026, 0, day + 1) * 1000);
const idOf = (number: number) =>
  `${TYPES[number % TYPES.length]}--00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** Of one object: every version can also be told from the others by its text. */
function candidate(number: number, version: number, specVersion: string): Candidate {
  const at = new Date((INSTANTS[version] ?? 0) / 1000).toISOString();
  const object = {
    type: TYPES[number % TYPES.length],
    spec_version: specVersion,
    id: idOf(number),
    created: '2026-01-01T00:00:00.000Z',
    modified: at,
    name: `${number} ${'é'.repeat((number * 7 + version) % 40)}`,
  };
  const text = JSON.stringify(object);
  const check = checkObject({ text, members: 6, depth: 1 }, { strict: false });
  if (!check.ok) throw new Error(check.reasons.join('; '));
  return { head: check.head, text, size: Buffer.byteLength(text), warnings: [], contentHash: undefined };
}

/** The same numbers in every run. */
function sequence(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

async function fill(app: TestApp, ownerId: number, next: (below: number) => number): Promise<void> {
  const by = { accountId: null, now: app.clock.now() };
  for (let batch = 0; batch < 25; batch++) {
    const candidates = Array.from({ length: 1 + next(20) }, () =>
      candidate(next(60), next(INSTANTS.length), SPEC_VERSIONS[next(3)] ?? ''),
    );
    await inTransaction(app.db, (tx) => addObjects(tx, { id: ownerId, strict: false }, candidates, by));
    if (batch % 4 === 3) {
      const selection = { stixId: idOf(next(60)), versions: { first: false, last: true, exact: [] } };
      await inTransaction(app.db, (tx) => deleteVersions(tx, ownerId, selection, by.now));
    }
  }
}

type Row = {
  id: number;
  date_added: number;
  stix_id: string;
  type: string;
  spec_version: string;
  version: number;
  json: string;
};

/** What TAXII 2.1 §3.4.1 says that the filters select, told without index, flag or SQL. */
function oracle(rows: readonly Row[], filters: TaxiiFilters, stixId: string | undefined): Row[] {
  const selected: Row[] = [];
  for (const [id, versions] of Map.groupBy(rows, (row) => row.stix_id)) {
    const wantedIds = stixId === undefined ? filters.ids : [stixId];
    if (wantedIds?.includes(id) === false) continue;
    if (stixId === undefined && filters.types?.includes(versions[0]?.type ?? '') === false) continue;
    const latestSpec = versions.map((row) => row.spec_version).reduce((a, b) => (b > a ? b : a));
    const specs = filters.specVersions ?? [latestSpec];
    const matching = versions.filter((row) => specs.includes(row.spec_version));
    const instants = matching.map((row) => row.version);
    const wanted = filters.versions ?? { first: false, last: true, exact: [] };
    selected.push(
      ...matching.filter(
        ({ version }) =>
          wanted === 'all' ||
          wanted.exact.includes(version) ||
          (wanted.first && version === Math.min(...instants)) ||
          (wanted.last && version === Math.max(...instants)),
      ),
    );
  }
  return selected.sort((a, b) => a.date_added - b.date_added);
}

const some = <T>(values: readonly T[], maxLength: number) =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength });
const manyTypes = [...TYPES, ...Array.from({ length: 40 }, (_, index) => `x-other-${index}`)];
const anyFilters: fc.Arbitrary<TaxiiFilters> = fc.record(
  {
    ids: some(
      Array.from({ length: 70 }, (_, number) => idOf(number)),
      70,
    ),
    types: fc.oneof(some(TYPES, 3), fc.constant(manyTypes)),
    versions: fc.oneof(
      fc.constant('all' as const),
      fc
        .record({
          first: fc.boolean(),
          last: fc.boolean(),
          exact: fc.uniqueArray(fc.constantFrom(...INSTANTS), { maxLength: 3 }),
        })
        // A filter that names no version is none.
        .filter(({ first, last, exact }) => first || last || exact.length > 0),
    ),
    specVersions: some(SPEC_VERSIONS, 3),
  },
  { requiredKeys: [] },
);

describe.each(ENGINES)('pages on %s', (engine) => {
  let app: TestApp;
  let pages: Pages;
  let ownerId: number;
  let rows: Row[];
  beforeAll(async () => {
    app = await openTestApp(engine);
    pages = preparePages(app.db);
    ownerId = (await newOrganization(app)).id;
    await fill(app, ownerId, sequence(1));
    // Another owner with the same objects: nothing of it may show.
    await fill(app, (await newOrganization(app)).id, sequence(2));
    rows = await app.db.read.selectFrom('objects').selectAll().where('owner_id', '=', ownerId).execute();
  });
  afterAll(async () => await app?.close());

  const request = (plan: PagePlan, changes: Partial<PageRequest>): PageRequest => ({
    ownerId,
    after: -1,
    limit: 7,
    maxBytes: 1_000_000,
    largestObject: 500,
    plan,
    ...changes,
  });

  /** All pages one after the other, as a client that polls sees them. */
  async function everything(plan: PagePlan, changes: Partial<PageRequest>) {
    const texts: string[] = [];
    let { after = -1 } = changes;
    for (let pageNumber = 0; ; pageNumber++) {
      if (pageNumber > 1000) throw new Error('the pages do not end');
      const asked = request(plan, { ...changes, after });
      const page = await pages.objects(asked);
      const { records, more } = await pages.records(asked);
      const text = Buffer.from(framed(page.json, '[', ']')).toString('utf8');
      const objects = JSON.parse(text) as Record<string, unknown>[];
      expect(page).toMatchObject({ count: objects.length, more });
      expect(records.map((record) => record.stix_id)).toEqual(objects.map((object) => object.id));
      expect(page.count).toBeLessThanOrEqual(asked.limit);
      if (page.count > 1) expect(Buffer.byteLength(text) - 1).toBeLessThanOrEqual(asked.maxBytes);
      texts.push(...objects.map((object) => JSON.stringify(object)));
      if (page.count > 0) {
        expect(page.first).toBe(records[0]?.date_added);
        expect(page.last).toBe(records.at(-1)?.date_added);
      }
      if (!more) return texts;
      expect(page.count).toBeGreaterThan(0);
      after = page.last;
    }
  }

  const reached = new Set<string>();
  async function check(
    filters: TaxiiFilters,
    stixId: string | undefined,
    changes: Partial<PageRequest> = {},
  ) {
    const plan = planPage(filters, stixId);
    reached.add(plan.strategy);
    const expected = oracle(rows, filters, stixId).filter((row) => row.date_added > (changes.after ?? -1));
    expect(await everything(plan, changes)).toEqual(expected.map((row) => row.json));
  }

  it('give what the standard says that the filters select, in order and once, by every strategy', async () => {
    const sized = fc.record({
      limit: fc.integer({ min: 1, max: 40 }),
      maxBytes: fc.constantFrom(1, 900, 1_000_000),
      after: fc.option(fc.nat(), { nil: undefined }),
    });
    const stixId = fc.option(fc.integer({ min: 0, max: 62 }).map(idOf), { nil: undefined, freq: 4 });
    await fc.assert(
      fc.asyncProperty(anyFilters, stixId, sized, async (filters, id, { limit, maxBytes, after }) => {
        const from = after === undefined ? -1 : (rows[after % rows.length]?.date_added ?? -1);
        await check(filters, id, { limit, maxBytes, after: from });
      }),
      {
        numRuns: 120,
        examples: [
          [{}, undefined, { limit: 3, maxBytes: 1_000_000, after: undefined }],
          [{}, undefined, { limit: 3, maxBytes: 900, after: 9 }],
          [{ types: ['tool', 'malware'] }, undefined, { limit: 2, maxBytes: 1_000_000, after: 3 }],
          [{ versions: 'all' }, undefined, { limit: 5, maxBytes: 1_000_000, after: undefined }],
        ],
        seed: 1,
      },
    );
    expect([...reached].sort()).toEqual(['by-id', 'by-type', 'latest', 'scan']);
  });

  it('of objects larger than a page hold one object each', async () => {
    await check({}, undefined, { maxBytes: 1, largestObject: 1_000_000 });
    await check({ versions: 'all' }, undefined, { maxBytes: 1 });
  });

  it('of more objects than one list of ids holds are whole', async () => {
    const other = (await newOrganization(app)).id;
    const candidates = Array.from({ length: 1100 }, (_, number) => candidate(number, 0, '2.1'));
    const by = { accountId: null, now: app.clock.now() };
    await inTransaction(app.db, (tx) => addObjects(tx, { id: other, strict: false }, candidates, by));
    for (const filters of [{}, { versions: 'all' as const }, { types: [...TYPES] }]) {
      const plan = planPage(filters, undefined);
      const texts = await everything(plan, { ownerId: other, limit: 1050 });
      expect(texts).toEqual(candidates.map((each) => each.text));
    }
  });

  it('know whether the owner has any version of an object', async () => {
    expect(await pages.exists(ownerId, rows[0]?.stix_id ?? '')).toBe(true);
    expect(await pages.exists(ownerId, idOf(999))).toBe(false);
  });
});

describe('the plan of SQLite, which was never told to analyze', () => {
  let app: TestApp;
  let ownerId: number;
  beforeAll(async () => {
    app = await openTestApp('sqlite');
    ownerId = (await newOrganization(app)).id;
    await fill(app, ownerId, sequence(3));
  });
  afterAll(async () => await app?.close());

  const LATEST_INDEX = 'objects_latest (owner_id=? AND date_added>?)';
  const LATEST_RANGE = 'objects_latest (owner_id=? AND date_added>? AND date_added<?)';
  const TYPE_INDEX = 'objects_latest_by_type (owner_id=? AND type=? AND date_added>?';
  const OLDER_INDEX = 'objects_older_by_id (owner_id=? AND stix_id=? AND date_added>?';
  const VERSION_INDEX = 'objects_by_version (owner_id=? AND stix_id=?';
  const STAMP_INDEX = 'objects_by_date_added (owner_id=? AND date_added>?';
  const ids = (count: number) => Array.from({ length: count }, (_, number) => idOf(number));

  it.each<[string, TaxiiFilters, string | undefined, string[]]>([
    ['latest', {}, undefined, [LATEST_INDEX]],
    ['latest', {}, 'a page of large objects', [LATEST_INDEX]],
    ['by-type', { types: ['tool'] }, undefined, [TYPE_INDEX]],
    ['by-type', { types: [...TYPES] }, undefined, [TYPE_INDEX]],
    ['by-id', { ids: ids(1) }, undefined, [VERSION_INDEX]],
    ['by-id', { ids: ids(60) }, undefined, [VERSION_INDEX]],
    ['by-id', { ids: ids(1000) }, undefined, [VERSION_INDEX]],
    ['by-id', { ids: ids(3), versions: 'all' }, undefined, [VERSION_INDEX, OLDER_INDEX]],
    ['by-id', { ids: ids(1000), specVersions: ['2.0'] }, undefined, [VERSION_INDEX, OLDER_INDEX]],
    ['scan', { versions: 'all' }, undefined, [STAMP_INDEX, VERSION_INDEX]],
    ['scan', { specVersions: ['2.1'] }, undefined, [STAMP_INDEX, VERSION_INDEX]],
    ['scan', { types: ['tool'], versions: 'all' }, undefined, [STAMP_INDEX, VERSION_INDEX]],
    ['scan', { types: manyTypes }, undefined, [STAMP_INDEX, LATEST_RANGE]],
  ])('for %s with %j%s uses the intended indexes only', async (strategy, filters, large, intended) => {
    const asked: { sql: string; parameters: readonly (string | number | null)[] }[] = [];
    // The same database, noting the statements that it is asked for.
    const noting: Database = {
      ...app.db,
      prepare: (sql) => {
        const statement = app.db.prepare(sql);
        return (parameters) => {
          asked.push({ sql, parameters });
          return statement(parameters) as never;
        };
      },
      query: (sql, parameters) => {
        asked.push({ sql, parameters });
        return app.db.query(sql, parameters);
      },
    };
    const plan = planPage(filters, undefined);
    expect(plan.strategy).toBe(strategy);
    const maxBytes = large === undefined ? 1_000_000 : 300;
    await preparePages(noting).objects({ ownerId, after: 0, limit: 5, maxBytes, largestObject: 500, plan });
    const used: string[] = [];
    for (const { sql, parameters } of asked) {
      const steps = await app.db.query<{ detail: string }>(`explain query plan ${sql}`, parameters);
      // In a walk by keys, `o` is also what the keys gave: it is read once.
      let given = sql.includes(' t) o where ') ? 1 : 0;
      for (const { detail } of steps) {
        if (detail === 'SCAN o' && given-- > 0) continue;
        // Scanning a page that is already there, or keys that were given, is no scan of the collection.
        if (/^SCAN (?!p$|w$|t$|CONSTANT ROW$|\d+-ROW VALUES CLAUSE$|\(subquery)/.test(detail))
          throw new Error(`${detail} in ${sql}`);
        if (/^SEARCH .* USING (COVERING )?INDEX /.test(detail)) used.push(detail.replace(/.*INDEX /, ''));
      }
    }
    for (const index of intended) expect(used.join('\n')).toContain(index);
    for (const detail of used)
      expect(
        intended.some((index) => detail.startsWith(index)),
        detail,
      ).toBe(true);
  });
});
