import { closeSync, openSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import {
  ACCOUNT_COLUMNS,
  CREATION_COLUMNS,
  EXPORT_FORMATS,
  type ExportAccountsInput,
  IMPORT_MAX_BYTES,
  type ImportReport,
} from '../../contract/bulk.ts';
import { ACCOUNT_KINDS } from '../../contract/roles.ts';
import { csvLine } from '../csv.ts';
import { AppError, invalid } from '../errors.ts';
import { exportAccounts } from '../features/bulk/export.service.ts';
import { importAccounts } from '../features/bulk/import.service.ts';
import { registerLinks } from './account-links.ts';
import { registerLockdown } from './account-lockdown.ts';
import { registerRights } from './account-rights.ts';
import { callerOf, globalsOf, withApp } from './context.ts';
import { withExample } from './options.ts';
import { printAnswer, printNote, tableLines } from './output.ts';
import { fileFailure, writePieces } from './output-file.ts';

type ImportOptions = { organization: string; dryRun?: boolean; secrets?: string };
type ExportOptions = Pick<ExportAccountsInput, 'organization' | 'format' | 'kind' | 'state' | 'search'> & {
  output?: string;
};

const COLUMN_HELP = `
Columns, separated by commas, in any order; kind and userName are needed:
  ${wrapped([...Object.keys(ACCOUNT_COLUMNS), ...Object.keys(CREATION_COLUMNS)])}

kind is one of ${ACCOUNT_KINDS.join(', ')}. userName is the e-mail address of a person, and the Access ID of an API
user; an API user without one is created, each time. An account is found by its user name, and edited where the file
says something else about it; an empty cell says nothing. Lists are separated by semicolons. Passwords and keys are
generated, and shown once. invite, apiKey and tokenExpirationDays count for new accounts only. Either all rows are
imported, or none.`;

function wrapped(words: readonly string[]): string {
  const lines = [''];
  for (const word of words) {
    const last = lines.at(-1) ?? '';
    if (last.length + word.length > 100) lines.push(`${word}, `);
    else lines[lines.length - 1] = `${last}${word}, `;
  }
  return lines
    .map((line) => line.trimEnd())
    .join('\n  ')
    .replace(/,$/, '');
}

/** `account import` and `account export`: many accounts at once, of all kinds. */
export function registerBulk(program: Command): void {
  const group = program
    .command('account')
    .description('accounts of all kinds: import and export, one-time links, rights, lockdown');
  registerLinks(group);
  registerRights(group);
  registerLockdown(group);
  withExample(
    group
      .command('import')
      .argument('<file>', 'CSV with a heading; - is standard input')
      .description('create and edit the accounts of a CSV file; running it again changes nothing')
      .requiredOption('--organization <name>', 'organization that they belong to')
      .option(
        '--dry-run',
        'say what the import would do, row by row, and the seats it would take; do nothing',
      )
      .option('--secrets <file>', 'write what is generated to this new file, as CSV, instead of printing it')
      .addHelpText('after', COLUMN_HELP)
      .action(importFile),
    'taxiway account import people.csv --organization "Acme Power" --dry-run',
    'taxiway account import people.csv --organization "Acme Power" --secrets secrets.csv',
  );
  withExample(
    group
      .command('export')
      .description('write the accounts of an organization in the columns that an import takes')
      .requiredOption('--organization <name>', 'organization that they belong to')
      .addOption(new Option('--format <format>', 'which of the two').choices(EXPORT_FORMATS).default('csv'))
      .option('--output <file>', 'new file to write; - is standard output, the default')
      .option('--kind <kinds>', `only some of ${ACCOUNT_KINDS.join(', ')}, separated by commas`)
      .addOption(
        new Option('--state <state>', 'only those in this state').choices([
          'active',
          'locked',
          'disabled',
          'expired',
        ]),
      )
      .option('--search <text>', 'only those with this in their user name, name or pseudonym')
      .action(async ({ output, ...wanted }: ExportOptions, command: Command) => {
        const file = output === '-' ? undefined : output;
        const octets = await withApp(command, async (app) =>
          writePieces(await exportAccounts(app, await callerOf(app, command), wanted), file),
        );
        if (file !== undefined)
          printAnswer(globalsOf(command).json ?? false, { file, octets }, [
            `Wrote ${file} (${octets} octets).`,
          ]);
      }),
    'taxiway account export --organization "Acme Power" --output people.csv',
    'taxiway account export --organization "Acme Power" --kind taxii --format json | jq .[].userName',
  );
}

async function importFile(file: string, options: ImportOptions, command: Command): Promise<void> {
  const { organization, dryRun = false } = options;
  const { json = false } = globalsOf(command);
  const csv = readText(file);
  // Before anything is imported: what is generated must have a place to go.
  const secrets = dryRun ? undefined : openSecrets(options.secrets);
  let report: ImportReport;
  try {
    report = await withApp(command, async (app) =>
      importAccounts(app, await callerOf(app, command), { organization, csv, dryRun }),
    );
  } catch (error) {
    secrets?.discard();
    if (!(error instanceof AppError) || error.details.report === undefined) throw error;
    const { report: refused, ...details } = error.details;
    print(json, refused as ImportReport, organization);
    throw new AppError(error.code, details, { cause: error });
  }
  const isWritten = secrets?.write(secretsCsv(report).join('')) ?? false;
  const shown = isWritten ? { ...report, rows: report.rows.map(({ secrets: _, ...row }) => row) } : report;
  print(json, shown, organization);
  if (!json && !isWritten && secretsCsv(report).length > 1)
    printAnswer(false, undefined, [
      '',
      'Generated, and shown this once:',
      '',
      ...secretsCsv(report).map((line) => line.trimEnd()),
    ]);
  if (report.refused)
    throw new AppError('unprocessable', {
      message: 'The import would be refused; nothing would be changed.',
    });
}

/** @throws AppError `invalid_input` */
function readText(file: string): string {
  let octets: Uint8Array;
  try {
    const isFile = file !== '-';
    if (isFile && statSync(file).size > IMPORT_MAX_BYTES)
      throw new AppError('too_large', { message: `${file} has more than ${IMPORT_MAX_BYTES} octets.` });
    octets = readFileSync(isFile ? file : 0);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw invalid('', `${file} cannot be read: ${String(Reflect.get(Object(error), 'code'))}`);
  }
  try {
    // The byte order mark is the parser's to pass over.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    throw invalid('', `${file} is not UTF-8; save it as "CSV UTF-8"`);
  }
}

type SecretsFile = {
  /** Whether it could be written; what could not is to be printed. */
  write(text: string): boolean;
  discard(): void;
};

/** A new file for its owner only. @throws AppError `conflict`, `invalid_input` */
function openSecrets(file: string | undefined): SecretsFile | undefined {
  if (file === undefined) return undefined;
  let descriptor: number;
  try {
    descriptor = openSync(file, 'wx', 0o600);
  } catch (error) {
    throw fileFailure(error, file);
  }
  return {
    write(text) {
      try {
        writeFileSync(descriptor, text);
        closeSync(descriptor);
        return true;
      } catch (error) {
        printNote(`${fileFailure(error, file).message} What was generated follows here.`);
        return false;
      }
    },
    discard() {
      closeSync(descriptor);
      unlinkSync(file);
    },
  };
}

function secretsCsv({ rows }: ImportReport): string[] {
  return [
    csvLine(['kind', 'userName', 'password', 'apiKey', 'secretKey', 'token', 'invitation']),
    ...rows.flatMap(({ kind, userName, secrets }) =>
      secrets === undefined
        ? []
        : [
            csvLine([
              kind,
              userName,
              secrets.password ?? null,
              secrets.apiKey ?? null,
              secrets.secretKey ?? null,
              secrets.token ?? null,
              secrets.invitation ?? null,
            ]),
          ],
    ),
  ];
}

const LIMITS = { users: 'users', apiUsers: 'API users', taxiiUsers: 'TAXII users' } as const;

function print(json: boolean, report: ImportReport, organization: string): void {
  printAnswer(json, report, reportLines(report, organization));
}

function reportLines(
  { dryRun, refused, counts, rows, seats, problems }: ImportReport,
  into: string,
): string[] {
  const { create, update, unchanged, error } = counts;
  const told = rows.filter(({ outcome }) => outcome !== 'unchanged');
  const summary = `${create} to create, ${update} to edit, ${unchanged} unchanged, ${error} refused`;
  return [
    refused || dryRun
      ? `${rows.length} rows for "${into}": ${summary}. Nothing was changed.`
      : `Imported ${rows.length} rows into "${into}": ${create} created, ${update} edited, ${unchanged} unchanged.`,
    ...(told.length === 0
      ? []
      : [
          '',
          ...tableLines(
            ['Row', 'Line', 'Kind', 'User name', 'Outcome', 'Why, and what it entails'],
            told.map((row) => [
              String(row.row),
              String(row.line),
              row.kind ?? '',
              cell(row.userName ?? ''),
              row.outcome,
              cell(
                [
                  ...row.problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)),
                  ...row.consequences.map(({ message }) => message),
                ].join('; '),
              ),
            ]),
          ),
        ]),
    ...seats
      .filter(({ wanted }) => wanted !== 0)
      .map(
        ({ limit, wanted, organization, licence }) =>
          `Seats of ${LIMITS[limit]}: takes ${wanted}; ${organization.left} of ${organization.max} are left in the organization, ${licence.left} in the licence.`,
      ),
    ...problems.map(({ message }) => message),
  ];
}

/** Names come from elsewhere: none of them may make a line of its own. */
function cell(text: string): string {
  return text.replace(/[\r\n\t\u2028\u2029]+/g, ' ');
}
