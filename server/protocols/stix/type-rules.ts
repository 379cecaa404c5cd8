import type { Micros } from '../timestamp.ts';
import { uuidVersion } from './identifiers.ts';
import { givenValue, isJsonObject, type JsonObject } from './json-value.ts';
import { enumerations, hashLengths, type ObjectType, requiredIn20 } from './object-types.ts';
import { observableId } from './observable-id.ts';
import { findPatternFault } from './pattern-syntax.ts';
import { type Report, refuse, refuseIfStrict, warn } from './report.ts';
import { readTimestamp } from './timestamps.ts';
import { checkTlpMarking } from './tlp-markings.ts';

export type TypedObject = { object: JsonObject; id: string; type: string; specVersion: string };

/** What the standard demands of objects of one type: STIX 2.1 §4 to §7. */
export function checkTypeProperties(subject: TypedObject, rules: ObjectType, report: Report): void {
  const { object, id, type } = subject;
  checkPeriods(object, rules, report);
  if (type === 'relationship') {
    requireString(object, 'relationship_type', rules.section, report);
    requireGiven(object, 'source_ref', rules.section, report);
    requireGiven(object, 'target_ref', rules.section, report);
  } else if (type === 'sighting') {
    requireGiven(object, 'sighting_of_ref', rules.section, report);
  } else if (type === 'indicator') {
    checkIndicator(subject, rules.section, report);
  } else if (type === 'marking-definition') {
    checkTlpMarking(object, id, report);
  }
  if (rules.kind === 'sco') checkObservableId(subject, report);
  if (report.strict) checkStrictly(subject, rules, report);
}

function checkPeriods(object: JsonObject, rules: ObjectType, report: Report): void {
  const instants = new Map<string, Micros | undefined>();
  for (const name of rules.timestamps) {
    if (Object.hasOwn(object, name)) instants.set(name, readTimestamp(object, name, report));
  }
  if (instants.size < 2) return;
  for (const [first, last] of rules.ordered) {
    const [from, to] = [instants.get(first), instants.get(last)];
    if (from !== undefined && to !== undefined && to < from)
      refuseIfStrict(report, last, `must not be before ${first}`, rules.section);
  }
}

/** §4.7. `pattern_type` came with 2.1; syntax of patterns in other languages is none of the standard's business. */
function checkIndicator({ object, specVersion }: TypedObject, section: string, report: Report): void {
  requireString(object, 'pattern', section, report);
  const from = readTimestamp(object, 'valid_from', report);
  const until = readTimestamp(object, 'valid_until', report);
  requireGiven(object, 'valid_from', section, report);
  if (from !== undefined && until !== undefined && until <= from)
    refuse(report, 'valid_until', 'must be later than valid_from', section);
  if (specVersion !== '2.0') requireString(object, 'pattern_type', section, report);
  const pattern = givenValue(object, 'pattern');
  const stix = specVersion === '2.0' || givenValue(object, 'pattern_type') === 'stix';
  if (!report.strict || !stix || typeof pattern !== 'string') return;
  const fault = findPatternFault(pattern);
  if (fault !== undefined) refuse(report, 'pattern', `is no STIX pattern: ${fault}`, '§9');
}

/** §2.9: the deterministic id is a SHOULD, so another one only warns; a random UUID is nobody's mistake. */
function checkObservableId({ object, id, type }: TypedObject, report: Report): void {
  if (uuidVersion(id) !== '5') return;
  const expected = observableId(type, object);
  if (expected !== undefined && expected !== id.toLowerCase())
    warn(report, 'id', `the deterministic id of this object is ${expected}`, '§2.9');
}

function checkStrictly({ object, type, specVersion }: TypedObject, rules: ObjectType, report: Report): void {
  const in20 = specVersion === '2.0';
  const required = (in20 ? requiredIn20.get(type) : undefined) ?? rules.required;
  for (const name of required) requireGiven(object, name, rules.section, report);
  if (in20 && type === 'indicator') requireGiven(object, 'labels', 'STIX 2.0 part 2 §2.5', report);
  if (!in20 && rules.oneOf.length > 0 && !rules.oneOf.some((name) => givenValue(object, name) !== undefined))
    refuse(report, '', `at least one of ${rules.oneOf.join(', ')} is required`, rules.section);
  for (const [place, values] of enumerations) {
    const [of, ...steps] = place.split('.');
    if (of === type) checkEnumeration(object, steps, '', values, report);
  }
  checkHashes(object, '', report);
}

/** Walks to the property that `steps` name, through lists, and compares what is there. */
function checkEnumeration(
  value: unknown,
  steps: string[],
  path: string,
  allowed: readonly string[],
  report: Report,
): void {
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) checkEnumeration(item, steps, `${path}[${i}]`, allowed, report);
    return;
  }
  const [step, ...rest] = steps;
  if (step === undefined) {
    if (!allowed.some((each) => each === value))
      refuse(report, path, `must be one of ${allowed.join(', ')}`, '§10');
    return;
  }
  const next = isJsonObject(value) ? givenValue(value, step) : undefined;
  if (next !== undefined)
    checkEnumeration(next, rest, path === '' ? step : `${path}.${step}`, allowed, report);
}

/** §2.7: wherever a property is named for hashes it is a dictionary from algorithm to digest. */
function checkHashes(value: unknown, path: string, report: Report): void {
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) checkHashes(item, `${path}[${i}]`, report);
    return;
  }
  if (!isJsonObject(value)) return;
  for (const name of Object.keys(value)) {
    const at = path === '' ? name : `${path}.${name}`;
    const member = value[name];
    if ((name === 'hashes' || name.endsWith('_hashes')) && isJsonObject(member))
      checkDigests(member, at, report);
    else checkHashes(member, at, report);
  }
}

function checkDigests(hashes: JsonObject, path: string, report: Report): void {
  for (const name of Object.keys(hashes)) {
    const digest = hashes[name];
    const length = hashLengths.get(name);
    if (!hashLengths.has(name) && hashLengths.has(name.toUpperCase()))
      refuse(report, `${path}.${name}`, `the algorithm is written ${name.toUpperCase()}`, '§10.7');
    else if (typeof digest !== 'string') refuse(report, `${path}.${name}`, 'must be a string', '§2.7');
    else if (length !== undefined && !(digest.length === length && /^[0-9a-fA-F]*$/.test(digest)))
      refuse(report, `${path}.${name}`, `must be ${length} hexadecimal digits`, '§10.7');
  }
}

function requireGiven(object: JsonObject, name: string, section: string, report: Report): void {
  if (givenValue(object, name) === undefined) refuse(report, name, 'is required', section);
}

function requireString(object: JsonObject, name: string, section: string, report: Report): void {
  const value = givenValue(object, name);
  if (value === undefined) refuse(report, name, 'is required', section);
  else if (typeof value !== 'string') refuse(report, name, 'must be a string', section);
}
