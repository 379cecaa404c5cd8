import {
  createTaxiiServiceEndpoint,
  deleteTaxiiServiceEndpoint,
  editTaxiiServiceEndpoint,
  getTaxiiServiceEndpoint,
  listTaxiiServicesEndpoint,
} from '../../../contract/taxii-services.ts';
import type { App } from '../../context.ts';
import { bind, type RestRoute } from '../../http/rest-face.ts';
import {
  createTaxiiService,
  deleteTaxiiService,
  editTaxiiService,
  getTaxiiService,
  listTaxiiServices,
} from './taxii-services.service.ts';

/** The REST endpoints of TAXII services. */
export function createTaxiiServicesRoutes(app: App): RestRoute[] {
  return [
    bind(listTaxiiServicesEndpoint, (caller, { query }) => listTaxiiServices(app, caller, query)),
    bind(createTaxiiServiceEndpoint, (caller, { body }) => createTaxiiService(app, caller, body)),
    bind(getTaxiiServiceEndpoint, (caller, { params }) => getTaxiiService(app, caller, params.service)),
    bind(editTaxiiServiceEndpoint, (caller, { params, body }) =>
      editTaxiiService(app, caller, { ...body, ...params }),
    ),
    bind(deleteTaxiiServiceEndpoint, (caller, { params }) => deleteTaxiiService(app, caller, params.service)),
  ];
}
