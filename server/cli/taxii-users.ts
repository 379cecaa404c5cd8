import type { Command } from 'commander';
import { replaceCredential } from '../features/accounts/credentials.service.ts';
import { deleteAccount } from '../features/accounts/deletion.service.ts';
import { editAccount } from '../features/accounts/editing.service.ts';
import { typedPasswordProblem } from '../features/accounts/new-credential.ts';
import { createTaxiiUser, listTaxiiUserAccounts } from '../features/accounts/taxii-users.service.ts';
import { answer } from './context.ts';
import { collect, duration, instant, shownInstant, withExample } from './options.ts';
import { fieldLines, tableLines } from './output.ts';
import { readPassword } from './password.ts';

type CreateOptions = {
  organization: string;
  service?: string;
  only?: readonly string[];
  passwordStdin?: boolean;
  apiKey?: boolean;
  contact?: string;
  locked?: boolean;
  disabled?: boolean;
};

export function registerTaxiiUser(program: Command): void {
  const group = program.command('taxii-user').description('TAXII users: accounts of clients that pull');
  registerCreate(group);
  registerList(group);
  registerRotate(group);
  registerStates(group);
}

function registerCreate(group: Command): void {
  withExample(
    group
      .command('create')
      .argument('<username>', 'its user name, unique in the instance')
      .description('create a TAXII user; its password is generated and printed this once')
      .requiredOption('--organization <name>', 'organization it belongs to')
      .option('--service <name>', 'TAXII service it may use; needed where there are several')
      .option(
        '--only <owner>',
        'an owner it may see, once for each; by default all that its organization gives it',
        collect,
      )
      .option('--password-stdin', 'read the password from standard input, or ask for it on a terminal')
      .option('--api-key', 'also make an API key')
      .option('--contact <address>', 'e-mail address of whoever runs the client')
      .option('--locked', 'create it locked')
      .option('--disabled', 'create it disabled')
      .action(async (userName: string, options: CreateOptions, command: Command) => {
        const password =
          options.passwordStdin === true
            ? await readPassword(`Password of ${userName}`, {
                problem: (typed) => typedPasswordProblem(typed, userName),
              })
            : undefined;
        await answer(command, async (app, caller) => {
          const created = await createTaxiiUser(app, caller, {
            userName,
            password,
            organization: options.organization,
            service: options.service,
            onlyOwners: options.only === undefined ? undefined : [...options.only],
            apiKey: options.apiKey,
            contactEmail: options.contact,
            locked: options.locked,
            disabled: options.disabled,
          });
          return {
            data: created,
            lines: [
              `Created the TAXII user "${created.userName}" of "${created.organization}".`,
              ...fieldLines([
                ['Service', `${created.service.name}, /${created.service.path}/`],
                ['Sees', options.only?.join(', ')],
                ['Contact', created.contactEmail ?? undefined],
                ['Pseudonym', created.pseudonym],
                ['Password', onceOnly(created.password)],
                ['API key', onceOnly(created.apiKey)],
              ]),
            ],
          };
        });
      }),
    'taxiway taxii-user create partner-siem --organization "Acme Power" --api-key',
    'taxiway taxii-user create firewall --organization "Acme Power" --only "Daily Feed" --only "Power Exchange"',
  );
}

function registerList(group: Command): void {
  withExample(
    group
      .command('list')
      .description('list TAXII users')
      .option('--organization <name>', 'only those of this organization')
      .action(async (options: { organization?: string }, command: Command) => {
        await answer(command, async (app, caller) => {
          const users = await listTaxiiUserAccounts(app, caller, options.organization);
          return {
            data: {
              taxiiUsers: users.map((user) => ({
                ...user,
                createdAt: instant(user.createdAt),
                lastUsedAt: instant(user.lastUsedAt) ?? null,
              })),
            },
            lines:
              users.length === 0
                ? ['There is no TAXII user yet.']
                : tableLines(
                    ['User name', 'Organization', 'State', 'API root', 'Sees', 'Last used'],
                    users.map((user) => [
                      user.userName,
                      user.organization,
                      user.state,
                      user.service === null ? '' : `/${user.service.path}/`,
                      user.onlyOwners.length === 0 ? 'all' : user.onlyOwners.join(', '),
                      shownInstant(user.lastUsedAt) ?? 'never',
                    ]),
                  ),
          };
        });
      }),
    'taxiway taxii-user list --organization "Acme Power"',
  );
}

