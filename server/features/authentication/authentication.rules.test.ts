import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  accountObstacle,
  afterFailure,
  networkOf,
  secondsBlocked,
  type Throttle,
  type ThrottleKind,
} from './authentication.rules.ts';

const SECOND = 1_000_000;
const NOW = 1_800_000_000 * SECOND;
const FREE: Record<ThrottleKind, number> = {
  'account-at-address': 20,
  'account-on-device': 20,
  account: 100,
  address: 100,
  'second-factor': 5,
  'mail-of-account': 3,
  'mail-from-address': 20,
};

/** The throttle after so many failures, each made as soon as it was possible. */
function failures(kind: ThrottleKind, count: number): { throttle: Throttle; now: number; waits: number[] } {
  let now = NOW;
  let throttle = afterFailure(undefined, kind, now);
  const waits = [secondsBlocked(throttle, now)];
  for (let failure = 1; failure < count; failure++) {
    now += secondsBlocked(throttle, now) * SECOND;
    throttle = afterFailure(throttle, kind, now);
    waits.push(secondsBlocked(throttle, now));
  }
  return { throttle, now, waits };
}

describe.each(Object.entries(FREE) as [ThrottleKind, number][])('a throttle per %s', (kind, free) => {
  it(`lets ${free} failures pass without waiting, then makes wait 1, 2, 4, … seconds, at most 15 minutes`, () => {
    const { waits } = failures(kind, free + 14);
    expect(waits.slice(0, free)).toEqual(Array.from({ length: free }, () => 0));
    expect(waits.slice(free)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]);
  });

  const memory = kind === 'second-factor' ? 86_400 : 900;

  it(`forgets failures ${memory / 60} minutes after the last of them, or after the wait that it brought`, () => {
    const { throttle } = failures(kind, free);
    const [before, after] = [NOW + (memory - 1) * SECOND, NOW + (memory + 1) * SECOND];
    expect(afterFailure(throttle, kind, before).failures).toBe(free + 1);
    expect(afterFailure(throttle, kind, after)).toMatchObject({ failures: 1, blockedUntil: 0 });
    const capped = failures(kind, free + 11);
    const end = capped.throttle.blockedUntil;
    expect(afterFailure(capped.throttle, kind, end + (memory - 1) * SECOND).failures).toBe(free + 12);
    expect(afterFailure(capped.throttle, kind, end + (memory + 1) * SECOND).failures).toBe(1);
  });

  it('item 24: never blocks longer than 15 minutes, and never counts down by a failure, whatever the clock does', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -2000, max: 2000 }), { maxLength: 300 }), (steps) => {
        let now = NOW;
        let throttle: Throttle | undefined;
        for (const step of steps) {
          now += step * SECOND;
          const before = throttle;
          throttle = afterFailure(throttle, kind, now);
          expect(secondsBlocked(throttle, now)).toBeLessThanOrEqual(900);
          expect([1, (before?.failures ?? 0) + 1]).toContain(throttle.failures);
        }
      }),
    );
  });
});

describe('the time to wait', () => {
  it('is rounded up to whole seconds, and none once it is over', () => {
    const throttle: Throttle = { failures: 21, lastFailureAt: NOW, blockedUntil: NOW + 1_500_000 };
    expect(secondsBlocked(throttle, NOW)).toBe(2);
    expect(secondsBlocked(throttle, NOW + 600_000)).toBe(1);
    expect(secondsBlocked(throttle, NOW + 1_500_000)).toBe(0);
    expect(secondsBlocked(throttle, NOW + 9_000_000)).toBe(0);
    expect(secondsBlocked(undefined, NOW)).toBe(0);
  });
});

describe('item 24: a throttle from the future, after the clock was put back', () => {
  const HOUR = 3600 * SECOND;
  it.each([
    ['a failure an hour ahead', { lastFailureAt: NOW + HOUR, blockedUntil: 0 }],
    ['a wait that ends in more than 15 minutes', { lastFailureAt: NOW, blockedUntil: NOW + HOUR }],
  ])('counts as none: %s', (_, times) => {
    const throttle = { failures: 500, ...times };
    expect(secondsBlocked(throttle, NOW)).toBe(0);
    expect(afterFailure(throttle, 'address', NOW)).toEqual({
      failures: 1,
      lastFailureAt: NOW,
      blockedUntil: 0,
    });
  });

  it('counts while it is only ahead by what the clocks of two servers differ', () => {
    const throttle = {
      failures: 500,
      lastFailureAt: NOW + 2 * SECOND,
      blockedUntil: NOW + 902 * SECOND,
    };
    expect(secondsBlocked(throttle, NOW)).toBe(900);
    expect(afterFailure(throttle, 'address', NOW).failures).toBe(501);
  });
});

describe('the network of an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:0201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8::1:2:3:4:5', '2001:db8:0:1::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['fe80::2%25en1', 'fe80:0:0:0::/64'],
    ['unknown', 'unknown'],
    ['2001:db8::1::2', '2001:db8::1::2'],
    ['1:2:3', '1:2:3'],
    ['1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8:9'],
    ['1:2:3:4::5:6:7:8', '1:2:3:4::5:6:7:8'],
    ['x::1', 'x::1'],
    ['', ''],
  ])('of "%s" is "%s"', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  it('is the same for every address of one /64, and for no address of another', () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.ipV6(), (one, other) => {
        const network = networkOf(one);
        if (network.includes(':')) expect(networkOf(network.replace('/64', ''))).toBe(network);
        expect(networkOf(one.toUpperCase())).toBe(network);
        if (networkOf(other) !== network) expect(one).not.toBe(other);
      }),
    );
  });
});

describe('an account', () => {
  const active = {
    kind: 'taxii' as const,
    deleted_at: null,
    disabled_at: null,
    locked_at: null,
    expires_at: null,
    organization_disabled_at: null,
  };
  it.each<[string, Partial<typeof active> | Record<string, unknown>, string | undefined]>([
    ['may use its credentials while active', {}, undefined],
    [
      'may not where its kind does not sign in',
      { kind: 'user' },
      'not a kind of account that may come this way',
    ],
    [
      'may not while its organization is disabled',
      { organization_disabled_at: 1 },
      'its organization is disabled',
    ],
    ['may not when it is deleted', { deleted_at: 1, disabled_at: 1, locked_at: 1 }, 'deleted'],
    ['may not when it is disabled', { disabled_at: 1, locked_at: 1 }, 'disabled'],
    ['may not when it is locked', { locked_at: 1 }, 'locked'],
    ['may not from the instant of its expiry', { expires_at: NOW }, 'expired'],
    ['may until the instant of its expiry', { expires_at: NOW + 1 }, undefined],
  ])('%s', (_, changes, obstacle) => {
    expect(accountObstacle({ ...active, ...changes }, ['taxii'], NOW)).toBe(obstacle);
  });
});
