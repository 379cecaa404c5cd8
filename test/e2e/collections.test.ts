import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommunityRole } from '../../contract/roles.ts';
import { createTaxiiUser } from '../../server/features/account-creation/taxii-users.service.ts';
import {
  editCollection,
  getConfiguredCollection,
} from '../../server/features/collections/collections.service.ts';
import { importObjects } from '../../server/features/intelligence/import.service.ts';
import { addMember, createOwner } from '../../server/features/owners/owners.service.ts';
import { createUsageRecorder } from '../../server/features/usage/recorder.ts';
import { newOrganization, newPersonWithPassword, type Person } from '../../server/testing/builders.ts';
import {
  accessibilityProblems,
  type ConsoleUser,
  inBothSchemes,
  openTestConsole,
  picture,
  settle,
  type TestConsole,
} from './console.ts';
import { loaded } from './journeys.ts';

const sample = (name: string) => path.join(import.meta.dirname, '..', '..', 'samples', `${name}.json`);
const INDICATOR = 'indicator--00000000-0000-4000-8000-0000000000aa';
const MALWARE = 'malware--00000000-0000-4000-8000-0000000000ab';
const TURNED = 'file--00000000-0000-4000-8000-0000000000ad';
const EVIL = 'https://evil.example.com/get?x=1';
const CAMPAIGN = 'Spring Tide extortion';

/** Objects that say what no sample does: addresses that do harm, and properties of somebody's own. */
const OBJECTS = [
  {
    type: 'indicator',
    spec_version: '2.1',
    id: INDICATOR,
    created: '2026-02-01T00:00:00.000Z',
    modified: '2026-02-01T00:00:00.000Z',
    name: `Fetches ${EVIL}`,
    description: `Seen to fetch ${EVIL} at night.`,
    pattern: `[url:value = '${EVIL}']`,
    pattern_type: 'stix',
    valid_from: '2026-02-01T00:00:00Z',
    confidence: 80,
    labels: ['night', 'loader'],
    kill_chain_phases: [{ kill_chain_name: 'lockheed-martin-cyber-kill-chain', phase_name: 'delivery' }],
    external_references: [
      { source_name: 'A blog', description: 'How it was found.', url: 'https://blog.example.org/post' },
      { source_name: 'script', url: 'javascript:alert(1)' },
    ],
    x_vendor_score: { value: 7, of: 10, notes: ['first', 'second: with words'] },
  },
  {
    type: 'malware',
    spec_version: '2.1',
    id: MALWARE,
    created: '2026-02-01T00:00:00.000Z',
    modified: '2026-02-01T00:00:00.000Z',
    name: 'Night Loader',
    is_family: true,
  },
  {
    type: 'relationship',
    spec_version: '2.1',
    id: 'relationship--00000000-0000-4000-8000-0000000000ac',
    created: '2026-02-01T00:00:00.000Z',
    modified: '2026-02-01T00:00:00.000Z',
    relationship_type: 'indicates',
    source_ref: INDICATOR,
    target_ref: MALWARE,
  },
  { type: 'file', spec_version: '2.1', id: TURNED, name: 'invoice\u202Efdp.exe' },
];

