import { afterEach, describe, expect, it } from 'vitest';
import { prepareInstance } from '../../server/features/instance/instance.service.ts';
import { publishTerms } from '../../server/features/terms/terms.service.ts';
import { startServer } from '../../server/serving.ts';
import { configureUnreachableMail, mailsTo, tokenIn } from '../../server/testing/outbox.ts';
import { restClient } from '../../server/testing/rest-client.ts';
import { challengeFrom, freshCode } from '../../server/testing/second-factors.ts';
import { softwarePasskey } from '../../server/testing/software-passkey.ts';
import { ENGINES, openTestApp } from '../../server/testing/test-app.ts';
import { PREPARED } from './events.ts';

const ORIGIN = 'https://taxii.example.org';

describe.each(ENGINES)('the audit trail of what people do for themselves on %s', (engine) => {
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  it('item 113: every step of signing in and every change of one’s own tells who, what, where from and in which request', {
    timeout: 60_000,
  }, async () => {
    const app = await openTestApp(engine, { publicUrl: ORIGIN });
    closers.push(() => app.close());
    const setupCode = await prepareInstance(app, { setupCode: true });
    const server = await startServer(app);
    closers.push(() => server.close(1000));
    const browser = restClient(server.listening);
    const stranger = restClient(server.listening);

    const seen = new Set<string>();
    let accountId: number | undefined;
    const wrong: string[] = [];
    const step = async <Body = Record<string, unknown>>(
      client: typeof browser,
      key: string,
      body?: unknown,
      passkey?: number,
    ) => {
      const [method = '', path = ''] = key.split(' ');
      const reply = await client.request<Body>(method, path.replace(':passkey', String(passkey)), body);
      expect(reply.status, `${key} ${JSON.stringify(reply.body)}`).toBeLessThan(300);
      const found = async () =>
        await app.db.read
          .selectFrom('audit_events')
          .selectAll()
          .where('request_id', '=', reply.headers.get('x-request-id'))
          .where('outcome', '=', 'done')
          .execute();
      // Nobody is to learn from the time of an answer whose address it is: some is done after it.
      await expect.poll(found, { message: key, timeout: 10_000 }).not.toEqual([]);
      const events = await found();
      const isTold = events.every(
        (event) =>
          (client === stranger || event.actor_account_id === accountId) &&
          event.source_address === '127.0.0.1' &&
          event.actor_name !== '' &&
          event.target_kind !== '' &&
          Math.abs(event.at - app.clock.now()) < 60_000_000,
      );
      if (!isTold) wrong.push(`${key}: ${JSON.stringify(events)}`);
      seen.add(key);
      return reply.body;
    };

    let email = 'ada@example.org';
    let password = 'one harbour crane at dawn';
    await step(stranger, 'POST /setup', { setupCode, email, password, organization: 'Port Office' });
    ({ id: accountId } = await app.db.read
      .selectFrom('accounts')
      .select('id')
      .where('user_name', '=', email)
      .executeTakeFirstOrThrow());
    await configureUnreachableMail(app);
    const signIn = async () => await step(browser, 'POST /session', { email, password });
    await signIn();
    await step(browser, 'PUT /session/password', {
      currentPassword: password,
      newPassword: 'two harbour cranes at dusk',
    });
    password = 'two harbour cranes at dusk';
    const { version } = await publishTerms(app, app.operator, { text: 'Be kind.' });
    await step(browser, 'POST /session/terms-of-service', { version });
    await step(browser, 'POST /mail/test', { to: 'ben@example.org' });

    await step(browser, 'POST /session/email', { email: 'ada@harbour.example.org' });
    const [confirmation] = await mailsTo(app, 'ada@harbour.example.org', 1);
    await step(stranger, 'POST /links/email', { token: tokenIn(confirmation?.text) });
    email = 'ada@harbour.example.org';
    await step(stranger, 'POST /password-resets', { email });
    const reset = (await mailsTo(app, email, 2)).find(
      ({ text }) => text !== confirmation?.text && /link#/.test(text ?? ''),
    );
    password = 'three harbour cranes at noon';
    await step(stranger, 'POST /links/password', { token: tokenIn(reset?.text), password });

    await signIn();
    const { body } = await browser.request<{ secret: string }>('POST', '/session/authenticator/totp');
    const code = () => freshCode(app, body.secret);
    await step(browser, 'POST /session/authenticator/totp/confirmation', { code: code() });
    await step(browser, 'POST /session/verification', { code: code() });
    await step(browser, 'POST /session/recovery-codes');
    const phone = softwarePasskey(ORIGIN);
    const { id, options } = (
      await browser.request<{ id: string; options: Parameters<typeof phone.create>[0] }>(
        'POST',
        '/session/passkeys/challenge',
      )
    ).body;
    const registered = await step<{ passkey: { id: number } }>(browser, 'POST /session/passkeys', {
      challenge: id,
      passkey: phone.create(options),
      name: 'Phone',
    });
    const key = registered.passkey.id;
    await step(browser, 'PATCH /session/passkeys/:passkey', { name: 'Old phone' }, key);
    await browser.request('DELETE', '/session');
    await signIn();
    await step(browser, 'POST /session/second-factor', { code: code() });
    await browser.request('DELETE', '/session');
    const asked = await challengeFrom(browser, '/session/passkey/challenge');
    await step(browser, 'POST /session/passkey', {
      challenge: asked.id,
      passkey: phone.sign(asked.options),
    });
    await step(browser, 'DELETE /session/authenticator/totp');
    await step(browser, 'DELETE /session/passkeys/:passkey', undefined, key);

    expect(wrong).toEqual([]);
    expect([...seen].sort()).toEqual([...PREPARED].sort());
  });
});
