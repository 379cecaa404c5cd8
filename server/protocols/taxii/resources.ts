/**
 * The resources of TAXII 2.1 as they go over the wire, and one builder for each. Builders leave out what is absent:
 * TAXII 2.1 §2 knows no `null` and forbids empty lists.
 */
import { formatTimestamp, type Micros } from '../timestamp.ts';
import { STIX_MEDIA_TYPE, TAXII_MEDIA_TYPE } from './media-types.ts';

/** TAXII 2.1 §4.1.1 */
export type Discovery = {
  title: string;
  description?: string;
  contact?: string;
  default?: string;
  api_roots?: string[];
};

/** TAXII 2.1 §4.2.1 */
export type ApiRoot = {
  title: string;
  description?: string;
  versions: string[];
  max_content_length: number;
};

/** TAXII 2.1 §5.2.1 */
export type Collection = {
  id: string;
  title: string;
  description?: string;
  alias?: string;
  can_read: boolean;
  can_write: boolean;
  media_types: string[];
};

/** TAXII 2.1 §5.1.1 */
export type Collections = { collections?: Collection[] };

/** TAXII 2.1 §5.3.1 */
export type ManifestRecord = { id: string; date_added: string; version: string; media_type?: string };

/** TAXII 2.1 §5.3.1; `next` is ours (§7), see `manifestResource`. */
export type Manifest = { more: boolean; next?: string; objects?: ManifestRecord[] };

/** TAXII 2.1 §5.8.1; `next` is ours (§7), see `manifestResource`. */
export type Versions = { more: boolean; next?: string; versions?: string[] };

/** TAXII 2.1 §4.3.1, type `status-details` */
export type StatusDetail = { id: string; version: string; message?: string };

/** TAXII 2.1 §4.3.1 */
export type Status = {
  id: string;
  status: 'complete' | 'pending';
  request_timestamp?: string;
  total_count: number;
  success_count: number;
  successes?: StatusDetail[];
  failure_count: number;
  failures?: StatusDetail[];
  pending_count: number;
  pendings?: StatusDetail[];
};

/** TAXII 2.1 §3.6.1; `http_status` is a string there. */
export type ErrorMessage = {
  title: string;
  description?: string;
  error_id?: string;
  error_code?: string;
  http_status?: string;
  external_details?: string;
  details?: Record<string, unknown>;
};

type Text = string | null | undefined;

/**
 * TAXII 2.1 §4.1.1. `apiRoots` are absolute URLs, already filtered to what the client may know. A default that is
 * not literally among them is left out, since it would name a root that the client may not see (items 37, 38).
 */
export function discoveryResource(source: {
  title: string;
  description?: Text;
  contact?: Text;
  defaultApiRoot?: Text;
  apiRoots: readonly string[];
}): Discovery {
  const isListed = source.apiRoots.includes(source.defaultApiRoot ?? '');
  return compact({
    title: source.title,
    description: text(source.description),
    contact: text(source.contact),
    default: isListed ? text(source.defaultApiRoot) : undefined,
    api_roots: [...source.apiRoots],
  });
}

/** TAXII 2.1 §4.2.1. `maxContentLength` is in octets and greater than 0. */
export function apiRootResource(source: {
  title: string;
  description?: Text;
  maxContentLength: number;
}): ApiRoot {
  return compact({
    title: source.title,
    description: text(source.description),
    versions: [TAXII_MEDIA_TYPE],
    max_content_length: source.maxContentLength,
  });
}

/**
 * TAXII 2.1 §5.2.1. `canRead` and `canWrite` are the rights of the client that asks. The id goes out in lower case,
 * as clients compare it with the one in their URL. Without media types the collection holds STIX 2.1.
 */
export function collectionResource(source: {
  id: string;
  title: string;
  description?: Text;
  alias?: Text;
  canRead: boolean;
  canWrite: boolean;
  mediaTypes?: readonly string[];
}): Collection {
  const mediaTypes = source.mediaTypes ?? [];
  return compact({
    id: source.id.toLowerCase(),
    title: source.title,
    description: text(source.description),
    alias: text(source.alias),
    can_read: source.canRead,
    can_write: source.canWrite,
    media_types: mediaTypes.length > 0 ? [...mediaTypes] : [STIX_MEDIA_TYPE],
  });
}

