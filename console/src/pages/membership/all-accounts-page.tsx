import { useSearch } from '@tanstack/react-router';
import { Page } from '../../kit/page.tsx';
import { AccountsTable } from './accounts-table.tsx';
import type { TableSearch } from './filters.ts';

/** The accounts of all organizations. */
export function AllAccountsPage() {
  const search = useSearch({ strict: false }) as TableSearch;
  return (
    <Page
      title="All accounts"
      lead="The accounts of every organization. New ones are created in the membership of theirs."
    >
      <AccountsTable search={search} />
    </Page>
  );
}
