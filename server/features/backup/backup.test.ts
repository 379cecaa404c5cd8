import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAccess } from '../../access/access.ts';
import { KEY_FILE, openApp } from '../../app.ts';
import type { App, Caller } from '../../context.ts';
import type { Engine } from '../../db/dialect.ts';
import { SCHEMA_VERSION } from '../../db/migrate.ts';
import { inTransaction, type SqlValue, type Transaction } from '../../db/transaction.ts';
import type { RunningServer } from '../../http/server.ts';
import { startServer } from '../../serving.ts';
import { newApiUser } from '../../testing/accounts.ts';
import { newOrganization, newPersonWithPassword } from '../../testing/builders.ts';
import { restClient } from '../../testing/rest-client.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { createTaxiiUser } from '../account-creation/taxii-users.service.ts';
import { writeCheckpoint } from '../audit/checkpoints.service.ts';
import { verifyAudit } from '../audit/verification.service.ts';
import { insertStatus } from '../exchange/exchange.store.ts';
import { addObjects, deleteVersions } from '../intelligence/intelligence.store.ts';
import { dropOlderKeys, rotateKeys, verifyKeys } from '../keys/keys.service.ts';
import { addMember, createOrganization, createOwner } from '../owners/owners.service.ts';
import { setSetting } from '../settings/settings.service.ts';
import { createTaxiiService } from '../taxii-services/taxii-services.service.ts';
import { newUsage } from '../usage/usage.rules.ts';
import { addUsage } from '../usage/usage.store.ts';
import { backUp, extractKey, restoreBackup, restoreKey } from './backup.service.ts';
import { inSnapshot, listTables, type Query, readRows, TABLES } from './backup.store.ts';
import { type BackupHeader, type BackupPart, readBackupHeader, writeBackupFile } from './backup-file.ts';

const MAIL_PASSWORD = 'canary of a mail password';
const PASSPHRASE = 'correct horse battery staple';
/** What JSON may hold and a copy may spoil: line ends of other standards, numbers beyond 2^53, spaces, composed letters. */
const AWKWARD = '\u2028\u2029\u0085\\u0000 \\" é é 😀 \u0001'.replaceAll('\u0001', '\\u0001');

let folder: string;
const opened: TestApp[] = [];
const serving: RunningServer[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'taxiway-backup-'));
});

afterEach(async () => {
  for (const server of serving.splice(0)) await server.close(1000);
  for (const app of opened.splice(0)) await app.close();
  await rm(folder, { recursive: true, force: true });
});

async function open(engine: Engine): Promise<TestApp> {
  const app = await openTestApp(engine);
  opened.push(app);
  return app;
}

async function serve(app: App): Promise<RunningServer> {
  const server = await startServer(app);
  serving.push(server);
  return server;
}

const fileIn = (name: string) => path.join(folder, name);
const keyFileOf = (app: App) => path.join(app.config.dataFolder, KEY_FILE);

async function backUpTo(app: TestApp, name: string, more: { passphrase?: string; replace?: boolean } = {}) {
  const file = fileIn(name);
  const report = await backUp(app, app.operator, {
    file,
    replace: more.replace ?? false,
    keyFile: keyFileOf(app),
    passphrase: more.passphrase,
  });
  return { file, report };
}

function candidate(number: number, version: number) {
  const id = `indicator--${String(number).padStart(8, '0')}-0000-4000-8000-000000000000`;
  const text = `{"type":"indicator", "id":"${id}","spec_version":"2.1","x":12345678901234567890.10,"name":"${AWKWARD}"}`;
  const head = {
    id,
    type: 'indicator',
    specVersion: '2.1',
    version: 1_700_000_000_000_000 + version,
    versionText: '2023-11-14T22:13:20.000Z',
    created: 1_700_000_000_000_000,
    createdByRef: undefined,
    revoked: false,
    refersTo: [`malware--${id.slice(-36)}`],
  };
  return { head, text, size: Buffer.byteLength(text), warnings: [], contentHash: undefined };
}

async function add(app: App, ownerId: number, numbers: readonly number[], version = 0): Promise<void> {
  await inTransaction(app.db, (tx) =>
    addObjects(
      tx,
      { id: ownerId, strict: false },
      numbers.map((number) => candidate(number, version)),
      { accountId: null, now: app.clock.now() },
    ),
  );
}

