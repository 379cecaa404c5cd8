import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allowedMethods,
  checkServicePath,
  discoveryPathOf,
  formatTaxiiPath,
  type KnownTaxiiPath,
  parseTaxiiPath,
  type TaxiiPath,
} from './paths.ts';

const LONG_ROOT = 'api/services/taxii/v2/taxii/tc_taxii';
const COLLECTION = '91a7b528-80eb-42ed-a74d-c6fbd5a26116';
const OBJECT = 'indicator--6ba7b810-9dad-41d1-80b4-00c04fd430c8';
const UNKNOWN: TaxiiPath = { kind: 'unknown' };

const CANONICAL: [string, KnownTaxiiPath][] = [
  ['/taxii2/', { kind: 'discovery', beside: [] }],
  ['/api/services/taxii2/', { kind: 'discovery', beside: ['api', 'services'] }],
  ['/api/taxii2/', { kind: 'discovery', beside: ['api'] }],
  ['/intel/', { kind: 'api-root', root: 'intel' }],
  [`/${LONG_ROOT}/`, { kind: 'api-root', root: LONG_ROOT }],
  ['/intel/status/abc/', { kind: 'status', root: 'intel', statusId: 'abc' }],
  ['/intel/collections/', { kind: 'collections', root: 'intel' }],
  [
    `/${LONG_ROOT}/collections/Demo%20Organization/`,
    { kind: 'collection', root: LONG_ROOT, collection: 'Demo Organization' },
  ],
  [`/intel/collections/${COLLECTION}/manifest/`, { kind: 'manifest', root: 'intel', collection: COLLECTION }],
  [`/intel/collections/${COLLECTION}/objects/`, { kind: 'objects', root: 'intel', collection: COLLECTION }],
  [
    `/intel/collections/${COLLECTION}/objects/${OBJECT}/`,
    { kind: 'object', root: 'intel', collection: COLLECTION, objectId: OBJECT },
  ],
  [
    `/intel/collections/${COLLECTION}/objects/${OBJECT}/versions/`,
    { kind: 'versions', root: 'intel', collection: COLLECTION, objectId: OBJECT },
  ],
  ['/intel/collections/status/', { kind: 'collection', root: 'intel', collection: 'status' }],
  ['/intel/collections/taxii2/', { kind: 'collection', root: 'intel', collection: 'taxii2' }],
  ['/intel/status/collections/', { kind: 'status', root: 'intel', statusId: 'collections' }],
  [
    '/intel/collections/manifest/objects/versions/',
    { kind: 'object', root: 'intel', collection: 'manifest', objectId: 'versions' },
  ],
];

describe('a path', () => {
  it.each(CANONICAL)('%s is read in either mode', (text, path) => {
    expect(parseTaxiiPath(text, true)).toEqual(path);
    expect(parseTaxiiPath(text, false)).toEqual(path);
  });

  it.each(CANONICAL)('%s is what its parts are written as', (text, path) => {
    expect(formatTaxiiPath(path)).toBe(text);
  });

  it.each(CANONICAL)(
    '%s may lack its slash or repeat slashes in tolerant mode (items 15, 16)',
    (text, path) => {
      const variants = [text.slice(0, -1), `${text}/`, `/${text}`, text.replaceAll('/', '//')];
      for (const variant of variants) {
        expect(parseTaxiiPath(variant, false)).toEqual(path);
        expect(parseTaxiiPath(variant, true)).toEqual(UNKNOWN);
      }
    },
  );

  it('is decoded once (item 17)', () => {
    expect(parseTaxiiPath('/intel/collections/a%2520b/', false)).toMatchObject({ collection: 'a%20b' });
    expect(parseTaxiiPath('/%69ntel/%63ollections/%C3%A9/', true)).toEqual({
      kind: 'collection',
      root: 'intel',
      collection: 'é',
    });
    expect(parseTaxiiPath('/intel/collections/a+b/', false)).toMatchObject({ collection: 'a+b' });
  });

  it.each([
    '',
    '/',
    '//',
    'intel/',
    'https://taxii.example.com/intel/',
    '*',
    '/intel/../admin/',
    '/intel/%2e%2e/admin/',
    '/intel/%2E/',
    '/intel/./collections/',
    '/intel/collections/../',
    '/intel/collections/%2e%2e/objects/',
    '/intel/collections/a%2Fb/',
    '/intel/collections/a%2fb/objects/',
    '/intel/collections/%/',
    '/intel/collections/%zz/',
    '/intel/collections/%ff/',
    '/intel/collections/a%00b/',
    '/intel/collections/a%0d%0ab/',
    `/intel/collections/${'x'.repeat(1001)}/`,
    '/intel/?limit=1',
    '/intel/#x',
    '/collections/',
    '/status/abc/',
    '/a.b/',
    '/a%20b/collections/',
    '/healthz/',
    '/api/',
    '/api/v3/collections/',
    '/console/taxii2/',
    '/taxii2/collections/',
    '/taxii2/taxii2/',
  ])('%j is unknown and under no API root', (text) => {
    expect(parseTaxiiPath(text, false)).toEqual(UNKNOWN);
    expect(parseTaxiiPath(text, true)).toEqual(UNKNOWN);
  });

  it.each([
    '/intel/status/',
    '/intel/status/abc/def/',
    '/intel/collections/a/things/',
    '/intel/collections/a/manifest/b/',
    '/intel/collections/a/versions/',
    '/intel/collections/a/objects/b/manifest/',
    '/intel/collections/a/objects/b/versions/c/',
  ])('%s is unknown under its API root (item 18)', (text) => {
    expect(parseTaxiiPath(text, true)).toEqual({ kind: 'unknown', root: 'intel' });
  });

  it('never makes the parser throw', () => {
    const parts = fc
      .array(
        fc.constantFrom(
          '/',
          '%',
          '2e',
          '2F',
          '.',
          'collections',
          'status',
          'objects',
          'taxii2',
          'a',
          '\ud800',
        ),
      )
      .map((list) => `/${list.join('')}`);
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), parts), fc.boolean(), (text, strict) => {
        const path = parseTaxiiPath(text, strict);
        if (path.kind !== 'unknown') expect(parseTaxiiPath(formatTaxiiPath(path), true)).toEqual(path);
      }),
    );
  });

  it('survives any alias and object id', () => {
    const segment = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 50 })
      .filter((value) => !/^\.\.?$|[/\u0000-\u001f\u007f]/.test(value));
    fc.assert(
      fc.property(segment, segment, (collection, objectId) => {
        const path: KnownTaxiiPath = { kind: 'versions', root: LONG_ROOT, collection, objectId };
        expect(parseTaxiiPath(formatTaxiiPath(path), true)).toEqual(path);
      }),
    );
  });
});

