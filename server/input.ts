import type { z } from 'zod';
import { AppError } from './errors.ts';

/** So many problems are told, and so many characters of each and of the sentence that has all of them. */
const MAX_PROBLEMS = 100;
const MAX_PATH = 200;
const MAX_PROBLEM = 500;
const MAX_MESSAGE = 2000;

/**
 * Takes an input of a use case; unknown fields are refused.
 * @throws AppError `invalid_input` with every problem at once, each with its path; of very many the first, and how many
 *   more there are
 */
export function parseInput<T extends z.ZodType>(schema: T, input: unknown): z.output<T> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const { issues } = result.error;
  // A problem may repeat what was sent: names of unknown fields, say. The answer is not to be as long as the question.
  const problems = issues.slice(0, MAX_PROBLEMS).map((issue) => ({
    path: shortened(issue.path.join('.'), MAX_PATH),
    message: shortened(issue.message, MAX_PROBLEM),
  }));
  const more = issues.length - problems.length;
  if (more > 0) problems.push({ path: '', message: `and ${more} more` });
  const message = problems.map((p) => (p.path === '' ? p.message : `${p.path}: ${p.message}`)).join('; ');
  throw new AppError('invalid_input', { message: shortened(message, MAX_MESSAGE), problems });
}

function shortened(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1).toWellFormed()}…`;
}
