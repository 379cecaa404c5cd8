import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { sql } from 'kysely';
import { guardAppendOnly, releaseAppendOnly } from '../../db/append-only.ts';
import type { Database } from '../../db/open.ts';
import type { Schema } from '../../db/schema.ts';
import { rawQuery, type SqlValue, type Transaction } from '../../db/transaction.ts';

export type TableName = keyof Schema;
type TableShape<T extends TableName> = {
  /** The primary key. */
  key: readonly (keyof Schema[T] & string)[];
  /** The one column whose values may be so large that a page of rows must be bounded by them. */
  large?: keyof Schema[T] & string;
  /** A fresh instance has rows here, which a restore replaces. */
  fresh?: true;
  /** The database gives the ids, and never gives one twice. */
  identity?: true;
  /**
   * The rows are not kept: whoever has signed out since the backup must not be signed in after a restore, no link be
   * good again that was used, and no mail be sent twice.
   */
  fleeting?: true;
};

/**
 * Every table of the product, parents before those that refer to them: the order of a backup. The compiler demands each
 * table of the schema, and a test compares with the tables that the database really has.
 */
export const TABLES: { readonly [T in TableName]: TableShape<T> } = {
  instance: { key: ['id'], fresh: true },
  owners: { key: ['id'], identity: true },
  organizations: { key: ['owner_id'] },
  memberships: { key: ['owner_id', 'organization_id'] },
  taxii_services: { key: ['id'], identity: true, fresh: true },
  taxii_service_organizations: { key: ['service_id', 'organization_id'] },
  accounts: { key: ['id'], identity: true },
  account_roles: { key: ['account_id', 'owner_id'] },
  account_allowed_owners: { key: ['account_id', 'owner_id'] },
  credentials: { key: ['id'], identity: true },
  sessions: { key: ['hash'], fleeting: true },
  authenticators: { key: ['id'], identity: true },
  passkeys: { key: ['id'], identity: true },
  recovery_codes: { key: ['account_id', 'hash'] },
  challenges: { key: ['id'], fleeting: true },
  one_time_links: { key: ['id'], fleeting: true },
  outbox: { key: ['id'], identity: true, fleeting: true },
  terms_of_service: { key: ['version'] },
  terms_acceptances: { key: ['account_id', 'version'] },
  password_history: { key: ['id'], identity: true },
  signature_nonces: { key: ['key'], fleeting: true },
  user_groups: { key: ['id'], identity: true },
  user_group_members: { key: ['group_id', 'account_id'] },
  system_settings: { key: ['name'] },
  data_keys: { key: ['organization_id'] },
  master_keys: { key: ['key_id'], fresh: true },
  collections: { key: ['id'] },
  objects: { key: ['id'], large: 'json', identity: true },
  object_references: { key: ['owner_id', 'to_id', 'date_added'] },
  object_counts: { key: ['owner_id', 'type'] },
  statuses: { key: ['id'], large: 'json' },
  taxii_usage: { key: ['collection_id', 'day', 'account_id'] },
  object_additions: { key: ['owner_id', 'day'] },
  throttles: { key: ['key'], fresh: true },
  known_addresses: { key: ['account_id', 'address'] },
  audit_events: { key: ['id'], identity: true, fresh: true },
  audit_heads: { key: ['chain'], fresh: true },
  audit_repeats: { key: ['event_id'], fresh: true },
  audit_checkpoints: { key: ['sequence'], fresh: true },
};

const TABLE_NAMES = Object.keys(TABLES) as TableName[];

/** A read of the snapshot. */
export type Query = <Row>(sql: string, parameters?: readonly SqlValue[]) => Promise<Row[]>;

const quoted = (name: string) => `"${name}"`;
const list = (names: readonly string[]) => names.map(quoted).join(', ');
const marks = (count: number) => Array.from({ length: count }, () => '?').join(', ');

/**
 * Runs reads that all see the database as it was at one instant, while others go on writing. On SQLite over a connection
 * of its own, whose open read transaction keeps the state of the WAL; it must not be the process's only reader.
 */
