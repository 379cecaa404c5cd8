import type {
  AccountKind,
  CommunityRole,
  OrganizationRole,
  OwnerKind,
  SystemRole,
} from '../../../contract/roles.ts';
import { type Actor, can, type Target } from '../../access/can.ts';
import { effectiveCommunityRole } from '../owners/owners.rules.ts';

/** What one request must know of the asker: the account and the service that its path names, as stored now. */
export type AskerRow = {
  account_id: number;
  kind: AccountKind;
  user_name: string;
  organization_id: number;
  system_role: SystemRole;
  organization_role: OrganizationRole;
  narrowed: number;
  credential_version: number;
  locked_at: number | null;
  disabled_at: number | null;
  deleted_at: number | null;
  expires_at: number | null;
  organization_disabled_at: number | null;
  /** Of the service that the account is bound to; null where it has none. */
  service_id: number | null;
  service_path: string | null;
  service_title: string | null;
  service_description: string | null;
  service_allowed: number;
  default_page_size: number;
  max_page_size: number;
  max_page_bytes: number;
  max_content_length: number;
  strict: number;
};

/** A collection as the asker's roles and allow-list show it. */
export type CollectionForAsker = {
  collection_id: string;
  description: string | null;
  writable: number;
  collection_strict: number;
  collection_created_at: number;
  owner_id: number;
  owner_name: string;
  owner_kind: OwnerKind;
  change_counter: number;
  largest_object: number;
  own_role: CommunityRole | null;
  default_role: CommunityRole | null;
  /** 1 = on the asker's allow-list. */
  listed: number;
};

export type AskerWithCollection = AskerRow & {
  [K in keyof CollectionForAsker]: CollectionForAsker[K] | null;
};

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
 * writing only where the collection accepts it.
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
      : { communityRole: roleThere(actor, collection) };
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

function roleThere(
  actor: Actor,
  { own_role, default_role }: Pick<CollectionForAsker, 'own_role' | 'default_role'>,
): CommunityRole | undefined {
  return actor.kind === 'account'
    ? effectiveCommunityRole(actor.systemRole, own_role, default_role)
    : undefined;
}
