import { z } from 'zod';
import { COMMON_TEXTS, described } from './described.ts';
import { endpoint } from './endpoint.ts';
import { emailAddress } from './names.ts';
import { MAX_PAGE, PAGE_TEXTS, pageOf, queryNumber } from './paging.ts';
import { pathId } from './references.ts';

export const MAIL_STATES = ['waiting', 'sent', 'failed'] as const;
export type MailState = (typeof MAIL_STATES)[number];

export const listMailInput = z.strictObject({
  state: z.enum(MAIL_STATES).optional(),
  limit: z.number().int().min(1).max(MAX_PAGE).optional(),
  after: z.string().min(1).max(2000).optional(),
});
export type ListMailInput = z.input<typeof listMailInput>;

export const testMailInput = z.strictObject(
  described({ to: emailAddress }, { to: 'The e-mail address that the test goes to.' }),
);
export type TestMailInput = z.input<typeof testMailInput>;

/** A mail of the outbox, without what it says. */
export const mailItem = z.strictObject(
  described(
    {
      id: z.number(),
      state: z.enum(MAIL_STATES),
      purpose: z.string(),
      recipient: z.string(),
      accountId: z.number().nullable(),
      organizationId: z.number().nullable(),
      createdAt: z.string(),
      attempts: z.number(),
      nextAttemptAt: z.string().nullable(),
      sentAt: z.string().nullable(),
      failedAt: z.string().nullable(),
      error: z.string().nullable(),
    },
    {
      id: COMMON_TEXTS.id,
      state:
        '`waiting`: it will be sent, perhaps again; `sent`: the mail server has taken it; `failed`: it was given up.',
      purpose: 'What it is, such as `password_reset`.',
      recipient: 'The e-mail address that it goes to.',
      accountId: 'Id of the account that it is about; null: none.',
      organizationId: 'Id of the organization of that account; null: none.',
      createdAt: COMMON_TEXTS.createdAt,
      attempts: 'How often it was tried to send it.',
      nextAttemptAt: 'When it is tried next; RFC 3339 in UTC. Null once it was sent or given up.',
      sentAt: 'When the mail server took it; RFC 3339 in UTC. Null: it has not.',
      failedAt: 'When it was given up; RFC 3339 in UTC. Null: it was not.',
      error: 'Why the last attempt failed; null: it did not.',
    },
  ),
);
export type MailItem = z.infer<typeof mailItem>;

export const mailTest = z.strictObject(
  described(
    { sent: z.boolean(), answer: z.string() },
    {
      sent: 'Whether the mail server has taken the test mail.',
      answer: 'What the mail server answered, or what went wrong, in plain words.',
    },
  ),
);
export type MailTest = z.infer<typeof mailTest>;

const tag = 'Mail';

export const listMailEndpoint = endpoint({
  method: 'GET',
  path: '/mail',
  tag,
  summary: 'Lists the mails of the last 30 days, the newest first, with what became of them.',
  description:
    'What a mail says is never shown: it may hold a link that works once. Once the mail server has taken it, that is erased.',
  query: z.strictObject(
    described(
      {
        state: z.enum(MAIL_STATES).optional(),
        limit: queryNumber(1, MAX_PAGE).optional(),
        after: z.string().min(1).max(2000).optional(),
      },
      { state: 'Only mails in this state.', ...PAGE_TEXTS },
    ),
  ),
  output: pageOf(mailItem),
});

export const testMailEndpoint = endpoint({
  method: 'POST',
  path: '/mail/test',
  tag,
  summary: 'Sends a test mail with the settings as they are, and tells what the mail server answered.',
  description:
    'It is sent at once and tried once only. Status 200 also where it could not be sent: `sent` tells.',
  body: testMailInput,
  output: mailTest,
  errors: ['conflict'],
});

export const retryMailEndpoint = endpoint({
  method: 'POST',
  path: '/mail/:mail/retry',
  tag,
  summary: 'Sends a mail at once that waits or was given up.',
  description:
    'At least one more attempt is made. A link in it may have ended meanwhile. `conflict` for a mail that was sent or is being sent, and for one whose account is deleted.',
  params: z.strictObject({ mail: pathId }),
  output: mailItem,
  errors: ['not_found', 'conflict'],
});
