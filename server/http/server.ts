import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener, type HttpBindings, RequestError } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { ERRORS } from '../../contract/errors.ts';
import type { Access } from '../access/access.ts';
import type { App } from '../context.ts';
import { invalid } from '../errors.ts';
import { TAXII_MEDIA_TYPE } from '../protocols/taxii/media-types.ts';
import { errorResource } from '../protocols/taxii/resources.ts';
import { createAccessLog, createRequestIds } from './access-log.ts';
import { createAddressReader, isLoopback } from './addresses.ts';
import type { AdmitApi } from './api-credential.ts';
import { API_ROOT, type ApiRoute, createApiFace } from './api-face.ts';
import { spareUnsentAnswers } from './connections.ts';
import { CONSOLE, openConsole } from './console.ts';
import { createFlow } from './flow.ts';
import { endAndLinger } from './linger.ts';
import { createMetrics, type Figures } from './metrics.ts';
import { isPlainRead, sendPlainly } from './plain-reads.ts';
import { createRestFace, type OpenSession, type RestRoute } from './rest-face.ts';
import { readTarget } from './target.ts';
import { createTaxiiFace, type TaxiiAnswer, type TaxiiRoutes, type TaxiiSession } from './taxii-face.ts';
import { tlsOptions } from './tls.ts';

export type RunningServer = {
  /** Where it can be reached, without a slash at its end. */
  url: string;
  /** Where it listens itself, likewise; another than `url` where `publicUrl` is configured. */
  listening: string;
  port: number;
  /** The figures of this process. */
  figures(): Promise<Figures>;
  /** Takes no new connections, finishes the requests in flight, then ends; at most `graceMs`. */
  close(graceMs?: number): Promise<void>;
};

export type Faces<S extends TaxiiSession> = {
  taxii: TaxiiRoutes<S>;
  rest: readonly RestRoute[];
  /** Below `/api/v2`. */
  api: readonly ApiRoute[];
  /** Whose session it is, for the REST API. */
  openSession: OpenSession;
  /** Which API user it is, for the REST API and for what is below `/api/v2`. */
  admitApi: AdmitApi<Access & { actor: { kind: 'account' } }>;
  /** Whether the database answers. */
  isReady(): Promise<boolean>;
  /** The figures of all processes behind the port, as text; without it, or when it gives none, those of this process are shown. */
  metricsOfAll?: (() => Promise<string | undefined>) | undefined;
};

/** A client may repeat a long list of filters beside its `next` token. */
const MAX_HEADER_BYTES = 131_072;
/** A request that has any of them came through a proxy. */
const FORWARDING_HEADERS = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
];
const GRACE_MS = 8000;

/**
 * Listens for requests: the TAXII face, and the paths for whoever operates the server.
 * @throws AppError `invalid_input` for plain HTTP on an address that others reach (item 13)
 */
