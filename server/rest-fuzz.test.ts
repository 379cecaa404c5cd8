import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALL_ENDPOINTS } from '../contract/all-endpoints.ts';
import { ERRORS } from '../contract/errors.ts';
import { type JsonSchema, openApiOf } from './http/openapi.ts';
import { startServer } from './serving.ts';
import { newOrganization, newPerson, newPersonWithPassword } from './testing/builders.ts';
import { type RestClient, restClient } from './testing/rest-client.ts';
import { ENGINES, openTestApp, type TestApp } from './testing/test-app.ts';

/** Requests to each endpoint. */
const REQUESTS = Number(process.env.TAXIWAY_TEST_FUZZ_REQUESTS ?? 8);
const AT_A_TIME = 8;
/** Of what the requests name. */
const MAX_ID = 12;

const ODD_TEXTS = [
  '',
  ' ',
  'x',
  'ada@example.com',
  '2027-01-31T00:00:00Z',
  '9999-12-31T23:59:59.999999Z',
  '0001-01-01T00:00:00Z',
  'Europe/Berlin',
  '08:30',
  "'; drop table accounts --",
  '%_\\',
  '\u0000',
  '\ud800',
  '\u202e\ufeff',
  '\r\nSet-Cookie: a=b',
  '{}',
  '../../etc/passwd',
  '__proto__',
  '💥'.repeat(40),
  'ß'.repeat(101),
  'x'.repeat(5000),
  '1',
  '-1',
  '9007199254740993',
  'true',
  'null',
];
const ODD_NUMBERS = [0, -0, 1, 2, 3, -1, 1.5, 2 ** 31, 2 ** 53, -(2 ** 53), 1e308, 5e-324];

/** Values for a schema: mostly of its shape, some beside it. */
function valueFor(schema: JsonSchema): fc.Arbitrary<unknown> {
  const shaped = shapedFor(schema);
  return fc.oneof(
    { weight: 12, arbitrary: shaped },
    { weight: 1, arbitrary: fc.jsonValue() },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(null, '', [], {}, ...ODD_TEXTS) },
  );
}

function shapedFor(schema: JsonSchema): fc.Arbitrary<unknown> {
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return fc.oneof(...choices.map(valueFor));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case 'string':
      return fc.oneof(fc.constantFrom(...ODD_TEXTS), fc.string({ unit: 'binary', maxLength: 20 }));
    case 'integer':
    case 'number':
      return fc.oneof(fc.integer({ min: 1, max: MAX_ID }), fc.constantFrom(...ODD_NUMBERS));
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(valueFor(schema.items ?? {}), { maxLength: 4 });
    case 'object': {
      const fields = Object.entries(schema.properties ?? {});
      const model = Object.fromEntries(fields.map(([name, field]) => [name, valueFor(field)]));
      // Mostly with all that is required, so that more than the check of the shape is reached.
      return fc.oneof(
        { weight: 4, arbitrary: fc.record(model, { requiredKeys: schema.required ?? [] }) },
        { weight: 1, arbitrary: fc.record(model, { requiredKeys: [] }) },
      );
    }
    default:
      return fc.jsonValue();
  }
}

const segment = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: MAX_ID }).map(String) },
  { weight: 1, arbitrary: fc.constantFrom(...ODD_TEXTS.filter((each) => each.isWellFormed())) },
);

/** Requests to an endpoint, from what its description says. */
function requestsTo(
  path: string,
  operation: Operation,
): fc.Arbitrary<{ url: string; body: string | undefined }> {
  const parameters = operation.parameters ?? [];
  const query = fc.record(
    Object.fromEntries(
      parameters
        .filter((each) => each.in === 'query')
        .map(({ name, schema }) => [name, shapedFor(schema).map(textOf)]),
    ),
    { requiredKeys: [] },
  );
  const input = operation.requestBody?.content['application/json']?.schema;
  return fc.record({
    url: fc.tuple(fc.array(segment, { minLength: 3, maxLength: 3 }), query).map(([segments, values]) => {
      let next = 0;
      const filled = path.replace(/\{\w+\}/g, () => encodeURIComponent(segments[next++] ?? '1'));
      return `${filled}?${new URLSearchParams(Object.entries(values).map(([name, value]): [string, string] => [name, value ?? ''])).toString()}`;
    }),
    body:
      input === undefined ? fc.constant(undefined) : valueFor(input).map((value) => JSON.stringify(value)),
  });
}
type Operation = ReturnType<typeof openApiOf>['paths'][string][string];

const textOf = (value: unknown) => (typeof value === 'string' ? value.toWellFormed() : JSON.stringify(value));

describe.each(ENGINES)('whatever is sent to the REST API on %s', (engine) => {
  let app: TestApp;
  let server: Awaited<ReturnType<typeof startServer>>;
  let browser: RestClient;
  beforeAll(async () => {
    app = await openTestApp(engine);
    server = await startServer(app);
    for (let number = 0; number < MAX_ID; number++) {
      const organization = await newOrganization(app);
      if (number % 4 === 0) await newPerson(app, 'Standard User', organization);
    }
    // Out of the reach of the requests, which would sooner or later disable whoever sends them.
    const home = await newOrganization(app);
    const administrator = await newPersonWithPassword(app, 'Administrator', home);
    browser = restClient(server.url);
    await browser.signIn(administrator.userName, administrator.password);
  });
  afterAll(async () => {
    await server.close(500);
    await app.close();
  });

  it('items 128 and 129: is answered, or refused in the one shape of error, and never breaks anything', async () => {
    const { paths } = openApiOf(ALL_ENDPOINTS, '', '');
    const requests = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([method]) => !(path === '/session' && method === 'delete'))
        .flatMap(([method, operation], index) =>
          fc
            .sample(requestsTo(path, operation), { numRuns: REQUESTS, seed: path.length + index })
            .map((request) => ({ method: method.toUpperCase(), ...request })),
        ),
    );
    const statuses = new Map<number, number>();
    const broken: object[] = [];
    const send = async ({ method, url, body }: (typeof requests)[number]) => {
      const answer = await fetch(`${server.url}/rest/v1${url}`, {
        method,
        headers: { Cookie: browser.cookie ?? '', 'Content-Type': 'application/json' },
        ...(body === undefined ? {} : { body }),
      });
      const text = await answer.text();
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      if (answer.status < 400) return;
      const { error } = JSON.parse(text) as { error: { code: keyof typeof ERRORS; requestId: string } };
      const isKnown = ERRORS[error.code]?.status === answer.status && error.code !== 'internal';
      if (!isKnown || text.includes(import.meta.dirname) || /\bat .*\.ts:\d/.test(text))
        broken.push({ method, url, body, text });
    };
    const queue = [...requests];
    const worker = async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) await send(next);
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, worker));
    expect(broken).toEqual([]);
    expect(statuses.get(401) ?? 0).toBeLessThan(3 * REQUESTS);
    // Not only the check of the shape was reached.
    expect(statuses.get(200) ?? 0).toBeGreaterThan(requests.length / 20);
    expect((await browser.request('GET', '/session')).status).toBe(200);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  });
});
