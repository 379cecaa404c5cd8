import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { MAIL_SETTINGS } from './mail-settings.ts';
import { SETTING_GROUPS, type SettingDefinition, valueType } from './setting-definition.ts';

export type { SettingDefinition };

const NEW_PASSWORD = 'at once, for passwords set from then on';

/** Every system setting. Names that the field knows are the field's. */
export const SETTINGS = {
  accountsAdministratorManagesMembers: {
    group: 'Accounts',
    title: 'Accounts Administrators manage members',
    kind: 'switch',
    default: true,
    meaning: 'Accounts Administrators may see and administer the accounts of every organization.',
    effect: 'at once, also for those who are signed in',
    enforced: true,
  },
  twoFactorAuthenticationRequired: {
    group: 'Signing in',
    title: 'A second factor is required',
    kind: 'switch',
    default: false,
    meaning:
      'Everybody who signs in with a password needs a second factor, and it cannot be switched off for single accounts.',
    effect: 'at the next request of each session: who has none sets one up before anything else',
    enforced: true,
  },
  termsOfServiceRequireNewUserToAccept: {
    group: 'Accounts',
    title: 'New users must accept the terms of service',
    kind: 'switch',
    default: false,
    meaning:
      'New users must accept the terms of service. While it is off, nobody can be made to accept them again.',
    effect: 'at once, for accounts that are created or edited from then on',
    enforced: true,
  },
  tqlQueryTimeout: {
    group: 'Queries',
    title: 'TQL query timeout',
    kind: 'number',
    default: 30_000,
    min: 100,
    max: 3_600_000,
    unit: 'ms',
    meaning: 'The longest time that a query in TQL may run, unless the account has a timeout of its own.',
    effect: 'with queries in TQL, at the next query',
    enforced: false,
  },
  passwordMinLength: {
    group: 'Passwords',
    title: 'Least length of a password',
    kind: 'number',
    default: 15,
    min: 8,
    max: 128,
    unit: null,
    meaning:
      'The least number of characters of a password that somebody types, where it may be all that is asked for: for people while no second factor is required, and for TAXII users.',
    effect: NEW_PASSWORD,
    enforced: true,
  },
  passwordMinLengthWithSecondFactor: {
    group: 'Passwords',
    title: 'Least length with a second factor',
    kind: 'number',
    default: 8,
    min: 8,
    max: 128,
    unit: null,
    meaning:
      'The least number of characters of a password that somebody types for a person while everybody needs a second factor.',
    effect: NEW_PASSWORD,
    enforced: true,
  },
  passwordMinCharacterClasses: {
    group: 'Passwords',
    title: 'Classes of characters',
    kind: 'number',
    default: 0,
    min: 0,
    max: 4,
    unit: null,
    meaning:
      'How many of the four classes of characters (capital letters, small letters, digits, others) a typed password of less than 20 characters must have; 0 = no such rule.',
    effect: NEW_PASSWORD,
    enforced: true,
  },
  passwordHistory: {
    group: 'Passwords',
    title: 'Passwords that may not come again',
    kind: 'number',
    default: 0,
    min: 0,
    max: 24,
    unit: null,
    meaning: 'How many of its last passwords an account may not use again; 0 = no such rule.',
    effect: `${NEW_PASSWORD}; passwords that were replaced while it was 0 are not known`,
    enforced: true,
  },
  passwordMaxAgeDays: {
    group: 'Passwords',
    title: 'Age at which a password must be changed',
    kind: 'number',
    default: 0,
    min: 0,
    max: 3650,
    unit: 'd',
    meaning: 'After how long the password of a person must be changed; 0 = never.',
    effect: 'at the next request of each session',
    enforced: true,
  },
  ownEmailChangeAllowed: {
    group: 'Accounts',
    title: 'People change their own e-mail address',
    kind: 'switch',
    default: false,
    meaning:
      'People may change the e-mail address of their own account, once they confirm the new one by a link that is mailed to it. While it is off, only those may who may change user names.',
    effect: 'at once, also for changes that are not confirmed yet',
    enforced: true,
  },
  sessionIdleMinutes: {
    group: 'Signing in',
    title: 'Session without a request',
    kind: 'number',
    default: 30,
    min: 1,
    max: 1440,
    unit: 'min',
    meaning: 'After how long without a request a session ends, unless the account has a time of its own.',
    effect: 'at the next request of each session',
    enforced: true,
  },
  sessionAbsoluteHours: {
    group: 'Signing in',
    title: 'Longest session',
    kind: 'number',
    default: 12,
    min: 1,
    max: 720,
    unit: 'h',
    meaning: 'After how long a session ends, however much it is used.',
    effect: 'at the next request of each session',
    enforced: true,
  },
  sessionsPerAccount: {
    group: 'Signing in',
    title: 'Sessions of one account',
    kind: 'number',
    default: 20,
    min: 1,
    max: 100,
    unit: null,
    meaning: 'How many sessions a person may have at a time: a new sign-in ends the oldest beyond that.',
    effect: 'at the next sign-in of each account',
    enforced: true,
  },
  ...MAIL_SETTINGS,
} as const satisfies Record<string, SettingDefinition>;

