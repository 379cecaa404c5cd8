/**
 * The payload of a `next` token (TAXII 2.1 §3.4, §3.5; checklist 92–95, 118–119). It carries position and filters,
 * so that it needs no state on the server and serves clients that send nothing but `next` after the first page.
 * The binary form keeps tokens shorter than the queries they repeat: tokens travel in URLs. Signing, and with it
 * trust in what is decoded, happens elsewhere.
 */
import type { Micros } from '../timestamp.ts';
import { MAX_MATCH_VALUES, type TaxiiFilters, type TaxiiQuery, type VersionMatch } from './filters.ts';

export type Cursor = {
  /** A canonical (lower-case) UUID. A token is good for this collection only (item 95). */
  collectionId: string;
  /** `date_added` of the last record already sent. */
  position: Micros;
  /** The filters of the request that the token continues. */
  query: TaxiiFilters;
  limit?: number;
  addedAfter?: Micros;
};

export type EffectiveQuery = {
  /** Records with `date_added` greater than this, never equal (§3.4); absent: from the beginning. */
  after?: Micros;
  /** What the client asked for in `added_after`, now or on the first page. */
  addedAfter?: Micros;
  /** As the client asked for; not yet capped by the server's maximum. */
  limit?: number;
  filters: TaxiiFilters;
};

/**
 * What a request means together with the token it came with. Explicit parameters win over remembered ones, field by
 * field, for a position is valid under any filter. A token and a newer `added_after` together go on from the later
 * of both, so that nothing is lost and nothing sent twice (items 92–95).
 */
export function resolveQuery(query: TaxiiQuery, cursor: Cursor | undefined): EffectiveQuery {
  const effective: EffectiveQuery = { filters: pickFilters({ ...cursor?.query, ...pickFilters(query) }) };
  const addedAfter = query.addedAfter ?? cursor?.addedAfter;
  const limit = query.limit ?? cursor?.limit;
  const bounds = [query.addedAfter, cursor?.addedAfter, cursor?.position].filter(
    (bound) => bound !== undefined,
  );
  if (bounds.length > 0) effective.after = Math.max(...bounds);
  if (addedAfter !== undefined) effective.addedAfter = addedAfter;
  if (limit !== undefined) effective.limit = limit;
  return effective;
}

/** The cursor of the page that follows; `position` is the `date_added` of the last record of this one. */
export function nextCursor(collectionId: string, effective: EffectiveQuery, position: Micros): Cursor {
  const cursor: Cursor = { collectionId, position, query: effective.filters };
  if (effective.limit !== undefined) cursor.limit = effective.limit;
  if (effective.addedAfter !== undefined) cursor.addedAfter = effective.addedAfter;
  return cursor;
}

function pickFilters(source: TaxiiFilters): TaxiiFilters {
  const filters: TaxiiFilters = {};
  if (source.ids !== undefined) filters.ids = source.ids;
  if (source.types !== undefined) filters.types = source.types;
  if (source.versions !== undefined) filters.versions = source.versions;
  if (source.specVersions !== undefined) filters.specVersions = source.specVersions;
  return filters;
}

const FORMAT = 1;
const HAS_LIMIT = 1;
const HAS_ADDED_AFTER = 2;
const HAS_IDS = 4;
const HAS_TYPES = 8;
const HAS_VERSIONS = 16;
const HAS_SPEC_VERSIONS = 32;
const VERSIONS_ALL = 1;
const VERSIONS_FIRST = 2;
const VERSIONS_LAST = 4;
const UUID_LENGTH = 36;
const CANONICAL_UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * Layout: format, flags, collection (16 bytes), position, then what the flags announce. Numbers have 8 bytes, lists
 * and texts a length of 2. An id that ends in a canonical UUID takes 17 bytes: the number of its prefix, the UUID.
 * @throws RangeError for a collection id that is no canonical UUID, a list or text beyond 65,535, an unsafe integer
 */
export function encodeCursor(cursor: Cursor): Uint8Array {
  const { ids, types, versions, specVersions } = cursor.query;
  const out: number[] = [FORMAT];
  out.push(
    (cursor.limit === undefined ? 0 : HAS_LIMIT) |
      (cursor.addedAfter === undefined ? 0 : HAS_ADDED_AFTER) |
      (ids === undefined ? 0 : HAS_IDS) |
      (types === undefined ? 0 : HAS_TYPES) |
      (versions === undefined ? 0 : HAS_VERSIONS) |
      (specVersions === undefined ? 0 : HAS_SPEC_VERSIONS),
  );
  if (!CANONICAL_UUID.test(cursor.collectionId))
    throw new RangeError('The collection id is no canonical UUID');
  putUuid(out, cursor.collectionId);
  putInteger(out, cursor.position);
  if (cursor.limit !== undefined) putInteger(out, cursor.limit);
  if (cursor.addedAfter !== undefined) putInteger(out, cursor.addedAfter);
  if (ids !== undefined) putIds(out, ids);
  if (types !== undefined) putList(out, types, putText);
  if (versions !== undefined) putVersions(out, versions);
  if (specVersions !== undefined) putList(out, specVersions, putText);
  return Uint8Array.from(out);
}

