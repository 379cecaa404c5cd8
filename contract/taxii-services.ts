import { z } from 'zod';
import { described } from './described.ts';
import { endpoint, noContent } from './endpoint.ts';
import { displayName } from './names.ts';
import { wholeNumber } from './numbers.ts';
import { MAX_PAGE, pageOf, pageQuery, queryNumber } from './paging.ts';
import { pathId, reference, rowVersion } from './references.ts';

const pageSize = wholeNumber(1, 10_000);

/** Accounts by id or user name, and organizations by id or name. */
const organizations = z.array(reference).min(1).max(10_000);
export const text = (max: number) =>
  z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(max, `must have at most ${max} characters`)
    .regex(/^[^\p{Cs}\u0000]*$/u, 'must not contain U+0000 or halves of surrogate pairs');
const serviceFields = described(
  {
    name: displayName,
    path: z.string().min(1).max(500),
    title: text(200),
    description: text(2000),
    defaultPageSize: pageSize,
    maxPageSize: pageSize,
    maxPageBytes: wholeNumber(100_000, 100_000_000),
    maxContentLength: wholeNumber(1000, 1_000_000_000),
    strict: z.boolean(),
  },
  {
    name: 'The name.',
    path: 'The path of its API root: one or more segments.',
    title: 'The title that TAXII clients are shown.',
    description: 'The description that TAXII clients are shown; null: none.',
    defaultPageSize: 'How many objects a page has when a client names no number.',
    maxPageSize: 'How many objects a page has at most.',
    maxPageBytes: 'How many octets the objects of a page have at most.',
    maxContentLength: 'How many octets a request to add objects has at most.',
    strict: 'Whether objects that break STIX are refused that are accepted with a warning otherwise.',
  },
);

export const createTaxiiServiceInput = z.strictObject({
  name: serviceFields.name,
  path: serviceFields.path,
  title: serviceFields.title.optional(),
  description: serviceFields.description.optional(),
  organizations: organizations
    .optional()
    .describe('The organizations that may use it, each by id or name. Absent: every organization.'),
  defaultPageSize: serviceFields.defaultPageSize.default(1000),
  maxPageSize: serviceFields.maxPageSize.default(10_000),
  maxPageBytes: serviceFields.maxPageBytes.default(20_000_000),
  maxContentLength: serviceFields.maxContentLength.default(10_485_760),
  strict: serviceFields.strict.default(false),
  responsible: reference
    .optional()
    .describe(
      'The account that is responsible for it, by id or user name: an active user. Absent: whoever creates it.',
    ),
});
export type CreateTaxiiServiceInput = z.input<typeof createTaxiiServiceInput>;

/** What may be changed of a TAXII service; what is left out stays. */
export const taxiiServiceChanges = z
  .strictObject({
    ...serviceFields,
    description: serviceFields.description
      .nullable()
      .describe('The description that TAXII clients are shown; null removes it.'),
    organizations: organizations
      .nullable()
      .describe('The organizations that may use it, each by id or name; null: every organization.'),
    responsible: reference
      .nullable()
      .describe('The account that is responsible for it, by id or user name; null: nobody.'),
  })
  .partial()
  .refine((some) => Object.values(some).some((value) => value !== undefined), 'names no change');
export type TaxiiServiceChanges = z.output<typeof taxiiServiceChanges>;

export const editTaxiiServiceInput = z.strictObject({
  /** Its id, or its name or path. */
  service: reference,
  version: rowVersion.optional(),
  changes: taxiiServiceChanges,
});
export type EditTaxiiServiceInput = z.input<typeof editTaxiiServiceInput>;

export const listTaxiiServicesInput = z.strictObject({
  limit: wholeNumber(1, MAX_PAGE).optional(),
  after: z.string().max(2000).optional(),
  sort: z.enum(['id', '-id']).optional(),
  /** Only those that this organization may use. */
  organization: reference.optional(),
});
export type ListTaxiiServicesInput = z.input<typeof listTaxiiServicesInput>;

const named = z.strictObject({ id: z.number(), name: z.string() });
/**
 * An account that answers for something: its user name for those who may see it, else the name that its owner shows to them:
 * first and last name where members are listed by name, and elsewhere the pseudonym, without an id.
 */
export const responsibleAccount = z.strictObject({ id: z.number().nullable(), name: z.string() }).nullable();

export const taxiiServiceItem = z.strictObject({
  id: z.number(),
  version: z.number(),
  name: z.string(),
  path: z.string(),
  title: z.string(),
  description: z.string().nullable(),
  allOrganizations: z.boolean(),
  /** Those of the organizations that may use it which the asker may see; empty where every organization may. */
  organizations: z.array(named),
  defaultPageSize: z.number(),
  maxPageSize: z.number(),
  maxPageBytes: z.number(),
  maxContentLength: z.number(),
  strict: z.boolean(),
  /** Only for those who see the services of every organization. */
  responsible: responsibleAccount.optional(),
  /** How many TAXII users are bound to it. Only for those who see the services of every organization. */
  taxiiUsers: z.number().optional(),
  createdAt: z.iso.datetime(),
  abilities: z.strictObject({ edit: z.boolean(), delete: z.boolean() }),
});
export type TaxiiServiceItem = z.infer<typeof taxiiServiceItem>;

/** What whoever changes a service should know, in sentences. */
export const changedTaxiiService = taxiiServiceItem.extend({ warnings: z.array(z.string()) });
export type ChangedTaxiiService = z.infer<typeof changedTaxiiService>;

const tag = 'TAXII services';
const serviceParams = z.strictObject({ service: pathId });

export const listTaxiiServicesEndpoint = endpoint({
  method: 'GET',
  path: '/taxii-services',
  tag,
  summary: 'Lists the TAXII services: all of them, or those that the organization of the caller may use.',
  query: pageQuery(['id']).extend({
    organization: queryNumber(1, Number.MAX_SAFE_INTEGER)
      .optional()
      .describe('Only those that the organization with this id may use.'),
  }),
  output: pageOf(taxiiServiceItem),
});

export const createTaxiiServiceEndpoint = endpoint({
  method: 'POST',
  path: '/taxii-services',
  tag,
  summary: 'Creates a TAXII service: an API root with its path, page limits and organizations.',
  body: createTaxiiServiceInput,
  output: changedTaxiiService,
  status: 201,
  errors: ['name_taken'],
});

export const getTaxiiServiceEndpoint = endpoint({
  method: 'GET',
  path: '/taxii-services/:service',
  tag,
  summary: 'Shows a TAXII service.',
  params: serviceParams,
  output: taxiiServiceItem,
});

export const editTaxiiServiceEndpoint = endpoint({
  method: 'PATCH',
  path: '/taxii-services/:service',
  tag,
  summary: 'Configures a TAXII service; another path breaks the clients that use it.',
  params: serviceParams,
  body: z.strictObject({
    version: rowVersion,
    changes: taxiiServiceChanges.describe('What is changed; what is left out stays.'),
  }),
  output: changedTaxiiService,
  errors: ['name_taken', 'stale'],
});

export const deleteTaxiiServiceEndpoint = endpoint({
  method: 'DELETE',
  path: '/taxii-services/:service',
  tag,
  summary: 'Deletes a TAXII service that no TAXII user is bound to.',
  params: serviceParams,
  output: noContent,
  status: 204,
  errors: ['conflict'],
});
