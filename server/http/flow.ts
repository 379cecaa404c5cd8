import { AppError } from '../errors.ts';

/**
 * Octets of bodies that all connections hold in memory, so that clients that read or send slowly, or not at all, cannot
 * exhaust it: what needs more waits until there is room, and one organization
 * may hold a quarter at most, whatever the number of its accounts.
 */
export type Flow = {
  /**
   * Waits until there is room for so many octets, in the order of asking, and takes it. Gives up waiting for a client
   * that is gone. @throws AppError `unavailable` when there is none for long
   */
  take(organizationId: number, bytes: number, isGone: () => boolean): Promise<Room>;
  /** Takes room without waiting, for what is there anyway. */
  hold(organizationId: number, bytes: number): Room;
  readonly bytes: number;
};

/** Octets that one request holds. */
export type Room = {
  /** How many it really are, without waiting. */
  resize(bytes: number): void;
  /** Lets go of all of them. */
  leave(): void;
};

type Waiter = { organizationId: number; bytes: number; admit(): void };

const PATIENCE_MS = 20_000;
const RETRY_SECONDS = 10;

export function createFlow(maxBytes: number, patienceMs = PATIENCE_MS): Flow {
  const perOrganization = new Map<number, number>();
  let total = 0;
  const queue: Waiter[] = [];

  const add = (organizationId: number, bytes: number) => {
    total += bytes;
    const held = (perOrganization.get(organizationId) ?? 0) + bytes;
    if (held > 0) perOrganization.set(organizationId, held);
    else perOrganization.delete(organizationId);
  };
  // What is larger than all there is gets its turn alone.
  const fits = (held: number, bytes: number, max: number) => held === 0 || held + bytes <= max;
  /** Admits who fits, in order. An organization that holds its share lets the others pass. */
  const admit = () => {
    const blocked = new Set<number>();
    for (let index = 0; index < queue.length; ) {
      const waiter = queue[index];
      if (waiter === undefined || !fits(total, waiter.bytes, maxBytes)) return;
      const { organizationId, bytes } = waiter;
      if (
        !blocked.has(organizationId) &&
        fits(perOrganization.get(organizationId) ?? 0, bytes, maxBytes / 4)
      ) {
        queue.splice(index, 1);
        waiter.admit();
      } else {
        blocked.add(organizationId);
        index++;
      }
    }
  };

  const hold = (organizationId: number, bytes: number): Room => {
    let held = bytes;
    let isOver = false;
    add(organizationId, held);
    const resize = (now: number) => {
      if (isOver || now === held) return;
      const change = now - held;
      held = now;
      add(organizationId, change);
      if (change < 0) admit();
    };
    return {
      resize,
      leave() {
        resize(0);
        isOver = true;
      },
    };
  };

  return {
    get bytes() {
      return total;
    },
    hold,
    async take(organizationId, bytes, isGone) {
      const held = perOrganization.get(organizationId) ?? 0;
      if (queue.length === 0 && fits(total, bytes, maxBytes) && fits(held, bytes, maxBytes / 4))
        return hold(organizationId, bytes);
      return await new Promise<Room>((resolve, reject) => {
        const refuse = (message: string) =>
          reject(new AppError('unavailable', { message, retryAfterSeconds: RETRY_SECONDS }));
        const timer = setTimeout(() => {
          queue.splice(queue.indexOf(waiter), 1);
          refuse('Too many requests are under way.');
          admit();
        }, patienceMs);
        const waiter: Waiter = {
          organizationId,
          bytes,
          admit() {
            clearTimeout(timer);
            if (isGone()) refuse('The client went away.');
            else resolve(hold(organizationId, bytes));
          },
        };
        queue.push(waiter);
        admit();
      });
    },
  };
}