/** An instance with something in every table, and with gaps after the last ids. */
async function fill(app: TestApp): Promise<{ organizationId: number; communityId: number }> {
  const { operator } = app;
  const organization = await createOrganization(app, operator, { name: 'Acme Power' });
  const community = await createOwner(app, operator, { kind: 'community', name: 'Energie – Zürich' });
  await addMember(app, operator, {
    owner: 'Energie – Zürich',
    organization: 'Acme Power',
    defaultRole: 'User',
  });
  await createTaxiiService(app, operator, {
    name: 'Partners',
    path: 'partners',
    organizations: ['Acme Power'],
  });
  const user = await createTaxiiUser(app, operator, {
    userName: 'fw-1',
    organization: 'Acme Power',
    service: 'partners',
    onlyOwners: ['Energie – Zürich'],
    apiKey: true,
  });
  await add(app, organization.id, [1, 2, 3]);
  await add(app, organization.id, [2], 1);
  await add(app, community.id, [4, 5]);
  const last = candidate(5, 0).head.id;
  await inTransaction(app.db, async (tx) => {
    await deleteVersions(tx, community.id, { stixId: last }, app.clock.now());
    await insertStatus(tx, {
      id: '3f2a5b8c-0000-4000-8000-000000000000',
      serviceId: 1,
      accountId: user.id,
      now: app.clock.now(),
      json: `{"status":"${AWKWARD}"}`,
    });
    await tx
      .insertInto('account_roles')
      .values({ owner_id: community.id, account_id: user.id, role: 'Editor' })
      .execute();
    await tx
      .insertInto('known_addresses')
      .values({ account_id: user.id, address: '192.0.2.1', last_seen_at: app.clock.now() })
      .execute();
    await tx
      .insertInto('throttles')
      .values({ key: 'account fw-1', failures: 2, last_failure_at: 5, blocked_until: 6 })
      .execute();
    const usage = newUsage(user.id, community.collectionId, app.clock.now());
    await addUsage(tx, [{ ...usage, polls: 3, octets_served: Number.MAX_SAFE_INTEGER }]);
    await fillAccountAdministration(tx, organization.id, user.id);
  });
  return { organizationId: organization.id, communityId: community.id };
}

