import { z } from 'zod';
import { COMMON_TEXTS, described } from './described.ts';
import { endpoint } from './endpoint.ts';
import { wholeNumber } from './numbers.ts';
import { MAX_PAGE, pageOf, pageQuery, queryNumber } from './paging.ts';
import { reference, rowVersion } from './references.ts';
import { OWNER_KINDS } from './roles.ts';
import { responsibleAccount, text } from './taxii-services.ts';

/** What may be changed of a collection; what is left out stays. */
const collectionChanges = z
  .strictObject({
    description: text(2000)
      .nullable()
      .describe('The description that TAXII clients are shown; null removes it.'),
    writable: z
      .boolean()
      .describe('Whether it accepts objects over TAXII, from those whose role may create data.'),
    strict: z
      .boolean()
      .describe('Whether objects that break STIX are refused that are accepted with a warning otherwise.'),
    responsible: reference
      .nullable()
      .describe(
        'The account that is responsible for it, by id or user name: an active user or API user of the owning organization, or of a member organization. Null: nobody.',
      ),
  })
  .partial()
  .refine((some) => Object.values(some).some((value) => value !== undefined), 'names no change');

export const collectionId = z.string().min(1).max(100);
export const editCollectionInput = z.strictObject({
  collection: collectionId,
  version: rowVersion.optional(),
  changes: collectionChanges,
});
export type EditCollectionInput = z.input<typeof editCollectionInput>;

export const listCollectionsInput = z.strictObject({
  limit: wholeNumber(1, MAX_PAGE).optional(),
  after: z.string().max(2000).optional(),
  sort: z.enum(['owner', '-owner', 'id', '-id']).optional(),
  /** Only those of this owner. */
  owner: reference.optional(),
});
export type ListCollectionsInput = z.input<typeof listCollectionsInput>;

export const collectionItem = z.strictObject(
  described(
    {
      id: z.string(),
      version: z.number(),
      owner: z.strictObject({ id: z.number(), name: z.string(), kind: z.enum(OWNER_KINDS) }),
      description: z.string().nullable(),
      writable: z.boolean(),
      strict: z.boolean(),
      responsible: responsibleAccount,
      createdAt: z.iso.datetime(),
      abilities: z.strictObject({ edit: z.boolean() }),
    },
    {
      ...COMMON_TEXTS,
      owner: 'The organization, community or source whose intelligence it holds.',
      writable: 'Whether it accepts objects over TAXII, from those whose role may create data.',
      strict: 'Whether objects that break STIX are refused that are accepted with a warning otherwise.',
      responsible: 'The account that is responsible for it; null: nobody.',
    },
  ),
);
export type CollectionItem = z.infer<typeof collectionItem>;

const tag = 'Collections';
const collectionParams = z.strictObject({ collection: collectionId });

export const listCollectionsEndpoint = endpoint({
  method: 'GET',
  path: '/collections',
  tag,
  summary: 'Lists the collections whose configuration the caller may see.',
  query: pageQuery(['owner', 'id']).extend({
    owner: queryNumber(1, Number.MAX_SAFE_INTEGER)
      .optional()
      .describe('Only those of the owner (organization, community or source) with this id.'),
  }),
  output: pageOf(collectionItem),
});

export const getCollectionEndpoint = endpoint({
  method: 'GET',
  path: '/collections/:collection',
  tag,
  summary: 'Shows how a collection is configured.',
  params: collectionParams,
  output: collectionItem,
});

export const editCollectionEndpoint = endpoint({
  method: 'PATCH',
  path: '/collections/:collection',
  tag,
  summary: 'Configures a collection: description, writing over TAXII, strict checks, responsible account.',
  params: collectionParams,
  body: z.strictObject({
    version: rowVersion,
    changes: collectionChanges.describe('What is changed; what is left out stays.'),
  }),
  output: collectionItem,
  errors: ['stale'],
});
