import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/**
 * The page behind one-time links: `/link#<token>`. It holds nothing of the instance, and the token is in no request for it:
 * what stands behind `#` stays in the browser, whose script sends it in the body of the requests that a person makes. So
 * programs that look at the links in mails use nothing up.
 */
const read = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');
const style = read('./link-page/link.css');
const script = read('./link-page/link.js');
const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

export const LINK_PAGE = read('./link-page/link.html')
  .replace('/* style */', () => style)
  .replace('/* script */', () => script);

export const LINK_PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': [
    "default-src 'none'",
    `style-src ${hashOf(style)}`,
    `script-src ${hashOf(script)}`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Cache-Control': 'no-store',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};
