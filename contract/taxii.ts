import { z } from 'zod';
import { displayName, emailAddress, userName } from './names.ts';
import { wholeNumber } from './numbers.ts';

/** Creating a TAXII user: exactly the fields of its form. Pseudonym, roles and kind are not the creator's to set. */
export const createTaxiiUserInput = z.strictObject({
  userName,
  organization: z.string().min(1),
  /** Name or path of the TAXII service; may be left out where the organization can use only one. */
  service: z.string().min(1).optional(),
  /** Absent: one is generated and given back once. */
  password: z.string().optional(),
  /** Names of the owners that the account is narrowed to; absent = all that its roles allow. */
  onlyOwners: z.array(z.string().min(1)).min(1).max(1000).optional(),
  /** Also generates an API key of its own. */
  apiKey: z.boolean().default(false),
  contactEmail: emailAddress.optional(),
  locked: z.boolean().default(false),
  disabled: z.boolean().default(false),
});
export type CreateTaxiiUserInput = z.input<typeof createTaxiiUserInput>;

export const rotateCredentialInput = z.strictObject({
  userName: z.string().min(1),
  credential: z.enum(['password', 'api_key']),
  /** A typed password; absent: one is generated. An API key is always generated. */
  password: z.string().optional(),
  /** For how long the credential before stays valid, so that a running client never fails. */
  overlapSeconds: wholeNumber(0, 30 * 86_400).default(0),
});
export type RotateCredentialInput = z.input<typeof rotateCredentialInput>;

const pageSize = wholeNumber(1, 10_000);

export const createTaxiiServiceInput = z.strictObject({
  name: displayName,
  path: z.string().min(1).max(500),
  title: z.string().trim().min(1).max(200).optional(),
  description: z.string().trim().min(1).max(2000).optional(),
  /** Names of the organizations that may use it; absent = every organization. */
  organizations: z.array(z.string().min(1)).min(1).max(10_000).optional(),
  defaultPageSize: pageSize.default(1000),
  maxPageSize: pageSize.default(10_000),
  maxPageBytes: wholeNumber(100_000, 100_000_000).default(20_000_000),
  maxContentLength: wholeNumber(1000, 1_000_000_000).default(10_485_760),
  strict: z.boolean().default(false),
});
export type CreateTaxiiServiceInput = z.input<typeof createTaxiiServiceInput>;
