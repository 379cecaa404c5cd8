/**
 * JSON as a request may send it. `JSON.parse` alone takes a name twice and keeps the last, so that whoever looks at a
 * request on its way may see another value than we do; and it takes names that mean something to a JavaScript object.
 */

export type StrictJson = { ok: true; value: unknown } | { ok: false; problem: string };

const FORBIDDEN_NAMES = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * So many members of objects and elements of arrays a body may have in all: several times those of the longest list
 * that an endpoint takes. An empty object or array counts as one more.
 */
export const MAX_VALUES = 50_000;

/**
 * Reads JSON text (RFC 8259). Refused: a name twice in one object, the names that a prototype has, values nested deeper
 * than `maxDepth`, more than `MAX_VALUES` values, and texts that no database holds (U+0000, half a surrogate pair).
 */
export function parseStrictJson(text: string, maxDepth: number): StrictJson {
  // Before it is parsed: what is nested a million times deep, or has a million members, is no work for anybody.
  const excess = excessIn(text, maxDepth);
  if (excess !== undefined) return { ok: false, problem: excess };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, problem: 'The body is not JSON.' };
  }
  const problem = problemIn(text);
  return problem === undefined ? { ok: true, value } : { ok: false, problem };
}

/** What is too much of what stands outside of texts; it looks no further than that. */
function excessIn(text: string, maxDepth: number): string | undefined {
  let depth = 0;
  let values = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') at = endOfText(text, at);
    else if (char === '{' || char === '[') {
      if (++depth > maxDepth) return `The body is nested deeper than ${maxDepth} levels.`;
      values++;
    } else if (char === '}' || char === ']') depth--;
    else if (char === ',') values++;
    if (values > MAX_VALUES) return `The body has more than ${MAX_VALUES} members and elements.`;
  }
  return undefined;
}

/** What is wrong with JSON that parses. */
function problemIn(text: string): string | undefined {
  /** The names of each open object; undefined for an array. */
  const open: (Set<string> | undefined)[] = [];
  let isName = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '{') {
      open.push(new Set());
      isName = true;
    } else if (char === '[') {
      open.push(undefined);
      isName = false;
    } else if (char === '}' || char === ']') {
      open.pop();
      isName = false;
    } else if (char === ',') isName = open.at(-1) !== undefined;
    else if (char === ':') isName = false;
    else if (char === '"') {
      const end = endOfText(text, at);
      const token = text.slice(at, end + 1);
      at = end;
      const problem = isName ? problemWithName(token, open.at(-1)) : problemWithText(token);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

function problemWithName(token: string, names: Set<string> | undefined): string | undefined {
  const name = String(JSON.parse(token));
  const shown = JSON.stringify(name.slice(0, 60));
  if (names?.has(name) === true) return `The name ${shown} is given more than once.`;
  names?.add(name);
  if (FORBIDDEN_NAMES.has(name)) return `The name ${shown} is not allowed.`;
  return problemWithText(token);
}

/** JSON escapes can write what UTF-8 cannot. */
function problemWithText(token: string): string | undefined {
  if (!/\\u(?:0000|d[89a-f])/i.test(token)) return undefined;
  const text = String(JSON.parse(token));
  if (text.includes('\0')) return 'A text must not contain U+0000.';
  return text.isWellFormed() ? undefined : 'A text contains half a surrogate pair.';
}

/** Where the text that begins at `start` ends: its closing quote, or the end of all. */
function endOfText(text: string, start: number): number {
  for (let at = start; ; ) {
    at = text.indexOf('"', at + 1);
    if (at < 0) return text.length;
    let backslashes = 0;
    while (text[at - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return at;
  }
}
