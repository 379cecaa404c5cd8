import { Page } from '../../kit/page.tsx';

export function ObjectPage() {
  return <Page title="Object">{null}</Page>;
}
