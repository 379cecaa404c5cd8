import { INSTANCE } from '../../access/can.ts';
import { reading } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { effectiveCommunityRole } from '../owners/owners.rules.ts';
import { findOwner } from '../owners/owners.store.ts';
import { listRolesOf } from '../owners/shared.store.ts';
import { OWNER_TYPES, pageOf, pagingOf } from './api-v2.rules.ts';
import { findMember, listMembers } from './api-v2.store.ts';

type Query = Readonly<Record<string, string>>;
type Owner = { id: number; name: string; type: (typeof OWNER_TYPES)[keyof typeof OWNER_TYPES] };

/** Who asks. `role` is its System role. */
export async function whoAmI(app: App, caller: Caller): Promise<Record<string, unknown>> {
  const { accountId } = requireApiUser(caller);
  const row = await reading(async () => await findMember(app.db.read, accountId));
  if (row === undefined) throw new AppError('unauthenticated');
  return {
    data: {
      user: {
        userName: row.user_name,
        firstName: row.first_name ?? '',
        lastName: row.last_name ?? '',
        pseudonym: row.pseudonym,
        role: row.system_role,
      },
    },
  };
}

/**
 * The owners that the asker may see: its organization, and the communities and sources in which it has a role.
 * @throws AppError `invalid_input`
 */
export async function listOwners(app: App, caller: Caller, query: Query): Promise<Record<string, unknown>> {
  requireApiUser(caller);
  const paging = pagingOf(query);
  return { data: pageOf('owner', await visibleOwners(app, caller), paging) };
}

/** @throws AppError `forbidden`, as the reference product answers, for one that does not exist or may not be seen */
export async function getOwner(app: App, caller: Caller, id: string): Promise<Record<string, unknown>> {
  requireApiUser(caller);
  const owner = (await visibleOwners(app, caller)).find((each) => String(each.id) === id);
  if (owner === undefined) throw new AppError('forbidden', { message: 'The requested owner was not found' });
  return { data: { owner } };
}

/** The asker's organization. */
export async function getOwnOrganization(app: App, caller: Caller): Promise<Record<string, unknown>> {
  const { organizationId } = requireApiUser(caller);
  return { data: { owner: await ownOrganization(app, caller, organizationId) } };
}

/**
 * The accounts of the asker's organization. Its members know each other, so everybody sees the people and itself by name;
 * machines, and what else is known of each, are for those who may view accounts.
 * @throws AppError `invalid_input`
 */
export async function listOwnMembers(
  app: App,
  caller: Caller,
  query: Query,
): Promise<Record<string, unknown>> {
  const { organizationId, accountId } = requireApiUser(caller);
  const paging = pagingOf(query);
  caller.access.require('organization.view', { organizationId });
  const rows = await reading(async () => await listMembers(app.db.read, organizationId));
  const isAdministrator = caller.access.can('account.view', { organizationId });
  const members = rows
    .filter(({ id, kind }) => isAdministrator || id === accountId || kind === 'user' || kind === 'read_only')
    .map((row) => {
      const names = {
        userName: row.user_name,
        firstName: row.first_name ?? '',
        lastName: row.last_name ?? '',
      };
      // Never a name beside the pseudonym, under which others know its bearer elsewhere.
      return isAdministrator
        ? { id: row.id, ...names, pseudonym: row.pseudonym, role: row.system_role }
        : names;
    });
  return { data: pageOf('user', members, paging) };
}

function requireApiUser({ access }: Caller): { accountId: number; organizationId: number } {
  access.require('api.connect', INSTANCE);
  if (access.actor.kind !== 'account') throw new AppError('forbidden');
  return access.actor;
}

async function ownOrganization(app: App, { access }: Caller, organizationId: number): Promise<Owner> {
  access.require('organization.view', { organizationId });
  const row = await reading(async () => await findOwner(app.db.read, organizationId));
  if (row === undefined) throw new AppError('not_found');
  return { id: row.id, name: row.name, type: OWNER_TYPES[row.kind] };
}

async function visibleOwners(app: App, caller: Caller): Promise<Owner[]> {
  const { actor } = caller.access;
  if (actor.kind !== 'account') return [];
  const own = await ownOrganization(app, caller, actor.organizationId);
  const rows = await reading(async () => await listRolesOf(app.db.read, actor));
  const shared = rows.filter((row) => {
    const role = effectiveCommunityRole(actor.systemRole, row.individual, row.organization_default);
    return caller.access.can('owner.view', { communityRole: role });
  });
  return [own, ...shared.map(({ id, name, kind }): Owner => ({ id, name, type: OWNER_TYPES[kind] }))];
}