/** Undefined when the bytes are no cursor of a known format, from beginning to end. */
export function decodeCursor(bytes: Uint8Array): Cursor | undefined {
  try {
    const reader = readerOf(bytes);
    if (reader.byte() !== FORMAT) return undefined;
    const flags = reader.byte();
    if (flags >= HAS_SPEC_VERSIONS * 2) return undefined;
    const cursor: Cursor = { collectionId: reader.uuid(), position: reader.integer(), query: {} };
    if (flags & HAS_LIMIT) cursor.limit = reader.integer();
    if (flags & HAS_ADDED_AFTER) cursor.addedAfter = reader.integer();
    if (flags & HAS_IDS) cursor.query.ids = readIds(reader);
    if (flags & HAS_TYPES) cursor.query.types = reader.list(reader.text);
    if (flags & HAS_VERSIONS) cursor.query.versions = readVersions(reader);
    if (flags & HAS_SPEC_VERSIONS) cursor.query.specVersions = reader.list(reader.text);
    return reader.isAtEnd() ? cursor : undefined;
  } catch (error) {
    if (error instanceof MalformedCursor) return undefined;
    throw error;
  }
}

class MalformedCursor extends Error {}

function putLength(out: number[], length: number): void {
  if (length > 0xffff) throw new RangeError('Too long for a cursor');
  out.push(length >> 8, length & 0xff);
}

/** Two's complement, big-endian. */
function putInteger(out: number[], value: number): void {
  if (!Number.isSafeInteger(value)) throw new RangeError('Not a safe integer');
  const high = Math.floor(value / 2 ** 32);
  const low = value - high * 2 ** 32;
  for (const word of [high, low]) {
    for (const shift of [24, 16, 8, 0]) out.push((word >>> shift) & 0xff);
  }
}

function putText(out: number[], text: string): void {
  const bytes = new TextEncoder().encode(text);
  putLength(out, bytes.length);
  out.push(...bytes);
}

function putUuid(out: number[], uuid: string): void {
  const digits = uuid.replaceAll('-', '');
  for (let at = 0; at < digits.length; at += 2) out.push(Number.parseInt(digits.slice(at, at + 2), 16));
}

function putList<T>(out: number[], values: readonly T[], put: (out: number[], value: T) => void): void {
  putLength(out, values.length);
  for (const value of values) put(out, value);
}

/** What stands before the canonical UUID at the end of an id; undefined when there is none. */
function prefixOf(id: string): string | undefined {
  return CANONICAL_UUID.test(id.slice(-UUID_LENGTH)) ? id.slice(0, -UUID_LENGTH) : undefined;
}

/** Prefix number 0 marks an id that is kept as text; one byte holds the number. */
function putIds(out: number[], ids: readonly string[]): void {
  const prefixes = [...new Set(ids.map(prefixOf).filter((prefix) => prefix !== undefined))].slice(0, 255);
  const numbers = new Map<string | undefined, number>(prefixes.map((prefix, index) => [prefix, index + 1]));
  putList(out, prefixes, putText);
  putList(out, ids, (bytes, id) => {
    const number = numbers.get(prefixOf(id)) ?? 0;
    bytes.push(number);
    if (number === 0) putText(bytes, id);
    else putUuid(bytes, id.slice(-UUID_LENGTH));
  });
}

function putVersions(out: number[], versions: VersionMatch): void {
  if (versions === 'all') {
    out.push(VERSIONS_ALL);
    return;
  }
  out.push((versions.first ? VERSIONS_FIRST : 0) | (versions.last ? VERSIONS_LAST : 0));
  putList(out, versions.exact, putInteger);
}

type Reader = {
  byte: () => number;
  integer: () => number;
  text: () => string;
  uuid: () => string;
  list: <T>(read: () => T) => T[];
  isAtEnd: () => boolean;
};

/** Each function throws MalformedCursor when the bytes do not hold what it reads. */
function readerOf(bytes: Uint8Array): Reader {
  let at = 0;
  const take = (length: number) => {
    if (at + length > bytes.length) throw new MalformedCursor();
    at += length;
    return bytes.subarray(at - length, at);
  };
  const byte = () => take(1)[0] ?? 0;
  const length = () => byte() * 256 + byte();
  return {
    byte,
    integer: () => {
      const eight = take(8);
      const value = new DataView(eight.buffer, eight.byteOffset, 8).getBigInt64(0);
      if (!Number.isSafeInteger(Number(value))) throw new MalformedCursor();
      return Number(value);
    },
    text: () => {
      const encoded = take(length());
      try {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(encoded);
      } catch {
        throw new MalformedCursor();
      }
    },
    uuid: () => {
      const hex = Array.from(take(16), (value) => value.toString(16).padStart(2, '0')).join('');
      return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join(
        '-',
      );
    },
    list: (read) => {
      const size = length();
      if (size > MAX_MATCH_VALUES) throw new MalformedCursor();
      return Array.from({ length: size }, () => read());
    },
    isAtEnd: () => at === bytes.length,
  };
}

function readIds(reader: Reader): string[] {
  const prefixes = reader.list(reader.text);
  return reader.list(() => {
    const number = reader.byte();
    if (number === 0) return reader.text();
    const prefix = prefixes[number - 1];
    if (prefix === undefined) throw new MalformedCursor();
    return prefix + reader.uuid();
  });
}

function readVersions(reader: Reader): VersionMatch {
  const flags = reader.byte();
  if (flags === VERSIONS_ALL) return 'all';
  if ((flags & ~(VERSIONS_FIRST | VERSIONS_LAST)) !== 0) throw new MalformedCursor();
  return {
    first: (flags & VERSIONS_FIRST) !== 0,
    last: (flags & VERSIONS_LAST) !== 0,
    exact: reader.list(reader.integer),
  };
}
