import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../../server/db/transaction.ts';
import { editAccount } from '../../server/features/account-changes/editing.service.ts';
import { createApiUser } from '../../server/features/account-creation/api-users.service.ts';
import { createReadOnlyUser, createUser } from '../../server/features/account-creation/people.service.ts';
import { createTaxiiUser } from '../../server/features/account-creation/taxii-users.service.ts';
import { insertAccount } from '../../server/features/accounts/accounts.store.ts';
import { createUserGroup } from '../../server/features/groups/groups.service.ts';
import { setSetting } from '../../server/features/settings/settings.service.ts';
import { accountRow } from '../../server/testing/accounts.ts';
import { newOrganization, newPersonWithPassword } from '../../server/testing/builders.ts';
import {
  accessibilityProblems,
  type ConsoleUser,
  openTestConsole,
  picture,
  type TestConsole,
} from './console.ts';

/** A busy machine is slow. */
const eventually: typeof expect.poll = (work) => expect.poll(work, { timeout: 10_000 });
const DAY_MS = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();

/** Cells of the first column of the table: who stands there. */
const names = (page: Page) =>
  page.getByRole('table', { name: 'Accounts' }).getByRole('row').locator('td a').allInnerTexts();
const table = (page: Page) => page.getByRole('table', { name: 'Accounts' });
const rowOf = (page: Page, name: string) => page.getByRole('row', { name });

