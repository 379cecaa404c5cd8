/** Every error the product answers with: its HTTP status and a title that a person can read. */
export const ERRORS = {
  invalid_input: { status: 400, title: 'The request is malformed' },
  unauthenticated: { status: 401, title: 'Authentication is required' },
  forbidden: { status: 403, title: 'Not allowed' },
  action_required: { status: 403, title: 'Something has to be done first' },
  verification_required: { status: 403, title: 'Show once more who you are' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'This resource does not offer that method' },
  not_acceptable: { status: 406, title: 'None of the accepted media types is available' },
  conflict: { status: 409, title: 'Conflicts with what is stored' },
  name_taken: { status: 409, title: 'The name is already in use' },
  limit_reached: { status: 409, title: 'The limit is reached' },
  stale: { status: 409, title: 'It was changed meanwhile' },
  heirs_required: { status: 409, title: 'Something runs as the account, and needs an heir' },
  already_set_up: { status: 409, title: 'This instance already has an Administrator' },
  too_large: { status: 413, title: 'The request is too large' },
  unsupported_media_type: { status: 415, title: 'The media type of the request is not supported' },
  unprocessable: { status: 422, title: 'The request is well-formed but cannot be processed' },
  throttled: { status: 429, title: 'Too many failed attempts' },
  internal: { status: 500, title: 'Internal error' },
  unavailable: { status: 503, title: 'Temporarily unavailable' },
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** One thing that is wrong with an input; `path` names the field (`''` = the whole). */
export type Problem = { path: string; message: string };