/** A row in each table of account administration and of the audit trail that nothing above has filled. */
async function fillAccountAdministration(tx: Transaction, organizationId: number, accountId: number) {
  await tx
    .insertInto('sessions')
    .values({
      hash: 'a'.repeat(64),
      id: 'session-1',
      account_id: accountId,
      credential_version: 1,
      created_at: 1,
      last_seen_at: 2,
      expires_at: 3,
      address: '192.0.2.1',
      user_agent: AWKWARD,
    })
    .execute();
  const group = await tx
    .insertInto('user_groups')
    .values({
      organization_id: organizationId,
      name: 'Night shift',
      name_key: 'night shift',
      description: AWKWARD,
      version: 3,
      created_at: 1,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await tx.insertInto('user_group_members').values({ group_id: group.id, account_id: accountId }).execute();
  await tx
    .insertInto('system_settings')
    .values({ name: 'tqlQueryTimeout', value: '5000', version: 2, changed_at: 1, changed_by: 'operator' })
    .execute();
  await tx
    .insertInto('data_keys')
    .values({ organization_id: organizationId, wrapped: 'wrapped', created_at: 1 })
    .execute();
  const account_id = accountId;
  await tx
    .insertInto('authenticators')
    .values({ account_id, sealed: 'sealed', created_at: 1, confirmed_at: 2, last_step: 3 })
    .execute();
  await tx
    .insertInto('passkeys')
    .values({
      account_id,
      credential_id: 'credential',
      public_key: 'public',
      counter: 1,
      transports: '["usb"]',
      name: AWKWARD,
      aaguid: null,
      backed_up: 0,
      created_at: 1,
      last_used_at: null,
    })
    .execute();
  await tx
    .insertInto('recovery_codes')
    .values({ account_id, hash: 'b'.repeat(64), created_at: 1, used_at: null })
    .execute();
  await tx
    .insertInto('terms_of_service')
    .values({ version: 1, text: AWKWARD, published_at: 1, published_by: 'operator', must_be_accepted: 1 })
    .execute();
  await tx
    .insertInto('terms_acceptances')
    .values({ account_id, version: 1, accepted_at: 2, source_address: null })
    .execute();
  await tx.insertInto('password_history').values({ account_id, hash: 'hash', created_at: 1 }).execute();
  const event = await tx.selectFrom('audit_events').select('id').executeTakeFirstOrThrow();
  await tx.insertInto('audit_repeats').values({ event_id: event.id, count: 2, last_at: 1 }).execute();
  await tx
    .insertInto('audit_checkpoints')
    .values({
      sequence: 1,
      at: 1,
      heads: '[]',
      previous_hash: '',
      hash: 'hash',
      key_id: 'key',
      signature: 'signature',
    })
    .execute();
}

/** Every row of every table that is kept, but for the events that tell of backing up and restoring. */
async function contents(app: App): Promise<Record<string, unknown[]>> {
  const tables: Record<string, unknown[]> = {};
  for (const [table, { key, fleeting }] of Object.entries(TABLES)) {
    // Each instance knows its own master keys.
    if (fleeting === true || table === 'master_keys') continue;
    const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(table)} order by ${sql.join(
      key.map((column) => sql.ref(column)),
    )}`.execute(app.db.read);
    tables[table] = rows
      .filter((row) => !/^instance\.(backup|restore)$/.test(String(row.action)))
      // These events move the end of the instance's chain.
      .filter((row) => table !== 'audit_heads' || row.chain !== 0)
      .map((row) => ({ ...row }));
  }
  return tables;
}

async function digest(app: App): Promise<string> {
  return createHash('sha256')
    .update(JSON.stringify(await contents(app)))
    .digest('hex');
}

async function isEmpty(app: App): Promise<boolean> {
  const tables = await contents(app);
  return tables.owners?.length === 0 && tables.accounts?.length === 0 && tables.objects?.length === 0;
}

/** The backup with its text changed, packed again. */
async function altered(file: string, change: (text: string) => string): Promise<string> {
  const text = gunzipSync(await readFile(file)).toString('utf8');
  const changed = change(text);
  expect(changed).not.toBe(text);
  await writeFile(`${file}.altered`, gzipSync(changed));
  return `${file}.altered`;
}

/** An account with the highest role, which yet is not the operator of the instance. */
const administrator: Caller = {
  access: createAccess({
    kind: 'account',
    accountId: 1,
    name: 'root@example.org',
    organizationId: 1,
    systemRole: 'Administrator',
    organizationRole: 'Organization Administrator',
  }),
};

/** As an earlier version wrote a backup: with every row of every table. */
async function* partsWithSessions(
  query: Query,
  { db }: App,
  header: BackupHeader,
): AsyncGenerator<BackupPart> {
  yield { kind: 'header', header };
  for await (const table of listTables(query, db)) {
    yield { kind: 'table', table };
    for await (const rows of readRows(query, table)) yield { kind: 'rows', rows };
    if (table.table !== 'sessions') continue;
    const rows = await query<Record<string, SqlValue>>('select * from sessions');
    yield { kind: 'rows', rows: rows.map((row) => table.columns.map((column) => row[column] ?? null)) };
  }
}

describe.each(ENGINES)('a backup on %s', (engine) => {
  it('knows every table that the database really has', async () => {
    const app = await open(engine);
    const tables = (await app.db.read.introspection.getTables()).map((table) => table.name);
    expect(tables.filter((name) => name !== 'schema_migrations').sort()).toEqual(Object.keys(TABLES).sort());
  });

  it('knows the tables whose ids the database gives', async () => {
    const app = await open(engine);
    const given = await app.db.query<{ name: string }>(
      engine === 'sqlite'
        ? "select name from sqlite_schema where sql like '%autoincrement%'"
        : "select table_name as name from information_schema.columns where is_identity = 'YES'",
      [],
    );
    const known = Object.entries(TABLES).filter(([, table]) => table.identity === true);
    expect(given.map(({ name }) => name).sort()).toEqual(known.map(([name]) => name).sort());
  });

  it('knows the key of each table, whose columns are all numbers and texts', async () => {
    const app = await open(engine);
    const tables = await app.db.read.introspection.getTables();
    for (const [table, { key }] of Object.entries(TABLES)) {
      const columns = tables.find(({ name }) => name === table)?.columns ?? [];
      const primary = await app.db.query<{ name: string }>(
        engine === 'sqlite'
          ? 'select name from pragma_table_info(?) where pk > 0'
          : `select a.attname as name from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
             where i.indisprimary and i.indrelid = cast(? as regclass)`,
        [table],
      );
      expect([table, primary.map(({ name }) => name).sort()]).toEqual([table, [...key].sort()]);
      const types = new Set(columns.map((column) => column.dataType.toLowerCase()));
      expect([...types].filter((type) => !['int8', 'bigint', 'integer', 'text'].includes(type))).toEqual([]);
    }
  });

  it('item 130: is restored with the same rows, to the octet, on either engine and back', async () => {
    const source = await open(engine);
    await fill(source);
    expect(Object.entries(await contents(source)).filter(([, rows]) => rows.length === 0)).toEqual([]);
    const before = await digest(source);
    const other: Engine = engine === 'sqlite' ? 'postgres' : 'sqlite';
    let from = source;
    for (const to of [engine, other, engine]) {
      const { file, report } = await backUpTo(from, `to-${to}-${opened.length}.backup`);
      const target = await open(to);
      const restored = await restoreBackup(target, target.operator, { file });
      expect(restored.rows).toEqual(report.rows);
      expect(await digest(target)).toBe(before);
      from = target;
    }
  });

  it('signs nobody in: whoever has signed out since is not signed in by a restore', async () => {
    const source = await open(engine);
    const organization = await newOrganization(source);
    const someone = await newPersonWithPassword(source, 'Standard User', organization);
    const before = await serve(source);
    const browser = restClient(before.url);
    await browser.signIn(someone.userName, someone.password);
    const { file, report } = await backUpTo(source, 'signed-in.backup');
    expect(report.rows.sessions).toBe(0);
    const { cookie } = browser;
    await browser.request('DELETE', '/session');
    const target = await open(engine);
    await restoreBackup(target, target.operator, { file });
    const after = await serve(target);
    const restored = restClient(after.url);
    restored.cookie = cookie;
    expect((await restored.request('GET', '/session')).status).toBe(401);
    await restored.signIn(someone.userName, someone.password);
    expect((await restored.request('GET', '/session')).status).toBe(200);
  });

  it('of an earlier version, with sessions in it, is restored without them', async () => {
    const source = await open(engine);
    await fill(source);
    const { file } = await backUpTo(source, 'without.backup');
    const header = await readBackupHeader(file);
    const withSessions = fileIn('with.backup');
    await inSnapshot(source.db, (query) =>
      writeBackupFile(withSessions, partsWithSessions(query, source, header), { replace: false }),
    );
    expect(gunzipSync(await readFile(withSessions)).toString()).toContain('session-1');
    const target = await open(engine);
    const { rows } = await restoreBackup(target, target.operator, { file: withSessions });
    expect(rows).toMatchObject({ sessions: 0, accounts: 1 });
    expect(await target.db.read.selectFrom('sessions').selectAll().execute()).toEqual([]);
    expect(await digest(target)).toBe(await digest(source));
  });

  it('is restored so that no id of a deleted row is given again', async () => {
    const source = await open(engine);
    const { communityId } = await fill(source);
    const { file } = await backUpTo(source, 'a.backup');
    const last = (await source.db.read.selectFrom('objects').select('id').orderBy('id', 'desc').execute())[0];
    for (const to of ENGINES) {
      const target = await open(to);
      await restoreBackup(target, target.operator, { file });
      await add(target, communityId, [6]);
      const ids = await target.db.read.selectFrom('objects').select('id').orderBy('id', 'desc').execute();
      // The one in between was deleted before the backup.
      expect(ids[0]?.id).toBe((last?.id ?? 0) + 2);
      await createOrganization(target, target.operator, { name: 'After the restore' });
      await createTaxiiUser(target, target.operator, {
        userName: 'fw-2',
        organization: 'After the restore',
        service: 'intel',
      });
    }
  });

  it('holds one instant while others write', { timeout: 60_000 }, async () => {
    const source = await open(engine);
    const { organizationId, communityId } = await fill(source);
    const numbers = (first: number) => Array.from({ length: 3000 }, (_, index) => first + index);
    await add(source, organizationId, numbers(10_000));
    await add(source, communityId, numbers(20_000));
    const second = await source.reopen();
    let running = true;
    let written = 0;
    const write = async (app: App, ownerId: number, first: number) => {
      for (let number = first; running; number += 3) {
        await add(app, ownerId, [number, number + 1, number + 2]);
        written++;
        // The backup is in this process, too.
        await new Promise(setImmediate);
      }
    };
    const writers = [write(source, organizationId, 100_000), write(second, communityId, 1_000_000)];
    const files: string[] = [];
    const counts: number[] = [];
    for (let round = 0; round < 5; round++) {
      const before = written;
      const { file } = await backUpTo(source, `round-${round}.backup`);
      files.push(file);
      counts.push(written - before);
    }
    running = false;
    await Promise.all(writers);
    await second.close();
    expect(Math.min(...counts)).toBeGreaterThan(0);
    for (const file of files) {
      const target = await open('sqlite');
      await restoreBackup(target, target.operator, { file });
      const owners = await target.db.read
        .selectFrom('owners')
        .innerJoin('objects', 'objects.owner_id', 'owners.id')
        .select(['owners.id', 'last_stamp', 'change_counter'])
        .select((eb) => [
          eb.fn.max('date_added').as('newest'),
          eb.fn.count<number>('objects.id').as('objects'),
        ])
        .groupBy('owners.id')
        .orderBy('owners.id')
        .execute();
      expect(owners).toHaveLength(2);
      for (const owner of owners) expect(owner.last_stamp).toBe(owner.newest);
      // 3004 objects after 3 writes, and 3001 after 3; then 3 objects in each.
      expect(owners.map((owner) => Number(owner.objects))).toEqual([
        3004 + 3 * ((owners[0]?.change_counter ?? 0) - 3),
        3001 + 3 * ((owners[1]?.change_counter ?? 0) - 3),
      ]);
    }
  });

  it('reads objects in pages, and one that is larger than a page too', async () => {
    const source = await open(engine);
    const { organizationId } = await fill(source);
    const large = { ...candidate(99, 0), text: `"${'ü'.repeat(3_000_000)}"`, size: 6_000_002 };
    await inTransaction(source.db, (tx) =>
      addObjects(tx, { id: organizationId, strict: false }, [large], { accountId: null, now: 1 }),
    );
    await add(
      source,
      organizationId,
      Array.from({ length: 2500 }, (_, index) => 100 + index),
    );
    const { file } = await backUpTo(source, 'large.backup');
    const target = await open(engine);
    await restoreBackup(target, target.operator, { file });
    expect(await digest(target)).toBe(await digest(source));
  });

  it('is made by the operator of the instance, and refused to an Administrator', async () => {
    const source = await open(engine);
    await fill(source);
    await expect(
      backUp(source, administrator, { file: fileIn('b.backup'), replace: false, keyFile: '' }),
    ).rejects.toMatchObject({ code: 'forbidden' });
    expect(await readdir(folder)).toEqual([]);
    await backUpTo(source, 'b.backup');
    expect(await readdir(folder)).toEqual(['b.backup']);
    const events = await source.db.read
      .selectFrom('audit_events')
      .select(['action', 'outcome', 'actor_name'])
      .where('action', '=', 'instance.backup')
      .orderBy('id')
      .execute();
    expect(events.map((event) => ({ ...event }))).toEqual([
      { action: 'instance.backup', outcome: 'refused', actor_name: 'root@example.org' },
      { action: 'instance.backup', outcome: 'done', actor_name: 'operator (test)' },
    ]);
  });
});

describe.each(ENGINES)('restoring a backup on %s', (engine) => {
  async function backupOfFilled() {
    const source = await open('sqlite');
    await fill(source);
    return (await backUpTo(source, 'full.backup')).file;
  }

  it('is refused into an instance that holds anything, and leaves that alone', async () => {
    const file = await backupOfFilled();
    const target = await open(engine);
    await createOrganization(target, target.operator, { name: 'Here first' });
    const before = await contents(target);
    await expect(restoreBackup(target, target.operator, { file })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('This instance is not empty (owners: 1, organizations: 1'),
    });
    const after = await contents(target);
    expect({ ...after, audit_events: [] }).toEqual({ ...before, audit_events: [] });
  });

  it('is refused into an instance with a TAXII service that somebody made', async () => {
    const file = await backupOfFilled();
    const target = await open(engine);
    await createTaxiiService(target, target.operator, { name: 'Mine', path: 'mine' });
    await expect(restoreBackup(target, target.operator, { file })).rejects.toMatchObject({
      code: 'conflict',
    });
  });

  it('is refused to an Administrator', async () => {
    const file = await backupOfFilled();
    const target = await open(engine);
    await expect(restoreBackup(target, administrator, { file })).rejects.toMatchObject({
      code: 'unauthenticated', // an empty instance has no account
    });
    expect(await isEmpty(target)).toBe(true);
  });

  it('is refused for a file that ends early, wherever it does', async () => {
    const file = await backupOfFilled();
    const whole = await readFile(file);
    const target = await open(engine);
    for (const share of [0, 0.01, 0.5, 0.95, 0.999]) {
      await writeFile(fileIn('cut'), whole.subarray(0, Math.floor(whole.length * share)));
      await expect(
        restoreBackup(target, target.operator, { file: fileIn('cut') }),
        `${share}`,
      ).rejects.toMatchObject({ code: 'unprocessable' });
    }
    // Cut at a line, and packed again so that nothing but the trailer is missing.
    const cut = await altered(file, (text) => `${text.split('\n').slice(0, -2).join('\n')}\n`);
    await expect(restoreBackup(target, target.operator, { file: cut })).rejects.toMatchObject({
      code: 'unprocessable',
      message: expect.stringContaining('it ends early'),
    });
    expect(await isEmpty(target)).toBe(true);
    await restoreBackup(target, target.operator, { file });
    expect(await isEmpty(target)).toBe(false);
  });

  it('is refused for an altered file, whatever was altered', async () => {
    const file = await backupOfFilled();
    const target = await open(engine);
    const alterations: [string, (text: string) => string][] = [
      ['its checksum is wrong', (text) => text.replace('Acme Power', 'Acme Pover')],
      ['its checksum is wrong', (text) => text.replace('"lastId":', '"lastId": ')],
      ['its checksum is wrong', (text) => text.replace('"engine":"sqlite"', '"engine":"postgres"')],
      ['its rows are not those', (text) => text.replace('"accounts":1', '"accounts":2')],
      ['is no row', (text) => text.replace('"indicator--', '{},"indicator--')],
      ['neither a table nor the end', (text) => text.replace('{"table":"accounts"', '{"tabel":"accounts"')],
      ['does not fit', (text) => text.replace('{"table":"accounts"', '{"table":"sqlite_schema"')],
      ['does not fit', (text) => text.replace('"user_name_key"', '"user_name_quay"')],
      ['something follows its end', (text) => `${text}[1]\n`],
      ['in the middle of a line', (text) => `${text}[1]`],
      ['is not a backup', (text) => text.replace('taxiway-backup', 'another-backup')],
    ];
    for (const [reason, change] of alterations) {
      await expect(
        restoreBackup(target, target.operator, { file: await altered(file, change) }),
        reason,
      ).rejects.toMatchObject({ code: 'unprocessable', message: expect.stringContaining(reason) });
      expect(await isEmpty(target)).toBe(true);
    }
    const octets = await readFile(file);
    octets.writeUInt8(octets.readUInt8(octets.length >> 1) ^ 1, octets.length >> 1);
    await writeFile(fileIn('flipped'), octets);
    await expect(restoreBackup(target, target.operator, { file: fileIn('flipped') })).rejects.toMatchObject({
      code: 'unprocessable',
    });
    expect(await isEmpty(target)).toBe(true);
  });

  it('item 130: is refused for a backup of another version, with the way to go', async () => {
    const file = await backupOfFilled();
    const target = await open(engine);
    const ofVersion = (version: number) =>
      altered(file, (text) =>
        text.replace(`"schemaVersion":${SCHEMA_VERSION}`, `"schemaVersion":${version}`),
      );
    await expect(
      restoreBackup(target, target.operator, { file: await ofVersion(SCHEMA_VERSION + 1) }),
    ).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('newer Taxiway') });
    const newerFormat = await altered(file, (text) => text.replace('"formatVersion":1', '"formatVersion":2'));
    await expect(restoreBackup(target, target.operator, { file: newerFormat })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('newer Taxiway'),
    });
    expect(await isEmpty(target)).toBe(true);
  });

  it('is refused for what is no backup, and for what is not there', async () => {
    const target = await open(engine);
    await writeFile(fileIn('text'), 'not a backup');
    await writeFile(fileIn('gzip'), gzipSync('{"type":"bundle"}\n'));
    for (const [name, code] of [
      ['text', 'unprocessable'],
      ['gzip', 'unprocessable'],
      ['absent', 'invalid_input'],
      ['.', 'invalid_input'],
    ] as const) {
      await expect(
        restoreBackup(target, target.operator, { file: fileIn(name) }),
        name,
      ).rejects.toMatchObject({ code, message: expect.stringContaining(fileIn(name)) });
    }
  });
});

describe('the file of a backup', () => {
  it('is never replaced unless that is asked for, and is its owner’s alone', async () => {
    const app = await open('sqlite');
    const { file } = await backUpTo(app, 'one.backup');
    const first = await readFile(file);
    await expect(backUpTo(app, 'one.backup')).rejects.toMatchObject({ code: 'conflict' });
    expect(await readFile(file)).toEqual(first);
    await fill(app);
    await backUpTo(app, 'one.backup', { replace: true });
    expect(await readFile(file)).not.toEqual(first);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['one.backup']);
  });

  it('is refused where it cannot be written, and nothing is left behind', async () => {
    const app = await open('sqlite');
    await expect(backUpTo(app, 'no-such-folder/one.backup')).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(
      backUp(app, app.operator, {
        file: fileIn('interrupted.backup'),
        replace: false,
        keyFile: '',
        signal: AbortSignal.abort(),
      }),
    ).rejects.toThrow();
    expect(await readdir(folder)).toEqual([]);
  });

  it('item 130: holds no secret of the instance but hashes, and the master key under the passphrase only', async () => {
    const app = await open('sqlite');
    const organization = await createOrganization(app, app.operator, { name: 'Acme Power' });
    expect(organization.id).toBe(1);
    const user = await createTaxiiUser(app, app.operator, {
      userName: 'fw-1',
      organization: 'Acme Power',
      apiKey: true,
    });
    const masterKey = (await readFile(keyFileOf(app), 'utf8')).trim();
    const { secretKey } = await newApiUser(app, await newOrganization(app));
    await setSetting(app, app.operator, { name: 'mailServerHost', value: 'mail.example.org' });
    await setSetting(app, app.operator, { name: 'mailServerPassword', value: MAIL_PASSWORD });
    const { file } = await backUpTo(app, 'a.backup', { passphrase: PASSPHRASE });
    const text = gunzipSync(await readFile(file)).toString('utf8');
    for (const secret of [user.password, user.apiKey, secretKey, MAIL_PASSWORD, masterKey, PASSPHRASE]) {
      expect(secret).toBeTruthy();
      expect(text).not.toContain(String(secret));
    }
    const { file: without } = await backUpTo(app, 'b.backup');
    expect(gunzipSync(await readFile(without)).toString('utf8')).not.toContain('ciphertext');
  });
});

describe('the master key in a backup', () => {
  it('is restored with the passphrase, so that cursors stay valid', async () => {
    const source = await open('sqlite');
    const cursor = source.keys.seal('cursor', Buffer.from('position'));
    const { file } = await backUpTo(source, 'a.backup', { passphrase: PASSPHRASE });

    const withOwnKey = await open('sqlite');
    const other = await restoreBackup(withOwnKey, withOwnKey.operator, { file });
    expect(other.sameKey).toBe(false);
    expect(withOwnKey.keys.unseal('cursor', cursor)).toBeUndefined();

    const target = await open('sqlite');
    await rm(keyFileOf(target));
    const input = { file, keyFile: keyFileOf(target), passphrase: PASSPHRASE };
    expect(await restoreKey(target.config, target.operator, input)).toBe(true);
    expect((await stat(keyFileOf(target))).mode & 0o777).toBe(0o600);
    const reopened = await openApp(target.config, { anyMasterKey: true });
    try {
      expect((await restoreBackup(reopened, target.operator, { file })).sameKey).toBe(true);
      expect(reopened.keys.unseal('cursor', cursor)).toEqual(Buffer.from('position'));
    } finally {
      await reopened.close();
    }
    // From then on it is the key of the instance.
    await (await target.reopen()).close();
    // Once more does no harm.
    expect(await restoreKey(target.config, target.operator, input)).toBe(false);
  });

  it('item 130: is restored after a rotation, too: secrets open, and checkpoints of keys that are gone are verified', async () => {
    const source = await open('sqlite');
    await newApiUser(source, await newOrganization(source));
    await writeCheckpoint(source, source.operator);
    await rotateKeys(source, source.operator, { keyFile: keyFileOf(source) });
    source.clock.advance(61);
    await dropOlderKeys(source, source.operator, { keyFile: keyFileOf(source) });
    await newApiUser(source, await newOrganization(source));
    const { file } = await backUpTo(source, 'a.backup', { passphrase: PASSPHRASE });
    const target = await open('sqlite');
    await rm(keyFileOf(target));
    await restoreKey(target.config, target.operator, {
      file,
      keyFile: keyFileOf(target),
      passphrase: PASSPHRASE,
    });
    const reopened = await openApp(target.config, { anyMasterKey: true });
    try {
      await restoreBackup(reopened, target.operator, { file });
      expect(await verifyKeys(reopened, target.operator)).toEqual({ secrets: 4, closed: [] });
      expect(await verifyAudit(reopened, target.operator)).toMatchObject({ isIntact: true, checkpoints: 1 });
      await (await target.reopen()).close();
    } finally {
      await reopened.close();
    }
  });

  it('never replaces another key', async () => {
    const source = await open('sqlite');
    const { file } = await backUpTo(source, 'a.backup', { passphrase: PASSPHRASE });
    const target = await open('sqlite');
    const key = await readFile(keyFileOf(target), 'utf8');
    const input = { file, keyFile: keyFileOf(target), passphrase: PASSPHRASE };
    await expect(restoreKey(target.config, target.operator, input)).rejects.toMatchObject({
      code: 'conflict',
    });
    await expect(extractKey(target.operator, input)).rejects.toMatchObject({ code: 'conflict' });
    expect(await readFile(keyFileOf(target), 'utf8')).toBe(key);
  });

  it('is not to be had with another passphrase, by an Administrator, or from a backup without it', async () => {
    const source = await open('sqlite');
    const { file } = await backUpTo(source, 'a.backup', { passphrase: PASSPHRASE });
    const { file: without } = await backUpTo(source, 'b.backup');
    const input = { file, keyFile: fileIn('new.key'), passphrase: PASSPHRASE };
    await expect(
      extractKey(source.operator, { ...input, passphrase: 'correct horse battery' }),
    ).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(extractKey(administrator, input)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(extractKey(source.operator, { ...input, file: without })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(backUpTo(source, 'c.backup', { passphrase: 'short' })).rejects.toMatchObject({
      code: 'invalid_input',
    });
    expect(await readdir(folder)).toEqual(['a.backup', 'b.backup']);
    await extractKey(source.operator, input);
    expect(await readFile(fileIn('new.key'), 'utf8')).toBe(await readFile(keyFileOf(source), 'utf8'));
  });

  it('is compared with the one in the environment on PostgreSQL', async () => {
    const source = await open('postgres');
    const { file } = await backUpTo(source, 'a.backup', { passphrase: PASSPHRASE });
    const target = await open('postgres');
    const input = { file, keyFile: keyFileOf(target), passphrase: PASSPHRASE };
    expect(await restoreKey(target.config, target.operator, input)).toBe(false);
    const rotated = {
      ...target.config,
      masterKeys: `${Buffer.alloc(32, 9).toString('base64url')},${target.config.masterKeys}`,
    };
    expect(await restoreKey(rotated, target.operator, input)).toBe(false);
    const another = { ...target.config, masterKeys: Buffer.alloc(32, 9).toString('base64url') };
    await expect(restoreKey(another, target.operator, input)).rejects.toMatchObject({ code: 'conflict' });
  });
});
