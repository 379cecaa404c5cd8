import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inTransaction } from '../../db/transaction.ts';
import { startServer } from '../../serving.ts';
import { accountRow, fresh } from '../../testing/accounts.ts';
import { newOrganization, newPersonWithPassword, type Person } from '../../testing/builders.ts';
import { configureUnreachableMail, mailsTo, tokenIn } from '../../testing/outbox.ts';
import { restClient } from '../../testing/rest-client.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { newTaxiiUser } from '../../testing/test-server.ts';
import { editAccount } from '../account-changes/editing.service.ts';
import { createUser } from '../account-creation/people.service.ts';
import { GUESS, recordFailure } from '../authentication/throttling.ts';
import { resetSetting, setSetting } from '../settings/settings.service.ts';
import { sendPasswordReset } from './requesting.service.ts';

const GOOD = 'a lantern under seven bridges';

describe.each(ENGINES)('asking for a link on %s', (engine) => {
  let app: TestApp;
  let server: Awaited<ReturnType<typeof startServer>>;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  beforeAll(async () => {
    app = await openTestApp(engine);
    server = await startServer(app);
    organization = await newOrganization(app, { users: 1000, taxiiUsers: 10 });
  });
  afterAll(async () => {
    await server.close(1000);
    await app.close();
  });
  beforeEach(async () => {
    await configureUnreachableMail(app);
    await inTransaction(app.db, (tx) => tx.deleteFrom('throttles').execute());
  });

  const stranger = () => restClient(server.url);
  const person = (kind: Person = 'Standard User') => newPersonWithPassword(app, kind, organization);
  const ask = (email: string) => stranger().request('POST', '/password-resets', { email });
  const use = (token: string) => stranger().request('POST', '/links/password', { token, password: GOOD });
  const rowsOf = async (accountId: number) =>
    await app.db.read.selectFrom('one_time_links').selectAll().where('account_id', '=', accountId).execute();
  /** Work that goes on after the answers is done when a later one for somebody else is. */
  const settled = async () => {
    const last = await person();
    await ask(last.userName);
    expect(await mailsTo(app, last.userName, 1)).toHaveLength(1);
  };

  it('sends one by mail to whoever has the address, in whatever case; it lives for an hour', async () => {
    const someone = await person();
    expect(await ask(someone.userName.toUpperCase())).toMatchObject({
      status: 200,
      body: { message: expect.stringContaining('is on its way') as string },
    });
    const [mail] = await mailsTo(app, someone.userName, 1);
    expect(mail?.purpose).toBe('password_reset');
    const [row] = await rowsOf(someone.accountId);
    expect(((row?.expires_at ?? 0) - (row?.created_at ?? 0)) / 3_600_000_000).toBe(1);
    expect(row?.created_by).toBeNull();
    expect((await use(tokenIn(mail?.text))).status).toBe(204);
    expect((await mailsTo(app, someone.userName)).map(({ purpose }) => purpose)).toEqual([
      'password_changed',
    ]);
  });

  it('item 36: a mail that was not sent yet goes with its link, so that none brings a dead one', async () => {
    const someone = await person();
    const asked = async (): Promise<string> => {
      const [mail, ...others] = await mailsTo(app, someone.userName, 1);
      expect(others).toEqual([]);
      return tokenIn(mail?.text);
    };
    const by = { account: someone.accountId };
    await sendPasswordReset(app, app.operator, by);
    const first = await asked();
    await sendPasswordReset(app, app.operator, by);
    expect(await asked()).not.toBe(first);
    const { link } = await sendPasswordReset(app, app.operator, by, { isPrinted: true });
    expect(await mailsTo(app, someone.userName)).toEqual([]);
    expect((await use(tokenIn(link))).status).toBe(204);
  });

  it('item 18: is answered alike for every address, after the same work: no hash, and the same counters', async () => {
    const someone = await person();
    const before = app.secrets.hashes.count;
    const seen: unknown[] = [];
    for (const email of [someone.userName, `${fresh('nobody')}@example.com`]) {
      await inTransaction(app.db, (tx) => tx.deleteFrom('throttles').execute());
      const { status, headers, body } = await ask(email);
      const throttles = await app.db.read.selectFrom('throttles').select('failures').execute();
      const names = [...headers].filter(([name]) => !['date', 'x-request-id'].includes(name));
      seen.push({ status, names, body, throttles });
    }
    expect(seen[0]).toEqual(seen[1]);
    expect(app.secrets.hashes.count).toBe(before);
  });

  it.each<[string, (id: number) => Record<string, unknown>]>([
    ['locked', () => ({ locked_at: 1 })],
    ['disabled', () => ({ disabled_at: 1 })],
    ['expired', () => ({ expires_at: 1 })],
    ['deleted', () => ({ deleted_at: 1, user_name_key: null })],
  ])('item 22: makes none for an account that is %s, and does not say so', async (_state, columns) => {
    const someone = await person();
    await inTransaction(app.db, (tx) =>
      tx
        .updateTable('accounts')
        .set(columns(someone.accountId))
        .where('id', '=', someone.accountId)
        .execute(),
    );
    expect((await ask(someone.userName)).status).toBe(200);
    await settled();
    expect(await mailsTo(app, someone.userName)).toEqual([]);
    expect(await rowsOf(someone.accountId)).toEqual([]);
  });

  it('makes none for a machine, nor for an invited person, whose way in is the invitation', async () => {
    const machine = await newTaxiiUser(app, {
      userName: `${fresh('siem')}@example.com`,
      organization: organization.id,
    });
    const guest = await createUser(app, app.operator, {
      organization: organization.id,
      email: `${fresh('guest')}@example.com`,
      firstName: 'Gus',
      lastName: 'Est',
      organizationRole: 'Standard User',
      invite: true,
    });
    for (const name of [machine.userName, guest.userName]) expect((await ask(name)).status).toBe(200);
    await settled();
    expect(await mailsTo(app, machine.userName)).toEqual([]);
    expect((await mailsTo(app, guest.userName)).map(({ purpose }) => purpose)).toEqual(['invitation']);
  });

  it('sends an invitation by mail where mail is configured, and then shows no link', async () => {
    const guest = await createUser(app, app.operator, {
      organization: organization.id,
      email: `${fresh('mailed')}@example.com`,
      firstName: 'Mai',
      lastName: 'Led',
      organizationRole: 'Standard User',
      invite: true,
    });
    expect(guest.invitation).toMatchObject({ link: null, sent: true });
    const mails = await mailsTo(app, guest.userName);
    expect(mails.map(({ purpose }) => purpose)).toEqual(['invitation']);
    expect((await use(tokenIn(mails[0]?.text))).status).toBe(204);
  });

  it('says the same and makes nothing while no mail server is configured', async () => {
    await resetSetting(app, app.operator, { name: 'mailServerHost' });
    const someone = await person();
    expect((await ask(someone.userName)).status).toBe(200);
    await expect
      .poll(() => app.db.read.selectFrom('audit_events').select('details').execute())
      .toContainEqual({ details: expect.stringContaining('no mail server is configured') as string });
    expect(await rowsOf(someone.accountId)).toEqual([]);
  });

  it('items 18 and 30: too often for one account is not told, and for one address it is; passwords are not concerned', async () => {
    const someone = await person();
    // Each takes the place of the one before it; their ids tell how many there were.
    const newest = async () => {
      const row = await app.db.read
        .selectFrom('outbox')
        .select((eb) => eb.fn.max('id').as('id'))
        .executeTakeFirst();
      return Number(row?.id ?? 0);
    };
    const before = await newest();
    for (let time = 0; time < 7; time++) expect((await ask(someone.userName)).status).toBe(200);
    await settled();
    const mails = (await newest()) - before - 1;
    expect(mails).toBeGreaterThanOrEqual(4);
    expect(mails).toBeLessThan(7);
    expect(await mailsTo(app, someone.userName)).toHaveLength(1);
    const statuses: number[] = [];
    for (let time = 0; time < 20; time++) statuses.push((await ask(`${fresh('any')}@example.com`)).status);
    expect(statuses.at(-1)).toBe(429);
    expect((await stranger().signIn(someone.userName, someone.password)).status).toBe(201);
  });

  it('item 29: works while the account is throttled, clears no counter, and lets the person in where the link was followed', async () => {
    const someone = await person();
    const attempt = { scheme: 'basic', userName: someone.userName } as const;
    for (let failure = 0; failure < 110; failure++) {
      await inTransaction(app.db, (tx) => tx.updateTable('throttles').set({ blocked_until: 0 }).execute());
      const from = { address: `198.51.100.${failure}`, requestId: 'x' };
      await recordFailure(app, GUESS, attempt, from, 'wrong');
    }
    const throttles = () =>
      app.db.read.selectFrom('throttles').selectAll().where('failures', '>=', 100).orderBy('key').execute();
    const before = await throttles();
    expect((await ask(someone.userName)).status).toBe(200);
    const mails = await mailsTo(app, someone.userName, 2);
    const mail = mails.find(({ purpose }) => purpose === 'password_reset');
    const mine = stranger();
    const reply = await mine.request('POST', '/links/password', {
      token: tokenIn(mail?.text),
      password: GOOD,
    });
    expect(reply.status).toBe(204);
    expect(await throttles()).toEqual(before);
    expect(
      await stranger().request('POST', '/session', { email: someone.userName, password: GOOD }),
    ).toMatchObject({ status: 429 });
    expect((await mine.signIn(someone.userName, GOOD)).status).toBe(201);
  });

  describe('for another e-mail address', () => {
    const newAddress = () => `${fresh('new')}@example.com`;
    beforeEach(async () => {
      await setSetting(app, app.operator, { name: 'ownEmailChangeAllowed', value: true });
    });
    async function signedIn(kind: Person = 'Standard User') {
      const someone = await person(kind);
      const browser = stranger();
      await browser.signIn(someone.userName, someone.password);
      return { ...someone, browser };
    }
    const confirm = (token: string) =>
      stranger().request<{ error?: { message: string } }>('POST', '/links/email', { token });

    it('item 43: the new address is confirmed, the old one is told, and then it is the user name', async () => {
      const someone = await signedIn();
      const email = newAddress();
      expect(await someone.browser.request('POST', '/session/email', { email })).toMatchObject({
        status: 200,
        body: { to: email },
      });
      expect((await mailsTo(app, someone.userName)).map(({ purpose }) => purpose)).toEqual(['email_changed']);
      const [mail] = await mailsTo(app, email);
      expect(mail?.purpose).toBe('email_change_confirm');
      expect((await accountRow(app, someone.accountId)).user_name).toBe(someone.userName);
      expect((await confirm(tokenIn(mail?.text))).status).toBe(204);
      expect((await someone.browser.request('GET', '/session')).status).toBe(401);
      expect((await stranger().signIn(email, someone.password)).body).toMatchObject({ userName: email });
      await expect(stranger().signIn(someone.userName, someone.password)).rejects.toThrow('401');
      expect(await mailsTo(app, someone.userName)).toHaveLength(2);
      expect((await mailsTo(app, email)).map(({ purpose }) => purpose)).toEqual(['email_changed']);
    });

    it('item 43: needs that the person showed lately who they are', async () => {
      const someone = await signedIn();
      app.clock.advance(11 * 60);
      expect(await someone.browser.request('POST', '/session/email', { email: newAddress() })).toMatchObject({
        status: 403,
        body: { error: { code: 'verification_required' } },
      });
    });

    it('is for everybody while the system setting is on, and else for those who may change user names', async () => {
      await setSetting(app, app.operator, { name: 'ownEmailChangeAllowed', value: false });
      const someone = await signedIn();
      expect(await someone.browser.request('POST', '/session/email', { email: newAddress() })).toMatchObject({
        status: 403,
        body: { error: { code: 'forbidden' } },
      });
      const operations = await signedIn('Operations Administrator');
      const reply = await operations.browser.request('POST', '/session/email', { email: newAddress() });
      expect(reply.status).toBe(200);
    });

    it('item 35: counts no more when the setting is off by the time of the confirmation', async () => {
      const someone = await signedIn();
      const email = newAddress();
      await someone.browser.request('POST', '/session/email', { email });
      const token = tokenIn((await mailsTo(app, email))[0]?.text);
      await setSetting(app, app.operator, { name: 'ownEmailChangeAllowed', value: false });
      expect((await confirm(token)).status).toBe(404);
    });

    it('item 19: does not tell that the address is somebody’s; who proves to have it is told at the end', async () => {
      const someone = await signedIn();
      const elsewhere = await newPersonWithPassword(app, 'Standard User', await newOrganization(app));
      const taken = await someone.browser.request('POST', '/session/email', { email: elsewhere.userName });
      const free = await someone.browser.request('POST', '/session/email', { email: newAddress() });
      expect(Object.keys(taken.body)).toEqual(Object.keys(free.body));
      expect(taken.status).toBe(free.status);
      await someone.browser.request('POST', '/session/email', { email: elsewhere.userName });
      const mails = await mailsTo(app, elsewhere.userName);
      expect(await confirm(tokenIn(mails.at(-1)?.text))).toMatchObject({
        status: 409,
        body: { error: { code: 'conflict' } },
      });
    });

    it('is refused in plain words while no mail server is configured', async () => {
      await resetSetting(app, app.operator, { name: 'mailServerHost' });
      const someone = await signedIn();
      const reply = await someone.browser.request('POST', '/session/email', { email: newAddress() });
      expect(reply).toMatchObject({ status: 409, body: { error: { code: 'conflict' } } });
      expect(JSON.stringify(reply.body)).toContain('No mail server is configured');
    });

    it('item 43: an edit by an administrator counts at once, and both addresses are told', async () => {
      const someone = await person();
      const email = newAddress();
      await editAccount(app, app.operator, { account: someone.accountId, changes: { userName: email } });
      for (const address of [someone.userName, email])
        expect((await mailsTo(app, address)).map(({ purpose }) => purpose)).toEqual(['email_changed']);
    });
  });
});
