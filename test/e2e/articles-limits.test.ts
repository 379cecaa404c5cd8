import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTaxiiUser } from '../../server/features/account-creation/taxii-users.service.ts';
import { editLicence } from '../../server/features/instance/licence.service.ts';
import { setOrganizationPermissions } from '../../server/features/owners/organizations.service.ts';
import { setSetting } from '../../server/features/settings/settings.service.ts';
import { newUser } from '../../server/testing/accounts.ts';
import { newOrganization, newPerson, newPersonWithPassword } from '../../server/testing/builders.ts';
import { accessibilityProblems, type TestConsole } from './console.ts';
import {
  ADMINISTRATORS,
  accountNamed,
  basic,
  choose,
  existsNamed,
  fillPerson,
  fresh,
  freshEmail,
  goToMembership,
  loaded,
  membershipOf,
  openForm,
  openSetUpConsole,
  poll,
  type Somebody,
  sent,
  setsSystemRoles,
  somebody,
  takeSecrets,
} from './journeys.ts';

const KINDS = [
  { path: 'user', noun: 'user', plural: 'Users', limit: 'User limit', name: 'users' },
  { path: 'api-user', noun: 'API user', plural: 'API users', limit: 'API user limit', name: 'apiUsers' },
  {
    path: 'taxii-user',
    noun: 'TAXII user',
    plural: 'TAXII users',
    limit: 'TAXII user limit',
    name: 'taxiiUsers',
  },
] as const;

let console: TestConsole;
beforeAll(async () => {
  console = await openSetUpConsole();
});
afterAll(async () => {
  expect(console.troubles).toEqual([]);
  await console.close();
});

const card = ({ page }: Somebody, plural: string) => page.getByRole('region', { name: plural, exact: true });

