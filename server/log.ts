import pino, { type DestinationStream, type Logger } from 'pino';

/** Names, in any letter case, whose values must never be written, wherever they stand in a logged object. */
const SECRET_NAMES = new Set([
  'authorization',
  'password',
  'secret',
  'token',
  'apikey',
  'x-api-key',
  'cookie',
  'set-cookie',
  'setupcode',
]);
/** What nests deeper is left out. */
const MAX_DEPTH = 8;

/** A copy without secrets; of errors what `pino` writes of them. */
function withoutSecrets(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) return '[…]';
  if (value instanceof Error) return withoutSecrets({ ...pino.stdSerializers.err(value) }, depth);
  if (Array.isArray(value)) return value.map((item: unknown) => withoutSecrets(item, depth + 1));
  if ('toJSON' in value) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [
      name,
      SECRET_NAMES.has(name.toLowerCase()) ? '[secret]' : withoutSecrets(part, depth + 1),
    ]),
  );
}

const clean = (fields: object) => withoutSecrets(fields) as Record<string, unknown>;

/** JSON lines on standard error. ERROR means that somebody must act. What a child log is bound to is not searched for secrets. */
export function openLog(level: string, destination: DestinationStream = pino.destination(2)): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: clean },
    },
    destination,
  );
}
