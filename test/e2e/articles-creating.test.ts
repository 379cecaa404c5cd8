import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUserGroup } from '../../server/features/groups/groups.service.ts';
import { setSetting } from '../../server/features/settings/settings.service.ts';
import { createTaxiiService } from '../../server/features/taxii-services/taxii-services.service.ts';
import { publishTerms } from '../../server/features/terms/terms.service.ts';
import { signedOnce } from '../../server/testing/api-client.ts';
import { newOrganization } from '../../server/testing/builders.ts';
import { accessibilityProblems, type TestConsole } from './console.ts';
import {
  ADMINISTRATORS,
  accountNamed,
  backToAccounts,
  basic,
  choose,
  fillPerson,
  fresh,
  freshEmail,
  goToMembership,
  heading,
  labelsOf,
  loaded,
  membershipOf,
  type Organization,
  openForm,
  openSetUpConsole,
  optionsOf,
  poll,
  type Somebody,
  sent,
  setsSystemRoles,
  signInByHand,
  somebody,
  takeSecrets,
} from './journeys.ts';

const GOOD = 'a lantern under seven bridges';
/** How many accounts of a kind the card above the table says there are. */
const taken = async (user: Somebody, title: string) => {
  const meter = user.page.getByRole('region', { name: title, exact: true }).getByRole('meter');
  return Number(/^(\d+) of/.exec((await meter.getAttribute('aria-valuetext')) ?? '')?.[1]);
};

let console: TestConsole;
beforeAll(async () => {
  console = await openSetUpConsole();
  const { app } = console;
  await createTaxiiService(app, app.operator, { name: 'Archive', path: 'archive' });
  await publishTerms(app, app.operator, { text: 'Be kind.', mustBeAccepted: false });
  const setting = { name: 'termsOfServiceRequireNewUserToAccept' } as const;
  await setSetting(app, app.operator, { ...setting, value: true });
});
afterAll(async () => {
  expect(console.troubles).toEqual([]);
  await console.close();
});

