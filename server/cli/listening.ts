import type { OpenedApp } from '../app.ts';
import { AppError } from '../errors.ts';
import type { RunningServer } from '../http/server.ts';
import { startServer } from '../serving.ts';

/** Starts the server; when it cannot listen, closes the app and says why. */
export async function listenOrClose(app: OpenedApp): Promise<RunningServer> {
  try {
    return await startServer(app);
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
