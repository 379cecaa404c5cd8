import { constants } from 'node:buffer';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { link, open, rename, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { z } from 'zod';
import type { SqlValue } from '../../db/transaction.ts';
import { AppError, invalid } from '../../errors.ts';
import { wrappedKeys } from './backup-key.ts';

/**
 * A backup is gzipped JSON Lines: a header; for each table a line that names it and its columns, and its rows as arrays;
 * and a trailer with the number of rows per table and the SHA-256 of all lines before it. See docs/adr/0010-backups.md.
 */
export const FORMAT = 'taxiway-backup';
export const FORMAT_VERSION = 1;

const headerLine = z.strictObject({
  format: z.literal(FORMAT),
  formatVersion: z.literal(FORMAT_VERSION),
  schemaVersion: z.number().int().min(1),
  createdAt: z.iso.datetime({ precision: 6 }),
  engine: z.enum(['sqlite', 'postgres']),
  /** A text sealed with the master key: tells whether an instance has the same one. */
  keyCheck: z.string(),
  masterKeys: wrappedKeys.optional(),
});
/** Any version: what is needed to say why a backup of another version cannot be read. */
const anyHeaderLine = z.looseObject({ format: z.literal(FORMAT), formatVersion: z.number().int() });
const tableLine = z.strictObject({
  table: z.string(),
  columns: z.array(z.string()).min(1),
  lastId: z.number().int().nullable(),
});
const trailerLine = z.strictObject({ rows: z.record(z.string(), z.number().int()), sha256: z.string() });

export type BackupHeader = z.infer<typeof headerLine>;
export type BackupTable = z.infer<typeof tableLine>;
export type BackupTrailer = z.infer<typeof trailerLine>;

/** A backup as it is written and read, piece by piece. */
export type BackupPart =
  | { kind: 'header'; header: BackupHeader }
  | { kind: 'table'; table: BackupTable }
  | { kind: 'rows'; rows: readonly (readonly SqlValue[])[] };

// Speed counts here: a backup is read by no one but a restore.
const GZIP_LEVEL = 3;
const CHUNK_CHARACTERS = 256 * 1024;

async function* encode(
  parts: AsyncIterable<BackupPart>,
  done: (trailer: BackupTrailer) => void,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  const rows: Record<string, number> = {};
  let table = '';
  let text = '';
  const chunk = (): Buffer => {
    const bytes = Buffer.from(text, 'utf8');
    text = '';
    hash.update(bytes);
    return bytes;
  };
  for await (const part of parts) {
    if (part.kind === 'header') text += `${JSON.stringify(part.header)}\n`;
    else if (part.kind === 'table') {
      table = part.table.table;
      rows[table] = 0;
      text += `${JSON.stringify(part.table)}\n`;
    } else {
      rows[table] = (rows[table] ?? 0) + part.rows.length;
      for (const row of part.rows) {
        text += `${JSON.stringify(row)}\n`;
        if (text.length > CHUNK_CHARACTERS) yield chunk();
      }
    }
  }
  yield chunk();
  const trailer: BackupTrailer = { rows, sha256: hash.digest('hex') };
  yield Buffer.from(`${JSON.stringify(trailer)}\n`);
  done(trailer);
}

/**
 * Writes a backup beside `file`, and gives it that name only when it is complete and on the disk. Readable by its owner
 * only: it holds the hashes of credentials.
 * @throws AppError `conflict` when the file exists and `replace` is false
 */
export async function writeBackupFile(
  file: string,
  parts: AsyncIterable<BackupPart>,
  options: { replace: boolean; signal?: AbortSignal | undefined },
): Promise<{ trailer: BackupTrailer; octets: number }> {
  if (!options.replace && existsSync(file)) throw alreadyThere(file);
  const temporary = `${file}.${randomBytes(4).toString('hex')}.partial`;
  let trailer: BackupTrailer | undefined;
  const target = createWriteStream(temporary, { flags: 'wx', mode: 0o600, flush: true });
  let isOurs = false;
  target.once('open', () => {
    isOurs = true;
  });
  const failure = rejection(target, (error) => fileError(error, file));
  try {
    const source = Readable.from(
      encode(parts, (end) => {
        trailer = end;
      }),
      { objectMode: true },
    );
    await pipeline(source, createGzip({ level: GZIP_LEVEL }), target, {
      ...(options.signal && { signal: options.signal }),
    });
    if (trailer === undefined) throw new Error('the backup has no trailer');
    const { size: octets } = await stat(temporary);
    await settle(temporary, file, options.replace);
    return { trailer, octets };
  } catch (error) {
    if (isOurs) await unlink(temporary).catch(() => {});
    throw failure.error ?? error;
  }
}

/** Remembers the error of the file itself: what a pipeline rejects with may as well come from the database. */
function rejection(target: NodeJS.EventEmitter, translate: (error: unknown) => unknown) {
  const state: { error: unknown } = { error: undefined };
  target.once('error', (error) => {
    if (isErrno(error)) state.error = translate(error);
  });
  return state;
}

async function settle(temporary: string, file: string, replace: boolean): Promise<void> {
  try {
    if (replace) await rename(temporary, file);
    else {
      // Unlike a renaming, a link never replaces.
      await link(temporary, file);
      await unlink(temporary);
    }
  } catch (error) {
    const code = errno(error);
    if (code === 'EEXIST') throw alreadyThere(file);
    // A file system without hard links, as on a USB stick.
    const noLinks = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code ?? '');
    if (replace || !noLinks) throw fileError(error, file);
    if (existsSync(file)) throw alreadyThere(file);
    await rename(temporary, file);
  }
  // The name, too, is to survive a power cut. Not every file system lets a folder be flushed.
  const folder = await open(path.dirname(path.resolve(file)), 'r').catch(() => undefined);
  await folder?.sync().catch(() => {});
  await folder?.close();
}

