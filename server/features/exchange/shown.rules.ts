import type { Actor } from '../../access/can.ts';
import { STIX_20_MEDIA_TYPE, STIX_MEDIA_TYPE } from '../../protocols/taxii/media-types.ts';
import { formatTaxiiPath } from '../../protocols/taxii/paths.ts';
import {
  type Collection,
  collectionResource,
  type Discovery,
  discoveryResource,
} from '../../protocols/taxii/resources.ts';
import {
  type AskerRow,
  type CollectionForAsker,
  type CollectionRights,
  collectionRights,
} from './exchange.rules.ts';

/** TAXII 2.1 §4.1: the API roots that an account may use, which is the one of its service. */
export function discoveryOf(service: { path: string }, baseUrl: string): Discovery {
  const root = formatTaxiiPath({ kind: 'api-root', root: service.path }, baseUrl);
  return discoveryResource({
    title: 'Taxiway',
    description: 'TAXII 2.1 server',
    defaultApiRoot: root,
    apiRoots: [root],
  });
}

/** Those of the collections that the asker may read or write, with its rights there. */
export function visibleCollections<Row extends CollectionForAsker>(
  actor: Actor,
  account: Pick<AskerRow, 'narrowed'>,
  rows: readonly Row[],
): (Row & { rights: CollectionRights })[] {
  return rows.flatMap((row) => {
    const rights = collectionRights(actor, account, row);
    return rights.visible ? [{ ...row, rights }] : [];
  });
}

/** TAXII 2.1 §5.2.1: the media types are all that the manifest may give for an object of the collection. */
export function collectionOf(
  readOnly: boolean,
  collection: CollectionForAsker & { rights: CollectionRights },
  holdsStix20: boolean,
): Collection {
  const showsStix20 = holdsStix20 && !collection.rights.publishedOnly;
  return collectionResource({
    id: collection.collection_id,
    title: collection.owner_name,
    description: collection.description,
    alias: collection.owner_name,
    canRead: collection.rights.canRead,
    canWrite: collection.rights.canWrite && !readOnly,
    mediaTypes: showsStix20 ? [STIX_MEDIA_TYPE, STIX_20_MEDIA_TYPE] : [STIX_MEDIA_TYPE],
  });
}
