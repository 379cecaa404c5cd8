/** The headers of a request as they came, in order: names and values in turn, a repeated one as often as it was sent. */
export type RawHeaders = readonly string[];

/** A signed request, read but not verified. */
export type SignedRequest = {
  version: 1 | 2;
  accessId: string;
  /** HMAC-SHA256 in base64. */
  signature: string;
  /** Seconds since 1970. */
  timestamp: number;
  /** The texts of which one must have been signed. */
  texts: readonly string[];
  /** Version 2: used once with each key. */
  nonce?: string;
  /** Version 2: SHA-256 of the body, in base64. */
  bodyDigest?: string;
};

/** Why a request is not taken for a signed one: what is wrong with it is told by its form alone, whoever sent it. */
export type SignatureProblem = 'malformed' | 'timestamp';

/** So far may the clock of the client be from ours, in microseconds. */
export const SIGNATURE_WINDOW = 300_000_000;

const CREDENTIALS = /^(TC2?) +([0-9A-Za-z_.-]{1,100}):([A-Za-z0-9+/]{43}=)$/i;
const TIMESTAMP = /^\d{1,12}$/;
const NONCE = /^[\w.~+/=:-]{16,128}$/;
/** RFC 9530 §2: one member, a Byte Sequence of RFC 8941 §3.3.5. */
const CONTENT_DIGEST = /^sha-256=:([A-Za-z0-9+/]{43}=):$/;

/** The values of the header; a name is compared without regard to case. */
export function headerValues(headers: RawHeaders, name: string): string[] {
  const values: string[] = [];
  for (let index = 0; index + 1 < headers.length; index += 2) {
    if (headers[index]?.toLowerCase() === name) values.push(headers[index + 1] ?? '');
  }
  return values;
}

/**
 * Reads a request that is signed under the scheme `TC` (version 1, as clients of the reference product make it) or `TC2`
 * (ours, which covers the body and is used once). A header that is missing, repeated or garbled makes it malformed.
 */
export function readSignedRequest(
  method: string,
  target: string,
  headers: RawHeaders,
): SignedRequest | SignatureProblem {
  const only = (name: string) => {
    const values = headerValues(headers, name);
    return values.length === 1 ? (values[0] ?? '').trim() : undefined;
  };
  const [, scheme = '', accessId, signature] = CREDENTIALS.exec(only('authorization') ?? '') ?? [];
  if (accessId === undefined || signature === undefined) return 'malformed';
  const timestamp = only('timestamp');
  if (timestamp === undefined || !TIMESTAMP.test(timestamp)) return 'timestamp';
  const base = { accessId, signature, timestamp: Number(timestamp) };
  const verb = method.toUpperCase();
  if (scheme.toUpperCase() === 'TC') {
    return {
      ...base,
      version: 1,
      texts: spellingsOf(target).map((spelling) => `${spelling}:${verb}:${timestamp}`),
    };
  }
  const nonce = only('nonce');
  const [, bodyDigest] = CONTENT_DIGEST.exec(only('content-digest') ?? '') ?? [];
  if (nonce === undefined || !NONCE.test(nonce) || bodyDigest === undefined) return 'malformed';
  return {
    ...base,
    version: 2,
    nonce,
    bodyDigest,
    texts: spellingsOf(target).map((spelling) =>
      ['TC2', verb, spelling, timestamp, nonce, bodyDigest].join('\n'),
    ),
  };
}

/** Whether the client's clock is near enough to ours: five minutes, and not a microsecond more. */
export function isTimely(timestamp: number, now: number): boolean {
  return Math.abs(now - timestamp * 1_000_000) <= SIGNATURE_WINDOW;
}

/**
 * The target as it was sent, and with its percent-escapes in upper and in lower case: there are clients that sign `%2a` and
 * send `%2A`, and RFC 3986 §6.2.2.1 takes them for the same.
 */
function spellingsOf(target: string): string[] {
  const ofEscapes = (change: (code: string) => string) => target.replace(/%[0-9A-Fa-f]{2}/g, change);
  return [
    ...new Set([target, ofEscapes((code) => code.toUpperCase()), ofEscapes((code) => code.toLowerCase())]),
  ];
}
