import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inTransaction } from '../../server/db/transaction.ts';
import { editAccount } from '../../server/features/account-changes/editing.service.ts';
import { createApiUser } from '../../server/features/account-creation/api-users.service.ts';
import { createTaxiiUser } from '../../server/features/account-creation/taxii-users.service.ts';
import { createUserGroup } from '../../server/features/groups/groups.service.ts';
import { editOrganization } from '../../server/features/owners/organizations.service.ts';
import { addMember, createOwner } from '../../server/features/owners/owners.service.ts';
import { dayOf } from '../../server/features/usage/usage.rules.ts';
import { addUsage } from '../../server/features/usage/usage.store.ts';
import { newUser } from '../../server/testing/accounts.ts';
import { newOrganization, newPerson, newPersonWithPassword } from '../../server/testing/builders.ts';
import {
  accessibilityProblems,
  type ConsoleUser,
  inBothSchemes,
  openTestConsole,
  picture,
  type TestConsole,
} from './console.ts';

/** What stands out of a narrow screen. */
const WIDE =
  "[...document.querySelectorAll('main *')].filter((each) => each.getBoundingClientRect().right > 361 && each.closest('[style*=\"overflow\"]') === null).map((each) => each.outerHTML.slice(0, 200))";

describe('the page of an account in the console', () => {
  let console: TestConsole;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let user: ConsoleUser;
  let page: Page;
  let ada: { id: number };
  let siem: { id: number };
  let apiUser: { id: number };
  let own: { accountId: number; userName: string };

  const address = ({ id }: { id: number }, tab?: string) =>
    `/accounts/${id}${tab === undefined ? '' : `?tab=${tab}`}`;
  const act = async (item: string) => {
    await page.getByRole('button', { name: 'Actions' }).click();
    await page.getByRole('menuitem', { name: item, exact: true }).click();
  };
  const row = (name: string | RegExp) => page.getByRole('row', { name });

  beforeAll(async () => {
    console = await openTestConsole();
    const { app } = console;
    organization = await newOrganization(app, { users: 50, apiUsers: 10, taxiiUsers: 10 });
    const of = { organization: organization.id };
    ada = await newUser(app, organization, { email: `ada.${organization.id}@example.com` });
    siem = await createTaxiiUser(app, app.operator, {
      ...of,
      userName: `siem-${organization.id}`,
      apiKey: true,
      contactEmail: 'soc@example.com',
    });
    apiUser = await createApiUser(app, app.operator, {
      ...of,
      firstName: 'Ticket',
      lastName: 'System',
      organizationRole: 'Standard User',
      tokenExpirationDays: 10,
    });
    await createUserGroup(app, app.operator, { ...of, name: 'Night shift', members: [ada.id] });
    const community = await createOwner(app, app.operator, { kind: 'community', name: 'Energy ISAC' });
    await addMember(app, app.operator, {
      kind: 'community',
      owner: community.id,
      ...of,
      defaultRole: 'Contributor',
    });
    const now = app.clock.now();
    await inTransaction(app.db, (tx) =>
      addUsage(
        tx,
        [0, 1, 2, 5, 9].map((daysAgo) => ({
          collection_id: organization.collectionId,
          day: dayOf(now) - daysAgo,
          account_id: siem.id,
          polls: 24 + daysAgo,
          objects_served: 100 * daysAgo,
          octets_served: 4000,
          objects_added: daysAgo,
          last_polled_at: now,
          last_polled_from: '192.0.2.44',
        })),
      ),
    );
    const person = await newPersonWithPassword(app, 'Organization Administrator', organization);
    own = person;
    user = await console.newUser();
    await user.signIn(person);
    page = user.page;
  }, 90_000);
  // Also after a failure in a narrow window.
  beforeEach(() => page.setViewportSize({ width: 1280, height: 800 }));
  afterAll(async () => {
    expect(console.troubles).toEqual([]);
    await console.close();
  });

  it('shows everything about it, and not the System role to an Organization Administrator', async () => {
    await user.open(address(ada));
    await page.getByRole('heading', { level: 1, name: 'Ada Byron' }).waitFor();
    await page
      .getByRole('table', { name: 'Identity' })
      .getByText(`ada.${organization.id}@example.com`)
      .waitFor();
    expect(await page.getByText('System role').count()).toBe(0);
    expect(await inBothSchemes(page, 'account')).toEqual([]);
    await page.setViewportSize({ width: 360, height: 740 });
    await expect.poll(() => page.evaluate(WIDE)).toEqual([]);
    await picture(page, 'account-phone');
    await page.getByLabel('Part of this page').selectOption('Groups');
    await page.getByRole('link', { name: 'Night shift' }).waitFor();
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.getByRole('tab', { name: 'Groups' }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  it('tells what comes of it before an account is locked or disabled, and does it', async () => {
    await user.open(address(ada));
    await act('Lock');
    const dialog = page.getByRole('dialog');
    await dialog.getByText(/Nothing else changes|What comes of it/).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await page.waitForFunction("document.activeElement?.textContent === 'Actions'");
    await act('Lock');
    await dialog.getByRole('button', { name: 'Lock account' }).click();
    await page.getByText('Locked by an administrator.').first().waitFor();
    await act('Unlock');
    await dialog.getByRole('button', { name: 'Unlock account' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await page.getByText('Locked by an administrator.').first().waitFor({ state: 'hidden' });
    await user.open(address(siem));
    await act('Disable');
    await dialog.getByText('What comes of it').waitFor();
    expect(await inBothSchemes(page, 'account-disable')).toEqual([]);
    await dialog.getByRole('button', { name: 'Disable account' }).click();
    await page.getByText(/^Disabled by .* since/).waitFor();
    await page.getByRole('row', { name: /^Since / }).waitFor();
    await act('Enable');
    await dialog.getByRole('button', { name: 'Enable account' }).click();
    await page.getByText('Disabled by an administrator.').first().waitFor({ state: 'hidden' });
  });

  it('says why it may do something, and why not, place by place', async () => {
    await user.open(address(ada, 'rights'));
    await page.getByRole('button', { name: /their organization/ }).waitFor();
    expect(await inBothSchemes(page, 'account-rights')).toEqual([]);
    await page.getByRole('combobox', { name: /^Why Ada Byron may/ }).fill('read everything');
    await page.getByRole('option', { name: 'To read everything in the owner.' }).click();
    const place = page.getByRole('region', { name: organization.name, exact: true });
    await place.getByText(/Through their Organization role Standard User/).waitFor();
    await page
      .getByRole('region', { name: 'Energy ISAC' })
      .getByText(/the Community role Contributor, by the default role of their organization/)
      .waitFor();
    expect(page.url()).toContain('permission=intelligence.read');
    await page.getByText('Not granted', { exact: true }).first().click();
    await place.waitFor({ state: 'hidden' });
  });

  it('gives a new key with an overlap, shows it once, binds it and revokes the old one', async () => {
    await user.open(address(siem, 'keys'));
    await page.getByRole('region', { name: /^API key ending in/ }).waitFor();
    await page.getByRole('button', { name: 'Rotate API key' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(/For how long the one before stays valid: 7 days/).waitFor();
    expect(await inBothSchemes(page, 'account-rotate')).toEqual([]);
    await dialog.getByRole('button', { name: 'Rotate API key' }).click();
    await dialog.getByText('This is shown once').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await dialog.getByRole('checkbox', { name: 'I have stored it' }).check();
    await dialog.getByRole('button', { name: 'Done' }).click();
    const keys = page.getByRole('region', { name: /^API key ending in/ });
    await expect.poll(() => keys.count()).toBe(2);
    await page.getByText('Replaced').waitFor();
    expect(await inBothSchemes(page, 'account-keys')).toEqual([]);

    const old = keys.filter({ hasText: 'Replaced' });
    const fresh = keys.filter({ hasNotText: 'Replaced' });
    await fresh.getByRole('button', { name: /^Limits of/ }).click();
    await dialog.getByRole('combobox', { name: 'Allowed networks' }).fill('nowhere');
    await page.keyboard.press('Enter');
    await dialog.getByRole('button', { name: 'Save changes' }).click();
    await dialog.getByText(/is no address and no prefix/).waitFor();
    await dialog.getByRole('combobox', { name: 'Allowed networks' }).press('Backspace');
    await dialog.getByRole('combobox', { name: 'Allowed networks' }).fill('192.0.2.0/24');
    await page.keyboard.press('Enter');
    await dialog.getByLabel('Read only').check();
    expect(await inBothSchemes(page, 'account-bind')).toEqual([]);
    await dialog.getByRole('button', { name: 'Save changes' }).click();
    await fresh.getByText('Only from 192.0.2.0/24').waitFor();
    await fresh.getByText('Read only').waitFor();
    // Nothing was sent with it yet: there is no address to pin it to.
    expect(await page.getByRole('button', { name: /^Pin to/ }).count()).toBe(0);
    await old.getByRole('button', { name: /^Revoke/ }).click();
    await dialog.getByRole('button', { name: 'Revoke API key' }).click();
    await expect.poll(() => keys.count()).toBe(1);
  });

  it('pins a credential to the address that it was last used from', async () => {
    const { app } = console;
    const used = await createTaxiiUser(app, app.operator, {
      organization: organization.id,
      userName: `pinned-${organization.id}`,
      apiKey: true,
    });
    await inTransaction(app.db, (tx) =>
      tx
        .updateTable('credentials')
        .set({ last_used_at: app.clock.now(), last_used_from: '203.0.113.24' })
        .where('account_id', '=', used.id)
        .execute(),
    );
    await user.open(address(used, 'keys'));
    await page.getByRole('button', { name: /^Pin to 203.0.113.24: API key/ }).click();
    const question = page.getByRole('dialog', { name: 'Pin the API key to 203.0.113.24?' });
    await question.getByText(/any other address is refused/).waitFor();
    expect(await inBothSchemes(page, 'account-pin')).toEqual([]);
    await question.getByRole('button', { name: 'Cancel' }).click();
    await question.waitFor({ state: 'detached' });
    expect(await page.getByText('Only from 203.0.113.24', { exact: true }).count()).toBe(0);
    await page.getByRole('button', { name: /^Pin to 203.0.113.24: API key/ }).click();
    await question.getByRole('button', { name: 'Pin to 203.0.113.24' }).click();
    await page.getByText('Only from 203.0.113.24', { exact: true }).waitFor();
    // That of its password is still there.
    expect(await page.getByRole('button', { name: /^Pin to .*: API key/ }).count()).toBe(0);
    expect(await page.getByRole('button', { name: /^Pin to .*: password/ }).count()).toBe(1);
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  it('shows what a TAXII user sees, how it connects, and how much it polled', async () => {
    await user.open(address(siem, 'taxii'));
    await page.getByText('It is let in', { exact: true }).waitFor();
    await row(new RegExp(organization.name)).first().waitFor();
    await row(/Energy ISAC/).waitFor();
    await page.getByRole('region', { name: 'Connection' }).getByText('Discovery URL').waitFor();
    expect(await inBothSchemes(page, 'account-taxii')).toEqual([]);
    await page.getByRole('tab', { name: 'Usage' }).click();
    await page.getByText('Polls in 30 days').waitFor();
    await page.getByText('137', { exact: true }).first().waitFor();
    expect(await inBothSchemes(page, 'account-usage')).toEqual([]);
    await page.getByRole('button', { name: 'Show as table' }).click();
    await page.getByRole('table', { name: 'Polls by day' }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  it('shows sessions and ends them, and resets a second factor with a reason', async () => {
    const { app } = console;
    const colleague = await newPersonWithPassword(app, 'Standard User', organization);
    const other = await console.newUser();
    await other.signIn(colleague);
    await user.open(`/accounts/${colleague.accountId}?tab=sessions`);
    await row(/Chrome on/).waitFor();
    expect(await inBothSchemes(page, 'account-sessions')).toEqual([]);
    await page.getByRole('button', { name: 'End all sessions' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'End all sessions' }).click();
    await page.getByText('Not signed in anywhere').waitFor();
    await other.context.close();
    await page.getByRole('tab', { name: 'Second factor' }).click();
    await page.getByRole('button', { name: 'Reset the second factor' }).click();
    await page
      .getByRole('textbox', { name: 'Reason' })
      .fill('Lost the telephone; called back on the known number.');
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Reset second factor', exact: true }).click();
    await page.getByRole('row', { name: /Has to set one up Yes/ }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  it('makes a password reset link, which is shown once', async () => {
    await user.open(address(ada));
    await act('Send password reset');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Make reset link' }).click();
    await dialog.getByText('This is shown once').waitFor();
    await dialog.getByRole('button', { name: 'Show all' }).click();
    await dialog.getByText(/\/link#/).waitFor();
    await dialog.getByRole('checkbox', { name: 'I have stored it' }).check();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await page
      .getByRole('table', { name: 'State' })
      .getByText(/Password reset, good until/)
      .waitFor();
  });

  it('says that an invitation is not good any more, in the list and on the page, and sends a new one', async () => {
    const { app } = console;
    const mary = await newUser(app, organization, {
      firstName: 'Mary',
      lastName: 'Somerville',
      email: `mary.${organization.id}@example.com`,
      invite: true,
    });
    await user.open(address(mary));
    await page.getByRole('heading', { level: 1, name: 'Mary Somerville' }).waitFor();
    await page.getByText(/^Invited: .* The link is good until/).waitFor();
    expect(await page.getByRole('button', { name: 'Send new invitation' }).count()).toBe(0);
    // As when its week is over.
    await inTransaction(app.db, (tx) =>
      tx
        .updateTable('one_time_links')
        .set({ expires_at: app.clock.now() - 1 })
        .where('account_id', '=', mary.id)
        .execute(),
    );
    await user.open(address(mary));
    await page.getByText('Invited, link ended').waitFor();
    expect(await inBothSchemes(page, 'account-invitation-ended')).toEqual([]);
    await page.setViewportSize({ width: 360, height: 740 });
    await expect.poll(() => page.evaluate(WIDE)).toEqual([]);
    await picture(page, 'account-invitation-ended-phone');
    await page.setViewportSize({ width: 1280, height: 800 });
    await user.open(`/organizations/${organization.id}/membership?search=mary`);
    const line = row(/mary/);
    await line.getByText('Invited, link ended').waitFor();
    await line.getByRole('button', { name: /^Actions for/ }).click();
    await page.getByRole('menuitem', { name: 'Send new invitation' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await user.open(address(mary));
    await page.getByRole('button', { name: 'Send new invitation' }).click();
    await dialog.getByRole('button', { name: 'Make invitation' }).click();
    await dialog.getByText('This is shown once').waitFor();
    await dialog.getByRole('checkbox', { name: 'I have stored it' }).check();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await page.getByText(/^Invited: .* The link is good until/).waitFor();
    expect(await page.getByText('Invited, link ended').count()).toBe(0);
    // The button is gone: the focus is at the heading.
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Mary Somerville');

    // The link stays in sight where its row leaves the list meanwhile.
    await inTransaction(app.db, (tx) =>
      tx
        .updateTable('one_time_links')
        .set({ expires_at: app.clock.now() - 1 })
        .where('account_id', '=', mary.id)
        .execute(),
    );
    await user.open(
      `/organizations/${organization.id}/membership?search=mary&organizationRole=Standard%20User`,
    );
    await line.getByRole('button', { name: /^Actions for/ }).click();
    await page.getByRole('menuitem', { name: 'Send new invitation' }).click();
    await inTransaction(app.db, (tx) =>
      tx
        .updateTable('accounts')
        .set({ organization_role: 'Sharing User' })
        .where('id', '=', mary.id)
        .execute(),
    );
    await dialog.getByRole('button', { name: 'Make invitation' }).click();
    await dialog.getByText('This is shown once').waitFor();
    await page.getByText('No account is like that').waitFor();
    await dialog.getByText('This is shown once').waitFor();
    await dialog.getByRole('checkbox', { name: 'I have stored it' }).check();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Membership');
  });

  it('locks an account down with a reason, and says how to let it back in', async () => {
    await user.open(address(apiUser, 'keys'));
    await act('Lock down');
    const dialog = page.getByRole('dialog');
    await dialog
      .getByRole('textbox', { name: 'Reason' })
      .fill('The key stands in a public repository.\u202e');
    expect(await inBothSchemes(page, 'account-lockdown')).toEqual([]);
    await dialog.getByRole('button', { name: 'Lock down account' }).click();
    await dialog.getByText('To let it back in, once it is clear what happened').waitFor();
    await dialog.getByText(/^Secret Key ending in/).waitFor();
    expect(await inBothSchemes(page, 'account-lockdown-done')).toEqual([]);
    await dialog.getByRole('link', { name: 'its audit trail' }).click();
    await row(/Locked an account down/).waitFor();
    await page
      .getByRole('button', { name: /^Details of event/ })
      .first()
      .click();
    await page.getByRole('cell', { name: /The key stands in a public repository\./ }).waitFor();
    await page.getByRole('tab', { name: 'Credentials' }).click();
    await page.getByText('No credential is valid').waitFor();
    await page.getByRole('button', { name: 'Make Secret Key' }).click();
    await dialog.getByText('It opens nothing yet').waitFor();
    await dialog.getByText(/it does not end the lockdown/).waitFor();
    expect(await inBothSchemes(page, 'account-locked-down-rotate')).toEqual([]);
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'hidden' });
    // What would turn the direction of the sentence is written out.
    await page
      .getByText(/^Locked down by .* since .*: The key stands in a public repository\.\[U\+202E\]$/)
      .waitFor();
    await page.getByRole('tab', { name: 'Overview' }).click();
    await page.getByRole('row', { name: /^Reason given The key stands .*\[U\+202E\]$/ }).waitFor();
    expect(await inBothSchemes(page, 'account-locked-down')).toEqual([]);
    await page.setViewportSize({ width: 360, height: 740 });
    await expect.poll(() => page.evaluate(WIDE)).toEqual([]);
    await picture(page, 'account-locked-down-phone');
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.getByRole('link', { name: own.userName }).first().click();
    await page.waitForURL(`**/accounts/${own.accountId}`);
  });

  it('has roles in communities, which a Director or an Administrator sets', async () => {
    await user.open(address(ada, 'community-roles'));
    await row(/Energy ISAC/)
      .getByText('Contributor', { exact: true })
      .waitFor();
    expect(await page.getByRole('button', { name: /Change role/ }).count()).toBe(0);
    expect(await accessibilityProblems(page)).toEqual([]);
    const accounts = await newPersonWithPassword(console.app, 'Accounts Administrator', organization);
    const other = await console.newUser();
    await other.signIn(accounts, address(ada, 'community-roles'));
    await other.page.getByRole('button', { name: 'Change role in Energy ISAC' }).click();
    await other.page.getByRole('combobox', { name: 'Role' }).click();
    await other.page.getByRole('option', { name: 'Editor' }).click();
    await other.page.getByRole('dialog').getByRole('button', { name: 'Change role' }).click();
    await other.page.getByText('An individual role (Editor); the default would be Contributor').waitFor();
    expect(await accessibilityProblems(other.page)).toEqual([]);
    // The System role is not an Accounts Administrator's to see.
    await other.open(address(ada));
    await other.page.getByRole('table', { name: 'Roles and rights' }).waitFor();
    expect(await other.page.getByRole('rowheader', { name: 'System role' }).count()).toBe(0);
    await other.context.close();
  });

  it('shows the System role to an Operations Administrator, who moves it where a seat is free', async () => {
    const { app } = console;
    const full = await newOrganization(app, { users: 0 });
    const roomy = await newOrganization(app, { users: 9 });
    const operations = await newPersonWithPassword(app, 'Operations Administrator', organization);
    const other = await console.newUser();
    await other.signIn(operations, address(ada));
    await other.page.getByRole('row', { name: 'System role User', exact: true }).waitFor();
    await other.page.getByRole('button', { name: 'Actions' }).click();
    await other.page.getByRole('menuitem', { name: 'Move to another organization' }).click();
    const dialog = other.page.getByRole('dialog');
    const choose = async (name: string) => {
      await dialog.getByRole('combobox', { name: 'Organization' }).fill(name);
      await other.page.getByRole('option', { name, exact: true }).click();
      await dialog.getByRole('button', { name: 'Move account' }).click();
    };
    await choose(full.name);
    await dialog.getByText(/may have 0 users and has 1/).waitFor();
    expect(await accessibilityProblems(other.page)).toEqual([]);
    await choose(roomy.name);
    await dialog.waitFor({ state: 'hidden' });
    await other.page.getByRole('link', { name: `Membership of ${roomy.name}` }).waitFor();
    await other.context.close();
    // Who administers the organization that it left sees it no more.
    await user.open(address(ada));
    await page.getByText('There is nothing at this address').waitFor();
  });

  it('offers nothing that would be refused: the own account, a higher rank, somebody who administers nothing', async () => {
    const { app } = console;
    await user.open(`/accounts/${own.accountId}`);
    await page.getByRole('link', { name: 'Edit', exact: true }).waitFor();
    expect(await page.getByRole('button', { name: 'Actions' }).count()).toBe(0);
    await user.open(`/accounts/${own.accountId}/delete`);
    await page.getByText('You may not see this').waitFor();
    const above = await newPerson(app, 'Administrator', organization);
    await user.open(`/accounts/${above.accountId}`);
    await page.getByRole('table', { name: 'State' }).waitFor();
    expect(await page.getByRole('button', { name: 'Actions' }).count()).toBe(0);
    expect(await page.getByRole('link', { name: 'Edit', exact: true }).count()).toBe(0);
    expect(await page.getByRole('tab', { name: 'Sessions' }).count()).toBe(0);
    await user.open(`/accounts/${above.accountId}/delete`);
    await page.getByText('You may not see this').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    const standard = await newPersonWithPassword(app, 'Standard User', organization);
    const other = await console.newUser();
    await other.signIn(standard, address(siem));
    await other.page.getByText('There is nothing at this address').waitFor();
    await other.open(`/accounts/${standard.accountId}`);
    await other.page.getByRole('table', { name: 'State' }).waitFor();
    expect(await other.page.getByRole('tab', { name: 'Audit trail' }).count()).toBe(0);
    await other.context.close();
  });

  it('says when somebody else was faster, and goes on with the account as it is then', async () => {
    const { app } = console;
    const someone = await newUser(app, organization, { firstName: 'Edith', lastName: 'Clarke' });
    await user.open(address(someone));
    await act('Lock');
    const dialog = page.getByRole('dialog');
    await dialog.getByText(/Nothing else changes|What comes of it/).waitFor();
    await editAccount(app, app.operator, { account: someone.id, changes: { timeZone: 'Europe/Berlin' } });
    await dialog.getByRole('button', { name: 'Lock account' }).click();
    await dialog.getByText('Somebody else changed this account meanwhile').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Lock account' }).click();
    await page.getByText('Locked by an administrator.').first().waitFor();
  });

  it('fits a narrow screen with names that have no space in them', async () => {
    const { app } = console;
    const long = await newOrganization(app, { users: 5 });
    const name = 'Hafenbetriebsgesellschaft'.repeat(4);
    await editOrganization(app, app.operator, { organization: long.id, name });
    const someone = await newUser(app, long, { firstName: 'Maximiliane'.repeat(9), invite: true });
    await inTransaction(app.db, (tx) =>
      tx
        .updateTable('one_time_links')
        .set({ expires_at: app.clock.now() - 1 })
        .where('account_id', '=', someone.id)
        .execute(),
    );
    const other = await console.newUser({ viewport: { width: 360, height: 740 } });
    await other.signIn(await newPersonWithPassword(app, 'Administrator', organization));
    const fits = async (at: string, text: string | RegExp) => {
      await other.open(at);
      await other.page.getByText(text).first().waitFor();
      await expect.poll(() => other.page.evaluate(WIDE), { message: at }).toEqual([]);
    };
    await fits(address(someone), 'The invitation link is not good any more');
    await fits(`/accounts/${someone.id}/delete`, 'Maximiliane');
    await editAccount(app, app.operator, { account: someone.id, changes: { disabled: true } });
    await fits(address(someone, 'rights'), /may do nothing at all now/);
    await picture(other.page, 'account-long-names-phone');
    await fits(`/?of=${long.id}`, /^Objects added to Hafen/);
    await other.page.getByText(/^Lately in Hafen/).waitFor();
    await picture(other.page, 'home-long-names-phone');
    await other.context.close();
  });
});
