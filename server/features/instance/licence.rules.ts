import type { Limits } from '../../../contract/organizations.ts';

type Counts = Record<keyof Limits, number>;

/** How many more accounts fit into the limits, and how many there are beyond them. */
export function licenceUse(limits: Counts, used: Counts): { remaining: Counts; overUse: Counts } {
  const each = (count: (limit: number, used: number) => number): Counts => ({
    users: count(limits.users, used.users),
    apiUsers: count(limits.apiUsers, used.apiUsers),
    taxiiUsers: count(limits.taxiiUsers, used.taxiiUsers),
  });
  return {
    remaining: each((limit, taken) => Math.max(0, limit - taken)),
    overUse: each((limit, taken) => Math.max(0, taken - limit)),
  };
}
