import type { IncomingMessage } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { refusalOf } from '../testing/builders.ts';
import { readBody } from './body.ts';

function request(source: Readable, headers: Record<string, string> = {}): IncomingMessage {
  return Object.assign(source, { headers }) as unknown as IncomingMessage;
}

/** A request that brings the bytes in pieces of that many octets. */
function sent(bytes: Uint8Array, headers: Record<string, string> = {}, piece = 7): IncomingMessage {
  const pieces: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; start += piece) pieces.push(bytes.subarray(start, start + piece));
  return request(Readable.from(pieces), headers);
}

async function read(incoming: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readBody(incoming, maxBytes)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

const TEXT = JSON.stringify({ objects: Array.from({ length: 50 }, (_, number) => ({ number, text: 'é' })) });
const BYTES = Buffer.from(TEXT);

describe('the body of a request', () => {
  it.each<[string, Uint8Array, Record<string, string>]>([
    ['plain', BYTES, {}],
    ['plain, and said to be', BYTES, { 'content-encoding': 'identity' }],
    ['gzip', gzipSync(BYTES), { 'content-encoding': 'gzip' }],
    ['gzip under its old name', gzipSync(BYTES), { 'content-encoding': 'X-GZIP' }],
    ['deflate', deflateSync(BYTES), { 'content-encoding': 'deflate' }],
  ])('is read when it is %s, up to exactly the limit', async (_, bytes, headers) => {
    const maxBytes = Math.max(bytes.length, BYTES.length);
    expect(await read(sent(bytes, headers), maxBytes)).toBe(TEXT);
  });

  it('may be empty', async () => {
    expect(await read(sent(new Uint8Array()), 10)).toBe('');
  });

  it('is refused before anything is read when its declared length is too large', () => {
    const incoming = sent(BYTES, { 'content-length': String(BYTES.length) });
    expect(() => readBody(incoming, BYTES.length - 1)).toThrow(`at most ${BYTES.length - 1} octets`);
    expect(incoming.readableDidRead).toBe(false);
  });

  it('is refused when it turns out to be too large', async () => {
    expect((await refusalOf(read(sent(BYTES), BYTES.length - 1))).code).toBe('too_large');
  });

  it('is refused when it decodes to too much, soon after the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    expect(bomb.length).toBeLessThan(100_000);
    let bytes = 0;
    const reading = async () => {
      for await (const chunk of readBody(sent(bomb, { 'content-encoding': 'gzip' }, 1000), 100_000))
        bytes += chunk.length;
    };
    expect((await refusalOf(reading())).code).toBe('too_large');
    expect(bytes).toBeLessThanOrEqual(100_000);
  });

  it.each<[string, Uint8Array]>([
    ['is not what its content coding says', BYTES],
    ['is damaged', Buffer.concat([gzipSync(BYTES).subarray(0, 40), Buffer.alloc(20, 7)])],
    ['breaks off', gzipSync(BYTES).subarray(0, -9)],
  ])('is malformed when it %s', async (_, bytes) => {
    const refusal = await refusalOf(read(sent(bytes, { 'content-encoding': 'gzip' }), 1_000_000));
    expect(refusal.code).toBe('invalid_input');
  });

  it.each(['br', 'gzip, gzip', 'zstd', 'nonsense'])('in the coding %s is not supported', (coding) => {
    const incoming = sent(BYTES, { 'content-encoding': coding });
    expect(() => readBody(incoming, 1000)).toThrow('is not supported');
  });

  it.each<[string, Uint8Array]>([
    ['decodes to too much', gzipSync(Buffer.alloc(10_000_000))],
    ['is not what its content coding says', BYTES],
  ])(
    'that %s is refused even while the client sends nothing more and waits',
    async (_, bytes) => {
      const source = new PassThrough();
      source.write(bytes);
      const refusal = await refusalOf(read(request(source, { 'content-encoding': 'gzip' }), 100_000));
      expect(['too_large', 'invalid_input']).toContain(refusal.code);
      // The connection is left alone: the answer still has to go out on it.
      expect(source.destroyed).toBe(false);
    },
    3000,
  );

  it('that the client breaks off ends the reading with its error', async () => {
    const source = new PassThrough();
    source.write(gzipSync(BYTES).subarray(0, 20));
    setImmediate(() => source.destroy(new Error('aborted')));
    await expect(read(request(source, { 'content-encoding': 'gzip' }), 1000)).rejects.toThrow('aborted');
  });
});
