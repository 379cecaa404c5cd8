import { type CreateApiUserInput, createApiUserInput } from '../../../contract/accounts.ts';
import { act } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { parseInput } from '../../input.ts';
import { makeAccessId } from '../credentials/new-credential.ts';
import { requireCreation } from './new-account.ts';
import { createApiUserWith, type NewApiUser } from './new-api-user.ts';

export type { NewApiUser } from './new-api-user.ts';

/**
 * Creates an API user with an Access ID and a Secret Key, and with a token where `tokenExpirationDays` is given. Takes a
 * seat of the organization's and of the licence's API users, where the licence allows them.
 * @throws AppError `forbidden`, `not_found`, `invalid_input`, `limit_reached`
 */
export async function createApiUser(
  app: App,
  caller: Caller,
  rawInput: CreateApiUserInput,
): Promise<NewApiUser> {
  const input = parseInput(createApiUserInput, rawInput);
  return await act(app, caller, 'apiUser.create', async (action) => {
    const accessId = makeAccessId();
    const organization = await requireCreation(action, 'api', input.organization, accessId);
    return await createApiUserWith(app, action, { organization }, accessId, input);
  });
}
