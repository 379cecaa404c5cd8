import {
  isSettingName,
  type ResetSettingInput,
  resetSettingInput,
  SETTING_NAMES,
  SETTINGS,
  type SetSettingInput,
  type SetSettingsInput,
  type Setting,
  type SettingDefinition,
  type SettingName,
  type SettingValue,
  setSettingInput,
  setSettingsInput,
  settingType,
} from '../../../contract/settings.ts';
import type { Access } from '../../access/access.ts';
import { INSTANCE } from '../../access/can.ts';
import { type Action, act, readingAs } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { parseInput } from '../../input.ts';
import { formatTimestamp } from '../../protocols/timestamp.ts';
import { lockInstance } from '../instance/instance.store.ts';
import { requireVersion } from '../owners/owners.rules.ts';
import { sealSetting } from './setting-secrets.ts';
import {
  findSetting,
  listSettingRows,
  type SettingRow,
  settingValue,
  upsertSetting,
} from './settings.store.ts';

/** Every system setting, in the order of the table. */
export async function listSettings(app: App, caller: Caller): Promise<Setting[]> {
  return await readingAs(app, caller, 'settings.list', async () => {
    caller.access.require('settings.view', INSTANCE);
    const rows = await listSettingRows(app.db.read);
    return SETTING_NAMES.map((name) => shown(caller.access, name, rows.get(name)));
  });
}

/** @throws AppError `forbidden`, `not_found` for a name that is no setting's */
export async function getSetting(app: App, caller: Caller, name: string): Promise<Setting> {
  return await readingAs(app, caller, 'settings.show', async () => {
    caller.access.require('settings.view', INSTANCE);
    const known = requireName(name);
    return shown(caller.access, known, await findSetting(app.db.read, known));
  });
}

/**
 * Sets a system setting. One that has the value already keeps its version.
 * @throws AppError `forbidden`, `not_found`, `invalid_input`, `stale`
 */
export async function setSetting(app: App, caller: Caller, rawInput: SetSettingInput): Promise<Setting> {
  const { name, value, version } = parseInput(setSettingInput, rawInput);
  return await act(app, caller, 'settings.set', async (action) => {
    action.access.require('settings.edit', INSTANCE);
    const known = requireName(name);
    const wanted = requireValue(known, value);
    await lockInstance(action.tx);
    return await change(app, action, [known], known, wanted, version);
  });
}

/** Sets several system settings: all of them, or none where one of them is wrong or stale. */
export async function setSettings(app: App, caller: Caller, rawInput: SetSettingsInput): Promise<Setting[]> {
  const { settings } = parseInput(setSettingsInput, rawInput);
  return await act(app, caller, 'settings.set', async (action) => {
    action.access.require('settings.edit', INSTANCE);
    requireOnce(settings.map(({ name }) => name));
    const wanted = settings.map(({ name, value, version }) => {
      const known = requireName(name);
      return { name: known, value: requireValue(known, value), version };
    });
    await lockInstance(action.tx);
    const after: Setting[] = [];
    const names = wanted.map(({ name }) => name);
    for (const { name, value, version } of wanted)
      after.push(await change(app, action, names, name, value, version));
    return after;
  });
}

/** Puts a system setting back to its default, also where a later version of the program has another one. */
export async function resetSetting(app: App, caller: Caller, rawInput: ResetSettingInput): Promise<Setting> {
  const { name, version } = parseInput(resetSettingInput, rawInput);
  return await act(app, caller, 'settings.reset', async (action) => {
    action.access.require('settings.edit', INSTANCE);
    const known = requireName(name);
    await lockInstance(action.tx);
    return await change(app, action, [known], known, RESET, version);
  });
}

/** Not a value that any setting can have. */
const RESET = Symbol('reset');

/** `together`: the settings that the same use case sets. */
async function change(
  app: App,
  action: Action,
  together: readonly SettingName[],
  name: SettingName,
  wanted: SettingValue | typeof RESET,
  version: number | undefined,
): Promise<Setting> {
  const { tx, access, now, audit } = action;
  const isSecret = SETTINGS[name].kind === 'secret';
  const row = await findSetting(tx, name);
  const current = row?.version ?? 0;
  requireVersion(version, current);
  const before = settingValue(name, row);
  const isSame =
    wanted === RESET ? before.isDefault : !isSecret && !before.isDefault && before.value === wanted;
  if (isSame) return shown(access, name, row);
  await upsertSetting(tx, {
    name,
    value: wanted === RESET ? null : isSecret ? sealSetting(app.keys, name, String(wanted)) : wanted,
    version: current + 1,
    changedAt: now,
    changedBy: access.actor.name,
  });
  const changed = await findSetting(tx, name);
  const after = settingValue(name, changed);
  await audit({
    organizationId: null,
    targetKind: 'setting',
    targetId: null,
    targetName: name,
    details: isSecret
      ? { before: before.isDefault ? 'none' : 'set', after: after.isDefault ? 'none' : 'set' }
      : { before: before.value, after: after.value },
  });
  // A password that nobody can read must not be had by naming another server to send it to.
  if (name === 'mailServerHost' && after.value !== before.value && !together.includes('mailServerPassword'))
    await change(app, action, together, 'mailServerPassword', RESET, undefined);
  return shown(access, name, changed);
}

function requireName(name: string): SettingName {
  if (isSettingName(name)) return name;
  throw new AppError('not_found', { message: `There is no system setting named "${name}".` });
}

function requireOnce(names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    const problem = { path: 'settings', message: `names ${twice} twice` };
    throw new AppError('invalid_input', { message: `settings: ${problem.message}`, problems: [problem] });
  }
}

function requireValue(name: SettingName, value: unknown): SettingValue {
  const result = settingType(name).safeParse(value);
  if (result.success) return result.data as SettingValue;
  const message = result.error.issues[0]?.message ?? 'is wrong';
  throw new AppError('invalid_input', {
    message: `${name}: ${message}`,
    problems: [{ path: name, message }],
  });
}

function shown(access: Access, name: SettingName, row: SettingRow | undefined): Setting {
  const definition: SettingDefinition = SETTINGS[name];
  const { value, isDefault } = settingValue(name, row);
  return {
    name,
    value: definition.kind === 'secret' ? null : value,
    default: definition.kind === 'secret' ? null : definition.default,
    isDefault,
    type: definition.kind,
    choices: definition.kind === 'choice' ? [...definition.values] : null,
    maxLength: definition.kind === 'text' || definition.kind === 'secret' ? definition.maxLength : null,
    min: definition.kind === 'number' ? definition.min : null,
    max: definition.kind === 'number' ? definition.max : null,
    unit: definition.kind === 'number' ? definition.unit : null,
    group: definition.group,
    title: definition.title,
    meaning: definition.meaning,
    effect: definition.effect,
    enforced: definition.enforced,
    version: row?.version ?? 0,
    changedAt: row === undefined ? null : formatTimestamp(row.changed_at),
    changedBy: row?.changed_by ?? null,
    abilities: { edit: access.can('settings.edit', INSTANCE) },
  };
}
