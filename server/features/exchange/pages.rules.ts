import type { EffectiveQuery } from '../../protocols/taxii/cursor.ts';
import type { Micros } from '../../protocols/timestamp.ts';

/** SQL of a condition over `objects o`, with its parameters. */
export type Condition = { sql: string; parameters: (string | number)[] };

export type PagePlan = {
  strategy: 'latest' | 'by-type' | 'by-id' | 'scan';
  condition: Condition;
  /** The types or ids, each once, where the strategy reads each through its index. */
  keys: readonly string[];
  /** Whether only the newest version of an object can be wanted. */
  onlyLatest: boolean;
};

/** Beyond this many types a union of index ranges costs more than it saves. */
const MAX_TYPE_RANGES = 40;

/**
 * How a page is found. Without filters, by types, and by ids there is an index in the order of pages; any other
 * combination is a scan of the collection.
 *
 * TAXII 2.1 §3.4.1: without match[spec_version] only the latest specification version of each object counts; without
 * match[version] only its newest version, over the versions that match the rest.
 */
export function planPage(filters: EffectiveQuery['filters'], stixId: string | undefined): PagePlan {
  const { versions, specVersions } = filters;
  const ids = stixId === undefined ? unique(filters.ids) : [stixId];
  const types = stixId === undefined ? unique(filters.types) : undefined;
  const conditions: Condition[] = [];
  const isDefault =
    specVersions === undefined &&
    (versions === undefined ||
      (versions !== 'all' && versions.last && !versions.first && versions.exact.length === 0));
  if (isDefault) conditions.push({ sql: 'o.latest = 2', parameters: [] });
  else conditions.push(...versionConditions(versions, specVersions));

  if (ids !== undefined) {
    if (types !== undefined) conditions.unshift(oneOf('o.type', types));
    return { strategy: 'by-id', condition: all(conditions), keys: ids, onlyLatest: isDefault };
  }
  if (isDefault && types !== undefined && types.length <= MAX_TYPE_RANGES)
    return { strategy: 'by-type', condition: all(conditions), keys: types, onlyLatest: true };
  if (types !== undefined) conditions.unshift(oneOf('o.type', types));
  const strategy = isDefault && types === undefined ? 'latest' : 'scan';
  return { strategy, condition: all(conditions), keys: [], onlyLatest: isDefault };
}

function unique(values: readonly string[] | undefined): string[] | undefined {
  return values === undefined ? undefined : [...new Set(values)];
}

/** Rows of a walk's first stretch, at most, where a page is not smaller. */
const FIRST_STRETCH = 2000;
const STRETCH = { shortest: 100, longest: 10_000 };
/** A stretch that takes longer is too long: SQLite walks in our process, where nobody else is served meanwhile. */
const SLOW_MS = { sqlite: 20, postgres: 500 };

export function firstStretch(limit: number): number {
  return Math.min(FIRST_STRETCH, (limit + 1) * 2);
}

/** Rows of the next stretch of a walk, after one of `length` rows that took so long. */
export function nextStretch(engine: keyof typeof SLOW_MS, length: number, tookMs: number): number {
  const slow = SLOW_MS[engine];
  if (tookMs > slow) return Math.max(STRETCH.shortest, Math.floor((length * slow) / (2 * tookMs)));
  return tookMs < slow / 4 ? Math.min(STRETCH.longest, length * 4) : length;
}

function versionConditions(
  versions: EffectiveQuery['filters']['versions'],
  specVersions: readonly string[] | undefined,
): Condition[] {
  const conditions: Condition[] = [];
  /** The versions of the same object that match the rest of the filters. */
  const rival = (comparison: string): Condition => ({
    sql: `not exists (select 1 from objects n where n.owner_id = o.owner_id and n.stix_id = o.stix_id and ${
      specVersions === undefined
        ? 'n.spec_version = o.spec_version'
        : `n.spec_version in (${marks(specVersions)})`
    } and n.version ${comparison} o.version)`,
    parameters: [...(specVersions ?? [])],
  });
  if (specVersions === undefined) {
    conditions.push({
      sql: 'not exists (select 1 from objects n where n.owner_id = o.owner_id and n.stix_id = o.stix_id and n.spec_version > o.spec_version)',
      parameters: [],
    });
  } else {
    conditions.push(oneOf('o.spec_version', specVersions));
  }
  if (versions === 'all') return conditions;
  const { first, last, exact }: { first: boolean; last: boolean; exact: readonly Micros[] } = versions ?? {
    first: false,
    last: true,
    exact: [],
  };
  const wanted: Condition[] = [];
  if (exact.length > 0) wanted.push(oneOf('o.version', exact));
  if (first) wanted.push(rival('<'));
  if (last) wanted.push(rival('>'));
  conditions.push({
    sql: `(${wanted.map((w) => w.sql).join(' or ')})`,
    parameters: wanted.flatMap((w) => w.parameters),
  });
  return conditions;
}

function oneOf(column: string, values: readonly (string | number)[]): Condition {
  return { sql: `${column} in (${marks(values)})`, parameters: [...values] };
}

function marks(values: readonly unknown[]): string {
  return values.map(() => '?').join(',');
}

function all(conditions: readonly Condition[]): Condition {
  return {
    sql: conditions.map((c) => c.sql).join(' and '),
    parameters: conditions.flatMap((c) => c.parameters),
  };
}

/** The records of a page: as many as fit the limit and the octets, at least one. */
export function cutPage<T extends { size: number }>(
  records: readonly T[],
  limit: number,
  maxBytes: number,
): { records: T[]; more: boolean } {
  const kept: T[] = [];
  let bytes = 0;
  for (const record of records) {
    bytes += record.size + 1;
    if (kept.length >= limit || (kept.length > 0 && bytes > maxBytes)) return { records: kept, more: true };
    kept.push(record);
  }
  return { records: kept, more: false };
}
