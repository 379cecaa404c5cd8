import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Below it the pages of the console are. */
export const CONSOLE = '/console';

/** What `scripts/build-console.ts` made. */
const BUILT = fileURLToPath(new URL('../../console/dist', import.meta.url));
/** As in `console/vite.config.ts`. */
const NONCE_PLACE = '__CSP_NONCE__';
const NOT_BUILT =
  'The console is not built. Build it with "npm run build" and start the server again; "npm start" and "npm run demo" do it by themselves.\nTAXII and the REST API are served all the same.\n';

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
};

const COMMON_HEADERS: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

type Asset = { plain: Buffer; mediaType: string; brotli: Buffer | undefined; gzip: Buffer | undefined };
type Served = { status: number; headers: Record<string, string>; body: Buffer | string };
export type Console = {
  /** The page, for every address that it has a screen for: the script of the page finds out which. */
  page(): Served;
  /** A file of the page, by its path below the console's; undefined: there is none. */
  asset(path: string, acceptEncoding: string): Served | undefined;
};

/** Reads what was built, once: a build under way does not mix with the one before. */
export function openConsole(folder: string = BUILT): Console {
  const html = readIfThere(join(folder, 'index.html'))?.toString('utf8');
  const assets = new Map(html === undefined ? [] : readAssets(folder));
  return {
    page() {
      if (html === undefined) return notBuilt();
      const nonce = randomBytes(16).toString('base64');
      return {
        status: 200,
        headers: {
          ...COMMON_HEADERS,
          'Content-Type': 'text/html; charset=utf-8',
          'Content-Security-Policy': policyOf(nonce),
          'Cache-Control': 'no-store',
          'X-Frame-Options': 'DENY',
          'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
        },
        body: html.replaceAll(NONCE_PLACE, nonce),
      };
    },
    asset(path, acceptEncoding) {
      const asset = assets.get(path);
      if (asset === undefined) return undefined;
      const accepts = (coding: string) =>
        new RegExp(`(^|,)\\s*${coding}\\s*(,|$|;(?!\\s*q=0(\\.0*)?\\s*(,|$)))`).test(acceptEncoding);
      const [coding, body] =
        asset.brotli !== undefined && accepts('br')
          ? ['br', asset.brotli]
          : asset.gzip !== undefined && accepts('gzip')
            ? ['gzip', asset.gzip]
            : [undefined, asset.plain];
      return {
        status: 200,
        headers: {
          ...COMMON_HEADERS,
          'Content-Type': asset.mediaType,
          // The name of a file below assets/ holds the hash of what is in it.
          'Cache-Control': path.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
          Vary: 'Accept-Encoding',
          ...(coding === undefined ? {} : { 'Content-Encoding': coding }),
        },
        body,
      };
    },
  };
}

/** Scripts and styles of this origin, and those of the page that have its nonce; nothing of anybody else. */
function policyOf(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    // QR codes come as data.
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

const notBuilt = (): Served => ({
  status: 503,
  headers: { ...COMMON_HEADERS, 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' },
  body: NOT_BUILT,
});

function readAssets(folder: string): [string, Asset][] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files.flatMap((file): [string, Asset][] => {
    const mediaType = MEDIA_TYPES[extname(file)];
    if (mediaType === undefined || file.startsWith('.')) return [];
    const path = join(folder, file);
    const asset = {
      plain: readFileSync(path),
      mediaType,
      brotli: readIfThere(`${path}.br`),
      gzip: readIfThere(`${path}.gz`),
    };
    return [[file.replaceAll('\\', '/'), asset]];
  });
}

const readIfThere = (path: string) => (existsSync(path) ? readFileSync(path) : undefined);
