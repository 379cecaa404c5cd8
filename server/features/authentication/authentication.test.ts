import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  deleteTaxiiUser,
  disableTaxiiUser,
  lockTaxiiUserAccount,
  rotateTaxiiUserCredential,
} from '../../testing/account-changes.ts';
import { newOrganization, refusalOf } from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { createTaxiiUser } from '../account-creation/taxii-users.service.ts';
import { replaceCredential } from '../credentials/credentials.service.ts';
import { createExchangeRoutes } from '../exchange/exchange.routes.ts';
import { openExchange } from '../exchange/open-exchange.ts';
import { createAuthentication, type Presented } from './authentication.service.ts';

const PHRASE = 'a typed pass phrase';
const FROM = { address: '192.0.2.1', requestId: 'r' };
let number = 0;

describe.each(ENGINES)('the credentials of a TAXII user on %s', (engine) => {
  let app: TestApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app);
  });
  afterAll(async () => await app?.close());

  const newUser = async (input: { password?: string; apiKey?: boolean } = {}) =>
    await createTaxiiUser(app, organization.administrator, {
      userName: `Siem-${++number}`,
      organization: organization.name,
      ...input,
    });
  const basic = (userName: string, password: string): Presented => ({ scheme: 'basic', userName, password });
  /** As a server that has just started, which remembers nothing. */
  const verify = (presented: Presented) => createAuthentication(app).verify(presented, FROM);
  const hashesOf = async (work: () => Promise<unknown>): Promise<number> => {
    const before = app.secrets.hashes.count;
    await work();
    return app.secrets.hashes.count - before;
  };
  /** As a request meets it: verification and the account's state together. */
  const door = () => {
    const authentication = createAuthentication(app);
    const routes = createExchangeRoutes(app, authentication, openExchange(app, 0));
    return { open: (presented: Presented) => routes.open(presented, FROM, undefined), authentication };
  };

  describe('a generated password', () => {
    it('is accepted with the user name in any letter case, and costs no Argon2', async () => {
      const { id, userName, password = '' } = await newUser();
      expect(await hashesOf(() => verify(basic(userName, password)))).toBe(0);
      const verified = await verify(basic(userName.toUpperCase(), password));
      expect(verified).toMatchObject({ accountId: id, credentialVersion: 1 });
    });

    it('is refused with the user name of another account', async () => {
      const { password = '' } = await newUser();
      const { userName } = await newUser();
      expect((await refusalOf(verify(basic(userName, password)))).code).toBe('unauthenticated');
    });

    it('is refused in another letter case or cut short', async () => {
      const { userName, password = '' } = await newUser();
      for (const wrong of [password.toLowerCase(), password.slice(0, -1), `${password} `, ''])
        expect((await refusalOf(verify(basic(userName, wrong)))).code).toBe('unauthenticated');
    });
  });

  describe('a typed password', () => {
    it('is accepted, at the cost of one Argon2, and then remembered', async () => {
      const { id, userName } = await newUser({ password: PHRASE });
      const authentication = createAuthentication(app);
      const once = () => authentication.verify(basic(userName, PHRASE), FROM);
      expect(await hashesOf(once)).toBe(1);
      expect(await hashesOf(once)).toBe(0);
      expect(await once()).toMatchObject({ accountId: id });
    });

    it('that is replaced again and again with overlap: the last two are accepted, and a guess costs two Argon2', async () => {
      const { id, userName } = await newUser({ password: `${PHRASE} 0` });
      for (let i = 1; i <= 5; i++)
        await replaceCredential(app, organization.administrator, {
          account: id,
          credential: 'password',
          password: `${PHRASE} ${i}`,
          overlapSeconds: 3600,
        });
      const guess = () => refusalOf(verify(basic(userName, 'wrong pass phrase')));
      expect(await hashesOf(guess)).toBe(2);
      for (const i of [4, 5])
        expect(await verify(basic(userName, `${PHRASE} ${i}`))).toMatchObject({ accountId: id });
      for (const i of [0, 3])
        expect((await refusalOf(verify(basic(userName, `${PHRASE} ${i}`)))).code).toBe('unauthenticated');
    });

    it('is not mistaken for the stored hash of itself', async () => {
      const { userName, id } = await newUser();
      const row = await app.db.read
        .selectFrom('credentials')
        .select('hash')
        .where('account_id', '=', id)
        .executeTakeFirst();
      expect((await refusalOf(verify(basic(userName, row?.hash ?? '')))).code).toBe('unauthenticated');
    });
  });

  describe('an API key', () => {
    it.each<[string, (key: string, userName: string) => Presented]>([
      ['as Bearer, Token or X-API-Key', (key) => ({ scheme: 'key', key })],
      ['as the Basic password with its own user name', (key, userName) => basic(userName, key)],
      ['as the Basic password with no user name', (key) => basic('', key)],
      ['as the Basic password with any user name', (key) => basic('api', key)],
    ])('is accepted %s, without Argon2', async (_, presented) => {
      const { id, userName, apiKey = '' } = await newUser({ apiKey: true });
      expect(await verify(presented(apiKey, userName))).toMatchObject({ accountId: id });
      expect(await hashesOf(() => verify(presented(apiKey, userName)))).toBe(0);
    });

    it('is not a password, and a password is no API key', async () => {
      const { password = '' } = await newUser();
      expect((await refusalOf(verify({ scheme: 'key', key: password }))).code).toBe('unauthenticated');
    });

    it('belongs to one account only, whatever user name comes with it', async () => {
      const mine = await newUser({ apiKey: true });
      const other = await newUser({ apiKey: true });
      const verified = await verify(basic(other.userName, mine.apiKey ?? ''));
      expect(verified.accountId).toBe(mine.id);
    });
  });

  describe('an unknown user name and a wrong password', () => {
    it('are refused with the same error after the same number of hashes', async () => {
      const typed = await newUser({ password: PHRASE });
      const generated = await newUser();
      const deleted = await newUser({ password: PHRASE });
      await deleteTaxiiUser(app, organization.administrator, deleted.userName);
      const disabled = await newUser({ password: PHRASE });
      await disableTaxiiUser(app, organization.administrator, disabled.userName, true);
      const names = [typed, generated, deleted, disabled].map((user) => user.userName);
      for (const userName of [...names, 'nobody', '']) {
        let refusal: unknown;
        const count = await hashesOf(async () => {
          refusal = await refusalOf(verify(basic(userName, 'wrong pass phrase')));
        });
        expect([userName, refusal, count]).toEqual([userName, { code: 'unauthenticated', details: {} }, 1]);
      }
    });

    it('are refused with the same error while two typed passwords of the account overlap', async () => {
      const { userName } = await newUser({ password: PHRASE });
      await rotateTaxiiUserCredential(app, organization.administrator, {
        userName,
        credential: 'password',
        password: 'another pass phrase',
        overlapSeconds: 600,
      });
      const refusal = await refusalOf(verify(basic(userName, 'wrong pass phrase')));
      expect(refusal).toEqual({ code: 'unauthenticated', details: {} });
      await expect(verify(basic(userName, PHRASE))).resolves.toBeDefined();
      await expect(verify(basic(userName, 'another pass phrase'))).resolves.toBeDefined();
    });
  });

  describe('the account’s state, read on every request', () => {
    it.each<[string, (userName: string) => Promise<unknown>]>([
      ['locked', (name) => lockTaxiiUserAccount(app, organization.administrator, name, true)],
      ['disabled', (name) => disableTaxiiUser(app, organization.administrator, name, true)],
      ['deleted', (name) => deleteTaxiiUser(app, organization.administrator, name)],
    ])('refuses a right credential like a wrong one as soon as the account is %s', async (_, change) => {
      const { userName, password = '', apiKey = '' } = await newUser({ apiKey: true });
      const { open } = door();
      await open(basic(userName, password));
      await open({ scheme: 'key', key: apiKey });
      await change(userName);
      for (const presented of [basic(userName, password), { scheme: 'key', key: apiKey } as const])
        expect(await refusalOf(open(presented))).toEqual({ code: 'unauthenticated', details: {} });
    });

    it('lets the account in again when it is unlocked', async () => {
      const { userName, password = '' } = await newUser();
      const { open } = door();
      await lockTaxiiUserAccount(app, organization.administrator, userName, true);
      await refusalOf(open(basic(userName, password)));
      await lockTaxiiUserAccount(app, organization.administrator, userName, false);
      expect((await open(basic(userName, password))).account.name).toBe(userName);
    });
  });

  describe('what a process remembers of a verified password', () => {
    it('is void at once after a rotation', async () => {
      const { userName } = await newUser({ password: PHRASE });
      const { open } = door();
      await open(basic(userName, PHRASE));
      await rotateTaxiiUserCredential(app, organization.administrator, { userName, credential: 'password' });
      expect((await refusalOf(open(basic(userName, PHRASE)))).code).toBe('unauthenticated');
    });

    it('is verified anew after a rotation with overlap, and void at the end of the overlap', async () => {
      const { userName } = await newUser({ password: PHRASE });
      const { open } = door();
      await open(basic(userName, PHRASE));
      await rotateTaxiiUserCredential(app, organization.administrator, {
        userName,
        credential: 'password',
        overlapSeconds: 30,
      });
      expect((await open(basic(userName, PHRASE))).account.name).toBe(userName);
      app.clock.advance(31);
      expect((await refusalOf(open(basic(userName, PHRASE)))).code).toBe('unauthenticated');
    });

    it('is forgotten after 60 seconds', async () => {
      const { userName } = await newUser({ password: PHRASE });
      const authentication = createAuthentication(app);
      const once = () => authentication.verify(basic(userName, PHRASE), FROM);
      vi.useFakeTimers({ toFake: ['performance'] });
      onTestFinished(() => void vi.useRealTimers());
      expect(await hashesOf(once)).toBe(1);
      vi.advanceTimersByTime(59_900);
      expect(await hashesOf(once)).toBe(0);
      vi.advanceTimersByTime(200);
      expect(await hashesOf(once)).toBe(1);
    });

    it('is nothing of what was wrong', async () => {
      const { userName } = await newUser({ password: PHRASE });
      const authentication = createAuthentication(app);
      const wrong = () => refusalOf(authentication.verify(basic(userName, 'wrong pass phrase'), FROM));
      expect(await hashesOf(wrong)).toBe(1);
      expect(await hashesOf(wrong)).toBe(1);
    });
  });

  it('notes last use and address in batches, for show', async () => {
    const { id, userName, password = '' } = await newUser();
    const { open, authentication } = door();
    await open(basic(userName, password));
    const read = async () =>
      await app.db.read
        .selectFrom('accounts')
        .select(['last_used_at', 'last_used_from'])
        .where('id', '=', id)
        .executeTakeFirst();
    expect(await read()).toEqual({ last_used_at: null, last_used_from: null });
    await authentication.flush();
    expect(await read()).toEqual({ last_used_at: expect.any(Number), last_used_from: FROM.address });
  });
});
