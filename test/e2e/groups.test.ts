import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUser } from '../../server/features/account-creation/people.service.ts';
import {
  createUserGroup,
  editUserGroup,
  setUserGroupMembers,
} from '../../server/features/groups/groups.service.ts';
import { newOrganization, newPersonWithPassword } from '../../server/testing/builders.ts';
import {
  accessibilityProblems,
  type ConsoleUser,
  openTestConsole,
  picture,
  type TestConsole,
} from './console.ts';

describe('user groups in the console', () => {
  let console: TestConsole;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let user: ConsoleUser;
  let page: Page;
  let grace: { id: number };
  let alan: { id: number };
  const address = () => `/organizations/${organization.id}/groups`;
  const dialog = () => page.getByRole('dialog');

  beforeAll(async () => {
    console = await openTestConsole();
    const { app } = console;
    organization = await newOrganization(app);
    const of = { organization: organization.id, organizationRole: 'Standard User' } as const;
    grace = await createUser(app, app.operator, {
      ...of,
      firstName: 'Grace',
      lastName: 'Hopper',
      email: 'grace@example.com',
    });
    alan = await createUser(app, app.operator, {
      ...of,
      firstName: 'Alan',
      lastName: 'Turing',
      email: 'alan@example.com',
    });
    const administrator = await newPersonWithPassword(app, 'Organization Administrator', organization);
    user = await console.newUser();
    await user.signIn(administrator, address());
    page = user.page;
  }, 60_000);
  afterAll(async () => {
    expect(console.troubles).toEqual([]);
    await console.close();
  });

  it('are created by an Organization Administrator, who is told what they are for', async () => {
    await page.getByRole('heading', { name: 'There are no user groups yet' }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.keyboard.press('n');
    await dialog().getByLabel('Name').fill('Night shift');
    await dialog().getByLabel('Description').fill('Ten to six');
    expect(await accessibilityProblems(page)).toEqual([]);
    await dialog().getByRole('button', { name: 'Create user group' }).click();
    await page.getByRole('heading', { level: 1, name: 'Night shift' }).waitFor();
    await page.getByText('Ten to six').waitFor();
  });

  it('take members by search, and lose them', async () => {
    await page.getByRole('button', { name: 'Add members' }).click();
    await dialog().getByRole('combobox').fill('hopper');
    await page.getByRole('option', { name: /grace@example.com/ }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('option', { name: /grace@example.com/ }).click();
    await dialog().getByRole('combobox').fill('turing');
    await page.getByRole('option', { name: /alan@example.com/ }).click();
    await dialog().getByRole('button', { name: 'Add 2 members' }).click();
    await page.getByText('2 members', { exact: true }).waitFor();
    await page.getByRole('textbox', { name: 'Search members' }).fill('turing');
    await page.getByText('2 members, 1 of them found').waitFor();
    await page.getByRole('checkbox', { name: 'Select alan@example.com' }).check();
    await page.getByRole('button', { name: 'Remove 1 member' }).click();
    await dialog().getByRole('button', { name: 'Remove from the group' }).click();
    await page.getByText('1 member, 0 of them found').waitFor();
    await page.getByRole('button', { name: 'Clear the search' }).click();
    await page.getByText('grace@example.com').waitFor();
  });

  it('are not overwritten when somebody else was quicker: both are shown, and one is chosen', async () => {
    const { app } = console;
    const group = { organization: organization.id, name: 'Night shift' };
    await page.getByRole('button', { name: 'Edit' }).click();
    await editUserGroup(app, app.operator, { group, description: 'Nine to five' });
    await dialog().getByLabel('Description').fill('Eleven to seven');
    await dialog().getByRole('button', { name: 'Save changes' }).click();
    await dialog().getByText('Nine to five').waitFor();
    expect(await dialog().getByLabel('Description').inputValue()).toBe('Eleven to seven');
    expect(await accessibilityProblems(page)).toEqual([]);
    await picture(page, 'group-stale-light');
    await dialog().getByRole('button', { name: 'Save mine over it' }).click();
    await dialog().waitFor({ state: 'detached' });
    await page.getByText('Eleven to seven').waitFor();
    // The same for members.
    await page.getByRole('checkbox', { name: 'Select grace@example.com' }).check();
    await page.getByRole('button', { name: 'Remove 1 member' }).click();
    await setUserGroupMembers(app, app.operator, { group, members: [grace.id, alan.id] });
    await dialog().getByRole('button', { name: 'Remove from the group' }).click();
    await dialog().getByText('Somebody else has changed the group meanwhile').waitFor();
    await dialog().getByRole('button', { name: 'Remove from the group' }).click();
    await dialog().waitFor({ state: 'detached' });
    await page.getByText('alan@example.com').waitFor();
    await page.getByText('1 member', { exact: true }).waitFor();
  });

  it('are found by name; a name that is taken is refused at the field', async () => {
    const { app } = console;
    await createUserGroup(app, app.operator, { organization: organization.id, name: 'Day shift' });
    await user.open(address());
    const table = page.getByRole('table', { name: 'User groups' });
    await table.getByText('Day shift').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('night');
    await table.getByText('Day shift').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Actions for Night shift' }).click();
    await page.getByRole('menuitem', { name: 'Edit' }).click();
    await dialog().getByLabel('Name').fill('day SHIFT');
    await dialog().getByRole('button', { name: 'Save changes' }).click();
    await dialog()
      .getByText(/exists already/)
      .waitFor();
    expect(await dialog().getByLabel('Name').getAttribute('aria-invalid')).toBe('true');
    await dialog().getByRole('button', { name: 'Cancel' }).click();
  });

  it('are deleted after a question', async () => {
    await user.open(address());
    await page.getByRole('button', { name: 'Actions for Day shift' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await dialog().getByText('It has no members.').waitFor();
    await dialog().getByRole('button', { name: 'Delete user group' }).click();
    await page.getByRole('link', { name: 'Day shift' }).waitFor({ state: 'detached' });
  });

  it('are read by a Standard User of the organization, who changes nothing, and unknown to a stranger', async () => {
    const reader = await newPersonWithPassword(console.app, 'Standard User', organization);
    const other = await console.newUser();
    await other.signIn(reader, address());
    await other.page.getByRole('link', { name: 'Night shift' }).waitFor();
    expect(await other.page.getByRole('button', { name: /Create|Actions/ }).count()).toBe(0);
    await other.page.getByRole('link', { name: 'Night shift' }).click();
    await other.page.getByText('alan@example.com').waitFor();
    expect(await other.page.getByRole('button', { name: /Add|Edit|Delete|Remove/ }).count()).toBe(0);
    expect(await other.page.getByRole('checkbox').count()).toBe(0);
    expect(await accessibilityProblems(other.page)).toEqual([]);
    await other.context.close();
    const elsewhere = await newOrganization(console.app);
    const stranger = await newPersonWithPassword(console.app, 'Organization Administrator', elsewhere);
    const far = await console.newUser();
    await far.signIn(stranger, address());
    await far.page.getByRole('heading', { name: 'There is nothing at this address' }).waitFor();
    await far.context.close();
  });
});
