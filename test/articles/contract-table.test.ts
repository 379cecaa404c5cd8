import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const TITLE = /(?<![\w.])it\(\s*(['"`])((?:(?!\1)[^\\]|\\.)*)\1/g;
/** Why a sentence has no test here, or not for all of it. */
const ELSEWHERE = /^(?:with the console|later: [a-z/ 0-9]+)$/;

/** The titles of the tests in a file. */
function titlesOf(path: string): string[] {
  return [...readFileSync(join(ROOT, path), 'utf8').matchAll(TITLE)].map(([, , title = '']) =>
    title.replaceAll("\\'", "'"),
  );
}

const files = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.test.ts') && name !== 'contract-table.test.ts')
  .map((name) => name.replace('.test.ts', ''));
const titles = new Map(files.map((file) => [file, titlesOf(`test/articles/${file}.test.ts`)]));

type Row = { sentence: string; files: string[]; others: string[]; marks: string[]; why: string };

/** The rows of the tables, in their order: sentence, where it is proven, why. */
const rows: Row[] = readFileSync(join(ROOT, 'docs/CONTRACT.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| "') || line.startsWith('| …'))
  .map((line) => {
    const [sentence = '', proof = '', why = ''] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    const references = [...proof.matchAll(/`([^`]+)`/g)].map(([, reference = '']) => reference);
    const marks = proof
      .replaceAll(/`[^`]+`/g, '')
      .split(/[,;]/)
      .map((mark) => mark.trim())
      .filter((mark) => mark !== '');
    return {
      sentence,
      files: references.filter((reference) => !reference.includes(' › ')),
      others: references.filter((reference) => reference.includes(' › ')),
      marks,
      why,
    };
  });

describe('docs/CONTRACT.md', () => {
  it('has a row for every test of the articles', () => {
    const missing = files.flatMap((file) =>
      (titles.get(file) ?? [])
        .filter((title) => !rows.some((row) => row.sentence === title && row.files.includes(file)))
        .map((title) => `${file}: ${title}`),
    );
    expect(missing).toEqual([]);
  });

  it('names only tests that exist', () => {
    const unknown = rows.flatMap(({ sentence, files: named, others }) => [
      ...named
        .filter((file) => titles.get(file)?.includes(sentence) !== true)
        .map((file) => `${file}: ${sentence}`),
      ...others.filter((reference) => {
        const [path = '', title = ''] = reference.split(' › ');
        return !titlesOf(path).includes(title);
      }),
    ]);
    expect(unknown).toEqual([]);
  });

  it('says of every sentence where it is proven, or why it is not yet', () => {
    for (const { sentence, files: named, others, marks, why } of rows) {
      expect(named.length + others.length + marks.length, sentence).toBeGreaterThan(0);
      for (const mark of marks) expect(mark, sentence).toMatch(ELSEWHERE);
      expect(why, sentence).not.toBe('');
    }
    expect(rows.length).toBeGreaterThan(100);
  });

  it('has each sentence of an article once', () => {
    const seen = rows.map(({ sentence }) => sentence);
    expect(seen.filter((sentence, index) => seen.indexOf(sentence) !== index)).toEqual([]);
  });
});

describe('the tests of the articles', () => {
  it('quote in every title the rule that they prove', () => {
    for (const [file, found] of titles) {
      expect(found.length, file).toBeGreaterThan(0);
      for (const title of found) expect(title, file).toMatch(/^".+"$/s);
      expect(found.filter((title, index) => found.indexOf(title) !== index)).toEqual([]);
      // Nothing escapes this list: every call that begins a test has a title that it can read.
      const text = readFileSync(join(import.meta.dirname, `${file}.test.ts`), 'utf8');
      expect(text.match(/(?<![\w.])(?:it|test)(?:\.\w+)*\(/g)).toHaveLength(found.length);
    }
  });
});
