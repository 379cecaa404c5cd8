import {
  exportAccountsCsvEndpoint,
  exportAccountsJsonEndpoint,
  importAccountsEndpoint,
} from '../../../contract/bulk.ts';
import type { App } from '../../context.ts';
import { bind, bindFile, type RestRoute } from '../../http/rest-face.ts';
import { exportAccounts } from './export.service.ts';
import { importAccounts } from './import.service.ts';

/** The REST endpoints that take or give many accounts at once. */
export function createBulkRoutes(app: App): RestRoute[] {
  return [
    bind(importAccountsEndpoint, async (caller, { params, body }) =>
      importAccounts(app, caller, { ...body, ...params }),
    ),
    bindFile(exportAccountsCsvEndpoint, async (caller, { params, query }) => ({
      fileName: `accounts-${params.organization}.csv`,
      content: await exportAccounts(app, caller, { ...query, ...params, format: 'csv' }),
    })),
    bindFile(exportAccountsJsonEndpoint, async (caller, { params, query }) => ({
      fileName: `accounts-${params.organization}.json`,
      content: await exportAccounts(app, caller, { ...query, ...params, format: 'json' }),
    })),
  ];
}
