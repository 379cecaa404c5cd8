import { z } from 'zod';
import { described } from './described.ts';

export const MAX_PAGE = 1000;

/** A number in a query string. */
export function queryNumber(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^-?\d{1,15}$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message);
}

/** What the parameters of every list mean. */
export const PAGE_TEXTS = {
  limit: `How many items a page has at most: 1 to ${MAX_PAGE}; 100 unless given.`,
  after: '`next` of the page before. The other parameters must be the same as for that page.',
} as const;

/** A switch in a query string. */
export const queryFlag = z.enum(['true', 'false']).transform((text) => text === 'true');

/**
 * What every list takes: how many at most, where to go on, and the order: one of the names, with `-` before it for the
 * other way round.
 */
export function pageQuery<const Sort extends string>(sorts: readonly [Sort, ...Sort[]]) {
  const orders = sorts.flatMap((sort) => [sort, `-${sort}` as const]);
  return z.strictObject(
    described(
      {
        limit: queryNumber(1, MAX_PAGE).optional(),
        after: z.string().min(1).max(2000).optional(),
        sort: z.enum(orders as [Sort | `-${Sort}`, ...(Sort | `-${Sort}`)[]]).optional(),
      },
      {
        ...PAGE_TEXTS,
        sort: `The order, with \`-\` before it for the other way round; \`${sorts[0]}\` unless given.`,
      },
    ),
  );
}

/** A page: the items, and where the next one begins; null at the end. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject(
    described(
      { items: z.array(item), next: z.string().nullable() },
      { items: 'What stands on this page.', next: '`after` of the next page; null at the end.' },
    ),
  );
}
