import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../../server/db/transaction.ts';
import { editAccount } from '../../server/features/account-changes/editing.service.ts';
import { createApiUser } from '../../server/features/account-creation/api-users.service.ts';
import { createUser } from '../../server/features/account-creation/people.service.ts';
import { createTaxiiUser } from '../../server/features/account-creation/taxii-users.service.ts';
import { createAdministrator } from '../../server/features/instance/instance.service.ts';
import { addMember, createOwner } from '../../server/features/owners/owners.service.ts';
import { dayOf } from '../../server/features/usage/usage.rules.ts';
import { addUsage } from '../../server/features/usage/usage.store.ts';
import { givePassword, newOrganization, newPersonWithPassword } from '../../server/testing/builders.ts';
import { addTo } from '../../server/testing/objects.ts';
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
const region = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

describe('the home screen of the console', () => {
  let console: TestConsole;
  let harbour: Awaited<ReturnType<typeof newOrganization>>;
  let staff: Awaited<ReturnType<typeof newOrganization>>;
  let user: ConsoleUser;
  let page: Page;
  const as = async (person: Parameters<typeof newPersonWithPassword>[1], organization: { id: number }) => {
    const someone = await console.newUser();
    await someone.signIn(await newPersonWithPassword(console.app, person, organization));
    return someone;
  };

  beforeAll(async () => {
    console = await openTestConsole();
    const { app } = console;
    harbour = await newOrganization(app, { users: 4, apiUsers: 5, taxiiUsers: 20 });
    staff = await newOrganization(app, { users: 30 });
    const of = { organization: harbour.id };
    const locked = await createUser(app, app.operator, {
      ...of,
      email: 'ada@example.org',
      firstName: 'Ada',
      lastName: 'Lovelace',
      organizationRole: 'Organization Administrator',
    });
    await editAccount(app, app.operator, { account: locked.id, changes: { locked: true } });
    await createUser(app, app.operator, {
      ...of,
      email: 'mary@example.org',
      firstName: 'Mary',
      lastName: 'Somerville',
      organizationRole: 'Standard User',
      invite: true,
    });
    await createApiUser(app, app.operator, {
      ...of,
      firstName: 'Ticket',
      lastName: 'System',
      organizationRole: 'Standard User',
      tokenExpirationDays: 5,
    });
    const now = app.clock.now();
    for (const [index, userName] of ['north-siem', 'south-siem'].entries()) {
      const { id } = await createTaxiiUser(app, app.operator, { ...of, userName });
      await inTransaction(app.db, (tx) =>
        addUsage(
          tx,
          [0, 1, 2].map((day) => ({
            collection_id: harbour.collectionId,
            day: dayOf(now) - day,
            account_id: id,
            polls: 10 * (index + 1) + day,
            objects_served: 100 * (index + 1),
            octets_served: 4000,
            objects_added: 0,
            last_polled_at: now,
            last_polled_from: '192.0.2.1',
          })),
        ),
      );
    }
    const added = new Date().toISOString();
    await addTo(
      app,
      harbour,
      [1, 2, 3].map((number) => ({
        type: 'indicator',
        spec_version: '2.1',
        id: `indicator--00000000-0000-4000-8000-00000000000${number}`,
        created: added,
        modified: added,
        pattern: `[domain-name:value = 'example-${number}.org']`,
        pattern_type: 'stix',
        valid_from: added,
      })),
    );
    const source = await createOwner(app, app.operator, {
      kind: 'source',
      name: 'Open Reports',
      anonymous: false,
    });
    await addMember(app, app.operator, { owner: source.id, organization: staff.id, defaultRole: 'User' });
    user = await as('Organization Administrator', harbour);
    page = user.page;
  });
  afterAll(() => console.close());

  it('shows an Organization Administrator what needs attention, each with the way to all of it', async () => {
    await region(page, 'Locked').getByRole('link', { name: 'Ada Lovelace' }).waitFor();
    await region(page, 'Locked').getByText('by an administrator').waitFor();
    await region(page, 'Credentials that end soon').getByRole('link', { name: 'Ticket System' }).waitFor();
    await region(page, 'Invitations not followed').getByRole('link', { name: 'Mary Somerville' }).waitFor();
    await region(page, 'Seats nearly gone').getByText('4 of 4').waitFor();
    // The whole instance is for those who see all accounts.
    expect(await page.getByRole('radio', { name: 'All organizations' }).count()).toBe(0);
    await page.getByRole('img', { name: /Polls by day/ }).waitFor();
    expect(await inBothSchemes(page, 'home')).toEqual([]);
    await page.getByRole('link', { name: 'Show all: Locked, 1' }).click();
    await page.waitForURL(/membership\?state=/);
    await page.getByRole('link', { name: 'ada@example.org' }).waitFor();
    await page.goBack();
  });

  it('plots polls and objects by TAXII user and collection, as a picture and as a table', async () => {
    const polls = region(page, 'Polls by TAXII user');
    await polls.getByText('north-siem').first().waitFor();
    await polls.getByRole('button', { name: 'Show as table' }).click();
    const table = polls.getByRole('table', { name: 'Polls by day' });
    expect(await table.getByRole('columnheader').allInnerTexts()).toEqual([
      'Day (UTC)',
      'south-siem',
      'north-siem',
    ]);
    expect(await table.getByRole('row').last().getByRole('cell').allInnerTexts()).toEqual(['20', '10']);
    expect(await accessibilityProblems(page)).toEqual([]);
    await picture(page, 'home-table-light');
    await page.getByRole('radio', { name: 'Objects served' }).press('Space');
    await page.waitForURL(/figure=objectsServed/);
    await region(page, 'Objects served by TAXII user').waitFor();
    await page.getByRole('radio', { name: '7 days' }).press('Space');
    await page.waitForURL(/days=/);
    const added = region(page, `Objects added to ${harbour.name}`);
    await added.getByRole('button', { name: 'Show as table' }).click();
    await eventually(() => added.getByRole('row').count()).toBe(8);
    expect(await added.getByRole('row').last().getByRole('cell').innerText()).toBe('3');
    // What is chosen stands in the address.
    await page.reload();
    await region(page, 'Objects served by TAXII user').waitFor();
    await page.setViewportSize({ width: 380, height: 760 });
    await picture(page, 'home-phone');
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  it('shows administrators of the instance all organizations, and the polls of any of them', async () => {
    for (const person of ['Accounts Administrator', 'Administrator'] as const) {
      const administrator = await as(person, staff);
      const own = administrator.page;
      // All of them from the start, and of the one with the most TAXII users more.
      await region(own, 'Polls by TAXII user').getByText('north-siem').first().waitFor();
      await region(own, 'Lately').getByText(`Lately in ${harbour.name}`).waitFor();
      expect(await region(own, 'Where to').count()).toBe(0);
      await own.getByRole('radio', { name: staff.name }).press('Space');
      await own.waitForURL(/scope=own/);
      await region(own, 'Locked').waitFor({ state: 'detached' });
      expect(await own.getByRole('combobox', { name: 'Organization' }).count()).toBe(0);
      await own.getByRole('radio', { name: 'All organizations' }).press('Space');
      await own.waitForURL((url) => !url.search.includes('scope'));
      await region(own, 'Locked').getByRole('link', { name: 'Ada Lovelace' }).waitFor();
      await region(own, 'Seats nearly gone').getByText(`Users of ${harbour.name}`).waitFor();
      // The numbers are of the organization that is chosen, or of a community or source: the headings say whose.
      const added = (owner: string) => region(own, `Objects added to ${owner}`);
      await added(harbour.name).waitFor();
      await own.getByRole('combobox', { name: 'Organization' }).click();
      await own.getByRole('option', { name: staff.name }).click();
      await region(own, 'Lately').getByText(`Lately in ${staff.name}`).waitFor();
      await added(staff.name).getByText('None in these 30 days.').waitFor();
      await own.getByRole('heading', { name: `Polls and objects of ${staff.name}` }).waitFor();
      await added(staff.name).getByRole('combobox', { name: 'Collection' }).click();
      expect(await own.getByRole('option').allInnerTexts()).toEqual([staff.name, 'Open Reports']);
      await own.getByRole('option', { name: 'Open Reports' }).click();
      await added('Open Reports').waitFor();
      await own.getByRole('combobox', { name: 'Organization' }).click();
      await own.getByRole('option', { name: harbour.name }).click();
      await added(harbour.name).waitFor();
      await added('Open Reports').waitFor({ state: 'detached' });
      await region(own, 'Polls by TAXII user').getByText('north-siem').first().waitFor();
      await own.getByRole('option').first().waitFor({ state: 'detached' });
      expect(
        await inBothSchemes(own, `home-${person === 'Administrator' ? 'instance' : 'accounts'}`),
      ).toEqual([]);
      // What the address names may be gone.
      await administrator.open('/?of=99999');
      await own.waitForURL((url) => !url.search.includes('of='));
      await region(own, 'Lately').getByText(`Lately in ${harbour.name}`).waitFor();
      expect(await own.getByText('There is nothing at this address').count()).toBe(0);
      await own.getByRole('link', { name: 'Show all: Locked, 1' }).click();
      await own.waitForURL(/console\/accounts\?state=/);
      await administrator.context.close();
    }
  });

  it('is of use to those who administer nothing: what was done, and where to go', async () => {
    for (const person of ['Standard User', 'Read Only User'] as const) {
      const member = await as(person, harbour);
      await region(member.page, 'Lately')
        .getByText(/Created a/)
        .first()
        .waitFor();
      await region(member.page, 'Where to').getByRole('link', { name: 'Collections' }).waitFor();
      expect(await member.page.getByText('Needs attention').count()).toBe(0);
      expect(await region(member.page, 'Where to').getByRole('link', { name: 'Membership' }).count()).toBe(0);
      // A choice in the address that is not for them changes nothing.
      await member.open('/?scope=instance');
      await region(member.page, 'Where to').waitFor();
      expect(await member.page.getByText('Needs attention').count()).toBe(0);
      if (person === 'Standard User') expect(await inBothSchemes(member.page, 'home-member')).toEqual([]);
      await member.context.close();
    }
  });

  it('leaves no error behind', () => {
    expect(console.troubles).toEqual([]);
  });
});

describe('the home screen of a new instance', () => {
  let console: TestConsole;
  beforeAll(async () => {
    console = await openTestConsole();
  });
  afterAll(() => console.close());

  it('says what comes next to those who can do it, until it is done', async () => {
    const { app } = console;
    const password = 'Lamps along the runway 7';
    const email = 'first@example.org';
    await createAdministrator(app, app.operator, { email, password, organization: 'Tower' });
    const first = await console.newUser();
    await first.signIn({ userName: email, password });
    const next = (page: Page) => region(page, 'What comes next').getByRole('link');
    const { page } = first;
    await next(page).first().waitFor();
    expect(await next(page).allInnerTexts()).toEqual([
      'Create another organization',
      'Create a community',
      'a source',
      'Set up mail',
      'Create accounts',
    ]);
    expect(await inBothSchemes(page, 'home-first')).toEqual([]);
    await page.setViewportSize({ width: 360, height: 740 });
    await picture(page, 'home-first-phone');
    await page.setViewportSize({ width: 1280, height: 800 });
    await next(page).filter({ hasText: 'Create a community' }).click();
    await page.getByRole('dialog', { name: 'Create community' }).waitFor();

    // The Administrator of an organization can do one of them.
    const other = await newOrganization(app, { users: 20, taxiiUsers: 5 });
    const theirs = await givePassword(app, other.administrator.accountId);
    const administrator = await console.newUser();
    await administrator.signIn({ userName: other.administrator.userName, password: theirs });
    await next(administrator.page).first().waitFor();
    expect(await next(administrator.page).allInnerTexts()).toEqual(['Create accounts']);
    for (const [person, open] of [
      ['Standard User', []],
      ['Accounts Administrator', ['Create a community', 'a source', 'Create accounts']],
    ] as const) {
      const someone = await console.newUser();
      await someone.signIn(await newPersonWithPassword(app, person, other));
      await someone.page.getByRole('heading', { name: 'Home', level: 1 }).waitFor();
      expect(await next(someone.page).allInnerTexts()).toEqual([...open]);
      await someone.context.close();
    }
    await administrator.open('/');
    expect(await next(administrator.page).count()).toBe(0);

    await createOwner(app, app.operator, { kind: 'community', name: 'Ground crew', anonymous: false });
    await first.open('/');
    await next(page).first().waitFor();
    expect(await next(page).allInnerTexts()).toEqual(['Set up mail', 'Create accounts']);
    // What polls is there: the rest is a matter of choice.
    await createTaxiiUser(app, app.operator, { organization: other.id, userName: 'tower-siem' });
    await first.open('/');
    await page.getByRole('heading', { name: 'Home', level: 1 }).waitFor();
    expect(await next(page).count()).toBe(0);
  });

  it('leaves no error behind', () => {
    expect(console.troubles).toEqual([]);
  });
});
