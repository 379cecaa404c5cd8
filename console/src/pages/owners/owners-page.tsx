import { Page } from '../../kit/page.tsx';

export function CommunitiesPage() {
  return <Page title="CommunitiesPage">{null}</Page>;
}

export function SourcesPage() {
  return <Page title="SourcesPage">{null}</Page>;
}
