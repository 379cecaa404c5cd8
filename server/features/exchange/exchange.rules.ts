import { type Actor, can, type Target } from '../../access/can.ts';
import type { AskerRow, CollectionForAsker } from './exchange.store.ts';

/** What the asker may do in a collection; `visible` = may know that it exists. */
export type CollectionRights = {
  visible: boolean;
  canRead: boolean;
  canWrite: boolean;
  canDelete: boolean;
  /** Sees published objects only. */
  publishedOnly: boolean;
};

/**
 * The asker's rights in a collection: what the roles in its owner allow, narrowed by the account's allow-list, and
 * writing only where the collection accepts it (product decisions 11 and 12).
 */
export function collectionRights(
  actor: Actor,
  asker: Pick<AskerRow, 'narrowed'>,
  collection: Pick<
    CollectionForAsker,
    'owner_id' | 'owner_kind' | 'own_role' | 'default_role' | 'listed' | 'writable'
  >,
): CollectionRights {
  const target: Target =
    collection.owner_kind === 'organization'
      ? { organizationId: collection.owner_id }
      : { communityRole: collection.own_role ?? collection.default_role ?? undefined };
  const isListed = asker.narrowed === 0 || collection.listed === 1;
  const readsAll = can(actor, 'intelligence.read', target);
  const canRead = isListed && (readsAll || can(actor, 'intelligence.readPublished', target));
  const accepts = isListed && collection.writable === 1;
  const canWrite = accepts && can(actor, 'intelligence.create', target);
  return {
    visible: canRead || canWrite,
    canRead,
    canWrite,
    canDelete: accepts && can(actor, 'intelligence.delete', target),
    publishedOnly: canRead && !readsAll,
  };
}
