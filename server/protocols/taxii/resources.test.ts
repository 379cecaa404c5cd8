import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  apiRootResource,
  collectionResource,
  collectionsResource,
  discoveryResource,
  envelopeFrame,
  errorResource,
  manifestRecord,
  manifestResource,
  statusResource,
  versionsResource,
} from './resources.ts';

const ROOT = 'https://taxii.example.com/intel/';
const COLLECTION = '91a7b528-80eb-42ed-a74d-c6fbd5a26116';
const OBJECT = 'indicator--6ba7b810-9dad-41d1-80b4-00c04fd430c8';
const VERSION = '2026-01-31T08:30:00.005Z';

describe('the discovery resource', () => {
  it('names its API roots and one of them as the default', () => {
    const source = { title: 'T', description: 'D', contact: 'C', defaultApiRoot: ROOT, apiRoots: [ROOT] };
    expect(discoveryResource(source)).toEqual({
      title: 'T',
      description: 'D',
      contact: 'C',
      default: ROOT,
      api_roots: [ROOT],
    });
  });

  it('leaves out what is empty (items 60, 61)', () => {
    const resource = discoveryResource({ title: '', description: '', contact: null, apiRoots: [] });
    expect(Object.keys(resource)).toEqual(['title']);
  });

  it('never names a default that the client cannot see (items 37, 38)', () => {
    const source = { title: 'T', defaultApiRoot: 'https://taxii.example.com/intel', apiRoots: [ROOT] };
    expect(discoveryResource(source)).toEqual({ title: 'T', api_roots: [ROOT] });
  });
});

describe('the API root resource', () => {
  it('has exactly one version, without a blank (item 64)', () => {
    expect(apiRootResource({ title: 'T', maxContentLength: 10_000_000 })).toEqual({
      title: 'T',
      versions: ['application/taxii+json;version=2.1'],
      max_content_length: 10_000_000,
    });
  });
});

describe('the collection resource', () => {
  const source = { id: COLLECTION.toUpperCase(), title: 'T', canRead: true, canWrite: false };

  it('has a lower-case id, literal rights and STIX 2.1 as its content (items 71, 72, 76)', () => {
    const resource = collectionResource({ ...source, description: null, alias: '' });
    expect(JSON.parse(JSON.stringify(resource))).toStrictEqual({
      id: COLLECTION,
      title: 'T',
      can_read: true,
      can_write: false,
      media_types: ['application/stix+json;version=2.1'],
    });
  });

  it('lists other contents when they are stored', () => {
    const mediaTypes = ['application/stix+json;version=2.1', 'application/stix+json;version=2.0'];
    expect(collectionResource({ ...source, alias: 'a b', mediaTypes })).toMatchObject({
      alias: 'a b',
      media_types: mediaTypes,
    });
  });
});

describe('the collections resource', () => {
  it('is an empty object when the client sees none (item 69)', () => {
    expect(Object.keys(collectionsResource([]))).toEqual([]);
  });

  it('is ordered by id (item 70)', () => {
    const collections = ['c', 'a', 'b'].map((id) =>
      collectionResource({ id, title: id, canRead: true, canWrite: true }),
    );
    expect(collectionsResource(collections).collections?.map((collection) => collection.id)).toEqual([
      'a',
      'b',
      'c',
    ]);
    expect(collections.map((collection) => collection.id)).toEqual(['c', 'a', 'b']);
  });
});

