import { Page } from '../../kit/page.tsx';

export function LinkPage() {
  return <Page title="One-time link">{null}</Page>;
}
