import type { Command } from 'commander';
import { Option } from 'commander';
import { ORGANIZATION_ROLES } from '../../contract/roles.ts';
import { formatTimestamp } from '../protocols/timestamp.ts';
import { duration, wholeNumber } from './options.ts';

/** A field of the forms of accounts, as an option of `create` and `edit`. */
type Field = {
  /** What the help calls its value; a field without one is a switch. */
  value?: string;
  /** A shorter flag beside the one that is the field's own name. */
  alias?: string;
  help: string;
  read?: 'number' | 'list' | 'expiry';
  /** What `--no-…` does: turns a switch off, or clears what may be empty. */
  not?: string;
  /** A switch that `create` turns on unless told otherwise. */
  isOn?: true;
  /** Who administers only an organization may not set it. */
  isReserved?: true;
};

/** Every field that is an option of some kind of account; the options are the fields' names in the contract, in kebab case. */
const FIELDS = {
  organization: { value: '<name>', help: 'organization that it belongs to' },
  userName: {
    value: '<name>',
    help: 'its new user name; of a person, the e-mail address',
    isReserved: true,
  },
  firstName: { value: '<name>', help: 'first name' },
  lastName: { value: '<name>', help: 'last name' },
  pseudonym: {
    value: '<name>',
    help: 'name under which others see it where anonymity is demanded',
    isReserved: true,
  },
  systemRole: { value: '<role>', help: 'System role, such as "Operations Administrator"', isReserved: true },
  organizationRole: { value: '<role>', help: `Organization role: ${ORGANIZATION_ROLES.join(', ')}` },
  groups: {
    value: '<name>',
    alias: '--group',
    read: 'list',
    help: 'a user group to be in, once for each',
    not: 'be in no user group',
  },
  locked: { help: 'keep it out until it is unlocked', not: 'let it in, after failed sign-ins as well' },
  disabled: { help: 'put it out of use', not: 'put it into use again' },
  expiresAt: {
    value: '<when>',
    alias: '--expires',
    read: 'expiry',
    help: 'when it ends: 2027-01-31, 2027-01-31T08:00:00Z, 90d (from now), never',
    not: 'never',
  },
  passwordResetRequired: {
    isOn: true,
    help: 'demand a new password at the next sign-in',
    not: 'keep the password',
  },
  mfaResetRequired: {
    help: 'demand that the second factor is set up at the next sign-in',
    not: 'keep the second factor',
  },
  termsOfServiceAcceptanceRequired: {
    help: 'show the terms of service at the next sign-in',
    not: 'do not show the terms of service',
    isReserved: true,
  },
  invite: { help: 'make an invitation by which the person chooses the first password; none is generated' },
  sendAccountInfoEmail: {
    isOn: true,
    help: 'write the account information',
    not: 'do not write the account information',
  },
  customTqlTimeoutMs: {
    value: '<ms>',
    read: 'number',
    help: 'for how long its queries may run, instead of the system setting tqlQueryTimeout',
    not: 'as the system setting says',
    isReserved: true,
  },
  timeZone: { value: '<zone>', help: 'time zone, such as Europe/Berlin', not: 'no time zone of its own' },
  logOutAfterMinutes: {
    value: '<n>',
    read: 'number',
    help: 'log out after so many idle minutes',
    not: 'as the system settings say',
  },
  summaryEmailTime: {
    value: '<time>',
    help: 'when the daily summary is sent, such as 08:30',
    not: 'no time of its own',
  },
  includeInObservations: {
    help: 'count what it reports as observations and false positives',
    not: 'do not count it',
  },
  exceedApiLinkLimit: { help: 'let it exceed the API limit of links', not: 'hold it to the limit' },
  contactEmail: {
    value: '<address>',
    alias: '--contact',
    help: 'e-mail address of whoever runs the client',
    not: 'no contact',
  },
  service: {
    value: '<name>',
    help: 'TAXII service that it may use; may be left out where there is only one',
  },
  onlyOwners: {
    value: '<owner>',
    alias: '--only',
    read: 'list',
    help: 'an owner that it may see, once for each; by default all that its organization gives it',
    not: 'all that its organization gives it',
  },
  apiKey: { help: 'make an API key as well' },
  tokenExpirationDays: {
    value: '<n>',
    alias: '--token-days',
    read: 'number',
    help: 'make a token as well, valid for so many days',
  },
} as const satisfies Record<string, Field>;

export type FieldName = keyof typeof FIELDS;

/** What was given, by field; null clears. The service checks it, all at once. */
export type FieldValues = Partial<Record<FieldName, unknown>>;

/** Adds the options of the fields. `required` ones are said to be; the service is who refuses. */
export function withFields(
  command: Command,
  form: 'create' | 'edit',
  fields: readonly FieldName[],
  required: readonly FieldName[] = [],
): Command {
  for (const name of fields) {
    const field: Field = FIELDS[name];
    const help = [
      field.help,
      ...(required.includes(name) ? [' (needed)'] : []),
      ...(field.isReserved === true ? [' (Administrator, Operations Administrator)'] : []),
    ].join('');
    const add = field.value === undefined ? addSwitch : addValue;
    add(command, form, name, { ...field, help });
  }
  return command;
}

function addSwitch(command: Command, form: 'create' | 'edit', name: FieldName, field: Field): void {
  const on = new Option(`--${kebab(name)}`, field.help);
  const off = new Option(`--no-${kebab(name)}`, field.not);
  // A form to be filled in has a default: only the way from it is worth a line.
  if (form === 'create' && field.isOn === true) on.hideHelp();
  if (form === 'create' && field.isOn === undefined) off.hideHelp();
  // In this order: an option that can only be turned off would count as turned on.
  command.addOption(on).addOption(off);
}

function addValue(command: Command, form: 'create' | 'edit', name: FieldName, field: Field): void {
  const flags = [field.alias, `--${kebab(name)}`].filter(Boolean).join(', ');
  const option = new Option(`${flags} ${field.value}`, field.help);
  if (field.read === 'list')
    option.argParser((text: string, before: unknown) => [...(Array.isArray(before) ? before : []), text]);
  command.addOption(option);
  if (form === 'edit' && field.not !== undefined)
    command.addOption(new Option(`--no-${kebab(name)}`, field.not));
}

/** The option by which a change is bound to what its author saw. */
export function withVersion(command: Command): Command {
  // `--version` is the program's.
  return command.option(
    '--if-version <n>',
    'only if it still has this version, which "show" tells; else it is refused',
    wholeNumber,
  );
}

/** What the options say of the fields. What cannot be read is left as it is, for the service to refuse with the rest. */
export function fieldValues(options: Record<string, unknown>, fields: readonly FieldName[]): FieldValues {
  const values: FieldValues = {};
  for (const name of fields) {
    const given = options[name];
    if (given !== undefined) values[name] = fieldValue(FIELDS[name], given);
  }
  return values;
}

function fieldValue(field: Field, given: unknown): unknown {
  if (field.value === undefined) return given;
  if (given === false) return field === FIELDS.groups ? [] : null;
  if (field.read === 'number') return /^-?\d{1,15}$/.test(String(given)) ? Number(given) : given;
  return field.read === 'expiry' ? expiry(String(given)) : given;
}

function expiry(text: string): string | null {
  if (text === 'never') return null;
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return `${text}T00:00:00Z`;
  if (!/^\d{1,9}[smhd]$/.test(text)) return text;
  return formatTimestamp((Date.now() + duration(text) * 1000) * 1000);
}

/** A name of the contract as an option is called. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