export async function inSnapshot<T>(db: Database, work: (query: Query) => Promise<T>): Promise<T> {
  if (db.engine === 'postgres') {
    return await db.read
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute((tx) => work((sql, parameters = []) => rawQuery(tx, sql, parameters)));
  }
  const [main] = await db.query<{ file: string }>(
    "select file from pragma_database_list where name = 'main'",
    [],
  );
  const connection = new DatabaseSync(main?.file ?? '', { readOnly: true, timeout: 5000 });
  try {
    // The snapshot is taken by the first read, not by "begin".
    connection.exec('begin; select count(*) from sqlite_schema');
    const statements = new Map<string, StatementSync>();
    const prepare = (text: string): StatementSync => {
      const statement = statements.get(text) ?? connection.prepare(text);
      statements.set(text, statement);
      return statement;
    };
    return await work(
      async <Row>(text: string, parameters: readonly SqlValue[] = []) =>
        prepare(text).all(...parameters) as Row[],
    );
  } finally {
    connection.close();
  }
}

export type TableContents = {
  table: TableName;
  columns: string[];
  /** The last id that the database has given in this table; null where it gives none, or has given none yet. */
  lastId: number | null;
};

/** The tables of the snapshot, in the order in which they are to be restored. */
export async function* listTables(query: Query, db: Database): AsyncGenerator<TableContents> {
  for (const table of TABLE_NAMES) {
    yield {
      table,
      columns: await listColumns(query, db, table),
      lastId: TABLES[table].identity === true ? await findLastId(query, db, table) : null,
    };
  }
}

async function listColumns(query: Query, db: Database, table: TableName): Promise<string[]> {
  const rows = await query<{ name: string }>(
    db.engine === 'sqlite'
      ? 'select name from pragma_table_info(?) order by cid'
      : 'select column_name as name from information_schema.columns where table_schema = current_schema() and table_name = ? order by ordinal_position',
    [table],
  );
  return rows.map((row) => row.name);
}

async function findLastId(query: Query, db: Database, table: TableName): Promise<number | null> {
  const [row] = await query<{ last: number | null }>(
    db.engine === 'sqlite'
      ? 'select seq as last from sqlite_sequence where name = ?'
      : 'select pg_sequence_last_value(cast(pg_get_serial_sequence(?, ?) as regclass)) as last',
    db.engine === 'sqlite' ? [table] : [table, 'id'],
  );
  return row?.last ?? null;
}

const PAGE_ROWS = 500;
const PAGE_OCTETS = 1_000_000;

/**
 * The rows of a table in pages by primary key, each of a megabyte or of a single row, as arrays in the order of `columns`;
 * none of a table whose rows are not kept.
 */
export async function* readRows(
  query: Query,
  { table, columns }: Pick<TableContents, 'table' | 'columns'>,
): AsyncGenerator<SqlValue[][]> {
  const { key, large, fleeting }: { key: readonly string[]; large?: string; fleeting?: true } = TABLES[table];
  if (fleeting === true) return;
  let after: SqlValue[] | undefined;
  for (;;) {
    const from = `from ${quoted(table)}${after === undefined ? '' : ` where (${list(key)}) > (${marks(key.length)})`} order by ${list(key)} limit ?`;
    let limit = PAGE_ROWS;
    if (large !== undefined) {
      const sizes = await query<{ octets: number }>(
        `select octet_length(${quoted(large)}) as octets ${from}`,
        [...(after ?? []), limit],
      );
      limit = rowsWithin(
        sizes.map((row) => row.octets),
        PAGE_OCTETS,
      );
    }
    const rows = await query<Record<string, SqlValue>>(`select ${list(columns)} ${from}`, [
      ...(after ?? []),
      limit,
    ]);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map((row) => columns.map((column) => row[column] ?? null));
    after = key.map((column) => last[column] ?? null);
  }
}

/** How many of the first rows fit; at least one, so that reading goes on. */
function rowsWithin(octets: readonly number[], limit: number): number {
  let sum = 0;
  const tooMany = octets.findIndex((size) => {
    sum += size;
    return sum > limit;
  });
  return Math.max(1, tooMany === -1 ? octets.length : tooMany);
}

/** What stands in the way of a restore: the tables that a fresh instance has empty, with their number of rows. */
export async function countRowsInTheWay(tx: Transaction): Promise<{ table: TableName; rows: number }[]> {
  const found: { table: TableName; rows: number }[] = [];
  for (const table of TABLE_NAMES) {
    if (TABLES[table].fresh === true && table !== 'taxii_services') continue;
    const [row] = await rawQuery<{ rows: number }>(tx, `select count(*) as rows from ${quoted(table)}`, []);
    // A fresh instance has one TAXII service; whoever made another one would lose it.
    const surplus = (row?.rows ?? 0) - (table === 'taxii_services' ? 1 : 0);
    if (surplus > 0) found.push({ table, rows: row?.rows ?? 0 });
  }
  return found;
}

