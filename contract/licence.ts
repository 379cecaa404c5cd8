import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { limits } from './organizations.ts';
import { rowVersion } from './references.ts';

/** Changing the licence: what is left out stays. */
export const editLicenceInput = z.strictObject({
  version: rowVersion.optional(),
  /** The instance's totals. */
  limits: limits.partial().optional(),
  apiUsersAllowed: z.boolean().optional(),
  readOnlyUsersAllowed: z.boolean().optional(),
});
export type EditLicenceInput = z.input<typeof editLicenceInput>;

const counts = z.strictObject({ users: z.number(), apiUsers: z.number(), taxiiUsers: z.number() });

/** The licence of the instance, and how much of it is used. */
export const licence = z.strictObject({
  version: z.number(),
  limits,
  /** Seats taken by accounts that are not deleted, in all organizations together. */
  used: counts,
  /** How many more fit; 0 also where there are more than allowed. */
  remaining: counts,
  /** How many there are beyond what is allowed: they stay, and nothing is added. */
  overUse: counts,
  apiUsersAllowed: z.boolean(),
  readOnlyUsersAllowed: z.boolean(),
  /** Read-only users, who take no seat. */
  readOnlyUsers: z.number(),
  abilities: z.strictObject({ edit: z.boolean() }),
});
export type Licence = z.infer<typeof licence>;

export const getLicenceEndpoint = endpoint({
  method: 'GET',
  path: '/licence',
  tag: 'Licence',
  summary: 'Shows the licence of the instance and how much of it is used.',
  output: licence,
});

export const setLicenceEndpoint = endpoint({
  method: 'PUT',
  path: '/licence',
  tag: 'Licence',
  summary: 'Sets the licence of the instance; below present use it blocks growth only.',
  body: z.strictObject({
    version: rowVersion,
    limits: limits.describe("The instance's totals for each kind of account."),
    apiUsersAllowed: z.boolean().describe('Whether API users may be created.'),
    readOnlyUsersAllowed: z.boolean().describe('Whether read-only users may be created.'),
  }),
  output: licence,
  errors: ['stale'],
});
