import { Secret, TOTP } from 'otpauth';
import { expect, it } from 'vitest';
import { openCommandLine, outputOf, until } from '../testing/command-line.ts';
import { type RestClient, restClient } from '../testing/rest-client.ts';

const { taxiway, answerOf, start } = openCommandLine({ inProcess: true });
const EMAIL = 'jane@example.org';
const OLD_PASSWORD = 'nine grey herons over the weir';
const NEW_PASSWORD = 'seven quiet lighthouses at dusk';
let url = '';
let password = '';

const codeOf = (secret: string, seconds = 0) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + seconds * 1000 });

/** What a sign-in is answered with, and the client that did it. */
async function signIn(email: string, typed: string) {
  const client = restClient(url);
  const { status, body } = await client.request<{ requiredActions?: string[] }>('POST', '/session', {
    email,
    password: typed,
  });
  return { client, status, required: body.requiredActions };
}

/** What stood on a screen is changed first. */
async function choosePassword(client: RestClient, currentPassword: string, newPassword: string) {
  const { status, body } = await client.request('PUT', '/session/password', { currentPassword, newPassword });
  expect(status, JSON.stringify(body)).toBe(200);
}

async function setUpAuthenticator(client: RestClient): Promise<string> {
  const begun = await client.request<{ secret: string }>('POST', '/session/authenticator/totp');
  expect(begun.status, JSON.stringify(begun.body)).toBe(200);
  const { secret } = begun.body;
  const confirmed = await client.request('POST', '/session/authenticator/totp/confirmation', {
    code: codeOf(secret),
  });
  expect(confirmed.status, JSON.stringify(confirmed.body)).toBe(200);
  return secret;
}

/** Serves an instance with one Administrator, where nobody gets a mail and everybody needs a second factor. */
async function serve(): Promise<void> {
  const created = await answerOf('administrator', 'create', '--email', EMAIL, '--organization', 'Acme Power');
  password = String(created.password);
  // A mail server that nothing listens on, and everybody needs a second factor.
  for (const [name, value] of [
    ['mailServerHost', '127.0.0.1'],
    ['mailServerPort', '1'],
    ['mailServerSecurity', 'none'],
    ['mailFrom', 'taxiway@example.org'],
    ['twoFactorAuthenticationRequired', 'on'],
  ] as const)
    await answerOf('settings', 'set', name, value);
  const server = start(['serve', '--port', '0', '--json']);
  const [, found = ''] = await until(outputOf(server), /"url":\s*"([^"]+?)\/?"/);
  url = found;
}

it('item 131: when nobody can sign in, the command line lets the only Administrator in again, while mail is broken and second factors are enforced; by a link, a reset, an unlocking, another Administrator and settings', {
  timeout: 120_000,
}, async () => {
  await serve();
  const first = await signIn(EMAIL, password);
  expect(first).toMatchObject({ status: 201, required: ['change_password', 'set_up_authenticator'] });
  await choosePassword(first.client, password, OLD_PASSWORD);
  password = OLD_PASSWORD;
  const lost = await setUpAuthenticator(first.client);
  expect((await first.client.request('GET', '/settings')).status).toBe(200);

  // The phone is lost, somebody guesses codes and passwords, and the password is forgotten.
  const guessing = await signIn(EMAIL, password);
  expect(guessing.required).toEqual(['second_factor']);
  const guess = (client: RestClient, secret: string) =>
    client.request('POST', '/session/second-factor', { code: codeOf(secret, 3600) });
  let answers: number[] = [];
  for (let count = 0; count < 20 && !answers.includes(429); count++)
    answers.push((await guess(guessing.client, lost)).status);
  expect(answers).toContain(429);
  answers = [];
  for (let count = 0; count < 30 && !answers.includes(429); count++)
    answers.push((await signIn(EMAIL, 'a wrong password that is long')).status);
  expect(answers).toContain(429);

  const { link, sent } = await answerOf('account', 'password-reset', EMAIL, '--print');
  expect(sent).toBe(false);
  const token = String(link).split('#')[1];
  const set = await restClient(url).request('POST', '/links/password', { token, password: NEW_PASSWORD });
  expect(set.status, JSON.stringify(set.body)).toBe(204);
  // It is still throttled, and the factor is still asked for.
  await answerOf('user', 'unlock', EMAIL);
  const half = await signIn(EMAIL, NEW_PASSWORD);
  expect(half).toMatchObject({ status: 201, required: ['second_factor'] });
  for (let count = 0; count < 3; count++) expect((await guess(half.client, lost)).status).toBe(400);

  await answerOf('user', 'reset-authenticator', EMAIL, '--reason', 'the phone was lost');
  const again = await signIn(EMAIL, NEW_PASSWORD);
  expect(again).toMatchObject({ status: 201, required: ['set_up_authenticator'] });
  await setUpAuthenticator(again.client);
  expect((await again.client.request('GET', '/settings')).status).toBe(200);

  // Another Administrator, and the settings that keep people out.
  const [rescue, home] = ['rescue@example.org', ['--organization', 'Acme Power']];
  const created = await answerOf('administrator', 'create', '--email', rescue, ...home);
  const enforced = await signIn(rescue, String(created.password));
  expect(enforced).toMatchObject({ status: 201, required: ['change_password', 'set_up_authenticator'] });
  await choosePassword(enforced.client, String(created.password), 'four slow barges past midnight');
  expect((await enforced.client.request('GET', '/settings')).status).toBe(403);
  await answerOf('settings', 'set', 'twoFactorAuthenticationRequired', 'off');
  await answerOf('settings', 'reset', 'mailServerHost');
  expect((await enforced.client.request('GET', '/settings')).status).toBe(200);
  // Locked by hand as well as by failures: one command for both.
  await answerOf('user', 'lock', rescue);
  expect((await signIn(rescue, 'four slow barges past midnight')).status).toBe(401);
  await answerOf('user', 'unlock', rescue);
  expect((await signIn(rescue, 'four slow barges past midnight')).status).toBe(201);

  // All of it stands in the audit trail, with the user of the operating system.
  const { events } = (await answerOf('audit', 'list', '--limit', '1000')) as {
    events: { action: string; actorName: string; actorAccountId: number | null }[];
  };
  const told = events.filter(({ actorName }) => /^operator \(.+\)$/.test(actorName));
  expect(told.map(({ action }) => action)).toEqual(
    expect.arrayContaining([
      'administrator.create',
      'account.sendPasswordReset',
      'account.resetAuthenticator',
      'account.unlock',
      'settings.set',
      'settings.reset',
    ]),
  );
  // As an account, nobody makes an Administrator.
  const refused = await taxiway(['administrator', 'create', '--email', 'x@example.org', '--as', EMAIL]);
  expect([refused.code, refused.err]).toEqual([expect.any(Number), expect.stringContaining('taxiway:')]);
  expect(refused.code).not.toBe(0);
});
