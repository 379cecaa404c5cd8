import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUser } from '../../server/features/account-creation/people.service.ts';
import { prepareInstance } from '../../server/features/instance/instance.service.ts';
import { sendPasswordReset } from '../../server/features/links/requesting.service.ts';
import { setSetting } from '../../server/features/settings/settings.service.ts';
import { newOrganization, newPersonWithPassword } from '../../server/testing/builders.ts';
import { configureUnreachableMail, mailsTo, tokenIn } from '../../server/testing/outbox.ts';
import {
  accessibilityProblems,
  inBothSchemes,
  openTestConsole,
  picture,
  type TestConsole,
} from './console.ts';
import { button, GOOD_PASSWORD, heading, openSetUpConsole } from './journeys.ts';

describe('following a one-time link', () => {
  let console: TestConsole;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  beforeAll(async () => {
    console = await openSetUpConsole();
    organization = await newOrganization(console.app, { users: 100 });
  });
  afterAll(async () => {
    expect(console.troubles).toEqual([]);
    await console.close();
  });

  let number = 0;
  async function invited() {
    const email = `guest.${++number}@example.com`;
    const { invitation } = await createUser(console.app, organization.administrator, {
      organization: organization.id,
      email,
      firstName: 'Gus',
      lastName: 'Est',
      organizationRole: 'Standard User',
      invite: true,
      passwordResetRequired: false,
    });
    return { email, token: tokenIn(invitation?.link) };
  }
  const follow = (page: Page, token: string) => page.goto(`${console.url}/link#${token}`);
  async function choose(page: Page, password: string): Promise<void> {
    await page.getByLabel(/^New password \*?$/).fill(password);
    await page.getByLabel(/^New password again/).fill(password);
    await button(page, 'Set the password').click();
  }

  it('an invitation: the first password is chosen, and then one signs in', async () => {
    const { email, token } = await invited();
    const { page } = await console.newUser();
    await follow(page, token);
    await heading(page, 'Choose your password').waitFor();
    expect(await page.getByLabel('E-mail address').inputValue()).toBe(email);
    expect(await inBothSchemes(page, 'link-invitation')).toEqual([]);
    await choose(page, 'guest guest guest');
    await page
      .getByRole('alert')
      .getByText(/It must not be, or be little more than/)
      .waitFor();
    await choose(page, 'short');
    await page.getByRole('alert').getByText('It must have at least 15 characters.').waitFor();
    expect(await inBothSchemes(page, 'link-password')).toEqual([]);
    await choose(page, GOOD_PASSWORD);
    await heading(page, 'Your password is set').waitFor();
    expect(await inBothSchemes(page, 'link-set')).toEqual([]);
    await button(page, `Sign in as ${email}`).click();
    expect(await page.getByLabel('E-mail address').inputValue()).toBe(email);
    await page.getByLabel(/^Password/).fill(GOOD_PASSWORD);
    await button(page, 'Sign in').click();
    await heading(page, 'Home').waitFor();

    await follow(page, token);
    await heading(page, 'The link is not valid any more').waitFor();
    expect(await inBothSchemes(page, 'link-dead')).toEqual([]);
  });

  it('item 40: the token leaves the address bar before anything else, and travels in bodies of POST alone', async () => {
    const { token } = await invited();
    const { page } = await console.newUser();
    const sent: { url: string; method: string; headers: string; body: string }[] = [];
    page.on('request', (request) =>
      sent.push({
        url: request.url(),
        method: request.method(),
        headers: JSON.stringify(request.headers()),
        body: request.postData() ?? '',
      }),
    );
    await page.goto(`${console.url}/console/sign-in`);
    await follow(page, token);
    await heading(page, 'Choose your password').waitFor();
    expect(page.url()).toBe(`${console.url}/console/link`);
    // The browser reports the address with what stands behind # for the page itself only, and sends it to nobody.
    const own = `${console.url}/link#${token}`;
    for (const { url, method, headers, body } of sent.filter((request) => request.url !== own)) {
      expect(`${url} ${headers}`).not.toContain(token);
      if (body.includes(token))
        expect([method, new URL(url).pathname]).toEqual(['POST', '/rest/v1/links/look']);
    }
    const kept = await page.evaluate<string>(
      `[ location.href, document.referrer, JSON.stringify(history.state), document.documentElement.outerHTML, ...Object.values(localStorage), ...Object.values(sessionStorage), ].join('\\n')`,
    );
    expect(kept).not.toContain(token);
    await page.goBack();
    await heading(page, 'Sign in').waitFor();
    await page.goForward();
    await heading(page, 'This is not a whole link').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    // To look at it used nothing up.
    await follow(page, token);
    await heading(page, 'Choose your password').waitFor();
  });

  it('item 15: password inputs say that they take a new one, can be pasted into, and can be shown', async () => {
    const { token } = await invited();
    const { page } = await console.newUser();
    await follow(page, token);
    const inputs = [page.getByLabel(/^New password \*?$/), page.getByLabel(/^New password again/)];
    await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(GOOD_PASSWORD)})`);
    for (const input of inputs) {
      expect(await input.getAttribute('autocomplete')).toBe('new-password');
      expect(await input.getAttribute('maxlength')).toBeNull();
      await input.focus();
      await page.keyboard.press('ControlOrMeta+V');
      expect(await input.inputValue()).toBe(GOOD_PASSWORD);
    }
    expect(await page.getByLabel('E-mail address').getAttribute('autocomplete')).toBe('username');
    await button(page, 'Show the password').first().click();
    for (const input of inputs) expect(await input.getAttribute('type')).toBe('text');
  });

  it('a password reset: whoever else is signed in here is signed out first', async () => {
    const [someone, other] = [
      await newPersonWithPassword(console.app, 'Standard User', organization),
      await newPersonWithPassword(console.app, 'Standard User', organization),
    ];
    const { link } = await sendPasswordReset(console.app, organization.administrator, {
      account: someone.accountId,
    });
    const user = await console.newUser();
    const { page } = user;
    await user.signIn(other);
    await follow(page, tokenIn(link));
    await heading(page, 'Choose a new password').waitFor();
    await choose(page, GOOD_PASSWORD);
    await page.getByText(`In this browser ${other.userName} is signed in`).waitFor();
    await button(page, `Sign in as ${someone.userName}`).click();
    await page.getByLabel(/^Password/).fill(GOOD_PASSWORD);
    await button(page, 'Sign in').click();
    await heading(page, 'Home').waitFor();
  });

  it('a change of the e-mail address, asked for in the profile and confirmed', async () => {
    const someone = await newPersonWithPassword(console.app, 'Standard User', organization);
    await configureUnreachableMail(console.app);
    await setSetting(console.app, console.app.operator, { name: 'ownEmailChangeAllowed', value: true });
    // What sign-in screens are told is remembered for some seconds.
    const told = async () => (await (await fetch(`${console.url}/rest/v1/instance`)).json()) as unknown;
    await expect.poll(told, { timeout: 15_000 }).toMatchObject({ mailConfigured: true });
    const user = await console.newUser();
    const { page } = user;
    await user.signIn(someone, '/profile?tab=password');
    const email = `new.${someone.userName}`;
    await page.getByLabel('New e-mail address').fill(email);
    await button(page, 'Send a link to the new address').click();
    await page.getByText(`A link is on its way to ${email}.`).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    const [mail] = await mailsTo(console.app, email, 1);
    await follow(page, tokenIn(mail?.text));
    await page.getByText(`From then on you sign in with ${email} instead of ${someone.userName}.`).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await picture(page, 'link-email-light');
    await button(page, 'Confirm the address').click();
    await heading(page, 'Your new e-mail address is confirmed').waitFor();
    await button(page, `Sign in as ${email}`).click();
    await page.getByLabel(/^Password/).fill(someone.password);
    await button(page, 'Sign in').click();
    await heading(page, 'Home').waitFor();
  });
});

describe('setting up a new server', () => {
  it('is where the sign-in leads while there is no Administrator, and happens once', async () => {
    const console = await openTestConsole();
    const setupCode = await prepareInstance(console.app, { setupCode: true });
    try {
      const { page, open } = await console.newUser();
      await open('/');
      await heading(page, 'Set up this server').waitFor();
      expect(await accessibilityProblems(page)).toEqual([]);
      await page.getByLabel('Set-up code').fill('wrong');
      await page.getByLabel('E-mail address').fill('ada@example.org');
      await page.getByLabel('First name').fill('Ada');
      await page.getByLabel('Last name').fill('Lovelace');
      await page.getByLabel('Your organization').fill('Analytical Engines');
      const passwords = [page.getByLabel(/^Password \*?$/), page.getByLabel(/^Password again/)];
      for (const input of passwords) await input.fill(GOOD_PASSWORD);
      const create = button(page, 'Create Administrator and sign in');
      await create.click();
      await page.getByRole('alert').getByText('This is not the set-up code').waitFor();
      await page.getByLabel('Set-up code').fill(setupCode ?? '');
      for (const input of passwords) await input.fill('short');
      await create.click();
      await page.getByRole('alert').getByText('It must have at least 15 characters.').waitFor();
      expect(await accessibilityProblems(page)).toEqual([]);
      await picture(page, 'setup-light');
      for (const input of passwords) await input.fill(GOOD_PASSWORD);
      await create.click();
      await heading(page, 'Home').waitFor();
      await open('/setup');
      await heading(page, 'This server is set up').waitFor();
      expect(console.troubles).toEqual([]);
    } finally {
      await console.close();
    }
  });
});
