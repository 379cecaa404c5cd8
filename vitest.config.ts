import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take long begin first, so that no processor is idle at the end while one of them runs; those with a browser take
 * turns with the others, so that not all want the processor at once.
 */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const of = (folders: RegExp) => sorted.filter(({ moduleId }) => folders.test(moduleId));
    const browsers = of(/\/test\/e2e\//);
    const processes = of(/\/test\/(rights|faults)\/|\/server\/cli\//);
    const turns = Array.from({ length: Math.max(browsers.length, processes.length) }, (_, index) => [
      ...browsers.slice(index, index + 1),
      ...processes.slice(index, index + 1),
    ]);
    return [...new Set([...turns.flat(), ...sorted])];
  }
}

export default defineConfig({
  test: {
    include: [
      'contract/**/*.test.ts',
      'server/**/*.test.ts',
      'console/src/**/*.test.ts',
      'test/**/*.test.ts',
    ],
    globalSetup: ['server/testing/global-setup.ts'],
    // Processes of their own: tests change the environment, listen, and send signals. One more than there are processors,
    // for many wait: for a page, a process, a clock. PostgreSQL has 200 connections for all of them.
    pool: 'forks',
    maxWorkers: Math.min(8, Math.max(3, availableParallelism() + 1)),
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
    sequence: { sequencer: LongFirst },
    watch: false,
    allowOnly: false,
    passWithNoTests: false,
    reporters: [['default', { summary: false }], './scripts/stall-reporter.ts'],
  },
});
