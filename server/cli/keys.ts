import path from 'node:path';
import type { Command } from 'commander';
import { KEY_FILE } from '../app.ts';
import type { App } from '../context.ts';
import { AppError } from '../errors.ts';
import {
  acceptLoss,
  dropOlderKeys,
  type ListedKey,
  listKeys,
  rotateKeys,
  verifyKeys,
} from '../features/keys/keys.service.ts';
import { answer, callerOf, globalsOf, withApp } from './context.ts';
import { withExample } from './options.ts';
import { printAnswer, tableLines } from './output.ts';

export function registerKeys(program: Command): void {
  const group = program
    .command('keys')
    .description('the master keys, which protect what must be readable again');
  withExample(
    group
      .command('list')
      .description('list the master keys and what is under each of them')
      .action(async (_options: object, command: Command) => {
        await answer(command, async (app, caller) => {
          const keys = await listKeys(app, caller);
          return { data: { keys }, lines: keyLines(keys) };
        });
      }),
    'taxiway keys list',
  );
  withExample(
    group
      .command('verify')
      .description('open everything that is encrypted; ends with 1 when something stays closed')
      .action(async (_options: object, command: Command) => {
        const opening = await withApp(command, async (app) => verifyKeys(app, await callerOf(app, command)));
        const { secrets, closed } = opening;
        printAnswer(
          globalsOf(command).json ?? false,
          opening,
          closed.length === 0
            ? [`All ${secrets} secrets open.`]
            : [`${closed.length} of ${secrets} secrets do not open:`, ...closed.map((name) => `  ${name}`)],
        );
        if (closed.length > 0)
          throw new AppError('unprocessable', { message: 'Not everything opens: a master key is missing.' });
      }),
    'taxiway keys verify',
  );
  withExample(
    group
      .command('rotate')
      .description('make a new master key and put everything under it, while servers run')
      .option(
        '--drop-old',
        'instead, leave the older master keys away, under which there is nothing any more',
      )
      .action(async ({ dropOld = false }: { dropOld?: boolean }, command: Command) => {
        await answer(command, async (app, caller) => {
          const keyFile = keyFileOf(app);
          if (dropOld) {
            const data = await dropOlderKeys(app, caller, { keyFile });
            return { data, lines: droppedLines(data) };
          }
          const data = await rotateKeys(app, caller, { keyFile });
          const { dataKeys, settings, mails } = data.wrappedAnew;
          return {
            data,
            lines: [
              `The master key is now ${data.to}; what was made before is opened by ${data.from.join(', ')}.`,
              `Put under the new one: data keys ${dataKeys}, settings ${settings}, mails ${mails}.`,
              ...(keyFile === undefined
                ? ['When "taxiway keys verify" finds everything open, leave the older key away.']
                : [`Keep a copy of ${keyFile}: backups from before need the older key in it.`]),
            ],
          };
        });
      }),
    'taxiway keys rotate',
    'taxiway keys rotate --drop-old',
  );
  withExample(
    group
      .command('accept-loss')
      .description('go on with the present master key, where the one before is lost for good')
      .action(async (_options: object, command: Command) => {
        const data = await withApp(command, async (app) => acceptLoss(app, await callerOf(app, command)), {
          anyMasterKey: true,
        });
        printAnswer(globalsOf(command).json ?? false, data, [
          `Goes on without ${data.forgotten.join(', ')}.`,
          ...(data.closed.length === 0
            ? []
            : ['These stay closed, and have to be made anew:', ...data.closed.map((name) => `  ${name}`)]),
        ]);
      }),
    'taxiway keys accept-loss',
  );
}

function keyFileOf({ config }: App): string | undefined {
  return config.masterKeys === undefined ? path.join(config.dataFolder, KEY_FILE) : undefined;
}

function droppedLines({ kept, dropped }: { kept: string; dropped: string[] }): string[] {
  return [
    `${kept} is the only master key now. Keep ${dropped.join(', ')} with the backups that were made under it.`,
    'Clients in the middle of a list of pages that they began before the rotation begin it again.',
    'The checkpoints of the audit trail that it signed are still verified.',
  ];
}

function keyLines(keys: readonly ListedKey[]): string[] {
  return tableLines(
    ['Key', 'State', 'Since', 'Data keys', 'Settings', 'Mails', 'Checkpoints'],
    keys.map((key) => [
      key.id,
      key.state,
      key.since ?? '-',
      String(key.dataKeys),
      String(key.settings),
      String(key.mails),
      String(key.checkpoints),
    ]),
  );
}
