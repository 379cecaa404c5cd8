import { Command, CommanderError } from 'commander';
import { registerAccounts } from './accounts.ts';
import { registerAdministrator } from './administrators.ts';
import { registerAudit } from './audit.ts';
import { registerBackup } from './backup.ts';
import { registerBulk } from './bulk.ts';
import { registerCollection } from './collections.ts';
import { registerDemo } from './demo.ts';
import { registerDoctor } from './doctor.ts';
import { registerGroup } from './groups.ts';
import { registerImport } from './import.ts';
import { registerKeys } from './keys.ts';
import { registerLicence } from './licence.ts';
import { registerMail } from './mail.ts';
import { registerMigrate } from './migrate.ts';
import { registerOrganization } from './organizations.ts';
import { EXIT, type Failure, failureOf, printFailure } from './output.ts';
import { registerMember, registerOwnerKinds } from './owners.ts';
import { registerServe } from './serve.ts';
import { registerSettings } from './settings.ts';
import { registerTaxiiService } from './taxii-services.ts';
import { registerTerms } from './terms.ts';
import { version } from './version.ts';

/** Every command, in the order in which the help shows them. */
const COMMANDS: readonly ((program: Command) => void)[] = [
  registerServe,
  registerDemo,
  registerAdministrator,
  registerOrganization,
  registerOwnerKinds,
  registerMember,
  registerGroup,
  registerAccounts,
  registerBulk,
  registerTaxiiService,
  registerCollection,
  registerImport,
  registerSettings,
  registerTerms,
  registerMail,
  registerLicence,
  registerAudit,
  registerKeys,
  registerBackup,
  registerMigrate,
  registerDoctor,
];

/**
 * Runs the command that the arguments name and returns the exit code. Whatever goes wrong ends in one line on
 * standard error, or with --json in one JSON document there.
 */
export async function runCli(argv: readonly string[]): Promise<number> {
  // Whoever reads our output may stop reading: `taxiway … | head`.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.done);
    throw error;
  });
  const program = buildProgram();
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    const failure = error instanceof CommanderError ? usageFailure(error) : failureOf(error);
    const options = argv.slice(0, argv.includes('--') ? argv.indexOf('--') : argv.length);
    printFailure(options.includes('--json'), failure);
    if (['debug', 'trace'].includes(process.env.TAXIWAY_LOG_LEVEL ?? '') && error instanceof Error)
      process.stderr.write(`${error.stack}\n${error.cause instanceof Error ? `${error.cause.stack}\n` : ''}`);
    return failure.exitCode;
  }
}

function buildProgram(): Command {
  const program = new Command('taxiway')
    .description('Shares cyber-threat intelligence over TAXII 2.1, with accounts for everybody who pulls it.')
    .version(version(), '-V, --version', 'print the version')
    .option('--data <dir>', 'folder of the embedded database and the key file (TAXIWAY_DATA, ./data)')
    .option('--database-url <url>', 'PostgreSQL instead of the embedded database (TAXIWAY_DATABASE_URL)')
    .option('--json', 'answer with one JSON document')
    .option('--as <account>', 'act as this account instead of as the operator of the instance')
    .configureHelp({ showGlobalOptions: true })
    // Errors are printed by `runCli`, once and in one line.
    .configureOutput({ outputError: () => undefined, writeErr: () => undefined })
    .exitOverride()
    .helpOption('-h, --help', 'print this help');
  for (const register of COMMANDS) register(program);
  return program;
}

function usageFailure(error: CommanderError): Failure {
  const message =
    error.code === 'commander.help'
      ? 'name a command; "taxiway --help" lists them, "taxiway COMMAND --help" explains one'
      : error.message.replace(/^error: /, '');
  return { exitCode: EXIT.usage, code: 'invalid_input', message, details: {} };
}