/** Keeps everybody else out until the transaction ends. On SQLite the one writer does that. */
export async function lockTables(tx: Transaction, db: Database): Promise<void> {
  if (db.engine === 'postgres') {
    await rawQuery(tx, `lock table ${list(TABLE_NAMES)} in access exclusive mode`, []);
  }
}

/** Removes the rows of a fresh instance, children first. Its audit trail gives way to that of the backup. */
export async function deleteFreshRows(tx: Transaction, db: Database): Promise<void> {
  await releaseAppendOnly(tx, db.engine);
  for (const table of [...TABLE_NAMES].reverse()) {
    if (TABLES[table].fresh === true) await rawQuery(tx, `delete from ${quoted(table)}`, []);
  }
  await guardAppendOnly(tx, db.engine);
}

/** The columns of a table of the database that is being restored. */
export async function listTargetColumns(tx: Transaction, db: Database, table: TableName): Promise<string[]> {
  return await listColumns((sql, parameters = []) => rawQuery(tx, sql, parameters), db, table);
}

const INSERT_VALUES = 2000;
const INSERT_CHARACTERS = 1_000_000;

export type RowInserter = {
  /** Takes a row; a promise where it has to be waited for. */
  add(row: readonly SqlValue[]): Promise<void> | undefined;
  /** Inserts what is left. */
  flush(): Promise<void>;
};

/** Inserts rows as they are, ids included, in statements of many rows. */
export function createInserter(
  tx: Transaction,
  { table, columns }: Pick<TableContents, 'table' | 'columns'>,
): RowInserter {
  const values = `(${marks(columns.length)})`;
  const statement = (rows: number) =>
    `insert into ${quoted(table)} (${list(columns)}) values ${Array.from({ length: rows }, () => values).join(', ')}`;
  const full = Math.max(1, Math.floor(INSERT_VALUES / columns.length));
  const statements = { full: statement(full), single: statement(1) };
  let waiting: (readonly SqlValue[])[] = [];
  let characters = 0;
  const flush = async (): Promise<void> => {
    const rows = waiting;
    waiting = [];
    characters = 0;
    if (rows.length === full) {
      await rawQuery(tx, statements.full, rows.flat());
      return;
    }
    // Two statements per table, whatever the number of rows: they are kept prepared.
    for (const row of rows) await rawQuery(tx, statements.single, row);
  };
  return {
    add(row) {
      waiting.push(row);
      for (const value of row) characters += typeof value === 'string' ? value.length : 0;
      return waiting.length >= full || characters > INSERT_CHARACTERS ? flush() : undefined;
    },
    flush,
  };
}

/** Lets the database go on giving ids after `lastId`, so that none is given twice, not even of a deleted row. */
export async function setLastId(
  tx: Transaction,
  db: Database,
  table: TableName,
  lastId: number | null,
): Promise<void> {
  if (TABLES[table].identity !== true) return;
  const [row] = await rawQuery<{ max: number | null }>(tx, `select max(id) as max from ${quoted(table)}`, []);
  const last = Math.max(lastId ?? 0, row?.max ?? 0);
  if (db.engine === 'sqlite') {
    await rawQuery(tx, 'delete from sqlite_sequence where name = ?', [table]);
    if (last > 0) await rawQuery(tx, 'insert into sqlite_sequence (name, seq) values (?, ?)', [table, last]);
    return;
  }
  await rawQuery(tx, 'select setval(cast(pg_get_serial_sequence(?, ?) as regclass), ?, ?)', [
    table,
    'id',
    Math.max(1, last),
    last > 0 ? 'true' : 'false',
  ]);
}

/**
 * Leaves the restored database as one that has been running: on SQLite what is in the log moves into the database, so
 * that the first start need not do that; PostgreSQL learns how many rows there are before it plans queries over them.
 */
export async function settleRestored(db: Database): Promise<void> {
  await (db.engine === 'sqlite'
    ? sql`pragma wal_checkpoint(truncate)`.execute(db.write)
    : sql`analyze ${sql.raw(list(TABLE_NAMES))}`.execute(db.write));
}
