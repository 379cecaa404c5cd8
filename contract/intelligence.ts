import { z } from 'zod';
import { instant } from './account-fields.ts';
import { collectionId } from './collections.ts';
import { described } from './described.ts';
import { endpoint } from './endpoint.ts';
import { pageOf, pageQuery, queryNumber } from './paging.ts';
import { OWNER_KINDS } from './roles.ts';

/** Objects that one page of a collection has at most. */
const MAX_OBJECTS_PAGE = 200;
/** Versions of an object that its answer lists at most. */
export const MAX_LISTED_VERSIONS = 100;
/** Objects around one that a picture of it shows at most. */
export const MAX_NEIGHBOURS = 200;

const tag = 'Intelligence';
const stixId = z
  .string()
  .max(300)
  .regex(/^[a-z][a-z0-9-]*--[0-9a-f-]{36}$/i);
/** What is asked of a collection by its id, which may be unknown. */
const ofCollection = {
  tag,
  params: z.strictObject({ collection: collectionId }),
  errors: ['not_found'],
} as const;
/** The same of one of its objects. */
const ofObject = { ...ofCollection, params: ofCollection.params.extend({ object: stixId }) };
const COLLECTION = '/collections/:collection';
const OBJECT = `${COLLECTION}/objects/:object` as const;

const COUNT_TEXTS = {
  objects: 'How many objects the caller may read, each counted once however many versions it has.',
  versions: 'How many versions of objects the caller may read.',
};

export const readableCollection = z.strictObject(
  described(
    {
      id: z.string(),
      owner: z.strictObject({ id: z.number(), name: z.string(), kind: z.enum(OWNER_KINDS) }),
      description: z.string().nullable(),
      publishedOnly: z.boolean(),
      objects: z.number(),
      versions: z.number(),
      lastAddedAt: instant.nullable(),
      abilities: z.strictObject({ configure: z.boolean(), viewConfiguration: z.boolean() }),
    },
    {
      id: 'Id of the collection: a UUID, the one that TAXII clients use.',
      owner: 'The organization, community or source whose intelligence it holds.',
      description: 'What it is for, in a few sentences; null: nothing is said.',
      publishedOnly: 'True: the caller reads what is published, and nothing else.',
      ...COUNT_TEXTS,
      lastAddedAt: 'When something was last added that the caller may read; null: never.',
      abilities: 'What the caller may do with its configuration.',
    },
  ),
);
export type ReadableCollection = z.infer<typeof readableCollection>;

export const listReadableCollectionsEndpoint = endpoint({
  method: 'GET',
  path: '/intelligence/collections',
  tag,
  summary: 'Lists the collections whose intelligence the caller may read.',
  query: pageQuery(['owner', 'id']),
  output: pageOf(readableCollection),
});

const typeCount = z.strictObject(
  described(
    { type: z.string(), objects: z.number(), versions: z.number() },
    { type: 'The STIX type.', ...COUNT_TEXTS },
  ),
);

export const collectionStatistics = z.strictObject(
  described(
    {
      collection: readableCollection,
      types: z.array(typeCount),
      otherTypes: z.number(),
      firstAddedAt: instant.nullable(),
    },
    {
      collection: 'The collection, as the list of those that the caller may read has it.',
      types: 'How much of each STIX type it holds, the most frequent first; at most 200 types.',
      otherTypes: 'How many types more it holds.',
      firstAddedAt: 'The earliest date added in it; null: it is empty.',
    },
  ),
);
export type CollectionStatistics = z.infer<typeof collectionStatistics>;

export const getCollectionStatisticsEndpoint = endpoint({
  ...ofCollection,
  method: 'GET',
  path: `${COLLECTION}/statistics`,
  summary: 'Says how much of which STIX type a collection holds.',
  output: collectionStatistics,
});

const HEAD_TEXTS = {
  id: 'The STIX id.',
  type: 'The STIX type.',
  label:
    'What a person would call it: its name, value, pattern, path or key; null: it has none, or it is too large to be looked into.',
};

