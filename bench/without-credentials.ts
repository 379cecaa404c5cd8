import { createAccess } from '../server/access/access.ts';
import { openApp } from '../server/app.ts';
import { readConfig } from '../server/config.ts';
import { createAuthentication } from '../server/features/authentication/authentication.service.ts';
import { createExchangeRoutes } from '../server/features/exchange/exchange.routes.ts';
import { prepareExchange } from '../server/features/exchange/exchange.store.ts';
import { createPageCache } from '../server/features/exchange/page-cache.ts';
import { preparePages } from '../server/features/exchange/pages.store.ts';
import type { Session } from '../server/features/exchange/session.rules.ts';
import { listen } from '../server/http/server.ts';
import { openLog } from '../server/log.ts';
import { answerParent } from './children.ts';

/**
 * The server with the question "who asks, and what may they?" taken out: the first answer is kept for good. Only a
 * benchmark may do that; it shows what asking on every request costs.
 */

export type WithoutCredentialsQuestion = { settings: Record<string, string>; logFile: string };

async function answer({ settings, logFile }: WithoutCredentialsQuestion): Promise<{ port: number }> {
  const { default: pino } = await import('pino');
  const log = openLog('info', pino.destination(logFile));
  const app = await openApp(readConfig({ ...settings, TAXIWAY_PORT: '0' }), { replace: { log } });
  const routes = createExchangeRoutes(app, createAuthentication(app), {
    app,
    statements: prepareExchange(app.db),
    pages: preparePages(app.db),
    cache: createPageCache(app.config.pageCacheBytes),
  });
  let first: Session | undefined;
  const server = await listen(app, {
    taxii: {
      ...routes,
      open: async (presented, from, collection) => {
        first ??= await routes.open(presented, from, collection);
        return { ...first, access: createAccess(first.access.actor) };
      },
    },
    rest: [],
    isReady: () => Promise.resolve(true),
  });
  return { port: server.port };
}

answerParent(answer);
