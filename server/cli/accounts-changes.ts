import type { Command } from 'commander';
import type { AccountChanges, Consequence } from '../../contract/accounts.ts';
import { invalid } from '../errors.ts';
import { editAccount, previewEdit } from '../features/accounts/editing.service.ts';
import { printDeletionPreview } from './accounts-deletion.ts';
import { fieldValues, inTermsOf, withFields } from './accounts-fields.ts';
import type { KindOfAccount } from './accounts-kinds.ts';
import { answer } from './context.ts';
import { wholeNumber, withExample } from './options.ts';

type EditOptions = Record<string, unknown> & { ifVersion?: number; delete?: boolean };

/** `edit`, `preview`, and the short forms of edits: `lock`, `unlock`, `disable`, `enable`. */
export function registerChanges(group: Command, kind: KindOfAccount): void {
  registerEdit(group, kind);
  registerPreview(group, kind);
  registerStates(group, kind);
}

function registerEdit(group: Command, kind: KindOfAccount): void {
  const edit = group
    .command('edit')
    .argument(`<${kind.reference}>`)
    .description(`change what the options say, and say what followed from it: all of it, or nothing`);
  withExample(
    withVersion(withFields(edit, 'edit', kind.editFields)).action(
      async (account: string, options: EditOptions, command: Command) => {
        const input = inputOf(kind, account, options);
        await inTermsOf({}, () =>
          answer(command, async (app, caller) => {
            const edited = await editAccount(app, caller, input);
            return {
              data: edited,
              lines: [`The ${kind.title} "${account}" was edited.`, ...consequenceLines(edited.consequences)],
            };
          }),
        );
      },
    ),
    ...kind.editExamples,
  );
}

function registerPreview(group: Command, kind: KindOfAccount): void {
  const preview = group
    .command('preview')
    .argument(`<${kind.reference}>`)
    .description('say what "edit" with the same options, or "delete", would entail; nothing is changed')
    .option('--delete', 'what its deletion would entail');
  withExample(
    withVersion(withFields(preview, 'edit', kind.editFields)).action(
      async (account: string, options: EditOptions, command: Command) => {
        if (options.delete === true) return await printDeletionPreview(kind, account, command);
        const input = inputOf(kind, account, options);
        await inTermsOf({}, () =>
          answer(command, async (app, caller) => {
            const previewed = await previewEdit(app, caller, input);
            return {
              data: previewed,
              lines:
                previewed.consequences.length === 0
                  ? ['It can be done. Nothing else follows from it.']
                  : ['It can be done. This follows from it:', ...consequenceLines(previewed.consequences)],
            };
          }),
        );
      },
    ),
    `taxiway ${kind.command} preview ${kind.example} --disabled`,
    `taxiway ${kind.command} preview ${kind.example} --delete`,
  );
}

function withVersion(command: Command): Command {
  return command.option(
    '--if-version <n>',
    'only if it still has this version, which "show" tells; else it is refused as stale',
    wholeNumber,
  );
}

function inputOf(kind: KindOfAccount, account: string, options: EditOptions) {
  const changes = fieldValues(options, kind.editFields) as AccountChanges;
  if (Object.keys(changes).length === 0)
    throw invalid('', `name what to change: "taxiway ${kind.command} edit --help" lists the options`);
  return {
    account,
    kind: kind.kind,
    changes,
    ...(options.ifVersion === undefined ? {} : { version: options.ifVersion }),
  };
}

function consequenceLines(consequences: readonly Consequence[]): string[] {
  return consequences.map(({ message }) => `  - ${message}`);
}

const STATES = [
  { name: 'lock', done: 'is locked', help: 'keep it out until it is unlocked', changes: { locked: true } },
  {
    name: 'unlock',
    done: 'is no longer locked',
    help: 'clear Locked, whether an administrator set it or failed sign-ins did',
    changes: { locked: false },
  },
  {
    name: 'disable',
    done: 'is disabled',
    help: 'put it out of use; it keeps its seat',
    changes: { disabled: true },
  },
  { name: 'enable', done: 'is no longer disabled', help: 'clear Disabled', changes: { disabled: false } },
] as const;

function registerStates(group: Command, kind: KindOfAccount): void {
  for (const { name, done, help, changes } of STATES) {
    if ('locked' in changes && !kind.isLockable) continue;
    withExample(
      group
        .command(name)
        .argument(`<${kind.reference}>`)
        .description(help)
        .action(async (account: string, _options: object, command: Command) => {
          await inTermsOf({}, () =>
            answer(command, async (app, caller) => {
              const edited = await editAccount(app, caller, { account, kind: kind.kind, changes });
              return {
                data: { userName: account, done: name, ...edited },
                lines: [`The ${kind.title} "${account}" ${done}.`, ...consequenceLines(edited.consequences)],
              };
            }),
          );
        }),
      `taxiway ${kind.command} ${name} ${kind.example}`,
    );
  }
}
