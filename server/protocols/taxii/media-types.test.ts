import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accepts, acceptsAtApiRoot, acceptsContentType, TAXII_MEDIA_TYPE } from './media-types.ts';

const EITHER_MODE = [true, false];

describe('the Accept header', () => {
  it.each([
    ['24', 'application/taxii+json;version=2.1'],
    ['25', 'application/taxii+json'],
    ['26', 'application/taxii+json; version=2.1'],
    ['26', 'application/taxii+json;version="2.1"'],
    ['26', 'Application/TAXII+JSON;VERSION=2.1'],
    ['26', 'application/taxii+json ;\tversion = 2.1 ; q=0.9'],
    ['26', 'application/taxii+json;version=2.1;charset=utf-8'],
    ['26', 'application/taxii+json;note="a,b;version=2.0";version=2.1'],
    ['26', 'application/taxii+json;version=2.1;q=nonsense'],
    ['27', 'application/taxii+json;version=2.1,application/stix+json;version=2.1'],
    ['27', 'application/vnd.oasis.taxii+json;version=2.0, application/taxii+json;version=2.1'],
    ['27', 'application/taxii+json;version=2.0, application/taxii+json;version=2.1'],
    ['27', ', text/html,, application/taxii+json ,'],
    ['28', '*/*'],
    ['28', 'application/*'],
    ['28', 'text/html, */*;q=0.1'],
    ['31', 'application/taxii+json;version=2.1, */*;q=0'],
    ['31', 'application/taxii+json;q=0, application/taxii+json;version=2.1'],
    ['31', 'application/*;q=0, application/taxii+json'],
  ])('is satisfied in either mode (item %s) by %s', (_item, header) => {
    expect(EITHER_MODE.map((strict) => accepts(header, strict))).toEqual([true, true]);
  });

  it.each([
    ['29', 'application/taxii+json;version=2.0'],
    ['29', 'application/taxii+json;version=2.2'],
    ['29', 'application/taxii+json;version=2.1;version=2.0'],
    ['29', 'application/vnd.oasis.taxii+json'],
    ['29', 'application/vnd.oasis.taxii+json; version=2.0'],
    ['29', 'text/html'],
    ['29', 'application/stix+json;version=2.1'],
    ['29', 'taxii+json;version=2.1'],
    ['29', 'application/taxii+json2'],
    ['31', 'application/taxii+json;version=2.1;q=0'],
    ['31', 'application/taxii+json;version=2.1;q=0.000, */*'],
    ['31', 'application/taxii+json;version=2.1; Q = 0, application/taxii+json'],
    ['31', '*/*;q=0'],
    ['31', 'application/*;q=0, */*'],
    ['31', 'application/json, application/taxii+json;q=0'],
  ])('is not satisfied in either mode (item %s) by %s', (_item, header) => {
    expect(EITHER_MODE.map((strict) => accepts(header, strict))).toEqual([false, false]);
  });

  it.each([
    undefined,
    '',
    '  ',
    ',',
    'application/json',
    'application/json;charset=utf-8',
    'application/json, */*;q=0',
  ])('is satisfied in tolerant mode only (item 30) by %j', (header) => {
    expect(accepts(header, false)).toBe(true);
    expect(accepts(header, true)).toBe(false);
  });

  it('is satisfied by application/json, text/plain, */* in strict mode, because of the wildcard', () => {
    expect(accepts('application/json, text/plain, */*', true)).toBe(true);
  });

  it('never throws, whatever it holds', () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'aq=0.,;"\\/*+ ') }));
    fc.assert(
      fc.property(text, fc.boolean(), (header, strict) => {
        expect(accepts(header, strict)).toBeTypeOf('boolean');
        expect(acceptsAtApiRoot(header, strict)).toBeTypeOf('boolean');
        expect(acceptsContentType(header, strict)).toBeTypeOf('boolean');
      }),
    );
  });

  it('is satisfied by our media type at any place in a list of others', () => {
    const others = fc.array(fc.constantFrom('text/html', 'image/*;q=0', 'a/b;c="d,e"', 'application/xml'));
    fc.assert(
      fc.property(others, others, fc.boolean(), (before, after, strict) => {
        expect(accepts([...before, TAXII_MEDIA_TYPE, ...after].join(', '), strict)).toBe(true);
      }),
    );
  });
});

describe('the Accept header on an API root', () => {
  it('lets the 2.0 health check of a connector pass in tolerant mode only', () => {
    expect(acceptsAtApiRoot('application/vnd.oasis.taxii+json;version=2.0', false)).toBe(true);
    expect(acceptsAtApiRoot('application/vnd.oasis.taxii+json', false)).toBe(true);
    expect(acceptsAtApiRoot('application/vnd.oasis.taxii+json;version=2.0', true)).toBe(false);
  });

  it.each([
    'application/taxii+json;version=2.0',
    'application/vnd.oasis.taxii+json;version=1.0',
    'application/vnd.oasis.taxii+json;version=2.0;q=0',
    'application/vnd.oasis.taxii+json;version=2.0, application/taxii+json;q=0',
    'text/html',
  ])('is as elsewhere for %s', (header) => expect(acceptsAtApiRoot(header, false)).toBe(false));

  it('takes what is taken elsewhere', () => {
    expect(acceptsAtApiRoot(TAXII_MEDIA_TYPE, true)).toBe(true);
    expect(acceptsAtApiRoot(undefined, false)).toBe(true);
    expect(acceptsAtApiRoot(undefined, true)).toBe(false);
  });
});

describe('the Content-Type of a POST', () => {
  it.each([
    'application/taxii+json;version=2.1',
    'application/taxii+json',
    'application/taxii+json;version=2.1;charset=utf-8',
    'application/taxii+json; version="2.1"',
    'APPLICATION/TAXII+JSON; Version=2.1',
  ])('may be %s in either mode (items 32, 33)', (header) => {
    expect(EITHER_MODE.map((strict) => acceptsContentType(header, strict))).toEqual([true, true]);
  });

  it.each([
    'application/stix+json; version=2.1',
    'application/stix+json',
    'application/vnd.oasis.stix+json; version=2.0',
    'application/json',
    'application/json; charset=utf-8',
  ])('may be %s in tolerant mode only (item 34)', (header) => {
    expect(acceptsContentType(header, false)).toBe(true);
    expect(acceptsContentType(header, true)).toBe(false);
  });

  it.each([
    undefined,
    '',
    'text/plain',
    '*/*',
    'application/*',
    'application/taxii+json;version=2.0',
    'application/vnd.oasis.taxii+json;version=2.0',
    'application/stix+json;version=3.0',
    'application/x-www-form-urlencoded',
    'application/taxii+json, text/html',
  ])('may not be %j in either mode (item 34)', (header) => {
    expect(EITHER_MODE.map((strict) => acceptsContentType(header, strict))).toEqual([false, false]);
  });
});
