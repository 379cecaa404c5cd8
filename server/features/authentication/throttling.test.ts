import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newOrganization, refusalOf } from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { createTaxiiUser } from '../accounts/taxii-users.service.ts';
import { type Authentication, createAuthentication, type Presented } from './authentication.service.ts';

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
        refusalOf(authentication.refuse(presented, { address: from, requestId: 'r' }, 'wrong')),
      ),
    );
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

  it('while throttled cost no Argon2 and do not prolong the wait', async () => {
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
    authentication.forget(right());
    await expect(attempt(right())).resolves.toBeDefined();
  });

  it('are seen by every process', async () => {
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
    it('are free up to 100, then the address waits', async () => {
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

  describe('of one account, over all addresses', () => {
    /** 105 failures, from so many addresses that none is throttled itself; the account then waits for 16 seconds. */
    const attack = async () => {
      for (let source = 0; source < 5; source++) await record(20, wrong(), newAddress());
      for (const wait of [0, 1, 2, 4, 8]) {
        advance(wait);
        await record(1, wrong(), newAddress());
      }
    };

    it('are free up to 100, then the account waits at every strange address', async () => {
      await attack();
      expect(await refusalOf(attempt(right(), newAddress()))).toEqual({
        code: 'throttled',
        details: { retryAfterSeconds: 16 },
      });
    });

    it('do not lock the account out of an address from which it was used before', async () => {
      await attempt(right());
      authentication.used(typed.id, address);
      await authentication.flush();
      authentication.forget(right());
      await attack();
      await expect(attempt(right())).resolves.toMatchObject({ accountId: typed.id });
      authentication.forget(right());
      expect((await refusalOf(attempt(right(), newAddress()))).code).toBe('throttled');
    });
  });

  it('are one event of the audit trail with a count, which names neither secret nor key', async () => {
    await fail(5);
    const events = await app.db.read
      .selectFrom('audit_events')
      .selectAll()
      .where('source_address', '=', address)
      .execute();
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
