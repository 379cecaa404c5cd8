import { Page } from '../../kit/page.tsx';

export function CommunityPage() {
  return <Page title="CommunityPage">{null}</Page>;
}

export function SourcePage() {
  return <Page title="SourcePage">{null}</Page>;
}
