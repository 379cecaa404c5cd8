import { z } from 'zod';
import {
  type EditOrganizationInput,
  editOrganizationInput,
  type ListOrganizationsInput,
  listOrganizationsInput,
  MAX_INVITED_COUNTED,
  type OrganizationView,
  type SeatsView,
  type SetOrganizationPermissionsInput,
  setOrganizationPermissionsInput,
} from '../../../contract/organizations.ts';
import type { Reference } from '../../../contract/references.ts';
import type { Access } from '../../access/access.ts';
import { INSTANCE } from '../../access/can.ts';
import { type Action, act, readingAs } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import type { Transaction } from '../../db/transaction.ts';
import { AppError } from '../../errors.ts';
import { parseInput } from '../../input.ts';
import { DEFAULT_PAGE, decodeCursor, type Page, pageFrom } from '../../pages.ts';
import { hasAnother } from '../accounts/accounts.store.ts';
import { listAccountIds } from '../accounts/listing.store.ts';
import { lockInstance } from '../instance/instance.store.ts';
import { organizationView } from './organizations.rules.ts';
import {
  clearOrganization,
  countSeatsOf,
  endSessionsOf,
  findObstacles,
  hasAccountWithRole,
  listOrganizationsPage,
} from './organizations.store.ts';
import {
  containing,
  orderOf,
  requireEmpty,
  requireVersion,
  requireVisibleOrganization,
  rolesAbove,
} from './owners.rules.ts';
import {
  buryOwner,
  findOrganization,
  lockOrganization,
  lockOwner,
  type OrganizationRow,
  requireFreeName,
  updateOrganization,
  updateOwner,
} from './owners.store.ts';
import { readSeats } from './seat-gauges.ts';

/** The organizations that the caller may see, with their limits and how much of each is used where it may see those. */
export async function listOrganizations(
  app: App,
  caller: Caller,
  rawInput: ListOrganizationsInput = {},
): Promise<Page<OrganizationView>> {
  const input = parseInput(listOrganizationsInput, rawInput);
  return await readingAs(app, caller, 'organization.list', async () => {
    const { access } = caller;
    const order = orderOf(input.sort ?? 'name');
    const key = order.by === 'id' ? z.number().int() : z.string();
    const limit = input.limit ?? DEFAULT_PAGE;
    const found = await listOrganizationsPage(app.db.read, listScope(access), order, {
      limit: limit + 1,
      after: input.after === undefined ? undefined : decodeCursor(input.after, key),
      pattern: input.search === undefined ? undefined : containing(input.search),
    });
    const { rows, next } = pageFrom(found, limit, (row) => (order.by === 'id' ? row.id : row.name_key));
    const used = await countSeatsOf(
      app.db.read,
      rows.map((row) => row.id),
    );
    return { items: rows.map((row) => organizationView(access, row, used(row.id))), next };
  });
}

/** Who may not list organizations has one of its own. */
function listScope(access: Access): number | 'all' {
  if (access.can('organization.list', INSTANCE)) return 'all';
  const { actor } = access;
  if (actor.kind !== 'account') throw new AppError('forbidden', { permission: 'organization.list' });
  access.require('organization.view', { organizationId: actor.organizationId });
  return actor.organizationId;
}

/** @throws AppError `not_found` */
export async function getOrganization(
  app: App,
  caller: Caller,
  reference: Reference,
): Promise<OrganizationView> {
  return await readingAs(app, caller, 'organization.view', async () => {
    const { access } = caller;
    const found = await findOrganization(app.db.read, reference);
    const row = requireVisibleOrganization(access, found, reference);
    return organizationView(access, row, (await countSeatsOf(app.db.read, [row.id]))(row.id));
  });
}

/**
 * Renames an organization, or changes its description. Its objects keep their ids and authors, which were computed from
 * the name that it had.
 * @throws AppError `not_found`, `forbidden`, `name_taken`, `stale`
 */
export async function editOrganization(
  app: App,
  caller: Caller,
  rawInput: EditOrganizationInput,
): Promise<OrganizationView> {
  const input = parseInput(editOrganizationInput, rawInput);
  return await act(app, caller, 'organization.edit', async (action) => {
    const { tx, access, audit } = action;
    const row = await visible(action, input.organization);
    access.require('organization.edit', { organizationId: row.id });
    await lockInstance(tx);
    requireVersion(input.version, (await lockOrganization(tx, row.id)).version);
    const before = await lockOwner(tx, row.id);
    const { name = before.name, description = before.description } = input;
    await requireFreeName(tx, name, row.id);
    await updateOwner(tx, row.id, { name, description });
    await updateOrganization(tx, row.id, {});
    await audit({
      ...targetOf({ id: row.id, name }),
      details: {
        ...(name === before.name ? {} : { name: { before: before.name, after: name } }),
        ...(description === before.description
          ? {}
          : { description: { before: before.description, after: description } }),
      },
    });
    return await viewOf(tx, access, row.id);
  });
}

/**
 * Enables or disables an organization, and sets what its people may do. While it is disabled, none of its accounts may act
 * or be used.
 * @throws AppError `not_found`, `forbidden`, `stale`; `conflict` when nobody could undo it
 */
