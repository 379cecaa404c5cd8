import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../server/testing/test-app.ts';
import { indicator } from '../../server/testing/test-server.ts';
import { expectError, expectKeys, expectPage, expectStatus, idsOf, TIMESTAMP } from './shapes.ts';
import { fill, openWorld, type Place, ROOT, type World } from './world.ts';

const id = (number: number) => String(indicator(number).id);

describe.each(ENGINES)('envelope, manifest and versions on %s', (engine) => {
  let world: World;
  let place: Place;
  beforeAll(async () => {
    world = await openWorld(engine);
    place = await world.newCommunity('Resources');
    await fill(world.client, place.objects, [
      indicator(1),
      indicator(2, { modified: '2026-01-02T00:00:00Z' }),
      indicator(2, { modified: '2026-01-01T12:00:00.1Z' }),
      indicator(3),
    ]);
  });
  afterAll(() => world?.close());

  it('items 128, 141, E7 · an envelope has more, next and objects, and nothing else', async () => {
    const page = expectPage(await world.client.get(`${place.objects}?limit=1`));
    expectKeys(page, ['more', 'next', 'objects']);
    for (const object of page.objects ?? []) {
      expect(object).toEqual(indicator(1));
    }
  });

  it('items 129, 130, 136 · without a match an envelope is {"more":false}, and a manifest likewise', async () => {
    for (const path of [place.objects, place.manifest]) {
      const answer = await world.client.get(`${path}?match[type]=malware`);
      expectPage(answer);
      expect(answer.text).toBe('{"more":false}');
    }
  });

  it('items 131, 138, E9, E11 · an unknown object id answers 404, of whatever form', async () => {
    for (const unknown of [id(99), 'not-an-id', '1', 'indicator--x', "'", encodeURIComponent('ä/ö')]) {
      expectError(await world.client.get(`${place.objects}${unknown}/`), 404);
      expectError(await world.client.get(`${place.objects}${unknown}/versions/`), 404);
    }
  });

  it('items 130, 132, E9 · an object of which the filters exclude every version is an empty envelope', async () => {
    for (const query of [
      'match[spec_version]=2.0',
      'match[version]=2020-01-01T00:00:00Z',
      'added_after=2099-01-01T00:00:00Z',
    ]) {
      const answer = await world.client.get(`${place.objects}${id(1)}/?${query}`);
      expectPage(answer);
      expect(answer.text).toBe('{"more":false}');
    }
    const versions = await world.client.get(`${place.objects}${id(1)}/versions/?match[spec_version]=2.0`);
    expectPage(versions);
    expect(versions.text).toBe('{"more":false}');
  });

  it('items 133, 192, R10 · an object comes back octet for octet: numbers, white space, order, escapes, timestamps', async () => {
    const own = await world.newCommunity('Octet for octet');
    const texts = [
      `{ "type" : "indicator",\n\t"spec_version":"2.1","id":"${id(1)}",  "created":"2026-01-01T00:00:00Z","modified":"2026-01-01T00:00:00.10Z","pattern":"[url:value = '\\u00e9\\/']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00+00:00","x_a":1.0,"x_b":1,"x_c":1e400,"x_d":-0,"x_e":12345678901234567890.1234567890,"x_f":{},"x_g":" \\ud83d\\ude00 😀" }`,
      JSON.stringify(indicator(2, { zz: 1, aa: 2, constructor: 3 })),
    ];
    const posted = await world.client.post(own.objects, `{"objects":[ ${texts.join(' ,\r\n ')} ]}`);
    expect(expectStatus(posted).success_count).toBe(2);
    const page = await world.client.get(own.objects);
    expect(page.text).toBe(`{"more":false,"objects":[${texts.join(',')}]}`);
    const one = await world.client.get(`${own.objects}${id(1)}/`);
    expect(one.text).toBe(`{"more":false,"objects":[${texts[0]}]}`);
    const filtered = await world.client.get(`${own.objects}?match[version]=all&match[type]=indicator`);
    expect(filtered.text).toBe(page.text);
  });

  it('items 134, 135, 137, 140, E6 · a manifest record has id, time of adding, the version as the object writes it, and a media type', async () => {
    const own = await world.newCommunity('Records');
    const texts = ['2026-01-02T00:00:00Z', '2026-01-02T00:00:00.10Z', '2026-01-02T00:00:00.1234567Z'];
    await fill(
      world.client,
      own.objects,
      texts.map((modified, index) => indicator(index, { modified })),
    );
    const records = expectPage(await world.client.get(own.manifest)).objects ?? [];
    expect(records.map((record) => record.version)).toEqual(texts);
    for (const record of records) {
      expectKeys(record, ['id', 'date_added', 'version', 'media_type']);
      expect(record.date_added).toMatch(TIMESTAMP);
      expect(record.media_type).toBe('application/stix+json;version=2.1');
    }
    const { media_types: types } = (await world.client.get(own.path)).json;
    expect(types).toContain(records[0]?.media_type);
  });

  it('item 134 · an object of a spec version without a media type of its own is listed without one', async () => {
    const own = await world.newCommunity('Odd spec');
    await fill(world.client, own.objects, [indicator(1, { spec_version: '2.2' })]);
    const [record] = expectPage(await world.client.get(own.manifest)).objects ?? [];
    expectKeys(record ?? {}, ['id', 'date_added', 'version']);
  });

  it('items 138, 139, E11 · versions are unique texts, in the order of adding, and nothing else', async () => {
    const page = expectPage(await world.client.get(`${place.objects}${id(2)}/versions/`));
    expectKeys(page, ['more', 'versions']);
    expect(page.versions).toEqual(['2026-01-02T00:00:00Z', '2026-01-01T12:00:00.1Z']);
  });

  it('items 137, 104 · the object without filters is its newest version, whenever that was added', async () => {
    const page = expectPage(await world.client.get(`${place.objects}${id(2)}/`));
    expect(page.objects).toEqual([indicator(2, { modified: '2026-01-02T00:00:00Z' })]);
  });

  it('item 142 · answers are kept by no cache, vary with what they depend on, and are compressed when asked', async () => {
    const many = await world.newCommunity('Compressed');
    await fill(
      world.client,
      many.objects,
      Array.from({ length: 50 }, (_, index) => indicator(index + 1)),
    );
    for (const path of [many.objects, many.manifest, `${ROOT}collections/`, '/unknown/']) {
      const answer = await world.client.get(path);
      expect(answer.headers['cache-control']).toMatch(/no-store|private/);
      for (const name of ['Accept', 'Authorization', 'Accept-Encoding']) {
        expect(answer.headers.vary).toContain(name);
      }
      expect(answer.headers['content-encoding']).toBeUndefined();
    }
    const plain = await world.client.get(many.objects);
    for (const coding of ['gzip', 'deflate, gzip;q=0.5', 'gzip, br, zstd']) {
      const packed = await world.client.get(many.objects, { 'Accept-Encoding': coding });
      expect(packed.headers['content-encoding']).toBe('gzip');
      expect(Number(packed.headers['content-length'])).toBe(packed.body.length);
      expect(packed.body.length).toBeLessThan(plain.body.length / 5);
      expect(gunzipSync(packed.body).equals(plain.body)).toBe(true);
    }
    for (const coding of ['gzip;q=0', 'identity', 'br', '*;q=0']) {
      const unpacked = await world.client.get(many.objects, { 'Accept-Encoding': coding });
      expect(unpacked.body.equals(plain.body)).toBe(true);
    }
  });

  it('item 142 · a HEAD of a compressed page says the compressed length', async () => {
    const headers = { 'Accept-Encoding': 'gzip' };
    const many = `${ROOT}collections/${encodeURIComponent('Compressed')}/objects/`;
    const get = await world.client.get(many, headers);
    const head = await world.client.request('HEAD', many, { headers });
    expect(head.headers['content-length']).toBe(get.headers['content-length']);
    expect(head.headers['content-encoding']).toBe('gzip');
  });

  it('items 133, 137 · manifest and objects name the same objects', async () => {
    for (const query of ['', '?match[version]=all', '?match[version]=first', '?limit=2']) {
      const objects = expectPage(await world.client.get(`${place.objects}${query}`));
      const manifest = expectPage(await world.client.get(`${place.manifest}${query}`));
      expect(idsOf(manifest)).toEqual(idsOf(objects));
      expect(manifest.more).toBe(objects.more);
    }
  });
});
