import {
  type CreateReadOnlyUserInput,
  type CreateUserInput,
  createReadOnlyUserInput,
  createUserInput,
} from '../../../contract/accounts.ts';
import { act } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { parseInput } from '../../input.ts';
import { makePassword } from '../credentials/new-credential.ts';
import { requireCreation } from './new-account.ts';
import { createPerson, type NewPerson } from './new-person.ts';

export type { NewPerson } from './new-person.ts';

/**
 * Creates a user. Takes a seat of the organization's and of the licence's users; with the System role `Read Only User`
 * it is a Read Only User, and takes none.
 * @throws AppError `forbidden`, `not_found`, `invalid_input`, `name_taken`, `limit_reached`
 */
export async function createUser(app: App, caller: Caller, rawInput: CreateUserInput): Promise<NewPerson> {
  const input = parseInput(createUserInput, rawInput);
  const password = await makePassword(app, input.password, input.email);
  return await act(app, caller, 'user.create', async (action) => {
    const organization = await requireCreation(action, 'user', input.organization, input.email);
    return await createPerson(app, action, { organization }, 'user', input, password);
  });
}

/**
 * Creates a Read Only User, where the licence and the organization allow them. It takes no seat; with another System role
 * it is a user, and takes one.
 * @throws AppError like `createUser`
 */
export async function createReadOnlyUser(
  app: App,
  caller: Caller,
  rawInput: CreateReadOnlyUserInput,
): Promise<NewPerson> {
  const input = parseInput(createReadOnlyUserInput, rawInput);
  const password = await makePassword(app, input.password, input.email);
  return await act(app, caller, 'readOnlyUser.create', async (action) => {
    const organization = await requireCreation(action, 'read_only', input.organization, input.email);
    return await createPerson(app, action, { organization }, 'read_only', input, password);
  });
}
