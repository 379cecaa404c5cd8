import { Page } from '../../kit/page.tsx';

export function EditMembershipDrawer() {
  return <Page title="Edit">{null}</Page>;
}

export function EditAccountDrawer() {
  return <Page title="Edit">{null}</Page>;
}
