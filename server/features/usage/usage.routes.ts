import {
  accountUsageEndpoint,
  collectionUsageEndpoint,
  organizationUsageEndpoint,
} from '../../../contract/usage.ts';
import type { App } from '../../context.ts';
import { bind, type RestRoute } from '../../http/rest-face.ts';
import { getAccountUsage, getCollectionUsage, getOrganizationUsage } from './usage.service.ts';

/** The REST endpoints of usage figures. */
export function createUsageRoutes(app: App): RestRoute[] {
  return [
    bind(organizationUsageEndpoint, (caller, { params, query }) =>
      getOrganizationUsage(app, caller, { ...params, ...query }),
    ),
    bind(accountUsageEndpoint, (caller, { params, query }) =>
      getAccountUsage(app, caller, { ...params, ...query }),
    ),
    bind(collectionUsageEndpoint, (caller, { params, query }) =>
      getCollectionUsage(app, caller, { ...params, ...query }),
    ),
  ];
}
