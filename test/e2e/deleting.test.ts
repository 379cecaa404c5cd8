import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { editAccount } from '../../server/features/account-changes/editing.service.ts';
import { createTaxiiUser } from '../../server/features/account-creation/taxii-users.service.ts';
import { editCollection } from '../../server/features/collections/collections.service.ts';
import { createTaxiiService } from '../../server/features/taxii-services/taxii-services.service.ts';
import { accountRow, newUser } from '../../server/testing/accounts.ts';
import { newOrganization, newPerson, newPersonWithPassword } from '../../server/testing/builders.ts';
import {
  accessibilityProblems,
  type ConsoleUser,
  inBothSchemes,
  openTestConsole,
  picture,
  type TestConsole,
} from './console.ts';

describe('deleting an account in the console', () => {
  let console: TestConsole;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let user: ConsoleUser;
  let page: Page;

  /** Somebody who is responsible for a TAXII service and for the collection of the organization. */
  const responsible = async (firstName: string) => {
    const { app } = console;
    const someone = await newUser(app, organization, { firstName, lastName: 'Hamilton' });
    await createTaxiiService(app, app.operator, {
      name: `Service of ${firstName}`,
      path: firstName.toLowerCase(),
      responsible: someone.id,
    });
    await editCollection(app, app.operator, {
      collection: organization.collectionId,
      changes: { responsible: someone.id },
    });
    return someone;
  };
  const goOn = () => page.getByRole('button', { name: 'Continue' }).click();
  const step = (name: string) => page.getByRole('region', { name, exact: true }).waitFor();

  beforeAll(async () => {
    console = await openTestConsole();
    organization = await newOrganization(console.app, { users: 50, apiUsers: 10, taxiiUsers: 10 });
    const person = await newPersonWithPassword(console.app, 'Organization Administrator', organization);
    user = await console.newUser();
    await user.signIn(person);
    page = user.page;
  }, 90_000);
  afterAll(async () => {
    expect(console.troubles).toEqual([]);
    await console.close();
  });

  it('goes from what runs as it, by who takes over and what ends, to the deed', async () => {
    const { app } = console;
    const margaret = await responsible('Margaret');
    const heir = await newUser(app, organization, { firstName: 'Katherine', lastName: 'Johnson' });
    await user.open(`/accounts/${margaret.id}`);
    await page.getByRole('button', { name: 'Actions' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByRole('heading', { level: 1, name: 'Delete Margaret Hamilton' }).waitFor();
    await page.getByText('Service of Margaret').waitFor();
    expect(await inBothSchemes(page, 'delete-runs')).toEqual([]);
    await goOn();
    await step('Who takes over');
    const services = page.getByRole('combobox', { name: 'Who takes over: TAXII services' });
    expect(await services.inputValue()).not.toBe('');
    expect(await inBothSchemes(page, 'delete-heirs')).toEqual([]);
    await services.fill('Katherine');
    await page.getByRole('option', { name: /Katherine Johnson/ }).click();
    await goOn();
    await step('What ends and stays');
    await page.getByText(/TAXII services \(1\): go to Katherine Johnson/).waitFor();
    await page.getByText('Its seat becomes free.').waitFor();
    expect(await inBothSchemes(page, 'delete-ends')).toEqual([]);
    await goOn();
    const remove = page.getByRole('button', { name: 'Delete account' });
    expect(await remove.isDisabled()).toBe(true);
    await page.getByRole('textbox', { name: /^Type / }).fill((await accountRow(app, margaret.id)).user_name);
    expect(await inBothSchemes(page, 'delete-confirm')).toEqual([]);
    await page.setViewportSize({ width: 360, height: 740 });
    await expect
      .poll(() => page.evaluate<number>('document.documentElement.scrollWidth'))
      .toBeLessThanOrEqual(360);
    await picture(page, 'delete-confirm-phone');
    await page.setViewportSize({ width: 1280, height: 800 });
    await remove.click();
    await page.getByRole('heading', { level: 1, name: /is deleted$/ }).waitFor();
    const { user_name } = await accountRow(app, heir.id);
    await page.getByText(`1 TAXII service went to ${user_name}.`).waitFor();
    expect(await inBothSchemes(page, 'delete-done')).toEqual([]);
    await page.getByRole('link', { name: /^Go to the membership of/ }).click();
    await page.getByRole('heading', { level: 1, name: 'Membership' }).waitFor();
    await user.open(`/accounts/${margaret.id}`);
    await page.getByText('There is nothing at this address').waitFor();
  });

  it('offers to disable instead, and does it', async () => {
    const someone = await newUser(console.app, organization, { firstName: 'Mary', lastName: 'Jackson' });
    await user.open(`/accounts/${someone.id}/delete`);
    await page.getByText('Nothing runs as this account').waitFor();
    await page.getByRole('button', { name: 'Disable instead' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Disable account' }).click();
    await page.getByText('Not sure? Disable it instead').waitFor({ state: 'hidden' });
    await page.getByText('Disabled by an administrator.').first().waitFor();
  });

  it('says what somebody changed meanwhile, and does not delete by what was true before', async () => {
    const { app } = console;
    const someone = await newUser(app, organization, { firstName: 'Dorothy', lastName: 'Vaughan' });
    const name = (await accountRow(app, someone.id)).user_name;
    await user.open(`/accounts/${someone.id}/delete`);
    // Nothing runs as it: nobody is asked who takes over.
    await goOn();
    await step('What ends and stays');
    expect(await page.getByText(/^0 /).count()).toBe(0);
    await goOn();
    await page.getByRole('textbox', { name: /^Type / }).fill(name);
    await editAccount(app, app.operator, { account: someone.id, changes: { timeZone: 'Europe/Berlin' } });
    await page.getByRole('button', { name: 'Delete account' }).click();
    await page.getByText('Somebody else changed this account meanwhile').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    // Meanwhile it came to be responsible for something: the edit of a service leaves its version as it is.
    await createTaxiiService(app, app.operator, { name: 'Late', path: 'late', responsible: someone.id });
    await page.getByRole('button', { name: 'Delete account' }).click();
    await page.getByText('Somebody has to take over first').waitFor();
    await page.getByRole('button', { name: 'Choose who takes over' }).click();
    await page.getByRole('combobox', { name: 'Who takes over: TAXII services' }).waitFor();
    await goOn();
    await step('What ends and stays');
    await goOn();
    await page.getByRole('textbox', { name: /^Type / }).fill(name);
    await page.getByRole('button', { name: 'Delete account' }).click();
    await page.getByRole('heading', { level: 1, name: `${name} is deleted` }).waitFor();
  });

  it('is refused to whoever may not: one above, another organization, somebody who administers nothing', async () => {
    const { app } = console;
    const above = await newPerson(app, 'Administrator', organization);
    await user.open(`/accounts/${above.accountId}/delete`);
    await page.getByText('You may not see this').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    const other = await newOrganization(app);
    const taxii = await createTaxiiUser(app, app.operator, {
      organization: other.id,
      service: 'Intelligence',
      userName: `other-${other.id}`,
    });
    await user.open(`/accounts/${taxii.id}/delete`);
    await page.getByText('There is nothing at this address').waitFor();
    const standard = await newPersonWithPassword(app, 'Standard User', organization);
    const someone = await newUser(app, organization, {});
    const person = await console.newUser();
    await person.signIn(standard, `/accounts/${someone.id}/delete`);
    await person.page.getByText('There is nothing at this address').waitFor();
    await person.context.close();
  });
});
