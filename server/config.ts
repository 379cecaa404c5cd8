import path from 'node:path';
import { z } from 'zod';
import { AppError } from './errors.ts';

/** How this process runs. Everything else is a setting in the database. */
export type Config = {
  /** Folder of the embedded database and the key file. */
  dataFolder: string;
  /** `postgres://…` for PostgreSQL; undefined = the embedded SQLite. */
  databaseUrl: string | undefined;
  databaseConnections: number;
  /** Octets of the embedded database that each of its connections keeps in memory. */
  sqliteCacheBytes: number;
  masterKeys: string | undefined;
  host: string;
  port: number;
  /** The address under which clients reach the server, without a slash at its end; undefined = where it listens. */
  publicUrl: string | undefined;
  /** Addresses or prefixes of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed. */
  trustedProxies: string[];
  tls: { certificateFile: string; keyFile: string } | 'self-signed' | undefined;
  workers: number;
  logLevel: string;
  /** Octets of response pages that all connections together may hold in memory. */
  maxBytesInFlight: number;
  /** Octets of recently sent pages kept in memory. */
  pageCacheBytes: number;
  /** The file of breached passwords in the format of "Have I Been Pwned" downloads; undefined = there is none. */
  breachedPasswordsFile: string | undefined;
  /** Days for which the status of an add-objects request can be asked for; at least 1 (TAXII 2.1 §4.3). */
  statusDays: number;
};

const integer = (min: number, max: number) => {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.coerce.number({ error }).int({ error }).min(min, { error }).max(max, { error });
};
const optionalText = z.string().min(1).optional();

const environmentSchema = z.object({
  TAXIWAY_DATA: z.string().min(1).default('./data'),
  TAXIWAY_DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must start with postgres://')
    .optional(),
  TAXIWAY_DATABASE_CONNECTIONS: integer(1, 1000).default(10),
  TAXIWAY_SQLITE_CACHE_BYTES: integer(1_000_000, 1e12).default(64_000_000),
  TAXIWAY_MASTER_KEY: optionalText,
  TAXIWAY_HOST: z.string().min(1).default('127.0.0.1'),
  TAXIWAY_PORT: integer(0, 65_535).default(8080),
  TAXIWAY_PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'must be an address such as https://intel.example.org' })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  TAXIWAY_TRUSTED_PROXIES: z
    .string()
    .transform((list) => list.split(/[\s,]+/).filter((entry) => entry !== ''))
    .default([]),
  TAXIWAY_TLS_CERT: optionalText,
  TAXIWAY_TLS_KEY: optionalText,
  TAXIWAY_TLS_SELF_SIGNED: z.enum(['true', 'false']).default('false'),
  TAXIWAY_WORKERS: integer(1, 256).default(1),
  TAXIWAY_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  TAXIWAY_MAX_BYTES_IN_FLIGHT: integer(1_000_000, 1e12).default(256_000_000),
  TAXIWAY_PAGE_CACHE_BYTES: integer(0, 1e12).default(64_000_000),
  TAXIWAY_BREACHED_PASSWORDS: optionalText,
  TAXIWAY_STATUS_DAYS: integer(1, 3650).default(7),
});

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the configuration from environment variables (`TAXIWAY_…`), which command-line options override by name.
 * @throws AppError `invalid_input` with every problem at once
 */
export function readConfig(environment: Environment): Config {
  // An empty variable counts as absent: that is how shells and service files unset one.
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const unknown = Object.keys(given).filter(
    (name) =>
      name.startsWith('TAXIWAY_') && !name.startsWith('TAXIWAY_TEST_') && !(name in environmentSchema.shape),
  );
  const parsed = environmentSchema.safeParse(given);
  const problems = [
    ...unknown.map((name) => ({ path: name, message: 'is not a setting of Taxiway' })),
    ...(parsed.error?.issues ?? []).map((issue) => ({ path: issue.path.join('.'), message: issue.message })),
  ];
  // On what was given, so that these are told together with what is wrong with single values.
  if ((given.TAXIWAY_TLS_CERT === undefined) !== (given.TAXIWAY_TLS_KEY === undefined)) {
    problems.push({ path: 'TAXIWAY_TLS_CERT', message: 'certificate and key are needed together' });
  }
  if (given.TAXIWAY_TLS_SELF_SIGNED === 'true' && given.TAXIWAY_TLS_CERT !== undefined) {
    problems.push({ path: 'TAXIWAY_TLS_SELF_SIGNED', message: 'excludes TAXIWAY_TLS_CERT' });
  }
  if (given.TAXIWAY_DATABASE_URL !== undefined && given.TAXIWAY_MASTER_KEY === undefined) {
    problems.push({
      path: 'TAXIWAY_MASTER_KEY',
      message: 'is required with PostgreSQL, because every server process must have the same',
    });
  }
  const e = parsed.data;
  if (e === undefined || problems.length > 0) {
    const message = problems.map((problem) => `${problem.path}: ${problem.message}`).join('; ');
    throw new AppError('invalid_input', { message, problems });
  }
  return {
    dataFolder: path.resolve(e.TAXIWAY_DATA),
    databaseUrl: e.TAXIWAY_DATABASE_URL,
    databaseConnections: e.TAXIWAY_DATABASE_CONNECTIONS,
    sqliteCacheBytes: e.TAXIWAY_SQLITE_CACHE_BYTES,
    masterKeys: e.TAXIWAY_MASTER_KEY,
    host: e.TAXIWAY_HOST,
    port: e.TAXIWAY_PORT,
    publicUrl: e.TAXIWAY_PUBLIC_URL,
    trustedProxies: e.TAXIWAY_TRUSTED_PROXIES,
    tls: tlsOf(e),
    workers: e.TAXIWAY_WORKERS,
    logLevel: e.TAXIWAY_LOG_LEVEL,
    maxBytesInFlight: e.TAXIWAY_MAX_BYTES_IN_FLIGHT,
    pageCacheBytes: e.TAXIWAY_PAGE_CACHE_BYTES,
    breachedPasswordsFile:
      e.TAXIWAY_BREACHED_PASSWORDS === undefined ? undefined : path.resolve(e.TAXIWAY_BREACHED_PASSWORDS),
    statusDays: e.TAXIWAY_STATUS_DAYS,
  };
}

function tlsOf(e: z.infer<typeof environmentSchema>): Config['tls'] {
  if (e.TAXIWAY_TLS_SELF_SIGNED === 'true') return 'self-signed';
  if (e.TAXIWAY_TLS_CERT === undefined || e.TAXIWAY_TLS_KEY === undefined) return undefined;
  return { certificateFile: path.resolve(e.TAXIWAY_TLS_CERT), keyFile: path.resolve(e.TAXIWAY_TLS_KEY) };
}
