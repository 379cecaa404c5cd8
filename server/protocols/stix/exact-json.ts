import { isJsonObject } from './json-value.ts';

/** JSON values in which a number is the text of its exact value, so that `===` is right beyond 2^53 too. */

type Reviver = (name: string, value: unknown, context: { source?: string }) => unknown;

// The library's types do not know the third argument of the reviver yet.
const parseWithSource = JSON.parse as (text: string, reviver: Reviver) => unknown;

/** Throws when the text is not JSON. */
export function parseExactly(text: string): unknown {
  return parseWithSource(text, exactly);
}

/** Numbers become text in one notation; strings get a mark, so that they are not taken for numbers. */
function exactly(_name: string, value: unknown, context: { source?: string }): unknown {
  if (typeof value === 'string') return `"${value}`;
  return typeof value === 'number' ? canonicalNumber(context.source ?? String(value)) : value;
}

/** Digits without zeros at either end, and the exponent of ten: 1.0, 1 and 10e-1 are `1e0`. */
function canonicalNumber(source: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(source);
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match ?? [];
  if (exponent.length > 30) return source; // reading it would take longer the longer it is
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  // Not /0+$/: that takes quadratic time on a long run of zeros elsewhere.
  let length = digits.length;
  while (length > 0 && digits[length - 1] === '0') length--;
  if (length === 0) return '0e0';
  const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - length);
  return `${sign}${digits.slice(0, length)}e${power}`;
}

/** A text that is the same for equal values, whatever the order of their members. */
export function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) =>
    isJsonObject(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}

export function isEqual(a: unknown, b: unknown): boolean {
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => isEqual(item, b[i]));
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return a === b;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && isEqual(a[name], b[name]))
  );
}
