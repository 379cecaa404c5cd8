import type { JsonObject } from './json-value.ts';
import { sha1 } from './sha1.ts';

/**
 * Deterministic ids of cyber-observable objects (STIX 2.1 §2.9): a UUID of version 5 over the canonical JSON
 * (RFC 8785) of the properties that contribute to the id (§6, "ID Contributing Properties").
 */

const contributing: ReadonlyMap<string, readonly string[]> = new Map([
  ['artifact', ['hashes', 'payload_bin']],
  ['autonomous-system', ['number']],
  ['directory', ['path']],
  ['domain-name', ['value']],
  ['email-addr', ['value']],
  ['email-message', ['from_ref', 'subject', 'body']],
  ['file', ['hashes', 'name', 'parent_directory_ref', 'extensions']],
  ['ipv4-addr', ['value']],
  ['ipv6-addr', ['value']],
  ['mac-addr', ['value']],
  ['mutex', ['name']],
  [
    'network-traffic',
    ['start', 'end', 'src_ref', 'dst_ref', 'src_port', 'dst_port', 'protocols', 'extensions'],
  ],
  ['software', ['name', 'cpe', 'swid', 'vendor', 'version']],
  ['url', ['value']],
  ['user-account', ['account_type', 'user_id', 'account_login']],
  ['windows-registry-key', ['key', 'values']],
  ['x509-certificate', ['hashes', 'serial_number']],
]);

/** Of several hashes only the first of these contributes, or else the first there is. */
const preferredHashes = ['MD5', 'SHA-1', 'SHA-256', 'SHA-512'];

/** 00abedb4-aa42-466c-9c01-fed23315a9b7, the namespace of §2.9. */
const namespace = Uint8Array.from([
  0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c, 0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7,
]);

/** The deterministic id of an object, or undefined when its type has none or no contributing property is there. */
export function observableId(type: string, object: JsonObject): string | undefined {
  const names = contributing
    .get(type)
    ?.filter((name) => Object.hasOwn(object, name) && object[name] !== null);
  if (names === undefined || names.length === 0) return undefined;
  const members = names.sort().map((name) => {
    const value = object[name];
    return `${JSON.stringify(name)}:${canonicalJson(name === 'hashes' ? oneHash(value) : value)}`;
  });
  const name = new TextEncoder().encode(`{${members.join(',')}}`);
  const bytes = new Uint8Array(namespace.length + name.length);
  bytes.set(namespace);
  bytes.set(name, namespace.length);
  return `${type}--${uuidOf(sha1(bytes))}`;
}

function oneHash(hashes: unknown): unknown {
  if (typeof hashes !== 'object' || hashes === null || Array.isArray(hashes)) return hashes;
  const given = hashes as JsonObject;
  const algorithm = preferredHashes.find((name) => Object.hasOwn(given, name)) ?? Object.keys(given)[0];
  return algorithm === undefined ? given : { [algorithm]: given[algorithm] };
}

/** RFC 8785: members by the UTF-16 units of their names, numbers and strings as ECMAScript writes them. */
function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const object = value as JsonObject;
  const members = Object.keys(object)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(object[name])}`);
  return `{${members.join(',')}}`;
}

function uuidOf(digest: Uint8Array): string {
  const bytes = digest.slice(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (each) => each.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
