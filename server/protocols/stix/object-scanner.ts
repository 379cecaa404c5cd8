import { carryBytes, createByteCarry, valueRange } from './byte-carry.ts';
import { byte, createValueMeter, resetValueMeter, walkValue } from './value-meter.ts';
import { decodeUtf8, isWrapper, parseJson } from './wrapper-text.ts';

/**
 * Finds the STIX objects in a stream of bytes without parsing and writing them anew, so that each object's text is
 * kept byte for byte: numbers beyond 2^53, `1.0` against `1`, the order of the members, white space.
 *
 * An object whose brackets balance but which is no JSON is still one element: whoever reads the element refuses it,
 * and the elements around it are unharmed.
 */

export type ScannedObject = {
  /**
   * The element's text. It may be a part of the chunk that was pushed: it is valid until the caller overwrites that
   * chunk, and it keeps the whole chunk in memory for as long as it is held.
   */
  bytes: Uint8Array;
  /** Colons outside strings: members in the text, duplicates included. */
  members: number;
  /** The deepest nesting; the object itself is 1. */
  depth: number;
  /** Position among all items, from 0. */
  index: number;
  /** Line on which the element begins, from 1. */
  line: number;
};

export type ScannedItem =
  | ({ kind: 'object' } & ScannedObject)
  /** An element that is too large (passed over without being held), or a line of JSON Lines that is broken. */
  | { kind: 'refused'; index: number; line: number; reason: string };

export type ScanOptions = {
  /**
   * `envelope`: a TAXII envelope (TAXII 2.1 §3.7) or a STIX bundle (§8), nothing else. `any`: also an array of
   * objects or bundles, single objects, several values one after the other, JSON Lines, a byte order mark.
   */
  shape: 'envelope' | 'any';
  maxObjectBytes: number;
};

export type ObjectScanner = {
  /** The items that this chunk completed. An error that follows them is thrown by the next call. */
  push(chunk: Uint8Array): ScannedItem[];
  /** The items that the end of the stream completed. */
  end(): ScannedItem[];
};

/** The wrapper around the objects is no JSON (`malformed`), or JSON of another shape (`wrong_shape`). */
export class ScanError extends Error {
  override readonly name = 'ScanError';
  readonly code: 'malformed' | 'wrong_shape';
  /** Offset of the byte at which the error was seen. */
  readonly offset: number;

  constructor(code: ScanError['code'], message: string, offset: number) {
    super(message);
    this.code = code;
    this.offset = offset;
  }
}

/** The members of an envelope besides `objects` are a few short ones. */
const maxWrapperBytes = 64 * 1024;
const wrapperTooLarge = 'the members besides "objects" exceed 64 KB';
const byteOrderMark = [0xef, 0xbb, 0xbf];

type State =
  | 'between' // between top-level values
  | 'value' // inside a value that ends with its bracket or quote
  | 'objects' // behind the name "objects": does a list follow?
  | 'scalar' // inside a number or a literal
  | 'first' // behind [
  | 'next' // behind a comma in a list
  | 'after' // behind an element of a list
  | 'skip'; // the rest of a broken line

/** What the value being walked is: a candidate for a wrapper, an element, or the rest of a wrapper behind its list. */
type Role = 'root' | 'element' | 'tail';

