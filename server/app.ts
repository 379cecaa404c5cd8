import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Config } from './config.ts';
import type { App } from './context.ts';
import { migrate } from './db/migrate.ts';
import { type Database, openPostgres, openSqlite } from './db/open.ts';
import { asUnavailable } from './db/transaction.ts';
import { invalid } from './errors.ts';
import { prepareInstance, requireKeyFile } from './features/instance/instance.service.ts';
import { openKeyFile } from './key-file.ts';
import { createKeys, type Keys, parseMasterKeys } from './keys.ts';
import { openLog } from './log.ts';
import { createSecrets } from './secrets.ts';

export const DATABASE_FILE = 'taxiway.db';
export const KEY_FILE = 'master.key';

export type OpenedApp = App & {
  /** The one-time set-up code, when `setupCode` was asked for and there is no Administrator. */
  readonly setupCode: string | undefined;
  /** Names of the migrations that this opening applied. */
  readonly migrations: readonly string[];
  close(): Promise<void>;
};

export type OpenOptions = {
  /** Replaces parts of the world, for tests. */
  replace?: Partial<Pick<App, 'clock' | 'ids' | 'log' | 'secrets'>>;
  setupCode?: boolean;
  /** Opens also without the master keys of the instance: what they protect stays closed. */
  anyMasterKey?: boolean;
};

/**
 * Opens the data of the configuration and brings it to this version: the only place where things are constructed.
 * @throws AppError `conflict` for data of a newer version, `unavailable` when the database cannot be reached
 */
export async function openApp(config: Config, options: OpenOptions = {}): Promise<OpenedApp> {
  const log = options.replace?.log ?? openLog(config.logLevel);
  const clock = options.replace?.clock ?? systemClock;
  let db: Database | undefined;
  try {
    // Not the error itself: the pool hangs the whole connection on it, with everything that was prepared over it.
    db = openDatabase(config, ({ message }) =>
      log.warn({ reason: message }, 'an idle database connection broke'),
    );
    const opened = db;
    const migrations = await migrate(db, clock.now());
    if (config.masterKeys === undefined && options.anyMasterKey !== true)
      await requireKeyFile(db, path.join(config.dataFolder, KEY_FILE));
    const app: App = {
      config,
      db,
      keys: openKeys(config),
      secrets: options.replace?.secrets ?? createSecrets(),
      log,
      clock,
      ids: options.replace?.ids ?? { uuid: randomUUID },
    };
    const setupCode = await prepareInstance(app, {
      setupCode: options.setupCode ?? false,
      anyMasterKey: options.anyMasterKey ?? false,
    });
    return { ...app, setupCode, migrations, close: () => opened.close() };
  } catch (error) {
    await db?.close();
    throw asUnavailable(error);
  }
}

/** Opens the database of the configuration as it is, without migrating it. */
export function openDatabase(config: Config, onIdleError: (error: Error) => void): Database {
  if (config.databaseUrl !== undefined)
    return openPostgres(config.databaseUrl, config.databaseConnections, onIdleError);
  try {
    mkdirSync(config.dataFolder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw invalid(
      'TAXIWAY_DATA',
      `the folder ${config.dataFolder} cannot be made: ${String(Reflect.get(Object(error), 'code'))}`,
    );
  }
  return openSqlite(path.join(config.dataFolder, DATABASE_FILE), config.sqliteCacheBytes);
}

function openKeys(config: Config): Keys {
  if (config.masterKeys !== undefined) return createKeys(parseMasterKeys(config.masterKeys));
  const file = openKeyFile(path.join(config.dataFolder, KEY_FILE));
  return createKeys(file.masterKeys, file.changed);
}

/** Wall-clock time in microseconds; a stamp that would repeat is raised by one where it is given out. */
const systemClock = { now: () => Date.now() * 1000 };
