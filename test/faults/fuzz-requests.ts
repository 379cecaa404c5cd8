import fc from 'fast-check';
import { body, framed, junk } from './fuzz-bodies.ts';

/** A request as octets; `isHead` = its answer has no body. */
export type FuzzedRequest = { octets: Buffer; isHead: boolean; shown: string };

/** What is there, for requests that come close to it. */
export type Known = {
  collection: string;
  alias: string;
  objectId: string;
  status: string;
  /** `Authorization` and other headers of the account. */
  credentials: string[];
};

const TAXII = 'application/taxii+json;version=2.1';

const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}$/);
const often = <T>(usual: fc.Arbitrary<T>, unusual: fc.Arbitrary<T>, weight = 3) =>
  fc.oneof({ arbitrary: usual, weight }, { arbitrary: unusual, weight: 1 });

const method = fc.oneof(
  { arbitrary: fc.constantFrom('GET', 'POST', 'DELETE'), weight: 8 },
  {
    arbitrary: fc.constantFrom(
      'HEAD',
      'OPTIONS',
      'PUT',
      'PATCH',
      'TRACE',
      'CONNECT',
      'PROPFIND',
      'get',
      'QUERY',
    ),
    weight: 2,
  },
);

const piece = fc.constantFrom(
  ...[
    '/',
    '//',
    '.',
    '..',
    '/../',
    '%2e%2e/',
    '%2F',
    '%',
    '%zz',
    '%00',
    '%ff%fe',
    '\\',
    '*',
    '~',
    ';a=b',
    '#x',
  ],
  ...[
    'é',
    '\u00a0',
    '?',
    '&',
    '{',
    '}',
    '"',
    "'",
    '%F0%9F%9B%B0',
    'objects',
    'collections',
    'manifest',
    'intel',
  ],
  'a'.repeat(3000),
);

function pathTo(known: Known): fc.Arbitrary<string> {
  const collections = ['/intel/collections/'];
  for (const name of [known.collection, known.alias, known.collection.toUpperCase(), 'x'.repeat(36)]) {
    const base = `/intel/collections/${name}/`;
    collections.push(base, `${base}objects/`, `${base}manifest/`);
    collections.push(`${base}objects/${known.objectId}/`, `${base}objects/${known.objectId}/versions/`);
    collections.push(`${base}objects/indicator--0/`);
  }
  const whole = fc.constantFrom(
    ...[
      '/taxii2/',
      '/taxii2',
      '/intel/',
      '/intel',
      `/intel/status/${known.status}/`,
      '/other/',
      '/intel/taxii2/',
    ],
    ...collections,
  );
  const broken = fc
    .tuple(whole, fc.nat(), fc.array(piece, { minLength: 1, maxLength: 3 }))
    .map(([path, at, pieces]) => {
      const position = at % (path.length + 1);
      return path.slice(0, position) + pieces.join('') + path.slice(position);
    });
  const absolute = whole.map((path) => `http://127.0.0.1${path}`);
  const made = junk.map((text) => `/${text.replace(/ /g, '')}`);
  return often(whole, fc.oneof(broken, broken, absolute, made), 4);
}

