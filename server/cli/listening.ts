import type { OpenedApp } from '../app.ts';
import type { App } from '../context.ts';
import { AppError } from '../errors.ts';
import type { RunningServer } from '../http/server.ts';
import { type ServerOptions, startServer } from '../serving.ts';
import { version } from './version.ts';

/** Where a server is reached and where it listens, without a slash at the end. */
export type Address = Pick<RunningServer, 'url' | 'listening'>;

export function logStart({ config, db, log }: Pick<App, 'config' | 'db' | 'log'>, address: Address): void {
  log.info(
    { ...address, engine: db.engine, workers: config.workers, version: version() },
    'the server listens',
  );
}

export function logStop({ log }: Pick<App, 'log'>): void {
  log.info('the server has stopped');
}

/** Starts the server; when it cannot listen, closes the app and says why. */
export async function listenOrClose(app: OpenedApp, options?: ServerOptions): Promise<RunningServer> {
  try {
    return await startServer(app, options);
  } catch (error) {
    await app.close();
    const reasons: Record<string, string> = {
      EADDRINUSE: 'is in use',
      EACCES: 'may not be listened on by this user',
      EADDRNOTAVAIL: 'is not an address of this machine',
    };
    const reason = reasons[String(Reflect.get(Object(error), 'code'))];
    if (reason === undefined) throw error;
    const { host, port } = app.config;
    throw new AppError('unavailable', { message: `${host} port ${port} ${reason}` }, { cause: error });
  }
}
