import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { invalid } from '../errors.ts';
import { addNetwork } from '../networks.ts';

export type ClientAddress = {
  /** Where the request came from: the peer, or what a trusted proxy says. */
  address: string;
  /** `https` also when a trusted proxy ended TLS. */
  protocol: 'http' | 'https';
};

/** Reads where a request came from; X-Forwarded-* count only when the peer is a trusted proxy. */
export type AddressReader = (incoming: IncomingMessage) => ClientAddress;

/** @throws AppError `invalid_input` for an entry that is no address and no prefix */
export function createAddressReader(trustedProxies: readonly string[]): AddressReader {
  const trusted = new BlockList();
  for (const entry of trustedProxies) {
    const problem = addNetwork(trusted, entry);
    if (problem !== undefined) throw invalid('TAXIWAY_TRUSTED_PROXIES', `${entry} ${problem}`);
  }
  const isTrusted = (address: string) => {
    const version = isIP(address);
    return version !== 0 && trusted.check(address, version === 6 ? 'ipv6' : 'ipv4');
  };
  return (incoming) => {
    const peer = normalise(incoming.socket.remoteAddress ?? 'unknown');
    const direct = { address: peer, protocol: 'encrypted' in incoming.socket ? 'https' : 'http' } as const;
    if (trustedProxies.length === 0 || !isTrusted(peer)) return direct;
    const forwarded = listOf(incoming.headers['x-forwarded-for']).map(normalise);
    // From the right: each trusted hop vouches for the one before it; what stands further left a client may have made up.
    let address = peer;
    for (const hop of forwarded.reverse()) {
      if (isIP(hop) === 0) break;
      address = hop;
      if (!isTrusted(hop)) break;
    }
    const protocol = listOf(incoming.headers['x-forwarded-proto']).at(-1)?.toLowerCase();
    return { address, protocol: protocol === 'https' || direct.protocol === 'https' ? 'https' : 'http' };
  };
}

export function isLoopback(address: string): boolean {
  const normal = normalise(address);
  return normal === '::1' || normal === 'localhost' || /^127(\.\d{1,3}){1,3}$/.test(normal);
}

function listOf(header: string | string[] | undefined): string[] {
  const text = Array.isArray(header) ? header.join(',') : (header ?? '');
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** An IPv4 address in its own form, also where the socket is an IPv6 one. */
function normalise(given: string): string {
  // Some proxies add the port.
  const address = given.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1').replace(/^\[([^\]]*)\](:\d+)?$/, '$1');
  return address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
}
