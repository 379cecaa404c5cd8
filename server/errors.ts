import { ERRORS, type ErrorCode, type Problem } from '../contract/errors.ts';

export type ErrorDetails = {
  /** What exactly is wrong, in a sentence for the person who asked. Never anything internal. */
  message?: string;
  problems?: readonly Problem[];
  /** Seconds after which another try makes sense (429, 503). */
  retryAfterSeconds?: number;
  [key: string]: unknown;
};

/** The one error of the product: a code of the contract and data that the asker may see. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(details.message ?? ERRORS[code].title, options);
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}

/** Refuses an input for one reason. */
export function invalid(path: string, message: string): AppError {
  return new AppError('invalid_input', {
    message: path === '' ? message : `${path}: ${message}`,
    problems: [{ path, message }],
  });
}
