import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Access } from '../access/access.ts';
import type { App } from '../context.ts';
import { asUnavailable } from '../db/transaction.ts';
import { AppError } from '../errors.ts';
import {
  accepts,
  acceptsAtApiRoot,
  acceptsContentType,
  TAXII_MEDIA_TYPE,
} from '../protocols/taxii/media-types.ts';
import {
  allowedMethods,
  discoveryPathOf,
  type KnownTaxiiPath,
  parseTaxiiPath,
  type TaxiiPath,
} from '../protocols/taxii/paths.ts';
import { errorResource } from '../protocols/taxii/resources.ts';
import { formatTimestamp, type Micros } from '../protocols/timestamp.ts';
import { bodyBytes, readBody } from './body.ts';
import { type PresentedCredential, readCredential } from './credentials.ts';
import type { FaceTools } from './face.ts';
import type { Room } from './flow.ts';
import { lingerAfterAnswer } from './linger.ts';
import { readTarget } from './target.ts';
import { turnOf, whenGone } from './turns.ts';

/** Whoever asks, as the exchange opened it: what the face must know of it. */
export type TaxiiSession = {
  access: Access;
  account: { id: number; name: string; organizationId: number };
  service: { path: string; strict: boolean; maxContentLength: number };
};

export type TaxiiRequest<S, P extends KnownTaxiiPath = KnownTaxiiPath> = {
  session: S;
  path: P;
  rawQuery: string;
  /** Scheme and authority under which the client reached the server. */
  baseUrl: string;
  address: string;
  requestId: string;
  /** Waits until there is room in memory for an answer of at most so many octets. @throws AppError `unavailable` */
  reserve(bytes: number): Promise<void>;
  /** The body, once the content type was found acceptable. Decide on rights before reading it. */
  body(): AsyncIterable<Uint8Array>;
};

export type TaxiiReply = {
  status: number;
  /** JSON text, as octets where it is large; undefined = no payload. */
  body?: string | Uint8Array;
  /** A body that may be asked for again: its compressed form is kept beside it. */
  page?: {
    body: Uint8Array;
    gzipped?: Promise<Uint8Array>;
    count: number;
    /** Nobody else holds the body. */
    isSentOnce?: boolean;
  };
  /** TAXII 2.1 §3.2 */
  dates?: { first: Micros; last: Micros };
  contentLocation?: string;
};

type Handler<S, P extends KnownTaxiiPath> = (request: TaxiiRequest<S, P>) => Promise<TaxiiReply>;
/** The member of the union that has the kind. */
type PathOf<K extends KnownTaxiiPath['kind'], P = KnownTaxiiPath> = P extends { kind: string }
  ? K extends P['kind']
    ? P & { kind: K }
    : never
  : never;

/** The endpoints of TAXII 2.1 §3.1, bound to use cases. */
export type TaxiiRoutes<S extends TaxiiSession> = {
  /** @throws AppError `unauthenticated`, `throttled` */
  open(
    presented: { scheme: 'basic'; userName: string; password: string } | { scheme: 'key'; key: string },
    from: { address: string; requestId: string },
    collection: string | undefined,
  ): Promise<S>;
  endpoints: {
    [K in KnownTaxiiPath['kind']]: {
      GET: Handler<S, PathOf<K>>;
      POST?: Handler<S, PathOf<K>>;
      DELETE?: Handler<S, PathOf<K>>;
    };
  };
};

/** What is known of a request when it ends, for the access log and the metrics. */
export type Ended = {
  method: string;
  kind: TaxiiPath['kind'];
  status: number;
  account: string | undefined;
  count: number | undefined;
  bytes: number;
};

const compress = promisify(gzip);
/** Below this a packet holds it anyway. */
const MIN_GZIP_BYTES = 1400;

const COMMON_HEADERS = {
  'Content-Type': TAXII_MEDIA_TYPE,
  'Cache-Control': 'no-store',
  Vary: 'Accept, Accept-Encoding, Authorization',
  'X-Content-Type-Options': 'nosniff',
};
type Headers = Record<string, string | string[]>;

/** An answer as it is sent. */
export type TaxiiAnswer = { status: number; headers: Headers; body: Uint8Array | undefined };

/**
 * The TAXII 2.1 server's HTTP side: paths, credentials, negotiation, errors. Every answer, errors included, has the
 * TAXII media type (§3.1). The order of decisions: 401 before all, then what the asker may know of (404), then method
 * (405), Accept (406), rights (403, 404), and only then content type, parameters and body.
 */
