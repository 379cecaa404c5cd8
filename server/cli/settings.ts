import type { Command } from 'commander';
import { isSettingName, SETTINGS, type Setting } from '../../contract/settings.ts';
import { invalid } from '../errors.ts';
import { getSetting, listSettings, resetSetting, setSetting } from '../features/settings/settings.service.ts';
import { answer } from './context.ts';
import { withExample } from './options.ts';
import { fieldLines, tableLines } from './output.ts';
import { readPassword } from './password.ts';

export function registerSettings(program: Command): void {
  const group = program.command('settings').description('system settings');
  withExample(
    group
      .command('list')
      .description('list the system settings with their values')
      .action(async (_options: object, command: Command) => {
        await answer(command, async (app, caller) => {
          const settings = await listSettings(app, caller);
          return {
            data: { settings },
            lines: tableLines(
              ['Setting', 'Value', 'Default', 'Enforced'],
              settings.map((each) => [
                each.name,
                shownValue(each, each.value),
                each.isDefault || each.type === 'secret' ? '' : shownValue(each, each.default),
                each.enforced ? 'now' : 'later',
              ]),
            ),
          };
        });
      }),
    'taxiway settings list',
  );
  withExample(
    named(group.command('show'))
      .description('show a system setting: what it means and when it takes effect')
      .action(async (name: string, _options: object, command: Command) => {
        await answer(command, async (app, caller) => view(await getSetting(app, caller, name)));
      }),
    'taxiway settings show sessionIdleMinutes',
  );
  withExample(
    named(group.command('set'))
      .argument(
        '[value]',
        'a whole number, on or off, or a text; of a secret none: it is asked for, or read from standard input',
      )
      .description('set a system setting')
      .action(async (name: string, text: string | undefined, _options: object, command: Command) => {
        const value = await typedValue(name, text);
        await answer(command, async (app, caller) => view(await setSetting(app, caller, { name, value })));
      }),
    'taxiway settings set sessionIdleMinutes 15',
    'taxiway settings set accountsAdministratorManagesMembers off',
    'taxiway settings set mailServerPassword < password.txt',
  );
  withExample(
    named(group.command('reset'))
      .description('put a system setting back to its default')
      .action(async (name: string, _options: object, command: Command) => {
        await answer(command, async (app, caller) => view(await resetSetting(app, caller, { name })));
      }),
    'taxiway settings reset sessionIdleMinutes',
  );
}

function named(command: Command): Command {
  return command.argument('<name>', 'its name');
}

/** The value that was typed. What the setting makes of it is checked where it is set, as for everybody else. */
async function typedValue(name: string, text: string | undefined): Promise<boolean | number | string> {
  const kind = isSettingName(name) ? SETTINGS[name].kind : undefined;
  if (kind === 'secret') {
    // Whoever lists the processes sees arguments, and the shell keeps them.
    if (text !== undefined)
      throw invalid(name, 'is a secret: leave the value out, and give it on standard input');
    return await readPassword(name);
  }
  if (text === undefined) throw invalid(name, 'needs a value');
  if (kind === 'text' || kind === 'choice') return text;
  if (kind === 'switch' || ['on', 'off'].includes(text)) {
    if (['on', 'true'].includes(text)) return true;
    if (['off', 'false'].includes(text)) return false;
    throw invalid(name, 'must be on or off');
  }
  if (!/^-?\d{1,15}$/.test(text)) throw invalid(name, 'must be a whole number');
  return Number(text);
}

function shownValue({ unit, isDefault }: Setting, value: Setting['value']): string {
  if (value === null) return isDefault ? '(none)' : '(set)';
  if (value === '') return '(empty)';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return unit === null ? String(value) : `${value} ${unit}`;
}

/** What it may be set to. */
function allowed({ type, min, max, choices, maxLength }: Setting): string {
  if (type === 'switch') return 'on, off';
  if (type === 'choice') return choices?.join(', ') ?? '';
  return type === 'number' ? `${min} to ${max}` : `a text of at most ${maxLength} characters`;
}

function view(setting: Setting): { data: Setting; lines: string[] } {
  return {
    data: setting,
    lines: [
      setting.type === 'secret'
        ? `${setting.name} is ${setting.isDefault ? 'not set' : 'set, and not shown'}.`
        : `${setting.name} is ${shownValue(setting, setting.value)}.`,
      ...fieldLines([
        ['Meaning', setting.meaning],
        ['Takes effect', setting.effect],
        ['Default', setting.type === 'secret' ? undefined : shownValue(setting, setting.default)],
        ['Allowed', allowed(setting)],
        ['Changed', setting.changedAt === null ? undefined : `${setting.changedAt} by ${setting.changedBy}`],
      ]),
    ],
  };
}