function registerRotate(group: Command): void {
  withExample(
    group
      .command('rotate')
      .argument('<username>')
      .description('replace the password, or the API key; what is new is printed this once')
      .option('--api-key', 'the API key instead of the password')
      .option('--overlap <duration>', 'for how long the one before stays valid: 90s, 15m, 12h, 7d', duration)
      .option('--password-stdin', 'read the password from standard input, or ask for it on a terminal')
      .action(
        async (
          userName: string,
          options: { apiKey?: boolean; overlap?: number; passwordStdin?: boolean },
          command: Command,
        ) => {
          const password =
            options.passwordStdin === true
              ? await readPassword(`New password of ${userName}`, {
                  problem: (typed) => typedPasswordProblem(typed, userName),
                })
              : undefined;
          await answer(command, async (app, caller) => {
            const rotated = await replaceCredential(app, caller, {
              account: userName,
              kind: 'taxii',
              password,
              credential: options.apiKey === true ? 'api_key' : 'password',
              overlapSeconds: options.overlap,
            });
            const validUntil = shownInstant(rotated.previousValidUntil);
            const what = options.apiKey === true ? 'API key' : 'password';
            return {
              data: { ...rotated, previousValidUntil: instant(rotated.previousValidUntil) ?? null },
              lines: [
                `The TAXII user "${rotated.userName}" has a new ${what}.`,
                ...fieldLines([
                  ['Password', onceOnly(rotated.password)],
                  ['API key', onceOnly(rotated.apiKey)],
                  ['The one before', validUntil ? `valid until ${validUntil}` : 'ended'],
                ]),
              ],
            };
          });
        },
      ),
    'taxiway taxii-user rotate partner-siem --overlap 7d',
  );
}

function registerStates(group: Command): void {
  const states = [
    {
      name: 'lock',
      done: 'is locked',
      description: 'lock a TAXII user',
      changes: { locked: true },
    },
    {
      name: 'unlock',
      done: 'is no longer locked',
      description: 'clear Locked',
      changes: { locked: false },
    },
    {
      name: 'disable',
      done: 'is disabled',
      description: 'disable a TAXII user',
      changes: { disabled: true },
    },
    {
      name: 'enable',
      done: 'is no longer disabled',
      description: 'clear Disabled',
      changes: { disabled: false },
    },
  ];
  for (const { name, done, description, changes } of states) {
    withExample(
      group
        .command(name)
        .argument('<username>')
        .description(description)
        .action(async (userName: string, _options: object, command: Command) => {
          await answer(command, async (app, caller) => {
            await editAccount(app, caller, { account: userName, kind: 'taxii', changes });
            return { data: { userName, done: name }, lines: [`The TAXII user "${userName}" ${done}.`] };
          });
        }),
      `taxiway taxii-user ${name} partner-siem`,
    );
  }
  withExample(
    group
      .command('delete')
      .argument('<username>')
      .description('delete a TAXII user: its credentials end, its seat and its name are free')
      .action(async (userName: string, _options: object, command: Command) => {
        await answer(command, async (app, caller) => {
          await deleteAccount(app, caller, { account: userName, kind: 'taxii' });
          return { data: { userName, done: 'delete' }, lines: [`The TAXII user "${userName}" is deleted.`] };
        });
      }),
    'taxiway taxii-user delete partner-siem',
  );
}

function onceOnly(secret: string | undefined): string | undefined {
  return secret === undefined ? undefined : `${secret}  (shown this once)`;
}
