import { MAX_NEIGHBOURS, type Neighbours } from '../../../contract/intelligence.ts';
import { readingAs } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { findLatest, listReferrers, readTexts } from './browsing.store.ts';
import { neighbourhoodOf, pictureOf } from './neighbours.rules.ts';
import { readObjects } from './object-texts.ts';
import { missingObject, readObject } from './objects.rules.ts';
import { findReadable } from './readable-collection.ts';

const DEFAULT_NEIGHBOURS = 60;
/** Those that refer to an object and are looked at: several may lead to the same neighbour. */
const MOST_REFERRERS = 2 * MAX_NEIGHBOURS;

/** What is around an object, each side of every reference. @throws AppError `not_found`, `forbidden` */
export async function getNeighbours(
  app: App,
  caller: Caller,
  asked: { collection: string; object: string; limit?: number | undefined },
): Promise<Neighbours> {
  return await readingAs(app, caller, 'intelligence.read', async (about) => {
    const { db } = app;
    const { row, publishedOnly } = await findReadable(db.read, caller.access, asked.collection, about);
    const ownerId = row.owner_id;
    const limit = asked.limit ?? DEFAULT_NEIGHBOURS;
    const centre = publishedOnly
      ? undefined
      : (await findLatest(db, ownerId, [asked.object])).get(asked.object);
    if (centre === undefined) throw missingObject(asked.object);
    const text = (await readTexts(db, [centre.id])).get(centre.id);
    const object = readObject(text);

    const found = await listReferrers(db, ownerId, centre.stix_id, MOST_REFERRERS + 1);
    const looked = found.slice(0, MOST_REFERRERS);
    const objects = await readObjects(db, looked);
    const referrers = looked.flatMap(({ id, stix_id }) => {
      const read = objects.get(id);
      return read === undefined ? [] : [{ id: stix_id, object: read }];
    });
    const neighbourhood = neighbourhoodOf(centre.stix_id, object, referrers);

    const rows = await findLatest(db, ownerId, neighbourhood.around.slice(0, limit));
    const texts = await readObjects(db, [...rows.values()]);
    const known = new Map(
      [...rows.values()].map((each) => [each.stix_id, { revoked: each.revoked, object: texts.get(each.id) }]),
    );
    known.set(centre.stix_id, { revoked: centre.revoked, object });
    return {
      ...pictureOf(centre.stix_id, neighbourhood, limit, known),
      more:
        neighbourhood.around.length > limit ||
        found.length > looked.length ||
        referrers.length < looked.length,
    };
  });
}