const objectShape = {
  id: z.string(),
  type: z.string(),
  specVersion: z.string(),
  version: z.string(),
  label: z.string().nullable(),
  detail: z.string().nullable(),
  created: z.string().nullable(),
  modified: z.string().nullable(),
  dateAdded: instant,
  versions: z.number(),
  revoked: z.boolean(),
  size: z.number(),
  creator: z.strictObject({ id: z.string(), name: z.string().nullable() }).nullable(),
};
const OBJECT_TEXTS = {
  ...HEAD_TEXTS,
  specVersion: 'The version of STIX: 2.0 or 2.1.',
  version: 'Its version: `modified`, `created`, or the date added where it has neither.',
  detail:
    'The pattern of an indicator that has a name; the two ends of a relationship with an arrow between; else null.',
  created: '`created`, as it is written in the object; null where it has none.',
  modified: '`modified`, as it is written in the object; null where it has none.',
  dateAdded: 'The instant under which it entered the collection; RFC 3339 in UTC.',
  versions: `How many versions of it are stored; ${MAX_LISTED_VERSIONS} stands for so many or more.`,
  revoked: 'Whether it is revoked.',
  size: 'Octets of its JSON text.',
  creator:
    'The identity that `created_by_ref` names, with its name where the collection holds it; null: nobody is named.',
};

export const objectItem = z.strictObject(described(objectShape, OBJECT_TEXTS));
export type ObjectItem = z.infer<typeof objectItem>;

const typeList = z
  .string()
  .max(2000)
  .transform((text) => [...new Set(text.split(',').filter((part) => part !== ''))])
  .refine((types) => types.length >= 1 && types.length <= 20, 'must be 1 to 20 types with commas between')
  .refine(
    (types) => types.every((type) => /^[a-z0-9-]{1,250}$/.test(type)),
    'must be STIX types with commas between',
  );

export const objectsQuery = z.strictObject(
  described(
    {
      limit: queryNumber(1, MAX_OBJECTS_PAGE).optional(),
      after: z.string().min(1).max(2000).optional(),
      sort: z.enum(['-dateAdded', 'dateAdded']).optional(),
      type: typeList.optional(),
      search: z.string().min(1).max(200).optional(),
      addedAfter: instant.optional(),
      addedBefore: instant.optional(),
    },
    {
      limit: `How many items a page has at most: 1 to ${MAX_OBJECTS_PAGE}; 50 unless given.`,
      after: '`next` of the page before. The other parameters must be the same as for that page.',
      sort: 'The order; `-dateAdded`, the newest first, unless given.',
      type: 'Only these STIX types, with commas between.',
      search:
        'A STIX id, or the beginning of one, at least as far as its `--`: found wherever it is, in the order of ids. Anything else: text in the name, value, pattern, aliases, description or the like; then each page looks through a few thousand objects at most, `searchedTo` says how far it came, and `next` goes on from there.',
      addedAfter: 'Only what was added after this instant.',
      addedBefore: 'Only what was added before this instant.',
    },
  ),
);
export type ObjectsQuery = z.output<typeof objectsQuery>;

export const objectsPage = z.strictObject(
  described(
    { items: z.array(objectItem), next: z.string().nullable(), searchedTo: instant.nullable() },
    {
      items: 'What stands on this page: of each object its latest version.',
      next: '`after` of the next page; null at the end. A page of a search may be empty and have one.',
      searchedTo: 'The date added up to which a search for text came before it paused; null: it did not.',
    },
  ),
);
export type ObjectsPage = z.infer<typeof objectsPage>;

export const listObjectsEndpoint = endpoint({
  ...ofCollection,
  method: 'GET',
  path: `${COLLECTION}/objects`,
  summary: 'Lists the objects of a collection, the newest first.',
  query: objectsQuery,
  output: objectsPage,
});

