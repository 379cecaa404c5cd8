import { type CreateTaxiiUserInput, createTaxiiUserInput } from '../../../contract/taxii.ts';
import { type Action, act } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { parseInput } from '../../input.ts';
import { makePassword, makeToken } from '../credentials/new-credential.ts';
import { requireCreation } from './new-account.ts';
import { createTaxiiUserWith, type NewTaxiiUser } from './new-taxii-user.ts';

export type { NewTaxiiUser } from './new-taxii-user.ts';

/**
 * Creates a TAXII user: pseudonym given automatically, Organization role Standard User, both fixed; bound to one TAXII
 * service. Takes a seat of the organization's TAXII user limit and of the licence.
 * @throws AppError `forbidden`, `not_found`, `invalid_input`, `name_taken`, `limit_reached`, `throttled`
 */
export async function createTaxiiUser(
  app: App,
  caller: Caller,
  rawInput: CreateTaxiiUserInput,
): Promise<NewTaxiiUser> {
  const input = parseInput(createTaxiiUserInput, rawInput);
  const ask = (action: Action) => requireCreation(action, 'taxii', input.organization, input.userName);
  const asked = input.password === undefined ? undefined : await act(app, caller, 'taxiiUser.create', ask);
  const password = await makePassword(app, caller, input.password, {
    userName: input.userName,
    organizationName: asked?.name,
    isPerson: false,
  });
  const apiKey = input.apiKey ? makeToken(app, 'api_key') : undefined;

  return await act(app, caller, 'taxiiUser.create', async (action) => {
    const organization = await ask(action);
    return await createTaxiiUserWith(app, action, { organization }, input, { password, apiKey });
  });
}
