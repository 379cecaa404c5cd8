import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import type { Endpoint } from '../../contract/endpoint.ts';
import type { Access } from '../access/access.ts';
import type { App } from '../context.ts';
import { asUnavailable } from '../db/transaction.ts';
import { AppError } from '../errors.ts';
import { parseInput } from '../input.ts';
import type { AddressReader } from './addresses.ts';
import { readBody } from './body.ts';

/** A use case bound to its endpoint. `answered` carries the rights that were asked for, which every answer needs. */
export type RestRoute = {
  endpoint: Endpoint;
  handle(
    input: unknown,
    from: { address: string; requestId: string },
  ): Promise<{ output: unknown; access: Access }>;
};

/** Binds an endpoint of the contract, with its types, to a use case. */
export function bind<Input extends z.ZodType, Output extends z.ZodType>(
  endpoint: Endpoint<Input, Output>,
  handle: (
    input: z.output<Input>,
    from: { address: string; requestId: string },
  ) => Promise<{ output: z.input<Output>; access: Access }>,
): RestRoute {
  return { endpoint, handle: (input, from) => handle(parseInput(endpoint.input, input), from) };
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
    const { output, access } = await route.handle(await readJson(incoming), {
      address: addressOf(incoming).address,
      requestId,
    });
    if (!access.asked) {
      throw new AppError(
        'internal',
        {},
        { cause: new Error(`${route.endpoint.path} asked for no permission`) },
      );
    }
    // Only declared fields leave.
    const body = JSON.stringify(route.endpoint.output.parse(output));
    return new Response(body, { status: route.endpoint.status, headers });
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
