import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../server/testing/test-app.ts';
import { indicator } from '../../server/testing/test-server.ts';
import { datesOf, expectError, expectPage, idsOf, versionsOf } from './shapes.ts';
import type { Resource } from './wire.ts';
import { fill, openWorld, type Place, type World } from './world.ts';

const id = (number: number) => String(indicator(number).id);

describe.each(ENGINES)('filters on %s', (engine) => {
  let world: World;
  let place: Place;
  /** The time of adding of each of ten indicators, in order. */
  let added: string[];
  beforeAll(async () => {
    world = await openWorld(engine);
    place = await world.newCommunity('Filters');
    await fill(
      world.client,
      place.objects,
      Array.from({ length: 10 }, (_, index) => indicator(index + 1)),
      3,
    );
    added = (await page(place.manifest)).objects?.map((record) => String(record.date_added)) ?? [];
  });
  afterAll(() => world?.close());
  const page = async (path: string): Promise<Resource> => expectPage(await world.client.get(path));
  const ids = async (query: string) => idsOf(await page(`${place.objects}?${query}`));
  const everything = Array.from({ length: 10 }, (_, index) => id(index + 1));

  it.each([
    'added_after=garbage',
    'added_after=2026-01-01',
    'added_after=2026-13-01T00:00:00Z',
    'added_after=2026-02-30T00:00:00Z',
    'added_after=1700000000',
    'added_after=2026-01-01T00:00:00',
    'added_after=%ff',
    'limit=0',
    'limit=-1',
    'limit=1.5',
    'limit=abc',
    'limit=',
    'limit=1e3',
    'limit=+1',
    'limit=0x10',
    'limit=%31%',
    'next=garbage',
    'next=%00',
    'next=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    'match[version]=bogus',
    'match[version]=',
    'match[version]=all,last',
    'match[version]=all,2026-01-01T00:00:00Z',
    'match[version]=last,last',
    'match[version]=2026-01-01T00:00:00Z,2026-01-01T00:00:00.000Z',
    'match[version]=LAST',
    'match[id]=',
    'match[id]=a,,b',
    'match[id]=%00',
    'match[type]=',
    'match[spec_version]=',
    '%ff=1',
  ])('items 81, 83, 84, 87, 92, 105 · %s gets 400', async (query) => {
    expectError(await world.client.get(`${place.objects}?${query}`), 400);
    expectError(await world.client.get(`${place.manifest}?${query}`), 400);
    const isMatch = /^match\[(id|type)/.test(query);
    if (!isMatch) expectError(await world.client.get(`${place.objects}${id(1)}/?${query}`), 400);
  });

  it.each([
    ['added_after', '2026-01-01T00:00:00Z'],
    ['limit', '1'],
    ['next', 'x'],
    ['match[id]', 'x'],
    ['match[type]', 'x'],
    ['match[version]', 'all'],
    ['match[spec_version]', '2.1'],
  ])('items 83, 97 · %s given twice gets 400, also when it is written in two ways', async (name, value) => {
    const encoded = encodeURIComponent(name);
    for (const second of [name, encoded, name.replace('a', '%61')]) {
      const answer = await world.client.get(`${place.objects}?${name}=${value}&${second}=${value}`);
      expectError(answer, 400);
    }
  });

  it('items 84, R9, C6 · added_after is any RFC 3339 timestamp, of any precision and offset', async () => {
    const at = added[3] ?? '';
    const rest = everything.slice(4);
    const shifted = new Date(Date.parse(at) + 5.5 * 3_600_000).toISOString().slice(0, 19);
    const micros = at.slice(20, 26);
    for (const text of [
      at,
      at.toLowerCase(),
      at.replace('T', 't'),
      at.replace('Z', '999Z'), // nanoseconds are cut off, downwards
      at.replace('Z', '+00:00'),
      at.replace('Z', '%2B00:00'),
      at.replace('Z', '%2000:00'),
      at.replace('Z', '-00:00'),
      at.replaceAll(':', '%3A'),
      at.replace('T', '%20'),
      `${shifted}.${micros}+05:30`,
    ]) {
      expect(await ids(`added_after=${text}`), text).toEqual(rest);
    }
    expect(await ids(`added_after=${at.slice(0, 19)}Z`)).toHaveLength(
      added.filter((each) => each > `${at.slice(0, 19)}.000000Z`).length,
    );
    expect(await ids('added_after=0001-01-01T00:00:00Z')).toEqual(everything);
    expect(await ids('added_after=9999-12-31T23:59:59.999999Z')).toEqual([]);
  });

  it('items 82, 85, 86 · added_after is exclusive and speaks of the time of adding; without it the oldest come first', async () => {
    expect(await ids('')).toEqual(everything);
    for (const [index, at] of added.entries()) {
      expect(await ids(`added_after=${at}`)).toEqual(everything.slice(index + 1));
    }
    expect(await ids('added_after=2026-01-01T00:00:00Z')).toEqual(everything);
  });

  it('items 88, 89, 90 · a page never has more than limit, says whether more is left, and is whole when it is not', async () => {
    for (const [limit, count, more] of [
      [1, 1, true],
      [9, 9, true],
      [10, 10, false],
      [11, 10, false],
    ] as const) {
      const found = await page(`${place.objects}?limit=${limit}`);
      expect([found.objects?.length, found.more]).toEqual([count, more]);
    }
    expect((await page(`${place.objects}?limit=007`)).objects?.length).toBe(7);
  });

  it('items 91, R17, C18 · a limit above any page is capped, never refused', async () => {
    for (const limit of ['15000', '9007199254740991', '9007199254740993', '9'.repeat(400)]) {
      expect(await ids(`limit=${limit}`)).toEqual(everything);
    }
    const small = await world.newService({
      name: 'Capped',
      path: 'capped',
      defaultPageSize: 2,
      maxPageSize: 3,
    });
    const path = `/capped/collections/${place.collectionId}/objects/`;
    const capped = expectPage(await small.get(`${path}?limit=100000`));
    expect([capped.objects?.length, capped.more]).toEqual([3, true]);
    const byDefault = expectPage(await small.get(path));
    expect([byDefault.objects?.length, byDefault.more]).toEqual([2, true]);
  });

  it('items 93, R4, R5 · an empty next is none; a token carries filters and limit for clients that send nothing else', async () => {
    const query = 'match[type]=indicator&limit=3&match[version]=all';
    const first = await page(`${place.objects}?${query}&next=`);
    expect(idsOf(first)).toEqual(everything.slice(0, 3));
    const second = await page(`${place.objects}?next=${first.next}`);
    expect(idsOf(second)).toEqual(everything.slice(3, 6));
    const third = await page(`${place.objects}?next=${second.next}&limit=2`);
    expect(idsOf(third)).toEqual(everything.slice(6, 8));
    const narrowed = await page(`${place.objects}?next=${first.next}&match[id]=${id(2)},${id(9)}`);
    expect(idsOf(narrowed)).toEqual([id(9)]);
    expect(first.next).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  it('items 94, R5 · next and a newer added_after go on from the later of both', async () => {
    const first = await page(`${place.objects}?limit=2&added_after=2026-01-01T00:00:00Z`);
    const from = async (at: string | undefined) =>
      idsOf(await page(`${place.objects}?next=${first.next}&limit=100&added_after=${at}`));
    expect(await from(added[5])).toEqual(everything.slice(6));
    expect(await from(added[0])).toEqual(everything.slice(2));
    expect(await from('2026-01-01T00:00:00Z')).toEqual(everything.slice(2));
  });

  it('items 95, R4 · a token of another collection gets 400; objects and manifest take each other’s', async () => {
    const other = await world.newCommunity('Another');
    await fill(world.client, other.objects, [indicator(1), indicator(2)]);
    const { next } = await page(`${other.objects}?limit=1`);
    expectError(await world.client.get(`${place.objects}?next=${next}`), 400);
    expectError(await world.client.get(`${place.manifest}?next=${next}`), 400);
    const mine = await page(`${place.objects}?limit=4`);
    const records = await page(`${place.manifest}?next=${mine.next}`);
    expect(idsOf(records)).toEqual(everything.slice(4, 8));
    const { next: token = '' } = mine;
    const forged = `${token.slice(0, 30)}${token[30] === 'A' ? 'B' : 'A'}${token.slice(31)}`;
    expectError(await world.client.get(`${place.objects}?next=${forged}`), 400);
  });

  it('items 96, 100 · match fields are ANDed and their values ORed; an unknown id gives an empty page', async () => {
    expect(await ids(`match[id]=${id(2)},${id(5)}`)).toEqual([id(2), id(5)]);
    expect(await ids(`match[id]=${id(2)},${id(2)}`)).toEqual([id(2)]);
    expect(await ids(`match[id]=${id(2)}&match[type]=malware`)).toEqual([]);
    expect(await ids(`match[id]=${id(2)}&match[type]=malware,indicator`)).toEqual([id(2)]);
    for (const unknown of ['indicator--00000000-0000-4000-8000-ffffffffffff', 'no-id', 'x'.repeat(299)]) {
      const answer = await world.client.get(`${place.objects}?match[id]=${unknown}`);
      expectPage(answer);
      expect(answer.text).toBe('{"more":false}');
    }
  });

  it('item 101 · any type may be asked for, known or not', async () => {
    for (const type of [
      'indicator',
      'x-custom',
      'file',
      'relationship',
      'bundle',
      'X',
      '%F0%9F%9B%B0',
      'a,b,c',
    ]) {
      const found = await ids(`match[type]=${type}`);
      expect(found).toEqual(type === 'indicator' ? everything : []);
    }
  });

  it('items 98, 99 · unknown match fields and unknown parameters are ignored', async () => {
    const query = 'match[x_score]=5&match[]=1&match=2&foo=bar&foo=baz&x=%&&=&api_key=1&MATCH[id]=x';
    expect(await ids(query.replace('x=%&', ''))).toEqual(everything);
  });

  it('item 107 · brackets may be percent-encoded or not', async () => {
    for (const name of ['match[id]', 'match%5Bid%5D', 'match%5bid%5d', 'match[id%5D', '%6Datch[id]']) {
      expect(await ids(`${name}=${id(3)}`)).toEqual([id(3)]);
    }
    expect(await ids(`match[id]=${id(3).replaceAll('-', '%2D')}%2C${id(4)}`)).toEqual([id(3), id(4)]);
  });

  it('items 103, 104, 106 · versions are instants, by modified, else created, else the time of adding', async () => {
    const sco = { type: 'domain-name', id: `domain-name--${id(1).slice(11)}`, value: 'example.org' };
    const marking = {
      type: 'marking-definition',
      spec_version: '2.1',
      id: `marking-definition--${id(1).slice(11)}`,
      created: '2026-02-02T00:00:00.5Z',
      definition_type: 'statement',
      definition: { statement: 'x' },
    };
    const versions = ['2026-03-01T00:00:00.005Z', '2026-03-01T00:00:00.1Z', '2026-03-01T00:00:00.09Z'];
    const own = await world.newCommunity('Instants');
    await fill(world.client, own.objects, [
      sco,
      marking,
      ...versions.map((modified) => indicator(1, { modified })),
    ]);
    const found = async (query: string) => versionsOf(await page(`${own.objects}?${query}`));
    expect(await found('match[version]=2026-03-01T00:00:00.005000Z')).toEqual([`${id(1)} ${versions[0]}`]);
    expect(await found('match[version]=2026-02-02T00:00:00.500Z')).toEqual([
      `${marking.id} ${marking.created}`,
    ]);
    expect(await found('match[version]=last&match[type]=indicator')).toEqual([`${id(1)} ${versions[1]}`]);
    expect(await found('match[version]=first&match[type]=indicator')).toEqual([`${id(1)} ${versions[0]}`]);
    expect(await found(`match[version]=first,${versions[2]}`)).toHaveLength(4);
    const records = (await page(own.manifest)).objects ?? [];
    expect(records[0]).toMatchObject({ id: sco.id, version: records[0]?.date_added });
    expect(records[1]).toMatchObject({ id: marking.id, version: marking.created });
    expect(await found(`match[version]=${records[0]?.version}`)).toEqual([`${sco.id} `]);
    expect(await found('match[spec_version]=2.0')).toEqual([]);
  });

  it('item 108 · match fields that an endpoint does not have are ignored there', async () => {
    const object = await page(`${place.objects}${id(3)}/?match[id]=${id(4)}&match[type]=malware`);
    expect(idsOf(object)).toEqual([id(3)]);
    const versions = await page(
      `${place.objects}${id(3)}/versions/?match[version]=bogus&match[id]=&match[type]=x`,
    );
    expect(versions.versions).toEqual(['2026-01-01T00:00:00.000Z']);
  });

  it('items 81, 187 · a list of 1,000 values is served, a longer one refused', async () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => id(index + 1)).join(',');
    expect(await ids(`match[id]=${many(1000)}`)).toEqual(everything);
    const first = await page(`${place.objects}?limit=2&match[id]=${many(1000)}`);
    expect(idsOf(await page(`${place.objects}?next=${first.next}`))).toEqual(everything.slice(2, 4));
    expectError(await world.client.get(`${place.objects}?match[id]=${many(1001)}`), 400);
  });

  it('item 112 · the headers of an empty page echo added_after', async () => {
    const after = '2031-02-03T04:05:06.7Z';
    const answer = await world.client.get(`${place.objects}?added_after=${after}`);
    expectPage(answer);
    expect(datesOf(answer)).toEqual({
      first: '2031-02-03T04:05:06.700000Z',
      last: '2031-02-03T04:05:06.700000Z',
    });
  });
});
