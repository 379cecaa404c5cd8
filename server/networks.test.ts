import { describe, expect, it } from 'vitest';
import { isOnList, normalNetwork } from './networks.ts';

describe('an address or prefix', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    [' 192.0.2.0/24 ', '192.0.2.0/24'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:0201', '192.0.2.1'],
    ['::ffff:192.0.2.0/120', '192.0.2.0/24'],
    ['2001:0DB8:0:0::1', '2001:db8::1'],
    ['2001:DB8::/32', '2001:db8::/32'],
    ['::/0', '::/0'],
  ])('%s is kept as %s', (entry, network) => {
    expect(normalNetwork(entry)).toEqual({ network });
  });

  it.each([
    '',
    'x',
    '192.0.2',
    '192.0.2.1/',
    '192.0.2.1/33',
    '192.0.2.1/-1',
    '192.0.2.1/1/2',
    '::1/129',
    'fe80::1%eth0',
  ])('"%s" is none', (entry) => {
    expect(normalNetwork(entry)).toHaveProperty('problem');
  });
});

describe('item 99: a list of addresses and prefixes', () => {
  const list = JSON.stringify(['192.0.2.7', '198.51.100.0/24', '2001:db8::/32']);

  it.each([
    '192.0.2.7',
    '::ffff:192.0.2.7',
    '::ffff:c000:207',
    '198.51.100.0',
    '198.51.100.255',
    '2001:db8::',
    '2001:DB8:ffff::1',
  ])('has %s', (address) => {
    expect(isOnList(list, address)).toBe(true);
  });

  it.each(['192.0.2.8', '198.51.101.0', '2001:db9::', '::ffff:192.0.2.8', '::192.0.2.7', 'unknown', ''])(
    'has not "%s"',
    (address) => {
      expect(isOnList(list, address)).toBe(false);
    },
  );

  it('that is none has everybody, and an empty one nobody', () => {
    expect(isOnList(null, 'unknown')).toBe(true);
    expect(isOnList('[]', '192.0.2.7')).toBe(false);
  });
});
