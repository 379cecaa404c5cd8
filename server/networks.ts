import { BlockList, isIP, SocketAddress } from 'node:net';

/**
 * Adds an address or a prefix (CIDR, RFC 4632; RFC 4291 §2.3) to the list.
 * @returns what is wrong with it, where it is neither
 */
export function addNetwork(list: BlockList, entry: string): string | undefined {
  const [address = '', prefix, ...rest] = entry.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return 'is no address and no prefix';
  const family = version === 6 ? 'ipv6' : 'ipv4';
  // Number('') is 0, and /0 would let everybody in.
  const length = prefix === undefined ? undefined : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (length === undefined) list.addAddress(address, family);
  else if (Number.isInteger(length) && length >= 0 && length <= (version === 6 ? 128 : 32))
    list.addSubnet(address, length, family);
  else return 'has no valid prefix length';
  return undefined;
}

const MAPPED_BITS = 96;

/** The address or prefix in one spelling: lower case, without zeros that say nothing, an IPv4 address in its own form. */
export function normalNetwork(entry: string): { network: string } | { problem: string } {
  const trimmed = entry.trim();
  if (trimmed.includes('%')) return { problem: 'is no address and no prefix' };
  const problem = addNetwork(new BlockList(), trimmed);
  if (problem !== undefined) return { problem };
  const [given = '', prefix] = trimmed.split('/');
  const { address } = new SocketAddress({ address: given, family: isIP(given) === 6 ? 'ipv6' : 'ipv4' });
  const length = prefix === undefined ? undefined : Number(prefix);
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? [];
  if (mapped !== undefined && (length === undefined || length >= MAPPED_BITS))
    return { network: length === undefined ? mapped : `${mapped}/${length - MAPPED_BITS}` };
  return { network: length === undefined ? address : `${address}/${length}` };
}

/** Lists lately asked, by their text: a client comes again and again. */
const lists = new Map<string, BlockList>();
const LISTS = 500;

/** Whether the address is on the list, JSON as it is stored; null = everybody is. What is no address is on none. */
export function isOnList(stored: string | null, address: string): boolean {
  if (stored === null) return true;
  const version = isIP(address);
  if (version === 0) return false;
  let list = lists.get(stored);
  if (list === undefined) {
    list = new BlockList();
    for (const entry of JSON.parse(stored) as string[]) addNetwork(list, entry);
    if (lists.size >= LISTS) lists.clear();
    lists.set(stored, list);
  }
  return list.check(address, version === 6 ? 'ipv6' : 'ipv4');
}
