import { gzipSync } from 'node:zlib';
import { ALL_ENDPOINTS } from '../../contract/all-endpoints.ts';
import { openApiOf } from './openapi.ts';
import { SESSION_COOKIE } from './rest-browser.ts';
import { DOCS_POLICY, docsPageOf } from './rest-docs.ts';

type Page = { type: string; headers: Record<string, string>; body: Buffer; gzipped: Buffer };

/**
 * What the REST API tells of itself to everybody: `/rest/openapi.json` and `/rest/docs`. Made once, at the first demand,
 * from the contract alone: nothing of the instance stands in them.
 */
export function createRestPages(root: string) {
  let pages: Map<string, Page> | undefined;
  const make = () => {
    const document = openApiOf(ALL_ENDPOINTS, root, SESSION_COOKIE);
    return new Map([
      ['/rest/openapi.json', pageOf('application/json', JSON.stringify(document))],
      [
        '/rest/docs',
        pageOf('text/html; charset=utf-8', docsPageOf(document), {
          'Content-Security-Policy': DOCS_POLICY,
          'Cross-Origin-Opener-Policy': 'same-origin',
          'Referrer-Policy': 'no-referrer',
          'X-Frame-Options': 'DENY',
        }),
      ],
    ]);
  };
  return {
    has: (path: string) => path === '/rest/openapi.json' || path === '/rest/docs',
    /** The page of a path that there is; its headers go into `headers`. */
    read(path: string, acceptsGzip: boolean, headers: Record<string, string>): Uint8Array | undefined {
      pages ??= make();
      const page = pages.get(path);
      if (page === undefined) return undefined;
      Object.assign(headers, page.headers, {
        'Content-Type': page.type,
        'Cache-Control': 'no-cache',
        Vary: 'Accept-Encoding',
      });
      if (!acceptsGzip) return page.body;
      headers['Content-Encoding'] = 'gzip';
      return page.gzipped;
    },
  };
}

function pageOf(type: string, text: string, headers: Record<string, string> = {}): Page {
  const body = Buffer.from(text);
  return { type, headers, body, gzipped: gzipSync(body) };
}