function queryFor(known: Known): fc.Arbitrary<string> {
  const name = fc.constantFrom(
    ...['limit', 'next', 'added_after', 'match[id]', 'match[type]', 'match[version]', 'match[spec_version]'],
    ...['match%5Bid%5D', 'match[]', 'match', 'added_before', '', '__proto__', 'match[__proto__]'],
  );
  const value = fc.oneof(
    fc.constantFrom(
      ...[
        '0',
        '1',
        '-1',
        '10000',
        '99999999999999999999',
        '1e3',
        '',
        'all',
        'first',
        'last',
        'all,first',
        '2.1',
      ],
      ...[
        '2.0,2.1',
        '2026-01-01T00:00:00Z',
        '2026-13-01T00:00:00Z',
        '2026-01-01T00:00:00.123456789Z',
        'indicator',
      ],
      ...[
        known.objectId,
        `${known.objectId},,`,
        'x,'.repeat(500),
        '%',
        '%00',
        '%ff',
        "' or 1=1 --",
        '\u00e9',
      ],
    ),
    junk.map((text) => text.replace(/ /g, '+')),
    token,
  );
  const pair = fc.tuple(name, value).map(([n, v]) => `${n}=${v}`);
  const valid = fc.constantFrom(
    '',
    '',
    '?limit=2',
    '?match[version]=all',
    '?added_after=2026-01-01T00:00:00Z',
  );
  const odd = fc
    .array(fc.oneof({ arbitrary: pair, weight: 4 }, { arbitrary: token, weight: 1 }), { maxLength: 4 })
    .map((pairs) => (pairs.length === 0 ? '' : `?${pairs.join('&')}`));
  return often(valid, odd, 1);
}

const accept = fc.oneof(
  {
    arbitrary: fc.constantFrom(
      TAXII,
      '*/*',
      'application/taxii+json',
      TAXII,
      'application/json',
      'text/html',
    ),
    weight: 8,
  },
  {
    arbitrary: fc.constantFrom(
      '',
      ',',
      ';q=',
      'application/taxii+json;version=9',
      'a/b;q=9',
      '*/*;q=0',
      '""""',
    ),
    weight: 1,
  },
  { arbitrary: junk, weight: 1 },
);
const contentType = often(
  fc.constantFrom(TAXII, 'application/taxii+json', 'application/json', 'application/stix+json;version=2.1'),
  fc.oneof(
    fc.constantFrom('', 'text/plain', 'multipart/form-data', ';', 'application/taxii+json;version='),
    junk,
  ),
);
const oddHeader = fc.oneof(
  fc.constantFrom(
    ...[
      'Expect: 100-continue',
      'Expect: nonsense',
      'Upgrade: websocket\r\nConnection: Upgrade',
      'Range: bytes=0-1',
    ],
    ...[
      'X-Forwarded-For: 1.2.3.4',
      'X-Forwarded-Proto: https',
      'Accept-Encoding: gzip',
      'Accept-Encoding: ;q=,gzip',
    ],
    ...[
      'If-None-Match: *',
      'Connection: close',
      'Cookie: a=b',
      'TE: trailers',
      'Accept: text/html',
      'Via: 1.0 x',
    ],
    ...['X-HTTP-Method-Override: DELETE', `X-Long: ${'y'.repeat(20_000)}`, `X-Longer: ${'y'.repeat(70_000)}`],
    ...[
      'Transfer-Encoding: identity',
      'Content-Length: -1',
      'Content-Length: 1, 2',
      ' folded: value',
      'no colon',
    ],
  ),
  fc.tuple(token, junk).map(([name, value]) => `${name}: ${value}`),
);
const host = often(
  fc.constant('127.0.0.1:8080'),
  fc.constantFrom(
    '',
    'localhost',
    'exa mple',
    '[::1]:1',
    'a/b',
    'user:pass@host',
    'é',
    '127.0.0.1:99999',
    ':',
    '..',
  ),
  15,
);

