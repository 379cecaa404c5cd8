import { z } from 'zod';

/** What a use case is about: by its id, as the REST API names it, or by its name, as a person does. */
export const reference = z
  .union([z.number().int().positive(), z.string().min(1).max(300)])
  .meta({ description: 'By id (a number) or by name (a string).' });
export type Reference = z.infer<typeof reference>;

/** An id in the path of a request. */
export const pathId = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, 'must be an id')
  .transform(Number);

/** An id, or a name, in the path of a request: what could be an id is one. */
export const pathReference = z
  .string()
  .min(1)
  .max(300)
  .transform((text): Reference => (pathId.safeParse(text).success ? Number(text) : text));

/** The version of a row that an edit was made from. */
export const rowVersion = z.number().int().positive().meta({
  description:
    '`version` of what was read. The edit is refused (`stale`), not merged, when there is a newer one.',
});
