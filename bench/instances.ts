import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { createAccess } from '../server/access/access.ts';
import { DATABASE_FILE, openApp } from '../server/app.ts';
import { readConfig } from '../server/config.ts';
import { createTaxiiUser } from '../server/features/account-creation/taxii-users.service.ts';
import { setCollectionWritable } from '../server/features/collections/collections.service.ts';
import { createOrganization } from '../server/features/owners/owners.service.ts';
import type { Store } from './bare.ts';
import type { Range } from './load.ts';
import { benchObject } from './stix-data.ts';

export const OWNER = 'Bench';

/** An instance to be measured: one organization, its collection, which accepts writing, and a TAXII user of it. */
export type Instance = {
  /** TAXIWAY_… variables under which its server runs. */
  settings: Record<string, string>;
  store: Store;
  ownerId: number;
  /** Path of the collection's objects. */
  path: string;
  authorization: string;
  logFile: string;
  /** `date_added` of every tenth object, in order; `readStamps` fills it. */
  stamps: number[];
};

const STAMP_STEP = 10;

/** Makes an instance in the folder, on SQLite, or on PostgreSQL where a database is given. */
export async function createInstance(folder: string, databaseUrl: string | undefined): Promise<Instance> {
  await mkdir(folder, { recursive: true });
  const settings: Record<string, string> =
    databaseUrl === undefined
      ? { TAXIWAY_DATA: folder }
      : {
          TAXIWAY_DATA: folder,
          TAXIWAY_DATABASE_URL: databaseUrl,
          TAXIWAY_MASTER_KEY: Buffer.alloc(32, 7).toString('base64url'),
        };
  const app = await openApp(readConfig({ ...settings, TAXIWAY_LOG_LEVEL: 'warn' }));
  try {
    const caller = { access: createAccess({ kind: 'operator', name: 'operator (bench)' }) };
    const owner = await createOrganization(app, caller, { name: OWNER, limits: { taxiiUsers: 10 } });
    await setCollectionWritable(app, caller, owner.collectionId, true);
    const user = await createTaxiiUser(app, caller, { userName: 'bench-siem', organization: OWNER });
    return {
      settings,
      store: databaseUrl === undefined ? { file: path.join(folder, DATABASE_FILE) } : { url: databaseUrl },
      ownerId: owner.id,
      path: `/${user.service.path}/collections/${owner.collectionId}/objects/`,
      authorization: `Basic ${Buffer.from(`${user.userName}:${user.password}`).toString('base64')}`,
      logFile: path.join(folder, 'access.log'),
      stamps: [],
    };
  } finally {
    await app.close();
  }
}

/** Writes objects 0 to `count` as JSON Lines. */
export async function writeObjects(file: string, count: number): Promise<void> {
  function* chunks(): Generator<string> {
    for (let n = 0; n < count; n += 1000) {
      const lines = Array.from(
        { length: Math.min(1000, count - n) },
        (_, index) => benchObject(n + index).text,
      );
      yield `${lines.join('\n')}\n`;
    }
  }
  await pipeline(Readable.from(chunks()), createWriteStream(file));
}

/** Reads the positions in the collection from which pages can begin. */
export async function readStamps({ store, ownerId, stamps }: Instance): Promise<void> {
  stamps.length = 0;
  let row = 0;
  const take = (stamp: number) => {
    if (row++ % STAMP_STEP === 0) stamps.push(stamp);
  };
  if ('file' in store) {
    const database = new DatabaseSync(store.file, { readOnly: true });
    const all = database.prepare(
      'select date_added from objects where owner_id = ? and latest = 2 order by date_added',
    );
    for (const { date_added } of all.iterate(ownerId)) take(Number(date_added));
    database.close();
    return;
  }
  const client = new pg.Client({ connectionString: store.url });
  await client.connect();
  const { rows } = await client.query<{ date_added: string }>(
    'select date_added from objects where owner_id = $1 and latest = 2 order by date_added',
    [ownerId],
  );
  for (const { date_added } of rows) take(Number(date_added));
  await client.end();
}

/** Brings the engine to rest after the table was filled, so that its cleaning up falls into nobody's time. */
export async function settle({ store }: Instance, table: 'objects' | 'accounts' = 'objects'): Promise<void> {
  if ('file' in store) {
    const database = new DatabaseSync(store.file);
    database.exec('pragma wal_checkpoint(truncate)');
    database.close();
    return;
  }
  const client = new pg.Client({ connectionString: store.url });
  await client.connect();
  await client.query(`vacuum analyze ${table}`);
  await client.query('checkpoint');
  await client.end();
}

/** What makes the objects' table and its indexes, as Taxiway does. */
export async function objectTables(instance: Instance): Promise<string[]> {
  if ('file' in instance.store) {
    const database = new DatabaseSync(instance.store.file, { readOnly: true });
    const rows = database
      .prepare("select sql from sqlite_master where tbl_name = 'objects' and sql is not null")
      .all();
    database.close();
    return rows.map((row) => String(row.sql));
  }
  const client = new pg.Client({ connectionString: instance.store.url });
  await client.connect();
  const { rows } = await client.query<{ indexdef: string }>(
    "select indexdef from pg_indexes where tablename = 'objects' and indexname <> 'objects_pkey'",
  );
  await client.end();
  const text = 'text collate "C" not null';
  return [
    `create table objects (id bigint generated by default as identity primary key, owner_id bigint not null,
     date_added bigint not null, stix_id ${text}, type ${text}, spec_version ${text}, version bigint not null,
     version_text ${text}, latest bigint not null, revoked bigint not null, added_by bigint, size bigint not null,
     content_hash text collate "C", json text not null)`,
    ...rows.map((row) => row.indexdef),
  ];
}

/** Divides the collection among connections; another `round` begins its pages at other objects. */
export function rangesOf({ stamps }: Instance, connections: number, round: number): Range[] {
  const share = Math.floor(stamps.length / connections);
  return Array.from({ length: connections }, (_, index) => ({
    from: stampOf(stamps[index * share + (round % Math.max(1, Math.floor(share / 2)))]),
    to: stampOf(stamps[(index + 1) * share - 1]),
  }));
}

/** As `added_after` takes it. */
export function stampOf(micros: number | undefined): string {
  const value = micros ?? 0;
  const seconds = new Date(Math.floor(value / 1000)).toISOString().slice(0, 19);
  return `${seconds}.${String(value % 1_000_000).padStart(6, '0')}Z`;
}
