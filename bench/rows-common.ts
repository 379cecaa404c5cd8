import type { Helper, ServerProcess } from './children.ts';
import type { Instance } from './instances.ts';
import type { Job, Load } from './load.ts';
import { median, type Result } from './report.ts';

export type Engine = 'sqlite' | 'postgres';

/** What every row of the table works with. */
export type Bench = {
  engine: Engine;
  /** For whatever this engine's rows keep on disk. */
  folder: string;
  load: Helper<Job, Load>;
  quick: boolean;
  objects: number;
  smallObjects: number;
  /** An empty PostgreSQL database; undefined on SQLite. */
  createDatabase(): Promise<string | undefined>;
  say(line: string): void;
  report(result: Omit<Result, 'engine'>): void;
};

/** The instances, and the server that most rows measure. */
export type Prepared = {
  large: Instance;
  small: Instance;
  /** The server of the large instance. */
  server(): Promise<ServerProcess>;
  stopServer(): Promise<void>;
  stop(): Promise<void>;
};

export const CONNECTIONS = 16;
/** Target of a row, on SQLite only: on PostgreSQL the figures are reported. */
export function targetOn<T>(engine: Engine, target: T): { target?: T } {
  return engine === 'sqlite' ? { target } : {};
}

/**
 * Runs the subjects in turns, A B A B …, so that whatever else the machine does falls on all of them. The first round
 * warms up and does not count. Returns what each gave, round by round.
 */
export async function inTurns(
  rounds: number,
  subjects: readonly ((round: number) => Promise<number>)[],
): Promise<number[][]> {
  const taken: number[][] = subjects.map(() => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, subject] of subjects.entries()) {
      const value = await subject(round);
      if (round > 0) taken[index]?.push(value);
    }
  }
  return taken;
}

/** The median of the ratios within each round. */
export function medianRatio(above: readonly number[], below: readonly number[]): number {
  return median(above.map((value, index) => value / (below[index] ?? Number.NaN)));
}

export function perSecond(load: { requests: number; ms: number }): number {
  return (load.requests / load.ms) * 1000;
}
