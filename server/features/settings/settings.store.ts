import type { Kysely, Selectable } from 'kysely';
import {
  isSettingName,
  SETTINGS,
  type SettingName,
  type SettingValue,
  settingType,
} from '../../../contract/settings.ts';
import type { Schema, SystemSettingsTable } from '../../db/schema.ts';
import type { Transaction } from '../../db/transaction.ts';

export type SettingRow = Selectable<SystemSettingsTable>;

/** The value that counts now: what is stored, else the default. Of a secret it is encrypted; see `setting-secrets.ts`. */
export async function readSetting<Name extends SettingName>(
  db: Kysely<Schema>,
  name: Name,
): Promise<SettingValue<Name>> {
  return settingValue(name, await findSetting(db, name)).value as SettingValue<Name>;
}

/** The value that a row stands for. One that the table does not allow any more counts as the default. */
export function settingValue(
  name: SettingName,
  row: SettingRow | undefined,
): { value: SettingValue; isDefault: boolean } {
  const stored: unknown = row === undefined ? null : JSON.parse(row.value);
  if (SETTINGS[name].kind === 'secret') {
    return typeof stored === 'string' && stored !== ''
      ? { value: stored as SettingValue, isDefault: false }
      : { value: '', isDefault: true };
  }
  const result = settingType(name).safeParse(stored);
  return result.success
    ? { value: result.data as SettingValue, isDefault: false }
    : { value: SETTINGS[name].default, isDefault: true };
}

export async function findSetting(db: Kysely<Schema>, name: SettingName): Promise<SettingRow | undefined> {
  return await db.selectFrom('system_settings').selectAll().where('name', '=', name).executeTakeFirst();
}

/** What is stored, by name. Rows of a name that this version does not know are left out. */
export async function listSettingRows(db: Kysely<Schema>): Promise<Map<SettingName, SettingRow>> {
  const rows = new Map<SettingName, SettingRow>();
  for (const row of await db.selectFrom('system_settings').selectAll().execute())
    if (isSettingName(row.name)) rows.set(row.name, row);
  return rows;
}

/** Stores a value (of a secret: encrypted), or null for the default, under the next version. The instance's row must be locked. */
export async function upsertSetting(
  tx: Transaction,
  setting: {
    name: SettingName;
    value: SettingValue | null;
    version: number;
    changedAt: number;
    changedBy: string;
  },
): Promise<void> {
  const row = {
    value: JSON.stringify(setting.value),
    version: setting.version,
    changed_at: setting.changedAt,
    changed_by: setting.changedBy,
  };
  await tx
    .insertInto('system_settings')
    .values({ name: setting.name, ...row })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
    .execute();
}
