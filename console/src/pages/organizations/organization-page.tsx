import { Page } from '../../kit/page.tsx';

export function OrganizationPage() {
  return <Page title="Organization">{null}</Page>;
}