export function createTaxiiFace<S extends TaxiiSession>(app: App, routes: TaxiiRoutes<S>, tools: FaceTools) {
  return async (
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    requestId: string,
    ended: (end: Ended) => void,
  ): Promise<TaxiiAnswer> => {
    const { rawPath, rawQuery } = readTarget(incoming);
    const method = incoming.method ?? 'GET';
    const path = pathOf(rawPath);
    let session: S | undefined;
    let room: Room | undefined;
    let reply: TaxiiReply;
    const headers: Headers = { ...COMMON_HEADERS, 'X-Request-Id': requestId };
    try {
      reply = await answer();
    } catch (error) {
      reply = errorReply(app, error, requestId, headers);
    }
    return await send(reply);

    async function answer(): Promise<TaxiiReply> {
      const turn = turnOf(incoming, outgoing);
      if (turn !== undefined) await turn;
      const allowed = allowedMethods(path.kind);
      if (method === 'OPTIONS' && allowed.length > 0) {
        headers.Allow = allowed.join(', ');
        return { status: 204 };
      }
      const { address, protocol } = tools.addressOf(incoming);
      const presented = readCredential({
        authorization: incoming.headers.authorization,
        apiKey: headerText(incoming.headers['x-api-key']),
      });
      if (!isCredential(presented)) throw new AppError('unauthenticated');
      session = await routes.open(
        presented,
        { address, requestId },
        'collection' in path ? path.collection : undefined,
      );
      const { service } = session;
      if (
        !isOwn(path, service.path) ||
        (service.strict && parseTaxiiPath(rawPath, true).kind === 'unknown')
      ) {
        throw new AppError('not_found', { message: 'There is no such resource.' });
      }
      const verb = method === 'HEAD' ? 'GET' : method;
      if (!allowed.includes(method)) {
        headers.Allow = allowed.join(', ');
        throw new AppError('method_not_allowed');
      }
      const { accept } = incoming.headers;
      const acceptable = path.kind === 'api-root' ? acceptsAtApiRoot : accepts;
      if (!acceptable(accept, service.strict)) {
        throw new AppError('not_acceptable', { message: `This server answers with ${TAXII_MEDIA_TYPE}.` });
      }
      const { account } = session;
      const reserve = async (bytes: number) => {
        room?.leave();
        room = await tools.flow.take(account, bytes, () => incoming.socket.destroyed);
      };
      const request: TaxiiRequest<S> = {
        session,
        path,
        rawQuery,
        baseUrl: tools.baseUrlOf(incoming, protocol),
        address,
        requestId,
        reserve,
        body: () => {
          if (!acceptsContentType(incoming.headers['content-type'], service.strict)) {
            throw new AppError('unsupported_media_type', {
              message: `Objects are added as ${TAXII_MEDIA_TYPE}.`,
            });
          }
          const body = readBody(incoming, service.maxContentLength);
          return afterwards(() => reserve(bodyBytes(incoming, service.maxContentLength)), body);
        },
      };
      const handler = routes.endpoints[path.kind][verb as 'GET' | 'POST' | 'DELETE'] as
        | Handler<S, KnownTaxiiPath>
        | undefined;
      if (handler === undefined) throw new AppError('method_not_allowed');
      const result = await handler(request);
      if (!session.access.asked) {
        throw new AppError(
          'internal',
          {},
          { cause: new Error(`${method} ${path.kind} asked for no permission`) },
        );
      }
      return result;
    }

    async function send({ status, body, page, dates, contentLocation }: TaxiiReply): Promise<TaxiiAnswer> {
      if (dates !== undefined) {
        headers['X-TAXII-Date-Added-First'] = stampText(dates.first);
        headers['X-TAXII-Date-Added-Last'] = stampText(dates.last);
      }
      if (contentLocation !== undefined) headers['Content-Location'] = contentLocation;
      let payload: Uint8Array =
        page?.body ?? (typeof body === 'string' ? Buffer.from(body) : (body ?? new Uint8Array()));
      if (payload.byteLength >= MIN_GZIP_BYTES && acceptsGzip(incoming.headers['accept-encoding'])) {
        if (page !== undefined) {
          page.gzipped ??= compress(page.body, { level: 4 });
          payload = await page.gzipped;
        } else {
          payload = await compress(payload, { level: 4 });
        }
        headers['Content-Encoding'] = 'gzip';
      }
      if (status === 204) delete headers['Content-Type'];
      else headers['Content-Length'] = String(payload.byteLength);
      // A request that was not read to its end must not be taken for the next one.
      if (!incoming.complete) {
        headers.Connection = 'close';
        lingerAfterAnswer(incoming);
      }
      const bytes = method === 'HEAD' ? 0 : payload.byteLength;
      if (session !== undefined) {
        room ??= tools.flow.hold(session.account, bytes);
        room.resize(bytes);
        whenGone(incoming, outgoing, room.leave);
      }
      ended({ method, kind: path.kind, status, account: session?.account.name, count: page?.count, bytes });
      const isEmpty = method === 'HEAD' || payload.byteLength === 0;
      if (page?.isSentOnce === true && payload === page.body && !isEmpty)
        outgoing.once('finish', () => giveBack(payload));
      return { status, headers, body: isEmpty ? undefined : payload };
    }
  };
}

