import cluster, { type Worker } from 'node:cluster';
import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';
import { openData } from './context.ts';
import { type Address, listenOrClose, logStart, logStop } from './listening.ts';
import { type Failure, failureOf } from './output.ts';
import { limitStopping, stopSignal } from './stop-signal.ts';
import { createMetricsSum, type MetricsMessage, shareMetrics } from './worker-metrics.ts';

/** What a worker tells the process that started it. */
type WorkerMessage = { kind: 'listening'; address: Address } | { kind: 'failed'; failure: Failure };

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
/** A worker that lived so long has not failed for the reason for which the one before did. */
const SETTLED_MS = 60_000;

/**
 * Runs `config.workers` processes on one port. The data is brought up to date before any of them starts; one that
 * crashes is started again, later and later. Ends when the process is asked to stop and all workers have ended.
 * @throws AppError what kept a worker from listening
 */
export async function runWorkers(
  config: Config,
  announce: (address: Address, setupCode: string | undefined) => void,
): Promise<void> {
  const stop = stopSignal();
  const app = await openData(config, { setupCode: true });
  const { log, setupCode } = app;
  await app.close();

  const running = new Set<Worker>();
  const listening = new Set<Worker>();
  const sumMetrics = createMetricsSum(listening);
  const timers = new Set<NodeJS.Timeout>();
  let isStopping = false;
  let address: Address | undefined;
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });

  const start = (crashes: number): void => {
    const worker = cluster.fork();
    const startedAt = performance.now();
    running.add(worker);
    worker.on('message', (message: WorkerMessage | MetricsMessage) => {
      if (message.kind === 'metrics') {
        sumMetrics(worker, message);
      } else if (message.kind === 'listening') {
        listening.add(worker);
        // All of them: with fewer, the port could vanish with the first that crashes.
        if (address === undefined && listening.size === config.workers) {
          address = message.address;
          announce(address, setupCode);
          logStart(app, address);
        }
      } else if (message.kind === 'failed') {
        const { code, message: text, details } = message.failure;
        // Before anything listens it is the answer of the command, given once for all workers.
        if (address === undefined) fail(new AppError('unavailable', { ...details, message: text }));
        else log.error({ code, ...details }, text);
      }
    });
    worker.on('error', (error) => log.error({ err: error }, 'a worker could not be started or told to stop'));
    worker.on('exit', (code, signal) => {
      running.delete(worker);
      listening.delete(worker);
      if (isStopping) return;
      if (address === undefined) {
        fail(
          new AppError('unavailable', { message: `a worker ended before it listened (${signal ?? code})` }),
        );
        return;
      }
      const again = performance.now() - startedAt > SETTLED_MS ? 0 : crashes;
      const delayMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** again);
      log.error({ worker: worker.process.pid, code, signal, delayMs }, 'a worker ended; it is started again');
      const timer = setTimeout(() => {
        timers.delete(timer);
        start(again + 1);
      }, delayMs);
      timers.add(timer);
    });
  };

  for (let count = 0; count < config.workers; count++) start(0);
  try {
    await Promise.race([stop, failed]);
  } finally {
    isStopping = true;
    limitStopping();
    for (const timer of timers) clearTimeout(timer);
    const ended = [...running].map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
    for (const worker of running) worker.process.kill('SIGTERM');
    await Promise.all(ended);
    if (address !== undefined) logStop(app);
  }
}

/** One of the processes behind the port. Ends when asked to, or when the process that started it is gone. */
export async function serveAsWorker(config: Config): Promise<void> {
  const orphaned = new Promise<void>((resolve) => process.once('disconnect', resolve));
  const stop = stopSignal();
  try {
    const metrics = shareMetrics();
    const app = await openData(config);
    const server = await listenOrClose(app, { metricsOfAll: metrics.ofAll });
    metrics.tell(server.figures);
    tell({ kind: 'listening', address: { url: server.url, listening: server.listening } });
    await Promise.race([stop, orphaned]);
    limitStopping();
    await server.close();
    await app.close();
  } catch (error) {
    // The process that started us prints it, once for all workers.
    await new Promise<void>((resolve) => tell({ kind: 'failed', failure: failureOf(error) }, resolve));
    process.exit(1);
  }
  // The channel to the process that started us would keep this one running.
  if (process.connected) process.disconnect();
}

function tell(message: WorkerMessage, done: () => void = () => undefined): void {
  if (process.send === undefined || !process.connected) done();
  else process.send(message, undefined, undefined, done);
}
