import type { ReadableCollection } from '../../../contract/intelligence.ts';
import type { Access } from '../../access/access.ts';
import type { Target } from '../../access/can.ts';
import { AppError } from '../../errors.ts';
import { formatTimestamp, type Micros } from '../../protocols/timestamp.ts';
import { missingCollection } from '../collections/collections.rules.ts';
import { type CollectionRow, findCollection } from '../collections/collections.store.ts';
import { ownerTarget } from '../owners/owners.store.ts';

type Db = Parameters<typeof findCollection>[0];

/** A collection that the asker may read, and whether only what is published in it. */
export type Readable = { row: CollectionRow; target: Target; publishedOnly: boolean };

/**
 * The collection, when the asker may read intelligence in it. An unknown one and one that the asker may know nothing of
 * are refused alike; who may see how it is configured is told that it may not be read.
 * @throws AppError `not_found`, `forbidden`
 */
export async function findReadable(
  db: Db,
  access: Access,
  id: string,
  about: (target: {
    organizationId: number | null;
    targetKind: string;
    targetId: string;
    targetName: string;
  }) => void,
): Promise<Readable> {
  const row = await findCollection(db, id);
  const target =
    row === undefined ? {} : await ownerTarget(db, { id: row.owner_id, kind: row.owner_kind }, access.actor);
  // Asked also where there is none, so that no answer leaves without the question.
  const publishedOnly = !access.can('intelligence.read', target);
  const isReadable = !publishedOnly || access.can('intelligence.readPublished', target);
  if (row === undefined) throw missingCollection(id);
  if (isReadable) return { row, target, publishedOnly };
  if (!access.can('collection.view', target)) throw missingCollection(id);
  about({
    organizationId: row.owner_kind === 'organization' ? row.owner_id : null,
    targetKind: 'collection',
    targetId: row.id,
    targetName: row.owner_name,
  });
  throw new AppError('forbidden', { permission: 'intelligence.read' });
}

/** As its readers are shown it; `counts` and `lastAddedAt` are of everything in it. */
export function shownReadable(
  access: Access,
  { row, target, publishedOnly }: Readable,
  counts: { objects: number; versions: number } | undefined,
  lastAddedAt: Micros | undefined,
): ReadableCollection {
  const seen = publishedOnly ? undefined : counts;
  return {
    id: row.id,
    owner: { id: row.owner_id, name: row.owner_name, kind: row.owner_kind },
    description: row.description,
    publishedOnly,
    objects: seen?.objects ?? 0,
    versions: seen?.versions ?? 0,
    lastAddedAt: publishedOnly || lastAddedAt === undefined ? null : formatTimestamp(lastAddedAt),
    abilities: {
      configure: access.can('collection.configure', target),
      viewConfiguration: access.can('collection.view', target),
    },
  };
}
