import { z } from 'zod';
import {
  type CollectionItem,
  collectionId,
  type EditCollectionInput,
  editCollectionInput,
  type ListCollectionsInput,
  listCollectionsInput,
} from '../../../contract/collections.ts';
import type { Reference } from '../../../contract/references.ts';
import { COMMUNITY_ROLES } from '../../../contract/roles.ts';
import type { Access } from '../../access/access.ts';
import { INSTANCE, type Target } from '../../access/can.ts';
import { type Action, act, readingAs } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { parseInput } from '../../input.ts';
import { DEFAULT_PAGE, decodeCursor, pageFrom } from '../../pages.ts';
import { type AccountRow, findByPseudonym, lockAccount } from '../accounts/accounts.store.ts';
import { findMemberAccount } from '../owners/members.store.ts';
import {
  called,
  effectiveCommunityRole,
  orderOf,
  requireVersion,
  requireVisibleOwner,
} from '../owners/owners.rules.ts';
import { findMembership, findOwner, ownerTarget } from '../owners/owners.store.ts';
import { isListedByName } from '../owners/shared.rules.ts';
import {
  requireResponsible,
  type ShownAs,
  seesName,
  shownResponsible,
} from '../taxii-services/responsible.rules.ts';
import { changed } from '../taxii-services/service-changes.rules.ts';
import { listResponsibleAccounts } from '../taxii-services/taxii-services.store.ts';
import { missingCollection, shownCollection, told } from './collections.rules.ts';
import {
  type CollectionRow,
  type CollectionScope,
  findCollection,
  listCollectionsPage,
  lockCollection,
  updateCollection,
} from './collections.store.ts';

const position = z.tuple([z.string(), z.string()]);

/** The collections whose configuration the caller may see, by the name of their owner unless asked otherwise. */
export async function listConfiguredCollections(
  app: App,
  caller: Caller,
  rawInput: ListCollectionsInput = {},
): Promise<{ items: CollectionItem[]; next: string | null }> {
  const input = parseInput(listCollectionsInput, rawInput);
  const after = input.after === undefined ? undefined : decodeCursor(input.after, position);
  const limit = input.limit ?? DEFAULT_PAGE;
  return await readingAs(app, caller, 'collection.list', async () => {
    const { access } = caller;
    const db = app.db.read;
    const found = await listCollectionsPage(db, scopeOf(access), {
      ...orderOf(input.sort ?? 'owner'),
      ownerId: input.owner === undefined ? undefined : await visibleOwner(db, access, input.owner),
      after: after === undefined ? undefined : { nameKey: after[0], id: after[1] },
      limit: limit + 1,
    });
    const { rows, next } = pageFrom(found, limit, (row) => [row.owner_name_key, row.id]);
    const accounts = await listResponsibleAccounts(
      db,
      rows.map((row) => row.responsible_account_id),
    );
    const items: CollectionItem[] = [];
    for (const row of rows) {
      const target = await targetOf(db, row, access);
      const shownAs = await shownAsIn(db, row);
      const responsible = shownResponsible(access, accounts, row.responsible_account_id, shownAs);
      items.push(shownCollection(access, row, target, responsible));
    }
    return { items, next };
  });
}

/** Whose collections the asker may see. */
function scopeOf(access: Access): CollectionScope {
  const { actor } = access;
  if (access.can('collection.view', INSTANCE) || actor.kind !== 'account') {
    access.require('collection.view', INSTANCE);
    return 'all';
  }
  return {
    accountId: actor.accountId,
    organizationId: actor.organizationId,
    withOwn: access.can('collection.view', { organizationId: actor.organizationId }),
    communityRoles: COMMUNITY_ROLES.filter((role) =>
      access.can('collection.view', {
        communityRole: effectiveCommunityRole(actor.systemRole, role, undefined),
      }),
    ),
  };
}

/** @throws AppError `not_found` also for a collection that the caller may not see */
export async function getConfiguredCollection(app: App, caller: Caller, id: string): Promise<CollectionItem> {
  const wanted = parseInput(collectionId, id);
  return await readingAs(app, caller, 'collection.show', async () => {
    const { row, target } = await visibleCollection(app.db.read, caller.access, wanted);
    return await shown(app.db.read, caller.access, row, target);
  });
}

/**
 * Configures a collection.
 * @throws AppError `forbidden`, `invalid_input`, `not_found`, `stale`
 */
export async function editCollection(
  app: App,
  caller: Caller,
  rawInput: EditCollectionInput,
): Promise<CollectionItem> {
  return await configure(app, caller, 'collection.edit', rawInput);
}

/**
 * Switches writing over TAXII on or off. Off, nobody writes; on, those whose role in the owner may create data.
 */
export async function setCollectionWritable(
  app: App,
  caller: Caller,
  collection: string,
  writable: boolean,
): Promise<CollectionItem> {
  return await configure(app, caller, 'collection.writable', { collection, changes: { writable } });
}

/** Switches the strict checks of STIX on or off, for what is added from now on. */
export async function setCollectionStrict(
  app: App,
  caller: Caller,
  collection: string,
  strict: boolean,
): Promise<CollectionItem> {
  return await configure(app, caller, 'collection.strict', { collection, changes: { strict } });
}

