import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ALL_ENDPOINTS } from '../../contract/all-endpoints.ts';
import type { Endpoint } from '../../contract/endpoint.ts';
import { ERRORS } from '../../contract/errors.ts';
import { ENGINES } from '../../server/testing/test-app.ts';
import { keyOf, pathOf } from './matrix.ts';
import { type Operation, ROUTE_RIGHTS, type Sent } from './route-rights.ts';
import { type Answer, openWorld, send, type World } from './world.ts';

const SEED = Number(process.env.TAXIWAY_TEST_SEED ?? 20_260_101);

const cursor = (parts: unknown) => Buffer.from(JSON.stringify(parts)).toString('base64url');
const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

/** Values that no field takes. */
const NEVER: readonly [string, string][] = [
  ['an object in place of a value', '{"a":{"b":[{}]}}'],
  ['a list of lists', '[[[]]]'],
  ['U+0000', '"a\\u0000b"'],
  ['half of a surrogate pair', '"a\\ud800b"'],
  ['a text of 200,000 characters', JSON.stringify('x'.repeat(200_000))],
  ['nesting of 10,000 levels', deep(10_000)],
  ['1e999', '1e999'],
  ['a prototype', '{"__proto__":{"admin":true}}'],
  ['no JSON', 'undefined'],
];

/** Values that a field may take or refuse. */
const MAYBE: readonly string[] = [
  'null',
  '""',
  '" "',
  '0',
  '-1',
  '1.5',
  '9007199254740993',
  '999999999999999',
  '2147483648',
  '"1"',
  'true',
  '[]',
  '{}',
  '[null]',
  '"\\u202e\\ufeff"',
  '"\\r\\nSet-Cookie: a=b"',
  `"${"'; drop table accounts --"}"`,
  '"%_\\\\!"',
  '"💥💥💥"',
  '"__proto__"',
  '"constructor"',
  '"0001-01-01T00:00:00Z"',
  '"9999-12-31T23:59:59Z"',
  '"-009999-01-01T00:00:00Z"',
  '[1,1,1,1,999999999]',
  '["a","a"]',
];

/** Query values, and cursors that were made by hand. */
const QUERY: readonly string[] = [
  '',
  '\u0000',
  '-1',
  '1e3',
  '999999999999999',
  '9'.repeat(40),
  'x'.repeat(5000),
  '💥',
  '%',
  "'",
  '[]',
  '__proto__',
  cursor(null),
  cursor([]),
  cursor([null, null]),
  cursor([1e300, 1]),
  cursor([1, 1e300]),
  cursor(['\u0000', 1]),
  cursor(['\ud800', 1]),
  cursor(['x', 1]),
  cursor([1, 'x']),
  cursor(['x', 'y']),
  cursor([0.5, 1]),
  cursor(1e300),
  cursor(0.5),
  cursor('\u0000'),
  cursor({ __proto__: 1 }),
  // Of every length that the lists have: a number that is no whole one, or none of 64 bits, where one is expected.
  ...[0.5, 1e300, -1e300, Number.MAX_SAFE_INTEGER, '1', null].flatMap((part) =>
    [0, 1, 2, 3].map((length) => cursor(length === 0 ? part : Array(length).fill(part))),
  ),
  cursor('x'.repeat(1000)),
];

/** Path segments as they stand in a request. */
const SEGMENTS: readonly string[] = [
  '0',
  '-1',
  '1.5',
  '01',
  '1e3',
  '9'.repeat(15),
  '9'.repeat(40),
  '%00',
  '%ff',
  '%2e%2e%2f',
  '%F0%9F%92%A5',
  '__proto__',
  'constructor',
  'x'.repeat(4000),
  '00000000-0000-4000-8000-000000000000',
];

/** The body of a request with each of its fields, at any depth, replaced by the text. */
function* replaced(body: unknown): Generator<{ field: string; with: (text: string) => string }> {
  const MARKER = '@@here@@';
  const places: (string | number)[][] = [];
  const walk = (value: unknown, path: (string | number)[]) => {
    if (path.length > 0) places.push(path);
    if (typeof value === 'object' && value !== null)
      for (const key of Object.keys(value)) walk(Reflect.get(value, key), [...path, key]);
  };
  walk(body, []);
  for (const path of places) {
    const copy = structuredClone(body) as object;
    let at = copy;
    for (const key of path.slice(0, -1)) at = Reflect.get(at, key) as object;
    Reflect.set(at, path.at(-1) ?? '', MARKER);
    const text = JSON.stringify(copy);
    yield { field: path.join('.'), with: (value) => text.replace(`"${MARKER}"`, () => value) };
  }
}

