import { z } from 'zod';
import type { ErrorCode } from './errors.ts';
import type { RequiredAction } from './required-actions.ts';

export type Nothing = z.ZodObject<Record<never, never>, z.core.$strict>;

/** An operation of the REST API, as data: the server binds it to a use case, clients call it with its types, OpenAPI is printed from it. */
export type Endpoint<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Output extends z.ZodType = z.ZodType,
> = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/rest/v1`; a parameter is `:name`. */
  path: string;
  /** The group it is shown in. */
  tag: string;
  /** What it does, in one sentence. */
  summary: string;
  /** What a sentence does not hold: paragraphs, in which `…` is code. */
  description?: string;
  /**
   * `public`: no sign-in; whatever authorizes it stands in its body. `session`: for a person who is signed in. `account`:
   * also for an API user, with its Secret Key or token.
   */
  authentication: 'public' | 'session' | 'account';
  /** The required actions during which a session that is not complete yet reaches it; otherwise a complete one is needed. */
  during?: readonly RequiredAction[];
  params: Params;
  query: Query;
  body: Body;
  output: Output;
  status: 200 | 201 | 204;
  /** Refusals of its own, beside those that every endpoint may answer with. */
  errors: readonly ErrorCode[];
  /** Octets that the body may have, where the usual limit (1 MB; 64 KB for `public` ones) is not enough, or too much. */
  maxBody?: number;
  /** The media type of an answer that is a file and no JSON: `output` is then its text. */
  media?: FileMedia;
};

export type FileMedia = 'text/csv' | 'application/json' | 'application/x-ndjson';

/** An operation that answers with JSON, or with nothing. */
export type JsonEndpoint<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Output extends z.ZodType = z.ZodType,
> = Endpoint<Params, Query, Body, Output> & { media?: never };

/** An operation that answers with a file. */
export type FileEndpoint<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
> = Endpoint<Params, Query, Body, z.ZodString> & { media: FileMedia };

const nothing: Nothing = z.strictObject({});

/** The output of an operation that has nothing to say (status 204). */
export const noContent = z.void();

type Defaulted = 'params' | 'query' | 'body' | 'status' | 'errors' | 'authentication';

/** Declares an endpoint. Parameters, query and body are none, unless given; the status is 200; it is for people and API users. */
export function endpoint<
  Output extends z.ZodType,
  Params extends z.ZodType = Nothing,
  Query extends z.ZodType = Nothing,
  Body extends z.ZodType = Nothing,
>(
  definition: Omit<JsonEndpoint<Params, Query, Body, Output>, Defaulted> &
    Partial<Pick<Endpoint<Params, Query, Body, Output>, Defaulted>>,
): JsonEndpoint<Params, Query, Body, Output> {
  return {
    authentication: 'account',
    status: 200,
    errors: [],
    // Where a part is not given, its type is `Nothing`.
    params: nothing as unknown as Params,
    query: nothing as unknown as Query,
    body: nothing as unknown as Body,
    ...definition,
  };
}

/** Declares an endpoint that answers with a file of the media type. */
export function fileEndpoint<
  Params extends z.ZodType = Nothing,
  Query extends z.ZodType = Nothing,
  Body extends z.ZodType = Nothing,
>(
  definition: Omit<FileEndpoint<Params, Query, Body>, Defaulted | 'output'> &
    Partial<Pick<FileEndpoint<Params, Query, Body>, Defaulted>>,
): FileEndpoint<Params, Query, Body> {
  const { media, ...rest } = definition;
  return { ...endpoint<z.ZodString, Params, Query, Body>({ ...rest, output: z.string() }), media };
}
