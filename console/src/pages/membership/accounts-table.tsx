import { Button, Group, Stack, Text } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { listAccountsEndpoint, listAllAccountsEndpoint } from '../../../../contract/account-endpoints.ts';
import type { AccountItem } from '../../../../contract/accounts.ts';
import { exportAccountsCsvEndpoint } from '../../../../contract/bulk.ts';
import { fetchFile } from '../../api/client.ts';
import { useEndpoint } from '../../api/queries.ts';
import { ColumnChoice, useColumnChoice } from '../../kit/column-choice.tsx';
import { type Column, DataTable } from '../../kit/data-table.tsx';
import { Paging, usePages, useSearchChange } from '../../kit/paging.tsx';
import { saveFile } from '../../kit/save-file.ts';
import { Empty, PageError, Refusal } from '../../kit/states.tsx';
import { LinkDialog } from '../accounts/link-dialog.tsx';
import { BulkBar } from './accounts-table-bulk.tsx';
import { accountColumns } from './accounts-table-columns.tsx';
import { RowMenu } from './accounts-table-row.tsx';
import { type AccountsAsked, askedFor, filtersOf, type TableSearch } from './filters.ts';
import { FilterBar } from './filters-bar.tsx';
import { Views } from './views.tsx';

const PAGE = '50';

type Props = {
  search: TableSearch;
  organization?: { id: string; name: string };
  /** What can be done while there is no account at all. */
  whenEmpty?: ReactNode;
};

/** The accounts of an organization, or of all: views, search, filters, and what can be done with the rows. */
export function AccountsTable({ search, organization, whenEmpty }: Props) {
  const asked = askedFor(search);
  const query = { ...asked, limit: PAGE } as AccountsAsked;
  const of = useEndpoint(
    listAccountsEndpoint,
    { params: { organization: organization?.id ?? '0' }, query },
    { enabled: organization !== undefined, keepPrevious: true },
  );
  const all = useEndpoint(
    listAllAccountsEndpoint,
    { query },
    { enabled: organization === undefined, keepPrevious: true },
  );
  const accounts = organization === undefined ? all : of;
  const total = useTotal(asked, organization?.id);
  if (accounts.isError && accounts.data === undefined)
    return <PageError error={accounts.error} onRetry={() => void accounts.refetch()} />;
  return (
    <Rows
      search={search}
      organization={organization}
      whenEmpty={whenEmpty}
      rows={accounts.data?.items}
      next={accounts.data?.next}
      total={total.data?.total}
      isStale={accounts.isPlaceholderData}
      isCounting={total.isPending || total.isPlaceholderData}
      error={accounts.error}
    />
  );
}

function Rows({
  search,
  organization,
  whenEmpty,
  rows,
  next,
  total,
  isStale,
  isCounting,
  error,
}: Props & {
  rows: readonly AccountItem[] | undefined;
  next: string | null | undefined;
  total: number | undefined;
  isStale: boolean;
  isCounting: boolean;
  error: Error | null;
}) {
  const change = useSearchChange();
  const navigate = useNavigate();
  const pages = usePages(next);
  const [selected, setSelected] = useState<ReadonlyMap<string, AccountItem>>(new Map());
  const [inviting, setInviting] = useState<Inviting | null>(null);
  const [hasSystemRoles, setHasSystemRoles] = useState(false);
  if (!hasSystemRoles && rows?.some(({ systemRole }) => systemRole !== undefined)) setHasSystemRoles(true);
  const columns = accountColumns({ organization: organization === undefined, systemRole: hasSystemRoles });
  const choice = useColumnChoice('accounts', columns);
  const canDo = rows?.some(({ abilities }) => abilities.lock || abilities.disable) ?? false;
  const isNarrow = Object.keys(filtersOf(search)).length > 0 || search.search !== undefined;

  // Said once for each question: when both the rows and their number answer it.
  const [found, setFound] = useState('');
  const now =
    rows === undefined || isStale || isCounting
      ? found
      : foundText(rows.length, total, pages.first === undefined);
  if (now !== found) setFound(now);

  const select = (keys: ReadonlySet<string>) => {
    const known = new Map([...selected, ...(rows ?? []).map((row) => [String(row.id), row] as const)]);
    setSelected(
      new Map(
        [...keys].flatMap((key) => {
          const row = known.get(key);
          return row === undefined ? [] : [[key, row] as const];
        }),
      ),
    );
  };
  const menu: Column<AccountItem> = {
    id: 'menu',
    header: 'Actions',
    isHeaderHidden: true,
    isSticky: true,
    isFixed: true,
    align: 'right',
    width: 48,
    render: (account) => (
      <RowMenu
        account={account}
        search={search}
        organization={organization?.id}
        onInvite={(opener) => setInviting({ account, opener })}
      />
    ),
  };
  return (
    <Stack gap="md">
      <Views search={search} />
      <FilterBar search={search} organization={organization?.id} hasSystemRoles={hasSystemRoles}>
        {organization !== undefined && <ExportButton search={search} organization={organization} />}
        <ColumnChoice columns={columns} {...choice} />
      </FilterBar>
      <Refusal error={error} />
      {inviting !== null && <Invitation {...inviting} onClose={() => setInviting(null)} />}
      <BulkBar selected={[...selected.values()]} onClear={() => setSelected(new Map())} />
      <DataTable
        label="Accounts"
        columns={[...choice.shown, menu]}
        rows={rows}
        keyOf={({ id }) => String(id)}
        nameOf={({ userName }) => userName}
        onOpen={({ id }) => void navigate({ to: '/accounts/$account', params: { account: String(id) } })}
        sort={search.sort ?? 'userName'}
        onSort={(sort) => change({ sort: sort === 'userName' ? undefined : sort })}
        {...(canDo ? { selected: new Set(selected.keys()), onSelect: select } : {})}
        isStale={isStale}
        pages={pages}
        empty={
          isNarrow ? (
            <Empty
              title="No account is like that"
              actions={
                <Button
                  variant="default"
                  onClick={() => void navigate({ to: '.', search: {}, replace: true } as never)}
                >
                  Show all accounts
                </Button>
              }
            >
              Search for less, or remove a filter.
            </Empty>
          ) : (
            (whenEmpty ?? <Empty title="There are no accounts yet" />)
          )
        }
      />
      <Group justify="space-between">
        <Text size="sm" c="dimmed" role="status" className={rows?.length === 0 ? 'visually-hidden' : ''}>
          {found}
        </Text>
        <Paging next={next} label="Pages of accounts" />
      </Group>
    </Stack>
  );
}