/** Reads no more of a backup than its header. */
export async function readBackupHeader(file: string): Promise<BackupHeader> {
  for await (const line of lines(file)) return parseHeader(line.toString('utf8'), file);
  throw damaged(file, 'it is empty');
}

export type BackupReader = {
  header(header: BackupHeader): Promise<void>;
  table(table: BackupTable): Promise<void>;
  /** A row of the table before; a promise where it has to be waited for. */
  row(values: SqlValue[]): Promise<void> | undefined;
};

/**
 * Hands a backup to the reader, piece by piece. Only when this returns is the file known to be whole: whoever writes
 * what it reads must not commit before.
 * @throws AppError `unprocessable` when the file is no backup, is damaged, or ends early
 */
export async function readBackupFile(file: string, reader: BackupReader): Promise<BackupTrailer> {
  const hash = createHash('sha256');
  const rows: Record<string, number> = {};
  let columns = 0;
  let table: string | undefined;
  let trailer: BackupTrailer | undefined;
  let number = 0;
  for await (const line of lines(file)) {
    number++;
    if (trailer !== undefined) throw damaged(file, 'something follows its end');
    const text = line.toString('utf8');
    if (number === 1) await reader.header(parseHeader(text, file));
    else if (line[0] === OPENING_BRACKET) {
      const values = parseRow(text, columns);
      if (values === undefined || table === undefined) throw damaged(file, `line ${number} is no row`);
      rows[table] = (rows[table] ?? 0) + 1;
      const wait = reader.row(values);
      if (wait !== undefined) await wait;
    } else {
      const record = parseJson(text);
      const end = trailerLine.safeParse(record);
      if (end.success) {
        trailer = end.data;
        continue;
      }
      const next = tableLine.safeParse(record);
      if (!next.success) throw damaged(file, `line ${number} is neither a table nor the end`);
      table = next.data.table;
      if (rows[table] !== undefined) throw damaged(file, `it has the table "${table}" twice`);
      rows[table] = 0;
      columns = next.data.columns.length;
      await reader.table(next.data);
    }
    hash.update(line).update('\n');
  }
  if (trailer === undefined) throw damaged(file, 'it ends early');
  if (hash.digest('hex') !== trailer.sha256) throw damaged(file, 'its checksum is wrong');
  const counted = Object.entries(trailer.rows);
  if (counted.length !== Object.keys(rows).length || counted.some(([name, count]) => rows[name] !== count)) {
    throw damaged(file, 'its rows are not those that it counts');
  }
  return trailer;
}

