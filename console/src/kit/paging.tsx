import { Button, Group } from '@mantine/core';
import { IconChevronLeft, IconChevronRight, IconChevronsLeft } from '@tabler/icons-react';
import { useNavigate, useRouter, useRouterState } from '@tanstack/react-router';

declare module '@tanstack/react-router' {
  interface HistoryState {
    /** The page of a table was reached from the one before it. */
    isNextPage?: boolean;
  }
}

/** Changes parts of the address's query; what is undefined goes. A new question begins at its first page. */
export function useSearchChange(): (changes: Record<string, string | undefined>) => void {
  const navigate = useNavigate();
  return (changes) =>
    void navigate({
      to: '.',
      search: (before: Record<string, unknown>) => clean({ ...before, after: undefined, ...changes }),
      replace: true,
    } as unknown as Parameters<typeof navigate>[0]);
}

const clean = (search: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined && value !== ''));

/** The ways from one page of a table to others: the address holds where one is (`after`). */
export function usePages(next: string | null | undefined) {
  const navigate = useNavigate();
  const { history } = useRouter();
  const { isFirst, canGoBack } = useRouterState({
    select: ({ location }) => ({
      isFirst: (location.search as { after?: string }).after === undefined,
      canGoBack: location.state.isNextPage === true,
    }),
    structuralSharing: true,
  });
  const go = (after: string | undefined, isNextPage: boolean) =>
    void navigate({
      to: '.',
      search: (before: Record<string, unknown>) => clean({ ...before, after }),
      state: { isNextPage },
    } as unknown as Parameters<typeof navigate>[0]);
  return {
    first: isFirst ? undefined : () => go(undefined, false),
    previous: canGoBack ? () => history.back() : undefined,
    next: next === null || next === undefined ? undefined : () => go(next, true),
  };
}

/** To the next page of a table, and back. */
export function Paging({ next, label = 'Pages' }: { next: string | null | undefined; label?: string }) {
  const to = usePages(next);
  if (to.first === undefined && to.next === undefined) return null;
  return (
    <Group component="nav" aria-label={label} justify="flex-end" gap="xs">
      {to.first !== undefined && (
        <Button
          variant="default"
          size="xs"
          leftSection={<IconChevronsLeft size={14} aria-hidden />}
          onClick={to.first}
        >
          First page
        </Button>
      )}
      {to.previous !== undefined && (
        <Button
          variant="default"
          size="xs"
          leftSection={<IconChevronLeft size={14} aria-hidden />}
          onClick={to.previous}
        >
          Previous page
        </Button>
      )}
      <Button
        variant="default"
        size="xs"
        rightSection={<IconChevronRight size={14} aria-hidden />}
        disabled={to.next === undefined}
        onClick={to.next}
      >
        Next page
      </Button>
    </Group>
  );
}