export function createObjectScanner(options: ScanOptions): ObjectScanner {
  const { shape, maxObjectBytes } = options;
  const meter = createValueMeter();
  const carry = createByteCarry();
  let items: ScannedItem[] = [];
  let pending: ScanError | undefined;
  let index = 0;
  let base = 0; // offset of the current chunk's first byte

  let state: State = 'between';
  let role: Role = 'root';
  let valueAt = 0;
  let valueLine = 1;
  let held = true; // false: too large, walked but not held
  let atNames = false; // whether a member named `objects` still matters
  let head: string | undefined; // inside a wrapper: its text up to and including the [
  let inArray = false; // inside a top-level array
  let elementsInWrapper = 0;

  let rootLine = 1;
  let rootsSeen = 0;
  let rootBroken = false; // a newline was seen inside the current or last top-level value
  let lineOpen = false; // a top-level value ended on this line
  let lines = false; // JSON Lines: a value ends with its line
  let severalLines = false; // this value may span lines all the same
  let suspect = false; // the first line may have been a broken one of JSON Lines: the next byte tells
  let marks = 0; // bytes of the byte order mark seen

  function push(chunk: Uint8Array): ScannedItem[] {
    if (pending !== undefined) throw pending;
    return guarded(() => {
      let i = 0;
      while (i < chunk.length) i = step(chunk, i);
      if (state === 'value' || state === 'objects' || state === 'scalar') hold(chunk);
      base += chunk.length;
    });
  }

  function end(): ScannedItem[] {
    if (pending !== undefined) throw pending;
    return guarded(() => {
      const closed = state === 'between' || state === 'skip';
      if (!closed) broken('malformed', 'the text ends inside a value', base);
      else if (rootsSeen === 0) throw new ScanError('malformed', 'the text holds no JSON value', base);
    });
  }

  /** Items found before an error are handed out first, so that the result does not depend on the chunks. */
  function guarded(work: () => void): ScannedItem[] {
    items = [];
    try {
      work();
    } catch (error) {
      if (!(error instanceof ScanError)) throw error;
      pending = error;
      if (items.length === 0) throw error;
    }
    return items;
  }

  function step(chunk: Uint8Array, i: number): number {
    if (state === 'value') return stepValue(chunk, i);
    const current = chunk[i] as number;
    if (current === byte.newline && state !== 'scalar') {
      meter.line++;
      if (state === 'between') endLine();
      else if (state === 'skip') state = 'between';
      else newlineInside(chunk, i);
      return i + 1;
    }
    if (state === 'skip') return i + 1;
    const blank = current === 0x20 || current === 0x09 || current === 0x0d || current === byte.newline;
    if (state === 'scalar') return stepScalar(chunk, i, current, blank);
    if (blank) return i + 1;
    switch (state) {
      case 'between':
        return stepBetween(i, current);
      case 'objects':
        return stepObjects(chunk, i, current);
      case 'after':
        if (current === byte.comma) state = 'next';
        else if (current === byte.closeArray) closeList(i);
        else return broken('malformed', 'a comma or a closing bracket must follow an element', base + i, i);
        return i + 1;
      default:
        if (current === byte.closeArray && state === 'first') {
          closeList(i);
          return i + 1;
        }
        if (current === byte.closeArray || current === byte.comma || current === byte.closeObject)
          return broken('malformed', 'an element is missing', base + i, i);
        return beginValue(i, current, head === undefined && current === byte.openObject ? 'root' : 'element');
    }
  }

  function stepBetween(i: number, current: number): number {
    if (shape === 'any' && base + i === marks && current === byteOrderMark[marks]) {
      marks++;
      return i + 1;
    }
    if (marks === 1 || marks === 2) throw new ScanError('malformed', 'no JSON value begins here', base + i);
    if (shape === 'envelope' && rootsSeen > 0)
      throw new ScanError('malformed', 'something follows the envelope', base + i);
    if (current !== byte.openObject && (current !== byte.openArray || shape === 'envelope')) {
      const scalar = /["[\-0-9tfn]/.test(String.fromCharCode(current)) && rootsSeen === 0;
      if (scalar) throw new ScanError('wrong_shape', 'the text is not a JSON object', base + i);
      rootLine = meter.line;
      return broken('malformed', 'no JSON object begins here', base + i, i);
    }
    rootsSeen++;
    rootLine = meter.line;
    rootBroken = false;
    severalLines = false;
    if (current === byte.openObject) return beginValue(i, current, 'root');
    inArray = true;
    state = 'first';
    return i + 1;
  }

  function beginValue(i: number, current: number, as: Role): number {
    role = as;
    valueAt = base + i;
    valueLine = meter.line;
    held = true;
    atNames = as !== 'element';
    carry.length = 0;
    const bracket = current === byte.openObject || current === byte.openArray;
    state = bracket || current === byte.quote ? 'value' : 'scalar';
    resetValueMeter(meter, bracket ? 1 : 0, current === byte.quote);
    return state === 'scalar' ? i : i + 1;
  }

  function stepValue(chunk: Uint8Array, i: number): number {
    if (suspect) {
      suspect = false;
      // A line that opens an object where the open value can take none: the line before was broken.
      if (chunk[i] === byte.openObject) {
        lines = true;
        return broken('malformed', 'the line ends inside a value', base + i, i, true);
      }
    }
    const atNewline = lines ? !severalLines : !rootBroken;
    const stop = walkValue(meter, chunk, i, base, atNewline, atNames && held);
    const at = meter.at;
    if (stop === 'closed' && role === 'tail') closeWrapper(chunk, at);
    else if (stop === 'closed') closeValue(chunk, at);
    else if (stop === 'newline') newlineInside(chunk, at - 1);
    else if (stop === 'bad_utf8') return broken('malformed', 'the text is not UTF-8', base + at, at);
    else if (stop === 'name' && isNamedObjects(chunk)) {
      if (role === 'root') state = 'objects';
      else return broken('wrong_shape', 'the member "objects" occurs twice', base + at, at);
    }
    return at;
  }

  function stepObjects(chunk: Uint8Array, i: number, current: number): number {
    state = 'value';
    atNames = false; // judged once: an object full of such members costs no more than any other
    const open = current === byte.openArray;
    const large = base + i - valueAt >= maxWrapperBytes;
    const text = open && !large ? decodeUtf8(valueBytes(chunk, i + 1)) : undefined;
    const members = text === undefined ? undefined : parseJson(`${text}]}`);
    if (shape === 'envelope') {
      if (!open) throw new ScanError('wrong_shape', '"objects" is not a list', base + i);
      if (large) throw new ScanError('wrong_shape', wrapperTooLarge, valueAt + maxWrapperBytes);
      if (members === undefined) throw new ScanError('malformed', 'the text is not JSON', base + i);
    } else if (members === undefined || !isWrapper(members)) {
      return i; // an object after all, such as observed-data of STIX 2.0, where `objects` is an object
    }
    head = text;
    elementsInWrapper = 0;
    state = 'first';
    return i + 1;
  }

  function stepScalar(chunk: Uint8Array, i: number, current: number, blank: boolean): number {
    if (blank || current === byte.comma || current === byte.closeArray || current === byte.closeObject) {
      closeValue(chunk, i);
      return i; // the separator is read again behind the element
    }
    const known = current > 0x20 && current < 0x7f && current !== byte.quote && current !== byte.openObject;
    return known ? i + 1 : broken('malformed', 'unexpected byte in an element', base + i, i);
  }

  function closeValue(chunk: Uint8Array, at: number): void {
    const size = base + at - valueAt;
    if (role === 'root' && shape === 'envelope') {
      if (size > maxWrapperBytes)
        throw new ScanError('wrong_shape', wrapperTooLarge, valueAt + maxWrapperBytes);
      const text = decodeUtf8(valueBytes(chunk, at));
      const valid = text !== undefined && parseJson(text) !== undefined;
      throw valid
        ? new ScanError('wrong_shape', 'the member "objects" is missing', valueAt)
        : new ScanError('malformed', 'the text is not JSON', valueAt);
    }
    if (size > maxObjectBytes)
      refuse(valueLine, `the object has ${size} bytes, more than the ${maxObjectBytes} allowed`);
    else {
      const { members, deepest: depth } = meter;
      const bytes = valueBytes(chunk, at);
      items.push({ kind: 'object', bytes, members, depth, index: index++, line: valueLine });
    }
    elementsInWrapper++;
    carry.length = 0;
    if (role === 'element' || inArray) state = 'after';
    else closeRoot();
  }

  function closeList(i: number): void {
    if (head === undefined) {
      inArray = false;
      closeRoot();
    } else if (shape === 'envelope' && elementsInWrapper === 0) {
      throw new ScanError('wrong_shape', '"objects" is empty: a list must not be (TAXII 2.1 §2)', base + i);
    } else {
      beginValue(i, byte.openArray, 'tail');
    }
  }

  function closeWrapper(chunk: Uint8Array, at: number): void {
    const text = decodeUtf8(valueBytes(chunk, at));
    const size = (head?.length ?? 0) + base + at - valueAt;
    if (size > maxWrapperBytes) {
      broken('wrong_shape', wrapperTooLarge, base + at, at);
    } else if (text === undefined || parseJson(`${head}${text}`) === undefined) {
      broken('malformed', 'the members around "objects" are not JSON', base + at, at);
    } else {
      head = undefined;
      carry.length = 0;
      if (inArray) state = 'after';
      else closeRoot();
    }
  }

  function closeRoot(): void {
    state = 'between';
    severalLines = false;
    lineOpen = true;
  }

  /** A value that fitted on one line, and a newline behind it: JSON Lines. */
  function endLine(): void {
    if (lineOpen && !rootBroken && shape === 'any') lines = true;
    lineOpen = false;
  }

  function newlineInside(chunk: Uint8Array, i: number): void {
    const lone = (state === 'value' && role === 'root' && meter.depth === 1 && meter.nameAt < 0) || inArray;
    const candidate = state === 'value' && role === 'root' && !inArray && shape === 'any';
    if (lines && !severalLines) {
      // A line of a single bracket opens a value written over several lines, for instance of a file appended.
      if (lone && !rootBroken) severalLines = true;
      else broken('malformed', 'the line ends inside a value', base + i, i, true);
    } else if (!lines && !rootBroken && candidate) {
      if (meter.inString) {
        lines = true; // no JSON text has a newline in a string
        broken('malformed', 'the line ends inside a string', base + i, i, true);
        return;
      }
      const last = valueBytes(chunk, i).findLast((each) => each > 0x20);
      const valueMayFollow = last === byte.openArray || last === byte.colon || last === byte.openObject;
      suspect = !valueMayFollow && (last !== byte.comma || meter.depth === 1);
    }
    rootBroken = true;
  }

  /**
   * Ends the stream with an error; in JSON Lines only the line, and scanning goes on behind its newline (`atNewline`:
   * which has been passed). Returns the index to go on from.
   */
  function broken(code: ScanError['code'], reason: string, offset: number, i = 0, atNewline = false): number {
    if (!lines || severalLines) throw new ScanError(code, reason, offset);
    refuse(rootLine, reason);
    head = undefined;
    inArray = false;
    carry.length = 0;
    rootBroken = false;
    state = atNewline ? 'between' : 'skip';
    return i;
  }

  function refuse(line: number, reason: string): void {
    items.push({ kind: 'refused', index: index++, line, reason });
  }

  function hold(chunk: Uint8Array): void {
    if (!held) return;
    const wrapperOnly = role === 'tail' || (role === 'root' && shape === 'envelope');
    // A top-level object in a file may turn out a wrapper: its first members are held even where objects are small.
    const limit = wrapperOnly
      ? maxWrapperBytes
      : Math.max(maxObjectBytes, role === 'root' ? maxWrapperBytes : 0);
    const size = base + chunk.length - valueAt;
    if (size <= limit) carryBytes(carry, chunk.subarray(Math.max(valueAt - base, 0)));
    else if (!wrapperOnly) {
      held = false;
      carry.length = 0;
    } else broken('wrong_shape', wrapperTooLarge, valueAt + maxWrapperBytes);
  }

  /** The text of the value so far, up to an index of the current chunk. */
  function valueBytes(chunk: Uint8Array, at: number): Uint8Array {
    return valueRange(carry, chunk.subarray(Math.max(valueAt - base, 0)), 0, base + at - valueAt);
  }

  /** Whether the member whose colon was just passed is named `objects`, in whatever way that is written. */
  function isNamedObjects(chunk: Uint8Array): boolean {
    const [from, to] = [meter.nameAt - valueAt, meter.nameEnd - valueAt];
    if (from < 0 || to - from < 9 || to - from > 64 || (to - from > 9 && !meter.nameEscaped)) return false;
    const name = valueRange(carry, chunk.subarray(Math.max(valueAt - base, 0)), from, to);
    const text = decodeUtf8(name);
    return text !== undefined && parseJson(text) === 'objects';
  }

  return { push, end };
}
