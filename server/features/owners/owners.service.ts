import {
  type AddMemberInput,
  addMemberInput,
  type CreateOrganizationInput,
  type CreateOwnerInput,
  createOrganizationInput,
  createOwnerInput,
  DEFAULT_LIMITS,
  type LimitName,
  type Limits,
  type SetLimitsInput,
  setLimitsInput,
} from '../../../contract/organizations.ts';
import { act, reading } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import type { Transaction } from '../../db/transaction.ts';
import { AppError, invalid } from '../../errors.ts';
import { parseInput } from '../../input.ts';
import { titleWarnings } from '../../protocols/taxii/titles.ts';
import { countSeats } from '../accounts/accounts.store.ts';
import { insertCollection, newCollection } from '../collections/collections.store.ts';
import { lockInstance } from '../instance/instance.store.ts';
import { requireVisibleOrganization, requireVisibleOwner } from './owners.rules.ts';
import {
  findOrganization,
  findOwner,
  insertOrganization,
  insertOwner,
  listOrganizations,
  lockOrganization,
  ownerTarget,
  updateOrganization,
  upsertMembership,
} from './owners.store.ts';

export type NewOwner = { id: number; name: string; collectionId: string; warnings: string[] };

/** Columns of the limits. */
const LIMIT_COLUMNS = {
  users: 'max_users',
  apiUsers: 'max_api_users',
  taxiiUsers: 'max_taxii_users',
} as const;

/**
 * Creates an organization with its collection.
 * @throws AppError `forbidden`, `invalid_input`, `name_taken`
 */
export async function createOrganization(
  app: App,
  caller: Caller,
  rawInput: CreateOrganizationInput,
): Promise<NewOwner & { limits: Limits }> {
  const input = parseInput(createOrganizationInput, rawInput);
  const limits: Limits = { ...DEFAULT_LIMITS, ...defined(input.limits) };
  const collectionId = app.ids.uuid();
  return await act(app, caller, 'organization.create', async ({ tx, access, now, audit }) => {
    access.require('organization.create', {});
    await lockInstance(tx);
    await requireFreeName(tx, input.name);
    const id = await insertOrganization(tx, { name: input.name, limits, now });
    await insertCollection(tx, newCollection(collectionId, id, now));
    await audit({
      organizationId: id,
      targetKind: 'organization',
      targetId: id,
      targetName: input.name,
      details: { limits },
    });
    return { id, name: input.name, collectionId, limits, warnings: titleWarnings(input.name) };
  });
}

/** Creates a community or a source with its collection. */
export async function createOwner(app: App, caller: Caller, rawInput: CreateOwnerInput): Promise<NewOwner> {
  const input = parseInput(createOwnerInput, rawInput);
  const collectionId = app.ids.uuid();
  return await act(app, caller, `${input.kind}.create`, async ({ tx, access, now, audit }) => {
    access.require('owner.create', {});
    await lockInstance(tx);
    await requireFreeName(tx, input.name);
    const id = await insertOwner(tx, { kind: input.kind, name: input.name, now });
    await insertCollection(tx, newCollection(collectionId, id, now));
    await audit({
      organizationId: null,
      targetKind: input.kind,
      targetId: id,
      targetName: input.name,
      details: {},
    });
    return { id, name: input.name, collectionId, warnings: titleWarnings(input.name) };
  });
}

/** Makes an organization a member of a community or source, or changes its default role there. */
export async function addMember(app: App, caller: Caller, rawInput: AddMemberInput): Promise<void> {
  const input = parseInput(addMemberInput, rawInput);
  await act(app, caller, 'owner.member', async ({ tx, access, audit }) => {
    const found = await findOwner(tx, input.owner);
    const target = found === undefined ? {} : await ownerTarget(tx, found, access.actor);
    const owner = requireVisibleOwner(access, found, target, input.owner);
    access.require('owner.members', target);
    if (owner.kind === 'organization') throw invalid('owner', 'an organization has no member organizations');
    // A Director invites organizations that are no members yet, so any organization may be named here.
    const organization = await findOrganization(tx, input.organization);
    if (organization === undefined) {
      throw new AppError('not_found', { message: `There is no organization named "${input.organization}".` });
    }
    await upsertMembership(tx, {
      owner_id: owner.id,
      organization_id: organization.id,
      default_role: input.defaultRole,
    });
    await audit({
      organizationId: organization.id,
      targetKind: owner.kind,
      targetId: owner.id,
      targetName: owner.name,
      details: { organization: organization.name, defaultRole: input.defaultRole },
    });
  });
}

/** Sets limits of an organization. Below present use is allowed, and blocks growth only. */
export async function setLimits(app: App, caller: Caller, rawInput: SetLimitsInput): Promise<Limits> {
  const input = parseInput(setLimitsInput, rawInput);
  return await act(app, caller, 'organization.limits', async ({ tx, access, audit }) => {
    const organization = requireVisibleOrganization(
      access,
      await findOrganization(tx, input.organization),
      input.organization,
    );
    const changes: Partial<Record<(typeof LIMIT_COLUMNS)[LimitName], number>> = {};
    for (const [name, value] of Object.entries(defined(input.limits)) as [LimitName, number][]) {
      access.require(
        name === 'taxiiUsers' ? 'organization.limit.taxiiUsers' : 'organization.limit.other',
        {},
      );
      changes[LIMIT_COLUMNS[name]] = value;
    }
    const before = limitsOf(await lockOrganization(tx, organization.id));
    await updateOrganization(tx, organization.id, changes);
    const after = { ...before, ...defined(input.limits) };
    await audit({
      organizationId: organization.id,
      targetKind: 'organization',
      targetId: organization.id,
      targetName: organization.name,
      details: { before, after },
    });
    return after;
  });
}

export type OrganizationSummary = {
  id: number;
  name: string;
  limits: Limits;
  used: { users: number; apiUsers: number; taxiiUsers: number };
};

/** The organizations, with their limits and how much of each is used. */
export async function listOrganizationSummaries(app: App, caller: Caller): Promise<OrganizationSummary[]> {
  return await reading(async () => {
    caller.access.require('organization.list', {});
    const summaries: OrganizationSummary[] = [];
    for (const row of await listOrganizations(app.db.read)) {
      summaries.push({
        id: row.owner_id,
        name: row.name,
        limits: limitsOf(row),
        used: {
          users: await countSeats(app.db.read, 'user', row.owner_id),
          apiUsers: await countSeats(app.db.read, 'api', row.owner_id),
          taxiiUsers: await countSeats(app.db.read, 'taxii', row.owner_id),
        },
      });
    }
    return summaries;
  });
}

function limitsOf(row: { max_users: number; max_api_users: number; max_taxii_users: number }): Limits {
  return { users: row.max_users, apiUsers: row.max_api_users, taxiiUsers: row.max_taxii_users };
}

function defined(limits: Partial<Record<LimitName, number | undefined>>): Partial<Limits> {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}

/** Safe against a concurrent creation while the instance's row is locked. */
async function requireFreeName(tx: Transaction, name: string): Promise<void> {
  if ((await findOwner(tx, name)) === undefined) return;
  throw new AppError('name_taken', {
    message: `An organization, community or source named "${name}" exists already.`,
  });
}