describe('manifest, versions and envelope', () => {
  const record = manifestRecord({ id: OBJECT, dateAdded: 1_463_041_047_000_001, version: VERSION });

  it('repeats the version of an object as it stands there (items 134, 135, 140)', () => {
    expect(record).toEqual({ id: OBJECT, date_added: '2016-05-12T08:17:27.000001Z', version: VERSION });
    expect(
      manifestRecord({ id: OBJECT, dateAdded: 0, version: VERSION, mediaType: 'application/stix+json' }),
    ).toHaveProperty('media_type', 'application/stix+json');
  });

  it('says more exactly when there is a next page (items 114, 122)', () => {
    expect(manifestResource([record], undefined)).toEqual({ more: false, objects: [record] });
    expect(manifestResource([record], 'abc')).toEqual({ more: true, next: 'abc', objects: [record] });
    expect(versionsResource([VERSION], 'abc')).toEqual({ more: true, next: 'abc', versions: [VERSION] });
  });

  it('has no empty list (items 129, 136, 138)', () => {
    expect(Object.keys(manifestResource([], undefined))).toEqual(['more']);
    expect(Object.keys(versionsResource([], undefined))).toEqual(['more']);
    const { head, tail } = envelopeFrame(true, undefined);
    expect(head + tail).toBe('{"more":false}');
  });

  it('lists each version once (item 138)', () => {
    expect(versionsResource([VERSION, VERSION], undefined)).toEqual({ more: false, versions: [VERSION] });
  });

  it('puts stored texts into an envelope without touching them (items 128, 133)', () => {
    fc.assert(
      fc.property(
        fc.array(fc.json()),
        fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
        (objects, next) => {
          const { head, tail } = envelopeFrame(objects.length === 0, next);
          const envelope = JSON.parse(head + objects.join(',') + tail);
          expect(envelope.more).toBe(next !== undefined);
          expect(envelope.next).toBe(next);
          expect(envelope.objects ?? []).toEqual(objects.map((object) => JSON.parse(object)));
        },
      ),
    );
  });
});

describe('the status resource', () => {
  const detail = { id: OBJECT, version: VERSION };

  it('has counts that agree with its lists (items 155–159)', () => {
    const failure = { ...detail, message: 'type is missing' };
    expect(
      statusResource({ id: COLLECTION, requestedAt: 0, successes: [detail, detail], failures: [failure] }),
    ).toEqual({
      id: COLLECTION,
      status: 'complete',
      request_timestamp: '1970-01-01T00:00:00.000000Z',
      total_count: 3,
      success_count: 2,
      successes: [detail, detail],
      failure_count: 1,
      failures: [failure],
      pending_count: 0,
    });
  });

  it('is pending as long as an object is', () => {
    const status = statusResource({ id: COLLECTION, successes: [], failures: [], pendings: [detail] });
    expect(status).toEqual({
      id: COLLECTION,
      status: 'pending',
      total_count: 1,
      success_count: 0,
      failure_count: 0,
      pending_count: 1,
      pendings: [detail],
    });
  });
});

describe('the error resource', () => {
  it('has its HTTP status as a string (items 177, 178)', () => {
    expect(
      errorResource({ title: 'Not Found', httpStatus: 404, errorId: 'r-1', errorCode: 'not_found' }),
    ).toEqual({
      title: 'Not Found',
      http_status: '404',
      error_id: 'r-1',
      error_code: 'not_found',
    });
  });

  it('holds no null and no empty list at any depth (item 181)', () => {
    const details = { a: null, b: [], c: [null, []], d: { e: undefined, f: [1, null, 'x'] }, g: false, h: 0 };
    expect(JSON.parse(JSON.stringify(errorResource({ title: 'T', description: '', details })))).toStrictEqual(
      {
        title: 'T',
        details: { d: { f: [1, 'x'] }, g: false, h: 0 },
      },
    );
    expect(Object.keys(errorResource({ title: 'T', details: { a: null } }))).toEqual(['title']);
  });

  it('never holds them, whatever its details are', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (details) => {
        const seen: unknown[] = [];
        JSON.stringify(errorResource({ title: 'T', details }), (_name, value) => {
          seen.push(value);
          return value;
        });
        expect(
          seen.filter((value) => value === null || (Array.isArray(value) && value.length === 0)),
        ).toEqual([]);
      }),
    );
  });
});
