import { reading } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { getOwner } from '../owners/owners.store.ts';
import { countByType } from './intelligence.store.ts';

export type IntelligenceCounts = {
  /** What a client gets that pulls the owner's collection: each object once. */
  objects: number;
  versions: number;
  /** How many of `objects` are indicators. */
  indicators: number;
};

/** Counts what an owner holds, for whoever operates the instance. Costs time in proportion to it. */
export async function countIntelligence(
  app: App,
  caller: Caller,
  ownerName: string,
): Promise<IntelligenceCounts> {
  caller.access.require('instance.operate', {});
  return await reading(async () => {
    const owner = await getOwner(app.db.read, ownerName);
    const types = await countByType(app.db.read, owner.id);
    return {
      objects: types.reduce((sum, each) => sum + each.objects, 0),
      versions: types.reduce((sum, each) => sum + each.versions, 0),
      indicators: types.find((each) => each.type === 'indicator')?.objects ?? 0,
    };
  });
}
