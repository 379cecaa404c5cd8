import { isIdentifier } from './identifiers.ts';
import { givenValue, isJsonObject, type JsonObject } from './json-value.ts';
import { predefinedExtensions } from './object-types.ts';
import { type Report, refuse, refuseIfStrict } from './report.ts';

/** The properties that objects of every type have: STIX 2.1 §3.2, data markings §7.2, extensions §7.3. */
export function checkCommonProperties(object: JsonObject, specVersion: string, report: Report): void {
  const createdBy = givenValue(object, 'created_by_ref');
  // What is no identifier at all is reported with the other references.
  if (isIdentifier(createdBy) && !isIdentifier(createdBy, 'identity'))
    refuse(report, 'created_by_ref', 'must name an identity', '§3.2');

  const revoked = givenValue(object, 'revoked');
  if (revoked !== undefined && typeof revoked !== 'boolean')
    refuse(report, 'revoked', 'must be true or false', '§3.2');

  const confidence = givenValue(object, 'confidence');
  if (confidence !== undefined && specVersion !== '2.0' && !isConfidence(confidence))
    refuse(report, 'confidence', 'must be an integer from 0 to 100', '§3.2');

  const labels = givenValue(object, 'labels');
  if (labels !== undefined && !(Array.isArray(labels) && labels.every((label) => typeof label === 'string')))
    refuse(report, 'labels', 'must be a list of strings', '§3.2');

  for (const [path, reference] of listOf(object, 'external_references', '§2.5', report)) {
    if (!isJsonObject(reference)) refuse(report, path, 'must be an object', '§2.5');
    else if (typeof givenValue(reference, 'source_name') !== 'string')
      refuseIfStrict(report, `${path}.source_name`, 'is required', '§2.5');
  }
  checkMarkings(object, report);
  checkExtensions(object, report);
}

function isConfidence(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 100;
}

/** The items of a list property with their paths; a value that is no list is refused. */
function listOf(object: JsonObject, name: string, section: string, report: Report): [string, unknown][] {
  const value = givenValue(object, name);
  if (value === undefined) return [];
  if (Array.isArray(value)) return value.map((item, i) => [`${name}[${i}]`, item]);
  refuse(report, name, 'must be a list', section);
  return [];
}

const selectorStep = String.raw`(?:\[\d+\]|[A-Za-z0-9_-]{1,250})`;
const selectorSyntax = new RegExp(`^[A-Za-z0-9_-]{1,250}(?:\\.${selectorStep})*$`);

function checkMarkings(object: JsonObject, report: Report): void {
  const markings = givenValue(object, 'object_marking_refs');
  if (Array.isArray(markings)) {
    for (let i = 0; i < markings.length; i++) {
      if (isIdentifier(markings[i]) && !isIdentifier(markings[i], 'marking-definition'))
        refuse(report, `object_marking_refs[${i}]`, 'must name a marking-definition', '§7.2.2');
    }
  }
  for (const [path, marking] of listOf(object, 'granular_markings', '§7.2.3', report)) {
    if (!isJsonObject(marking)) refuse(report, path, 'must be an object', '§7.2.3');
    else checkGranularMarking(object, marking, path, report);
  }
}

function checkGranularMarking(object: JsonObject, marking: JsonObject, path: string, report: Report): void {
  const reference = givenValue(marking, 'marking_ref');
  if (reference === undefined && givenValue(marking, 'lang') === undefined)
    refuse(report, path, 'marking_ref or lang is required', '§7.2.3');
  if (reference !== undefined && !isIdentifier(reference, 'marking-definition'))
    refuse(report, `${path}.marking_ref`, 'must name a marking-definition', '§7.2.3');
  const selectors = givenValue(marking, 'selectors');
  if (!Array.isArray(selectors) || selectors.length === 0) {
    refuse(report, `${path}.selectors`, 'must be a list of at least one selector', '§7.2.3');
    return;
  }
  for (const [i, selector] of selectors.entries()) {
    const at = `${path}.selectors[${i}]`;
    if (typeof selector !== 'string' || !selectorSyntax.test(selector))
      refuse(report, at, 'is no selector', '§7.2.3.1');
    else if (!selects(object, selector))
      refuseIfStrict(report, at, 'selects nothing in this object', '§7.2.3.1');
  }
}

function selects(object: JsonObject, selector: string): boolean {
  let value: unknown = object;
  for (const step of selector.split('.')) {
    const key = step.startsWith('[') ? step.slice(1, -1) : step;
    const list = Array.isArray(value);
    if (typeof value !== 'object' || value === null || list !== step.startsWith('[')) return false;
    if (!Object.hasOwn(value, key)) return false;
    value = (value as JsonObject)[key];
  }
  return true;
}

const extensionTypes = ['new-sdo', 'new-sco', 'new-sro', 'property-extension', 'toplevel-property-extension'];

function checkExtensions(object: JsonObject, report: Report): void {
  const extensions = givenValue(object, 'extensions');
  if (extensions === undefined) return;
  if (!isJsonObject(extensions)) {
    refuse(report, 'extensions', 'must be an object', '§3.2');
    return;
  }
  for (const name of Object.keys(extensions)) {
    const path = `extensions.${name}`;
    const extension = extensions[name];
    const known = isIdentifier(name, 'extension-definition') || predefinedExtensions.has(name);
    if (!known)
      refuseIfStrict(
        report,
        path,
        'is neither an extension-definition id nor a predefined extension',
        '§7.3',
      );
    if (!isJsonObject(extension)) {
      refuse(report, path, 'must be an object', '§7.3');
      continue;
    }
    const type = givenValue(extension, 'extension_type');
    if (type !== undefined && !extensionTypes.some((each) => each === type))
      refuse(report, `${path}.extension_type`, `must be one of ${extensionTypes.join(', ')}`, '§10.5');
  }
}
