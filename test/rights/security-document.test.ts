import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeToken } from '../../server/features/credentials/new-credential.ts';
import { openTestApp } from '../../server/testing/test-app.ts';

const ROOT = join(import.meta.dirname, '../..');
const TEXT = readFileSync(join(ROOT, 'docs/SECURITY.md'), 'utf8');
const STATES = ['met', 'partly', 'otherwise', 'later'];

const rows = TEXT.split('\n').flatMap((line) => {
  const [item = '', , state = '', shown = ''] = line.replace(/^\| | \|$/g, '').split(' | ');
  return /^\| \d+ \| .* \| .* \| .* \|$/.test(line) ? [{ item: Number(item), state, shown }] : [];
});
const references = [...TEXT.matchAll(/`([\w./-]+\.test\.ts) › ([^`]+)`/g)].map(
  ([, file = '', title = '']) => ({
    file,
    title,
  }),
);

/** The numbers that a title carries: `item 7: …`, `items 7 and 8: …`. */
const numbersIn = (title: string) =>
  (/^items? ([\d, and]+)/.exec(title)?.[1] ?? '').split(/\D+/).filter(Boolean).map(Number);

/** What a title may begin with in a source: a quotation mark, and for a name of a table nothing else. */
const hasTitle = (file: string, title: string) => {
  const path = join(ROOT, file);
  if (!existsSync(path)) return false;
  const source = readFileSync(path, 'utf8');
  return ["'", '"', '`'].some((mark) => source.includes(`${mark}${title}`));
};

describe('docs/SECURITY.md', () => {
  it('has a row for every item from 1 to 132, in order, with a state', () => {
    expect(rows.map(({ item }) => item)).toEqual(Array.from({ length: 132 }, (_, index) => 1 + index));
    expect(rows.filter(({ state }) => !STATES.some((each) => state.startsWith(each)))).toEqual([]);
  });

  it('names tests that exist, and for every item that is met one that carries its number', () => {
    expect(references.length).toBeGreaterThan(80);
    expect(references.filter(({ file, title }) => !hasTitle(file, title))).toEqual([]);
    const unproven = rows.filter(
      ({ item, state, shown }) =>
        state.startsWith('met') &&
        ![...shown.matchAll(/› ([^`]+)`/g)].some(([, title = '']) => numbersIn(title).includes(item)),
    );
    expect(unproven).toEqual([]);
  });

  it('tells why an item that is not met is not', () => {
    const bare = rows.filter(({ state }) => !state.startsWith('met') && !/^\w+[:,] .{5,}/.test(state));
    expect(bare).toEqual([]);
  });

  it('item 96: the regular expression for secret scanners that it gives finds what the server generates', async () => {
    const app = await openTestApp('sqlite');
    const [, pattern = ''] = /```\n(txw.*)\n```/.exec(TEXT) ?? [];
    const scanner = new RegExp(`^${pattern}$`);
    for (let attempt = 0; attempt < 100; attempt++) {
      expect(makeToken(app, 'api_key').shown).toMatch(scanner);
      expect(makeToken(app, 'api_token').shown).toMatch(scanner);
    }
    expect('txwt_example').not.toMatch(scanner);
    await app.close();
  });
});
