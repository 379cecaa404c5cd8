import { Page } from '../../kit/page.tsx';

export function ProfilePage() {
  return <Page title="My profile">{null}</Page>;
}
