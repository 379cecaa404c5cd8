import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { editLicence } from '../../server/features/instance/licence.service.ts';
import { editOrganization, getOrganization } from '../../server/features/owners/organizations.service.ts';
import { setLimits } from '../../server/features/owners/owners.service.ts';
import { newOrganization, newPerson, newPersonWithPassword } from '../../server/testing/builders.ts';
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
const limit = (page: Page, name: string) => page.getByRole('textbox', { name: `${name} limit`, exact: true });
const limitsSection = (page: Page) => page.getByRole('region', { name: 'Limits' });
const heading = (page: Page, name: string) => page.getByRole('heading', { name, level: 1, exact: true });

describe('organizations and the licence in the console', () => {
  let console: TestConsole;
  let home: Awaited<ReturnType<typeof newOrganization>>;
  let other: Awaited<ReturnType<typeof newOrganization>>;
  let administrator: ConsoleUser;
  let page: Page;
  const settingsOf = (id: number) => `/organizations/${id}/settings`;
  const nameOf = async (id: number) => (await getOrganization(console.app, console.app.operator, id)).name;
  const limitsOf = async (id: number) =>
    (await getOrganization(console.app, console.app.operator, id)).limits;
  const as = async (
    person: Parameters<typeof newPersonWithPassword>[1],
    address: string,
    organization = home,
  ) => {
    const user = await console.newUser();
    await user.signIn(await newPersonWithPassword(console.app, person, organization), address);
    return user;
  };

  beforeAll(async () => {
    console = await openTestConsole();
    const { app } = console;
    home = await newOrganization(app, { users: 20 });
    other = await newOrganization(app, { users: 3, taxiiUsers: 2 });
    await editOrganization(app, app.operator, {
      organization: other.id,
      name: 'Pilot Station',
      description: 'Guides ships through the narrows.',
    });
    await newPerson(app, 'Standard User', other);
    administrator = await as('Administrator', '/organizations');
    page = administrator.page;
  });
  afterAll(() => console.close());

  it('are no place for an Organization Administrator: not in the navigation, not at their addresses', async () => {
    const user = await as('Organization Administrator', '/');
    const navigation = user.page.getByRole('navigation', { name: 'Main' });
    await navigation.getByRole('link', { name: 'Membership' }).waitFor();
    for (const name of ['Organizations', 'Licence', 'All accounts', 'System settings', 'Mail'])
      expect(await navigation.getByRole('link', { name, exact: true }).count()).toBe(0);

    await user.open('/organizations/new');
    await user.page.getByRole('dialog').getByText('You may not create an organization').waitFor();
    await user.open('/organizations');
    await main(user.page).getByText('You may not see this').waitFor();
    expect(await main(user.page).getByRole('textbox', { name: 'Search organizations' }).count()).toBe(0);
    expect(await user.page.getByRole('button', { name: 'Create organization' }).count()).toBe(0);
    expect(await accessibilityProblems(user.page)).toEqual([]);
    await picture(user.page, 'organizations-forbidden-light');
    await user.open('/licence');
    await main(user.page).getByText('You may not see this').waitFor();
    // That another organization exists is not told.
    await user.open(settingsOf(other.id));
    await main(user.page).getByText('There is nothing at this address').waitFor();

    // The own one is shown, and nothing of it is to be changed.
    await user.open(settingsOf(home.id));
    await limitsSection(user.page).waitFor();
    expect(await limit(user.page, 'TAXII user').isDisabled()).toBe(true);
    expect(await limit(user.page, 'User').isDisabled()).toBe(true);
    expect(await user.page.getByRole('button', { name: /Save|Delete/ }).count()).toBe(0);
    expect(await user.page.getByRole('region', { name: 'Permissions' }).count()).toBe(0);
    await user.context.close();
  });

  it('are listed with how much of each limit is used, searched and sorted in the address', async () => {
    const table = page.getByRole('table', { name: 'Organizations' });
    await table.getByRole('link', { name: 'Pilot Station' }).waitFor();
    await table.getByRole('progressbar', { name: '2 of 3 users of Pilot Station' }).waitFor();
    expect(await inBothSchemes(page, 'organizations')).toEqual([]);
    await page.keyboard.press('/');
    await page.keyboard.type('pilot');
    await page.waitForURL(/search=pilot/);
    await eventually(() => table.getByRole('link').allInnerTexts()).toEqual(['Pilot Station']);
    await page.keyboard.press('Control+A');
    await page.keyboard.type('nothing of the kind');
    await page.getByText('No organization is called so').waitFor();
    await administrator.open('/organizations?sort=-name');
    expect(await table.getByRole('link').first().innerText()).toBe('Pilot Station');
    await page.setViewportSize({ width: 380, height: 760 });
    await picture(page, 'organizations-phone');
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  it('are created in a drawer; a name that is taken is told at the field', async () => {
    await page.keyboard.press('n');
    const drawer = page.getByRole('dialog', { name: 'Create organization' });
    await drawer.waitFor();
    await eventually(() => page.evaluate('document.activeElement.tagName')).toBe('INPUT');
    await page.keyboard.type('pilot STATION');
    await limit(page, 'TAXII user').fill('');
    await drawer.getByRole('button', { name: 'Create organization' }).click();
    await drawer.getByText('Enter a whole number.').waitFor();
    await limit(page, 'TAXII user').fill('7');
    await drawer.getByRole('button', { name: 'Create organization' }).click();
    await drawer.getByText('Something else is called so already.').waitFor();
    expect(await inBothSchemes(page, 'create-organization')).toEqual([]);
    // What is entered is not lost by accident.
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Leave without saving?' }).waitFor();
    // Escape is for the question, and not for the drawer below it.
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Leave without saving?' }).waitFor({ state: 'detached' });
    await drawer.getByRole('textbox', { name: 'Name' }).fill('Tide Tables Ltd');
    await drawer.getByRole('button', { name: 'Create organization' }).click();
    await heading(page, 'Tide Tables Ltd').waitFor();
    expect(await limit(page, 'TAXII user').inputValue()).toBe('7');
    // It is empty, so that it can go again; its name is typed first.
    await page.getByRole('button', { name: 'Delete…' }).click();
    const confirm = page.getByRole('dialog', { name: 'Delete Tide Tables Ltd?' });
    const button = confirm.getByRole('button', { name: 'Delete organization' });
    expect(await button.isDisabled()).toBe(true);
    await confirm.getByRole('textbox').fill('Tide Tables Ltd');
    await button.click();
    await page.waitForURL(/\/console\/organizations$/);
    await eventually(() => page.getByRole('link', { name: 'Tide Tables Ltd' }).count()).toBe(0);
  });

  it('leave no question behind where a creation that took long ends while the form is left', async () => {
    const question = page.getByRole('dialog', { name: 'Leave without saving?' });
    await administrator.open('/organizations');
    await page.keyboard.press('n');
    const drawer = page.getByRole('dialog', { name: 'Create organization' });
    await drawer.getByRole('textbox', { name: 'Name' }).fill('Slack Water Ltd');
    // The question stands already when the answer comes.
    const held = Promise.withResolvers<void>();
    await page.route('**/rest/v1/organizations', async (route) => {
      if (route.request().method() === 'POST') await held.promise;
      await route.continue();
    });
    await page.keyboard.press('Escape');
    await question.waitFor();
    await page.evaluate(() =>
      document.querySelector<HTMLFormElement>('[role="dialog"] form')?.requestSubmit(),
    );
    held.resolve();
    await heading(page, 'Slack Water Ltd').waitFor();
    await page.unroute('**/rest/v1/organizations');

    // Any other form still asks, and can be left.
    await limit(page, 'User').fill('9');
    await page.getByRole('link', { name: 'Home', exact: true }).click();
    await question.getByRole('button', { name: 'Leave without saving' }).click();
    await heading(page, 'Home').waitFor();
    await page.goBack();

    // What is entered for something that is deleted is gone with it.
    await limit(page, 'User').fill('9');
    await page.getByRole('button', { name: 'Delete…' }).click();
    const confirm = page.getByRole('dialog', { name: 'Delete Slack Water Ltd?' });
    await confirm.getByRole('textbox').fill('Slack Water Ltd');
    await confirm.getByRole('button', { name: 'Delete organization' }).click();
    await page.waitForURL(/\/console\/organizations$/);
    expect(await question.count()).toBe(0);
  });

  it('ask before the sign-out where something is unsaved, and show nothing after it', async () => {
    const user = await as('Administrator', settingsOf(other.id));
    const question = user.page.getByRole('dialog', { name: 'Leave without saving?' });
    const signOut = async () => {
      await user.page.getByRole('button', { name: /^Your account/ }).click();
      await user.page.getByRole('menuitem', { name: 'Sign out' }).click();
    };
    await limit(user.page, 'User').fill('9');
    await signOut();
    await question.getByRole('button', { name: 'Go on editing' }).click();
    await question.waitFor({ state: 'detached' });
    expect((await user.page.request.get(`${console.url}/rest/v1/session`)).status()).toBe(200);
    expect(await limit(user.page, 'User').inputValue()).toBe('9');
    await signOut();
    await question.getByRole('button', { name: 'Leave without saving' }).click();
    await user.page.waitForURL(/sign-in/);
    await heading(user.page, 'Pilot Station').waitFor({ state: 'detached' });
    expect((await user.page.request.get(`${console.url}/rest/v1/session`)).status()).toBe(401);
    await user.context.close();
  });

  it('are not deleted while they hold something, and what is in the way is told', async () => {
    await administrator.open(settingsOf(other.id));
    expect(await inBothSchemes(page, 'organization')).toEqual([]);
    await page.getByRole('button', { name: 'Delete…' }).click();
    const confirm = page.getByRole('dialog');
    await confirm.getByRole('textbox').fill('Pilot Station');
    await confirm.getByRole('button', { name: 'Delete organization' }).click();
    await confirm
      .getByRole('alert')
      .getByText(/accounts/)
      .waitFor();
    await confirm.getByRole('button', { name: 'Cancel' }).click();
  });

  it('keep what is typed in one form while another is saved', async () => {
    await page.getByRole('textbox', { name: 'Description' }).fill('Typed, not saved');
    await limit(page, 'User').fill('2');
    await limitsSection(page).getByText('Fewer than there are', { exact: true }).count();
    await limit(page, 'User').fill('1');
    await limitsSection(page).getByText('Fewer than there are').waitFor();
    await limit(page, 'User').fill('9');
    await limitsSection(page).getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('The organization is saved').first().waitFor();
    expect(await limitsOf(other.id)).toMatchObject({ users: 9, taxiiUsers: 2 });
    expect(await page.getByRole('textbox', { name: 'Description' }).inputValue()).toBe('Typed, not saved');
    // The version that the other form began with has passed: it is saved all the same, for nobody changed it.
    const about = page.getByRole('region', { name: 'Name and description' });
    await about.getByRole('button', { name: 'Save changes' }).click();
    await eventually(() => getOrganization(console.app, console.app.operator, other.id)).toMatchObject({
      description: 'Typed, not saved',
    });
    await eventually(() => about.getByRole('button', { name: 'Discard' }).count()).toBe(0);
  });

  it('ask once before what two forms hold is lost, and name the organization on its audit trail', async () => {
    await administrator.open(settingsOf(other.id));
    await page.getByRole('textbox', { name: 'Name' }).fill('Not to be kept');
    await limit(page, 'User').fill('9');
    const question = page.getByRole('dialog', { name: 'Leave without saving?' });
    const away = page.getByRole('link', { name: 'Audit trail', exact: true }).last();
    for (const answer of ['Go on editing', 'Leave without saving']) {
      await away.click();
      await question.getByRole('button', { name: answer }).click();
      await question.waitFor({ state: 'detached' });
    }
    await heading(page, 'Audit trail').waitFor();
    await page.getByText(/^What was done in Pilot Station, by whom/).waitFor();
    expect(await question.count()).toBe(0);
    expect(await nameOf(other.id)).toBe('Pilot Station');
    await administrator.open(settingsOf(other.id));
  });

  it('show both values where somebody else changed the same meanwhile', async () => {
    const { app } = console;
    await limit(page, 'TAXII user').fill('6');
    await setLimits(app, app.operator, { organization: other.id, limits: { taxiiUsers: 4, users: 11 } });
    const section = limitsSection(page);
    await section.getByRole('button', { name: 'Save changes' }).click();
    const table = section.getByRole('table', { name: 'What differs' });
    await table.getByRole('row', { name: 'TAXII user limit 4 6' }).waitFor();
    expect(await section.getByRole('button', { name: 'Save changes' }).isDisabled()).toBe(true);
    expect(await inBothSchemes(page, 'organization-meanwhile')).toEqual([]);
    await section.getByRole('button', { name: 'Keep what is entered here' }).click();
    // What was not touched follows what is stored.
    expect(await limit(page, 'User').inputValue()).toBe('11');
    expect(await limit(page, 'TAXII user').inputValue()).toBe('6');
    await section.getByRole('button', { name: 'Save changes' }).click();
    await eventually(() => limitsOf(other.id)).toMatchObject({ taxiiUsers: 6, users: 11 });
  });

  it('are disabled after the consequences were told, and enabled again', async () => {
    await administrator.open(settingsOf(other.id));
    const enabled = page.getByRole('switch', { name: 'The organization is enabled' });
    await enabled.click({ force: true });
    const confirm = page.getByRole('dialog', { name: 'Disable Pilot Station?' });
    await confirm.getByText('All its people are signed out').waitFor();
    expect(await inBothSchemes(page, 'disable-organization')).toEqual([]);
    await confirm.getByRole('button', { name: 'Cancel' }).click();
    expect(await enabled.isChecked()).toBe(true);
    await enabled.click({ force: true });
    await confirm.getByRole('button', { name: 'Disable organization' }).click();
    await main(page).getByText('Disabled', { exact: true }).waitFor();
    expect((await getOrganization(console.app, console.app.operator, other.id)).disabled).toBe(true);
    await enabled.click({ force: true });
    await eventually(() => main(page).getByText('Disabled', { exact: true }).count()).toBe(0);
    const pseudonyms = page.getByRole('switch', { name: 'People may change their own pseudonym' });
    await pseudonyms.click({ force: true });
    await eventually(() => getOrganization(console.app, console.app.operator, other.id)).toMatchObject({
      disabled: false,
      allowPseudonymChange: true,
    });
  });

  it('let an Accounts Administrator set the TAXII user limit only', async () => {
    const user = await as('Accounts Administrator', '/organizations');
    await user.page.getByRole('link', { name: 'Pilot Station' }).click();
    await heading(user.page, 'Pilot Station').waitFor();
    expect(await limit(user.page, 'User').isDisabled()).toBe(true);
    expect(await limit(user.page, 'API user').isDisabled()).toBe(true);
    await limitsSection(user.page).getByText('not for you to set').first().waitFor();
    await limit(user.page, 'TAXII user').fill('8');
    await limitsSection(user.page).getByRole('button', { name: 'Save changes' }).click();
    await eventually(() => limitsOf(other.id)).toMatchObject({ taxiiUsers: 8, users: 11 });
    expect(await user.page.getByRole('region', { name: 'Permissions' }).count()).toBe(0);
    expect(await user.page.getByRole('button', { name: 'Delete…' }).count()).toBe(0);
    expect(await accessibilityProblems(user.page)).toEqual([]);
    // The licence can be read, and not set.
    await user.open('/licence');
    await user.page.getByRole('region', { name: 'TAXII users' }).waitFor();
    expect(await user.page.getByRole('textbox').count()).toBe(0);
    expect(await user.page.getByRole('switch').first().isDisabled()).toBe(true);
    await user.context.close();
  });

  it('let an Operations Administrator set all limits and the permissions, and name the organization one is in', async () => {
    const user = await as('Operations Administrator', settingsOf(other.id));
    await limit(user.page, 'API user').fill('12');
    await limitsSection(user.page).getByRole('button', { name: 'Save changes' }).click();
    await eventually(() => limitsOf(other.id)).toMatchObject({ apiUsers: 12, taxiiUsers: 8 });
    await user.page.getByRole('switch', { name: 'Read-only users may be created' }).waitFor();
    for (const screen of ['membership', 'groups', 'audit', 'activity', 'import', 'review']) {
      await user.open(`/organizations/${other.id}/${screen}`);
      await main(user.page).getByRole('link', { name: 'Pilot Station', exact: true }).first().waitFor();
    }
    await user.open(`/organizations/${home.id}/membership`);
    expect(
      await main(user.page)
        .getByRole('link', { name: await nameOf(home.id), exact: true })
        .count(),
    ).toBe(0);
    await user.open('/licence');
    expect(await user.page.getByRole('button', { name: 'Save changes' }).count()).toBe(0);
    await user.context.close();
  });

  it('share the licence, which an Administrator sets; below the present use is explained', async () => {
    const { app } = console;
    await administrator.open('/licence');
    const users = page.getByRole('textbox', { name: 'Users in all', exact: true });
    await users.fill('1');
    await page.getByText('Less than there are').waitFor();
    expect(await inBothSchemes(page, 'licence')).toEqual([]);
    await page.setViewportSize({ width: 380, height: 760 });
    await picture(page, 'licence-phone');
    await page.setViewportSize({ width: 1280, height: 800 });
    await editLicence(app, app.operator, { limits: { users: 500, taxiiUsers: 600 } });
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByRole('row', { name: 'Users in all 500 1' }).waitFor();
    await page.getByRole('button', { name: 'Take what is stored' }).click();
    expect(await users.inputValue()).toBe('500');
    expect(await page.getByRole('textbox', { name: 'TAXII users in all' }).inputValue()).toBe('600');
    await users.fill('400');
    await page.getByRole('switch', { name: 'API users may be created' }).click({ force: true });
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('The licence is saved').waitFor();
    await page.getByRole('region', { name: 'Users', exact: true }).getByText('of 400').waitFor();
    expect(await page.getByRole('switch', { name: 'API users may be created' }).isChecked()).toBe(false);
  });

  it('leaves no error behind', () => {
    expect(console.troubles).toEqual([]);
  });
});
