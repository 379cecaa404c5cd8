import { useParams, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Page } from '../../kit/page.tsx';
import { useOrganizationName, useTrailToOrganization } from '../organizations/trail.tsx';
import { useExport, useVerification } from './audit-actions.tsx';
import { AuditFiltersBar } from './audit-filters.tsx';
import type { AuditFilters } from './audit-query.ts';
import { AuditTrail } from './audit-trail.tsx';

/** What was done in an organization, by whom, and that nobody changed it afterwards. */
export function OrganizationAuditPage() {
  const { organization } = useParams({ from: '/inside/organizations/$organization/audit' });
  const { after: _, ...filters } = useSearch({ from: '/inside/organizations/$organization/audit' });
  const name = useOrganizationName(organization);
  return (
    <Trail
      title="Audit trail"
      lead={`What was done in ${name ?? 'this organization'}, by whom, and what was refused. Nobody can change it unnoticed.`}
      organization={organization}
      trail={useTrailToOrganization(organization)}
      filters={filters}
    />
  );
}

/** The same of the whole instance. */
export function InstanceAuditPage() {
  const { after: _, ...filters } = useSearch({ from: '/inside/audit' });
  return (
    <Trail
      title="Whole audit trail"
      lead="What was done in all organizations and to the instance, by whom, and what was refused. Nobody can change it unnoticed."
      organization={undefined}
      filters={filters}
    />
  );
}

function Trail({
  title,
  lead,
  trail,
  organization,
  filters,
}: {
  title: string;
  lead: string;
  trail?: readonly ReactNode[];
  organization: string | undefined;
  filters: AuditFilters;
}) {
  const exporting = useExport(organization, filters);
  const verification = useVerification(organization);
  return (
    <Page title={title} badge={verification.badge} lead={lead} trail={trail}>
      {verification.problems}
      {exporting.refusal}
      <AuditFiltersBar filters={filters} isInstance={organization === undefined} />
      <AuditTrail
        scope={{ organization }}
        label={title}
        filters={filters}
        actions={
          <>
            {verification.button}
            {exporting.button}
          </>
        }
      />
    </Page>
  );
}
