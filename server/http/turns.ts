import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

const waiting = new WeakMap<Socket, Set<() => void>>();

/** Calls `done` when the connection closes, unless told not to. One listener, however many requests are pipelined. */
function onClose(socket: Socket, done: () => void): () => void {
  let each = waiting.get(socket);
  if (each === undefined) {
    const all = new Set<() => void>();
    each = all;
    waiting.set(socket, all);
    socket.once('close', () => {
      for (const call of all) call();
      all.clear();
    });
  }
  const set = each.add(done);
  return () => set.delete(done);
}

/**
 * Resolves when the answers to earlier requests of the connection have been sent, or the connection is gone. Undefined
 * where there are none. Otherwise a later request could hold what an earlier one needs, and wait for its turn to send.
 */
export function turnOf({ socket }: IncomingMessage, outgoing: ServerResponse): Promise<void> | undefined {
  if (outgoing.socket !== null || socket.destroyed) return undefined;
  return new Promise((resolve) => {
    const forget = onClose(socket, resolve);
    // Node gives the connection to one answer after the other.
    outgoing.once('socket', () => {
      forget();
      resolve();
    });
  });
}

/** Calls `done` once, when the answer has been sent or can no longer be. */
export function whenGone({ socket }: IncomingMessage, outgoing: ServerResponse, done: () => void): void {
  // Of an answer that is made too late, nobody is told any more.
  if (socket.destroyed || outgoing.destroyed) {
    done();
    return;
  }
  const forget = onClose(socket, done);
  outgoing.once('close', () => {
    forget();
    done();
  });
}
