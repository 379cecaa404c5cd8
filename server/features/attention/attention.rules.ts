import type { Attention } from '../../../contract/attention.ts';

/** From how many tenths of a limit on its seats are nearly gone. */
export const SCARCE_TENTHS = 9;

type Topic = Exclude<keyof Attention, 'seats'>;

/**
 * What needs attention, each with the parameters with which the list of accounts shows all of it. Whoever is out of use
 * anyway needs none.
 */
export const TOPICS = {
  locked: { query: { state: 'locked' }, sort: 'userName' },
  credentialsExpiring: {
    query: { state: 'active', credentialExpiresWithinDays: '30' },
    sort: 'credentialExpiresAt',
  },
  accountsExpiring: { query: { state: 'active', expiresWithinDays: '30' }, sort: 'expiresAt' },
  neverUsed: { query: { state: 'active', neverUsed: 'true', unusedForDays: '14' }, sort: 'createdAt' },
  unused: { query: { state: 'active', neverUsed: 'false', unusedForDays: '90' }, sort: 'lastUsedAt' },
  invitationsPending: { query: { state: 'active', pending: 'invitation' }, sort: 'createdAt' },
  withoutSecondFactor: {
    query: { state: 'active', kind: 'user,read_only', authenticator: 'off' },
    sort: 'userName',
  },
} as const satisfies Record<Topic, { query: Record<string, string>; sort: string }>;
