import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import {
  createRouter,
  type ErrorComponentProps,
  parseSearchWith,
  stringifySearchWith,
} from '@tanstack/react-router';
import { sessionQuery } from './api/session.ts';
import { NothingPage, Page } from './kit/page.tsx';
import { PageError } from './kit/states.tsx';
import { routeTree } from './routes.tsx';

function ShownError({ error, reset }: ErrorComponentProps) {
  const client = useQueryClient();
  // What the screen failed with is asked for anew; who is signed in stays known.
  const tryAgain = () => {
    client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionQuery.queryKey[0] });
    reset();
  };
  return (
    <Page title="Page not shown">
      <PageError error={error} onRetry={tryAgain} />
    </Page>
  );
}

export function createConsoleRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    basepath: '/console',
    // Every value is a text as it stands: read as JSON, the digits of an Access ID would be a rounded number.
    parseSearch: parseSearchWith((text) => text),
    stringifySearch: stringifySearchWith(String),
    context: { queryClient },
    defaultPreload: 'intent',
    // Answers are kept by the query client.
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
    defaultErrorComponent: ShownError,
    defaultNotFoundComponent: NothingPage,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}
