import type { z } from 'zod';
import type { Problem } from '../contract/errors.ts';
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
  const all = issues.slice(0, MAX_PROBLEMS).flatMap(problemsOf);
  const problems = all.slice(0, MAX_PROBLEMS).map(({ path, message }) => ({
    path: shortened(path, MAX_PATH),
    message: shortened(message, MAX_PROBLEM),
  }));
  const more = issues.length - Math.min(issues.length, MAX_PROBLEMS) + all.length - problems.length;
  if (more > 0) problems.push({ path: '', message: `and ${more} more` });
  const message = problems.map((p) => (p.path === '' ? p.message : `${p.path}: ${p.message}`)).join('; ');
  throw new AppError('invalid_input', { message: shortened(message, MAX_MESSAGE), problems });
}

/** A problem in plain words; each unknown field is one of its own. */
function problemsOf(issue: z.core.$ZodIssue): Problem[] {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const prefix = path === '' ? '' : `${path}.`;
    return issue.keys.map((key) => ({ path: `${prefix}${key}`, message: 'is unknown here' }));
  }
  if (issue.code === 'invalid_value')
    return [{ path, message: `must be one of: ${issue.values.map(String).join(', ')}` }];
  // Zod's own words, which a schema that has better ones replaces.
  const [, expected, received] = /^Invalid input: expected (.+), received (.+)$/.exec(issue.message) ?? [];
  if (received === 'undefined') return [{ path, message: 'is missing' }];
  if (expected !== undefined) return [{ path, message: `must be ${KIND_OF_VALUE[expected] ?? expected}` }];
  return [{ path, message: issue.message }];
}

const KIND_OF_VALUE: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

function shortened(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1).toWellFormed()}…`;
}
