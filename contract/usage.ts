import { z } from 'zod';
import { collectionId } from './collections.ts';
import { described } from './described.ts';
import { endpoint } from './endpoint.ts';
import { wholeNumber } from './numbers.ts';
import { queryNumber } from './paging.ts';
import { pathId, reference } from './references.ts';
import { OWNER_KINDS } from './roles.ts';

/** Usage figures are kept this long. */
export const USAGE_DAYS_KEPT = 400;
const MOST_DAYS = 366;
export const DEFAULT_USAGE_DAYS = 30;
/** TAXII users, readers or collections that an answer names at most. */
export const MOST_USAGE_ITEMS = 100;

const DAYS_TEXT = `How many days, today among them: 1 to ${MOST_DAYS}; ${DEFAULT_USAGE_DAYS} unless given. Days are UTC.`;
const usageQuery = z.strictObject({ days: queryNumber(1, MOST_DAYS).optional().describe(DAYS_TEXT) });

const usageDays = wholeNumber(1, MOST_DAYS).optional();
export const organizationUsageInput = z.strictObject({ organization: reference, days: usageDays });
export type OrganizationUsageInput = z.input<typeof organizationUsageInput>;
export const accountUsageInput = z.strictObject({ account: reference, days: usageDays });
export type AccountUsageInput = z.input<typeof accountUsageInput>;
export const collectionUsageInput = z.strictObject({ collection: collectionId, days: usageDays });
export type CollectionUsageInput = z.input<typeof collectionUsageInput>;

const FIGURE_TEXTS = {
  polls:
    'Polls: requests for objects, an object, its versions or a manifest that were answered; the pages that follow one by `next` belong to it.',
  objectsServed: 'Object versions that were sent.',
  octetsServed: 'Octets of the pages that were sent.',
  objectsAdded: 'Object versions that were added.',
};

const figures = {
  polls: z.number(),
  objectsServed: z.number(),
  octetsServed: z.number(),
  objectsAdded: z.number(),
};
/** Over the whole window. */
export const usageFigures = z.strictObject(described(figures, FIGURE_TEXTS));
export type UsageFigures = z.infer<typeof usageFigures>;

const perDay = z.array(z.number());
/** One number for each of `days`. */
export const usageSeries = z.strictObject(
  described(
    { polls: perDay, objectsServed: perDay, octetsServed: perDay, objectsAdded: perDay },
    FIGURE_TEXTS,
  ),
);
export type UsageSeries = z.infer<typeof usageSeries>;

const POLLED_TEXTS = {
  lastPolledAt: 'The last poll within the days; null: none. At most a minute late.',
  lastPolledFrom:
    'The address that it came from; null where there is none, or for those who may not see the account.',
  total: 'Over all days.',
  series: 'Day by day, as `days` names them.',
};
const polled = {
  total: usageFigures,
  lastPolledAt: z.iso.datetime().nullable(),
  lastPolledFrom: z.string().nullable(),
};

const window = { days: z.array(z.iso.date()), total: usageFigures, series: usageSeries };
const WINDOW_TEXTS = {
  days: 'The days, in UTC, the oldest first; the last one is today.',
  total: 'Over all days and everybody.',
  series: 'Of everybody, day by day as `days` names them.',
};

export const organizationUsage = z.strictObject(
  described(
    {
      organization: z.strictObject({ id: z.number(), name: z.string() }),
      ...window,
      taxiiUsers: z.array(
        z.strictObject(
          described(
            { id: z.number(), userName: z.string(), deleted: z.boolean(), ...polled, series: usageSeries },
            {
              ...POLLED_TEXTS,
              id: 'Id of the account.',
              userName: 'Its user name.',
              deleted: 'Whether it was deleted meanwhile.',
            },
          ),
        ),
      ),
      furtherTaxiiUsers: z.number(),
    },
    {
      ...WINDOW_TEXTS,
      organization: 'The organization.',
      taxiiUsers: `Its TAXII users that used a collection within the days, those with the most polls first; at most ${MOST_USAGE_ITEMS}.`,
      furtherTaxiiUsers: 'How many more there were; the sums hold them.',
    },
  ),
);
export type OrganizationUsage = z.infer<typeof organizationUsage>;

