import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import pg from 'pg';
import { answerParent } from './children.ts';
import type { Range } from './load.ts';
import { benchObject } from './stix-data.ts';

/** What Taxiway is measured against: the same work in the fewest lines over `node:http`, `node:sqlite` and `pg`. */

/** A SQLite file, or a PostgreSQL database. */
export type Store = { file: string } | { url: string };

export type BareQuestion =
  /** Serves one body to everybody. */
  | { kind: 'http'; headers: [string, string][]; body: Buffer }
  /** Serves the page loop: `added_after`, `next` and `limit`, without credentials or checks. */
  | { kind: 'loop-http'; store: Store; ownerId: number }
  /** Walks the ranges in a loop, without HTTP, `walkers` at a time. */
  | { kind: 'loop'; store: Store; ownerId: number; limit: number; ms: number; ranges: Range[] }
  /** Makes the tables of an empty Taxiway database, to insert into. */
  | { kind: 'prepare-insert'; store: Store; definitions: string[] }
  /** Inserts rows in transactions of `batch`; their making is not part of the time. */
  | { kind: 'insert'; first: number; count: number; batch: number };

export type BareAnswer = { port?: number; pages?: number; bytes?: number; ms?: number };

type PageRow = { date_added: number; json: string };
type PageSource = (ownerId: number, after: number, limit: number) => PageRow[] | Promise<PageRow[]>;
type Inserter = (rows: (string | number | null)[][]) => Promise<void>;

/** As Taxiway opens its connections. */
const PRAGMAS = `pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; pragma temp_store = memory;
  pragma cache_size = -65536; pragma mmap_size = 268435456; pragma wal_autocheckpoint = 2000; pragma journal_size_limit = 67108864`;
/** The limit stands in the text: as a parameter, SQLite would plan the statement anew for each page. */
const pageSql = (limit: number) =>
  `select date_added, json from objects where owner_id = $1 and latest = 2 and date_added > $2 order by date_added limit ${limit}`;
const COLUMNS =
  'owner_id, date_added, stix_id, type, spec_version, version, version_text, latest, revoked, added_by, size, json';
const POSTGRES_CONNECTIONS = 10;
/** Rows per insert on PostgreSQL, where each statement is a round trip. */
const POSTGRES_ROWS = 100;

let inserter: Inserter | undefined;

async function answer(question: BareQuestion): Promise<BareAnswer> {
  switch (question.kind) {
    case 'http': {
      const { body } = question;
      const headers = Object.fromEntries(question.headers);
      return await serve((_incoming, outgoing) => {
        outgoing.writeHead(200, headers);
        outgoing.end(body);
      });
    }
    case 'loop-http': {
      const pageOf = openPages(question.store);
      const { ownerId } = question;
      return await serve((incoming, outgoing) => {
        const query = new URLSearchParams(incoming.url?.split('?')[1]);
        const next = query.get('next');
        const after = next === null ? microsOf(query.get('added_after') ?? '') : Number(next);
        void Promise.resolve(pageOf(ownerId, after, Number(query.get('limit')))).then((rows) => {
          const body = bodyOf(rows);
          outgoing.writeHead(200, {
            'Content-Type': 'application/taxii+json;version=2.1',
            'X-TAXII-Date-Added-Last': stampOf(rows.at(-1)?.date_added ?? 0),
            'Content-Length': body.length,
          });
          outgoing.end(body);
        });
      });
    }
    case 'loop': {
      const pageOf = openPages(question.store);
      const { ownerId, limit, ms } = question;
      let [pages, bytes] = [0, 0];
      const walks = question.ranges.map(({ from, to }) => ({
        first: microsOf(from),
        after: microsOf(from),
        end: microsOf(to),
      }));
      const turn = async (walk: { first: number; after: number; end: number }): Promise<void> => {
        const found = pageOf(ownerId, walk.after, limit);
        const rows = Array.isArray(found) ? found : await found;
        bytes += bodyOf(rows).length;
        pages++;
        const last = rows.at(-1)?.date_added ?? walk.end;
        walk.after = last >= walk.end ? walk.first : last;
      };
      const begun = performance.now();
      // SQLite answers at once: the ranges take turns. PostgreSQL is waited for, by all of them at a time.
      if ('file' in question.store) {
        while (performance.now() < begun + ms) for (const walk of walks) await turn(walk);
      } else {
        await Promise.all(
          walks.map(async (walk) => {
            while (performance.now() < begun + ms) await turn(walk);
          }),
        );
      }
      return { pages, bytes, ms: performance.now() - begun };
    }
    case 'prepare-insert':
      inserter = await openInserter(question.store, question.definitions);
      return {};
    case 'insert': {
      let ms = 0;
      for (let done = 0; done < question.count; done += question.batch) {
        const rows = Array.from({ length: Math.min(question.batch, question.count - done) }, (_, index) =>
          rowOf(question.first + done + index),
        );
        const begun = performance.now();
        await inserter?.(rows);
        ms += performance.now() - begun;
      }
      return { ms };
    }
  }
}

