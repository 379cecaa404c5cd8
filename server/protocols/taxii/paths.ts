/**
 * The paths of TAXII 2.1 (§3.1, §4, §5; checklist 14–19, 68, 77). The raw path is read segment by segment and never
 * goes through a URL parser, which would resolve `..` and dots that were percent-encoded.
 */

/** `root` is the path of the API root without slashes at its ends, for example `intel` or `api/services/x/feed`. */
export type KnownTaxiiPath =
  | { kind: 'discovery'; beside: string[] }
  | { kind: 'api-root'; root: string }
  | { kind: 'status'; root: string; statusId: string }
  | { kind: 'collections'; root: string }
  | { kind: 'collection' | 'manifest' | 'objects'; root: string; collection: string }
  | { kind: 'object' | 'versions'; root: string; collection: string; objectId: string };

/**
 * `collection` is an id or an alias. A discovery path names the folder it stands in: none for `/taxii2/` itself
 * (§8.2.1), otherwise the parent folder of API roots, as `discoveryPathOf` says. An unknown path has a `root` when it
 * lies under what may be an API root (item 18).
 */
export type TaxiiPath = KnownTaxiiPath | { kind: 'unknown'; root?: string };

const DISCOVERY = 'taxii2';
const MAX_SEGMENT_LENGTH = 1000;
const MAX_SERVICE_PATH_SEGMENTS = 10;

/** Anywhere in a service path they would cut it short: the grammar below ends the API root there. */
const RESERVED_ANYWHERE = new Set(['collections', 'status', DISCOVERY]);

/** First segments that the server answers itself, now or one day (item 22). */
const RESERVED_FIRST = new Set([
  'admin',
  'assets',
  'auth',
  'console',
  'docs',
  'favicon',
  'health',
  'healthz',
  'livez',
  'login',
  'logout',
  'metrics',
  'openapi',
  'readyz',
  'rest',
  'static',
]);

/**
 * Reads the path of a request as it came, without its query. Tolerant: the slash at the end is optional and repeated
 * slashes count as one (items 15, 16). Strict: exactly one slash between segments and at the end (§3.1).
 */
export function parseTaxiiPath(rawPath: string, strict: boolean): TaxiiPath {
  const segments = splitPath(rawPath, strict);
  const first = segments?.[0];
  if (segments === undefined || first === undefined) return { kind: 'unknown' };
  const rootLength = segments.findIndex((segment) => segment === 'collections' || segment === 'status');
  if (rootLength < 0) {
    const beside = segments.slice(0, -1);
    if (segments.at(-1) === DISCOVERY) {
      return beside.length === 0 || isServiceFolder(beside)
        ? { kind: 'discovery', beside }
        : { kind: 'unknown' };
    }
    const path = segments.join('/');
    return checkServicePath(path).ok ? { kind: 'api-root', root: path } : { kind: 'unknown' };
  }
  const root = segments.slice(0, rootLength).join('/');
  if (!checkServicePath(root).ok) return { kind: 'unknown' };
  const [keyword, ...rest] = segments.slice(rootLength);
  const found = keyword === 'status' ? parseStatus(root, rest) : parseCollections(root, rest);
  return found ?? { kind: 'unknown', root };
}

function parseStatus(root: string, [statusId, ...rest]: string[]): TaxiiPath | undefined {
  return statusId === undefined || rest.length > 0 ? undefined : { kind: 'status', root, statusId };
}

function parseCollections(root: string, segments: string[]): TaxiiPath | undefined {
  const [collection, resource, objectId, versions, ...rest] = segments;
  if (rest.length > 0) return undefined;
  if (collection === undefined) return { kind: 'collections', root };
  if (resource === undefined) return { kind: 'collection', root, collection };
  if (objectId === undefined) {
    return resource === 'manifest' || resource === 'objects'
      ? { kind: resource, root, collection }
      : undefined;
  }
  if (resource !== 'objects') return undefined;
  if (versions === undefined) return { kind: 'object', root, collection, objectId };
  return versions === 'versions' ? { kind: 'versions', root, collection, objectId } : undefined;
}

