import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createAddressReader, isLoopback } from './addresses.ts';

/** As much of a request as its address is read from. */
function request(
  remoteAddress: string | undefined,
  headers: Record<string, string> = {},
  encrypted = false,
): IncomingMessage {
  const socket = encrypted ? { remoteAddress, encrypted } : { remoteAddress };
  return { socket, headers } as unknown as IncomingMessage;
}

describe('where a request came from', () => {
  it('item 33: is its peer, whatever it claims, where no proxy is trusted', () => {
    const read = createAddressReader([]);
    const headers = { 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'https' };
    expect(read(request('198.51.100.7', headers))).toEqual({ address: '198.51.100.7', protocol: 'http' });
    expect(read(request('198.51.100.7', {}, true)).protocol).toBe('https');
  });

  it('is an IPv4 address also where the socket is an IPv6 one', () => {
    expect(createAddressReader([])(request('::ffff:198.51.100.7')).address).toBe('198.51.100.7');
    expect(createAddressReader([])(request('fe80::1%eth0')).address).toBe('fe80::1');
    expect(createAddressReader([])(request(undefined)).address).toBe('unknown');
  });

  describe('behind trusted proxies', () => {
    const read = createAddressReader(['10.0.0.0/8', '2001:db8::/32', '203.0.113.5']);

    it.each([
      ['is what the proxy says', '10.1.2.3', '192.0.2.1', '192.0.2.1'],
      ['is what a proxy with an exact address says', '203.0.113.5', '192.0.2.1', '192.0.2.1'],
      ['is what a proxy at an IPv6 address says', '2001:db8::7', '192.0.2.1', '192.0.2.1'],
      [
        'is the last hop that is no proxy: what stands left of it may be made up',
        '10.1.2.3',
        '1.1.1.1, 192.0.2.1, 10.9.9.9',
        '192.0.2.1',
      ],
      ['is the outermost proxy when all are', '10.1.2.3', '10.0.0.2, 10.0.0.1', '10.0.0.2'],
      ['is the proxy when it says nothing', '10.1.2.3', '', '10.1.2.3'],
      ['is the proxy when what it says is no address', '10.1.2.3', '192.0.2.1, nonsense', '10.1.2.3'],
      ['is the peer when that is no proxy', '198.51.100.7', '192.0.2.1', '198.51.100.7'],
      ['is the peer beside an exact address', '203.0.113.6', '192.0.2.1', '203.0.113.6'],
    ])('%s', (_, peer, forwarded, address) => {
      expect(read(request(peer, { 'x-forwarded-for': forwarded })).address).toBe(address);
    });

    it('was https where the proxy ended TLS', () => {
      expect(read(request('10.1.2.3', { 'x-forwarded-proto': 'https' })).protocol).toBe('https');
      expect(read(request('10.1.2.3', { 'x-forwarded-proto': 'https, http' })).protocol).toBe('http');
      expect(read(request('10.1.2.3', { 'x-forwarded-proto': 'gopher' })).protocol).toBe('http');
      expect(read(request('198.51.100.7', { 'x-forwarded-proto': 'https' })).protocol).toBe('http');
    });
  });

  it.each([
    ['a name', 'proxy.example'],
    ['a prefix longer than an address', '10.0.0.0/33'],
    ['a prefix without its length, which would trust everybody', '10.0.0.0/'],
    ['a length that is no number', '10.0.0.0/x'],
    ['a length in another notation', '10.0.0.0/1e1'],
    ['two lengths', '10.0.0.0/8/9'],
    ['nothing', ''],
  ])('cannot be told with a trusted proxy that is %s', (_, entry) => {
    expect(() => createAddressReader([entry])).toThrow('TAXIWAY_TRUSTED_PROXIES');
  });
});

it.each([
  ['127.0.0.1', true],
  ['127.8.9.1', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['localhost', true],
  ['128.0.0.1', false],
  ['::2', false],
  ['10.127.0.1', false],
])('%s is a loopback address: %s', (address, expected) => {
  expect(isLoopback(address)).toBe(expected);
});
