import { AppError } from './errors.ts';

/** Runs `work` when the lane `key` has room and nothing of the same name is under way in it. */
export type Lanes = <T>(key: string, name: string, work: () => Promise<T>) => Promise<T>;

type Lane = { running: Set<string>; waiting: { name: string; start: () => void }[] };

/**
 * Lanes of at most `width` works at a time, where at most `maxWaiting` wait: who comes with many attempts at once waits
 * for himself, and others share the cores with a few of them only. Works of one name take turns, so that each sees what
 * the one before has counted or remembered.
 */
export function createLanes(width: number, maxWaiting: number): Lanes {
  const lanes = new Map<string, Lane>();

  const startNext = (lane: Lane): void => {
    while (lane.running.size < width) {
      const index = lane.waiting.findIndex(({ name }) => !lane.running.has(name));
      const [next] = index < 0 ? [] : lane.waiting.splice(index, 1);
      if (next === undefined) return;
      lane.running.add(next.name);
      next.start();
    }
  };

  return async (key, name, work) => {
    let lane = lanes.get(key);
    if (lane === undefined) {
      lane = { running: new Set(), waiting: [] };
      lanes.set(key, lane);
    }
    const { running, waiting } = lane;
    if (running.size < width && !running.has(name)) {
      running.add(name);
    } else {
      if (waiting.length >= maxWaiting) throw new AppError('throttled', { retryAfterSeconds: 1 });
      await new Promise<void>((start) => waiting.push({ name, start }));
    }
    try {
      return await work();
    } finally {
      running.delete(name);
      startNext(lane);
      if (running.size === 0) lanes.delete(key);
    }
  };
}
