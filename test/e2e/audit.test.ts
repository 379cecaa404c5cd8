import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { editAccount } from '../../server/features/account-changes/editing.service.ts';
import { createTaxiiUser } from '../../server/features/account-creation/taxii-users.service.ts';
import { newUser } from '../../server/testing/accounts.ts';
import { newOrganization, newPersonWithPassword } from '../../server/testing/builders.ts';
import {
  accessibilityProblems,
  type ConsoleUser,
  inBothSchemes,
  openTestConsole,
  type TestConsole,
} from './console.ts';
import { loaded } from './journeys.ts';

/** Tables of fifty rows take axe-core long on a busy machine. */
const SLOW_MS = 90_000;

describe('the audit trail in the console', () => {
  let console: TestConsole;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let user: ConsoleUser;
  let page: Page;
  let ada: { id: number };
  const address = () => `/organizations/${organization.id}/audit`;
  const table = () => page.getByRole('table', { name: 'Audit trail' });
  const rows = async () => (await table().getByRole('row').count()) - 1;

  beforeAll(async () => {
    console = await openTestConsole();
    const { app } = console;
    organization = await newOrganization(app, { users: 50, apiUsers: 10, taxiiUsers: 100 });
    ada = await newUser(app, organization, { email: `ada.${organization.id}@example.com` });
    await editAccount(app, organization.administrator, {
      account: ada.id,
      changes: { organizationRole: 'Sharing User', lastName: 'Lovelace' },
    });
    await editAccount(app, app.operator, { account: ada.id, changes: { systemRole: 'Community Leader' } });
    await editAccount(app, organization.administrator, {
      account: ada.id,
      changes: { disabled: true },
    }).catch(() => undefined);
    for (let index = 0; index < 55; index++)
      await createTaxiiUser(app, app.operator, {
        organization: organization.id,
        userName: `feed-${organization.id}-${index}`,
      });
    const person = await newPersonWithPassword(app, 'Organization Administrator', organization);
    user = await console.newUser();
    await user.signIn(person);
    page = user.page;
  }, 90_000);
  afterAll(async () => {
    expect(console.troubles).toEqual([]);
    await console.close();
  });

  it(
    'shows who did what, page by page, and what was changed from what to what',
    async () => {
      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Audit trail' }).click();
      await page.getByRole('heading', { level: 1, name: 'Audit trail' }).waitFor();
      await loaded(page);
      await page.getByRole('button', { name: 'Next page' }).click();
      await page
        .getByRole('row', { name: /Edited an account/ })
        .first()
        .waitFor();
      const edit = page.getByRole('row', {
        name: new RegExp(`${organization.administrator.userName}.*Edited an account`),
      });
      await edit.getByRole('button', { name: /^Details of event/ }).click();
      await page
        .getByRole('row', { name: /Organization role before: Standard User after: Sharing User/ })
        .waitFor();
      await page.getByRole('row', { name: /Last name before: Byron after: Lovelace/ }).waitFor();
      expect(await inBothSchemes(page, 'audit-details')).toEqual([]);
      // An Organization Administrator does not learn System roles from it.
      await page
        .getByRole('row', { name: /Edited an account/ })
        .first()
        .getByRole('button', { name: /^Details of event/ })
        .click();
      await page.getByRole('row', { name: /System role \(masked\)/ }).waitFor();
      await edit.getByRole('link', { name: `ada.${organization.id}@example.com` }).click();
      await page.getByRole('heading', { level: 1, name: 'Ada Lovelace' }).waitFor();
      await page.getByRole('tab', { name: 'Audit trail' }).click();
      await page.getByRole('row', { name: /Created a user/ }).waitFor();
      expect(await page.getByRole('row', { name: /Created a TAXII user/ }).count()).toBe(0);
    },
    SLOW_MS,
  );

  it('is filtered by the address, and by hand', async () => {
    await user.open(`${address()}?action=account.edit`);
    await loaded(page);
    await expect.poll(rows).toBe(2);
    await page.getByRole('combobox', { name: 'Action' }).fill('Created a user');
    await page.getByRole('option', { name: 'Created a user', exact: true }).click();
    await page.waitForURL(/action=user\.create/);
    await expect.poll(rows).toBe(1);
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { level: 1 }).click();
    await page.keyboard.press('/');
    await page.waitForFunction("document.activeElement?.getAttribute('placeholder') === 'Anybody'");
    await page.keyboard.type('nobody');
    await page.getByText('No such event').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await loaded(page);
    await expect.poll(rows).toBe(50);
    await user.open(`${address()}?until=2020-01-01T00:00:00Z`);
    await page.getByText('No such event').waitFor();
  });

  it(
    'is followed while it grows, until that is paused',
    async () => {
      const { app } = console;
      const create = (name: string) =>
        createTaxiiUser(app, app.operator, {
          organization: organization.id,
          userName: `${name}-${organization.id}`,
        });
      await user.open(address());
      await loaded(page);
      await page.getByRole('switch', { name: 'Follow' }).check({ force: true });
      await create('late');
      await page.getByText('1 new event', { exact: true }).waitFor();
      await page.getByRole('row', { name: new RegExp(`New.*late-${organization.id}`) }).waitFor();
      expect(await inBothSchemes(page, 'audit-follow')).toEqual([]);
      await page.getByRole('switch', { name: 'Follow' }).uncheck({ force: true });
      await page.getByText('1 new event', { exact: true }).waitFor({ state: 'hidden' });
    },
    SLOW_MS,
  );

  it('is verified, and taken as a file', async () => {
    await user.open(`${address()}?action=account.edit`);
    await page.getByRole('button', { name: 'Verify' }).click();
    await page.getByText(/^Intact: \d+ events in 1 chain$/).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    for (const [item, name] of [
      ['As CSV, for a spreadsheet', `audit-${organization.id}.csv`],
      ['As JSON Lines, with the proof', `audit-${organization.id}.jsonl`],
    ] as const) {
      await page.getByRole('button', { name: 'Export' }).click();
      const downloading = page.waitForEvent('download');
      await page.getByRole('menuitem', { name: item }).click();
      const file = await downloading;
      expect(file.suggestedFilename()).toBe(name);
      const text = await readFile(await file.path(), 'utf8');
      expect(text).toContain('account.edit');
      expect(text).not.toContain('taxiiUser.create');
    }
  });

  it(
    'of the whole instance is for Administrators and Operations Administrators',
    async () => {
      const { app } = console;
      await user.open('/audit');
      await page.getByText('You may not see this').waitFor();
      expect(await page.getByRole('link', { name: 'Whole audit trail' }).count()).toBe(0);
      const operations = await newPersonWithPassword(app, 'Operations Administrator', organization);
      const other = await console.newUser();
      await other.signIn(operations);
      await other.page
        .getByRole('navigation', { name: 'Main' })
        .getByRole('link', { name: 'Whole audit trail' })
        .click();
      await loaded(other.page);
      await other.page.getByRole('button', { name: 'Verify' }).click();
      await other.page.getByText(/^Intact: \d+ events in \d+ chains?$/).waitFor();
      await other.page.getByRole('combobox', { name: 'Organization' }).fill(organization.name);
      await other.page.getByRole('option', { name: organization.name, exact: true }).click();
      await other.page.waitForURL(/organization=/);
      // Who may see System roles sees them here.
      await other.open(`/audit?organization=${organization.id}&action=account.edit`);
      await other.page
        .getByRole('button', { name: /^Details of event/ })
        .first()
        .click();
      await other.page
        .getByRole('row', { name: /System role before: User after: Community Leader/ })
        .waitFor();
      await other.context.close();
    },
    SLOW_MS,
  );

  it('of the whole instance is not for an Accounts Administrator', async () => {
    const { app } = console;
    const accounts = await newPersonWithPassword(app, 'Accounts Administrator', organization);
    const third = await console.newUser();
    await third.signIn(accounts, '/audit');
    await third.page.getByText('You may not see this').waitFor();
    await third.context.close();
  });

  it('is not for a Standard User, who sees the activity', async () => {
    const { app } = console;
    const standard = await newPersonWithPassword(app, 'Standard User', organization);
    const other = await console.newUser();
    await other.signIn(standard, address());
    await other.page.getByText('You may not see this').waitFor();
    expect(await other.page.getByRole('link', { name: 'Audit trail' }).count()).toBe(0);
    expect(await accessibilityProblems(other.page)).toEqual([]);
    await other.page
      .getByRole('navigation', { name: 'Main' })
      .getByRole('link', { name: 'Activity' })
      .click();
    await other.page.getByRole('heading', { level: 1, name: 'Activity' }).waitFor();
    await other.page
      .locator('main')
      .getByText(/Nothing yet|To what/)
      .first()
      .waitFor();
    expect(await inBothSchemes(other.page, 'activity')).toEqual([]);
    await other.context.close();
  });
});
