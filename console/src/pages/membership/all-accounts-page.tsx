import { Page } from '../../kit/page.tsx';

export function AllAccountsPage() {
  return <Page title="All accounts">{null}</Page>;
}
