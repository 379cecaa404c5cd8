import { z } from 'zod';
import { PATH_PARAMETERS } from '../../contract/described.ts';
import type { Endpoint } from '../../contract/endpoint.ts';
import { ERRORS, type ErrorCode } from '../../contract/errors.ts';

/** A JSON Schema (2020-12), as far as the contract uses it. */
export type JsonSchema = {
  type?: string | string[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  description?: string;
  additionalProperties?: boolean | JsonSchema;
  $ref?: string;
  [keyword: string]: unknown;
};

export type Parameter = {
  name: string;
  in: 'path' | 'query';
  required: boolean;
  schema: JsonSchema;
  description?: string;
};
type Content = Record<string, { schema: JsonSchema }>;

export type Operation = {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  security?: [] | [{ session: [] }];
  parameters?: Parameter[];
  requestBody?: { required: boolean; content: Content };
  responses: Record<string, { description: string; content?: Content }>;
};

type SecurityScheme = { type: 'apiKey'; in: 'cookie' | 'header'; name: string; description: string };

export type OpenApi = {
  openapi: '3.1.0';
  info: { title: string; version: string; description: string };
  servers: { url: string }[];
  tags: { name: string }[];
  security: [{ session: [] }, { token: [] }, { signature: [] }];
  paths: Record<string, Record<string, Operation>>;
  components: {
    securitySchemes: Record<'session' | 'token' | 'signature', SecurityScheme>;
    schemas: { Error: JsonSchema };
  };
};

const DESCRIPTION = `Account administration, owners, TAXII services, settings and audit.

Sign in with \`POST /session\`: the answer sets a cookie, which goes with every further request. API users send a token or a signature in \`Authorization\` with each request instead; what needs a person's own session is refused to them. Changes are sent as \`application/json\` in UTF-8. Fields and parameters that an operation does not know are refused, as is a name that comes twice.

A list is read page by page: \`next\` of an answer is \`after\` of the next request, until it is null. What can be edited has a \`version\`; an edit names the version that it was made from, and is refused (\`stale\`) when there is a newer one. \`abilities\` tell what the person who is signed in may do with the thing they stand in.

Every error has the same shape. \`code\` is for programs, \`message\` for people; \`problems\` lists everything that is wrong with the fields of a request at once; \`requestId\` is also in the log of the server.`;

/**
 * The operations of the REST API as an OpenAPI 3.1 document: what goes in, what comes out, and every refusal.
 * @param root the path below which all of them are
 */
export function openApiOf(endpoints: readonly Endpoint[], root: string, cookie: string): OpenApi {
  const paths: OpenApi['paths'] = {};
  for (const endpoint of endpoints) {
    const path = endpoint.path.replace(/:(\w+)/g, '{$1}');
    const operations = paths[path] ?? {};
    operations[endpoint.method.toLowerCase()] = operationOf(endpoint);
    paths[path] = operations;
  }
  return {
    openapi: '3.1.0',
    // Of the API, and not of the product: which release runs here is nobody's business.
    info: { title: 'Taxiway REST API', version: '1', description: DESCRIPTION },
    servers: [{ url: root }],
    tags: [...new Set(endpoints.map(({ tag }) => tag))].map((name) => ({ name })),
    security: [{ session: [] }, { token: [] }, { signature: [] }],
    paths,
    components: {
      securitySchemes: {
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: cookie,
          description: 'Set by POST /session.',
        },
        token: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description: 'Of an API user: `TC-Token <token>`, or `Bearer <token>`.',
        },
        signature: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description:
            'Of an API user: `TC <Access ID>:<signature>` with `Timestamp` (seconds since 1970), where the signature is the HMAC-SHA256 of `<target>:<METHOD>:<timestamp>` under the Secret Key, in base64. Or `TC2 <Access ID>:<signature>` with `Timestamp`, `Nonce` and `Content-Digest: sha-256=:…:`, over `TC2`, method, target, timestamp, nonce and the digest, one per line.',
        },
      },
      schemas: { Error: ERROR },
    },
  };
}

