import { Secret, TOTP } from 'otpauth';
import type { SessionView } from '../../contract/session.ts';
import type { CreationOptions, RequestOptions } from '../../contract/webauthn.ts';
import type { RestClient, RestReply } from './rest-client.ts';
import type { SoftwarePasskey } from './software-passkey.ts';
import type { TestApp } from './test-app.ts';

export type Enrolled = { recoveryCodes: string[] | null; session: SessionView };

/** The code that an authenticator app with this secret shows now, or so many steps of 30 seconds later. */
export function codeOf(app: Pick<TestApp, 'clock'>, secret: string, steps = 0): string {
  const timestamp = app.clock.now() / 1000 + steps * 30_000;
  return TOTP.generate({ secret: Secret.fromBase32(secret), timestamp });
}

/** A code that was not used yet. */
export function freshCode(app: TestApp, secret: string): string {
  app.clock.advance(60);
  return codeOf(app, secret);
}

/** Sets up an authenticator app. Throws unless it works. */
export async function enrolTotp(
  app: TestApp,
  browser: RestClient,
): Promise<{ secret: string; recoveryCodes: string[]; session: SessionView }> {
  const started = await browser.request<{ secret: string }>('POST', '/session/authenticator/totp');
  const { secret } = started.body;
  const reply = await browser.request<Enrolled>('POST', '/session/authenticator/totp/confirmation', {
    code: codeOf(app, secret),
  });
  if (reply.status !== 200) throw new Error(`the set-up was answered with ${JSON.stringify(reply.body)}`);
  return { secret, recoveryCodes: reply.body.recoveryCodes ?? [], session: reply.body.session };
}

/** Registers a passkey with the account that the browser is signed in to. */
export async function registerPasskey(
  browser: RestClient,
  passkey: SoftwarePasskey,
  name = 'Phone',
): Promise<RestReply<Enrolled & { passkey: { id: number } }>> {
  const { body } = await browser.request<{ id: string; options: CreationOptions }>(
    'POST',
    '/session/passkeys/challenge',
  );
  return await browser.request('POST', '/session/passkeys', {
    challenge: body.id,
    passkey: passkey.create(body.options),
    name,
  });
}

/** The challenge of that path, such as `/session/passkey/challenge`. */
export async function challengeFrom(
  browser: RestClient,
  path: string,
): Promise<{ id: string; options: RequestOptions }> {
  const reply = await browser.request<{ id: string; options: RequestOptions }>('POST', path);
  if (reply.status !== 200) throw new Error(`no challenge: ${JSON.stringify(reply.body)}`);
  return reply.body;
}
