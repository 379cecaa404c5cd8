import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import type { Endpoint } from '../../contract/endpoint.ts';
import type { Problem } from '../../contract/errors.ts';
import { AppError, invalid } from '../errors.ts';
import { parseInput } from '../input.ts';
import { parseStrictJson } from '../protocols/strict-json.ts';
import { requireSignedBody, type SignedBody } from './api-credential.ts';
import { readBody } from './body.ts';

/** The parts of a request as they came. */
export type RawParts = { params: unknown; query: unknown; body: unknown };

/** The parts of a request that an endpoint declares, parsed. */
export type Parts<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> = {
  params: z.output<P>;
  query: z.output<Q>;
  body: z.output<B>;
};

const MAX_BODY = 1_000_000;
/** What a stranger may send. */
const MAX_PUBLIC_BODY = 65_536;
/** No form nests deeper than a list of objects with lists. */
const MAX_DEPTH = 32;

/** Octets that the body of a request to the endpoint may have. */
export function maxBodyOf({ maxBody, authentication }: Endpoint): number {
  return maxBody ?? (authentication === 'public' ? MAX_PUBLIC_BODY : MAX_BODY);
}

/**
 * Takes the parts that the endpoint declares.
 * @throws AppError `not_found` for a path that names nothing that can be; `invalid_input` with every problem of the query
 *   and of the body at once
 */
export function parseParts<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(
  endpoint: Endpoint<P, Q, B>,
  raw: RawParts,
): Parts<P, Q, B> {
  const params = endpoint.params.safeParse(raw.params);
  if (!params.success) throw new AppError('not_found');
  const [query, queryError] = taken(() => parseInput(endpoint.query, raw.query));
  const [body, bodyError] = taken(() => parseInput(endpoint.body, raw.body));
  const errors = [queryError, bodyError].filter((error) => error !== undefined);
  if (errors.length > 0) {
    throw new AppError('invalid_input', {
      message: errors.map((error) => error.message).join('; '),
      problems: errors.flatMap((error): readonly Problem[] => error.details.problems ?? []),
    });
  }
  return { params: params.data, query: query as z.output<Q>, body: body as z.output<B> };
}

function taken<T>(parse: () => T): [T, undefined] | [undefined, AppError] {
  try {
    return [parse(), undefined];
  } catch (error) {
    if (error instanceof AppError) return [undefined, error];
    throw error;
  }
}

/**
 * The query of a request by name. A name that comes twice is refused: which of the two counts is a matter of opinion, and
 * whoever looks at a request on its way may have another than we.
 * @throws AppError `invalid_input`
 */
export function readQuery(rawQuery: string): Record<string, string> {
  const query: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const part of rawQuery.split('&')) {
    if (part === '') continue;
    const mark = part.indexOf('=');
    const name = decoded(mark < 0 ? part : part.slice(0, mark));
    const value = mark < 0 ? '' : decoded(part.slice(mark + 1));
    if (name in query) throw invalid(name.slice(0, 60), 'is given more than once');
    query[name] = value;
  }
  return query;
}

function decoded(text: string): string {
  try {
    const value = decodeURIComponent(text.replaceAll('+', ' '));
    if (!value.includes('\0')) return value;
  } catch {
    // Refused below.
  }
  throw invalid('', 'the query is not percent-encoded UTF-8');
}

/** Whether the request brings a body, however short. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/**
 * The JSON body of a request; an absent one is an object without fields. `signedBody`: what was signed, if it was.
 * @throws AppError `unsupported_media_type` for anything but application/json, `too_large`, `invalid_input`; `unauthenticated`
 *   for another body than was signed
 */
export async function readJson(
  incoming: IncomingMessage,
  maxBytes: number,
  signedBody?: SignedBody,
): Promise<unknown> {
  if (signedBody !== undefined && incoming.headers['content-encoding'] !== undefined) {
    // RFC 9530 §2: the digest is that of the coded content, which is not kept.
    throw new AppError('unsupported_media_type', {
      message: 'A signed body is sent without a content coding.',
    });
  }
  const takesBody = ['POST', 'PUT', 'PATCH'].includes(incoming.method ?? '');
  if (!takesBody) {
    if (hasBody(incoming)) throw invalid('', `${incoming.method} takes no body`);
    await requireSignedBody(signedBody, new Uint8Array());
    return {};
  }
  const type = incoming.headers['content-type'];
  if (type === undefined && !hasBody(incoming)) {
    await requireSignedBody(signedBody, new Uint8Array());
    return {};
  }
  if (!/^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i.test(type ?? '')) {
    throw new AppError('unsupported_media_type', { message: 'Send application/json in UTF-8.' });
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of readBody(incoming, maxBytes)) chunks.push(chunk);
  await requireSignedBody(signedBody, Buffer.concat(chunks));
  if (chunks.length === 0) return {};
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new AppError('invalid_input', { message: 'The body is not UTF-8.' });
  }
  const read = parseStrictJson(text, MAX_DEPTH);
  if (!read.ok) throw new AppError('invalid_input', { message: read.problem });
  return read.value;
}
