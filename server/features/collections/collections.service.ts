import { act, reading } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { ownerTarget } from '../owners/owners.store.ts';
import {
  type CollectionRow,
  findCollection,
  listCollections,
  lockCollection,
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
 * Switches writing over TAXII on or off. Off, nobody writes; on, those whose role in the owner may create data.
 */
export async function setCollectionWritable(
  app: App,
  caller: Caller,
  id: string,
  writable: boolean,
): Promise<CollectionRow> {
  return await setSwitch(app, caller, id, 'writable', writable);
}

/** Switches the strict checks of STIX on or off, for what is added from now on. */
export async function setCollectionStrict(
  app: App,
  caller: Caller,
  id: string,
  strict: boolean,
): Promise<CollectionRow> {
  return await setSwitch(app, caller, id, 'strict', strict);
}

async function setSwitch(
  app: App,
  caller: Caller,
  id: string,
  name: 'writable' | 'strict',
  value: boolean,
): Promise<CollectionRow> {
  return await act(app, caller, `collection.${name}`, async ({ tx, access, audit }) => {
    await lockCollection(tx, id);
    const collection = await findCollection(tx, id);
    const missing = { message: `There is no collection ${id}.` };
    if (collection === undefined) {
      access.can('collection.view', {});
      throw new AppError('not_found', missing);
    }
    const owner = { id: collection.owner_id, kind: collection.owner_kind };
    const target = await ownerTarget(tx, owner, access.actor);
    if (!access.can('collection.view', target)) throw new AppError('not_found', missing);
    access.require('collection.configure', target);
    await updateCollection(tx, collection.id, { [name]: value ? 1 : 0 });
    await audit({
      organizationId: collection.owner_kind === 'organization' ? collection.owner_id : null,
      targetKind: 'collection',
      targetId: collection.id,
      targetName: collection.owner_name,
      details: { [name]: { before: collection[name] === 1, after: value } },
    });
    return { ...collection, [name]: value ? 1 : 0 };
  });
}
