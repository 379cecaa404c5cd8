import pino, { type DestinationStream, type Logger } from 'pino';

/** Values that must never be written, wherever they stand in a logged object. */
const SECRET_PATHS = [
  'authorization',
  'password',
  'secret',
  'token',
  'apiKey',
  'cookie',
  'x-api-key',
].flatMap((name) => [name, `*.${name}`, `*.*.${name}`, `["${name}"]`]);

/** JSON lines on standard error. ERROR means that somebody must act. */
export function openLog(level: string, destination: DestinationStream = pino.destination(2)): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_PATHS, censor: '[secret]' },
    },
    destination,
  );
}