const versionItem = z.strictObject(
  described(
    {
      version: z.string(),
      specVersion: z.string(),
      dateAdded: instant,
      revoked: z.boolean(),
      latest: z.boolean(),
      size: z.number(),
    },
    {
      version: 'By which `?version=` asks for it.',
      specVersion: OBJECT_TEXTS.specVersion,
      dateAdded: OBJECT_TEXTS.dateAdded,
      revoked: 'Whether this version is a revoked one.',
      latest: 'Whether it is the one that TAXII clients are given unless they ask for another.',
      size: OBJECT_TEXTS.size,
    },
  ),
);

export const objectDetails = z.strictObject(
  described(
    {
      ...objectShape,
      json: z.string(),
      listedVersions: z.array(versionItem),
      moreVersions: z.boolean(),
    },
    {
      ...OBJECT_TEXTS,
      json: 'The JSON text of the version, octet by octet as TAXII clients are given it.',
      listedVersions: `The versions, the newest first; at most ${MAX_LISTED_VERSIONS}.`,
      moreVersions: 'Whether there are versions that are not listed.',
    },
  ),
);
export type ObjectDetails = z.infer<typeof objectDetails>;

export const getObjectEndpoint = endpoint({
  ...ofObject,
  method: 'GET',
  path: OBJECT,
  summary: 'Shows an object with its JSON and its versions.',
  query: z.strictObject(
    described(
      {
        version: z.string().min(1).max(50).optional(),
        specVersion: z
          .string()
          .regex(/^\d{1,3}\.\d{1,3}$/, 'must be a version such as 2.1')
          .optional(),
      },
      {
        version: 'Which version: `version` of one that is listed; the latest unless given.',
        specVersion: 'Of which version of STIX; the latest unless given.',
      },
    ),
  ),
  output: objectDetails,
});

export const neighbourNode = z.strictObject(
  described(
    {
      id: z.string(),
      type: z.string(),
      label: z.string().nullable(),
      revoked: z.boolean(),
      stored: z.boolean(),
    },
    {
      ...HEAD_TEXTS,
      revoked: 'Whether it is revoked.',
      stored: 'False: the collection does not hold it; all that is known of it is that it is referred to.',
    },
  ),
);
export type NeighbourNode = z.infer<typeof neighbourNode>;

export const neighbourEdge = z.strictObject(
  described(
    {
      from: z.string(),
      to: z.string(),
      kind: z.enum(['relationship', 'sighting', 'reference']),
      name: z.string(),
      via: z.string().nullable(),
    },
    {
      from: 'STIX id of the node where it begins.',
      to: 'STIX id of the node where it ends.',
      kind: 'A relationship object between the two; a reference of a sighting; or any other reference that one holds to the other.',
      name: '`relationship_type` of the relationship, else the property that refers, such as `object_refs`.',
      via: 'STIX id of the relationship object; null for a reference.',
    },
  ),
);
export type NeighbourEdge = z.infer<typeof neighbourEdge>;

export const neighbours = z.strictObject(
  described(
    { nodes: z.array(neighbourNode), edges: z.array(neighbourEdge), more: z.boolean() },
    {
      nodes: 'The object itself, first, and those around it.',
      edges:
        'What joins them. References to markings are left out, and those of `created_by_ref` are given of the object itself only. Of an object that refers to more than 1,000 others, the first 1,000 are known to those that it refers to.',
      more: 'Whether there are neighbours that are not shown.',
    },
  ),
);
export type Neighbours = z.infer<typeof neighbours>;

export const getNeighboursEndpoint = endpoint({
  ...ofObject,
  method: 'GET',
  path: `${OBJECT}/neighbours`,
  summary: 'Shows what an object refers to, what refers to it, and how.',
  query: z.strictObject({
    limit: queryNumber(1, MAX_NEIGHBOURS)
      .optional()
      .describe(`How many neighbours at most: 1 to ${MAX_NEIGHBOURS}; 60 unless given.`),
  }),
  output: neighbours,
});
