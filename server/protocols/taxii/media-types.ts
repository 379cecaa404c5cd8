/**
 * Content negotiation of TAXII 2.1 (§1.6.8, §3.1, checklist 23–35). Every answer has one media type, so the only
 * question is whether a request can live with it. `strict` answers as the standard and its test tools have it;
 * tolerant answers also let in what widespread clients send.
 */

/** TAXII 2.1 §3.1: sent exactly so, without blank or charset; real clients compare the text. */
export const TAXII_MEDIA_TYPE = 'application/taxii+json;version=2.1';

/** TAXII 2.1 §5.2.1: the content that a collection holds. */
export const STIX_MEDIA_TYPE = 'application/stix+json;version=2.1';
export const STIX_20_MEDIA_TYPE = 'application/stix+json;version=2.0';

type MediaRange = { type: string; versions: string[]; excluded: boolean };

const ZERO_WEIGHT = /^(?:0+(?:\.0*)?|\.0+)$/;

/**
 * Whether an `Accept` header allows `application/taxii+json;version=2.1`; if not, the answer is 406.
 *
 * RFC 7231 §5.3.2: a list of ranges in any letter case, of which the most specific one that fits decides; `q=0`
 * excludes, an unreadable weight counts as 1, and parameters other than `version` and `q` count for nothing.
 * TAXII 2.1 §1.6.8.2: the type without a version is a media range of its own and never gives 406.
 *
 * Tolerant only: no header at all (RFC 7231: anything will do), although TAXII 2.1 §3.1 obliges the client to send
 * one, and `application/json`, which some clients send alone. In strict mode both are refused. Version 2.0, under
 * either of its names, is refused in both modes: clients that speak several versions choose by the 406.
 */
export function accepts(header: string | undefined, strict: boolean): boolean {
  if (header === TAXII_MEDIA_TYPE) return true;
  const ranges = parseMediaRanges(header ?? '');
  if (ranges.length === 0) return !strict;
  let decidedBy = -1;
  let accepted = false;
  for (const range of ranges) {
    const specific = specificity(range, strict);
    if (specific === undefined || specific < decidedBy) continue;
    accepted = specific === decidedBy ? accepted || !range.excluded : !range.excluded;
    decidedBy = specific;
  }
  return accepted;
}

/**
 * As `accepts`, for the resource of an API root (§4.2) alone. A connector in wide use checks its connection with
 * `Accept: application/vnd.oasis.taxii+json;version=2.0` on the API root, asks for 2.1 in every other request, and
 * takes any status but 200 for a dead server: the tolerant answer lets that pass. Not so discovery (§4.1): clients
 * that speak 2.0 and 2.1 begin there and need its 406 to tell which version the server has.
 */
export function acceptsAtApiRoot(header: string | undefined, strict: boolean): boolean {
  if (accepts(header, strict)) return true;
  if (strict) return false;
  const ranges = parseMediaRanges(header ?? '');
  // A header that speaks of TAXII 2.1 has its answer already, even when it excludes it.
  if (ranges.some((range) => (specificity(range, true) ?? 0) >= 3)) return false;
  return ranges.some(
    (range) =>
      range.type === 'application/vnd.oasis.taxii+json' && !range.excluded && isOneOf(range, ['2.0']),
  );
}

/**
 * Whether the body of a POST may have this `Content-Type`; if not, the answer is 415 (TAXII 2.1 §5.5). The type
 * may come without a version; a charset counts for nothing, since JSON has none (RFC 8259 §11).
 *
 * Tolerant only: STIX of either version and plain JSON, for clients that post a bundle under its own type. A POST
 * without `Content-Type` is refused in both modes.
 */
export function acceptsContentType(header: string | undefined, strict: boolean): boolean {
  if (header === TAXII_MEDIA_TYPE) return true;
  const types = parseMediaRanges(header ?? '');
  const type = types[0];
  if (type === undefined || types.length > 1) return false;
  switch (type.type) {
    case 'application/taxii+json':
      return isOneOf(type, ['2.1']);
    case 'application/stix+json':
    case 'application/vnd.oasis.stix+json':
      return !strict && isOneOf(type, ['2.0', '2.1']);
    case 'application/json':
      return !strict;
    default:
      return false;
  }
}

function isOneOf(range: MediaRange, versions: readonly string[]): boolean {
  return range.versions.every((version) => versions.includes(version));
}

/** How closely a range describes our media type; undefined when it does not cover it. */
function specificity(range: MediaRange, strict: boolean): number | undefined {
  switch (range.type) {
    case 'application/taxii+json':
      if (!isOneOf(range, ['2.1'])) return undefined;
      return range.versions.length > 0 ? 4 : 3;
    case 'application/json':
      return strict ? undefined : 2;
    case 'application/*':
      return 1;
    case '*/*':
      return 0;
    default:
      return undefined;
  }
}

function parseMediaRanges(header: string): MediaRange[] {
  return splitUnquoted(header, ',')
    .filter((member) => member.trim() !== '') // RFC 7230 §7: empty list elements are ignored
    .map(parseMediaRange);
}

function parseMediaRange(member: string): MediaRange {
  const [type = '', ...parameters] = splitUnquoted(member, ';');
  const range: MediaRange = { type: type.trim().toLowerCase(), versions: [], excluded: false };
  for (const parameter of parameters) {
    const equals = parameter.indexOf('=');
    if (equals < 0) continue;
    const name = parameter.slice(0, equals).trim().toLowerCase();
    const value = unquote(parameter.slice(equals + 1).trim());
    if (name === 'version') range.versions.push(value);
    if (name === 'q') range.excluded = ZERO_WEIGHT.test(value);
  }
  return range;
}

/** Splits at a separator, except inside quoted strings (RFC 7230 §3.2.6). */
function splitUnquoted(text: string, separator: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (quoted && char === '\\') at++;
    else if (char === '"') quoted = !quoted;
    else if (char === separator && !quoted) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

function unquote(value: string): string {
  if (value.length < 2 || !value.startsWith('"') || !value.endsWith('"')) return value;
  return value.slice(1, -1).replace(/\\(.)/g, '$1');
}
