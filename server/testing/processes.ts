import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Config } from '../config.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const START_MS = 30_000;
const SCRIPT_MS = 300_000;

export type Ended = { code: number | null; signal: NodeJS.Signals | null };

/** A process of its own: what tests of crashes, and of what holds between processes, are made of. */
export type RunningProcess = {
  readonly pid: number;
  readonly child: ChildProcess;
  /** What it has written so far. */
  stdout(): string;
  stderr(): string;
  /** Resolves when it has ended and everything it wrote has been read. */
  readonly ended: Promise<Ended>;
  /** Sends the signal, SIGKILL unless told, and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<Ended>;
};

export type ServerProcess = RunningProcess & { readonly url: string; readonly port: number };

const running = new Set<ChildProcess>();
let isGuarded = false;

/** Starts Node.js with the arguments. It does not outlive this process, unless this one is killed. */
function startProcess(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  /** A command that ends by running its arguments: a limit, a namespace. */
  wrapper: readonly string[] = [],
): RunningProcess {
  if (!isGuarded) {
    isGuarded = true;
    process.once('exit', () => {
      for (const child of running) child.kill('SIGKILL');
    });
  }
  const [program = '', ...rest] = [
    ...wrapper,
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    ...args,
  ];
  const child = spawn(program, rest, {
    env: { ...inherited(), ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  running.add(child);
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      written[name] += text;
    });
  }
  // Whoever writes to a process that ends meanwhile learns of it through `ended`.
  child.stdin.on('error', () => undefined);
  const ended = new Promise<Ended>((resolve) => {
    child.once('error', (error) => {
      written.stderr += String(error);
    });
    child.once('close', (code, signal) => {
      running.delete(child);
      resolve({ code, signal });
    });
  });
  return {
    pid: child.pid ?? 0,
    child,
    stdout: () => written.stdout,
    stderr: () => written.stderr,
    ended,
    async end(signal = 'SIGKILL') {
      child.kill(signal);
      return await ended;
    },
  };
}

/** Runs the command line of the product; everything of the configuration travels in the environment. */
export function startCommand(
  config: Config,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  wrapper: readonly string[] = [],
): RunningProcess {
  return startProcess([MAIN, ...args], { ...environmentOf(config), ...environment }, wrapper);
}

/** Starts `taxiway serve` and waits until it listens. */
export async function startServerProcess(
  config: Config,
  options: { port?: number; environment?: Record<string, string>; wrapper?: readonly string[] } = {},
): Promise<ServerProcess> {
  const { port = 0, environment = {}, wrapper = [] } = options;
  const started = startCommand(config, ['serve', '--json', '--port', String(port)], environment, wrapper);
  const url = await new Promise<string>((resolve, reject) => {
    const fail = (reason: string) => {
      started.child.kill('SIGKILL');
      reject(new Error(`The server ${reason}:\n${started.stdout()}${started.stderr()}`));
    };
    const timer = setTimeout(() => fail('did not start in time'), START_MS);
    started.child.stdout?.on('data', () => {
      const found = /"url":\s*"([^"]+?)\/?"/.exec(started.stdout())?.[1];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    });
    void started.ended.then(({ code, signal }) => {
      clearTimeout(timer);
      fail(`ended before it listened (${signal ?? code})`);
    });
  });
  return { ...started, url, port: Number(new URL(url).port) };
}

/** Starts a script that runs until its standard input ends; `input` is its first argument, as JSON. See `scriptResult`. */
export function startScript(
  script: URL,
  input: unknown,
  environment: Readonly<Record<string, string>> = {},
): RunningProcess {
  return startProcess([fileURLToPath(script), JSON.stringify(input)], environment);
}

/** Ends the standard input of a script, waits for its end, and returns the JSON document that it printed last. */
export async function scriptResult<T>(script: RunningProcess): Promise<T> {
  script.child.stdin?.end();
  const timer = setTimeout(() => script.child.kill('SIGKILL'), SCRIPT_MS);
  const { code, signal } = await script.ended;
  clearTimeout(timer);
  if (code !== 0) throw new Error(`The script ended with ${signal ?? code}:\n${script.stderr()}`);
  return JSON.parse(script.stdout().trimEnd().split('\n').at(-1) ?? '') as T;
}

/** The variables that give another process the configuration. */
export function environmentOf(config: Config): Record<string, string> {
  return {
    TAXIWAY_DATA: config.dataFolder,
    TAXIWAY_LOG_LEVEL: config.logLevel,
    TAXIWAY_MAX_BYTES_IN_FLIGHT: String(config.maxBytesInFlight),
    ...(config.databaseUrl === undefined ? {} : { TAXIWAY_DATABASE_URL: config.databaseUrl }),
    ...(config.masterKeys === undefined ? {} : { TAXIWAY_MASTER_KEY: config.masterKeys }),
  };
}

/** A port of 127.0.0.1 that was free a moment ago, for a server that must come back on the same one. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no TCP port');
  return address.port;
}

/** Our own settings and Vitest's must not leak in. */
function inherited(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined && !/^(TAXIWAY_|VITEST|NODE_ENV|NODE_OPTIONS|NODE_CHANNEL)/.test(entry[0]),
    ),
  );
}
