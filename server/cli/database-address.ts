import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection broke',
  EPIPE: 'the connection broke',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the host',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name cannot be looked up',
  ENOENT: 'there is no such socket',
  '57P03': 'it is starting up or shutting down',
  '53300': 'it has too many connections',
};

/**
 * The error, with the address of the PostgreSQL server and the reason where that could not be reached. For whoever
 * operates the instance: a client is never told of the address. The URL itself has a password in it.
 */
export function withDatabaseAddress(error: unknown, { databaseUrl }: Pick<Config, 'databaseUrl'>): unknown {
  if (databaseUrl === undefined) return error;
  const isUnavailable = error instanceof AppError && error.details.reason === 'database';
  const code = String(Reflect.get(Object(isUnavailable ? error.cause : error), 'code'));
  const reason = REASONS[code];
  if (!isUnavailable && (error instanceof AppError || reason === undefined)) return error;
  const place = databaseAddress(databaseUrl);
  const message = `The database${place === undefined ? '' : ` at ${place}`} cannot be reached${reason === undefined ? '.' : `: ${reason}`}`;
  const details = error instanceof AppError ? error.details : {};
  return new AppError('unavailable', { ...details, message }, { cause: error });
}

/** Host and port of a PostgreSQL URL, as libpq reads it; nothing else of it. */
function databaseAddress(databaseUrl: string): string | undefined {
  if (!URL.canParse(databaseUrl)) return undefined;
  const { hostname, port, searchParams } = new URL(databaseUrl);
  const host = searchParams.get('host') ?? (hostname === '' ? 'localhost' : decodeURIComponent(hostname));
  return host.startsWith('/') ? host : `${host}:${port || searchParams.get('port') || '5432'}`;
}
