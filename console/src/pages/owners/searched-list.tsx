import { Group, Stack } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { ApiError } from '../../api/client.ts';
import { type Column, DataTable } from '../../kit/data-table.tsx';
import { Paging, useSearchChange } from '../../kit/paging.tsx';
import { Empty, PageError } from '../../kit/states.tsx';
import { SearchField } from '../membership/filters-bar.tsx';

type Sort = 'name' | '-name' | 'id' | '-id';

/** Which page of organizations, communities or sources is asked for: the address has it. */
export function useListQuery() {
  const { search, sort = 'name', after } = useSearch({ strict: false });
  return {
    limit: '50',
    sort: sort as Sort,
    ...(search === undefined ? {} : { search }),
    ...(after === undefined ? {} : { after }),
  };
}

/** A list of organizations, communities or sources, which can be searched. */
export function SearchedList<Row extends { id: number }>({
  title,
  one,
  query: { search, sort },
  answer,
  columns,
  onOpen,
  none,
}: {
  /** What they are called, as a heading. */
  title: string;
  /** What one of them is called. */
  one: string;
  query: ReturnType<typeof useListQuery>;
  answer: UseQueryResult<{ items: Row[]; next: string | null }, ApiError>;
  columns: readonly Column<Row>[];
  onOpen: (row: Row) => void;
  /** What to do while there are none. */
  none: ReactNode;
}) {
  const change = useSearchChange();
  if (answer.isError && answer.data === undefined)
    return <PageError error={answer.error} onRetry={() => void answer.refetch()} />;
  return (
    <Stack>
      <Group>
        <SearchField
          value={search ?? ''}
          onChange={(text) => change({ search: text })}
          label={`Search ${title.toLowerCase()}`}
          placeholder="Part of a name"
        />
      </Group>
      <DataTable
        label={title}
        columns={columns}
        rows={answer.data?.items}
        keyOf={({ id }) => String(id)}
        isStale={answer.isPlaceholderData}
        sort={sort}
        onSort={(order) => change({ sort: order })}
        onOpen={onOpen}
        empty={
          search === undefined ? (
            <Empty title={`No ${title.toLowerCase()} yet`}>{none}</Empty>
          ) : (
            <Empty title={`No ${one} is called so`}>Try another part of its name.</Empty>
          )
        }
      />
      <Paging next={answer.data?.next} />
    </Stack>
  );
}
