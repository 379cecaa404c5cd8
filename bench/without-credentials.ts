import { createAccess } from '../server/access/access.ts';
import { openApp } from '../server/app.ts';
import { readConfig } from '../server/config.ts';
import { createAuthentication } from '../server/features/authentication/authentication.service.ts';
import { createExchangeRoutes } from '../server/features/exchange/exchange.routes.ts';
import { openExchange } from '../server/features/exchange/open-exchange.ts';
import type { Session } from '../server/features/exchange/session.rules.ts';
import { openSession } from '../server/features/exchange/session.service.ts';
import { listen } from '../server/http/server.ts';
import { openLog } from '../server/log.ts';
import { answerParent } from './children.ts';

/**
 * The server with a question taken out: the first answer is kept for good. Only a benchmark may do that; it shows what
 * asking on every request costs.
 */

export type WithoutCredentialsQuestion = {
  settings: Record<string, string>;
  logFile: string;
  /** `credential`: whose it is; its account and rights are still read. `rights`: those neither, nor the collection's row. */
  without: 'credential' | 'rights';
};

async function answer({ settings, logFile, without }: WithoutCredentialsQuestion): Promise<{ port: number }> {
  const { default: pino } = await import('pino');
  const log = openLog('info', pino.destination(logFile));
  const app = await openApp(readConfig({ ...settings, TAXIWAY_PORT: '0' }), { replace: { log } });
  const exchange = openExchange(app);
  const routes = createExchangeRoutes(app, createAuthentication(app), exchange);
  let first: Session | undefined;
  const server = await listen(app, {
    taxii: {
      ...routes,
      open: async (presented, from, collection) => {
        first ??= await routes.open(presented, from, collection);
        if (without === 'rights') return { ...first, access: createAccess(first.access.actor) };
        const opened = await openSession(
          app,
          exchange.statements,
          { accountId: first.account.id, credential: { readOnly: false } },
          collection,
        );
        if ('obstacle' in opened) throw new Error(opened.obstacle);
        return opened.session;
      },
    },
    rest: [],
    api: [],
    admitApi: () => Promise.reject(new Error('nobody signs in here')),
    openSession: () => Promise.reject(new Error('nobody signs in here')),
    isReady: () => Promise.resolve(true),
  });
  return { port: server.port };
}

answerParent(answer);
