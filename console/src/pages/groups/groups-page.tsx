import { Page } from '../../kit/page.tsx';

export function GroupsPage() {
  return <Page title="User groups">{null}</Page>;
}
