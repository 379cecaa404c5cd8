import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** How long a client may go on sending after it was answered. */
const LINGER_MS = 30_000;

/**
 * Ends our side of a connection on which the client may still be sending: what comes is read and thrown away, and the
 * socket goes when the client has finished, or after a while. A socket that is closed with unread data resets the
 * connection, and the client, which often writes its whole request before it reads, would never see the answer.
 */
export function endAndLinger(socket: Socket, lastWords?: string): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.once('close', () => clearTimeout(timer));
  socket.once('end', () => socket.destroy());
  socket.end(lastWords ?? '');
}

/** The same for a request that is answered before it was read to its end. The answer must have `Connection: close`. */
export function lingerAfterAnswer(incoming: IncomingMessage): void {
  const { socket } = incoming;
  let isEnding = false;
  // What Node.js calls after the last answer on a connection.
  socket.destroySoon = () => {
    if (isEnding) return;
    isEnding = true;
    endAndLinger(socket);
    incoming.resume();
  };
}
