import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTimestamp, parseTimestamp } from '../timestamp.ts';
import { MAX_MATCH_VALUE_LENGTH, MAX_MATCH_VALUES, parseQuery, type QueryEndpoint } from './filters.ts';

const ENDPOINTS: QueryEndpoint[] = ['objects', 'manifest', 'object', 'versions', 'delete'];
const INDICATOR = 'indicator--6ba7b810-9dad-41d1-80b4-00c04fd430c8';

function query(raw: string, endpoint: QueryEndpoint = 'objects') {
  const parsed = parseQuery(raw, endpoint);
  return parsed.ok ? parsed.query : `${parsed.parameter} ${parsed.problem}`;
}

const micros = (text: string) => parseTimestamp(text);

describe('a query', () => {
  it('holds only what was given', () => {
    expect(query('')).toEqual({});
    expect(query('&&')).toEqual({});
    expect(
      query('added_after=2026-01-01T00:00:00Z&limit=5&next=abc_-&match[type]=indicator,malware&match[id]=a'),
    ).toEqual({
      addedAfter: micros('2026-01-01T00:00:00Z'),
      limit: 5,
      next: 'abc_-',
      types: ['indicator', 'malware'],
      ids: ['a'],
    });
  });

  it('may have its brackets literal or encoded, in either case (item 107)', () => {
    for (const name of ['match[type]', 'match%5Btype%5D', 'match%5btype%5d', '%6Datch[type]']) {
      expect(query(`${name}=indicator`)).toEqual({ types: ['indicator'] });
    }
  });

  it.each([
    'Match[type]=a',
    'match[Type]=',
    'match[type][]=a',
    'match[tlp]=red&match[tlp]=green',
    'Added_After=x',
    'foo=1&foo=2',
    'x',
    '=',
    'foo=%zz',
  ])('may hold parameters that nobody knows (items 98, 99): %s', (raw) => expect(query(raw)).toEqual({}));

  it.each([
    ['object', 'match[id]=&match[type]=&match[id]=', {}],
    ['versions', 'match[version]=bogus&match[type]=,&limit=1', { limit: 1 }],
    ['delete', 'limit=0&added_after=x&next=abc&match[version]=all', { versions: 'all' }],
  ] as const)('of %s ignores the parameters of other endpoints (item 108)', (endpoint, raw, expected) => {
    expect(query(raw, endpoint)).toEqual(expected);
  });

  it.each([
    'added_after=2026-01-01T00:00:00Z&added_after=2026-01-01T00:00:00Z',
    'limit=1&limit=1',
    'next=&next=abc',
    'match[id]=a&match[id]=b',
    'match[type]=a&match%5Btype%5D=b',
    'match[version]=last&match[version]=first',
    'match[spec_version]=2.1&match[spec_version]=2.0',
  ])('is refused when a parameter comes twice (items 83, 97): %s', (raw) => {
    expect(query(raw)).toMatch(/must not be given more than once/);
  });

  it.each(['limit=%', 'next=%zz', 'match[type]=%ff', 'match[id]=%C3', '%=1', 'added_after=%2'])(
    'is refused when its percent-encoding is invalid: %s',
    (raw) => expect(query(raw)).toMatch(/has an invalid percent-encoding/),
  );

  it('names the parameter that is wrong', () => {
    expect(parseQuery('limit=5&match%5Bversion%5D=bogus', 'objects')).toEqual({
      ok: false,
      parameter: 'match[version]',
      problem: expect.stringContaining('first, last, all'),
    });
  });

  it('is decoded once only', () => {
    expect(query('match[id]=a%252Cb')).toEqual({ ids: ['a%2Cb'] });
  });

  it('never makes the parser throw', () => {
    const noise = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .array(
          fc.constantFrom('match', '[', ']', '%5B', '%', '=', '&', ',', 'limit', 'version', 'all', '+', '1'),
        )
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(noise, fc.constantFrom(...ENDPOINTS), (raw, endpoint) => {
        const parsed = parseQuery(raw, endpoint);
        if (!parsed.ok) expect(parsed.problem).not.toBe('');
      }),
    );
  });
});

describe('added_after', () => {
  it.each([
    ['2026-01-31T08:30:00Z', '2026-01-31T08:30:00.000000Z'],
    ['2026-01-31T08:30:00.1234567Z', '2026-01-31T08:30:00.123456Z'],
    ['2026-01-31T08%3A30%3A00.123%2B02%3A00', '2026-01-31T06:30:00.123000Z'],
    ['2026-01-31T08:30:00+02:00', '2026-01-31T06:30:00.000000Z'],
    ['2026-01-31T08:30:00%2002:00', '2026-01-31T06:30:00.000000Z'],
    ['2026-01-31T08:30:00 02:00', '2026-01-31T06:30:00.000000Z'],
    ['2026-01-31T08:30:00-02:00', '2026-01-31T10:30:00.000000Z'],
    ['2026-01-31+08:30:00+02:00', '2026-01-31T06:30:00.000000Z'],
    ['2026-01-31%2008:30:00Z', '2026-01-31T08:30:00.000000Z'],
  ])('takes %s as %s (item 84)', (value, canonical) => {
    expect(query(`added_after=${value}`)).toEqual({ addedAfter: micros(canonical) });
  });

  it('is absent when it is empty, as clients without a cursor write it, unless the service is strict', () => {
    expect(query('added_after=')).toEqual({});
    expect(parseQuery('added_after=', 'objects', true)).toMatchObject({
      ok: false,
      parameter: 'added_after',
    });
  });

  it.each(['garbage', '2026-01-31', '2026-01-31T08:30:00', '2026-02-30T00:00:00Z', '1769848200', 'null'])(
    'refuses %j (item 81)',
    (value) => expect(query(`added_after=${value}`)).toMatch(/^added_after must be a timestamp/),
  );

  it('is clamped to what a record can have', () => {
    expect(query('added_after=9999-12-31T23:59:59.999999Z')).toEqual({ addedAfter: Number.MAX_SAFE_INTEGER });
    expect(query('added_after=0001-01-01T00:00:00Z')).toEqual({ addedAfter: Number.MIN_SAFE_INTEGER });
  });

  it('gives back every timestamp that the server writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 53 - 1 }), (instant) => {
        expect(query(`added_after=${formatTimestamp(instant)}`)).toEqual({ addedAfter: instant });
      }),
    );
  });
});