export async function setOrganizationPermissions(
  app: App,
  caller: Caller,
  rawInput: SetOrganizationPermissionsInput,
): Promise<OrganizationView> {
  const input = parseInput(setOrganizationPermissionsInput, rawInput);
  return await act(app, caller, 'organization.permissions', async (action) => {
    const { tx, access, now, audit } = action;
    const row = await visible(action, input.organization);
    access.require('organization.permissions', { organizationId: row.id });
    // Of several that would disable the last Administrators at once, one comes second.
    await lockInstance(tx);
    const before = await lockOrganization(tx, row.id);
    requireVersion(input.version, before.version);
    const isDisabled = before.disabled_at !== null;
    const disabled = input.disabled ?? isDisabled;
    if (disabled && !isDisabled) await requireMayDisable(action, row);
    const changes = {
      disabled_at: disabled ? (before.disabled_at ?? now) : null,
      allow_pseudonym_change: bit(input.allowPseudonymChange) ?? before.allow_pseudonym_change,
      read_only_users_allowed: bit(input.readOnlyUsersAllowed) ?? before.read_only_users_allowed,
    };
    await updateOrganization(tx, row.id, changes);
    if (disabled) await endSessionsOf(tx, row.id);
    const after = await viewOf(tx, access, row.id);
    const shown = (switches: typeof changes) => ({
      disabled: switches.disabled_at !== null,
      allowPseudonymChange: switches.allow_pseudonym_change === 1,
      readOnlyUsersAllowed: switches.read_only_users_allowed === 1,
    });
    await audit({ ...targetOf(row), details: { before: shown(before), after: shown(changes) } });
    return after;
  });
}

const bit = (value: boolean | undefined): number | undefined =>
  value === undefined ? undefined : value ? 1 : 0;

/**
 * Disabling an organization puts all its accounts out of use, so what holds for disabling an account holds here: not one's
 * own, none that ranks above, not the last Administrator.
 */
async function requireMayDisable({ tx, access }: Action, row: OrganizationRow): Promise<void> {
  const { actor } = access;
  if (actor.kind === 'account') {
    if (actor.organizationId === row.id)
      throw new AppError('conflict', { message: 'Nobody disables their own organization.' });
    if (await hasAccountWithRole(tx, row.id, rolesAbove(actor.systemRole)))
      throw new AppError('forbidden', {
        message: `The organization "${row.name}" has an account whose System role ranks above yours.`,
      });
  }
  const holdsAdministrator = await hasAccountWithRole(tx, row.id, ['Administrator']);
  const others = { lasting: true, outside: row.id };
  if (holdsAdministrator && !(await hasAnother(tx, { systemRole: 'Administrator' }, others)))
    throw new AppError('conflict', {
      message: `The organization "${row.name}" holds the last active Administrator of the instance.`,
    });
}

/**
 * Deletes an organization that is empty. Its name is free, its id is never given again, and what its deleted accounts did
 * stays attributed to them.
 * @throws AppError `not_found`, `forbidden`, `stale`; `conflict` with what is in the way
 */
export async function deleteOrganization(app: App, caller: Caller, reference: Reference): Promise<void> {
  await act(app, caller, 'organization.delete', async (action) => {
    const { tx, access, now, audit } = action;
    const row = await visible(action, reference);
    access.require('organization.delete', { organizationId: row.id });
    await lockInstance(tx);
    // Whoever creates an account, a membership or an object locks one of these rows, too, and finds them deleted.
    await lockOrganization(tx, row.id);
    await lockOwner(tx, row.id);
    requireEmpty(row, await findObstacles(tx, row.id));
    await clearOrganization(tx, row.id);
    await updateOrganization(tx, row.id, { disabled_at: row.disabled_at ?? now });
    await buryOwner(tx, row.id, now);
    await audit({ ...targetOf(row), details: {} });
  });
}

/**
 * How many more accounts of each kind fit in an organization, who may make room, and whether the caller can create one.
 * @throws AppError `not_found`, `forbidden`
 */
export async function getSeats(app: App, caller: Caller, reference: Reference): Promise<SeatsView> {
  return await readingAs(app, caller, 'organization.seats', async (about) => {
    const { access } = caller;
    const { read } = app.db;
    const row = requireVisibleOrganization(access, await findOrganization(read, reference), reference);
    about(targetOf(row));
    const target = { organizationId: row.id };
    access.require('organization.seats', target);
    const invited = async (kind: 'user' | 'read_only') => {
      const page = { now: app.clock.now(), limit: MAX_INVITED_COUNTED };
      return (await listAccountIds(read, row.id, { kinds: [kind], pending: 'invitation' }, page)).length;
    };
    return {
      ...(await readSeats(read, access, row)),
      invited: { users: await invited('user'), readOnlyUsers: await invited('read_only') },
    };
  });
}

function targetOf(row: { id: number; name: string }) {
  return {
    organizationId: row.id,
    targetKind: 'organization',
    targetId: row.id,
    targetName: row.name,
  };
}

/** The organization, if the caller may know of it; a refusal that follows tells of it. */
async function visible({ tx, access, about }: Action, reference: Reference): Promise<OrganizationRow> {
  const row = requireVisibleOrganization(access, await findOrganization(tx, reference), reference);
  about(targetOf(row));
  return row;
}

async function viewOf(tx: Transaction, access: Access, id: number): Promise<OrganizationView> {
  const row = await findOrganization(tx, id);
  if (row === undefined) throw new Error(`the organization ${id} is gone`);
  return organizationView(access, row, (await countSeatsOf(tx, [id]))(id));
}
