import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addMember } from '../../server/features/owners/owners.service.ts';
import { ENGINES } from '../../server/testing/test-app.ts';
import { indicator } from '../../server/testing/test-server.ts';
import { expectNoNothing, expectPage, expectStatus, expectTaxii } from './shapes.ts';
import { TAXII, talk } from './wire.ts';
import { fill, openWorld, type Place, ROOT, type World } from './world.ts';

const id = (number: number) => String(indicator(number).id);

describe.each(ENGINES)('robustness and privacy on %s', (engine) => {
  let world: World;
  let made = 0;
  beforeAll(async () => {
    world = await openWorld(engine);
  });
  afterAll(() => world?.close());
  const fresh = (): Promise<Place> => world.newCommunity(`Robust ${++made}`);

  /** Posts one object as text, and what the collection then holds. */
  async function roundTrip(text: string) {
    const place = await fresh();
    const status = expectStatus(await world.client.post(place.objects, `{"objects":[${text}]}`));
    return { status, page: await world.client.get(place.objects), place };
  }
  const withName = (json: string) =>
    JSON.stringify(indicator(1, { name: '' })).replace('"name":""', `"name":${json}`);

  it('item 185 · nothing is purged of itself: every version is there a year later', async () => {
    const place = await fresh();
    const versions = ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z'];
    await fill(
      world.client,
      place.objects,
      versions.map((modified) => indicator(1, { modified })),
    );
    world.app.clock.advance(366 * 86_400);
    const page = expectPage(await world.client.get(`${place.objects}${id(1)}/versions/`));
    expect(page.versions).toEqual(versions);
  });

  it('item 186 · who sees published objects only is told nothing by counts, headers or next of the others', async () => {
    const place = await world.newCommunity('Subscribers', 'Subscriber');
    const before = await world.client.get(place.objects);
    const editor = await world.newOrganization('Editors');
    await addMember(world.app, world.app.operator, {
      owner: place.name,
      organization: editor.name,
      defaultRole: 'Editor',
    });
    const writer = await world.newUser({ userName: 'writer', organization: editor.name });
    await fill(writer, place.objects, [indicator(1), indicator(2), indicator(3)]);
    const after = await world.client.get(`${place.objects}?limit=1`);
    expect(after.text).toBe(before.text);
    for (const name of ['x-taxii-date-added-first', 'x-taxii-date-added-last']) {
      expect(after.headers[name]).toBe(before.headers[name]);
    }
  });

  it('items 187, 188 · numbers in resources are safe integers, and limits are said and kept', async () => {
    const place = await fresh();
    await fill(world.client, place.objects, [indicator(1)]);
    for (const path of ['/taxii2/', ROOT, `${ROOT}collections/`, place.path]) {
      expectNoNothing(expectTaxii(await world.client.get(path), 200));
    }
  });

  it.each([
    ['emoji', '"🛰👩‍👩‍👧‍👦"'],
    ['right-to-left and controls', '"\u202e\u200f abc \u2066"'],
    ['escaped control characters', '"\\u0001\\u001f\\b\\f\\t"'],
    ['a noncharacter', '"\\uffff\uffff"'],
    ['a combining sequence', '"e\u0301 vs \u00e9"'],
    ['an escaped lone surrogate', '"\\ud800 \\udc00\\ud800"'],
    ['a line separator', '"\u2028\u2029"'],
    ['a byte order mark', '"\ufeff"'],
  ])('item 189 · %s survives a round trip or fails with a message', async (_what, json) => {
    const text = withName(json);
    const { status, page } = await roundTrip(text);
    if (status.success_count === 1) expect(page.text).toBe(`{"more":false,"objects":[${text}]}`);
    else expect(page.text).toBe('{"more":false}');
  });

  it('item 189 · U+0000, in a value or in a name, fails that object with a message; the others are stored', async () => {
    const place = await fresh();
    const inValue = withName('"a\\u0000b"');
    const inName = JSON.stringify(indicator(2)).replace('{', '{"x_\\u0000":1,');
    const deep = JSON.stringify(indicator(3)).replace('{', '{"x_deep":[{"a":["\\u0000"]}],');
    const escaped = JSON.stringify(indicator(4, { name: 'a\\u0000b' }));
    const body = `{"objects":[${inValue},${inName},${deep},${escaped}]}`;
    const status = expectStatus(await world.client.post(place.objects, body));
    expect(status.failures?.map((failure) => failure.id)).toEqual([id(1), id(2), id(3)]);
    for (const failure of status.failures ?? []) expect(failure.message).toContain('U+0000');
    expect((await world.client.get(place.objects)).text).toBe(`{"more":false,"objects":[${escaped}]}`);
  });

  it('item 189 · odd ids and versions in failures are told without harm', async () => {
    const place = await fresh();
    const status = expectStatus(
      await world.client.post(
        place.objects,
        '{"objects":[{"type":"x","id":"\\u0000"},{"id":"\\ud800","modified":"\\u0000"},{"id":"x","modified":7}]}',
      ),
    );
    expect(status.failure_count).toBe(3);
    expectTaxii(await world.client.get(`${ROOT}status/${status.id}/`), 200);
  });

  it('item 190 · nesting beyond 100 levels fails that object, and 100 levels are taken', async () => {
    const place = await fresh();
    const nested = (number: number, depth: number) =>
      JSON.stringify(indicator(number, { x_deep: 0 })).replace(
        '"x_deep":0',
        `"x_deep":${'['.repeat(depth)}1${']'.repeat(depth)}`,
      );
    const body = `{"objects":[${nested(1, 90)},${nested(2, 200)},${nested(3, 100_000)},${JSON.stringify(indicator(4))}]}`;
    const answer = await world.client.post(place.objects, body);
    const status = expectStatus(answer);
    expect(status).toMatchObject({ success_count: 2, failure_count: 2 });
    for (const failure of status.failures ?? []) expect(failure.message).toMatch(/nests|deep/);
    expect((await world.client.get(place.objects)).json.objects?.length).toBe(2);
  });

  it('item 190 · a body that only nests is refused without a crash', async () => {
    const place = await fresh();
    for (const body of [
      '['.repeat(1_000_000),
      '{"a":'.repeat(200_000),
      `{"objects":${'['.repeat(500_000)}`,
    ]) {
      const answer = await world.client.post(place.objects, body);
      expect([400, 422]).toContain(answer.status);
      expectTaxii(answer, answer.status);
    }
  });

  it('item 190 · a string of a megabyte is stored and comes back', async () => {
    const text = withName(`"${'é'.repeat(500_000)}"`);
    const { page } = await roundTrip(text);
    expect(page.text).toBe(`{"more":false,"objects":[${text}]}`);
  });

  it('item 191 · __proto__, constructor and toString are plain data', async () => {
    const text = JSON.stringify(indicator(1)).replace(
      '{',
      '{"__proto__":{"type":"malware","revoked":true,"confidence":900},"constructor":{"prototype":{"x":1}},"toString":1,"hasOwnProperty":2,"x_in":{"__proto__":{"polluted":true}},',
    );
    const { status, page, place } = await roundTrip(text);
    expect(status.success_count).toBe(1);
    expect(page.text).toBe(`{"more":false,"objects":[${text}]}`);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    const byType = await world.client.get(`${place.objects}?match[type]=indicator`);
    expect(byType.text).toBe(page.text);
  });

  it('item 192 · numbers keep their text, and equal values in another notation are the same content', async () => {
    const place = await fresh();
    const object = (number: string) =>
      JSON.stringify(indicator(1, { x_n: 0 })).replace('"x_n":0', `"x_n":${number}`);
    for (const [number, succeeds] of [
      ['12345678901234567890.10', true],
      ['12345678901234567890.1', true],
      ['1234567890123456789010e-2', true],
      ['12345678901234567890.2', false],
    ] as const) {
      const status = expectStatus(await world.client.post(place.objects, `{"objects":[${object(number)}]}`));
      expect(status.success_count, number).toBe(succeeds ? 1 : 0);
    }
    expect((await world.client.get(place.objects)).text).toContain('"x_n":12345678901234567890.10}');
  });

  it('item 193 · pipelined requests are answered in their order', async () => {
    const place = await fresh();
    await fill(
      world.client,
      place.objects,
      Array.from({ length: 20 }, (_, index) => indicator(index + 1)),
    );
    const head = `HTTP/1.1\r\nHost: x\r\nAccept: ${TAXII}\r\nAuthorization: ${world.client.authorization}\r\n`;
    const body = JSON.stringify({ objects: [indicator(21)] });
    const requests = [
      `GET ${place.objects} ${head}\r\n`,
      `GET /nothing/ ${head}\r\n`,
      `POST ${place.objects} ${head}Content-Type: ${TAXII}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      `HEAD ${ROOT} ${head.replace('Host: x', 'Host: y')}\r\n`,
    ];
    const { answers, text } = await talk(world.port, [requests.join('')], { answers: 3, timeoutMs: 3000 });
    expect(answers.slice(0, 3).map((answer) => answer.status)).toEqual([200, 404, 202]);
    expect(text.match(/HTTP\/1\.1 \d{3}/g)?.length).toBeGreaterThanOrEqual(3);
  });

  it('item 193 · a client that writes octet by octet is served', async () => {
    const request = `GET ${ROOT} HTTP/1.1\r\nHost: x\r\nAccept: ${TAXII}\r\nAuthorization: ${world.client.authorization}\r\n\r\n`;
    const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 1));
    const parts = [...request].flatMap((char) => [char, pause]);
    const { answers } = await talk(world.port, parts, { answers: 1 });
    expect(answers[0]?.status).toBe(200);
  });

  it('item 194 · the access log has user agent, request id, account, collection and counts, and no secret', async () => {
    const place = await fresh();
    await fill(world.client, place.objects, [indicator(1), indicator(2)]);
    const answer = await world.client.get(`${place.objects}?limit=2`, { 'User-Agent': 'conformance/1' });
    const requestId = String(answer.headers['x-request-id']);
    const line = world.app.logged.find((each) => each.includes(requestId)) ?? '{}';
    expect(JSON.parse(line)).toMatchObject({
      requestId,
      userAgent: 'conformance/1',
      account: 'harbour-siem',
      method: 'GET',
      status: 200,
      count: 2,
      bytes: answer.body.length,
      address: '127.0.0.1',
    });
    expect(JSON.parse(line).path).toContain(place.collectionId);
    const secret = world.client.authorization.slice(6);
    const password = Buffer.from(secret, 'base64').toString().split(':')[1] ?? '?';
    const log = world.app.logged.join('');
    expect(log).not.toContain(secret);
    expect(log).not.toContain(password);
  });
});
