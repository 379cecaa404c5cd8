import {
  exportAuditCsvEndpoint,
  exportAuditJsonlEndpoint,
  exportOrganizationAuditCsvEndpoint,
  exportOrganizationAuditJsonlEndpoint,
  listActivityEndpoint,
  listAuditEndpoint,
  listOrganizationAuditEndpoint,
  verifyAuditEndpoint,
} from '../../../contract/audit.ts';
import type { App } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { bind, bindFile, type RestRoute } from '../../http/rest-face.ts';
import { exportAudit, listActivity, listAudit } from './audit.service.ts';
import { verifyAudit } from './verification.service.ts';

/** Each goes through a whole trail: more at a time would only make every request of this process wait. */
const MAX_VERIFICATIONS = 2;

/** The filter of a service: an actor is named by id or by name. */
function filterOf<Query extends { actor?: string | undefined; actorId?: number | undefined }>({
  actor,
  actorId,
  ...rest
}: Query) {
  return { ...rest, actor: actorId ?? actor };
}

/** The REST endpoints of the audit trail. */
export function createAuditRoutes(app: App): RestRoute[] {
  let verifications = 0;
  return [
    bind(listAuditEndpoint, async (caller, { query }) => await listAudit(app, caller, filterOf(query))),
    bind(
      listOrganizationAuditEndpoint,
      async (caller, { params, query }) => await listAudit(app, caller, { ...filterOf(query), ...params }),
    ),
    bindFile(exportAuditCsvEndpoint, async (caller, { query }) => ({
      fileName: 'audit.csv',
      content: await exportAudit(app, caller, { ...filterOf(query), format: 'csv' }),
    })),
    bindFile(exportAuditJsonlEndpoint, async (caller, { query }) => ({
      fileName: 'audit.jsonl',
      content: await exportAudit(app, caller, { ...filterOf(query), format: 'jsonl' }),
    })),
    bindFile(exportOrganizationAuditCsvEndpoint, async (caller, { params, query }) => ({
      fileName: `audit-${params.organization}.csv`,
      content: await exportAudit(app, caller, { ...filterOf(query), ...params, format: 'csv' }),
    })),
    bindFile(exportOrganizationAuditJsonlEndpoint, async (caller, { params, query }) => ({
      fileName: `audit-${params.organization}.jsonl`,
      content: await exportAudit(app, caller, { ...filterOf(query), ...params, format: 'jsonl' }),
    })),
    bind(verifyAuditEndpoint, async (caller, { body }) => {
      if (verifications >= MAX_VERIFICATIONS)
        throw new AppError('unavailable', {
          message: 'The audit trail is being verified already.',
          retryAfterSeconds: 10,
        });
      verifications++;
      try {
        return await verifyAudit(app, caller, body);
      } finally {
        verifications--;
      }
    }),
    bind(
      listActivityEndpoint,
      async (caller, { params, query }) => await listActivity(app, caller, { ...query, ...params }),
    ),
  ];
}
