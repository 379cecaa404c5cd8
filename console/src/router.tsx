import type { QueryClient } from '@tanstack/react-query';
import { createRouter, type ErrorComponentProps } from '@tanstack/react-router';
import { NotFound, PageError } from './kit/states.tsx';
import { routeTree } from './routes.tsx';

const ShownError = ({ error, reset }: ErrorComponentProps) => <PageError error={error} onRetry={reset} />;

export function createConsoleRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    basepath: '/console',
    context: { queryClient },
    defaultPreload: 'intent',
    // Answers are kept by the query client.
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
    defaultErrorComponent: ShownError,
    defaultNotFoundComponent: NotFound,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}
