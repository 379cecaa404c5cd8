import { z } from 'zod';

/** Something that can be seen: neither blank nor invisible. */
const VISIBLE = /[^\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** Why something is done, for the audit trail, in words of whoever does it. */
export const auditReason = z
  .string()
  .trim()
  .max(500, 'must have at most 500 characters')
  .regex(/^[^\p{Cs}\u0000]*$/u, 'must not contain U+0000 or halves of surrogate pairs')
  .refine((text) => VISIBLE.test(text), 'must not be empty');