const ERROR: JsonSchema = {
  type: 'object',
  required: ['error'],
  additionalProperties: false,
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message', 'requestId'],
      description: 'Beside these, what the code speaks of: a limit has its name and its maximum.',
      properties: {
        code: { type: 'string', enum: Object.keys(ERRORS) },
        message: { type: 'string' },
        requestId: { type: 'string' },
        problems: {
          type: 'array',
          items: {
            type: 'object',
            required: ['path', 'message'],
            additionalProperties: false,
            properties: {
              path: { type: 'string', description: 'The field; empty for the whole.' },
              message: { type: 'string' },
            },
          },
        },
        retryAfterSeconds: { type: 'integer', description: 'When another try makes sense.' },
      },
    },
  },
};

function operationOf(endpoint: Endpoint): Operation {
  const { method, path, tag, summary, description, authentication, body, media, output, status } = endpoint;
  const parameters = [
    ...parametersOf('path', schemaOf(endpoint.params, 'input')),
    ...parametersOf('query', schemaOf(endpoint.query, 'input')),
  ];
  const input = schemaOf(body, 'input');
  const takesBody = input.properties === undefined || Object.keys(input.properties).length > 0;
  const content: Content =
    media === undefined
      ? { 'application/json': { schema: schemaOf(output, 'output') } }
      : { [media]: { schema: media === 'application/json' ? {} : { type: 'string' } } };
  return {
    operationId: operationIdOf(method, path),
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(authentication === 'public' ? { security: [] } : {}),
    ...(authentication === 'session' ? { security: [{ session: [] }] } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(takesBody
      ? {
          requestBody: {
            required: (input.required?.length ?? 1) > 0,
            content: { 'application/json': { schema: input } },
          },
        }
      : {}),
    responses: {
      [status]: { description: 'Done.', ...(status === 204 ? {} : { content }) },
      ...refusalsOf(endpoint, takesBody),
    },
  };
}

/** `GET /accounts/:account/sessions` → `getAccountsByAccountSessions`: says nothing new, but stays the same. */
function operationIdOf(method: string, path: string): string {
  const words = path.split(/[/.-]/).filter((word) => word !== '');
  const named = words.map((word) => (word.startsWith(':') ? `By${capital(word.slice(1))}` : capital(word)));
  return `${method.toLowerCase()}${named.join('')}`;
}

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest as JsonSchema;
}

function parametersOf(where: Parameter['in'], schema: JsonSchema): Parameter[] {
  return Object.entries(schema.properties ?? {}).map(([name, { description: own, ...rest }]) => {
    const description = own ?? (where === 'path' ? PATH_PARAMETERS[name] : undefined);
    return {
      name,
      in: where,
      required: where === 'path' || schema.required?.includes(name) === true,
      schema: rest,
      ...(description === undefined ? {} : { description }),
    };
  });
}

/** What the operation may refuse with, by status: beside its own refusals those that every one has. */
function refusalsOf(endpoint: Endpoint, takesBody: boolean): Operation['responses'] {
  const common: ErrorCode[] = [
    ...(endpoint.authentication !== 'public' ? (['unauthenticated'] as const) : []),
    ...(endpoint.path.includes(':') ? (['not_found'] as const) : []),
    ...(takesBody ? (['too_large', 'unsupported_media_type'] as const) : []),
    'invalid_input',
    'forbidden',
    'internal',
    'unavailable',
  ];
  const codes = [...new Set([...common, ...endpoint.errors])];
  const statuses = [...new Set(codes.map((code) => ERRORS[code].status))].sort((a, b) => a - b);
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: codes
          .filter((code) => ERRORS[code].status === status)
          .map((code) => `\`${code}\`: ${ERRORS[code].title}.`)
          .join(' '),
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    ]),
  );
}
