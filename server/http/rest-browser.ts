import type { IncomingMessage } from 'node:http';
import { AppError } from '../errors.ts';
import { isLoopback } from './addresses.ts';

/** Sent by browsers over TLS only, to this host only, from no script (RFC 6265bis §4.1.3.2). */
export const SESSION_COOKIE = '__Host-taxiway-session';
/** What proves, for the throttles, that an account was signed in to in this browser. It opens nothing. */
const DEVICE_COOKIE = '__Host-taxiway-device';
/** 256 bits in base64url. */
const TOKEN = /^[\w-]{43}$/;
const SEALED = /^[\w-]{1,300}$/;
const DEVICE_DAYS = 180;

/** What a browser keeps of a session, and tells of itself. */
export type Browser = {
  /** The session's token, as the request brought it. */
  readonly token: string | undefined;
  readonly userAgent: string | undefined;
  /** The server's address as the request had it, or as it is configured: `https://host`. */
  readonly reachedAs: string;
  /** The page asks by itself, without a person: such a request does not keep the session alive. */
  readonly isBackground: boolean;
  /** What `keepDevice` was given in an earlier request, as the browser says. */
  readonly device: string | undefined;
  /** Gives the browser the token of a new session, or takes it away. */
  keep(token: string | undefined): void;
  /** Gives the browser something by which it is known again; it outlives sessions. */
  keepDevice(sealed: string): void;
};

/** Reads the browser's side of a request; what it is to keep goes into `headers`. */
export function readBrowser(
  { headers: given }: IncomingMessage,
  headers: Record<string, string>,
  reachedAs: string,
): Browser {
  const cookies = new Map<string, string>();
  const set = (name: string, cookie: string) => {
    cookies.set(name, `${name}=${cookie}`);
    // Several, one per line: what sends them makes a field of each.
    headers['Set-Cookie'] = [...cookies.values()].join('\n');
  };
  return {
    token: cookieIn(given.cookie ?? '', SESSION_COOKIE, TOKEN),
    device: cookieIn(given.cookie ?? '', DEVICE_COOKIE, SEALED),
    userAgent: given['user-agent']?.slice(0, 300),
    reachedAs,
    isBackground: given['x-taxiway-background'] !== undefined,
    keep(token) {
      // Without Max-Age: it goes with the browser; when the session ends is the server's affair.
      const cookie = `${token ?? ''}; Path=/; Secure; HttpOnly; SameSite=Lax`;
      set(SESSION_COOKIE, token === undefined ? `${cookie}; Max-Age=0` : cookie);
      // Pages that the browser could go back to go with the session. Its storage stays: what somebody chose to keep
      // in this browser (columns, saved views, reviewed accounts) is there, and nothing that opens anything.
      // Cookies are not named either: a known device outlives sessions, and the session's own is taken away above.
      if (token === undefined) headers['Clear-Site-Data'] = '"cache"';
    },
    keepDevice(sealed) {
      const maxAge = DEVICE_DAYS * 86_400;
      set(DEVICE_COOKIE, `${sealed}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=${maxAge}`);
    },
  };
}

/** The value of the cookie of that name; none where it comes twice, as no browser sends it. */
function cookieIn(cookies: string, name: string, form: RegExp): string | undefined {
  const values = cookies
    .split(';')
    .map((cookie) => cookie.trim())
    .filter((cookie) => cookie.startsWith(`${name}=`))
    .map((cookie) => cookie.slice(name.length + 1));
  const [value] = values;
  return values.length === 1 && value !== undefined && form.test(value) ? value : undefined;
}

/** How the client reached the server. */
export type Reached = { protocol: 'http' | 'https'; baseUrl: string; publicUrl: string | undefined };

/**
 * Passwords and cookies travel over TLS, or do not leave the machine.
 * @throws AppError `forbidden`
 */
export function requireSafeTransport({ headers }: IncomingMessage, reached: Reached): void {
  if (reached.protocol === 'https' || reached.publicUrl?.startsWith('https:') === true) return;
  const host = (headers.host ?? '').replace(/:\d*$/, '').toLowerCase();
  if (isLoopback(host.replace(/^\[(.*)\]$/, '$1')) || host.endsWith('.localhost')) return;
  throw new AppError('forbidden', {
    message:
      'Over plain HTTP people are served on this machine only, as localhost. Use HTTPS; behind a proxy that ends TLS, start the server with --trusted-proxies or --public-url.',
  });
}

/**
 * Refuses a change that another site makes a browser ask for, with the cookie that goes along (Fetch Metadata; RFC 6454
 * for what does not know that). Clients that are no browsers send neither header.
 * @throws AppError `forbidden`
 */
export function requireSameOrigin({ headers }: IncomingMessage, reached: Reached): void {
  const site = headers['sec-fetch-site'];
  const { origin } = headers;
  const own = [reached.baseUrl, reached.publicUrl].flatMap((url) =>
    url !== undefined && URL.canParse(url) ? [new URL(url).origin] : [],
  );
  const isForeign =
    (site !== undefined && site !== 'same-origin' && site !== 'none') ||
    (origin !== undefined && !own.includes(origin));
  if (isForeign) {
    throw new AppError('forbidden', {
      message:
        'The request comes from another site. If it does not, the address in the browser is not the one that the server knows: see --public-url.',
    });
  }
}