/** Both articles, from the navigation to the account that really works, as each who may. */
describe.each(ADMINISTRATORS)('accounts created in the console by the %s', { timeout: 90_000 }, (role) => {
  const isHigh = setsSystemRoles(role);
  let organization: Organization;
  let by: Somebody;

  beforeAll(async () => {
    const { app } = console;
    organization = await newOrganization(app, { users: 20, apiUsers: 20, taxiiUsers: 20 });
    const of = { organization: organization.id };
    await createUserGroup(app, app.operator, { ...of, name: 'Night shift' });
    by = await somebody(console, role, organization);
  });
  afterAll(() => by.context.close());

  it('finds the membership, with what more can be created, and the System role where it may see it', async () => {
    const { page } = by;
    await goToMembership(by, role, organization);
    for (const title of ['Users', 'API users', 'TAXII users'])
      expect(await taken(by, title), title).toBeGreaterThanOrEqual(0);
    for (const title of ['Create user', 'Create read-only user', 'Create API user', 'Create TAXII user'])
      await page.getByRole('main').getByText(title, { exact: true }).first().waitFor();
    expect(await page.getByRole('columnheader', { name: 'System role' }).count()).toBe(isHigh ? 1 : 0);
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  it('a user: every field of the form that it may set, stored; the person signs in and is asked for a new password', async () => {
    const { page } = by;
    const before = await taken(by, 'Users');
    await openForm(page, 'Create user');
    expect(await labelsOf(page)).toEqual([
      'E-mail address',
      'First name',
      'Last name',
      ...(isHigh ? ['Pseudonym'] : []),
      ...(isHigh ? ['System role'] : []),
      'Organization role',
      'User groups',
      'Invitation',
      'Generated',
      'Typed',
      'Password reset required',
      'Multi-factor authentication reset required',
      ...(isHigh ? ['Terms of service acceptance required'] : []),
      'Send account info e-mail',
      'Locked',
      'Disabled',
      'Log out after',
      'Time zone',
      'Summary e-mail time',
      ...(isHigh ? ['Custom TQL timeout'] : []),
    ]);
    const email = freshEmail('jane');
    await fillPerson(page, email);
    // Selected by default, as the article says.
    for (const label of ['Password reset required', 'Send account info e-mail'])
      expect(await page.getByLabel(label).isChecked(), label).toBe(true);
    for (const label of ['Locked', 'Disabled', 'Multi-factor authentication reset required'])
      expect(await page.getByRole('checkbox', { name: label, exact: true }).isChecked(), label).toBe(false);
    expect(await optionsOf(page, /^Organization role/)).toEqual(
      expect.arrayContaining([
        'Organization Administrator',
        'Sharing User',
        'Standard User',
        'Read Only User',
      ]),
    );
    await choose(page, /^Organization role/, 'Sharing User');
    await choose(page, 'User groups', 'Night shift');
    await page.keyboard.press('Escape');
    await page.getByLabel('Log out after').fill('45');
    await page.getByRole('combobox', { name: 'Time zone' }).fill('Lisbon');
    await page.getByRole('option', { name: /Europe\/Lisbon/ }).click();
    await page.getByLabel('Summary e-mail time').fill('07:30');
    if (isHigh) {
      expect(await page.getByLabel('Terms of service acceptance required').isChecked()).toBe(true);
      await page.getByLabel('Terms of service acceptance required').uncheck();
      await page.getByLabel(/^Pseudonym/).fill(`heron-${organization.id}`);
      await page.getByLabel('Custom TQL timeout').fill('5000');
      const roles = await optionsOf(page, /^System role/);
      expect(roles).toContain('Operations Administrator');
      // Nobody grants a role above their own.
      expect(roles.includes('Administrator')).toBe(role === 'Administrator');
    }
    await page.getByRole('form').getByRole('button', { name: 'Create user' }).click();
    const { Password: password = '' } = await takeSecrets(page);
    await page.getByText(`The user ${email} is created`).waitFor();
    await backToAccounts(page);
    await page.getByRole('row', { name: email }).waitFor();
    await expect.poll(() => taken(by, 'Users')).toBe(before + 1);

    const stored = await accountNamed(by, organization, email);
    expect(stored).toMatchObject({
      kind: 'user',
      userName: email,
      firstName: 'Jane',
      lastName: 'Doe',
      organizationRole: 'Sharing User',
      groups: [{ name: 'Night shift' }],
      logOutAfterMinutes: 45,
      timeZone: 'Europe/Lisbon',
      summaryEmailTime: '07:30',
      passwordResetRequired: true,
      ...(isHigh
        ? { systemRole: 'User', pseudonym: `heron-${organization.id}`, customTqlTimeoutMs: 5000 }
        : {}),
    });
    // Nobody else is told System roles.
    expect('systemRole' in stored).toBe(isHigh);
    const person = await signInByHand(console, { userName: email, password });
    await heading(person.page, 'Choose a new password').waitFor();
    await person.page.getByLabel(/^Present password/).fill(password);
    await person.page.getByLabel(/^New password \*?$/).fill(GOOD);
    await person.page.getByLabel(/^New password again/).fill(GOOD);
    await person.page.getByRole('button', { name: 'Change password' }).click();
    // The terms of service are asked for where that was not switched off.
    await heading(person.page, isHigh ? 'Home' : /terms/i).waitFor();
    await person.context.close();
    expect((await accountNamed(by, organization, email)).passwordResetRequired).toBe(false);
  });

  it('a Read Only User: only the two roles, a typed password, a second factor to be set up; it takes no seat', async () => {
    const { page } = by;
    const before = await taken(by, 'Users');
    await openForm(page, 'Create read-only user');
    expect((await labelsOf(page)).includes('System role')).toBe(isHigh);
    expect(await optionsOf(page, /^Organization role/)).toEqual(['Read Only User', 'Read Only Commenter']);
    const email = freshEmail('reader');
    await fillPerson(page, email);
    await choose(page, /^Organization role/, 'Read Only Commenter');
    await page.getByLabel('Typed').check();
    await page.getByRole('textbox', { name: /^Password/ }).fill('short');
    const create = page.getByRole('form').getByRole('button', { name: 'Create read-only user' });
    await create.click();
    await page
      .getByText(/must have at least \d+ characters/)
      .first()
      .waitFor();
    await page.getByRole('textbox', { name: /^Password/ }).fill(GOOD);
    await page.getByLabel('Password reset required', { exact: true }).uncheck();
    await page.getByLabel('Multi-factor authentication reset required').check();
    if (isHigh) await page.getByLabel('Terms of service acceptance required').uncheck();
    await create.click();
    await page.getByText(`The read-only user ${email} is created`).waitFor();
    await backToAccounts(page);
    expect(await taken(by, 'Users')).toBe(before);
    expect(await accountNamed(by, organization, email)).toMatchObject({
      kind: 'read_only',
      organizationRole: 'Read Only Commenter',
      mfaResetRequired: true,
      passwordResetRequired: false,
    });
    const person = await signInByHand(console, { userName: email, password: GOOD });
    await heading(person.page, isHigh ? /second factor/i : /second factor|terms/i).waitFor();
    await person.context.close();
  });

  it('an API user: a Secret Key and a token, shown once, which work', async () => {
    const { page } = by;
    await openForm(page, 'Create API user');
    expect(await labelsOf(page)).toEqual([
      'First name',
      'Last name',
      ...(isHigh ? ['Pseudonym'] : []),
      'Contact e-mail address',
      ...(isHigh ? ['System role'] : []),
      'Organization role',
      'Include in observations and false positives',
      'Allow user to exceed API link limit',
      'Token expiration (days)',
      'Disabled',
      ...(isHigh ? ['Custom TQL timeout'] : []),
    ]);
    const name = fresh('Sync');
    await page.getByLabel(/^First name/).fill('Ticket');
    await page.getByLabel(/^Last name/).fill(name);
    if (isHigh) {
      expect(await optionsOf(page, /^System role/)).toEqual(['Api User', 'Exchange Admin']);
      await choose(page, /^System role/, 'Exchange Admin');
      await page.getByLabel('Custom TQL timeout').fill('9000');
    }
    await choose(page, /^Organization role/, 'Standard User');
    await page.getByLabel('Include in observations and false positives').check();
    await page.getByLabel('Allow user to exceed API link limit').check();
    await page.getByLabel(/^Token expiration/).fill('30');
    await page.getByRole('button', { name: 'Create API user and generate token' }).click();
    const secrets = await takeSecrets(page);
    await page.getByText(/^The API user .* is created$/).waitFor();
    await backToAccounts(page);
    const { 'Access ID': accessId = '', 'Secret Key': secretKey = '', Token: token = '' } = secrets;
    expect(await accountNamed(by, organization, accessId)).toMatchObject({
      kind: 'api',
      lastName: name,
      includeInObservations: true,
      exceedApiLinkLimit: true,
      ...(isHigh ? { systemRole: 'Exchange Admin', customTqlTimeoutMs: 9000 } : {}),
    });
    for (const headers of [
      signedOnce({ accessId, secretKey }, 'GET', '/api/v2/whoami'),
      { Authorization: `TC-Token ${token}` },
    ]) {
      const reply = await fetch(`${console.url}/api/v2/whoami`, { headers });
      expect(reply.status).toBe(200);
      expect(await reply.text()).toContain(name);
    }
    const html = await page.content();
    for (const secret of [secretKey, token]) expect(html).not.toContain(secret);
  });

  it('a TAXII user: the service first, then only the fields that apply; it polls with what the panel shows', async () => {
    const { page } = by;
    const before = await taken(by, 'TAXII users');
    await openForm(page, 'Create TAXII user');
    expect(await labelsOf(page)).toEqual(['TAXII service']);
    await choose(page, /^TAXII service/, 'Intelligence (/intel/)');
    await page.getByLabel(/^User name/).waitFor();
    expect(await labelsOf(page)).toEqual([
      'TAXII service',
      'User name',
      'Contact e-mail address',
      'Only these owners',
      'Generated',
      'Typed',
      'Make an API key as well',
      'Locked',
      'Disabled',
    ]);
    const dialog = page.getByRole('dialog');
    await dialog.getByText('It is created automatically, and cannot be edited.').waitFor();
    await dialog.getByText('Standard User').first().waitFor();
    const userName = fresh('siem');
    await page.getByLabel(/^User name/).fill(userName);
    await page.getByLabel('Make an API key as well').check();
    await page.getByRole('form').getByRole('button', { name: 'Create TAXII user' }).click();
    const secrets = await takeSecrets(page);
    await page.getByRole('region', { name: 'Connection' }).waitFor();
    await backToAccounts(page);
    await expect.poll(() => taken(by, 'TAXII users')).toBe(before + 1);
    expect(await accountNamed(by, organization, userName)).toMatchObject({
      kind: 'taxii',
      organizationRole: 'Standard User',
      pseudonym: expect.stringMatching(/^[a-z0-9-]{3,}$/),
    });
    const objects = `intel/collections/${organization.collectionId}/objects/`;
    expect(await poll(console, basic(userName, secrets.Password), objects)).toBe(200);
    expect(await poll(console, `Bearer ${secrets['API key']}`, objects)).toBe(200);
    // The credentials open the chosen service only.
    expect(await poll(console, basic(userName, secrets.Password), 'archive/collections/')).not.toBe(200);
    expect(await poll(console, basic(userName, 'wrong'))).toBe(401);
  });

  if (isHigh)
    it('a Super User is Organization Administrator, and the other form makes a user of a Read Only User', async () => {
      const { page } = by;
      await openForm(page, 'Create user');
      await choose(page, /^System role/, 'Super User');
      await page.getByText('Every Super User is Organization Administrator.').waitFor();
      expect(await page.getByRole('combobox', { name: /^Organization role/ }).count()).toBe(0);
      const email = freshEmail('super');
      await fillPerson(page, email);
      await page.getByRole('form').getByRole('button', { name: 'Create user' }).click();
      await takeSecrets(page);
      await backToAccounts(page);
      expect(await accountNamed(by, organization, email)).toMatchObject({
        systemRole: 'Super User',
        organizationRole: 'Organization Administrator',
      });
      await openForm(page, 'Create read-only user');
      await choose(page, /^System role/, 'User');
      await page.getByText(/It becomes a user/).waitFor();
      await page.getByRole('button', { name: 'Close', exact: true }).click();
      await page.getByRole('button', { name: 'Leave without saving' }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    });

  it('what a form does not offer is refused as well', async () => {
    await by.open(membershipOf(organization));
    await loaded(by.page);
    const { status } = await sent(by, 'POST', `/organizations/${organization.id}/users`, {
      email: freshEmail('tql'),
      firstName: 'T',
      lastName: 'Q',
      organizationRole: 'Standard User',
      customTqlTimeoutMs: 1000,
    });
    expect(status).toBe(isHigh ? 201 : 403);
  });
});
