import type { z } from 'zod';
import { invalid } from './errors.ts';

/** Rows of a page when the asker names no number. */
export const DEFAULT_PAGE = 100;

/** A page of a list, and where the next one begins; null at the end. */
export type Page<Item> = { items: Item[]; next: string | null };

/** Where the next page of a list begins, as text that means nothing to whoever gives it back. */
function encodeCursor(parts: unknown): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/**
 * The parts of a cursor that a page ended with. It is no secret and proves nothing: the list is filtered anew.
 * @throws AppError `invalid_input` on `after`
 */
export function decodeCursor<T extends z.ZodType>(text: string, schema: T): z.output<T> {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    parts = undefined;
  }
  const result = schema.safeParse(parts);
  if (!result.success) throw invalid('after', 'must be the "next" of a page of this list');
  return result.data;
}

/** The rows of a page and its `next`, from one row more than the page may have. */
export function pageFrom<Row>(
  rows: readonly Row[],
  limit: number,
  positionOf: (row: Row) => unknown,
): { rows: Row[]; next: string | null } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    rows: page,
    next: rows.length > limit && last !== undefined ? encodeCursor(positionOf(last)) : null,
  };
}
