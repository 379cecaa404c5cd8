import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../server/config.ts';
import { ENGINES } from '../../server/testing/test-app.ts';
import { indicator } from '../../server/testing/test-server.ts';
import { datesOf, expectError, expectPage, expectStatus, expectTaxii, idsOf, TIMESTAMP } from './shapes.ts';
import { type Client, TAXII, talk } from './wire.ts';
import { fill, openWorld, type Place, placePath, ROOT, type World } from './world.ts';

const id = (number: number) => String(indicator(number).id);

describe.each(ENGINES)('adding objects on %s', (engine) => {
  let world: World;
  let small: Client;
  let made = 0;
  beforeAll(async () => {
    world = await openWorld(engine);
    small = await world.newService({ name: 'Small', path: 'small', maxContentLength: 5000 });
  });
  afterAll(() => world?.close());

  const fresh = (): Promise<Place> => world.newCommunity(`Adding ${++made}`);
  const stored = async (place: Place) => idsOf(expectPage(await world.client.get(place.objects)));
  const smallObjects = (place: Place) => `${placePath('/small/', place.collectionId)}objects/`;

  it('items 143, 154, 155, 156, 157, 158, 159, E8 · adding answers 202 with a finished status whose counts are its lists', async () => {
    const place = await fresh();
    const answer = await world.client.post(place.objects, { objects: [indicator(1), indicator(2)] });
    const status = expectStatus(answer, 202);
    expect(status).toMatchObject({ total_count: 2, success_count: 2, failure_count: 0, pending_count: 0 });
    expect(status.successes).toEqual([
      { id: id(1), version: '2026-01-01T00:00:00.000Z' },
      { id: id(2), version: '2026-01-01T00:00:00.000Z' },
    ]);
    expect(status).not.toHaveProperty('failures');
    expect(status).not.toHaveProperty('pendings');
    expect(status.request_timestamp).toMatch(TIMESTAMP);
    expect(await stored(place)).toEqual([id(1), id(2)]);
  });

  it('items 160, 162, E3 · the status can be asked for and never changes', async () => {
    const place = await fresh();
    const posted = await world.client.post(place.objects, { objects: [indicator(1), { type: 'x' }] });
    const path = `${ROOT}status/${posted.json.id}/`;
    const first = await world.client.get(path);
    expect(expectStatus(first, 200)).toEqual(posted.json);
    await world.client.delete(`${place.objects}${id(1)}/`);
    expect((await world.client.get(path)).text).toBe(first.text);
    expectTaxii(await world.client.get(`${ROOT}status/${posted.json.id?.toUpperCase()}/`), 200);
  });

  it('item 160 · an unknown or malformed status id answers 404', async () => {
    for (const unknown of ['11111111-2222-4333-8444-555555555555', 'not-a-uuid', '1', "'", 'x'.repeat(900)]) {
      expectError(await world.client.get(`${ROOT}status/${unknown}/`), 404);
    }
  });

  it('item 161 · a status is kept for at least a day', async () => {
    const place = await fresh();
    const posted = await world.client.post(place.objects, { objects: [indicator(1)] });
    world.app.clock.advance(86_400);
    expectStatus(await world.client.get(`${ROOT}status/${posted.json.id}/`), 200);
    expect(() => readConfig({ TAXIWAY_STATUS_DAYS: '0' })).toThrow(/STATUS_DAYS/);
  });

  it('items 144, R11, C2, C5, C11 · a bundle is taken for its objects', async () => {
    const place = await fresh();
    const bundle = {
      type: 'bundle',
      id: 'bundle--00000000-0000-4000-8000-000000000001',
      spec_version: '2.0',
      objects: [indicator(1), indicator(2)],
    };
    expect(expectStatus(await world.client.post(place.objects, bundle)).success_count).toBe(2);
    expect(await stored(place)).toEqual([id(1), id(2)]);
  });

  it.each([
    '',
    ' ',
    '{',
    '{"objects":[',
    '{"objects":[{}',
    `{"objects":[${JSON.stringify(indicator(1))}]`,
    `{"objects":[${JSON.stringify(indicator(1))},]}`,
    `{"objects":[${JSON.stringify(indicator(1))}]}x`,
    'objects',
    '<xml/>',
    '\u0000',
  ])('item 145 · the body %j is no JSON: 400, and nothing is stored', async (body) => {
    const place = await fresh();
    expectError(await world.client.post(place.objects, body), 400);
    expect(await stored(place)).toEqual([]);
  });

  it.each([
    '{}',
    '[]',
    'null',
    'true',
    '1',
    '"x"',
    '{"objects":[]}',
    '{"objects":null}',
    '{"objects":{}}',
    '{"objects":"x"}',
    '{"object":[{}]}',
    `[${JSON.stringify(indicator(1))}]`,
    JSON.stringify(indicator(1)),
  ])('items 146, 147 · the body %j is no envelope: 422, and nothing is stored', async (body) => {
    const place = await fresh();
    expectError(await world.client.post(place.objects, body), 422);
    expect(await stored(place)).toEqual([]);
  });

  it('items 146, 152, 153 · elements that are no objects fail one by one, under a name, and the others are stored', async () => {
    const place = await fresh();
    const body = `{"objects":[null,${JSON.stringify(indicator(1))},5,"x",[],{},{"id":""},{"id":"given"},{"id":7}]}`;
    const status = expectStatus(await world.client.post(place.objects, body));
    expect(status).toMatchObject({ total_count: 9, success_count: 1, failure_count: 8 });
    const ids = status.failures?.map((failure) => failure.id) ?? [];
    expect(ids.filter((one) => !/^(unknown--\d+|given)$/.test(one))).toEqual([]);
    expect(new Set(ids).size).toBe(8);
    expect(await stored(place)).toEqual([id(1)]);
  });

  it('item 148 · a declared length above the maximum gets 413 before anything is read, and a clean end', async () => {
    const place = await fresh();
    const head = (length: number) =>
      `POST ${smallObjects(place)} HTTP/1.1\r\nHost: x\r\nAuthorization: ${small.authorization}\r\nAccept: ${TAXII}\r\nContent-Type: ${TAXII}\r\nContent-Length: ${length}\r\n\r\n`;
    const early = await talk(world.port, [head(5001)]);
    expect(early.answers[0]?.status).toBe(413);
    expect(early.answers[0]?.body).toContain('"http_status":"413"');
    // A client that sends all of it before it reads finds the answer, too.
    const late = await talk(world.port, [head(40_000_000), 'x'.repeat(40_000_000)]);
    expect(late.broken).toBe(false);
    expect(late.answers[0]?.status).toBe(413);
    expect(late.ended).toBe(true);
  });

  it('item 148 · an over-long chunked body is cut at the limit with 413, and a clean end', async () => {
    const place = await fresh();
    const chunk = `1000\r\n${' '.repeat(4096)}\r\n`;
    const late = await talk(world.port, [
      `POST ${smallObjects(place)} HTTP/1.1\r\nHost: x\r\nAuthorization: ${small.authorization}\r\nAccept: ${TAXII}\r\nContent-Type: ${TAXII}\r\nTransfer-Encoding: chunked\r\n\r\n`,
      chunk.repeat(8000),
      '0\r\n\r\n',
    ]);
    expect(late.broken).toBe(false);
    expect(late.answers[0]?.status).toBe(413);
    expect(late.ended).toBe(true);
    expect(await stored(place)).toEqual([]);
  });

  it('items 148, 55 · a refusal that comes before a large body is read ends cleanly, too', async () => {
    const readers = await world.newCommunity('Readers', 'User');
    for (const [authorization, type, path, status] of [
      ['Basic eDp5', TAXII, readers.objects, 401],
      [world.client.authorization, TAXII, readers.objects, 403],
      [world.client.authorization, TAXII, `${ROOT}collections/unknown/objects/`, 404],
      [world.client.authorization, 'text/plain', world.home.objects, 415],
      [world.client.authorization, TAXII, world.home.objects, 400],
    ] as const) {
      const late = await talk(world.port, [
        `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\nAccept: ${TAXII}\r\nContent-Type: ${type}\r\nContent-Length: 10000000\r\n\r\n`,
        '!'.repeat(10_000_000),
      ]);
      expect(late.answers[0]?.status).toBe(status);
      expect(late.broken).toBe(false);
    }
  });

  it('item 149 · a chunked body, a gzip body and a deflate body are taken', async () => {
    const place = await fresh();
    const body = JSON.stringify({ objects: [indicator(1)] });
    const chunks = [...body].map((char) => `1\r\n${char}\r\n`).join('');
    const chunked = await talk(
      world.port,
      [
        `POST ${place.objects} HTTP/1.1\r\nHost: x\r\nAuthorization: ${world.client.authorization}\r\nAccept: ${TAXII}\r\nContent-Type: ${TAXII}\r\nTransfer-Encoding: chunked\r\n\r\n`,
        chunks,
        '0\r\n\r\n',
      ],
      { answers: 1 },
    );
    expect(chunked.answers[0]?.status).toBe(202);
    const gzip = { 'Content-Encoding': 'gzip' };
    expectStatus(await world.client.post(place.objects, gzipSync(body.replaceAll(id(1), id(2))), gzip));
    const deflate = { 'Content-Encoding': 'deflate' };
    expectStatus(await world.client.post(place.objects, deflateSync(body.replaceAll(id(1), id(3))), deflate));
    expect(await stored(place)).toEqual([id(1), id(2), id(3)]);
  });

  it('items 149, 34 · a broken gzip body gets 400, an unknown coding 415', async () => {
    const place = await fresh();
    const body = JSON.stringify({ objects: [indicator(1)] });
    const gzip = { 'Content-Encoding': 'gzip' };
    expectError(await world.client.post(place.objects, body, gzip), 400);
    expectError(await world.client.post(place.objects, gzipSync(body).subarray(0, -9), gzip), 400);
    expectError(await world.client.post(place.objects, body, { 'Content-Encoding': 'br' }), 415);
    expect(await stored(place)).toEqual([]);
  });

  it('item 149 · the limit holds for the decoded size: a small body that unpacks to much gets 413', async () => {
    const place = await fresh();
    const bomb = gzipSync(Buffer.alloc(50_000_000, 0x20));
    const gzip = { 'Content-Encoding': 'gzip' };
    expectError(await world.client.post(place.objects, bomb, gzip), 413);
    const large = JSON.stringify({ objects: [indicator(1, { description: 'x'.repeat(6000) })] });
    expectError(await small.post(smallObjects(place), gzipSync(large), gzip), 413);
    expect(await stored(place)).toEqual([]);
  });

  it('item 150 · an exact duplicate succeeds and changes nothing, also in another notation and in the same envelope', async () => {
    const place = await fresh();
    const object = indicator(1, { x_number: 10 });
    await fill(world.client, place.objects, [object]);
    const before = await world.client.get(place.manifest);
    const reversed = Object.fromEntries(Object.entries(object).reverse());
    const other = JSON.stringify(reversed, null, 1).replace('"x_number": 10', '"x_number": 1e1');
    for (const body of [
      JSON.stringify({ objects: [object] }),
      JSON.stringify({ objects: [object, object] }),
      `{"objects":[${other}]}`,
    ]) {
      const status = expectStatus(await world.client.post(place.objects, body));
      expect(status.failure_count).toBe(0);
    }
    const after = await world.client.get(place.manifest);
    expect(after.text).toBe(before.text);
    expect(datesOf(after)).toEqual(datesOf(before));
    expect((await world.client.get(place.objects)).json.objects).toEqual([object]);
  });

  it('item 151 · the same version with other content fails for that object, and the stored one stays', async () => {
    const place = await fresh();
    await fill(world.client, place.objects, [indicator(1, { name: 'first' })]);
    const status = expectStatus(
      await world.client.post(place.objects, { objects: [indicator(1, { name: 'second' }), indicator(2)] }),
    );
    expect(status).toMatchObject({ success_count: 1, failure_count: 1 });
    expect(status.failures?.[0]).toMatchObject({ id: id(1), version: '2026-01-01T00:00:00.000Z' });
    expect(status.failures?.[0]?.message).toMatch(/other content/);
    expect((await world.client.get(`${place.objects}${id(1)}/`)).json.objects?.[0]?.name).toBe('first');
  });

  it('items 152, 158 · a bad object fails with its id, version and reason, and the good ones are stored in order', async () => {
    const place = await fresh();
    const { pattern: _without, ...bad } = indicator(2);
    const status = expectStatus(
      await world.client.post(place.objects, { objects: [indicator(1), bad, indicator(3)] }),
    );
    expect(status.failures).toEqual([
      { id: id(2), version: '2026-01-01T00:00:00.000Z', message: expect.stringMatching(/pattern.*required/) },
    ]);
    expect(await stored(place)).toEqual([id(1), id(3)]);
  });

  it('item 163 · what was added can be read as soon as the answer is there', async () => {
    const place = await fresh();
    for (let number = 1; number <= 10; number++) {
      expectStatus(await world.client.post(place.objects, { objects: [indicator(number)] }));
      expectPage(await world.client.get(`${place.objects}${id(number)}/`));
      expect((await stored(place)).length).toBe(number);
    }
  });

  it('items 164, 78 · custom properties around the objects are ignored', async () => {
    const place = await fresh();
    const envelope = {
      x_sender: { a: [1, null] },
      more: true,
      next: 'x',
      objects: [indicator(1)],
      x_after: [],
    };
    expect(expectStatus(await world.client.post(place.objects, envelope)).success_count).toBe(1);
  });

  it('item 165 · the objects of an envelope are added in its order', async () => {
    const place = await fresh();
    const numbers = Array.from({ length: 40 }, (_, index) => ((index * 17) % 40) + 1);
    await fill(
      world.client,
      place.objects,
      numbers.map((number) => indicator(number)),
    );
    expect(await stored(place)).toEqual(numbers.map(id));
  });

  it('item 166 · a request that breaks off leaves nothing', async () => {
    const place = await fresh();
    const body = JSON.stringify({ objects: [indicator(1), indicator(2), indicator(3)] });
    for (const cut of [body.length - 1, body.length - 5, Math.floor(body.length / 2)]) {
      await talk(
        world.port,
        [
          `POST ${place.objects} HTTP/1.1\r\nHost: x\r\nAuthorization: ${world.client.authorization}\r\nAccept: ${TAXII}\r\nContent-Type: ${TAXII}\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, cut)}`,
        ],
        { end: true, timeoutMs: 300 },
      );
      expect(await stored(place)).toEqual([]);
    }
    await fill(world.client, place.objects, [indicator(1)]);
  });

  it('item 149 · a client that waits for 100 Continue is told to go on', async () => {
    const place = await fresh();
    const body = JSON.stringify({ objects: [indicator(1)] });
    const { text } = await talk(
      world.port,
      [
        `POST ${place.objects} HTTP/1.1\r\nHost: x\r\nAuthorization: ${world.client.authorization}\r\nAccept: ${TAXII}\r\nContent-Type: ${TAXII}\r\nExpect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`,
        () => new Promise((resolve) => setTimeout(resolve, 100)),
        body,
      ],
      { timeoutMs: 500 },
    );
    expect(text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 202 /);
  });
});
