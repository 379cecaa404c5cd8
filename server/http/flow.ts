import { AppError } from '../errors.ts';

/**
 * Octets of bodies that all connections hold in memory, so that clients that read slowly, or not at all, cannot
 * exhaust it: new pages wait while too many are under way, and one account may hold a quarter at most.
 */
export type Flow = {
  /** Waits until there is room. @throws AppError `unavailable` when there is none for long */
  enter(accountId: number): Promise<void>;
  /** Counts octets as held; the function that it returns lets go of them, once. */
  hold(accountId: number, bytes: number): () => void;
  readonly bytes: number;
};

const PATIENCE_MS = 20_000;

export function createFlow(maxBytes: number): Flow {
  const perAccount = new Map<number, number>();
  let total = 0;
  let waiting: (() => void)[] = [];
  const hasRoom = (accountId: number) => total < maxBytes && (perAccount.get(accountId) ?? 0) < maxBytes / 4;
  return {
    get bytes() {
      return total;
    },
    async enter(accountId) {
      const deadline = performance.now() + PATIENCE_MS;
      while (!hasRoom(accountId)) {
        const left = deadline - performance.now();
        if (left <= 0) {
          throw new AppError('unavailable', {
            message: 'Too many answers are under way.',
            retryAfterSeconds: 10,
          });
        }
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, left);
          waiting.push(() => {
            clearTimeout(timer);
            resolve();
          });
        });
      }
    },
    hold(accountId, bytes) {
      let held = true;
      total += bytes;
      perAccount.set(accountId, (perAccount.get(accountId) ?? 0) + bytes);
      return () => {
        if (!held) return;
        held = false;
        total -= bytes;
        const rest = (perAccount.get(accountId) ?? 0) - bytes;
        if (rest > 0) perAccount.set(accountId, rest);
        else perAccount.delete(accountId);
        const woken = waiting;
        waiting = [];
        for (const wake of woken) wake();
      };
    },
  };
}
