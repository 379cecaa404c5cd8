import { Page } from '../../kit/page.tsx';

export function GroupPage() {
  return <Page title="User group">{null}</Page>;
}
