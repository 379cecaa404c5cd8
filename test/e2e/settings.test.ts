import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUser } from '../../server/features/account-creation/people.service.ts';
import { getSetting, setSetting } from '../../server/features/settings/settings.service.ts';
import { publishTerms } from '../../server/features/terms/terms.service.ts';
import { newOrganization, newPersonWithPassword } from '../../server/testing/builders.ts';
import { startMailServer, type TestMailServer, useMailServer } from '../../server/testing/mail-server.ts';
import {
  accessibilityProblems,
  type ConsoleUser,
  inBothSchemes,
  openTestConsole,
  picture,
  type TestConsole,
} from './console.ts';

/** A busy machine is slow. */
const eventually: typeof expect.poll = (work) => expect.poll(work, { timeout: 10_000 });
const main = (page: Page) => page.getByRole('main');
const region = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

describe('system settings, mail and terms of service in the console', () => {
  let console: TestConsole;
  let mailServer: TestMailServer;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let administrator: ConsoleUser;
  let page: Page;
  const storedValue = async (name: string) =>
    (await getSetting(console.app, console.app.operator, name)).value;
  const as = async (person: Parameters<typeof newPersonWithPassword>[1], address: string) => {
    const user = await console.newUser();
    await user.signIn(await newPersonWithPassword(console.app, person, organization), address);
    return user;
  };

  beforeAll(async () => {
    console = await openTestConsole();
    mailServer = await startMailServer();
    organization = await newOrganization(console.app, { users: 20 });
    administrator = await as('Administrator', '/settings');
    page = administrator.page;
  });
  afterAll(async () => {
    await mailServer.close();
    await console.close();
  });

  it('are refused to an Organization Administrator and an Accounts Administrator', async () => {
    for (const person of ['Organization Administrator', 'Accounts Administrator'] as const) {
      const user = await as(person, '/');
      const navigation = user.page.getByRole('navigation', { name: 'Main' });
      await navigation.getByRole('link', { name: 'Collections' }).waitFor();
      for (const [name, address] of [
        ['System settings', '/settings'],
        ['Mail', '/mail'],
        ['Terms of service', '/terms'],
      ] as const) {
        expect(await navigation.getByRole('link', { name, exact: true }).count()).toBe(0);
        await user.open(address);
        await main(user.page).getByText('You may not see this').waitFor();
        expect(await main(user.page).getByRole('textbox').count()).toBe(0);
        expect(await main(user.page).getByRole('tab').count()).toBe(0);
      }
      expect(await accessibilityProblems(user.page)).toEqual([]);
      await user.context.close();
    }
  });

  it('are read, and not set, by an Operations Administrator', async () => {
    const user = await as('Operations Administrator', '/settings');
    const field = user.page.getByRole('textbox', { name: 'Session without a request' });
    await field.waitFor();
    expect(await field.isDisabled()).toBe(true);
    expect(await user.page.getByRole('switch', { name: 'A second factor is required' }).isDisabled()).toBe(
      true,
    );
    expect(await accessibilityProblems(user.page)).toEqual([]);
    await user.open('/mail');
    await user.page.getByText('No mail yet').waitFor();
    expect(await user.page.getByRole('button', { name: 'Send the test' }).count()).toBe(0);
    await user.open('/terms');
    await user.page.getByText('No terms of service yet').waitFor();
    expect(await user.page.getByRole('link', { name: 'Publish a version' }).count()).toBe(0);
    await user.context.close();
  });

  it('are switched, entered and chosen, each saved by itself, and set back', async () => {
    await page.getByRole('switch', { name: 'People change their own e-mail address' }).click({ force: true });
    await eventually(() => storedValue('ownEmailChangeAllowed')).toBe(true);
    const idle = page.getByRole('textbox', { name: 'Session without a request' });
    await idle.fill('0');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await region(page, 'Signing in').getByRole('alert').waitFor();
    expect(await storedValue('sessionIdleMinutes')).toBe(30);
    await idle.fill('45');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await eventually(() => storedValue('sessionIdleMinutes')).toBe(45);
    await region(page, 'Signing in').getByText('Changed', { exact: true }).waitFor();
    expect(await inBothSchemes(page, 'settings')).toEqual([]);
    await page
      .getByRole('button', { name: 'Back to the default (30 minutes): Session without a request' })
      .click();
    await eventually(() => storedValue('sessionIdleMinutes')).toBe(30);
    await eventually(() => idle.inputValue()).toBe('30');
    await page.getByRole('combobox', { name: 'Encryption' }).click();
    await page.getByRole('option', { name: 'tls', exact: true }).click();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await eventually(() => storedValue('mailServerSecurity')).toBe('tls');
    await page.getByRole('button', { name: 'Back to the default (starttls): Encryption' }).click();
    await eventually(() => storedValue('mailServerSecurity')).toBe('starttls');
  });

  it('are searched, and keep what is entered while one does', async () => {
    await page.getByRole('textbox', { name: 'Longest session' }).fill('24');
    await page.getByRole('heading', { level: 1 }).focus();
    await page.keyboard.press('/');
    await page.keyboard.type('password serv');
    await page.waitForURL(/search=password/);
    await region(page, 'Mail').waitFor();
    expect(await region(page, 'Signing in').count()).toBe(0);
    await page.getByRole('textbox', { name: 'Search settings' }).fill('nothing like that');
    await page.getByText('No setting is called so').waitFor();
    await page.getByRole('textbox', { name: 'Search settings' }).fill('');
    expect(await page.getByRole('textbox', { name: 'Longest session' }).inputValue()).toBe('24');
    // To leave is asked about first.
    await page.getByRole('link', { name: 'Licence' }).click();
    await page.getByRole('dialog', { name: 'Leave without saving?' }).waitFor();
    await page.getByRole('button', { name: 'Go on editing' }).click();
  });

  it('show both values where somebody else changed the same setting meanwhile', async () => {
    const { app } = console;
    await setSetting(app, app.operator, { name: 'sessionAbsoluteHours', value: 8 });
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('row', { name: 'Longest session 8 hours 24 hours' }).waitFor();
    expect(await storedValue('sessionAbsoluteHours')).toBe(8);
    expect(await accessibilityProblems(page)).toEqual([]);
    await picture(page, 'settings-meanwhile-light');
    await page.getByRole('button', { name: 'Take what is stored' }).click();
    await eventually(() => page.getByRole('textbox', { name: 'Longest session' }).inputValue()).toBe('8');
    expect(await page.getByRole('button', { name: 'Save', exact: true }).count()).toBe(0);
  });

  it('take a secret, and never show it again', async () => {
    const secret = page.getByLabel('Password at the mail server', { exact: true });
    await secret.fill('hunter2-hunter2');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page
      .getByRole('button', { name: 'Back to the default (none): Password at the mail server' })
      .waitFor();
    await eventually(() => secret.inputValue()).toBe('');
    expect(await secret.getAttribute('placeholder')).toContain('not shown');
    await page.reload();
    await secret.waitFor();
    expect(await secret.inputValue()).toBe('');
    expect(await page.content()).not.toContain('hunter2');
    await page
      .getByRole('button', { name: 'Back to the default (none): Password at the mail server' })
      .click();
    await eventually(() => secret.getAttribute('placeholder')).toBe('None');
  });

  it('send a test mail, and tell what the mail server answered', async () => {
    await administrator.open('/mail');
    const test = region(page, 'Test of the mail server');
    await test.getByRole('button', { name: 'Send the test' }).click();
    await test.getByRole('alert').waitFor();
    await useMailServer(console.app, mailServer);
    await test.getByRole('textbox').fill('postmaster@example.org');
    await test.getByRole('button', { name: 'Send the test' }).click();
    await test.getByText('The mail server took it:').waitFor();
    expect(mailServer.received.at(-1)?.to).toEqual(['postmaster@example.org']);
    mailServer.behave = { refuseRecipient: '550 No such mailbox' };
    await test.getByRole('button', { name: 'Send the test' }).click();
    await test.getByText('It was not sent:').waitFor();
    expect(await inBothSchemes(page, 'mail-test')).toEqual([]);
  });

  it('show mails in each state, and send again what was given up', async () => {
    await createUser(console.app, console.app.operator, {
      organization: organization.id,
      email: 'ida@example.org',
      firstName: 'Ida',
      lastName: 'Rhodes',
      organizationRole: 'Standard User',
      invite: true,
    });
    await eventually(async () => {
      await administrator.open('/mail?state=failed');
      return await page.getByRole('row', { name: /ida@example.org/ }).count();
    }).toBe(1);
    const row = page.getByRole('row', { name: /ida@example.org/ });
    await row.getByText('Given up').waitFor();
    await row.getByText(/No such mailbox/).waitFor();
    expect(await inBothSchemes(page, 'mail')).toEqual([]);
    await page.setViewportSize({ width: 380, height: 760 });
    await picture(page, 'mail-phone');
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.getByRole('radio', { name: 'All' }).press('Space');
    await page.waitForURL((url) => !url.search.includes('state'));
    mailServer.behave = {};
    await row.getByRole('button', { name: 'Send now to ida@example.org' }).click();
    await eventually(() => mailServer.received.some(({ to }) => to.includes('ida@example.org'))).toBe(true);
    await eventually(async () => {
      await administrator.open('/mail');
      return await row.getByText('Sent', { exact: true }).count();
    }).toBe(1);
    expect(await row.getByRole('button').count()).toBe(0);
  });

  it('publish terms of service, version by version, and show who accepted which', async () => {
    await administrator.open('/terms');
    expect(await inBothSchemes(page, 'terms-empty')).toEqual([]);
    await page.getByRole('link', { name: 'Publish a version' }).click();
    const drawer = page.getByRole('dialog', { name: 'Publish a version' });
    const publish = drawer.getByRole('button', { name: 'Publish', exact: true });
    expect(await publish.isDisabled()).toBe(true);
    await drawer.getByRole('textbox', { name: 'The terms' }).fill('Be kind.\nReport what you see.');
    // What is written is not lost by accident.
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Leave without saving?' }).waitFor();
    await page.getByRole('button', { name: 'Go on editing' }).click();
    await publish.click();
    await page.getByText('Version 1 is published').waitFor();
    await publishTerms(console.app, console.app.operator, { text: 'Be kinder.' });
    await page.reload();
    const table = page.getByRole('table', { name: 'Versions of the terms of service' });
    await eventually(() => table.getByRole('row').count()).toBe(3);
    await table.getByRole('row', { name: /^1/ }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Version 1' }).getByText('Report what you see.').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('tab', { name: 'Acceptances' }).click();
    await page.getByText('Nobody has accepted any terms yet').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  it('leave no error behind', () => {
    expect(console.troubles).toEqual([]);
  });
});
