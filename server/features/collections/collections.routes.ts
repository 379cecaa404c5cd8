import {
  editCollectionEndpoint,
  getCollectionEndpoint,
  listCollectionsEndpoint,
} from '../../../contract/collections.ts';
import type { App } from '../../context.ts';
import { bind, type RestRoute } from '../../http/rest-face.ts';
import { editCollection, getConfiguredCollection, listConfiguredCollections } from './collections.service.ts';

/** The REST endpoints of collections. */
export function createCollectionsRoutes(app: App): RestRoute[] {
  return [
    bind(listCollectionsEndpoint, (caller, { query }) => listConfiguredCollections(app, caller, query)),
    bind(getCollectionEndpoint, (caller, { params }) =>
      getConfiguredCollection(app, caller, params.collection),
    ),
    bind(editCollectionEndpoint, (caller, { params, body }) =>
      editCollection(app, caller, { ...body, ...params }),
    ),
  ];
}
