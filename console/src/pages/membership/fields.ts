import type { CreationField } from '../../../../contract/account-forms.ts';
import type { ChangeField } from '../../../../contract/accounts.ts';

/** Where in the form a field stands. */
export const SECTIONS = ['service', 'who', 'rights', 'signIn', 'more'] as const;
export type SectionName = (typeof SECTIONS)[number];
export const SECTION_TITLES: Readonly<Record<SectionName, string>> = {
  service: 'TAXII service',
  who: 'Identity',
  rights: 'Roles and rights',
  signIn: 'Signing in',
  more: 'More',
};

export type Control =
  | 'text'
  | 'email'
  | 'switch'
  | 'systemRole'
  | 'organizationRole'
  | 'service'
  | 'groups'
  | 'owners'
  | 'instant'
  | 'number'
  | 'timeZone'
  | 'time'
  /** Part of the choice of the first password. */
  | 'password';

export type FieldText = {
  label: string;
  help?: string;
  section: SectionName;
  control: Control;
  /** Of numbers. */
  bounds?: { min: number; max: number; unit: string };
  /** What an empty field means. */
  empty?: string;
};

type Name =
  | ChangeField
  | 'email'
  | 'password'
  | 'invite'
  | 'sendAccountInfoEmail'
  | 'tokenExpirationDays'
  | 'apiKey';

/** How the fields of the forms are called, what they mean, and how they are filled in; in the order of the forms. */
const FIELDS: Readonly<Record<Name, FieldText>> = {
  service: {
    label: 'TAXII service',
    help: 'The API root that it connects to.',
    section: 'service',
    control: 'service',
  },
  email: {
    label: 'E-mail address',
    help: 'Becomes the user name.',
    section: 'who',
    control: 'email',
  },
  userName: {
    label: 'User name',
    help: 'What it signs in with; unique in the instance.',
    section: 'who',
    control: 'text',
  },
  firstName: { label: 'First name', section: 'who', control: 'text' },
  lastName: { label: 'Last name', section: 'who', control: 'text' },
  pseudonym: {
    label: 'Pseudonym',
    help: 'Shown where real names are not: 3 to 60 lower-case letters, digits and single hyphens.',
    section: 'who',
    control: 'text',
    empty: 'Generated',
  },
  contactEmail: {
    label: 'Contact e-mail address',
    help: 'Whoever looks after the client: told when a credential is about to end.',
    section: 'who',
    control: 'email',
  },
  systemRole: {
    label: 'System role',
    help: 'Rights on the instance.',
    section: 'rights',
    control: 'systemRole',
  },
  organizationRole: {
    label: 'Organization role',
    help: 'Rights in the own organization.',
    section: 'rights',
    control: 'organizationRole',
  },
  groups: {
    label: 'User groups',
    help: 'People under one name, for work that is assigned to several.',
    section: 'rights',
    control: 'groups',
    empty: 'None',
  },
  onlyOwners: {
    label: 'Only these owners',
    help: 'Narrows what it reads to these. Empty: everything that its organization gives it.',
    section: 'rights',
    control: 'owners',
    empty: 'Everything that its organization gives it',
  },
  includeInObservations: {
    label: 'Include in observations and false positives',
    help: 'Counts what it reports. No effect yet.',
    section: 'rights',
    control: 'switch',
  },
  exceedApiLinkLimit: {
    label: 'Allow user to exceed API link limit',
    help: 'More levels of associations at once. No effect yet.',
    section: 'rights',
    control: 'switch',
  },
  password: { label: 'Password', section: 'signIn', control: 'password' },
  invite: { label: 'Invitation', section: 'signIn', control: 'password' },
  apiKey: {
    label: 'Make an API key as well',
    help: 'For clients that send a key in place of user name and password.',
    section: 'signIn',
    control: 'switch',
  },
  tokenExpirationDays: {
    label: 'Token expiration (days)',
    help: 'Makes a token as well, valid for so many days. Empty: only the Access ID and Secret Key.',
    section: 'signIn',
    control: 'number',
    bounds: { min: 1, max: 3650, unit: 'days' },
    empty: 'No token',
  },
  passwordResetRequired: {
    label: 'Password reset required',
    help: 'At the next sign-in a new password must be chosen.',
    section: 'signIn',
    control: 'switch',
  },
  mfaResetRequired: {
    label: 'Multi-factor authentication reset required',
    help: 'At the next sign-in a second factor must be set up; the present one is removed.',
    section: 'signIn',
    control: 'switch',
  },
  termsOfServiceAcceptanceRequired: {
    label: 'Terms of service acceptance required',
    help: 'At the next sign-in the terms of service are shown, to be accepted.',
    section: 'signIn',
    control: 'switch',
  },
  sendAccountInfoEmail: {
    label: 'Send account info e-mail',
    help: 'Tells the person of the account. The password is never in it.',
    section: 'signIn',
    control: 'switch',
  },
  locked: {
    label: 'Locked',
    help: 'Kept out until it is unlocked. Switching it off also forgets failed sign-ins.',
    section: 'signIn',
    control: 'switch',
  },
  disabled: {
    label: 'Disabled',
    help: 'Out of use; it keeps its seat, and everything that it did stays on record.',
    section: 'signIn',
    control: 'switch',
  },
  expiresAt: {
    label: 'Expires',
    help: 'When the account ceases to work.',
    section: 'signIn',
    control: 'instant',
    empty: 'Never',
  },
  logOutAfterMinutes: {
    label: 'Log out after',
    help: 'Minutes without activity.',
    section: 'more',
    control: 'number',
    bounds: { min: 1, max: 1440, unit: 'minutes' },
    empty: 'As the system setting says',
  },
  timeZone: { label: 'Time zone', section: 'more', control: 'timeZone', empty: 'None chosen' },
  summaryEmailTime: {
    label: 'Summary e-mail time',
    help: 'No summaries are sent yet.',
    section: 'more',
    control: 'time',
    empty: 'None chosen',
  },
  customTqlTimeoutMs: {
    label: 'Custom TQL timeout',
    help: 'In place of the system setting. No effect yet.',
    section: 'more',
    control: 'number',
    bounds: { min: 100, max: 3_600_000, unit: 'milliseconds' },
    empty: 'As the system setting says',
  },
};

export const FIELD_NAMES = Object.keys(FIELDS);

/** How a field is called and filled in. One that the console does not know yet is a text under its own name. */
export function fieldText(name: string): FieldText {
  return (FIELDS as Record<string, FieldText>)[name] ?? { label: name, section: 'more', control: 'text' };
}

type Placed = Pick<CreationField, 'name'>;

/** The fields of a section, in the order of the forms. */
export function fieldsIn<Field extends Placed>(section: SectionName, fields: readonly Field[]): Field[] {
  return fields
    .filter(({ name }) => fieldText(name).section === section)
    .sort((one, other) => FIELD_NAMES.indexOf(one.name) - FIELD_NAMES.indexOf(other.name));
}