/** TAXII 2.1 §5.1.1: all collections that the client may see, by ascending id (interoperability §2.1.7). */
export function collectionsResource(collections: readonly Collection[]): Collections {
  const sorted = [...collections].sort((a, b) => (a.id < b.id ? -1 : Number(a.id > b.id)));
  return compact<Collections>({ collections: sorted });
}

/** TAXII 2.1 §5.3.1. `version` is the text of the object itself, never formatted anew. */
export function manifestRecord(source: {
  id: string;
  dateAdded: Micros;
  version: string;
  mediaType?: Text;
}): ManifestRecord {
  return compact({
    id: source.id,
    date_added: formatTimestamp(source.dateAdded),
    version: source.version,
    media_type: text(source.mediaType),
  });
}

/**
 * TAXII 2.1 §5.3.1. `next` is the token of the following page, undefined on the last one: `more` and `next` always
 * agree. The standard names no `next` here (item 122), but clients page by it, and without it never end.
 */
export function manifestResource(records: readonly ManifestRecord[], next: string | undefined): Manifest {
  return compact<Manifest>({ more: next !== undefined, next, objects: [...records] });
}

/** TAXII 2.1 §5.8.1. `next` as in `manifestResource`. */
export function versionsResource(versions: readonly string[], next: string | undefined): Versions {
  return compact<Versions>({ more: next !== undefined, next, versions: [...new Set(versions)] });
}

/**
 * TAXII 2.1 §3.7: the texts around the objects of an envelope, which are sent as they were stored, joined by commas.
 * `next` as in `manifestResource`.
 */
export function envelopeFrame(isEmpty: boolean, next: string | undefined): { head: string; tail: string } {
  const paging = next === undefined ? '{"more":false' : `{"more":true,"next":${JSON.stringify(next)}`;
  return isEmpty ? { head: paging, tail: '}' } : { head: `${paging},"objects":[`, tail: ']}' };
}

/** TAXII 2.1 §4.3.1. The counts are those of the lists, for clients refuse a status in which they differ. */
export function statusResource(source: {
  id: string;
  requestedAt?: Micros | undefined;
  successes: readonly StatusDetail[];
  failures: readonly StatusDetail[];
  pendings?: readonly StatusDetail[];
}): Status {
  const { successes, failures, pendings = [] } = source;
  return compact({
    id: source.id,
    status: pendings.length > 0 ? 'pending' : 'complete',
    request_timestamp: source.requestedAt === undefined ? undefined : formatTimestamp(source.requestedAt),
    total_count: successes.length + failures.length + pendings.length,
    success_count: successes.length,
    successes: [...successes],
    failure_count: failures.length,
    failures: [...failures],
    pending_count: pendings.length,
    pendings: [...pendings],
  });
}

/** TAXII 2.1 §3.6.1. `details` loses its nulls and empty lists at any depth, and goes when nothing is left of it. */
export function errorResource(source: {
  title: string;
  description?: Text;
  errorId?: Text;
  errorCode?: Text;
  httpStatus?: number | undefined;
  externalDetails?: Text;
  details?: Record<string, unknown> | undefined;
}): ErrorMessage {
  const details = pruneObject(source.details ?? {});
  return compact({
    title: source.title,
    description: text(source.description),
    error_id: text(source.errorId),
    error_code: text(source.errorCode),
    http_status: source.httpStatus === undefined ? undefined : String(source.httpStatus),
    external_details: text(source.externalDetails),
    details: Object.keys(details).length > 0 ? details : undefined,
  });
}

function text(value: Text): string | undefined {
  return value === '' || value === null ? undefined : value;
}

/** The resource without its absent properties and empty lists; what is nested was built so already. */
function compact<T extends object>(resource: { [K in keyof T]: T[K] | undefined }): T {
  const entries = Object.entries(resource).filter(([, value]) => !isAbsent(value));
  return Object.fromEntries(entries) as T;
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

/** A JSON value without nulls and empty lists at any depth; undefined when nothing is left. */
function prune(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(prune).filter((item) => !isAbsent(item));
    return items.length > 0 ? items : undefined;
  }
  return typeof value === 'object' && value !== null ? pruneObject(value) : (value ?? undefined);
}

function pruneObject(source: object): Record<string, unknown> {
  const entries = Object.entries(source).map(([name, value]): [string, unknown] => [name, prune(value)]);
  return Object.fromEntries(entries.filter(([, value]) => !isAbsent(value)));
}
