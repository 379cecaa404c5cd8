import {
  type CreateOrganizationInput,
  createOrganizationInput,
  DEFAULT_LIMITS,
  type LimitName,
  type Limits,
  type OrganizationView,
  type SetLimitsInput,
  setLimitsInput,
} from '../../../contract/organizations.ts';
import {
  type AddMemberInput,
  addMemberInput,
  type CreateOwnerInput,
  createOwnerInput,
  type MemberView,
} from '../../../contract/owners.ts';
import type { Reference } from '../../../contract/references.ts';
import type { CommunityRole } from '../../../contract/roles.ts';
import { type Action, act } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { parseInput } from '../../input.ts';
import { titleWarnings } from '../../protocols/taxii/titles.ts';
import { insertCollection, newCollection } from '../collections/collections.store.ts';
import { lockInstance } from '../instance/instance.store.ts';
import { organizationView } from './organizations.rules.ts';
import { countSeatsOf } from './organizations.store.ts';
import {
  called,
  effectiveCommunityRole,
  isHigherRole,
  limitsOf,
  requireVersion,
  requireVisibleOrganization,
} from './owners.rules.ts';
import {
  findIndividualRole,
  findMembership,
  findOrganization,
  insertOrganization,
  insertOwner,
  lockOrganization,
  requireFreeName,
  updateOrganization,
  updateOwner,
  upsertMembership,
} from './owners.store.ts';
import { auditTarget, findVisibleOwner, lockForChange } from './visible-owner.ts';

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
  const description = input.description ?? null;
  const collectionId = app.ids.uuid();
  return await act(app, caller, 'organization.create', async ({ tx, access, now, audit }) => {
    access.require('organization.create', {});
    // Limits beyond the usual are set by those who may set them, at once or later.
    for (const name of Object.keys(defined(input.limits)) as LimitName[])
      if (limits[name] !== DEFAULT_LIMITS[name]) access.require(limitPermission(name), {});
    await lockInstance(tx);
    await requireFreeName(tx, input.name);
    const id = await insertOrganization(tx, { name: input.name, limits, now });
    if (description !== null) await updateOwner(tx, id, { description });
    await insertCollection(tx, newCollection(collectionId, id, now));
    await audit({
      organizationId: id,
      targetKind: 'organization',
      targetId: id,
      targetName: input.name,
      details: { limits, ...(description === null ? {} : { description }) },
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
    const id = await insertOwner(tx, {
      kind: input.kind,
      name: input.name,
      description: input.description ?? null,
      anonymous: input.anonymous,
      now,
    });
    await insertCollection(tx, newCollection(collectionId, id, now));
    await audit({
      organizationId: null,
      targetKind: input.kind,
      targetId: id,
      targetName: input.name,
      details: {
        anonymous: input.anonymous,
        ...(input.description === undefined ? {} : { description: input.description }),
      },
    });
    return { id, name: input.name, collectionId, warnings: titleWarnings(input.name) };
  });
}

/**
 * Makes an organization a member of a community or source, or changes its default role there: at once that of all its
 * accounts without a role of their own. Who does not see organizations names one that is no member yet by its exact name:
 * ids, which can be counted through, tell them of none.
 * @throws AppError `not_found`, `forbidden`, also where the caller would raise their own role by the default one
 */
export async function addMember(app: App, caller: Caller, rawInput: AddMemberInput): Promise<MemberView> {
  const input = parseInput(addMemberInput, rawInput);
  return await act(app, caller, 'owner.member', async (action) => {
    const { tx, access, audit } = action;
    const { owner, target } = await findVisibleOwner(action, input);
    access.require('owner.members', target);
    const organization = await findOrganization(tx, input.organization);
    if (organization === undefined) throw noOrganization(input.organization);
    await lockOrganization(tx, organization.id);
    await lockForChange(action, owner, 'owner.members');
    const before = await findMembership(tx, owner.id, organization.id);
    const isKnown =
      typeof input.organization === 'string' ||
      before !== undefined ||
      access.can('organization.view', { organizationId: organization.id });
    if (!isKnown) throw noOrganization(input.organization);
    await requireNotForOneself(
      action,
      before ?? { owner_id: owner.id, organization_id: organization.id },
      input,
    );
    await upsertMembership(tx, {
      owner_id: owner.id,
      organization_id: organization.id,
      default_role: input.defaultRole,
    });
    await audit({
      ...auditTarget(owner, organization.id),
      details: {
        organization: organization.name,
        defaultRole: { before: before?.default_role ?? null, after: input.defaultRole },
      },
    });
    return {
      organization: { id: organization.id, name: organization.name },
      defaultRole: input.defaultRole,
      abilities: { setDefaultRole: true, remove: true },
    };
  });
}

/**
 * Nobody gives themselves a Community role, nor by way of the default role of their own organization. Lowering it is
 * allowed, and so is any default where one's own role does not rest on it.
 * @throws AppError `forbidden`
 */
async function requireNotForOneself(
  { tx, access: { actor } }: Action,
  before: { owner_id: number; organization_id: number; default_role?: CommunityRole },
  { defaultRole }: { defaultRole: CommunityRole },
): Promise<void> {
  if (actor.kind !== 'account' || actor.organizationId !== before.organization_id) return;
  if ((await findIndividualRole(tx, before.owner_id, actor.accountId)) !== undefined) return;
  const roleBy = (role: CommunityRole | undefined) =>
    effectiveCommunityRole(actor.systemRole, undefined, role);
  if (isHigherRole(roleBy(before.default_role), roleBy(defaultRole)))
    throw new AppError('forbidden', {
      message: 'Nobody raises their own Community role through the default role of their organization.',
    });
}

function noOrganization(reference: Reference): AppError {
  return new AppError('not_found', { message: `There is no organization ${called(reference)}.` });
}

/** Sets limits of an organization. Below present use is allowed, shows by how much it is exceeded, and blocks growth only. */
export async function setLimits(
  app: App,
  caller: Caller,
  rawInput: SetLimitsInput,
): Promise<OrganizationView> {
  const input = parseInput(setLimitsInput, rawInput);
  return await act(app, caller, 'organization.limits', async ({ tx, access, audit, about }) => {
    const organization = requireVisibleOrganization(
      access,
      await findOrganization(tx, input.organization),
      input.organization,
    );
    const target = {
      organizationId: organization.id,
      targetKind: 'organization',
      targetId: organization.id,
      targetName: organization.name,
    };
    about(target);
    const changes: Partial<Record<(typeof LIMIT_COLUMNS)[LimitName], number>> = {};
    for (const [name, value] of Object.entries(defined(input.limits)) as [LimitName, number][]) {
      access.require(limitPermission(name), {});
      changes[LIMIT_COLUMNS[name]] = value;
    }
    const locked = await lockOrganization(tx, organization.id);
    requireVersion(input.version, locked.version);
    await updateOrganization(tx, organization.id, changes);
    const before = limitsOf(locked);
    const used = (await countSeatsOf(tx, [organization.id]))(organization.id);
    const view = organizationView(
      access,
      { ...organization, ...locked, ...changes, organization_version: locked.version + 1 },
      used,
    );
    await audit({ ...target, details: { before, after: { ...before, ...defined(input.limits) } } });
    return view;
  });
}

function limitPermission(name: LimitName) {
  return name === 'taxiiUsers' ? 'organization.limit.taxiiUsers' : 'organization.limit.other';
}

function defined(limits: Partial<Record<LimitName, number | undefined>>): Partial<Limits> {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}
