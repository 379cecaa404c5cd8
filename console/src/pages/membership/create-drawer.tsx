import { Page } from '../../kit/page.tsx';

export function CreateDrawer() {
  return <Page title="Create">{null}</Page>;
}
