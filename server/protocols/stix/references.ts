import { isIdentifier } from './identifiers.ts';
import { isJsonObject, type JsonObject } from './json-value.ts';
import { parseJson } from './wrapper-text.ts';

/** A reference that an object holds to another: the property, such as `target_ref` or `object_refs`, and the id in it. */
export type StixReference = { name: string; to: string };

/** References of an object that are kept for those that they refer to. */
const MOST_STORED = 1000;
/** Nearly every object has them, and nobody asks what all has a creator or a marking. */
const NOT_STORED = new Set(['created_by_ref', 'object_marking_refs']);

/** The references in the properties of an object itself, in their order (STIX 2.1 §2.9): each property and id once. */
export function referencesOf(object: JsonObject): StixReference[] {
  const references: StixReference[] = [];
  for (const name of Object.keys(object)) {
    const value = object[name];
    if (name.endsWith('_ref')) {
      if (isIdentifier(value)) references.push({ name, to: value });
    } else if (name.endsWith('_refs') && Array.isArray(value)) {
      for (const to of new Set<unknown>(value)) if (isIdentifier(to)) references.push({ name, to });
    }
  }
  return references;
}

/** The ids that an object refers to, as far as it is to be found by them; each once. */
export function storedReferences(object: JsonObject): string[] {
  let found: Set<string> | undefined;
  for (const name of Object.keys(object)) {
    if (NOT_STORED.has(name) || !(name.endsWith('_ref') || name.endsWith('_refs'))) continue;
    found ??= new Set();
    const value = object[name];
    for (const to of Array.isArray(value) ? value : [value]) {
      if (isIdentifier(to)) found.add(to);
      if (found.size === MOST_STORED) return [...found];
    }
  }
  return found === undefined ? [] : [...found];
}

/** The same of a stored text. */
export function storedReferencesOfText(text: string): string[] {
  const object = parseJson(text);
  return isJsonObject(object) ? storedReferences(object) : [];
}
