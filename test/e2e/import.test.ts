import { readFile } from 'node:fs/promises';
import type { Download, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newOrganization, newPersonWithPassword } from '../../server/testing/builders.ts';
import { csvOf } from '../../server/testing/bulk.ts';
import {
  accessibilityProblems,
  type ConsoleUser,
  inBothSchemes,
  openTestConsole,
  picture,
  type TestConsole,
} from './console.ts';
import { fitsItsWidth } from './journeys.ts';

const PEOPLE = [
  {
    kind: 'user',
    userName: 'grace@example.com',
    firstName: 'Grace',
    lastName: 'Hopper, USN',
    organizationRole: 'Standard User',
  },
  {
    kind: 'read_only',
    userName: 'joan@example.com',
    firstName: 'Joan',
    lastName: 'Clarke',
    organizationRole: 'Read Only User',
  },
  { kind: 'taxii', userName: 'partner-siem', apiKey: 'yes' },
];
const textOf = async (download: Download) => await readFile(await download.path(), 'utf8');

describe('importing accounts in the console', () => {
  let console: TestConsole;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let user: ConsoleUser;
  let page: Page;
  const address = () => `/organizations/${organization.id}/import`;
  const click = (name: string | RegExp) => page.getByRole('button', { name }).click();
  const paste = async (csv: string) => {
    await page.getByLabel('Or paste it here').fill(csv);
    await click('Check the file');
  };
  const saved = async (name: string) => {
    const [download] = await Promise.all([page.waitForEvent('download'), click(name)]);
    return await textOf(download);
  };

  beforeAll(async () => {
    console = await openTestConsole();
    organization = await newOrganization(console.app, { users: 4, taxiiUsers: 3 });
    const administrator = await newPersonWithPassword(
      console.app,
      'Organization Administrator',
      organization,
    );
    user = await console.newUser();
    await user.signIn(administrator, `/organizations/${organization.id}/membership`);
    page = user.page;
  }, 60_000);
  afterAll(async () => {
    expect(console.troubles).toEqual([]);
    await console.close();
  });

  it('begins with a template that the server takes as it is', async () => {
    await page.getByRole('link', { name: 'Import CSV' }).click();
    await page.getByRole('heading', { level: 1, name: 'Import accounts' }).waitFor();
    const template = await saved('Download template');
    await paste(template);
    await page.getByText('This is what would happen').waitFor();
    await page.getByRole('button', { name: 'Import 4 accounts' }).waitFor();
    await click('Back to the file');
  });

  it('says of a file without the columns that it needs what is wrong', async () => {
    await paste('name,mail\nGrace,grace@example.com\n');
    await page
      .getByRole('alert')
      .getByText(/lacks the column kind/)
      .waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  it('shows what is wrong at the cell, and imports nothing', async () => {
    const rows = [...PEOPLE, { kind: 'user', userName: 'nobody', organizationRole: 'King' }];
    await paste(csvOf(rows as Record<string, string>[]));
    await page.getByText('As it stands, this file is refused').waitFor();
    const row = page.getByRole('row').filter({ hasText: 'King' });
    await row
      .getByRole('cell', { name: /^King/ })
      .getByText(/must be|one of|expected/i)
      .first()
      .waitFor();
    expect(await page.getByRole('button', { name: /^Import / }).isDisabled()).toBe(true);
    expect(await inBothSchemes(page, 'import-refused')).toEqual([]);
    expect(await saved('Download report')).toContain('organizationRole');
    await click('Back to the file');
  });

  it('foresees that there are not enough seats', async () => {
    const many = Array.from({ length: 6 }, (_, index) => ({
      kind: 'taxii',
      userName: `siem-${index}`,
    }));
    await paste(csvOf(many));
    await page.getByText('They do not fit').waitFor();
    await page.getByText('3 do not fit: the organization has 3.').waitFor();
    await click('Back to the file');
  });

  it('imports a file that was chosen, and keeps its secrets until they are stored', async () => {
    await page.getByLabel('CSV file').setInputFiles({
      name: 'people.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(csvOf(PEOPLE as Record<string, string>[])),
    });
    await page.getByText('people.csv').waitFor();
    await click('Check the file');
    await page.getByText('Hopper, USN').waitFor();
    expect(await inBothSchemes(page, 'import-checked')).toEqual([]);
    await click('Import 3 accounts');
    const panel = page.getByRole('dialog', { name: /Secrets of 3 new accounts/ });
    await panel.waitFor();
    await page.keyboard.press('Escape');
    await panel.getByText('Not stored yet').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await picture(page, 'import-secrets-light');
    const secrets = await saved('Download as CSV');
    expect(secrets).toMatch(/partner-siem/);
    const [heading, ...lines] = secrets.trim().split('\r\n');
    expect(heading).toBe(
      'row,outcome,kind,userName,problems,consequences,password,apiKey,secretKey,token,invitation',
    );
    expect(lines).toHaveLength(3);
    await panel.getByLabel('I have stored them').check();
    await panel.getByRole('button', { name: 'Done' }).click();
    await panel.waitFor({ state: 'detached' });
    const password = lines[0]?.split(',')[6] ?? '';
    expect(password.length).toBeGreaterThan(11);
    expect(await page.content()).not.toContain(password);
    expect(await saved('Download report')).not.toContain(password);
    await picture(page, 'import-done-light');
  });

  it('changes nothing when the same file is imported again', async () => {
    await click('Import another file');
    await paste(
      csvOf(PEOPLE.map(({ apiKey: _, ...row }: { apiKey?: string }) => row as Record<string, string>)),
    );
    await page.getByText('0 created, 0 changed, 3 unchanged').waitFor();
    expect(await page.getByRole('button', { name: 'Nothing to import' }).isDisabled()).toBe(true);
  });

  it('fits a phone', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await picture(page, 'import-phone');
    await fitsItsWidth(page);
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  it('is forbidden to a Standard User', async () => {
    const standard = await newPersonWithPassword(console.app, 'Standard User', organization);
    const other = await console.newUser();
    await other.signIn(standard, address());
    await other.page.getByRole('heading', { name: 'You may not see this' }).waitFor();
    expect(await other.page.getByRole('button', { name: 'Check the file' }).count()).toBe(0);
    await other.context.close();
  });
});
