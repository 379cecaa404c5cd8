import { z } from 'zod';

/** A name as it is compared: without regard to case, width or composition, on both engines alike. */
export function nameKey(name: string): string {
  // Down before up: ẞ becomes ß, which then becomes SS like every other ß.
  return name.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase().normalize('NFKC');
}

/** Nothing that steers, and nothing that cannot be seen: two names that look alike must not differ by it. */
const NO_CONTROL = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]*$/u;

/** A name that people read: of an organization, community, source or service. */
export const displayName = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(100, 'must have at most 100 characters')
  .regex(NO_CONTROL, 'must not contain control characters')
  // An alias stands in URLs where it must not be taken for an id, nor for a path.
  .refine((name) => !/^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(nameKey(name)), 'must not look like a UUID')
  .refine((name) => !/[/\\]|^\.\.?$/.test(nameKey(name)), 'must not contain a slash');

/**
 * The name under which others see an account. ASCII only and kept in lower case, so that none can be taken for another's,
 * nor for what the product says of its own, such as "A Super User".
 */
export const pseudonym = z
  .string()
  .trim()
  .toLowerCase()
  .min(3, 'must have at least 3 characters')
  .max(60, 'must have at most 60 characters')
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be letters, digits and single hyphens between them');

/** The user name of an account. RFC 7617: it ends at the first colon. */
export const userName = z
  .string()
  .min(1, 'must not be empty')
  .max(100, 'must have at most 100 characters')
  .regex(NO_CONTROL, 'must not contain control characters')
  .refine((name) => !name.includes(':'), 'must not contain a colon')
  .refine((name) => name === name.trim(), 'must not begin or end with a blank');

export const emailAddress = z.email('must be an e-mail address').max(254);
