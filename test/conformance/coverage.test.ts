import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { namesIn, readTitles } from './titles.ts';

const ITEMS = 194;

/** What no test from outside can show, and where it is dealt with instead. */
const UNTESTABLE: ReadonlyMap<number, string> = new Map([
  [11, 'the DNS SRV name is an entry in the operator’s DNS, not an answer of the server'],
]);

const { titles, odd } = readTitles();
const named = new Set(titles.flatMap(namesIn));
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('the conformance suite', () => {
  it('names in every title what it shows', () => {
    expect(odd).toEqual([]);
    expect(titles.length).toBeGreaterThan(200);
  });

  it('has a test for every item of the checklist, or a reason why there is none', () => {
    const missing = range(1, ITEMS).filter((item) => !named.has(String(item)) && !UNTESTABLE.has(item));
    expect(missing).toEqual([]);
    expect([...UNTESTABLE.keys()].filter((item) => named.has(String(item)))).toEqual([]);
  });

  it.each([
    ['E', 11],
    ['R', 20],
    ['C', 23],
    ['S', 28],
  ] as const)('has a test for each of %s1 to %s%i', (letter, count) => {
    expect(range(1, count).filter((number) => !named.has(`${letter}${number}`))).toEqual([]);
  });

  it('names no item that does not exist', () => {
    const unknown = [...named].filter(
      (name) => /^\d+$/.test(name) && (Number(name) < 1 || Number(name) > ITEMS),
    );
    expect(unknown).toEqual([]);
  });
});

describe('docs/CONFORMANCE.md', () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/CONFORMANCE.md'), 'utf8');
  const rows = text.split('\n').filter((line) => /^\| \d+ \| [MSmIA] \|/.test(line));

  it('has a row for every item, in order', () => {
    expect(rows.map((row) => Number(row.split('|')[1]))).toEqual(range(1, ITEMS));
  });

  it('refers to tests that exist', () => {
    const known = new Set(titles.map(({ file, prefix }) => `${file} › ${prefix}`));
    const references = [...text.matchAll(/`([a-z0-9-]+ › [^`]+)`/g)].map(([, reference]) => reference ?? '');
    expect(references.length).toBeGreaterThan(ITEMS);
    expect(references.filter((reference) => !known.has(reference))).toEqual([]);
  });

  it('shows beside each item tests that name it', () => {
    for (const row of rows) {
      const item = row.split('|')[1]?.trim() ?? '';
      const references = [...row.matchAll(/`[a-z0-9-]+ › ([^`]+)`/g)].map(([, prefix]) => prefix ?? '');
      if (UNTESTABLE.has(Number(item))) continue;
      expect(references.length, row).toBeGreaterThan(0);
      for (const prefix of references) expect(namesIn({ file: '', prefix }), row).toContain(item);
    }
  });
});
