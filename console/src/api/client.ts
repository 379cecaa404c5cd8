import type { z } from 'zod';
import type { Endpoint, FileEndpoint, JsonEndpoint } from '../../../contract/endpoint.ts';
import type { ErrorCode, Problem } from '../../../contract/errors.ts';

/** What an endpoint takes: only the parts that it has. */
type Part<Name extends string, Schema> = Schema extends z.ZodType
  ? z.input<Schema> extends Record<string, never>
    ? unknown
    : Partial<z.input<Schema>> extends z.input<Schema>
      ? { [K in Name]?: z.input<Schema> }
      : { [K in Name]: z.input<Schema> }
  : unknown;

export type Asked<E extends Endpoint> = Part<'params', E['params']> &
  Part<'query', E['query']> &
  Part<'body', E['body']>;

export type Answer<E extends Endpoint> = z.output<E['output']>;

/** What the server refused, or that it could not be reached (`offline`). */
export class ApiError extends Error {
  readonly code: ErrorCode | 'offline';
  readonly problems: readonly Problem[];
  /** The body of the refusal, with what belongs to its code. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode | 'offline',
    message: string,
    problems: readonly Problem[] = [],
    details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.code = code;
    this.problems = problems;
    this.details = details;
  }
}

/**
 * What the console does when the server wants something first: `true` means that it was done, and the request is made once
 * more; `false`, that the person would not.
 */
type Interruptions = {
  /** The session has ended: sign in anew. */
  unauthenticated: () => Promise<boolean>;
  /** It is to be shown once more who is there. */
  verification_required: () => Promise<boolean>;
  /** Something has to be done before the session reaches anything else. */
  action_required: () => Promise<boolean>;
};
const interruptions: Interruptions = {
  unauthenticated: () => Promise.resolve(false),
  verification_required: () => Promise.resolve(false),
  action_required: () => Promise.resolve(false),
};

/** Asks for what the server wants first, as a refused request does. */
export const interrupt = (name: keyof Interruptions): Promise<boolean> => interruptions[name]();

/** Says what happens when the server interrupts; gives back what undoes it. */
export function onInterruption<Name extends keyof Interruptions>(
  name: Name,
  handler: Interruptions[Name],
): () => void {
  const before = interruptions[name];
  interruptions[name] = handler;
  return () => {
    interruptions[name] = before;
  };
}

export type Options = {
  /** No person asked for it: it does not keep the session alive. */
  background?: boolean;
  /** Refusals are the caller's affair, also those that interrupt. */
  plain?: boolean;
  /** It is part of a sign-in: of what interrupts, only the question who is there does. */
  isSigningIn?: boolean;
  signal?: AbortSignal | undefined;
};

/**
 * Makes a request.
 * @throws ApiError
 */
export async function call<E extends JsonEndpoint>(
  endpoint: E,
  asked: Asked<E>,
  options: Options = {},
): Promise<Answer<E>> {
  const response = await send(endpoint, asked, options);
  return (response.status === 204 ? undefined : await response.json()) as Answer<E>;
}

/**
 * Fetches a file.
 * @throws ApiError
 */
export async function fetchFile<E extends FileEndpoint>(endpoint: E, asked: Asked<E>): Promise<Blob> {
  return await (await send(endpoint, asked, {})).blob();
}

type Parts = {
  params?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: unknown;
};

/** Where a request goes, below the address of the server. */
function addressOf(endpoint: Endpoint, { params = {}, query = {} }: Parts): string {
  const path = endpoint.path.replaceAll(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(String(params[name])),
  );
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') search.set(name, String(value));
  }
  const text = search.toString();
  return `/rest/v1${path}${text === '' ? '' : `?${text}`}`;
}

/** One interruption may lead to another: the session has ended, and then it is to be shown once more who is there. */
const MAX_INTERRUPTIONS = 3;

async function send(endpoint: Endpoint, asked: unknown, options: Options): Promise<Response> {
  const parts = asked as Parts;
  for (let interrupted = 0; ; interrupted++) {
    const response = await attempt(endpoint, parts, options);
    if (response.ok) return response;
    const error = await errorOf(response);
    if (
      interrupted === MAX_INTERRUPTIONS ||
      endpoint.authentication === 'public' ||
      !(await isOvercome(error.code, options))
    )
      throw error;
  }
}

/** Whether the server wanted something first, and it was done. */
async function isOvercome(
  code: ApiError['code'],
  { plain = false, background = false, isSigningIn = false }: Options,
): Promise<boolean> {
  if (plain || background) return false;
  if (code === 'verification_required') return await interrupt(code);
  if (isSigningIn || (code !== 'unauthenticated' && code !== 'action_required')) return false;
  return await interrupt(code);
}

async function attempt(endpoint: Endpoint, parts: Parts, options: Options): Promise<Response> {
  const hasBody = parts.body !== undefined;
  try {
    return await fetch(addressOf(endpoint, parts), {
      method: endpoint.method,
      headers: {
        ...(hasBody ? { 'Content-Type': 'application/json' } : {}),
        ...(options.background === true ? { 'X-Taxiway-Background': '1' } : {}),
      },
      ...(hasBody ? { body: JSON.stringify(parts.body) } : {}),
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
  } catch (error) {
    if (options.signal?.aborted === true) throw error;
    throw new ApiError('offline', 'The server cannot be reached.');
  }
}

async function errorOf(response: Response): Promise<ApiError> {
  try {
    const { error } = (await response.json()) as {
      error: { code: ErrorCode; message: string; problems?: Problem[] };
    };
    return new ApiError(error.code, error.message, error.problems ?? [], error);
  } catch {
    // Not the server itself, as a rule: a proxy before it.
    return new ApiError(
      response.status > 500 ? 'unavailable' : 'internal',
      `The answer was ${response.status}.`,
    );
  }
}
