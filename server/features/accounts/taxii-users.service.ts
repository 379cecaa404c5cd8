import { type CreateTaxiiUserInput, createTaxiiUserInput } from '../../../contract/taxii.ts';
import { act, reading } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { parseInput } from '../../input.ts';
import type { Micros } from '../../protocols/timestamp.ts';
import { requireVisibleOrganization } from '../owners/owners.rules.ts';
import { findOrganization } from '../owners/owners.store.ts';
import { type AccountState, accountState } from './accounts.rules.ts';
import { listAllowedOwners, listTaxiiUsers } from './accounts.store.ts';
import { requireCreation } from './new-account.ts';
import { makePassword, makeToken } from './new-credential.ts';
import { createTaxiiUserWith, type NewTaxiiUser } from './new-taxii-user.ts';

export type { NewTaxiiUser } from './new-taxii-user.ts';

/**
 * Creates a TAXII user: pseudonym given automatically, Organization role Standard User, both fixed; bound to one TAXII
 * service. Takes a seat of the organization's TAXII user limit and of the licence.
 * @throws AppError `forbidden`, `not_found`, `invalid_input`, `name_taken`, `limit_reached`
 */
export async function createTaxiiUser(
  app: App,
  caller: Caller,
  rawInput: CreateTaxiiUserInput,
): Promise<NewTaxiiUser> {
  const input = parseInput(createTaxiiUserInput, rawInput);
  const password = await makePassword(app, input.password, input.userName);
  const apiKey = input.apiKey ? makeToken(app, 'api_key') : undefined;

  return await act(app, caller, 'taxiiUser.create', async (action) => {
    const organization = await requireCreation(action, 'taxii', input.organization, input.userName);
    return await createTaxiiUserWith(app, action, { organization }, input, { password, apiKey });
  });
}

export type TaxiiUser = {
  id: number;
  userName: string;
  pseudonym: string;
  organization: string;
  state: AccountState;
  locked: boolean;
  disabled: boolean;
  /** Null once the service is gone. */
  service: { name: string; path: string } | null;
  contactEmail: string | null;
  onlyOwners: string[];
  createdAt: Micros;
  lastUsedAt: Micros | null;
  lastUsedFrom: string | null;
};

/** The TAXII users of the organization, or of all organizations where none is named. */
export async function listTaxiiUserAccounts(
  app: App,
  caller: Caller,
  organizationName?: string,
): Promise<TaxiiUser[]> {
  return await reading(async () => {
    const organization =
      organizationName === undefined
        ? undefined
        : requireVisibleOrganization(
            caller.access,
            await findOrganization(app.db.read, organizationName),
            organizationName,
          );
    caller.access.require(
      'account.view',
      organization === undefined ? {} : { organizationId: organization.id },
    );
    const rows = await listTaxiiUsers(app.db.read, organization?.id ?? 'instance');
    const allowed = await listAllowedOwners(
      app.db.read,
      rows.filter((row) => row.narrowed === 1).map((row) => row.id),
    );
    const now = app.clock.now();
    return rows.map((row) => ({
      id: row.id,
      userName: row.user_name,
      pseudonym: row.pseudonym,
      organization: row.organization_name,
      state: accountState(row, now),
      locked: row.locked_at !== null,
      disabled: row.disabled_at !== null,
      service:
        row.service_name === null || row.service_path === null
          ? null
          : { name: row.service_name, path: row.service_path },
      contactEmail: row.contact_email,
      onlyOwners: allowed.filter((entry) => entry.account_id === row.id).map((entry) => entry.owner_name),
      createdAt: row.created_at,
      lastUsedAt: row.last_used_at,
      lastUsedFrom: row.last_used_from,
    }));
  });
}
