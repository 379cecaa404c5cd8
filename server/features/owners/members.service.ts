import { z } from 'zod';
import {
  type AccountCommunityRole,
  type ClearCommunityRoleInput,
  clearCommunityRoleInput,
  type ListMemberAccountsInput,
  type ListMembersInput,
  listMemberAccountsInput,
  listMembersInput,
  type MemberAccountView,
  type MemberView,
  type RemoveMemberInput,
  removeMemberInput,
  type SetCommunityRoleInput,
  setCommunityRoleInput,
} from '../../../contract/owners.ts';
import type { Reference } from '../../../contract/references.ts';
import type { CommunityRole } from '../../../contract/roles.ts';
import { type Action, act, readingAs } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { AppError, invalid } from '../../errors.ts';
import { parseInput } from '../../input.ts';
import { DEFAULT_PAGE, decodeCursor, type Page, pageFrom } from '../../pages.ts';
import { findAccount } from '../accounts/accounts.store.ts';
import {
  deleteMembership,
  findMemberAccount,
  listMemberAccountsPage,
  listMembersPage,
  lockAccountRow,
  type MemberAccountRow,
  setIndividualRole,
} from './members.store.ts';
import { called, containing, effectiveCommunityRole } from './owners.rules.ts';
import { findMembership, findOrganization, lockOrganization, lockOwner } from './owners.store.ts';
import { availableRoles, maySetRole, memberAccountView, viewMembersPermission } from './shared.rules.ts';
import { listRolesIn, listRolesOf } from './shared.store.ts';
import { auditTarget, findVisibleOwner, readingTools, type VisibleOwner } from './visible-owner.ts';

/**
 * The member organizations of a community or source, with their default roles.
 * @throws AppError `not_found`, `forbidden`
 */
export async function listMembers(
  app: App,
  caller: Caller,
  rawInput: ListMembersInput,
): Promise<Page<MemberView>> {
  const input = parseInput(listMembersInput, rawInput);
  return await readingAs(app, caller, 'owner.viewMembers', async (about) => {
    const tools = readingTools(app, caller, about);
    const { owner, target } = await requireViewMembers(tools, input);
    const limit = input.limit ?? DEFAULT_PAGE;
    const found = await listMembersPage(app.db.read, owner.id, {
      limit: limit + 1,
      after: input.after === undefined ? undefined : decodeCursor(input.after, z.string()),
      descending: input.sort === '-name',
    });
    const { rows, next } = pageFrom(found, limit, (row) => row.name_key);
    const administers = caller.access.can('owner.members', target);
    const items = rows.map((row) => ({
      organization: { id: row.organization_id, name: row.organization_name },
      defaultRole: row.default_role,
      abilities: { setDefaultRole: administers, remove: administers },
    }));
    return { items, next };
  });
}

/**
 * Ends the membership of an organization in a community or source. Individual roles of its accounts there end with it, and
 * its narrowed TAXII users lose the owner from their allow-list.
 * @throws AppError `not_found`, `forbidden`
 */
export async function removeMember(app: App, caller: Caller, rawInput: RemoveMemberInput): Promise<void> {
  const input = parseInput(removeMemberInput, rawInput);
  await act(app, caller, 'owner.removeMember', async (action) => {
    const { tx, access, audit } = action;
    const { owner, target } = await findVisibleOwner(action, input);
    access.require('owner.members', target);
    const organization = await findOrganization(tx, input.organization);
    if (organization === undefined) throw noMember(input.organization);
    await lockOrganization(tx, organization.id);
    await lockOwner(tx, owner.id);
    const membership = await findMembership(tx, owner.id, organization.id);
    if (membership === undefined) throw noMember(input.organization);
    const ended = await deleteMembership(tx, owner.id, organization.id);
    await audit({
      ...auditTarget(owner, organization.id),
      details: {
        organization: organization.name,
        defaultRole: { before: membership.default_role, after: null },
        individualRoles: ended.roles,
        allowListEntries: ended.allowListEntries,
      },
    });
  });
}

function noMember(reference: Reference): AppError {
  return new AppError('not_found', { message: `There is no member organization ${called(reference)}.` });
}

/**
 * The accounts of the member organizations with their roles, as profile anonymity allows; a search finds what the answer
 * shows, and nothing by what it hides.
 * @throws AppError `not_found`, `forbidden`
 */
export async function listMemberAccounts(
  app: App,
  caller: Caller,
  rawInput: ListMemberAccountsInput,
): Promise<Page<MemberAccountView>> {
  const input = parseInput(listMemberAccountsInput, rawInput);
  return await readingAs(app, caller, 'owner.viewMembers', async (about) => {
    const { access } = caller;
    const { owner, target } = await requireViewMembers(readingTools(app, caller, about), input);
    const limit = input.limit ?? DEFAULT_PAGE;
    const position = z.tuple([z.number().int(), z.number().int()]);
    const [organizationId, accountId] = input.after === undefined ? [] : decodeCursor(input.after, position);
    const after =
      organizationId === undefined || accountId === undefined ? undefined : { organizationId, accountId };
    const found = await listMemberAccountsPage(
      app.db.read,
      owner.id,
      { limit: limit + 1, after, descending: input.sort === '-organization' },
      {
        organizationId: await memberIdOf(app, owner.id, input.organization),
        pattern: input.search === undefined ? undefined : containing(input.search),
        searched: owner.anonymous === 1 ? 'pseudonym' : 'names',
      },
    );
    const { rows, next } = pageFrom(found, limit, (row) => [row.organization_id, row.id]);
    return { items: rows.map((row) => memberAccountView(access, owner, row, target)), next };
  });
}

