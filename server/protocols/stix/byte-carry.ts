/** Holds the part of a value that came in earlier chunks. The buffer grows to the largest value and is reused. */

export type ByteCarry = { buffer: Uint8Array; length: number };

export function createByteCarry(): ByteCarry {
  return { buffer: new Uint8Array(0), length: 0 };
}

export function carryBytes(carry: ByteCarry, bytes: Uint8Array): void {
  const needed = carry.length + bytes.length;
  if (needed > carry.buffer.length) {
    const larger = new Uint8Array(Math.max(needed, carry.buffer.length * 2, 4096));
    larger.set(carry.buffer.subarray(0, carry.length));
    carry.buffer = larger;
  }
  carry.buffer.set(bytes, carry.length);
  carry.length = needed;
}

/**
 * The bytes `from` to `to` of a value of which the carry holds the beginning and `rest` what follows: a part of
 * `rest` where they lie in it alone, else a copy.
 */
export function valueRange(carry: ByteCarry, rest: Uint8Array, from: number, to: number): Uint8Array {
  const border = carry.length;
  if (from >= border) return rest.subarray(from - border, to - border);
  const range = new Uint8Array(to - from);
  range.set(carry.buffer.subarray(from, Math.min(to, border)));
  if (to > border) range.set(rest.subarray(0, to - border), border - from);
  return range;
}
