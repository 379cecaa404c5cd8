import { z } from 'zod';
import {
  type ChangeGroupMembersInput,
  type CreateGroupInput,
  changeGroupMembersInput,
  createGroupInput,
  type EditGroupInput,
  editGroupInput,
  type GroupDetails,
  type GroupItem,
  type GroupReference,
  groupReference,
  type ListGroupsInput,
  listGroupsInput,
  type SetGroupMembersInput,
  setGroupMembersInput,
} from '../../../contract/groups.ts';
import { nameKey } from '../../../contract/names.ts';
import type { Reference } from '../../../contract/references.ts';
import type { Access } from '../../access/access.ts';
import { type Action, act, readingAs } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { parseInput } from '../../input.ts';
import { DEFAULT_PAGE, decodeCursor, pageFrom } from '../../pages.ts';
import { requireVersion, requireVisibleOrganization } from '../owners/owners.rules.ts';
import { findOrganization, lockOrganization, type OrganizationRow } from '../owners/owners.store.ts';
import { missingGroup, shownGroup, shownItem } from './groups.rules.ts';
import {
  deleteGroup,
  findGroup,
  findGroupByName,
  findPossibleMembers,
  type GroupRow,
  insertGroup,
  listGroupMembers,
  listGroups,
  lockGroup,
  lockPossibleMembers,
  replaceMembers,
  updateGroup,
} from './groups.store.ts';

const position = z.tuple([z.string()]);

/** The user groups of an organization by name, for its members and those who administer it. */
export async function listUserGroups(
  app: App,
  caller: Caller,
  rawInput: ListGroupsInput,
): Promise<{ items: GroupItem[]; next: string | null }> {
  const input = parseInput(listGroupsInput, rawInput);
  const after = input.after === undefined ? undefined : decodeCursor(input.after, position)[0];
  const limit = input.limit ?? DEFAULT_PAGE;
  return await readingAs(app, caller, 'group.list', async () => {
    const { access } = caller;
    const organization = await visibleOrganization(app.db.read, access, input.organization);
    access.require('group.view', { organizationId: organization.id });
    const rows = await listGroups(app.db.read, organization.id, {
      after,
      descending: input.sort === '-name',
      search: input.search,
      limit: limit + 1,
    });
    const page = pageFrom(rows, limit, (row) => [row.name_key]);
    return { items: page.rows.map((row) => shownItem(access, row, row.members)), next: page.next };
  });
}

/** @throws AppError `not_found` also for a group that the caller may not see */
export async function getUserGroup(
  app: App,
  caller: Caller,
  reference: GroupReference,
): Promise<GroupDetails> {
  const ref = parseInput(groupReference, reference);
  return await readingAs(app, caller, 'group.show', async () => {
    const { group, organization } = await visibleGroup(app.db.read, caller.access, ref);
    return await details(app.db.read, caller.access, group, organization);
  });
}

/**
 * Creates a user group of the organization.
 * @throws AppError `forbidden`, `invalid_input`, `not_found`, `name_taken`
 */
export async function createUserGroup(
  app: App,
  caller: Caller,
  rawInput: CreateGroupInput,
): Promise<GroupDetails> {
  const input = parseInput(createGroupInput, rawInput);
  return await act(app, caller, 'group.create', async (action) => {
    const { tx, access, now, audit } = action;
    const organization = await visibleOrganization(tx, access, input.organization);
    access.require('group.edit', { organizationId: organization.id });
    // The organization's lock makes the look-up of a free name safe against a concurrent creation.
    await lockOrganization(tx, organization.id);
    const members = await lockMembers(action, organization, input.members);
    await requireFreeName(action, organization, input.name);
    const group = await insertGroup(tx, {
      organization_id: organization.id,
      name: input.name,
      description: input.description ?? null,
      created_at: now,
    });
    await replaceMembers(
      tx,
      group.id,
      members.map(({ id }) => id),
    );
    await audit({
      ...told(group),
      details: { members: members.map((member) => member.user_name) },
    });
    return await details(tx, access, group, organization);
  });
}

