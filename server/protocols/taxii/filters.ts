/**
 * The query of a TAXII 2.1 request: filtering and paging parameters (§3.4, checklist 81–108). Parsed by hand, since
 * the usual parsers fold repeated names, hide invalid encodings and turn the `+` of an offset into a blank.
 */
import { type Micros, parseTimestamp } from '../timestamp.ts';

/** TAXII 2.1 §3.4.1 match[version]; `exact` holds instants, in ascending order. */
export type VersionMatch = 'all' | { first: boolean; last: boolean; exact: Micros[] };

/** TAXII 2.1 §3.4.1: fields are ANDed, the values of a field ORed; lists are never empty, values never repeat. */
export type TaxiiFilters = {
  ids?: string[];
  types?: string[];
  versions?: VersionMatch;
  specVersions?: string[];
};

/** What a request asked for explicitly; a parameter that was not given is absent. */
export type TaxiiQuery = TaxiiFilters & { addedAfter?: Micros; limit?: number; next?: string };

export type QueryEndpoint = 'objects' | 'manifest' | 'object' | 'versions' | 'delete';

export type ParsedQuery = { ok: true; query: TaxiiQuery } | { ok: false; parameter: string; problem: string };

/** More values in one match field than this give 400. */
export const MAX_MATCH_VALUES = 1000;

/** Characters of all values of a match list together: a `next` token repeats them, and must fit a request's headers. */
const MAX_MATCH_LENGTH = 48_000;

/** Specification versions there are few of; each costs a look-up for each object. */
const MAX_SPEC_VERSIONS = 10;

/** A longer value in a match field gives 400; nothing in STIX comes near it. */
export const MAX_MATCH_VALUE_LENGTH = 300;

const PAGING = ['added_after', 'limit', 'next'];
const ALL_MATCHES = ['match[id]', 'match[type]', 'match[version]', 'match[spec_version]'];

/** The parameters of each endpoint (§5.3–§5.8); whatever else a query holds is ignored there (items 98, 99, 108). */
const PARAMETERS: Record<QueryEndpoint, ReadonlySet<string>> = {
  objects: new Set([...PAGING, ...ALL_MATCHES]),
  manifest: new Set([...PAGING, ...ALL_MATCHES]),
  object: new Set([...PAGING, 'match[version]', 'match[spec_version]']),
  versions: new Set([...PAGING, 'match[spec_version]']),
  delete: new Set(['match[version]', 'match[spec_version]']),
};

type Problem = { problem: string };
type Parsed<T> = { value: T } | Problem;

/**
 * Reads the raw query, without its `?`. The first parameter that is malformed or given twice is reported and must
 * be answered with 400 (§3.4); `problem` reads on after the parameter's name: "limit must be …". An empty `added_after`,
 * as clients without a cursor write it, is none, unless `strict`.
 */
export function parseQuery(rawQuery: string, endpoint: QueryEndpoint, strict = false): ParsedQuery {
  const known = PARAMETERS[endpoint];
  const seen = new Set<string>();
  const query: TaxiiQuery = {};
  for (const pair of rawQuery.split('&')) {
    const equals = pair.indexOf('=');
    const rawName = equals < 0 ? pair : pair.slice(0, equals);
    const name = percentDecode(rawName);
    if (name === undefined) {
      return { ok: false, parameter: rawName.slice(0, 50), problem: 'has an invalid percent-encoding' };
    }
    if (!known.has(name)) continue;
    // Items 83 and 97; the literal and the percent-encoded form of a name are the same name.
    if (seen.has(name)) return { ok: false, parameter: name, problem: 'must not be given more than once' };
    seen.add(name);
    const value = equals < 0 ? '' : pair.slice(equals + 1);
    if (name === 'added_after' && value === '' && !strict) continue;
    const problem = readParameter(query, name, value);
    if (problem !== undefined) return { ok: false, parameter: name, problem: problem.problem };
  }
  return { ok: true, query };
}

