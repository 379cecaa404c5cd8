import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALL_ENDPOINTS } from '../../../contract/all-endpoints.ts';
import { inTransaction } from '../../db/transaction.ts';
import { startServer } from '../../serving.ts';
import { auditTrail, newOrganization, newPersonWithPassword, type Person } from '../../testing/builders.ts';
import { type RestClient, restClient } from '../../testing/rest-client.ts';
import { codeOf, enrolTotp, freshCode, registerPasskey } from '../../testing/second-factors.ts';
import { softwarePasskey } from '../../testing/software-passkey.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { deleteAccount } from '../account-changes/deletion.service.ts';
import { moveAccount } from '../account-changes/moving.service.ts';
import { resetSetting, setSetting } from '../settings/settings.service.ts';
import { PENDING_MICROS } from './authenticators.rules.ts';
import { deleteExpiredEnrolments } from './authenticators.store.ts';

const ORIGIN = 'https://taxii.example.org';
type Own = {
  totp: object | null;
  passkeys: object[];
  recoveryCodesLeft: number;
  recoveryCodesLow: boolean;
  abilities: object;
};

describe.each(ENGINES)('second factors on %s', (engine) => {
  let app: TestApp;
  let server: Awaited<ReturnType<typeof startServer>>;
  let url: string;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let foreign: Awaited<ReturnType<typeof newOrganization>>;
  beforeAll(async () => {
    app = await openTestApp(engine, { publicUrl: ORIGIN });
    server = await startServer(app);
    url = server.listening;
    organization = await newOrganization(app);
    foreign = await newOrganization(app);
  });
  afterAll(async () => {
    await server.close(1000);
    await app.close();
  });

  async function signedIn(person: Person = 'Standard User', of: { id: number } = organization) {
    const someone = await newPersonWithPassword(app, person, of);
    const again = async () => {
      const browser = restClient(url);
      await browser.signIn(someone.userName, someone.password);
      return browser;
    };
    return { ...someone, browser: await again(), again };
  }
  async function withTotp(person: Person = 'Standard User') {
    const someone = await signedIn(person);
    return { ...someone, ...(await enrolTotp(app, someone.browser)) };
  }
  const status = async (
    browser: RestClient,
    path = '/session/authenticator',
    method = 'GET',
    body?: unknown,
  ) => (await browser.request(method, path, body)).status;
  const own = async (browser: RestClient) =>
    (await browser.request<Own>('GET', '/session/authenticator')).body;
  const required = async (browser: RestClient) =>
    (await browser.request<{ requiredActions: string[] }>('GET', '/session')).body.requiredActions;
  const show = async (browser: RestClient, body: object) =>
    await browser.request<{ error?: { code: string; problems?: { path: string; message: string }[] } }>(
      'POST',
      '/session/second-factor',
      body,
    );
  const rowOf = async (id: number) =>
    await app.db.read.selectFrom('accounts').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  const required2fa = { name: 'twoFactorAuthenticationRequired' } as const;

  it('item 49: an authenticator app is set up with a secret and a QR code, and works once a code proves that it has it', async () => {
    const { browser, accountId, again } = await signedIn();
    const other = await again();
    const before = browser.cookie;
    const started = await browser.request<Record<string, string>>('POST', '/session/authenticator/totp');
    const { secret = '', uri = '', qr = '', expiresAt = '' } = started.body;
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(uri).toMatch(/^otpauth:\/\/totp\/Taxiway:.*[?&]secret=/);
    expect(uri).toContain(`secret=${secret}`);
    expect(qr).toMatch(/^<svg /);
    expect(Date.parse(expiresAt) - app.clock.now() / 1000).toBeLessThanOrEqual(600_000);
    expect((await own(browser)).totp).toBeNull();
    const wrong = codeOf(app, secret) === '000000' ? '000001' : '000000';
    const path = '/session/authenticator/totp/confirmation';
    expect(await status(browser, path, 'POST', { code: wrong })).toBe(400);
    expect((await rowOf(accountId)).authenticator_since).toBeNull();
    const reply = await browser.request<{ recoveryCodes: string[]; session: { secondFactors: string[] } }>(
      'POST',
      path,
      { code: codeOf(app, secret) },
    );
    expect(reply.status).toBe(200);
    expect(reply.body.session.secondFactors).toEqual(['totp', 'recovery_code']);
    expect(reply.body.recoveryCodes).toHaveLength(10);
    // 57: a new id, the old one is dead; the other session has ended.
    expect(browser.cookie).not.toBe(before);
    const old = restClient(url);
    old.cookie = before;
    expect([await status(old), await status(other), await status(browser)]).toEqual([401, 401, 200]);
    expect(await own(browser)).toEqual({
      totp: { since: expect.any(String) },
      passkeys: [],
      recoveryCodesLeft: 10,
      recoveryCodesLow: false,
      enforced: false,
      abilities: { addPasskey: true, disable: true },
    });
  });

  it('item 30: whoever errs while an app is set up is not taken for somebody who guesses', async () => {
    const { browser } = await signedIn();
    const { secret } = (await browser.request<{ secret: string }>('POST', '/session/authenticator/totp'))
      .body;
    const confirm = async (code: string) =>
      (await browser.request('POST', '/session/authenticator/totp/confirmation', { code })).status;
    for (let error = 0; error < 15; error++) expect(await confirm('000000')).toBe(400);
    expect(await confirm(codeOf(app, secret))).toBe(200);
  });

  it('item 49: a set-up that is not confirmed within 10 minutes is void, and one that is begun anew replaces it', async () => {
    const { browser } = await signedIn();
    const start = async () =>
      (await browser.request<{ secret: string }>('POST', '/session/authenticator/totp')).body.secret;
    const confirm = async (secret: string) =>
      await status(browser, '/session/authenticator/totp/confirmation', 'POST', {
        code: codeOf(app, secret),
      });
    const first = await start();
    const second = await start();
    expect(await confirm(first)).toBe(400);
    app.clock.advance(599);
    expect(await status(browser, '/session/authenticator/totp', 'POST')).toBe(200);
    app.clock.advance(30);
    expect(
      await status(browser, '/session/authenticator/totp/confirmation', 'POST', {
        code: codeOf(app, second),
      }),
    ).toBe(403);
    const { length } = await app.db.read.selectFrom('authenticators').selectAll().execute();
    expect(length).toBeGreaterThan(0);
    const late = await signedIn();
    const { body } = await late.browser.request<{ secret: string }>('POST', '/session/authenticator/totp');
    app.clock.advance(601);
    const again = await late.again();
    expect(
      await status(again, '/session/authenticator/totp/confirmation', 'POST', {
        code: codeOf(app, body.secret),
      }),
    ).toBe(400);
  });

  it('items 49 and 63: who has not shown lately who they are changes no second factor, and does so after showing it', async () => {
    const { browser, secret } = await withTotp();
    app.clock.advance(601);
    const changes: [string, string, object?][] = [
      ['POST', '/session/authenticator/totp'],
      ['POST', '/session/authenticator/totp/confirmation', { code: '123456' }],
      ['DELETE', '/session/authenticator/totp'],
      ['POST', '/session/passkeys/challenge'],
      ['PATCH', '/session/passkeys/1', { name: 'x' }],
      ['DELETE', '/session/passkeys/1'],
      ['POST', '/session/recovery-codes'],
    ];
    for (const [method, path, body] of changes) {
      const reply = await browser.request<{ error: { code: string } }>(method, path, body);
      expect([path, reply.body.error.code]).toEqual([path, 'verification_required']);
    }
    const before = browser.cookie;
    expect(await status(browser, '/session/verification', 'POST', { code: codeOf(app, secret) })).toBe(200);
    expect(browser.cookie).not.toBe(before);
    expect(await status(browser, '/session/recovery-codes', 'POST')).toBe(200);
  });

  it('item 57: the password proves again who it is, unless the account has a second factor', async () => {
    const { browser, password, userName } = await signedIn();
    app.clock.advance(601);
    const verify = async (body: object) =>
      await browser.request<{ error?: { problems?: object[] } }>('POST', '/session/verification', body);
    expect((await verify({ password: 'wrong password' })).body.error?.problems).toEqual([
      { path: 'password', message: 'is wrong' },
    ]);
    const before = browser.cookie;
    expect((await verify({ password })).status).toBe(200);
    expect(browser.cookie).not.toBe(before);
    await enrolTotp(app, browser);
    const hashes = app.secrets.hashes.count;
    expect((await verify({ password })).status).toBe(400);
    expect(app.secrets.hashes.count).toBe(hashes);
    expect((await verify({})).status).toBe(400);
    expect((await verify({ password, code: '123456' })).status).toBe(400);
    expect(
      (await auditTrail(app, organization.id))
        .filter(({ actor_name }) => actor_name === userName)
        .map(({ action }) => action),
    ).toContain('session.verify');
  });

  it('items 54 and 57: after the password nothing is reached but the second factor; with it the session goes on under a new id', async () => {
    const { again, secret } = await withTotp('Administrator');
    const browser = await again();
    expect(await required(browser)).toEqual(['second_factor']);
    const reached: string[] = [];
    for (const endpoint of ALL_ENDPOINTS) {
      if (endpoint.authentication === 'public' || endpoint.during?.includes('second_factor')) continue;
      const path = endpoint.path
        .replace(':session', '00000000-0000-4000-8000-000000000000')
        .replace(/:\w+/g, '1');
      const reply = await browser.request<{ error?: { code: string; requiredActions?: string[] } }>(
        endpoint.method,
        path,
        endpoint.method === 'GET' || endpoint.method === 'DELETE' ? undefined : {},
      );
      if (reply.status !== 403 || reply.body.error?.code !== 'action_required')
        reached.push(`${endpoint.method} ${path}`);
    }
    expect(reached).toEqual([]);
    expect(
      ALL_ENDPOINTS.filter(({ during }) => during?.includes('second_factor')).map(
        ({ method, path }) => `${method} ${path}`,
      ),
    ).toEqual([
      'GET /session',
      'DELETE /session',
      'POST /session/second-factor',
      'POST /session/second-factor/challenge',
      // What the terms are is no secret.
      'GET /terms-of-service',
    ]);
    const before = browser.cookie;
    const reply = await show(browser, { code: freshCode(app, secret) });
    expect(reply).toMatchObject({ status: 200, body: { requiredActions: [] } });
    expect(browser.cookie).not.toBe(before);
    const old = restClient(url);
    old.cookie = before;
    expect(await status(old)).toBe(401);
    expect((await browser.request('GET', '/organizations')).status).toBe(200);
    expect((await show(browser, { code: freshCode(app, secret) })).body.error?.code).toBe('conflict');
  });

  it('item 46: a code works once, and not at all where a later one was used, on whichever server', async () => {
    const { again, secret } = await withTotp();
    const second = await app.reopen();
    const otherServer = await startServer(second);
    try {
      const code = freshCode(app, secret);
      const next = codeOf(app, secret, 1);
      const [one, two] = [await again(), restClient(otherServer.listening)];
      two.cookie = (await again()).cookie;
      expect((await show(one, { code })).status).toBe(200);
      const replayed = await show(two, { code });
      expect(replayed.status).toBe(400);
      expect((await show(two, { code: next })).status).toBe(200);
      const three = await again();
      const same = await show(three, { code });
      const wrong = await show(three, { code: code === '000000' ? '000001' : '000000' });
      // A used code answers like a wrong one.
      expect(same.body.error?.problems).toEqual(wrong.body.error?.problems);
      expect(replayed.body.error?.problems).toEqual([
        { path: 'code', message: 'is not right, was used before, or has expired' },
      ]);
    } finally {
      await otherServer.close(1000);
      await second.close();
    }
  });

  it('item 47: a code is accepted one step before and after its own by the clock of the server, and no further', async () => {
    const { again, secret } = await withTotp();
    for (const [steps, expected] of [
      [-2, 400],
      [2, 400],
      [-1, 200],
      [1, 200],
    ] as const) {
      app.clock.advance(120);
      expect((await show(await again(), { code: codeOf(app, secret, steps) })).status).toBe(expected);
    }
    app.clock.advance(60);
    // What the client says about the time does not matter.
    const browser = await again();
    const late = await browser.request(
      'POST',
      '/session/second-factor',
      { code: codeOf(app, secret, -3) },
      {
        Date: new Date(app.clock.now() / 1000 - 90_000).toUTCString(),
      },
    );
    expect(late.status).toBe(400);
  });

  it('item 48: the secret is stored encrypted, bound to its row, and is never told again', async () => {
    const { browser, secret, accountId, again } = await withTotp();
    const rows = await app.db.read
      .selectFrom('authenticators')
      .selectAll()
      .where('account_id', '=', accountId)
      .execute();
    expect(rows).toHaveLength(1);
    const stored = JSON.stringify(rows) + JSON.stringify(await auditTrail(app, organization.id));
    expect(stored).not.toContain(secret);
    expect(JSON.stringify(await own(browser))).not.toContain(secret);
    expect(app.logged.join('')).not.toContain(secret);
    const stranger = await withTotp();
    await inTransaction(app.db, (tx) =>
      tx
        .updateTable('authenticators')
        .set({ sealed: rows[0]?.sealed ?? '' })
        .where('account_id', '=', stranger.accountId)
        .execute(),
    );
    expect((await show(await stranger.again(), { code: freshCode(app, secret) })).status).toBe(500);
    expect((await show(await again(), { code: freshCode(app, secret) })).status).toBe(200);
  });

  it('item 53: ten recovery codes of 120 bits are shown once, stored as hashes, and work once each; new ones end the old', async () => {
    const { browser, again, recoveryCodes, accountId } = await withTotp();
    expect(new Set(recoveryCodes).size).toBe(10);
    for (const code of recoveryCodes)
      expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{6}-){3}[0-9A-HJKMNP-TV-Z]{6}$/);
    const rows = await app.db.read
      .selectFrom('recovery_codes')
      .selectAll()
      .where('account_id', '=', accountId)
      .execute();
    for (const code of recoveryCodes) expect(JSON.stringify(rows)).not.toContain(code);
    const [first = '', second = '', ...others] = recoveryCodes;
    // As people type it.
    const typed = first.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l');
    expect((await show(await again(), { recoveryCode: typed })).status).toBe(200);
    expect((await show(await again(), { recoveryCode: first })).status).toBe(400);
    expect((await show(await again(), { recoveryCode: 'never one of them' })).status).toBe(400);
    expect(await own(browser)).toMatchObject({ recoveryCodesLeft: 9, recoveryCodesLow: false });
    for (const code of others.slice(0, 6)) {
      expect((await show(await again(), { recoveryCode: code })).status).toBe(200);
    }
    expect(await own(browser)).toMatchObject({ recoveryCodesLeft: 3, recoveryCodesLow: true });
    const renewed = await browser.request<{ recoveryCodes: string[] }>('POST', '/session/recovery-codes');
    expect(renewed.body.recoveryCodes).toHaveLength(10);
    expect((await show(await again(), { recoveryCode: second })).status).toBe(400);
    expect((await show(await again(), { recoveryCode: renewed.body.recoveryCodes[0] })).status).toBe(200);
  });

  it('who guesses codes has to wait, also when they come at once; recovery codes are counted apart, and failures are audited', async () => {
    const { again, secret, recoveryCodes, accountId } = await withTotp();
    const browser = await again();
    const wrong = ['000000', '111111', '222222'].find((code) =>
      [-2, -1, 0, 1, 2].every((step) => codeOf(app, secret, step) !== code),
    );
    const replies = await Promise.all(Array.from({ length: 20 }, () => show(browser, { code: wrong })));
    const looked = replies.filter((reply) => reply.status === 400);
    expect(looked).toHaveLength(6);
    expect(replies.filter((reply) => reply.status === 429)).toHaveLength(14);
    expect((await show(browser, { code: codeOf(app, secret) })).status).toBe(429);
    expect((await show(browser, { recoveryCode: recoveryCodes[0] })).status).toBe(200);
    const failures = (await auditTrail(app, organization.id)).filter(
      ({ actor_account_id, outcome }) => actor_account_id === accountId && outcome === 'failed',
    );
    expect(failures.length).toBeGreaterThan(0);
    expect(failures[0]).toMatchObject({
      action: 'authenticate',
      source_address: '127.0.0.1',
      details: { factor: 'totp' },
    });
    expect(JSON.stringify(failures)).not.toContain(wrong);
    app.clock.advance(61);
    expect((await show(await again(), { code: codeOf(app, secret) })).status).toBe(200);
  });

  it('items 51 and 56: while everybody needs one, sessions that go on ask for it at once, nobody is exempted, and the last factor stays', async () => {
    const administrator = await withTotp('Administrator');
    const someone = await signedIn();
    expect(await status(someone.browser, '/accounts/1')).not.toBe(403);
    await setSetting(app, app.operator, { ...required2fa, value: true });
    try {
      // In a session that was complete a moment ago.
      expect(await required(someone.browser)).toEqual(['set_up_authenticator']);
      const refused = await someone.browser.request<{ error: object }>(
        'GET',
        `/accounts/${someone.accountId}`,
      );
      expect(refused.body.error).toMatchObject({ code: 'action_required' });
      const edited = await administrator.browser.request('PATCH', `/accounts/${someone.accountId}`, {
        version: (await rowOf(someone.accountId)).version,
        mfaResetRequired: false,
      });
      expect(edited.status).toBe(200);
      expect(await required(someone.browser)).toEqual(['set_up_authenticator']);
      const off = await administrator.browser.request<{ error: object }>(
        'POST',
        `/accounts/${someone.accountId}/authenticator/reset`,
        { reason: 'asks for it', next: 'off' },
      );
      expect(off).toMatchObject({
        status: 409,
        body: { error: { message: expect.stringContaining('Everybody needs') } },
      });
      await enrolTotp(app, someone.browser);
      expect(await required(someone.browser)).toEqual([]);
      expect(await own(someone.browser)).toMatchObject({ enforced: true, abilities: { disable: false } });
      const last = await someone.browser.request('DELETE', '/session/authenticator/totp');
      expect(last.status).toBe(409);
      expect((await own(someone.browser)).totp).not.toBeNull();
      expect((await registerPasskey(someone.browser, softwarePasskey(ORIGIN))).status).toBe(201);
      expect(await status(someone.browser, '/session/authenticator/totp', 'DELETE')).toBe(204);
    } finally {
      await resetSetting(app, app.operator, required2fa);
    }
  });

  it('item 56: where it is not enforced, the last factor may be removed, and its recovery codes go with it', async () => {
    const { browser, again, accountId, recoveryCodes } = await withTotp();
    const other = await again();
    const before = browser.cookie;
    expect(await status(browser, '/session/authenticator/totp', 'DELETE')).toBe(204);
    expect(browser.cookie).not.toBe(before);
    expect([await status(other), await required(browser)]).toEqual([401, []]);
    expect(await own(browser)).toMatchObject({ totp: null, recoveryCodesLeft: 0, recoveryCodesLow: false });
    expect((await rowOf(accountId)).authenticator_since).toBeNull();
    expect(await required(await again())).toEqual([]);
    expect((await show(await again(), { recoveryCode: recoveryCodes[0] })).status).toBe(409);
    expect(await status(browser, '/session/authenticator/totp', 'DELETE')).toBe(404);
    expect(await status(browser, '/session/recovery-codes', 'POST')).toBe(409);
  });

  it('item 52: an administrator resets it: sessions end, the person is told by mail, and the reason is audited', async () => {
    const administrator = await signedIn('Organization Administrator');
    const { browser, accountId, again, secret } = await withTotp();
    await setSetting(app, app.operator, { name: 'mailServerHost', value: 'mail.example.org' });
    await setSetting(app, app.operator, { name: 'mailFrom', value: 'taxiway@example.org' });
    const path = `/accounts/${accountId}/authenticator/reset`;
    try {
      const shown = await administrator.browser.request<{ authenticator: object; abilities: object }>(
        'GET',
        `/accounts/${accountId}`,
      );
      expect(shown.body).toMatchObject({
        authenticator: { since: expect.any(String), totp: true, passkeys: 0, recoveryCodesLeft: 10 },
        abilities: { resetAuthenticator: true },
      });
      for (const bad of [{}, { reason: ' ' }, { reason: '\u200b\u202e' }])
        expect(await status(administrator.browser, path, 'POST', { ...bad, next: 'off' })).toBe(400);
      const reply = await administrator.browser.request('POST', path, {
        reason: 'lost the phone, came in person',
        next: 'set_up_again',
      });
      expect(reply).toMatchObject({ status: 200, body: { sessionsEnded: 1, mailed: true } });
    } finally {
      for (const name of ['mailServerHost', 'mailFrom'] as const)
        await resetSetting(app, app.operator, { name });
    }
    expect(await status(browser)).toBe(401);
    const event = (await auditTrail(app, organization.id)).at(-1);
    expect(event).toMatchObject({
      action: 'account.resetAuthenticator',
      actor_account_id: administrator.accountId,
      target_id: String(accountId),
      details: { reason: 'lost the phone, came in person', next: 'set_up_again', totp: true },
    });
    const [mail] = await app.db.read
      .selectFrom('outbox')
      .select('purpose')
      .where('account_id', '=', accountId)
      .execute();
    expect(mail?.purpose).toBe('authenticator_reset');
    const anew = await again();
    expect(await required(anew)).toEqual(['set_up_authenticator']);
    expect((await show(anew, { code: freshCode(app, secret) })).body.error?.code).toBe('action_required');
    expect(await status(anew, '/session/authenticator/totp', 'DELETE')).toBe(403);
    await enrolTotp(app, anew);
    expect(await required(anew)).toEqual([]);
    expect((await rowOf(accountId)).mfa_reset_required).toBe(0);
  });

  it('items 50 and 52: nobody resets that of somebody who ranks above, their own, or that of another organization', async () => {
    const high = await withTotp('Administrator');
    const low = await signedIn('Accounts Administrator');
    const manager = await signedIn('Organization Administrator');
    const stranger = await signedIn('Organization Administrator', foreign);
    const plain = await signedIn();
    const body = { reason: 'please', next: 'off' };
    const reset = async (browser: RestClient, id: number) =>
      await status(browser, `/accounts/${id}/authenticator/reset`, 'POST', body);
    expect([
      await reset(low.browser, high.accountId),
      await reset(manager.browser, high.accountId),
      await reset(stranger.browser, plain.accountId),
      await reset(plain.browser, high.accountId),
      await reset(plain.browser, plain.accountId),
      await reset(manager.browser, manager.accountId),
    ]).toEqual([403, 403, 404, 404, 403, 403]);
    expect((await own(high.browser)).totp).not.toBeNull();
    // The flag is the same right.
    await inTransaction(app.db, (tx) =>
      tx.updateTable('accounts').set({ mfa_reset_required: 1 }).where('id', '=', manager.accountId).execute(),
    );
    const clear = async (browser: RestClient, id: number) =>
      await status(browser, `/accounts/${id}`, 'PATCH', {
        version: (await rowOf(id)).version,
        mfaResetRequired: false,
      });
    expect(await clear(manager.browser, manager.accountId)).toBe(403);
    expect(await clear(low.browser, high.accountId)).toBe(403);
    expect((await rowOf(manager.accountId)).mfa_reset_required).toBe(1);
    expect(await clear(low.browser, manager.accountId)).toBe(200);
  });

  it('item 52: requiring a new one in the form of the account removes the one there is, and the preview says so', async () => {
    const administrator = await signedIn('Organization Administrator');
    const { browser, accountId, again } = await withTotp();
    const body = { version: (await rowOf(accountId)).version, mfaResetRequired: true };
    const preview = await administrator.browser.request<{ consequences: { code: string }[] }>(
      'POST',
      `/accounts/${accountId}/preview`,
      body,
    );
    expect(preview.body.consequences.map(({ code }) => code)).toEqual([
      'authenticator_removed',
      'sessions_end',
    ]);
    expect(await status(browser)).toBe(200);
    expect(await status(administrator.browser, `/accounts/${accountId}`, 'PATCH', body)).toBe(200);
    expect(await status(browser)).toBe(401);
    expect(await required(await again())).toEqual(['set_up_authenticator']);
    expect(
      (
        await app.db.read
          .selectFrom('authenticators')
          .selectAll()
          .where('account_id', '=', accountId)
          .execute()
      ).length,
    ).toBe(0);
  });

  it('the list of accounts shows who has one, and is filtered by it', async () => {
    const administrator = await signedIn('Organization Administrator', foreign);
    const someone = await newPersonWithPassword(app, 'Standard User', foreign);
    const browser = restClient(url);
    await browser.signIn(someone.userName, someone.password);
    await enrolTotp(app, browser);
    const list = async (filter: string) =>
      (
        await administrator.browser.request<{ items: { id: number; authenticator: object | null }[] }>(
          'GET',
          `/organizations/${foreign.id}/accounts?authenticator=${filter}`,
        )
      ).body.items;
    expect(await list('on')).toMatchObject([
      { id: someone.accountId, authenticator: { since: expect.any(String) } },
    ]);
    const without = await list('off');
    expect(without.map(({ id }) => id)).toContain(administrator.accountId);
    expect(without.every(({ authenticator }) => authenticator === null)).toBe(true);
  });

  it('an authenticator app still works after its account moved to another organization; nothing of it is left after a deletion', async () => {
    const someone = await newPersonWithPassword(app, 'Standard User', organization);
    const browser = restClient(url);
    await browser.signIn(someone.userName, someone.password);
    const { secret } = await enrolTotp(app, browser);
    await moveAccount(app, app.operator, { account: someone.accountId, organization: foreign.id });
    const moved = restClient(url);
    await moved.signIn(someone.userName, someone.password);
    expect((await show(moved, { code: freshCode(app, secret) })).status).toBe(200);
    await deleteAccount(app, app.operator, { account: someone.accountId });
    for (const table of ['authenticators', 'passkeys', 'recovery_codes'] as const) {
      expect(
        await app.db.read.selectFrom(table).selectAll().where('account_id', '=', someone.accountId).execute(),
      ).toEqual([]);
    }
  });

  it('item 49: challenges that nobody answered and apps that were never confirmed are deleted in time, and nothing else', async () => {
    const { browser, accountId } = await withTotp();
    await browser.request('POST', '/session/authenticator/totp');
    await browser.request('POST', '/session/passkeys/challenge');
    const tidy = async () => {
      const now = app.clock.now();
      await inTransaction(app.db, (tx) =>
        deleteExpiredEnrolments(tx, { now, pendingSince: now - PENDING_MICROS }),
      );
      const of = async (table: 'authenticators' | 'challenges') =>
        (await app.db.read.selectFrom(table).selectAll().where('account_id', '=', accountId).execute())
          .length;
      return [await of('authenticators'), await of('challenges')];
    };
    expect(await tidy()).toEqual([2, 1]);
    app.clock.advance(301);
    expect(await tidy()).toEqual([2, 0]);
    app.clock.advance(301);
    expect(await tidy()).toEqual([1, 0]);
    expect((await own(browser)).totp).not.toBeNull();
  });
});