/** Renames the group, or changes its description. */
export async function editUserGroup(
  app: App,
  caller: Caller,
  rawInput: EditGroupInput,
): Promise<GroupDetails> {
  const { group: reference, version, ...input } = parseInput(editGroupInput, rawInput);
  return await act(app, caller, 'group.edit', async (action) => {
    const { tx, access, audit } = action;
    const { organization, id } = await editableGroup(action, reference);
    await lockOrganization(tx, organization.id);
    const group = await lockedGroup(action, id, version);
    const name = input.name ?? group.name;
    const description = input.description === undefined ? group.description : input.description;
    if (name === group.name && description === group.description)
      return await details(tx, access, group, organization);
    if (name !== group.name) await requireFreeName(action, organization, name, group.id);
    const changed = { ...group, name, description, version: group.version + 1 };
    await updateGroup(tx, group.id, { name, description, version: changed.version });
    await audit({
      ...told(changed),
      details: {
        before: { name: group.name, description: group.description },
        after: { name, description },
      },
    });
    return await details(tx, access, changed, organization);
  });
}

/** Deletes the group; the accounts that were in it stay. */
export async function deleteUserGroup(app: App, caller: Caller, reference: GroupReference): Promise<void> {
  const ref = parseInput(groupReference, reference);
  await act(app, caller, 'group.delete', async (action) => {
    const { id } = await editableGroup(action, ref);
    const group = await lockedGroup(action, id, undefined);
    const members = await listGroupMembers(action.tx, group.id);
    await deleteGroup(action.tx, group.id);
    await action.audit({
      ...told(group),
      details: { members: members.map((member) => member.user_name) },
    });
  });
}

/**
 * Makes these accounts the members of the group, and nobody else.
 * @throws AppError `not_found` for an account that is no user or read-only user of the group's organization
 */
export async function setUserGroupMembers(
  app: App,
  caller: Caller,
  rawInput: SetGroupMembersInput,
): Promise<GroupDetails> {
  const input = parseInput(setGroupMembersInput, rawInput);
  return await act(app, caller, 'group.members', async (action) => {
    const { organization, id } = await editableGroup(action, input.group);
    const members = await lockMembers(action, organization, input.members);
    const group = await lockedGroup(action, id, input.version);
    return await writeMembers(action, group, organization, members);
  });
}

/** Adds accounts to the group, and removes others from it. Whoever is removed need not be in it. */
export async function changeUserGroupMembers(
  app: App,
  caller: Caller,
  rawInput: ChangeGroupMembersInput,
): Promise<GroupDetails> {
  const input = parseInput(changeGroupMembersInput, rawInput);
  return await act(app, caller, 'group.members', async (action) => {
    const { organization, id } = await editableGroup(action, input.group);
    const named = await lockMembers(action, organization, [...input.add, ...input.remove]);
    const removed = await memberIds(action, organization, input.remove);
    const group = await lockedGroup(action, id, undefined);
    const before = await listGroupMembers(action.tx, group.id);
    const members = new Map([...before, ...named].map((member) => [member.id, member]));
    for (const each of removed) members.delete(each);
    return await writeMembers(action, group, organization, [...members.values()]);
  });
}

type Member = { id: number; user_name: string };

const idsOf = (members: readonly { id: number }[]) => new Set(members.map(({ id }) => id));

async function writeMembers(
  { tx, access, audit }: Action,
  group: GroupRow,
  organization: OrganizationRow,
  members: readonly Member[],
): Promise<GroupDetails> {
  const before = await listGroupMembers(tx, group.id);
  const [idsBefore, idsAfter] = [idsOf(before), idsOf(members)];
  const added = members.filter(({ id }) => !idsBefore.has(id));
  const removed = before.filter(({ id }) => !idsAfter.has(id));
  if (added.length + removed.length === 0) return await details(tx, access, group, organization);
  await replaceMembers(
    tx,
    group.id,
    members.map(({ id }) => id),
  );
  const changed = { ...group, version: group.version + 1 };
  await updateGroup(tx, group.id, { version: changed.version });
  await audit({
    ...told(group),
    details: {
      added: added.map((member) => member.user_name),
      removed: removed.map((member) => member.user_name),
    },
  });
  return await details(tx, access, changed, organization);
}

