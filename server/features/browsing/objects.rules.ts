import { MAX_LISTED_VERSIONS, type ObjectItem } from '../../../contract/intelligence.ts';
import { AppError } from '../../errors.ts';
import { givenValue, isJsonObject, type JsonObject } from '../../protocols/stix/json-value.ts';
import { parseJson } from '../../protocols/stix/wrapper-text.ts';
import { formatTimestamp, type Micros } from '../../protocols/timestamp.ts';
import { detailOf, labelOf } from './labels.rules.ts';

/** Larger texts are not read in order to say what an object is called, nor searched. */
export const LONGEST_READ = 262_144;

export type Search =
  | { kind: 'none' }
  | { kind: 'id'; prefix: string; isWhole: boolean }
  | { kind: 'text'; needle: string };

const ID_PREFIX = /^[a-z][a-z0-9-]{2,249}--[0-9a-f-]{0,36}$/i;
/** `--` and a UUID. */
const WHOLE_END = /--[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** What is searched for: an id or the beginning of one, which an index finds, or else a text. */
export function readSearch(search: string | undefined): Search {
  const text = search?.trim() ?? '';
  if (text === '') return { kind: 'none' };
  if (ID_PREFIX.test(text)) return { kind: 'id', prefix: text, isWhole: WHOLE_END.test(text) };
  return { kind: 'text', needle: text.toLowerCase() };
}

type Head = {
  stix_id: string;
  type: string;
  spec_version: string;
  version_text: string;
  revoked: number;
  date_added: Micros;
  size: number;
};

/** A stored text as an object; undefined where it was not read. */
export function readObject(text: string | undefined): JsonObject | undefined {
  const object = text === undefined ? undefined : parseJson(text);
  return isJsonObject(object) ? object : undefined;
}

/** The other objects whose names say what this one is: its creator, and the ends of a relationship. */
export function namedIn(object: JsonObject | undefined): string[] {
  return ['created_by_ref', 'source_ref', 'target_ref'].flatMap((name) => stringIn(object, name) ?? []);
}

/** An object as lists show it. `labels` has those of the objects that `namedIn` gave, by id, as far as they are known. */
export function objectItemOf(
  row: Head,
  object: JsonObject | undefined,
  versions: number,
  labels: ReadonlyMap<string, string>,
): ObjectItem {
  const creator = stringIn(object, 'created_by_ref');
  const [source, target] = [stringIn(object, 'source_ref'), stringIn(object, 'target_ref')];
  const ends =
    row.type === 'relationship' && source !== undefined && target !== undefined
      ? `${labels.get(source) ?? source} → ${labels.get(target) ?? target}`
      : undefined;
  return {
    id: row.stix_id,
    type: row.type,
    specVersion: row.spec_version,
    version: row.version_text,
    label: (object === undefined ? undefined : labelOf(object)) ?? null,
    detail: ends ?? (object === undefined ? undefined : detailOf(object)) ?? null,
    created: stringIn(object, 'created') ?? null,
    modified: stringIn(object, 'modified') ?? null,
    dateAdded: formatTimestamp(row.date_added),
    versions: Math.min(versions, MAX_LISTED_VERSIONS),
    revoked: row.revoked === 1,
    size: row.size,
    creator: creator === undefined ? null : { id: creator, name: labels.get(creator) ?? null },
  };
}

function stringIn(object: JsonObject | undefined, name: string): string | undefined {
  const value = object === undefined ? undefined : givenValue(object, name);
  return typeof value === 'string' ? value : undefined;
}

/** One answer for an object that the collection does not hold and one that the asker may not read. */
export function missingObject(id: string): AppError {
  return new AppError('not_found', { message: `The collection has no object ${id}.` });
}
