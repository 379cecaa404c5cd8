import { z } from 'zod';
import { instant } from './account-fields.ts';
import { CREATION_TEXTS, FIELD_TEXTS } from './account-texts.ts';
import { described } from './described.ts';
import { emailAddress, userName } from './names.ts';
import { reference } from './references.ts';

/** Creating a TAXII user: exactly the fields of its form. Pseudonym, roles and kind are not the creator's to set. */
export const createTaxiiUserInput = z.strictObject(
  described(
    {
      userName,
      organization: reference,
      service: reference.optional(),
      password: z.string().optional(),
      onlyOwners: z.array(reference).min(1).max(1000).optional(),
      apiKey: z.boolean().default(false),
      contactEmail: emailAddress.optional(),
      locked: z.boolean().default(false),
      disabled: z.boolean().default(false),
      expiresAt: instant.optional(),
    },
    {
      ...FIELD_TEXTS,
      ...CREATION_TEXTS,
      userName: 'The name that it signs in with: at most 100 characters, and no colon.',
      service: `${FIELD_TEXTS.service} May be left out where the organization can use only one.`,
    },
  ),
);
export type CreateTaxiiUserInput = z.input<typeof createTaxiiUserInput>;