async function serve(listener: RequestListener): Promise<BareAnswer> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port };
}

function bodyOf(rows: readonly PageRow[]): Buffer {
  const head = `{"more":true,"next":"${rows.at(-1)?.date_added ?? 0}","objects":[`;
  return Buffer.from(`${head}${rows.map((row) => row.json).join(',')}]}`);
}

const opened = new Map<string, PageSource>();

function openPages(store: Store): PageSource {
  const key = JSON.stringify(store);
  const known = opened.get(key);
  if (known !== undefined) return known;
  const source = 'file' in store ? sqlitePages(store.file) : postgresPages(store.url);
  opened.set(key, source);
  return source;
}

function sqlitePages(file: string): PageSource {
  const database = new DatabaseSync(file, { readOnly: true });
  database.exec('pragma cache_size = -65536; pragma mmap_size = 268435456');
  const statements = new Map<number, StatementSync>();
  return (ownerId, after, limit) => {
    const statement = statements.get(limit) ?? database.prepare(pageSql(limit).replaceAll(/\$\d/g, '?'));
    statements.set(limit, statement);
    return statement.all(ownerId, after) as PageRow[];
  };
}

function postgresPages(url: string): PageSource {
  const pool = new pg.Pool({
    connectionString: url,
    max: POSTGRES_CONNECTIONS,
    types: { getTypeParser: (oid: number) => (oid === 20 ? Number : pg.types.getTypeParser(oid)) },
  });
  return async (ownerId, after, limit) =>
    (await pool.query<PageRow>({ name: `page ${limit}`, text: pageSql(limit), values: [ownerId, after] }))
      .rows;
}

async function openInserter(store: Store, definitions: readonly string[]): Promise<Inserter> {
  if ('file' in store) {
    const database = new DatabaseSync(store.file);
    database.exec(PRAGMAS);
    for (const definition of definitions) database.exec(definition);
    const statement = database.prepare(`insert into objects (${COLUMNS}) values (${placeholders(1, '?')})`);
    return (rows) => {
      database.exec('begin immediate');
      for (const row of rows) statement.run(...row);
      database.exec('commit');
      return Promise.resolve();
    };
  }
  const client = new pg.Client({ connectionString: store.url });
  await client.connect();
  for (const definition of definitions) await client.query(definition);
  return async (rows) => {
    await client.query('begin');
    for (let start = 0; start < rows.length; start += POSTGRES_ROWS) {
      const part = rows.slice(start, start + POSTGRES_ROWS);
      const values = part.map((_, row) => `(${placeholders(row * 12 + 1, '$')})`).join(',');
      await client.query({
        name: `insert ${part.length}`,
        text: `insert into objects (${COLUMNS}) values ${values}`,
        values: part.flat(),
      });
    }
    await client.query('commit');
  };
}

function placeholders(first: number, mark: '?' | '$'): string {
  return Array.from({ length: 12 }, (_, index) => (mark === '?' ? '?' : `$${first + index}`)).join(',');
}

/** The columns of an object, as Taxiway stores it. */
function rowOf(n: number): (string | number | null)[] {
  const { id, type, created, text } = benchObject(n);
  const stamp = 1_700_000_000_000_000 + n;
  return [1, stamp, id, type, '2.1', Date.parse(created) * 1000, created, 2, 0, null, text.length, text];
}

function microsOf(stamp: string): number {
  return Date.parse(`${stamp.slice(0, 19)}Z`) * 1000 + Number(stamp.slice(20, 26));
}

function stampOf(micros: number): string {
  const seconds = new Date(Math.floor(micros / 1000)).toISOString().slice(0, 19);
  return `${seconds}.${String(micros % 1_000_000).padStart(6, '0')}Z`;
}

answerParent(answer);
