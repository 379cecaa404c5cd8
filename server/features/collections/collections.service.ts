import { act, reading } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { ownerTarget } from '../owners/owners.store.ts';
import {
  type CollectionRow,
  findCollection,
  listCollections,
  updateCollection,
} from './collections.store.ts';

/** The collections whose settings the caller may see. */
export async function listConfiguredCollections(app: App, caller: Caller): Promise<CollectionRow[]> {
  return await reading(async () => {
    const visible: CollectionRow[] = [];
    for (const row of await listCollections(app.db.read)) {
      const owner = { id: row.owner_id, kind: row.owner_kind };
      const target = await ownerTarget(app.db.read, owner, caller.access.actor);
      if (caller.access.can('collection.view', target)) visible.push(row);
    }
    return visible;
  });
}

/**
 * Switches writing over TAXII on or off. Off, nobody writes; on, those whose role in the owner may create data
 * (product decision 11).
 */
export async function setCollectionWritable(
  app: App,
  caller: Caller,
  id: string,
  writable: boolean,
): Promise<CollectionRow> {
  return await act(app, caller, 'collection.writable', async ({ tx, access, audit }) => {
    const collection = await findCollection(tx, id);
    const missing = { message: `There is no collection ${id}.` };
    if (collection === undefined) {
      access.can('collection.view', {});
      throw new AppError('not_found', missing);
    }
    const target = await ownerTarget(
      tx,
      { id: collection.owner_id, kind: collection.owner_kind },
      access.actor,
    );
    if (!access.can('collection.view', target)) throw new AppError('not_found', missing);
    access.require('collection.configure', target);
    await updateCollection(tx, collection.id, { writable: writable ? 1 : 0 });
    await audit({
      organizationId: collection.owner_kind === 'organization' ? collection.owner_id : null,
      targetKind: 'collection',
      targetId: collection.id,
      targetName: collection.owner_name,
      details: { writable: { before: collection.writable === 1, after: writable } },
    });
    return { ...collection, writable: writable ? 1 : 0 };
  });
}
