import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';

/** TAXII 2.1 §3.1, written out once more: the suite does not take it from the server's code. */
export const TAXII = 'application/taxii+json;version=2.1';

/** Whatever a TAXII resource may hold; a test looks at what its own resource has. */
export type Resource = {
  [name: string]: unknown;
  id?: string;
  title?: string;
  alias?: string;
  default?: string;
  api_roots?: string[];
  max_content_length?: number;
  collections?: Resource[];
  media_types?: string[];
  can_read?: boolean;
  can_write?: boolean;
  more?: boolean;
  next?: string;
  objects?: Record<string, unknown>[];
  versions?: string[];
  total_count?: number;
  success_count?: number;
  failure_count?: number;
  pending_count?: number;
  successes?: { id: string; version: string; message?: string }[];
  failures?: { id: string; version: string; message?: string }[];
  request_timestamp?: string;
  http_status?: string;
  error_id?: string;
  error_code?: string;
};

export type Answer = {
  status: number;
  headers: IncomingHttpHeaders;
  /** Names and values as they came, alternating. */
  rawHeaders: string[];
  body: Buffer;
  text: string;
  /** The body as JSON; an empty resource when there is none. */
  json: Resource;
};

export type Outgoing = {
  /** Replaces or adds; `null` leaves a default header out. An array is sent as several headers. */
  headers?: Record<string, string | string[] | null>;
  body?: string | Uint8Array | undefined;
};

export type Client = {
  authorization: string;
  request(method: string, path: string, outgoing?: Outgoing): Promise<Answer>;
  get(path: string, headers?: Outgoing['headers']): Promise<Answer>;
  /** Posts a value as JSON, a text or octets as they are. */
  post(path: string, body: unknown, headers?: Outgoing['headers']): Promise<Answer>;
  delete(path: string, headers?: Outgoing['headers']): Promise<Answer>;
};

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** A client that sends what it is told and shows what comes, with nothing normalised in between. */
export function createClient(port: number, authorization: string): Client {
  async function request(method: string, path: string, outgoing: Outgoing = {}): Promise<Answer> {
    const wanted: Record<string, string | string[] | null> = {
      Accept: TAXII,
      Authorization: authorization,
      ...(outgoing.body === undefined ? {} : { 'Content-Type': TAXII }),
      ...outgoing.headers,
    };
    const isChunked = 'Transfer-Encoding' in wanted;
    if (outgoing.body !== undefined && !isChunked && !('Content-Length' in wanted)) {
      wanted['Content-Length'] = String(Buffer.byteLength(outgoing.body));
    }
    const headers = Object.fromEntries(
      Object.entries(wanted).filter((entry): entry is [string, string | string[]] => entry[1] !== null),
    );
    return await new Promise<Answer>((resolve, reject) => {
      const sent = httpRequest({ host: '127.0.0.1', port, method, path, headers, agent }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          resolve(
            answerOf(incoming.statusCode ?? 0, incoming.headers, incoming.rawHeaders, Buffer.concat(chunks)),
          );
        });
      });
      sent.on('error', reject);
      sent.end(outgoing.body);
    });
  }
  return {
    authorization,
    request,
    get: (path, headers = {}) => request('GET', path, { headers }),
    post: (path, body, headers = {}) =>
      request('POST', path, {
        headers,
        body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
      }),
    delete: (path, headers = {}) => request('DELETE', path, { headers }),
  };
}

function answerOf(status: number, headers: IncomingHttpHeaders, rawHeaders: string[], body: Buffer): Answer {
  const text = body.toString('utf8');
  let json: Resource = {};
  try {
    json = JSON.parse(text) as Resource;
  } catch {
    // no JSON: the tests that care look at the text
  }
  return { status, headers, rawHeaders, body, text, json };
}

export type RawAnswer = { status: number; headers: Map<string, string>; body: string };
/** What came over a connection; `ended` = the server closed it in order, `broken` = it was reset. */
export type RawTalk = { answers: RawAnswer[]; text: string; ended: boolean; broken: boolean };

/**
 * Writes octets to a connection of its own and reads whatever comes, until the server ends it, `answers` complete
 * answers are there, or `timeoutMs` have passed. Functions between the octets are awaited.
 */
export async function talk(
  port: number,
  parts: (string | Uint8Array | (() => Promise<void>))[],
  { answers = Number.POSITIVE_INFINITY, timeoutMs = 5000, end = false } = {},
): Promise<RawTalk> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  let ended = false;
  let broken = false;
  socket.setEncoding('latin1');
  const done = new Promise<void>((resolve) => {
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (parseAnswers(text).length >= answers) resolve();
    });
    socket.on('end', () => {
      ended = true;
      resolve();
    });
    socket.on('error', () => {
      broken = true;
      resolve();
    });
  });
  for (const part of parts) {
    if (typeof part === 'function') await part();
    else if (!socket.destroyed && socket.writable) socket.write(part);
  }
  if (end) socket.end();
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([
    done,
    new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    }),
  ]);
  clearTimeout(timer);
  socket.destroy();
  return { answers: parseAnswers(text), text, ended, broken };
}

/** The complete answers in a text, as far as they say how long they are. */
function parseAnswers(text: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = text;
  for (;;) {
    const border = rest.indexOf('\r\n\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(rest)?.[1]);
    if (border < 0 || Number.isNaN(status)) return answers;
    const headers = new Map<string, string>();
    for (const line of rest.slice(0, border).split('\r\n').slice(1)) {
      const colon = line.indexOf(':');
      headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
    }
    const length = Number(headers.get('content-length') ?? 0);
    const body = rest.slice(border + 4, border + 4 + length);
    if (body.length < length) return answers;
    if (status >= 200) answers.push({ status, headers, body });
    rest = rest.slice(border + 4 + length);
  }
}
