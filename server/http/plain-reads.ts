import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TaxiiAnswer } from './taxii-face.ts';

/** Hosts and targets with nothing in them that a URL parser could trip over. */
const PLAIN_HOST = /^[a-z0-9._-]+(?::(?:[1-5]\d{3,4}|6[0-4]\d{3}|[6-9]\d{3}))?$/;
const PLAIN_TARGET =
  /^\/(?!rest\/|console\/|api\/v2\/)[\w/.~-]+\/collections\/[\w/.~:%-]+(?:\?[\w.~:%&=+,[\]-]*)?$/;
const DOT_SEGMENT = /\/\.\.?(?:[/?]|$)/;

/**
 * Whether the request is one that clients make all day, a read below a collection without a body, in which the framework
 * has nothing to find, to route or to clear away. It costs such a request a quarter of its time, so it is left out;
 * any other request goes through it and comes to the same code.
 */
export function isPlainRead({ method, url = '', headers }: IncomingMessage): boolean {
  return (
    method === 'GET' &&
    headers.host !== undefined &&
    PLAIN_HOST.test(headers.host) &&
    PLAIN_TARGET.test(url) &&
    !DOT_SEGMENT.test(url) &&
    headers['content-length'] === undefined &&
    headers['transfer-encoding'] === undefined
  );
}

/** Sends the answer as it is; when there is none, ends the connection. */
export async function sendPlainly(
  outgoing: ServerResponse,
  answer: Promise<TaxiiAnswer>,
  failed: (error: unknown) => void,
): Promise<void> {
  try {
    const { status, headers, body } = await answer;
    outgoing.writeHead(status, headers);
    outgoing.end(body);
  } catch (error) {
    failed(error);
    outgoing.destroy();
  }
}
