import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { editProfile } from '../../server/features/accounts/profile.service.ts';
import { setOrganizationPermissions } from '../../server/features/owners/organizations.service.ts';
import { setSetting } from '../../server/features/settings/settings.service.ts';
import { newOrganization, newPerson, newPersonWithPassword } from '../../server/testing/builders.ts';
import { restClient } from '../../server/testing/rest-client.ts';
import { freshCode } from '../../server/testing/second-factors.ts';
import { accessibilityProblems, picture, type TestConsole } from './console.ts';
import {
  button,
  GOOD_PASSWORD,
  heading,
  openSetUpConsole,
  SHOWN_SECRET,
  storeRecoveryCodes,
  virtualAuthenticator,
} from './journeys.ts';

describe('the own profile', () => {
  let console: TestConsole;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  beforeAll(async () => {
    console = await openSetUpConsole();
    organization = await newOrganization(console.app);
  });
  afterAll(async () => {
    expect(console.troubles).toEqual([]);
    await console.close();
  });
  async function signedIn(address: string) {
    const someone = await newPersonWithPassword(console.app, 'Organization Administrator', organization);
    const user = await console.newUser();
    await user.signIn(someone, address);
    await heading(user.page, 'My profile').waitFor();
    return { ...someone, ...user };
  }

  it('is edited: names, time zone, log-out and summary, and the pseudonym where that is allowed', async () => {
    const { page, open, accountId } = await signedIn('/profile');
    const pseudonym = page.getByLabel('Pseudonym');
    expect(await pseudonym.isEditable()).toBe(false);
    await page.getByText('Your organization does not allow its people to change it.').waitFor();
    await page.getByLabel('First name').fill('Grace');
    await page.getByRole('combobox', { name: 'Time zone' }).fill('new york');
    await page.getByRole('option', { name: 'America/New York' }).click();
    await page.getByLabel('Log me out after').fill('15');
    await page.getByLabel('Daily summary by mail at').fill('07:30');
    await button(page, 'Save changes').click();
    await page.getByText('Your profile is saved.').waitFor();
    expect(await button(page, 'Save changes').isDisabled()).toBe(true);
    await setOrganizationPermissions(console.app, console.app.operator, {
      organization: organization.id,
      allowPseudonymChange: true,
    });
    await open('/profile');
    expect(await page.getByLabel('First name').inputValue()).toBe('Grace');
    expect(await page.getByLabel('Daily summary by mail at').inputValue()).toBe('07:30');
    await pseudonym.fill('Not allowed');
    await button(page, 'Save changes').click();
    await page.getByText(/Must be letters, digits and single hyphens/).waitFor();
    const other = await newPerson(console.app, 'Standard User', organization);
    await editProfile(console.app, other, { changes: { pseudonym: `owl-${accountId}` } });
    await pseudonym.fill(`owl-${accountId}`);
    await button(page, 'Save changes').click();
    await page
      .getByRole('alert')
      .or(page.getByText(/already/))
      .first()
      .waitFor();
    await pseudonym.fill(`night-owl-${accountId}`);
    await button(page, 'Save changes').click();
    await page.getByText('Your profile is saved.').waitFor();
  });

  it('says what somebody else changed meanwhile, and loses nothing of what was typed', async () => {
    const someone = await signedIn('/profile');
    const { page } = someone;
    await page.getByLabel('First name').fill('Mine');
    await editProfile(console.app, someone, { changes: { firstName: 'Theirs', lastName: 'Changed' } });
    await button(page, 'Save changes').click();
    const told = page.getByRole('alert').filter({ hasText: 'Your profile was changed meanwhile' });
    await told.getByText('First name: stored is “Theirs”, you entered “Mine”').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await picture(page, 'profile-stale-light');
    await button(page, 'Keep what I entered').click();
    expect(await page.getByLabel('Last name').inputValue()).toBe('Changed');
    await button(page, 'Save changes').click();
    await page.getByText('Your profile is saved.').waitFor();
    expect(await page.getByLabel('First name').inputValue()).toBe('Mine');
  });

  it('asks before something unsaved is lost', async () => {
    const { page } = await signedIn('/profile');
    await page.getByLabel('First name').fill('Unsaved');
    await page.getByRole('tab', { name: 'Sessions' }).click();
    await button(page, 'Go on editing').click();
    expect(await page.getByLabel('First name').inputValue()).toBe('Unsaved');
    await button(page, 'Undo changes').click();
    await page.getByRole('tab', { name: 'Sessions' }).click();
    await page.getByRole('table', { name: 'Sessions' }).waitFor();
  });

  it('holds the password, which is changed with the present one', async () => {
    const { page, password, userName } = await signedIn('/profile?tab=password');
    await page.getByText('Only whoever administers your organization can have it changed').waitFor();
    await page.getByLabel(/^Present password/).fill('wrong');
    for (const label of [/^New password \*?$/, /^New password again/])
      await page.getByLabel(label).fill(GOOD_PASSWORD);
    await button(page, 'Change password').click();
    await page.getByText('Is not the present password.').waitFor();
    await page.getByLabel(/^Present password/).fill(password);
    await button(page, 'Change password').click();
    await page.getByText('Your password is changed.').waitFor();
    const client = restClient(console.url);
    await client.signIn(userName, GOOD_PASSWORD);
    expect((await client.request('GET', '/session')).status).toBe(200);
  });

  it('holds second factors: an app, passkeys, recovery codes', async () => {
    const { page } = await signedIn('/profile?tab=second-factors');
    await page.getByText('Your account has no second factor').waitFor();
    await button(page, 'Set up an app').click();
    const secret = await page.getByText(SHOWN_SECRET).innerText();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByLabel('Code that the app shows').fill(freshCode(console.app, secret.replaceAll(' ', '')));
    await button(page, 'Confirm the app').click();
    await storeRecoveryCodes(page);
    await page.getByText('10 of 10 are left.').waitFor();

    await virtualAuthenticator(page);
    await button(page, 'Add a passkey').click();
    await page.getByLabel('Name of the passkey').fill('Laptop');
    await button(page, 'Add passkey').click();
    await page.getByText('The passkey is added.').waitFor();
    // The same device has one already.
    await button(page, 'Add a passkey').click();
    await page.getByLabel('Name of the passkey').fill('Again');
    await button(page, 'Add passkey').click();
    await page.getByText('This device holds a passkey of your account already.').waitFor();
    await button(page, 'Back').click();
    await button(page, 'Rename Laptop').click();
    await page.getByLabel('Name of the passkey').fill('Old laptop');
    await button(page, 'Rename passkey').click();
    await button(page, 'Remove Old laptop').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await picture(page, 'profile-second-factors-full-light');

    await button(page, 'Make new codes').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Make new codes' }).click();
    await page.getByRole('dialog', { name: 'Store your recovery codes' }).waitFor();
    await storeRecoveryCodes(page);
    await button(page, 'Remove Old laptop').click();
    await button(page, 'Remove passkey').click();
    await page.getByRole('table', { name: 'Passkeys' }).waitFor({ state: 'detached' });

    const setting = (value: boolean) =>
      setSetting(console.app, console.app.operator, { name: 'twoFactorAuthenticationRequired', value });
    await setting(true);
    await page.reload();
    await page.getByText(/this is your only one: add another before you remove it/).waitFor();
    expect(await button(page, 'Remove the app').isDisabled()).toBe(true);
    await setting(false);
    await page.reload();
    await button(page, 'Remove the app').click();
    await page.getByText(/after that, your password alone lets in/).waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove the app' }).click();
    await page.getByText('Your account has no second factor').waitFor();
  });

  it('holds the sessions: this one is marked, one is ended, and all others', async () => {
    const { page, userName, password } = await signedIn('/profile?tab=sessions');
    const clients = [restClient(console.url), restClient(console.url), restClient(console.url)];
    for (const client of clients) await client.signIn(userName, password);
    await page.reload();
    const rows = page.getByRole('table', { name: 'Sessions' }).locator('tbody').getByRole('row');
    await expect.poll(() => rows.count()).toBe(4);
    await page.getByText('This one').waitFor();
    await page
      .getByRole('button', { name: /^End the session of/ })
      .first()
      .click();
    await expect.poll(() => rows.count()).toBe(3);
    await button(page, 'End all others').click();
    await button(page, 'End 2 sessions').click();
    await expect.poll(() => rows.count()).toBe(1);
    for (const client of clients) expect((await client.request('GET', '/session')).status).toBe(401);
  });
});
