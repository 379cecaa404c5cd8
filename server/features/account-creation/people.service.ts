import {
  type CreateReadOnlyUserInput,
  type CreateUserInput,
  createReadOnlyUserInput,
  createUserInput,
} from '../../../contract/accounts.ts';
import { type Action, act } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { parseInput } from '../../input.ts';
import { makeGeneratedPassword, makePassword, type NewCredential } from '../credentials/new-credential.ts';
import type { OrganizationRow } from '../owners/owners.store.ts';
import {
  createPerson,
  type NewPerson,
  requireNoPasswordOfInvited,
  requirePersonCreation,
} from './new-person.ts';

export type { NewPerson } from './new-person.ts';

type NewPersonInput = {
  email: string;
  firstName: string;
  lastName: string;
  password?: string | undefined;
  invite: boolean;
};

/**
 * Creates a user. Takes a seat of the organization's and of the licence's users; with the System role `Read Only User`
 * it is a read-only user, and takes none.
 * @throws AppError `forbidden`, `not_found`, `invalid_input`, `name_taken`, `limit_reached`, `throttled`
 */
export async function createUser(app: App, caller: Caller, rawInput: CreateUserInput): Promise<NewPerson> {
  const input = parseInput(createUserInput, rawInput);
  const ask = (action: Action) => requirePersonCreation(action, 'user', input);
  const password = await firstPassword(app, caller, 'user.create', ask, input);
  return await act(app, caller, 'user.create', async (action) => {
    const organization = await ask(action);
    return await createPerson(app, action, { organization }, 'user', input, password);
  });
}

/**
 * Creates a read-only user, where the licence and the organization allow them. It takes no seat; with another System role
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
  const password = await firstPassword(app, caller, 'readOnlyUser.create', ask, input);
  return await act(app, caller, 'readOnlyUser.create', async (action) => {
    const organization = await ask(action);
    return await createPerson(app, action, { organization }, 'read_only', input, password);
  });
}

/** The first password; none for whoever is invited. One that was typed is looked at once it is known that the caller may create the account. */
async function firstPassword(
  app: App,
  caller: Caller,
  name: string,
  ask: (action: Action) => Promise<OrganizationRow>,
  { email, firstName, lastName, password, invite }: NewPersonInput,
): Promise<NewCredential | undefined> {
  requireNoPasswordOfInvited({ invite, password });
  if (invite) return undefined;
  if (password === undefined) return makeGeneratedPassword(app);
  const { name: organizationName } = await act(app, caller, name, ask);
  const holder = { userName: email, firstName, lastName, organizationName, isPerson: true };
  return await makePassword(app, caller, password, holder);
}
