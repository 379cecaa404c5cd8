import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../../db/transaction.ts';
import { startServer } from '../../serving.ts';
import {
  givePassword,
  newOrganization,
  newPerson,
  newPersonWithPassword,
  type Person,
  refusalOf,
} from '../../testing/builders.ts';
import { restClient } from '../../testing/rest-client.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { newTaxiiUser } from '../../testing/test-server.ts';
import { createUser } from '../account-creation/people.service.ts';
import { resetSetting, setSetting } from '../settings/settings.service.ts';

type Organization = Awaited<ReturnType<typeof newOrganization>>;

describe.each(ENGINES)('sessions on %s', (engine) => {
  let app: TestApp;
  let server: Awaited<ReturnType<typeof startServer>>;
  let organization: Organization;
  beforeAll(async () => {
    app = await openTestApp(engine);
    server = await startServer(app);
    organization = await newOrganization(app);
  });
  afterAll(async () => {
    await server.close(1000);
    await app.close();
  });

  const client = () => restClient(server.url);
  async function signedIn(person: Person = 'Standard User', of: { id: number } = organization) {
    const someone = await newPersonWithPassword(app, person, of);
    const browser = client();
    await browser.signIn(someone.userName, someone.password);
    return { ...someone, browser };
  }
  const change = (accountId: number, changes: Record<string, unknown>) =>
    inTransaction(app.db, (tx) =>
      tx.updateTable('accounts').set(changes).where('id', '=', accountId).execute(),
    );
  const statusOf = async (browser: ReturnType<typeof client>) =>
    (await browser.request('GET', '/session')).status;
  const sessionsOf = async (accountId: number) =>
    await app.db.read.selectFrom('sessions').selectAll().where('account_id', '=', accountId).execute();

  it('a person signs in with e-mail and password, and is told who they are', async () => {
    const someone = await newPersonWithPassword(app, 'Accounts Administrator', organization);
    const browser = client();
    const reply = await browser.signIn(someone.userName.toUpperCase(), someone.password);
    expect(reply.status).toBe(201);
    expect(reply.headers.get('cache-control')).toBe('no-store');
    expect(reply.body).toEqual({
      id: someone.accountId,
      userName: someone.userName,
      kind: 'user',
      firstName: 'Some',
      lastName: 'Body',
      pseudonym: expect.any(String),
      organization: {
        id: organization.id,
        name: organization.name,
        abilities: {
          'account.view': true,
          'account.create': true,
          'group.view': true,
          'group.edit': true,
          'audit.view': true,
          'organization.activity': true,
          'organization.edit': true,
          'organization.seats': true,
          'taxiiService.view': true,
          'collection.view': true,
          'intelligence.read': true,
        },
      },
      systemRole: 'Accounts Administrator',
      organizationRole: 'Read Only User',
      timeZone: null,
      requiredActions: [],
      secondFactors: [],
      abilities: {
        'organization.list': true,
        'organization.create': true,
        'owner.create': true,
        'licence.view': true,
        'licence.edit': false,
        'settings.view': false,
        'settings.edit': false,
        'taxiiService.create': false,
        'audit.viewInstance': false,
        'account.view': true,
        'taxiiService.view': true,
      },
    });
    expect((await browser.request('GET', '/session')).body).toEqual(reply.body);
  });

  it('item 20: an e-mail address signs in in any letter case, and is ASCII: no look-alike of another can be created', async () => {
    const someone = await newPersonWithPassword(app, 'Standard User', organization);
    for (const email of [someone.userName.toUpperCase(), someone.userName.replace('user', 'USER')])
      expect((await client().signIn(email, someone.password)).status).toBe(201);
    const create = async (email: string) =>
      await refusalOf(
        createUser(app, app.operator, {
          organization: organization.id,
          email,
          firstName: 'Look',
          lastName: 'Alike',
          organizationRole: 'Standard User',
        }),
      );
    expect((await create(someone.userName.toUpperCase())).code).toBe('name_taken');
    for (const email of ['ada@ex\u0430mple.com', 'ad\u0430@example.com', 'ada@b\u00fccher.example'])
      expect(await create(email)).toMatchObject({
        code: 'invalid_input',
        details: { problems: [{ path: 'email' }] },
      });
  });

  it('who has to do something first is told so, and reaches nothing else', async () => {
    const someone = await newPersonWithPassword(app, 'Accounts Administrator', organization);
    await change(someone.accountId, { password_reset_required: 1 });
    const browser = client();
    const { body } = await browser.signIn(someone.userName, someone.password);
    expect(body).toMatchObject({
      requiredActions: ['change_password'],
      abilities: { 'organization.list': false },
    });
    const refused = await browser.request('GET', '/organizations');
    expect(refused.status).toBe(403);
    expect(refused.body).toMatchObject({
      error: { code: 'action_required', requiredActions: ['change_password'] },
    });
    expect(await statusOf(browser)).toBe(200);
  });

  it('what is required is to be done within 15 minutes of the sign-in', async () => {
    const someone = await newPersonWithPassword(app, 'Standard User', organization);
    await change(someone.accountId, { password_reset_required: 1, log_out_after_minutes: 60 });
    const browser = client();
    await browser.signIn(someone.userName, someone.password);
    app.clock.advance(14 * 60);
    expect(await statusOf(browser)).toBe(200);
    app.clock.advance(61);
    expect(await statusOf(browser)).toBe(401);
  });

  it('item 59: a request that the page makes by itself does not keep a session alive', async () => {
    const { browser } = await signedIn();
    const background = { 'X-Taxiway-Background': '1' };
    for (const seconds of [900, 890]) {
      app.clock.advance(seconds);
      expect((await browser.request('GET', '/session', undefined, background)).status).toBe(200);
    }
    app.clock.advance(61);
    expect(await statusOf(browser)).toBe(401);
  });

  it('a read-only user signs in, too; an Organization Administrator has no abilities on the instance', async () => {
    const reader = await signedIn('Read Only User');
    expect((await reader.browser.request('GET', '/session')).body).toMatchObject({ kind: 'read_only' });
    const administrator = await signedIn('Organization Administrator');
    const { body } = await administrator.browser.request<{ abilities: object }>('GET', '/session');
    expect(new Set(Object.values(body.abilities))).toEqual(new Set([false]));
  });

  it('item 58: every Set-Cookie is __Host-, Secure, HttpOnly, SameSite=Lax', async () => {
    const { browser, userName, password } = await signedIn();
    const signIn = await client().signIn(userName, password);
    const signOut = await browser.request('DELETE', '/session');
    for (const { headers } of [signIn, signOut]) {
      const [session, ...others] = headers.getSetCookie();
      expect(session).toMatch(
        /^__Host-taxiway-session=[\w-]*; Path=\/; Secure; HttpOnly; SameSite=Lax(; Max-Age=0)?$/,
      );
      for (const other of others) {
        expect(other).toMatch(
          /^__Host-taxiway-device=[\w-]+; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=15552000$/,
        );
      }
    }
  });

  it('items 57 and 66: every sign-in has a new id of 256 bits, of which only the hash is stored, and the old one is dead', async () => {
    const { browser, userName, password, accountId } = await signedIn();
    const first = browser.cookie;
    await browser.signIn(userName, password);
    expect(browser.cookie).not.toBe(first);
    const token = browser.cookie?.split('=')[1] ?? '';
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    const [row, ...others] = await sessionsOf(accountId);
    expect(others).toEqual([]);
    expect(JSON.stringify(row)).not.toContain(token);
    expect(row?.hash).toBe(app.secrets.digest(token));
    const old = client();
    old.cookie = first;
    expect(await statusOf(old)).toBe(401);
    const thief = client();
    thief.cookie = `__Host-taxiway-session=${row?.hash}`;
    expect(await statusOf(thief)).toBe(401);
    expect(await statusOf(browser)).toBe(200);
    expect(app.logged.join('')).not.toContain(token);
  });

  it('item 61: signing out ends the session on the server, and no answer may be kept', async () => {
    const { browser, accountId } = await signedIn();
    const { cookie } = browser;
    const reply = await browser.request('DELETE', '/session');
    expect(reply).toMatchObject({ status: 204, body: undefined });
    expect(reply.headers.get('content-type')).toBeNull();
    // Pages to go back to are gone; what somebody chose to keep in the browser stays.
    expect(reply.headers.get('clear-site-data')).toBe('"cache"');
    expect(browser.cookie).toBeUndefined();
    browser.cookie = cookie;
    expect((await browser.request('GET', '/session')).headers.get('cache-control')).toBe('no-store');
    expect(await statusOf(browser)).toBe(401);
    expect(await sessionsOf(accountId)).toEqual([]);
  });

  it('item 59: a session without a request ends after 30 minutes, or after the minutes of the account', async () => {
    const usual = await signedIn();
    const hasty = await signedIn();
    await change(hasty.accountId, { log_out_after_minutes: 5 });
    app.clock.advance(4 * 60 + 50);
    expect(await statusOf(hasty.browser)).toBe(200);
    app.clock.advance(5 * 60 + 1);
    expect(await statusOf(hasty.browser)).toBe(401);
    app.clock.advance(19 * 60);
    expect(await statusOf(usual.browser)).toBe(200);
    app.clock.advance(30 * 60 + 1);
    expect(await statusOf(usual.browser)).toBe(401);
    app.clock.advance(-(4 * 60 + 50 + 5 * 60 + 1 + 19 * 60 + 30 * 60 + 1));
  });

  it('obeys the system settings sessionIdleMinutes and sessionAbsoluteHours from the next request on', async () => {
    const { browser } = await signedIn();
    const status = async () => await statusOf(browser);
    await setSetting(app, app.operator, { name: 'sessionIdleMinutes', value: 5 });
    app.clock.advance(4 * 60);
    expect(await status()).toBe(200);
    app.clock.advance(5 * 60 + 1);
    expect(await status()).toBe(401);
    await setSetting(app, app.operator, { name: 'sessionIdleMinutes', value: 600 });
    expect(await status()).toBe(200);
    await setSetting(app, app.operator, { name: 'sessionAbsoluteHours', value: 1 });
    app.clock.advance(52 * 60);
    expect(await status()).toBe(401);
    app.clock.advance(-(4 * 60 + 5 * 60 + 1 + 52 * 60));
    for (const name of ['sessionIdleMinutes', 'sessionAbsoluteHours'] as const)
      await resetSetting(app, app.operator, { name });
  });

  it('item 60: a session ends 12 hours after the sign-in, however busy it is', async () => {
    const { browser } = await signedIn();
    for (let minutes = 0; minutes < 12 * 60; minutes += 20) {
      expect(await statusOf(browser)).toBe(200);
      app.clock.advance(20 * 60);
    }
    expect(await statusOf(browser)).toBe(401);
    app.clock.advance(-12 * 3600);
  });

  it('its use is written down at most once a minute', async () => {
    const { browser, accountId } = await signedIn();
    const seen = async () => (await sessionsOf(accountId))[0]?.last_seen_at;
    const first = await seen();
    app.clock.advance(50);
    await statusOf(browser);
    expect(await seen()).toBe(first);
    app.clock.advance(11);
    await statusOf(browser);
    expect((await seen()) ?? 0).toBeGreaterThan(first ?? 0);
    app.clock.advance(-61);
  });

  const yesterday = () => app.clock.now() - 1;
  it.each([
    ['locked', () => ({ locked_at: yesterday() })],
    ['disabled', () => ({ disabled_at: yesterday() })],
    ['expired', () => ({ expires_at: yesterday() })],
    ['deleted', () => ({ deleted_at: yesterday(), user_name_key: null })],
  ])(
    'item 62: the session of an account that is %s ends with the very next request',
    async (_state, changes) => {
      const { browser, accountId } = await signedIn('Organization Administrator');
      expect(await statusOf(browser)).toBe(200);
      await change(accountId, changes());
      expect(await statusOf(browser)).toBe(401);
    },
  );

  it('item 62: a change of its credentials ends the sessions of an account for good', async () => {
    const { browser, accountId } = await signedIn();
    await change(accountId, { credential_version: 2 });
    expect(await statusOf(browser)).toBe(401);
    await change(accountId, { credential_version: 1 });
    expect(await statusOf(browser)).toBe(200);
  });

  it('item 62: the sessions of an organization that is disabled end with the very next request', async () => {
    const other = await newOrganization(app);
    const { browser } = await signedIn('Standard User', other);
    const set = (at: number | null) =>
      inTransaction(app.db, (tx) =>
        tx.updateTable('organizations').set({ disabled_at: at }).where('owner_id', '=', other.id).execute(),
      );
    await set(app.clock.now());
    expect(await statusOf(browser)).toBe(401);
  });

  it('item 62: a role that is taken away is gone with the very next request', async () => {
    const { browser, accountId } = await signedIn('Administrator');
    await change(accountId, { system_role: 'User' });
    const { body } = await browser.request('GET', '/session');
    expect(body).toMatchObject({ systemRole: 'User', abilities: { 'settings.edit': false } });
  });

  describe('item 16: the answer to a sign-in that fails', () => {
    const failure = async (email: string, password: string) => {
      const before = app.secrets.hashes.count;
      const { status, headers, body } = await client().request<{ error: Record<string, unknown> }>(
        'POST',
        '/session',
        { email, password },
      );
      const names = [...headers.keys()].filter((name) => name !== 'date').sort();
      const { requestId, ...error } = body.error;
      expect(requestId).toBe(headers.get('x-request-id'));
      return { status, names, error, hashes: app.secrets.hashes.count - before };
    };

    it('is the same, and costs the same, for unknown, wrong, locked, disabled, expired, deleted and machine accounts', async () => {
      const unknown = await failure('nobody@example.com', 'guess');
      expect(unknown).toMatchObject({ status: 401, error: { code: 'unauthenticated' }, hashes: 1 });
      const fit = await newPersonWithPassword(app, 'Standard User', organization);
      expect(await failure(fit.userName, 'guess')).toEqual(unknown);
      for (const changes of [
        { locked_at: yesterday() },
        { disabled_at: yesterday() },
        { expires_at: yesterday() },
        { deleted_at: yesterday() },
      ]) {
        const someone = await newPersonWithPassword(app, 'Standard User', organization);
        await change(someone.accountId, changes);
        expect(await failure(someone.userName, someone.password)).toEqual(unknown);
      }
      const machine = await newTaxiiUser(app, {
        userName: `firewall-${engine}`,
        organization: organization.name,
      });
      expect(await failure(machine.userName, machine.password)).toEqual(unknown);
      const api = await newPerson(app, 'Standard User', organization);
      await change(api.accountId, { kind: 'api', system_role: 'Api User' });
      expect(await failure(api.userName, await givePassword(app, api.accountId))).toEqual(unknown);
    });

    it('item 114: it is told to the audit trail, with the address it came from and without the password', async () => {
      const someone = await newPersonWithPassword(app, 'Standard User', organization);
      await failure(someone.userName, 'canary-7f3a');
      const event = await app.db.read
        .selectFrom('audit_events')
        .selectAll()
        .where('actor_account_id', '=', someone.accountId)
        .executeTakeFirstOrThrow();
      expect(event).toMatchObject({
        action: 'authenticate',
        outcome: 'failed',
        source_address: '127.0.0.1',
      });
      expect(JSON.stringify(event) + app.logged.join('')).not.toContain('canary-7f3a');
    });

    it('item 3: a password of a megabyte is refused without hashing', async () => {
      const before = app.secrets.hashes.count;
      const email = 'nobody@example.com';
      const huge = await client().request('POST', '/session', { email, password: 'x'.repeat(1_000_000) });
      const long = await client().request('POST', '/session', { email, password: 'x'.repeat(1025) });
      expect([huge.status, long.status]).toEqual([413, 400]);
      expect(app.secrets.hashes.count).toBe(before);
    });

    it('sign-ins that keep failing are throttled, as everywhere', async () => {
      const someone = await newPersonWithPassword(app, 'Standard User', organization);
      await inTransaction(app.db, (tx) =>
        tx
          .insertInto('throttles')
          .values({
            key: `account ${app.secrets.digest(someone.userName)}`,
            failures: 500,
            last_failure_at: app.clock.now(),
            blocked_until: app.clock.now() + 60_000_000,
          })
          .execute(),
      );
      const reply = await client().request('POST', '/session', {
        email: someone.userName,
        password: 'guess',
      });
      expect(reply.status).toBe(429);
      expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(50);
    });
  });

  it('sign-ins and sign-outs are told to the audit trail of the organization', async () => {
    const { browser, accountId } = await signedIn();
    await browser.request('DELETE', '/session');
    const events = await app.db.read
      .selectFrom('audit_events')
      .select(['action', 'outcome', 'organization_id', 'source_address'])
      .where('actor_account_id', '=', accountId)
      .orderBy('id')
      .execute();
    const common = {
      outcome: 'done',
      organization_id: organization.id,
      source_address: '127.0.0.1',
    };
    expect(events).toEqual([
      { ...common, action: 'session.create' },
      { ...common, action: 'session.end' },
    ]);
  });

  it('item 64: an account has at most as many sessions as the system setting says: the oldest make room', async () => {
    const { browser, accountId, userName, password } = await signedIn();
    const [{ hash: _, ...row }] = (await sessionsOf(accountId)) as [
      Awaited<ReturnType<typeof sessionsOf>>[0],
    ];
    await inTransaction(app.db, (tx) =>
      tx
        .insertInto('sessions')
        .values(
          Array.from({ length: 30 }, (_each, index) => ({
            ...row,
            hash: `h${accountId}-${index}`,
            id: `i${accountId}-${index}`,
            created_at: row.created_at - 1000 - index,
          })),
        )
        .execute(),
    );
    await client().signIn(userName, password);
    const left = await sessionsOf(accountId);
    expect(left).toHaveLength(20);
    expect(left.some((each) => each.hash === `h${accountId}-29`)).toBe(false);
    expect(await statusOf(browser)).toBe(200);

    await setSetting(app, app.operator, { name: 'sessionsPerAccount', value: 1 });
    await client().signIn(userName, password);
    await resetSetting(app, app.operator, { name: 'sessionsPerAccount' });
    expect(await sessionsOf(accountId)).toHaveLength(1);
    expect(await statusOf(browser)).toBe(401);
  });
});
