import { z } from 'zod';
import type { CollectionStatistics, ReadableCollection } from '../../../contract/intelligence.ts';
import { COMMUNITY_ROLES } from '../../../contract/roles.ts';
import type { Access } from '../../access/access.ts';
import { INSTANCE } from '../../access/can.ts';
import { reading, readingAs } from '../../action.ts';
import type { App, Caller } from '../../context.ts';
import { DEFAULT_PAGE, decodeCursor, type Page, pageFrom } from '../../pages.ts';
import { formatTimestamp } from '../../protocols/timestamp.ts';
import { type CollectionScope, listCollectionsPage } from '../collections/collections.store.ts';
import { effectiveCommunityRole, orderOf } from '../owners/owners.rules.ts';
import { ownerTarget } from '../owners/owners.store.ts';
import { findDatesAdded, listCounts, sumCounts } from './browsing.store.ts';
import { findReadable, shownReadable } from './readable-collection.ts';

const position = z.tuple([z.string(), z.string()]);
/** Types that the statistics name. */
const MOST_TYPES = 200;

/** The collections whose intelligence the caller may read, by the name of their owner unless asked otherwise. */
export async function listReadableCollections(
  app: App,
  { access }: Caller,
  input: {
    limit?: number | undefined;
    after?: string | undefined;
    sort?: 'owner' | '-owner' | 'id' | '-id' | undefined;
  } = {},
): Promise<Page<ReadableCollection>> {
  const after = input.after === undefined ? undefined : decodeCursor(input.after, position);
  const limit = input.limit ?? DEFAULT_PAGE;
  return await reading(async () => {
    const { db } = app;
    const found = await listCollectionsPage(db.read, scopeOf(access), {
      ...orderOf(input.sort ?? 'owner'),
      ownerId: undefined,
      after: after === undefined ? undefined : { nameKey: after[0], id: after[1] },
      limit: limit + 1,
    });
    const { rows, next } = pageFrom(found, limit, (row) => [row.owner_name_key, row.id]);
    const owners = rows.map((row) => row.owner_id);
    const counts = await sumCounts(db, owners);
    const dates = await findDatesAdded(db, owners);
    const items: ReadableCollection[] = [];
    for (const row of rows) {
      const target = await ownerTarget(db.read, { id: row.owner_id, kind: row.owner_kind }, access.actor);
      const publishedOnly = !access.can('intelligence.read', target);
      items.push(
        shownReadable(
          access,
          { row, target, publishedOnly },
          counts.get(row.owner_id),
          dates.get(row.owner_id)?.last,
        ),
      );
    }
    return { items, next };
  });
}

/** Whose collections the asker may read. What is published is the least of what anybody reads. */
function scopeOf(access: Access): CollectionScope {
  const { actor } = access;
  if (access.can('intelligence.readPublished', INSTANCE) || actor.kind !== 'account') {
    access.require('intelligence.readPublished', INSTANCE);
    return 'all';
  }
  return {
    accountId: actor.accountId,
    organizationId: actor.organizationId,
    withOwn: access.can('intelligence.readPublished', { organizationId: actor.organizationId }),
    communityRoles: COMMUNITY_ROLES.filter((role) =>
      access.can('intelligence.readPublished', {
        communityRole: effectiveCommunityRole(actor.systemRole, role, undefined),
      }),
    ),
  };
}

/** How much of which type a collection holds. @throws AppError `not_found`, `forbidden` */
export async function getCollectionStatistics(
  app: App,
  caller: Caller,
  collection: string,
): Promise<CollectionStatistics> {
  return await readingAs(app, caller, 'intelligence.read', async (about) => {
    const { db } = app;
    const readable = await findReadable(db.read, caller.access, collection, about);
    const { row, publishedOnly } = readable;
    const counts = (await sumCounts(db, [row.owner_id])).get(row.owner_id);
    const dates = (await findDatesAdded(db, [row.owner_id])).get(row.owner_id);
    const types = publishedOnly ? [] : await listCounts(db, row.owner_id);
    return {
      collection: shownReadable(caller.access, readable, counts, dates?.last),
      types: types.slice(0, MOST_TYPES),
      otherTypes: Math.max(0, types.length - MOST_TYPES),
      firstAddedAt: publishedOnly || dates === undefined ? null : formatTimestamp(dates.first),
    };
  });
}
