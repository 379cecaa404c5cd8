import type { IncomingMessage } from 'node:http';

/**
 * The target of a request as it came. No URL parser sees it: that would resolve `..`, and with it let one path pass for
 * another. RFC 7230 §5.3.2: a client that takes us for a proxy sends a whole URL, and must be served all the same.
 */
export function readTarget(incoming: Pick<IncomingMessage, 'url'>): {
  rawPath: string;
  rawQuery: string;
  /** Path and query, as a client signs them. */
  target: string;
} {
  const target = (incoming.url ?? '/').replace(/^https?:\/\/[^/?#]*/i, '');
  const mark = target.indexOf('?');
  return mark < 0
    ? { target, rawPath: target, rawQuery: '' }
    : { target, rawPath: target.slice(0, mark), rawQuery: target.slice(mark + 1) };
}
