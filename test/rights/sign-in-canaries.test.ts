import { Secret } from 'otpauth';
import { afterEach, describe, expect, it } from 'vitest';
import { ALL_ENDPOINTS } from '../../contract/all-endpoints.ts';
import { createApiUser } from '../../server/features/account-creation/api-users.service.ts';
import { startServer } from '../../server/serving.ts';
import { signedOnce, signedWithBody } from '../../server/testing/api-client.ts';
import { newOrganization, newPerson, newPersonWithPassword } from '../../server/testing/builders.ts';
import { startMailServer, useMailServer } from '../../server/testing/mail-server.ts';
import { tokenIn } from '../../server/testing/outbox.ts';
import { type RestClient, restClient } from '../../server/testing/rest-client.ts';
import { codeOf, enrolTotp, freshCode } from '../../server/testing/second-factors.ts';
import { ENGINES, openTestApp } from '../../server/testing/test-app.ts';
import { findCanaries } from './canaries.ts';

const TYPED = {
  mail: 'Canary-at-the-mail-server-1',
  wrongMail: 'Canary-that-the-mail-server-refuses-2',
  token: 'txwl_Canary-of-no-link-3',
  invited: 'Canary-of-an-invited-person-4',
  reset: 'Canary-of-a-reset-password-5',
  refused: 'Canary-with-a-dead-link-6',
  changed: 'Canary-of-a-changed-password-7',
  current: 'Canary-of-a-wrong-present-password-8',
  code: 'Canary-in-place-of-a-code-9',
  recovery: 'Canary-in-place-of-a-recovery-code-10',
  apiToken: 'Canary-of-no-api-token-11',
  signature: 'Canary-of-no-signature-12',
  device: 'Canary-of-no-device-13',
} as const;

