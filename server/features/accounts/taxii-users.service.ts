import {
  type CreateTaxiiUserInput,
  createTaxiiUserInput,
  type RotateCredentialInput,
  rotateCredentialInput,
} from '../../../contract/taxii.ts';
import { type Action, act, reading } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import type { Transaction } from '../../db/transaction.ts';
import { AppError, invalid } from '../../errors.ts';
import { parseInput } from '../../input.ts';
import type { Micros } from '../../protocols/timestamp.ts';
import type { StoredSecret } from '../../secrets.ts';
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
import { type AccountState, accountState, requireSeat, requireTypedPassword } from './accounts.rules.ts';
import {
  type AccountRow,
  countSeats,
  endCredentials,
  findAccount,
  freePseudonym,
  insertAccount,
  insertAllowedOwners,
  insertCredential,
  listAllowedOwners,
  listTaxiiUsers,
  lockAccount,
  updateAccount,
} from './accounts.store.ts';

/** Random bits of a generated password or API key. */
const SECRET_BITS = 192;
/** Tells a person or a secret scanner what a found string is. */
const API_KEY_PREFIX = 'txw_';

export type NewTaxiiUser = {
  id: number;
  userName: string;
  pseudonym: string;
  organization: string;
  organizationRole: 'Standard User';
  service: { name: string; path: string };
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
  if (input.password !== undefined) requireTypedPassword(input.password, input.userName);
  const generated = input.password === undefined ? app.secrets.generate(SECRET_BITS) : undefined;
  const password = await stored(app, generated, input.password);
  const apiKey = input.apiKey ? API_KEY_PREFIX + app.secrets.generate(SECRET_BITS) : undefined;

  return await act(app, caller, 'taxiiUser.create', async ({ tx, access, now, audit }) => {
    const organization = requireVisibleOrganization(
      access,
      await findOrganization(tx, input.organization),
      input.organization,
    );
    access.require('taxiiUser.create', { organizationId: organization.id });
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
    await insertCredential(tx, {
      account_id: id,
      kind: 'password',
      ...password,
      created_at: now,
      expires_at: null,
    });
    if (apiKey !== undefined) await insertApiKey(app, tx, id, apiKey, now);
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
      ...(generated === undefined ? {} : { password: generated }),
      ...(apiKey === undefined ? {} : { apiKey }),
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
  service: string | null;
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
      'taxiiUser.view',
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
      service: row.service_path,
      onlyOwners: allowed.filter((entry) => entry.account_id === row.id).map((entry) => entry.owner_name),
      createdAt: row.created_at,
      lastUsedAt: row.last_used_at,
      lastUsedFrom: row.last_used_from,
    }));
  });
}

/**
 * Replaces the password or the API key. With an overlap the one before stays valid for that long; without, it ends at
 * once. Gives back what was generated, this once.
 */
export async function rotateTaxiiUserCredential(
  app: App,
  caller: Caller,
  rawInput: RotateCredentialInput,
): Promise<{ userName: string; password?: string; apiKey?: string; previousValidUntil: Micros | null }> {
  const input = parseInput(rotateCredentialInput, rawInput);
  if (input.password !== undefined) {
    if (input.credential === 'api_key') throw invalid('password', 'an API key is always generated');
    requireTypedPassword(input.password, input.userName);
  }
  const isKey = input.credential === 'api_key';
  const generated =
    input.password === undefined
      ? (isKey ? API_KEY_PREFIX : '') + app.secrets.generate(SECRET_BITS)
      : undefined;
  const secret = await stored(app, generated, input.password);
  return await act(app, caller, 'taxiiUser.rotate', async (action) => {
    const { tx, now } = action;
    const account = await lockTaxiiUser(action, input.userName, 'taxiiUser.credential');
    const until = input.overlapSeconds === 0 ? null : now + input.overlapSeconds * 1_000_000;
    await endCredentials(tx, account.id, input.credential, until ?? 'now');
    await insertCredential(tx, {
      account_id: account.id,
      kind: input.credential,
      ...secret,
      created_at: now,
      expires_at: null,
    });
    await updateAccount(tx, account.id, { credential_version: account.credential_version + 1 });
    await auditOn(action, account, { credential: input.credential, previousValidUntil: until });
    return {
      userName: account.user_name,
      ...(generated === undefined ? {} : isKey ? { apiKey: generated } : { password: generated }),
      previousValidUntil: until,
    };
  });
}

