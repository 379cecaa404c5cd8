import type { IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { Endpoint, FileEndpoint, JsonEndpoint } from '../../contract/endpoint.ts';
import type { RequiredAction } from '../../contract/required-actions.ts';
import { type Access, createAccess } from '../access/access.ts';
import type { App, Caller } from '../context.ts';
import { AppError } from '../errors.ts';
import { type AdmitApi, readApiCredential } from './api-credential.ts';
import { bodyBytes } from './body.ts';
import { type FaceTools, jsonHeaders } from './face.ts';
import type { Room } from './flow.ts';
import { lingerAfterAnswer } from './linger.ts';
import {
  errorAnswer,
  type FileAnswer,
  fileAnswer,
  isFileAnswer,
  jsonAnswer,
  type RestAnswer,
} from './rest-answer.ts';
import { type Browser, readBrowser, requireSafeTransport, requireSameOrigin } from './rest-browser.ts';
import { maxBodyOf, type Parts, parseParts, type RawParts, readJson, readQuery } from './rest-input.ts';
import { createRestPages } from './rest-pages.ts';
import { createRestPaths } from './rest-paths.ts';
import { readTarget } from './target.ts';
import { turnOf, whenGone } from './turns.ts';

export type { FileAnswer } from './rest-answer.ts';
export type { Browser } from './rest-browser.ts';

/** Where the operations of the REST API are. */
const REST_ROOT = '/rest/v1';

/** What a person is told who has something to do before anything else. */
const FIRST_DO: Readonly<Record<RequiredAction, string>> = {
  second_factor: 'First show your second factor (POST /session/second-factor).',
  change_password: 'First choose another password (PUT /session/password).',
  set_up_authenticator:
    'First set up a second factor (POST /session/authenticator/totp or /session/passkeys/challenge).',
  accept_terms: 'First accept the terms of service (GET /terms-of-service, POST /session/terms-of-service).',
};

/** A use case bound to its endpoint. */
export type RestRoute = {
  endpoint: Endpoint;
  handle(caller: Caller, raw: RawParts, browser: Browser): Promise<unknown>;
};

/** Binds an endpoint of the contract, with its types, to a use case. The caller is whoever the session belongs to. */
export function bind<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, O extends z.ZodType>(
  endpoint: JsonEndpoint<P, Q, B, O>,
  handle: (caller: Caller, parts: Parts<P, Q, B>, browser: Browser) => Promise<z.input<O>>,
): RestRoute {
  return {
    endpoint,
    // Only declared fields leave.
    handle: async (caller, raw, browser) =>
      endpoint.output.parse(await handle(caller, parseParts(endpoint, raw), browser)),
  };
}

/**
 * Binds an endpoint that answers with a file (`media`). Its content may be a stream: the rights must be asked for before
 * the first chunk comes out of it, and what fails after that breaks the connection off.
 */
export function bindFile<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(
  endpoint: FileEndpoint<P, Q, B>,
  handle: (caller: Caller, parts: Parts<P, Q, B>, browser: Browser) => Promise<FileAnswer>,
): RestRoute {
  return {
    endpoint,
    handle: async (caller, raw, browser) => await handle(caller, parseParts(endpoint, raw), browser),
  };
}

/**
 * The rights of whoever the session's token belongs to, read live, and what the person has to do before anything else.
 * @throws AppError `unauthenticated` when it is nobody's, or its account may not act any more
 */
export type OpenSession = (session: { token: string; isBackground: boolean }) => Promise<{
  access: Access & { actor: { kind: 'account' } };
  requiredActions: readonly RequiredAction[];
  /** Whether the person has shown lately who they are. */
  isVerified: boolean;
}>;

/** What is known of a request when it ends, for the access log and the metrics. */
export type RestEnded = {
  method: string;
  /** The path as the contract has it, with `:name` for parameters; undefined for one that it does not have. */
  endpoint: string | undefined;
  status: number;
  account: string | undefined;
  bytes: number;
};

/** Of whoever needs no session: nothing that a browser keeps, not even what it sent along. */
function noBrowser(browser: Browser): Browser {
  return {
    ...browser,
    token: undefined,
    device: undefined,
    keep: () => undefined,
    keepDevice: () => undefined,
  };
}

/**
 * The REST API's HTTP side: JSON in, JSON out, and one shape of error. The order of decisions: 401 before all but what a
 * stranger may do, so that strangers learn nothing; then path (404), method (405), media type (415), and all fields (400).
 */
export function createRestFace(
  app: App,
  routes: readonly RestRoute[],
  openSession: OpenSession,
  admitApi: AdmitApi<Access>,
  tools: FaceTools,
) {
  const find = createRestPaths(routes);
  const pages = createRestPages(REST_ROOT);

  return async (
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    requestId: string,
    ended: (end: RestEnded) => void,
  ): Promise<RestAnswer> => {
    const method = incoming.method ?? 'GET';
    const headers = jsonHeaders(requestId);
    let route: RestRoute | undefined;
    let access: Access | undefined;
    let isVerified: boolean | undefined;
    let room: Room | undefined;
    let reply: RestAnswer;
    try {
      reply = await answer();
    } catch (error) {
      reply = errorAnswer(app, error, requestId, headers);
    }
    return send(reply);

    async function answer(): Promise<RestAnswer> {
      const turn = turnOf(incoming, outgoing);
      if (turn !== undefined) await turn;
      const { rawPath, rawQuery } = readTarget(incoming);
      const path = rawPath.replace(/\/$/, '');
      if (pages.has(path)) return page(path);
      if (path !== REST_ROOT && !path.startsWith(`${REST_ROOT}/`)) throw new AppError('not_found');
      const { address, protocol } = tools.addressOf(incoming);
      const reached = {
        protocol,
        baseUrl: tools.baseUrlOf(incoming, protocol),
        publicUrl: app.config.publicUrl,
      };
      requireSafeTransport(incoming, reached);
      if (method !== 'GET' && method !== 'HEAD') requireSameOrigin(incoming, reached);
      const browser = readBrowser(incoming, headers, reached.baseUrl);
      const found = find(method, path.slice(REST_ROOT.length));
      route = found.route;
      // An API user says so with each request; whatever cookie comes along does not count then.
      const isApi =
        incoming.headers.authorization !== undefined && route?.endpoint.authentication !== 'public';
      const admitted = isApi ? await admitApiUser(route, { address, requestId }) : undefined;
      access = admitted?.access ?? (await accessOf(route, browser));
      if (route === undefined) {
        if (found.allowed.length === 0) throw new AppError('not_found');
        headers.Allow = found.allowed.join(', ');
        throw new AppError('method_not_allowed');
      }
      const { actor } = access;
      const maxBody = maxBodyOf(route.endpoint);
      if (actor.kind === 'account') {
        const holder = { id: actor.accountId, organizationId: actor.organizationId };
        const bytes = ['POST', 'PUT', 'PATCH'].includes(method) ? bodyBytes(incoming, maxBody) : 0;
        room = await tools.flow.take(holder, bytes, () => incoming.socket.destroyed);
      }
      const body = await readJson(incoming, maxBody, admitted?.signedBody);
      const raw = { params: found.params, query: readQuery(rawQuery), body };
      const output = await route.handle(
        { access, address, requestId, isVerified },
        raw,
        admitted === undefined ? browser : noBrowser(browser),
      );
      const { status } = route.endpoint;
      const done = isFileAnswer(output)
        ? await fileAnswer(app, route.endpoint, output, headers, () => outgoing.destroy())
        : jsonAnswer(status, output, headers);
      if (!access.asked) {
        await done.stream?.cancel();
        throw new AppError(
          'internal',
          {},
          { cause: new Error(`${method} ${route.endpoint.path} asked for no permission`) },
        );
      }
      return done;
    }

    function page(path: string): RestAnswer {
      if (method !== 'GET' && method !== 'HEAD') {
        headers.Allow = 'GET, HEAD';
        throw new AppError('method_not_allowed');
      }
      const acceptsGzip = /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(
        String(incoming.headers['accept-encoding'] ?? ''),
      );
      return { status: 200, headers, body: pages.read(path, acceptsGzip, headers) };
    }

    async function accessOf(target: RestRoute | undefined, browser: Browser): Promise<Access> {
      // A public endpoint is called by nobody in particular; what authorizes the request stands in its body.
      if (target?.endpoint.authentication === 'public')
        return createAccess({ kind: 'anonymous', name: 'anonymous' });
      if (browser.token === undefined) throw new AppError('unauthenticated');
      const { isBackground } = browser;
      const opened = await openSession({ token: browser.token, isBackground });
      const [first] = opened.requiredActions;
      if (first !== undefined && target?.endpoint.during?.includes(first) !== true)
        throw new AppError('action_required', {
          message: FIRST_DO[first],
          requiredActions: opened.requiredActions,
        });
      isVerified = opened.isVerified;
      return opened.access;
    }

    async function admitApiUser(target: RestRoute | undefined, from: { address: string; requestId: string }) {
      const presented = readApiCredential(incoming);
      if (presented === 'unsupported') throw new AppError('unauthenticated');
      const admitted = await admitApi(presented, from);
      access = admitted.access;
      if (target?.endpoint.authentication === 'session')
        throw new AppError('forbidden', { message: 'This needs the session of a person who is signed in.' });
      if (admitted.readOnly && method !== 'GET' && method !== 'HEAD')
        throw new AppError('forbidden', { message: 'This credential may only read.' });
      return admitted;
    }

    function send({ status, body, stream }: RestAnswer): RestAnswer {
      if (status === 204) delete headers['Content-Type'];
      else if (stream === undefined) headers['Content-Length'] = String(body?.byteLength ?? 0);
      // A request that was not read to its end must not be taken for the next one.
      if (!incoming.complete) {
        headers.Connection = 'close';
        lingerAfterAnswer(incoming);
      }
      let bytes = method === 'HEAD' ? 0 : (body?.byteLength ?? 0);
      room?.resize(bytes);
      whenGone(incoming, outgoing, () => {
        room?.leave();
        ended({
          method,
          endpoint: route?.endpoint.path,
          status,
          account: access?.actor.kind === 'account' ? access.actor.name : undefined,
          bytes,
        });
      });
      if (method === 'HEAD') {
        stream?.cancel().catch(() => undefined);
        return { status, headers, body: undefined };
      }
      const counted = stream?.pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({
          transform(chunk, controller) {
            bytes += chunk.byteLength;
            controller.enqueue(chunk);
          },
        }),
      );
      return { status, headers, body, ...(counted === undefined ? {} : { stream: counted }) };
    }
  };
}
