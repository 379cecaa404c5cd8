import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Of a connection: answers that are not sent yet, and how much had been read of it when the last one was. */
type State = { open: number; readBefore: number };

/**
 * Makes `server.closeIdleConnections` (and `server.close`, which calls it) spare a connection whose client is still
 * reading: Node takes an answer for sent as soon as it was handed over, and would cut it off in the middle. Also closes
 * connections on which nothing was ever sent, which Node keeps.
 */
export function spareUnsentAnswers(server: Server, isTls: boolean): void {
  const connections = new Map<Socket, State>();
  server.on(isTls ? 'secureConnection' : 'connection', (socket: Socket) => {
    connections.set(socket, { open: 0, readBefore: socket.bytesRead });
    socket.once('close', () => connections.delete(socket));
  });
  server.prependListener('request', ({ socket }: IncomingMessage, answer: ServerResponse) => {
    const state = connections.get(socket);
    if (state === undefined) return;
    state.open++;
    answer.once('close', () => {
      state.open--;
      state.readBefore = socket.bytesRead;
    });
  });
  // Also what Node no longer counts as HTTP, or not yet: what the parser refused, a tunnel, an unfinished handshake.
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.closeAllConnections = () => {
    for (const socket of [...connections.keys(), ...sockets]) socket.destroy();
  };
  server.closeIdleConnections = () => {
    for (const [socket, { open, readBefore }] of connections) {
      // More was read since: the headers of another request are on their way.
      if (open === 0 && socket.bytesRead === readBefore) socket.destroySoon();
    }
  };
}
