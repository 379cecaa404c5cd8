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
import { findMembership, findOrganization, lockOrganization } from './owners.store.ts';
import {
  availableRoles,
  isListedByName,
  maySeeAccount,
  maySetRole,
  memberAccountView,
  viewMembersPermission,
} from './shared.rules.ts';
import {
  auditTarget,
  findVisibleOwner,
  lockForChange,
  readingTools,
  type VisibleOwner,
} from './visible-owner.ts';
import { listVisibleRoles } from './visible-roles.ts';

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
    await lockForChange(action, owner, 'owner.members');
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
    const isAnonymous = owner.anonymous === 1;
    // Where members are anonymous neither the order nor the cursor tells of ids.
    const position = z.tuple([z.number().int(), isAnonymous ? z.string() : z.number().int()]);
    const after = input.after === undefined ? undefined : decodeCursor(input.after, position);
    const found = await listMemberAccountsPage(
      app.db.read,
      owner.id,
      {
        limit: limit + 1,
        after: after && { organizationId: after[0], account: after[1] },
        descending: input.sort === '-organization',
      },
      {
        organizationId: await memberIdOf(app, owner.id, input.organization),
        pattern: input.search === undefined ? undefined : containing(input.search),
        shown: isAnonymous ? 'pseudonym' : 'names',
      },
    );
    const { rows, next } = pageFrom(found, limit, (row) => [
      row.organization_id,
      isAnonymous ? row.pseudonym : row.id,
    ]);
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
 * @throws AppError `not_found`, `forbidden`, `invalid_input` for a role that a read-only user cannot have
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
  const seen = await findVisibleOwner(action, input);
  access.require('owner.members', seen.target);
  const found = await findMember(action, seen.owner, input.account);
  if (!maySetRole(access, found.id, seen.target))
    throw new AppError('forbidden', { message: 'Nobody sets their own Community role.' });
  await lockAccountRow(tx, found.id);
  const { owner, target } = await lockForChange(action, seen.owner, 'owner.members');
  // Read again: the account may have been deleted or moved, the membership ended, and profile anonymity switched, before
  // the rows were locked.
  const account = await findMember(action, owner, input.account);
  if (account.id !== found.id) throw noAccount(input.account);
  if (role !== null && !availableRoles(account.system_role).includes(role))
    throw invalid('role', `a read-only user can be ${availableRoles(account.system_role).join(', ')}`);
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

/**
 * The account, by what the member list calls it: its pseudonym where profile anonymity is on, its id where it is off. By id
 * or user name always for those who may see the account. Every other reference is refused like one to nobody, or the answer
 * would tell who is behind a pseudonym.
 */
async function findMember(
  { tx, access }: Action,
  owner: VisibleOwner['owner'],
  reference: Reference,
): Promise<MemberAccountRow> {
  const byPseudonym = async () =>
    owner.anonymous === 1
      ? await findMemberAccount(tx, owner.id, { pseudonym: String(reference) })
      : undefined;
  if (typeof reference === 'number') {
    const found = await findMemberAccount(tx, owner.id, { id: reference });
    if (found !== undefined && (isListedByName(owner, found) || maySeeAccount(access, found))) return found;
    // A pseudonym may be digits alone.
    const called = await byPseudonym();
    if (called !== undefined) return called;
  } else {
    const called = await byPseudonym();
    if (called !== undefined) return called;
    const named = await findMemberAccount(tx, owner.id, { userName: reference });
    if (named !== undefined && maySeeAccount(access, named)) return named;
  }
  throw noAccount(reference);
}

function noAccount(reference: Reference): AppError {
  return new AppError('not_found', {
    message: `No member organization has an account ${called(reference)}.`,
  });
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
    // Asked also where there is none, so that no answer leaves without the question.
    const isVisible = account === undefined ? access.can('account.view', {}) : maySeeAccount(access, account);
    if (!isVisible || account === undefined)
      throw new AppError('not_found', { message: `There is no account ${called(reference)}.` });
    const bearer = { accountId: account.id, organizationId: account.organization_id };
    const items = (await listVisibleRoles(read, access, bearer)).flatMap(
      ({ owner, target }): AccountCommunityRole[] => {
        const role = effectiveCommunityRole(
          account.system_role,
          owner.individual,
          owner.organization_default,
        );
        if (role === undefined) return [];
        return [
          {
            owner: { id: owner.id, kind: owner.kind, name: owner.name },
            account: account.id,
            role,
            individual: owner.individual,
            organizationDefault: owner.organization_default,
            availableRoles: availableRoles(account.system_role),
            abilities: {
              setRole: owner.organization_default !== null && maySetRole(access, account.id, target),
            },
          },
        ];
      },
    );
    return { items };
  });
}
