import { z } from 'zod';
import { instant } from './account-fields.ts';
import { described } from './described.ts';
import { endpoint } from './endpoint.ts';

const profile = z.strictObject(
  described(
    {
      version: z.number(),
      firstName: z.string().nullable(),
      lastName: z.string().nullable(),
      pseudonym: z.string(),
      timeZone: z.string().nullable(),
      logOutAfterMinutes: z.number().nullable(),
      usualLogOutMinutes: z.number(),
      summaryEmailTime: z.string().nullable(),
      passwordChangedAt: instant.nullable(),
      abilities: z.strictObject({
        changePseudonym: z.boolean(),
        changeEmail: z.boolean(),
        changePassword: z.boolean(),
      }),
    },
    {
      version: 'Goes up with every change of the account; an edit names the one that was shown.',
      firstName: 'The first name.',
      lastName: 'The last name.',
      pseudonym: 'The name under which others see the account where real names are not shown.',
      timeZone: 'An IANA time zone; null: none was chosen.',
      logOutAfterMinutes:
        'After so many minutes without a request the person is logged out; null: after the usual time.',
      usualLogOutMinutes: 'The usual time: the system setting `sessionIdleMinutes`.',
      summaryEmailTime: 'When the daily summary is mailed, in the time zone of the person; null: none is.',
      passwordChangedAt: 'When the person last chose a password; null: never.',
      abilities:
        '`changePseudonym`: the organization allows it, or the person may change everybody’s. `changeEmail`: the system setting `ownEmailChangeAllowed` is on, or the person may change user names. `changePassword`: there is a password.',
    },
  ),
);
export type Profile = z.infer<typeof profile>;

export const getProfileEndpoint = endpoint({
  method: 'GET',
  path: '/session/profile',
  tag: 'Accounts',
  summary: 'Shows what people change of their own account, and what of it they may change.',
  authentication: 'session',
  output: profile,
});
