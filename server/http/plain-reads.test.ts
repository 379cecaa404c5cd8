import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestApp, type TestApp } from '../testing/test-app.ts';
import { serveTestApp, type TestServer } from '../testing/test-server.ts';
import { isPlainRead } from './plain-reads.ts';

const TARGET = '/intel/collections/0d7c1bd4-3f2a-4d53-9c3e-5d2d6a1f7b11/objects/';
const plain = { method: 'GET', url: TARGET, headers: { host: 'localhost:8080' } };
const isPlain = (changes: object) => isPlainRead({ ...plain, ...changes } as never);

describe('a read that goes past the framework', () => {
  it.each([
    TARGET,
    `${TARGET}?limit=10&added_after=2026-01-01T00:00:00.000000Z`,
    `${TARGET}?match%5Btype%5D=indicator,malware&next=AbC_-1`,
    `${TARGET}?match[id]=indicator--0d7c1bd4-3f2a-4d53-9c3e-5d2d6a1f7b11`,
    '/api/services/x/tc_taxii/collections/Harbour%20Watch/manifest/',
  ])('is one of what lies below a collection: %s', (url) => {
    expect(isPlain({ url })).toBe(true);
  });

  it.each([
    '/',
    '/metrics',
    '/healthz',
    '/taxii2/',
    '/intel/collections/',
    '/rest/v1/collections/x/y',
    '/console/collections/x',
    '/console/collections/x/objects/y',
    '/intel/../intel/collections/a/objects/',
    '/intel/collections/a/./objects/',
    '/intel/collections/a/..',
    '/intel/collections/a\\b/objects/',
    '/intel/collections/a/objects/#x',
    '/intel/collections/a/objects/?limit=1 ',
    'http://localhost/intel/collections/a/objects/',
    '//intel/collections/a/objects/@x',
  ])('is no other: %s', (url) => {
    expect(isPlain({ url })).toBe(false);
  });

  it.each([
    [{ method: 'POST' }],
    [{ method: 'HEAD' }],
    [{ headers: {} }],
    [{ headers: { host: '' } }],
    [{ headers: { host: 'a b' } }],
    [{ headers: { host: 'localhost:99999' } }],
    [{ headers: { host: 'user@localhost' } }],
    [{ headers: { host: 'localhost', 'content-length': '2' } }],
    [{ headers: { host: 'localhost', 'transfer-encoding': 'chunked' } }],
  ])('has no body, and a host that is one: %j', (changes) => {
    expect(isPlain(changes)).toBe(false);
  });
});

describe('the answer to a read', () => {
  let app: TestApp;
  let server: TestServer;
  beforeAll(async () => {
    app = await openTestApp('sqlite');
    server = await serveTestApp(app);
  });
  afterAll(async () => {
    await server.close();
    await app.close();
  });

  const get = (path: string, headers: Record<string, string>) =>
    new Promise<object>((resolve, reject) => {
      request({ host: '127.0.0.1', port: server.server.port, path, headers }, (answer) => {
        let body = '';
        answer.on('data', (chunk) => {
          body += String(chunk);
        });
        answer.on('end', () => {
          const { date: _date, 'x-request-id': _id, ...rest } = answer.headers;
          resolve({
            status: answer.statusCode,
            headers: rest,
            body: body.replaceAll(/"error_id":"\w+"/g, ''),
          });
        });
      })
        .on('error', reject)
        .end();
    });

  it.each([
    ['objects/', true],
    ['objects/?limit=0', true],
    ['objects/?match%5Btype%5D=indicator', true],
    ['objects/indicator--0d7c1bd4-3f2a-4d53-9c3e-5d2d6a1f7b11/', true],
    ['objects/', false],
  ])('is the same, whichever way it takes: %s, with credentials: %j', async (below, isKnown) => {
    const path = `/intel/collections/${server.organization.collectionId}/${below}`;
    const headers = isKnown ? { authorization: server.authorization } : {};
    // Letters in capitals take the long way.
    const long = await get(path, { ...headers, host: 'LOCALHOST' });
    expect(await get(path, { ...headers, host: 'localhost' })).toEqual(long);
  });
});
