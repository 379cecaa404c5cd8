import { Page } from '../../kit/page.tsx';

export function MembershipPage() {
  return <Page title="Membership">{null}</Page>;
}
