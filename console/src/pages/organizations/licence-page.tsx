import { Page } from '../../kit/page.tsx';

export function LicencePage() {
  return <Page title="Licence">{null}</Page>;
}