describe('limit', () => {
  it.each([
    ['1', 1],
    ['0010', 10],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['9007199254740993', Number.MAX_SAFE_INTEGER],
    ['9'.repeat(400), Number.MAX_SAFE_INTEGER],
  ])('takes %s (items 87, 91)', (text, limit) => expect(query(`limit=${text}`)).toEqual({ limit }));

  it.each(['', '0', '00', '-1', '1.5', 'abc', '1e3', '0x10', '+5', '%2B5', ' 5', '5 ', '٣'])(
    'refuses %j (item 87)',
    (text) => expect(query(`limit=${text}`)).toBe('limit must be a positive integer'),
  );

  it('refuses a limit without a value', () =>
    expect(query('limit')).toBe('limit must be a positive integer'));
});

describe('next', () => {
  it('is absent when empty (item 93)', () => {
    expect(query('limit=50&next=')).toEqual({ limit: 50 });
    expect(query('next')).toEqual({});
  });
});

describe('match', () => {
  it('takes several values, each once, and blanks around them', () => {
    expect(query('match[type]=indicator,+malware%20,indicator')).toEqual({ types: ['indicator', 'malware'] });
    expect(query('match[spec_version]=2.0,2.1')).toEqual({ specVersions: ['2.0', '2.1'] });
    expect(query(`match[id]=${INDICATOR}`)).toEqual({ ids: [INDICATOR] });
  });

  it('takes ids, types and spec versions that cannot exist, which then match nothing (items 100–102)', () => {
    expect(query('match[id]=nonsense&match[type]=UPPER--case&match[spec_version]=9')).toEqual({
      ids: ['nonsense'],
      types: ['UPPER--case'],
      specVersions: ['9'],
    });
  });

  it.each(['match[id]=', 'match[id]', 'match[type]=a,', 'match[type]=,', 'match[spec_version]=+'])(
    'refuses an empty value: %s',
    (raw) => expect(query(raw)).toMatch(/must not have an empty value/),
  );

  it('refuses control characters, which no database takes', () => {
    expect(query('match[id]=a%00b')).toMatch(/control characters/);
    expect(query('match[type]=a\ud800')).toMatch(/control characters/);
  });

  it('is bounded in the number and the length of its values', () => {
    const ids = Array.from({ length: MAX_MATCH_VALUES }, (_, i) => `x--${i}`);
    expect(query(`match[id]=${ids.join(',')}`)).toEqual({ ids });
    expect(query(`match[id]=${ids.join(',')},y`)).toMatch(/more than 1000 values/);
    expect(query(`match[id]=${'x'.repeat(MAX_MATCH_VALUE_LENGTH)}`)).toHaveProperty('ids');
    expect(query(`match[id]=${'x'.repeat(MAX_MATCH_VALUE_LENGTH + 1)}`)).toMatch(/more than 300 characters/);
  });
});

describe('match[version]', () => {
  const EXACT = '2026-01-31T08:30:00.005Z';

  it.each([
    ['all', 'all'],
    ['first', { first: true, last: false, exact: [] }],
    ['last', { first: false, last: true, exact: [] }],
    ['last,first', { first: true, last: true, exact: [] }],
    ['first,+last', { first: true, last: true, exact: [] }],
    [EXACT, { first: false, last: false, exact: [micros(EXACT)] }],
    [
      `${EXACT},first,2020-01-01T00:00:00Z`,
      { first: true, last: false, exact: [micros('2020-01-01T00:00:00Z'), micros(EXACT)] },
    ],
    ['2020-01-01T00:00:00+00:00', { first: false, last: false, exact: [micros('2020-01-01T00:00:00Z')] }],
  ])('takes %s (item 105)', (value, versions) => {
    expect(query(`match[version]=${value}`)).toEqual({ versions });
  });

  it('compares exact values as instants (item 106)', () => {
    expect(query('match[version]=2026-01-31T08:30:00.005Z')).toEqual(
      query('match[version]=2026-01-31T08:30:00.005000Z'),
    );
  });

  it.each([
    'bogus',
    '',
    'ALL',
    'last,',
    'all,last',
    'all,all',
    'last,last',
    `all,${EXACT}`,
    `${EXACT},${EXACT}`,
    '2026-01-31T08:30:00.005Z,2026-01-31T08:30:00.005000Z',
    '2026-01-31',
  ])('refuses %j (items 105, 106)', (value) => {
    expect(query(`match[version]=${value}`)).toMatch(/^match\[version\] must/);
  });
});
