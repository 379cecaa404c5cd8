import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../../server/serving.ts';
import { ENGINES } from '../../server/testing/test-app.ts';
import { indicator } from '../../server/testing/test-server.ts';
import { datesOf, expectError, expectPage, expectTaxii, idsOf, TIMESTAMP } from './shapes.ts';
import { createClient, type Resource } from './wire.ts';
import { fill, openWorld, type Place, placePath, type World } from './world.ts';

const id = (number: number) => String(indicator(number).id);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe.each(ENGINES)('sorting, paging and headers on %s', (engine) => {
  let world: World;
  let place: Place;
  beforeAll(async () => {
    world = await openWorld(engine);
    place = await world.newCommunity('Paging');
    await fill(
      world.client,
      place.objects,
      range(1, 25).map((number) => indicator(number)),
      4,
    );
  });
  afterAll(() => world?.close());
  const page = async (path: string): Promise<Resource> => expectPage(await world.client.get(path));

  it('items 109, 110, 111, 116, R7, R8, E6, E7 · both lists ascend by a time of adding that no two records share, and the headers are its ends', async () => {
    const answer = await world.client.get(`${place.manifest}?limit=10`);
    const records = expectPage(answer).objects ?? [];
    const dates = records.map((record) => String(record.date_added));
    expect(dates).toEqual([...dates].sort());
    expect(new Set(dates).size).toBe(10);
    expect(datesOf(answer)).toEqual({ first: dates[0], last: dates[9] });
    const objects = await world.client.get(`${place.objects}?limit=10`);
    expect(idsOf(objects.json)).toEqual(records.map((record) => record.id));
    expect(datesOf(objects)).toEqual(datesOf(answer));
  });

  it('items 110, 111, R7, E9, E11 · an object and its versions have the date headers, too', async () => {
    const record = (await page(`${place.manifest}?match[id]=${id(5)}`)).objects?.[0];
    for (const path of [`${place.objects}${id(5)}/`, `${place.objects}${id(5)}/versions/`]) {
      const answer = await world.client.get(path);
      expectPage(answer);
      expect(datesOf(answer)).toEqual({ first: record?.date_added, last: record?.date_added });
    }
  });

  it('items 112, 129, R7, C6, C17 · an empty page has both headers: added_after, else the time when the collection began', async () => {
    const empty = await world.newCommunity('Empty');
    for (const path of [empty.objects, empty.manifest]) {
      const answer = await world.client.get(path);
      expectPage(answer);
      const { first, last } = datesOf(answer);
      expect(first).toMatch(TIMESTAMP);
      expect(last).toBe(first);
      const after = '2030-01-01T00:00:00.000001Z';
      expect(datesOf(await world.client.get(`${path}?added_after=${after}`)).last).toBe(after);
    }
    // A client that goes on from the header of the empty page misses nothing.
    const { last } = datesOf(await world.client.get(empty.objects));
    await fill(world.client, empty.objects, [indicator(1)]);
    expect(idsOf(await page(`${empty.objects}?added_after=${last}`))).toEqual([id(1)]);
  });

  it('items 113, 114, R6, R19 · next stands exactly where more is true, and no page but the only one is empty', async () => {
    for (const path of [place.objects, place.manifest]) {
      let next: string | undefined = '';
      let pages = 0;
      while (next !== undefined) {
        const found: Resource = await page(`${path}?limit=5${next === '' ? '' : `&next=${next}`}`);
        expect(found.objects?.length).toBe(5);
        expect(found.more).toBe(found.next !== undefined);
        next = found.next;
        pages++;
      }
      expect(pages).toBe(5);
    }
  });

  it('items 115, 118 · the same token gives the same page again', async () => {
    const first = await page(`${place.objects}?limit=4`);
    const once = await world.client.get(`${place.objects}?next=${first.next}`);
    const twice = await world.client.get(`${place.objects}?next=${first.next}`);
    expectPage(once);
    expect(twice.text).toBe(once.text);
    expect(datesOf(twice)).toEqual(datesOf(once));
  });

  it('items 118, 119, R4 · a token is good at another process on the same data, and ten years later', async () => {
    const { next } = await page(`${place.objects}?limit=4`);
    const second = await world.app.reopen();
    const server = await startServer(second);
    try {
      const client = createClient(server.port, world.client.authorization);
      const there = expectPage(await client.get(`${place.objects}?next=${next}`));
      expect(idsOf(there)).toEqual(range(5, 8).map(id));
    } finally {
      await server.close(500);
      await second.close();
    }
    world.app.clock.advance(10 * 365 * 86_400);
    expect(idsOf(await page(`${place.objects}?next=${next}`))).toEqual(range(5, 8).map(id));
  });

  it('item 117 · while others write, a poller that follows the Last header or next sees every object', async () => {
    const busy = await world.newCommunity('Busy');
    const writers = 4;
    const posts = 8;
    let isWriting = true;
    const write = async (writer: number) => {
      for (let post = 0; post < posts; post++) {
        const base = 1000 * (writer + 1) + 3 * post;
        await fill(world.client, busy.objects, [indicator(base), indicator(base + 1), indicator(base + 2)]);
      }
    };
    const pollByHeader = async () => {
      const seen: string[] = [];
      let after = '2000-01-01T00:00:00Z';
      for (let isLast = false; !isLast; ) {
        isLast = !isWriting;
        const answer = await world.client.get(`${busy.objects}?limit=5&added_after=${after}`);
        const found = expectPage(answer);
        seen.push(...idsOf(found));
        after = datesOf(answer).last;
        if (found.more === true) isLast = false;
      }
      return seen;
    };
    const pollByNext = async () => {
      const seen: string[] = [];
      let cursor = 'added_after=2000-01-01T00:00:00Z';
      for (let isLast = false; !isLast; ) {
        isLast = !isWriting;
        const answer = await world.client.get(`${busy.objects}?limit=4&${cursor}`);
        const found = expectPage(answer);
        seen.push(...idsOf(found));
        cursor = found.next === undefined ? `added_after=${datesOf(answer).last}` : `next=${found.next}`;
        if (found.more === true) isLast = false;
      }
      return seen;
    };
    const writing = Promise.all(range(0, writers - 1).map(write)).then(() => {
      isWriting = false;
    });
    const [byHeader, byNext] = await Promise.all([pollByHeader(), pollByNext(), writing]);
    for (const seen of [byHeader, byNext]) {
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.length).toBe(writers * posts * 3);
    }
  });

  it('items 120, 125 · deleting what a token points at, and what follows it, does not break the token', async () => {
    const own = await world.newCommunity('Deleting');
    await fill(
      world.client,
      own.objects,
      range(1, 6).map((number) => indicator(number)),
    );
    const first = await page(`${own.objects}?limit=2`);
    const remove = async (number: number) =>
      expectTaxii(await world.client.delete(`${own.objects}${id(number)}/`), 200);
    await remove(2);
    await remove(3);
    expect(idsOf(await page(`${own.objects}?next=${first.next}`))).toEqual([id(4), id(5)]);
    for (const number of [4, 5, 6]) await remove(number);
    const answer = await world.client.get(`${own.objects}?next=${first.next}`);
    expectPage(answer);
    expect(answer.text).toBe('{"more":false}');
  });

  it('items 121, 122, R6, C1, E9, E11 · versions page by limit with next, and by the Last header', async () => {
    const own = await world.newCommunity('Versions');
    const versions = range(1, 5).map((day) => `2026-01-0${day}T00:00:00.000Z`);
    await fill(
      world.client,
      own.objects,
      versions.map((modified) => indicator(1, { modified })),
      2,
    );
    for (const [path, list] of [
      [`${own.objects}${id(1)}/versions/`, (found: Resource) => found.versions],
      [`${own.objects}${id(1)}/`, (found: Resource) => found.objects?.map((one) => String(one.modified))],
      [own.manifest, (found: Resource) => found.objects?.map((one) => String(one.version))],
    ] as const) {
      const query = 'limit=1&match[version]=all';
      const byNext: string[] = [];
      let next: string | undefined = '';
      while (next !== undefined) {
        const found: Resource = await page(`${path}?${query}${next === '' ? '' : `&next=${next}`}`);
        byNext.push(...(list(found) ?? []));
        next = found.next;
      }
      expect(byNext).toEqual(versions);
      const byHeader: string[] = [];
      let after = '';
      for (let more = true; more; ) {
        const answer = await world.client.get(`${path}?${query}${after}`);
        const found = expectPage(answer);
        byHeader.push(...(list(found) ?? []));
        after = `&added_after=${datesOf(answer).last}`;
        more = found.more === true;
      }
      expect(byHeader).toEqual(versions);
    }
  });

  it('item 123 · without a limit a page has at most 1,000 objects', async () => {
    const many = await world.newCommunity('Many');
    await fill(
      world.client,
      many.objects,
      range(1, 1005).map((number) => indicator(number)),
      1005,
    );
    const first = await page(many.objects);
    expect([first.objects?.length, first.more]).toEqual([1000, true]);
    expect((await page(`${many.objects}?next=${first.next}`)).objects?.length).toBe(5);
    expect((await page(`${many.objects}?limit=1005`)).more).toBe(false);
  });

  it('item 124 · a walk with limit 1 has as many pages as there are objects', async () => {
    const seen: string[] = [];
    for (let next: string | undefined = ''; next !== undefined; ) {
      const found: Resource = await page(`${place.objects}?limit=1${next === '' ? '' : `&next=${next}`}`);
      expect(found.objects?.length).toBe(1);
      seen.push(...idsOf(found));
      next = found.next;
    }
    expect(seen).toEqual(range(1, 25).map(id));
  });

  it('item 126 · a new version moves to the end, and a walk during the change sees the object at least once', async () => {
    const own = await world.newCommunity('Moving');
    await fill(
      world.client,
      own.objects,
      range(1, 4).map((number) => indicator(number)),
    );
    const first = await page(`${own.objects}?limit=2`);
    await fill(world.client, own.objects, [indicator(3, { modified: '2026-02-01T00:00:00.000Z' })]);
    const rest = await page(`${own.objects}?next=${first.next}`);
    expect([...idsOf(first), ...idsOf(rest)].sort()).toEqual(range(1, 4).map(id));
    const records = (await page(own.manifest)).objects ?? [];
    expect(records.at(-1)).toMatchObject({ id: id(3), version: '2026-02-01T00:00:00.000Z' });
    expect(records.length).toBe(4);
  });

  it('items 127, 187 · a page is cut by octets as well as by count', async () => {
    const small = await world.newService({ name: 'Octets', path: 'octets', maxPageBytes: 100_000 });
    const own = await world.newCommunity('Large objects');
    const large = (number: number) => indicator(number, { description: 'x'.repeat(30_000) });
    await fill(world.client, own.objects, range(1, 8).map(large));
    const path = `${placePath('/octets/', own.collectionId)}objects/`;
    const seen: string[] = [];
    for (let next: string | undefined = ''; next !== undefined; ) {
      const answer = await small.get(`${path}?limit=100${next === '' ? '' : `&next=${next}`}`);
      const found = expectPage(answer);
      expect(answer.body.length).toBeLessThan(100_500);
      seen.push(...idsOf(found));
      next = found.next;
    }
    expect(seen).toEqual(range(1, 8).map(id));
    // A single object larger than a page is served alone.
    await fill(world.client, own.objects, [indicator(9, { description: 'x'.repeat(200_000) })]);
    expect(idsOf(expectPage(await small.get(`${path}?match[id]=${id(9)}`)))).toEqual([id(9)]);
  });

  it('items 116, R8, C3 · the last record of each write stands on a whole millisecond, so a cursor cut to milliseconds fetches nothing twice', async () => {
    const own = await world.newCommunity('Milliseconds');
    for (const count of [1, 2, 7]) {
      await fill(
        world.client,
        own.objects,
        range(100 * count, 100 * count + count - 1).map((n) => indicator(n)),
      );
      const { last } = datesOf(await world.client.get(own.objects));
      expect(last).toMatch(/000Z$/);
      const cut = new Date(last).toISOString();
      expect(await page(`${own.objects}?added_after=${cut}`)).toEqual({ more: false });
    }
  });

  it('item 117 · when the clock goes back, times of adding keep rising', async () => {
    const own = await world.newCommunity('Clock');
    await fill(world.client, own.objects, [indicator(1)]);
    world.app.clock.advance(-3600);
    await fill(world.client, own.objects, [indicator(2)]);
    world.app.clock.advance(3600);
    expect(idsOf(await page(own.objects))).toEqual([id(1), id(2)]);
    const dates = (await page(own.manifest)).objects?.map((record) => String(record.date_added)) ?? [];
    expect(dates).toEqual([...dates].sort());
  });

  it('item 92 · a token that was cut or changed gets 400', async () => {
    const { next = '' } = await page(`${place.objects}?limit=1`);
    for (const bad of [next.slice(1), next.slice(0, -2), `${next}A`, `${next}=`, next.toUpperCase()]) {
      expectError(await world.client.get(`${place.objects}?next=${bad}`), 400);
    }
  });
});
