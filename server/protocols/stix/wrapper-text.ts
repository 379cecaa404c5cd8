/** What surrounds the objects: the text of a TAXII envelope (TAXII 2.1 §3.7) or a STIX bundle (§8). */

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The value of a JSON text, or undefined: no JSON text has the value undefined. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * Whether an object with a list `objects` is a wrapper, judged by the members before that list: an object of a
 * custom type may have such a list too.
 */
export function isWrapper(membersBefore: unknown): boolean {
  const { type, id } = membersBefore as { type?: unknown; id?: unknown };
  if (typeof type === 'string') return type === 'bundle';
  return typeof id !== 'string' || id.startsWith('bundle--');
}
