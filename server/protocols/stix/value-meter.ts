/**
 * Walks over the bytes of one JSON value (RFC 8259) without parsing it: where it ends, how deep it nests, how many
 * members its objects have. It knows strings and brackets only; whether the value is JSON is for a parser to say.
 */

export const byte = {
  newline: 0x0a,
  quote: 0x22,
  comma: 0x2c,
  colon: 0x3a,
  openArray: 0x5b,
  backslash: 0x5c,
  closeArray: 0x5d,
  openObject: 0x7b,
  closeObject: 0x7d,
} as const;

export type ValueMeter = {
  depth: number;
  deepest: number;
  /** Colons outside strings: the members of all objects in the text, duplicates included. */
  members: number;
  inString: boolean;
  /** The byte before was a backslash inside a string. */
  escaped: boolean;
  /** Lines counted so far, over all values. */
  line: number;
  /** Offset of the last string begun at depth 1 (a member's name, until its colon), or -1. */
  nameAt: number;
  nameEnd: number;
  nameEscaped: boolean;
  /** UTF-8 continuation bytes still owed, and the bounds of the next one (Unicode table 3-7). */
  owed: number;
  low: number;
  high: number;
  /** Where the walk stopped: an index into the chunk. */
  at: number;
};

export type Stop = 'exhausted' | 'closed' | 'newline' | 'name' | 'bad_utf8';

export function createValueMeter(): ValueMeter {
  return {
    depth: 0,
    deepest: 0,
    members: 0,
    inString: false,
    escaped: false,
    line: 1,
    nameAt: -1,
    nameEnd: -1,
    nameEscaped: false,
    owed: 0,
    low: 0x80,
    high: 0xbf,
    at: 0,
  };
}

/** Begins a new value that already stands `depth` brackets deep. */
export function resetValueMeter(meter: ValueMeter, depth: number, inString: boolean): void {
  meter.depth = depth;
  meter.deepest = depth;
  meter.members = 0;
  meter.inString = inString;
  meter.escaped = false;
  meter.nameAt = -1;
  meter.nameEnd = -1;
  meter.nameEscaped = false;
  meter.owed = 0;
}

// One table look-up per byte decides whether the byte means anything: this is what makes the walk fast.
const stopsInString = tableOf([byte.quote, byte.backslash, byte.newline]);
const stopsOutside = tableOf([
  byte.quote,
  byte.newline,
  byte.colon,
  byte.openArray,
  byte.openObject,
  byte.closeArray,
  byte.closeObject,
]);

function tableOf(bytes: number[]): Uint8Array {
  const table = new Uint8Array(256).fill(1, 0x80); // beyond ASCII: UTF-8 must be checked
  for (const each of bytes) table[each] = 1;
  return table;
}

/**
 * Walks on from `from` until the value closes or the chunk ends; also stops behind a newline when `atNewline`,
 * and behind the colon of a member of the outermost object when `atName`. `base` is the offset of chunk[0].
 */
export function walkValue(
  meter: ValueMeter,
  chunk: Uint8Array,
  from: number,
  base: number,
  atNewline: boolean,
  atName: boolean,
): Stop {
  const end = chunk.length;
  let i = from;
  while (i < end) {
    if (meter.owed > 0) {
      i = walkUtf8(meter, chunk, i);
      if (i < 0) return 'bad_utf8';
      continue;
    }
    if (meter.inString) {
      if (meter.escaped) {
        meter.escaped = false;
        if (chunk[i] === byte.quote || chunk[i] === byte.backslash) i++;
      }
      while (i < end && stopsInString[chunk[i] as number] === 0) i++;
    } else {
      while (i < end && stopsOutside[chunk[i] as number] === 0) i++;
    }
    if (i >= end) break;
    const current = chunk[i] as number;
    if (current >= 0x80) {
      if (!beginUtf8(meter, current)) {
        meter.at = i;
        return 'bad_utf8';
      }
      i++;
      continue;
    }
    i++;
    switch (current) {
      case byte.quote:
        if (meter.inString) {
          meter.inString = false;
          if (meter.depth === 1) meter.nameEnd = base + i;
          if (meter.depth === 0) return stopAt(meter, i, 'closed');
        } else {
          meter.inString = true;
          if (meter.depth === 1) {
            meter.nameAt = base + i - 1;
            meter.nameEscaped = false;
          }
        }
        break;
      case byte.backslash: // only inside a string: outside it is none of our business
        meter.escaped = true;
        meter.nameEscaped = true;
        break;
      case byte.newline:
        meter.line++;
        if (atNewline) return stopAt(meter, i, 'newline');
        break;
      case byte.colon:
        meter.members++;
        if (atName && meter.depth === 1) return stopAt(meter, i, 'name');
        break;
      case byte.openArray:
      case byte.openObject:
        meter.depth++;
        if (meter.depth > meter.deepest) meter.deepest = meter.depth;
        break;
      default:
        meter.depth--;
        if (meter.depth === 0) return stopAt(meter, i, 'closed');
    }
  }
  return stopAt(meter, end, 'exhausted');
}

function stopAt(meter: ValueMeter, index: number, stop: Stop): Stop {
  meter.at = index;
  return stop;
}

/** Unicode table 3-7: no overlong forms, no surrogates, nothing beyond U+10FFFF. */
function beginUtf8(meter: ValueMeter, lead: number): boolean {
  if (lead < 0xc2 || lead > 0xf4) return false;
  meter.owed = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
  meter.low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  meter.high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  return true;
}

function walkUtf8(meter: ValueMeter, chunk: Uint8Array, from: number): number {
  let i = from;
  while (meter.owed > 0 && i < chunk.length) {
    const current = chunk[i] as number;
    if (current < meter.low || current > meter.high) {
      meter.at = i;
      return -1;
    }
    meter.low = 0x80;
    meter.high = 0xbf;
    meter.owed--;
    i++;
  }
  return i;
}
