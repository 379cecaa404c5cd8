import { INSTANCE } from '../../access/can.ts';
import { act } from '../../action.ts';
import type { Config } from '../../config.ts';
import type { App, Caller } from '../../context.ts';
import { SCHEMA_VERSION } from '../../db/migrate.ts';
import { asUnavailable } from '../../db/transaction.ts';
import { AppError } from '../../errors.ts';
import { parseMasterKeys } from '../../keys.ts';
import { formatTimestamp } from '../../protocols/timestamp.ts';
import { adoptMasterKeys } from '../keys/known-keys.ts';
import {
  countRowsInTheWay,
  createInserter,
  deleteFreshRows,
  inSnapshot,
  listTables,
  listTargetColumns,
  lockTables,
  type Query,
  type RowInserter,
  readRows,
  setLastId,
  settleRestored,
  TABLES,
  type TableName,
} from './backup.store.ts';
import {
  type BackupHeader,
  type BackupPart,
  FORMAT,
  FORMAT_VERSION,
  readBackupFile,
  readBackupHeader,
  writeBackupFile,
} from './backup-file.ts';
import {
  createKeyFile,
  includesKeys,
  readKeyFile,
  requirePassphrase,
  unwrapKeys,
  wrapKeys,
} from './backup-key.ts';

const KEY_CHECK = 'backup key check';

export type BackupReport = {
  file: string;
  octets: number;
  rows: Record<string, number>;
  sha256: string;
  withKey: boolean;
};

export type BackupInput = {
  file: string;
  /** Replaces a file of that name. */
  replace: boolean;
  /** Puts the master keys into the backup, under this passphrase. */
  passphrase?: string | undefined;
  /** Where the master keys are, unless the configuration holds them. */
  keyFile: string;
  signal?: AbortSignal | undefined;
};

/**
 * Writes everything that the database holds, but for the sessions, into a file, as it is at one instant, while others go on writing.
 * @throws AppError `forbidden`, `invalid_input`, `conflict` (the file exists), `unavailable`
 */
export async function backUp(app: App, caller: Caller, input: BackupInput): Promise<BackupReport> {
  const { passphrase } = input;
  if (passphrase !== undefined) requirePassphrase(passphrase);
  // Before anything is read, so that also a backup that somebody broke off at the end has left its trace.
  await act(app, caller, 'instance.backup', async ({ access, audit }) => {
    access.require('instance.operate', INSTANCE);
    await audit({
      organizationId: null,
      targetKind: 'instance',
      targetId: null,
      targetName: null,
      details: { withKey: passphrase !== undefined },
    });
  });
  const header: BackupHeader = {
    format: FORMAT,
    formatVersion: FORMAT_VERSION,
    schemaVersion: SCHEMA_VERSION,
    createdAt: formatTimestamp(app.clock.now()),
    engine: app.db.engine,
    keyCheck: app.keys.seal(KEY_CHECK, Buffer.from(FORMAT)),
  };
  if (passphrase !== undefined) {
    const keys = masterKeysOf(app.config, input.keyFile);
    if (keys === undefined) throw new AppError('not_found', { message: `There is no ${input.keyFile}.` });
    header.masterKeys = await wrapKeys(keys, passphrase);
  }
  try {
    const { trailer, octets } = await inSnapshot(app.db, (query) =>
      writeBackupFile(input.file, partsOf(app, query, header), input),
    );
    return { file: input.file, octets, ...trailer, withKey: passphrase !== undefined };
  } catch (error) {
    throw asUnavailable(error);
  }
}

async function* partsOf(app: App, query: Query, header: BackupHeader): AsyncGenerator<BackupPart> {
  yield { kind: 'header', header };
  for await (const table of listTables(query, app.db)) {
    yield { kind: 'table', table };
    for await (const rows of readRows(query, table)) yield { kind: 'rows', rows };
  }
}

export type RestoreReport = {
  file: string;
  createdAt: string;
  rows: Record<string, number>;
  /** Whether this instance has the master key of the one that was backed up: what clients hold of it stays valid then. */
  sameKey: boolean;
};

/**
 * Fills an empty instance with a backup, in one transaction: a file that turns out to be damaged changes nothing.
 * @throws AppError `forbidden`, `conflict` (the instance is not empty, or the backup is of another version),
 *   `unprocessable` (not a backup, or damaged), `invalid_input`, `unavailable`
 */
