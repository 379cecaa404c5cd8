import { Page } from '../../kit/page.tsx';

export function CreateServiceDrawer() {
  return <Page title="Create">{null}</Page>;
}

export function EditServiceDrawer() {
  return <Page title="Edit">{null}</Page>;
}
