import { Page } from '../../kit/page.tsx';

export function ActivityPage() {
  return <Page title="Activity">{null}</Page>;
}
