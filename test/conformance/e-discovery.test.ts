import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../server/testing/test-app.ts';
import { indicator } from '../../server/testing/test-server.ts';
import { expectError, expectKeys, expectNoNothing, expectStatus, expectTaxii } from './shapes.ts';
import { createClient, TAXII } from './wire.ts';
import { openWorld, placePath, ROOT, type World } from './world.ts';

describe.each(ENGINES)('discovery and API root on %s', (engine) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(engine);
  });
  afterAll(() => world?.close());

  it('items 36, 37, 59, 60, 62, E1, R13, C11, C13 · discovery has a title, absolute roots and a default that is one of them to the letter', async () => {
    const discovery = expectTaxii(await world.client.get('/taxii2/'), 200);
    expectKeys(discovery, ['title'], ['description', 'contact', 'default', 'api_roots']);
    expectNoNothing(discovery);
    expect(typeof discovery.title).toBe('string');
    const roots = discovery.api_roots ?? [];
    expect(roots).toContain(discovery.default);
    for (const root of roots) {
      const { protocol, pathname, search } = new URL(root);
      expect(protocol).toBe('http:'); // plain HTTP on loopback; HTTPS where TLS is served, see the next
      expect(pathname).toMatch(/^(\/[A-Za-z0-9_-]+)+\/$/);
      expect(search).toBe('');
      expectTaxii(await world.client.get(pathname), 200);
    }
    expect(new Set(roots).size).toBe(roots.length);
  });

  it('item 36 · roots are HTTPS where TLS or a public URL says so, whatever Host a client sends', async () => {
    const { authorization } = world.client;
    const published = await world.serveAlso({ publicUrl: 'https://intel.example/sub' });
    const answer = await createClient(published.port, authorization).get('/taxii2/', {
      Host: 'evil.example',
    });
    expect(answer.json).toMatchObject({
      default: 'https://intel.example/sub/intel/',
      api_roots: ['https://intel.example/sub/intel/'],
    });
  });

  it('item 36 · a Host that cannot stand in a URL is not repeated', async () => {
    const answer = await world.client.get('/taxii2/', { Host: '127.0.0.1:1"><x' });
    expect(answer.text).not.toContain('"><x');
    expect(answer.text).not.toContain('<x');
  });

  it('item 38 · each account is shown the roots that it can use, and its default', async () => {
    const other = await world.newService({ name: 'Second', path: 'second' });
    const mine = (await world.client.get('/taxii2/')).json;
    const theirs = (await other.get('/taxii2/')).json;
    expect(mine.api_roots).toEqual([`http://127.0.0.1:${world.port}/intel/`]);
    expect(theirs.api_roots).toEqual([`http://127.0.0.1:${world.port}/second/`]);
    expect(theirs.default).toBe(theirs.api_roots?.[0]);
  });

  it('item 61 · discovery never lists no roots: an account has one root, or no access', async () => {
    expect((await world.client.get('/taxii2/')).json.api_roots).toHaveLength(1);
    expectError(await world.client.get('/taxii2/', { Authorization: null }), 401);
  });

  it('items 63, 64, 65, 60, E2 · an API root says its title, its one version and how much it takes', async () => {
    const root = expectTaxii(await world.client.get(ROOT), 200);
    expectKeys(root, ['title', 'versions', 'max_content_length'], ['description']);
    expectNoNothing(root);
    expect(typeof root.title).toBe('string');
    expect(root.versions).toEqual([TAXII]);
    expect(Number.isSafeInteger(root.max_content_length)).toBe(true);
    expect(root.max_content_length).toBeGreaterThan(0);
  });

  it('item 60 · a description that a service does not have is left out', async () => {
    const client = await world.newService({ name: 'Bare', path: 'bare' });
    expect(Object.keys((await client.get('/bare/')).json).sort()).toEqual([
      'max_content_length',
      'title',
      'versions',
    ]);
  });

  it('items 66, R12, C9 · a body of exactly max_content_length is taken, one octet more is not', async () => {
    const client = await world.newService({ name: 'Small', path: 'small', maxContentLength: 2000 });
    const max = expectTaxii(await client.get('/small/'), 200).max_content_length ?? 0;
    expect(max).toBe(2000);
    const path = `${placePath('/small/', world.home.collectionId)}objects/`;
    const bodyOf = (length: number) => {
      const bare = JSON.stringify({ objects: [indicator(length, { name: '' })] });
      return bare.replace('"name":""', `"name":"${'x'.repeat(length - bare.length)}"`);
    };
    for (const length of [max - 1, max]) {
      const body = bodyOf(length);
      expect(body.length).toBe(length);
      expect(expectStatus(await client.post(path, body)).success_count).toBe(1);
    }
    expectError(await client.post(path, bodyOf(max + 1)), 413);
  });

  it('item 67 · an API root that does not exist answers 404', async () => {
    for (const path of ['/no-such-root/', '/intel/intel/', '/intell/', '/inte/', '/INTEL/']) {
      expectError(await world.client.get(path), 404);
    }
  });

  it('item 68 · a root may have several segments, but no dots, no reserved names and nothing that needs encoding', async () => {
    const deep = await world.newService({ name: 'Deep', path: '/api/services/taxii/v2/taxii/tc_taxii/' });
    expectTaxii(await deep.get('/api/services/taxii/v2/taxii/tc_taxii/'), 200);
    for (const path of [
      'a.b',
      'x/a.b',
      '',
      'a b',
      'a%20b',
      'ä',
      '-a',
      'collections',
      'a/status/b',
      'taxii2',
      'api',
      'admin',
    ]) {
      const name = `Refused ${Buffer.from(path).toString('hex')}`;
      await expect(world.newService({ name, path })).rejects.toThrow();
    }
  });

  it('items 8, C21 · discovery is also beside a root with a prefix, for those clients who look for it there', async () => {
    const beside = await world.newService({ name: 'Beside', path: 'api/services/beside/feed' });
    const there = expectTaxii(await beside.get('/api/services/beside/taxii2'), 200);
    expect(there).toEqual((await beside.get('/taxii2/')).json);
    expectError(await world.client.get('/api/services/beside/taxii2/'), 404);
    expectError(await beside.get('/api/services/taxii2/'), 404);
  });
});
