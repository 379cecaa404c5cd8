import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../server/testing/test-app.ts';
import { indicator } from '../../server/testing/test-server.ts';
import { expectError, expectStatus, expectTaxii } from './shapes.ts';
import { type Client, TAXII, talk } from './wire.ts';
import { fill, openWorld, placePath, ROOT, type World } from './world.ts';

describe.each(ENGINES)('content negotiation on %s', (engine) => {
  let world: World;
  let strict: Client;
  let strictObjects: string;
  let paths: string[];
  beforeAll(async () => {
    world = await openWorld(engine);
    strict = await world.newService({ name: 'Strict', path: 'strict', strict: true });
    strictObjects = `${placePath('/strict/', world.home.collectionId)}objects/`;
    const [status] = await fill(world.client, world.home.objects, [indicator(1)]);
    const object = `${world.home.objects}${String(indicator(1).id)}/`;
    paths = [
      '/taxii2/',
      ROOT,
      `${ROOT}status/${status?.json.id}/`,
      `${ROOT}collections/`,
      world.home.path,
      world.home.manifest,
      world.home.objects,
      object,
      `${object}versions/`,
    ];
  });
  afterAll(() => world?.close());

  it('items 23, 24 · every answer, errors included, has the media type to the letter, and the standard Accept is never refused', async () => {
    for (const path of paths) expectTaxii(await world.client.get(path), 200);
    expectTaxii(await world.client.get('/unknown/'), 404);
    expectTaxii(await world.client.get(ROOT, { Authorization: null }), 401);
    expectTaxii(await world.client.get(ROOT, { Accept: 'text/html' }), 406);
    expectTaxii(await world.client.request('PUT', ROOT), 405);
    expectTaxii(await world.client.post(world.home.objects, 'x'), 400);
    expectTaxii(await world.client.post(world.home.objects, 'x', { 'Content-Type': 'text/plain' }), 415);
    expectTaxii(await world.client.post(world.home.objects, '{}'), 422);
  });

  it('item 23 · an answer to a request that no HTTP parser can read has the media type, too', async () => {
    for (const request of [
      'BROKEN\r\n\r\n',
      'GET /taxii2/ HTTP/1.1\r\nHost: a b c\r\n\r\n',
      'GET /taxii2/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n',
      'GET /intel\\..\\x HTTP/1.1\r\nHost: localhost\r\n\r\n',
      'GET /taxii2/ HTTP/1.0\r\n\r\n',
      'GET /taxii2/ HTTP/1.1\r\n\r\n',
      'GET /taxii2/ HTTP/1.1\r\nHost: localhost\r\nExpect: miracles\r\n\r\n',
      'GET * HTTP/1.1\r\nHost: localhost\r\n\r\n',
      'OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n',
      'CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n',
    ]) {
      const { text } = await talk(world.port, [request], { answers: 1 });
      expect(text, request).toMatch(/^HTTP\/1\.1 4\d\d/);
      expect(text, request).toContain(TAXII);
      expect(text, request).toContain('"title"');
    }
  });

  it('item 25 · an Accept without a version gets the version that there is', async () => {
    for (const path of paths) {
      expectTaxii(await world.client.get(path, { Accept: 'application/taxii+json' }), 200);
    }
    expectTaxii(await strict.get('/strict/', { Accept: 'application/taxii+json' }), 200);
  });

  const equal = [
    'application/taxii+json; version=2.1',
    'application/taxii+json ; version=2.1',
    'application/taxii+json;version="2.1"',
    'APPLICATION/TAXII+JSON;VERSION=2.1',
    'application/taxii+json;version=2.1;q=0.9',
    'application/taxii+json;q=0.9;version=2.1',
    'application/taxii+json;version=2.1;charset=utf-8',
    ' application/taxii+json;version=2.1 ',
  ];
  it.each(equal)(
    'items 26, R1 · an Accept with white space, quotes, any letter case or a weight is understood (%s)',
    async (accept) => {
      expectTaxii(await world.client.get(world.home.objects, { Accept: accept }), 200);
      expectTaxii(await strict.get('/strict/', { Accept: accept }), 200);
    },
  );

  it.each([
    'application/taxii+json;version=2.1,application/stix+json;version=2.1',
    'application/stix+json;version=2.1, application/taxii+json;version=2.1',
    'application/taxii+json;version=2.0, application/taxii+json;version=2.1',
    'text/html, application/xhtml+xml, application/taxii+json;version=2.1;q=0.1',
    ', ,application/taxii+json;version=2.1,',
  ])('items 27, R1 · a list of which one member fits is accepted (%s)', async (accept) => {
    expectTaxii(await world.client.get(world.home.manifest, { Accept: accept }), 200);
    expectTaxii(await strict.get('/strict/', { Accept: accept }), 200);
  });

  it('items 27, R1 · several Accept headers are one list', async () => {
    const { answers } = await talk(
      world.port,
      [
        `GET ${ROOT} HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nAccept: ${TAXII}\r\nAuthorization: ${world.client.authorization}\r\n\r\n`,
      ],
      { answers: 1 },
    );
    expect(answers[0]?.status).toBe(200);
  });

  it.each(['*/*', 'application/*', 'text/html, */*;q=0.1'])('item 28 · the range %s fits', async (accept) => {
    expectTaxii(await world.client.get(world.home.objects, { Accept: accept }), 200);
    expectTaxii(await strict.get('/strict/', { Accept: accept }), 200);
  });

  it.each([
    'application/taxii+json;version=2.0',
    'application/taxii+json;version=2.2',
    'application/taxii+json;version=',
    'application/vnd.oasis.taxii+json;version=2.0',
    'application/vnd.oasis.taxii+json',
    'application/stix+json;version=2.1',
    'text/html',
    'nonsense',
  ])('item 29 · %s gets 406, which names what there is', async (accept) => {
    for (const path of ['/taxii2/', `${ROOT}collections/`, world.home.objects]) {
      const answer = await world.client.get(path, { Accept: accept });
      const error = expectError(answer, 406);
      expect(String(error.description)).toContain(TAXII);
    }
    expectError(await strict.get('/strict/', { Accept: accept }), 406);
  });

  it.each(['application/json', 'application/json, text/plain, */*', null])(
    'items 30, C3, C20 · Accept %s is served by a tolerant service',
    async (accept) => {
      expectTaxii(await world.client.get(world.home.objects, { Accept: accept }), 200);
    },
  );

  it.each(['application/json', null, ''])(
    'item 30 · Accept %s is refused by a strict service',
    async (accept) => {
      expectError(await strict.get('/strict/', { Accept: accept }), 406);
    },
  );

  it.each([
    'application/taxii+json;version=2.1;q=0',
    'application/taxii+json;version=2.1;q=0.000, */*',
    '*/*;q=0',
    'application/taxii+json;q=0, application/json',
  ])('item 31 · a weight of zero excludes (%s)', async (accept) => {
    expectError(await world.client.get(ROOT, { Accept: accept }), 406);
  });

  it.each([TAXII, 'application/taxii+json'])(
    'item 32 · a POST of %s is taken by every service',
    async (type) => {
      const body = { objects: [indicator(2)] };
      expectStatus(await world.client.post(world.home.objects, body, { 'Content-Type': type }));
      expectStatus(await strict.post(strictObjects, body, { 'Content-Type': type }));
    },
  );

  it.each([
    ...equal.slice(0, 4),
    `${TAXII};charset=utf-8`,
    'application/taxii+json; charset="UTF-8"; version="2.1"',
  ])('items 33, R2 · a POST of %s is the same type', async (type) => {
    const body = { objects: [indicator(2)] };
    expectStatus(await world.client.post(world.home.objects, body, { 'Content-Type': type }));
    expectStatus(await strict.post(strictObjects, body, { 'Content-Type': type }));
  });

  it.each([
    'text/plain',
    'application/taxii+json;version=2.0',
    'application/taxii+json;version=2.2',
    'application/x-www-form-urlencoded',
    'application/xml',
    'multipart/form-data; boundary=x',
    'nonsense',
    null,
  ])('item 34 · a POST of %s gets 415, and nothing is stored', async (type) => {
    for (const [client, path] of [
      [world.client, world.home.objects],
      [strict, strictObjects],
    ] as const) {
      const answer = await client.post(path, { objects: [indicator(3)] }, { 'Content-Type': type });
      expectError(answer, 415);
    }
    const stored = await world.client.get(`${world.home.objects}${String(indicator(3).id)}/`);
    expect(stored.status).toBe(404);
  });

  it.each([
    'application/stix+json;version=2.1',
    'application/stix+json; version=2.1',
    'application/stix+json',
    'application/json',
    'application/vnd.oasis.stix+json;version=2.0',
  ])(
    'items 34, R2, C5 · a POST of %s is taken by a tolerant service and refused by a strict one',
    async (type) => {
      const body = { objects: [indicator(4)] };
      expectStatus(await world.client.post(world.home.objects, body, { 'Content-Type': type }));
      expectError(await strict.post(strictObjects, body, { 'Content-Type': type }), 415);
    },
  );

  it('item 35 · a POST whose Accept cannot be met stores nothing', async () => {
    const body = { objects: [indicator(5)] };
    expectError(await world.client.post(world.home.objects, body, { Accept: 'text/html' }), 406);
    expectError(await world.client.get(`${world.home.objects}${String(indicator(5).id)}/`), 404);
    const object = `${world.home.objects}${String(indicator(1).id)}/`;
    expectError(await world.client.delete(object, { Accept: 'text/html' }), 406);
    expectTaxii(await world.client.get(object), 200);
  });
});