/** The limits as the articles have them: what does not fit is not offered, and who may make room for it does. */
describe.each(ADMINISTRATORS)('the limits, met in the console by the %s', { timeout: 90_000 }, (role) => {
  const mayRaise = (name: (typeof KINDS)[number]['name']) =>
    setsSystemRoles(role) || (role === 'Accounts Administrator' && name === 'taxiiUsers');

  it('creates nothing at the limit, is told who may raise it, raises what it may, and creates', async () => {
    const { app } = console;
    const organization = await newOrganization(app, { users: 0, apiUsers: 0, taxiiUsers: 0 });
    const by = await somebody(console, role, organization);
    const { page } = by;
    await goToMembership(by, role, organization);
    for (const { path, noun, plural, name } of KINDS) {
      const create = card(by, plural).getByRole('button', { name: new RegExp(`^Create ${noun}`) });
      expect(await create.getAttribute('aria-disabled'), noun).toBe('true');
      expect(await create.innerText()).toMatch(/may have 0 .* and has/);
      await card(by, plural)
        .getByRole('button', { name: new RegExp(`raised by: .*${raisers(name)}`) })
        .waitFor();
      const raise = card(by, plural).getByRole('link', { name: 'Change the limit' });
      expect(await raise.count(), noun).toBe(mayRaise(name) ? 1 : 0);
      await by.open(membershipOf(organization, `/new/${path}`));
      await page
        .getByRole('alert')
        .filter({ hasText: `No ${noun} can be created now` })
        .waitFor();
      const save = page.getByRole('form').getByRole('button', { name: `Create ${noun}`, exact: true });
      expect(await save.isDisabled(), noun).toBe(true);
      await page.getByRole('button', { name: 'Close', exact: true }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    expect(await accessibilityProblems(page)).toEqual([]);

    await by.open(`/organizations/${organization.id}/settings`);
    const limits = page.getByRole('region', { name: 'Limits' });
    await limits.waitFor();
    for (const { limit, name } of KINDS)
      expect(await limits.getByRole('textbox', { name: limit, exact: true }).isEnabled(), limit).toBe(
        mayRaise(name),
      );
    for (const { name } of KINDS.filter((kind) => !mayRaise(kind.name))) {
      const reply = await sent(by, 'PUT', `/organizations/${organization.id}/limits`, {
        version: 1,
        limits: { [name]: 9 },
      });
      expect([reply.status, reply.code], name).toEqual([403, 'forbidden']);
    }
    if (role === 'Organization Administrator') {
      expect(await page.getByRole('button', { name: 'Save changes' }).count()).toBe(0);
      return;
    }
    // The administrator who is there from the beginning has a seat of the users.
    for (const { limit, name } of KINDS.filter((kind) => mayRaise(kind.name)))
      await limits.getByRole('textbox', { name: limit, exact: true }).fill(name === 'users' ? '9' : '1');
    await limits.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('The organization is saved').waitFor();
    await page.getByRole('main').getByRole('link', { name: 'Membership', exact: true }).click();
    await loaded(page);
    const userName = fresh('raised');
    await openForm(page, 'Create TAXII user');
    await choose(page, /^TAXII service/, /Intelligence/);
    await page.getByLabel(/^User name/).fill(userName);
    await page.getByRole('form').getByRole('button', { name: 'Create TAXII user' }).click();
    const { Password: password } = await takeSecrets(page);
    expect(await poll(console, basic(userName, password))).toBe(200);
    await page.getByRole('button', { name: 'Back to the accounts' }).click();
    // It was the only one that fitted.
    await card(by, 'TAXII users').getByText('No more fit.').waitFor();
    if (!setsSystemRoles(role)) return;
    await openForm(page, 'Create user');
    const email = freshEmail('raised');
    await fillPerson(page, email);
    await choose(page, /^Organization role/, 'Standard User');
    await page.getByRole('form').getByRole('button', { name: 'Create user' }).click();
    await takeSecrets(page);
    expect(await accountNamed(by, organization, email)).toMatchObject({ kind: 'user' });
  });

  it('is refused where somebody else takes the last seat while the form is open, in the words of the server', async () => {
    const { app } = console;
    const organization = await newOrganization(app, { users: 9, taxiiUsers: 1 });
    const by = await somebody(console, role, organization, {
      address: membershipOf(organization, '/new/taxii-user'),
    });
    const { page } = by;
    await choose(page, /^TAXII service/, /Intelligence/);
    const userName = fresh('second');
    await page.getByLabel(/^User name/).fill(userName);
    await createTaxiiUser(app, app.operator, { organization: organization.id, userName: fresh('first') });
    await page.getByRole('form').getByRole('button', { name: 'Create TAXII user' }).click();
    await page
      .getByRole('alert')
      .filter({ hasText: `The organization "${organization.name}" may have 1 TAXII users and has 1.` })
      .first()
      .waitFor();
    expect(await existsNamed(by, organization, userName)).toBe(false);
    // What was typed is still there, for when there is room.
    expect(await page.getByLabel(/^User name/).inputValue()).toBe(userName);
  });

  it('creates no API user and no Read Only User where the licence or the organization does not allow them', async () => {
    const { app } = console;
    const organization = await newOrganization(app, { users: 9, apiUsers: 9 });
    const by = await somebody(console, role, organization);
    const { page } = by;
    const licence = async (apiUsersAllowed: boolean, readOnlyUsersAllowed: boolean) => {
      if (role !== 'Administrator')
        return void (await editLicence(app, app.operator, { apiUsersAllowed, readOnlyUsersAllowed }));
      await by.open('/licence');
      await page
        .getByRole('switch', { name: /^API users may be created/ })
        .setChecked(apiUsersAllowed, { force: true });
      await page
        .getByRole('switch', { name: /^Read-only users may be created/ })
        .setChecked(readOnlyUsersAllowed, { force: true });
      await page.getByRole('button', { name: 'Save changes' }).click();
      await page.getByText('The licence is saved').waitFor();
    };
    await licence(false, false);
    try {
      await by.open(membershipOf(organization));
      for (const [plural, noun, words] of [
        ['API users', 'API user', 'The licence of this instance does not allow API users.'],
        ['Read-only users', 'read-only user', 'The licence of this instance does not allow read-only users.'],
      ] as const) {
        const create = card(by, plural).getByRole('button', { name: new RegExp(`^Create ${noun}`) });
        expect(await create.getAttribute('aria-disabled'), noun).toBe('true');
        expect(await create.innerText()).toContain(words);
      }
      const refused = await sent(by, 'POST', `/organizations/${organization.id}/read-only-users`, {
        email: freshEmail('reader'),
        firstName: 'R',
        lastName: 'O',
        organizationRole: 'Read Only User',
      });
      expect(refused.code).toBe('limit_reached');
      if (role !== 'Administrator') {
        await by.open('/licence');
        await (role === 'Organization Administrator'
          ? page.getByText('You may not see this').waitFor()
          : page.getByRole('heading', { level: 1, name: 'Licence' }).waitFor());
        expect(await page.getByRole('main').getByRole('button', { name: 'Save changes' }).count()).toBe(0);
      }
    } finally {
      await licence(true, true);
    }
    await setOrganizationPermissions(app, app.operator, {
      organization: organization.id,
      readOnlyUsersAllowed: false,
    });
    await by.open(membershipOf(organization, '/new/read-only-user'));
    await page.getByRole('alert').filter({ hasText: 'does not allow read-only users' }).waitFor();
    await by.open(membershipOf(organization, '/new/api-user'));
    await page.getByRole('form', { name: 'Create API user' }).waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
  });
});

function raisers(name: (typeof KINDS)[number]['name']): string {
  return name === 'taxiiUsers' ? 'Accounts Administrator' : 'Operations Administrator';
}

describe('who may not administer accounts, in the console', { timeout: 90_000 }, () => {
  it('an Accounts Administrator on an instance where they do not manage members', async () => {
    const { app } = console;
    const organization = await newOrganization(app, { users: 9, taxiiUsers: 1 });
    const { id, userName } = await newUser(app, organization);
    const setting = { name: 'accountsAdministratorManagesMembers' } as const;
    await setSetting(app, app.operator, { ...setting, value: false });
    try {
      const by = await somebody(console, 'Accounts Administrator', organization);
      const { page } = by;
      const main = page.getByRole('navigation', { name: 'Main' });
      await main.getByRole('link', { name: 'Organizations', exact: true }).click();
      await page.getByRole('link', { name: organization.name, exact: true }).click();
      // The TAXII user limit is still theirs.
      const limits = page.getByRole('region', { name: 'Limits' });
      await limits.getByRole('textbox', { name: 'TAXII user limit' }).fill('4');
      await limits.getByRole('button', { name: 'Save changes' }).click();
      await page.getByText('The organization is saved').waitFor();
      expect(await page.getByRole('main').getByRole('link', { name: 'Membership' }).count()).toBe(0);
      expect(await main.getByRole('link', { name: 'All accounts' }).count()).toBe(0);
      for (const address of [
        membershipOf(organization),
        membershipOf(organization, '/new/user'),
        membershipOf(organization, `/edit/${id}`),
        '/accounts',
        `/organizations/${organization.id}/import`,
      ]) {
        await by.open(address);
        await page.getByText('You may not see this').first().waitFor();
        expect(await page.getByRole('button', { name: /^Create/ }).count(), address).toBe(0);
      }
      for (const address of [`/accounts/${id}`, `/accounts/${id}/edit`, `/accounts/${id}/delete`]) {
        await by.open(address);
        await page
          .getByText(/You may not see this|There is nothing at this address/)
          .first()
          .waitFor();
        expect(await page.getByText(userName).count(), address).toBe(0);
      }
      expect(await accessibilityProblems(page)).toEqual([]);
    } finally {
      await setSetting(app, app.operator, { ...setting, value: true });
    }
  });

  it.each(['Standard User', 'Read Only User', 'Community Leader'] as const)('a %s', async (person) => {
    const { app } = console;
    const organization = await newOrganization(app, { users: 9, taxiiUsers: 3 });
    const { id, userName } = await newUser(app, organization);
    const by = await somebody(console, person, organization, { isOfIts: true });
    const { page } = by;
    const main = page.getByRole('navigation', { name: 'Main' });
    for (const name of ['Membership', 'All accounts', 'Licence'])
      expect(await main.getByRole('link', { name, exact: true }).count(), name).toBe(0);
    for (const address of [
      membershipOf(organization),
      membershipOf(organization, '/new/taxii-user'),
      membershipOf(organization, `/edit/${id}`),
      '/accounts',
    ]) {
      await by.open(address);
      await page.getByText('You may not see this').first().waitFor();
      expect(await page.getByRole('button', { name: /^Create/ }).count(), address).toBe(0);
    }
    for (const address of [`/accounts/${id}`, `/accounts/${id}/edit`, `/accounts/${id}/delete`]) {
      await by.open(address);
      await page
        .getByText(/You may not see this|There is nothing at this address/)
        .first()
        .waitFor();
      expect(await page.getByText(userName).count(), address).toBe(0);
    }
    await page.context().close();
  });

  it('a Super User may, as an Organization Administrator of every organization, below the higher ranks', async () => {
    const { app } = console;
    const organization = await newOrganization(app, { users: 9, taxiiUsers: 3 });
    const above = await newPerson(app, 'Accounts Administrator', organization);
    const elsewhere = await newOrganization(app, { users: 9 });
    const person = await newPersonWithPassword(app, 'Super User', elsewhere);
    const user = await console.newUser();
    await user.signIn(person, membershipOf(organization));
    await loaded(user.page);
    await openForm(user.page, 'Create TAXII user');
    expect(await user.page.getByRole('columnheader', { name: 'System role' }).count()).toBe(0);
    await user.open(`/accounts/${above.accountId}/delete`);
    await user.page.getByText('You may not see this').waitFor();
    await user.context.close();
  });
});