const OPENING_BRACKET = 0x5b;
const NEWLINE = 0x0a;

/** The lines of the file as octets, without their ends. Not `readline`, which also ends lines at U+2028, which JSON may hold. */
async function* lines(file: string): AsyncGenerator<Buffer> {
  const source = createReadStream(file, { highWaterMark: 256 * 1024 });
  const gunzip = createGunzip({ chunkSize: 256 * 1024 });
  source.once('error', (error) => gunzip.destroy(error));
  let parts: Buffer[] = [];
  let length = 0;
  const line = (rest: Buffer): Buffer => {
    const whole = parts.length === 0 ? rest : Buffer.concat([...parts, rest]);
    parts = [];
    length = 0;
    return whole;
  };
  const chunks = source.pipe(gunzip)[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
  try {
    for (;;) {
      // Only what the file does is its fault; an error of the consumer passes by.
      const next = await chunks.next().catch((error: unknown) => {
        throw readError(error, file);
      });
      if (next.done === true) break;
      let chunk = next.value;
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE)) {
        yield line(chunk.subarray(0, end));
        chunk = chunk.subarray(end + 1);
      }
      length += chunk.length;
      if (length > constants.MAX_STRING_LENGTH) throw damaged(file, 'it has an endless line');
      if (chunk.length > 0) parts.push(chunk);
    }
    if (parts.length > 0) throw damaged(file, 'it ends in the middle of a line');
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

function parseHeader(text: string, file: string): BackupHeader {
  const record = parseJson(text);
  const any = anyHeaderLine.safeParse(record);
  if (!any.success) throw notABackup(file);
  if (any.data.formatVersion > FORMAT_VERSION) {
    throw new AppError('conflict', {
      message: `${file} is a backup in format ${any.data.formatVersion}, and this Taxiway reads formats up to ${FORMAT_VERSION}. It was written by a newer Taxiway: use that one.`,
    });
  }
  const header = headerLine.safeParse(record);
  if (!header.success) throw damaged(file, 'its header is unreadable');
  return header.data;
}

function parseRow(text: string, columns: number): SqlValue[] | undefined {
  const values = parseJson(text);
  const isValue = (value: unknown) =>
    value === null || typeof value === 'string' || Number.isSafeInteger(value);
  return Array.isArray(values) && values.length === columns && values.every(isValue)
    ? (values as SqlValue[])
    : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function errno(error: unknown): string | undefined {
  const code: unknown = Reflect.get(Object(error), 'code');
  return typeof code === 'string' ? code : undefined;
}

function isErrno(error: unknown): boolean {
  return /^E[A-Z]/.test(errno(error) ?? '') && Reflect.get(Object(error), 'syscall') !== undefined;
}

function alreadyThere(file: string): AppError {
  return new AppError('conflict', {
    message: `${file} exists already, and is not replaced without --force.`,
  });
}

function notABackup(file: string): AppError {
  return new AppError('unprocessable', { message: `${file} is not a backup of Taxiway.` });
}

function damaged(file: string, how: string): AppError {
  return new AppError('unprocessable', {
    message: `The backup ${file} is damaged: ${how}. Nothing was restored.`,
  });
}

function fileError(error: unknown, file: string): AppError {
  const code = errno(error) ?? 'unknown';
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new AppError(
      'unavailable',
      { message: `There is not enough space for ${file}; nothing was left behind.`, reason: 'storage_full' },
      { cause: error },
    );
  }
  return invalid('FILE', `${file} cannot be used: ${code}`);
}

function readError(error: unknown, file: string): unknown {
  const code = errno(error);
  if (code === 'Z_BUF_ERROR') return damaged(file, 'it ends early');
  if (code === 'Z_DATA_ERROR') {
    return /incorrect header check/.test(String(error))
      ? notABackup(file)
      : damaged(file, 'it cannot be unpacked');
  }
  return isErrno(error) ? fileError(error, file) : error;
}
