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

/** To the next page of a table, and back: the address holds where one is (`after`). */
export function Paging({ next, label = 'Pages' }: { next: string | null | undefined; label?: string }) {
  const navigate = useNavigate();
  const { history } = useRouter();
  const { isFirst, canGoBack } = useRouterState({
    select: ({ location }) => ({
      isFirst: (location.search as { after?: string }).after === undefined,
      canGoBack: location.state.isNextPage === true,
    }),
    structuralSharing: true,
  });
  if (isFirst && (next === null || next === undefined)) return null;
  const go = (after: string | undefined, isNextPage: boolean) =>
    void navigate({
      to: '.',
      search: (before: Record<string, unknown>) => clean({ ...before, after }),
      state: { isNextPage },
    } as unknown as Parameters<typeof navigate>[0]);
  return (
    <Group component="nav" aria-label={label} justify="flex-end" gap="xs">
      {!isFirst && (
        <Button
          variant="default"
          size="xs"
          leftSection={<IconChevronsLeft size={14} aria-hidden />}
          onClick={() => go(undefined, false)}
        >
          First page
        </Button>
      )}
      {canGoBack && (
        <Button
          variant="default"
          size="xs"
          leftSection={<IconChevronLeft size={14} aria-hidden />}
          onClick={() => history.back()}
        >
          Previous page
        </Button>
      )}
      <Button
        variant="default"
        size="xs"
        rightSection={<IconChevronRight size={14} aria-hidden />}
        disabled={next === null || next === undefined}
        onClick={() => go(next ?? undefined, true)}
      >
        Next page
      </Button>
    </Group>
  );
}
