import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../app.ts';
import { AppError } from '../errors.ts';
import { newOrganization, refusalOf } from '../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp, testConfig } from '../testing/test-app.ts';
import {
  dollarPlaceholders,
  isBusy,
  isSerializationFailure,
  isUniqueViolation,
  isUnstorableText,
  unavailableReason,
} from './dialect.ts';
import { migrate, SCHEMA_VERSION } from './migrate.ts';
import { type Database, openPostgres } from './open.ts';
import { asUnavailable, inTransaction } from './transaction.ts';

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error('did not fail');
}

const raw = (text: string) => sql.raw(text);

describe.each(ENGINES)('the database on %s', (engine) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await openTestApp(engine);
  });
  afterAll(async () => await app?.close());

  const run = (text: string) => inTransaction(app.db, async (tx) => await raw(text).execute(tx));

  describe('migrations', () => {
    const fresh = async (work: (db: Database, reopen: () => Database) => Promise<void>) => {
      const { config, remove } = await testConfig(engine);
      const opened: Database[] = [];
      const open = () => {
        const db = openDatabase(config, () => undefined);
        opened.push(db);
        return db;
      };
      try {
        await work(open(), open);
      } finally {
        for (const db of opened) await db.close();
        await remove();
      }
    };

    it('run once, and nothing is left to do afterwards', async () => {
      await fresh(async (db) => {
        expect(await migrate(db, 1)).toHaveLength(SCHEMA_VERSION);
        expect(await migrate(db, 2)).toEqual([]);
      });
    });

    it('run once also when several processes start at once', async () => {
      await fresh(async (db, reopen) => {
        const applied = await Promise.all([db, reopen(), reopen()].map((each) => migrate(each, 1)));
        expect(applied.flat()).toHaveLength(SCHEMA_VERSION);
      });
    });

    it('leave a database of a newer version alone, and say what to do', async () => {
      await fresh(async (db) => {
        await migrate(db, 1);
        const version = SCHEMA_VERSION + 1;
        await inTransaction(
          db,
          async (tx) =>
            await raw(`insert into schema_migrations values (${version}, 'later', 1)`).execute(tx),
        );
        const refusal = await refusalOf(migrate(db, 2));
        expect(refusal.code).toBe('conflict');
        expect(refusal.details.message).toContain(`version ${version}`);
        expect(refusal.details.message).toContain('newer Taxiway');
      });
    });

    it('leave nothing behind when one fails', async () => {
      await fresh(async (db) => {
        // A table that the first migration wants to make is in its way.
        await inTransaction(db, async (tx) => await raw('create table credentials (id integer)').execute(tx));
        await expect(migrate(db, 1)).rejects.toThrow('credentials');
        await expect(raw('select * from owners').execute(db.read)).rejects.toThrow('owners');
        await inTransaction(db, async (tx) => await raw('drop table credentials').execute(tx));
        expect(await migrate(db, 1)).toHaveLength(SCHEMA_VERSION);
      });
    });
  });

  describe('an error', () => {
    it('of a key that exists is told from other constraints', async () => {
      const { id } = await newOrganization(app);
      const columns = '(owner_id, organization_id, default_role)';
      await run(`insert into memberships ${columns} values (${id}, ${id}, 'User')`);
      const primary = await errorOf(run(`insert into memberships ${columns} values (${id}, ${id}, 'User')`));
      const unique = await errorOf(
        run(
          "insert into taxii_services select 99, 'x', name_key, 'x', title, description, all_organizations, default_page_size, max_page_size, max_page_bytes, max_content_length, strict, responsible_account_id, created_at, version from taxii_services where id = 1",
        ),
      );
      const missing = await errorOf(run(`insert into memberships ${columns} values (${id}, null, 'User')`));
      const dangling = await errorOf(
        run(`insert into memberships ${columns} values (${id}, 999999, 'User')`),
      );
      expect([primary, unique, missing, dangling].map(isUniqueViolation)).toEqual([true, true, false, false]);
      for (const error of [primary, unique, missing, dangling])
        expect(unavailableReason(error)).toBeUndefined();
    });

    it('of the statement is nobody else’s fault', async () => {
      const error = await errorOf(run('select nonsense'));
      expect(unavailableReason(error)).toBeUndefined();
      expect(asUnavailable(error)).toBe(error);
      expect(
        [isUniqueViolation, isBusy, isSerializationFailure, isUnstorableText].map((is) => is(error)),
      ).toEqual([false, false, false, false]);
    });
  });

  describe('a transaction', () => {
    it('leaves nothing behind when its work throws', async () => {
      const before = await app.db.read.selectFrom('owners').select('id').execute();
      const failing = inTransaction(app.db, async (tx) => {
        await raw(
          "insert into owners (kind, name, name_key, last_stamp, change_counter, largest_object, created_at) values ('source', 'X', 'x', 0, 0, 0, 0)",
        ).execute(tx);
        throw new AppError('conflict');
      });
      expect((await refusalOf(failing)).code).toBe('conflict');
      expect(await app.db.read.selectFrom('owners').select('id').execute()).toEqual(before);
    });

    it('runs again when it lost against another, and gives up after five times', async () => {
      let times = 0;
      const lost = Object.assign(new Error('lost'), { code: '40001' });
      const result = await inTransaction(app.db, async () => {
        if (++times < 3) throw lost;
        return await Promise.resolve(times);
      });
      expect(result).toBe(3);
      times = 0;
      const error = await errorOf(
        inTransaction(app.db, async () => {
          times++;
          throw await Promise.resolve(lost);
        }),
      );
      expect([error, times]).toEqual([lost, 5]);
    });

    it('of many that come at once loses no update', async () => {
      await Promise.all(
        Array.from({ length: 20 }, () => run('update instance set max_users = max_users + 1 where id = 1')),
      );
      const row = await app.db.read.selectFrom('instance').select('max_users').executeTakeFirstOrThrow();
      expect(row.max_users).toBe(10_020);
    });
  });

  it('gives integers back as numbers, up to 2^53', async () => {
    await run(`update instance set max_api_users = ${Number.MAX_SAFE_INTEGER}`);
    const prepared = app.db.prepare<{ most: number }>(
      'select max_api_users as most from instance where id = ?',
    );
    const [row] = await prepared([1]);
    expect(row).toEqual({ most: Number.MAX_SAFE_INTEGER });
    expect(await app.db.query('select max_api_users as most from instance where id = ?', [1])).toEqual([row]);
  });

  it('sorts and compares text by code point', async () => {
    const names = ['a', 'B', 'é', 'Z', 'z', 'ä', '-', '😀', '\uffee'];
    const values = names.map((name) => `('k ${name}', 0, 0, 0)`).join(',');
    await run(`insert into throttles (key, failures, last_failure_at, blocked_until) values ${values}`);
    const rows = await app.db.read.selectFrom('throttles').select('key').orderBy('key').execute();
    const byCodePoint = [...names].sort((a, b) => (a.codePointAt(0) ?? 0) - (b.codePointAt(0) ?? 0));
    expect(rows.map((row) => row.key)).toEqual(byCodePoint.map((name) => `k ${name}`));
  });

  it('never gives an id twice, not even after the row was deleted', async () => {
    const insert = async () => {
      await run(
        "insert into owners (kind, name, name_key, last_stamp, change_counter, largest_object, created_at) values ('source', 'Y', 'y', 0, 0, 0, 0)",
      );
      const row = await app.db.read
        .selectFrom('owners')
        .select('id')
        .where('name_key', '=', 'y')
        .executeTakeFirst();
      await run("delete from owners where name_key = 'y'");
      return row?.id ?? 0;
    };
    const first = await insert();
    expect(await insert()).toBeGreaterThan(first);
  });
});

