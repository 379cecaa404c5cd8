import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { createAccess } from '../access/access.ts';
import { type OpenedApp, type OpenOptions, openApp } from '../app.ts';
import { type Config, type Environment, readConfig } from '../config.ts';
import type { App, Caller } from '../context.ts';
import { AppError, invalid } from '../errors.ts';
import { actAs } from '../features/accounts/acting.service.ts';
import { withDatabaseAddress } from './database-address.ts';
import { printAnswer } from './output.ts';

/** Options that overrule a setting of the environment. */
const SETTINGS: Readonly<Record<string, string>> = {
  data: 'TAXIWAY_DATA',
  databaseUrl: 'TAXIWAY_DATABASE_URL',
  host: 'TAXIWAY_HOST',
  port: 'TAXIWAY_PORT',
  publicUrl: 'TAXIWAY_PUBLIC_URL',
  tlsCert: 'TAXIWAY_TLS_CERT',
  tlsKey: 'TAXIWAY_TLS_KEY',
  tlsSelfSigned: 'TAXIWAY_TLS_SELF_SIGNED',
  workers: 'TAXIWAY_WORKERS',
  trustedProxies: 'TAXIWAY_TRUSTED_PROXIES',
};

/** A command is over soon, or, as an import, has to stay small beside a server. */
const COMMAND_DEFAULTS: Environment = { TAXIWAY_LOG_LEVEL: 'warn', TAXIWAY_SQLITE_CACHE_BYTES: '16000000' };

/** The options that every command has. */
export type GlobalOptions = { data?: string; databaseUrl?: string; json?: boolean; as?: string };

export function globalsOf(command: Command): GlobalOptions {
  return command.optsWithGlobals<GlobalOptions>();
}

/**
 * The configuration of a command: the environment, overruled by the command's options. `defaults` count where neither
 * says anything.
 * @throws AppError `invalid_input` with every problem, named by the option where the option was given
 */
export function configOf(command: Command, defaults: Environment = COMMAND_DEFAULTS): Config {
  const given = givenSettings(command);
  const environment = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ''));
  try {
    return readConfig({ ...defaults, ...environment, ...given });
  } catch (error) {
    throw namedByOptions(error, command);
  }
}

function givenSettings(command: Command): Record<string, string> {
  const options = command.optsWithGlobals<Record<string, unknown>>();
  const given: Record<string, string> = {};
  for (const [option, setting] of Object.entries(SETTINGS)) {
    if (options[option] !== undefined) given[setting] = String(options[option]);
  }
  return given;
}

/** The error, with the command's options in place of the settings that they overrule: a person who typed --port is told of --port. */
export function namedByOptions(error: unknown, command: Command): unknown {
  if (!(error instanceof AppError) || error.details.problems === undefined) return error;
  const given = givenSettings(command);
  const flags = new Map(
    Object.entries(SETTINGS)
      .filter(([, setting]) => setting in given)
      .map(([option, setting]) => [setting, `--${option.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`]),
  );
  const problems = error.details.problems.map((problem) => ({
    ...problem,
    path: flags.get(problem.path) ?? problem.path,
  }));
  const message = problems.map((problem) => `${problem.path}: ${problem.message}`).join('; ');
  return new AppError(error.code, { ...error.details, message, problems }, { cause: error });
}

/** The operator of the instance: whoever may run the program on its data (ADR 0006). */
export function operatorCaller(): Caller {
  return { access: createAccess({ kind: 'operator', name: `operator (${systemUser()})` }) };
}

function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    // Containers often run under an id that no user has.
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

/** Refuses --as for a command that has no use for an account. */
export function requireNoAccount(command: Command): void {
  if (globalsOf(command).as !== undefined)
    throw invalid('--as', `"${command.name()}" always acts as the operator of the instance`);
}

/** Opens the data for one command, closes it afterwards, and prints what the command answers. */
export async function answer(
  command: Command,
  work: (app: App, caller: Caller) => Promise<{ data: unknown; lines: readonly string[] }>,
): Promise<void> {
  const { json = false } = globalsOf(command);
  const { data, lines } = await withApp(command, async (app) => work(app, await callerOf(app, command)));
  printAnswer(json, data, lines);
}

/** Who a command acts as: the account of --as with the rights it has now, else the operator. */
export async function callerOf(app: App, command: Command): Promise<Caller> {
  const { as } = globalsOf(command);
  const operator = operatorCaller();
  if (as === undefined) return operator;
  return { ...(await actAs(app, operator, as)), address: `command line of ${systemUser()}` };
}

/** Opens the data for one command and closes it afterwards, whatever happens. */
export async function withApp<T>(
  command: Command,
  work: (app: OpenedApp) => Promise<T>,
  options?: OpenOptions,
): Promise<T> {
  const config = configOf(command);
  const app = await openData(config, options);
  try {
    return await work(app);
  } catch (error) {
    throw withDatabaseAddress(error, config);
  } finally {
    await app.close();
  }
}

/** Opens the data of the configuration; where that fails, the operator is told which server did not answer. */
export async function openData(config: Config, options?: OpenOptions): Promise<OpenedApp> {
  try {
    return await openApp(config, options);
  } catch (error) {
    throw withDatabaseAddress(error, config);
  }
}
