import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { AppError } from '../errors.ts';

/**
 * Writes the pieces into a new file, for its owner only, or to standard output where none is named; as fast as they are
 * taken. Returns how many octets.
 * @throws AppError `conflict` where the file exists already; `invalid_input` where it cannot be written
 */
export async function writePieces(pieces: AsyncIterable<string>, file: string | undefined): Promise<number> {
  // It names people: for its owner only. Nothing is replaced.
  const target = file === undefined ? process.stdout : createWriteStream(file, { flags: 'wx', mode: 0o600 });
  let failure: unknown;
  target.once('error', (error) => {
    failure = error;
  });
  let octets = 0;
  for await (const piece of pieces) {
    octets += Buffer.byteLength(piece);
    if (!target.write(piece)) await once(target, 'drain').catch(() => undefined);
    if (failure !== undefined) break;
  }
  if (file !== undefined) {
    target.end();
    await finished(target).catch(() => undefined);
  }
  if (failure !== undefined) throw fileFailure(failure, file);
  return octets;
}

/** What to say where a file cannot be written. */
export function fileFailure(error: unknown, file: string | undefined): AppError {
  const code = String(Reflect.get(Object(error), 'code'));
  if (code === 'EEXIST')
    return new AppError('conflict', { message: `${file} exists already, and is not replaced.` });
  return new AppError('invalid_input', { message: `${file ?? 'The output'} cannot be written: ${code}` });
}
