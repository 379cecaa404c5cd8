import {
  createApiUserEndpoint,
  createReadOnlyUserEndpoint,
  createTaxiiUserEndpoint,
  createUserEndpoint,
} from '../../../../contract/account-endpoints.ts';
import type { CreationField, EditField } from '../../../../contract/account-forms.ts';
import type { AccountKind } from '../../../../contract/roles.ts';
import { KIND_WORDS } from '../../kit/account-kind.tsx';

export type Value = CreationField['default'];
/** What stands in the fields of a form, by name. */
export type Values = Readonly<Record<string, Value>>;

/** The four forms: what the kind is called, and by what it is created. */
export const KINDS = {
  user: { name: 'user', title: 'Create user', noun: 'user', endpoint: createUserEndpoint },
  read_only: {
    name: 'read-only user',
    title: 'Create read-only user',
    noun: 'read-only-user',
    endpoint: createReadOnlyUserEndpoint,
  },
  api: {
    name: 'API user',
    title: 'Create API user',
    noun: 'api-user',
    endpoint: createApiUserEndpoint,
  },
  taxii: {
    name: 'TAXII user',
    title: 'Create TAXII user',
    noun: 'taxii-user',
    endpoint: createTaxiiUserEndpoint,
  },
} as const satisfies Record<AccountKind, object>;

/** The kind whose form stands at the address; undefined: there is no such form. */
export function kindAt(path: string): AccountKind | undefined {
  return (Object.keys(KINDS) as AccountKind[]).find((kind) => KIND_WORDS[kind].path === path);
}

/** How the first password of a person comes about. */
export type PasswordChoice = 'generated' | 'invitation' | 'typed';

/** What a form says before anybody has typed. */
export function defaultsOf(fields: readonly CreationField[]): Values {
  return Object.fromEntries(fields.map((field) => [field.name, field.default]));
}

export function valuesOf(fields: readonly EditField[]): Values {
  return Object.fromEntries(fields.map((field) => [field.name, field.value]));
}

/** Nothing at all, however it is written. */
export function isEmpty(value: Value | undefined): boolean {
  return (
    value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
  );
}

/** Whether two values say the same; the order of a list says nothing. */
export function isSame(one: Value | undefined, other: Value | undefined): boolean {
  if (isEmpty(one) && isEmpty(other)) return true;
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

const sorted = (value: Value | undefined) => (Array.isArray(value) ? value.map(String).sort() : value);

/**
 * The body of the request that creates the account: what is not as it would be anyway. What the asker may not set, or what
 * stands in the form only for another choice, is not in it.
 */
export function creationBody(fields: readonly CreationField[], values: Values): Record<string, Value> {
  const body: Record<string, Value> = {};
  for (const { name, settable, default: usual } of fields) {
    const value = values[name];
    if (!settable || value === undefined || isSame(value, usual) || isEmpty(value)) continue;
    body[name] = value;
  }
  return body;
}

/** What is missing of what must be given, by field. */
export function missingFields(fields: readonly CreationField[], values: Values): string[] {
  return fields
    .filter(({ name, settable, required }) => settable && required && isEmpty(values[name]))
    .map(({ name }) => name);
}

/** What was changed, as a request has it: null clears. */
export function changesOf(
  fields: readonly EditField[],
  before: Values,
  values: Values,
): Record<string, Value> {
  const changes: Record<string, Value> = {};
  for (const { name, settable, clearable } of fields) {
    const value = values[name] ?? null;
    if (!settable || isSame(value, before[name])) continue;
    changes[name] = isEmpty(value) ? (clearable ? null : Array.isArray(before[name]) ? [] : '') : value;
  }
  return changes;
}
