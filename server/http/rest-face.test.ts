import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { endpoint, fileEndpoint, noContent } from '../../contract/endpoint.ts';
import { createAccess } from '../access/access.ts';
import type { App, Caller } from '../context.ts';
import { AppError } from '../errors.ts';
import { restClient } from '../testing/rest-client.ts';
import { openTestApp, type TestApp } from '../testing/test-app.ts';
import { bind, bindFile, type RestRoute } from './rest-face.ts';
import { listen, type RunningServer } from './server.ts';

const TOKEN = 'A'.repeat(43);
const COOKIE = `__Host-taxiway-session=${TOKEN}`;
const tag = 'Test';
const output = z.strictObject({ echo: z.unknown() });

/** What happened, for the tests to see. */
const seen: string[] = [];
const ask = ({ access }: Caller) => access.can('organization.list', {});
let produced = 0;
let isOver = false;

async function* endless() {
  try {
    for (;;) {
      produced++;
      yield 'x'.repeat(65_536);
    }
  } finally {
    isOver = true;
  }
}

const routes: RestRoute[] = [
  bind(endpoint({ method: 'GET', path: '/things', tag, summary: '.', output }), async (caller) => {
    ask(caller);
    return { echo: 'things' };
  }),
  bind(
    endpoint({
      method: 'POST',
      path: '/things/:thing',
      tag,
      summary: '.',
      params: z.strictObject({ thing: z.string() }),
      query: z.strictObject({ q: z.string().optional() }),
      body: z.strictObject({ name: z.string(), list: z.array(z.number()).optional() }),
      output,
      status: 201,
    }),
    async (caller, parts) => {
      ask(caller);
      seen.push('POST');
      return { echo: parts };
    },
  ),
  bind(
    endpoint({
      method: 'DELETE',
      path: '/things/:thing',
      tag,
      summary: '.',
      params: z.strictObject({ thing: z.string() }),
      output: noContent,
      status: 204,
    }),
    async (caller) => {
      ask(caller);
      seen.push('DELETE');
    },
  ),
  bind(endpoint({ method: 'GET', path: '/forgetful', tag, summary: '.', output }), async () => ({ echo: 1 })),
  bind(
    endpoint({ method: 'GET', path: '/talkative', tag, summary: '.', output: z.strictObject({}) }),
    async (caller) => {
      ask(caller);
      return { secret: 'internal-canary' } as never;
    },
  ),
  bind(endpoint({ method: 'GET', path: '/broken', tag, summary: '.', output }), async () => {
    throw new Error('select secret_column from internal_canary at /opt/taxiway/x.ts:1');
  }),
  bind(
    endpoint({
      method: 'POST',
      path: '/large',
      tag,
      summary: '.',
      body: z.strictObject({ csv: z.string() }),
      output,
      maxBody: 3_000_000,
    }),
    async (caller, { body }) => {
      ask(caller);
      return { echo: body.csv.length };
    },
  ),
  bind(
    endpoint({
      method: 'POST',
      path: '/open',
      tag,
      summary: '.',
      authentication: 'public',
      body: z.strictObject({ a: z.string() }),
      output,
    }),
    async (caller) => {
      ask(caller);
      return { echo: caller.access.actor.kind };
    },
  ),
  bindFile(
    fileEndpoint({ method: 'GET', path: '/list.csv', tag, summary: '.', media: 'text/csv' }),
    async (caller) => {
      ask(caller);
      return { fileName: '../Päth "of"\r\nX: y/list.csv', content: 'a,b\r\n' };
    },
  ),
  bindFile(
    fileEndpoint({ method: 'GET', path: '/endless', tag, summary: '.', media: 'application/x-ndjson' }),
    async (caller) => {
      ask(caller);
      return { fileName: 'endless.jsonl', content: endless() };
    },
  ),
  bindFile(
    fileEndpoint({
      method: 'GET',
      path: '/failing',
      tag,
      summary: '.',
      query: z.strictObject({ after: z.enum(['0', '1']) }),
      media: 'text/csv',
    }),
    async (caller, { query }) => ({
      fileName: 'failing.csv',
      content: (async function* () {
        ask(caller);
        if (query.after === '1') yield 'first\r\n';
        await sleep(50);
        throw new AppError('forbidden', { message: 'internal-canary' });
      })(),
    }),
  ),
  bindFile(
    fileEndpoint({ method: 'GET', path: '/forgetful.csv', tag, summary: '.', media: 'text/csv' }),
    async () => ({
      fileName: 'x.csv',
      content: (async function* () {
        yield 'x';
      })(),
    }),
  ),
];

