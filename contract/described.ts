import type { z } from 'zod';

/**
 * The fields of an object, each with what it means for those who read the OpenAPI document: sentences, in which `…` is code.
 * A field without a text does not compile.
 */
export function described<Shape extends Record<string, z.ZodType>>(
  shape: Shape,
  texts: { readonly [Name in keyof Shape]: string },
): Shape {
  const entries = Object.entries<z.ZodType>(shape).map(([name, schema]) => [
    name,
    schema.meta({ description: texts[name as keyof Shape] }),
  ]);
  return Object.fromEntries(entries) as Shape;
}

/** What a parameter in a path is, unless the endpoint says otherwise. */
export const PATH_PARAMETERS: Readonly<Record<string, string>> = {
  account: 'Id of the account.',
  collection: 'Id of the collection: a UUID.',
  credential: 'Id of the credential, as `credentials` of the account has it.',
  group: 'Id of the user group.',
  mail: 'Id of the mail, as the list of the mails has it.',
  organization: 'Id of the organization.',
  owner: 'Id of the community or source.',
  service: 'Id of the TAXII service.',
  session: 'Id of the session, as the list of the sessions has it.',
  object: 'STIX id of the object.',
  passkey: 'Id of the passkey.',
  setting: 'Name of the system setting.',
  version: 'Number of the version.',
};

/** What things of every sort have in an answer. */
export const COMMON_TEXTS = {
  id: 'Its id: never used again, also when it is deleted.',
  name: 'Its name.',
  version: 'Goes up with every change; an edit names the version that it was made from.',
  createdAt: 'When it was created; RFC 3339 in UTC.',
  abilities: 'What the caller may do with it, by operation.',
  organization: 'The organization that it belongs to.',
  description: 'What it is for, in a few sentences; null: nothing is said.',
  warnings: 'What whoever made the change should know, in sentences.',
} as const;
