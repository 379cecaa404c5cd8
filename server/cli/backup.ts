import { existsSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { DATABASE_FILE, KEY_FILE } from '../app.ts';
import { AppError, invalid } from '../errors.ts';
import {
  type BackupReport,
  backUp,
  extractKey,
  type RestoreReport,
  restoreBackup,
  restoreKey,
} from '../features/backup/backup.service.ts';
import { callerOf, configOf, globalsOf, operatorCaller, requireNoAccount, withApp } from './context.ts';
import { withExample } from './options.ts';
import { fieldLines, printAnswer } from './output.ts';
import { readPassword } from './password.ts';

type BackupOptions = { force?: boolean; withKey?: boolean; passphraseStdin?: boolean };
type RestoreOptions = { passphraseStdin?: boolean; keyTo?: string };

export function registerBackup(program: Command): void {
  withExample(
    program
      .command('backup')
      .argument('<file>', 'file to write, for instance taxiway.backup')
      .description('write everything the instance holds into a file, also while it serves')
      .option('--force', 'replace a file of that name')
      .option('--with-key', 'put the master key into the backup, under a passphrase')
      .option('--passphrase-stdin', 'read the passphrase from standard input; else it is asked for')
      .action(async (file: string, options: BackupOptions, command: Command) => {
        const passphrase =
          options.withKey === true ? await passphraseOf(options, 'Passphrase for the master key') : undefined;
        if (options.withKey !== true && options.passphraseStdin === true)
          throw invalid('--passphrase-stdin', 'goes with --with-key');
        const report = await writeBackup(command, file, options.force ?? false, passphrase);
        printAnswer(globalsOf(command).json ?? false, report, backupLines(report));
      }),
    'taxiway backup /var/backups/taxiway-monday.backup',
    'pass show taxiway-backup | taxiway backup all.backup --with-key --passphrase-stdin',
  );
  withExample(
    program
      .command('restore')
      .argument('<file>', 'the backup')
      .description('fill a new instance, on either database, with a backup')
      .option(
        '--passphrase-stdin',
        'restore the master key in the backup, too; its passphrase is on standard input',
      )
      .option(
        '--key-to <file>',
        'only write the master key in the backup to this file; asks for the passphrase',
      )
      .action(async (file: string, options: RestoreOptions, command: Command) => {
        requireNoAccount(command);
        const { json = false } = globalsOf(command);
        const passphrase =
          options.passphraseStdin === true || options.keyTo !== undefined
            ? await passphraseOf(options, 'Passphrase of the master key')
            : undefined;
        if (options.keyTo !== undefined && passphrase !== undefined) {
          await extractKey(operatorCaller(), { file, keyFile: options.keyTo, passphrase });
          printAnswer(json, { keyFile: options.keyTo }, [`Wrote the master key to ${options.keyTo}.`]);
          return;
        }
        const report = await readBackup(command, file, passphrase);
        printAnswer(json, report, restoreLines(report));
      }),
    'taxiway restore taxiway-monday.backup --data /var/lib/taxiway',
    'pass show taxiway-backup | taxiway restore all.backup --passphrase-stdin',
  );
}

async function passphraseOf(options: { passphraseStdin?: boolean }, question: string): Promise<string> {
  if (options.passphraseStdin === true || process.stdin.isTTY) return await readPassword(question);
  throw invalid('--passphrase-stdin', 'is needed where there is no terminal to ask on');
}

async function writeBackup(
  command: Command,
  file: string,
  replace: boolean,
  passphrase: string | undefined,
): Promise<BackupReport> {
  const config = configOf(command);
  const folder = path.dirname(path.resolve(file));
  if (!existsSync(folder)) throw invalid(file, `the folder ${folder} does not exist`);
  // A mistyped folder must not end in a fresh instance and the backup of nothing.
  if (config.databaseUrl === undefined && !existsSync(path.join(config.dataFolder, DATABASE_FILE))) {
    throw new AppError('not_found', { message: `There is no database in ${config.dataFolder}.` });
  }
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    return await withApp(command, async (app) =>
      backUp(app, await callerOf(app, command), {
        file,
        replace,
        passphrase,
        keyFile: path.join(config.dataFolder, KEY_FILE),
        signal: interruption.signal,
      }),
    );
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    throw new AppError('unavailable', { message: 'Interrupted; nothing was left behind.' }, { cause: error });
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

async function readBackup(
  command: Command,
  file: string,
  passphrase: string | undefined,
): Promise<RestoreReport & { keyRestored: boolean }> {
  const config = configOf(command);
  const keyFile = path.join(config.dataFolder, KEY_FILE);
  // Before the instance is opened, which would make a key of its own.
  const keyRestored =
    passphrase !== undefined && (await restoreKey(config, operatorCaller(), { file, keyFile, passphrase }));
  try {
    // An empty instance holds nothing that another master key would protect.
    const report = await withApp(command, (app) => restoreBackup(app, operatorCaller(), { file }), {
      anyMasterKey: true,
    });
    return { ...report, keyRestored };
  } catch (error) {
    if (keyRestored) await unlink(keyFile);
    throw error;
  }
}

function backupLines(report: BackupReport): string[] {
  return [
    `Wrote the backup ${report.file}.`,
    ...fieldLines([
      ['Size', `${report.octets} octets`],
      ['Objects', String(report.rows.objects ?? 0)],
      ['Accounts', String(report.rows.accounts ?? 0)],
      [
        'Master key',
        report.withKey ? 'in the backup, under the passphrase' : 'not in the backup: keep a copy of it',
      ],
    ]),
  ];
}

function restoreLines(report: RestoreReport & { keyRestored: boolean }): string[] {
  const key = report.keyRestored
    ? 'restored from the backup'
    : report.sameKey
      ? 'the same as before'
      : 'another than before: clients start their lists of pages anew';
  return [
    `Restored ${report.file}, made at ${report.createdAt}.`,
    ...fieldLines([
      ['Objects', String(report.rows.objects ?? 0)],
      ['Accounts', String(report.rows.accounts ?? 0)],
      ['Master key', key],
    ]),
  ];
}
