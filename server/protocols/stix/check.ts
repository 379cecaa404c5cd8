import type { Micros } from '../timestamp.ts';
import { checkCommonProperties } from './common-rules.ts';
import { canonicalText, isEqual, parseExactly } from './exact-json.ts';
import { isIdentifier, isTypeName, uuidVersion } from './identifiers.ts';
import { givenValue, isJsonObject, type JsonObject } from './json-value.ts';
import { walkMembers } from './member-walk.ts';
import { objectTypes } from './object-types.ts';
import { storedReferences } from './references.ts';
import { createReport, type Report, refuse, refuseIfStrict, warn } from './report.ts';
import { readTimestamp } from './timestamps.ts';
import { checkTypeProperties } from './type-rules.ts';
import { parseJson } from './wrapper-text.ts';

/** What the store keeps of an object besides its text. */
export type StixHead = {
  id: string;
  type: string;
  /** As written; without it 2.0 for objects with `created`, 2.1 for observables (TAXII 2.1 §3.4). */
  specVersion: '2.0' | '2.1' | (string & {});
  /** `modified`, else `created`; undefined for what has no versions. */
  version: Micros | undefined;
  /** The text of that timestamp as it came. */
  versionText: string | undefined;
  created: Micros | undefined;
  createdByRef: string | undefined;
  revoked: boolean;
  /** Ids that it refers to, as far as it is to be found by them. */
  refersTo: readonly string[];
};

export type CheckResult =
  | { ok: true; head: StixHead; warnings: string[] }
  | { ok: false; id: string | undefined; versionText: string | undefined; reasons: string[] };

const maxDepth = 100;

/**
 * Judges one object by what can be known from its text alone. Structural faults are refused; what real feeds get
 * wrong (empty lists, `+00:00`, missing properties) is refused only when `strict`. Never throws.
 * `members` and `depth` are those that the object scanner counted in the text.
 */
export function checkObject(
  input: { text: string; members: number; depth: number },
  options: { strict: boolean },
): CheckResult {
  // Before parsing: the walks below recurse.
  if (input.depth > maxDepth) return refuseText(`nests deeper than ${maxDepth} levels (RFC 8259 §9)`);
  const object = parseJson(input.text);
  if (object === undefined) return refuseText('is not JSON (RFC 8259)');
  if (!isJsonObject(object)) return refuseText('must be a JSON object (STIX 2.1 §3.2)');

  const report = createReport(options.strict);
  const type = readType(object, report);
  const id = readId(object, type, report);
  const mayHoldNul = input.text.includes('\\u0000');
  if (walkMembers(object, type, mayHoldNul, report) !== input.members)
    refuse(report, '', 'a member name occurs twice in one object', 'RFC 7493 §2.3');

  const specVersion = readSpecVersion(object, type, report);
  const { created, modified } = readVersions(object, type, report);
  checkCommonProperties(object, specVersion, report);
  const rules = objectTypes.get(type);
  if (rules !== undefined && id !== undefined)
    checkTypeProperties({ object, id, type, specVersion }, rules, report);

  const versionText = stringOf(object, modified === undefined ? 'created' : 'modified');
  if (report.reasons.length > 0 || id === undefined)
    return { ok: false, id: stringOf(object, 'id'), versionText, reasons: report.reasons };
  const head: StixHead = {
    id,
    type,
    specVersion,
    version: modified ?? created,
    versionText,
    created,
    createdByRef: stringOf(object, 'created_by_ref'),
    revoked: givenValue(object, 'revoked') === true,
    refersTo: storedReferences(object),
  };
  return { ok: true, head, warnings: report.warnings };
}

function refuseText(reason: string): CheckResult {
  return { ok: false, id: undefined, versionText: undefined, reasons: [reason] };
}

function stringOf(object: JsonObject, name: string): string | undefined {
  const value = givenValue(object, name);
  return typeof value === 'string' ? value : undefined;
}

function readType(object: JsonObject, report: Report): string {
  const type = givenValue(object, 'type');
  if (typeof type !== 'string') {
    refuse(report, 'type', type === undefined ? 'is required' : 'must be a string', '§3.2');
    return '';
  }
  if (type === 'bundle') refuse(report, 'type', 'a bundle is not an object and cannot be inside one', '§8');
  else if (!isTypeName(type)) refuse(report, 'type', 'is 3 to 250 of a-z, 0-9 and -, a letter first', '§3.1');
  return type;
}

function readId(object: JsonObject, type: string, report: Report): string | undefined {
  const id = givenValue(object, 'id');
  if (typeof id !== 'string') {
    refuse(report, 'id', id === undefined ? 'is required' : 'must be a string', '§2.9');
    return undefined;
  }
  if (type === '' || type === 'bundle' || !isTypeName(type)) return undefined; // reported already
  if (!isIdentifier(id, type)) {
    refuse(report, 'id', `must be ${type}--<UUID>`, '§2.9');
    return undefined;
  }
  const kind = objectTypes.get(type)?.kind;
  if (report.strict && (kind === 'sdo' || kind === 'sro') && uuidVersion(id) !== '4')
    warn(report, 'id', 'should hold a UUID of version 4', '§2.9');
  return id;
}

