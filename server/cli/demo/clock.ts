import type { Micros } from '../../protocols/timestamp.ts';

export const DAY: Micros = 86_400_000_000;

/** A clock that can be set back, and goes on from there. */
export type DemoClock = {
  /** When the demo was started. */
  readonly present: Micros;
  now(): Micros;
  /** Sets it so many days before the present; it never goes back again. */
  goTo(daysAgo: number): void;
  /** It shows the present from then on. */
  release(): void;
};

export function createDemoClock(): DemoClock {
  const wall = () => Date.now() * 1000;
  const present = wall();
  let offset = 0;
  let last = 0;
  const now = (): Micros => {
    last = Math.max(last, wall() + offset);
    return last;
  };
  return {
    present,
    now,
    goTo(daysAgo) {
      offset = present - Math.round(daysAgo * DAY) - wall();
    },
    release() {
      offset = 0;
    },
  };
}

/** Something that happened so many days ago. */
export type Step = { daysAgo: number; do(): Promise<unknown> };

/** Lets it happen again, in its order, each at its instant, unless it is stopped. */
export async function relive(
  clock: DemoClock,
  steps: readonly Step[],
  isStopped: () => boolean,
): Promise<void> {
  for (const step of steps.toSorted((a, b) => b.daysAgo - a.daysAgo)) {
    if (isStopped()) return;
    clock.goTo(step.daysAgo);
    await step.do();
  }
}
