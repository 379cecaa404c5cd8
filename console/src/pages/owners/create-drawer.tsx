import { Page } from '../../kit/page.tsx';

export function CreateCommunityDrawer() {
  return <Page title="CreateCommunityDrawer">{null}</Page>;
}

export function CreateSourceDrawer() {
  return <Page title="CreateSourceDrawer">{null}</Page>;
}
