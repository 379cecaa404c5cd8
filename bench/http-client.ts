import { once } from 'node:events';
import { connect } from 'node:net';

/** A response, of which only what the benchmarks look at is kept. */
export type Reply = {
  status: number;
  /** Status line and headers. */
  head: string;
  bodyBytes: number;
  /** The first octets of the body. */
  bodyStart: string;
};

export type Connection = { send(request: string | Uint8Array): Promise<Reply>; close(): void };

const BODY_START = 1024;
const READ_BUFFER = 262_144;

/**
 * One keep-alive connection, one request at a time. Written by hand over a socket that reads into one buffer, so that the
 * client takes as little as possible of the processor that it shares with the server.
 */
export async function openConnection(port: number): Promise<Connection> {
  let head = '';
  let missing = -1; // octets of the body still to come; -1 = in the headers
  let bodyBytes = 0;
  let bodyStart = '';
  let settle: { resolve(reply: Reply): void; reject(error: Error): void } | undefined;

  const take = (chunk: Buffer): void => {
    let body = chunk;
    if (missing < 0) {
      const end = chunk.indexOf('\r\n\r\n');
      // The server sends its headers in one write, which is far below the size of the buffer.
      if (end < 0) {
        fail(new Error('the headers of a response came in pieces'));
        return;
      }
      head = chunk.toString('latin1', 0, end);
      missing = bodyBytes = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
      bodyStart = '';
      body = chunk.subarray(end + 4);
    }
    if (bodyStart.length < BODY_START)
      bodyStart += body.toString('latin1', 0, Math.min(body.length, BODY_START - bodyStart.length));
    missing -= body.length;
    if (missing > 0) return;
    missing = -1;
    const { resolve } = settle ?? {};
    settle = undefined;
    resolve?.({ status: Number(head.slice(9, 12)), head, bodyBytes, bodyStart });
  };
  const fail = (error: Error): void => {
    settle?.reject(error);
    settle = undefined;
    socket.destroy();
  };

  const socket = connect({
    port,
    host: '127.0.0.1',
    noDelay: true,
    onread: {
      buffer: Buffer.allocUnsafe(READ_BUFFER),
      callback: (length, buffer) => {
        take(Buffer.from(buffer.buffer, buffer.byteOffset, length));
        return true;
      },
    },
  });
  await once(socket, 'connect');
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the server closed the connection')));
  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        settle = { resolve, reject };
        socket.write(request);
      }),
    close: () => socket.destroy(),
  };
}

/** The text of a GET request. */
export function getRequest(path: string, authorization: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/taxii+json;version=2.1\r\nAuthorization: ${authorization}\r\nUser-Agent: taxiway-bench\r\n\r\n`;
}

/** A POST of an envelope. */
export function postRequest(path: string, authorization: string, body: Buffer): Buffer {
  const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/taxii+json;version=2.1\r\nContent-Type: application/taxii+json;version=2.1\r\nAuthorization: ${authorization}\r\nContent-Length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}