function readSpecVersion(object: JsonObject, type: string, report: Report): StixHead['specVersion'] {
  const given = givenValue(object, 'spec_version');
  if (given === undefined) {
    // These did not exist in STIX 2.0.
    if (type === 'language-content' || type === 'extension-definition')
      refuse(report, 'spec_version', 'is required', '§3.2');
    if (objectTypes.get(type)?.kind === 'sco') return '2.1';
    return givenValue(object, 'created') === undefined ? '2.1' : '2.0';
  }
  if (typeof given !== 'string' || !/^\d{1,3}\.\d{1,3}$/.test(given)) {
    refuse(report, 'spec_version', 'must be a version such as "2.1"', '§3.2');
    return '2.1';
  }
  if (given !== '2.1' && given !== '2.0')
    refuseIfStrict(report, 'spec_version', 'is no known version', '§3.2');
  return given;
}

/** §3.6. Observables have neither property, marking definitions have no `modified`. */
function readVersions(
  object: JsonObject,
  type: string,
  report: Report,
): { created: Micros | undefined; modified: Micros | undefined } {
  const created = readInstant(object, 'created', undefined, report);
  const modified = readInstant(object, 'modified', created, report);
  const kind = objectTypes.get(type)?.kind;
  // A custom type with one of them is a domain or a relationship object, without both an observable (§11).
  const has = (name: string) => givenValue(object, name) !== undefined;
  const versioned = kind === undefined ? has('created') || has('modified') : kind !== 'sco';
  if (versioned && !has('created')) refuse(report, 'created', 'is required', '§3.2');
  if (versioned && type !== 'marking-definition' && !has('modified'))
    refuse(report, 'modified', 'is required', '§3.2');
  // To the millisecond, which is all that the standard asks for: published feeds give `created` microseconds and
  // cut them off `modified`.
  if (created !== undefined && modified !== undefined && inMs(modified) < inMs(created))
    refuseIfStrict(report, 'modified', 'must not be before created', '§3.2');
  return { created, modified };
}

function inMs(instant: Micros): number {
  return Math.floor(instant / 1000);
}

function readInstant(
  object: JsonObject,
  name: 'created' | 'modified',
  known: Micros | undefined,
  report: Report,
): Micros | undefined {
  // Most objects have one version, whose two timestamps are the same text: parse it once.
  if (known !== undefined && object.modified === object.created) return known;
  const instant = readTimestamp(object, name, report);
  if (instant !== undefined && !Number.isSafeInteger(instant)) {
    refuse(
      report,
      name,
      'must lie between the years 1684 and 2255: beyond, microseconds are not exact',
      '§2.16',
    );
    return undefined;
  }
  return instant;
}

/**
 * Whether two JSON texts have the same value: neither white space nor the order of members nor the way a number is
 * written matters, and numbers are compared exactly. False when one of them is not JSON.
 */
export function contentEquals(a: string, b: string): boolean {
  if (a === b) return true;
  try {
    return isEqual(parseExactly(a), parseExactly(b));
  } catch {
    return false;
  }
}

/** What `contentEquals` compares, as a key: equal for texts of equal content; undefined for what is not JSON. */
export function contentKey(text: string): string | undefined {
  try {
    return canonicalText(parseExactly(text));
  } catch {
    return undefined;
  }
}

export type StoredHead = Pick<
  StixHead,
  'type' | 'specVersion' | 'created' | 'createdByRef' | 'version' | 'revoked'
>;

/** The head of a text that was stored, which passed `checkObject` when it came. */
export function readStoredHead(text: string): StoredHead {
  const object = parseJson(text);
  if (!isJsonObject(object)) throw new TypeError('a stored object is no JSON object');
  const report = createReport(false);
  const type = readType(object, report);
  const { created, modified } = readVersions(object, type, report);
  return {
    type,
    specVersion: readSpecVersion(object, type, report),
    created,
    createdByRef: stringOf(object, 'created_by_ref'),
    version: modified ?? created,
    revoked: givenValue(object, 'revoked') === true,
  };
}

/**
 * Compares a version with the newest stored one before it. What must not change between versions only warns: refusing
 * would cut a feed off for good. "The first version has modified = created" (§3.6) is not judged, as the first version
 * that is stored need not be the first there was.
 */
export function compareWithStored(
  head: StixHead,
  previous: StoredHead,
  options: { strict: boolean },
): { ok: true; warnings: string[] } | { ok: false; reasons: string[] } {
  const report = createReport(options.strict);
  const fixed = [
    ['created', head.created, previous.created],
    ['created_by_ref', head.createdByRef, previous.createdByRef],
    ['type', head.type, previous.type],
    ['spec_version', head.specVersion, previous.specVersion],
  ] as const;
  for (const [name, now, before] of fixed) {
    if (now !== before) warn(report, name, 'differs from the version before', '§3.6');
  }
  if (previous.revoked)
    refuseIfStrict(report, 'revoked', 'an earlier version is revoked: there must be none after it', '§3.6');
  return report.reasons.length > 0
    ? { ok: false, reasons: report.reasons }
    : { ok: true, warnings: report.warnings };
}
