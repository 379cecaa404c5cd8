import { z } from 'zod';
import { described } from './described.ts';
import { endpoint } from './endpoint.ts';

/** What a sign-in screen must know before anybody has signed in, and nothing that helps an attacker: no version, no figures, no names. */
export const instanceView = z.strictObject(
  described(
    { name: z.string(), setUp: z.boolean(), mailConfigured: z.boolean(), passkeys: z.boolean() },
    {
      name: 'What the instance is called.',
      setUp:
        'Whether there is an Administrator. Where there is none, the first one is created with the set-up code.',
      mailConfigured:
        'Whether the instance sends mail. Where it does not, a forgotten password is for an administrator to reset.',
      passkeys: 'Whether passkeys can be used at the address of this request.',
    },
  ),
);
export type InstanceView = z.infer<typeof instanceView>;

export const getInstanceEndpoint = endpoint({
  method: 'GET',
  path: '/instance',
  tag: 'Set-up',
  summary: 'Tells a sign-in screen what it needs to know.',
  authentication: 'public',
  output: instanceView,
});
