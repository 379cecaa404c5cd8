import type { Endpoint } from '../../contract/endpoint.ts';
import type { App } from '../context.ts';
import { asUnavailable } from '../db/transaction.ts';
import { AppError } from '../errors.ts';

/** An answer as it is sent. */
export type RestAnswer = {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array | undefined;
  /** Instead of `body`, for what may be long. */
  stream?: ReadableStream<Uint8Array>;
};

export function jsonAnswer(status: number, output: unknown, headers: Record<string, string>): RestAnswer {
  return { status, headers, body: status === 204 ? undefined : Buffer.from(JSON.stringify(output)) };
}

/** A file to save: what it is to be called, and what stands in it. */
export type FileAnswer = {
  fileName: string;
  content: string | AsyncIterable<string | Uint8Array>;
};

export function isFileAnswer(output: unknown): output is FileAnswer {
  return typeof output === 'object' && output !== null && 'fileName' in output && 'content' in output;
}

/**
 * The answer with a file. Waits for the first of its content, so that what is refused is refused with an error that can
 * be read, and asks for more only as fast as the client takes it.
 */
export async function fileAnswer(
  app: App,
  { media, status }: Endpoint,
  { fileName, content }: FileAnswer,
  headers: Record<string, string>,
  breakOff: () => void,
): Promise<RestAnswer> {
  const fileHeaders = {
    'Content-Type': media === undefined ? 'application/octet-stream' : `${media}; charset=utf-8`,
    'Content-Disposition': `attachment; filename="${safeFileName(fileName)}"`,
  };
  if (typeof content === 'string') {
    Object.assign(headers, fileHeaders);
    return { status, headers, body: Buffer.from(content) };
  }
  const chunks = content[Symbol.asyncIterator]();
  let next = await chunks.next();
  Object.assign(headers, fileHeaders);
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (next.done === true) {
          controller.close();
          return;
        }
        const { value } = next;
        controller.enqueue(typeof value === 'string' ? Buffer.from(value) : value);
        try {
          next = await chunks.next();
        } catch (error) {
          app.log.error(
            { err: error, requestId: headers['X-Request-Id'] },
            'a file could not be sent to its end',
          );
          // Not as an error of the stream: the framework would send its text to the client. The end of the connection
          // cancels the stream.
          breakOff();
        }
      },
      async cancel() {
        await chunks.return?.();
      },
    },
    { highWaterMark: 0 },
  );
  return { status, headers, body: undefined, stream };
}

/** A name without anything that a header, a shell or a file system could take for more than a name. */
function safeFileName(name: string): string {
  const safe = name
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 100);
  return safe === '' ? 'download' : safe;
}

/** The answer to whatever was thrown. What is not meant for clients goes to the log, under the id that the client is given. */
export function errorAnswer(
  app: App,
  thrown: unknown,
  requestId: string,
  headers: Record<string, string>,
): RestAnswer {
  const error = asUnavailable(thrown);
  const known = error instanceof AppError ? error : new AppError('internal', {}, { cause: error });
  if (known.code === 'internal') app.log.error({ err: known.cause, requestId }, 'a request failed');
  if (known.code === 'unavailable' && known.cause !== undefined)
    app.log.warn({ err: known.cause, requestId }, 'the database is unavailable');
  // RFC 9110 §15.5.2 wants a challenge; one that makes a browser ask for a password would be for another face.
  if (known.code === 'unauthenticated') headers['WWW-Authenticate'] = 'Session realm="Taxiway"';
  // What was meant for another answer.
  for (const name of ['Content-Disposition', 'Set-Cookie', 'Clear-Site-Data']) delete headers[name];
  headers['Content-Type'] = 'application/json';
  const { message, ...details } = known.details;
  if (details.retryAfterSeconds !== undefined) headers['Retry-After'] = String(details.retryAfterSeconds);
  const body = { error: { code: known.code, message: message ?? known.message, requestId, ...details } };
  return { status: known.status, headers, body: Buffer.from(JSON.stringify(body)) };
}
