import { Page } from '../../kit/page.tsx';

export function SettingsPage() {
  return <Page title="System settings">{null}</Page>;
}
