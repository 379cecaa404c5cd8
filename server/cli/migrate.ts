import type { Command } from 'commander';
import { globalsOf, requireNoAccount, withApp } from './context.ts';
import { withExample } from './options.ts';
import { printAnswer } from './output.ts';

export function registerMigrate(program: Command): void {
  withExample(
    program
      .command('migrate')
      .description('bring the data to this version of the program; serve does so by itself')
      .action(async (_options: object, command: Command) => {
        requireNoAccount(command);
        const { json = false } = globalsOf(command);
        const applied = await withApp(command, async (app) => app.migrations);
        printAnswer(
          json,
          { applied },
          applied.length === 0 ? ['The data is up to date.'] : applied.map((name) => `Applied ${name}.`),
        );
      }),
    'taxiway migrate --data /var/lib/taxiway',
  );
}
