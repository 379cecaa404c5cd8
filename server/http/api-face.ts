import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ErrorCode } from '../../contract/errors.ts';
import type { Access } from '../access/access.ts';
import type { App, Caller } from '../context.ts';
import { asUnavailable } from '../db/transaction.ts';
import { AppError } from '../errors.ts';
import { type AdmitApi, readApiCredential } from './api-credential.ts';
import { type FaceTools, jsonHeaders } from './face.ts';
import type { Room } from './flow.ts';
import { lingerAfterAnswer } from './linger.ts';
import type { RestAnswer } from './rest-answer.ts';
import { requireSafeTransport } from './rest-browser.ts';
import type { RestEnded } from './rest-face.ts';
import { readJson, readQuery } from './rest-input.ts';
import { readTarget } from './target.ts';
import { turnOf, whenGone } from './turns.ts';

/** Where the operations of version 2 of the reference product's REST API are, as its clients are configured. */
export const API_ROOT = '/api/v2';

/** A use case bound to its path. All of them read. */
export type ApiRoute = {
  /** Below `/api/v2`; a parameter is `:name`. The first that fits counts. */
  path: string;
  /** What the answer has beside its `status`. */
  handle(caller: Caller, request: ApiRequest): Promise<Record<string, unknown>>;
};
export type ApiRequest = {
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
};

/** What is said where nothing more exact is: the words that clients of the reference product know. */
const MESSAGES: Partial<Record<ErrorCode, string>> = {
  unauthenticated: 'Access Denied',
  forbidden: 'Access Denied',
  not_found: 'The requested resource was not found',
  invalid_input: 'The request was not properly formed',
  internal: 'An unknown error occurred',
};

/**
 * The HTTP side of version 2 of the REST API that clients of the reference product use: for API users, who say with each
 * request who they are. The order of decisions: 403 without a credential of theirs, 401 for one that is not right, then
 * path (404), method (405), Accept (406), parameters (400).
 */
export function createApiFace(
  app: App,
  routes: readonly ApiRoute[],
  admitApi: AdmitApi<Access & { actor: { kind: 'account' } }>,
  tools: FaceTools,
) {
  return async (
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    requestId: string,
    ended: (end: RestEnded) => void,
  ): Promise<RestAnswer> => {
    const method = incoming.method ?? 'GET';
    const headers = jsonHeaders(requestId);
    let route: ApiRoute | undefined;
    let account: string | undefined;
    let room: Room | undefined;
    let reply: { status: number; body: Record<string, unknown> };
    try {
      reply = { status: 200, body: { status: 'Success', ...(await answer()) } };
    } catch (error) {
      reply = failure(app, error, requestId, headers);
    }
    return send(reply.status, Buffer.from(JSON.stringify(reply.body)));

    async function answer(): Promise<Record<string, unknown>> {
      const turn = turnOf(incoming, outgoing);
      if (turn !== undefined) await turn;
      const { address, protocol } = tools.addressOf(incoming);
      const baseUrl = tools.baseUrlOf(incoming, protocol);
      requireSafeTransport(incoming, { protocol, baseUrl, publicUrl: app.config.publicUrl });
      const presented = readApiCredential(incoming);
      if (presented === 'unsupported') throw new AppError('forbidden');
      const { access, signedBody } = await admitApi(presented, { address, requestId });
      account = access.actor.name;
      const { rawPath, rawQuery } = readTarget(incoming);
      const found = findRoute(routes, rawPath.slice(API_ROOT.length));
      if (found === undefined) throw new AppError('not_found');
      route = found.route;
      if (method !== 'GET' && method !== 'HEAD') {
        headers.Allow = 'GET, HEAD';
        throw new AppError('method_not_allowed');
      }
      if (!acceptsJson(incoming.headers.accept))
        throw new AppError('not_acceptable', { message: 'This server answers with application/json.' });
      await readJson(incoming, 0, signedBody);
      const holder = { id: access.actor.accountId, organizationId: access.actor.organizationId };
      room = await tools.flow.take(holder, 0, () => incoming.socket.destroyed);
      const output = await route.handle(
        { access, address, requestId },
        { params: found.params, query: readQuery(rawQuery) },
      );
      if (!access.asked)
        throw new AppError('internal', {}, { cause: new Error(`${route.path} asked for no permission`) });
      return output;
    }

    function send(status: number, body: Uint8Array): RestAnswer {
      headers['Content-Length'] = String(body.byteLength);
      // A request that was not read to its end must not be taken for the next one.
      if (!incoming.complete) {
        headers.Connection = 'close';
        lingerAfterAnswer(incoming);
      }
      const bytes = method === 'HEAD' ? 0 : body.byteLength;
      room?.resize(bytes);
      whenGone(incoming, outgoing, () => {
        room?.leave();
        const endpoint = route === undefined ? undefined : `${API_ROOT}${route.path}`;
        ended({ method, endpoint, status, account, bytes });
      });
      return { status, headers, body: method === 'HEAD' ? undefined : body };
    }
  };
}

function findRoute(
  routes: readonly ApiRoute[],
  path: string,
): { route: ApiRoute; params: Record<string, string> } | undefined {
  const segments = path.replace(/\/$/, '').split('/');
  for (const route of routes) {
    const names = route.path.split('/');
    if (names.length !== segments.length) continue;
    const params: Record<string, string> = {};
    const fits = names.every((name, index) => {
      const segment = segments[index] ?? '';
      if (!name.startsWith(':')) return name === segment;
      params[name.slice(1)] = segment;
      return segment !== '';
    });
    if (fits) return { route, params };
  }
  return undefined;
}

/** Whether the client takes JSON; XML, which the reference product has as well, is not offered. */
function acceptsJson(accept: string | undefined): boolean {
  // RFC 9110 §12.5.1: without a value it asks for nothing, as if it were not there.
  return (
    (accept ?? '').trim() === '' ||
    /(^|,)\s*(\*\/\*|application\/(\*|json))\s*(;(?!\s*q=0(\.0*)?\s*(,|$))|,|$)/i.test(accept ?? '')
  );
}

/** The answer to whatever was thrown. What is not meant for clients goes to the log, under the id that the client is given. */
function failure(
  app: App,
  thrown: unknown,
  requestId: string,
  headers: Record<string, string>,
): { status: number; body: Record<string, unknown> } {
  const error = asUnavailable(thrown);
  const known = error instanceof AppError ? error : new AppError('internal', {}, { cause: error });
  if (known.code === 'internal') app.log.error({ err: known.cause, requestId }, 'a request failed');
  if (known.code === 'unavailable' && known.cause !== undefined)
    app.log.warn({ err: known.cause, requestId }, 'the database is unavailable');
  // RFC 9110 §15.5.2
  if (known.code === 'unauthenticated')
    headers['WWW-Authenticate'] = 'TC realm="Taxiway", TC2 realm="Taxiway", TC-Token realm="Taxiway"';
  const { message, retryAfterSeconds } = known.details;
  if (retryAfterSeconds !== undefined) headers['Retry-After'] = String(retryAfterSeconds);
  return {
    status: known.status,
    body: { status: 'Failure', message: message ?? MESSAGES[known.code] ?? known.message },
  };
}
