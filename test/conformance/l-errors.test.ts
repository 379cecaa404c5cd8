import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../server/testing/test-app.ts';
import { indicator } from '../../server/testing/test-server.ts';
import { expectError, expectPage, expectTaxii } from './shapes.ts';
import { TAXII, talk } from './wire.ts';
import { fill, openWorld, ROOT, type World } from './world.ts';

describe.each(ENGINES)('errors on %s', (engine) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(engine);
    await fill(world.client, world.home.objects, [indicator(1)]);
  });
  afterAll(() => world?.close());

  it('items 176, 177, 178, 179, 181 · every refusal is an error resource with title, its status as a string, and the id of the request', async () => {
    const { client, home } = world;
    const ids = new Set<unknown>();
    const refusals = [
      [400, await client.get(`${home.objects}?limit=x`)],
      [400, await client.post(home.objects, '{')],
      [401, await client.get(ROOT, { Authorization: null })],
      [404, await client.get('/nothing/')],
      [405, await client.request('PUT', ROOT)],
      [406, await client.get(ROOT, { Accept: 'text/html' })],
      [415, await client.post(home.objects, 'x', { 'Content-Type': 'text/html' })],
      [422, await client.post(home.objects, '{}')],
    ] as const;
    for (const [status, answer] of refusals) {
      const error = expectError(answer, status);
      expect(error.error_id).toBe(answer.headers['x-request-id']);
      expect(error.error_code).toMatch(/^[a-z_]+$/);
      expect(answer.headers['content-length']).toBe(String(answer.body.length));
      ids.add(error.error_id);
    }
    expect(ids.size).toBe(refusals.length);
  });

  it('item 179 · the id of an error is in the log', async () => {
    const answer = await world.client.get('/nothing/at/all/');
    const lines = world.app.logged.filter((line) => line.includes(String(answer.json.error_id)));
    expect(lines.length).toBeGreaterThan(0);
  });

  it('item 180 · an internal error is an error resource that tells nothing of the inside', async () => {
    const { db } = world.app;
    await sql`alter table objects rename to objects_gone`.execute(db.write);
    try {
      for (const path of [
        `${world.home.objects}?match[type]=malware`,
        `${world.home.manifest}?match[version]=all`,
      ]) {
        const answer = await world.client.get(path);
        const error = expectError(answer, 500);
        expect(answer.text).not.toMatch(/objects_|select|sqlite|postgres|relation|table|at .*\.ts|node:/i);
        const logged = world.app.logged.find((line) => line.includes(String(error.error_id)));
        expect(logged).toBeDefined();
      }
      expectError(await world.client.post(world.home.objects, { objects: [indicator(2)] }), 500);
    } finally {
      await sql`alter table objects_gone rename to objects`.execute(db.write);
    }
    expectPage(await world.client.get(`${world.home.objects}?match[type]=malware`));
    expectError(await world.client.get(`${world.home.objects}${String(indicator(2).id)}/`), 404);
  });

  it('item 184 · a URL or headers that are too long get an error and a clean end', async () => {
    const authorization = `Authorization: ${world.client.authorization}`;
    for (const [request, status] of [
      [
        `GET /${'x'.repeat(150_000)}/ HTTP/1.1\r\nHost: x\r\n${authorization}\r\n\r\n`,
        /^HTTP\/1\.1 (414|431) /,
      ],
      [
        `GET ${ROOT} HTTP/1.1\r\nHost: x\r\n${authorization}\r\nX-Long: ${'x'.repeat(150_000)}\r\n\r\n`,
        /^HTTP\/1\.1 431 /,
      ],
      [
        `GET ${ROOT} HTTP/1.1\r\nHost: x\r\n${authorization}\r\n${'X-A: b\r\n'.repeat(20_000)}\r\n`,
        /^HTTP\/1\.1 431 /,
      ],
    ] as const) {
      const { text, ended, answers } = await talk(world.port, [request]);
      expect(text).toMatch(status);
      expect(ended).toBe(true);
      expect(answers[0]?.headers.get('content-type')).toBe(TAXII);
      expect(JSON.parse(answers[0]?.body ?? '{}')).toHaveProperty('title');
    }
  });

  it('item 184 · a long URL below the limit is served', async () => {
    const long = `${ROOT}collections/?x=${'y'.repeat(30_000)}`;
    expectTaxii(await world.client.get(long), 200);
  });

  it('items 23, 176 · what breaks the rules of HTTP gets 400 with an error resource, and the end of the connection', async () => {
    for (const request of [
      `POST ${world.home.objects} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`,
      `POST ${world.home.objects} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nxxxxxx`,
      `GET ${ROOT} HTTP/1.1\r\nHost: x\r\nBad Header: x\r\n\r\n`,
      'GET\r\n\r\n',
      '\u0016\u0003\u0001\u0002\u0000\u0001',
    ]) {
      const { answers, ended } = await talk(world.port, [request]);
      expect(answers[0]?.status).toBe(400);
      expect(answers[0]?.headers.get('content-type')).toBe(TAXII);
      expect(ended).toBe(true);
    }
  });

  it('item 176 · a chunked body that is broken gets 400 or ends the connection, and stores nothing', async () => {
    const { answers } = await talk(world.port, [
      `POST ${world.home.objects} HTTP/1.1\r\nHost: x\r\nAuthorization: ${world.client.authorization}\r\nContent-Type: ${TAXII}\r\nTransfer-Encoding: chunked\r\n\r\n`,
      'ZZ\r\nnot a chunk\r\n0\r\n\r\n',
    ]);
    expect(answers.every((answer) => answer.status === 400)).toBe(true);
  });
});