const usedCollection = z.strictObject(
  described(
    {
      id: z.string(),
      owner: z.strictObject({ id: z.number(), name: z.string(), kind: z.enum(OWNER_KINDS) }).nullable(),
      ...polled,
      series: usageSeries,
    },
    {
      ...POLLED_TEXTS,
      id: 'Id of the collection.',
      owner: 'Whose collection it is; null for one that is gone, or whose owner the caller may not see.',
    },
  ),
);

export const accountUsage = z.strictObject(
  described(
    {
      account: z.strictObject({ id: z.number(), userName: z.string() }),
      ...window,
      collections: z.array(usedCollection),
      furtherCollections: z.number(),
    },
    {
      days: WINDOW_TEXTS.days,
      total: 'Over all days and collections.',
      series: 'Of all collections, day by day as `days` names them.',
      account: 'The account.',
      collections: `The collections that it used within the days, those with the most polls first; at most ${MOST_USAGE_ITEMS}.`,
      furtherCollections: 'How many more there were; the sums hold them.',
    },
  ),
);
export type AccountUsage = z.infer<typeof accountUsage>;

const reader = z.strictObject(
  described(
    {
      account: z.strictObject({ id: z.number().nullable(), name: z.string(), deleted: z.boolean() }),
      organization: z.strictObject({ id: z.number(), name: z.string() }).nullable(),
      ...polled,
    },
    {
      ...POLLED_TEXTS,
      account:
        'The TAXII user: by id and user name for those who may see the account; by its pseudonym, without id, for those who see the members of the community or source; otherwise it is not told which.',
      organization: 'The organization that it belongs to; null where the caller does not see it as a member.',
    },
  ),
);
export type CollectionReader = z.infer<typeof reader>;

export const collectionUsage = z.strictObject(
  described(
    {
      collection: z.strictObject({
        id: z.string(),
        owner: z.strictObject({ id: z.number(), name: z.string(), kind: z.enum(OWNER_KINDS) }),
      }),
      ...window,
      readers: z.array(reader),
      furtherReaders: z.number(),
    },
    {
      ...WINDOW_TEXTS,
      total:
        'Over all days and everybody; `objectsAdded` holds what was added in any way, also by an import.',
      collection: 'The collection.',
      readers: `The TAXII users that used it within the days, the last poll first; at most ${MOST_USAGE_ITEMS}. \`objectsAdded\` is what each added over TAXII.`,
      furtherReaders: 'How many more there were; the sums hold them.',
    },
  ),
);
export type CollectionUsage = z.infer<typeof collectionUsage>;

const tag = 'Usage';

export const organizationUsageEndpoint = endpoint({
  method: 'GET',
  path: '/organizations/:organization/usage',
  tag,
  summary: 'Shows what the TAXII users of an organization polled and added, day by day.',
  params: z.strictObject({ organization: pathId }),
  query: usageQuery,
  output: organizationUsage,
});

export const accountUsageEndpoint = endpoint({
  method: 'GET',
  path: '/accounts/:account/usage',
  tag,
  summary: 'Shows what an account polled and added over TAXII, day by day and by collection.',
  params: z.strictObject({ account: pathId }),
  query: usageQuery,
  output: accountUsage,
});

export const collectionUsageEndpoint = endpoint({
  method: 'GET',
  path: '/collections/:collection/usage',
  tag,
  summary: 'Shows how much was polled from a collection and added to it, day by day, and by whom.',
  params: z.strictObject({ collection: collectionId }),
  query: usageQuery,
  output: collectionUsage,
});

export const USAGE_ENDPOINTS = [organizationUsageEndpoint, accountUsageEndpoint, collectionUsageEndpoint];
