import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CreationOptions } from '../../../contract/webauthn.ts';
import { inTransaction } from '../../db/transaction.ts';
import { startServer } from '../../serving.ts';
import { auditTrail, newOrganization, newPersonWithPassword, type Person } from '../../testing/builders.ts';
import { type RestClient, restClient } from '../../testing/rest-client.ts';
import { challengeFrom, enrolTotp, registerPasskey } from '../../testing/second-factors.ts';
import { type Oddity, softwarePasskey } from '../../testing/software-passkey.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { resetSetting, setSetting } from '../settings/settings.service.ts';
import { findRelyingParty } from './webauthn.ts';

const ORIGIN = 'https://taxii.example.org';
const ALONE = '/session/passkey';
const SECOND = '/session/second-factor';
type Answer = { error?: { code: string; message: string; problems?: object[] }; requiredActions?: string[] };
type Passkey = ReturnType<typeof softwarePasskey>;

describe.each(ENGINES)('passkeys on %s', (engine) => {
  let app: TestApp;
  let server: Awaited<ReturnType<typeof startServer>>;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  beforeAll(async () => {
    app = await openTestApp(engine, { publicUrl: ORIGIN });
    server = await startServer(app);
    organization = await newOrganization(app);
  });
  afterAll(async () => {
    await server.close(1000);
    await app.close();
  });

  const client = () => restClient(server.listening);
  async function signedIn(person: Person = 'Standard User') {
    const someone = await newPersonWithPassword(app, person, organization);
    const again = async () => {
      const browser = client();
      await browser.signIn(someone.userName, someone.password);
      return browser;
    };
    return { ...someone, browser: await again(), again };
  }
  async function withPasskey(passkey: Passkey = softwarePasskey(ORIGIN), person: Person = 'Standard User') {
    const someone = await signedIn(person);
    const reply = await registerPasskey(someone.browser, passkey);
    expect(reply.status).toBe(201);
    return { ...someone, passkey, passkeyId: reply.body.passkey.id, recoveryCodes: reply.body.recoveryCodes };
  }
  /** Answers a fresh challenge with the passkey; `path` is where it is shown, `for` where the challenge comes from. */
  async function answer(browser: RestClient, passkey: Passkey, path: string, odd: Oddity = {}) {
    const { id, options } = await challengeFrom(browser, `${path === ALONE ? ALONE : SECOND}/challenge`);
    return await browser.request<Answer>('POST', path, {
      challenge: id,
      passkey: passkey.sign(options, odd),
    });
  }
  const failuresOf = async (accountId: number | null) =>
    (
      await app.db.read
        .selectFrom('audit_events')
        .selectAll()
        .where('outcome', '=', 'failed')
        .orderBy('id')
        .execute()
    )
      .filter((event) => event.actor_account_id === accountId)
      .map((event) => String(JSON.stringify(event.details)));

  it('a passkey is a second factor: the first one brings recovery codes, and the options are bound to the server and the account', async () => {
    const { browser, userName, accountId } = await signedIn();
    const passkey = softwarePasskey(ORIGIN, { backedUp: true });
    const { body } = await browser.request<{ id: string; options: CreationOptions }>(
      'POST',
      '/session/passkeys/challenge',
    );
    expect(body.options).toMatchObject({
      rp: { id: 'taxii.example.org', name: 'Taxiway' },
      user: { name: userName },
      excludeCredentials: [],
      authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
      attestation: 'none',
    });
    expect(Buffer.from(body.options.challenge, 'base64url')).toHaveLength(32);
    expect(Buffer.from(body.options.user.id, 'base64url').toString('latin1')).not.toContain(userName);
    const before = browser.cookie;
    const added = await browser.request<{ recoveryCodes: string[]; passkey: { id: number } }>(
      'POST',
      '/session/passkeys',
      {
        challenge: body.id,
        passkey: passkey.create(body.options),
        name: ' Phone ',
      },
    );
    expect(added).toMatchObject({
      status: 201,
      body: { passkey: { name: 'Phone', backedUp: true, lastUsedAt: null } },
    });
    expect(added.body.recoveryCodes).toHaveLength(10);
    expect(browser.cookie).not.toBe(before);
    expect((await browser.request('GET', '/session')).body).toMatchObject({
      requiredActions: [],
      secondFactors: ['passkey', 'recovery_code'],
    });
    const second = await registerPasskey(browser, softwarePasskey(ORIGIN), 'Key');
    expect(second).toMatchObject({ status: 201, body: { recoveryCodes: null } });
    const renamed = await browser.request('PATCH', `/session/passkeys/${added.body.passkey.id}`, {
      name: 'Old phone',
    });
    expect(renamed.body).toMatchObject({ name: 'Old phone' });
    expect(
      (
        await browser.request<{ passkeys: { name: string }[] }>('GET', '/session/authenticator')
      ).body.passkeys.map(({ name }) => name),
    ).toEqual(['Old phone', 'Key']);
    const actions = (await auditTrail(app, organization.id))
      .filter((event) => event.actor_account_id === accountId)
      .map(({ action }) => action);
    expect(actions.filter((action) => action.startsWith('passkey.'))).toEqual([
      'passkey.begin',
      'passkey.add',
      'passkey.begin',
      'passkey.add',
      'passkey.rename',
    ]);
  });

  it('a passkey shows the second factor at a sign-in and proves again who it is, without having to ask for a PIN', async () => {
    const { again, passkey } = await withPasskey();
    const browser = await again();
    const { options } = await challengeFrom(browser, `${SECOND}/challenge`);
    expect(options).toMatchObject({
      rpId: 'taxii.example.org',
      userVerification: 'preferred',
      allowCredentials: [{ id: passkey.id, type: 'public-key', transports: ['internal', 'hybrid'] }],
    });
    const shown = await answer(browser, passkey, SECOND, { verifiesUser: false });
    expect(shown).toMatchObject({ status: 200, body: { requiredActions: [] } });
    app.clock.advance(601);
    expect((await browser.request('POST', '/session/recovery-codes')).status).toBe(403);
    expect((await answer(browser, passkey, '/session/verification')).status).toBe(200);
    expect((await browser.request('POST', '/session/recovery-codes')).status).toBe(200);
  });

  it('a passkey alone signs in, where the authenticator asked for its user: it stands for both factors', async () => {
    const { passkey, accountId } = await withPasskey();
    const browser = client();
    const { options } = await challengeFrom(browser, `${ALONE}/challenge`);
    expect(options).toMatchObject({ allowCredentials: [], userVerification: 'required' });
    const reply = await answer(browser, passkey, ALONE);
    expect(reply).toMatchObject({ status: 201, body: { id: accountId, requiredActions: [] } });
    expect((await browser.request('GET', '/session')).status).toBe(200);
    const row = await app.db.read
      .selectFrom('accounts')
      .selectAll()
      .where('id', '=', accountId)
      .executeTakeFirstOrThrow();
    expect(row).toMatchObject({ last_used_from: '127.0.0.1' });
    const [event] = (await auditTrail(app, organization.id))
      .filter((each) => each.actor_account_id === accountId)
      .slice(-1);
    expect(event).toMatchObject({ action: 'session.create', details: { secondFactor: 'passkey' } });
  });

  const ODDITIES: readonly [string, Oddity, string][] = [
    ['made for another origin', { origin: 'https://taxii.example.org.evil.example' }, 'another origin'],
    ['made over plain HTTP', { origin: 'http://taxii.example.org' }, 'another origin'],
    ['made for another server', { rpId: 'evil.example' }, 'another server'],
    ['for another challenge', { challenge: Buffer.alloc(32, 1).toString('base64url') }, 'another challenge'],
    ['in which nobody was present', { isPresent: false }, 'nobody was present'],
    ['of a registration', { type: 'webauthn.create' }, 'malformed'],
    ['that names another user', { userHandle: 'AAAA' }, 'another account'],
  ];

  it.each([...ODDITIES, ['without verifying the user', { verifiesUser: false }, 'not verified'] as const])(
    'item 55: a sign-in with a passkey %s is refused, with the one answer, and audited',
    async (_what, odd, reason) => {
      const { passkey } = await withPasskey();
      const before = (await failuresOf(null)).length;
      const reply = await answer(client(), passkey, ALONE, odd);
      expect(reply).toMatchObject({ status: 401, body: { error: { code: 'unauthenticated' } } });
      const told = await failuresOf(null);
      expect(told.length).toBeGreaterThanOrEqual(before);
      expect(told.join()).toContain(reason);
      expect((await answer(client(), passkey, ALONE)).status).toBe(201);
    },
  );

  it.each(ODDITIES)(
    'item 55: a second factor %s is refused like a wrong code',
    async (_what, odd, reason) => {
      const { passkey, again, accountId } = await withPasskey();
      const browser = await again();
      const reply = await answer(browser, passkey, SECOND, odd);
      expect(reply).toMatchObject({ status: 400 });
      expect(reply.body.error?.problems).toEqual([
        { path: 'passkey', message: 'is not right, was used before, or has expired' },
      ]);
      expect((await failuresOf(accountId)).join()).toContain(reason);
      expect((await answer(browser, passkey, SECOND)).status).toBe(200);
    },
  );

  it('item 55: a challenge is good for one answer, for 5 minutes, for its purpose and for its account', async () => {
    const { passkey, again, browser: own } = await withPasskey();
    const other = await withPasskey();
    const browser = await again();
    const show = async (challenge: string, signed: object, path = SECOND, by = browser) =>
      (await by.request('POST', path, { challenge, passkey: signed })).status;
    // Used up by a wrong answer, too.
    const first = await challengeFrom(browser, `${SECOND}/challenge`);
    expect(await show(first.id, passkey.sign(first.options, { origin: 'https://evil.example' }))).toBe(400);
    expect(await show(first.id, passkey.sign(first.options))).toBe(400);
    const late = await challengeFrom(browser, `${SECOND}/challenge`);
    app.clock.advance(301);
    expect(await show(late.id, passkey.sign(late.options))).toBe(400);
    const publicOne = await challengeFrom(browser, `${ALONE}/challenge`);
    expect(await show(publicOne.id, passkey.sign(publicOne.options))).toBe(400);
    const mine = await challengeFrom(browser, `${SECOND}/challenge`);
    expect(await show(mine.id, passkey.sign(mine.options), ALONE, client())).toBe(401);
    app.clock.advance(5);
    const otherBrowser = await other.again();
    const foreign = await challengeFrom(otherBrowser, `${SECOND}/challenge`);
    expect(await show(foreign.id, passkey.sign(foreign.options))).toBe(400);
    expect(await show('00000000-0000-4000-8000-000000000000', passkey.sign(foreign.options))).toBe(400);
    const registering = await own.request<{ id: string; options: CreationOptions }>(
      'POST',
      '/session/passkeys/challenge',
    );
    expect(registering.status).toBe(200);
    // Of the throttle, which counts all of these.
    app.clock.advance(10);
    expect(
      await show(
        registering.body.id,
        passkey.sign({ ...foreign.options, challenge: registering.body.options.challenge }),
      ),
    ).toBe(400);
  });

  it('item 55: of one challenge that is answered many times at once, in two processes, one answer counts', async () => {
    const passkey = softwarePasskey(ORIGIN, { counts: false });
    await withPasskey(passkey);
    const second = await app.reopen();
    const other = await startServer(second);
    try {
      for (let round = 0; round < 3; round++) {
        const { id, options } = await challengeFrom(client(), `${ALONE}/challenge`);
        const body = { challenge: id, passkey: passkey.sign(options) };
        const replies = await Promise.all(
          Array.from({ length: 8 }, (_, index) =>
            restClient(index % 2 === 0 ? server.listening : other.listening).request('POST', ALONE, body),
          ),
        );
        expect(replies.map(({ status }) => status).sort()).toEqual([
          201,
          ...Array.from({ length: 7 }, () => 401),
        ]);
      }
    } finally {
      await other.close(1000);
      await second.close();
    }
  });

  it('item 55: a counter that goes back, or stays, tells of a copy of the key: refused, logged and audited', async () => {
    const { passkey, accountId, again } = await withPasskey();
    expect((await answer(client(), passkey, ALONE, { counter: 100 })).status).toBe(201);
    for (const counter of [100, 50, 0]) {
      expect((await answer(client(), passkey, ALONE, { counter })).status).toBe(401);
      expect((await answer(await again(), passkey, SECOND, { counter })).status).toBe(400);
    }
    expect((await failuresOf(accountId)).join()).toContain('the counter of the passkey did not go up');
    expect(app.logged.join('')).toContain('the counter of a passkey did not go up');
    expect((await answer(client(), passkey, ALONE, { counter: 101 })).status).toBe(201);
  });

  it('the passkey of another account shows nothing for this one, and cannot be registered twice', async () => {
    const mine = await withPasskey();
    const other = await withPasskey();
    const browser = await mine.again();
    expect((await answer(browser, other.passkey, SECOND)).status).toBe(400);
    expect((await answer(client(), other.passkey, ALONE)).body).toMatchObject({ id: other.accountId });
    const stolen = await registerPasskey(other.browser, mine.passkey);
    expect(stolen.status).toBe(409);
    expect((await other.browser.request('DELETE', `/session/passkeys/${mine.passkeyId}`)).status).toBe(404);
    expect(
      (await other.browser.request('PATCH', `/session/passkeys/${mine.passkeyId}`, { name: 'x' })).status,
    ).toBe(404);
    expect((await answer(browser, mine.passkey, SECOND)).status).toBe(200);
  });

  it.each(ODDITIES.filter(([, odd]) => odd.userHandle === undefined))(
    'item 55: a new passkey %s is not added',
    async (_what, odd) => {
      const { browser } = await signedIn();
      const passkey = softwarePasskey(ORIGIN);
      const { body } = await browser.request<{ id: string; options: CreationOptions }>(
        'POST',
        '/session/passkeys/challenge',
      );
      const type = odd.type === undefined ? odd : { type: 'webauthn.get' };
      const add = async (odder: Oddity) =>
        (
          await browser.request('POST', '/session/passkeys', {
            challenge: body.id,
            passkey: passkey.create(body.options, odder),
            name: 'x',
          })
        ).status;
      expect(await add(type)).toBe(400);
      // The challenge is used up.
      expect(await add({})).toBe(400);
      expect((await browser.request('GET', '/session/authenticator')).body).toMatchObject({ passkeys: [] });
    },
  );

  it.each([
    ['locked', { locked_at: 1 }],
    ['disabled', { disabled_at: 1 }],
    ['expired', { expires_at: 1 }],
  ] as const)(
    'the passkey of an account that is %s gets the one answer that any failed sign-in gets',
    async (_state, changes) => {
      const { passkey, accountId } = await withPasskey();
      const unknown = await answer(client(), softwarePasskey(ORIGIN), ALONE);
      await inTransaction(app.db, (tx) =>
        tx.updateTable('accounts').set(changes).where('id', '=', accountId).execute(),
      );
      const reply = await answer(client(), passkey, ALONE);
      const shownOf = ({ status, body, headers }: typeof reply) => ({
        status,
        error: { ...body.error, requestId: '' },
        names: [...headers.keys()].filter((name) => name !== 'date').sort(),
      });
      expect(reply.status).toBe(401);
      expect(shownOf(reply)).toEqual(shownOf(unknown));
      expect((await failuresOf(accountId)).join()).toContain(_state);
    },
  );

  it('whoever has to set a new password is still asked to after a sign-in with a passkey', async () => {
    const { passkey, accountId } = await withPasskey();
    await inTransaction(app.db, (tx) =>
      tx.updateTable('accounts').set({ password_reset_required: 1 }).where('id', '=', accountId).execute(),
    );
    const reply = await answer(client(), passkey, ALONE);
    expect(reply.body.requiredActions).toEqual(['change_password']);
  });

  it('an account has at most 20 passkeys', async () => {
    const { browser, accountId } = await withPasskey();
    const [row] = await app.db.read
      .selectFrom('passkeys')
      .selectAll()
      .where('account_id', '=', accountId)
      .execute();
    if (row === undefined) throw new Error('no passkey');
    const { id: _, ...columns } = row;
    await inTransaction(app.db, (tx) =>
      tx
        .insertInto('passkeys')
        .values(
          Array.from({ length: 19 }, (_each, index) => ({
            ...columns,
            credential_id: `${accountId}-${index}`,
          })),
        )
        .execute(),
    );
    const reply = await browser.request<Answer>('POST', '/session/passkeys/challenge');
    expect(reply).toMatchObject({ status: 409, body: { error: { code: 'limit_reached' } } });
    expect((await browser.request('GET', '/session/authenticator')).body).toMatchObject({
      abilities: { addPasskey: false },
    });
  });

  it('item 56: the last passkey is not removed while everybody needs a second factor', async () => {
    const { browser, passkeyId } = await withPasskey();
    const required = { name: 'twoFactorAuthenticationRequired' } as const;
    await setSetting(app, app.operator, { ...required, value: true });
    try {
      expect((await browser.request('DELETE', `/session/passkeys/${passkeyId}`)).status).toBe(409);
      await enrolTotp(app, browser);
      expect((await browser.request('DELETE', `/session/passkeys/${passkeyId}`)).status).toBe(204);
      expect((await browser.request('DELETE', '/session/authenticator/totp')).status).toBe(409);
    } finally {
      await resetSetting(app, app.operator, required);
    }
  });

  it('passkeys are bound to the configured name, or to localhost, never to what a Host header says', () => {
    const party = (publicUrl: string | undefined, reachedAs: string) =>
      findRelyingParty({ ...app, config: { ...app.config, publicUrl } }, reachedAs);
    expect(party(undefined, 'http://localhost:8080')).toEqual({
      origin: 'http://localhost:8080',
      id: 'localhost',
    });
    expect(party(undefined, 'https://evil.example')).toBeUndefined();
    expect(party(undefined, 'http://127.0.0.1:8080')).toBeUndefined();
    expect(party('https://taxii.example.org:8443', 'https://evil.example')).toEqual({
      origin: 'https://taxii.example.org:8443',
      id: 'taxii.example.org',
    });
    expect(party('https://192.0.2.1', 'https://192.0.2.1')).toBeUndefined();
    expect(party('https://[2001:db8::1]', 'https://[2001:db8::1]')).toBeUndefined();
    expect(party('http://taxii.example.org', 'http://taxii.example.org')).toBeUndefined();
  });
});
