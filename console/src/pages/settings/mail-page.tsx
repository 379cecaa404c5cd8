import { Page } from '../../kit/page.tsx';

export function MailPage() {
  return <Page title="Mail">{null}</Page>;
}
