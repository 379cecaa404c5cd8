import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { editAccount } from '../../server/features/account-changes/editing.service.ts';
import { createUser } from '../../server/features/account-creation/people.service.ts';
import { createTaxiiUser } from '../../server/features/account-creation/taxii-users.service.ts';
import { newOrganization, newPersonWithPassword } from '../../server/testing/builders.ts';
import {
  accessibilityProblems,
  type ConsoleUser,
  openTestConsole,
  picture,
  type TestConsole,
} from './console.ts';

/** The form of an account: what may be set, what comes of it, and what if somebody else was there first. */
describe('editing accounts in the console', () => {
  let console: TestConsole;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let administrator: ConsoleUser;
  beforeAll(async () => {
    console = await openTestConsole();
    organization = await newOrganization(console.app, { users: 30, taxiiUsers: 10 });
    administrator = await console.newUser();
    await administrator.signIn(
      await newPersonWithPassword(console.app, 'Organization Administrator', organization),
    );
  });
  afterAll(async () => {
    expect(console.troubles).toEqual([]);
    await console.close();
  });

  let number = 0;
  const newUser = async () =>
    await createUser(console.app, console.app.operator, {
      organization: organization.id,
      email: `edited.${++number}@example.com`,
      firstName: 'Ada',
      lastName: 'Byron',
      organizationRole: 'Standard User',
    });
  const details = async (id: number) =>
    await console.app.db.read
      .selectFrom('accounts')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
  const edit = async ({ page, open }: ConsoleUser, id: number) => {
    await open(`/organizations/${organization.id}/membership/edit/${id}?search=byron`);
    await page.getByRole('form', { name: 'Edit account' }).waitFor();
  };
  const save = async (page: Page) => await page.getByRole('button', { name: 'Save changes' }).last().click();

  it('sends what was changed, and comes back to the table as it was', async () => {
    const { page } = administrator;
    const { id, userName } = await newUser();
    await edit(administrator, id);
    await page.getByRole('dialog', { name: `Edit ${userName}` }).waitFor();
    expect(await page.getByRole('button', { name: 'Save changes' }).isDisabled()).toBe(true);
    // Not for an Organization Administrator to change: shown, and why.
    await page.getByText(userName, { exact: true }).first().waitFor();
    expect(await page.getByLabel(/^System role/).count()).toBe(0);
    expect(await accessibilityProblems(page)).toEqual([]);
    await picture(page, 'edit-user-light');
    const previews: number[] = [];
    page.on('response', (answer) => {
      if (answer.url().endsWith(`/accounts/${id}/preview`)) previews.push(answer.status());
    });
    const sent = page.waitForRequest((request) => request.method() === 'PATCH');
    await page.getByLabel(/^First name/).fill('Augusta');
    expect(await page.getByLabel('Command', { exact: true }).innerText()).toBe(
      `./taxiway user edit ${userName} --first-name Augusta --if-version 1`,
    );
    await save(page);
    expect((await sent).postDataJSON()).toEqual({ firstName: 'Augusta', version: 1 });
    await page.getByText('The changes are saved.').waitFor();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(page.url()).toContain('search=byron');
    expect((await details(id)).first_name).toBe('Augusta');
    // Nothing was asked of a form without a change, or of one that is saved.
    expect(previews.filter((status) => status !== 200)).toEqual([]);
  });

  it('says which rights another role gives and takes, and asks before it is saved', async () => {
    const { page } = administrator;
    const { id } = await newUser();
    const choose = async (role: string) => {
      await page.getByRole('combobox', { name: /^Organization role/ }).click();
      await page.getByRole('option', { name: role, exact: true }).click();
    };
    await edit(administrator, id);
    const changes = page.getByRole('group', { name: 'What the new roles change' });
    await choose('Organization Administrator');
    await changes.getByText('It keeps the one that it has.').waitFor();
    const place = changes.getByRole('button', { name: new RegExp(organization.name) });
    await place.getByText(/^Gains \d+ rights$/).waitFor();
    const open = async () => {
      if ((await place.getAttribute('aria-expanded')) !== 'true') await place.click();
    };
    await open();
    await changes.getByRole('list', { name: `Gains: ${organization.name}` }).waitFor();
    expect(await changes.getByRole('list', { name: /^Loses/ }).count()).toBe(0);
    expect(await accessibilityProblems(page)).toEqual([]);
    await picture(page, 'edit-roles-light');
    await choose('Read Only User');
    await place.getByText(/Loses \d+ rights?$/).waitFor();
    await open();
    await changes.getByRole('list', { name: `Loses: ${organization.name}` }).waitFor();
    await choose('Standard User');
    await changes.waitFor({ state: 'detached' });
    await choose('Organization Administrator');
    expect(await page.getByLabel('Command', { exact: true }).innerText()).toContain(
      "--organization-role 'Organization Administrator'",
    );
    await save(page);
    const confirm = page.getByRole('dialog', { name: 'Save the changes?' });
    await confirm
      .getByText('The Organization role changes from Standard User to Organization Administrator.')
      .waitFor();
    await confirm
      .getByText(/^Gains \d+ rights$/)
      .first()
      .waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await picture(page, 'edit-roles-confirm-light');
    expect((await details(id)).organization_role).toBe('Standard User');
    // Escape is for the question alone.
    await page.keyboard.press('Escape');
    await confirm.waitFor({ state: 'detached' });
    await page.getByRole('form', { name: 'Edit account' }).waitFor();
    await save(page);
    await confirm.getByRole('button', { name: 'Save changes' }).click();
    await page.getByRole('form', { name: 'Edit account' }).waitFor({ state: 'detached' });
    expect((await details(id)).organization_role).toBe('Organization Administrator');
  });

  it('Escape asks where something is unsaved, and again leaves the question; keys of the table rest', async () => {
    const { page } = administrator;
    const { id } = await newUser();
    await edit(administrator, id);
    await page.getByLabel(/^First name/).fill('Unsaved');
    await page.getByRole('button', { name: 'Cancel' }).focus();
    await page.keyboard.press('n');
    expect(await page.getByRole('menu').count()).toBe(0);
    const question = page.getByRole('dialog', { name: 'Leave without saving?' });
    const leave = question.getByRole('button', { name: 'Leave without saving' });
    // A key that comes while the question is still going is no second one.
    const asked = async () => {
      if ((await question.count()) === 0) await page.keyboard.press('Escape');
      return await leave.count();
    };
    const untilAsked = () => expect.poll(asked, { timeout: 15_000, interval: 300 }).toBe(1);
    for (const _ of [1, 2]) {
      await untilAsked();
      await page.keyboard.press('Escape');
      await question.waitFor({ state: 'detached' });
      expect(await page.getByLabel(/^First name/).inputValue()).toBe('Unsaved');
    }
    await untilAsked();
    await leave.click();
    await page.getByRole('form', { name: 'Edit account' }).waitFor({ state: 'detached' });
    expect(page.url()).not.toContain('/edit/');
  });

  it('is not asked about while it is being saved, and goes on by itself where nothing is to be decided', async () => {
    const { page } = administrator;
    const form = page.getByRole('form', { name: 'Edit account' });
    const leaveWhileSaving = async (id: number, change: () => Promise<void>) => {
      await edit(administrator, id);
      await change();
      await page.waitForLoadState('networkidle');
      const held = Promise.withResolvers<void>();
      const previews = `**/accounts/${id}/preview`;
      await page.route(previews, async (route) => {
        await held.promise;
        await route.continue();
      });
      const sent = page.waitForRequest(previews);
      await save(page);
      await sent;
      await page.keyboard.press('Escape');
      await form.waitFor({ state: 'detached' });
      expect(await page.getByRole('dialog', { name: 'Leave without saving?' }).count()).toBe(0);
      held.resolve();
    };
    const plain = await newUser();
    await leaveWhileSaving(plain.id, async () => {
      await page.getByLabel(/^First name/).fill('');
      // What cannot be empty is to be filled in: no option clears it.
      expect(await page.getByLabel('Command', { exact: true }).innerText()).toContain('--first-name …');
      await page.getByLabel(/^First name/).fill('Later');
    });
    await expect.poll(async () => (await details(plain.id)).first_name).toBe('Later');

    const decided = await newUser();
    await leaveWhileSaving(decided.id, async () => {
      await page.getByRole('combobox', { name: 'Organization role' }).click();
      await page.getByRole('option', { name: 'Read Only User', exact: true }).click();
    });
    await page.getByText('The changes are not saved: there was something to decide first.').waitFor();
    expect((await details(decided.id)).organization_role).toBe('Standard User');
  });

  it('says beforehand what it brings with it, and does it only when that is confirmed', async () => {
    const { page } = administrator;
    const taxii = await createTaxiiUser(console.app, console.app.operator, {
      organization: organization.id,
      userName: 'edited-siem',
    });
    await edit(administrator, taxii.id);
    await page.getByRole('checkbox', { name: 'Disabled', exact: true }).check();
    await page.getByText('What saving brings with it').waitFor();
    await picture(page, 'edit-consequences-light');
    await save(page);
    const confirm = page.getByRole('dialog', { name: 'Save the changes?' });
    await confirm.getByText(/cannot be used any more/).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await confirm.getByRole('button', { name: 'Go on editing' }).click();
    expect((await details(taxii.id)).disabled_at).toBeNull();
    await save(page);
    await confirm.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('The changes are saved.').last().waitFor();
    expect((await details(taxii.id)).disabled_at).not.toBeNull();
  });

  it('the System role of a user changed by an Operations Administrator frees the seat, and says so', async () => {
    const operations = await console.newUser();
    await operations.signIn(
      await newPersonWithPassword(console.app, 'Operations Administrator', organization),
    );
    const { page } = operations;
    const { id } = await newUser();
    await edit(operations, id);
    await page.getByRole('combobox', { name: /^System role/ }).click();
    await page.getByRole('option', { name: 'Read Only User', exact: true }).click();
    await save(page);
    const confirm = page.getByRole('dialog', { name: 'Save the changes?' });
    await confirm.getByText('The account becomes a read-only user.').waitFor();
    await confirm.getByText(/seat of the users is free/).waitFor();
    await confirm.getByText(/Organization role becomes Read Only User/).waitFor();
    await confirm.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('The changes are saved.').waitFor();
    expect((await details(id)).kind).toBe('read_only');
    await operations.context.close();
  });

  it('a stale edit is explained, field by field, and goes on with what is chosen', async () => {
    const { app } = console;
    const { page } = administrator;
    const { id } = await newUser();
    await edit(administrator, id);
    await editAccount(app, app.operator, {
      account: id,
      changes: { firstName: 'Theirs', lastName: 'Lovelace' },
    });
    // It is known as soon as something is entered, before anybody saves.
    await page.getByLabel(/^First name/).fill('Mine');
    await page.getByRole('checkbox', { name: 'Locked', exact: true }).check();
    const alert = page
      .getByRole('alert')
      .filter({ hasText: 'Somebody else has changed the account meanwhile' });
    await alert.getByText('Keep mine: Mine').waitFor();
    await alert.getByText('Take theirs: Theirs').waitFor();
    await alert.getByText('Lovelace').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await picture(page, 'edit-stale-light');
    await alert.getByLabel(/^Take theirs/).check();
    await alert.getByRole('button', { name: 'Go on with this' }).click();
    expect(await page.getByLabel(/^First name/).inputValue()).toBe('Theirs');
    expect(await page.getByLabel(/^Last name/).inputValue()).toBe('Lovelace');
    await save(page);
    const confirm = page.getByRole('dialog', { name: 'Save the changes?' });
    const saved = page.getByText('The changes are saved.');
    await Promise.race([confirm.waitFor(), saved.waitFor()]);
    if (await confirm.isVisible()) await confirm.getByRole('button', { name: 'Save changes' }).click();
    await page.getByRole('form', { name: 'Edit account' }).waitFor({ state: 'detached' });
    const after = await details(id);
    expect([after.first_name, after.last_name, after.locked_at === null]).toEqual([
      'Theirs',
      'Lovelace',
      false,
    ]);
  });

  it('also stands over the page of the account; what is above the own rank is shown and not to be set', async () => {
    const { page, open } = administrator;
    const above = await newPersonWithPassword(console.app, 'Administrator', organization);
    await open(`/accounts/${above.accountId}/edit`);
    await page.getByRole('form', { name: 'Edit account' }).waitFor();
    await page
      .getByText(/ranks above yours/)
      .first()
      .waitFor();
    expect(await page.getByRole('form').getByRole('textbox').count()).toBe(0);
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(page.url()).toMatch(new RegExp(`/accounts/${above.accountId}$`));
  });

  it('in the dark', async () => {
    const dark = await console.newUser({ scheme: 'dark' });
    await dark.signIn(await newPersonWithPassword(console.app, 'Organization Administrator', organization));
    const { id } = await newUser();
    await edit(dark, id);
    expect(await accessibilityProblems(dark.page)).toEqual([]);
    await picture(dark.page, 'edit-user-dark');
    await dark.context.close();
  });
});
