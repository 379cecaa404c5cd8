import { Page } from '../../kit/page.tsx';

export function CollectionsPage() {
  return <Page title="Collections">{null}</Page>;
}
