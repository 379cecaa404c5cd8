import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** What came back over a socket, read as HTTP/1.1. */
export type RawAnswer = { status: number; headers: Map<string, string>; body: Buffer };

/** A connection on which a test writes octets of its own. */
export type RawConnection = {
  socket: Socket;
  write(data: string | Uint8Array): void;
  /** The next answer; undefined when the connection ended without one. Rejects after `timeoutMs`. */
  answer(timeoutMs?: number): Promise<RawAnswer | undefined>;
  /** Resolves when the server has ended the connection, to true when that came in time. */
  ended(timeoutMs: number): Promise<boolean>;
  close(): void;
};

/** Opens a connection to a port of 127.0.0.1. `head` = the answers are to HEAD requests, which have no bodies. */
export async function openRaw(port: number, head = false): Promise<RawConnection> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  let received: Buffer = Buffer.alloc(0);
  let isOver = false;
  let wake: () => void = () => undefined;
  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    wake();
  });
  const over = () => {
    isOver = true;
    wake();
  };
  socket.on('error', over).on('end', over).on('close', over);
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);

  const news = async (deadline: number): Promise<boolean> => {
    const left = deadline - performance.now();
    if (left <= 0) return false;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      wake = resolve;
      timer = setTimeout(resolve, left);
    });
    clearTimeout(timer);
    return true;
  };
  return {
    socket,
    write: (data) => void socket.write(data),
    async answer(timeoutMs = 10_000) {
      const deadline = performance.now() + timeoutMs;
      for (;;) {
        const parsed = parseAnswer(received, isOver, head);
        if (parsed !== undefined) {
          received = received.subarray(parsed.length);
          return parsed.answer;
        }
        if (isOver) return undefined;
        if (!(await news(deadline)))
          throw new Error(
            `no answer within ${timeoutMs} ms; so far: ${received.toString('latin1').slice(0, 500)}`,
          );
      }
    },
    async ended(timeoutMs) {
      const deadline = performance.now() + timeoutMs;
      while (!isOver) if (!(await news(deadline))) return false;
      return true;
    },
    close: () => void socket.destroy(),
  };
}

/** The first whole answer in the octets, and its length. Interim answers are skipped. */
function parseAnswer(
  octets: Buffer,
  isOver: boolean,
  head: boolean,
): { answer: RawAnswer; length: number } | undefined {
  const end = octets.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [statusLine = '', ...lines] = octets.subarray(0, end).toString('latin1').split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1]);
  if (Number.isNaN(status)) throw new Error(`no status line: ${statusLine.slice(0, 200)}`);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers.set(name, headers.has(name) ? `${headers.get(name)}, ${value}` : value);
  }
  const start = end + 4;
  if (status >= 100 && status < 200) {
    const rest = parseAnswer(octets.subarray(start), isOver, head);
    return rest === undefined ? undefined : { answer: rest.answer, length: start + rest.length };
  }
  if (head || status === 204 || status === 304) {
    return { answer: { status, headers, body: Buffer.alloc(0) }, length: start };
  }
  const declared = headers.get('content-length');
  if (declared !== undefined) {
    const length = start + Number(declared);
    if (octets.length < length) return undefined;
    return { answer: { status, headers, body: octets.subarray(start, length) }, length };
  }
  if (headers.get('transfer-encoding') === 'chunked') return parseChunked(octets, start, { status, headers });
  return isOver
    ? { answer: { status, headers, body: octets.subarray(start) }, length: octets.length }
    : undefined;
}

function parseChunked(
  octets: Buffer,
  start: number,
  head: { status: number; headers: Map<string, string> },
): { answer: RawAnswer; length: number } | undefined {
  const parts: Buffer[] = [];
  let position = start;
  for (;;) {
    const line = octets.indexOf('\r\n', position);
    if (line < 0) return undefined;
    const size = Number.parseInt(octets.subarray(position, line).toString('latin1'), 16);
    const data = line + 2;
    if (octets.length < data + size + 2) return undefined;
    if (size === 0) return { answer: { ...head, body: Buffer.concat(parts) }, length: data + 2 };
    parts.push(octets.subarray(data, data + size));
    position = data + size + 2;
  }
}