describe('the membership of an organization in the console', () => {
  let console: TestConsole;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let user: ConsoleUser;
  let page: Page;
  const address = () => `/organizations/${organization.id}/membership`;
  const email = (name: string) => `${name}.${organization.id}@example.com`;
  /** Once the table shows what it was asked for. */
  const loaded = () => page.locator('table[aria-busy="false"]').first().waitFor();

  beforeAll(async () => {
    console = await openTestConsole();
    const { app } = console;
    organization = await newOrganization(app, { users: 12, apiUsers: 1, taxiiUsers: 5 });
    const of = { organization: organization.id };
    const person = { ...of, firstName: 'Grace', lastName: 'Hopper' };
    const grace = await createUser(app, app.operator, {
      ...person,
      email: email('grace'),
      organizationRole: 'Sharing User',
    });
    await createUser(app, app.operator, {
      ...of,
      firstName: 'Alan',
      lastName: 'Turing',
      email: email('alan'),
      organizationRole: 'Standard User',
      invite: true,
    });
    const locked = await createUser(app, app.operator, {
      ...of,
      firstName: 'Annie',
      lastName: 'Easley',
      email: email('annie'),
      organizationRole: 'Standard User',
      expiresAt: inDays(12),
    });
    await editAccount(app, app.operator, { account: locked.id, changes: { locked: true } });
    await createReadOnlyUser(app, app.operator, {
      ...of,
      firstName: 'Joan',
      lastName: 'Clarke',
      email: email('joan'),
      expiresAt: inDays(9),
    });
    await createApiUser(app, app.operator, {
      ...of,
      firstName: 'Ticket',
      lastName: 'System',
      organizationRole: 'Standard User',
      tokenExpirationDays: 20,
    });
    await createTaxiiUser(app, app.operator, { ...of, userName: `siem-${organization.id}` });
    await createUserGroup(app, app.operator, { ...of, name: 'Night shift', members: [grace.id] });
    const administrator = await newPersonWithPassword(app, 'Organization Administrator', organization);
    user = await console.newUser();
    await user.signIn(administrator);
    page = user.page;
  }, 60_000);
  afterAll(async () => {
    expect(console.troubles).toEqual([]);
    await console.close();
  });

  it('shows an Organization Administrator how many more fit, and every account with its state', async () => {
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Membership' }).click();
    await page.getByRole('heading', { level: 1, name: 'Membership' }).waitFor();
    await loaded();
    const apiUsers = page.getByRole('region', { name: 'API users' });
    expect(await apiUsers.getByRole('meter').getAttribute('aria-valuetext')).toBe('1 of 1');
    const users = page.getByRole('region', { name: 'Users', exact: true });
    expect(await users.getByRole('meter').getAttribute('aria-valuetext')).toContain('invited');
    await rowOf(page, 'alan').getByText('Invited').waitFor();
    await page.getByText('8 accounts', { exact: true }).waitFor();
    expect(await rowOf(page, 'annie').innerText()).toContain('Locked');
    // Who may not see System roles finds no trace of them.
    expect(await page.getByRole('columnheader', { name: 'System role' }).count()).toBe(0);
  });

  it('does not offer what the limit does not allow, and says why', async () => {
    const button = page
      .getByRole('region', { name: 'API users' })
      .getByRole('button', { name: /Create API user/ });
    expect(await button.getAttribute('aria-disabled')).toBe('true');
    expect(await button.innerText()).toContain('may have 1 API users and has 1');
    await page.keyboard.press('n');
    const item = page.getByRole('menuitem', { name: /API user/ });
    await item.waitFor();
    expect(await item.isDisabled()).toBe(true);
    await page.getByRole('menuitem', { name: /TAXII user/ }).click();
    await page.waitForURL(/\/membership\/new\/taxii/);
    await user.open(address());
    await loaded();
  });

  it('searches from the keyboard, and keeps filters and order in the address', async () => {
    await page.keyboard.press('/');
    await page.keyboard.type('hopper');
    await page.waitForURL(/search=hopper/);
    await loaded();
    await eventually(() => names(page)).toEqual([email('grace')]);
    await page.getByRole('button', { name: 'Clear the search' }).click();
    await page.waitForURL((url) => !url.search.includes('search'));
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.getByRole('combobox', { name: 'User group' }).click();
    await page.getByRole('option', { name: 'Night shift' }).click();
    await page.waitForURL(/group=/);
    await eventually(() => names(page)).toEqual([email('grace')]);
    expect(await accessibilityProblems(page)).toEqual([]);
    await picture(page, 'membership-filters-light');
    await page.keyboard.press('Escape');
    await page.getByText('User group: Night shift').waitFor();
    await page.reload();
    await page.getByText('User group: Night shift').waitFor();
    await page.getByRole('button', { name: 'Remove the filter User group: Night shift' }).click();
    await eventually(async () => (await names(page)).length).toBeGreaterThan(5);
    await page.getByRole('button', { name: 'User name' }).click();
    await page.waitForURL(/sort=-userName/);
    await eventually(async () => (await names(page))[0]).toContain('siem');
    // What the server does not understand is as if it were not there.
    await user.open(`${address()}?state=frozen&sort=shoeSize`);
    await loaded();
    expect((await names(page)).length).toBeGreaterThan(5);
  });

  it('leads from the search to the rows by the arrow, and back to the row that was opened', async () => {
    await user.open(address());
    await loaded();
    await page.keyboard.press('/');
    await page.keyboard.type('hopper');
    await page.keyboard.press('ArrowDown');
    const isAtRow = "document.activeElement?.matches('tr') && document.activeElement.textContent";
    await eventually(() => page.evaluate<string>(isAtRow)).toContain(email('grace'));
    expect(page.url()).toContain('search=hopper');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Grace Hopper' }).waitFor();
    await page.goBack();
    await eventually(() => page.evaluate<string>(isAtRow)).toContain(email('grace'));
    await user.open(address());
    await loaded();
    // All of it is in sight on a small screen.
    const isWide =
      "[...document.querySelectorAll('table')].some(({ parentElement }) => parentElement?.parentElement && parentElement.parentElement.scrollWidth > parentElement.parentElement.clientWidth)";
    expect(await page.evaluate<boolean>(isWide)).toBe(false);
  });

  it('waits in the search for the rows that were asked for, and says once how many there are', async () => {
    await user.open(address());
    await loaded();
    const status = page.getByRole('status').filter({ hasText: /account/ });
    await status.waitFor();
    await page.evaluate(() => {
      const region = [...document.querySelectorAll('[role="status"]')].find((each) =>
        each.textContent?.includes('account'),
      );
      if (region === undefined) return;
      const said: (string | null)[] = [];
      Object.assign(window, { said });
      new MutationObserver(() => said.push(region.textContent)).observe(region, {
        characterData: true,
        childList: true,
        subtree: true,
      });
    });
    const said = () => page.evaluate<string[]>('said');
    const slowly = '**/accounts?**';
    let count = 0;
    await page.route(slowly, async (route) => {
      // The number of all of them comes before the rows, or after them.
      const isTotal = route.request().url().includes('total=true');
      await delay(isTotal === count++ < 2 ? 700 : 1000);
      await route.continue();
    });
    const focused = () =>
      page.evaluate<string>(
        "document.activeElement.matches('tr') ? document.activeElement.textContent : document.activeElement.tagName",
      );
    await page.keyboard.press('/');
    await page.keyboard.type('hopper');
    await page.keyboard.press('ArrowDown');
    expect(await focused()).toBe('INPUT');
    await page.waitForURL(/search=hopper/);
    expect(await focused()).toBe('INPUT');
    await eventually(focused).toContain(email('grace'));
    await eventually(said).toEqual(['1 account']);

    await page.keyboard.press('/');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('nobody at all');
    await page.keyboard.press('ArrowDown');
    await status.filter({ hasText: 'No account found' }).waitFor({ state: 'attached' });
    expect(await focused()).toBe('INPUT');
    await eventually(said).toEqual(['1 account', 'No account found']);
    await page.unroute(slowly);
  });

  it('has views, and keeps those that somebody makes', async () => {
    await user.open(address());
    const views = page.getByRole('navigation', { name: 'Views' });
    await views.getByRole('link', { name: 'TAXII' }).click();
    await eventually(() => names(page)).toEqual([`siem-${organization.id}`]);
    expect(await views.getByRole('link', { name: 'TAXII' }).getAttribute('aria-current')).toBe('page');
    await views.getByRole('link', { name: 'Locked' }).click();
    await eventually(() => names(page)).toEqual([email('annie')]);
    await user.open(`${address()}?kind=user&search=example`);
    await page.getByRole('button', { name: 'Keep as a view' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('Our people');
    await page.getByRole('button', { name: 'Keep view' }).click();
    await user.open(address());
    await views.getByRole('link', { name: 'Our people' }).click();
    await page.waitForURL(/search=example/);
  });

  it('shows the views that somebody made to nobody else who uses the browser', async () => {
    const [someone, other] = [
      await newPersonWithPassword(console.app, 'Organization Administrator', organization),
      await newPersonWithPassword(console.app, 'Organization Administrator', organization),
    ];
    const shared = await console.newUser();
    const views = shared.page.getByRole('navigation', { name: 'Views' });
    await shared.signIn(someone, `${address()}?search=annie`);
    await shared.page.getByRole('button', { name: 'Keep as a view' }).click();
    await shared.page.getByRole('dialog').getByLabel('Name').fill('About Annie');
    await shared.page.getByRole('button', { name: 'Keep view' }).click();
    await views.getByRole('link', { name: 'About Annie' }).waitFor();
    // The session ends without a sign-out, which would clear what the browser keeps.
    await shared.context.clearCookies();
    await shared.signIn(other, address());
    await views.getByRole('link', { name: 'Locked' }).waitFor();
    expect(await views.getByRole('link', { name: 'About Annie' }).count()).toBe(0);
    await shared.context.clearCookies();
    await shared.signIn(someone, address());
    await views.getByRole('link', { name: 'About Annie' }).waitFor();
    await shared.context.close();
  });

  it('exports what the present filters find', async () => {
    await user.open(`${address()}?kind=taxii`);
    await loaded();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export CSV' }).click(),
    ]);
    const csv = await readFile(await download.path(), 'utf8');
    expect(csv).toContain(`taxii,siem-${organization.id}`);
    expect(csv).not.toContain('grace');
  });

  it('shows the columns that somebody chooses, and remembers them', async () => {
    await user.open(address());
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('checkbox', { name: 'Pseudonym' }).check();
    await page.keyboard.press('Escape');
    await page.getByRole('columnheader', { name: 'Pseudonym' }).waitFor();
    await page.reload();
    await page.getByRole('columnheader', { name: 'Pseudonym' }).waitFor();
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('button', { name: 'Show the usual ones' }).click();
    await page.keyboard.press('Escape');
  });

  it('disables and enables an account from its row, with what it brings with it', async () => {
    await user.open(address());
    await page.getByRole('button', { name: `Actions for ${email('grace')}` }).click();
    await page.getByRole('menuitem', { name: 'Disable' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Disable' }).click();
    await dialog.waitFor({ state: 'detached' });
    await rowOf(page, 'grace')
      .getByText(/^Disabled/)
      .waitFor();
    // Nobody may disable the own account: the row does not offer it.
    await page
      .getByRole('button', { name: /Actions for organization\.administrator/ })
      .last()
      .click();
    await page.getByRole('menuitem', { name: 'Open its page' }).waitFor();
    await page.keyboard.press('Escape');
  });

  it('does it to several, one after the other, and tells which were refused', async () => {
    await user.open(`${address()}?kind=user,read_only`);
    await page.getByRole('checkbox', { name: `Select ${email('grace')}` }).check();
    await page.getByRole('checkbox', { name: `Select ${email('alan')}` }).check();
    await page.getByRole('checkbox', { name: `Select ${email('joan')}` }).check();
    await page.getByText('3 accounts selected').waitFor();
    await picture(page, 'membership-selected-light');
    await page.getByRole('button', { name: 'Disable 2' }).click();
    // Somebody else is quicker with one of them.
    await editAccount(console.app, console.app.operator, {
      account: email('joan'),
      changes: { lastName: 'Murray' },
    });
    await page.getByRole('dialog').getByRole('button', { name: 'Disable 2 accounts' }).click();
    const report = page.getByRole('alert').filter({ hasText: 'Disabled: 1 account' });
    await report.waitFor();
    expect(await report.innerText()).toContain(email('joan'));
    expect(await accessibilityProblems(page)).toEqual([]);
    await rowOf(page, 'alan')
      .getByText(/^Disabled/)
      .waitFor();
    await report.getByRole('button').click();
  });

  it('opens an account with Enter, and leads to its deletion', async () => {
    await user.open(`${address()}?kind=taxii`);
    const row = table(page).getByRole('row').nth(1);
    await row.focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/accounts\/\d+$/);
    await page.goBack();
    await page.getByRole('button', { name: `Actions for siem-${organization.id}` }).click();
    await page.getByRole('menuitem', { name: 'Delete…' }).click();
    await page.waitForURL(/\/accounts\/\d+\/delete$/);
  });

  it('is a work list of accounts to decide about, where a decision can be taken back', async () => {
    await user.open(`/organizations/${organization.id}/review`);
    const list = page.getByRole('table', { name: 'Expiring accounts' });
    await list.getByText(email('joan')).waitFor();
    await page.getByRole('button', { name: `Disable ${email('joan')}` }).click();
    await list.getByText(email('joan')).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Undo' }).click();
    await list.getByText(email('joan')).waitFor();
    await page.getByRole('button', { name: `Keep ${email('joan')} for longer` }).click();
    await page.getByRole('menuitem', { name: '90 more days' }).click();
    await list.getByText(email('joan')).waitFor({ state: 'detached' });
    await page.getByRole('tab', { name: /Credentials that end soon/ }).click();
    await page.waitForURL(/list=keys/);
    await page.getByRole('button', { name: /Keep .* for now/ }).click();
    await page.getByText('1 account kept for now').waitFor();
    await page.getByRole('button', { name: 'Show again' }).click();
    await page.getByRole('table', { name: 'Credentials that end soon' }).waitFor();
  });

  it('fits a phone', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await user.open(address());
    await loaded();
    await eventually(() => page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
      360,
    );
    expect(await accessibilityProblems(page)).toEqual([]);
    await picture(page, 'membership-phone');
    await user.open(`/organizations/${organization.id}/review`);
    await page.getByRole('tab', { name: /Expiring/ }).waitFor();
    await eventually(() => page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
      360,
    );
    await picture(page, 'review-phone');
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  it('is forbidden to a Standard User, who is not led there', async () => {
    const standard = await newPersonWithPassword(console.app, 'Standard User', organization);
    const other = await console.newUser();
    await other.signIn(standard, address());
    await other.page.getByRole('heading', { name: 'You may not see this' }).waitFor();
    expect(await other.page.getByRole('link', { name: 'Membership' }).count()).toBe(0);
    expect(await other.page.getByRole('button', { name: /Create/ }).count()).toBe(0);
    expect(await accessibilityProblems(other.page)).toEqual([]);
    await picture(other.page, 'membership-forbidden-light');
    await other.open(`/organizations/${organization.id}/review`);
    await other.page.getByRole('heading', { name: 'You may not see this' }).waitFor();
    await other.open('/accounts');
    await other.page.getByRole('heading', { name: 'You may not see this' }).waitFor();
    await other.context.close();
  });

  it('is open to an Accounts Administrator of another organization, until the setting says otherwise', async () => {
    const elsewhere = await newOrganization(console.app);
    const accounts = await newPersonWithPassword(console.app, 'Accounts Administrator', elsewhere);
    const other = await console.newUser();
    await other.signIn(accounts, address());
    await rowOf(other.page, 'siem').waitFor();
    await other.page.getByRole('link', { name: 'Change the limit' }).first().waitFor();
    await other.open('/accounts?search=siem');
    await other.page.getByRole('columnheader', { name: 'Organization', exact: true }).waitFor();
    const setting = { name: 'accountsAdministratorManagesMembers' } as const;
    await setSetting(console.app, console.app.operator, { ...setting, value: false });
    await other.open(address());
    await other.page.getByRole('heading', { name: 'You may not see this' }).waitFor();
    expect(await other.page.getByRole('button', { name: /Create/ }).count()).toBe(0);
    await setSetting(console.app, console.app.operator, { ...setting, value: true });
    await other.context.close();
  });

  it('is walked with the keyboard over 5,000 accounts, page after page', async () => {
    const many = await newOrganization(console.app, { users: 6000 });
    const like = await accountRow(console.app, many.administrator.accountId);
    await inTransaction(console.app.db, async (tx) => {
      for (let index = 0; index < 5000; index++) {
        await insertAccount(tx, {
          kind: 'user',
          organization_id: many.id,
          user_name: `crew.${String(index).padStart(4, '0')}@example.net`,
          pseudonym: `crew-${index}`,
          first_name: 'Crew',
          last_name: `Member ${index}`,
          contact_email: null,
          system_role: 'User',
          organization_role: 'Standard User',
          service_id: null,
          narrowed: 0,
          credential_version: 1,
          locked_at: null,
          disabled_at: null,
          deleted_at: null,
          expires_at: null,
          created_at: like.created_at,
          last_used_at: null,
          last_used_from: null,
        });
      }
    });
    const administrator = await newPersonWithPassword(console.app, 'Organization Administrator', many);
    const other = await console.newUser();
    await other.signIn(administrator, `/organizations/${many.id}/membership`);
    const focused = () =>
      other.page.evaluate<string>(
        `document.activeElement?.closest('tr')?.querySelector('a')?.textContent ?? ''`,
      );
    const found = other.page.getByText(/^1–50 of 5,00\d accounts$/);
    await found.scrollIntoViewIfNeeded();
    await picture(other.page, 'membership-pages');
    await table(other.page).getByRole('row').nth(1).focus();
    await other.page.keyboard.press('End');
    expect(await focused()).toBe('crew.0049@example.net');
    await other.page.keyboard.press('ArrowDown');
    await eventually(focused).toBe('crew.0050@example.net');
    for (const first of ['0100', '0150', '0200']) {
      await other.page.keyboard.press('PageDown');
      await eventually(focused).toBe(`crew.${first}@example.net`);
    }
    await other.page.getByText(/^50 of 5,00\d accounts$/).waitFor();
    await other.page.keyboard.press('ArrowUp');
    await eventually(focused).toBe('crew.0199@example.net');
    await other.page.keyboard.press('Enter');
    await other.page.waitForURL(/\/accounts\/\d+$/);
    await other.page.goBack();
    await other.page.getByText('crew.0199@example.net').waitFor();
    await other.context.close();
  }, 90_000);
});
