import { z } from 'zod';
import { described } from './described.ts';
import { endpoint } from './endpoint.ts';
import { MAX_PAGE, PAGE_TEXTS, pageOf, queryNumber } from './paging.ts';
import { REQUIRED_ACTIONS } from './required-actions.ts';
import { session } from './session.ts';

const MAX_TEXT_OCTETS = 100_000;
const MAX_VERSION = 1_000_000_000;

const version = z.number().int().min(1).max(MAX_VERSION);
const text = z
  .string()
  .refine((value) => value.trim() !== '', 'must not be empty')
  .refine((value) => new TextEncoder().encode(value).length <= MAX_TEXT_OCTETS, `must have at most 100 kB`)
  .refine((value) => !/[\p{Cs}]|(?![\n\r\t])\p{Cc}/u.test(value), 'must not contain control characters');

export const publishTermsInput = z.strictObject(
  described(
    {
      text,
      mustBeAccepted: z.boolean().default(false),
      version: z.number().int().min(0).max(MAX_VERSION).optional(),
    },
    {
      text: 'The terms, as plain text, of at most 100 kB.',
      mustBeAccepted:
        'Whether everybody must accept them, also whoever accepted older ones, before the session reaches anything else. Only while the system setting `termsOfServiceRequireNewUserToAccept` is on.',
      version:
        'The version that they take the place of, 0 for none: refused (`stale`) where there is another by now. Absent: any.',
    },
  ),
);
export type PublishTermsInput = z.input<typeof publishTermsInput>;

const itemShape = {
  version: z.number(),
  publishedAt: z.iso.datetime(),
  publishedBy: z.string(),
  mustBeAccepted: z.boolean(),
};
const ITEM_TEXTS = {
  version: 'Its number: 1 for the first, and one more for each.',
  publishedAt: 'When it was published; RFC 3339 in UTC.',
  publishedBy: 'Who published it.',
  mustBeAccepted: 'Whether everybody must accept it, also whoever accepted an older one.',
};
const TEXT_TEXT = 'The terms, as plain text.';
export const termsItem = z.strictObject(described(itemShape, ITEM_TEXTS));
export type TermsItem = z.infer<typeof termsItem>;
export const termsVersion = z.strictObject(
  described({ ...itemShape, text: z.string() }, { ...ITEM_TEXTS, text: TEXT_TEXT }),
);
export type TermsVersion = z.infer<typeof termsVersion>;

const current = z.strictObject(
  described(
    { version: z.number(), text: z.string(), publishedAt: z.iso.datetime() },
    { version: ITEM_TEXTS.version, text: TEXT_TEXT, publishedAt: ITEM_TEXTS.publishedAt },
  ),
);
const accepted = z.strictObject(
  described(
    { version: z.number(), acceptedAt: z.iso.datetime() },
    { version: 'The latest version that was accepted.', acceptedAt: 'When it was; RFC 3339 in UTC.' },
  ),
);
export const ownTerms = z.strictObject(
  described(
    { current: current.nullable(), accepted: accepted.nullable(), mustAccept: z.boolean() },
    {
      current: 'The terms of service that count now; null: none were published.',
      accepted: 'What the caller has accepted; null: nothing yet.',
      mustAccept: 'Whether the caller must accept them before the session reaches anything else.',
    },
  ),
);
export type OwnTerms = z.infer<typeof ownTerms>;

export const listTermsInput = z.strictObject({
  limit: z.number().int().min(1).max(MAX_PAGE).optional(),
  after: z.string().min(1).max(2000).optional(),
});
export type ListTermsInput = z.input<typeof listTermsInput>;

export const listAcceptancesInput = listTermsInput.extend({
  version: version.optional(),
  account: z.number().int().min(1).optional(),
});
export type ListAcceptancesInput = z.input<typeof listAcceptancesInput>;

export const termsAcceptance = z.strictObject(
  described(
    {
      account: z.strictObject({ id: z.number(), userName: z.string(), organization: z.string() }),
      version: z.number(),
      acceptedAt: z.iso.datetime(),
      address: z.string().nullable(),
    },
    {
      account: 'Who accepted, also where the account was deleted since.',
      version: 'The version that was accepted.',
      acceptedAt: 'When it was; RFC 3339 in UTC.',
      address: 'The address that the request came from; null: unknown.',
    },
  ),
);
export type TermsAcceptance = z.infer<typeof termsAcceptance>;

const tag = 'Terms of service';
const page = {
  limit: queryNumber(1, MAX_PAGE).optional(),
  after: z.string().min(1).max(2000).optional(),
};

export const showTermsEndpoint = endpoint({
  method: 'GET',
  path: '/terms-of-service',
  tag,
  summary: 'Shows the terms of service, and whether the caller has accepted them.',
  authentication: 'session',
  during: REQUIRED_ACTIONS,
  output: ownTerms,
});

export const acceptTermsEndpoint = endpoint({
  method: 'POST',
  path: '/session/terms-of-service',
  tag,
  summary: 'Accepts the terms of service. The session goes on under a new cookie.',
  authentication: 'session',
  during: ['accept_terms'],
  body: z.strictObject({
    version: version.describe('The version that was shown: refused (`stale`) where there is another by now.'),
  }),
  output: session,
  errors: ['stale'],
});

export const publishTermsEndpoint = endpoint({
  method: 'POST',
  path: '/terms-of-service',
  tag,
  summary: 'Publishes the next version of the terms of service.',
  body: publishTermsInput,
  output: termsItem,
  status: 201,
  errors: ['stale'],
});

export const listTermsEndpoint = endpoint({
  method: 'GET',
  path: '/terms-of-service/versions',
  tag,
  summary: 'Lists the versions of the terms of service, the latest first, without their text.',
  query: z.strictObject(described(page, PAGE_TEXTS)),
  output: pageOf(termsItem),
});

export const getTermsEndpoint = endpoint({
  method: 'GET',
  path: '/terms-of-service/versions/:version',
  tag,
  summary: 'Shows a version of the terms of service.',
  params: z.strictObject({ version: queryNumber(1, MAX_VERSION) }),
  output: termsVersion,
  errors: ['not_found'],
});

export const listAcceptancesEndpoint = endpoint({
  method: 'GET',
  path: '/terms-of-service/acceptances',
  tag,
  summary: 'Lists who accepted which version of the terms of service and when, the latest first.',
  query: z.strictObject(
    described(
      {
        version: queryNumber(1, MAX_VERSION).optional(),
        account: queryNumber(1, 1e15).optional(),
        ...page,
      },
      {
        version: 'Only those who accepted this version.',
        account: 'Only the account of this id.',
        ...PAGE_TEXTS,
      },
    ),
  ),
  output: pageOf(termsAcceptance),
});
