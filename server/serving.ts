import { setTimeout as sleep } from 'node:timers/promises';
import type { App } from './context.ts';
import { inTransaction } from './db/transaction.ts';
import { createAuthentication } from './features/authentication/authentication.service.ts';
import { createExchangeRoutes } from './features/exchange/exchange.routes.ts';
import { deleteOldStatuses, prepareExchange } from './features/exchange/exchange.store.ts';
import { createPageCache } from './features/exchange/page-cache.ts';
import { preparePages } from './features/exchange/pages.store.ts';
import { createInstanceRoutes } from './features/instance/instance.routes.ts';
import { findInstance } from './features/instance/instance.store.ts';
import { type Faces, listen, type RunningServer } from './http/server.ts';

/** What is only for show (last used) is written at most this late. */
const FLUSH_MS = 30_000;
/** A database that takes longer is not ready. */
const READY_MS = 3000;
const HOUSEKEEPING_MS = 3_600_000;
const DAY_MICROS = 86_400_000_000;

export type ServerOptions = Pick<Faces<never>, 'metricsOfAll'>;

/** Serves an opened app over HTTP, and keeps house: the one place that binds features to faces. */
export async function startServer(app: App, options: ServerOptions = {}): Promise<RunningServer> {
  const authentication = createAuthentication(app);
  const exchange = {
    app,
    statements: prepareExchange(app.db),
    pages: preparePages(app.db),
    cache: createPageCache(app.config.pageCacheBytes),
  };
  const server = await listen(app, {
    taxii: createExchangeRoutes(app, authentication, exchange),
    rest: createInstanceRoutes(app),
    metricsOfAll: options.metricsOfAll,
    isReady: async () => {
      try {
        const late = sleep(READY_MS, undefined, { ref: false });
        return (await Promise.race([findInstance(app.db.read), late])) !== undefined;
      } catch {
        return false;
      }
    },
  });
  const flush = async () => {
    await authentication
      .flush()
      .catch((error: unknown) => app.log.warn({ err: error }, 'last uses could not be written'));
  };
  const keepHouse = async () => {
    const before = app.clock.now() - app.config.statusDays * DAY_MICROS;
    await inTransaction(app.db, (tx) => deleteOldStatuses(tx, before)).catch((error: unknown) =>
      app.log.warn({ err: error }, 'old statuses could not be deleted'),
    );
  };
  const timers = [
    setInterval(() => void flush(), FLUSH_MS),
    setInterval(() => void keepHouse(), HOUSEKEEPING_MS),
  ];
  return {
    ...server,
    async close(graceMs) {
      for (const timer of timers) clearInterval(timer);
      await server.close(graceMs);
      await flush();
    },
  };
}
