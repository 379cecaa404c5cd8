import { z } from 'zod';
import { displayName, emailAddress, pseudonym } from './names.ts';
import { wholeNumber } from './numbers.ts';
import { reference } from './references.ts';
import { ORGANIZATION_ROLES, SYSTEM_ROLES } from './roles.ts';

/** An IANA time zone. */
const timeZone = z.string().max(100).refine(isTimeZone, 'must be an IANA time zone, such as Europe/Berlin');
const logOutAfterMinutes = wholeNumber(1, 1440);
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time such as 08:30');
/** An instant in the answers and inputs of the API: RFC 3339 in UTC. */
export const instant = z.iso.datetime({ error: 'must be an instant such as 2027-01-31T00:00:00Z' });
const tqlTimeoutMs = wholeNumber(100, 3_600_000);
const references = z.array(reference).max(1000);

/** Fields that every form has. */
const common = {
  organization: reference,
  disabled: z.boolean().default(false),
  expiresAt: instant.optional(),
};

/** Fields of the forms of people. */
export const person = {
  ...common,
  email: emailAddress,
  password: z.string().optional(),
  invite: z.boolean().default(false),
  firstName: displayName,
  lastName: displayName,
  pseudonym: pseudonym.optional(),
  systemRole: z.enum(SYSTEM_ROLES).optional(),
  groups: references.default([]),
  locked: z.boolean().default(false),
  passwordResetRequired: z.boolean().default(true),
  mfaResetRequired: z.boolean().default(false),
  termsOfServiceAcceptanceRequired: z.boolean().optional(),
  sendAccountInfoEmail: z.boolean().default(true),
  customTqlTimeoutMs: tqlTimeoutMs.optional(),
  timeZone: timeZone.optional(),
  logOutAfterMinutes: logOutAfterMinutes.optional(),
  summaryEmailTime: timeOfDay.optional(),
};

/** How long an API token lives. */
export const tokenExpiration = wholeNumber(1, 3650);

/** Fields of the form of an API user. */
export const apiUser = {
  ...common,
  firstName: displayName,
  lastName: displayName,
  pseudonym: pseudonym.optional(),
  systemRole: z.enum(SYSTEM_ROLES).optional(),
  organizationRole: z.enum(ORGANIZATION_ROLES),
  includeInObservations: z.boolean().default(false),
  exceedApiLinkLimit: z.boolean().default(false),
  customTqlTimeoutMs: tqlTimeoutMs.optional(),
  contactEmail: emailAddress.optional(),
  tokenExpirationDays: tokenExpiration.optional(),
};
/** The fields of an edit. Null clears. */
export const changes = {
  userName: z.string().min(1).max(254).optional(),
  firstName: displayName.optional(),
  lastName: displayName.optional(),
  pseudonym: pseudonym.optional(),
  systemRole: z.enum(SYSTEM_ROLES).optional(),
  organizationRole: z.enum(ORGANIZATION_ROLES).optional(),
  groups: references.optional(),
  locked: z.boolean().optional(),
  disabled: z.boolean().optional(),
  expiresAt: instant.nullable().optional(),
  passwordResetRequired: z.boolean().optional(),
  mfaResetRequired: z.boolean().optional(),
  termsOfServiceAcceptanceRequired: z.boolean().optional(),
  customTqlTimeoutMs: tqlTimeoutMs.nullable().optional(),
  includeInObservations: z.boolean().optional(),
  exceedApiLinkLimit: z.boolean().optional(),
  timeZone: timeZone.nullable().optional(),
  logOutAfterMinutes: logOutAfterMinutes.nullable().optional(),
  summaryEmailTime: timeOfDay.nullable().optional(),
  contactEmail: emailAddress.nullable().optional(),
  service: reference.optional(),
  onlyOwners: z.array(reference).min(1).max(1000).nullable().optional(),
};
function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    // Offsets such as +02:00 are accepted by Intl, and know no daylight saving time.
    return !/^[+-]/.test(name);
  } catch {
    return false;
  }
}
