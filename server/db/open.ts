import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  PostgresDialect,
  SqliteAdapter,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import pg from 'pg';
import { dollarPlaceholders, type Engine, isBusy } from './dialect.ts';
import type { Schema } from './schema.ts';

/** A query of the hot path, prepared once: positional parameters in, rows out. On SQLite the answer is immediate. */
export type Prepared<Row> = (parameters: readonly (string | number | null)[]) => Row[] | Promise<Row[]>;

export type Database = {
  readonly engine: Engine;
  /** Reads outside a transaction. Writing through it is refused on SQLite. */
  readonly read: Kysely<Schema>;
  /** The one way to write; see `transaction.ts`. */
  readonly write: Kysely<Schema>;
  /** SQL with `?` for each parameter. For reads whose cost matters; everything else goes through `read`. */
  prepare<Row>(sql: string): Prepared<Row>;
  /** Like `prepare`, for SQL that varies too much to keep a statement of on a server. */
  query<Row>(sql: string, parameters: readonly (string | number | null)[]): Row[] | Promise<Row[]>;
  /** A number that changes whenever any process has changed the database; undefined where the engine has none. */
  dataVersion(): number | undefined;
  close(): Promise<void>;
};

/** Statements kept per connection. The SQL of the product is a small closed set, but lists of varying length widen it. */
const STATEMENT_CACHE = 300;
/** How long a write waits for another process's write transaction on SQLite. */
const BUSY_TIMEOUT_MS = 20_000;

type SqliteStatement = {
  readonly reader: boolean;
  all(parameters: readonly unknown[]): unknown[];
  run(parameters: readonly unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint };
  iterate(parameters: readonly unknown[]): IterableIterator<unknown>;
};

/** `reader`: it answers with rows. To ask the statement costs as much as a small query: it is asked once. */
type Kept = { statement: StatementSync; reader: boolean };

function cachedPrepare(connection: DatabaseSync): (sql: string) => Kept {
  const cache = new Map<string, Kept>();
  return (sql) => {
    let kept = cache.get(sql);
    if (kept === undefined) {
      const statement = connection.prepare(sql);
      kept = { statement, reader: statement.columns().length > 0 };
      if (cache.size >= STATEMENT_CACHE) {
        const oldest = cache.keys().next();
        if (oldest.done !== true) cache.delete(oldest.value);
      }
      cache.set(sql, kept);
    }
    return kept;
  };
}

/** What Kysely's SQLite driver wants of a database, over `node:sqlite`. */
function sqliteDatabase(connection: DatabaseSync) {
  const prepare = cachedPrepare(connection);
  return {
    prepare(sql: string): SqliteStatement {
      const { statement, reader } = prepare(sql);
      const values = (parameters: readonly unknown[]) => parameters as readonly SQLInputValue[];
      return {
        reader,
        all: (parameters) => statement.all(...values(parameters)),
        run: (parameters) => statement.run(...values(parameters)),
        iterate: (parameters) => statement.iterate(...values(parameters)) as IterableIterator<unknown>,
      };
    },
    close: () => connection.close(),
  };
}

/**
 * Begins every transaction immediate: one that starts as a reader and then writes fails with SQLITE_BUSY as soon as
 * another process wrote in between. While another process writes, waits without blocking the event loop.
 */
class ImmediateSqliteDriver extends SqliteDriver {
  readonly #connection: DatabaseSync;

  constructor(connection: DatabaseSync) {
    super({ database: sqliteDatabase(connection) as never });
    this.#connection = connection;
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    const deadline = performance.now() + BUSY_TIMEOUT_MS;
    for (let wait = 1; ; wait = Math.min(wait * 1.5, 20)) {
      try {
        await connection.executeQuery(CompiledQuery.raw('begin immediate'));
        return;
      } catch (error) {
        if (!isBusy(error) || performance.now() > deadline) throw error;
        await sleep(wait * (0.5 + Math.random()));
      }
    }
  }

