import { z } from 'zod';
import { accountItem } from './accounts.ts';
import { described } from './described.ts';
import { endpoint } from './endpoint.ts';
import { pathId } from './references.ts';

/** Accounts are counted up to here; beyond it is said that there are more. */
export const MAX_COUNTED = 1000;

const topic = z.strictObject(
  described(
    {
      count: z.number(),
      more: z.boolean(),
      items: z.array(accountItem),
      query: z.record(z.string(), z.string()),
    },
    {
      count: `How many there are, counted up to ${MAX_COUNTED}.`,
      more: `Whether there are more than ${MAX_COUNTED}.`,
      items: 'The first five of them, the most urgent first.',
      query: 'The parameters with which the list of accounts shows all of them.',
    },
  ),
);

const seats = z.strictObject(
  described(
    {
      scope: z.enum(['organization', 'licence']),
      organization: z
        .strictObject({
          id: z.number().describe('Its id.'),
          name: z.string().describe('Its name.'),
        })
        .nullable(),
      limit: z.enum(['users', 'apiUsers', 'taxiiUsers']),
      used: z.number(),
      max: z.number(),
    },
    {
      scope: 'What sets the limit: the organization, or the licence of the instance.',
      organization: 'The organization; null of the licence.',
      limit: 'Which kind of seats: of users, API users or TAXII users.',
      used: 'How many are taken.',
      max: 'How many there may be.',
    },
  ),
);

/** What needs attention among accounts. */
export const attention = z.strictObject(
  described(
    {
      locked: topic,
      credentialsExpiring: topic,
      accountsExpiring: topic,
      neverUsed: topic,
      unused: topic,
      invitationsPending: topic,
      withoutSecondFactor: topic,
      seats: z.array(seats),
    },
    {
      locked:
        'Accounts that are locked: by an administrator, or by the system after failed sign-ins. `query` finds the former.',
      credentialsExpiring: 'Accounts of which a credential ends within 30 days.',
      accountsExpiring: 'Accounts that expire within 30 days.',
      neverUsed: 'Accounts that are older than 14 days and were never used.',
      unused: 'Accounts that were last used more than 90 days ago.',
      invitationsPending: 'People who were invited and have not set a password.',
      withoutSecondFactor: 'People without a second factor.',
      seats:
        'Where nine of ten seats are taken, or more; of the whole instance at most 100 such limits, the fullest first. The licence is among them for those who may see it.',
    },
  ),
);
export type Attention = z.infer<typeof attention>;

const tag = 'Accounts';

export const getInstanceAttentionEndpoint = endpoint({
  method: 'GET',
  path: '/attention',
  tag,
  summary: 'Says what needs attention among the accounts of all organizations.',
  output: attention,
  errors: ['forbidden'],
});

export const getAttentionEndpoint = endpoint({
  method: 'GET',
  path: '/organizations/:organization/attention',
  tag,
  summary: 'Says what needs attention among the accounts of an organization.',
  params: z.strictObject({ organization: pathId }),
  output: attention,
  errors: ['forbidden', 'not_found'],
});
