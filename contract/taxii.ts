import { z } from 'zod';
import { instant } from './accounts.ts';
import { emailAddress, userName } from './names.ts';
import { reference } from './references.ts';

/** Creating a TAXII user: exactly the fields of its form. Pseudonym, roles and kind are not the creator's to set. */
export const createTaxiiUserInput = z.strictObject({
  userName,
  organization: reference,
  /** Id, name or path of the TAXII service; may be left out where the organization can use only one. */
  service: reference.optional(),
  /** Absent: one is generated and given back once. */
  password: z.string().optional(),
  /** The owners that the account is narrowed to; absent = all that its roles allow. */
  onlyOwners: z.array(reference).min(1).max(1000).optional(),
  /** Also generates an API key of its own. */
  apiKey: z.boolean().default(false),
  contactEmail: emailAddress.optional(),
  locked: z.boolean().default(false),
  disabled: z.boolean().default(false),
  expiresAt: instant.optional(),
});
export type CreateTaxiiUserInput = z.input<typeof createTaxiiUserInput>;
