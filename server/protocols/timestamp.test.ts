import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTimestamp, parseStixTimestamp, parseTimestamp } from './timestamp.ts';

describe('reading a timestamp', () => {
  it.each([
    ['2016-05-12T08:17:27Z', '2016-05-12T08:17:27.000000Z'],
    ['2016-05-12T08:17:27.1Z', '2016-05-12T08:17:27.100000Z'],
    ['2016-05-12T08:17:27.123456Z', '2016-05-12T08:17:27.123456Z'],
    ['2016-05-12T08:17:27.123456999Z', '2016-05-12T08:17:27.123456Z'],
    ['2016-05-12T08:17:27+02:00', '2016-05-12T06:17:27.000000Z'],
    ['2016-05-12 08:17:27-01:30', '2016-05-12T09:47:27.000000Z'],
    ['2024-02-29T23:59:60Z', '2024-02-29T23:59:59.000000Z'],
    ['1969-12-31T23:59:59.999999Z', '1969-12-31T23:59:59.999999Z'],
  ])('takes %s as %s', (text, canonical) => {
    expect(formatTimestamp(parseTimestamp(text) ?? Number.NaN)).toBe(canonical);
  });

  it.each([
    '',
    'garbage',
    '2016-05-12',
    '2016-05-12T08:17:27',
    '2016-02-30T00:00:00Z',
    '2016-13-01T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '2016-05-12T24:00:00Z',
    '2016-05-12T08:17:27.Z',
  ])('refuses %j', (text) => expect(parseTimestamp(text)).toBeUndefined());

  it('gives back every microsecond it wrote', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 53) + 1, max: 2 ** 53 - 1 }), (micros) => {
        expect(parseTimestamp(formatTimestamp(micros))).toBe(micros);
      }),
    );
  });
});

describe('reading a STIX timestamp', () => {
  it('takes Z and refuses an offset or a blank', () => {
    expect(parseStixTimestamp('2016-05-12T08:17:27Z')).toBe(1463041047000000);
    expect(parseStixTimestamp('2016-05-12T08:17:27+00:00')).toBeUndefined();
    expect(parseStixTimestamp('2016-05-12 08:17:27Z')).toBeUndefined();
  });
});
