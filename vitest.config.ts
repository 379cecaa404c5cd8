import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

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
    watch: false,
    allowOnly: false,
    passWithNoTests: false,
    reporters: [['default', { summary: false }], './scripts/stall-reporter.ts'],
  },
});
