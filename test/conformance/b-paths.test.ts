import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../server/testing/test-app.ts';
import { indicator } from '../../server/testing/test-server.ts';
import { expectError, expectStatus, expectTaxii } from './shapes.ts';
import { type Client, TAXII, talk } from './wire.ts';
import { fill, openWorld, placePath, ROOT, type World } from './world.ts';

describe.each(ENGINES)('paths and methods on %s', (engine) => {
  let world: World;
  let strict: Client;
  let object: string;
  /** Every GET endpoint, with its slash. */
  let paths: string[];
  beforeAll(async () => {
    world = await openWorld(engine);
    strict = await world.newService({ name: 'Strict', path: 'strict', strict: true });
    const [status] = await fill(world.client, world.home.objects, [indicator(1)]);
    object = `${world.home.objects}${String(indicator(1).id)}/`;
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

  const raw = (line: string, client: Client = world.client) =>
    talk(
      world.port,
      [
        `${line} HTTP/1.1\r\nHost: localhost\r\nAccept: ${TAXII}\r\nAuthorization: ${client.authorization}\r\n\r\n`,
      ],
      { answers: 1 },
    );

  it('items 14, 15, R3 · every endpoint answers alike with and without its slash, and never redirects', async () => {
    for (const path of paths) {
      const withSlash = await world.client.get(path);
      const without = await world.client.get(path.slice(0, -1));
      expectTaxii(withSlash, 200);
      expectTaxii(without, 200);
      expect(without.text).toBe(withSlash.text);
      const query = await world.client.get(`${path.slice(0, -1)}?limit=1`);
      expect(query.status).toBe(200);
    }
  });

  it('items 15, R3 · adding and deleting work without the slash, too', async () => {
    const path = world.home.objects.slice(0, -1);
    expectStatus(await world.client.post(path, { objects: [indicator(2)] }));
    expectTaxii(await world.client.delete(`${path}/${String(indicator(2).id)}`), 200);
    expectError(await world.client.delete(`${path}/${String(indicator(2).id)}`), 404);
  });

  it('item 14 · a strict service answers 404 without the slash, and with two of them', async () => {
    for (const path of ['/strict/', '/strict/collections/', placePath('/strict/', world.home.collectionId)]) {
      expectTaxii(await strict.get(path), 200);
      expectError(await strict.get(path.slice(0, -1)), 404);
      expectError(await strict.get(`/${path}`), 404);
    }
  });

  it('item 14 · the URLs that the server gives out end in a slash', async () => {
    const { json, text } = await world.client.get('/taxii2/');
    expect(json.default).toMatch(/[^/]\/$/);
    for (const url of text.match(/https?:[^"]+/g) ?? []) expect(url).toMatch(/\/$/);
    const collection = await world.client.get(world.home.path.slice(0, -1));
    expect(collection.headers['content-location']).toBe(world.home.path);
  });

  it('items 16, C9 · repeated slashes count as one', async () => {
    for (const path of paths) {
      const doubled = `/${path.replaceAll('/', '//')}`;
      const answer = await raw(`GET ${doubled}`);
      expect(answer.answers[0]?.status, doubled).toBe(200);
    }
  });

  it('item 17 · an id, an alias and an object id are percent-decoded once', async () => {
    const encoded = (text: string) =>
      [...text].map((char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`).join('');
    const id = encoded(world.home.collectionId);
    expectTaxii(await world.client.get(placePath(ROOT, id)), 200);
    expectTaxii(await world.client.get(placePath(ROOT, encoded('Harbour Watch'))), 200);
    expectTaxii(await world.client.get(`${world.home.objects}${encoded(String(indicator(1).id))}/`), 200);
    expectError(await world.client.get(placePath(ROOT, id.replaceAll('%', '%25'))), 404);
  });

  it.each([
    '/intel/../intel/',
    '/intel/%2e%2e/intel/',
    '/intel/collections/../../taxii2/',
    '/intel/collections/%2E%2E/%2e%2e/taxii2/',
    '/intel/collections/..%2f..%2ftaxii2/',
    '/./intel/',
    '/intel/../healthz',
    '/intel/%2e%2e/metrics',
    '/intel/collections/%00/',
    '/intel/collections/%ff/',
    '/intel/collections/%/',
    '/intel%2fcollections/',
  ])('item 17 · %s resolves to nothing', async (path) => {
    const { answers } = await raw(`GET ${path}`);
    expect(answers[0]?.status).toBe(404);
    expect(answers[0]?.headers.get('content-type')).toBe(TAXII);
  });

  it('item 18 · an unknown path answers 404 with an error resource', async () => {
    for (const path of [
      '/intel/unknown/',
      '/unknown/',
      `${world.home.path}unknown/`,
      `${object}unknown/`,
      `${object}versions/unknown/`,
      '/intel/status/',
      '/TAXII2/',
    ]) {
      expectError(await world.client.get(path), 404);
    }
  });

  it('item 18 · a stranger learns nothing about which paths exist', async () => {
    const stranger = { Authorization: null };
    const known = await world.client.get(ROOT, stranger);
    const unknown = await world.client.get('/no/such/root/', stranger);
    expectError(known, 401);
    expectError(unknown, 401);
    expect({ ...unknown.json, error_id: '' }).toEqual({ ...known.json, error_id: '' });
  });

  it.each(['PUT', 'PATCH', 'POST', 'DELETE', 'PROPFIND', 'TRACE', 'SEARCH'])(
    'item 19 · %s on a path that does not offer it answers 405 with what it does offer',
    async (method) => {
      for (const path of paths) {
        if (method === 'POST' && path.endsWith('/objects/')) continue;
        if (method === 'DELETE' && path === object) continue;
        const answer = await world.client.request(method, path);
        expectError(answer, 405);
        const expected = ['GET', 'HEAD', 'OPTIONS'];
        if (path.endsWith('/objects/')) expected.push('POST');
        if (path === object) expected.push('DELETE');
        expect(answer.headers.allow?.split(/, */).sort()).toEqual(expected.sort());
      }
      expectTaxii(await world.client.get(object), 200);
    },
  );

  it('item 20 · HEAD answers as GET does, with the length and without the body', async () => {
    for (const path of paths) {
      const get = await world.client.get(path);
      const head = await world.client.request('HEAD', path);
      expect(head.status).toBe(200);
      expect(head.body.length).toBe(0);
      const headers = ({ date: _date, 'x-request-id': _id, ...rest }: typeof get.headers) => rest;
      expect(headers(head.headers)).toEqual(headers(get.headers));
    }
    expect((await world.client.request('HEAD', '/unknown/')).status).toBe(404);
    expect((await world.client.request('HEAD', ROOT, { headers: { Authorization: null } })).status).toBe(401);
  });

  it('item 21 · OPTIONS answers 204 with Allow, and no page of another origin is let in', async () => {
    const answer = await world.client.request('OPTIONS', world.home.objects, {
      headers: { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'GET' },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers.allow).toBe('GET, HEAD, POST, OPTIONS');
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    const get = await world.client.get(ROOT, { Origin: 'https://evil.example' });
    expect(Object.keys(get.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('item 22 · paths of the operator answer, and no service can take their names', async () => {
    for (const path of ['/healthz', '/readyz', '/metrics', '/']) {
      expect((await world.client.get(path, { Authorization: null })).status).toBe(200);
    }
    for (const path of [
      'healthz',
      'metrics',
      'taxii2',
      'admin/x',
      'api',
      'api/v3',
      'x/collections',
      'status',
    ]) {
      await expect(world.newService({ name: `Taken ${path.replaceAll('/', ' ')}`, path })).rejects.toThrow(
        /reserved|api/,
      );
    }
  });

  it('item 18 · a request target in absolute form is the same resource', async () => {
    const { answers } = await raw('GET http://localhost/taxii2/');
    expect(answers[0]?.status).toBe(200);
  });
});
