import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_VALUES, parseStrictJson } from './strict-json.ts';

const read = (text: string, maxDepth = 32) => parseStrictJson(text, maxDepth);
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

describe('item 128: JSON of a request', () => {
  it.each([
    ['a name twice in one object', '{"a":1,"a":2}', 'The name "a" is given more than once.'],
    ['a name twice, once escaped', '{"a":1,"\\u0061":2}', 'The name "a" is given more than once.'],
    ['a name twice, deep inside', '[{"x":[{"a":1,"b":{},"a":2}]}]', 'The name "a" is given more than once.'],
    ['__proto__', '{"__proto__":{"admin":true}}', 'The name "__proto__" is not allowed.'],
    ['__proto__, escaped', '{"\\u005f_proto__":1}', 'The name "__proto__" is not allowed.'],
    ['constructor', '{"a":{"constructor":1}}', 'The name "constructor" is not allowed.'],
    ['prototype', '{"prototype":1}', 'The name "prototype" is not allowed.'],
    ['a deeper one than allowed', nested(33), 'The body is nested deeper than 32 levels.'],
    ['one a million deep, at once', nested(500_000), 'The body is nested deeper than 32 levels.'],
    ['U+0000 in a text', '{"a":"x\\u0000"}', 'A text must not contain U+0000.'],
    ['U+0000 in a name', '{"x\\u0000":1}', 'A text must not contain U+0000.'],
    ['half a surrogate pair', '["\\ud800"]', 'A text contains half a surrogate pair.'],
    ['what is no JSON', '{"a":}', 'The body is not JSON.'],
    ['a text without an end', '{"a":"x', 'The body is not JSON.'],
    ['nothing', '', 'The body is not JSON.'],
  ])('is refused: %s', (_what, text, problem) => {
    expect(read(text)).toEqual({ ok: false, problem });
  });

  it.each([
    ['equal names in different objects', '[{"a":1},{"a":2},{"b":{"a":3},"a":4}]'],
    ['a name that is a value, too', '{"a":"a","b":["a","a"]}'],
    ['brackets, quotes and forbidden names in texts', '["{[\\"__proto__\\":","\\\\","constructor"]'],
    ['a whole surrogate pair', '["\\ud83d\\ude00"]'],
    ['a backslash before what looks like an escape', '["\\\\u0000"]'],
    ['as deep as allowed', nested(32)],
  ])('is taken: %s', (_what, text) => {
    expect(read(text)).toEqual({ ok: true, value: JSON.parse(text) });
  });

  it('every JSON text that a program writes is taken as it is', () => {
    const value = fc.jsonValue({ maxDepth: 6, noUnicodeString: false });
    fc.assert(
      fc.property(value, (any) => {
        const text = JSON.stringify(any);
        const answer = read(text);
        const isOdd = /\\u0000|\\ud[89a-f]|"(__proto__|constructor|prototype)":/.test(text);
        if (!isOdd) expect(answer).toEqual({ ok: true, value: JSON.parse(text) });
      }),
    );
  });

  it.each([
    [
      'of one object',
      (count: number) => `{${Array.from({ length: count }, (_, i) => `"${i}":0`).join(',')}}`,
    ],
    ['of one array', (count: number) => `[${Array.from({ length: count }, () => '0').join(',')}]`],
  ])('has at most so many members and elements: %s', (_what, textOf) => {
    expect(read(textOf(MAX_VALUES)).ok).toBe(true);
    expect(read(textOf(MAX_VALUES + 1))).toEqual({
      ok: false,
      problem: 'The body has more than 50000 members and elements.',
    });
  });

  it('the members and elements of all objects and arrays count together, and commas in texts do not', () => {
    const part = `[${Array.from({ length: 1000 }, () => '{"a":","}').join(',')}]`;
    const parts = (count: number) => `[${Array.from({ length: count }, () => part).join(',')}]`;
    expect(read(parts(20)).ok).toBe(true);
    expect(read(parts(26)).ok).toBe(false);
    expect(read(JSON.stringify({ csv: ',[{'.repeat(100_000) })).ok).toBe(true);
  });

  it('a body of millions of elements is given up before it is parsed', () => {
    const problem = 'The body has more than 50000 members and elements.';
    const endless = '[],'.repeat(2_000_000);
    expect(read(`{"csv":[${endless}[]]}`)).toEqual({ ok: false, problem });
    // Nobody has looked at what comes after.
    expect(read(`{"csv":[${endless}`)).toEqual({ ok: false, problem });
  });

  it('a large text is read in one go', () => {
    const text = JSON.stringify({ csv: 'a,"b"\\\n'.repeat(2_000_000) });
    const startedAt = performance.now();
    expect(read(text).ok).toBe(true);
    expect(performance.now() - startedAt).toBeLessThan(3000);
  });
});