export async function restoreBackup(
  app: App,
  caller: Caller,
  input: { file: string },
): Promise<RestoreReport> {
  const { file } = input;
  const header = await readBackupHeader(file);
  requireSameSchema(header, file);
  const report = await act(app, caller, 'instance.restore', async ({ tx, access, audit }) => {
    access.require('instance.operate', INSTANCE);
    await lockTables(tx, app.db);
    const inTheWay = await countRowsInTheWay(tx);
    if (inTheWay.length > 0) {
      throw new AppError('conflict', {
        message: `This instance is not empty (${inTheWay.map(({ table, rows }) => `${table}: ${rows}`).join(', ')}). A backup is restored into a new one: name an empty data folder or database.`,
        rows: Object.fromEntries(inTheWay.map(({ table, rows }) => [table, rows])),
      });
    }
    await deleteFreshRows(tx, app.db);
    const unseen = new Set(Object.keys(TABLES));
    const lastIds = new Map<TableName, number | null>();
    let inserter: RowInserter | undefined;
    const trailer = await readBackupFile(file, {
      async header(again) {
        requireSameSchema(again, file);
      },
      async table({ table, columns, lastId }) {
        await inserter?.flush();
        if (!unseen.delete(table)) throw unknownContents(file, `the table "${table}"`);
        const name = table as TableName;
        const target = await listTargetColumns(tx, app.db, name);
        if (!new Set(target).isSupersetOf(new Set(columns)) || target.length !== columns.length) {
          throw unknownContents(file, `other columns in the table "${table}"`);
        }
        lastIds.set(name, lastId);
        // Files of earlier versions have rows also of what is not kept.
        inserter = isFleeting(name) ? undefined : createInserter(tx, { table: name, columns });
      },
      row: (values) => inserter?.add(values),
    });
    await inserter?.flush();
    if (unseen.size > 0) throw unknownContents(file, `no table "${[...unseen].join('", "')}"`);
    for (const [table, lastId] of lastIds) await setLastId(tx, app.db, table, lastId);
    await adoptMasterKeys(app, tx);
    await audit({
      organizationId: null,
      targetKind: 'instance',
      targetId: null,
      targetName: null,
      details: { backupOf: header.createdAt, engine: header.engine, sha256: trailer.sha256 },
    });
    const sameKey = app.keys.unseal(KEY_CHECK, header.keyCheck) !== undefined;
    const rows = Object.fromEntries(
      Object.entries(trailer.rows).map(([table, count]) => [
        table,
        isFleeting(table as TableName) ? 0 : count,
      ]),
    );
    return { file, createdAt: header.createdAt, rows, sameKey };
  });
  await settleRestored(app.db);
  return report;
}

function isFleeting(table: TableName): boolean {
  return TABLES[table].fleeting === true;
}

function requireSameSchema({ schemaVersion }: BackupHeader, file: string): void {
  if (schemaVersion === SCHEMA_VERSION) return;
  const way =
    schemaVersion > SCHEMA_VERSION
      ? 'It was written by a newer Taxiway: use that one.'
      : 'Restore it with the Taxiway that wrote it, and start this one on the result, which upgrades it.';
  throw new AppError('conflict', {
    message: `${file} is a backup of a database of version ${schemaVersion}, and this Taxiway has version ${SCHEMA_VERSION}. ${way}`,
  });
}

function unknownContents(file: string, what: string): AppError {
  return new AppError('unprocessable', {
    message: `The backup ${file} has ${what}, which does not fit this Taxiway. Nothing was restored.`,
  });
}

function masterKeysOf(config: Config, keyFile: string): Uint8Array[] | undefined {
  return config.masterKeys === undefined ? readKeyFile(keyFile) : parseMasterKeys(config.masterKeys);
}

/**
 * Gives an instance that has no master key yet the one in the backup. Comes before the instance is opened for the
 * restore, because opening it makes a key.
 * @returns whether the key file was made; false when the instance has that key already
 * @throws AppError `forbidden`, `not_found` (no key in the backup), `invalid_input` (passphrase), `conflict` (another key)
 */
export async function restoreKey(
  config: Config,
  caller: Caller,
  input: { file: string; keyFile: string; passphrase: string },
): Promise<boolean> {
  const keys = await keysIn(caller, input);
  const present = masterKeysOf(config, input.keyFile);
  if (present === undefined && createKeyFile(input.keyFile, keys)) return true;
  if (present !== undefined && includesKeys(present, keys)) return false;
  throw new AppError('conflict', {
    message:
      config.masterKeys === undefined
        ? `${input.keyFile} holds another master key than the backup, and is not replaced. Restore into a new data folder.`
        : 'TAXIWAY_MASTER_KEY holds another master key than the backup. Write the one in the backup to a file with --key-to, and set it.',
  });
}

/**
 * Writes the master key in the backup to a file of its own, for an instance that takes it from its environment.
 * @throws AppError as `restoreKey`
 */
export async function extractKey(
  caller: Caller,
  input: { file: string; keyFile: string; passphrase: string },
): Promise<void> {
  if (createKeyFile(input.keyFile, await keysIn(caller, input))) return;
  throw new AppError('conflict', { message: `${input.keyFile} exists already, and is not replaced.` });
}

async function keysIn(caller: Caller, input: { file: string; passphrase: string }): Promise<Uint8Array[]> {
  caller.access.require('instance.operate', INSTANCE);
  const { masterKeys } = await readBackupHeader(input.file);
  if (masterKeys !== undefined) return await unwrapKeys(masterKeys, input.passphrase);
  throw new AppError('not_found', {
    message: `The backup ${input.file} carries no master key. It was made without --with-key.`,
  });
}