export async function listen<S extends TaxiiSession>(app: App, faces: Faces<S>): Promise<RunningServer> {
  const { config } = app;
  const isBehindProxy = config.trustedProxies.length > 0 || config.publicUrl?.startsWith('https:') === true;
  if (config.tls === undefined && !isLoopback(config.host) && !isBehindProxy) {
    throw invalid(
      'TAXIWAY_HOST',
      `plain HTTP is served on loopback addresses only, not on ${config.host}: give --tls-cert and --tls-key, or --tls-self-signed, or name the proxy that ends TLS (--trusted-proxies, --public-url https://…)`,
    );
  }
  const tls = await tlsOptions(config);
  const flow = createFlow(config.maxBytesInFlight);
  const metrics = createMetrics(flow);
  const logAccess = createAccessLog(app.log);
  let isClosing = false;
  let listening = '';

  const baseUrlOf = (incoming: IncomingMessage, protocol: string): string => {
    if (config.publicUrl !== undefined) return config.publicUrl;
    const { host } = incoming.headers;
    // A host that cannot stand in a URL is not repeated.
    return host !== undefined && /^[\w.:[\]-]{1,300}$/.test(host) ? `${protocol}://${host}` : listening;
  };
  const addressOf = createAddressReader(config.trustedProxies);
  const tools = { addressOf, flow, baseUrlOf };
  const taxii = createTaxiiFace(app, faces.taxii, tools);
  const rest = createRestFace(app, faces.rest, faces.openSession, faces.admitApi, tools);
  const api = createApiFace(app, faces.api, faces.admitApi, tools);

  const hono = new Hono<{ Bindings: HttpBindings }>({
    getPath: (request, options) => {
      const bindings = options?.env as HttpBindings | undefined;
      const { rawPath } = readTarget(bindings?.incoming ?? request);
      return rawPath.length > 1 ? rawPath.replace(/\/$/, '') : rawPath;
    },
  });
  hono.get('/', (c) =>
    c.req.header('accept')?.includes('text/html') === true
      ? c.redirect(`${CONSOLE}/`)
      : c.text(`Taxiway\n\nConsole: ${CONSOLE}/\nTAXII 2.1 discovery: /taxii2/\nREST API: /rest/docs\n`),
  );
  serveConsole(hono);
  hono.get('/healthz', (c) => c.text('ok\n'));
  hono.get('/readyz', async (c) => {
    if (isClosing) return c.text('closing\n', 503);
    return (await faces.isReady()) ? c.text('ready\n') : c.text('the database cannot be reached\n', 503);
  });
  hono.get('/metrics', async (c) => {
    // Figures are for whoever is on the machine, not for whoever reaches the server through a proxy.
    const { incoming } = c.env;
    if (
      !isLoopback(incoming.socket.remoteAddress ?? '') ||
      FORWARDING_HEADERS.some((name) => incoming.headers[name] !== undefined)
    ) {
      return c.notFound();
    }
    const text = (await faces.metricsOfAll?.()) ?? (await metrics.render());
    return c.body(text, 200, { 'Content-Type': metrics.contentType });
  });
  const serveRest = (face: typeof rest) => async (c: Context<{ Bindings: HttpBindings }>) => {
    const { incoming, outgoing } = c.env as { incoming: IncomingMessage; outgoing: ServerResponse };
    const startedAt = performance.now();
    const requestId = newRequestId();
    if (isClosing) outgoing.shouldKeepAlive = false;
    const { status, headers, body, stream } = await face(incoming, outgoing, requestId, (end) => {
      const ms = performance.now() - startedAt;
      metrics.observeRest(end, ms / 1000);
      logAccess(incoming, addressOf(incoming).address, requestId, end, ms);
    });
    const { 'Set-Cookie': cookies, ...others } = headers;
    const response = new Response(stream ?? (body as Uint8Array<ArrayBuffer> | undefined) ?? null, {
      status,
      headers: others,
    });
    for (const cookie of cookies?.split('\n') ?? []) response.headers.append('Set-Cookie', cookie);
    return response;
  };
  hono.all('/rest/*', serveRest(rest));
  for (const path of [API_ROOT, `${API_ROOT}/*`]) hono.all(path, serveRest(api));
  const answerTaxii = (incoming: IncomingMessage, outgoing: ServerResponse): Promise<TaxiiAnswer> => {
    const startedAt = performance.now();
    const requestId = newRequestId();
    if (isClosing) outgoing.shouldKeepAlive = false;
    return taxii(incoming, outgoing, requestId, (end) => {
      const ms = performance.now() - startedAt;
      metrics.observe(end, ms / 1000);
      logAccess(incoming, addressOf(incoming).address, requestId, end, ms);
    });
  };
  hono.all('*', async (c) => {
    const { incoming, outgoing } = c.env as { incoming: IncomingMessage; outgoing: ServerResponse };
    const { status, headers, body } = await answerTaxii(incoming, outgoing);
    return new Response((body as Uint8Array<ArrayBuffer> | undefined) ?? null, {
      status,
      headers: headers as Record<string, string>,
    });
  });
  const throughHono = getRequestListener(hono.fetch, {
    errorHandler: (error) => answerUnroutable(app, error),
  });

  const server = (tls === undefined ? createServer : (createTlsServer as typeof createServer))(
    {
      ...tls,
      maxHeaderSize: MAX_HEADER_BYTES,
      // Slow clients: time for the headers, for the whole request, and for an idle connection.
      headersTimeout: 20_000,
      requestTimeout: 120_000,
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: 5000,
      // Refused all the same, but with an error resource.
      requireHostHeader: false,
    },
    (incoming: IncomingMessage, outgoing: ServerResponse) => {
      if (!isPlainRead(incoming)) return void throughHono(incoming, outgoing);
      void sendPlainly(outgoing, answerTaxii(incoming, outgoing), (err) =>
        app.log.error({ err }, 'a request failed'),
      );
    },
  );
  // A connection on which nothing moves, in either direction.
  server.setTimeout(120_000, (socket: Socket) => socket.destroy());
  server.prependListener('request', noteUnderWay);
  server.on('clientError', answerUnreadable);
  // Without these Node would close the connection without a word, or answer without one.
  server.on('connect', (_incoming, stream) => {
    answerUnreadable(new Error('This is no proxy'), stream);
    stream.resume();
  });
  server.on('checkExpectation', (incoming, outgoing) => server.emit('request', incoming, outgoing));
  spareUnsentAnswers(server, tls !== undefined);

  server.listen(config.port, config.host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const shownHost = config.host.includes(':') ? `[${config.host}]` : config.host;
  listening = `${tls === undefined ? 'http' : 'https'}://${shownHost}:${port}`;
  return {
    url: config.publicUrl ?? listening,
    listening,
    port,
    figures: metrics.figures,
    async close(graceMs = GRACE_MS) {
      isClosing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const sweep = setInterval(() => server.closeIdleConnections(), 100);
      const end = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearInterval(sweep);
      clearTimeout(end);
    },
  };
}

/** The page stands behind one-time links, too; which screen it shows is an affair of its script. */
function serveConsole(hono: Hono<{ Bindings: HttpBindings }>): void {
  const pages = openConsole();
  const answer = ({ status, headers, body }: ReturnType<typeof pages.page>) =>
    new Response(body as Uint8Array<ArrayBuffer> | string, { status, headers });
  for (const path of [CONSOLE, '/link']) hono.get(path, () => answer(pages.page()));
  hono.get(`${CONSOLE}/*`, (c) => {
    const path = c.req.path.slice(CONSOLE.length + 1);
    const asset = pages.asset(path, c.req.header('accept-encoding') ?? '');
    if (asset !== undefined) return answer(asset);
    // A missing file is missing; everything else is an address within the page.
    return path.startsWith('assets/') ? c.notFound() : answer(pages.page());
  });
}

/** Also the `error_id` of an answer; the log has it too. */
const newRequestId = createRequestIds();

/** Answers what never became a request: a host or a target that cannot stand in a URL. */
function answerUnroutable(app: App, error: unknown): Response {
  const isRequest = error instanceof RequestError;
  const requestId = newRequestId();
  if (!isRequest) app.log.error({ err: error, requestId }, 'a request failed');
  const { status, title } = ERRORS[isRequest ? 'invalid_input' : 'internal'];
  const resource = errorResource({
    title,
    httpStatus: status,
    errorCode: isRequest ? 'invalid_input' : 'internal',
    errorId: requestId,
  });
  return new Response(JSON.stringify(resource), {
    status,
    headers: { 'Content-Type': TAXII_MEDIA_TYPE, Connection: 'close' },
  });
}

const UNREADABLE: Record<string, [number, string]> = {
  HPE_HEADER_OVERFLOW: [431, 'The headers are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request took too long'],
};

const unreadable = new WeakSet<Socket>();

type UnderWay = { incoming: IncomingMessage; outgoing: ServerResponse };
/** The requests of each connection, in their order, until their answers were sent. */
const underWay = new WeakMap<Socket, Set<UnderWay>>();

function noteUnderWay(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { socket } = incoming;
  const request = { incoming, outgoing };
  const requests = underWay.get(socket) ?? new Set<UnderWay>();
  underWay.set(socket, requests.add(request));
  outgoing.once('close', () => requests.delete(request));
}

/** Answers what Node's parser refused: with an error resource, and then the end of the connection. */
function answerUnreadable(error: NodeJS.ErrnoException, stream: Duplex): void {
  const socket = stream as Socket;
  // The parser refuses whatever follows, too.
  if (unreadable.has(socket) && error.code !== 'ECONNRESET') return;
  const before = [...(underWay.get(socket) ?? [])].findLast(({ incoming }) => incoming.complete);
  if (before !== undefined && error.code !== 'ECONNRESET') {
    // A whole request came first, which is being done: the refusal of what follows, be it the rest of a request that has
    // begun already, is not to be taken for its answer.
    unreadable.add(socket);
    before.outgoing.once('close', () => {
      unreadable.delete(socket);
      if (socket.writable) answerUnreadable(error, socket);
    });
    return;
  }
  if (error.code === 'ECONNRESET' || !socket.writable || socket.destroyed) {
    socket.destroy();
    return;
  }
  unreadable.add(socket);
  const [status, title] = UNREADABLE[error.code ?? ''] ?? [400, 'The request is malformed'];
  const errorId = newRequestId();
  const body = JSON.stringify(
    errorResource({ title, errorId, httpStatus: status, errorCode: 'invalid_input' }),
  );
  endAndLinger(
    socket,
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: ${TAXII_MEDIA_TYPE}\r\nX-Request-Id: ${errorId}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
