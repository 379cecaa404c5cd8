import { Page } from '../../kit/page.tsx';

export function TermsPage() {
  return <Page title="Terms of service">{null}</Page>;
}
