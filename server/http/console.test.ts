import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../serving.ts';
import { openTestApp, type TestApp } from '../testing/test-app.ts';
import { openConsole } from './console.ts';

const SCRIPT = 'export const answer = 42;\n';
const HTML =
  '<!doctype html><meta property="csp-nonce" nonce="__CSP_NONCE__"><script type="module" nonce="__CSP_NONCE__" src="/console/assets/main-abc123.js"></script>';

describe('the console as it was built', () => {
  const folder = mkdtempSync(join(tmpdir(), 'taxiway-console-'));
  const empty = join(folder, 'nothing');
  mkdirSync(join(folder, 'assets'));
  mkdirSync(empty);
  const script = join(folder, 'assets', 'main-abc123.js');
  writeFileSync(join(folder, 'index.html'), HTML);
  writeFileSync(join(folder, 'icon.svg'), '<svg/>');
  writeFileSync(script, SCRIPT);
  writeFileSync(`${script}.gz`, gzipSync(SCRIPT));
  writeFileSync(`${script}.br`, brotliCompressSync(SCRIPT));
  const console = openConsole(folder);
  afterAll(() => rmSync(folder, { recursive: true }));

  it('runs scripts and styles of its own origin only, by a nonce that no two answers share, and stands in no frame', () => {
    const [first, second] = [console.page(), console.page()];
    const nonceOf = ({ headers }: typeof first) =>
      /script-src 'self' 'nonce-([^']+)'/.exec(headers['Content-Security-Policy'] ?? '')?.[1] ?? '';
    expect(Buffer.from(nonceOf(first), 'base64')).toHaveLength(16);
    expect(nonceOf(first)).not.toBe(nonceOf(second));
    for (const page of [first, second]) {
      const policy = page.headers['Content-Security-Policy'] ?? '';
      expect(page.body).toBe(HTML.replaceAll('__CSP_NONCE__', nonceOf(page)));
      expect(policy).toContain(`style-src 'self' 'nonce-${nonceOf(page)}'`);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain("base-uri 'none'");
      expect(policy).not.toMatch(/unsafe|https?:|\*/);
    }
  });

  it('is not stored, and tells nobody where it was', () => {
    expect(console.page()).toMatchObject({
      status: 200,
      headers: {
        'Content-Type': 'text/html; charset=utf-8',
        'Cache-Control': 'no-store',
        'Referrer-Policy': 'no-referrer',
        'X-Content-Type-Options': 'nosniff',
        'X-Frame-Options': 'DENY',
        'Cross-Origin-Opener-Policy': 'same-origin',
      },
    });
  });

  it('has files that browsers keep for ever, as their names tell what is in them, and others that they ask for again', () => {
    const file = console.asset('assets/main-abc123.js', '');
    expect(file).toMatchObject({
      status: 200,
      headers: {
        'Content-Type': 'text/javascript; charset=utf-8',
        'Cache-Control': 'public, max-age=31536000, immutable',
        Vary: 'Accept-Encoding',
        'X-Content-Type-Options': 'nosniff',
      },
    });
    expect(file?.headers).not.toHaveProperty('Content-Encoding');
    expect(String(file?.body)).toBe(SCRIPT);
    expect(console.asset('icon.svg', '')?.headers['Cache-Control']).toBe('no-cache');
  });

  it.each([
    ['gzip, deflate, br, zstd', 'br', brotliCompressSync(SCRIPT)],
    ['gzip', 'gzip', gzipSync(SCRIPT)],
    ['br;q=0, gzip;q=0.5', 'gzip', gzipSync(SCRIPT)],
    ['gzip;q=0.0, br;q=0', undefined, Buffer.from(SCRIPT)],
    ['identity', undefined, Buffer.from(SCRIPT)],
    ['brotli, xgzip', undefined, Buffer.from(SCRIPT)],
  ])('sends its files compressed to those who take it: %j', (accepted, coding, body) => {
    const file = console.asset('assets/main-abc123.js', accepted);
    expect(file?.headers['Content-Encoding']).toBe(coding);
    expect(file?.body).toEqual(body);
  });

  it('has no other files: neither those beside it nor its own page, nor what it holds twice', () => {
    for (const path of [
      'index.html',
      'assets/main-abc123.js.gz',
      'assets/../index.html',
      '../package.json',
      'assets/other.js',
      '.stamp',
      '',
    ])
      expect(console.asset(path, 'br'), path).toBeUndefined();
  });

  it('says how to build it where it is not built', () => {
    const bare = openConsole(empty);
    expect(bare.page()).toMatchObject({
      status: 503,
      headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' },
    });
    expect(bare.page().body).toMatch(/npm run build/);
    expect(bare.asset('assets/main-abc123.js', '')).toBeUndefined();
  });
});

describe('the addresses of the console', () => {
  let app: TestApp;
  let server: Awaited<ReturnType<typeof startServer>>;
  beforeAll(async () => {
    app = await openTestApp('sqlite');
    server = await startServer(app);
  });
  afterAll(async () => {
    await server.close(1000);
    await app.close();
  });
  const get = (path: string, init: RequestInit = {}) =>
    fetch(`${server.url}${path}`, { redirect: 'manual', ...init });
  /** Without what is different in every answer. */
  const page = async (path: string) => {
    const response = await get(path);
    const nonce = /'nonce-([^']+)'/.exec(response.headers.get('content-security-policy') ?? '')?.[1];
    const text = await response.text();
    return { status: response.status, text: nonce === undefined ? text : text.replaceAll(nonce, '') };
  };

  it('are all answered with the same page, with a slash at the end and without, and to HEAD with its headers', async () => {
    const expected = await page('/console');
    expect([200, 503]).toContain(expected.status);
    for (const path of [
      '/console/',
      '/console/sign-in',
      '/console/accounts/1?tab=keys',
      '/console/collections/x/objects/y',
      '/link',
      '/link/',
    ])
      expect(await page(path), path).toEqual(expected);
    const head = await get('/link', { method: 'HEAD' });
    expect(head.status).toBe(expected.status);
    expect(await head.text()).toBe('');
    expect(head.headers.get('referrer-policy')).toBe('no-referrer');
    expect(head.headers.get('cache-control')).toBe('no-store');
  });

  it('do not take a missing file for a screen', async () => {
    for (const path of ['/console/assets/none.js', '/console/assets/%2e%2e/%2e%2e/package.json'])
      expect((await get(path)).status, path).not.toBe(200);
    expect((await get('/console/assets/none.js')).status).toBe(404);
  });

  it('are where a browser is led from the root, and what everything else is told of there', async () => {
    const browser = await get('/', { headers: { Accept: 'text/html,application/xhtml+xml' } });
    expect(browser.status).toBe(302);
    expect(browser.headers.get('location')).toBe('/console/');
    const told = await get('/', { headers: { Accept: '*/*' } });
    expect(told.status).toBe(200);
    expect(await told.text()).toMatch(/\/console\/\n.*\/taxii2\/\n.*\/rest\/docs/);
  });
});
