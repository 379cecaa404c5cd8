/** What `npm test` runs: every check, all of them even when one fails. `npm test -- --only server/db` narrows the tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parseArgs } from 'node:util';
import { findBreaches } from './house-rules.ts';

const root = join(import.meta.dirname, '..');
const { FORCE_COLOR: _, ...environment } = process.env;
const env = {
  ...environment,
  PATH: [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
  NO_COLOR: '1',
};

type Outcome = { ok: boolean; summary: string; output: string };
type Check = { name: string; run: () => Promise<Outcome> };
type TestCounts = { passed: number; failed: number; skipped: number };

const checks: Check[] = [
  {
    // First, because it takes longest.
    name: 'types',
    run: () => tool(['tsc', '-p', '.'], () => 'no type errors'),
  },
  { name: 'console types', run: () => tool(['tsc', '-p', 'console'], () => 'no type errors') },
  { name: 'end-to-end types', run: () => tool(['tsc', '-p', 'test/e2e'], () => 'no type errors') },
  // Here, so that no test waits for it.
  { name: 'console build', run: () => tool(['node', 'scripts/build-console.ts'], () => 'console/dist') },
  {
    name: 'format and lint',
    run: () =>
      tool(['biome', 'ci', '--colors=off', '--error-on-warnings', '--max-diagnostics=100', '.'], (output) =>
        lineWith(output, /^Checked \d+ files/),
      ),
  },
  {
    name: 'import rules',
    run: async () => {
      const outcome = await tool(
        ['depcruise', '--config', '.dependency-cruiser.mjs', '--output-type', 'err-long', ...cruised()],
        (output) => lineWith(output, /modules/).replace(/^\W+/, ''),
      );
      // A cruiser without a compiler that it understands finds no modules, and is content.
      const moduleCount = Number(/\((\d+) modules/.exec(outcome.output)?.[1] ?? 0);
      return outcome.ok && moduleCount === 0 ? { ...outcome, ok: false, summary: 'saw no modules' } : outcome;
    },
  },
  { name: 'unused code', run: () => tool(['knip', '--no-progress'], () => 'nothing unused') },
  {
    name: 'house rules',
    run: () => {
      const { breaches, fileCount } = findBreaches(root);
      const summary = breaches.length === 0 ? `${fileCount} files` : `${breaches.length} breaches`;
      return Promise.resolve({
        ok: breaches.length === 0 && fileCount > 0,
        summary,
        output: breaches.join('\n'),
      });
    },
  },
];

const children = new Set<ChildProcess>();

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { only: { type: 'string' } },
    allowPositionals: true,
  });
  const only = values.only === undefined ? [] : [values.only, ...positionals];
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      for (const child of children) killGroup(child);
      process.exit(1);
    });
  }

  const failedChecks = await runChecks();
  let counts: TestCounts = { passed: 0, failed: 0, skipped: 0 };
  const isFine = await report('tests', async () => {
    const { outcome, ...rest } = await runTests(only);
    counts = rest;
    return outcome;
  });
  if (!isFine) failedChecks.push('tests');

  print(failedChecks.length === 0 ? '\nall checks passed' : `\nFAILED: ${failedChecks.join(', ')}`);
  process.exitCode = failedChecks.length === 0 ? 0 : 1;
  // Read by machines: the last line, in exactly this form.
  print(`${counts.passed} passed, ${counts.failed} failed`);
}

/** Two at a time; the names of those that failed. */
async function runChecks(): Promise<string[]> {
  const failed: string[] = [];
  const waiting = [...checks];
  const worker = async () => {
    for (let check = waiting.shift(); check; check = waiting.shift()) {
      if (!(await report(check.name, check.run))) failed.push(check.name);
    }
  };
  await Promise.all([worker(), worker()]);
  return failed;
}

/** Runs a check and prints its line, with everything it had to say if it failed. */
async function report(name: string, run: () => Promise<Outcome>): Promise<boolean> {
  const startedAt = performance.now();
  const { ok, summary, output } = await run();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  print(`${ok ? 'ok  ' : 'FAIL'} ${name.padEnd(16)} ${seconds.padStart(6)} s  ${summary}`);
  if (!ok) print(`${output.trimEnd()}\n`);
  return ok;
}

async function tool(command: string[], summarize: (output: string) => string): Promise<Outcome> {
  const { exitCode, output } = await execute(command);
  const ok = exitCode === 0;
  return { ok, summary: ok ? summarize(output) : `exit code ${exitCode}`, output };
}

/** The trees that exist: the cruiser takes a missing one for an error. */
function cruised(): string[] {
  return ['contract', 'server', 'console/src', 'bench', 'scripts', 'test'].filter((tree) =>
    existsSync(join(root, tree)),
  );
}

type VitestResult = {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: { status: string; assertionResults: { status: string }[] }[];
};

async function runTests(only: string[]): Promise<TestCounts & { outcome: Outcome }> {
  const folder = mkdtempSync(join(tmpdir(), 'taxiway-check-'));
  const resultPath = join(folder, 'result.json');
  try {
    const reporters = ['--reporter=default', '--reporter=./scripts/stall-reporter.ts', '--reporter=json'];
    const { exitCode, output } = await execute([
      'vitest',
      'run',
      ...reporters,
      `--outputFile.json=${resultPath}`,
      ...only,
    ]);
    const counts = countTests(resultPath);
    // An error outside of every test, which the result does not show.
    if (exitCode !== 0 && counts.failed === 0) counts.failed = 1;
    const complaints = [
      ...(counts.failed > 0 ? [`${counts.failed} failed`] : []),
      ...(counts.skipped > 0 ? [`${counts.skipped} skipped or left to do`] : []),
      ...(counts.passed === 0 ? ['no test has passed'] : []),
      ...(exitCode !== 0 ? [`exit code ${exitCode}`] : []),
    ];
    const ok = complaints.length === 0;
    const summary = ok ? `${counts.passed} passed` : complaints.join(', ');
    return { ...counts, outcome: { ok, summary, output } };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A file that does not load has no failed test, but counts as one. */
function countTests(resultPath: string): TestCounts {
  let result: VitestResult;
  try {
    result = JSON.parse(readFileSync(resultPath, 'utf8')) as VitestResult;
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const brokenFiles = result.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
  );
  return {
    passed: result.numPassedTests,
    failed: result.numFailedTests + brokenFiles.length,
    skipped: result.numPendingTests + result.numTodoTests,
  };
}

async function execute(command: string[]): Promise<{ exitCode: number; output: string }> {
  const [program = '', ...args] = command;
  // A process group of its own, so that nothing that it started outlives it.
  const child = spawn(program, args, { cwd: root, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => killGroup(child));
    child.once('close', (code) => resolve(code ?? 1));
  });
  children.delete(child);
  return { exitCode, output: Buffer.concat(chunks).toString('utf8') };
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nothing is left of it.
  }
}

function lineWith(output: string, pattern: RegExp): string {
  return output.split('\n').find((line) => pattern.test(line)) ?? '';
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