export type SettingName = keyof typeof SETTINGS;
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

/** The type of a setting's value; of a secret, as it is stored: encrypted. */
export type SettingValue<Name extends SettingName = SettingName> = Name extends SettingName
  ? ValueOf<(typeof SETTINGS)[Name]>
  : never;

type ValueOf<Definition> = Definition extends { kind: 'switch' }
  ? boolean
  : Definition extends { kind: 'number' }
    ? number
    : Definition extends { kind: 'choice'; values: readonly (infer Value)[] }
      ? Value
      : string;

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}

const types = new Map<SettingName, ReturnType<typeof valueType>>();

/** What a new value of the setting must be. Made once of each: a server looks at some of them on every request. */
export function settingType(name: SettingName): ReturnType<typeof valueType> {
  const type = types.get(name) ?? valueType(SETTINGS[name]);
  types.set(name, type);
  return type;
}

/** What is checked against the table: the name, then the value by the type of that name. */
const settingName = z.string().min(1).max(100).describe('Name of the system setting.');
const settingValue = z
  .union([z.boolean(), z.number(), z.string().max(1000)], {
    error: 'must be true, false, a number or a text',
  })
  .describe(
    'True or false for a switch, a number within its bounds, one of its choices, or a text. Empty where a text or a secret is to be none.',
  );
/** A secret is never shown. */
const shownValue = settingValue
  .nullable()
  .describe('The value; null for a secret, of which `isDefault` tells whether there is one (false).');
const settingVersion = z
  .number()
  .int()
  .nonnegative()
  .describe('Goes up with every change, also back to the default; 0: never changed. A stale one is refused.');

export const setSettingInput = z.strictObject({
  name: settingName,
  value: settingValue,
  version: settingVersion.optional(),
});
export type SetSettingInput = z.input<typeof setSettingInput>;

export const setSettingsInput = z.strictObject({
  settings: z.array(setSettingInput).min(1).max(SETTING_NAMES.length),
});
export type SetSettingsInput = z.input<typeof setSettingsInput>;

export const resetSettingInput = z.strictObject({ name: settingName, version: settingVersion.optional() });
export type ResetSettingInput = z.input<typeof resetSettingInput>;

/** A system setting with what there is to know about it. */
export const setting = z.strictObject({
  name: z.string(),
  group: z.enum(SETTING_GROUPS),
  title: z.string(),
  value: shownValue,
  default: shownValue,
  isDefault: z.boolean(),
  type: z.enum(['switch', 'number', 'text', 'choice', 'secret']),
  /** Of a choice: what it may be. */
  choices: z.array(z.string()).nullable(),
  maxLength: z.number().nullable(),
  min: z.number().nullable(),
  max: z.number().nullable(),
  unit: z.enum(['ms', 'min', 'h', 'd']).nullable(),
  meaning: z.string(),
  effect: z.string(),
  enforced: z.boolean(),
  version: settingVersion,
  changedAt: z.string().nullable(),
  changedBy: z.string().nullable(),
  abilities: z.strictObject({ edit: z.boolean() }),
});
export type Setting = z.infer<typeof setting>;

const params = z.strictObject({ setting: settingName });
const tag = 'System settings';

export const listSettingsEndpoint = endpoint({
  method: 'GET',
  path: '/settings',
  tag,
  summary: 'Lists the system settings with their values, defaults and meaning.',
  output: z.strictObject({ items: z.array(setting) }),
});

export const getSettingEndpoint = endpoint({
  method: 'GET',
  path: '/settings/:setting',
  tag,
  summary: 'Shows a system setting.',
  params,
  output: setting,
  errors: ['not_found'],
});

export const setSettingEndpoint = endpoint({
  method: 'PUT',
  path: '/settings/:setting',
  tag,
  summary: 'Sets a system setting.',
  params,
  body: z.strictObject({ value: settingValue, version: settingVersion }),
  output: setting,
  errors: ['not_found', 'stale'],
});

export const setSettingsEndpoint = endpoint({
  method: 'PATCH',
  path: '/settings',
  tag,
  summary: 'Sets several system settings, all of them or none.',
  body: z.strictObject({
    settings: z
      .array(z.strictObject({ name: settingName, value: settingValue, version: settingVersion }))
      .min(1)
      .max(SETTING_NAMES.length)
      .describe('The settings to set: all of them, or none.'),
  }),
  output: z.strictObject({ items: z.array(setting) }),
  errors: ['not_found', 'stale'],
});

export const resetSettingEndpoint = endpoint({
  method: 'DELETE',
  path: '/settings/:setting',
  tag,
  summary: 'Puts a system setting back to its default.',
  params,
  query: z.strictObject({
    version: z
      .string()
      .regex(/^\d{1,15}$/, 'must be a version')
      .transform(Number)
      .describe('`version` of the setting as it was shown: refused (`stale`) when there is a newer one.'),
  }),
  output: setting,
  errors: ['not_found', 'stale'],
});