/**
 * Gives the memory of a body back at once, after it was handed to the operating system. Left to the garbage collector,
 * which sees only the small object and not the block behind it, pages would pile up faster than they go. Whoever still
 * held it would find it empty.
 */
function giveBack({ buffer }: Uint8Array): void {
  // Smaller ones may lie in the block that Node shares among many.
  if (!(buffer instanceof ArrayBuffer) || buffer.byteLength <= Buffer.poolSize) return;
  try {
    buffer.transfer(0);
  } catch {
    // Some memory cannot be taken from its owner; the garbage collector will find it.
  }
}

/** The paths of the pages that everybody polls are few. */
const knownPaths = new Map<string, TaxiiPath>();
const KNOWN_PATHS = 500;
const LONGEST_KNOWN_PATH = 300;

function pathOf(rawPath: string): TaxiiPath {
  let path = knownPaths.get(rawPath);
  if (path === undefined) {
    path = parseTaxiiPath(rawPath, false);
    if (rawPath.length > LONGEST_KNOWN_PATH) return path;
    if (knownPaths.size >= KNOWN_PATHS) knownPaths.clear();
    knownPaths.set(rawPath, path);
  }
  return path;
}

/** The pages that everybody polls begin and end with the same few stamps. */
const stampTexts = new Map<Micros, string>();
const STAMP_TEXTS = 1000;

function stampText(micros: Micros): string {
  let text = stampTexts.get(micros);
  if (text === undefined) {
    if (stampTexts.size >= STAMP_TEXTS) stampTexts.clear();
    text = formatTimestamp(micros);
    stampTexts.set(micros, text);
  }
  return text;
}

/** The stream, read once there is room for it. */
async function* afterwards(
  prepare: () => Promise<void>,
  stream: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  await prepare();
  yield* stream;
}

function isCredential(
  presented: PresentedCredential,
): presented is Exclude<PresentedCredential, { scheme: 'none' | 'unreadable' }> {
  return presented.scheme === 'basic' || presented.scheme === 'key';
}

/** Whether the path lies in the service; every other one answers as if it did not exist (item 52). */
function isOwn(path: TaxiiPath, servicePath: string): path is KnownTaxiiPath {
  if (path.kind === 'unknown') return false;
  if (path.kind !== 'discovery') return path.root === servicePath;
  return path.beside.length === 0 || path.beside.join('/') === discoveryPathOf(servicePath).beside.join('/');
}

/** The error resource (TAXII 2.1 §3.6) of whatever was thrown. What is not meant for clients goes to the log, under the id that the client is given. */
function errorReply(app: App, thrown: unknown, requestId: string, headers: Headers): TaxiiReply {
  const error = asUnavailable(thrown);
  const known = error instanceof AppError ? error : new AppError('internal', {}, { cause: error });
  if (known.code === 'internal') app.log.error({ err: known.cause, requestId }, 'a request failed');
  if (known.code === 'unavailable' && known.cause !== undefined)
    app.log.warn({ err: known.cause, requestId }, 'the database is unavailable');
  if (known.code === 'unauthenticated') {
    // RFC 7235 §3.1; interoperability test document §3.1: the challenges include Basic.
    headers['WWW-Authenticate'] = ['Basic realm="Taxiway", charset="UTF-8"', 'Bearer realm="Taxiway"'];
  }
  const { message, retryAfterSeconds, problems, ...details } = known.details;
  if (retryAfterSeconds !== undefined) headers['Retry-After'] = String(retryAfterSeconds);
  const resource = errorResource({
    title: new AppError(known.code).message,
    description: message,
    errorId: requestId,
    errorCode: known.code,
    httpStatus: known.status,
    details: problems === undefined ? details : { ...details, problems },
  });
  return { status: known.status, body: JSON.stringify(resource) };
}

function acceptsGzip(header: string | string[] | undefined): boolean {
  return /(^|,)\s*(x-)?gzip\s*(;\s*q=(1|0\.\d*[1-9])\d*\s*)?(,|$)/i.test(headerText(header) ?? '');
}

function headerText(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
