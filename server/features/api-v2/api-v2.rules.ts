import { invalid } from '../../errors.ts';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 10_000;

/**
 * The part of a list that is asked for.
 * @throws AppError `invalid_input` in the words of the reference product
 */
export function pagingOf(query: Readonly<Record<string, string>>): { start: number; limit: number } {
  const { resultStart: start = '0', resultLimit: limit = String(DEFAULT_LIMIT) } = query;
  if (/^\d{1,9}$/.test(start) && /^\d{1,9}$/.test(limit) && Number(limit) <= MAX_LIMIT)
    return { start: Number(start), limit: Number(limit) };
  throw invalid(
    '',
    `The resultStart and resultLimit query parameters must be integers and the maximum value for resultLimit is ${MAX_LIMIT}`,
  );
}

/** The part of the list; how many there are is told at its start only. */
export function pageOf<T, K extends string>(
  name: K,
  all: readonly T[],
  { start, limit }: { start: number; limit: number },
): Record<string, unknown> {
  return {
    ...(start === 0 ? { resultCount: all.length } : {}),
    [name]: all.slice(start, start + limit),
  };
}

/** The types of owners, as the reference product calls them. */
export const OWNER_TYPES = {
  organization: 'Organization',
  community: 'Community',
  source: 'Source',
} as const;