type Db = Parameters<typeof findGroup>[0];

async function visibleOrganization(db: Db, access: Access, reference: Reference): Promise<OrganizationRow> {
  return requireVisibleOrganization(access, await findOrganization(db, reference), reference);
}

/** The group and its organization, when the asker may see both. An unknown and an invisible one are refused alike. */
async function visibleGroup(
  db: Db,
  access: Access,
  reference: GroupReference,
): Promise<{ group: GroupRow; organization: OrganizationRow }> {
  const group =
    typeof reference === 'number'
      ? await findGroup(db, reference)
      : await findGroupByName(
          db,
          (await visibleOrganization(db, access, reference.organization)).id,
          reference.name,
        );
  // Asked also where there is none, so that no answer leaves without the question.
  const isVisible = access.can('group.view', group === undefined ? {} : target(group));
  const organization = group === undefined ? undefined : await findOrganization(db, group.organization_id);
  if (group === undefined || organization === undefined || !isVisible) throw missingGroup(reference);
  return { group, organization };
}

const target = (group: GroupRow) => ({ organizationId: group.organization_id });

/** The group of that reference, when the asker may edit it; not locked yet. */
async function editableGroup({ tx, access, about }: Action, reference: GroupReference) {
  const { group, organization } = await visibleGroup(tx, access, reference);
  about(told(group));
  access.require('group.edit', target(group));
  return { id: group.id, organization };
}

async function lockedGroup({ tx }: Action, id: number, version: number | undefined): Promise<GroupRow> {
  const group = await lockGroup(tx, id);
  if (group === undefined) throw missingGroup(id);
  requireVersion(version, group.version);
  return group;
}

/** The ids of these references, in their order. @throws AppError `not_found` for a name that nobody has */
async function memberIds(
  { tx }: Action,
  organization: OrganizationRow,
  references: readonly Reference[],
): Promise<number[]> {
  const names = references.filter((reference) => typeof reference === 'string');
  const known = await findPossibleMembers(tx, organization.id, names);
  return references.map((reference) => {
    const id = typeof reference === 'number' ? reference : known.get(nameKey(reference));
    if (id === undefined) throw missingMember(organization, reference);
    return id;
  });
}

/** The accounts of these references, locked, each once. */
async function lockMembers(
  action: Action,
  organization: OrganizationRow,
  references: readonly Reference[],
): Promise<Member[]> {
  const ids = await memberIds(action, organization, references);
  const members = await lockPossibleMembers(action.tx, organization.id, ids);
  const found = new Set(members.map(({ id }) => id));
  references.forEach((reference, index) => {
    if (!found.has(ids[index] ?? 0)) throw missingMember(organization, reference);
  });
  return members;
}

/** One answer for an account that does not exist, of another organization, and of a kind that is in no group. */
function missingMember(organization: OrganizationRow, reference: Reference): AppError {
  const called = typeof reference === 'number' ? `the id ${reference}` : `the user name "${reference}"`;
  return new AppError('not_found', {
    message: `No user or read-only user of "${organization.name}" has ${called}.`,
  });
}

async function requireFreeName(
  { tx }: Action,
  organization: OrganizationRow,
  name: string,
  exceptId?: number,
): Promise<void> {
  const taken = await findGroupByName(tx, organization.id, name);
  if (taken === undefined || taken.id === exceptId) return;
  throw new AppError('name_taken', {
    message: `A user group named "${taken.name}" exists already in "${organization.name}".`,
  });
}

function told(group: GroupRow) {
  return {
    organizationId: group.organization_id,
    targetKind: 'user_group',
    targetId: group.id,
    targetName: group.name,
  };
}

async function details(
  db: Db,
  access: Access,
  group: GroupRow,
  organization: OrganizationRow,
): Promise<GroupDetails> {
  return shownGroup(access, group, organization, await listGroupMembers(db, group.id));
}
