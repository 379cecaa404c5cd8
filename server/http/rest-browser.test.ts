import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { AppError } from '../errors.ts';
import { type Reached, readBrowser, requireSafeTransport, requireSameOrigin } from './rest-browser.ts';

const request = (headers: IncomingHttpHeaders) => ({ headers }) as IncomingMessage;

function isRefused(work: () => void): boolean {
  try {
    work();
    return false;
  } catch (error) {
    expect((error as AppError).code).toBe('forbidden');
    return true;
  }
}

const TOKEN = 'A'.repeat(43);

describe('the cookie of a session', () => {
  const tokenOf = (cookie?: string) =>
    readBrowser(request(cookie === undefined ? {} : { cookie }), {}, 'http://localhost').token;

  it.each([
    [`__Host-taxiway-session=${TOKEN}`, TOKEN],
    [`theme=dark; __Host-taxiway-session=${TOKEN}; a=b`, TOKEN],
    [undefined, undefined],
    ['theme=dark', undefined],
    [`taxiway-session=${TOKEN}`, undefined],
    [`__Host-taxiway-session=${TOKEN}x`, undefined],
    ['__Host-taxiway-session=', undefined],
    [`__Host-taxiway-session=${TOKEN}; __Host-taxiway-session=${TOKEN}`, undefined],
  ])('is read from %s', (cookie, token) => {
    expect(tokenOf(cookie)).toBe(token);
  });

  it('item 58: is __Host-, Secure, HttpOnly, SameSite and for the whole host, also when it is taken away', () => {
    for (const token of [TOKEN, undefined]) {
      const headers: Record<string, string> = {};
      readBrowser(request({}), headers, 'http://localhost').keep(token);
      const [pair, ...attributes] = (headers['Set-Cookie'] ?? '').split('; ');
      expect(pair).toBe(`__Host-taxiway-session=${token ?? ''}`);
      expect(attributes.slice(0, 4)).toEqual(['Path=/', 'Secure', 'HttpOnly', 'SameSite=Lax']);
      expect(attributes.slice(4)).toEqual(token === undefined ? ['Max-Age=0'] : []);
    }
  });
});

describe('item 67: a change that a browser is made to ask for', () => {
  const reached: Reached = {
    protocol: 'https',
    baseUrl: 'https://intel.example.org',
    publicUrl: undefined,
  };
  const refused = (headers: IncomingHttpHeaders, changes: Partial<Reached> = {}) =>
    isRefused(() => requireSameOrigin(request(headers), { ...reached, ...changes }));

  it.each([
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ 'sec-fetch-site': 'whatever' }],
    [{ origin: 'https://evil.example' }],
    [{ origin: 'http://intel.example.org' }],
    [{ origin: 'https://intel.example.org:8443' }],
    [{ origin: 'https://intel.example.org.evil.example' }],
    [{ origin: 'null' }],
    [{ 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' }],
    [{ 'sec-fetch-site': 'cross-site', origin: 'https://intel.example.org' }],
  ])('is refused with %o', (headers) => {
    expect(refused(headers)).toBe(true);
  });

  it.each([
    [{}],
    [{ 'sec-fetch-site': 'same-origin' }],
    [{ 'sec-fetch-site': 'none' }],
    [{ origin: 'https://intel.example.org' }],
    [{ 'sec-fetch-site': 'same-origin', origin: 'https://intel.example.org' }],
  ])('is let through with %o', (headers) => {
    expect(refused(headers)).toBe(false);
  });

  it('is let through from the public address as well as from the one that was asked', () => {
    const publicUrl = 'https://public.example.org/taxiway';
    expect(refused({ origin: 'https://public.example.org' }, { publicUrl })).toBe(false);
    expect(refused({ origin: 'https://intel.example.org' }, { publicUrl })).toBe(false);
    expect(refused({ origin: 'https://other.example.org' }, { publicUrl })).toBe(true);
  });
});

describe('people are served', () => {
  const refused = (host: string | undefined, protocol: 'http' | 'https', publicUrl?: string) =>
    isRefused(() =>
      requireSafeTransport(request(host === undefined ? {} : { host }), {
        protocol,
        baseUrl: '',
        publicUrl,
      }),
    );

  it.each([['localhost'], ['localhost:8080'], ['127.0.0.1:8080'], ['[::1]:8080'], ['taxiway.localhost:80']])(
    'over plain HTTP on this machine, as %s',
    (host) => {
      expect(refused(host, 'http')).toBe(false);
    },
  );

  it.each([
    ['intel.example.org'],
    ['192.0.2.1:8080'],
    ['localhost.example.org'],
    ['127.0.0.1.example.org:80'],
    ['notlocalhost'],
    [undefined],
  ])('over plain HTTP not as %s, but over TLS', (host) => {
    expect(refused(host, 'http')).toBe(true);
    expect(refused(host, 'https')).toBe(false);
    expect(refused(host, 'http', 'https://intel.example.org')).toBe(false);
    expect(refused(host, 'http', 'http://intel.example.org')).toBe(true);
  });
});
