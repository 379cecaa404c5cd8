import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AppError } from '../errors.ts';
import { headerValues, readSignedRequest, type SignedRequest } from '../protocols/signatures/signatures.ts';
import { readTarget } from './target.ts';

/** What an API user presents of itself. */
type ApiPresented = { scheme: 'signature'; signed: SignedRequest } | { scheme: 'token'; token: string };

/** What the body of a request must be, where its signature covers it. */
export type SignedBody = {
  /** SHA-256 in base64. */
  digest: string;
  /** Tells the audit trail that another one came: somebody on the way changed it, or the client signs wrongly. */
  tellOfAnother(): Promise<void>;
};

/** What the REST API's faces must know of an API user that was let in. */
export type ApiAdmitted<Access> = {
  access: Access;
  /** It reads only, whatever the rights of its account. */
  readOnly: boolean;
  signedBody: SignedBody | undefined;
};

/** Which API user it is. @throws AppError `unauthenticated`, `throttled` */
export type AdmitApi<Access> = (
  presented: ApiPresented,
  from: { address: string; requestId: string },
) => Promise<ApiAdmitted<Access>>;

/** Longer ones are nobody's: bounds what a stranger can have hashed. */
const MAX_TOKEN = 300;

/**
 * What an API user presents in `Authorization`: the signature of its Secret Key (`TC`, `TC2`), or a token (`TC-Token`,
 * `Bearer`). `unsupported`: another scheme, or no such header.
 * @throws AppError `unauthenticated` for one that is garbled
 */
export function readApiCredential(incoming: IncomingMessage): ApiPresented | 'unsupported' {
  const values = headerValues(incoming.rawHeaders, 'authorization');
  const [value = ''] = values;
  if (values.length > 1) throw malformed();
  const [, scheme = '', rest = ''] = /^([A-Za-z\d-]+) +(\S+)$/.exec(value.trim()) ?? [];
  switch (scheme.toLowerCase()) {
    case 'tc':
    case 'tc2': {
      const signed = readSignedRequest(
        incoming.method ?? 'GET',
        readTarget(incoming).target,
        incoming.rawHeaders,
      );
      if (signed === 'timestamp') throw new AppError('unauthenticated', { message: 'Invalid timestamp' });
      if (signed === 'malformed') throw malformed();
      return { scheme: 'signature', signed };
    }
    case 'tc-token':
    case 'bearer':
      if (rest.length > MAX_TOKEN) throw malformed();
      return { scheme: 'token', token: rest };
    default:
      return 'unsupported';
  }
}

/** Nothing is told of which: whoever signs finds it in the documentation, and nobody else needs to know. */
function malformed(): AppError {
  return new AppError('unauthenticated');
}

/** Holds the body that was sent against the digest that was signed. @throws AppError `unauthenticated` */
export async function requireSignedBody(signed: SignedBody | undefined, sent: Uint8Array): Promise<void> {
  // Neither is a secret: the digest stands in the request.
  if (signed === undefined || createHash('sha256').update(sent).digest('base64') === signed.digest) return;
  await signed.tellOfAnother();
  throw new AppError('unauthenticated', { message: 'The body is not the one that was signed.' });
}
