import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { createAdministratorInput } from './organizations.ts';

/** Creating the first Administrator with the one-time set-up code that the server printed at its start. */
export const setupEndpoint = endpoint({
  method: 'POST',
  path: '/setup',
  summary: 'Creates the first Administrator with the one-time set-up code.',
  authentication: 'public',
  tag: 'Set-up',
  body: createAdministratorInput.extend({
    setupCode: z.string().min(1).max(200).describe('The one-time code that the server printed at its start.'),
  }),
  output: z.strictObject({
    id: z.number(),
    email: z.string(),
    organization: z.string(),
    pseudonym: z.string(),
  }),
  status: 201,
});
export type SetupInput = z.input<typeof setupEndpoint.body>;
