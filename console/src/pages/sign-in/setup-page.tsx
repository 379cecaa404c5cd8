import { Page } from '../../kit/page.tsx';

export function SetupPage() {
  return <Page title="Set-up">{null}</Page>;
}
