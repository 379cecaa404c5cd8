import { Page } from '../../kit/page.tsx';

export function OrganizationAuditPage() {
  return <Page title="Audit trail">{null}</Page>;
}

export function InstanceAuditPage() {
  return <Page title="Whole audit trail">{null}</Page>;
}
