import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUser } from '../../server/features/account-creation/people.service.ts';
import { createUserGroup } from '../../server/features/groups/groups.service.ts';
import { createTaxiiService } from '../../server/features/taxii-services/taxii-services.service.ts';
import { newOrganization, newPersonWithPassword, type Person } from '../../server/testing/builders.ts';
import {
  accessibilityProblems,
  type ConsoleUser,
  openTestConsole,
  picture,
  type TestConsole,
} from './console.ts';

/** The forms that create accounts, as the two articles have them: who may set what, what comes of it, what is refused. */
describe('creating accounts in the console', () => {
  let console: TestConsole;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let administrator: ConsoleUser;
  beforeAll(async () => {
    console = await openTestConsole();
    const { app } = console;
    organization = await newOrganization(app, { users: 20, apiUsers: 20, taxiiUsers: 20 });
    await createTaxiiService(app, app.operator, { name: 'Archive', path: 'archive' });
    await createUserGroup(app, app.operator, { organization: organization.id, name: 'Night shift' });
    administrator = await signedIn('Organization Administrator');
  });
  afterAll(async () => {
    expect(console.troubles).toEqual([]);
    await console.close();
  });

  const signedIn = async (person: Person, options = {}) => {
    const user = await console.newUser(options);
    await user.signIn(await newPersonWithPassword(console.app, person, organization), membership());
    return user;
  };
  const membership = (search = '') => `/organizations/${organization.id}/membership${search}`;
  const formAt = async ({ page, open }: ConsoleUser, kind: string) => {
    await open(`${membership()}/new/${kind}`);
    await page.getByRole('dialog').getByRole('form').waitFor();
    return page.getByRole('dialog');
  };
  const choose = async (page: Page, label: string | RegExp, option: string) => {
    await page.getByRole('combobox', { name: label }).click();
    await page.getByRole('option', { name: option, exact: true }).click();
  };
  let number = 0;
  const fresh = (what: string) => `${what}.${++number}@example.com`;
  const fillPerson = async (page: Page, email: string) => {
    await page.getByLabel(/^E-mail address/).fill(email);
    await page.getByLabel(/^First name/).fill('Jane');
    await page.getByLabel(/^Last name/).fill('Doe');
  };
  const store = async (page: Page) => {
    const panel = page.getByRole('dialog', { name: /(credentials|invitation) of/ });
    await panel.getByLabel('I have stored it').check();
    await panel.getByRole('button', { name: 'Done' }).click();
  };
  /** The labels of everything that can be filled in. */
  const labels = async (page: Page) =>
    await page
      .getByRole('dialog')
      .evaluate((dialog) =>
        [...dialog.querySelectorAll<HTMLInputElement>('form input:not([type="hidden"])')]
          .map((input) => input.labels?.[0]?.textContent?.replace(/\s*\*$/, '') ?? '')
          .filter((label) => label !== ''),
      );

  it('an Organization Administrator creates a user: the password is shown once, and the table is as it was', async () => {
    const { page, open } = administrator;
    await open(membership('?search=jane&sort=-userName'));
    await page.goto(page.url().replace('/membership?', '/membership/new/user?'));
    await page.getByRole('form', { name: 'Create user' }).waitFor();
    expect(await labels(page)).toEqual([
      'E-mail address',
      'First name',
      'Last name',
      'Organization role',
      'User groups',
      'Invitation',
      'Generated',
      'Typed',
      'Password reset required',
      'Multi-factor authentication reset required',
      'Send account info e-mail',
      'Locked',
      'Disabled',
      'Log out after',
      'Time zone',
      'Summary e-mail time',
    ]);
    const email = fresh('jane');
    await fillPerson(page, email);
    await choose(page, /^Organization role/, 'Standard User');
    const summary = page.getByRole('region', { name: 'What comes of it' });
    await summary.getByText('Standard User').waitFor();
    expect(await summary.innerText()).toMatch(/After saving, \d+ of 20 users are taken/);
    expect(await page.getByLabel('Command', { exact: true }).innerText()).toContain(
      `./taxiway user create ${email}`,
    );
    expect(await accessibilityProblems(page)).toEqual([]);
    await picture(page, 'create-user-light');
    await page.getByRole('button', { name: 'Create user' }).click();
    const panel = page.getByRole('dialog', { name: /credentials of/ });
    await panel.waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await picture(page, 'one-time-secrets-light');
    await store(page);
    await page.getByText(`The user ${email} is created`).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await picture(page, 'created-user-light');
    await page.getByRole('button', { name: 'Back to the accounts' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(new URL(page.url()).search).toContain('search=jane');
    expect(new URL(page.url()).search).toContain('sort=-userName');
  });

  it('the panel of a password cannot be lost: not by Esc, by a click beside it, by another screen', async () => {
    const { page, open } = administrator;
    await open(membership());
    await page
      .getByRole('link', { name: 'Create user' })
      .or(page.getByRole('button', { name: 'Create user' }))
      .first()
      .click();
    await page.getByRole('form', { name: 'Create user' }).waitFor();
    const email = fresh('kept');
    await fillPerson(page, email);
    await choose(page, /^Organization role/, 'Standard User');
    await page.getByRole('form').getByRole('button', { name: 'Create user' }).click();
    const panel = page.getByRole('dialog', { name: /credentials of/ });
    await panel.waitFor();
    expect(await panel.getByRole('button', { name: 'Done' }).isDisabled()).toBe(true);
    const hidden = panel.getByRole('group', { name: 'Password, hidden' });
    expect(await hidden.innerText()).toMatch(/^•+$/);
    await panel.getByRole('button', { name: 'Show Password' }).click();
    const password = await panel.getByRole('group', { name: 'Password', exact: true }).innerText();
    expect(password.length).toBeGreaterThan(15);
    await panel.getByRole('button', { name: 'Copy Password' }).click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(password);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      panel
        .getByRole('button', { name: 'Download' })
        .click()
        .then(() => page.getByRole('menuitem', { name: /\.env/ }).click()),
    ]);
    expect(download.suggestedFilename()).toBe(`taxiway-${email}.env`);

    await page.keyboard.press('Escape');
    await panel.getByText('Not stored yet').waitFor();
    await page.mouse.click(3, 3);
    expect(await panel.isVisible()).toBe(true);
    await page.evaluate(() => history.back());
    await page.waitForURL(/new\/user/);
    expect(await panel.isVisible()).toBe(true);
    const asked = new Promise<string>((done) =>
      page.once('dialog', (dialog) => void dialog.dismiss().then(() => done(dialog.type()))),
    );
    void page.reload().catch(() => undefined);
    expect(await asked).toBe('beforeunload');
    expect(await panel.getByRole('group', { name: 'Password', exact: true }).innerText()).toBe(password);

    await store(page);
    await page.getByText(`The user ${email} is created`).waitFor();
    const left = await page.evaluate(() =>
      JSON.stringify([document.documentElement.outerHTML, location.href, history.state, { ...localStorage }]),
    );
    expect(left).not.toContain(password);
    const visitor = await console.newUser();
    await visitor.signIn({ userName: email, password }, '/sign-in');
    await visitor.context.close();
  });

  it('an invitation is passed on where no mail is sent, and the next form is empty', async () => {
    const { page } = administrator;
    await formAt(administrator, 'user');
    const email = fresh('invited');
    await fillPerson(page, email);
    await choose(page, /^Organization role/, 'Sharing User');
    await page.getByLabel('Invitation').check();
    expect(await labels(page)).not.toContain('Password reset required');
    await page.getByText('The invitation is shown to you once').waitFor();
    await page.getByRole('button', { name: 'Create and add another' }).click();
    const panel = page.getByRole('dialog', { name: `The invitation of ${email}` });
    await panel.getByText(/^Pass the link on to the person/).waitFor();
    await panel.getByRole('button', { name: 'Show Invitation' }).click();
    expect(await panel.getByRole('group', { name: 'Invitation', exact: true }).innerText()).toContain(
      '/link#',
    );
    await store(page);
    await page.getByText(`${email} is created.`).waitFor();
    expect(await page.getByLabel(/^E-mail address/).inputValue()).toBe('');
  });

  it('a Read Only User takes no seat; an API user is given a key and a token, which work', async () => {
    const { page } = administrator;
    const dialog = await formAt(administrator, 'read-only-user');
    await dialog.getByText('It takes none.').waitFor();
    const email = fresh('reader');
    await fillPerson(page, email);
    await choose(page, /^Organization role/, 'Read Only Commenter');
    await page.getByRole('button', { name: 'Create read-only user' }).click();
    await store(page);
    await page.getByText(`The read-only user ${email} is created`).waitFor();

    await formAt(administrator, 'api-user');
    expect(await labels(page)).toEqual([
      'First name',
      'Last name',
      'Contact e-mail address',
      'Organization role',
      'Include in observations and false positives',
      'Allow user to exceed API link limit',
      'Token expiration (days)',
      'Disabled',
    ]);
    await page.getByLabel(/^First name/).fill('Ticket');
    await page.getByLabel(/^Last name/).fill('Sync');
    await choose(page, /^Organization role/, 'Standard User');
    await page.getByLabel(/^Token expiration/).fill('30');
    await picture(page, 'create-api-user-light');
    await page.getByRole('button', { name: 'Create API user and generate token' }).click();
    const panel = page.getByRole('dialog', { name: /credentials of/ });
    await panel.getByRole('button', { name: 'Test these credentials' }).click();
    await panel.getByText('Secret Key: it works').waitFor();
    await panel.getByText('Token: it works').waitFor();
    expect(await panel.getByText(/\(Ticket Sync\)/).count()).toBe(2);
    await store(page);
    await page.getByText(/^The API user .* is created$/).waitFor();
  });

  it('the service of a TAXII user comes first; its credentials really poll, and its connection is shown', async () => {
    const { page } = administrator;
    const dialog = await formAt(administrator, 'taxii-user');
    expect(await labels(page)).toEqual(['TAXII service']);
    expect(await accessibilityProblems(page)).toEqual([]);
    await choose(page, /^TAXII service/, 'Intelligence (/intel/)');
    await dialog.getByLabel(/^User name/).fill('partner-siem');
    expect(await labels(page)).toEqual([
      'TAXII service',
      'User name',
      'Contact e-mail address',
      'Only these owners',
      'Generated',
      'Typed',
      'Make an API key as well',
      'Locked',
      'Disabled',
    ]);
    expect(await page.getByLabel('Command', { exact: true }).innerText()).toContain('--service Intelligence');
    // Fixed for the kind: said, and not to be filled in.
    for (const text of [
      'Pseudonym',
      'Organization role',
      'It is created automatically, and cannot be edited.',
    ])
      await dialog.getByText(text, { exact: true }).waitFor();
    await picture(page, 'create-taxii-user-light');
    await dialog.getByRole('button', { name: 'Create TAXII user' }).click();
    const panel = page.getByRole('dialog', { name: /credentials of/ });
    const objects = `/intel/collections/${organization.collectionId}/objects/`;
    const polled: string[] = [];
    page.on('response', (response) => {
      const { pathname } = new URL(response.url());
      if (/^\/(taxii2|intel)\//.test(pathname)) polled.push(`${response.status()} ${pathname}`);
    });
    await panel.getByRole('button', { name: 'Test this credential' }).click();
    await panel.getByText('Password: it works').waitFor();
    expect(polled).toEqual(
      ['/taxii2/', '/intel/', '/intel/collections/', objects].map((path) => `200 ${path}`),
    );
    await store(page);
    const card = page.getByRole('region', { name: 'Connection' });
    await card.getByText(`${console.url}/taxii2/`).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await picture(page, 'created-taxii-user-light');
  });

  it('refusals stand at the field: a name that is taken, an address that is none, a weak password', async () => {
    const { page } = administrator;
    const taken = fresh('taken');
    await createUser(console.app, console.app.operator, {
      organization: organization.id,
      email: taken,
      firstName: 'T',
      lastName: 'T',
      organizationRole: 'Standard User',
    });
    await formAt(administrator, 'user');
    await page.getByRole('button', { name: 'Create user' }).click();
    for (const text of ['E-mail address is needed.', 'First name is needed.', 'Organization role is needed.'])
      await page.getByText(text).waitFor();
    await fillPerson(page, taken);
    await choose(page, /^Organization role/, 'Standard User');
    await page.getByRole('button', { name: 'Create user' }).click();
    await page
      .getByText(/is already in use/)
      .first()
      .waitFor();
    expect(await page.getByLabel(/^E-mail address/).getAttribute('aria-invalid')).toBe('true');
    await page.getByLabel(/^E-mail address/).fill('no address');
    await page.getByLabel('Typed').check();
    await page
      .getByLabel(/^Password/)
      .first()
      .fill('short');
    await page.getByRole('button', { name: 'Create user' }).click();
    await page.getByRole('alert').waitFor();
    expect(await page.getByLabel(/^E-mail address/).getAttribute('aria-invalid')).toBe('true');
    // What was typed is not lost by accident.
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('dialog', { name: 'Leave without saving?' }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Go on editing' }).click();
    expect(await page.getByLabel(/^First name/).inputValue()).toBe('Jane');
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'Leave without saving' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('the address of a form that there is not leads to the table, and says so', async () => {
    const { page, open } = administrator;
    await open(`${membership()}/new/nonsense`);
    await page.getByText('There is no form at this address.').waitFor();
    await page.waitForURL(/\/membership$/);
    expect(await page.getByRole('dialog').count()).toBe(0);
  });

  it('where the limit is reached the drawer says so, and creates nothing', async () => {
    const { app } = console;
    const full = await newOrganization(app, { users: 20, apiUsers: 0, taxiiUsers: 0 });
    const user = await console.newUser();
    await user.signIn(
      await newPersonWithPassword(app, 'Organization Administrator', full),
      `/organizations/${full.id}/membership/new/api-user`,
    );
    const { page } = user;
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').innerText()).toMatch(/No API user can be created now/);
    const form = page.getByRole('form');
    expect(await form.getByRole('button', { name: 'Create API user' }).isDisabled()).toBe(true);
    expect(await form.getByRole('button', { name: 'Create and add another' }).isDisabled()).toBe(true);
    await picture(page, 'create-limit-reached-light');
    await user.context.close();
  });

  it.each(['Operations Administrator', 'Administrator'] as const)(
    'the %s may choose the System role, and Super User forces Organization Administrator',
    async (role) => {
      const user = await signedIn(role);
      const { page } = user;
      await formAt(user, 'user');
      const all = await labels(page);
      for (const label of ['Pseudonym', 'System role', 'Custom TQL timeout']) expect(all).toContain(label);
      await choose(page, /^System role/, 'Super User');
      await page.getByText('Every Super User is Organization Administrator.').waitFor();
      expect(await page.getByRole('combobox', { name: /^Organization role/ }).count()).toBe(0);
      await choose(page, /^System role/, 'Read Only User');
      await page.getByText('It becomes a read-only user').waitFor();
      await choose(page, /^System role/, 'User');
      await fillPerson(page, fresh('by'));
      await choose(page, /^Organization role/, 'Standard User');
      await page.getByRole('button', { name: 'Create user' }).click();
      await store(page);
      await page.getByText(/^The user .* is created$/).waitFor();
      await user.context.close();
    },
  );

  it('the Accounts Administrator creates users without choosing a System role', async () => {
    const user = await signedIn('Accounts Administrator');
    const { page } = user;
    await formAt(user, 'user');
    expect(await labels(page)).not.toContain('System role');
    await fillPerson(page, fresh('accounts'));
    await choose(page, /^Organization role/, 'Organization Administrator');
    await page.getByRole('button', { name: 'Create user' }).click();
    await store(page);
    await page.getByText(/^The user .* is created$/).waitFor();
    await user.context.close();
  });

  it('who may not create accounts is told so at the address of the form', async () => {
    const user = await console.newUser();
    await user.signIn(
      await newPersonWithPassword(console.app, 'Standard User', organization),
      `${membership()}/new/user`,
    );
    await user.page.getByText('You may not see this').first().waitFor();
    expect(await user.page.getByRole('button', { name: 'Create user' }).count()).toBe(0);
    await user.context.close();
  });

  it('in the dark', async () => {
    const dark = await signedIn('Organization Administrator', { scheme: 'dark' });
    await formAt(dark, 'user');
    expect(await accessibilityProblems(dark.page)).toEqual([]);
    await picture(dark.page, 'create-user-dark');
    await dark.context.close();
  });

  it('on a phone', async () => {
    const phone = await signedIn('Organization Administrator', { viewport: { width: 360, height: 740 } });
    await formAt(phone, 'taxii-user');
    await picture(phone.page, 'create-taxii-user-phone');
    await choose(phone.page, /^TAXII service/, 'Intelligence (/intel/)');
    await phone.page.getByLabel(/^User name/).fill('phone');
    const overflow = await phone.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBeLessThanOrEqual(0);
    await phone.context.close();
  });
});
