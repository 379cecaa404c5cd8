import { AppError } from '../errors.ts';

/**
 * Octets of bodies that all connections hold in memory, so that clients that read or send slowly, or not at all, cannot
 * exhaust it: what needs more waits until there is room, one account may hold
 * a quarter at most, and the accounts of one organization half.
 */
export type Flow = {
  /**
   * Waits until there is room for so many octets, in the order of asking, and takes it. Gives up waiting for a client
   * that is gone. @throws AppError `unavailable` when there is none for long
   */
  take(holder: Holder, bytes: number, isGone: () => boolean): Promise<Room>;
  /** Takes room without waiting, for what is there anyway. */
  hold(holder: Holder, bytes: number): Room;
  readonly bytes: number;
};

/** For whom octets are held. */
export type Holder = { id: number; organizationId: number };

/** Octets that one request holds. */
export type Room = {
  /** How many it really are, without waiting. */
  resize(bytes: number): void;
  /** Lets go of all of them. */
  leave(): void;
};

type Waiter = { holder: Holder; bytes: number; admit(): void };

const PATIENCE_MS = 20_000;
const RETRY_SECONDS = 10;

/** The parts of all octets that one account, and one organization, may hold. */
const ACCOUNT_SHARE = 1 / 4;
const ORGANIZATION_SHARE = 1 / 2;

export function createFlow(maxBytes: number, patienceMs = PATIENCE_MS): Flow {
  const byAccount = new Map<number, number>();
  const byOrganization = new Map<number, number>();
  let total = 0;
  const queue: Waiter[] = [];

  const add = ({ id, organizationId }: Holder, bytes: number) => {
    total += bytes;
    addTo(byAccount, id, bytes);
    addTo(byOrganization, organizationId, bytes);
  };
  // What is larger than all there is gets its turn alone.
  const fits = (held: number, bytes: number, max: number) => held === 0 || held + bytes <= max;
  const fitsShares = ({ id, organizationId }: Holder, bytes: number) =>
    fits(byAccount.get(id) ?? 0, bytes, maxBytes * ACCOUNT_SHARE) &&
    fits(byOrganization.get(organizationId) ?? 0, bytes, maxBytes * ORGANIZATION_SHARE);
  /** Admits who fits, in order. An account that holds its share lets the others pass. */
  const admit = () => {
    const blocked = new Set<number>();
    for (let index = 0; index < queue.length; ) {
      const waiter = queue[index];
      if (waiter === undefined || !fits(total, waiter.bytes, maxBytes)) return;
      const { holder, bytes } = waiter;
      if (!blocked.has(holder.id) && fitsShares(holder, bytes)) {
        queue.splice(index, 1);
        waiter.admit();
      } else {
        blocked.add(holder.id);
        index++;
      }
    }
  };

  const hold = (holder: Holder, bytes: number): Room => {
    let held = bytes;
    let isOver = false;
    add(holder, held);
    const resize = (now: number) => {
      if (isOver || now === held) return;
      const change = now - held;
      held = now;
      add(holder, change);
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
    async take(holder, bytes, isGone) {
      if (queue.length === 0 && fits(total, bytes, maxBytes) && fitsShares(holder, bytes))
        return hold(holder, bytes);
      return await new Promise<Room>((resolve, reject) => {
        const refuse = (message: string) =>
          reject(new AppError('unavailable', { message, retryAfterSeconds: RETRY_SECONDS }));
        const timer = setTimeout(() => {
          queue.splice(queue.indexOf(waiter), 1);
          refuse('Too many requests are under way.');
          admit();
        }, patienceMs);
        const waiter: Waiter = {
          holder,
          bytes,
          admit() {
            clearTimeout(timer);
            if (isGone()) refuse('The client went away.');
            else resolve(hold(holder, bytes));
          },
        };
        queue.push(waiter);
        admit();
      });
    },
  };
}

function addTo(sums: Map<number, number>, key: number, bytes: number): void {
  const sum = (sums.get(key) ?? 0) + bytes;
  if (sum > 0) sums.set(key, sum);
  else sums.delete(key);
}
