import type { z } from 'zod';

/** An operation of the REST API, as data: the server binds it to a use case, clients call it with its types. */
export type Endpoint<Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType> = {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/rest/v1`. */
  path: string;
  /** What it does, in one sentence. */
  summary: string;
  /** `public`: no sign-in; whatever authorizes it stands in its input. */
  authentication: 'public';
  input: Input;
  output: Output;
  status: 200 | 201 | 204;
};

export function endpoint<Input extends z.ZodType, Output extends z.ZodType>(
  definition: Endpoint<Input, Output>,
): Endpoint<Input, Output> {
  return definition;
}
