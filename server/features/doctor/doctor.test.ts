import { chmod, mkdtemp, open as openFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { createAccess } from '../../access/access.ts';
import { DATABASE_FILE, KEY_FILE, openDatabase } from '../../app.ts';
import { type Config, readConfig } from '../../config.ts';
import type { Caller } from '../../context.ts';
import type { Engine } from '../../db/dialect.ts';
import { SCHEMA_VERSION } from '../../db/migrate.ts';
import { inTransaction } from '../../db/transaction.ts';
import { newOrganization } from '../../testing/builders.ts';
import {
  ENGINES,
  openTestApp,
  operator,
  TEST_MASTER_KEY,
  type TestApp,
  testConfig,
} from '../../testing/test-app.ts';
import { createApiUser } from '../account-creation/api-users.service.ts';
import { createTaxiiUser } from '../account-creation/taxii-users.service.ts';
import { editCollection } from '../collections/collections.service.ts';
import { addObjects } from '../intelligence/intelligence.store.ts';
import { createOrganization, setLimits } from '../owners/owners.service.ts';
import { createTaxiiService, editTaxiiService } from '../taxii-services/taxii-services.service.ts';
import { diagnose } from './doctor.service.ts';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function open(engine: Engine): Promise<TestApp> {
  const app = await openTestApp(engine);
  cleanups.push(app.close);
  return app;
}

async function examine(
  config: Config | (() => Config),
  now = Date.now() * 1000,
  caller: Caller = operator(),
) {
  const { healthy, findings } = await diagnose(
    {
      readConfig: typeof config === 'function' ? config : () => config,
      openDatabase: (given) => openDatabase(given, () => undefined),
      files: { database: DATABASE_FILE, key: KEY_FILE },
      clock: { now: () => now },
    },
    caller,
  );
  return {
    healthy,
    findings,
    /** What was found, without the checks whose result depends on the machine that tests run on. */
    notOk: findings
      .filter(({ check, status }) => status !== 'ok' && !['disk space', 'durability'].includes(check))
      .map(({ check, status, message }) => `${status} ${check}: ${message}`),
  };
}

function indicator(number: number) {
  const id = `indicator--${String(number).padStart(8, '0')}-0000-4000-8000-000000000000`;
  const text = `{"type":"indicator","id":"${id}","name":"é"}`;
  const version = 1_700_000_000_000_000;
  const head = {
    id,
    type: 'indicator',
    specVersion: '2.1',
    version,
    versionText: '2023-11-14T22:13:20.000Z',
    created: version,
    createdByRef: undefined,
    revoked: false,
    refersTo: [],
  };
  return { head, text, size: Buffer.byteLength(text), warnings: [], contentHash: undefined };
}

async function fill(app: TestApp): Promise<number> {
  const { id } = await createOrganization(app, app.operator, { name: 'Acme Power' });
  await createTaxiiUser(app, app.operator, { userName: 'fw-1', organization: 'Acme Power' });
  await inTransaction(app.db, (tx) =>
    addObjects(
      tx,
      { id, strict: false },
      Array.from({ length: 300 }, (_, index) => indicator(index)),
      { accountId: null, now: app.clock.now() },
    ),
  );
  return id;
}

describe.each(ENGINES)('the doctor on %s', (engine) => {
  it('finds nothing wrong with a sound instance', async () => {
    const app = await open(engine);
    await fill(app);
    const { notOk, findings } = await examine(app.config);
    expect(notOk).toEqual([]);
    const { check, ...ofEngine } = {
      check: findings.map((finding) => finding.check),
      sqlite: ['integrity', 'references'],
      postgres: ['encoding'],
    };
    expect(check).toEqual(
      expect.arrayContaining([
        ...['configuration', 'data folder', 'disk space', 'master key', 'database', 'engine version'],
        ...['durability', 'schema version', 'stamps', 'versions', 'objects', 'collections', 'TAXII users'],
        ...['audit trail', 'limits', 'clock', ...ofEngine[engine]],
      ]),
    );
    expect(findings.find((finding) => finding.check === 'objects')?.message).toBe(
      '200 sampled objects sound',
    );
  });

  it('finds that the database does not refuse to change the audit trail any more', async () => {
    const app = await open(engine);
    const run = (text: string) => inTransaction(app.db, async (tx) => await sql.raw(text).execute(tx));
    const lacks = (names: string) => [
      `problem audit trail: the database does not refuse to change it: it lacks ${names}; see "taxiway audit verify"`,
    ];
    if (engine === 'postgres') {
      await run('alter table audit_events disable trigger audit_events_append_only');
      expect((await examine(app.config)).notOk).toEqual(lacks('audit_events_append_only'));
      await run('alter table audit_events enable trigger audit_events_append_only');
      expect((await examine(app.config)).notOk).toEqual([]);
      await run('drop trigger audit_checkpoints_append_only on audit_checkpoints');
      expect((await examine(app.config)).notOk).toEqual(lacks('audit_checkpoints_append_only'));
    } else {
      await run('drop trigger audit_events_no_update');
      expect((await examine(app.config)).notOk).toEqual(lacks('audit_events_no_update'));
      await run('drop trigger audit_checkpoints_no_replace');
      const { healthy, notOk } = await examine(app.config);
      expect(notOk).toEqual(lacks('audit_events_no_update, audit_checkpoints_no_replace'));
      expect(healthy).toBe(false);
    }
  });

  it('finds nothing wrong with an empty instance', async () => {
    const app = await open(engine);
    expect((await examine(app.config)).notOk).toEqual([]);
  });

  it('finds what is wrong with what is stored', async () => {
    const app = await open(engine);
    const ownerId = await fill(app);
    const other = await createOrganization(app, app.operator, { name: 'Other' });
    await inTransaction(app.db, async (tx) => {
      const last = indicator(299).head.id;
      await sql`update owners set last_stamp = last_stamp - 1 where id = ${ownerId}`.execute(tx);
      await sql`update objects set latest = 0 where stix_id = ${indicator(0).head.id}`.execute(tx);
      await sql`update objects set size = size + 1 where stix_id = ${last}`.execute(tx);
      await sql`delete from collections where owner_id = ${other.id}`.execute(tx);
      await sql`update accounts set service_id = null`.execute(tx);
    });
    await setLimits(app, app.operator, { organization: 'Acme Power', limits: { taxiiUsers: 0 } });
    const { healthy, notOk } = await examine(app.config);
    expect(healthy).toBe(false);
    expect(notOk).toEqual([
      'problem stamps: objects are newer than the last stamp, in Acme Power',
      'problem versions: objects without exactly one newest version: 1 in Acme Power',
      `problem objects: objects are not what is stored about them: ${indicator(299).head.id} (wrong size)`,
      'problem collections: owners without a collection: Other',
      'problem TAXII users: bound to no TAXII service that their organization may use: fw-1',
      'warning limits: more accounts than allowed: "Acme Power" has 1 of 0 TAXII users',
    ]);
  });

  it('finds an object with two newest versions, and objects that are not what they are stored as', async () => {
    const app = await open(engine);
    await fill(app);
    await inTransaction(app.db, async (tx) => {
      await sql`update objects set stix_id = ${indicator(0).head.id}, version = 1 where stix_id = ${indicator(299).head.id}`.execute(
        tx,
      );
      await sql`update owners set largest_object = largest_object - 1`.execute(tx);
    });
    const { notOk } = await examine(app.config);
    expect(notOk).toEqual([
      'problem versions: objects without exactly one newest version: 1 in Acme Power',
      expect.stringMatching(/^problem objects: .* \(larger than the largest\) and 195 more$/),
    ]);
  });

  it('finds a TAXII user whose organization may no longer use its TAXII service', async () => {
    const app = await open(engine);
    await createOrganization(app, app.operator, { name: 'Acme Power' });
    const service = await createTaxiiService(app, app.operator, {
      name: 'Partners',
      path: 'partners',
      organizations: ['Acme Power'],
    });
    await createTaxiiUser(app, app.operator, {
      userName: 'fw-1',
      organization: 'Acme Power',
      service: 'partners',
    });
    expect((await examine(app.config)).notOk).toEqual([]);
    await inTransaction(app.db, (tx) =>
      sql`delete from taxii_service_organizations where service_id = ${service.id}`.execute(tx),
    );
    expect((await examine(app.config)).notOk).toEqual([
      'problem TAXII users: bound to no TAXII service that their organization may use: fw-1',
    ]);
  });

  it('finds what a deleted account answers for', async () => {
    const app = await open(engine);
    const organization = await newOrganization(app);
    const { accountId } = organization.administrator;
    await editTaxiiService(app, app.operator, { service: 'intel', changes: { responsible: accountId } });
    await editCollection(app, app.operator, {
      collection: organization.collectionId,
      changes: { responsible: accountId },
    });
    expect((await examine(app.config)).notOk).toEqual([]);
    await inTransaction(app.db, (tx) =>
      sql`update accounts set deleted_at = 1 where id = ${accountId}`.execute(tx),
    );
    const { healthy, notOk } = await examine(app.config);
    expect(healthy).toBe(false);
    expect(notOk).toEqual([
      `problem responsible accounts: a deleted account answers for the TAXII service Intelligence, the collection of ${organization.name}; name another one`,
    ]);
  });

  it('finds secrets that were made under another master key', async () => {
    const app = await open(engine);
    await createOrganization(app, app.operator, { name: 'Acme Power' });
    await createApiUser(app, app.operator, {
      organization: 'Acme Power',
      firstName: 'Ticket',
      lastName: 'Sync',
      organizationRole: 'Standard User',
    });
    expect((await examine(app.config)).notOk).toEqual([]);
    const masterKeys = Buffer.alloc(32, 9).toString('base64url');
    expect((await examine({ ...app.config, masterKeys })).notOk).toEqual([
      'problem secrets: none of the master keys opens the data key of Acme Power; give the key that they were made under',
    ]);
  });

  it('warns of a clock that is behind the newest object', async () => {
    const app = await open(engine);
    await fill(app);
    const now = app.clock.now();
    expect((await examine(app.config, now - 55_000_000)).notOk).toEqual([]);
    const { healthy, notOk } = await examine(app.config, now - 3600_000_000);
    expect(healthy).toBe(!notOk.some((line) => line.startsWith('problem')));
    expect(notOk).toEqual([expect.stringMatching(/^warning clock: the clock is 3600 s behind/)]);
  });

  it('says that data is of a newer version, and leaves it as it is', async () => {
    const app = await open(engine);
    await inTransaction(app.db, (tx) =>
      sql`insert into schema_migrations values (${SCHEMA_VERSION + 1}, 'later', 1)`.execute(tx),
    );
    const { healthy, notOk, findings } = await examine(app.config);
    expect(healthy).toBe(false);
    expect(notOk).toEqual([expect.stringMatching(/^problem schema version: .*a newer Taxiway wrote it/)]);
    expect(findings.map(({ check }) => check)).not.toContain('stamps');
  });

  it('says that a database has to be migrated, and does not do it', async () => {
    const { config, remove } = await testConfig(engine);
    cleanups.push(remove);
    const db = openDatabase(config, () => undefined);
    cleanups.push(() => db.close());
    const withKey = { ...config, masterKeys: TEST_MASTER_KEY };
    for (const _ of [1, 2]) {
      expect((await examine(withKey)).notOk).toEqual([
        'problem schema version: the database is empty: "taxiway migrate" brings it to this version',
      ]);
    }
    expect(await db.read.introspection.getTables()).toEqual([]);
  });

  it('is the operator’s, and refused to an Administrator', async () => {
    const app = await open(engine);
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
    await expect(examine(app.config, app.clock.now(), administrator)).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});

describe('the doctor', () => {
  async function emptyFolder(): Promise<string> {
    const folder = await mkdtemp(path.join(tmpdir(), 'taxiway-doctor-'));
    cleanups.push(() => rm(folder, { recursive: true, force: true }));
    return folder;
  }

  it('reports every fault of the configuration at once, and goes no further', async () => {
    const { findings } = await examine(() => readConfig({ TAXIWAY_PORT: 'x', TAXIWAY_WORKERS: '0' }));
    expect(findings).toEqual([
      {
        check: 'configuration',
        status: 'problem',
        message: expect.stringMatching(/TAXIWAY_PORT.*TAXIWAY_WORKERS/),
      },
    ]);
  });

  it('says that there is no database, and makes none', async () => {
    const folder = await emptyFolder();
    const config = readConfig({ TAXIWAY_DATA: folder });
    for (const _ of [1, 2]) {
      expect((await examine(config)).notOk).toEqual([
        `problem database: there is no ${path.join(folder, DATABASE_FILE)}; the first start makes it`,
      ]);
    }
    const absent = readConfig({ TAXIWAY_DATA: path.join(folder, 'absent') });
    expect((await examine(absent)).notOk).toEqual([expect.stringMatching(/^problem database: there is no /)]);
  });

  it('finds a file that is no database', async () => {
    const folder = await emptyFolder();
    await writeFile(path.join(folder, DATABASE_FILE), 'x'.repeat(10_000));
    await writeFile(path.join(folder, KEY_FILE), 'too short', { mode: 0o600 });
    expect((await examine(readConfig({ TAXIWAY_DATA: folder }))).notOk).toEqual([
      expect.stringMatching(/^problem master key: A master key is 32 octets/),
      'problem database: file is not a database',
    ]);
  });

  it('finds a damaged database', async () => {
    const app = await open('sqlite');
    await fill(app);
    await sql`pragma wal_checkpoint(truncate)`.execute(app.db.write);
    const pages = await app.db.query<{ root: number }>(
      "select rootpage as root from sqlite_schema where name = 'objects'",
      [],
    );
    const file = await openFile(path.join(app.config.dataFolder, DATABASE_FILE), 'r+');
    await file.write(Buffer.alloc(4096, 0xff), 0, 4096, ((pages[0]?.root ?? 1) - 1) * 4096);
    await file.close();
    const { healthy, notOk } = await examine(app.config);
    expect(healthy).toBe(false);
    expect(notOk).toContainEqual(
      expect.stringMatching(/^problem integrity: the file is damaged; restore a backup: /),
    );
  });

  it('finds rows that refer to rows that do not exist', async () => {
    const app = await open('sqlite');
    await fill(app);
    await sql`pragma foreign_keys = off`.execute(app.db.write);
    await sql`delete from taxii_services`.execute(app.db.write);
    expect((await examine(app.config)).notOk).toContain(
      'problem references: rows refer to rows that do not exist, in accounts',
    );
  });

  it('finds files that are open to others', async () => {
    const app = await open('sqlite');
    await chmod(app.config.dataFolder, 0o755);
    await chmod(path.join(app.config.dataFolder, KEY_FILE), 0o640);
    const { dataFolder: folder } = app.config;
    expect((await examine(app.config)).notOk).toEqual([
      `warning data folder: ${folder} is open to others (0755): it holds hashes of credentials; chmod 700`,
      `problem master key: ${path.join(folder, KEY_FILE)} is open to others (0640): chmod 600`,
    ]);
  });

  it('says why a PostgreSQL cannot be reached', async () => {
    const folder = await emptyFolder();
    const config = readConfig({
      TAXIWAY_DATA: folder,
      TAXIWAY_DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
      TAXIWAY_MASTER_KEY: Buffer.alloc(32).toString('base64url'),
    });
    expect((await examine(config)).notOk).toEqual([
      expect.stringMatching(/^problem database: .*ECONNREFUSED/),
    ]);
  });
});