describe.each(ENGINES)('secrets of signing in on %s', (engine) => {
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  it('items 14 and 95: of links, second factors, devices, mail and API users stand in no log, no audit trail, no error, no list and nowhere in the database in clear', {
    timeout: 60_000,
  }, async () => {
    const app = await openTestApp(engine, { logLevel: 'trace' });
    closers.push(() => app.close());
    app.log.level = 'trace';
    const mails = await startMailServer({ user: { name: 'taxiway', password: TYPED.mail } });
    closers.push(() => mails.close());
    const server = await startServer(app);
    closers.push(() => server.close(1000));
    const home = await newOrganization(app);

    const canaries = new Map<string, string>(Object.entries(TYPED));
    /** Answers that may hold no secret. */
    const answers: string[] = [];
    let cookies = 0;
    const keepCookies = (browser: RestClient) => {
      for (const cookie of [browser.cookie, browser.device])
        if (cookie !== undefined) canaries.set(`cookie ${++cookies}`, cookie.slice(cookie.indexOf('=') + 1));
    };
    const quiet = async <Body = Record<string, unknown>>(
      browser: RestClient,
      status: number,
      ...request: Parameters<RestClient['request']>
    ) => {
      const reply = await browser.request<Body>(...request);
      const text = JSON.stringify(reply.body) ?? '';
      expect(reply.status, `${request[0]} ${request[1]} ${text}`).toBe(status);
      expect(reply.headers.get('cache-control'), request[1]).toBe('no-store');
      answers.push(text);
      keepCookies(browser);
      return reply.body;
    };
    /** A new person who is signed in. */
    const signedIn = async (person: Parameters<typeof newPerson>[1]) => {
      const someone = await newPersonWithPassword(app, person, home);
      const browser = restClient(server.url);
      await browser.signIn(someone.userName, someone.password);
      keepCookies(browser);
      canaries.set(`the password of ${someone.userName}`, someone.password);
      return { ...someone, browser };
    };
    const { browser: administrator } = await signedIn('Administrator');
    const stranger = restClient(server.url);

    // Links: shown once while there is no mail server, and mailed while there is one.
    const invited = await newPerson(app, 'Standard User', home);
    const invitation = await administrator.request<{ link: string }>(
      'POST',
      `/accounts/${invited.accountId}/invitation`,
    );
    canaries.set('the invitation', tokenIn(invitation.body.link));

    await useMailServer(app, mails, { mailServerUser: 'taxiway' });
    const setting = async (value: string, version: number) =>
      await quiet(administrator, 200, 'PUT', '/settings/mailServerPassword', { value, version });
    await setting(TYPED.wrongMail, 0);
    // The mail server tells, with its refusal, which password it was given.
    await quiet(administrator, 200, 'POST', '/mail/test', { to: 'ana@example.org' });
    await setting(TYPED.mail, 1);
    await quiet(administrator, 200, 'POST', '/mail/test', { to: 'ana@example.org' });
    expect(mails.received).toHaveLength(1);
    /** The token of the mail that comes next. */
    const mailed = async (name: string, ask: () => Promise<unknown>) => {
      const before = mails.received.length;
      await ask();
      await expect.poll(() => mails.received.length, { timeout: 20_000 }).toBeGreaterThan(before);
      const linked = () =>
        mails.received.slice(before).find(({ parsed }) => /\/link#/.test(parsed.text ?? ''));
      await expect.poll(linked, { timeout: 20_000 }).toBeDefined();
      const token = tokenIn(linked()?.parsed.text);
      canaries.set(name, token);
      return token;
    };
    const forgetful = await signedIn('Standard User');
    const reset = await mailed('the reset', () =>
      quiet(stranger, 200, 'POST', '/password-resets', { email: forgetful.userName }),
    );
    await mailed('another invitation', () =>
      quiet(administrator, 201, 'POST', `/accounts/${invited.accountId}/invitation`),
    );
    const first = canaries.get('another invitation');
    await quiet(stranger, 200, 'POST', '/links/look', { token: reset });
    await quiet(stranger, 404, 'POST', '/links/look', { token: TYPED.token });
    await quiet(stranger, 400, 'POST', '/links/look', { token: [TYPED.token] });
    await quiet(stranger, 400, 'POST', `/links/look?token=${reset}`, { token: reset });
    await quiet(stranger, 404, 'POST', '/links/password', { token: TYPED.token, password: TYPED.refused });
    await quiet(stranger, 400, 'POST', '/links/password', { token: reset, password: 'short' });
    await quiet(stranger, 204, 'POST', '/links/password', { token: reset, password: TYPED.reset });
    await quiet(stranger, 404, 'POST', '/links/password', { token: reset, password: TYPED.refused });
    await quiet(stranger, 204, 'POST', '/links/password', { token: first, password: TYPED.invited });
    // What stands behind `#` is in no request; where it comes with one all the same, it is not written down.
    await fetch(`${server.url}/link?token=${TYPED.token}`);

    const mover = await signedIn('Administrator');
    const change = await mailed('the new address', () =>
      quiet(mover.browser, 200, 'POST', '/session/email', { email: 'moved@example.org' }),
    );
    await quiet(stranger, 204, 'POST', '/links/email', { token: change });

    // Second factors.
    const careful = await signedIn('Standard User');
    const { browser, userName: email } = careful;
    await quiet(browser, 400, 'PUT', '/session/password', {
      currentPassword: TYPED.current,
      newPassword: TYPED.refused,
    });
    const { secret, recoveryCodes } = await enrolTotp(app, browser);
    keepCookies(browser);
    canaries.set('the TOTP secret', secret);
    const octets = Buffer.from(Secret.fromBase32(secret).bytes);
    canaries.set('the octets of the TOTP secret', octets.toString('hex'));
    canaries.set('the octets of the TOTP secret in base64', octets.toString('base64').replace(/=+$/, ''));
    canaries.set('the octets of the TOTP secret as they are', octets.toString('latin1'));
    const keepCodes = (codes: readonly string[]) => {
      for (const code of codes) {
        canaries.set(`recovery code ${code.slice(0, 3)}`, code);
        canaries.set(`recovery code ${code.slice(0, 3)} without hyphens`, code.replaceAll('-', ''));
      }
    };
    keepCodes(recoveryCodes);
    await quiet(browser, 204, 'DELETE', '/session');
    const again = async () =>
      await quiet(browser, 201, 'POST', '/session', { email, password: careful.password });
    await again();
    await quiet(browser, 400, 'POST', '/session/second-factor', { code: TYPED.code });
    await quiet(browser, 400, 'POST', '/session/second-factor', { recoveryCode: TYPED.recovery });
    await quiet(browser, 400, 'POST', '/session/second-factor', { code: codeOf(app, secret, 10) });
    await quiet(browser, 200, 'POST', '/session/second-factor', { code: freshCode(app, secret) });
    const renewed = await browser.request<{ recoveryCodes: string[] }>('POST', '/session/recovery-codes');
    expect(renewed.body.recoveryCodes).toHaveLength(10);
    keepCodes(renewed.body.recoveryCodes);
    keepCookies(browser);
    await quiet(browser, 204, 'DELETE', '/session');
    await again();
    await quiet(browser, 200, 'POST', '/session/second-factor', {
      recoveryCode: renewed.body.recoveryCodes[0],
    });
    await quiet(browser, 200, 'GET', '/session/authenticator');
    const device = { Cookie: `__Host-taxiway-device=${TYPED.device}` };
    await quiet(stranger, 401, 'POST', '/session', { email, password: TYPED.current }, device);
    // Half of a set-up that nobody ends.
    const half = await signedIn('Standard User');
    const started = await half.browser.request<{ secret: string }>('POST', '/session/authenticator/totp');
    canaries.set('the TOTP secret of a set-up that was not ended', started.body.secret);
    await quiet(half.browser, 400, 'POST', '/session/authenticator/totp/confirmation', { code: '000000' });

    // API users, right and wrong.
    const api = await createApiUser(app, app.operator, {
      organization: home.id,
      firstName: 'A',
      lastName: 'Script',
      organizationRole: 'Organization Administrator',
      tokenExpirationDays: 10,
    });
    const { token = '', secretKey = '' } = api;
    canaries.set('the API token', token);
    canaries.set('the secret key', secretKey);
    for (const [root, path] of [
      ['/api/v2', '/whoami'],
      ['/rest/v1', '/organizations'],
    ] as const) {
      const target = `${root}${path}`;
      const once = signedOnce(api, 'GET', target);
      const whole = signedWithBody(api, 'GET', target);
      const tampered = signedWithBody({ ...api, secretKey: TYPED.signature }, 'GET', target);
      const outcomes: number[] = [];
      for (const headers of [
        { Authorization: `TC-Token ${token}` },
        once,
        whole,
        tampered,
        { Authorization: `TC-Token ${TYPED.apiToken}` },
        { ...once, Authorization: `TC ${api.accessId}:${TYPED.signature}` },
        { ...once, Authorization: `TC ${TYPED.signature}` },
      ]) {
        const signature = /:(.{40,})$/.exec(headers.Authorization ?? '')?.[1];
        if (signature !== undefined) canaries.set(`signature ${canaries.size}`, signature);
        const answer = await fetch(`${server.url}${target}`, { headers });
        answers.push(await answer.text(), JSON.stringify([...answer.headers]));
        outcomes.push(answer.status);
      }
      expect(outcomes, target).toEqual([200, 200, 200, 401, 401, 401, 401]);
    }
    await fetch(`${server.url}/api/v2/whoami?token=${TYPED.apiToken}`);

    let read = 0;
    for (const { method, path } of ALL_ENDPOINTS) {
      if (method !== 'GET') continue;
      for (const account of [careful.accountId, invited.accountId, api.id]) {
        const of = { organization: home.id, account, setting: 'mailServerPassword', version: 1 };
        const filled = path.replace(/:(\w+)/g, (_, name: string) => String(Reflect.get(of, name) ?? 0));
        const reply = await administrator.request('GET', filled);
        if (reply.status === 200) read++;
        answers.push(typeof reply.body === 'string' ? reply.body : (JSON.stringify(reply.body) ?? ''));
        if (!path.includes(':account')) break;
      }
    }
    expect(read).toBeGreaterThan(30);
    await server.close(1000);

    const { places, found } = await findCanaries(app, canaries, answers);
    expect(canaries.size).toBeGreaterThan(60);
    expect(places['a log']).toContain('"status":201');
    expect(places['a table']).toContain('mailServerPassword');
    const known = await findCanaries(app, new Map([['a name', careful.userName]]), answers);
    expect(known.found).toEqual(expect.arrayContaining(['a name is in an answer', 'a name is in a table']));
    expect(known.found.includes('a name is in a file of the database')).toBe(engine === 'sqlite');
    expect(found).toEqual([]);
  });
});
