import type { UseQueryResult } from '@tanstack/react-query';
import {
  type AUDIT_OUTCOMES,
  type AuditEventShown,
  listAuditEndpoint,
  listOrganizationAuditEndpoint,
} from '../../../../contract/audit.ts';
import type { ApiError } from '../../api/client.ts';
import { useEndpoint } from '../../api/queries.ts';

/** Whose trail: that of an organization, or of the whole instance; and perhaps only what is about one account. */
export type AuditScope = { organization: string | undefined; about?: string };

/** What of a trail is shown, as the address has it. */
export type AuditFilters = {
  action?: string;
  outcome?: string;
  targetKind?: string;
  targetId?: string;
  actor?: string;
  since?: string;
  until?: string;
  about?: string;
  /** Of the trail of the whole instance: only that of one organization. */
  organization?: string;
};

type Outcome = (typeof AUDIT_OUTCOMES)[number];

/** The filters as the endpoints take them: `about` goes with no other way to say who or what. */
export function filterQuery({ outcome, about, organization: _, ...filters }: AuditFilters) {
  const { actor, targetKind, targetId, ...others } = filters;
  return {
    ...others,
    ...(outcome === undefined ? {} : { outcome: outcome as Outcome }),
    ...(about === undefined ? { actor, targetKind, targetId } : { about }),
  };
}

const PAGE = '50';

/** A page of the trail. */
export function useAuditPage(
  { organization, about }: AuditScope,
  filters: AuditFilters,
  after: string | undefined,
  everyMs: number | undefined,
): UseQueryResult<{ items: AuditEventShown[]; next: string | null }, ApiError> {
  const query = {
    ...filterQuery(about === undefined ? filters : { ...filters, about }),
    limit: PAGE,
    ...(after === undefined ? {} : { after }),
  };
  const isInstance = organization === undefined;
  const options = { keepPrevious: true, ...(everyMs === undefined ? {} : { everyMs }) };
  const ofOrganization = useEndpoint(
    listOrganizationAuditEndpoint,
    { params: { organization: organization ?? '0' }, query },
    { ...options, enabled: !isInstance },
  );
  const ofInstance = useEndpoint(
    listAuditEndpoint,
    { query: { ...query, organization: filters.organization } },
    { ...options, enabled: isInstance },
  );
  return isInstance ? ofInstance : ofOrganization;
}
