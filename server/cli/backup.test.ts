import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { createDatabase } from '../testing/postgres.ts';
import { TEST_MASTER_KEY } from '../testing/test-app.ts';

const MAIN = path.resolve('server/main.ts');
const PASSPHRASE = 'correct horse battery staple';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'taxiway-cli-backup-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function start(args: readonly string[], environment: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

async function run(args: readonly string[], options: { input?: string; env?: Record<string, string> } = {}) {
  const child = start(args, options.env);
  // A command that refuses at once does not read its input.
  child.stdin?.on('error', () => undefined).end(options.input ?? '');
  const [out, error, [code]] = await Promise.all([
    child.stdout === null ? '' : text(child.stdout),
    child.stderr === null ? '' : text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { code, out, error };
}

async function done(args: readonly string[], options: { input?: string; env?: Record<string, string> } = {}) {
  const { code, out, error } = await run(args, options);
  expect([code, error]).toEqual([0, '']);
  return out;
}

function bundleLines(count: number, padding: number): string {
  return Array.from({ length: count }, (_, index) => {
    const id = `indicator--${String(index).padStart(8, '0')}-0000-4000-8000-000000000000`;
    const time = '2024-01-01T00:00:00.000Z';
    return `${JSON.stringify({ type: 'indicator', spec_version: '2.1', id, created: time, modified: time, name: `${index} ${'x'.repeat(padding)}`, pattern: `[ipv4-addr:value = '192.0.2.${index % 256}']`, pattern_type: 'stix', valid_from: time })}\n`;
  }).join('');
}

async function fill(data: string, objects: number, padding = 100): Promise<void> {
  await done(['organization', 'create', 'Acme', '--data', data]);
  await done(['taxii-user', 'create', 'fw-1', '--organization', 'Acme', '--data', data]);
  await writeFile(path.join(folder, 'in.jsonl'), bundleLines(objects, padding));
  expect((await run(['import', 'in.jsonl', '--owner', 'Acme', '--data', data])).code).toBe(0);
}

describe('taxiway backup and restore', { timeout: 120_000 }, () => {
  it('bring an instance from SQLite to PostgreSQL and back, with its master key', async () => {
    await fill('one', 50);
    const backup = ['backup', 'one.backup', '--with-key', '--passphrase-stdin', '--data', 'one', '--json'];
    expect(JSON.parse(await done(backup, { input: `${PASSPHRASE}\n` }))).toMatchObject({
      file: 'one.backup',
      withKey: true,
      rows: { objects: 50, accounts: 1, owners: 1 },
    });
    const url = await createDatabase(inject('postgresUrl'));
    const env = { TAXIWAY_DATABASE_URL: url, TAXIWAY_MASTER_KEY: TEST_MASTER_KEY };
    const otherKey = await run(['restore', 'one.backup', '--passphrase-stdin'], { input: PASSPHRASE, env });
    expect(otherKey).toMatchObject({ code: 1, error: expect.stringContaining('--key-to') });
    await done(['restore', 'one.backup', '--passphrase-stdin', '--key-to', 'old.key'], { input: PASSPHRASE });
    const key = await readFile(path.join(folder, 'old.key'), 'utf8');
    expect(key).toBe(await readFile(path.join(folder, 'one', 'master.key'), 'utf8'));
    const withKey = { ...env, TAXIWAY_MASTER_KEY: key.trim() };
    expect(JSON.parse(await done(['restore', 'one.backup', '--json'], { env: withKey }))).toMatchObject({
      rows: { objects: 50 },
      sameKey: true,
      keyRestored: false,
    });
    await done(['backup', 'two.backup', '--with-key', '--passphrase-stdin'], {
      input: PASSPHRASE,
      env: withKey,
    });
    const restored = await done(['restore', 'two.backup', '--passphrase-stdin', '--data', 'two'], {
      input: PASSPHRASE,
    });
    expect(restored).toMatch(/Objects +50\n.*\n? +Master key +restored from the backup/s);
    expect(await done(['taxii-user', 'list', '--data', 'two'])).toContain('fw-1');
    expect(JSON.parse(await done(['doctor', '--json', '--data', 'two']))).toMatchObject({ healthy: true });
  });

  it('are refused in one line for what cannot be done, and nothing is made', async () => {
    const cases: [number, string, string[]][] = [
      [1, 'There is no database in', ['backup', 'x.backup', '--data', 'absent']],
      [2, 'is needed where there is no terminal', ['backup', 'x.backup', '--with-key']],
      [2, 'goes with --with-key', ['backup', 'x.backup', '--passphrase-stdin']],
      [2, 'ENOENT', ['restore', 'x.backup', '--passphrase-stdin', '--data', 'absent']],
      [2, 'always acts as the operator', ['restore', 'x.backup', '--as', 'jane']],
    ];
    for (const [code, message, args] of cases) {
      const result = await run(args, { input: PASSPHRASE });
      expect(result).toEqual({ code, out: '', error: expect.stringContaining(message) });
      expect(result.error.trim().split('\n')).toHaveLength(1);
    }
    expect(await readdir(folder)).toEqual([]);
  });

  it('leave no key behind when the backup turns out to be damaged', async () => {
    await fill('one', 5);
    await done(['backup', 'a.backup', '--with-key', '--passphrase-stdin', '--data', 'one'], {
      input: PASSPHRASE,
    });
    const file = path.join(folder, 'a.backup');
    await writeFile(file, (await readFile(file)).subarray(0, -30));
    const args = ['restore', 'a.backup', '--passphrase-stdin', '--data', 'two'];
    expect(await run(args, { input: PASSPHRASE })).toMatchObject({
      code: 1,
      error: expect.stringContaining('it ends early'),
    });
    expect(await readdir(path.join(folder, 'two'))).not.toContain('master.key');
  });

  it('leave no half a backup under its name when interrupted or killed, and nothing restored', async () => {
    // More than SQLite's cache holds, so that a restore writes to the log long before it commits.
    await fill('one', 25_000, 4000);
    const backups = async () => (await readdir(folder)).filter((name) => name.includes('.backup'));
    for (const signal of ['SIGINT', 'SIGKILL'] as const) {
      const child = start(['backup', 'a.backup', '--data', 'one']);
      while ((await backups()).length === 0 && child.exitCode === null) await delay(1);
      child.kill(signal);
      await once(child, 'exit');
      expect(await backups()).not.toContain('a.backup');
      if (signal === 'SIGINT') expect(await backups()).toEqual([]);
    }
    await done(['backup', 'a.backup', '--data', 'one']);
    await done(['migrate', '--data', 'two']);
    const child = start(['restore', 'a.backup', '--data', 'two']);
    const log = path.join(folder, 'two', 'taxiway.db-wal');
    const logged = async () => (await stat(log).catch(() => undefined))?.size ?? 0;
    while ((await logged()) < 5_000_000 && child.exitCode === null) await delay(1);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(child.signalCode).toBe('SIGKILL');
    expect(JSON.parse(await done(['organization', 'list', '--json', '--data', 'two']))).toEqual({
      organizations: [],
    });
    expect(await done(['restore', 'a.backup', '--data', 'two'])).toMatch(/Objects +25000/);
  });
});

describe('taxiway doctor', { timeout: 60_000 }, () => {
  it('ends with 1 when there is a problem, and with 0 when there is none', async () => {
    const sick = await run(['doctor', '--data', 'absent']);
    expect(sick).toMatchObject({ code: 1, error: 'taxiway: There is a problem.\n' });
    expect(sick.out).toMatch(/^ok +configuration: readable\nproblem +database: there is no .*\n$/);
    expect(await readdir(folder)).toEqual([]);
    await done(['migrate', '--data', 'one']);
    expect(await done(['doctor', '--data', 'one'])).toMatch(/^ok +clock: /m);
    const configuration = await run(['doctor', '--json'], { env: { TAXIWAY_PORT: 'x' } });
    expect(configuration.code).toBe(1);
    expect(JSON.parse(configuration.out)).toMatchObject({
      healthy: false,
      findings: [{ check: 'configuration', status: 'problem' }],
    });
  });
});
