import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable, Writable } from 'node:stream';
import { afterAll, afterEach, expect } from 'vitest';

const MASTER_KEY = Buffer.alloc(32, 7).toString('base64');

export type CommandOutput = { out: string; err: string };
type Result = CommandOutput & { code: number | null };

/** The command line as a person uses it, on data in a folder that is removed after the tests of the file. */
export type CommandLine = {
  folder: string;
  file(name: string): string;
  start(args: readonly string[], environment?: Record<string, string>): ChildProcess;
  /** Runs a command to its end. */
  taxiway(args: readonly string[], input?: string): Promise<Result>;
  /** What the command answers with --json. */
  answerOf(...args: string[]): Promise<Record<string, unknown>>;
};

/**
 * `inProcess`: commands run here, one after the other, and not in a process each, of which most is loading the program. For
 * what they do and say: how a process begins and ends, and what it reads and writes by number, is seen in others.
 */
export function openCommandLine({ inProcess = false } = {}): CommandLine {
  const folder = mkdtempSync(path.join(tmpdir(), 'taxiway-cli-'));
  const file = (name: string) => path.join(folder, name);
  const running = new Set<ChildProcess>();
  afterEach(() => {
    for (const child of running) child.kill('SIGKILL');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const start: CommandLine['start'] = (args, environment = {}) => {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('TAXIWAY_'));
    const child = spawn(process.execPath, ['server/main.ts', ...args], {
      env: {
        ...Object.fromEntries(inherited),
        // Loading the program is most of what a command costs: half of that from the second one on.
        NODE_COMPILE_CACHE: file('compiled'),
        TAXIWAY_DATA: file('data'),
        ...environment,
      },
    });
    running.add(child);
    // It may end without having read everything.
    child.stdin?.on('error', () => undefined);
    child.once('exit', () => running.delete(child));
    return child;
  };
  let turn: Promise<unknown> = Promise.resolve();
  const taxiway: CommandLine['taxiway'] = async (args, input = '') => {
    // PostgreSQL asks for a key.
    const environment = args.includes('--database-url') ? { TAXIWAY_MASTER_KEY: MASTER_KEY } : {};
    if (inProcess) {
      const run = () => runHere(args, { TAXIWAY_DATA: file('data'), ...environment }, input);
      const result = turn.then(run);
      turn = result.catch(() => undefined);
      return await result;
    }
    const child = start(args, environment);
    const output = outputOf(child);
    child.stdin?.end(input);
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, ...output };
  };
  return {
    folder,
    file,
    start,
    taxiway,
    async answerOf(...args) {
      const { code, out, err } = await taxiway([...args, '--json']);
      expect(err).toBe('');
      expect(code).toBe(0);
      return JSON.parse(out) as Record<string, unknown>;
    },
  };
}

/** Runs the command in this process, whose streams and settings are the command's until it ends. */
async function runHere(
  args: readonly string[],
  environment: Record<string, string>,
  input: string,
): Promise<Result> {
  const { runCli } = await import('../cli/program.ts');
  const output = { out: '', err: '' };
  const into = (name: keyof typeof output) =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        output[name] += chunk.toString();
        done();
      },
    });
  const kept = Object.getOwnPropertyDescriptors(process);
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('TAXIWAY_'));
  const replaced = {
    stdin: Readable.from(input === '' ? [] : [Buffer.from(input)]),
    stdout: into('out'),
    stderr: into('err'),
    env: { ...Object.fromEntries(inherited), ...environment },
  };
  for (const [name, value] of Object.entries(replaced))
    Object.defineProperty(process, name, { value, configurable: true });
  try {
    const code = await runCli(args);
    return { code, ...output };
  } finally {
    for (const name of Object.keys(replaced) as (keyof typeof replaced)[])
      Object.defineProperty(process, name, kept[name]);
  }
}

/** What the process has printed so far. */
export function outputOf(child: ChildProcess): CommandOutput {
  const output = { out: '', err: '' };
  child.stdout?.on('data', (chunk: Buffer) => {
    output.out += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    output.err += chunk.toString();
  });
  return output;
}

/** Waits until standard output matches. */
export async function until(output: CommandOutput, pattern: RegExp): Promise<RegExpExecArray> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; ) {
    const match = pattern.exec(output.out);
    if (match !== null) return match;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`not printed: ${pattern}\n${output.out}\n${output.err}`);
}
