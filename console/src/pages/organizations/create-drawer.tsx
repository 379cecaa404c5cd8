import { Page } from '../../kit/page.tsx';

export function CreateOrganizationDrawer() {
  return <Page title="Create an organization">{null}</Page>;
}
