import type { Command } from 'commander';
import { createAdministrator } from '../features/instance/instance.service.ts';
import { problemOfAnyPolicy } from '../features/passwords/password-policy.ts';
import { answer } from './context.ts';
import { withExample } from './options.ts';
import { fieldLines } from './output.ts';
import { readPassword } from './password.ts';

/** Random bits of a generated first password. */
const PASSWORD_BITS = 144;

type CreateOptions = {
  email: string;
  organization?: string;
  firstName?: string;
  lastName?: string;
  passwordStdin?: boolean;
};

export function registerAdministrator(program: Command): void {
  const group = program.command('administrator').description('Administrators of the instance');
  withExample(
    group
      .command('create')
      .description('create an Administrator, and the organization if there is none of that name')
      .requiredOption('--email <address>', 'e-mail address, with which the Administrator signs in')
      .option('--organization <name>', 'organization of the Administrator (Home)')
      .option('--first-name <name>', 'first name')
      .option('--last-name <name>', 'last name')
      .option(
        '--password-stdin',
        'read the password from standard input; else it is asked for on a terminal, or generated',
      )
      .action(async (options: CreateOptions, command: Command) => {
        const typed =
          options.passwordStdin === true || process.stdin.isTTY
            ? await readPassword(`Password of ${options.email}`, {
                hint: 'leave it empty to get a generated one',
                problem: (password) => problemOfAnyPolicy(password, options.email),
                mayBeEmpty: true,
              })
            : '';
        await answer(command, async (app, caller) => {
          const password = typed === '' ? app.secrets.generate(PASSWORD_BITS) : typed;
          const { email, organization, firstName, lastName } = options;
          const created = await createAdministrator(
            app,
            caller,
            { email, password, organization, firstName, lastName },
            // What stood on a screen is not to stay: whoever typed one may keep it.
            { mustChangePassword: typed === '' },
          );
          return {
            data: { ...created, ...(typed === '' ? { password } : {}) },
            lines: [
              `Created the Administrator ${created.email}.`,
              ...fieldLines([
                ['Organization', created.organization],
                ['Pseudonym', created.pseudonym],
                [
                  'Password',
                  typed === ''
                    ? `${password}  (shown this once, and changed at the first sign-in)`
                    : undefined,
                ],
              ]),
            ],
          };
        });
      }),
    'taxiway administrator create --email jane@example.org --organization "Acme Power"',
    'pass show taxiway | taxiway administrator create --email jane@example.org --password-stdin',
  );
}
