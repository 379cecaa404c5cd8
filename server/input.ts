import type { z } from 'zod';
import { AppError } from './errors.ts';

/**
 * Takes an input of a use case; unknown fields are refused.
 * @throws AppError `invalid_input` with every problem at once, each with its path
 */
export function parseInput<T extends z.ZodType>(schema: T, input: unknown): z.output<T> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => ({
    path: issue.path.join('.'),
    message: issue.message,
  }));
  const message = problems.map((p) => (p.path === '' ? p.message : `${p.path}: ${p.message}`)).join('; ');
  throw new AppError('invalid_input', { message, problems });
}
