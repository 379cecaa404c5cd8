import { hash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inTransaction, type Transaction } from '../../db/transaction.ts';
import { checkObject } from '../../protocols/stix/check.ts';
import { newOrganization } from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { indicator } from '../../testing/test-server.ts';
import { type Candidate, LATEST, toCandidate } from './intelligence.rules.ts';
import { addObjects, type DeleteSelection, deleteVersions } from './intelligence.store.ts';

const digest = (text: string) => hash('sha256', text);

function candidate(object: Record<string, unknown>): Candidate {
  const text = JSON.stringify(object);
  const members = Object.keys(object).length;
  const check = checkObject({ text, members, depth: 1 }, { strict: false });
  if (!check.ok) throw new Error(check.reasons.join('; '));
  const checked = { head: check.head, text, size: Buffer.byteLength(text), warnings: check.warnings };
  return toCandidate(checked, digest);
}

type Seen = {
  octets: number;
  rows: number;
  statements: { sql: string; parameters: readonly (string | number | null)[] }[];
};

/** The transaction, noting what it is asked and what comes back. */
function noting(tx: Transaction, seen: Seen): Transaction {
  return new Proxy(tx, {
    get(target, name) {
      if (name === 'executeQuery') {
        return async (query: Parameters<Transaction['executeQuery']>[0]) => {
          const result = await target.executeQuery(query);
          seen.octets += JSON.stringify(result.rows).length;
          seen.rows += result.rows.length;
          if (!('sql' in query)) throw new Error('a query that was not compiled');
          seen.statements.push({
            sql: query.sql,
            parameters: query.parameters as (string | number | null)[],
          });
          return result;
        };
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

const ID = String(indicator(1).id);
/** The same indicator in the version of that day. */
function version(day: number, specVersion = '2.1'): Candidate {
  return candidate(indicator(1, { modified: `2026-02-0${day}T00:00:00.000Z`, spec_version: specVersion }));
}
const day = (number: number) => Date.UTC(2026, 1, number) * 1000;

describe.each(ENGINES)('the exchange store on %s', (engine) => {
  let app: TestApp;
  let ownerId: number;
  beforeAll(async () => {
    app = await openTestApp(engine);
  });
  afterAll(async () => await app?.close());
  beforeEach(async () => {
    ownerId = (await newOrganization(app)).id;
  });

  const add = async (candidates: Candidate[], now = app.clock.now()) =>
    await inTransaction(app.db, (tx) =>
      addObjects(tx, { id: ownerId, strict: false }, candidates, { accountId: null, now }),
    );
  const remove = async (selection: Omit<DeleteSelection, 'stixId'> = {}, stixId = ID) =>
    await inTransaction(app.db, (tx) =>
      deleteVersions(tx, ownerId, { stixId, ...selection }, app.clock.now()),
    );
  const rows = async () =>
    await app.db.read
      .selectFrom('objects')
      .selectAll()
      .where('owner_id', '=', ownerId)
      .orderBy('date_added')
      .execute();
  const owner = async () =>
    await app.db.read.selectFrom('owners').selectAll().where('id', '=', ownerId).executeTakeFirstOrThrow();
  const shown = async () =>
    (await rows()).map((row) => [row.spec_version, new Date(row.version / 1000).getUTCDate(), row.latest]);

  it('keeps the text of an object byte by byte', async () => {
    const text = JSON.stringify(indicator(1, { x_big: 1, name: '"\\🛰‮' })).replace(
      '"x_big":1',
      '"x_big":12345678901234567890.00',
    );
    const [only] = [candidate(indicator(1))].map((each) => ({ ...each, text }));
    await add(only === undefined ? [] : [only]);
    expect((await rows()).map((row) => row.json)).toEqual([text]);
  });

  it('adds many objects in one transaction, in their order, and counts one change', async () => {
    const before = await owner();
    const outcomes = await add(Array.from({ length: 1203 }, (_, number) => candidate(indicator(number))));
    expect(new Set(outcomes.map((outcome) => outcome.kind))).toEqual(new Set(['added']));
    const stored = await rows();
    expect(stored.map((row) => row.stix_id)).toEqual(
      Array.from({ length: 1203 }, (_, number) => indicator(number).id),
    );
    const after = await owner();
    expect(after.change_counter).toBe(before.change_counter + 1);
    expect(after.last_stamp).toBe(stored.at(-1)?.date_added);
    expect(after.last_stamp % 1000).toBe(0);
    expect(after.largest_object).toBe(Math.max(...stored.map((row) => row.size)));
  });

  it('stamps what is added later higher, even when the clock goes back', async () => {
    await add([candidate(indicator(1))]);
    await add([candidate(indicator(2))], app.clock.now() - 86_400_000_000);
    const [first, second] = await rows();
    expect(second?.stix_id).toBe(indicator(2).id);
    expect(second?.date_added).toBeGreaterThan(first?.date_added ?? 0);
  });

  it('changes nothing where everything is there already', async () => {
    await add([version(1), version(2)]);
    const before = [await owner(), await rows()];
    const outcomes = await add([version(1), version(2)]);
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(['already there', 'already there']);
    expect([await owner(), await rows()]).toEqual(before);
  });

  it('takes an observable that an envelope brings twice once', async () => {
    const observable = candidate({
      type: 'domain-name',
      spec_version: '2.1',
      id: 'domain-name--00000000-0000-4000-8000-000000000001',
      value: 'one.example',
    });
    const outcomes = await add([observable, { ...observable }]);
    expect(outcomes).toMatchObject([{ kind: 'added' }, { kind: 'already there' }]);
    const [row] = await rows();
    expect(row?.version).toBe(row?.date_added);
    expect(outcomes.map((outcome) => Reflect.get(outcome, 'versionText'))).toEqual([
      row?.version_text,
      row?.version_text,
    ]);
  });

  it('keeps the versions of one owner apart from those of another', async () => {
    await add([version(1)]);
    const first = ownerId;
    ownerId = (await newOrganization(app)).id;
    expect((await add([version(1)])).map((outcome) => outcome.kind)).toEqual(['added']);
    await remove();
    expect(await rows()).toEqual([]);
    ownerId = first;
    expect(await rows()).toHaveLength(1);
  });

  it('gives writers that come at once stamps of their own', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, writer) =>
        add(Array.from({ length: 25 }, (_unused, number) => candidate(indicator(writer * 100 + number)))),
      ),
    );
    expect(outcomes.flat()).toHaveLength(200);
    const stamps = (await rows()).map((row) => row.date_added);
    expect(new Set(stamps).size).toBe(200);
  });

  describe('an object without a version of its own', () => {
    const domain = (value: string) =>
      candidate({
        type: 'domain-name',
        spec_version: '2.1',
        id: 'domain-name--00000000-0000-4000-8000-000000000001',
        value,
      });
    /** A custom object may come with a version or without. */
    const thing = (modified: string | undefined, name = 'thing', number = 1) =>
      candidate({
        type: 'x-thing',
        spec_version: '2.1',
        id: `x-thing--00000000-0000-4000-8000-00000000000${number}`,
        ...(modified === undefined ? {} : { created: '2026-01-01T00:00:00.000Z', modified }),
        name,
      });
    const kinds = async (candidates: Candidate[]) => (await add(candidates)).map((outcome) => outcome.kind);

    it('is compared with all stored contents of its id without reading any of them, however many there are', async () => {
      const large = (number: number) => domain(`${number}-${'x'.repeat(200_000)}.example`);
      for (let number = 0; number < 50; number++) await add([large(number)]);
      for (const again of [large(7), large(49), domain('new.example')]) {
        const seen: Seen = { octets: 0, rows: 0, statements: [] };
        const by = { accountId: null, now: app.clock.now() };
        await inTransaction(app.db, (tx) =>
          addObjects(noting(tx, seen), { id: ownerId, strict: false }, [again], by),
        );
        expect(seen.octets).toBeLessThan(2000);
        expect(seen.rows).toBeLessThan(30);
      }
      expect(await rows()).toHaveLength(51);
    });

    it('of two contents changes nothing when both come again, in one envelope or one by one', async () => {
      expect(await kinds([domain('a.example')])).toEqual(['added']);
      expect(await kinds([domain('b.example')])).toEqual(['added']);
      const before = [await owner(), await rows()];
      expect(await kinds([domain('a.example')])).toEqual(['already there']);
      expect(await kinds([domain('b.example'), domain('a.example')])).toEqual([
        'already there',
        'already there',
      ]);
      const differently = domain('a.example');
      const text = JSON.stringify(JSON.parse(differently.text), null, 2);
      expect(await kinds([toCandidate({ ...differently, text }, digest)])).toEqual(['already there']);
      expect([await owner(), await rows()]).toEqual(before);
      expect(await kinds([domain('c.example'), domain('a.example')])).toEqual(['added', 'already there']);
    });

    it('is known by its content also behind versions that the same object has', async () => {
      expect(await kinds([thing(undefined, 'plain'), thing('2026-02-01T00:00:00.000Z')])).toEqual([
        'added',
        'added',
      ]);
      expect(await kinds([thing('2255-01-01T00:00:00.000Z')])).toEqual(['added']);
      const before = await rows();
      expect(await kinds([thing('2026-02-01T00:00:00.000Z'), thing(undefined, 'plain')])).toEqual([
        'already there',
        'already there',
      ]);
      expect(await rows()).toEqual(before);
    });

    it('is newer than every version that is stored, also one in the future', async () => {
      await add([thing('2255-01-01T00:00:00.000Z')]);
      await add([thing(undefined, 'first'), thing(undefined, 'second')]);
      await add([thing(undefined, 'third')]);
      const stored = await rows();
      const from = Date.UTC(2255, 0) * 1000;
      expect(stored.map((row) => row.version)).toEqual([from, from + 1, from + 2, from + 3]);
      expect(stored.map((row) => row.latest)).toEqual([LATEST.no, LATEST.no, LATEST.no, LATEST.overall]);
    });

    it('is refused where a version leaves no instant after it, and others are not', async () => {
      const end = '2255-06-05T23:47:34.740991Z';
      expect(await kinds([thing(end), thing(undefined), thing(undefined, 'plain', 2)])).toEqual([
        'added',
        'refused',
        'added',
      ]);
      expect(await kinds([thing(undefined)])).toEqual(['refused']);
      expect(await kinds([thing(undefined, 'plain', 3), thing(end, 'thing', 3)])).toEqual([
        'refused',
        'added',
      ]);
    });
  });

  it('looks at a few versions of an object, however many it has', async () => {
    const at = (second: number) =>
      candidate(indicator(1, { modified: new Date(Date.UTC(2026, 1, 1, 0, 0, second)).toISOString() }));
    await add(Array.from({ length: 3000 }, (_, second) => at(second)));
    const seen: Seen = { octets: 0, rows: 0, statements: [] };
    const outcomes = await inTransaction(app.db, (tx) =>
      addObjects(
        noting(tx, seen),
        { id: ownerId, strict: false },
        [at(5), at(2999), at(4000), version(9, '2.0')],
        { accountId: null, now: app.clock.now() },
      ),
    );
    expect(outcomes.map((outcome) => outcome.kind)).toEqual([
      'already there',
      'already there',
      'added',
      'added',
    ]);
    expect(seen.rows).toBeLessThan(100);
    if (engine !== 'sqlite') return;
    const details: string[] = [];
    for (const { sql, parameters } of seen.statements.filter((each) => each.sql.includes('column1'))) {
      const steps = await app.db.query<{ detail: string }>(`explain query plan ${sql}`, parameters);
      details.push(...steps.map(({ detail }) => detail).filter((detail) => / n /.test(detail)));
    }
    expect(details).not.toEqual([]);
    for (const detail of details)
      expect(detail).toMatch(
        /^SEARCH n USING COVERING INDEX objects_by_(version|content) \(owner_id=\? AND stix_id=\?/,
      );
  });

  describe('deleting', () => {
    it('of an object that is not there is told from deleting none of its versions', async () => {
      expect(await remove()).toBeUndefined();
      await add([version(1)]);
      expect(await remove({ versions: { first: false, last: false, exact: [day(7)] } })).toBe(0);
      expect(await remove({ specVersions: ['2.0'] })).toBe(0);
      expect(await rows()).toHaveLength(1);
    });

    it('removes all versions of the object, and nothing else', async () => {
      await add([version(1), version(2), version(3, '2.0'), candidate(indicator(2))]);
      const before = await owner();
      expect(await remove()).toBe(3);
      expect((await rows()).map((row) => row.stix_id)).toEqual([indicator(2).id]);
      expect((await owner()).change_counter).toBe(before.change_counter + 1);
    });

    it.each<[string, Omit<DeleteSelection, 'stixId'>, number[]]>([
      ['the first version', { versions: { first: true, last: false, exact: [] } }, [2, 3, 4]],
      ['the last version', { versions: { first: false, last: true, exact: [] } }, [1, 2, 3]],
      ['first and last', { versions: { first: true, last: true, exact: [] } }, [2, 3]],
      ['exact versions', { versions: { first: false, last: false, exact: [day(2), day(3)] } }, [1, 4]],
      ['exact and last', { versions: { first: false, last: true, exact: [day(1)] } }, [2, 3]],
    ])('removes %s', async (_, selection, left) => {
      await add([version(1), version(2), version(3), version(4)]);
      expect(await remove(selection)).toBe(4 - left.length);
      const days = (await rows()).map((row) => new Date(row.version / 1000).getUTCDate());
      expect(days.sort()).toEqual(left);
    });

    it('of the newest version brings the one before to light, stamped anew, so that pollers who never saw it do', async () => {
      await add([version(1), version(2)]);
      const { last_stamp: before } = await owner();
      expect(await remove({ versions: { first: false, last: true, exact: [] } })).toBe(1);
      expect(await shown()).toEqual([['2.1', 1, LATEST.overall]]);
      const [row] = await rows();
      expect(row?.date_added).toBeGreaterThan(before);
      const after = await owner();
      expect(after.last_stamp).toBe(row?.date_added);
      expect(after.last_stamp % 1000).toBe(0);
    });

    it('of an older version stamps nothing anew', async () => {
      await add([version(1), version(2)]);
      const [, newest] = await rows();
      await remove({ versions: { first: true, last: false, exact: [] } });
      expect(await rows()).toEqual([newest]);
    });

    it('of the latest specification version brings the newest of the one before to light', async () => {
      await add([version(1, '2.0'), version(2, '2.0'), version(3, '2.1')]);
      expect(await shown()).toEqual([
        ['2.0', 1, LATEST.no],
        ['2.0', 2, LATEST.inSpecVersion],
        ['2.1', 3, LATEST.overall],
      ]);
      const { last_stamp: before } = await owner();
      await remove({ specVersions: ['2.1'] });
      expect(await shown()).toEqual([
        ['2.0', 1, LATEST.no],
        ['2.0', 2, LATEST.overall],
      ]);
      expect((await rows()).at(-1)?.date_added).toBeGreaterThan(before);
    });

    it('counts first and last over the versions that match the specification version', async () => {
      await add([version(1, '2.0'), version(2, '2.1'), version(3, '2.1'), version(4, '2.0')]);
      const last = { first: false, last: true, exact: [] };
      expect(await remove({ specVersions: ['2.1'], versions: last })).toBe(1);
      expect(await shown()).toEqual([
        ['2.0', 1, LATEST.no],
        ['2.0', 4, LATEST.inSpecVersion],
        ['2.1', 2, LATEST.overall],
      ]);
    });

    it('lets the same version be added again', async () => {
      await add([version(1)]);
      await remove();
      expect((await add([version(1)])).map((outcome) => outcome.kind)).toEqual(['added']);
      expect(await shown()).toEqual([['2.1', 1, LATEST.overall]]);
    });
  });
});
