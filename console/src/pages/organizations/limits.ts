import type { LimitName } from '../../../../contract/organizations.ts';

/** The limits, as they are called, and what they limit. */
export const LIMITS: readonly { name: LimitName; label: string; what: string }[] = [
  { name: 'users', label: 'User limit', what: 'Users' },
  { name: 'apiUsers', label: 'API user limit', what: 'API users' },
  { name: 'taxiiUsers', label: 'TAXII user limit', what: 'TAXII users' },
];
export const LIMIT_LABELS: Record<LimitName, string> = {
  users: 'User limit',
  apiUsers: 'API user limit',
  taxiiUsers: 'TAXII user limit',
};