type Inviting = {
  account: AccountItem;
  /** From where it was opened. */
  opener: HTMLElement | null;
};

/** A new invitation for an account of the list. The link stays in sight when its row leaves the list. */
function Invitation({ account, opener, onClose }: Inviting & { onClose: () => void }) {
  return (
    <LinkDialog
      account={account}
      purpose="invitation"
      isOpen
      onClose={() => {
        onClose();
        requestAnimationFrame(() => opener?.isConnected === true && opener.focus());
      }}
    />
  );
}

/** How many accounts are found in all: asked for once, and not with every page. */
function useTotal({ after: _, sort: __, ...filters }: TableSearch, organization: string | undefined) {
  const query = { ...filters, limit: '1', total: 'true' } as AccountsAsked;
  const of = useEndpoint(
    listAccountsEndpoint,
    { params: { organization: organization ?? '0' }, query },
    { enabled: organization !== undefined, keepPrevious: true },
  );
  const all = useEndpoint(
    listAllAccountsEndpoint,
    { query },
    { enabled: organization === undefined, keepPrevious: true },
  );
  return organization === undefined ? all : of;
}

const numbers = new Intl.NumberFormat('en');

/** How many accounts stand here, and how many there are in all. */
function foundText(shown: number, total: number | undefined, isFirst: boolean): string {
  const accounts = (count: number) => `${numbers.format(count)} ${count === 1 ? 'account' : 'accounts'}`;
  if (shown === 0) return 'No account found';
  if (total === undefined) return `${accounts(shown)} on this page`;
  // It was counted a moment before or after the page was read.
  if (total <= shown) return accounts(shown);
  return `${isFirst ? `1–${shown}` : shown} of ${accounts(total)}`;
}

/** The accounts that the present filters find, all of them, as CSV. */
function ExportButton({
  search,
  organization,
}: {
  search: TableSearch;
  organization: { id: string; name: string };
}) {
  const [state, setState] = useState<{ isBusy: boolean; error: Error | null }>({
    isBusy: false,
    error: null,
  });
  const save = async () => {
    setState({ isBusy: true, error: null });
    try {
      const { after: _, ...query } = askedFor(search);
      const blob = await fetchFile(exportAccountsCsvEndpoint, {
        params: { organization: organization.id },
        query: query as AccountsAsked,
      });
      saveFile(blob, `${organization.name} accounts.csv`);
      setState({ isBusy: false, error: null });
    } catch (error) {
      setState({ isBusy: false, error: error instanceof Error ? error : new Error('That did not work.') });
    }
  };
  return (
    <>
      <Refusal error={state.error} title="Nothing was exported" />
      <Button
        variant="default"
        leftSection={<IconDownload size={16} aria-hidden />}
        loading={state.isBusy}
        onClick={() => void save()}
      >
        Export CSV
      </Button>
    </>
  );
}