/** The decoded segments; undefined when one of them must not be. */
function splitPath(rawPath: string, strict: boolean): string[] | undefined {
  if (!rawPath.startsWith('/') || /[?#]/.test(rawPath)) return undefined;
  let raw = rawPath.slice(1).split('/');
  if (strict) {
    if (raw.pop() !== '' || raw.includes('')) return undefined;
  } else {
    raw = raw.filter((segment) => segment !== '');
  }
  const segments: string[] = [];
  for (const segment of raw) {
    const decoded = decodeSegment(segment);
    if (decoded === undefined) return undefined;
    segments.push(decoded);
  }
  return segments;
}

/** Decodes once (item 17). Slashes and dots that were encoded are refused, as are control characters. */
function decodeSegment(raw: string): string | undefined {
  let segment = raw;
  if (raw.includes('%')) {
    try {
      segment = decodeURIComponent(raw);
    } catch {
      return undefined;
    }
  }
  if (segment === '.' || segment === '..' || segment.length > MAX_SEGMENT_LENGTH) return undefined;
  return /[/\u0000-\u001f\u007f]/.test(segment) || !segment.isWellFormed() ? undefined : segment;
}

/** The methods of a path, for 405 and `Allow` (item 19); none for a path that does not exist. */
export function allowedMethods(kind: TaxiiPath['kind']): string[] {
  switch (kind) {
    case 'unknown':
      return [];
    case 'objects':
      return ['GET', 'HEAD', 'POST', 'OPTIONS'];
    case 'object':
      return ['GET', 'HEAD', 'DELETE', 'OPTIONS'];
    default:
      return ['GET', 'HEAD', 'OPTIONS'];
  }
}

/** The canonical path, percent-encoded and with its slash at the end (§3.1); with a base URL, the canonical URL. */
export function formatTaxiiPath(path: KnownTaxiiPath, baseUrl = ''): string {
  const encoded = segmentsOf(path).map((segment) => `/${encodeURIComponent(segment.toWellFormed())}`);
  return `${baseUrl.replace(/\/+$/, '')}${encoded.join('')}/`;
}

function segmentsOf(path: KnownTaxiiPath): string[] {
  if (path.kind === 'discovery') return [...path.beside, DISCOVERY];
  const root = path.root.split('/');
  switch (path.kind) {
    case 'api-root':
      return root;
    case 'status':
      return [...root, 'status', path.statusId];
    case 'collections':
      return [...root, 'collections'];
    case 'collection':
      return [...root, 'collections', path.collection];
    case 'manifest':
    case 'objects':
      return [...root, 'collections', path.collection, path.kind];
    case 'object':
      return [...root, 'collections', path.collection, 'objects', path.objectId];
    case 'versions':
      return [...root, 'collections', path.collection, 'objects', path.objectId, 'versions'];
  }
}

/**
 * Where an API root has a discovery of its own besides `/taxii2/`: in its parent folder, where clients that were
 * configured for servers with a path prefix expect it. A root of one segment has none but `/taxii2/`.
 */
export function discoveryPathOf(root: string): { kind: 'discovery'; beside: string[] } {
  return { kind: 'discovery', beside: root.split('/').slice(0, -1) };
}

/**
 * Whether an API root may have this path, given without slashes at its ends (item 68). No dots, as a widespread
 * client splits the name of root and collection there; nothing that the server answers itself. `problem` reads on
 * after the name of the field.
 */
export function checkServicePath(path: string): { ok: true } | { ok: false; problem: string } {
  const segments = path.split('/');
  if (segments.length > MAX_SERVICE_PATH_SEGMENTS) {
    return { ok: false, problem: `must not have more than ${MAX_SERVICE_PATH_SEGMENTS} segments` };
  }
  if (!segments.every(isServiceSegment)) {
    return {
      ok: false,
      problem:
        'must consist of segments of 1 to 64 letters, digits, _ and -, beginning with a letter or digit',
    };
  }
  const names = segments.map((segment) => segment.toLowerCase());
  const [first = '', second] = names;
  const reserved =
    names.find((name) => RESERVED_ANYWHERE.has(name)) ?? (RESERVED_FIRST.has(first) ? first : undefined);
  if (reserved !== undefined) return { ok: false, problem: `must not use the reserved name ${reserved}` };
  // `api/v…` belongs to the REST API, while `api/services/…` is what migrated clients are configured with.
  if (first === 'api' && (second === undefined || /^v[0-9]+$/.test(second))) {
    return { ok: false, problem: 'must not be api or begin with the path of the REST API' };
  }
  return { ok: true };
}

function isServiceSegment(segment: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(segment);
}

/** A parent folder of API roots: need not be fit for a root itself, `api` is not. */
function isServiceFolder(segments: string[]): boolean {
  return checkServicePath([...segments, 'x'].join('/')).ok;
}
