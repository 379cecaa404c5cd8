import { Page } from '../../kit/page.tsx';

export function DeletePage() {
  return <Page title="Delete">{null}</Page>;
}
