import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ALL_ENDPOINTS } from '../../contract/all-endpoints.ts';
import { endpoint, fileEndpoint, noContent } from '../../contract/endpoint.ts';
import { ERRORS } from '../../contract/errors.ts';
import { pathId } from '../../contract/references.ts';
import { RESERVED_ON_CREATION } from '../features/accounts/forms.rules.ts';
import { startServer } from '../serving.ts';
import { newOrganization } from '../testing/builders.ts';
import { openTestApp, type TestApp } from '../testing/test-app.ts';
import { type JsonSchema, type OpenApi, type Operation, openApiOf } from './openapi.ts';
import { docsPageOf } from './rest-docs.ts';

const document = openApiOf(ALL_ENDPOINTS, '/rest/v1', 'cookie');
const operationsOf = ({ paths }: OpenApi) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

/** Every object in a JSON value, with where it stands. */
function* objectsIn(value: unknown, at = '#'): Generator<[string, Record<string, unknown>]> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield [at, value as Record<string, unknown>];
  for (const [name, part] of Object.entries(value)) yield* objectsIn(part, `${at}/${name}`);
}

describe('the OpenAPI document', () => {
  it('has exactly one operation for each endpoint of the contract, each with an id of its own', () => {
    const all = operationsOf(document);
    expect(all.map(({ path, method }) => `${method} ${path}`).sort()).toEqual(
      ALL_ENDPOINTS.map(
        ({ method, path }) => `${method.toLowerCase()} ${path.replace(/:(\w+)/g, '{$1}')}`,
      ).sort(),
    );
    const ids = all.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z][A-Za-z0-9]+$/);
  });

  it('has the fields that OpenAPI 3.1 demands, and no others', () => {
    expect(Object.keys(document)).toEqual([
      'openapi',
      'info',
      'servers',
      'tags',
      'security',
      'paths',
      'components',
    ]);
    const tags = document.tags.map(({ name }) => name);
    expect(new Set(tags).size).toBe(tags.length);
    for (const { operation } of operationsOf(document)) {
      expect(Object.keys(operation)).toEqual(
        expect.arrayContaining(['operationId', 'tags', 'summary', 'responses']),
      );
      const known = [
        'operationId',
        'tags',
        'summary',
        'description',
        'security',
        'parameters',
        'requestBody',
        'responses',
      ];
      expect(known).toEqual(expect.arrayContaining(Object.keys(operation)));
      expect(operation.summary).toMatch(/^[A-Z].*\.$/s);
      for (const tag of operation.tags) expect(tags).toContain(tag);
      for (const [status, { description, content }] of Object.entries(operation.responses)) {
        expect(status).toMatch(/^[2-5]\d\d$/);
        expect(description).not.toBe('');
        expect(content === undefined).toBe(status === '204');
      }
    }
  });

  it('declares exactly the parameters that stand in each path, as required, and names none twice', () => {
    for (const { path, operation } of operationsOf(document)) {
      const parameters = operation.parameters ?? [];
      const inPath = parameters.filter((each) => each.in === 'path');
      expect(inPath.map(({ name }) => name)).toEqual(
        [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
      );
      expect(inPath.every(({ required }) => required)).toBe(true);
      const names = parameters.map((each) => `${each.in} ${each.name}`);
      expect(new Set(names).size).toBe(names.length);
      for (const { schema } of parameters) expect(schema).not.toEqual({});
    }
  });

  it('has paths of which no two are the same for a request', () => {
    const templates = Object.keys(document.paths).map((path) => path.replace(/\{\w+\}/g, '{}'));
    expect(new Set(templates).size).toBe(templates.length);
  });

  it('refers only to what it has, and every pattern in it is one', () => {
    const resolve = (ref: string) =>
      ref
        .slice(2)
        .split('/')
        .reduce<unknown>((value, name) => Reflect.get(Object(value), name), document);
    let refs = 0;
    for (const [at, object] of objectsIn(document)) {
      if (typeof object.$ref === 'string') {
        refs++;
        expect(object.$ref, at).toMatch(/^#\/components\//);
        expect(resolve(object.$ref), at).toBeDefined();
      }
      if (typeof object.pattern === 'string')
        expect(() => new RegExp(String(object.pattern), 'u')).not.toThrow();
      expect(object, at).not.toHaveProperty('$schema');
      expect(object, at).not.toHaveProperty('$defs');
    }
    expect(refs).toBeGreaterThan(ALL_ENDPOINTS.length);
  });

  it('describes every field that an answer has: none is left open', () => {
    const open: string[] = [];
    const walk = (schema: JsonSchema, at: string): void => {
      if (schema.properties !== undefined && schema.additionalProperties !== false) open.push(at);
      for (const [name, part] of Object.entries(schema.properties ?? {})) walk(part, `${at}.${name}`);
      for (const part of [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) walk(part, at);
      if (schema.items !== undefined) walk(schema.items, `${at}[]`);
    };
    for (const { operation } of operationsOf(document)) {
      for (const content of [operation.requestBody?.content, ...contentsOf(operation)]) {
        for (const { schema } of Object.values(content ?? {})) {
          if (schema.$ref === undefined) walk(schema, operation.operationId);
        }
      }
    }
    expect(open).toEqual([]);
  });

  const contentsOf = ({ responses }: Operation) => Object.values(responses).map(({ content }) => content);

  /** The fields of a schema without a description of their own, at every depth. */
  function undescribedIn(schema: JsonSchema, at: string): string[] {
    const items = schema.items === undefined ? [] : [schema.items];
    const parts = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...items];
    return [
      ...Object.entries(schema.properties ?? {}).flatMap(([name, field]) => [
        ...(field.description === undefined ? [`${at}.${name}`] : []),
        ...undescribedIn(field, `${at}.${name}`),
      ]),
      ...parts.flatMap((part) => undescribedIn(part, at)),
    ];
  }

  it('explains every parameter of every operation in a sentence', () => {
    const parameters = operationsOf(document).flatMap(({ operation }) =>
      (operation.parameters ?? []).map(({ name, description }) => ({
        name: `${operation.operationId} ${name}`,
        description,
      })),
    );
    expect(parameters.length).toBeGreaterThan(200);
    const wordless = parameters.filter(({ description }) => !/^[A-Z\d`].*\.$/s.test(description ?? ''));
    expect(wordless.map(({ name }) => name)).toEqual([]);
  });

  it('explains every field that a request has', () => {
    const bodies = operationsOf(document).flatMap(({ operation }) => {
      const schema = operation.requestBody?.content['application/json']?.schema;
      return schema === undefined ? [] : [{ id: operation.operationId, schema }];
    });
    expect(bodies.length).toBeGreaterThan(20);
    expect(bodies.flatMap(({ id, schema }) => undescribedIn(schema, id))).toEqual([]);
  });

  it('says which fields of accounts only Administrators and Operations Administrators set, and when a role is missing', () => {
    const fieldsOf = (path: string, method: string) =>
      document.paths[path]?.[method]?.requestBody?.content['application/json']?.schema.properties ?? {};
    const creation = fieldsOf('/organizations/{organization}/users', 'post');
    for (const fields of [creation, fieldsOf('/accounts/{account}', 'patch')]) {
      const reserved = Object.entries(fields).filter(([, { description = '' }]) =>
        description.includes('Only Administrators and Operations Administrators may set it.'),
      );
      expect(reserved.map(([name]) => name).sort()).toEqual([...RESERVED_ON_CREATION].sort());
    }
    expect(creation.organizationRole?.description).toContain('Refused when it is missing, unless');
  });

  it('tells what an operation takes, answers and refuses', () => {
    const { paths } = openApiOf(
      [
        endpoint({
          method: 'PATCH',
          path: '/things/:thing/x',
          tag: 'Things',
          summary: 'Edits.',
          params: z.strictObject({ thing: pathId }),
          query: z.strictObject({ q: z.string().max(9).optional().describe('What for.') }),
          body: z.strictObject({ name: z.string().default('n'), at: z.iso.datetime().nullable() }),
          output: z.strictObject({ name: z.string().default('n') }),
          errors: ['stale', 'limit_reached'],
        }),
        endpoint({
          method: 'DELETE',
          path: '/things',
          tag: 'Things',
          summary: 'Ends.',
          output: noContent,
          status: 204,
          authentication: 'public',
        }),
        fileEndpoint({ method: 'GET', path: '/things', tag: 'Things', summary: 'Saves.', media: 'text/csv' }),
      ],
      '/r',
      'c',
    );
    const edit = paths['/things/{thing}/x']?.patch;
    expect(edit).toMatchObject({
      operationId: 'patchThingsByThingX',
      parameters: [
        { name: 'thing', in: 'path', required: true, schema: { type: 'string' } },
        {
          name: 'q',
          in: 'query',
          required: false,
          schema: { type: 'string', maxLength: 9 },
          description: 'What for.',
        },
      ],
      requestBody: {
        required: true,
        content: { 'application/json': { schema: { required: ['at'], additionalProperties: false } } },
      },
    });
    expect(edit?.security).toBeUndefined();
    expect(edit?.responses['200']?.content?.['application/json']?.schema.required).toEqual(['name']);
    expect(Object.keys(edit?.responses ?? {})).toEqual([
      '200',
      '400',
      '401',
      '403',
      '404',
      '409',
      '413',
      '415',
      '500',
      '503',
    ]);
    expect(edit?.responses['409']?.description).toBe(
      `\`stale\`: ${ERRORS.stale.title}. \`limit_reached\`: ${ERRORS.limit_reached.title}.`,
    );
    const end = paths['/things']?.delete;
    expect(end).toMatchObject({ security: [], responses: { 204: { description: 'Done.' } } });
    expect([end?.requestBody, end?.parameters, end?.responses['401']]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(Object.keys(paths['/things']?.get?.responses['200']?.content ?? {})).toEqual(['text/csv']);
  });
});

describe('the page for people', () => {
  const page = docsPageOf(document);

  it('has every operation with every field, and a link to each that leads somewhere', () => {
    for (const { operation, path } of operationsOf(document)) {
      expect(page).toContain(`<article id="${operation.operationId}">`);
      expect(page.replaceAll('<wbr>', '')).toContain(`<code>${path}</code>`);
    }
    const ids = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    const links = [...page.matchAll(/ href="#([^"]+)"/g)].map(([, id]) => id);
    expect(links.length).toBeGreaterThan(2 * ALL_ENDPOINTS.length);
    for (const link of links) expect(ids).toContain(link);
    expect(ids.size).toBe([...page.matchAll(/ id="/g)].length);
    for (const code of Object.keys(ERRORS)) expect(page).toContain(`<code>${code}</code>`);
  });

  it('shows the bounds and the meaning of fields that may be null as well, and the words of an operation', () => {
    const made = docsPageOf(
      openApiOf(
        [
          endpoint({
            method: 'POST',
            path: '/things',
            tag: 'Things',
            summary: 'Makes.',
            description: 'First `a`.\n\nThen b.',
            body: z.strictObject({
              limit: z.number().int().min(7).max(1440).nullable().optional().describe('How long.'),
              list: z.array(z.string()).min(1).max(9).nullable(),
            }),
            output: noContent,
            status: 204,
          }),
        ],
        '/r',
        'c',
      ),
    );
    expect(made).toContain('<td>How long. 7 to 1440.</td>');
    expect(made).toContain('<td>1 to 9 items.</td>');
    expect(made).toContain('<p>First <code>a</code>.</p>\n<p>Then b.</p>');
    const edit = page.slice(page.indexOf('<article id="patchAccountsByAccount">'));
    const row = (name: string) => edit.split('\n').find((line) => line.includes(`<code>${name}</code>`));
    expect(row('customTqlTimeoutMs')).toMatch(/milliseconds.* 100 to 3600000\.<\/td>/);
    expect(row('logOutAfterMinutes')).toMatch(/Null or absent.* 1 to 1440\.<\/td>/);
  });

  it('closes every element that it opens', () => {
    const open: string[] = [];
    for (const [, slash, name = ''] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*>/g)) {
      if (['meta', 'wbr'].includes(name)) continue;
      if (slash === '') open.push(name);
      else expect(open.pop()).toBe(name);
    }
    expect(open).toEqual([]);
  });

  it('works offline: it has no script, and fetches nothing', () => {
    expect(page).not.toMatch(/<script|<link|<img|<iframe|\bsrc=|@import|url\(|https?:\/\/|\son\w+=|\sstyle=/);
  });

  it('item 72: whatever stands in the contract is text', () => {
    const evil = '<img src=x onerror="alert(1)">';
    const made = docsPageOf(
      openApiOf(
        [
          endpoint({
            method: 'POST',
            path: '/things',
            tag: evil,
            summary: evil,
            query: z.strictObject({ [evil]: z.enum([evil]).describe(evil).default(evil) }),
            body: z.strictObject({ [evil]: z.string().default(evil).describe(evil) }),
            output: z.union([
              z.strictObject({ [evil]: z.literal(evil) }),
              z.strictObject({ b: z.array(z.strictObject({ [evil]: z.string() })) }),
            ]),
          }),
        ],
        '/r',
        'c',
      ),
    );
    expect(made).not.toContain('<img');
    expect(made).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt;');
  });
});

describe('what the REST API tells of itself', () => {
  let app: TestApp;
  let server: Awaited<ReturnType<typeof startServer>>;
  beforeAll(async () => {
    app = await openTestApp('sqlite');
    server = await startServer(app);
  });
  afterAll(async () => {
    await server.close(500);
    await app.close();
  });

  it('is there for everybody, and knows nothing of the instance', async () => {
    const { name, administrator } = await newOrganization(app);
    for (const [path, type] of [
      ['/rest/openapi.json', 'application/json'],
      ['/rest/docs', 'text/html; charset=utf-8'],
      ['/rest/docs/', 'text/html; charset=utf-8'],
    ] as const) {
      const answer = await fetch(server.url + path);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, type]);
      const body = await answer.text();
      expect(body).not.toContain(name);
      expect(body).not.toContain(administrator.userName);
      const plain = await fetch(server.url + path, { headers: { 'Accept-Encoding': 'identity' } });
      expect(plain.headers.get('content-encoding')).toBeNull();
      expect(await plain.text()).toBe(body);
    }
    const printed = (await (await fetch(`${server.url}/rest/openapi.json`)).json()) as OpenApi;
    expect(printed.paths).toEqual(JSON.parse(JSON.stringify(document.paths)));
    expect(printed.servers).toEqual([{ url: '/rest/v1' }]);
    expect(printed.components.securitySchemes.session.name).toBe('__Host-taxiway-session');
  });

  it('items 70 and 71: the page allows no script and no frame, by a policy without exceptions', async () => {
    const { headers } = await fetch(`${server.url}/rest/docs`);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/=]+'; /);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|script-src|\*/);
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('is only read', async () => {
    for (const path of ['/rest/openapi.json', '/rest/docs']) {
      const head = await fetch(server.url + path, { method: 'HEAD' });
      expect([head.status, await head.text()]).toEqual([200, '']);
      const post = await fetch(server.url + path, { method: 'POST' });
      expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    }
  });
});
