import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const MAX_LINES = 400;

const SOURCES = ['contract', 'server', 'console/src', 'scripts', 'bench', 'test'].map(
  (tree) => `${tree}/**/*.{ts,tsx}`,
);
const LIMITED_TREES = /^(contract|server|console)\//;
const TEST = /\.(test|soak)\.tsx?$/;
const TESTED_HERE = /\.test\.tsx?$/;
/** As in .dependency-cruiser.mjs, which sees what they import but not which globals they use. */
const PURE = /^(server\/(access|protocols)\/|contract\/)|\.rules\.ts$/;

const MARKED_TEST = /\b(?:describe|suite|it|test|bench)(?:\.\w+)*\.(?:only|skip|todo|skipIf|runIf|fails)\b/;
const IMPURE_GLOBAL =
  /\b(?:Date\.now\(|new Date\(\)|performance\.|Math\.random\(|crypto\.|(?<!')process\.|console\.|fetch\(|set(?:Timeout|Interval|Immediate)\()/;
/** What may be done comes to the console as abilities: it compares nobody's role with the name of one. */
const CONSOLE = /^console\/src\//;
const ROLE =
  '(?:Administrator|(?:Operations|Accounts|Organization) Administrator|Super User|Community Leader|Standard User|Sharing User|App Developer|Read Only (?:User|Commenter)|Api User|Exchange Admin|Taxii User|User|Director|Editor|Contributor|Commenter|Subscriber|Banned)';
const ROLE_COMPARED = new RegExp(
  `(?:[!=]==\\s*|\\bcase |\\.(?:includes|has)\\()['"]${ROLE}['"]|['"]${ROLE}['"]\\s*[!=]==`,
);
const SUPPRESSION = /@ts-(?:expect-error|ignore|nocheck)|biome-ignore(?:-all|-start)?\s/;
const REASONED_SUPPRESSION =
  /@ts-expect-error\b\W*\w.{8,}|biome-ignore(?:-all|-start)?\s[^:]+:\s*(?!<)\w.{8,}/;

/**
 * What neither the linter nor the compiler nor the import rules see, as `file:line message`, over the sources in `root`:
 * files that have grown too long, tests that are marked not to count, test files that expect nothing, suppressions that give
 * no reason, a clock or randomness where only values may come in, and roles that the console decides by.
 */
export function findBreaches(root: string): { breaches: string[]; fileCount: number } {
  const files = globSync(SOURCES, { cwd: root }).sort();
  return {
    breaches: files.flatMap((file) => breachesOf(file, readFileSync(join(root, file), 'utf8'))),
    fileCount: files.length,
  };
}

function breachesOf(file: string, text: string): string[] {
  const breaches: string[] = [];
  const isTest = TEST.test(file);
  const lines = text.split('\n');

  const lineCount = text.endsWith('\n') ? lines.length - 1 : lines.length;
  if (!isTest && LIMITED_TREES.test(file) && lineCount > MAX_LINES) {
    breaches.push(`${file}:${lineCount} is longer than ${MAX_LINES} lines: it holds two things`);
  }
  if (TESTED_HERE.test(file) && !/\bexpect(?:\.\w+)*[(<]/.test(text)) {
    breaches.push(`${file}:1 expects nothing`);
  }
  for (const [index, line] of lines.entries()) {
    const at = `${file}:${index + 1}`;
    const code = line.replace(/^\s*(?:\/\/|\/?\*).*|\s\/\/ .*/, '');
    if (isTest && MARKED_TEST.test(code)) breaches.push(`${at} a test is focused, skipped or left to do`);
    if (!isTest && PURE.test(file) && IMPURE_GLOBAL.test(code)) {
      breaches.push(`${at} a clock, randomness or the process in a pure file: take the value as a parameter`);
    }
    if (CONSOLE.test(file) && ROLE_COMPARED.test(code)) {
      breaches.push(`${at} the console knows no role: ask an ability of the answer`);
    }
    if (SUPPRESSION.test(line) && !REASONED_SUPPRESSION.test(line)) {
      breaches.push(`${at} a suppression without its reason`);
    }
  }
  return breaches;
}
