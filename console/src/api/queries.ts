import {
  QueryClient,
  type UseMutationResult,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import type { JsonEndpoint } from '../../../contract/endpoint.ts';
import { type Answer, ApiError, type Asked, call } from './client.ts';

/** Refusals are answers: only what could not be reached is tried again. */
const isWorthRetrying = (count: number, error: Error) =>
  count < 2 && error instanceof ApiError && (error.code === 'offline' || error.code === 'unavailable');

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { retry: isWorthRetrying, staleTime: 10_000, refetchOnWindowFocus: 'always' },
      // What a change answered with may be a secret: it is gone with the screen that shows it.
      mutations: { retry: false, gcTime: 0 },
    },
  });
}

/** Under which name an answer is kept. */
export const keyOf = (endpoint: JsonEndpoint, asked: object) =>
  [endpoint.path, endpoint.method, asked] as const;

type QueryOptions = {
  enabled?: boolean;
  /** Asks again after so many milliseconds, in the background. */
  everyMs?: number;
  /** What was shown stays until the new answer is there. */
  keepPrevious?: boolean;
};

/** Asks an endpoint that changes nothing, and keeps the answer. */
export function useEndpoint<E extends JsonEndpoint>(
  endpoint: E,
  asked: Asked<E>,
  { enabled = true, everyMs, keepPrevious = false }: QueryOptions = {},
): UseQueryResult<Answer<E>, ApiError> {
  const client = useQueryClient();
  const queryKey = keyOf(endpoint, asked as object);
  return useQuery<Answer<E>, ApiError>({
    queryKey,
    enabled,
    ...(everyMs === undefined ? {} : { refetchInterval: everyMs }),
    ...(keepPrevious ? { placeholderData: (before: Answer<E> | undefined) => before } : {}),
    queryFn: ({ signal }) =>
      call(endpoint, asked, {
        signal,
        // What comes by the clock is nobody's doing.
        background: everyMs !== undefined && client.getQueryData(queryKey) !== undefined,
      }),
  } as Parameters<typeof useQuery<Answer<E>, ApiError>>[0]);
}

/** Asks an endpoint that changes something; afterwards everything that is shown is asked for anew. */
export function useChange<E extends JsonEndpoint>(
  endpoint: E,
): UseMutationResult<Answer<E>, ApiError, Asked<E>> {
  const client = useQueryClient();
  return useMutation<Answer<E>, ApiError, Asked<E>>({
    mutationFn: (asked) => call(endpoint, asked),
    onSuccess: () => client.invalidateQueries(),
  });
}
