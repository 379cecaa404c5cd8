import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { editAccount } from '../../server/features/account-changes/editing.service.ts';
import { newOrganization, newPersonWithPassword } from '../../server/testing/builders.ts';
import {
  accessibilityProblems,
  type ConsoleUser,
  openTestConsole,
  picture,
  type TestConsole,
} from './console.ts';

/** How clients of a TAXII user connect, and whether what they are given works. */
describe('the connection of a TAXII user', () => {
  let console: TestConsole;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let administrator: ConsoleUser;
  beforeAll(async () => {
    console = await openTestConsole();
    organization = await newOrganization(console.app);
    administrator = await console.newUser();
    await administrator.signIn(
      await newPersonWithPassword(console.app, 'Organization Administrator', organization),
    );
  });
  afterAll(async () => {
    expect(console.troubles).toEqual([]);
    await console.close();
  });

  const create = async (userName: string, before?: (panel: string) => Promise<void>) => {
    const { page, open } = administrator;
    await open(`/organizations/${organization.id}/membership/new/taxii-user`);
    await page.getByLabel(/^User name/).fill(userName);
    await page.getByRole('button', { name: 'Create TAXII user' }).click();
    const panel = page.getByRole('dialog', { name: `The credentials of ${userName}` });
    await panel.waitFor();
    await before?.(userName);
    return panel;
  };

  it('has its addresses, its collections and the settings of every usual client', async () => {
    const { page } = administrator;
    const panel = await create('splunk-prod');
    await panel.getByLabel('I have stored it').check();
    await panel.getByRole('button', { name: 'Done' }).click();
    const card = page.getByRole('region', { name: 'Connection' });
    const root = `${console.url}/intel/`;
    await card.getByText(`${console.url}/taxii2/`, { exact: true }).waitFor();
    await card.getByText(root, { exact: true }).waitFor();
    await card
      .getByRole('table', { name: 'Collections that it sees' })
      .getByText(organization.name)
      .waitFor();
    const collection = `${root}collections/${organization.collectionId}/`;
    const objects = `${collection}objects/`;
    const expected: Record<string, readonly string[]> = {
      curl: ["curl -sS -u 'splunk-prod'", `'${objects}?limit=100'`, 'application/taxii+json;version=2.1'],
      Python: [`"${collection}"`, 'user="splunk-prod"', 'from taxii2client.v21 import Collection, as_pages'],
      'Microsoft Sentinel': ['API root URL', root, 'Collection ID', organization.collectionId],
      Splunk: [root, organization.collectionId, 'splunk-prod'],
      Elastic: ['URL API endpoint', objects, 'Enable TAXII 2.1'],
      OpenCTI: [
        `TAXII2_DISCOVERY_URL=${console.url}/taxii2/`,
        `TAXII2_COLLECTIONS=intel.${organization.name}`,
      ],
      MISP: ['Discovery URL', `${console.url}/taxii2/`, organization.collectionId],
    };
    expect(await card.getByRole('tab').allInnerTexts()).toEqual(Object.keys(expected));
    for (const [name, texts] of Object.entries(expected)) {
      await card.getByRole('tab', { name }).click();
      const shown = await card.getByRole('tabpanel').innerText();
      for (const text of texts) expect(shown, name).toContain(text);
      expect(await accessibilityProblems(page), name).toEqual([]);
    }
    await card.getByRole('tab', { name: 'OpenCTI' }).scrollIntoViewIfNeeded();
    await picture(page, 'connection-light');
  });

  it('a credential of an account that was disabled meanwhile is said not to work, and why that may be', async () => {
    const { app } = console;
    const panel = await create('switched-off', async (userName) => {
      await editAccount(app, app.operator, { account: userName, changes: { disabled: true } });
    });
    await panel.getByRole('button', { name: 'Test this credential' }).click();
    await panel.getByText('Password: it does not work').waitFor();
    await panel.getByText(/locked, disabled or expired/).waitFor();
    await panel.getByLabel('I have stored it').check();
    await panel.getByRole('button', { name: 'Done' }).click();
    const card = administrator.page.getByRole('region', { name: 'Connection' });
    await card.getByText('It is not let in as things are').waitFor();
  });
});
