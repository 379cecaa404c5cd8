import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTaxiiUser } from '../../server/features/account-creation/taxii-users.service.ts';
import {
  createTaxiiService,
  editTaxiiService,
  listTaxiiServices,
} from '../../server/features/taxii-services/taxii-services.service.ts';
import { newOrganization, newPersonWithPassword } from '../../server/testing/builders.ts';
import {
  accessibilityProblems,
  type ConsoleUser,
  inBothSchemes,
  openTestConsole,
  picture,
  settle,
  type TestConsole,
} from './console.ts';

describe('TAXII services in the console', () => {
  let console: TestConsole;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let administrator: Awaited<ReturnType<typeof newPersonWithPassword>>;
  let user: ConsoleUser;
  let page: Page;
  const table = () => page.getByRole('table', { name: 'TAXII services' });
  const rowOf = (name: string) => table().getByRole('row', { name });
  const drawer = () => page.getByRole('dialog');

  beforeAll(async () => {
    console = await openTestConsole();
    const { app } = console;
    organization = await newOrganization(app);
    administrator = await newPersonWithPassword(app, 'Administrator', organization);
    await createTaxiiService(app, administrator, {
      name: 'Partners',
      path: 'partners/intel',
      description: 'For those who share with us.',
      organizations: [organization.id],
      maxPageSize: 5000,
    });
    await createTaxiiUser(app, app.operator, {
      userName: 'partner-siem',
      organization: organization.id,
      service: 'Partners',
    });
    user = await console.newUser();
    await user.signIn(administrator, '/taxii-services');
    page = user.page;
  }, 60_000);
  afterAll(async () => {
    expect(console.troubles).toEqual([]);
    await console.close();
  });

  it('are listed for an Administrator with their addresses, and what they are for', async () => {
    await rowOf('Partners').getByText('/partners/intel/').waitFor();
    expect(await rowOf('Partners').innerText()).toContain(organization.name);
    expect(await rowOf('Partners').innerText()).toContain('at most 5,000');
    await rowOf('Partners').getByRole('link', { name: '1', exact: true }).waitFor();
    await rowOf('Partners').getByRole('button', { name: 'Copy the URL of the API root of Partners' }).click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`${console.url}/partners/intel/`);
  });

  it('are created by an Administrator, who is told at the field what is taken', async () => {
    await page.getByRole('heading', { level: 1 }).click();
    await page.keyboard.press('n');
    await drawer().getByLabel('Name', { exact: false }).first().fill('Feeds');
    await drawer().getByLabel('Path').fill('intel');
    await drawer().getByText(`${console.url}/intel/`).waitFor();
    await drawer().getByLabel('Only these organizations').check();
    await drawer().getByRole('combobox', { name: 'Organizations' }).click();
    await page.getByRole('option', { name: organization.name }).click();
    await drawer().getByLabel('Title').click();
    const create = drawer().getByRole('button', { name: 'Create TAXII service' });
    await create.click();
    await drawer().getByText('has that name or path already').waitFor();
    expect(await inBothSchemes(page, 'taxii-service-taken')).toEqual([]);
    await drawer().getByLabel('Path').fill('feeds');
    await create.click();
    await page.getByText('Feeds is created').waitFor();
    await rowOf('Feeds').getByText('/feeds/').waitFor();
    const { items } = await listTaxiiServices(console.app, administrator);
    expect(items.at(-1)).toMatchObject({
      path: 'feeds',
      allOrganizations: false,
      organizations: [{ id: organization.id }],
      responsible: { id: administrator.accountId },
    });
  });

  it('warn before a path is changed, and again of whom it concerns', async () => {
    await rowOf('Partners').getByRole('link', { name: 'Partners' }).click();
    await drawer().getByLabel('Path').fill('partners/v2');
    await drawer().getByText('Clients that use the old path stop working').waitFor();
    await drawer().getByText('1 TAXII user is bound to this service').waitFor();
    await drawer().getByText('Clients that use the old path').scrollIntoViewIfNeeded();
    expect(await inBothSchemes(page, 'taxii-service-path')).toEqual([]);
    await drawer().getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('Clients that are configured with /partners/intel/').waitFor();
    await rowOf('Partners').getByText('/partners/v2/').waitFor();
  });

  it('show both where somebody else has saved meanwhile, and lose nothing', async () => {
    await rowOf('Partners').getByRole('link', { name: 'Partners' }).click();
    const title = drawer().getByLabel('Title');
    await title.fill('Mine');
    await editTaxiiService(console.app, administrator, { service: 'Partners', changes: { title: 'Theirs' } });
    await drawer().getByRole('button', { name: 'Save changes' }).click();
    const differences = drawer().getByRole('table', { name: 'What differs' });
    await differences.getByRole('row', { name: 'Title Theirs Mine' }).waitFor();
    expect(await title.inputValue()).toBe('Mine');
    await drawer().getByRole('button', { name: 'Save mine over it' }).click();
    await page.getByText('Partners is saved').first().waitFor();
    const { items } = await listTaxiiServices(console.app, administrator);
    expect(items.find(({ name }) => name === 'Partners')?.title).toBe('Mine');
  });

  it('are deleted when no TAXII user is bound to them, and else say why not', async () => {
    await drawer().waitFor({ state: 'hidden' });
    await rowOf('Partners').getByRole('button', { name: 'Actions for Partners' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete Partners?' });
    await dialog.getByText('1 TAXII user is bound to it').waitFor();
    await dialog.getByRole('button', { name: 'Delete TAXII service' }).click();
    await dialog.getByRole('alert').getByText('delete them, or bind them to another one').waitFor();
    expect(await inBothSchemes(page, 'taxii-service-delete')).toEqual([]);
    await dialog.getByRole('button', { name: 'Cancel' }).click();

    await rowOf('Feeds').getByRole('link', { name: 'Feeds' }).click();
    await drawer().getByRole('button', { name: 'Delete TAXII service …' }).click();
    await page
      .getByRole('dialog', { name: 'Delete Feeds?' })
      .getByRole('button', { name: 'Delete TAXII service' })
      .click();
    await page.getByText('Feeds is deleted').waitFor();
    await rowOf('Feeds').waitFor({ state: 'hidden' });
  });

  it('are only shown to an Organization Administrator, those of the organization', async () => {
    const person = await newPersonWithPassword(console.app, 'Organization Administrator', organization);
    const own = await console.newUser({ viewport: { width: 390, height: 844 } });
    await own.signIn(person, '/taxii-services');
    await own.page.getByRole('row', { name: 'Partners' }).waitFor();
    expect(await own.page.getByRole('link', { name: 'Create TAXII service' }).count()).toBe(0);
    expect(await own.page.getByRole('button', { name: 'Actions for' }).count()).toBe(0);
    expect(await own.page.getByRole('columnheader', { name: 'Responsible account' }).count()).toBe(0);
    await picture(own.page, 'taxii-services-phone');
    await own.page.getByRole('link', { name: 'Partners' }).click();
    await own.page.getByRole('dialog').getByRole('table', { name: 'Configuration' }).waitFor();
    expect(await own.page.getByRole('button', { name: 'Save changes' }).count()).toBe(0);
    expect(await accessibilityProblems(own.page)).toEqual([]);
    await own.open('/taxii-services/new');
    await own.page.getByText('You may not create TAXII services').waitFor();
    await own.context.close();
  });

  it('are nothing that a Standard User may see', async () => {
    const person = await newPersonWithPassword(console.app, 'Standard User', organization);
    const own = await console.newUser();
    await own.signIn(person);
    expect(await own.page.getByRole('link', { name: 'TAXII services' }).count()).toBe(0);
    await own.open('/taxii-services');
    await own.page.getByText('You may not see this').waitFor();
    await settle(own.page);
    expect(await accessibilityProblems(own.page)).toEqual([]);
    await own.context.close();
  });
});
