import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newOrganization, newPersonWithPassword } from '../../server/testing/builders.ts';
import {
  accessibilityProblems,
  type ConsoleUser,
  inBothSchemes,
  openTestConsole,
  picture,
  type TestConsole,
} from './console.ts';

/** A busy machine is slow. */
const eventually = <T>(work: () => T, message = '') => expect.poll(work, { timeout: 10_000, message });
const OWN = ['Membership', 'User groups', 'Activity', 'Audit trail'];
const SHARING = ['Collections', 'TAXII services', 'Communities', 'Sources'];
const INSTANCE = [
  'Organizations',
  'All accounts',
  'Licence',
  'System settings',
  'Mail',
  'Terms of service',
  'Whole audit trail',
];
/** Where each can go. */
const PLACES = {
  'Read Only User': ['Home', 'User groups', 'Activity', 'Collections', 'Communities', 'Sources'],
  'Standard User': ['Home', 'User groups', 'Activity', 'Collections', 'Communities', 'Sources'],
  'Organization Administrator': ['Home', ...OWN, ...SHARING],
  'Accounts Administrator': ['Home', ...OWN, ...SHARING, 'Organizations', 'All accounts', 'Licence'],
  'Operations Administrator': ['Home', ...OWN, ...SHARING, ...INSTANCE],
  Administrator: ['Home', ...OWN, ...SHARING, ...INSTANCE],
} as const;

const navigation = (page: Page) => page.getByRole('navigation', { name: 'Main' });
const heading = (page: Page, name: string) => page.getByRole('heading', { name, level: 1, exact: true });
/** What has the focus, as it is called. */
const focused = (page: Page) =>
  page.evaluate('document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent');

