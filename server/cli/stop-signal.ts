/** How long a stopping process may take before it is ended, whatever it is doing. */
const HARD_EXIT_MS = 9500;

/** Resolves when the process is asked to stop. Asked twice from the keyboard, it ends at once. */
export function stopSignal(signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM']): Promise<void> {
  return new Promise((resolve) => {
    let interrupts = 0;
    for (const signal of signals) {
      process.on(signal, () => {
        if (signal === 'SIGINT' && ++interrupts > 1) process.exit(1);
        resolve();
      });
    }
  });
}

/** Ends the process when stopping takes too long. */
export function limitStopping(): void {
  setTimeout(() => process.exit(1), HARD_EXIT_MS).unref();
}
