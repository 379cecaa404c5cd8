import { z } from 'zod';
import { described } from './described.ts';
import { endpoint } from './endpoint.ts';
import { session } from './session.ts';

const tag = 'Sessions';

/** A password as it is typed, to be compared or to be set: exactly as it is. */
const password = z.string().min(1, 'must not be empty').max(1024, 'must have at most 1024 characters');

export const changePasswordEndpoint = endpoint({
  method: 'PUT',
  path: '/session/password',
  tag,
  summary: 'Changes the own password, for whoever knows the present one.',
  description:
    'All other sessions of the account end, and so do its links for setting a password; this session goes on under a new cookie. What a password must be is told by `GET /password-policy`.',
  authentication: 'session',
  during: ['change_password'],
  body: z.strictObject(
    described(
      { currentPassword: password, newPassword: password },
      {
        currentPassword:
          'The present password. Wrong ones count as failed attempts to sign in, and make the next one wait.',
        newPassword: 'The new password, kept exactly as it is. It must not be the present one.',
      },
    ),
  ),
  output: session,
  errors: ['conflict', 'throttled'],
  maxBody: 16_384,
});
export type ChangePasswordInput = z.output<typeof changePasswordEndpoint.body>;

export const passwordPolicyEndpoint = endpoint({
  method: 'GET',
  path: '/password-policy',
  tag,
  summary: 'Shows what a password must be that somebody types, for forms to tell it.',
  authentication: 'public',
  output: z.strictObject(
    described(
      {
        minLengthOfPeople: z.number(),
        minLengthOfMachines: z.number(),
        maxOctets: z.number(),
        minDifferentCharacters: z.number(),
        minCharacterClasses: z.number(),
        characterClassesBelowLength: z.number(),
        history: z.number(),
        maxAgeDays: z.number(),
        namesRefused: z.boolean(),
        commonPasswordsRefused: z.boolean(),
        breachedPasswordsRefused: z.boolean(),
      },
      {
        minLengthOfPeople:
          'The least number of characters (Unicode code points) for a person: a smaller one while everybody needs a second factor.',
        minLengthOfMachines: 'The least number of characters for a TAXII user.',
        maxOctets: 'The greatest number of octets in UTF-8.',
        minDifferentCharacters: 'The least number of different characters.',
        minCharacterClasses:
          'Characters of so many of four classes must be there (capital letters, small letters, digits, others); 0: no such rule.',
        characterClassesBelowLength: 'From this length on there is no rule about classes.',
        history: 'So many of its last passwords an account may not use again; 0: no such rule.',
        maxAgeDays: 'After so many days a person must change the password; 0: never.',
        namesRefused:
          'Names of the product, the organization and the account are refused, and passwords of little more than those.',
        commonPasswordsRefused: 'Passwords that many people use are refused.',
        breachedPasswordsRefused: 'Passwords that are known from data breaches are refused.',
      },
    ),
  ),
});
export type PasswordPolicyView = z.output<typeof passwordPolicyEndpoint.output>;
