/** What a client presented to say who it is; `unreadable` is something that no credential can be. */
export type PresentedCredential =
  | { scheme: 'basic'; userName: string; password: string }
  | { scheme: 'key'; key: string }
  | { scheme: 'none' | 'unreadable' };

const utf8 = new TextDecoder('utf-8', { fatal: true });
/** Longer ones are nobody's: bounds what a stranger can have hashed. */
const MAX_SECRET = 2000;

/**
 * Reads the credential of a request: HTTP Basic (RFC 7617, UTF-8; the scheme in any letter case, MISP sends `basic`),
 * a key as `Bearer` or `Token`, or in `X-API-Key`. Pure; never throws.
 */
export function readCredential(headers: {
  authorization?: string | undefined;
  apiKey?: string | undefined;
}): PresentedCredential {
  const { authorization, apiKey } = headers;
  if (authorization === undefined) {
    if (apiKey === undefined) return { scheme: 'none' };
    return keyOf(apiKey.trim());
  }
  const match = /^([A-Za-z-]+) +(\S.*)$/s.exec(authorization.trim());
  const [, scheme, value] = match ?? [];
  if (scheme === undefined || value === undefined) return { scheme: 'unreadable' };
  switch (scheme.toLowerCase()) {
    case 'basic':
      return basicOf(value.trim());
    case 'bearer':
    case 'token':
      return keyOf(value.trim());
    default:
      return { scheme: 'unreadable' };
  }
}

function keyOf(key: string): PresentedCredential {
  return key === '' || key.length > MAX_SECRET ? { scheme: 'unreadable' } : { scheme: 'key', key };
}

function basicOf(encoded: string): PresentedCredential {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(encoded) || encoded.length > 4 * MAX_SECRET)
    return { scheme: 'unreadable' };
  try {
    const text = utf8.decode(Buffer.from(encoded, 'base64'));
    // RFC 7617 §2: the user-id ends at the first colon; the password may contain more of them.
    const colon = text.indexOf(':');
    if (colon < 0 || text.length > MAX_SECRET || text.includes('\0')) return { scheme: 'unreadable' };
    return { scheme: 'basic', userName: text.slice(0, colon), password: text.slice(colon + 1) };
  } catch {
    return { scheme: 'unreadable' };
  }
}