  /** A full disk or a failing device makes SQLite roll back by itself; to do so again would be an error that hides the first. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#connection.isTransaction) await super.rollbackTransaction(connection);
  }
}

function sqliteKysely(connection: DatabaseSync): Kysely<Schema> {
  return new Kysely<Schema>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: (): Driver => new ImmediateSqliteDriver(connection),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    } satisfies Dialect,
  });
}

/** From this size of cache on, the file is also mapped into memory. */
const MAPPING_CACHE_BYTES = 32_000_000;

/** Opens the embedded database: one file, created when absent. `:memory:` is not offered, as readers have connections of their own. */
export function openSqlite(file: string, cacheBytes: number): Database {
  // Mapped pages count as memory of the process: none for one that is to stay small.
  const mapBytes = cacheBytes < MAPPING_CACHE_BYTES ? 0 : 4 * cacheBytes;
  // A reader waits only for the recovery after a crash. The writer never waits inside SQLite, which would stop the
  // event loop; `beginTransaction` does the waiting.
  const open = (readOnly: boolean): DatabaseSync => {
    const connection = new DatabaseSync(file, { readOnly, timeout: readOnly ? 5000 : 0 });
    // The first statement that reads the file meets the lock of a process that closes it.
    retryBusy(() =>
      connection.exec(
        `pragma foreign_keys = on; pragma temp_store = memory; pragma cache_size = -${Math.ceil(cacheBytes / 1024)}; pragma mmap_size = ${mapBytes}`,
      ),
    );
    return connection;
  };
  const writer = open(false);
  // WAL lets readers go on beside the writer; FULL makes every acknowledged commit survive a power cut.
  retryBusy(() => writer.exec('pragma journal_mode = wal'));
  writer.exec(
    'pragma synchronous = full; pragma wal_autocheckpoint = 2000; pragma journal_size_limit = 67108864',
  );
  const reader = open(true);
  const prepareOnReader = cachedPrepare(reader);
  const dataVersion = reader.prepare('pragma data_version');
  const read = sqliteKysely(reader);
  const write = sqliteKysely(writer);
  return {
    engine: 'sqlite',
    read,
    write,
    prepare<Row>(sql: string): Prepared<Row> {
      return (parameters) => prepareOnReader(sql).statement.all(...parameters) as Row[];
    },
    query: <Row>(sql: string, parameters: readonly (string | number | null)[]) =>
      prepareOnReader(sql).statement.all(...parameters) as Row[],
    dataVersion: () => Number(dataVersion.get()?.data_version),
    async close() {
      // The writer last: whoever closes the file last empties the log into it, and a reader cannot. Kysely closes a
      // connection only if it was used.
      await read.destroy();
      if (reader.isOpen) reader.close();
      await write.destroy();
      if (writer.isOpen) writer.close();
    },
  };
}

/** Changing to WAL takes an exclusive lock for a moment; two processes that start at once meet there. */
function retryBusy(action: () => void): void {
  const deadline = performance.now() + BUSY_TIMEOUT_MS;
  for (;;) {
    try {
      action();
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}

const INT8 = 20;

/** Opens a PostgreSQL database. `connections` is the most that this process holds at a time. */
export function openPostgres(
  url: string,
  connections: number,
  onIdleError: (error: Error) => void,
): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: 10_000,
    // A server that hangs instead of breaking must not hang us for good. Migrations take their time.
    query_timeout: 300_000,
    keepAlive: true,
    application_name: 'taxiway',
    types: {
      // int8 arrives as text; every integer that we store fits a double exactly.
      getTypeParser: (oid: number, format?: string) =>
        oid === INT8 ? Number : pg.types.getTypeParser(oid, format as 'text'),
    },
  });
  // A connection that breaks while idle is dropped from the pool; without a listener it would end the process.
  pool.on('error', onIdleError);
  // Nor does the pool listen to one that breaks while a transaction has it. The transaction's next query fails, and says so.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const kysely = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  let prepared = 0;
  return {
    engine: 'postgres',
    read: kysely,
    write: kysely,
    prepare<Row>(sql: string): Prepared<Row> {
      const text = dollarPlaceholders(sql);
      const name = `taxiway_${++prepared}`;
      return async (values) => (await pool.query({ name, text, values: [...values] })).rows as Row[];
    },
    query: async <Row>(sql: string, parameters: readonly (string | number | null)[]) =>
      (await pool.query(dollarPlaceholders(sql), [...parameters])).rows as Row[],
    dataVersion: () => undefined,
    close: () => kysely.destroy(),
  };
}
