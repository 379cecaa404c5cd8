import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { editAccount } from '../../server/features/account-changes/editing.service.ts';
import { listMembers } from '../../server/features/owners/members.service.ts';
import { addMember, createOwner } from '../../server/features/owners/owners.service.ts';
import { editOwner, getOwnerView } from '../../server/features/owners/shared.service.ts';
import { giveCommunityRole, newOrganization, newPersonWithPassword } from '../../server/testing/builders.ts';
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
const heading = (page: Page, name: string) => page.getByRole('heading', { name, level: 1, exact: true });
const choose = async (page: Page, field: string, option: string) => {
  await page.getByRole('combobox', { name: field, exact: true }).click();
  await page.getByRole('option', { name: option, exact: true }).click();
};

describe('communities and sources in the console', () => {
  let console: TestConsole;
  let harbour: Awaited<ReturnType<typeof newOrganization>>;
  let lighthouse: Awaited<ReturnType<typeof newOrganization>>;
  let community: { id: number };
  let source: { id: number };
  let administrator: ConsoleUser;
  let page: Page;

  const person = async (
    who: Parameters<typeof newPersonWithPassword>[1],
    organization: { id: number } = harbour,
  ) => await newPersonWithPassword(console.app, who, organization);
  const signedIn = async (who: Awaited<ReturnType<typeof person>>, address: string) => {
    const user = await console.newUser();
    await user.signIn(who, address);
    return user;
  };
  const defaultRoles = async () => {
    const { items } = await listMembers(console.app, console.app.operator, { owner: community.id });
    return Object.fromEntries(items.map((item) => [item.organization.name, item.defaultRole]));
  };

  let director: Awaited<ReturnType<typeof person>>;
  let keeper: Awaited<ReturnType<typeof person>>;

  beforeAll(async () => {
    console = await openTestConsole();
    const { app } = console;
    harbour = await newOrganization(app);
    lighthouse = await newOrganization(app);
    community = await createOwner(app, app.operator, {
      kind: 'community',
      name: 'North Quay',
      description: 'Harbours of the north tell each other what they see.',
    });
    source = await createOwner(app, app.operator, { kind: 'source', name: 'Gull Watch', anonymous: false });
    for (const owner of [community, source])
      await addMember(app, app.operator, {
        owner: owner.id,
        organization: harbour.id,
        defaultRole: 'User',
      });
    director = await person('Standard User');
    await giveCommunityRole(app, director, community, 'Director');
    await giveCommunityRole(app, director, source, 'Director');
    keeper = await person('Standard User');
    await editAccount(app, app.operator, {
      account: keeper.accountId,
      changes: { firstName: 'Winifred', lastName: 'Hale', pseudonym: 'keen-puffin' },
    });
    administrator = await signedIn(await person('Administrator', lighthouse), '/communities');
    page = administrator.page;
  });
  afterAll(() => console.close());

  it('are seen by an Organization Administrator of a member, who can change nothing there', async () => {
    const user = await signedIn(await person('Organization Administrator'), '/communities');
    await user.page.getByRole('link', { name: 'North Quay' }).waitFor();
    expect(await user.page.getByRole('button', { name: 'Create community' }).count()).toBe(0);
    expect(await user.page.getByRole('link', { name: 'Create community' }).count()).toBe(0);
    await user.page.getByRole('link', { name: 'North Quay' }).click();
    await heading(user.page, 'North Quay').waitFor();
    const members = user.page.getByRole('table', { name: 'Member organizations' });
    await members.getByRole('row', { name: /User/ }).waitFor();
    expect(await user.page.getByRole('combobox').count()).toBe(0);
    expect(await user.page.getByRole('button', { name: /Remove|Add|Delete/ }).count()).toBe(0);
    await user.page.getByRole('tab', { name: 'Accounts and roles' }).click();
    await user.page.getByRole('cell', { name: 'keen-puffin' }).waitFor();
    // Under profile anonymity no name is told, and no role is set by who may not.
    expect(await main(user.page).innerText()).not.toContain('Winifred');
    expect(await user.page.getByRole('combobox', { name: /^Role of/ }).count()).toBe(0);
    await user.page.getByRole('tab', { name: 'About' }).click();
    await user.page.getByText('Your role here: User').waitFor();
    expect(await accessibilityProblems(user.page)).toEqual([]);
    // Nor at its address.
    await user.open('/communities/new');
    await user.page.getByRole('dialog').getByText('You may not create a community').waitFor();
    expect(await user.page.getByRole('textbox', { name: 'Name' }).count()).toBe(0);
    // Members of a source do not see each other, and it says so.
    await user.open(`/sources/${source.id}?tab=members`);
    await user.page.getByText('Who is a member is not shown to you').waitFor();
    await user.context.close();
  });

  it('do not exist for who is no member, or is banned; a Subscriber sees that they do', async () => {
    const { app } = console;
    const stranger = await signedIn(await person('Organization Administrator', lighthouse), '/communities');
    await stranger.page.getByText('No communities yet').waitFor();
    expect(await inBothSchemes(stranger.page, 'communities-empty')).toEqual([]);
    await stranger.open(`/communities/${community.id}`);
    await main(stranger.page).getByText('There is nothing at this address').waitFor();
    await stranger.context.close();

    const banned = await person('Standard User');
    await giveCommunityRole(app, banned, community, 'Banned');
    const kept = await signedIn(banned, `/communities/${community.id}`);
    await main(kept.page).getByText('There is nothing at this address').waitFor();
    await kept.context.close();

    const subscriber = await person('Standard User');
    await giveCommunityRole(app, subscriber, community, 'Subscriber');
    const user = await signedIn(subscriber, `/communities/${community.id}`);
    await heading(user.page, 'North Quay').waitFor();
    expect(await user.page.getByRole('tab').allInnerTexts()).toEqual(['About']);
    await user.page.getByText('Your role here: Subscriber').waitFor();
    await user.context.close();
  });

  it('are created with profile anonymity on, by an Accounts Administrator, too', async () => {
    const user = await signedIn(await person('Accounts Administrator'), '/sources');
    await user.page.keyboard.press('n');
    const drawer = user.page.getByRole('dialog', { name: 'Create source' });
    expect(await drawer.getByRole('switch', { name: 'Profile anonymity' }).isChecked()).toBe(true);
    await drawer.getByRole('textbox', { name: 'Name' }).fill('gull watch');
    await drawer.getByRole('button', { name: 'Create source' }).click();
    await drawer.getByText('Something else is called so already.').waitFor();
    expect(await inBothSchemes(user.page, 'create-source')).toEqual([]);
    await drawer.getByRole('textbox', { name: 'Name' }).fill('Tern Telegraph');
    await drawer.getByRole('button', { name: 'Create source' }).click();
    await heading(user.page, 'Tern Telegraph').waitFor();
    await user.page.getByText('No organization is a member yet').waitFor();
    // To delete one is not for Accounts Administrators.
    expect(await user.page.getByRole('button', { name: 'Delete…' }).count()).toBe(0);
    await user.context.close();
  });

  it('get member organizations, each with its default role, and lose them', async () => {
    await page.getByRole('link', { name: 'North Quay' }).waitFor();
    expect(await inBothSchemes(page, 'communities')).toEqual([]);
    await page.getByRole('link', { name: 'North Quay' }).click();
    await page.getByRole('table', { name: 'Member organizations' }).waitFor();
    const add = page.getByRole('region', { name: 'Add an organization' });
    await add.getByRole('combobox', { name: 'Organization' }).fill('No such organization');
    await add.getByRole('button', { name: 'Add organization' }).click();
    await add.getByRole('alert').waitFor();
    // Nobody raises an own role through the own organization: a third one joins.
    const { name } = await newOrganization(console.app);
    await add.getByRole('combobox', { name: 'Organization' }).fill(name);
    await add.getByRole('combobox', { name: 'Default role' }).click();
    await page.getByRole('option', { name: 'Contributor' }).click();
    await add.getByRole('button', { name: 'Add organization' }).click();
    await page.getByText(`${name} is a member`).waitFor();
    await eventually(defaultRoles).toMatchObject({ [name]: 'Contributor' });
    await choose(page, `Default role of ${name}`, 'Subscriber');
    await eventually(defaultRoles).toMatchObject({ [name]: 'Subscriber' });
    await page.getByRole('option').first().waitFor({ state: 'detached' });
    expect(await inBothSchemes(page, 'community-members')).toEqual([]);
    await page.setViewportSize({ width: 380, height: 760 });
    await picture(page, 'community-members-phone');
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.getByRole('button', { name: `Remove ${name}` }).click();
    const confirm = page.getByRole('dialog', { name: `End the membership of ${name}?` });
    await confirm.getByText('individual roles here go').waitFor();
    await confirm.getByRole('button', { name: 'End membership' }).click();
    await eventually(async () => Object.keys(await defaultRoles())).not.toContain(name);
    // Only what holds nothing is deleted.
    await page.getByRole('button', { name: 'Delete…' }).click();
    const remove = page.getByRole('dialog', { name: 'Delete North Quay?' });
    await remove.getByRole('textbox').fill('North Quay');
    await remove.getByRole('button', { name: 'Delete community' }).click();
    await remove.getByRole('alert').waitFor();
    await remove.getByRole('button', { name: 'Cancel' }).click();
  });

  it('let a Director give individual roles by pseudonym where profile anonymity is on', async () => {
    const user = await signedIn(director, `/communities/${community.id}`);
    await user.page.getByRole('link', { name: `Accounts of ${harbour.name}` }).click();
    await user.page.waitForURL(/tab=roles.*organization=|organization=.*tab=roles/);
    await user.page.keyboard.press('/');
    await user.page.keyboard.type('winifred');
    await user.page.getByText('Here accounts are found by their pseudonyms.').waitFor();
    await user.page.keyboard.press('Control+A');
    await user.page.keyboard.type('puffin');
    await user.page.waitForURL(/search=puffin/);
    await choose(user.page, 'Role of keen-puffin', 'Editor');
    const row = user.page.getByRole('row', { name: /keen-puffin/ });
    await row.getByText('Individual').waitFor();
    expect(await inBothSchemes(user.page, 'community-roles')).toEqual([]);
    await row.getByRole('button', { name: 'Back to the default role: keen-puffin' }).click();
    await row.getByText('Individual').waitFor({ state: 'detached' });
    // A Director renames, and does not show names that were promised to be hidden.
    await user.page.getByRole('tab', { name: 'Settings' }).click();
    expect(await user.page.getByRole('switch', { name: 'Profile anonymity' }).isDisabled()).toBe(true);
    await user.page.getByText('Only administrators of the instance turn it off').waitFor();
    expect(await accessibilityProblems(user.page)).toEqual([]);
    await user.context.close();
  });

  it('tell names where profile anonymity is off', async () => {
    const user = await signedIn(director, `/sources/${source.id}?tab=roles`);
    await user.page.getByRole('cell', { name: 'Winifred Hale' }).waitFor();
    expect(await main(user.page).innerText()).not.toContain('keen-puffin');
    await choose(user.page, 'Role of Winifred Hale', 'Subscriber');
    await user.page
      .getByRole('row', { name: /Winifred Hale/ })
      .getByText('Individual')
      .waitFor();
    await user.context.close();
  });

  it('keep what is typed when somebody else changes them, and show both', async () => {
    const { app } = console;
    await administrator.open(`/communities/${community.id}?tab=about`);
    const description = page.getByRole('textbox', { name: 'Description' });
    await description.fill('Typed here');
    await editOwner(app, app.operator, { owner: community.id, description: 'Written elsewhere' });
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByRole('row', { name: 'Description Written elsewhere Typed here' }).waitFor();
    expect(await inBothSchemes(page, 'community-meanwhile')).toEqual([]);
    await page.getByRole('button', { name: 'Keep what is entered here' }).click();
    await page.getByRole('switch', { name: 'Profile anonymity' }).click({ force: true });
    await page.getByText('Names will be shown').waitFor();
    await page.getByRole('button', { name: 'Save changes' }).click();
    await eventually(() => getOwnerView(app, app.operator, { owner: community.id })).toMatchObject({
      description: 'Typed here',
      anonymous: false,
    });
  });

  it('leave no error behind', () => {
    expect(console.troubles).toEqual([]);
  });
});
