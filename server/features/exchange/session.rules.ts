import type { Access } from '../../access/access.ts';
import { type Actor, INSTANCE } from '../../access/can.ts';
import { AppError } from '../../errors.ts';
import {
  type AskerRow,
  type AskerWithCollection,
  type CollectionForAsker,
  type CollectionRights,
  collectionRights,
} from './exchange.rules.ts';

/** A TAXII user in one request: its rights, its service, and the collection that the path names, if it may see it. */
export type Session = {
  access: Access;
  account: { id: number; name: string; organizationId: number; narrowed: number };
  credentialVersion: number;
  /** The credential reads only, whatever the rights of its account. */
  readOnly: boolean;
  service: Service;
  collection: VisibleCollection | undefined;
};

/** The TAXII service (API root) that the account is bound to and may use. */
export type Service = {
  id: number;
  path: string;
  title: string;
  description: string | null;
  defaultPageSize: number;
  maxPageSize: number;
  maxPageBytes: number;
  maxContentLength: number;
  strict: boolean;
};

export type VisibleCollection = CollectionForAsker & { rights: CollectionRights };

/** What follows from a row alone, whatever the time; the store gives the same row again while nothing has changed. */
export type Standing = Pick<Session, 'account' | 'collection'> & {
  actor: Actor;
  service: Service | undefined;
};

/** Pure, so that it may be kept with its row. */
export function standingOf(row: AskerWithCollection | AskerRow): Standing {
  const actor: Actor = {
    kind: 'account',
    accountId: row.account_id,
    name: row.user_name,
    organizationId: row.organization_id,
    systemRole: row.system_role,
    organizationRole: row.organization_role,
  };
  return {
    actor,
    account: {
      id: row.account_id,
      name: row.user_name,
      organizationId: row.organization_id,
      narrowed: row.narrowed,
    },
    service: serviceOf(row),
    collection: visibleCollection(actor, row),
  };
}

function serviceOf(row: AskerRow): Service | undefined {
  if (row.service_id === null || row.service_path === null || row.service_allowed !== 1) return undefined;
  return {
    id: row.service_id,
    path: row.service_path,
    title: row.service_title ?? '',
    description: row.service_description,
    defaultPageSize: row.default_page_size,
    maxPageSize: row.max_page_size,
    maxPageBytes: row.max_page_bytes,
    maxContentLength: row.max_content_length,
    strict: row.strict === 1,
  };
}

function visibleCollection(actor: Actor, row: AskerWithCollection | AskerRow): VisibleCollection | undefined {
  if (!('collection_id' in row) || !isPresent(row)) return undefined;
  const rights = collectionRights(actor, row, row);
  return rights.visible ? { ...row, rights } : undefined;
}

function isPresent(row: AskerWithCollection): row is AskerRow & CollectionForAsker {
  return row.collection_id !== null;
}

/** The collection that the path names. Invisible and unknown ones answer alike (item 50). */
export function requireCollection(session: Session): VisibleCollection {
  session.access.require('exchange.connect', INSTANCE);
  if (session.collection === undefined)
    throw new AppError('not_found', { message: 'There is no such collection.' });
  return session.collection;
}

/** The collection, when the asker may read it. A writer who may not read is told so (item 46). */
export function requireReadable(session: Session): VisibleCollection {
  const collection = requireCollection(session);
  if (!collection.rights.canRead)
    throw new AppError('forbidden', { message: 'This collection may not be read.' });
  return collection;
}
