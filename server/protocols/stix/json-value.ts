/** An object as `JSON.parse` gives it. Its keys come from outside: ask `Object.hasOwn` before reading one. */
export type JsonObject = { readonly [key: string]: unknown };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value of a member, or undefined when it is missing or null: no STIX type has the value null (§2). */
export function givenValue(object: JsonObject, name: string): unknown {
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  return value === null ? undefined : value;
}
