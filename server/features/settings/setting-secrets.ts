import type { SettingName } from '../../../contract/settings.ts';
import type { Keys } from '../../keys.ts';

/** What a secret setting is encrypted for. */
export const settingContext = (name: SettingName) => `system_settings/${name}`;

/** How the value of a secret setting is stored. */
export function sealSetting(keys: Keys, name: SettingName, value: string): string {
  return keys.wrap(settingContext(name), Buffer.from(value));
}

/** The value that was sealed; undefined when none of the master keys opens it. */
export function openSetting(keys: Keys, name: SettingName, sealed: string): string | undefined {
  const bytes = keys.unwrap(settingContext(name), sealed);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString();
}