describe('SQLite', () => {
  it('refuses to write through the reading side', async () => {
    const app = await openTestApp('sqlite');
    try {
      const error = await errorOf(app.db.read.updateTable('instance').set({ max_users: 1 }).execute());
      expect(unavailableReason(error)).toBe('database');
    } finally {
      await app.close();
    }
  });

  it('says that its storage is full, and goes on when there is room again', async () => {
    const app = await openTestApp('sqlite');
    try {
      const limit = (pages: number) => raw(`pragma max_page_count = ${pages}`).execute(app.db.write);
      await limit(1);
      const fill = () =>
        inTransaction(
          app.db,
          async (tx) => await raw("insert into throttles values ('k', 0, 0, 0)").execute(tx),
        );
      const grow = () =>
        inTransaction(app.db, async (tx) => {
          for (let part = 0; part < 200; part++)
            await raw(`insert into throttles values ('${part} ${'x'.repeat(2000)}', 0, 0, 0)`).execute(tx);
        });
      expect(await refusalOf(grow())).toMatchObject({
        code: 'unavailable',
        details: { reason: 'storage_full', retryAfterSeconds: 5 },
      });
      await limit(1_000_000_000);
      await expect(fill()).resolves.toBeDefined();
    } finally {
      await app.close();
    }
  });
});

