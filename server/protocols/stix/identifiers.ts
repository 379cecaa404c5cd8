/** Identifiers and names: STIX 2.1 §2.9 and §3.1. */

const uuid = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/;
const typeName = /^[a-z][a-z0-9-]{2,249}$/;
const propertyName = /^[a-z][a-z0-9_]{2,249}$/;
const uuidLength = 36;

export function isTypeName(text: string): boolean {
  return typeName.test(text);
}

/** `id` is two characters long and the standard's own exception. */
export function isPropertyName(text: string): boolean {
  return propertyName.test(text) || text === 'id';
}

/** `<type>--<UUID>`; of one of the given types, when there are any. Reading takes any version of UUID. */
export function isIdentifier(value: unknown, ...types: string[]): value is string {
  if (typeof value !== 'string') return false;
  const border = value.length - uuidLength;
  if (border < 5 || value.slice(border - 2, border) !== '--' || !uuid.test(value.slice(border))) return false;
  const type = value.slice(0, border - 2);
  return types.length === 0 ? typeName.test(type) : types.includes(type);
}

/** The version digit of the UUID in an identifier. */
export function uuidVersion(id: string): string {
  return id.charAt(id.length - uuidLength + 14);
}
