import type { AccountItem } from '../../contract/accounts.ts';
import type { AccountKind } from '../../contract/roles.ts';
import type { App, Caller } from '../context.ts';
import type { FieldName, FieldValues } from './accounts-fields.ts';

/** What `answer` prints. */
export type Answer = { data: unknown; lines: readonly string[] };

/** Of each kind its group of commands, `taxiway taxii-user …`, and what one of them is called in a sentence. */
export const NAMES = {
  user: { command: 'user', title: 'user' },
  read_only: { command: 'read-only-user', title: 'read-only user' },
  api: { command: 'api-user', title: 'API user' },
  taxii: { command: 'taxii-user', title: 'TAXII user' },
} as const satisfies Record<AccountKind, { command: string; title: string }>;

/** What each credential is called. */
export const CREDENTIALS = {
  password: 'password',
  api_key: 'API key',
  secret_key: 'Secret Key',
  api_token: 'token',
} as const;

/** What each one-time link is called. */
export const LINKS = {
  invitation: 'invitation',
  password_reset: 'password reset',
  email_change: 'change of the e-mail address',
} as const;

/** A kind of account, as far as its commands differ from those of the others. */
export type KindOfAccount = {
  kind: AccountKind;
  command: string;
  title: string;
  plural: string;
  /** Under which name several stand in JSON. */
  listKey: string;
  description: string;
  /** What it is addressed by, and an example of it. */
  reference: string;
  example: string;
  /** The argument of `create`, where there is one. */
  createArgument?: { field: string; name: string; help: string };
  createFields: readonly FieldName[];
  needed: readonly FieldName[];
  createExamples: readonly string[];
  /** Whether `create` and `rotate` take a typed password. */
  hasPassword: boolean;
  create(app: App, caller: Caller, input: CreationInput): Promise<Answer>;
  editFields: readonly FieldName[];
  editExamples: readonly string[];
  isLockable: boolean;
  hasSessions: boolean;
  /** Whether such an account may be responsible for something, which needs an heir when it is deleted. */
  isResponsible: boolean;
  /** The columns of its list between the name and the status, and the last one. */
  columns: readonly (readonly [heading: string, cell: (item: AccountItem) => string])[];
};

/** What was given: the fields, the argument, and the typed password. The service checks it. */
export type CreationInput = FieldValues & Record<string, unknown> & { password?: string };

/** A secret as it is printed where it was made, and never again. */
export function onceOnly(secret: string | undefined): string | undefined {
  return secret === undefined ? undefined : `${secret}  (shown this once)`;
}

/** First and last name, where there is one. */
export function fullName(names: { firstName: string | null; lastName: string | null }): string {
  return [names.firstName, names.lastName].filter(Boolean).join(' ');
}

/** An instant of the contract as people read it, in whole seconds. */
export function short(instant: string | null): string | undefined {
  return instant?.replace(/\.\d+Z$/, 'Z');
}

/** What was given of the state in which an account is created, as it was understood. */
export function stateFields({ locked, disabled, expiresAt }: CreationInput): [string, string | undefined][] {
  const states = [...(locked === true ? ['locked'] : []), ...(disabled === true ? ['disabled'] : [])];
  return [
    ['State', states.length === 0 ? undefined : states.join(', ')],
    ['Expires', typeof expiresAt === 'string' ? short(expiresAt) : undefined],
  ];
}
