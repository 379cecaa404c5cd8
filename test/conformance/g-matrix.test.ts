import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../server/testing/test-app.ts';
import { type Query, queryText, type Stored, select } from './oracle.ts';
import { datesOf, expectPage } from './shapes.ts';
import type { Resource } from './wire.ts';
import { fill, openWorld, type Place, type World } from './world.ts';

const TYPES = ['indicator', 'identity', 'malware', 'tool', 'vulnerability'] as const;

/** 300 versions of about 130 objects: up to four versions each, some of them in STIX 2.0 as well; and observables without any. */
function makeObjects(): Record<string, unknown>[] {
  const objects: Record<string, unknown>[] = [];
  for (let number = 0; objects.length < 300; number++) {
    const type = TYPES[number % TYPES.length] ?? 'tool';
    const uuid = `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
    if (number % 10 === 9) {
      objects.push({ type: 'domain-name', id: `domain-name--${uuid}`, value: `host-${number}.example` });
      continue;
    }
    const count = 1 + (number % 4);
    for (let version = 0; version < count; version++) {
      const base = {
        type,
        id: `${type}--${uuid}`,
        name: `${type} ${number} v${version}`,
        created: '2026-01-01T00:00:00.000Z',
        modified: `2026-01-0${version + 1}T00:00:00.${version % 2 === 0 ? '000' : '000000'}Z`,
        ...(type === 'indicator'
          ? { pattern: "[url:value = 'x']", pattern_type: 'stix', valid_from: '2026-01-01T00:00:00Z' }
          : {}),
        ...(type === 'malware' ? { is_family: true } : {}),
      };
      // The older spec version of some objects has the newest instant: it must not win over 2.1 by that.
      if (number % 6 === 1) objects.push({ ...base, modified: base.modified.replace('-01-', '-02-') });
      if (number % 6 !== 3) objects.push({ ...base, spec_version: '2.1' });
      else objects.push(base);
    }
  }
  return objects.slice(0, 300);
}

describe.each(ENGINES)('filters against an oracle on %s', (engine) => {
  let world: World;
  let place: Place;
  let all: Stored[];
  let middle: string;
  beforeAll(async () => {
    world = await openWorld(engine);
    place = await world.newCommunity('Matrix');
    const objects = makeObjects();
    // Not in the order of their versions, so that the order of adding is no help.
    const shuffled = objects
      .map((object, index): [number, Record<string, unknown>] => [(index * 7919) % 300, object])
      .sort(([a], [b]) => a - b)
      .map(([, object]) => object);
    await fill(world.client, place.objects, shuffled, 37);
    const manifest = expectPage(
      await world.client.get(`${place.manifest}?match[version]=all&match[spec_version]=2.0,2.1`),
    );
    all = (manifest.objects ?? []).map((record) => ({
      id: String(record.id),
      type: String(record.id).split('--')[0] ?? '',
      spec: String(record.media_type).endsWith('2.0') ? '2.0' : '2.1',
      version: String(record.version),
      added: String(record.date_added),
    }));
    middle = all[150]?.added ?? '';
  });
  afterAll(() => world?.close());

  const list = async (path: string, query: string): Promise<Resource> =>
    expectPage(await world.client.get(`${path}?${query}`));
  const recordsOf = (page: Resource) =>
    (page.objects ?? []).map((record) => `${record.date_added} ${record.id} ${record.version}`);
  const expected = (query: Query) => select(all, query).map((one) => `${one.added} ${one.id} ${one.version}`);
  /** The version is the server's own for observables, so those are told by their id. */
  const objectsOf = (page: Resource) =>
    (page.objects ?? []).map((one) => `${one.id} ${one.modified ?? 'none'} ${one.spec_version ?? 'none'}`);

  /** Every combination of one value each. */
  function queries(): Query[] {
    const ids = [...new Set(all.map((one) => one.id))];
    const some = [3, 9, 13, 21, 45].map((index) => ids[index] ?? '');
    const combined: Query[] = [];
    for (const addedAfter of [undefined, middle]) {
      for (const idList of [
        undefined,
        some,
        [...some, `tool--${'0'.repeat(8)}-0000-4000-8000-${'f'.repeat(12)}`],
      ]) {
        for (const types of [undefined, ['malware'], ['identity', 'domain-name', 'x-unknown']]) {
          for (const versions of [
            undefined,
            ['last'],
            ['first'],
            ['all'],
            ['first', 'last'],
            ['2026-01-02T00:00:00.000Z'],
            ['2026-01-02T00:00:00Z', '2026-02-01T00:00:00.000000Z', 'last'],
          ]) {
            for (const specs of [undefined, ['2.0'], ['2.1'], ['2.0', '2.1'], ['1.1']]) {
              const query: Query = {};
              if (addedAfter !== undefined) query.addedAfter = addedAfter;
              if (idList !== undefined) query.ids = idList;
              if (types !== undefined) query.types = types;
              if (versions !== undefined) query.versions = versions;
              if (specs !== undefined) query.specs = specs;
              combined.push(query);
            }
          }
        }
      }
    }
    return combined;
  }

  it('item 82 · there are 300 records, each with a time of adding of its own', () => {
    expect(all.length).toBe(300);
    expect(new Set(all.map((one) => one.added)).size).toBe(300);
    expect(all.some((one) => one.spec === '2.0')).toBe(true);
  });

  it('items 82, 85, 89, 96, 100, 101, 102, 103, 104, 105, 106, 137 · every combination of filters selects what the standard says, and manifest and objects agree', async () => {
    for (const query of queries()) {
      const text = queryText(query);
      const manifest = await list(place.manifest, text);
      expect(recordsOf(manifest), text).toEqual(expected(query));
      expect(manifest.more).toBe(false);
      const objects = await list(place.objects, text);
      expect(
        (objects.objects ?? []).map((one) => one.id),
        text,
      ).toEqual((manifest.objects ?? []).map((one) => one.id));
      for (const [index, object] of (objects.objects ?? []).entries()) {
        if (object.modified !== undefined) expect(object.modified).toBe(manifest.objects?.[index]?.version);
      }
    }
  });

  it('items 88, 90, 113, 115, 116, 124 · whatever the filter and the limit, walking by next and by the Last header gives every record once', async () => {
    const walks: [Query, number][] = [
      [{}, 1],
      [{}, 7],
      [{ versions: ['all'], specs: ['2.0', '2.1'] }, 11],
      [{ types: ['malware', 'tool'] }, 3],
      [{ types: ['malware'], versions: ['all'] }, 1],
      [{ addedAfter: middle, versions: ['first'] }, 4],
      [{ ids: all.slice(0, 60).map((one) => one.id), versions: ['all'] }, 5],
      [{ specs: ['2.0'] }, 2],
    ];
    for (const [query, limit] of walks) {
      const whole = objectsOf(await list(place.objects, queryText(query)));
      expect(whole.length).toBe(select(all, query).length);
      for (const path of [place.objects, place.manifest]) {
        const byNext: string[] = [];
        const byHeader: string[] = [];
        let next = '';
        let pages = 0;
        for (;;) {
          const page = await list(
            path,
            `${queryText(query)}&limit=${limit}${next === '' ? '' : `&next=${next}`}`,
          );
          const found = path === place.objects ? objectsOf(page) : recordsOf(page);
          expect(found.length).toBeLessThanOrEqual(limit);
          expect(found.length > 0).toBe(true);
          byNext.push(...found);
          pages++;
          if (page.more !== true) break;
          expect(found.length).toBe(limit);
          next = page.next ?? '';
        }
        expect(pages).toBe(Math.ceil(whole.length / limit));
        let after = query.addedAfter;
        for (;;) {
          const { addedAfter: _first, ...rest } = query;
          const start = after === undefined ? '' : `&added_after=${after}`;
          const answer = await world.client.get(`${path}?${queryText(rest)}&limit=${limit}${start}`);
          const page = expectPage(answer);
          byHeader.push(...(path === place.objects ? objectsOf(page) : recordsOf(page)));
          if (page.more !== true) break;
          after = datesOf(answer).last;
        }
        expect(byNext).toEqual(path === place.objects ? whole : expected(query));
        expect(byHeader).toEqual(byNext);
      }
    }
  });

  it('items 82, 109, 111, E6, E7 · added_after is exclusive at every position, and the headers are those of the page', async () => {
    const latest = select(all, {});
    for (const at of [0, 1, 50, latest.length - 2, latest.length - 1]) {
      const { added = '' } = latest[at] ?? {};
      const answer = await world.client.get(`${place.manifest}?added_after=${added}`);
      const page = expectPage(answer);
      expect(recordsOf(page)).toEqual(expected({ addedAfter: added }));
      const dates = page.objects?.map((record) => String(record.date_added));
      expect(datesOf(answer)).toEqual({ first: dates?.at(0) ?? added, last: dates?.at(-1) ?? added });
    }
  });

  it('items 108, 121, 132, 138, 139, E9, E11 · versions and single objects agree with the oracle for every object', async () => {
    const ids = [...new Set(all.map((one) => one.id))].slice(0, 60);
    for (const id of ids) {
      const versions = expectPage(await world.client.get(`${place.objects}${id}/versions/`));
      expect(versions.versions).toEqual(
        select(all, { ids: [id], versions: ['all'] }).map((one) => one.version),
      );
      for (const specs of [['2.0'], ['2.1']]) {
        const query = { ids: [id], versions: ['all'], specs };
        const some = expectPage(
          await world.client.get(`${place.objects}${id}/versions/?match[spec_version]=${specs.join(',')}`),
        );
        expect(some.versions ?? []).toEqual(select(all, query).map((one) => one.version));
        const one = expectPage(
          await world.client.get(
            `${place.objects}${id}/?match[version]=all&match[spec_version]=${specs.join(',')}`,
          ),
        );
        expect(one.objects?.length ?? 0).toBe(select(all, query).length);
      }
    }
  });
});
