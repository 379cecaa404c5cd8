import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { inject } from 'vitest';
import { createAccess } from '../access/access.ts';
import { type OpenedApp, openApp } from '../app.ts';
import { type Config, readConfig } from '../config.ts';
import type { App, Caller } from '../context.ts';
import type { Engine } from '../db/dialect.ts';
import { createSecrets } from '../secrets.ts';
import { createDatabase } from './postgres.ts';

/** Every test of what touches SQL runs once for each. */
export const ENGINES: readonly Engine[] = ['sqlite', 'postgres'];

/** A clock that stands at the real time until a test moves it. */
export type TestClock = { now(): number; advance(seconds: number): void };

export type TestApp = OpenedApp & {
  clock: TestClock;
  /** The operator of the instance, who may do everything that the command line may. */
  operator: Caller;
  /** What was logged, as JSON lines. */
  logged: string[];
  /** Another process on the same data, as far as a test can have one in its own process. */
  reopen(): Promise<OpenedApp>;
};

export const TEST_MASTER_KEY = Buffer.alloc(32, 7).toString('base64url');

/** Configuration of an empty instance on the engine: SQLite in a fresh folder, or a fresh PostgreSQL database. */
export async function testConfig(engine: Engine): Promise<{ config: Config; remove(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'taxiway-test-'));
  const config = readConfig({
    TAXIWAY_DATA: folder,
    TAXIWAY_PORT: '0',
    TAXIWAY_LOG_LEVEL: 'debug',
    ...(engine === 'postgres'
      ? {
          TAXIWAY_DATABASE_URL: await createDatabase(inject('postgresUrl')),
          TAXIWAY_MASTER_KEY: TEST_MASTER_KEY,
        }
      : {}),
  });
  return { config, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** An empty instance on the engine; close it when the test is over. */
export async function openTestApp(engine: Engine, changes: Partial<Config> = {}): Promise<TestApp> {
  const { config, remove } = await testConfig(engine);
  const logged: string[] = [];
  let advanced = 0;
  const clock: TestClock = {
    now: () => Date.now() * 1000 + advanced,
    advance(seconds) {
      advanced += seconds * 1_000_000;
    },
  };
  const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) });
  const replace: Partial<Pick<App, 'clock' | 'log' | 'secrets'>> = { clock, log, secrets: createSecrets() };
  const open = () => openApp({ ...config, ...changes }, { replace });
  const app = await open();
  return {
    ...app,
    clock,
    logged,
    operator: operator(),
    reopen: open,
    async close() {
      await app.close();
      await remove();
    },
  };
}

/** The operator of the instance, as the command line acts. */
export function operator(): Caller {
  return { access: createAccess({ kind: 'operator', name: 'operator (test)' }) };
}