describe('the way around the console', () => {
  let console: TestConsole;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let somebody: Awaited<ReturnType<typeof newPersonWithPassword>>;
  let user: ConsoleUser;
  let page: Page;
  const as = async (person: keyof typeof PLACES, options = {}) => {
    const someone = await console.newUser(options);
    await someone.signIn(await newPersonWithPassword(console.app, person, organization));
    return someone;
  };

  beforeAll(async () => {
    console = await openTestConsole();
    organization = await newOrganization(console.app, { users: 50 });
    somebody = await newPersonWithPassword(console.app, 'Standard User', organization);
    user = await as('Organization Administrator');
    page = user.page;
  });
  afterAll(() => console.close());

  it('offers everybody the screens that the server shows them, and no other', async () => {
    for (const person of Object.keys(PLACES) as (keyof typeof PLACES)[]) {
      const someone = await as(person);
      await navigation(someone.page).getByRole('link', { name: 'Home' }).waitFor();
      expect(await navigation(someone.page).getByRole('link').allInnerTexts()).toEqual([...PLACES[person]]);
      expect(await navigation(someone.page).locator('[aria-current="page"]').innerText()).toBe('Home');
      await someone.context.close();
    }
  });

  it('answers the addresses of the others with a refusal', async () => {
    for (const address of [
      '/organizations',
      '/accounts',
      '/licence',
      '/settings',
      '/mail',
      '/terms',
      '/audit',
    ]) {
      await user.open(address);
      await eventually(() => page.getByRole('main').innerText(), address).toMatch(
        /You may not see this|There is nothing at this address/,
      );
    }
  });

  it('goes anywhere by the palette, which finds accounts as well', async () => {
    await user.open('/');
    await page.keyboard.press('Control+k');
    const field = page.getByRole('textbox', { name: 'Where to?' });
    await field.waitFor();
    expect(await inBothSchemes(page, 'palette')).toEqual([]);
    await page.keyboard.type('STIX');
    await page.getByRole('button', { name: 'Collections' }).waitFor();
    await page.keyboard.press('Enter');
    await heading(page, 'Collections').waitFor();
    // A screen that is not for this person is not found.
    await page.keyboard.press('Control+k');
    await field.fill('Licence');
    await page.getByText('Nothing is called so').waitFor();
    await field.fill(somebody.userName);
    await page.getByRole('button', { name: new RegExp(somebody.userName) }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL(new RegExp(`/accounts/${somebody.accountId}`));
  });

  it('tells the keys of the screen under a question mark', async () => {
    await user.open(`/organizations/${organization.id}/groups`);
    await page.keyboard.press('Shift+?');
    const help = page.getByRole('dialog', { name: 'Keys on this screen' });
    await help.getByRole('row', { name: /Show this help/ }).waitFor();
    await help.getByRole('row', { name: /Go anywhere/ }).waitFor();
    expect(await inBothSchemes(page, 'keys')).toEqual([]);
    await page.keyboard.press('Escape');
    await help.waitFor({ state: 'detached' });
  });

  it('begins with a link to the content, and moves the focus to the heading of a new screen', async () => {
    await user.open('/');
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    await eventually(() => page.evaluate('document.activeElement.id')).toBe('main');
    await navigation(page).getByRole('link', { name: 'Communities' }).click();
    await heading(page, 'Communities').waitFor();
    await eventually(() => focused(page)).toBe('Communities');
    await navigation(page).getByRole('link', { name: 'Sources' }).press('Enter');
    await eventually(() => focused(page)).toBe('Sources');
  });

  it('has its navigation behind a button on a phone', async () => {
    const phone = await as('Organization Administrator', { viewport: { width: 360, height: 740 } });
    const open = phone.page.getByRole('button', { name: 'Open the navigation' });
    await open.waitFor();
    await eventually(() => navigation(phone.page).getByRole('link', { name: 'Sources' }).isVisible()).toBe(
      false,
    );
    await open.click();
    await navigation(phone.page).getByRole('link', { name: 'Sources' }).waitFor();
    await eventually(() => open.count()).toBe(0);
    expect(await accessibilityProblems(phone.page)).toEqual([]);
    await picture(phone.page, 'navigation-phone');
    await navigation(phone.page).getByRole('link', { name: 'Sources' }).click();
    await heading(phone.page, 'Sources').waitFor();
    await open.waitFor();
    // Nothing is wider than the screen.
    for (const address of ['/', '/profile', '/collections', `/organizations/${organization.id}/membership`]) {
      await phone.open(address);
      expect(await phone.page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    }
    await phone.context.close();
  });

  it('says when the server cannot be reached, and goes on by itself', async () => {
    await user.open('/communities');
    await user.context.setOffline(true);
    await page.getByText('You are offline').waitFor();
    expect(await inBothSchemes(page, 'offline')).toEqual([]);
    await user.context.setOffline(false);
    await page.getByText('You are offline').waitFor({ state: 'detached' });
    await navigation(page).getByRole('link', { name: 'Sources' }).click();
    await page.getByText('No sources yet').waitFor();
  });

  it('shows a screen that fails in its place, with the way to try again', async () => {
    await page.route('**/rest/v1/communities?*', (route) => route.fulfill({ json: { items: [{}] } }));
    await user.open('/communities');
    await page.getByText('This page has failed').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await picture(page, 'failed-light');
    await navigation(page).getByRole('link', { name: 'Collections' }).waitFor();
    await page.unroute('**/rest/v1/communities?*');
    await page.getByRole('button', { name: 'Try again' }).click();
    await heading(page, 'Communities').waitFor();
    // What was broken on purpose is told on the browser's console.
    expect(console.troubles.splice(0).length).toBeGreaterThan(0);
  });

  it('says when the server has failed, and under which request its log has that', async () => {
    const error = { code: 'internal', message: 'Internal error', requestId: 'request-of-this-test' };
    await page.route('**/rest/v1/communities?*', (route) => route.fulfill({ status: 500, json: { error } }));
    await user.open('/communities');
    await page.getByText('The server has failed').waitFor();
    await page.getByText('Request request-of-this-test').waitFor();
    expect(await inBothSchemes(page, 'server-failed')).toEqual([]);
    await page.unroute('**/rest/v1/communities?*');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('No communities yet').waitFor();
  });

  it('offers to load the console anew where a part of it is gone, as after an upgrade', async () => {
    await page.route('**/assets/profile-page-*.js', (route) => route.abort());
    await user.open('/profile');
    await page.getByText('This page could not be loaded').waitFor();
    expect(await inBothSchemes(page, 'part-missing')).toEqual([]);
    await page.unroute('**/assets/profile-page-*.js');
    await page.getByRole('button', { name: 'Reload' }).click();
    await heading(page, 'My profile').waitFor();
    expect(console.troubles.splice(0).length).toBeGreaterThan(0);
  });

  it('says so where there is nothing, within its frame', async () => {
    await user.open('/no/such/screen');
    await page.getByText('There is nothing at this address').waitFor();
    await navigation(page).getByRole('link', { name: 'Collections' }).waitFor();
    expect(await inBothSchemes(page, 'nothing')).toEqual([]);
    await page.getByRole('link', { name: 'Go to the home page' }).click();
    await heading(page, 'Home').waitFor();
  });

  it('keeps the colours that one chose', async () => {
    const dark = page.locator('html[data-mantine-color-scheme="dark"]');
    await page.getByRole('button', { name: /^Colours/ }).click();
    await page.getByRole('menuitem', { name: 'Dark' }).click();
    await dark.waitFor({ state: 'attached' });
    await page.reload();
    await dark.waitFor({ state: 'attached' });
    await page.getByRole('button', { name: 'Colours: dark' }).click();
    await page.getByRole('menuitem', { name: 'As the system' }).click();
    await dark.waitFor({ state: 'detached' });
  });

  it('scrolls a table that is wider than a phone, by the keyboard too, and shows that there is more', async () => {
    const phone = await as('Organization Administrator', { viewport: { width: 360, height: 740 } });
    await phone.open(`/organizations/${organization.id}/membership`);
    const more = phone.page.getByRole('group', { name: 'Accounts: more to the side' });
    await more.focus();
    await phone.page.keyboard.press('ArrowRight');
    await eventually(() =>
      more.evaluate((table: { scrollLeft: number }) => table.scrollLeft),
    ).toBeGreaterThan(0);
    expect(await inBothSchemes(phone.page, 'table-phone')).toEqual([]);
    await phone.page.setViewportSize({ width: 1600, height: 900 });
    await more.waitFor({ state: 'detached' });
    await phone.context.close();
  });

  it('keeps what somebody chose to keep in the browser when they sign out, and no session', async () => {
    const leaving = await as('Organization Administrator');
    await leaving.open('/collections');
    await leaving.page.getByRole('button', { name: 'Columns' }).click();
    await leaving.page.getByRole('checkbox', { name: 'Kind' }).uncheck();
    await leaving.page.keyboard.press('Escape');
    const kept = () => leaving.page.evaluate('JSON.stringify(localStorage)');
    const before = await kept();
    expect(before).toContain('taxiway-columns-of-collections');
    await leaving.page.getByRole('button', { name: /^Your account/ }).click();
    await leaving.page.getByRole('menuitem', { name: 'Sign out' }).click();
    await heading(leaving.page, 'Sign in').waitFor();
    expect(await kept()).toBe(before);
    expect((await leaving.context.cookies()).map(({ name }) => name)).not.toContain('__Host-taxiway-session');
    await leaving.context.close();
  });

  it('leaves no error behind', () => {
    expect(console.troubles).toEqual([]);
  });
});
