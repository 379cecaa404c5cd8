import type { Worker } from 'node:cluster';
import { type Figures, renderSum } from '../http/metrics.ts';

/**
 * Prometheus reaches one of the workers, and is to be told of all. That one asks the process that started it (`wanted`),
 * which asks every worker (`asked`), sums what they answer (`figures`) and hands the sum back (`sum`).
 */
export type MetricsMessage =
  | { kind: 'metrics'; step: 'wanted'; id: number }
  | { kind: 'metrics'; step: 'asked'; round: number }
  | { kind: 'metrics'; step: 'figures'; round: number; figures: Figures }
  | { kind: 'metrics'; step: 'sum'; id: number; text: string };

/** After so long without a sum a worker tells of itself alone. */
const WAIT_MS = 1000;

const isOfMetrics = (message: unknown): message is MetricsMessage =>
  Reflect.get(Object(message), 'kind') === 'metrics';

/** The part of the process that started the workers: hand it every message of theirs. */
export function createMetricsSum(workers: ReadonlySet<Worker>): (from: Worker, message: unknown) => void {
  type Round = { asker: Worker; id: number; figures: Figures[]; missing: Set<Worker> };
  const rounds = new Map<number, Round>();
  let lastRound = 0;
  const send = (to: Worker, message: MetricsMessage): void => {
    // A worker that ends meanwhile is no reason to fail: whoever waits gives up in time.
    if (to.isConnected()) to.send(message, () => undefined);
  };
  return (from, message) => {
    if (!isOfMetrics(message)) return;
    if (message.step === 'wanted') {
      const round = ++lastRound;
      rounds.set(round, { asker: from, id: message.id, figures: [], missing: new Set(workers) });
      setTimeout(() => rounds.delete(round), WAIT_MS).unref();
      for (const worker of workers) send(worker, { kind: 'metrics', step: 'asked', round });
    } else if (message.step === 'figures') {
      const round = rounds.get(message.round);
      if (round === undefined || !round.missing.delete(from)) return;
      round.figures.push(message.figures);
      if (round.missing.size > 0) return;
      rounds.delete(message.round);
      const { asker, id } = round;
      void renderSum(round.figures).then((text) => send(asker, { kind: 'metrics', step: 'sum', id, text }));
    }
  };
}

export type SharedMetrics = {
  /** The sum over all workers; undefined when it did not come in time. */
  ofAll(): Promise<string | undefined>;
  /** From now on this worker tells its figures when it is asked. */
  tell(figures: () => Promise<Figures>): void;
};

/** The part of a worker. */
export function shareMetrics(): SharedMetrics {
  const waiting = new Map<number, (text: string) => void>();
  let lastId = 0;
  let own: (() => Promise<Figures>) | undefined;
  const send = (message: MetricsMessage): void => {
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
  };
  process.on('message', (message: unknown) => {
    if (!isOfMetrics(message)) return;
    if (message.step === 'asked') {
      const { round } = message;
      void own?.().then((figures) => send({ kind: 'metrics', step: 'figures', round, figures }));
    } else if (message.step === 'sum') {
      waiting.get(message.id)?.(message.text);
    }
  });
  return {
    async ofAll() {
      const id = ++lastId;
      return await new Promise((resolve) => {
        const end = (text?: string) => {
          clearTimeout(timer);
          waiting.delete(id);
          resolve(text);
        };
        const timer = setTimeout(end, WAIT_MS);
        waiting.set(id, end);
        send({ kind: 'metrics', step: 'wanted', id });
      });
    },
    tell(figures) {
      own = figures;
    },
  };
}
