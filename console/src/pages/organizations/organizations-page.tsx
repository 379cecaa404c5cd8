import { Page } from '../../kit/page.tsx';

export function OrganizationsPage() {
  return <Page title="Organizations">{null}</Page>;
}
