import type { Command } from 'commander';
import { problemOfAnyPolicy } from '../features/passwords/password-policy.ts';
import { answerInTerms } from './accounts-answer.ts';
import { registerAuthenticator } from './accounts-authenticator.ts';
import { registerBinding } from './accounts-binding.ts';
import { registerChanges } from './accounts-changes.ts';
import { registerCredentials } from './accounts-credentials.ts';
import { registerDeletion } from './accounts-deletion.ts';
import { fieldValues, withFields } from './accounts-fields.ts';
import type { KindOfAccount } from './accounts-kinds.ts';
import { registerReading } from './accounts-reading.ts';
import { registerSessions } from './accounts-sessions.ts';
import { apiUsers } from './api-users.ts';
import { withExample } from './options.ts';
import { readPassword } from './password.ts';
import { taxiiUsers } from './taxii-users.ts';
import { readOnlyUsers, users } from './users.ts';

/** `user`, `read-only-user`, `api-user` and `taxii-user`: the same commands, with the fields that each kind has. */
export function registerAccounts(program: Command): void {
  for (const kind of [users, readOnlyUsers, apiUsers, taxiiUsers]) {
    const group = program.command(kind.command).description(kind.description);
    registerCreate(group, kind);
    registerReading(group, kind);
    registerChanges(group, kind);
    registerCredentials(group, kind);
    registerBinding(group, kind);
    if (kind.hasSessions) registerSessions(group, kind);
    if (kind.hasSessions) registerAuthenticator(group, kind);
    registerDeletion(group, kind);
  }
}

function registerCreate(group: Command, kind: KindOfAccount): void {
  const { createArgument: argument, createFields, needed } = kind;
  const create = group.command('create');
  if (argument !== undefined) create.argument(`<${argument.name}>`, argument.help);
  create.description(
    kind.hasPassword
      ? `create a ${kind.title}; its password is generated and printed this once, unless one is typed`
      : `create an ${kind.title}; its Access ID and Secret Key are generated, and the key is printed this once`,
  );
  withFields(create, 'create', createFields, needed);
  if (kind.hasPassword)
    create.option('--password-stdin', 'read the password from standard input, or ask for it on a terminal');
  withExample(
    create.action(async (...given: unknown[]) => {
      // The arguments, the options, and the command itself.
      const command = given.at(-1) as Command;
      const options = command.opts<Record<string, unknown>>();
      const name = argument === undefined ? undefined : String(given[0]);
      const password =
        name !== undefined && options.passwordStdin === true
          ? await readPassword(`Password of ${name}`, {
              problem: (typed) => problemOfAnyPolicy(typed, name),
            })
          : undefined;
      const values = Object.entries(fieldValues(options, createFields)).filter(([, value]) => value !== null);
      const input = {
        ...Object.fromEntries(values),
        ...(argument === undefined ? {} : { [argument.field]: name }),
        ...(password === undefined ? {} : { password }),
      };
      const terms = {
        password: 'password',
        ...(argument === undefined ? {} : { [argument.field]: argument.name }),
      };
      const missing = Object.fromEntries(needed.map((field) => [field, options[field]]));
      await answerInTerms(command, { terms, needed: missing }, (app, caller) =>
        kind.create(app, caller, input),
      );
    }),
    ...kind.createExamples,
  );
}
