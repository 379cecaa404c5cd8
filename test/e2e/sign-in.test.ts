import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setSetting } from '../../server/features/settings/settings.service.ts';
import { newOrganization, newPersonWithPassword } from '../../server/testing/builders.ts';
import { configureUnreachableMail, mailsTo } from '../../server/testing/outbox.ts';
import { restClient } from '../../server/testing/rest-client.ts';
import { enrolTotp, freshCode } from '../../server/testing/second-factors.ts';
import { accessibilityProblems, picture, type TestConsole } from './console.ts';
import {
  button,
  heading,
  openSetUpConsole,
  SHOWN_SECRET,
  storeRecoveryCodes,
  typeSignIn,
  virtualAuthenticator,
} from './journeys.ts';

/** What is served, with a compressed copy of each file. */
const BUILT = path.join(import.meta.dirname, '..', '..', 'console', 'dist');

describe('signing in to the console', () => {
  let console: TestConsole;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  beforeAll(async () => {
    console = await openSetUpConsole();
    organization = await newOrganization(console.app);
  });
  afterAll(async () => {
    expect(console.troubles).toEqual([]);
    await console.close();
  });
  const person = () => newPersonWithPassword(console.app, 'Organization Administrator', organization);

  it('needs at most 250 kB of script, compressed, and nothing from another host', async () => {
    const { page } = await console.newUser();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(`${console.url}/console/sign-in`);
    await page.getByLabel('E-mail address').waitFor();
    await page.waitForLoadState('networkidle');
    expect(asked.filter((address) => !address.startsWith(`${console.url}/`))).toEqual([]);
    const scripts = new Set(
      asked.map((address) => new URL(address).pathname).filter((at) => at.endsWith('.js')),
    );
    expect(scripts.size).toBeGreaterThan(3);
    const sizes = await Promise.all(
      [...scripts].map(
        async (at) => (await readFile(path.join(BUILT, `${at.replace('/console/', '')}.gz`))).length,
      ),
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(250_000);
  });

  it('with e-mail address and password opens the home page, and signing out ends it', async () => {
    const { userName, password } = await person();
    const { page, open } = await console.newUser();
    await open('/');
    await page.getByLabel('E-mail address').fill(userName);
    await page.getByLabel(/^Password/).fill('wrong');
    expect(await accessibilityProblems(page)).toEqual([]);
    await button(page, 'Sign in').click();
    await page.getByRole('alert').filter({ hasText: 'do not belong together' }).waitFor();
    await picture(page, 'sign-in-refused-light');
    await typeSignIn(page, { userName, password });
    await heading(page, 'Home').waitFor();
    await page.getByRole('button', { name: /Your account/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await heading(page, 'Sign in').waitFor();
    await open('/profile');
    await heading(page, 'Sign in').waitFor();
  });

  it('leads to where one wanted to go, within the console and nowhere else', async () => {
    const someone = await person();
    const first = await console.newUser();
    await first.open('/profile?tab=sessions');
    await typeSignIn(first.page, someone);
    await heading(first.page, 'My profile').waitFor();
    expect(new URL(first.page.url()).search).toBe('?tab=sessions');
    // Who is signed in already goes on at once.
    await first.open('/sign-in?back=%2Fprofile');
    await heading(first.page, 'My profile').waitFor();
    for (const back of [
      '//example.org/x',
      'https://example.org/',
      '/\\example.org',
      'javascript:alert(1)',
      '/sign-in?back=/sign-in',
    ]) {
      await first.page.goto(`${console.url}/console/sign-in?back=${encodeURIComponent(back)}`);
      await heading(first.page, 'Home').waitFor();
      expect(first.page.url()).toBe(`${console.url}/console/`);
    }
  });

  it('says after too many attempts when the next one makes sense', async () => {
    const { userName } = await person();
    const { page, open } = await console.newUser();
    await open('/sign-in');
    const wait = page.getByRole('alert').filter({ hasText: 'Too many failed attempts' });
    const guess = async () =>
      (
        await fetch(`${console.url}/rest/v1/session`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({ email: userName, password: 'wrong' }),
        })
      ).status;
    for (let attempt = 0; attempt < 100 && (await guess()) !== 429; attempt++);
    await typeSignIn(page, { userName, password: 'wrong' });
    await wait.getByText(/the next attempt is looked at from \d\d:\d\d:\d\d on/).waitFor();
    await wait.getByText(/^Wait \d+/).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await picture(page, 'sign-in-throttled-light');
  });

  it('asks for the code of the authenticator app, or a recovery code, each of which works once', async () => {
    const someone = await person();
    const client = restClient(console.url);
    await client.signIn(someone.userName, someone.password);
    const { secret, recoveryCodes } = await enrolTotp(console.app, client);
    const user = await console.newUser();
    const { page } = user;
    await user.open('/sign-in');
    await typeSignIn(page, someone);
    await heading(page, 'Show your second factor').waitFor();
    await page.getByText('Step 2 of 2: Second factor').waitFor();
    const code = page.getByLabel('Code of your authenticator app');
    await code.and(page.locator(':focus')).waitFor();
    await code.fill('000000');
    await button(page, 'Go on').click();
    await page.getByText(/Is not right, was used before, or has expired/).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await picture(page, 'second-factor-light');
    await code.fill(freshCode(console.app, secret));
    await button(page, 'Go on').click();
    await heading(page, 'Home').waitFor();

    const [recovery = ''] = recoveryCodes;
    for (const isUsed of [false, true]) {
      await user.context.clearCookies();
      await user.open('/sign-in');
      await typeSignIn(page, someone);
      await button(page, 'Use a recovery code instead').click();
      await page.getByLabel('Recovery code').fill(recovery);
      await button(page, 'Go on').click();
      if (isUsed) await page.getByText(/Is not right, was used before, or has expired/).waitFor();
      else await heading(page, 'Home').waitFor();
    }
    await button(page, 'Sign in as somebody else').click();
    await heading(page, 'Sign in').waitFor();
  });

  it('lets in with a passkey alone, and with a passkey as second factor', async () => {
    const someone = await person();
    const user = await console.newUser();
    const { page } = user;
    const device = await virtualAuthenticator(page);
    await user.signIn(someone, '/profile?tab=second-factors');
    await button(page, 'Add a passkey').click();
    await page.getByLabel('Name of the passkey').fill('Laptop');
    await button(page, 'Add passkey').click();
    await page.getByRole('dialog', { name: 'Store your recovery codes' }).waitFor();
    await storeRecoveryCodes(page);
    await page.getByRole('table', { name: 'Passkeys' }).getByText('Laptop').waitFor();

    await user.context.clearCookies();
    await user.open('/sign-in');
    await button(page, 'Sign in with a passkey').click();
    await heading(page, 'Home').waitFor();

    await user.context.clearCookies();
    await user.open('/sign-in');
    await typeSignIn(page, someone);
    await heading(page, 'Show your second factor').waitFor();
    await button(page, 'Use a passkey').click();
    await heading(page, 'Home').waitFor();

    // One that nobody knows here.
    await device.send('WebAuthn.disable');
    await virtualAuthenticator(page, device, false);
    await user.context.clearCookies();
    await user.open('/sign-in');
    await button(page, 'Sign in with a passkey').click();
    await page
      .getByRole('alert')
      .getByText(/No passkey was shown/)
      .waitFor();
  });

  it('with a forgotten password asks for a link, and says the same for every address', async () => {
    const someone = await person();
    const { page, open } = await console.newUser();
    await open('/sign-in');
    await page.getByLabel('E-mail address').fill(someone.userName);
    await button(page, 'Forgotten your password?').click();
    await page.getByText('This server sends no mail.').waitFor();
    await picture(page, 'forgotten-no-mail-light');
    await configureUnreachableMail(console.app);
    // The server remembers for 5 seconds whether there is mail.
    await expect
      .poll(
        async () =>
          ((await (await fetch(`${console.url}/rest/v1/instance`)).json()) as { mailConfigured: boolean })
            .mailConfigured,
        { timeout: 8000 },
      )
      .toBe(true);
    for (const email of ['nobody@example.com', someone.userName]) {
      await open('/sign-in');
      await button(page, 'Forgotten your password?').click();
      await page.getByLabel('E-mail address').fill(email);
      expect(await accessibilityProblems(page)).toEqual([]);
      await button(page, 'Send me a link').click();
      await page.getByText(`If ${email} is the address of an account here`).waitFor();
    }
    expect(await mailsTo(console.app, someone.userName, 1)).toHaveLength(1);
    expect(await mailsTo(console.app, 'nobody@example.com')).toHaveLength(0);
    await picture(page, 'forgotten-light');
    await setSetting(console.app, console.app.operator, { name: 'mailServerHost', value: '' });
  });
});

describe('a session that ends in the middle of work', () => {
  let console: TestConsole;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  beforeAll(async () => {
    console = await openSetUpConsole();
    organization = await newOrganization(console.app);
  });
  afterAll(async () => {
    expect(console.troubles).toEqual([]);
    await console.close();
  });
  const person = () => newPersonWithPassword(console.app, 'Standard User', organization);
  const dialog = (page: Page) => page.getByRole('dialog', { name: 'Your session has ended' });

  it('asks for a sign-in over the page, does what was asked for, and loses nothing that was typed', async () => {
    const someone = await person();
    const user = await console.newUser();
    const { page } = user;
    await user.signIn(someone, '/profile');
    await page.getByLabel('First name').fill('Ada');
    await page.getByLabel('Last name').fill('Lovelace');
    await user.context.clearCookies();
    await button(page, 'Save changes').click();
    await dialog(page).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await picture(page, 'session-ended-light');
    await page.keyboard.press('Escape');
    expect(await dialog(page).getByLabel('E-mail address').inputValue()).toBe(someone.userName);
    await dialog(page)
      .getByLabel(/^Password/)
      .fill('wrong');
    await dialog(page).getByRole('button', { name: 'Sign in', exact: true }).click();
    await dialog(page).getByRole('alert').waitFor();
    await dialog(page)
      .getByLabel(/^Password/)
      .fill(someone.password);
    await dialog(page).getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByText('Your profile is saved.').waitFor();
    await dialog(page).waitFor({ state: 'detached' });
    expect(await page.getByLabel('Last name').inputValue()).toBe('Lovelace');
  });

  it('covers what is shown when nobody acts, and goes on by itself when another tab signs in', async () => {
    const someone = await person();
    const user = await console.newUser();
    const { page } = user;
    await page.clock.install();
    await user.signIn(someone, '/profile');
    await page.getByLabel('First name').fill('Typed');
    await user.context.clearCookies();
    await page.clock.fastForward(61_000);
    await dialog(page).waitFor();
    const other = await user.context.newPage();
    await other.goto(`${console.url}/console/sign-in`);
    await typeSignIn(other, someone);
    await heading(other, 'Home').waitFor();
    await dialog(page).waitFor({ state: 'detached' });
    expect(await page.getByLabel('First name').inputValue()).toBe('Typed');
    // A sign-out in the other tab counts here, too.
    await other.getByRole('button', { name: /Your account/ }).click();
    await other.getByRole('menuitem', { name: 'Sign out' }).click();
    await dialog(page).waitFor();
    await dialog(page).getByRole('button', { name: 'Leave this page' }).click();
    await page.getByRole('button', { name: 'Leave without saving' }).click();
    await heading(page, 'Sign in').waitFor();
  });

  it('shows nothing of the page to another account that signs in', async () => {
    const [someone, other] = [await person(), await person()];
    const user = await console.newUser();
    const { page } = user;
    await user.signIn(someone, '/profile?tab=sessions');
    await page.getByRole('table', { name: 'Sessions' }).waitFor();
    await user.context.clearCookies();
    await page.getByRole('tab', { name: 'Second factors' }).click();
    await dialog(page).getByLabel('E-mail address').fill(other.userName);
    await dialog(page)
      .getByLabel(/^Password/)
      .fill(other.password);
    await dialog(page).getByRole('button', { name: 'Sign in', exact: true }).click();
    await heading(page, 'Home').waitFor();
    expect(page.url()).toBe(`${console.url}/console/`);
  });

  it('shows nothing of the page, nor of what is kept behind it, to another account that signed in unnoticed', async () => {
    const [someone, other] = [await person(), await person()];
    const user = await console.newUser();
    const { page } = user;
    await user.signIn(someone, '/profile?tab=sessions');
    await page.getByRole('table', { name: 'Sessions' }).waitFor();
    // Pages of the console tell each other.
    const elsewhere = await user.context.newPage();
    await elsewhere.goto(`${console.url}/healthz`);
    const signIn = { email: other.userName, password: other.password };
    const headers = { 'Content-Type': 'application/json' };
    const reply = await elsewhere.evaluate(async (init) => (await fetch('/rest/v1/session', init)).status, {
      method: 'POST',
      headers,
      body: JSON.stringify(signIn),
    });
    expect(reply).toBe(201);
    await page.evaluate("dispatchEvent(new Event('visibilitychange'))");
    await heading(page, 'Home').waitFor();
    expect(page.url()).toBe(`${console.url}/console/`);
  });

  it('asks once more who is there before what opens the account is changed', async () => {
    const someone = await person();
    const user = await console.newUser();
    const { page } = user;
    await user.signIn(someone, '/profile?tab=second-factors');
    const ask = page.getByRole('dialog', { name: 'Show once more who you are' });
    console.app.clock.advance(601);
    await button(page, 'Set up an app').click();
    await ask.waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await picture(page, 'verification-light');
    await page.keyboard.press('Escape');
    await ask.waitFor({ state: 'detached' });
    await page.getByRole('alert').getByText('Show once more who you are').waitFor();
    await button(page, 'Try again').click();
    await ask.getByLabel(/^Password/).fill('wrong');
    await ask.getByRole('button', { name: 'Go on' }).click();
    await ask.getByText('Is wrong.').waitFor();
    await ask.getByLabel(/^Password/).fill(someone.password);
    await ask.getByRole('button', { name: 'Go on' }).click();
    await page.getByAltText(/QR code/).waitFor();
  });

  it('asks for what is required by now over the page, and goes on', async () => {
    const someone = await person();
    const user = await console.newUser();
    const { page } = user;
    await user.signIn(someone, '/profile');
    await page.getByLabel('First name').fill('Kept');
    console.app.clock.advance(601);
    await setSetting(console.app, console.app.operator, {
      name: 'twoFactorAuthenticationRequired',
      value: true,
    });
    try {
      await button(page, 'Save changes').click();
      const setUp = page.getByRole('dialog', { name: 'Set up a second factor' });
      await setUp.getByRole('button', { name: 'Authenticator app' }).click();
      const ask = page.getByRole('dialog', { name: 'Show once more who you are' });
      await ask.getByLabel(/^Password/).fill(someone.password);
      await ask.getByRole('button', { name: 'Go on' }).click();
      const secret = await setUp.getByText(SHOWN_SECRET).innerText();
      await setUp
        .getByLabel('Code that the app shows')
        .fill(freshCode(console.app, secret.replaceAll(' ', '')));
      await setUp.getByRole('button', { name: 'Confirm the app' }).click();
      await storeRecoveryCodes(page);
      await page.getByText('Your profile is saved.').waitFor();
      expect(await page.getByLabel('First name').inputValue()).toBe('Kept');
    } finally {
      await setSetting(console.app, console.app.operator, {
        name: 'twoFactorAuthenticationRequired',
        value: false,
      });
    }
  });
});
