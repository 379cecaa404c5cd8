import { type CreateTaxiiUserInput, createTaxiiUserInput } from '../../../contract/taxii.ts';
import { act, reading } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import type { Transaction } from '../../db/transaction.ts';
import { AppError, invalid } from '../../errors.ts';
import { parseInput } from '../../input.ts';
import type { Micros } from '../../protocols/timestamp.ts';
import { lockInstance } from '../instance/instance.store.ts';
import { requireVisibleOrganization } from '../owners/owners.rules.ts';
import {
  findMembership,
  findOrganization,
  findOwner,
  lockOrganization,
  type OwnerRow,
} from '../owners/owners.store.ts';
import { findUsableService, listUsableServices } from '../taxii-services/taxii-services.store.ts';
import { type AccountState, accountState, requireSeat } from './accounts.rules.ts';
import {
  countSeats,
  findAccount,
  freePseudonym,
  insertAccount,
  insertAllowedOwners,
  insertCredential,
  listAllowedOwners,
  listTaxiiUsers,
} from './accounts.store.ts';
import { makeApiKey, makePassword, shownCredential } from './new-credential.ts';

export type NewTaxiiUser = {
  id: number;
  userName: string;
  pseudonym: string;
  organization: string;
  organizationRole: 'Standard User';
  service: { name: string; path: string };
  contactEmail: string | null;
  /** Only if it was generated; this is the one time it can be seen. */
  password?: string;
  apiKey?: string;
};

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
  const apiKey = input.apiKey ? makeApiKey(app) : undefined;

  return await act(app, caller, 'taxiiUser.create', async ({ tx, access, now, audit }) => {
    const organization = requireVisibleOrganization(
      access,
      await findOrganization(tx, input.organization),
      input.organization,
    );
    access.require('account.create', { organizationId: organization.id });
    const instance = await lockInstance(tx);
    const limits = await lockOrganization(tx, organization.id);
    requireSeat(
      'taxiiUsers',
      {
        name: organization.name,
        used: await countSeats(tx, 'taxii', organization.id),
        max: limits.max_taxii_users,
      },
      { used: await countSeats(tx, 'taxii', 'instance'), max: instance.max_taxii_users },
    );
    if ((await findAccount(tx, input.userName)) !== undefined) {
      throw new AppError('name_taken', { message: `The user name "${input.userName}" is already in use.` });
    }
    const service = await chooseService(tx, input.service, organization.id);
    const onlyOwners: OwnerRow[] = [];
    for (const name of input.onlyOwners ?? [])
      onlyOwners.push(await ownerWithinReach(tx, name, organization.id));
    const pseudonym = await freePseudonym(tx, () => Buffer.from(app.secrets.generate(40), 'base64url'));
    const id = await insertAccount(tx, {
      kind: 'taxii',
      organization_id: organization.id,
      user_name: input.userName,
      pseudonym,
      first_name: null,
      last_name: null,
      contact_email: input.contactEmail ?? null,
      system_role: 'Taxii User',
      organization_role: 'Standard User',
      service_id: service.id,
      narrowed: onlyOwners.length > 0 ? 1 : 0,
      credential_version: 1,
      locked_at: input.locked ? now : null,
      disabled_at: input.disabled ? now : null,
      deleted_at: null,
      expires_at: null,
      created_at: now,
      last_used_at: null,
      last_used_from: null,
    });
    await insertAllowedOwners(tx, id, [...new Set(onlyOwners.map((owner) => owner.id))]);
    await insertCredential(tx, id, password, now);
    if (apiKey !== undefined) await insertCredential(tx, id, apiKey, now);
    await audit({
      organizationId: organization.id,
      targetKind: 'taxii_user',
      targetId: id,
      targetName: input.userName,
      details: {
        service: service.path,
        ...(onlyOwners.length > 0 ? { onlyOwners: onlyOwners.map((owner) => owner.name) } : {}),
        apiKey: apiKey !== undefined,
        locked: input.locked,
        disabled: input.disabled,
      },
    });
    return {
      id,
      userName: input.userName,
      pseudonym,
      organization: organization.name,
      organizationRole: 'Standard User',
      service: { name: service.name, path: service.path },
      contactEmail: input.contactEmail ?? null,
      ...shownCredential(password),
      ...(apiKey === undefined ? {} : shownCredential(apiKey)),
    };
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

async function chooseService(tx: Transaction, name: string | undefined, organizationId: number) {
  if (name !== undefined) {
    const service = await findUsableService(tx, name, organizationId);
    if (service === undefined) {
      throw new AppError('not_found', {
        message: `The organization can use no TAXII service named "${name}".`,
      });
    }
    return service;
  }
  const usable = await listUsableServices(tx, organizationId);
  const [only] = usable;
  if (only === undefined || usable.length > 1) {
    const names = usable.map((service) => service.name).join(', ');
    throw invalid(
      'service',
      only === undefined ? 'the organization can use no TAXII service' : `must be one of: ${names}`,
    );
  }
  return only;
}

/** An owner that members of the organization can have to do with: itself, or one that it is a member of. */
async function ownerWithinReach(tx: Transaction, name: string, organizationId: number): Promise<OwnerRow> {
  const owner = await findOwner(tx, name);
  const isWithinReach =
    owner !== undefined &&
    (owner.id === organizationId || (await findMembership(tx, owner.id, organizationId)) !== undefined);
  if (isWithinReach) return owner;
  throw new AppError('not_found', {
    message: `The organization has nothing to do with an owner named "${name}".`,
  });
}
