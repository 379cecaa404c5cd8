import { Page } from '../../kit/page.tsx';

export function CollectionPage() {
  return <Page title="Collection">{null}</Page>;
}
