import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cursor, decodeCursor, encodeCursor, nextCursor, resolveQuery } from './cursor.ts';
import { MAX_MATCH_VALUES, type TaxiiFilters, type TaxiiQuery, type VersionMatch } from './filters.ts';

const COLLECTION = '91a7b528-80eb-42ed-a74d-c6fbd5a26116';
const ID = 'indicator--6ba7b810-9dad-41d1-80b4-00c04fd430c8';

const instants = fc.maxSafeInteger();
const texts = fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), {
  minLength: 1,
  maxLength: 8,
});
const ids = fc.array(
  fc.oneof(
    fc.uuid().map((uuid) => `indicator--${uuid}`),
    fc.tuple(fc.string({ unit: 'binary', maxLength: 20 }), fc.uuid()).map((parts) => parts.join('')),
    fc.uuid().map((uuid) => `file--${uuid.toUpperCase()}`),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
  ),
  { minLength: 1, maxLength: 20 },
);
const versions: fc.Arbitrary<VersionMatch> = fc.oneof(
  fc.constant('all' as const),
  fc.record({ first: fc.boolean(), last: fc.boolean(), exact: fc.array(instants, { maxLength: 5 }) }),
);
const filters: fc.Arbitrary<TaxiiFilters> = fc.record(
  { ids, types: texts, versions, specVersions: texts },
  { requiredKeys: [] },
);
const cursors: fc.Arbitrary<Cursor> = fc.record(
  {
    collectionId: fc.uuid(),
    position: instants,
    query: filters,
    limit: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    addedAfter: instants,
  },
  { requiredKeys: ['collectionId', 'position', 'query'] },
);

describe('a cursor', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(cursors, (cursor) => {
        expect(decodeCursor(encodeCursor(cursor))).toEqual(cursor);
      }),
    );
  });

  it('is read from a part of a larger buffer', () => {
    const cursor: Cursor = {
      collectionId: COLLECTION,
      position: -1,
      query: { versions: 'all' },
      limit: 2 ** 40,
    };
    const bytes = encodeCursor(cursor);
    const padded = new Uint8Array([9, 9, 9, ...bytes, 9]);
    expect(decodeCursor(padded.subarray(3, 3 + bytes.length))).toEqual(cursor);
  });

  it('is refused when a byte is missing or too many', () => {
    fc.assert(
      fc.property(cursors, fc.nat(), (cursor, cut) => {
        const bytes = encodeCursor(cursor);
        expect(decodeCursor(bytes.subarray(0, cut % bytes.length))).toBeUndefined();
        expect(decodeCursor(Uint8Array.from([...bytes, 0]))).toBeUndefined();
      }),
    );
  });

  it('is refused without an exception when it is garbage', () => {
    const almost = fc
      .tuple(cursors, fc.nat(), fc.nat({ max: 255 }))
      .map(([cursor, at, value]) => encodeCursor(cursor).with(at % encodeCursor(cursor).length, value));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), almost), (bytes) => {
        const cursor = decodeCursor(bytes);
        if (cursor !== undefined) expect(decodeCursor(encodeCursor(cursor))).toEqual(cursor);
      }),
    );
  });

  it('is refused in another format than ours', () => {
    const bytes = encodeCursor({ collectionId: COLLECTION, position: 1, query: {} });
    expect(decodeCursor(bytes.with(0, 2))).toBeUndefined();
    expect(decodeCursor(bytes.with(1, 64))).toBeUndefined();
  });

  it('is shorter than the query it repeats', () => {
    const many = Array.from(
      { length: MAX_MATCH_VALUES },
      (_, i) => `indicator--${ID.slice(11, -4)}${String(i).padStart(4, '0')}`,
    );
    const bytes = encodeCursor({ collectionId: COLLECTION, position: 1, query: { ids: many } });
    expect(bytes.length).toBeLessThan(many.join(',').length * 0.4);
    expect(encodeCursor({ collectionId: COLLECTION, position: 1, query: {} }).length).toBe(26);
  });

  it('is made for a collection with a canonical UUID only', () => {
    expect(() => encodeCursor({ collectionId: 'demo', position: 1, query: {} })).toThrow(RangeError);
    expect(() => encodeCursor({ collectionId: COLLECTION.toUpperCase(), position: 1, query: {} })).toThrow();
    expect(() => encodeCursor({ collectionId: COLLECTION, position: 1.5, query: {} })).toThrow(RangeError);
  });
});

describe('a query with a token', () => {
  const cursor: Cursor = {
    collectionId: COLLECTION,
    position: 500,
    query: { types: ['indicator'], versions: 'all' },
    limit: 20,
    addedAfter: 100,
  };

  it('without any is what was asked for', () => {
    expect(resolveQuery({}, undefined)).toEqual({ filters: {} });
    expect(resolveQuery({ addedAfter: 7, limit: 3, ids: [ID] }, undefined)).toEqual({
      after: 7,
      addedAfter: 7,
      limit: 3,
      filters: { ids: [ID] },
    });
  });

  it('takes everything missing from the token (item 93)', () => {
    expect(resolveQuery({ next: 'token' }, cursor)).toEqual({
      after: 500,
      addedAfter: 100,
      limit: 20,
      filters: { types: ['indicator'], versions: 'all' },
    });
  });

  it('prefers explicit parameters, field by field (item 94)', () => {
    const versions = { first: true, last: false, exact: [] };
    expect(
      resolveQuery({ next: 'token', limit: 5, types: ['malware'], specVersions: ['2.1'] }, cursor),
    ).toEqual({
      after: 500,
      addedAfter: 100,
      limit: 5,
      filters: { types: ['malware'], versions: 'all', specVersions: ['2.1'] },
    });
    expect(resolveQuery({ versions }, cursor).filters).toEqual({ types: ['indicator'], versions });
  });

  it('goes on from the later of token and added_after (item 94)', () => {
    expect(resolveQuery({ addedAfter: 100 }, cursor).after).toBe(500);
    expect(resolveQuery({ addedAfter: 900 }, cursor)).toMatchObject({ after: 900, addedAfter: 900 });
    expect(resolveQuery({}, { ...cursor, addedAfter: 700 }).after).toBe(700);
  });

  it('means the same whether the client repeats its parameters or sends only the token (item 93)', () => {
    const queries: fc.Arbitrary<TaxiiQuery> = fc
      .tuple(filters, fc.record({ addedAfter: instants, limit: fc.nat() }, { requiredKeys: [] }))
      .map(([match, paging]) => ({ ...match, ...paging }));
    fc.assert(
      fc.property(queries, fc.nat(), (query, step) => {
        const first = resolveQuery(query, undefined);
        const position = Math.min((first.after ?? 0) + step, Number.MAX_SAFE_INTEGER);
        const token = nextCursor(COLLECTION, first, position);
        expect(resolveQuery({}, token)).toEqual({ ...first, after: position });
        expect(resolveQuery(query, token)).toEqual(resolveQuery({}, token));
        expect(decodeCursor(encodeCursor(token))).toEqual(token);
      }),
    );
  });
});