async function memberIdOf(
  app: App,
  ownerId: number,
  reference: Reference | undefined,
): Promise<number | undefined> {
  if (reference === undefined) return undefined;
  const organization = await findOrganization(app.db.read, reference);
  const membership = organization && (await findMembership(app.db.read, ownerId, organization.id));
  if (membership === undefined) throw noMember(reference);
  return membership.organization_id;
}

async function requireViewMembers(
  tools: ReturnType<typeof readingTools>,
  input: Parameters<typeof findVisibleOwner>[1],
): Promise<VisibleOwner> {
  const found = await findVisibleOwner(tools, input);
  tools.access.require(viewMembersPermission(found.owner.kind), found.target);
  return found;
}

/**
 * Gives an account of a member organization an individual role, which wins over the default role of its organization.
 * @throws AppError `not_found`, `forbidden`, `invalid_input` for a role that a Read Only User cannot have
 */
export async function setCommunityRole(
  app: App,
  caller: Caller,
  rawInput: SetCommunityRoleInput,
): Promise<MemberAccountView> {
  const { role, ...input } = parseInput(setCommunityRoleInput, rawInput);
  return await act(app, caller, 'owner.role', (action) => changeRole(action, input, role));
}

/**
 * Ends the individual role of an account: it has the default role of its organization from then on.
 * @throws AppError `not_found`, `forbidden`
 */
export async function clearCommunityRole(
  app: App,
  caller: Caller,
  rawInput: ClearCommunityRoleInput,
): Promise<MemberAccountView> {
  const input = parseInput(clearCommunityRoleInput, rawInput);
  return await act(app, caller, 'owner.role', (action) => changeRole(action, input, null));
}

async function changeRole(
  action: Action,
  input: z.output<typeof clearCommunityRoleInput>,
  role: CommunityRole | null,
): Promise<MemberAccountView> {
  const { tx, access, audit } = action;
  const { owner, target } = await findVisibleOwner(action, input);
  access.require('owner.members', target);
  const found = await findMember(action, owner.id, input.account);
  if (!maySetRole(access, found.id, target))
    throw new AppError('forbidden', { message: 'Nobody sets their own Community role.' });
  await lockAccountRow(tx, found.id);
  await lockOwner(tx, owner.id);
  // Read again: the account may have been deleted or moved, and the membership ended, before the rows were locked.
  const account = await findMemberAccount(tx, owner.id, found.id);
  if (account === undefined) throw noAccount(input.account);
  if (role !== null && !availableRoles(account.system_role).includes(role))
    throw invalid('role', `a Read Only User can be ${availableRoles(account.system_role).join(', ')}`);
  await setIndividualRole(tx, owner.id, account.id, role);
  await audit({
    ...auditTarget(owner, account.organization_id),
    details: {
      // By pseudonym: whoever acted may not know the name.
      account: account.id,
      pseudonym: account.pseudonym,
      role: { before: account.individual, after: role },
      organizationDefault: account.default_role,
    },
  });
  return memberAccountView(access, owner, { ...account, individual: role }, target);
}

/** The account, by id or pseudonym; by user name for those who may see that. Others learn of no user name that it exists. */
async function findMember(
  { tx, access }: Action,
  ownerId: number,
  reference: Reference,
): Promise<MemberAccountRow> {
  const found = await findMemberAccount(tx, ownerId, reference);
  if (found !== undefined) return found;
  if (typeof reference === 'string') {
    const named = await findMemberAccount(tx, ownerId, { userName: reference });
    if (named !== undefined && access.can('account.view', accountTarget(named))) return named;
  }
  throw noAccount(reference);
}

function noAccount(reference: Reference): AppError {
  return new AppError('not_found', {
    message: `No member organization has an account ${called(reference)}.`,
  });
}

function accountTarget(row: Pick<MemberAccountRow, 'id' | 'organization_id' | 'system_role'>) {
  return { accountId: row.id, organizationId: row.organization_id, systemRole: row.system_role };
}

/**
 * The roles of an account in communities and sources, of which those are left out that the caller may not know of.
 * @throws AppError `not_found`
 */
export async function listCommunityRoles(
  app: App,
  caller: Caller,
  reference: Reference,
): Promise<{ items: AccountCommunityRole[] }> {
  return await readingAs(app, caller, 'account.view', async () => {
    const { access } = caller;
    const { read } = app.db;
    const account = await findAccount(read, reference);
    const target = account === undefined ? {} : accountTarget(account);
    if (!access.can('account.view', target) || account === undefined)
      throw new AppError('not_found', { message: `There is no account ${called(reference)}.` });
    const bearer = { accountId: account.id, organizationId: account.organization_id };
    const rows = await listRolesOf(read, bearer);
    const { actor } = access;
    const own =
      actor.kind === 'account'
        ? await listRolesIn(
            read,
            actor,
            rows.map((row) => row.id),
          )
        : undefined;
    const items = rows.flatMap((row): AccountCommunityRole[] => {
      const mine = own?.get(row.id);
      const ownerTarget = {
        communityRole:
          actor.kind === 'account'
            ? effectiveCommunityRole(actor.systemRole, mine?.individual, mine?.organization_default)
            : undefined,
      };
      const role = effectiveCommunityRole(account.system_role, row.individual, row.organization_default);
      if (role === undefined || row.kind === 'organization' || !access.can('owner.view', ownerTarget))
        return [];
      return [
        {
          owner: { id: row.id, kind: row.kind, name: row.name },
          role,
          individual: row.individual,
          organizationDefault: row.organization_default,
          abilities: {
            setRole: row.organization_default !== null && maySetRole(access, account.id, ownerTarget),
          },
        },
      ];
    });
    return { items };
  });
}
