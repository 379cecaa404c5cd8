import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { auditTrail, newOrganization, refusalOf } from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { createTaxiiUser } from '../account-creation/taxii-users.service.ts';
import { type Authentication, createAuthentication, type Presented } from './authentication.service.ts';
import { GUESS, recordFailure } from './throttling.ts';

const PHRASE = 'a typed pass phrase';
let number = 0;

describe.each(ENGINES)('failed attempts on %s', (engine) => {
  let app: TestApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let authentication: Authentication;
  /** Stands still, so that no wait is over because the test was slow. */
  let now: number;
  const clock = { now: () => now };
  const advance = (seconds: number) => {
    now += seconds * 1_000_000;
  };
  /** An address that no other test has used. */
  let address: string;
  let typed: { id: number; userName: string };
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app);
  });
  afterAll(async () => await app?.close());
  beforeEach(async () => {
    now = app.clock.now();
    authentication = createAuthentication({ ...app, clock });
    address = newAddress();
    typed = await newUser(PHRASE);
  });

  const newAddress = () => `198.51.${Math.floor(++number / 250)}.${number % 250}`;
  const newUser = async (password?: string) =>
    await createTaxiiUser(app, organization.administrator, {
      userName: `siem-${++number}`,
      organization: organization.name,
      apiKey: true,
      ...(password === undefined ? {} : { password }),
    });
  const attempt = (presented: Presented, from = address) =>
    authentication.verify(presented, { address: from, requestId: 'r' });
  const wrong = (userName = typed.userName): Presented => ({
    scheme: 'basic',
    userName,
    password: 'wrong one',
  });
  const right = (userName = typed.userName): Presented => ({ scheme: 'basic', userName, password: PHRASE });
  const fail = async (times: number, presented = wrong(), from = address) => {
    const codes = new Set<string>();
    for (let time = 0; time < times; time++) codes.add((await refusalOf(attempt(presented, from))).code);
    return [...codes];
  };
  /** Failures at once, without the cost of a wrong password. */
  const record = (times: number, presented = wrong(), from = address) =>
    Promise.all(
      Array.from({ length: times }, () =>
        recordFailure(
          { ...app, clock },
          GUESS,
          { scheme: presented.scheme, userName: 'userName' in presented ? presented.userName : undefined },
          { address: from, requestId: 'r' },
          'wrong',
        ),
      ),
    );
  /** The same data, seen by a process that remembers nothing. */
  const restart = async () => {
    await authentication.flush();
    authentication = createAuthentication({ ...app, clock });
  };
  /** A key is refused without Argon2, which makes many failures cheap. */
  const guess = (): Presented => ({ scheme: 'key', key: 'txw_guessed' });

  it('of an account from one address are free up to 20, then wait 1, 2, 4, … seconds', async () => {
    expect(await fail(21)).toEqual(['unauthenticated']);
    for (const seconds of [1, 2, 4]) {
      expect(await refusalOf(attempt(right()))).toEqual({
        code: 'throttled',
        details: { retryAfterSeconds: seconds },
      });
      advance(seconds);
      expect(await fail(1)).toEqual(['unauthenticated']);
    }
    advance(8);
    await expect(attempt(right())).resolves.toMatchObject({ accountId: typed.id });
  });

  it('item 25: while throttled cost no Argon2 and do not prolong the wait', async () => {
    await record(21);
    const before = app.secrets.hashes.count;
    expect(await fail(5)).toEqual(['throttled']);
    expect(app.secrets.hashes.count).toBe(before);
    advance(1);
    await expect(attempt(right())).resolves.toBeDefined();
  });

  it('are counted the same for a user name that does not exist', async () => {
    const nobody = wrong(`nobody-${number}`);
    expect(await fail(21, nobody)).toEqual(['unauthenticated']);
    expect(await refusalOf(attempt(nobody))).toEqual({
      code: 'throttled',
      details: { retryAfterSeconds: 1 },
    });
  });

  it('are counted by the user name as it is compared, so that letter case gives no new chances', async () => {
    await record(11);
    await record(10, wrong(typed.userName.toUpperCase()));
    expect((await refusalOf(attempt(right()))).code).toBe('throttled');
  });

  it('from one address do not keep the account out at another', async () => {
    await record(21);
    await expect(attempt(right(), newAddress())).resolves.toBeDefined();
  });

  it('are cleared by a success from the same address', async () => {
    await record(20);
    await attempt(right());
    await record(20);
    await restart();
    await expect(attempt(right())).resolves.toBeDefined();
  });

  it('item 32: are seen by every process', async () => {
    await record(21);
    const other = await app.reopen();
    try {
      const there = createAuthentication({ ...other, clock });
      expect((await refusalOf(there.verify(right(), { address, requestId: 'r' }))).code).toBe('throttled');
    } finally {
      await other.close();
    }
  });

  it('that come at once are throttled like those that come one after the other', async () => {
    const before = app.secrets.hashes.count;
    const outcomes = await Promise.allSettled(
      Array.from({ length: 60 }, (_, index) =>
        attempt({ scheme: 'basic', userName: typed.userName, password: `guess ${index}` }),
      ),
    );
    const codes = outcomes.map((o) => (o.status === 'fulfilled' ? '' : Reflect.get(o.reason, 'code')));
    expect(codes.filter((code) => code === 'unauthenticated')).toHaveLength(21);
    expect(codes.filter((code) => code === 'throttled')).toHaveLength(39);
    expect(app.secrets.hashes.count - before).toBe(21);
  });

  it('are no obstacle for many connections that present a right password at once, which is hashed once', async () => {
    const before = app.secrets.hashes.count;
    const verified = await Promise.all(Array.from({ length: 16 }, () => attempt(right())));
    expect(new Set(verified.map((each) => each.accountId))).toEqual(new Set([typed.id]));
    expect(app.secrets.hashes.count - before).toBe(1);
  });

  it('that come at once are all counted', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 30 }, () => attempt(guess())));
    expect(outcomes.every((outcome) => outcome.status === 'rejected')).toBe(true);
    const row = await app.db.read
      .selectFrom('throttles')
      .select('failures')
      .where('key', '=', `address ${address}`)
      .executeTakeFirst();
    expect(row?.failures).toBe(30);
  });

  describe('of one address, over all accounts', () => {
    it('item 27: are free up to 100, then the address waits', async () => {
      await record(100, guess());
      expect(await fail(1, guess())).toEqual(['unauthenticated']);
      expect(await refusalOf(attempt(right()))).toEqual({
        code: 'throttled',
        details: { retryAfterSeconds: 1 },
      });
    });

    it('do not keep out a client there whose secret the server has generated', async () => {
      const client = await newUser();
      await record(101, guess());
      expect((await refusalOf(attempt(guess()))).code).toBe('throttled');
      const { userName, password = '', apiKey = '' } = client;
      const before = app.secrets.hashes.count;
      for (const presented of [
        { scheme: 'basic', userName, password },
        { scheme: 'basic', userName: '', password: apiKey },
        { scheme: 'key', key: apiKey },
      ] as const)
        expect(await attempt(presented)).toMatchObject({ accountId: client.id });
      expect(app.secrets.hashes.count).toBe(before);
    });
  });

  describe('of strangers at an address from which an account was used before', () => {
    it('do not keep the account out, only its own failures there do', async () => {
      await attempt(right());
      await restart();
      await record(105, guess());
      await expect(attempt(right())).resolves.toMatchObject({ accountId: typed.id });
      const stranger = await newUser(PHRASE);
      expect((await refusalOf(attempt(right(stranger.userName)))).code).toBe('throttled');
      await restart();
      await record(21);
      expect(await refusalOf(attempt(right()))).toMatchObject({ code: 'throttled' });
    });

    it('do keep it out elsewhere, where they have failed and it was never used', async () => {
      await attempt(right());
      await restart();
      const elsewhere = newAddress();
      await record(105, guess(), elsewhere);
      expect((await refusalOf(attempt(right(), elsewhere))).code).toBe('throttled');
    });

    it('do not make it wait behind their guesses either', async () => {
      await attempt(right());
      await restart();
      const burst = Array.from({ length: 60 }, () => refusalOf(attempt(wrong(`nobody-${++number}`))));
      await expect(attempt(right())).resolves.toMatchObject({ accountId: typed.id });
      const waiting = await Promise.race([Promise.all(burst).then(() => 'answered'), 'still waiting']);
      expect(waiting).toBe('still waiting');
      await Promise.all(burst);
    });
  });

  it('of an account used from two addresses in turn are exempt at both', async () => {
    const other = newAddress();
    await attempt(right());
    await attempt(right(), other);
    await restart();
    for (const each of [address, other]) {
      await record(105, guess(), each);
      await expect(attempt(right(), each)).resolves.toBeDefined();
      await restart();
    }
  });

  it('in one /64 of IPv6 are of one client, and those in another are not', async () => {
    const prefix = `2001:db8:${(++number).toString(16)}`;
    await record(101, guess(), `${prefix}:1::1`);
    expect((await refusalOf(attempt(right(), `${prefix}:1:ffff::2`))).code).toBe('throttled');
    await expect(attempt(right(), `${prefix}:2::1`)).resolves.toBeDefined();
    await restart();
    await record(101, guess(), `${prefix}:2::1`);
    await expect(attempt(right(), `${prefix}:2:a:b:c:d`)).resolves.toBeDefined();
  });

  it('from before the clock was put back are forgotten', async () => {
    await record(40);
    expect((await refusalOf(attempt(right()))).code).toBe('throttled');
    advance(-3600);
    await expect(attempt(right())).resolves.toBeDefined();
  });

  describe('that come in a burst from one address', () => {
    const codesOf = async (attempts: Promise<unknown>[]) => {
      const outcomes = await Promise.allSettled(attempts);
      const codes: Record<string, number> = {};
      for (const outcome of outcomes) {
        const code =
          outcome.status === 'fulfilled' ? 'admitted' : String(Reflect.get(outcome.reason, 'code'));
        codes[code] = (codes[code] ?? 0) + 1;
      }
      return codes;
    };

    it.each([
      ['the same user name', () => wrong()],
      ['user names of their own', () => wrong(`nobody-${++number}`)],
      ['keys', guess],
    ])('with %s wait in one lane, and what does not fit is sent away for a second', async (_, presented) => {
      const before = app.secrets.hashes.count;
      const codes = await codesOf(Array.from({ length: 500 }, () => attempt(presented())));
      expect(codes.unauthenticated).toBeLessThanOrEqual(52);
      expect(codes.unauthenticated).toBeGreaterThanOrEqual(21);
      expect((codes.unauthenticated ?? 0) + (codes.throttled ?? 0)).toBe(500);
      expect(app.secrets.hashes.count - before).toBeLessThanOrEqual(52);
    });

    it('exceed the free failures of the address by no more than the two that are looked into at a time', async () => {
      await record(90, guess());
      const codes = await codesOf(Array.from({ length: 50 }, () => attempt(wrong(`nobody-${++number}`))));
      expect(codes.unauthenticated).toBeGreaterThanOrEqual(11);
      expect(codes.unauthenticated).toBeLessThanOrEqual(12);
    });

    it('let an innocent at another address through after a few of them', async () => {
      const before = app.secrets.hashes.count;
      const burst = Array.from({ length: 400 }, () => refusalOf(attempt(wrong(`nobody-${++number}`))));
      await expect(attempt(right(), newAddress())).resolves.toMatchObject({ accountId: typed.id });
      expect(app.secrets.hashes.count - before).toBeLessThanOrEqual(12);
      await Promise.all(burst);
    });

    it('differ from a right password on as many connections, all of which are admitted', async () => {
      const before = app.secrets.hashes.count;
      expect(await codesOf(Array.from({ length: 200 }, () => attempt(right())))).toEqual({ admitted: 200 });
      expect(app.secrets.hashes.count - before).toBe(1);
    });
  });

  describe('of one account, over all addresses', () => {
    /** 105 failures, from so many addresses that none is throttled itself; the account then waits for 16 seconds. */
    const attack = async () => {
      for (let source = 0; source < 5; source++) await record(20, wrong(), newAddress());
      for (const wait of [0, 1, 2, 4, 8]) {
        advance(wait);
        await record(1, wrong(), newAddress());
      }
    };

    it('item 26: are free up to 100, then the account waits at every strange address', async () => {
      await attack();
      expect(await refusalOf(attempt(right(), newAddress()))).toEqual({
        code: 'throttled',
        details: { retryAfterSeconds: 16 },
      });
    });

    it('item 28: do not lock the account out of an address from which it was used before', async () => {
      await attempt(right());
      await restart();
      await attack();
      await expect(attempt(right())).resolves.toMatchObject({ accountId: typed.id });
      await restart();
      expect((await refusalOf(attempt(right(), newAddress()))).code).toBe('throttled');
    });
  });

  it('are one event of the audit trail with a count, which names neither secret nor key', async () => {
    await fail(5);
    const events = (await auditTrail(app)).filter((event) => event.source_address === address);
    expect(events).toMatchObject([
      { action: 'authenticate', outcome: 'failed', actor_name: typed.userName, count: 5 },
    ]);
    expect(JSON.stringify(events)).not.toContain('wrong one');
  });

  it('are forgotten in time', async () => {
    await fail(3, guess());
    advance(2 * 86_400);
    await authentication.flush();
    const rows = await app.db.read.selectFrom('throttles').selectAll().execute();
    expect(rows).toEqual([]);
  });
});
