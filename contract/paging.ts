import { z } from 'zod';

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

/** A switch in a query string. */
export const queryFlag = z.enum(['true', 'false']).transform((text) => text === 'true');

/**
 * What every list takes: how many at most, where to go on, and the order: one of the names, with `-` before it for the
 * other way round.
 */
export function pageQuery<const Sort extends string>(sorts: readonly [Sort, ...Sort[]]) {
  const orders = sorts.flatMap((sort) => [sort, `-${sort}` as const]);
  return z.strictObject({
    limit: queryNumber(1, MAX_PAGE).optional(),
    /** `next` of the page before. */
    after: z.string().min(1).max(2000).optional(),
    sort: z.enum(orders as [Sort | `-${Sort}`, ...(Sort | `-${Sort}`)[]]).optional(),
  });
}

/** A page: the items, and where the next one begins; null at the end. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({ items: z.array(item), next: z.string().nullable() });
}