describe('the discovery of a service', () => {
  it('lies in the parent folder of its API root', () => {
    expect(formatTaxiiPath(discoveryPathOf(LONG_ROOT))).toBe('/api/services/taxii/v2/taxii/taxii2/');
    expect(parseTaxiiPath('/api/services/taxii/v2/taxii/taxii2', false)).toEqual(discoveryPathOf(LONG_ROOT));
    expect(formatTaxiiPath(discoveryPathOf('intel'))).toBe('/taxii2/');
  });
});

describe('a canonical URL', () => {
  it('has exactly one slash after the base URL', () => {
    const path: KnownTaxiiPath = { kind: 'api-root', root: 'intel' };
    expect(formatTaxiiPath(path, 'https://taxii.example.com')).toBe('https://taxii.example.com/intel/');
    expect(formatTaxiiPath(path, 'https://taxii.example.com//')).toBe('https://taxii.example.com/intel/');
  });
});

describe('the methods of a path', () => {
  it.each([
    ['discovery', 'GET, HEAD, OPTIONS'],
    ['api-root', 'GET, HEAD, OPTIONS'],
    ['status', 'GET, HEAD, OPTIONS'],
    ['collections', 'GET, HEAD, OPTIONS'],
    ['collection', 'GET, HEAD, OPTIONS'],
    ['manifest', 'GET, HEAD, OPTIONS'],
    ['objects', 'GET, HEAD, POST, OPTIONS'],
    ['object', 'GET, HEAD, DELETE, OPTIONS'],
    ['versions', 'GET, HEAD, OPTIONS'],
    ['unknown', ''],
  ] as const)('of kind %s are %s (item 19)', (kind, methods) => {
    expect(allowedMethods(kind).join(', ')).toBe(methods);
  });
});

describe('the path of a service', () => {
  it.each(['intel', 'Intel_2', 'a', '9-lives', LONG_ROOT, 'api/services', 'feeds/api', 'x'.repeat(64)])(
    'may be %s',
    (path) => expect(checkServicePath(path)).toEqual({ ok: true }),
  );

  it.each([
    '',
    '/intel',
    'intel/',
    'a//b',
    'a.b',
    '..',
    'a b',
    'é',
    '-a',
    'x'.repeat(65),
    'a/b/c/d/e/f/g/h/i/j/k',
    'collections',
    'a/collections',
    'a/Status/b',
    'taxii2',
    'TAXII2/feed',
    'feed/taxii2',
    'api',
    'API',
    'api/v3',
    'api/v2/feed',
    'rest/feed',
    'healthz',
    'readyz',
    'metrics',
    'console',
    'Admin',
    'assets/feed',
  ])('may not be %j (item 68)', (path) => {
    expect(checkServicePath(path)).toEqual({ ok: false, problem: expect.stringMatching(/^must /) });
  });
});
