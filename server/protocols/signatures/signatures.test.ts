import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSecrets } from '../../secrets.ts';
import { headerValues, isTimely, readSignedRequest, type SignedRequest } from './signatures.ts';

const SIGNATURE = 'p5a/YiTRs7sNMp/PEDgZxky8lJDRLbza1pi8erjURrU=';
const DIGEST = '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=';
const V1 = ['Authorization', `TC test:${SIGNATURE}`, 'Timestamp', '1587340800'];
const V2 = [
  'Authorization',
  `TC2 test:${SIGNATURE}`,
  'Timestamp',
  '1587340800',
  'Nonce',
  '0123456789abcdef',
  'Content-Digest',
  `sha-256=:${DIGEST}:`,
];

const read = (headers: readonly string[], target = 'test') =>
  readSignedRequest('GET', target, headers) as SignedRequest;

describe('a signature of the first version', () => {
  it('item 101: is that of the reference product’s test vector', () => {
    const signed = read(V1);
    expect(signed).toMatchObject({ version: 1, accessId: 'test', timestamp: 1_587_340_800 });
    expect(createSecrets().isSignature('test', signed.texts, signed.signature)).toBe(true);
    expect(createSecrets().isSignature('Test', signed.texts, signed.signature)).toBe(false);
  });

  it('item 101: is for one path, method, order of the query and timestamp', () => {
    const secrets = createSecrets();
    const target = '/api/v2/owners?resultStart=0&resultLimit=5';
    const signature = createHmac('sha256', 'key').update(`${target}:GET:1587340800`).digest('base64');
    const isRight = (method: string, sent: string, timestamp = '1587340800') => {
      const signed = readSignedRequest(method, sent, [
        'authorization',
        `TC test:${signature}`,
        'timestamp',
        timestamp,
      ]);
      return typeof signed === 'object' && secrets.isSignature('key', signed.texts, signed.signature);
    };
    expect(isRight('GET', target)).toBe(true);
    expect(isRight('get', target)).toBe(true);
    for (const [method, sent, timestamp] of [
      ['POST', target],
      ['HEAD', target],
      ['GET', '/api/v2/owners?resultLimit=5&resultStart=0'],
      ['GET', '/api/v2/owner?resultStart=0&resultLimit=5'],
      ['GET', '/API/v2/owners?resultStart=0&resultLimit=5'],
      ['GET', `${target}&`],
      ['GET', '/api/v2/owners'],
      ['GET', target, '1587340801'],
      ['GET', target, '01587340800'],
    ] as const)
      expect(isRight(method, sent, timestamp), `${method} ${sent} ${timestamp}`).toBe(false);
  });

  it('holds whatever the case of the percent-escapes, and of nothing else', () => {
    const { texts } = read(V1, '/x%2aY%2A?q=%c3%A4');
    expect(texts).toEqual([
      '/x%2aY%2A?q=%c3%A4:GET:1587340800',
      '/x%2AY%2A?q=%C3%A4:GET:1587340800',
      '/x%2aY%2a?q=%c3%a4:GET:1587340800',
    ]);
    expect(read(V1, '/plain').texts).toEqual(['/plain:GET:1587340800']);
  });
});

describe('a signature of the second version', () => {
  it('covers the digest of the body and a nonce', () => {
    expect(read(V2, '/x?y=1')).toMatchObject({
      version: 2,
      nonce: '0123456789abcdef',
      bodyDigest: DIGEST,
      texts: [`TC2\nGET\n/x?y=1\n1587340800\n0123456789abcdef\n${DIGEST}`],
    });
  });
});

describe('headers', () => {
  const withHeader = (headers: readonly string[], name: string, value: string | undefined) => {
    const index = headers.indexOf(name);
    const rest = headers.filter((_, at) => at !== index && at !== index + 1);
    return value === undefined ? rest : [...rest, name, value];
  };

  it.each([
    ...['Authorization', 'Nonce', 'Content-Digest'].map((name) => [name, 'malformed'] as const),
    ['Timestamp', 'timestamp'] as const,
  ])('item 102: without %s, or with it twice or garbled, a request is refused', (name, problem) => {
    const garbled: Record<string, string[]> = {
      Authorization: [
        '',
        'TC2',
        'TC2 test',
        `TC3 test:${SIGNATURE}`,
        `TC2 :${SIGNATURE}`,
        `TC2 test:${SIGNATURE}x`,
        `TC2 test:${SIGNATURE.slice(0, -1)}`,
        `TC2 te st:${SIGNATURE}`,
        `TC2 test:${SIGNATURE}, TC2 test:${SIGNATURE}`,
      ],
      Nonce: ['', '0123456789abcde', '0123456789 abcdef', 'x'.repeat(129)],
      'Content-Digest': [
        '',
        DIGEST,
        `sha-512=:${DIGEST}:`,
        `sha-256=${DIGEST}`,
        `sha-256=:${DIGEST}:, sha-256=:${DIGEST}:`,
      ],
      Timestamp: [
        '',
        ' ',
        '-1',
        '1e9',
        '0x5',
        '1587340800.5',
        'now',
        '1587340800, 1587340800',
        '1'.repeat(13),
      ],
    };
    expect(readSignedRequest('GET', '/', withHeader(V2, name, undefined))).toBe(problem);
    expect(readSignedRequest('GET', '/', [...V2, name, V2[V2.indexOf(name) + 1] ?? ''])).toBe(problem);
    for (const value of garbled[name] ?? [])
      expect(readSignedRequest('GET', '/', withHeader(V2, name, value)), value).toBe(problem);
  });

  it('are found whatever the case of their names', () => {
    expect(headerValues(['A', '1', 'b', '2', 'a', '3'], 'a')).toEqual(['1', '3']);
    expect(read(V2.map((text) => (text === 'Nonce' ? 'nOnCe' : text))).version).toBe(2);
  });

  it('of any kind are read without an error', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.string(), (headers, target) => {
        const answer = readSignedRequest('GET', target, headers);
        expect(['string', 'object']).toContain(typeof answer);
      }),
    );
  });
});

it('item 102: a timestamp is good for five minutes on either side, and not a microsecond longer', () => {
  const at = 1_587_340_800;
  for (const side of [-1, 1]) {
    expect(isTimely(at, (at + side * 300) * 1_000_000)).toBe(true);
    expect(isTimely(at, (at + side * 300) * 1_000_000 + side)).toBe(false);
    expect(isTimely(at, (at + side * 301) * 1_000_000)).toBe(false);
  }
  expect(isTimely(at, at * 1_000_000)).toBe(true);
});
