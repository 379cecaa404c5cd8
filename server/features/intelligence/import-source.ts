import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

export type ByteSource = AsyncIterable<Uint8Array>;

/** Octets handed on at a time. */
const CHUNK_BYTES = 64 * 1024;

/** The source cannot be read on: it breaks off, its compression is damaged, or its device fails. */
export class DamagedSource extends Error {
  override readonly name = 'DamagedSource';
}

/** The source, and how many octets were read of it so far. */
export function countedBytes(source: ByteSource): { source: ByteSource; bytes(): number } {
  let bytes = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      bytes += chunk.length;
      yield chunk;
    }
  }
  return { source: counted(), bytes: () => bytes };
}

/**
 * The content of a source that may be gzip (RFC 1952), told by its first two octets.
 * @throws DamagedSource
 */
export async function* unzipped(source: ByteSource): AsyncGenerator<Uint8Array> {
  const chunks = source[Symbol.asyncIterator]();
  try {
    let head = Buffer.alloc(0);
    while (head.length < 2) {
      const next = await chunks.next();
      if (next.done === true) break;
      head = Buffer.concat([head, next.value]);
    }
    const whole = afterHead(head, chunks);
    if (head[0] !== 0x1f || head[1] !== 0x8b) {
      yield* whole;
      return;
    }
    // An error of either end comes out of the iteration.
    yield* pipeline(
      Readable.from(whole),
      createGunzip({ chunkSize: CHUNK_BYTES }),
      () => undefined,
    ) as AsyncIterable<Uint8Array>;
  } catch (error) {
    const code: unknown = Reflect.get(Object(error), 'code');
    // Without a code of the system or of zlib it is a fault of the program, not of the source.
    if (typeof code !== 'string') throw error;
    throw new DamagedSource(reasonOf(code), { cause: error });
  } finally {
    await chunks.return?.();
  }
}

async function* afterHead(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

function reasonOf(code: string): string {
  if (code === 'Z_BUF_ERROR') return 'the compressed data breaks off';
  return code.startsWith('Z_') ? 'the compressed data is damaged' : `it cannot be read (${code})`;
}
