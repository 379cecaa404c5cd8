import {
  type CreateReadOnlyUserInput,
  type CreateUserInput,
  createReadOnlyUserInput,
  createUserInput,
} from '../../../contract/accounts.ts';
import { type Action, act } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { parseInput } from '../../input.ts';
import { makePassword } from '../credentials/new-credential.ts';
import { createPerson, type NewPerson, requirePersonCreation } from './new-person.ts';

export type { NewPerson } from './new-person.ts';

/**
 * Creates a user. Takes a seat of the organization's and of the licence's users; with the System role `Read Only User`
 * it is a Read Only User, and takes none.
 * @throws AppError `forbidden`, `not_found`, `invalid_input`, `name_taken`, `limit_reached`, `throttled`
 */
export async function createUser(app: App, caller: Caller, rawInput: CreateUserInput): Promise<NewPerson> {
  const input = parseInput(createUserInput, rawInput);
  const ask = (action: Action) => requirePersonCreation(action, 'user', input);
  if (input.password !== undefined) await act(app, caller, 'user.create', ask);
  const password = await makePassword(app, caller, input.password, input.email);
  return await act(app, caller, 'user.create', async (action) => {
    const organization = await ask(action);
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
  const ask = (action: Action) => requirePersonCreation(action, 'read_only', input);
  if (input.password !== undefined) await act(app, caller, 'readOnlyUser.create', ask);
  const password = await makePassword(app, caller, input.password, input.email);
  return await act(app, caller, 'readOnlyUser.create', async (action) => {
    const organization = await ask(action);
    return await createPerson(app, action, { organization }, 'read_only', input, password);
  });
}
