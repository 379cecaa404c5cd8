import { z } from 'zod';
import {
  type EditOwnerInput,
  editOwnerInput,
  type ListOwnersInput,
  listOwnersInput,
  type OwnerReferenceInput,
  type OwnerView,
  ownerReferenceInput,
} from '../../../contract/owners.ts';
import { INSTANCE } from '../../access/can.ts';
import { act, readingAs } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { parseInput } from '../../input.ts';
import { DEFAULT_PAGE, decodeCursor, type Page, pageFrom } from '../../pages.ts';
import { lockInstance } from '../instance/instance.store.ts';
import { containing, effectiveCommunityRole, orderOf, requireEmpty, requireVersion } from './owners.rules.ts';
import { buryOwner, lockOwner, requireFreeName, updateOwner } from './owners.store.ts';
import { ownerView, requireMayReveal, type SharedRow } from './shared.rules.ts';
import { findSharedObstacles, listSharedPage } from './shared.store.ts';
import { auditTarget, findVisibleOwner, lockForChange, readingTools } from './visible-owner.ts';

/** The communities, or the sources, that the caller may see. */
export async function listOwners(
  app: App,
  caller: Caller,
  rawInput: ListOwnersInput,
): Promise<Page<OwnerView>> {
  const input = parseInput(listOwnersInput, rawInput);
  return await readingAs(app, caller, `${input.kind}.list`, async () => {
    const { access } = caller;
    const { actor } = access;
    const asker = actor.kind === 'account' ? actor : undefined;
    // Who may see any, whatever role it has in it, sees all; the others, those that they have a role in.
    const all = access.can('owner.view', INSTANCE);
    if (!all && asker === undefined) throw new AppError('forbidden', { permission: 'owner.view' });
    const order = orderOf(input.sort ?? 'name');
    const limit = input.limit ?? DEFAULT_PAGE;
    const key = order.by === 'id' ? z.number().int() : z.string();
    const found = await listSharedPage(app.db.read, input.kind, { asker, all }, order, {
      limit: limit + 1,
      after: input.after === undefined ? undefined : decodeCursor(input.after, key),
      pattern: input.search === undefined ? undefined : containing(input.search),
    });
    const { rows, next } = pageFrom(found, limit, (row) => (order.by === 'id' ? row.id : row.name_key));
    const items = rows.map((row) => {
      const role =
        asker && effectiveCommunityRole(asker.systemRole, row.individual, row.organization_default);
      return ownerView(access, { ...row, kind: input.kind } satisfies SharedRow, { communityRole: role });
    });
    return { items, next };
  });
}

/** @throws AppError `not_found` */
export async function getOwnerView(
  app: App,
  caller: Caller,
  rawInput: OwnerReferenceInput,
): Promise<OwnerView> {
  const input = parseInput(ownerReferenceInput, rawInput);
  return await readingAs(app, caller, 'owner.view', async (about) => {
    const { owner, target } = await findVisibleOwner(readingTools(app, caller, about), input);
    return ownerView(caller.access, owner, target);
  });
}

/**
 * Renames a community or source, or changes its description or its profile anonymity: turned off, its Directors see first and
 * last names of its members' users, so that needs more than turning it on.
 * @throws AppError `not_found`, `forbidden`, `name_taken`, `stale`
 */
export async function editOwner(app: App, caller: Caller, rawInput: EditOwnerInput): Promise<OwnerView> {
  const input = parseInput(editOwnerInput, rawInput);
  return await act(app, caller, 'owner.edit', async (action) => {
    const { tx, access, audit } = action;
    const { owner: found, target: seen } = await findVisibleOwner(action, input);
    access.require('owner.edit', seen);
    await lockInstance(tx);
    const { owner: before, target } = await lockForChange(action, found, 'owner.edit');
    requireVersion(input.version, before.version);
    if (input.anonymous === false && before.anonymous === 1) requireMayReveal(access, target);
    const { name = before.name, description = before.description } = input;
    const anonymous = input.anonymous ?? before.anonymous === 1;
    await requireFreeName(tx, name, before.id);
    await updateOwner(tx, before.id, { name, description, anonymous: anonymous ? 1 : 0 });
    const changed = <T>(field: string, old: T, after: T) =>
      old === after ? {} : { [field]: { before: old, after } };
    await audit({
      ...auditTarget({ ...before, name }),
      details: {
        ...changed('name', before.name, name),
        ...changed('description', before.description, description),
        ...changed('anonymous', before.anonymous === 1, anonymous),
      },
    });
    const after = { ...before, name, description, anonymous: anonymous ? 1 : 0, version: before.version + 1 };
    return ownerView(access, after, target);
  });
}

/**
 * Deletes a community or source that is empty. Its name is free, and its id is never given again.
 * @throws AppError `not_found`, `forbidden`; `conflict` with what is in the way
 */
export async function deleteOwner(app: App, caller: Caller, rawInput: OwnerReferenceInput): Promise<void> {
  const input = parseInput(ownerReferenceInput, rawInput);
  await act(app, caller, 'owner.delete', async (action) => {
    const { tx, access, now, audit } = action;
    const { owner, target } = await findVisibleOwner(action, input);
    access.require('owner.delete', target);
    await lockInstance(tx);
    // Whoever adds a member or an object locks this row, too, and finds it deleted.
    await lockOwner(tx, owner.id);
    requireEmpty(owner, await findSharedObstacles(tx, owner.id));
    await buryOwner(tx, owner.id, now);
    await audit({ ...auditTarget(owner), details: {} });
  });
}
