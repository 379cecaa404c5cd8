import { hash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../config.ts';
import { breachedListProblem, isBreached, isCommon } from './password-lists.ts';

const sha1 = (text: string) => hash('sha1', text).toUpperCase();

describe('the list of common passwords', () => {
  it.each(['password', 'PASSWORD', 'Qwerty', '123456789qwerty', 'Password1234567', 'letmeinletmein'])(
    'item 5: has %s',
    async (password) => {
      expect(await isCommon(password)).toBe(true);
    },
  );

  it.each(['correct horse battery', 'x7-kQ2p_', 'bluegreenheronsunset', ''])(
    'item 5: does not have "%s"',
    async (password) => {
      expect(await isCommon(password)).toBe(false);
    },
  );
});

describe('the list of breached passwords', () => {
  let folder: string;
  let logged: string[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'taxiway-breached-'));
  });
  afterAll(async () => await rm(folder, { recursive: true, force: true }));

  let number = 0;
  async function listed(text: string | undefined) {
    const file = path.join(folder, `list-${++number}.txt`);
    if (text !== undefined) await writeFile(file, text);
    logged = [];
    const log = pino({}, { write: (line: string) => void logged.push(line) });
    const config = readConfig({ TAXIWAY_BREACHED_PASSWORDS: file });
    const app = { config, log };
    return {
      has: (password: string) => isBreached(app, password),
      problem: () => breachedListProblem(app),
    };
  }

  const KNOWN = Array.from({ length: 3000 }, (_, index) => `breached ${index}`);
  const lines = (count: (index: number) => string) =>
    KNOWN.map((password, index) => `${sha1(password)}${count(index)}`).sort();

  it.each([
    ['with counts and line feeds', (index: number) => `:${index}`, '\n', true, (s: string) => s],
    ['with CRLF', (index: number) => `:${index}`, '\r\n', true, (s: string) => s],
    ['without counts', () => '', '\n', true, (s: string) => s],
    ['without an end of the last line', (index: number) => `:${index}`, '\n', false, (s: string) => s],
    ['in small letters', (index: number) => `:${index}`, '\n', true, (s: string) => s.toLowerCase()],
  ])(
    'item 6: finds every line of a file %s, and none that is not there',
    async (_, count, end, atEnd, spell) => {
      const { has, problem } = await listed(spell(lines(count).join(end)) + (atEnd ? end : ''));
      const found = await Promise.all(KNOWN.map(has));
      expect(found.filter((is) => !is)).toEqual([]);
      const others = await Promise.all(Array.from({ length: 1000 }, (__, index) => has(`other ${index}`)));
      expect(others.filter((is) => is)).toEqual([]);
      expect(await problem()).toBeUndefined();
      expect(logged).toEqual([]);
    },
  );

  it('item 6: finds the only line of a short file', async () => {
    const { has } = await listed(`${sha1('one')}:3`);
    expect([await has('one'), await has('two')]).toEqual([true, false]);
  });

  it.each([
    ['is missing', undefined, 'cannot be read (ENOENT)'],
    ['is empty', '', 'is empty'],
    ['has hashes of another sort', `${'A'.repeat(32)}:1\n`.repeat(500), 'is no list of SHA-1 hashes'],
    ['has no lines', 'x'.repeat(100_000), 'is no list of SHA-1 hashes'],
    ['is sorted by count', `${'F'.repeat(40)}:9\n${`${'0'.repeat(40)}:1\n`.repeat(500)}`, 'is not sorted'],
  ])('item 6: a file that %s lets pass, and breaks nothing', async (_, text, problem) => {
    const list = await listed(text);
    expect(await list.has('password')).toBe(false);
    expect(await list.problem()).toBe(problem);
    if (text === undefined) expect(logged.join()).toContain('the list of breached passwords cannot be read');
  });

  it('item 6: nothing is looked for where none is configured', async () => {
    const app = { config: readConfig({}), log: pino({ enabled: false }) };
    expect([await isBreached(app, 'password'), await breachedListProblem(app)]).toEqual([false, undefined]);
  });
});