describe('collections and their objects in the console', () => {
  let console: TestConsole;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let community: Awaited<ReturnType<typeof createOwner>>;
  let user: ConsoleUser;
  let page: Page;
  const objects = () => page.getByRole('table', { name: 'Objects', exact: true });
  const share = async (name: string, defaultRole: CommunityRole) => {
    const owner = await createOwner(console.app, console.app.operator, { kind: 'community', name });
    await addMember(console.app, console.app.operator, {
      owner: owner.id,
      organization: organization.id,
      defaultRole,
    });
    return owner;
  };
  /** A page of somebody else. */
  const as = async (person: Person, of: { id: number }, address: string) => {
    const other = await console.newUser();
    await other.signIn(await newPersonWithPassword(console.app, person, of), address);
    return other;
  };

  beforeAll(async () => {
    console = await openTestConsole();
    const { app } = console;
    organization = await newOrganization(app);
    community = await share('Harbour Exchange', 'User');
    const fill = (owner: string, source: AsyncIterable<Uint8Array>) =>
      importObjects(app, app.operator, { owner }, source);
    await fill(organization.name, createReadStream(sample('organization')));
    await fill(community.name, createReadStream(sample('community')));
    await fill(
      organization.name,
      (async function* () {
        yield Buffer.from(JSON.stringify(OBJECTS));
      })(),
    );
    const siem = await createTaxiiUser(app, app.operator, {
      userName: 'harbour-siem',
      organization: organization.id,
    });
    const recorder = createUsageRecorder(app);
    const served = { accountId: siem.id, collectionId: organization.collectionId, address: '192.0.2.44' };
    for (let poll = 0; poll < 12; poll++)
      recorder.served({ ...served, continues: false, objects: 20, octets: 31_000 });
    await recorder.flush();
    user = await console.newUser();
    await user.signIn(
      await newPersonWithPassword(app, 'Organization Administrator', organization),
      '/collections',
    );
    page = user.page;
  }, 90_000);
  afterAll(async () => {
    expect(console.troubles).toEqual([]);
    await console.close();
  });

  it('are one list for an Organization Administrator: read, configured, or both', async () => {
    const table = page.getByRole('table', { name: 'Collections' });
    await loaded(page);
    const own = table.getByRole('row', { name: organization.name });
    expect(await own.innerText()).toMatch(/Organization\s+1\d\d\s/);
    expect(await own.innerText()).toContain('nobody');
    // In the community the role is User: its configuration is not told.
    expect(await table.getByRole('row', { name: community.name }).innerText()).toContain('–');
    await page.keyboard.press('/');
    await page.keyboard.type('harbour');
    await own.waitFor({ state: 'hidden' });
    expect(page.url()).toContain('search=harbour');
    await page.getByRole('button', { name: 'Clear the search' }).click();
    await own.getByRole('link', { name: organization.name }).click();
    await page.getByRole('heading', { level: 1, name: organization.name }).waitFor();
  });

  it('show their objects, searched and filtered as the address says', async () => {
    await objects().getByRole('row').nth(2).waitFor();
    // What would be a link to harm is neither a link nor readable as one.
    await page.getByRole('link', { name: 'Fetches hxxps://evil[.]example[.]com' }).waitFor();
    expect(await page.locator('main').innerText()).not.toContain('https://evil.example.com');
    await page.getByRole('heading', { level: 1 }).click();
    await page.keyboard.press('/');
    await page.keyboard.type('brindle');
    await objects().getByRole('link', { name: 'Brindle', exact: true }).waitFor();
    expect(new URL(page.url()).searchParams.get('search')).toBe('brindle');
    await page.getByRole('combobox', { name: 'Types' }).click();
    await page.getByRole('option', { name: /^malware \(/ }).click();
    await page.keyboard.press('Escape');
    await expect.poll(() => objects().getByRole('row').count()).toBe(2);
    await user.open(
      `/collections/${organization.collectionId}?addedBefore=${encodeURIComponent('2020-01-01T00:00:00Z')}`,
    );
    await page.getByText('No object fits').waitFor();
    expect(await page.getByLabel('Added before').first().innerText()).toContain('1 Jan 2020');
    await page.getByRole('button', { name: 'Show all objects' }).click();
    await objects().getByRole('row').nth(50).waitFor();
    await page.getByRole('button', { name: 'Next page' }).click();
    await page.getByRole('button', { name: 'First page' }).waitFor();
    await objects().getByRole('row').nth(1).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('tab', { name: 'Overview' }).waitFor();
  });

  it('say how much of which type they hold, and how clients reach them', async () => {
    await user.open(`/collections/${organization.collectionId}?tab=statistics`);
    const row = page
      .getByRole('table', { name: 'Objects by type' })
      .getByRole('row', { name: /^malware \d/ });
    await row.waitFor();
    await row.getByRole('link').click();
    await loaded(page);
    expect(new URL(page.url()).searchParams.get('type')).toBe('malware');
    await page.getByRole('tab', { name: 'Connect' }).click();
    await page
      .getByLabel('URL of the collection')
      .getByText(`${console.url}/intel/collections/${organization.collectionId}/`)
      .waitFor();
    await page.getByText('It is not writable').waitFor();
  });

  it('say who polled them, from where, and how much by day', async () => {
    await page.getByRole('tab', { name: 'Readers' }).click();
    const row = page.getByRole('row', { name: 'harbour-siem' });
    await row.getByText('192.0.2.44').waitFor();
    expect(await row.innerText()).toContain('240');
    await page.getByRole('img', { name: 'Polls of this collection by day: 12 in 30 days' }).waitFor();
    await page.getByText('7 days', { exact: true }).click();
    await page.getByRole('img', { name: 'Polls of this collection by day: 12 in 7 days' }).waitFor();
    expect(new URL(page.url()).searchParams.get('days')).toContain('7');
  });

  it('are configured, and nothing is lost where somebody else did it meanwhile', async () => {
    await page.getByRole('tab', { name: 'Settings' }).click();
    const form = page.getByRole('region', { name: 'Settings' });
    await form.getByLabel('Description').fill('All that we saw');
    await form.getByLabel('Writable over TAXII').check();
    await form.getByLabel('Strict').check();
    await form.getByText('Some of what is accepted now will be refused').waitFor();
    await form.getByRole('combobox', { name: 'Responsible account' }).fill('organization.administrator');
    await page
      .getByRole('option', { name: /^organization\.administrator/ })
      .first()
      .click();
    expect(await inBothSchemes(page, 'collection-settings')).toEqual([]);
    await form.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('The collection is saved').waitFor();
    const { app } = console;
    const stored = () => getConfiguredCollection(app, app.operator, organization.collectionId);
    expect(await stored()).toMatchObject({ description: 'All that we saw', writable: true, strict: true });
    expect((await stored()).responsible?.name).toMatch(/^organization\.administrator/);

    await form.getByLabel('Description').fill('Mine');
    await editCollection(app, app.operator, {
      collection: organization.collectionId,
      changes: { description: 'Theirs', strict: false },
    });
    await form.getByRole('button', { name: 'Save changes' }).click();
    await form.getByRole('row', { name: 'Description Theirs Mine' }).waitFor();
    expect(await inBothSchemes(page, 'collection-stale')).toEqual([]);
    await form.getByRole('button', { name: 'Take what is stored' }).click();
    expect(await form.getByLabel('Description').inputValue()).toBe('Theirs');
    expect(await form.getByLabel('Strict').isChecked()).toBe(false);
  });

  it('hold objects whose every property can be read, and none of which leads anywhere by itself', async () => {
    await user.open(`/collections/${organization.collectionId}/objects/${INDICATOR}`);
    await page.getByText('Seen to fetch hxxps://evil[.]example[.]com/get?x=1 at night.').waitFor();
    await page.getByText('lockheed-martin-cyber-kill-chain: delivery').waitFor();
    await page.getByRole('region', { name: 'Further properties' }).getByText('second: with words').waitFor();
    await page.getByText('hxxps://blog[.]example[.]org/post').waitFor();
    const foreign = page.locator('a[href*="//"]:not([href^="/"])');
    expect(await foreign.count()).toBe(0);
    expect(await page.getByRole('button', { name: 'Open …' }).count()).toBe(1);
    expect(await inBothSchemes(page, 'object')).toEqual([]);
    await page.getByRole('button', { name: 'Open …' }).click();
    const dialog = page.getByRole('dialog', { name: 'Leave for another site?' });
    await dialog.getByText('Site: blog.example.org').waitFor();
    const link = dialog.getByRole('link', { name: 'Open in a new tab' });
    expect(await link.getAttribute('rel')).toBe('noreferrer noopener nofollow');
    expect(await link.getAttribute('target')).toBe('_blank');
    expect(await accessibilityProblems(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Stay here' }).click();
    await page.getByRole('button', { name: 'Copy the pattern' }).click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`[url:value = '${EVIL}']`);
  });

  it('hold objects whose names cannot be read otherwise than they are stored', async () => {
    await user.open(`/collections/${organization.collectionId}/objects/${TURNED}`);
    await page.getByRole('heading', { level: 1, name: 'invoice[U+202E]fdp.exe' }).waitFor();
    await page.getByRole('tab', { name: 'JSON' }).click();
    await page.getByLabel('JSON', { exact: true }).getByText('invoice\\u202efdp.exe').waitFor();
    expect(await page.locator('main').innerText()).not.toContain('\u202E');
    expect(await page.title()).not.toContain('\u202E');
  });

  it('hold objects as JSON, to copy and to keep, and in each of their versions', async () => {
    await user.open(`/collections/${organization.collectionId}/objects/${INDICATOR}`);
    await page.getByRole('tab', { name: 'JSON' }).click();
    await page.getByRole('button', { name: 'Copy JSON' }).click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(JSON.parse(copied)).toEqual(OBJECTS[0]);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download as stored' }).click(),
    ]);
    expect(await readFile(await download.path(), 'utf8')).toBe(JSON.stringify(OBJECTS[0]));

    const incident = 'incident--0d997cb6-b4cd-475f-8214-8c62c14a06da';
    await user.open(`/collections/${organization.collectionId}/objects/${incident}`);
    await page.getByRole('combobox', { name: 'Version (4)' }).click();
    await page.getByRole('option').last().click();
    await page.getByText('This is not the latest version').waitFor();
    expect(new URL(page.url()).searchParams.get('specVersion')).not.toBeNull();
    expect(await inBothSchemes(page, 'object-version')).toEqual([]);
    await page.getByRole('button', { name: 'Show the latest version' }).click();
    await page.getByText('This is not the latest version').waitFor({ state: 'hidden' });
  });

  it('show what is around an object, and lead to it by mouse and by key', async () => {
    await user.open(`/collections/${community.collectionId}?search=${encodeURIComponent(CAMPAIGN)}`);
    await objects().getByRole('link', { name: CAMPAIGN, exact: true }).click();
    await page.getByRole('tab', { name: 'Relationships' }).click();
    const picture = page.getByRole('region', { name: /^Picture of \d+ objects/ });
    await picture.getByRole('link').first().waitFor();
    const table = page.getByRole('table', { name: 'Relationships' });
    expect(await table.getByRole('row').count()).toBeGreaterThan(7);
    expect(await inBothSchemes(page, 'object-relationships')).toEqual([]);
    const first = picture.getByRole('link', { name: /malware|tool|intrusion-set/ }).first();
    const name = (await first.locator('title').textContent()) ?? '';
    await first.focus();
    await page.keyboard.press('Enter');
    expect(name).not.toContain(CAMPAIGN);
    await expect
      .poll(async () => name.includes(await page.getByRole('heading', { level: 1 }).innerText()))
      .toBe(true);
    await picture.waitFor();
    await user.open(`/collections/${organization.collectionId}/objects/${MALWARE}?tab=relationships`);
    await page
      .getByRole('table', { name: 'Relationships' })
      .getByRole('link', { name: 'indicates' })
      .waitFor();
  });

  it('are read by a Standard User, who sees nothing of how they are configured', async () => {
    const phone = { viewport: { width: 390, height: 844 } };
    const other = await console.newUser(phone);
    const person = await newPersonWithPassword(console.app, 'Standard User', organization);
    await other.signIn(person, '/collections');
    await loaded(other.page);
    expect(await other.page.getByRole('columnheader', { name: 'Writable' }).count()).toBe(0);
    await picture(other.page, 'collections-phone');
    await other.open(`/collections/${organization.collectionId}?tab=settings`);
    await other.page.getByRole('table', { name: 'Objects', exact: true }).waitFor();
    await loaded(other.page);
    expect(await other.page.getByRole('tab').allInnerTexts()).toEqual(['Objects', 'Types', 'Connect']);
    expect(await accessibilityProblems(other.page)).toEqual([]);
    await picture(other.page, 'objects-phone');
    await other.open(`/collections/${organization.collectionId}/objects/${INDICATOR}`);
    await picture(other.page, 'object-phone');
    await other.open(`/collections/${organization.collectionId}/objects/${INDICATOR}?tab=relationships`);
    await picture(other.page, 'object-relationships-phone');
    expect(await accessibilityProblems(other.page)).toEqual([]);
    await other.context.close();
  });

  it('are as good as empty to a Subscriber, and unknown to who is banned', async () => {
    const subscribed = await share('Subscribers only', 'Subscriber');
    const banned = await share('Shut out', 'Banned');
    const other = await as('Standard User', organization, '/collections');
    await loaded(other.page);
    const row = other.page.getByRole('row', { name: 'Subscribers only' });
    await row.getByText('Published only').waitFor();
    expect(await other.page.getByRole('row', { name: 'Shut out' }).count()).toBe(0);
    await row.getByRole('link').click();
    await other.page.getByText('Nothing is published').waitFor();
    await other.open(`/collections/${banned.collectionId}`);
    await other.page.getByText('There is nothing at this address').waitFor();
    await other.open(`/collections/${subscribed.collectionId}/objects/${INDICATOR}`);
    await other.page.getByText('There is nothing at this address').waitFor();
    expect(await accessibilityProblems(other.page)).toEqual([]);
    await other.context.close();
  });

  it('tell an Accounts Administrator how they are configured, and plainly that no more', async () => {
    const other = await as('Accounts Administrator', await newOrganization(console.app), '/collections');
    await loaded(other.page);
    const row = other.page.getByRole('row', { name: organization.name });
    await row.getByText('Configuration only').waitFor();
    await row.getByRole('link').click();
    await other.page.getByText('You may not read this intelligence').waitFor();
    expect(await other.page.getByRole('tab').allInnerTexts()).toEqual([
      'Objects',
      'Readers',
      'Settings',
      'Connect',
    ]);
    expect(await inBothSchemes(other.page, 'collection-not-readable')).toEqual([]);
    await other.page.getByRole('tab', { name: 'Settings' }).click();
    await other.page.getByText('You may see this, and not change it').waitFor();
    expect(await other.page.getByRole('button', { name: 'Save changes' }).count()).toBe(0);
    expect(await accessibilityProblems(other.page)).toEqual([]);
    await other.open(`/collections/${organization.collectionId}/objects/${INDICATOR}`);
    await other.page.getByText('You may not read this intelligence').waitFor();
    await other.context.close();
  });

  it('say how they are filled while they are empty', async () => {
    const empty = await newOrganization(console.app);
    const other = await as('Organization Administrator', empty, `/collections/${empty.collectionId}`);
    await other.page.getByText('This collection is empty').waitFor();
    await other.page
      .getByLabel('Import a STIX bundle')
      .getByText(`taxiway import bundle.json --owner "${empty.name}"`)
      .waitFor();
    await settle(other.page);
    expect(await inBothSchemes(other.page, 'collection-empty')).toEqual([]);
    await other.context.close();
  });
});
