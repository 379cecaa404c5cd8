import type { Command } from 'commander';
import { isSettingName, SETTINGS, type Setting } from '../../contract/settings.ts';
import { invalid } from '../errors.ts';
import { getSetting, listSettings, resetSetting, setSetting } from '../features/settings/settings.service.ts';
import { answer } from './context.ts';
import { withExample } from './options.ts';
import { fieldLines, tableLines } from './output.ts';

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
                each.isDefault ? '' : shownValue(each, each.default),
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
      .argument('<value>', 'a whole number, or on or off')
      .description('set a system setting')
      .action(async (name: string, text: string, _options: object, command: Command) => {
        await answer(command, async (app, caller) =>
          view(await setSetting(app, caller, { name, value: typedValue(name, text) })),
        );
      }),
    'taxiway settings set sessionIdleMinutes 15',
    'taxiway settings set accountsAdministratorManagesMembers off',
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
function typedValue(name: string, text: string): boolean | number {
  const isSwitch = isSettingName(name) && SETTINGS[name].kind === 'switch';
  if (isSwitch || ['on', 'off'].includes(text)) {
    if (['on', 'true'].includes(text)) return true;
    if (['off', 'false'].includes(text)) return false;
    throw invalid(name, 'must be on or off');
  }
  if (!/^-?\d{1,15}$/.test(text)) throw invalid(name, 'must be a whole number');
  return Number(text);
}

function shownValue({ unit, isDefault }: Setting, value: Setting['value']): string {
  if (value === null) return isDefault ? '(none)' : '(set, not shown)';
  if (value === '') return '(empty)';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return unit === null ? String(value) : `${value} ${unit}`;
}

function view(setting: Setting): { data: Setting; lines: string[] } {
  const { min, max } = setting;
  return {
    data: setting,
    lines: [
      `${setting.name} is ${shownValue(setting, setting.value)}.`,
      ...fieldLines([
        ['Meaning', setting.meaning],
        ['Takes effect', setting.effect],
        ['Default', shownValue(setting, setting.default)],
        ['Allowed', min === null || max === null ? 'on, off' : `${min} to ${max}`],
        ['Changed', setting.changedAt === null ? undefined : `${setting.changedAt} by ${setting.changedBy}`],
      ]),
    ],
  };
}
