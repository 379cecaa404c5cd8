import { z } from 'zod';
import { consequence } from './account-parts.ts';
import { SECRET_TEXTS } from './account-texts.ts';
import { accountQuery, type ChangeField } from './accounts.ts';
import { described } from './described.ts';
import { endpoint, fileEndpoint } from './endpoint.ts';
import { pathId, reference } from './references.ts';
import { ACCOUNT_KINDS } from './roles.ts';

/** Accounts that one import may have, and octets of its CSV. */
export const IMPORT_MAX_ROWS = 10_000;
export const IMPORT_MAX_BYTES = 20_000_000;

export type ColumnType = 'text' | 'list' | 'flag' | 'number';

/**
 * The columns of an export, in their order, and of an import: the fields of the forms. `userName` is the e-mail address of
 * a person, and the Access ID of an API user.
 */
export const ACCOUNT_COLUMNS = {
  kind: 'text',
  userName: 'text',
  firstName: 'text',
  lastName: 'text',
  pseudonym: 'text',
  systemRole: 'text',
  organizationRole: 'text',
  groups: 'list',
  locked: 'flag',
  disabled: 'flag',
  expiresAt: 'text',
  passwordResetRequired: 'flag',
  mfaResetRequired: 'flag',
  termsOfServiceAcceptanceRequired: 'flag',
  customTqlTimeoutMs: 'number',
  includeInObservations: 'flag',
  exceedApiLinkLimit: 'flag',
  timeZone: 'text',
  logOutAfterMinutes: 'number',
  summaryEmailTime: 'text',
  contactEmail: 'text',
  service: 'text',
  onlyOwners: 'list',
} as const satisfies Record<'kind' | ChangeField, ColumnType>;
export type AccountColumn = keyof typeof ACCOUNT_COLUMNS;

/** Columns that an import takes besides: what is generated for an account that it creates. */
export const CREATION_COLUMNS = {
  /** People: an invitation to choose the first password, in place of a generated one. */
  invite: 'flag',
  /** TAXII users: an API key beside the password. */
  apiKey: 'flag',
  /** API users: a token that is valid for so many days. */
  tokenExpirationDays: 'number',
} as const satisfies Record<string, ColumnType>;
export type ImportColumn = AccountColumn | keyof typeof CREATION_COLUMNS;

const importBody = z.strictObject(
  described(
    { csv: z.string(), dryRun: z.boolean().default(false) },
    {
      csv: `The accounts, one per line below a heading of columns. Lists are separated by semicolons; an empty cell says nothing; an owner stands as its name, or as \`owner/\` and its id. At most ${IMPORT_MAX_ROWS} accounts. Columns: ${[...Object.keys(ACCOUNT_COLUMNS), ...Object.keys(CREATION_COLUMNS)].map((name) => `\`${name}\``).join(', ')}.`,
      dryRun: 'Whether it only says what the import would do, and does nothing.',
    },
  ),
);
export const importAccountsInput = importBody.extend({ organization: reference });
export type ImportAccountsInput = z.input<typeof importAccountsInput>;

export const IMPORT_OUTCOMES = ['create', 'update', 'unchanged', 'error'] as const;

const problem = z.strictObject({
  /** The column; '' = the whole row. */
  path: z.string(),
  message: z.string(),
});

const importedRow = z.strictObject({
  /** Counted from 1 with the heading. */
  row: z.number(),
  /** Where it begins in the file. */
  line: z.number(),
  kind: z.enum(ACCOUNT_KINDS).nullable(),
  /** Null for an API user that is not created yet, and where none was given. */
  userName: z.string().nullable(),
  outcome: z.enum(IMPORT_OUTCOMES),
  problems: z.array(problem),
  consequences: z.array(consequence),
  secrets: z
    .strictObject(
      described(
        {
          password: z.string().optional(),
          apiKey: z.string().optional(),
          secretKey: z.string().optional(),
          token: z.string().optional(),
          invitation: z.string().optional(),
        },
        SECRET_TEXTS,
      ),
    )
    .optional()
    .describe('What was generated for a new account: never shown again.'),
});
export type ImportedRow = z.infer<typeof importedRow>;

export const importReport = z.strictObject({
  dryRun: z.boolean(),
  refused: z.boolean().describe('Whether anything was refused; then nothing is changed.'),
  counts: z.record(z.enum(IMPORT_OUTCOMES), z.number()),
  /** Seats that the rows without an error take, and what there is of them without the import. */
  seats: z.array(
    z.strictObject({
      limit: z.enum(['users', 'apiUsers', 'taxiiUsers']),
      /** Less than 0 where some become free. */
      wanted: z.number(),
      organization: z.strictObject({ used: z.number(), max: z.number(), left: z.number() }),
      licence: z.strictObject({ left: z.number() }),
    }),
  ),
  /** What is wrong with all rows together: there are not enough seats. */
  problems: z.array(problem),
  rows: z.array(importedRow),
});
export type ImportReport = z.infer<typeof importReport>;

export const EXPORT_FORMATS = ['csv', 'json'] as const;
const exportQuery = accountQuery.omit({ limit: true, after: true, total: true });
export const exportAccountsInput = exportQuery.extend({
  organization: reference,
  format: z.enum(EXPORT_FORMATS),
});
export type ExportAccountsInput = z.input<typeof exportAccountsInput>;

const tag = 'Accounts';
const params = z.strictObject({ organization: pathId });

export const importAccountsEndpoint = endpoint({
  method: 'POST',
  path: '/organizations/:organization/accounts/import',
  tag,
  summary:
    'Creates and edits accounts from CSV: all of them, or none. What is generated is shown this once. A refusal carries the report of every row.',
  params,
  body: importBody,
  output: importReport,
  errors: ['forbidden', 'not_found', 'limit_reached', 'unprocessable'],
  // The CSV as a JSON string.
  maxBody: 25_000_000,
});

const UNSEEN_OWNERS =
  'On the allow-list of a TAXII user (`onlyOwners`), an owner that the caller cannot see stands as `owner/` and its id, which an import takes.';

export const exportAccountsCsvEndpoint = fileEndpoint({
  method: 'GET',
  path: '/organizations/:organization/accounts/export.csv',
  tag,
  summary: 'Exports the accounts of an organization as CSV, which an import finds unchanged.',
  description: UNSEEN_OWNERS,
  params,
  query: exportQuery,
  media: 'text/csv',
  errors: ['forbidden', 'not_found'],
});

export const exportAccountsJsonEndpoint = fileEndpoint({
  method: 'GET',
  path: '/organizations/:organization/accounts/export.json',
  tag,
  summary: 'Exports the accounts of an organization as a JSON array with the columns of the CSV.',
  description: UNSEEN_OWNERS,
  params,
  query: exportQuery,
  media: 'application/json',
  errors: ['forbidden', 'not_found'],
});

export const BULK_ENDPOINTS = [importAccountsEndpoint, exportAccountsCsvEndpoint, exportAccountsJsonEndpoint];
