import { z } from 'zod';
import { displayName, emailAddress } from './names.ts';
import { wholeNumber } from './numbers.ts';
import { COMMUNITY_ROLES } from './roles.ts';

/** How many accounts of a kind there may be; read-only accounts take no seat. */
const limit = wholeNumber(0, 1_000_000);
export const limits = z.strictObject({ users: limit, apiUsers: limit, taxiiUsers: limit });
export type Limits = z.infer<typeof limits>;
export type LimitName = keyof Limits;

export const DEFAULT_LIMITS: Limits = { users: 10, apiUsers: 5, taxiiUsers: 5 };

export const createOrganizationInput = z.strictObject({
  name: displayName,
  limits: limits.partial().default({}),
});
export type CreateOrganizationInput = z.input<typeof createOrganizationInput>;

export const setLimitsInput = z.strictObject({
  organization: z.string().min(1),
  limits: limits.partial().refine((some) => Object.keys(some).length > 0, 'names no limit'),
});
export type SetLimitsInput = z.input<typeof setLimitsInput>;

export const createOwnerInput = z.strictObject({
  kind: z.enum(['community', 'source']),
  name: displayName,
});
export type CreateOwnerInput = z.input<typeof createOwnerInput>;

export const addMemberInput = z.strictObject({
  owner: z.string().min(1),
  organization: z.string().min(1),
  defaultRole: z.enum(COMMUNITY_ROLES),
});
export type AddMemberInput = z.input<typeof addMemberInput>;

export const createAdministratorInput = z.strictObject({
  email: emailAddress,
  password: z.string(),
  firstName: displayName.default('First'),
  lastName: displayName.default('Administrator'),
  organization: displayName.default('Home'),
});
export type CreateAdministratorInput = z.input<typeof createAdministratorInput>;
