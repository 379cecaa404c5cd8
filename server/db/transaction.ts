import { CompiledQuery, type Transaction as KyselyTransaction, PostgresAdapter } from 'kysely';
import { AppError } from '../errors.ts';
import {
  dollarPlaceholders,
  isBusy,
  isSerializationFailure,
  isUnstorableText,
  unavailableReason,
} from './dialect.ts';
import type { Database } from './open.ts';
import type { Schema } from './schema.ts';

export type Transaction = KyselyTransaction<Schema>;

const ATTEMPTS = 5;

/**
 * Runs `work` in one transaction and commits it, or rolls back when it throws. Inside, await nothing but the
 * transaction: SQLite has one writer, and everybody waits for it. A transaction that lost against a concurrent one
 * (PostgreSQL: deadlock, serialization failure) is run again, so `work` may have no effects of its own.
 * Lock order: instance → organization → account → owner → collection → audit.
 * @throws AppError `unavailable` when the database cannot serve at the moment
 */
export async function inTransaction<T>(db: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.write.transaction().execute(work);
    } catch (error) {
      if (attempt < ATTEMPTS && isSerializationFailure(error)) continue;
      throw asUnavailable(error);
    }
  }
}

/** The error to answer with when the database cannot serve, or cannot hold a text; any other error comes back as it is. */
export function asUnavailable(error: unknown): unknown {
  if (isUnstorableText(error))
    return new AppError('invalid_input', { message: 'A text must not contain U+0000.' }, { cause: error });
  const reason = unavailableReason(error);
  if (reason === undefined) return error;
  const message =
    reason === 'storage_full'
      ? 'The storage is full; nothing was changed.'
      : isBusy(error)
        ? 'Another process is writing; nothing was changed.'
        : 'The database cannot be reached.';
  return new AppError('unavailable', { message, reason, retryAfterSeconds: 5 }, { cause: error });
}

export type SqlValue = string | number | null;

/** A statement of the bulk path, without the cost of building it: `?` stands for each parameter. Only for SQL without text literals. */
export async function rawQuery<Row>(
  tx: Transaction,
  text: string,
  parameters: readonly SqlValue[],
): Promise<Row[]> {
  const isPostgres = tx.getExecutor().adapter instanceof PostgresAdapter;
  const { rows } = await tx.executeQuery<Row>(
    CompiledQuery.raw(isPostgres ? dollarPlaceholders(text) : text, [...parameters]),
  );
  return rows;
}
