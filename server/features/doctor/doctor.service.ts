import { existsSync } from 'node:fs';
import { readFile, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import type { AccountKind } from '../../../contract/roles.ts';
import { INSTANCE } from '../../access/can.ts';
import type { Config } from '../../config.ts';
import type { App, Caller } from '../../context.ts';
import { listMissingGuards } from '../../db/append-only.ts';
import { SCHEMA_VERSION } from '../../db/migrate.ts';
import type { Database } from '../../db/open.ts';
import { AppError } from '../../errors.ts';
import { createKeys, type Keys, parseMasterKeys } from '../../keys.ts';
import { findInstance } from '../instance/instance.store.ts';
import { LATEST } from '../intelligence/intelligence.rules.ts';
import { openEverything } from '../keys/opening.ts';
import { countTroubledMails } from '../mail/outbox.store.ts';
import { isMailConfigured } from '../mail/outbox.ts';
import { listOrganizations } from '../owners/owners.store.ts';
import { breachedListProblem } from '../passwords/password-lists.ts';
import {
  type Finding,
  judgeAuditGuard,
  judgeBreachedList,
  judgeClock,
  judgeCollections,
  judgeEncoding,
  judgeFolder,
  judgeIntegrity,
  judgeKeyFile,
  judgeLatest,
  judgeMail,
  judgeObjects,
  judgePostgresDurability,
  judgePostgresVersion,
  judgeReferences,
  judgeResponsible,
  judgeSchema,
  judgeSeats,
  judgeSecrets,
  judgeServices,
  judgeSpace,
  judgeSqliteDurability,
  judgeStamps,
} from './doctor.rules.ts';
import {
  countSeatsInUse,
  findNewestStamp,
  findPostgresSettings,
  findSchemaVersion,
  findSqliteDurability,
  findSqliteVersion,
  listHeldByDeleted,
  listObjectsWithoutOneLatest,
  listOwnersBehindTheirObjects,
  listOwnersWithoutCollection,
  listSampledObjects,
  listSqliteDamage,
  listTablesWithoutParents,
  listTaxiiUsersWithoutService,
} from './doctor.store.ts';

const SAMPLES = 200;

/** What is examined, before anybody knows whether it can be opened: `App` would migrate it. */
export type Patient = {
  /** Reads the configuration, or throws what is wrong with it. */
  readConfig(): Config;
  /** Opens the database as it is. */
  openDatabase(config: Config): Database;
  /** Names of the files in the data folder. */
  files: { database: string; key: string };
  clock: App['clock'];
};

export type Diagnosis = { healthy: boolean; findings: Finding[] };

/**
 * Examines an instance without changing it, also one that cannot start and one that serves. Where a check cannot go
 * on, those that depend on it are left out.
 * @throws AppError `forbidden`
 */
export async function diagnose(patient: Patient, caller: Caller): Promise<Diagnosis> {
  caller.access.require('instance.operate', INSTANCE);
  const findings: Finding[] = [];
  for await (const finding of examine(patient)) findings.push(finding);
  return { healthy: findings.every(({ status }) => status !== 'problem'), findings };
}

async function* examine(patient: Patient): AsyncGenerator<Finding> {
  let config: Config;
  try {
    config = patient.readConfig();
  } catch (error) {
    yield problem('configuration', error);
    return;
  }
  yield { check: 'configuration', status: 'ok', message: 'readable' };
  if (config.breachedPasswordsFile !== undefined)
    yield judgeBreachedList(config.breachedPasswordsFile, await breachedListProblem({ config }));
  const file = path.join(config.dataFolder, patient.files.database);
  if (config.databaseUrl === undefined && !existsSync(file)) {
    yield problem('database', `there is no ${file}; the first start makes it`);
    return;
  }
  yield* examineFolder(config, patient);
  let db: Database;
  try {
    db = patient.openDatabase(config);
  } catch (error) {
    yield problem('database', error);
    return;
  }
  try {
    yield* examineDatabase(db, patient.clock.now(), async () =>
      createKeys(parseMasterKeys(await readMasterKeys(config, patient))),
    );
  } finally {
    await db.close();
  }
}

async function* examineFolder(config: Config, { files }: Patient): AsyncGenerator<Finding> {
  const { dataFolder: folder } = config;
  // With PostgreSQL nothing has to be in the folder, and it need not exist.
  if (config.databaseUrl === undefined || existsSync(folder)) {
    yield* check('data folder', async () => judgeFolder(folder, (await stat(folder)).mode));
    yield* check('disk space', async () => {
      const { bavail, bsize } = await statfs(folder);
      return judgeSpace(bavail * bsize, folder);
    });
  }
  yield* check('master key', async () => {
    const { length } = parseMasterKeys(await readMasterKeys(config, { files }));
    if (config.masterKeys !== undefined)
      return { check: 'master key', status: 'ok', message: `${length} in TAXIWAY_MASTER_KEY` };
    const file = path.join(folder, files.key);
    return judgeKeyFile(file, (await stat(file)).mode, length);
  });
}

async function readMasterKeys(config: Config, { files }: Pick<Patient, 'files'>): Promise<string> {
  return config.masterKeys ?? (await readFile(path.join(config.dataFolder, files.key), 'utf8'));
}

async function* examineDatabase(
  db: Database,
  now: number,
  openKeys: () => Promise<Keys>,
): AsyncGenerator<Finding> {
  let version: number;
  try {
    version = await findSchemaVersion(db);
  } catch (error) {
    yield problem('database', error);
    return;
  }
  yield { check: 'database', status: 'ok', message: 'reachable' };
  yield* db.engine === 'postgres' ? examinePostgres(db) : examineSqlite(db);
  const schema = judgeSchema(version, SCHEMA_VERSION);
  yield schema;
  // What follows knows the tables of this version only.
  if (schema.status === 'ok') yield* examineContents(db, now, openKeys);
}

async function* examinePostgres(db: Database): AsyncGenerator<Finding> {
  yield* check('engine version', async () => {
    const settings = await findPostgresSettings(db, ['server_version', 'server_version_num']);
    return judgePostgresVersion(settings.server_version, Number(settings.server_version_num));
  });
  yield* check('encoding', async () =>
    judgeEncoding((await findPostgresSettings(db, ['server_encoding'])).server_encoding),
  );
  yield* check('durability', async () =>
    judgePostgresDurability(
      await findPostgresSettings(db, ['fsync', 'synchronous_commit', 'full_page_writes']),
    ),
  );
}

async function* examineSqlite(db: Database): AsyncGenerator<Finding> {
  yield* check('engine version', async () => ({
    check: 'engine version',
    status: 'ok',
    message: `SQLite ${await findSqliteVersion(db)}`,
  }));
  yield* check('durability', async () => {
    const { journalMode, synchronous } = await findSqliteDurability(db);
    return judgeSqliteDurability(journalMode, synchronous);
  });
  // A file may be so damaged that it cannot even be checked.
  yield* check('integrity', async () =>
    judgeIntegrity(await listSqliteDamage(db).catch((error: unknown) => [reasonOf(error)])),
  );
  yield* check('references', async () => judgeReferences(await listTablesWithoutParents(db)));
}

async function* examineContents(
  db: Database,
  now: number,
  openKeys: () => Promise<Keys>,
): AsyncGenerator<Finding> {
  yield* check('stamps', async () => judgeStamps(await listOwnersBehindTheirObjects(db.read)));
  yield* check('versions', async () => judgeLatest(await listObjectsWithoutOneLatest(db, LATEST.overall)));
  yield* check('objects', async () => judgeObjects(await listSampledObjects(db, SAMPLES)));
  yield* check('collections', async () => judgeCollections(await listOwnersWithoutCollection(db.read)));
  yield* check('TAXII users', async () => judgeServices(await listTaxiiUsersWithoutService(db.read)));
  yield* check('responsible accounts', async () => judgeResponsible(await listHeldByDeleted(db.read)));
  yield* check('secrets', async () => judgeSecrets(await openEverything(db.read, await openKeys())));
  yield* check('audit trail', async () => judgeAuditGuard(await listMissingGuards(db)));
  yield* check('limits', async () => judgeSeats(await listSeats(db)));
  yield* check('mail', async () =>
    judgeMail(await isMailConfigured(db.read), await countTroubledMails(db.read)),
  );
  yield* check('clock', async () => judgeClock(await findNewestStamp(db.read), now));
}

async function listSeats(db: Database) {
  const inUse = await countSeatsInUse(db.read);
  const used = (kind: AccountKind, organizationId?: number) =>
    inUse
      .filter((row) => row.kind === kind && [row.organizationId, undefined].includes(organizationId))
      .reduce((sum, row) => sum + row.used, 0);
  const seatsOf = (
    scope: string,
    limits: { max_users: number; max_api_users: number; max_taxii_users: number },
    organizationId?: number,
  ) => [
    { scope, kind: 'users', used: used('user', organizationId), max: limits.max_users },
    { scope, kind: 'API users', used: used('api', organizationId), max: limits.max_api_users },
    { scope, kind: 'TAXII users', used: used('taxii', organizationId), max: limits.max_taxii_users },
  ];
  const instance = await findInstance(db.read);
  const organizations = await listOrganizations(db.read);
  return [
    ...(instance === undefined ? [] : seatsOf('the licence', instance)),
    ...organizations.flatMap((row) => seatsOf(`"${row.name}"`, row, row.owner_id)),
  ];
}

/** A check that cannot be made is a problem of its own, and does not stop the others. */
async function* check(name: string, work: () => Promise<Finding>): AsyncGenerator<Finding> {
  try {
    yield await work();
  } catch (error) {
    yield problem(name, error);
  }
}

function problem(name: string, error: unknown): Finding {
  return { check: name, status: 'problem', message: reasonOf(error) };
}

/** For the operator, who is to see the database's own words. */
function reasonOf(error: unknown): string {
  if (typeof error === 'string') return error;
  const origin = error instanceof AppError && error.cause instanceof Error ? error.cause : error;
  // Node.js reports a refused connection to a name with several addresses as several errors, without a message.
  const each = origin instanceof AggregateError ? origin.errors : [origin];
  return each.map((one) => (one instanceof Error ? one.message : String(one))).join('; ');
}
