import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ALL_ENDPOINTS } from '../contract/all-endpoints.ts';
import type { Endpoint } from '../contract/endpoint.ts';
import { ERRORS } from '../contract/errors.ts';
import { createAuthentication } from './features/authentication/authentication.service.ts';
import { createRestRoutes, startServer } from './serving.ts';
import { openTestApp, type TestApp } from './testing/test-app.ts';

const nameOf = ({ method, path }: Endpoint) => `${method} ${path}`;

/** Schemas of objects inside a schema that take fields that they do not declare; each with where it stands. */
function looseObjects(schema: z.core.$ZodType, at: string): string[] {
  const { def } = schema._zod;
  const within = (part: z.core.$ZodType, name = '') => looseObjects(part, `${at}${name}`);
  switch (def.type) {
    case 'object': {
      const { shape, catchall } = def as z.core.$ZodObjectDef;
      const own = catchall?._zod.def.type === 'never' ? [] : [at];
      return [...own, ...Object.entries(shape).flatMap(([name, part]) => within(part, `.${name}`))];
    }
    case 'array':
      return within((def as z.core.$ZodArrayDef).element, '[]');
    case 'union':
      return (def as z.core.$ZodUnionDef).options.flatMap((option) => within(option));
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'readonly':
    case 'nonoptional':
      return within((def as z.core.$ZodOptionalDef).innerType);
    case 'pipe':
      return [...within((def as z.core.$ZodPipeDef).in), ...within((def as z.core.$ZodPipeDef).out)];
    case 'record':
      return within((def as z.core.$ZodRecordDef).valueType, '.*');
    default:
      return [];
  }
}

describe('the REST API', () => {
  let app: TestApp;
  let routes: ReturnType<typeof createRestRoutes>;
  beforeAll(async () => {
    app = await openTestApp('sqlite');
    routes = createRestRoutes(app, createAuthentication(app));
  });
  afterAll(async () => await app.close());

  it('item 75: has exactly one route for each endpoint of the contract, and none that is not in it', () => {
    expect(routes.map(({ endpoint }) => nameOf(endpoint)).sort()).toEqual(ALL_ENDPOINTS.map(nameOf).sort());
    expect(new Set(routes.map(({ endpoint }) => endpoint))).toEqual(new Set(ALL_ENDPOINTS));
    const shapes = ALL_ENDPOINTS.map(({ method, path }) => `${method} ${path.replace(/:\w+/g, ':')}`);
    expect(new Set(shapes).size).toBe(shapes.length);
  });

  it('lets strangers only set up the instance, sign in, learn what a password must be, and follow links', () => {
    const open = ALL_ENDPOINTS.filter(({ authentication }) => authentication === 'public');
    expect(open.map(nameOf).sort()).toEqual([
      'GET /instance',
      'GET /password-policy',
      'POST /links/email',
      'POST /links/look',
      'POST /links/password',
      'POST /password-resets',
      'POST /session',
      'POST /session/passkey',
      'POST /session/passkey/challenge',
      'POST /setup',
    ]);
  });

  it('item 74: no answer sends a browser elsewhere, whatever the request asks for', async () => {
    const server = await startServer(app);
    const elsewhere = ['next', 'returnTo', 'redirect', 'url']
      .map((name) => `${name}=${encodeURIComponent('https://elsewhere.example')}`)
      .join('&');
    const paths = ALL_ENDPOINTS.map(({ path }) => `/rest/v1${path.replace(/:\w+/g, '1')}`);
    const pages = [
      '/',
      '/link',
      '/rest/docs',
      '/rest/openapi.json',
      '/taxii2/',
      '/api/v2/whoami',
      '/healthz',
    ];
    for (const path of [...paths, ...pages]) {
      for (const url of [`${path}?${elsewhere}`, `${path}/?${elsewhere}`, `//elsewhere.example${path}`]) {
        const { status, headers } = await fetch(`${server.listening}${url}`, { redirect: 'manual' });
        expect([url, status >= 300 && status < 400, headers.has('location')]).toEqual([url, false, false]);
      }
    }
    await server.close(1000);
  });

  describe.each(ALL_ENDPOINTS.map((each) => [nameOf(each), each] as const))('%s', (_name, endpoint) => {
    it('refuses fields that it does not know, in and out, however deep', () => {
      const { params, query, body, output } = endpoint;
      const loose = Object.entries({ params, query, body, output }).flatMap(([name, schema]) =>
        looseObjects(schema, name),
      );
      // A browser adds to what it says of a passkey what it likes; what is not known of it is left out.
      expect(loose.filter((at) => !/^body\.passkey\b/.test(at))).toEqual([]);
    });

    it('has the parameters of its path, a body only where one is sent, and errors that there are', () => {
      const names = [...endpoint.path.matchAll(/:(\w+)/g)].map(([, name]) => name);
      expect(Object.keys((endpoint.params as z.ZodObject).shape)).toEqual(names);
      if (['GET', 'DELETE'].includes(endpoint.method))
        expect((endpoint.body as z.ZodObject).shape).toEqual({});
      for (const code of endpoint.errors) expect(Object.keys(ERRORS)).toContain(code);
      expect(endpoint.path).toMatch(/^(\/(:[a-zA-Z]+|[a-z0-9.-]+))+$/);
      const isEmpty = ['void', 'undefined'].includes(endpoint.output._zod.def.type);
      expect(isEmpty).toBe(endpoint.status === 204);
    });
  });

  it('a loose object in a schema would be found, wherever it stands', () => {
    const schema = z.strictObject({
      a: z.array(z.object({})).optional(),
      b: z.union([z.strictObject({}), z.looseObject({ c: z.string() })]).nullable(),
      d: z.record(z.string(), z.object({})).default({}),
    });
    expect(looseObjects(schema, 'x')).toEqual(['x.a[]', 'x.b', 'x.d.*']);
  });
});
