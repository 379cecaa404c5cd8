import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import type { Endpoint } from '../../contract/endpoint.ts';
import { createAccess } from '../access/access.ts';
import type { App, Caller } from '../context.ts';
import { asUnavailable } from '../db/transaction.ts';
import { AppError } from '../errors.ts';
import { parseInput } from '../input.ts';
import type { AddressReader } from './addresses.ts';
import { readBody } from './body.ts';

/** Where a request comes from. */
export type From = { address: string; requestId: string };

/** The parts of a request that an endpoint declares, parsed. */
type Parts<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> = {
  params: z.output<P>;
  query: z.output<Q>;
  body: z.output<B>;
};

/** A use case bound to its endpoint. */
export type RestRoute = {
  endpoint: Endpoint;
  handle(caller: Caller, parts: { params: unknown; query: unknown; body: unknown }): Promise<unknown>;
};

/** Binds an endpoint of the contract, with its types, to a use case. The caller is whoever the session belongs to. */
export function bind<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, O extends z.ZodType>(
  endpoint: Endpoint<P, Q, B, O>,
  handle: (caller: Caller, parts: Parts<P, Q, B>) => Promise<z.input<O>>,
): RestRoute {
  return {
    endpoint,
    handle: (caller, { params, query, body }) =>
      handle(caller, {
        params: parseInput(endpoint.params, params),
        query: parseInput(endpoint.query, query),
        body: parseInput(endpoint.body, body),
      }),
  };
}

const MAX_BODY = 1_000_000;

/** Answers a request for one endpoint of the REST API: JSON in, JSON out, and one shape of error. */
export async function answerRest(
  app: App,
  route: RestRoute,
  incoming: IncomingMessage,
  requestId: string,
  addressOf: AddressReader,
): Promise<Response> {
  const headers: Record<string, string> = {
    'Content-Type': 'application/json',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'X-Request-Id': requestId,
  };
  try {
    // A public endpoint is called by nobody in particular; what authorizes the request stands in its body.
    const access = createAccess({ kind: 'anonymous', name: 'anonymous' });
    const caller: Caller = { access, address: addressOf(incoming).address, requestId };
    const body = await readJson(incoming);
    const output = await route.handle(caller, { params: {}, query: {}, body });
    if (!access.asked) {
      throw new AppError(
        'internal',
        {},
        { cause: new Error(`${route.endpoint.path} asked for no permission`) },
      );
    }
    // Only declared fields leave.
    return new Response(JSON.stringify(route.endpoint.output.parse(output)), {
      status: route.endpoint.status,
      headers,
    });
  } catch (thrown) {
    const error = asUnavailable(thrown);
    const known = error instanceof AppError ? error : new AppError('internal', {}, { cause: error });
    if (known.code === 'internal') app.log.error({ err: known.cause, requestId }, 'a request failed');
    if (known.details.retryAfterSeconds !== undefined)
      headers['Retry-After'] = String(known.details.retryAfterSeconds);
    const { message, ...details } = known.details;
    const body = { error: { code: known.code, message: message ?? known.message, requestId, ...details } };
    return new Response(JSON.stringify(body), { status: known.status, headers });
  }
}

async function readJson(incoming: IncomingMessage): Promise<unknown> {
  if (incoming.method === 'GET' || incoming.method === 'HEAD') return {};
  const type = incoming.headers['content-type'] ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new AppError('unsupported_media_type', { message: 'Send application/json.' });
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of readBody(incoming, MAX_BODY)) chunks.push(chunk);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
  } catch {
    throw new AppError('invalid_input', { message: 'The body is not JSON.' });
  }
}
