import { defineConfig } from 'vitest/config';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Runs for hours, one file after the other; each file bounds its own length. */
export default defineConfig({
  test: {
    include: ['**/*.soak.ts'],
    exclude: ['**/node_modules/**'],
    globalSetup: ['server/testing/global-setup.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: DAY_MS,
    hookTimeout: 5 * 60 * 1000,
    watch: false,
    allowOnly: false,
    passWithNoTests: false,
    reporters: [['default', { summary: false }]],
  },
});