/** A request that is HTTP, or nearly; with valid, invalid and no credentials. */
export function fuzzedRequests(known: Known): fc.Arbitrary<FuzzedRequest> {
  const wrong = fc.oneof(
    fc.constantFrom('Basic', 'Basic ', 'Bearer', 'Digest x', 'Basic !!!', `Basic ${'A'.repeat(9000)}`),
    fc.string().map((text) => `Basic ${Buffer.from(text).toString('base64')}`),
    fc.string().map((text) => `Bearer ${Buffer.from(text).toString('base64url')}`),
    junk,
  );
  const credential = fc.oneof(
    { arbitrary: fc.constantFrom(...known.credentials), weight: 6 },
    { arbitrary: wrong.map((value) => `Authorization: ${value}`), weight: 1 },
    { arbitrary: fc.constant(undefined), weight: 1 },
  );
  const framing = fc.oneof(
    { arbitrary: fc.constant('length' as const), weight: 6 },
    {
      arbitrary: fc.constantFrom('chunked' as const, 'gzip' as const, 'said to be gzip' as const),
      weight: 2,
    },
    { arbitrary: fc.constantFrom('none' as const, 'short' as const), weight: 1 },
  );
  const base = `/intel/collections/${known.collection}`;
  const right = fc.constantFrom(...known.credentials);
  /** What comes close enough to the mark to be looked at closely. */
  const aimed = fc.oneof(
    {
      arbitrary: fc.record({
        method: fc.constant('POST'),
        path: fc.constant(`${base}/objects/`),
        query: fc.constant(''),
        credential: right,
        contentType: often(fc.constant(TAXII), contentType, 9),
        body,
      }),
      weight: 3,
    },
    {
      arbitrary: fc.record({
        method: fc.constantFrom('GET', 'HEAD', 'DELETE'),
        path: fc.constantFrom(`${base}/objects/`, `${base}/manifest/`, `${base}/objects/${known.objectId}/`),
        query: queryFor(known),
        credential: right,
      }),
      weight: 2,
    },
  );
  const anywhere = fc.record({
    method,
    path: pathTo(known),
    query: queryFor(known),
    version: often(fc.constant('HTTP/1.1'), fc.constantFrom('HTTP/1.0', 'HTTP/2.0', 'HTTP/1.1 ', ''), 20),
    host: fc.option(host, { freq: 40, nil: undefined }),
    accept: fc.option(accept, { freq: 8, nil: undefined }),
    contentType: fc.option(contentType, { freq: 8, nil: undefined }),
    credential,
    odd: often(fc.constant<string[]>([]), fc.array(oddHeader, { minLength: 1, maxLength: 3 }), 6),
    body: fc.option(body, { freq: 2, nil: undefined }),
    framing,
  });
  return fc
    .tuple(anywhere, fc.option(aimed, { freq: 2, nil: undefined }))
    .map(([wild, aim]) =>
      aim === undefined
        ? wild
        : { ...wild, version: 'HTTP/1.1', host: '127.0.0.1', accept: TAXII, odd: [], ...aim },
    )
    .map((made) => {
      const lines = [`${made.method} ${made.path}${made.query} ${made.version}`];
      if (made.host !== undefined) lines.push(`Host: ${made.host}`);
      if (made.accept !== undefined) lines.push(`Accept: ${made.accept}`);
      if (made.credential !== undefined) lines.push(made.credential);
      lines.push(...made.odd);
      let payload: Buffer = Buffer.alloc(0);
      if (made.body !== undefined || made.method === 'POST') {
        if (made.contentType !== undefined) lines.push(`Content-Type: ${made.contentType}`);
        payload = framed(made.body ?? Buffer.alloc(0), made.framing, lines);
      }
      const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
      return {
        octets: Buffer.concat([head, payload]),
        isHead: made.method === 'HEAD',
        shown: `${head.toString('latin1').slice(0, 1500)}${payload.toString('latin1').slice(0, 500)}`,
      };
    });
}

/** Octets that are no HTTP at all. */
export const garbage: fc.Arbitrary<FuzzedRequest> = fc
  .oneof(
    fc.uint8Array({ minLength: 1, maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
    junk.map((text) => Buffer.from(`${text}\r\n\r\n`, 'latin1')),
    fc
      .constantFrom(
        '\r\n\r\n\r\n',
        'GET\r\n\r\n',
        '\x16\x03\x01\x02\x00\x01\x00',
        'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      )
      .map((text) => Buffer.from(text, 'latin1')),
  )
  .map((octets) => ({ octets, isHead: false, shown: octets.toString('latin1') }));
