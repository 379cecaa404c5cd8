import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inTransaction } from '../../db/transaction.ts';
import { startServer } from '../../serving.ts';
import { newOrganization, newPersonWithPassword, type Person } from '../../testing/builders.ts';
import { configureUnreachableMail, mailsTo } from '../../testing/outbox.ts';
import { type RestClient, restClient } from '../../testing/rest-client.ts';
import { codeOf, enrolTotp, freshCode } from '../../testing/second-factors.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { editAccount } from '../account-changes/editing.service.ts';
import { afterFailure, type Throttle } from '../authentication/authentication.rules.ts';
import { resetSetting, setSetting } from '../settings/settings.service.ts';
import { resetAuthenticator } from './reset.service.ts';

const NEW = 'bluegreenheronsunset';

describe.each(ENGINES)('whoever has the password, or the session, and no more on %s', (engine) => {
  let app: TestApp;
  let server: Awaited<ReturnType<typeof startServer>>;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  beforeAll(async () => {
    app = await openTestApp(engine);
    server = await startServer(app);
    organization = await newOrganization(app);
  });
  afterAll(async () => {
    await server.close(1000);
    await app.close();
  });
  beforeEach(async () => {
    await inTransaction(app.db, (tx) => tx.deleteFrom('throttles').execute());
  });

  async function signedIn(person: Person = 'Standard User') {
    const someone = await newPersonWithPassword(app, person, organization);
    const again = async () => {
      const browser = restClient(server.url);
      await browser.signIn(someone.userName, someone.password);
      return browser;
    };
    return { ...someone, browser: await again(), again };
  }
  async function withTotp(person: Person = 'Standard User') {
    const someone = await signedIn(person);
    return { ...someone, ...(await enrolTotp(app, someone.browser)) };
  }
  const codeIn = async (browser: RestClient, method: string, path: string, body?: unknown) => {
    const reply = await browser.request<{ error?: { code: string } } | undefined>(method, path, body);
    return reply.body?.error?.code ?? reply.status;
  };
  const remove = (browser: RestClient) => codeIn(browser, 'DELETE', '/session/authenticator/totp');
  const show = (browser: RestClient, code: string) =>
    codeIn(browser, 'POST', '/session/second-factor', { code });

  it('items 9 and 57: the present password does not stand for the second factor where something else asks for that', async () => {
    const { browser, password } = await withTotp();
    app.clock.advance(601);
    expect(await remove(browser)).toBe('verification_required');
    const body = { currentPassword: password, newPassword: NEW };
    expect(await codeIn(browser, 'PUT', '/session/password', body)).toBe(200);
    expect(await remove(browser)).toBe('verification_required');
    // Where there is no second factor, the password is what shows who it is.
    const plain = await signedIn();
    app.clock.advance(601);
    const change = { currentPassword: plain.password, newPassword: NEW };
    expect(await codeIn(plain.browser, 'PUT', '/session/password', change)).toBe(200);
    expect(await codeIn(plain.browser, 'POST', '/session/authenticator/totp')).toBe(200);
  });

  it('item 43: an administrator changes the own e-mail address only when it is lately that one showed who one is', async () => {
    const { browser, accountId, password } = await signedIn('Administrator');
    const other = await signedIn();
    const edit = async (id: number, userName: string) => {
      const path = `/accounts/${id}`;
      const { version } = (await browser.request<{ version: number }>('GET', path)).body;
      const change = { version, userName };
      const previewed = await codeIn(browser, 'POST', `${path}/preview`, change);
      const edited = await codeIn(browser, 'PATCH', path, change);
      // It is refused exactly when the edit is.
      expect(previewed).toBe(edited);
      return edited;
    };
    app.clock.advance(601);
    expect(await edit(accountId, `mine.${accountId}@example.org`)).toBe('verification_required');
    expect(await edit(other.accountId, `theirs.${accountId}@example.org`)).toBe(200);
    expect(await codeIn(browser, 'POST', '/session/verification', { password })).toBe(200);
    expect(await edit(accountId, `mine.${accountId}@example.org`)).toBe(200);
  });

  it('item 64: sign-ins that end before the second factor end no complete session', async () => {
    const { browser, again, secret, accountId } = await withTotp();
    await setSetting(app, app.operator, { name: 'sessionsPerAccount', value: 2 });
    try {
      const first = await again();
      for (let time = 0; time < 4; time++) {
        app.clock.advance(1);
        await again();
      }
      expect(await codeIn(browser, 'GET', '/session')).toBe(200);
      expect(await codeIn(first, 'GET', '/session')).toBe('unauthenticated');
      const rows = async () =>
        await app.db.read.selectFrom('sessions').selectAll().where('account_id', '=', accountId).execute();
      expect(await rows()).toHaveLength(3);
      // Those that become complete count as such, the one that does first of all.
      for (let time = 0; time < 2; time++) {
        const next = await again();
        expect(await show(next, freshCode(app, secret))).toBe(200);
        expect(await codeIn(next, 'GET', '/session')).toBe(200);
      }
      expect(await codeIn(browser, 'GET', '/session')).toBe('unauthenticated');
      expect((await rows()).filter((row) => row.restricted_until === null)).toHaveLength(2);
    } finally {
      await resetSetting(app, app.operator, { name: 'sessionsPerAccount' });
    }
  });

  describe('who guesses at the second factor', () => {
    const WRONG = { code: '000000', recoveryCode: 'AAAAAA-AAAAAA-AAAAAA-AAAAAA' };
    const guess = async (browser: RestClient, times = 7) => {
      for (let time = 0; time < times; time++)
        for (const [name, value] of Object.entries(WRONG))
          await codeIn(browser, 'POST', '/session/second-factor', { [name]: value });
    };

    it('items 28 and 30: does not keep its person out where it was shown before', async () => {
      const { browser, userName, password, secret, again } = await withTotp();
      const stranger = await again();
      await guess(stranger);
      const elsewhere = await again();
      expect(await show(elsewhere, codeOf(app, secret))).toBe('throttled');
      await browser.signIn(userName, password);
      expect(await show(browser, freshCode(app, secret))).toBe(200);
      // Guesses on that device have counters of their own there.
      await browser.signIn(userName, password);
      await guess(browser);
      expect(await show(browser, freshCode(app, secret))).toBe(200);
      await browser.signIn(userName, password);
      await guess(browser, 8);
      expect(await show(browser, codeOf(app, secret, 1))).toBe('throttled');
    });

    it('item 28: is not helped by what the browser of another account, or of a factor that was reset, is known by', async () => {
      const { browser, userName, password, secret, accountId, again } = await withTotp();
      const other = await withTotp();
      await guess(await again());
      const theirs = restClient(server.url);
      theirs.device = other.browser.device;
      await theirs.signIn(userName, password);
      expect(await show(theirs, codeOf(app, secret))).toBe('throttled');
      const row = await app.db.read
        .selectFrom('accounts')
        .select('version')
        .where('id', '=', accountId)
        .executeTakeFirstOrThrow();
      await resetAuthenticator(
        app,
        app.operator,
        { account: accountId },
        { reason: 'a lost phone', next: 'set_up_again', version: row.version },
      );
      const fresh = await again();
      await inTransaction(app.db, (tx) => tx.deleteFrom('throttles').execute());
      const enrolled = await enrolTotp(app, fresh);
      await guess(await again());
      await browser.signIn(userName, password);
      expect(await show(browser, codeOf(app, enrolled.secret, 1))).toBe('throttled');
    });

    it('item 23: is told to the owner, once in 24 hours, as somebody who knows the password', async () => {
      await configureUnreachableMail(app);
      const { userName, again } = await withTotp();
      const stranger = await again();
      await guess(stranger);
      const told = async (count: number) =>
        (await mailsTo(app, userName, count)).filter((mail) => mail.purpose === 'second_factor_guessed');
      // The other one tells of the authenticator app.
      expect(await told(2)).toHaveLength(1);
      expect((await told(2))[0]?.text).toContain('somebody knows your password');
      app.clock.advance(60);
      await guess(await again());
      expect(await told(2)).toHaveLength(1);
    });

    it('item 30: has no more guesses in a day by pausing', () => {
      const HOUR = 3_600_000_000;
      let throttle: Throttle | undefined;
      for (let time = 1; time <= 20; time++) throttle = afterFailure(throttle, 'second-factor', time * HOUR);
      expect(throttle).toEqual({
        failures: 20,
        lastFailureAt: 20 * HOUR,
        blockedUntil: 20 * HOUR + HOUR / 4,
      });
      expect(afterFailure(throttle, 'second-factor', 45 * HOUR).failures).toBe(1);
    });
  });

  it('item 62: with a second factor goes every sign-in that it was part of, also one that is under way', async () => {
    const versionOf = async (id: number) => {
      const query = app.db.read.selectFrom('accounts').select(['credential_version', 'version']);
      return await query.where('id', '=', id).executeTakeFirstOrThrow();
    };
    const removed = await withTotp();
    const before = await versionOf(removed.accountId);
    expect(await remove(removed.browser)).toBe(204);
    expect((await versionOf(removed.accountId)).credential_version).toBe(before.credential_version + 1);
    expect(await codeIn(removed.browser, 'GET', '/session')).toBe(200);

    for (const way of ['reset', 'edit'] as const) {
      const { accountId } = await withTotp();
      const { version, credential_version: credentials } = await versionOf(accountId);
      if (way === 'reset')
        await resetAuthenticator(
          app,
          app.operator,
          { account: accountId },
          { reason: 'a lost phone', next: 'set_up_again', version },
        );
      else
        await editAccount(app, app.operator, {
          account: accountId,
          version,
          changes: { mfaResetRequired: true },
        });
      expect((await versionOf(accountId)).credential_version).toBe(credentials + 1);
    }
  });
});