/** Sets or clears Locked. */
export async function lockTaxiiUserAccount(
  app: App,
  caller: Caller,
  userName: string,
  locked: boolean,
): Promise<void> {
  await act(app, caller, locked ? 'taxiiUser.lock' : 'taxiiUser.unlock', async (action) => {
    const account = await lockTaxiiUser(action, userName, 'taxiiUser.edit');
    await updateAccount(action.tx, account.id, {
      locked_at: locked ? (account.locked_at ?? action.now) : null,
    });
    await auditOn(action, account, { locked: { before: account.locked_at !== null, after: locked } });
  });
}

/** Sets or clears Disabled. A disabled account keeps its seat. */
export async function disableTaxiiUser(
  app: App,
  caller: Caller,
  userName: string,
  disabled: boolean,
): Promise<void> {
  await act(app, caller, disabled ? 'taxiiUser.disable' : 'taxiiUser.enable', async (action) => {
    const account = await lockTaxiiUser(action, userName, 'taxiiUser.edit');
    await updateAccount(action.tx, account.id, {
      disabled_at: disabled ? (account.disabled_at ?? action.now) : null,
    });
    await auditOn(action, account, { disabled: { before: account.disabled_at !== null, after: disabled } });
  });
}

/** Deletes the account: its credentials end, its seat and its user name are free, and a tombstone keeps what it did attributable. */
export async function deleteTaxiiUser(app: App, caller: Caller, userName: string): Promise<void> {
  await act(app, caller, 'taxiiUser.delete', async (action) => {
    const account = await lockTaxiiUser(action, userName, 'taxiiUser.delete');
    await endCredentials(action.tx, account.id, 'all', 'now');
    await updateAccount(action.tx, account.id, {
      deleted_at: action.now,
      user_name_key: null,
      credential_version: account.credential_version + 1,
    });
    await auditOn(action, account, {});
  });
}

async function stored(
  app: App,
  generated: string | undefined,
  typed: string | undefined,
): Promise<StoredSecret> {
  if (generated !== undefined) return { algorithm: 'sha256', hash: app.secrets.digest(generated) };
  return await app.secrets.hash(typed ?? '');
}

async function insertApiKey(
  app: App,
  tx: Transaction,
  accountId: number,
  key: string,
  now: Micros,
): Promise<void> {
  await insertCredential(tx, {
    account_id: accountId,
    kind: 'api_key',
    algorithm: 'sha256',
    hash: app.secrets.digest(key),
    created_at: now,
    expires_at: null,
  });
}

/** The TAXII user of that name, locked, after the permission was asked for. Who may not view it learns nothing of it. */
async function lockTaxiiUser(
  { tx, access }: Action,
  userName: string,
  permission: 'taxiiUser.edit' | 'taxiiUser.credential' | 'taxiiUser.delete',
): Promise<AccountRow> {
  const account = await lockAccount(tx, userName);
  const missing = { message: `There is no TAXII user named "${userName}".` };
  if (account === undefined || account.kind !== 'taxii') {
    access.can(permission, {});
    throw new AppError('not_found', missing);
  }
  const target = { organizationId: account.organization_id, systemRole: account.system_role };
  if (!access.can('taxiiUser.view', target)) throw new AppError('not_found', missing);
  access.require(permission, target);
  return account;
}

async function auditOn(
  { audit }: Action,
  account: AccountRow,
  details: Record<string, unknown>,
): Promise<void> {
  await audit({
    organizationId: account.organization_id,
    targetKind: 'taxii_user',
    targetId: account.id,
    targetName: account.user_name,
    details,
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