const serve = async (app: App) =>
  await listen(app, {
    taxii: { open: () => Promise.reject(new AppError('unauthenticated')), endpoints: {} as never },
    rest: routes,
    api: [],
    admitApi: () => Promise.reject(new AppError('unauthenticated')),
    openSession: async ({ token }) => {
      if (token !== TOKEN) throw new AppError('unauthenticated');
      const actor = {
        kind: 'account',
        accountId: 1,
        name: 'ada@example.com',
        organizationId: 1,
        systemRole: 'User',
        organizationRole: 'Standard User',
      } as const;
      return { access: createAccess(actor) as never, requiredActions: [], isVerified: true };
    },
    isReady: () => Promise.resolve(true),
  });

/** The status of a request with headers that `fetch` would not send. */
async function statusOf(port: number, headers: Record<string, string>, method = 'GET') {
  const path = method === 'GET' ? '/rest/v1/things' : '/rest/v1/things/1';
  return await new Promise<number | undefined>((resolve, reject) => {
    request({ port, path, method, headers: { Cookie: COOKIE, ...headers } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

describe('the REST face', () => {
  let app: TestApp;
  let server: RunningServer;
  beforeAll(async () => {
    app = await openTestApp('sqlite');
    server = await serve(app);
  });
  afterAll(async () => {
    await server.close(500);
    await app.close();
  });

  function client(cookie: string | undefined = COOKIE) {
    const browser = restClient(server.url);
    browser.cookie = cookie;
    return browser;
  }
  const raw = (path: string, init: RequestInit = {}) =>
    fetch(`${server.url}${path}`, { ...init, headers: { Cookie: COOKIE, ...init.headers } });
  const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
    raw('/rest/v1/things/1', {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json', ...headers },
    });
  const codeOf = async (answer: Response | Promise<Response>) =>
    ((await (await answer).json()) as { error: { code: string } }).error.code;

  it('gives a use case the parameters of the path, the query and the body, and answers with the endpoint’s status', async () => {
    const reply = await client().request('POST', '/things/a%20b?q=x+y', { name: 'n', list: [1] });
    expect(reply).toMatchObject({
      status: 201,
      body: { echo: { params: { thing: 'a b' }, query: { q: 'x y' }, body: { name: 'n', list: [1] } } },
    });
    expect(reply.headers.get('content-type')).toBe('application/json');
    expect(reply.headers.get('x-content-type-options')).toBe('nosniff');
    expect(reply.headers.get('cache-control')).toBe('no-store');
  });

  it('answers 204 without a body and without a type', async () => {
    const reply = await client().request('DELETE', '/things/1');
    expect(reply).toMatchObject({ status: 204, body: undefined });
    expect(reply.headers.get('content-type')).toBeNull();
  });

  it('answers a path that it does not have with 404, below /rest/ as below /rest/v1, in the one shape of error', async () => {
    for (const path of [
      '/rest',
      '/rest/',
      '/rest/x',
      '/rest/v2/things',
      '/rest/v1',
      '/rest/v1/nothing',
      '/rest/v1/things/1/2',
    ]) {
      const answer = await raw(path);
      expect(answer.status).toBe(404);
      expect(answer.headers.get('content-type')).toBe('application/json');
      expect(await answer.json()).toEqual({
        error: { code: 'not_found', message: 'Not found', requestId: answer.headers.get('x-request-id') },
      });
    }
  });

  it('answers a wrong method with 405, and says which are right', async () => {
    const answer = await raw('/rest/v1/things/1', { method: 'PUT' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'DELETE, POST']);
    expect(await codeOf(answer)).toBe('method_not_allowed');
    expect((await raw('/rest/v1/things', { method: 'OPTIONS' })).headers.get('allow')).toBe('GET, HEAD');
  });

  it('answers HEAD like GET, without the body', async () => {
    for (const path of ['/rest/v1/things', '/rest/v1/list.csv', '/rest/v1/nothing']) {
      const get = await raw(path);
      const head = await raw(path, { method: 'HEAD' });
      expect(head.status).toBe(get.status);
      expect(head.headers.get('content-length')).toBe(get.headers.get('content-length'));
      expect(head.headers.get('content-type')).toBe(get.headers.get('content-type'));
      expect(await head.text()).toBe('');
      await get.text();
    }
  });

  describe('strangers learn nothing', () => {
    const requests: [string, string, string?][] = [
      ['GET', '/things'],
      ['GET', '/nothing'],
      ['PUT', '/things'],
      ['OPTIONS', '/things'],
      ['DELETE', '/things/1'],
      ['POST', '/things/1', '{"name":"n"}'],
      ['POST', '/things/1', '{"x":'],
      ['POST', '/nothing', '{}'],
      ['GET', '/open'],
      ['GET', '/broken'],
      ['GET', '/list.csv'],
      ['GET', ''],
    ];
    it.each([
      ['without a session', undefined],
      ['with the session of nobody', `__Host-taxiway-session=${'B'.repeat(43)}`],
      ['with a cookie that cannot be one', '__Host-taxiway-session=x'],
    ])(
      '%s every request is answered alike with 401, known path or not, valid body or not',
      async (_how, cookie) => {
        const answers: object[] = [];
        for (const [method, path, body] of requests) {
          const answer = await fetch(`${server.url}/rest/v1${path}`, {
            method,
            headers: {
              'Content-Type': 'application/json',
              ...(cookie === undefined ? {} : { Cookie: cookie }),
            },
            ...(body === undefined ? {} : { body }),
          });
          const { error } = (await answer.json()) as { error: Record<string, unknown> };
          const { requestId, ...rest } = error;
          const headers = Object.fromEntries(answer.headers);
          for (const name of ['date', 'x-request-id', 'connection', 'keep-alive']) delete headers[name];
          answers.push({ status: answer.status, rest, headers, id: typeof requestId });
        }
        expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
        expect(answers[0]).toMatchObject({ status: 401, rest: { code: 'unauthenticated' } });
      },
    );

    it('but what is public is open to them', async () => {
      const reply = await restClient(server.url).request('POST', '/open', { a: 'b' });
      expect(reply).toMatchObject({ status: 200, body: { echo: 'anonymous' } });
    });
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'application/json; charset=latin1',
    '',
  ])('item 68: a body of type "%s" is refused with 415, and changes nothing', async (type) => {
    seen.length = 0;
    const answer = await post('{"name":"n"}', { 'Content-Type': type });
    expect([answer.status, await codeOf(answer)]).toEqual([415, 'unsupported_media_type']);
    expect(seen).toEqual([]);
  });

  it('item 67: a change that another site makes a browser ask for is refused, also for what is public', async () => {
    seen.length = 0;
    for (const headers of [
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
      { Origin: 'https://evil.example' },
    ]) {
      expect((await client().request('POST', '/things/1', { name: 'n' }, headers)).status).toBe(403);
      expect((await client().request('DELETE', '/things/1', undefined, headers)).status).toBe(403);
      expect((await restClient(server.url).request('POST', '/open', { a: 'b' }, headers)).status).toBe(403);
    }
    expect(seen).toEqual([]);
    const own = { 'Sec-Fetch-Site': 'same-origin', Origin: server.url };
    expect((await client().request('POST', '/things/1', { name: 'n' }, own)).status).toBe(201);
  });

  it('item 69: headers and parameters that would make a GET or a POST another method are ignored or refused', async () => {
    seen.length = 0;
    for (const name of ['X-HTTP-Method-Override', 'X-Method-Override', 'X-HTTP-Method']) {
      expect((await raw('/rest/v1/things', { headers: { [name]: 'POST' } })).status).toBe(200);
      await post('{"name":"n"}', { [name]: 'DELETE' });
    }
    expect((await raw('/rest/v1/things?_method=DELETE')).status).toBe(400);
    expect(seen).toEqual(['POST', 'POST', 'POST']);
  });

  it.each([
    ['{"name":"a","name":"b"}', 'invalid_input'],
    ['{"name":"a","__proto__":{"admin":true}}', 'invalid_input'],
    ['{"name":"a","constructor":{}}', 'invalid_input'],
    [`{"name":"a","list":${'['.repeat(40)}${']'.repeat(40)}}`, 'invalid_input'],
    ['{"name":"a","x":1}', 'invalid_input'],
    ['["name"]', 'invalid_input'],
    ['null', 'invalid_input'],
    ['{"name":"\\u0000"}', 'invalid_input'],
  ])('item 128: the body %s is refused', async (body, code) => {
    expect(await codeOf(post(body))).toBe(code);
  });

  it('item 128: a body that is not UTF-8 is refused', async () => {
    expect(
      await codeOf(post(new Uint8Array([...Buffer.from('{"name":"'), 0xff, ...Buffer.from('"}')]))),
    ).toBe('invalid_input');
  });

  it('item 128: a name that comes twice in the query is refused, and an unknown one', async () => {
    for (const query of ['q=1&q=2', 'q=1&%71=2', 'z=1', '__proto__=1', 'q=%ff']) {
      const reply = await client().request('POST', `/things/1?${query}`, { name: 'n' });
      expect(reply.status).toBe(400);
    }
  });

  it('tells every problem of query and body at once', async () => {
    const reply = await client().request<{ error: { problems: { path: string }[] } }>(
      'POST',
      '/things/1?z=1',
      {
        name: 7,
        list: ['x'],
      },
    );
    expect(reply.status).toBe(400);
    expect(reply.body.error.problems.map(({ path }) => path)).toEqual(['z', 'name', 'list.0']);
  });

  it('takes a megabyte, more where the endpoint says so, and answers before it has read what is too much', async () => {
    const ofSize = (bytes: number) => ({ csv: 'x'.repeat(bytes) });
    expect((await client().request('POST', '/things/1', { name: 'x'.repeat(999_000) })).status).toBe(201);
    expect((await client().request('POST', '/things/1', { name: 'x'.repeat(1_000_000) })).status).toBe(413);
    expect((await client().request('POST', '/large', ofSize(2_900_000))).body).toEqual({ echo: 2_900_000 });
    expect((await client().request('POST', '/large', ofSize(3_000_000))).status).toBe(413);
    expect((await restClient(server.url).request('POST', '/open', { a: 'x'.repeat(70_000) })).status).toBe(
      413,
    );
  });

  it('takes no body where none is declared for the method', async () => {
    const answer = await raw('/rest/v1/things/1', { method: 'DELETE', body: '{}' });
    expect(answer.status).toBe(400);
  });

  it('over plain HTTP only this machine is served, unless a proxy that is trusted ended TLS', async () => {
    const behindProxy = await openTestApp('sqlite', { trustedProxies: ['127.0.0.1'] });
    const other = await serve(behindProxy);
    const host = { Host: 'intel.example.org' };
    const https = { ...host, 'X-Forwarded-Proto': 'https' };
    const statuses = [
      await statusOf(server.port, host),
      await statusOf(server.port, https),
      await statusOf(other.port, host),
      await statusOf(other.port, https),
      await statusOf(other.port, { ...https, Origin: 'https://intel.example.org' }, 'DELETE'),
      await statusOf(other.port, { ...https, Origin: 'http://intel.example.org' }, 'DELETE'),
    ];
    await other.close(500);
    await behindProxy.close();
    expect(statuses).toEqual([403, 403, 403, 200, 204, 403]);
  });

  it('a route that asked for no right is a 500, also when it answers with a stream', async () => {
    for (const path of ['/forgetful', '/forgetful.csv']) {
      const reply = await client().request<{ error: object }>('GET', path);
      expect(reply).toMatchObject({ status: 500, body: { error: { code: 'internal' } } });
    }
    expect(app.logged.join('')).toContain('asked for no permission');
  });

  it('item 129: what breaks is told with an id, and nothing else of it; the log has the rest', async () => {
    for (const path of ['/broken', '/talkative']) {
      const reply = await client().request<{ error: { requestId: string } }>('GET', path);
      expect(reply.status).toBe(500);
      expect(reply.body).toEqual({
        error: {
          code: 'internal',
          message: 'Internal error',
          requestId: reply.headers.get('x-request-id'),
        },
      });
      expect(app.logged.some((line) => line.includes(reply.body.error.requestId))).toBe(true);
    }
  });

  describe('a file', () => {
    it('is an attachment of its type with a name that is only a name', async () => {
      const answer = await raw('/rest/v1/list.csv');
      expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
      expect(answer.headers.get('content-disposition')).toBe('attachment; filename="Pa-th-of-X-y-list.csv"');
      expect(await answer.text()).toBe('a,b\r\n');
    });

    it('is made only as fast as the client takes it, and no further when the client goes', async () => {
      produced = 0;
      isOver = false;
      const abort = new AbortController();
      const answer = await raw('/rest/v1/endless', { signal: abort.signal });
      const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
      await reader.read();
      let before = -1;
      // Until the buffers on the way are full.
      while (before !== produced) {
        before = produced;
        await sleep(200);
      }
      expect(produced).toBeGreaterThan(1);
      expect(produced).toBeLessThan(1000);
      abort.abort();
      await expect.poll(() => isOver, { timeout: 5000 }).toBe(true);
    });

    it('that fails before its first line is an error that can be read', async () => {
      const reply = await client().request('GET', '/failing?after=0');
      expect(reply).toMatchObject({ status: 403, body: { error: { code: 'forbidden' } } });
      expect(reply.headers.get('content-disposition')).toBeNull();
    });

    it('that fails later breaks off, so that nobody takes the half for the whole', async () => {
      const answer = await raw('/rest/v1/failing?after=1');
      expect(answer.status).toBe(200);
      await expect(answer.text()).rejects.toThrow();
      expect(app.logged.join('')).toContain('a file could not be sent to its end');
    });
  });

  it('writes one line for each request, and counts it under its endpoint', async () => {
    app.logged.length = 0;
    await client().request('POST', '/things/secret-name?q=1', { name: 'body-canary' });
    const lineOf = () => app.logged.find((each) => each.includes('secret-name'));
    await expect.poll(lineOf).toBeDefined();
    const line = JSON.parse(lineOf() ?? '{}') as Record<string, unknown>;
    expect(line).toMatchObject({
      msg: 'request',
      method: 'POST',
      path: '/rest/v1/things/secret-name?q=1',
      status: 201,
      account: 'ada@example.com',
      address: '127.0.0.1',
    });
    expect(app.logged.join('')).not.toContain('body-canary');
    expect(app.logged.join('')).not.toContain(TOKEN);
    const figures = await (await fetch(`${server.url}/metrics`)).text();
    expect(figures).toContain(
      'taxiway_rest_requests_total{endpoint="/things/:thing",method="POST",status="201"}',
    );
    expect(figures).not.toContain('secret-name');
  });
});
