import type { Command } from 'commander';
import type { AccountChanges, Consequence } from '../../contract/accounts.ts';
import { invalid } from '../errors.ts';
import { editAccount, previewEdit } from '../features/account-changes/editing.service.ts';
import { moveAccount } from '../features/account-changes/moving.service.ts';
import { answerAbout } from './accounts-answer.ts';
import { printDeletionPreview } from './accounts-deletion.ts';
import { fieldValues, withFields, withVersion } from './accounts-fields.ts';
import type { KindOfAccount } from './accounts-kinds.ts';
import { withExample } from './options.ts';

type EditOptions = Record<string, unknown> & { ifVersion?: number; delete?: boolean };

/** `edit`, `preview`, `move`, and the short forms of edits: `lock`, `unlock`, `disable`, `enable`. */
export function registerChanges(group: Command, kind: KindOfAccount): void {
  registerEdit(group, kind);
  registerPreview(group, kind);
  registerStates(group, kind);
  registerMove(group, kind);
}

function registerEdit(group: Command, kind: KindOfAccount): void {
  const edit = group
    .command('edit')
    .argument(`<${kind.reference}>`)
    .description('change what the options say, all of it or nothing, and tell what followed from it');
  withExample(
    withVersion(withFields(edit, 'edit', kind.editFields)).action(
      async (account: string, options: EditOptions, command: Command) => {
        const input = inputOf(kind, account, options);
        await answerAbout(kind, account, command, {}, async (app, caller) => {
          const edited = await editAccount(app, caller, input);
          return {
            data: edited,
            lines: [`The ${kind.title} "${account}" was edited.`, ...consequenceLines(edited.consequences)],
          };
        });
      },
    ),
    ...kind.editExamples,
  );
}

function registerPreview(group: Command, kind: KindOfAccount): void {
  const preview = group
    .command('preview')
    .argument(`<${kind.reference}>`)
    .description('tell what "edit" with the same options, or "delete", would entail; nothing is changed')
    .option('--delete', 'what its deletion would entail');
  withExample(
    withVersion(withFields(preview, 'edit', kind.editFields)).action(
      async (account: string, options: EditOptions, command: Command) => {
        if (options.delete === true) return await printDeletionPreview(kind, account, command);
        const input = inputOf(kind, account, options);
        await answerAbout(kind, account, command, {}, async (app, caller) => {
          const previewed = await previewEdit(app, caller, input);
          return {
            data: previewed,
            lines:
              previewed.consequences.length === 0
                ? ['It can be done. Nothing else follows from it.']
                : ['It can be done. This follows from it:', ...consequenceLines(previewed.consequences)],
          };
        });
      },
    ),
    `taxiway ${kind.command} preview ${kind.example} --disabled`,
    `taxiway ${kind.command} preview ${kind.example} --delete`,
  );
}

function inputOf(kind: KindOfAccount, account: string, options: EditOptions) {
  // The service checks what was given, all at once.
  const changes = fieldValues(options, kind.editFields) as AccountChanges;
  if (Object.keys(changes).length === 0)
    throw invalid('', `name what to change: "taxiway ${kind.command} edit --help" lists the options`);
  return { account, kind: kind.kind, changes, version: options.ifVersion };
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
  const terms = { locked: 'Locked', disabled: 'Disabled' };
  for (const { name, done, help, changes } of STATES) {
    if ('locked' in changes && !kind.isLockable) continue;
    withExample(
      group
        .command(name)
        .argument(`<${kind.reference}>`)
        .description(help)
        .action(async (account: string, _options: object, command: Command) => {
          await answerAbout(kind, account, command, { terms }, async (app, caller) => {
            const edited = await editAccount(app, caller, { account, kind: kind.kind, changes });
            return {
              data: { userName: account, done: name, ...edited },
              lines: [`The ${kind.title} "${account}" ${done}.`, ...consequenceLines(edited.consequences)],
            };
          });
        }),
      `taxiway ${kind.command} ${name} ${kind.example}`,
    );
  }
}

function registerMove(group: Command, kind: KindOfAccount): void {
  const move = group
    .command('move')
    .argument(`<${kind.reference}>`)
    .description('move it to another organization, where it takes a seat')
    .requiredOption('--organization <name>', 'organization that it is to belong to');
  withExample(
    withVersion(move).action(
      async (
        account: string,
        { organization, ifVersion }: { organization: string; ifVersion?: number },
        command: Command,
      ) => {
        await answerAbout(kind, account, command, {}, async (app, caller) => {
          const moved = await moveAccount(app, caller, {
            account,
            kind: kind.kind,
            organization,
            version: ifVersion,
          });
          return {
            data: moved,
            lines: [
              `The ${kind.title} "${account}" belongs to "${organization}" now.`,
              ...consequenceLines(moved.consequences),
            ],
          };
        });
      },
    ),
    `taxiway ${kind.command} move ${kind.example} --organization "Acme Water"`,
  );
}
