import {
  getCollectionStatisticsEndpoint,
  getNeighboursEndpoint,
  getObjectEndpoint,
  listObjectsEndpoint,
  listReadableCollectionsEndpoint,
} from '../../../contract/intelligence.ts';
import { getTaxiiViewEndpoint } from '../../../contract/taxii-view.ts';
import type { App } from '../../context.ts';
import { bind, type RestRoute } from '../../http/rest-face.ts';
import { getNeighbours } from './neighbours.service.ts';
import { getObject, listObjects } from './objects.service.ts';
import { getCollectionStatistics, listReadableCollections } from './readable-collections.service.ts';
import { createTaxiiView } from './taxii-view.service.ts';

/** The REST endpoints by which people look at intelligence, and at what TAXII users are shown of it. */
export function createBrowsingRoutes(app: App): RestRoute[] {
  const getTaxiiView = createTaxiiView(app);
  return [
    bind(listReadableCollectionsEndpoint, (caller, { query }) => listReadableCollections(app, caller, query)),
    bind(getCollectionStatisticsEndpoint, (caller, { params }) =>
      getCollectionStatistics(app, caller, params.collection),
    ),
    bind(listObjectsEndpoint, (caller, { params, query }) =>
      listObjects(app, caller, { ...query, ...params }),
    ),
    bind(getObjectEndpoint, (caller, { params, query }) => getObject(app, caller, { ...query, ...params })),
    bind(getNeighboursEndpoint, (caller, { params, query }) =>
      getNeighbours(app, caller, { ...query, ...params }),
    ),
    bind(getTaxiiViewEndpoint, (caller, { params }, { reachedAs }) =>
      getTaxiiView(caller, { ...params, baseUrl: reachedAs }),
    ),
  ];
}