describe('PostgreSQL', () => {
  it('that cannot be reached is unavailable', async () => {
    const db = openPostgres('postgres://nobody@127.0.0.1:1/none', 1, () => undefined);
    try {
      const refusal = await refusalOf(inTransaction(db, async (tx) => await raw('select 1').execute(tx)));
      expect(refusal).toMatchObject({ code: 'unavailable', details: { reason: 'database' } });
      expect(JSON.stringify(refusal)).not.toContain('127.0.0.1');
    } finally {
      await db.close();
    }
  });

  it('takes no U+0000 in a text, which is then the fault of the input', async () => {
    const app = await openTestApp('postgres');
    try {
      const refusal = await refusalOf(
        inTransaction(app.db, async (tx) => {
          await tx.selectFrom('owners').select('id').where('name_key', '=', 'a\0b').execute();
        }),
      );
      expect(refusal.code).toBe('invalid_input');
    } finally {
      await app.close();
    }
  });
});

describe('an error of the driver', () => {
  it.each<[string, object, string | undefined]>([
    ['a full disk (PostgreSQL)', { code: '53100' }, 'storage_full'],
    ['too many connections', { code: '53300' }, 'database'],
    ['a lost connection', { code: '08006' }, 'database'],
    ['a server that is shutting down', { code: '57P01' }, 'database'],
    ['a failing disk', { code: '58030' }, 'database'],
    ['a refused connection', { code: 'ECONNREFUSED' }, 'database'],
    ['a pool that waits in vain', new Error('timeout exceeded when trying to connect'), 'database'],
    ['a full disk (SQLite)', { errcode: 13 }, 'storage_full'],
    ['a failing disk (SQLite, extended code)', { errcode: 10 | (2 << 8) }, 'database'],
    ['a busy file', { errcode: 5 }, 'database'],
    ['a broken key', { code: '23505' }, undefined],
    ['a broken key (SQLite)', { errcode: 2067 }, undefined],
    ['a syntax error', { code: '42601' }, undefined],
    ['nothing of the kind', new Error('other'), undefined],
  ])('says of %s whether the database can serve', (_, error, reason) => {
    expect(unavailableReason(error)).toBe(reason);
  });

  it('is classified whatever is thrown', () => {
    for (const thrown of [undefined, null, 'text', 7, {}]) {
      expect(unavailableReason(thrown)).toBeUndefined();
      expect(isUniqueViolation(thrown)).toBe(false);
      expect(isBusy(thrown)).toBe(false);
      expect(isSerializationFailure(thrown)).toBe(false);
    }
  });

  it('of lost transactions is worth another try', () => {
    expect([{ code: '40001' }, { code: '40P01' }, { code: '23505' }].map(isSerializationFailure)).toEqual([
      true,
      true,
      false,
    ]);
    expect([{ errcode: 5 }, { errcode: 5 | (2 << 8) }, { errcode: 6 }].map(isBusy)).toEqual([
      true,
      true,
      false,
    ]);
  });
});

it('placeholders are numbered for PostgreSQL in their order', () => {
  expect(dollarPlaceholders('select ? from t where a in (?,?)')).toBe('select $1 from t where a in ($2,$3)');
});