/** Puts one known parameter into the query, or says what is wrong with it. */
function readParameter(query: TaxiiQuery, name: string, raw: string): Problem | undefined {
  const text = percentDecode(raw);
  if (text === undefined) return { problem: 'has an invalid percent-encoding' };
  switch (name) {
    case 'added_after': {
      const micros = parseQueryTimestamp(text);
      if (micros === undefined) return { problem: 'must be a timestamp such as 2026-01-31T08:30:00.000000Z' };
      query.addedAfter = clampMicros(micros);
      return undefined;
    }
    case 'limit': {
      // Items 87, 91: what exceeds any page is capped, never refused.
      if (!/^0*[1-9][0-9]*$/.test(text)) return { problem: 'must be a positive integer' };
      query.limit = Math.min(Number(text), Number.MAX_SAFE_INTEGER);
      return undefined;
    }
    case 'next':
      if (text !== '') query.next = text; // item 93: an empty token is none
      return undefined;
    case 'match[version]': {
      const versions = parseVersions(text);
      if ('problem' in versions) return versions;
      query.versions = versions.value;
      return undefined;
    }
    default: {
      const values = parseList(text.replaceAll('+', ' '));
      if ('problem' in values) return values;
      const list = [...new Set(values.value)];
      if (name === 'match[id]') query.ids = list;
      else if (name === 'match[type]') query.types = list;
      else if (list.length > MAX_SPEC_VERSIONS)
        return { problem: `must not have more than ${MAX_SPEC_VERSIONS} values` };
      else query.specVersions = list;
      return undefined;
    }
  }
}

/**
 * The comma-separated values of a match field. They need not be well-formed STIX: an id or type that cannot exist
 * matches nothing (items 100–102). Control characters are refused, because no database takes all of them.
 */
function parseList(text: string): Parsed<string[]> {
  const values = text.split(',').map((value) => value.trim());
  if (values.length > MAX_MATCH_VALUES)
    return { problem: `must not have more than ${MAX_MATCH_VALUES} values` };
  if (text.length > MAX_MATCH_LENGTH)
    return { problem: `must not have more than ${MAX_MATCH_LENGTH} characters` };
  for (const value of values) {
    if (value === '') return { problem: 'must not have an empty value' };
    if (value.length > MAX_MATCH_VALUE_LENGTH) {
      return { problem: `must not have values of more than ${MAX_MATCH_VALUE_LENGTH} characters` };
    }
    if (/[\u0000-\u001f\u007f]/.test(value) || !value.isWellFormed()) {
      return { problem: 'must not have control characters' };
    }
  }
  return { value: values };
}

/**
 * TAXII 2.1 §3.4.1 match[version] (items 104–106). Exact versions are compared as instants. An offset other than `Z`
 * is taken although STIX has none: a manifest repeats the text of the object, and what it says must find the object.
 */
function parseVersions(text: string): Parsed<VersionMatch> {
  const values = parseList(text.replace(/(^|,)[+ ]+/g, '$1'));
  if ('problem' in values) return values;
  const keywords = new Set<string>();
  const exact = new Set<Micros>();
  for (const value of values.value) {
    if (value === 'all' || value === 'first' || value === 'last') {
      if (keywords.has(value)) return { problem: `must not have the value ${value} twice` };
      keywords.add(value);
      continue;
    }
    const micros = parseQueryTimestamp(value);
    if (micros === undefined) return { problem: 'must have the values first, last, all or timestamps' };
    if (exact.has(micros)) return { problem: 'must not have the same version twice' };
    exact.add(micros);
  }
  if (keywords.has('all')) {
    if (values.value.length > 1) return { problem: 'must not combine all with other values' };
    return { value: 'all' };
  }
  return {
    value: {
      first: keywords.has('first'),
      last: keywords.has('last'),
      exact: [...new Set([...exact].map(clampMicros))].sort((a, b) => a - b),
    },
  };
}

/**
 * Any RFC 3339 timestamp (item 84). The `+` of an offset may come undecoded or, decoded once too often, as a blank;
 * conversely the blank between date and time may come as `+`.
 */
function parseQueryTimestamp(text: string): Micros | undefined {
  return parseTimestamp(text.replace(/^([0-9-]{10})\+/, '$1 ').replace(/ ([0-9]{2}:[0-9]{2})$/, '+$1'));
}

/** Beyond 2^53 µs no record exists, so the clamped instant selects the same. */
function clampMicros(micros: Micros): Micros {
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(micros, Number.MAX_SAFE_INTEGER));
}

/** Undefined when the encoding is invalid; a `+` stays, its meaning depends on the parameter. */
function percentDecode(text: string): string | undefined {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
