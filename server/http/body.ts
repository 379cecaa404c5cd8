import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip, createInflate } from 'node:zlib';
import { AppError } from '../errors.ts';

/**
 * The decoded body of a request, chunk by chunk; at most `maxBytes` of it, before and after decoding. A body of exactly
 * that size is taken (MISP fills envelopes up to the limit).
 * @throws AppError `too_large` (known from the length that the request declares: before anything is read),
 *   `unsupported_media_type` for another content coding, `invalid_input` for a broken one
 */
export function readBody(incoming: IncomingMessage, maxBytes: number): AsyncIterable<Uint8Array> {
  const declared = Number(incoming.headers['content-length'] ?? 0);
  if (declared > maxBytes) throw tooLarge(maxBytes);
  const coding = (incoming.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  switch (coding) {
    case '':
    case 'identity':
      return limited(incoming, maxBytes);
    case 'gzip':
    case 'x-gzip':
      return decoded(incoming, maxBytes, createGunzip());
    case 'deflate':
      return decoded(incoming, maxBytes, createInflate());
    default:
      throw new AppError('unsupported_media_type', {
        message: `The content coding ${coding.slice(0, 50)} is not supported.`,
      });
  }
}

/** The most that the decoded body of a request can be. */
export function bodyBytes({ headers }: IncomingMessage, maxBytes: number): number {
  const declared = Number(headers['content-length']);
  return headers['content-encoding'] === undefined && declared <= maxBytes ? declared : maxBytes;
}

function tooLarge(maxBytes: number): AppError {
  return new AppError('too_large', {
    message: `A request has at most ${maxBytes} octets.`,
    maxContentLength: maxBytes,
  });
}

async function* limited(source: Readable, maxBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  // Leaving the loop early must not destroy the socket: the answer still has to go out on it.
  for await (const chunk of source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    yield chunk;
  }
}

async function* decoded(
  incoming: IncomingMessage,
  maxBytes: number,
  decoder: ReturnType<typeof createGunzip>,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  const count = (chunk: Uint8Array) => {
    bytes += chunk.length;
    if (bytes > maxBytes) decoder.destroy(tooLarge(maxBytes));
  };
  const fail = (error: Error) => decoder.destroy(error);
  const close = () => {
    if (!incoming.readableEnded) decoder.destroy(new Error('the client broke off'));
  };
  incoming.on('data', count).on('error', fail).on('close', close).pipe(decoder);
  try {
    yield* limited(decoder, maxBytes);
  } catch (error) {
    if (error instanceof AppError) throw error;
    if (String(Reflect.get(Object(error), 'code')).startsWith('Z_')) {
      throw new AppError('invalid_input', { message: 'The body is not what its content coding says.' });
    }
    throw error;
  } finally {
    // What the client has not sent yet is not waited for: it may be waiting for the answer.
    incoming.unpipe(decoder);
    incoming.off('data', count).off('error', fail).off('close', close);
    decoder.destroy();
  }
}
