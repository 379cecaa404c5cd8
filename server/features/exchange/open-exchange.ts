import type { App } from '../../context.ts';
import { createUsageRecorder } from '../usage/recorder.ts';
import { prepareExchange } from './exchange.store.ts';
import { createPageCache } from './page-cache.ts';
import { preparePages } from './pages.store.ts';
import type { Exchange } from './reading.service.ts';

/** The reading side of the exchange; `cacheBytes` = octets of pages that are kept. */
export function openExchange(app: App, cacheBytes: number = app.config.pageCacheBytes): Exchange {
  return {
    app,
    statements: prepareExchange(app.db),
    pages: preparePages(app.db),
    cache: createPageCache(cacheBytes),
    usage: createUsageRecorder(app),
  };
}