/** The names of the query, as the contract has them. */
function queryNames({ query }: Endpoint): string[] {
  const schema = z.toJSONSchema(query, { io: 'input', unrepresentable: 'any' }) as { properties?: object };
  return Object.keys(schema.properties ?? {});
}

describe.each(ENGINES)('requests that are in order but for one part of them on %s', (engine) => {
  let world: World;
  let wrong: string[];
  let sent: number;
  beforeAll(async () => {
    world = await openWorld(engine);
  });
  afterAll(async () => {
    await world?.close();
  });

  /** Sends what `change` makes of a request to every endpoint; an answer that is no refusal is wrong where it `must` be one. */
  async function attempt(
    endpoint: Endpoint,
    operation: Operation,
    what: string,
    must: 'be refused' | 'be answered',
    change: (path: string, body: unknown) => { path: string; body: unknown },
  ): Promise<void> {
    const [on] = operation.on;
    if (on === undefined) return;
    const isOwn = on === 'own account';
    const name = sent++ % 2 === 0 ? 'Organization Administrator at home' : 'Administrator of the staff';
    const actor = world.actor(name);
    const thing = isOwn
      ? { name: 'own', noun: 'account' as const, id: actor.asker.accountId, rights: {} }
      : await world.thing(on);
    const parts: Sent = (await operation.send?.({ world, thing, asker: actor.asker })) ?? {};
    const { path, body } = change(pathOf(endpoint, parts, thing), parts.body);
    const answer = await send(world, actor.cookie, endpoint.method, path, body);
    if (answer.status < 400 && endpoint.method !== 'GET') {
      if (!isOwn) world.useUp(on);
      const [original] = world.actors.filter((each) => each.name === name);
      if (original !== undefined) original.cookie = (await world.session(actor.asker.accountId)).cookie;
    }
    const problem = problemOf(answer, must);
    if (problem !== undefined)
      wrong.push(
        `${keyOf(endpoint)} ${operation.does ?? ''} · ${what}: ${problem} ${answer.text.slice(0, 200)}`,
      );
  }

  function problemOf({ status, text, headers }: Answer, must: string): string | undefined {
    if (status < 400) return must === 'be refused' ? `${status}` : undefined;
    if (status >= 500 || headers.get('content-type') !== 'application/json') return `${status}`;
    const { error, ...rest } = JSON.parse(text) as { error: Record<string, unknown> };
    const isShaped =
      Object.keys(rest).length === 0 &&
      ERRORS[error.code as keyof typeof ERRORS]?.status === status &&
      typeof error.message === 'string' &&
      typeof error.requestId === 'string' &&
      !/\.ts\b|\bselect\b|sqlite|postgres/i.test(text);
    return isShaped ? undefined : `${status}, of another shape:`;
  }

  const operations = () =>
    ALL_ENDPOINTS.filter((endpoint) => keyOf(endpoint) !== 'DELETE /session').flatMap((endpoint) =>
      (ROUTE_RIGHTS[keyOf(endpoint)] ?? []).map((operation) => ({ endpoint, operation })),
    );
  const firsts = () =>
    operations().filter(({ endpoint }, index, all) => all[index - 1]?.endpoint !== endpoint);

  const start = () => {
    wrong = [];
    sent = 0;
    world.app.logged.length = 0;
  };
  const finish = (least: number) => {
    expect(wrong).toEqual([]);
    expect(sent).toBeGreaterThan(least);
    expect(world.app.logged.filter((line) => /"level":(50|60)/.test(line))).toEqual([]);
  };

  it('item 128: with a body that no field takes are refused in the one shape of error', {
    timeout: 120_000,
  }, async () => {
    start();
    for (const { endpoint, operation } of firsts()) {
      if (!['POST', 'PUT', 'PATCH'].includes(endpoint.method)) continue;
      for (const [what, raw] of [
        ['an unknown field', (text: string) => text.replace(/^\{/, '{"unknown":1,')],
        ['a field that comes twice', (text: string) => text.replace(/^\{/, '{"version":1,"version":1,')],
        ['a prototype', (text: string) => text.replace(/^\{/, '{"__proto__":{"a":1},')],
        ['a constructor', (text: string) => text.replace(/^\{/, '{"constructor":{"prototype":{}},')],
        ['a list', () => '[]'],
        ['a number', () => '7'],
        ['null', () => 'null'],
        ['deep nesting', () => deep(50_000)],
        ['half a body', (text: string) => text.slice(0, -1)],
        ['two bodies', (text: string) => `${text}${text}`],
      ] as const) {
        await attempt(endpoint, operation, what, 'be refused', (path, body) => ({
          path,
          body: raw(JSON.stringify(body ?? {}).replace(',}', '}')).replace(',}', '}'),
        }));
      }
    }
    finish(300);
  });

  it('item 128: with a value that no field takes, in any field at any depth, are refused', {
    timeout: 120_000,
  }, async () => {
    start();
    let turn = 0;
    for (const { endpoint, operation } of operations()) {
      const thing =
        operation.on[0] === 'own account' ? undefined : await world.thing(operation.on[0] ?? 'user');
      if (thing === undefined || operation.isPublic) continue;
      const { asker } = world.actor('Administrator of the staff');
      const example = (await operation.send?.({ world, thing, asker }))?.body;
      for (const { field } of replaced(example)) {
        // Three of them for each field, and all of them in turn.
        for (let times = 0; times < 3; times++) {
          const [what, text] = NEVER[turn++ % NEVER.length] ?? ['', ''];
          // A member of a list of ids may be a name.
          await attempt(endpoint, operation, `${field} = ${what}`, 'be refused', (path, body) => {
            const place = [...replaced(body)].find((each) => each.field === field);
            return { path, body: place?.with(text) ?? '{"unknown":1}' };
          });
        }
      }
    }
    finish(300);
  });

  it('item 128: with any value in any field, in the query or in the path are answered or refused, and break nothing', {
    timeout: 400_000,
  }, async () => {
    start();
    let turn = 0;
    const random = fc.sample(fc.jsonValue({ maxDepth: 3 }), { numRuns: 500, seed: SEED });
    const anything = () => {
      turn++;
      return turn % 3 === 0
        ? JSON.stringify(random[turn % random.length])
        : (MAYBE[turn % MAYBE.length] ?? 'null');
    };
    for (const { endpoint, operation } of firsts()) {
      const body = z.toJSONSchema(endpoint.body, { io: 'input', unrepresentable: 'any' }) as {
        properties?: object;
      };
      for (const field of [...Object.keys(body.properties ?? {})].filter((name) => name !== 'version')) {
        for (let times = 0; times < 4; times++) {
          const value = anything();
          await attempt(endpoint, operation, `${field} = ${value}`, 'be answered', (path, original) => ({
            path,
            body: JSON.stringify({ ...Object(original ?? {}), [field]: '@@here@@' }).replace(
              '"@@here@@"',
              () => value,
            ),
          }));
        }
      }
      for (const field of queryNames(endpoint)) {
        for (const value of QUERY) {
          if (field !== 'after' && turn++ % 3 !== 0) continue;
          await attempt(
            endpoint,
            operation,
            `?${field}=${value.slice(0, 60)}`,
            'be answered',
            (path, original) => ({
              path: `${path.replace(/\?.*/, '')}?${field}=${encodeURIComponent(value)}`,
              body: original,
            }),
          );
        }
        for (const sort of ['createdAt', '-lastUsedAt', 'name', 'id', '-id', 'owner']) {
          if (field !== 'after' || !queryNames(endpoint).includes('sort')) continue;
          for (const parts of [['x', 1], [1, 1], [1e300, 1], ['\u0000', 1], [null, 1], [0.5, 0.5], 1, 'x'])
            await attempt(
              endpoint,
              operation,
              `?sort=${sort}&after=${JSON.stringify(parts)}`,
              'be answered',
              (path) => ({
                path: `${path.replace(/\?.*/, '')}?sort=${sort}&after=${cursor(parts)}`,
                body: undefined,
              }),
            );
        }
      }
      const names = [...endpoint.path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
      for (const [place, name] of names.entries()) {
        for (const segment of SEGMENTS) {
          await attempt(
            endpoint,
            operation,
            `:${name} = ${segment.slice(0, 60)}`,
            'be answered',
            (path, original) => {
              let seen = -1;
              const index = endpoint.path
                .split('/')
                .findIndex((part) => part.startsWith(':') && ++seen === place);
              const [plain = '', query] = path.split('?');
              const parts = plain.split('/');
              parts[index] = segment;
              return { path: `${parts.join('/')}${query === undefined ? '' : `?${query}`}`, body: original };
            },
          );
        }
      }
    }
    finish(1500);
    expect((await fetch(`${world.server.url}/readyz`)).status).toBe(200);
  });
});
