import { Page } from '../../kit/page.tsx';

export function ServicesPage() {
  return <Page title="TAXII services">{null}</Page>;
}
