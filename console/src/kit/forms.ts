import { ApiError } from '../api/client.ts';

/**
 * What the server found wrong, by the name of the field that it stands at, for a form's `setErrors`; what is of no field
 * of the form is left to `Refusal`.
 */
export function fieldErrors(error: Error | null, fields: readonly string[]): Record<string, string> {
  if (!(error instanceof ApiError)) return {};
  const errors: Record<string, string> = {};
  for (const { path, message } of error.problems) {
    const field = path.replace(/^changes\./, '').split('.')[0] ?? '';
    if (fields.includes(field)) errors[field] ??= sentence(message);
  }
  return errors;
}

const sentence = (message: string) => `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;

/** Whether it was changed by somebody else while it was being edited here. */
export const isStale = (error: Error | null): boolean => error instanceof ApiError && error.code === 'stale';
