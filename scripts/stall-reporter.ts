import type { Reporter, TestModule } from 'vitest/node';

const STALL_TIMEOUT_MS = 5 * 60 * 1000;

/**
 * Ends a run in which nothing has happened for five minutes, and names the files that were running. Vitest's own timeouts
 * do not fire in a worker whose event loop is blocked by an endless loop: such a run would never end.
 */
// biome-ignore lint/style/noDefaultExport: Vitest loads a reporter by its path and takes the default export
export default class StallReporter implements Reporter {
  readonly #running = new Set<TestModule>();
  #watchdog: NodeJS.Timeout | undefined;

  onTestRunStart(): void {
    this.#progress();
  }

  onTestModuleStart(module: TestModule): void {
    this.#running.add(module);
    this.#progress();
  }

  onTestCaseResult(): void {
    this.#progress();
  }

  onTestModuleEnd(module: TestModule): void {
    this.#running.delete(module);
    this.#progress();
  }

  onTestRunEnd(): void {
    clearTimeout(this.#watchdog);
  }

  #progress(): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => {
      const names = [...this.#running].map((module) => `  ${module.moduleId}\n`).join('');
      process.stderr.write(
        `no test has ended for ${STALL_TIMEOUT_MS / 60_000} minutes; still running:\n${names}`,
      );
      process.exit(1);
    }, STALL_TIMEOUT_MS);
  }
}
