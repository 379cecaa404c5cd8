import type { Command } from 'commander';
import { DATABASE_FILE, KEY_FILE, openDatabase } from '../app.ts';
import { AppError } from '../errors.ts';
import { diagnose } from '../features/doctor/doctor.service.ts';
import { configOf, globalsOf, operatorCaller, requireNoAccount } from './context.ts';
import { withExample } from './options.ts';
import { printAnswer } from './output.ts';

export function registerDoctor(program: Command): void {
  withExample(
    program
      .command('doctor')
      .description('examine the instance without changing it; ends with 1 when there is a problem')
      .action(async (_options: object, command: Command) => {
        requireNoAccount(command);
        const diagnosis = await diagnose(
          {
            readConfig: () => configOf(command),
            openDatabase: (config) => openDatabase(config, () => undefined),
            files: { database: DATABASE_FILE, key: KEY_FILE },
            clock: { now: () => Date.now() * 1000 },
          },
          operatorCaller(),
        );
        const { findings } = diagnosis;
        printAnswer(
          globalsOf(command).json ?? false,
          diagnosis,
          findings.map(({ check, status, message }) => `${status.padEnd(7)}  ${check}: ${message}`),
        );
        if (diagnosis.healthy) return;
        const problems = findings.filter(({ status }) => status === 'problem').length;
        throw new AppError('unprocessable', {
          message: problems === 1 ? 'There is a problem.' : `There are ${problems} problems.`,
        });
      }),
    'taxiway doctor --data /var/lib/taxiway',
    'taxiway doctor --json',
  );
}
