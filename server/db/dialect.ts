import { type ColumnDefinitionBuilder, type RawBuilder, sql } from 'kysely';

/** The few things in which the two engines differ. */

export type Engine = 'sqlite' | 'postgres';

/** A text column that sorts and compares by code point on both engines. */
export function text(engine: Engine): RawBuilder<unknown> {
  return engine === 'sqlite' ? sql`text` : sql`text collate "C"`;
}

/** An integer of 64 bits. */
export function int(engine: Engine): RawBuilder<unknown> {
  return engine === 'sqlite' ? sql`integer` : sql`bigint`;
}

/** An id that the database gives and never gives again, not even after the row was deleted. */
export function autoId(engine: Engine) {
  return (column: ColumnDefinitionBuilder): ColumnDefinitionBuilder =>
    engine === 'sqlite'
      ? column.primaryKey().autoIncrement()
      : column.primaryKey().generatedByDefaultAsIdentity();
}

const numbered = new Map<string, string>();

/** PostgreSQL's `$1`, `$2`, … for each `?`. For the closed set of statements of the bulk and hot paths. */
export function dollarPlaceholders(text: string): string {
  let result = numbered.get(text);
  if (result === undefined) {
    let position = 0;
    result = text.replaceAll('?', () => `$${++position}`);
    numbered.set(text, result);
  }
  return result;
}

function property(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
}

/** Whether the database refused a row because its key exists. */
export function isUniqueViolation(error: unknown): boolean {
  if (property(error, 'code') === '23505') return true;
  // SQLITE_CONSTRAINT_UNIQUE, SQLITE_CONSTRAINT_PRIMARYKEY
  return [2067, 1555].includes(Number(property(error, 'errcode')));
}

/** Whether PostgreSQL refused a text because it cannot hold U+0000. */
export function isUnstorableText(error: unknown): boolean {
  return property(error, 'code') === '22021';
}

/** Whether another process holds SQLite's write lock, so that the same statement may succeed in a moment. */
export function isBusy(error: unknown): boolean {
  return (Number(property(error, 'errcode')) & 0xff) === 5;
}

/** Whether the transaction lost against a concurrent one and may be tried again from its start. */
export function isSerializationFailure(error: unknown): boolean {
  return property(error, 'code') === '40001' || property(error, 'code') === '40P01';
}

/** Classes of PostgreSQL errors that say that the server, not the request, is at fault: connection, resources, shutdown. */
const UNAVAILABLE_SQLSTATE = /^(08|53|57P|58)/;
const UNAVAILABLE_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'ENOENT',
  'EHOSTUNREACH',
]);
/** SQLITE_BUSY, SQLITE_LOCKED, SQLITE_NOMEM, SQLITE_READONLY, SQLITE_IOERR, SQLITE_FULL, SQLITE_CANTOPEN */
const UNAVAILABLE_SQLITE = new Set([5, 6, 7, 8, 10, 13, 14]);

/**
 * Why the database cannot serve at the moment, or undefined when the error is another one: the disk is full, the
 * connection is lost, the server is shutting down.
 */
export function unavailableReason(error: unknown): 'storage_full' | 'database' | undefined {
  const errcode = property(error, 'errcode');
  if (typeof errcode === 'number' && UNAVAILABLE_SQLITE.has(errcode & 0xff)) {
    return (errcode & 0xff) === 13 ? 'storage_full' : 'database';
  }
  const code = property(error, 'code');
  if (code === '53100') return 'storage_full';
  if (typeof code === 'string' && (UNAVAILABLE_SQLSTATE.test(code) || UNAVAILABLE_CODES.has(code)))
    return 'database';
  const message = property(error, 'message');
  if (
    typeof message === 'string' &&
    /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/.test(
      message,
    )
  ) {
    return 'database';
  }
  return undefined;
}
