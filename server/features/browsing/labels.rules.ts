import { givenValue, isJsonObject, type JsonObject } from '../../protocols/stix/json-value.ts';

/** Characters of a label or a detail at most. */
const LONGEST = 300;

/** What says what an object is, in the order in which it is looked for. */
const NAMES = [
  'name',
  'value',
  'pattern',
  'subject',
  'abstract',
  'path',
  'key',
  'display_name',
  'account_login',
];
/** What else, where it is the type that decides. */
const NAMES_OF_TYPE: Readonly<Record<string, readonly string[]>> = {
  'user-account': ['user_id'],
  process: ['command_line', 'pid'],
  'autonomous-system': ['number'],
  'x509-certificate': ['serial_number'],
  artifact: ['url', 'mime_type'],
  'network-traffic': ['protocols'],
  relationship: ['relationship_type'],
  opinion: ['opinion'],
  note: ['content'],
  grouping: ['context'],
  'language-content': ['object_ref'],
  'marking-definition': ['definition_type'],
};
/** Where a search for text looks, beside the label. */
const SEARCHED = [
  ...NAMES,
  'description',
  'aliases',
  'content',
  'labels',
  'command_line',
  'relationship_type',
  'id',
];

/** What a person would call the object; undefined where nothing in it says so. */
export function labelOf(object: JsonObject): string | undefined {
  const type = textOf(object, 'type') ?? '';
  for (const name of [...NAMES, ...(NAMES_OF_TYPE[type] ?? [])]) {
    const text = textOf(object, name);
    if (text !== undefined) return shortened(text);
  }
  const hash = firstHash(object);
  return hash === undefined ? undefined : shortened(hash);
}

/** What else a list shows of an object: the pattern of an indicator that is called something else. */
export function detailOf(object: JsonObject): string | undefined {
  const pattern = textOf(object, 'pattern');
  return pattern === undefined || textOf(object, 'name') === undefined ? undefined : shortened(pattern);
}

/** The member as a text; undefined where it is missing, or nothing that a person reads. */
export function textOf(object: JsonObject, name: string): string | undefined {
  const value = givenValue(object, name);
  if (typeof value === 'string') return value.trim() === '' ? undefined : value.trim();
  if (typeof value === 'number') return String(value);
  if (!Array.isArray(value)) return undefined;
  const texts = value.filter((each) => typeof each === 'string');
  return texts.length === 0 ? undefined : texts.join(', ');
}

/** Whether the object holds the text, in lower case, where people would look for it. */
export function holdsText(object: JsonObject, needle: string): boolean {
  for (const name of SEARCHED) if (textOf(object, name)?.toLowerCase().includes(needle) === true) return true;
  return hashesOf(object).some((hash) => hash.toLowerCase().includes(needle));
}

function firstHash(object: JsonObject): string | undefined {
  return hashesOf(object)[0];
}

function hashesOf(object: JsonObject): string[] {
  const hashes = givenValue(object, 'hashes');
  return isJsonObject(hashes) ? Object.values(hashes).filter((each) => typeof each === 'string') : [];
}

function shortened(text: string): string {
  const characters = [...text.slice(0, 2 * LONGEST)];
  return characters.length <= LONGEST ? characters.join('') : `${characters.slice(0, LONGEST - 1).join('')}…`;
}
