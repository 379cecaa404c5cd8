import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findBreaches } from '../scripts/house-rules.ts';

async function breachesOf(file: string, text: string): Promise<string[]> {
  const root = await mkdtemp(join(tmpdir(), 'taxiway-house-rules-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  await mkdir(dirname(join(root, file)), { recursive: true });
  await writeFile(join(root, file), text);
  const { breaches, fileCount } = findBreaches(root);
  expect(fileCount).toBe(1);
  return breaches.map((breach) => breach.slice(0, breach.indexOf(' ')));
}

const EXPECTING = 'expect(1).toBe(1);\n';
const longFile = (lines: number) => '// line\n'.repeat(lines);
// Put together, so that this file does not break the rules itself.
const ignore = (rest: string) => `// ${'biome'}-ignore lint/suspicious/noConsole${rest}\n`;
const expectError = (rest: string) => `// ${'@ts'}-expect-error${rest}\n`;
const marked = (mark: string) => `it.${mark}('works', () => {});\n${EXPECTING}`;

describe('the house rules', () => {
  it.each([
    ['a file of 401 lines', 'server/long.ts', longFile(401), 401],
    ['a test file without an expectation', 'server/idle.test.ts', 'it();\n', 1],
    ['a focused test', 'contract/a.test.ts', marked('only'), 1],
    ['a skipped test', 'test/a.test.ts', marked('skip'), 1],
    ['a test that is left to do', 'server/a.test.ts', marked('todo'), 1],
    ['a test skipped on a condition', 'server/a.soak.ts', `it.${'skipIf'}(true)('works');\n`, 1],
    [
      'a marked table of tests',
      'server/a.test.ts',
      `it.concurrent.${'skip'}.each([])('x');\n${EXPECTING}`,
      1,
    ],
    ['a suppressed rule without its reason', 'server/a.ts', ignore(': <explanation>'), 1],
    ['a suppressed error without its reason', 'server/a.ts', expectError(''), 1],
    ['the clock in rules', 'server/features/a/a.rules.ts', 'export const at = Date.now();\n', 1],
    ['the current date in access', 'server/access/a.ts', 'export const at = new Date();\n', 1],
    ['a role that the console decides by', 'console/src/a.tsx', "const may = role === 'Super User';\n", 1],
    ['roles among which the console looks', 'console/src/a.tsx', "roles.includes('Administrator');\n", 1],
    ['randomness in a protocol', 'server/protocols/a.ts', '\nexport const id = crypto.randomUUID();\n', 2],
  ])('report %s', async (_what, file, text, line) => {
    expect(await breachesOf(file, text)).toEqual([`${file}:${line}`]);
  });

  it.each([
    ['a file of 400 lines', 'server/long.ts', longFile(400)],
    ['a long test file', 'server/long.test.ts', longFile(401) + EXPECTING],
    ['a test file that expects something', 'server/a.test.ts', EXPECTING],
    ['a suppressed rule with its reason', 'server/a.ts', ignore(': prints the usage before there is a log')],
    ['a suppressed error with its reason', 'server/a.ts', expectError(': the wrong type is what is tested')],
    ['a date made from a value', 'server/protocols/a.ts', 'export const f = (ms: number) => new Date(ms);\n'],
    ['a comment that speaks of the clock', 'server/access/a.ts', '// never Date.now()\nexport {};\n'],
    ['a role that the console shows', 'console/src/a.tsx', "const label = 'Super User';\n"],
    ['the clock in a service', 'server/features/a/a.service.ts', 'export const at = Date.now();\n'],
  ])('allow %s', async (_what, file, text) => {
    expect(await breachesOf(file, text)).toEqual([]);
  });
});
