import { z } from 'zod';
import { described } from './described.ts';
import { endpoint } from './endpoint.ts';
import { pathId } from './references.ts';

/** Why a TAXII user is not let in, whatever it presents. */
const TAXII_OBSTACLES = [
  'disabled',
  'locked',
  'expired',
  'organization_disabled',
  'no_service',
  'service_not_open',
  'no_credential',
] as const;

/** Why a TAXII user that is let in is shown less than could be expected, or the asker less than it is shown. */
const TAXII_REMARKS = [
  'no_collections',
  'not_known_to_you',
  'allow_list',
  'community_role',
  'published_only',
  'read_only_credential',
] as const;

const reason = <const Code extends string>(codes: readonly [Code, ...Code[]]) =>
  z.strictObject(
    described(
      { code: z.enum(codes), text: z.string() },
      { code: 'For programs.', text: 'For people: a sentence.' },
    ),
  );

const seenCollection = z.strictObject(
  described(
    {
      id: z.string(),
      title: z.string(),
      description: z.string().nullable(),
      alias: z.string().nullable(),
      url: z.string(),
      canRead: z.boolean(),
      canWrite: z.boolean(),
      mediaTypes: z.array(z.string()),
      objects: z.number().nullable(),
      publishedOnly: z.boolean(),
    },
    {
      id: 'Id of the collection: a UUID.',
      title: 'Its title: the name of its owner.',
      description: 'Its description; null: there is none.',
      alias: 'What may stand for the id in its URL; null: nothing.',
      url: 'Its URL.',
      canRead: '`can_read`, as TAXII says it.',
      canWrite: '`can_write`, as TAXII says it.',
      mediaTypes: '`media_types`, as TAXII says them.',
      objects: 'How many objects the TAXII user is given; null: it may not read the collection.',
      publishedOnly: 'True: it is given what is published, and nothing else.',
    },
  ),
);

export const taxiiView = z.strictObject(
  described(
    {
      userName: z.string(),
      connection: z.strictObject(
        described(
          { discoveryUrl: z.string(), apiRootUrl: z.string().nullable() },
          {
            discoveryUrl: 'The URL of discovery.',
            apiRootUrl: 'The URL of the API root of its service; null: it has none that it may use.',
          },
        ),
      ),
      admitted: z.boolean(),
      obstacles: z.array(reason(TAXII_OBSTACLES)),
      shown: z
        .strictObject(
          described(
            {
              discovery: z.strictObject({
                title: z.string(),
                description: z.string().nullable(),
                default: z.string().nullable(),
                apiRoots: z.array(z.string()),
              }),
              apiRoot: z.strictObject({
                title: z.string(),
                description: z.string().nullable(),
                versions: z.array(z.string()),
                maxContentLength: z.number(),
              }),
              collections: z.array(seenCollection),
            },
            {
              discovery: 'What discovery tells it (TAXII 2.1 §4.1).',
              apiRoot: 'What its API root tells it (TAXII 2.1 §4.2).',
              collections:
                'The collections that it is shown, by id (TAXII 2.1 §5.1), but for those of communities and sources that the asker may not know of.',
            },
          ),
        )
        .nullable(),
      remarks: z.array(reason(TAXII_REMARKS)),
    },
    {
      userName: 'The name that it signs in with.',
      connection: 'What a client is configured with. The secrets are shown only when they are made.',
      admitted: 'Whether it is let in with a right credential, as things are now.',
      obstacles: 'Why it is not let in; empty where it is.',
      shown: 'What it is shown, or would be were it let in; null where it has no service that it may use.',
      remarks: 'Why it is shown no more than that, or you no more of what it is shown.',
    },
  ),
);
export type TaxiiView = z.infer<typeof taxiiView>;

export const getTaxiiViewEndpoint = endpoint({
  method: 'GET',
  path: '/accounts/:account/taxii-view',
  tag: 'Accounts',
  summary: 'Shows what a TAXII user is shown over TAXII, and what its client is configured with.',
  params: z.strictObject({ account: pathId }),
  output: taxiiView,
  errors: ['not_found'],
});
