import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The processes that a benchmark is made of. All of them end with it. */

const HERE = path.dirname(fileURLToPath(import.meta.url));
const MAIN = path.join(HERE, '..', 'server', 'main.ts');
/** As the launcher starts the command. */
const FLAGS: Record<string, string[]> = { 'importer.ts': ['--max-semi-space-size=4'] };
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A program of this folder that answers questions, one at a time. */
export type Helper<Question, Answer> = {
  ask(question: Question): Promise<Answer>;
  stop(): Promise<void>;
};

type Envelope<T> = { answer: T } | { error: string };

/** Starts a program of this folder, which must call `answerParent`. */
export function startHelper<Question, Answer>(
  file: 'load.ts' | 'bare.ts' | 'importer.ts' | 'without-credentials.ts',
  environment: Record<string, string> = {},
): Helper<Question, Answer> {
  const child = fork(path.join(HERE, file), {
    env: { ...cleanEnvironment(), ...environment },
    execArgv: ['--disable-warning=ExperimentalWarning', ...(FLAGS[file] ?? []), ...profiling()],
    serialization: 'advanced',
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return {
    ask: (question) =>
      new Promise((resolve, reject) => {
        const ended = (code: number | null) => reject(new Error(`${file} ended (${code})`));
        child.once('exit', ended);
        child.once('message', (envelope: Envelope<Answer>) => {
          child.off('exit', ended);
          if ('error' in envelope) reject(new Error(`${file}: ${envelope.error}`));
          else resolve(envelope.answer);
        });
        child.send(question as object);
      }),
    stop: () => end(child),
  };
}

/** In a helper: answers each question of the benchmark. */
export function answerParent<Question, Answer>(answer: (question: Question) => Promise<Answer>): void {
  process.on('message', (question: Question) => {
    answer(question).then(
      (value) => process.send?.({ answer: value }),
      (error: unknown) =>
        process.send?.({ error: error instanceof Error ? (error.stack ?? '') : String(error) }),
    );
  });
  process.once('disconnect', () => process.exit(0));
}

export type ServerProcess = {
  pid: number | undefined;
  port: number;
  /** Resident memory of the process, in octets. */
  residentBytes(): number;
  stop(): Promise<void>;
};

/** `taxiway serve` with the settings, as an operator runs it: access log on, into a file. */
export async function startTaxiway(
  settings: Record<string, string>,
  logFile: string,
): Promise<ServerProcess> {
  const log = openSync(logFile, 'a');
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', ...profiling(), MAIN, '--json', 'serve', '--port', '0'],
    { env: { ...cleanEnvironment(), ...settings }, stdio: ['ignore', 'pipe', log] },
  );
  closeSync(log);
  running.add(child);
  child.once('exit', () => running.delete(child));
  const { stdout } = child;
  if (stdout === null) throw new Error('the server has no standard output');
  let printed = '';
  for await (const chunk of stdout.iterator({ destroyOnReturn: false })) {
    printed += String(chunk);
    const url = /"url": *"http:\/\/[^"]*:(\d+)\//.exec(printed)?.[1];
    if (url === undefined) continue;
    stdout.resume();
    return {
      port: Number(url),
      pid: child.pid,
      residentBytes: () =>
        1024 * Number(execFileSync('ps', ['-o', 'rss=', '-p', String(child.pid)], { encoding: 'utf8' })),
      stop: () => end(child),
    };
  }
  throw new Error(`the server did not start: ${printed}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  if (child.connected) child.disconnect();
  else child.kill('SIGTERM');
  await ended;
}

/** TAXIWAY_… variables of the caller must not change what is measured. */
function cleanEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TAXIWAY_')));
}

/** With BENCH_PROFILE, every process writes a profile of the processor's time into that folder. */
function profiling(): string[] {
  const folder = process.env.BENCH_PROFILE;
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`];
}
