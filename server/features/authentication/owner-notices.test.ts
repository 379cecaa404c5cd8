import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inTransaction } from '../../db/transaction.ts';
import { startServer } from '../../serving.ts';
import { newOrganization, newPersonWithPassword } from '../../testing/builders.ts';
import { configureUnreachableMail, mailsTo } from '../../testing/outbox.ts';
import { restClient } from '../../testing/rest-client.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { sealDevice } from '../sessions/device.ts';
import { GUESS, recordFailure } from './throttling.ts';

describe.each(ENGINES)('failed sign-ins and their owner on %s', (engine) => {
  let app: TestApp;
  let server: Awaited<ReturnType<typeof startServer>>;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let someone: Awaited<ReturnType<typeof newPersonWithPassword>>;
  beforeAll(async () => {
    app = await openTestApp(engine);
    server = await startServer(app);
    organization = await newOrganization(app);
    await configureUnreachableMail(app);
  });
  afterAll(async () => {
    await server.close(1000);
    await app.close();
  });
  beforeEach(async () => {
    await inTransaction(app.db, (tx) => tx.deleteFrom('throttles').execute());
    someone = await newPersonWithPassword(app, 'Standard User', organization);
  });

  const client = () => restClient(server.url);
  const fail = async (times: number, browser = client(), { userName } = someone) => {
    const statuses: number[] = [];
    for (let time = 0; time < times; time++)
      statuses.push(
        (await browser.request('POST', '/session', { email: userName, password: 'wrong' })).status,
      );
    return statuses;
  };
  const purposes = async (count = 0) =>
    (await mailsTo(app, someone.userName, count)).map(({ purpose }) => purpose);
  /** Failures at the account from everywhere, without the waits between them. */
  const attack = async (
    times: number,
    userName = someone.userName,
    addresses = (n: number) => `198.51.100.${n}`,
  ) => {
    for (let time = 0; time < times; time++) {
      const from = { address: addresses(time), requestId: 'attack' };
      await recordFailure(app, GUESS, { scheme: 'basic', userName }, from, 'wrong');
    }
  };

  it('item 23: a sign-in after five failed ones is told to the owner, once', async () => {
    await fail(5);
    await client().signIn(someone.userName, someone.password);
    expect(await purposes(1)).toEqual(['sign_in_after_failures']);
    const [mail] = await mailsTo(app, someone.userName);
    expect(mail?.text).toContain('after 5 failed attempts');
    await client().signIn(someone.userName, someone.password);
    expect(await purposes()).toHaveLength(1);
  });

  it('item 23: fewer failed ones are nobody’s concern, and a right one begins anew', async () => {
    await fail(4);
    await client().signIn(someone.userName, someone.password);
    await fail(4);
    await client().signIn(someone.userName, someone.password);
    expect(await purposes()).toEqual([]);
  });

  it('item 23: failures far apart count together', async () => {
    for (let time = 0; time < 5; time++) {
      await fail(1);
      app.clock.advance(3600);
    }
    await client().signIn(someone.userName, someone.password);
    expect(await purposes(1)).toEqual(['sign_in_after_failures']);
  });

  it('item 23: that the account waits everywhere is told once in 24 hours', async () => {
    await attack(105);
    expect(await purposes(1)).toEqual(['account_throttled']);
    await attack(5);
    expect(await purposes()).toHaveLength(1);
    app.clock.advance(86_401);
    await attack(105);
    expect(await purposes(2)).toEqual(['account_throttled', 'account_throttled']);
  });

  it('item 16: an account that there is not costs the same counters', async () => {
    const counted = async (userName: string) => {
      await inTransaction(app.db, (tx) => tx.deleteFrom('throttles').execute());
      await fail(3, client(), { ...someone, userName });
      const rows = await app.db.read.selectFrom('throttles').select('failures').execute();
      return rows.map(({ failures }) => failures).sort();
    };
    expect(await counted(someone.userName)).toEqual(await counted('nobody-at-all@example.com'));
  });

  describe('on a device on which the account was signed in to before', () => {
    it('item 28: the owner gets in while strangers keep the account and the address throttled', async () => {
      const mine = client();
      await mine.signIn(someone.userName, someone.password);
      expect(mine.device).toMatch(/^__Host-taxiway-device=/);
      mine.cookie = undefined;
      await attack(105);
      await attack(105, 'somebody-else@example.com', () => '127.0.0.1');
      await attack(25, someone.userName, () => '127.0.0.1');
      expect(await fail(1)).toEqual([429]);
      expect((await mine.signIn(someone.userName, someone.password)).status).toBe(201);
    });

    it('item 28: guesses there have a throttle of their own', async () => {
      const mine = client();
      await mine.signIn(someone.userName, someone.password);
      await attack(105);
      expect((await fail(21, mine)).every((status) => status === 401)).toBe(true);
      expect(await fail(1, mine)).toEqual([429]);
    });

    it('item 28: the cookie of another account, a forged one and an old one are worth nothing', async () => {
      const other = await newPersonWithPassword(app, 'Standard User', organization);
      const theirs = client();
      await theirs.signIn(other.userName, other.password);
      const forged = client();
      forged.device = `__Host-taxiway-device=${Buffer.from(`xxxxxxxxxxxxxxxxxx[${someone.accountId},"x",1]`).toString('base64url')}`;
      const old = client();
      old.device = `__Host-taxiway-device=${sealDevice(app, { accountId: someone.accountId, credentialVersion: 1, hasShownFactor: false }, undefined)}`;
      const otherPurpose = client();
      otherPurpose.device = `__Host-taxiway-device=${app.keys.seal('cursor', Buffer.from(JSON.stringify([someone.accountId, 'x', app.clock.now()])))}`;
      app.clock.advance(181 * 86_400);
      await attack(105);
      for (const browser of [theirs, forged, old, otherPurpose])
        expect(await fail(1, browser)).toEqual([429]);
    });

    it('item 28: once the password was changed, whoever knew the one before is a stranger, and its person is none', async () => {
      const mine = client();
      await mine.signIn(someone.userName, someone.password);
      const theirs = client();
      await theirs.signIn(someone.userName, someone.password);
      const next = 'bluegreenheronsunset';
      const body = { currentPassword: someone.password, newPassword: next };
      expect((await mine.request('PUT', '/session/password', body)).status).toBe(200);
      // From where the account is known: only a device helps.
      await attack(105, someone.userName, () => '127.0.0.1');
      expect(await fail(1, theirs)).toEqual([429]);
      expect((await mine.signIn(someone.userName, next)).status).toBe(201);
    });

    it('item 28: the cookie opens nothing, and no script reads it', async () => {
      const mine = client();
      const { headers } = await mine.signIn(someone.userName, someone.password);
      const cookies = headers.getSetCookie();
      expect(cookies).toHaveLength(2);
      expect(cookies[1]).toMatch(/; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=15552000$/);
      mine.cookie = undefined;
      expect((await mine.request('GET', '/session')).status).toBe(401);
    });
  });
});
