import type { IncomingMessage } from 'node:http';

/** How long a client may go on sending after it was answered. */
const LINGER_MS = 30_000;

/**
 * Lets the connection of a request that is answered before it was read to its end close cleanly: our side ends after the
 * answer, what the client still sends is read and thrown away, and the socket goes when the client has finished, or after
 * a while. A socket that is closed with unread data resets the connection, and the client, which often writes its whole
 * body before it reads, would never see the answer. The answer must have `Connection: close`.
 */
export function lingerAfterAnswer(incoming: IncomingMessage): void {
  const { socket } = incoming;
  let isEnding = false;
  // What Node.js calls after the last answer on a connection.
  socket.destroySoon = () => {
    if (isEnding) return;
    isEnding = true;
    const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
    socket.once('close', () => clearTimeout(timer));
    socket.once('end', () => socket.destroy());
    socket.end();
    incoming.resume();
  };
}