async function configure(
  app: App,
  caller: Caller,
  name: string,
  rawInput: EditCollectionInput,
): Promise<CollectionItem> {
  const { collection: id, version, changes } = parseInput(editCollectionInput, rawInput);
  return await act(app, caller, name, async (action) => {
    const { tx, access, audit } = action;
    const found = await visibleCollection(tx, access, id);
    action.about(about(found.row));
    access.require('collection.configure', found.target);
    // The account before the collection, as whoever deletes the account locks them.
    const responsibleId =
      changes.responsible === undefined || changes.responsible === null
        ? changes.responsible
        : await lockResponsible(action, found.row, changes.responsible);
    await lockCollection(tx, found.row.id);
    const { row: before, target } = await visibleCollection(tx, access, id);
    requireVersion(version, before.version);
    const after: CollectionRow = {
      ...before,
      description: changes.description === undefined ? before.description : changes.description,
      writable: Number(changes.writable ?? before.writable),
      strict: Number(changes.strict ?? before.strict),
      responsible_account_id: responsibleId === undefined ? before.responsible_account_id : responsibleId,
    };
    const differences = changed(told(before), told(after));
    if (Object.keys(differences).length === 0) return await shown(tx, access, before, target);
    const { description, writable, strict, responsible_account_id } = after;
    await updateCollection(tx, before.id, { description, writable, strict, responsible_account_id });
    await audit({ ...about(before), details: differences });
    return await shown(tx, access, { ...after, version: before.version + 1 }, target);
  });
}

type Db = Parameters<typeof findCollection>[0];

/** The collection, when the asker may see how it is configured. An unknown and an invisible one are refused alike. */
async function visibleCollection(
  db: Db,
  access: Access,
  id: string,
): Promise<{ row: CollectionRow; target: Target }> {
  const row = await findCollection(db, id);
  const target = row === undefined ? {} : await targetOf(db, row, access);
  // Asked also where there is none, so that no answer leaves without the question.
  const isVisible = access.can('collection.view', target);
  if (row === undefined || !isVisible) throw missingCollection(id);
  return { row, target };
}

async function targetOf(db: Db, row: CollectionRow, { actor }: Access): Promise<Target> {
  return await ownerTarget(db, { id: row.owner_id, kind: row.owner_kind }, actor);
}

async function visibleOwner(db: Db, access: Access, reference: Reference): Promise<number> {
  const row = await findOwner(db, reference);
  const target = row === undefined ? {} : await ownerTarget(db, row, access.actor);
  return requireVisibleOwner(access, row, target, reference).id;
}

/**
 * The account, locked, so that it is not deleted before it answers for the collection: one of the owning organization, or
 * of a member organization. An unknown one and one from elsewhere are refused alike.
 */
async function lockResponsible(
  action: Action,
  collection: CollectionRow,
  reference: Reference,
): Promise<number> {
  const account = await findNamed(action, collection, reference);
  if (account === undefined || !(await belongsTo(action, collection, account))) {
    throw new AppError('not_found', {
      message: `"${collection.owner_name}" has no account ${called(reference)}.`,
    });
  }
  requireResponsible(account, ['user', 'api'], action.now);
  return account.id;
}

/**
 * By what the asker may know of the account: id and user name, if it may see accounts; else what the members are listed by,
 * the pseudonym where they are anonymous, and the id where they are not.
 */
async function findNamed(
  { tx, access }: Action,
  collection: CollectionRow,
  reference: Reference,
): Promise<AccountRow | undefined> {
  const account = await lockAccount(tx, reference);
  if (account !== undefined && seesName(access, account)) return account;
  if (collection.owner_kind === 'organization') return undefined;
  if (collection.owner_anonymous === 1) {
    const id = await findByPseudonym(tx, String(reference));
    return id === undefined ? undefined : await lockAccount(tx, id);
  }
  const isKnown = typeof reference === 'number' && (await isListed(tx, collection, reference));
  return isKnown ? account : undefined;
}

async function belongsTo({ tx }: Action, collection: CollectionRow, account: AccountRow): Promise<boolean> {
  if (collection.owner_kind === 'organization') return account.organization_id === collection.owner_id;
  return (await findMembership(tx, collection.owner_id, account.organization_id)) !== undefined;
}

function about(row: CollectionRow) {
  return {
    organizationId: row.owner_kind === 'organization' ? row.owner_id : null,
    targetKind: 'collection',
    targetId: row.id,
    targetName: row.owner_name,
  };
}

/** By what the responsible account is known to those who see the members of the collection's owner. */
async function shownAsIn(db: Db, row: CollectionRow): Promise<ShownAs> {
  if (row.owner_kind === 'organization' || row.owner_anonymous === 1) return 'pseudonym';
  return (await isListed(db, row, row.responsible_account_id)) ? 'names' : 'nothing';
}

async function isListed(db: Db, collection: CollectionRow, accountId: number | null): Promise<boolean> {
  if (accountId === null) return false;
  const member = await findMemberAccount(db, collection.owner_id, { id: accountId });
  return member !== undefined && isListedByName({ anonymous: collection.owner_anonymous }, member);
}

async function shown(db: Db, access: Access, row: CollectionRow, target: Target): Promise<CollectionItem> {
  const accounts = await listResponsibleAccounts(db, [row.responsible_account_id]);
  const shownAs = await shownAsIn(db, row);
  const responsible = shownResponsible(access, accounts, row.responsible_account_id, shownAs);
  return shownCollection(access, row, target, responsible);
}
