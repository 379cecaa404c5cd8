import type { Command } from 'commander';
import { Option } from 'commander';
import { ORGANIZATION_ROLES } from '../../contract/roles.ts';
import { AppError } from '../errors.ts';
import { formatTimestamp } from '../protocols/timestamp.ts';
import { duration } from './options.ts';

/** A field of the forms of accounts, as an option of `create` and `edit`. */
type Field = {
  /** What the help calls its value; a field without one is a switch. */
  value?: string;
  /** A shorter flag beside the one that is the field's own name. */
  alias?: string;
  help: string;
  read?: 'number' | 'list' | 'expiry';
  /** What `edit --no-…` does; only what may be empty has it. */
  cleared?: string;
  /** A switch that `create` turns on unless told otherwise. */
  isOn?: true;
};

const ROLES = ORGANIZATION_ROLES.join(', ');

/** Every field that is an option of some kind of account; the options are the fields' names in the contract, in kebab case. */
const FIELDS = {
  organization: { value: '<name>', help: 'organization that it belongs to' },
  userName: { value: '<name>', help: 'its new user name; of a person, the e-mail address' },
  firstName: { value: '<name>', help: 'first name' },
  lastName: { value: '<name>', help: 'last name' },
  pseudonym: { value: '<name>', help: 'name under which others see it where anonymity is demanded' },
  systemRole: { value: '<role>', help: 'System role, such as "Operations Administrator"' },
  organizationRole: { value: '<role>', help: `Organization role: ${ROLES}` },
  groups: {
    value: '<name>',
    alias: '--group',
    read: 'list',
    help: 'a user group that it is in, once for each',
    cleared: 'take it out of all user groups',
  },
  locked: { help: 'keep it out until it is unlocked' },
  disabled: { help: 'put it out of use' },
  expiresAt: {
    value: '<when>',
    alias: '--expires',
    read: 'expiry',
    help: 'until when it may be used: 2027-01-31, 2027-01-31T08:00:00Z, 90d from now, or never',
    cleared: 'it may be used for ever',
  },
  passwordResetRequired: { isOn: true, help: 'a new password has to be chosen at the next sign-in' },
  mfaResetRequired: { help: 'the second factor has to be set up (anew) at the next sign-in' },
  termsOfServiceAcceptanceRequired: {
    help: 'the terms of service have to be accepted; by default as the system settings say',
  },
  sendAccountInfoEmail: { isOn: true, help: 'write the account information that goes to the new person' },
  customTqlTimeoutMs: {
    value: '<ms>',
    read: 'number',
    help: 'for how long its queries may run, instead of the system setting tqlQueryTimeout',
    cleared: 'as the system setting tqlQueryTimeout says',
  },
  timeZone: { value: '<zone>', help: 'time zone, such as Europe/Berlin', cleared: 'none of its own' },
  logOutAfterMinutes: {
    value: '<n>',
    read: 'number',
    help: 'log it out after so many idle minutes',
    cleared: 'as the system settings say',
  },
  summaryEmailTime: {
    value: '<time>',
    help: 'when the daily summary is sent, such as 08:30',
    cleared: 'none',
  },
  includeInObservations: { help: 'what it reports counts as observations and false positives' },
  exceedApiLinkLimit: { help: 'it may read more links at a time than the API limit allows' },
  contactEmail: {
    value: '<address>',
    alias: '--contact',
    help: 'e-mail address of whoever runs the client',
    cleared: 'none',
  },
  service: { value: '<name>', help: 'TAXII service that it may use; needed where there are several' },
  onlyOwners: {
    value: '<owner>',
    alias: '--only',
    read: 'list',
    help: 'an owner that it may see, once for each; by default all that its organization gives it',
    cleared: 'all that its organization gives it',
  },
  apiKey: { help: 'also make an API key' },
  tokenExpirationDays: {
    value: '<n>',
    alias: '--token-days',
    read: 'number',
    help: 'also make a token, valid for so many days',
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
    const help = required.includes(name) ? `${field.help} (needed)` : field.help;
    if (field.value === undefined) addSwitch(command, form, name, field);
    else addValue(command, form, name, { ...field, help });
  }
  return command;
}

function addSwitch(command: Command, form: 'create' | 'edit', name: FieldName, field: Field): void {
  const on = new Option(`--${kebab(name)}`, field.help);
  const off = new Option(`--no-${kebab(name)}`, field.isOn === true ? `not: ${field.help}` : 'the opposite');
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
  if (form === 'edit' && field.cleared !== undefined)
    command.addOption(new Option(`--no-${kebab(name)}`, `clear it: ${field.cleared}`));
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
  if (given === false) return field.read === 'list' && field.alias === '--group' ? [] : null;
  if (field.read === 'number') return /^-?\d{1,15}$/.test(String(given)) ? Number(given) : given;
  return field.read === 'expiry' ? expiry(String(given)) : given;
}

function expiry(text: string): string | null {
  if (text === 'never') return null;
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return `${text}T00:00:00Z`;
  if (!/^\d{1,9}[smhd]$/.test(text)) return text;
  return formatTimestamp((Date.now() + duration(text) * 1000) * 1000);
}

/** The option of a field, or of something else that an error names. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/**
 * Runs the work; what it refuses is said in terms of the command: `--first-name: must not be empty`. `terms` names what is
 * no option of that name; of what is `needed` and was not given it is said that it is missing.
 */
export async function inTermsOf<T>(
  { terms = {}, needed = {} }: { terms?: Readonly<Record<string, string>>; needed?: Record<string, unknown> },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AppError) || error.details.problems === undefined) throw error;
    const problems = error.details.problems.map(({ path, message }) => {
      const parts = path.split('.').filter((part) => part !== 'changes' && part !== 'heirs');
      const [name = ''] = parts;
      const isMissing = name in needed && needed[name] === undefined;
      return {
        path: terms[name] ?? (name === '' ? '' : `--${kebab(name)}`),
        message: isMissing ? 'is missing' : message,
      };
    });
    const message = problems.map((each) =>
      each.path === '' ? each.message : `${each.path}: ${each.message}`,
    );
    throw new AppError(
      error.code,
      { ...error.details, message: message.join('; '), problems },
      { cause: error },
    );
  }
}
