import {
  getSettingEndpoint,
  listSettingsEndpoint,
  resetSettingEndpoint,
  setSettingEndpoint,
  setSettingsEndpoint,
} from '../../../contract/settings.ts';
import type { App } from '../../context.ts';
import { bind, type RestRoute } from '../../http/rest-face.ts';
import { getSetting, listSettings, resetSetting, setSetting, setSettings } from './settings.service.ts';

/** The REST endpoints of system settings. */
export function createSettingsRoutes(app: App): RestRoute[] {
  return [
    bind(listSettingsEndpoint, async (caller) => ({ items: await listSettings(app, caller) })),
    bind(getSettingEndpoint, (caller, { params }) => getSetting(app, caller, params.setting)),
    bind(setSettingEndpoint, (caller, { params, body }) =>
      setSetting(app, caller, { name: params.setting, ...body }),
    ),
    bind(setSettingsEndpoint, async (caller, { body }) => ({ items: await setSettings(app, caller, body) })),
    bind(resetSettingEndpoint, (caller, { params, query }) =>
      resetSetting(app, caller, { name: params.setting, version: query.version }),
    ),
  ];
}
