import type { CollectionItem } from '../../../contract/collections.ts';
import type { OwnerKind } from '../../../contract/roles.ts';
import type { Access } from '../../access/access.ts';
import type { Target } from '../../access/can.ts';
import { AppError } from '../../errors.ts';
import { formatTimestamp } from '../../protocols/timestamp.ts';

type Collection = {
  id: string;
  owner_id: number;
  owner_name: string;
  owner_kind: OwnerKind;
  description: string | null;
  writable: number;
  strict: number;
  responsible_account_id: number | null;
  created_at: number;
  version: number;
};

/** A collection as the asker may see it; `target` is what rights in its owner depend on. */
export function shownCollection(
  access: Access,
  row: Collection,
  target: Target,
  responsible: CollectionItem['responsible'],
): CollectionItem {
  return {
    id: row.id,
    version: row.version,
    owner: { id: row.owner_id, name: row.owner_name, kind: row.owner_kind },
    description: row.description,
    writable: row.writable === 1,
    strict: row.strict === 1,
    responsible,
    createdAt: formatTimestamp(row.created_at),
    abilities: { edit: access.can('collection.configure', target) },
  };
}

/** A collection as the audit trail tells of it. */
export function told(row: Collection) {
  return {
    description: row.description,
    writable: row.writable === 1,
    strict: row.strict === 1,
    responsible: row.responsible_account_id,
  };
}

/** One answer for a collection that does not exist and one that the asker may not see. */
export function missingCollection(id: string): AppError {
  return new AppError('not_found', { message: `There is no collection ${id}.` });
}
