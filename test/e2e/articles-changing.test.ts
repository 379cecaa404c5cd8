import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { editAccount } from '../../server/features/account-changes/editing.service.ts';
import { createTaxiiUser } from '../../server/features/account-creation/taxii-users.service.ts';
import { editCollection } from '../../server/features/collections/collections.service.ts';
import { addMember, createOwner } from '../../server/features/owners/owners.service.ts';
import { createTaxiiService } from '../../server/features/taxii-services/taxii-services.service.ts';
import { newApiUser, newUser } from '../../server/testing/accounts.ts';
import { signedOnce } from '../../server/testing/api-client.ts';
import {
  giveCommunityRole,
  givePassword,
  newOrganization,
  newPerson,
  newPersonWithPassword,
  type Person,
} from '../../server/testing/builders.ts';
import { restClient } from '../../server/testing/rest-client.ts';
import { enrolTotp } from '../../server/testing/second-factors.ts';
import type { TestConsole } from './console.ts';
import {
  ADMINISTRATORS,
  accountNamed,
  actOn,
  basic,
  edit,
  existsNamed,
  fresh,
  heading,
  labelsOf,
  loaded,
  membershipOf,
  type Organization,
  openRowMenu,
  openSetUpConsole,
  poll,
  type Somebody,
  save,
  sent,
  setsSystemRoles,
  signInByHand,
  somebody,
  takeSecrets,
} from './journeys.ts';

const GOOD = 'a lantern under seven bridges';
/** From the lowest to the highest. */
const RANKS: readonly Person[] = ['Accounts Administrator', 'Operations Administrator', 'Administrator'];
const ABOVE: Readonly<Record<(typeof ADMINISTRATORS)[number], readonly Person[]>> = {
  'Organization Administrator': RANKS,
  'Accounts Administrator': RANKS.slice(1),
  'Operations Administrator': RANKS.slice(2),
  Administrator: [],
};

let console: TestConsole;
beforeAll(async () => {
  console = await openSetUpConsole();
});
afterAll(async () => {
  expect(console.troubles).toEqual([]);
  await console.close();
});

/** The second article from editing on, as each who may: what is done is done, and what is not theirs is not there. */
describe.each(ADMINISTRATORS)(
  'accounts changed and deleted in the console by the %s',
  { timeout: 90_000 },
  (role) => {
    const isHigh = setsSystemRoles(role);
    let organization: Organization;
    let by: Somebody;

    beforeAll(async () => {
      organization = await newOrganization(console.app, { users: 40, apiUsers: 20, taxiiUsers: 20 });
      by = await somebody(console, role, organization, { address: membershipOf(organization) });
      await loaded(by.page);
    });
    afterAll(() => by.context.close());

    const atTable = async (search = '') => {
      await by.open(membershipOf(organization, search === '' ? '' : `?search=${search}`));
      await loaded(by.page);
    };

    it('edits a user: the fields of its form and no others, what comes of it told before', async () => {
      const { app } = console;
      const { page } = by;
      const community = await createOwner(app, app.operator, { kind: 'community', name: fresh('ABC') });
      await addMember(app, app.operator, {
        kind: 'community',
        owner: community.id,
        organization: organization.id,
        defaultRole: 'Contributor',
      });
      const { id, userName } = await newUser(app, organization);
      await giveCommunityRole(app, { accountId: id }, community, 'Director');
      await atTable(userName);
      await edit(page, userName);
      const labels = await labelsOf(page);
      for (const label of ['System role', 'Custom TQL timeout', 'Pseudonym', 'User name'])
        expect(labels.includes(label), label).toBe(isHigh);
      // It is there only when an account is created.
      expect(labels).not.toContain('Send account info e-mail');
      await page.getByLabel(/^First name/).fill('Augusta');
      await page.getByRole('combobox', { name: /^Organization role/ }).click();
      await page.getByRole('option', { name: 'Sharing User', exact: true }).click();
      await save(page, /from Standard User to Sharing User/);
      expect(await accountNamed(by, organization, userName)).toMatchObject({
        firstName: 'Augusta',
        organizationRole: 'Sharing User',
      });
      if (isHigh) {
        await edit(page, userName);
        await page.getByRole('combobox', { name: /^System role/ }).click();
        await page.getByRole('option', { name: 'Operations Administrator', exact: true }).click();
        await page.getByLabel(/^User name/).fill(`renamed.${userName}`);
        // The example of the article.
        await save(page, /Contributor/);
        const role = await app.db.read
          .selectFrom('account_roles')
          .select('role')
          .where('account_id', '=', id)
          .where('owner_id', '=', community.id)
          .executeTakeFirst();
        expect(role).toBeUndefined();
        expect(await accountNamed(by, organization, `renamed.${userName}`)).toMatchObject({
          systemRole: 'Operations Administrator',
        });
      } else {
        for (const changes of [{ systemRole: 'User' }, { userName: 'other@example.com' }]) {
          const { status, code } = await sent(by, 'PATCH', `/accounts/${id}`, { ...changes, version: 2 });
          expect([status, code], JSON.stringify(changes)).toEqual([403, 'forbidden']);
        }
      }
    });

    it('edits machines: an API user and a TAXII user, each with its own fields', async () => {
      const { app } = console;
      const { page } = by;
      const api = await newApiUser(app, organization);
      await atTable(api.accessId);
      await edit(page, api.accessId);
      let labels = await labelsOf(page);
      expect(labels).toEqual(expect.arrayContaining(['First name', 'Organization role', 'Disabled']));
      expect(labels).not.toContain('Locked');
      expect(labels.includes('System role')).toBe(isHigh);
      await page.getByLabel('Include in observations and false positives').check();
      await save(page);
      expect(await accountNamed(by, organization, api.accessId)).toMatchObject({
        includeInObservations: true,
      });

      const taxii = await createTaxiiUser(app, app.operator, {
        organization: organization.id,
        service: 'Intelligence',
        userName: fresh('feed'),
      });
      await atTable(taxii.userName);
      await edit(page, taxii.userName);
      labels = await labelsOf(page);
      for (const label of ['Pseudonym', 'Organization role', 'First name', 'System role'])
        expect(labels, label).not.toContain(label);
      await page.getByLabel(/^Contact e-mail address/).fill('soc@example.com');
      await save(page);
      expect(await accountNamed(by, organization, taxii.userName)).toMatchObject({
        contactEmail: 'soc@example.com',
      });
    });

    it('locks and unlocks, disables and enables: whoever is kept out sees it, and the log stays', async () => {
      const { app } = console;
      const { page } = by;
      const person = await newPersonWithPassword(app, 'Standard User', organization);
      const taxii = await createTaxiiUser(app, app.operator, {
        organization: organization.id,
        service: 'Intelligence',
        userName: fresh('siem'),
      });
      const authorization = basic(taxii.userName, taxii.password);
      expect(await poll(console, authorization)).toBe(200);
      await atTable();
      for (const [deed, back, state] of [
        ['Lock', 'Unlock', 'Locked'],
        ['Disable', 'Enable', 'Disabled'],
      ] as const) {
        for (const userName of [person.userName, taxii.userName]) {
          await actOn(page, userName, deed);
          await page
            .getByRole('row', { name: userName })
            .getByText(new RegExp(`^${state}`))
            .waitFor();
        }
        expect(await poll(console, authorization)).toBe(401);
        const visitor = await signInByHand(console, person);
        await visitor.page.getByRole('alert').waitFor();
        await visitor.context.close();
        for (const userName of [person.userName, taxii.userName]) await actOn(page, userName, back);
        expect(await poll(console, authorization)).toBe(200);
      }
      const visitor = await signInByHand(console, person);
      await heading(visitor.page, 'Home').waitFor();
      await visitor.context.close();
    });

    it('has the password reset by a link, and the second factor with a reason', async () => {
      const { app } = console;
      const { page } = by;
      const person = await newPersonWithPassword(app, 'Standard User', organization);
      const browser = restClient(console.url);
      await browser.signIn(person.userName, person.password);
      await enrolTotp(app, browser);
      await atTable(person.userName);
      const row = page.getByRole('row', { name: person.userName });
      await row.getByRole('img', { name: /^Second factor since/ }).waitFor();
      await by.open(`/accounts/${person.accountId}`);
      await page.getByRole('button', { name: 'Actions' }).click();
      await page.getByRole('menuitem', { name: 'Send password reset' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Make reset link' }).click();
      const secrets = await takeSecrets(page);
      const link = Object.values(secrets).find((value) => value.includes('/link#')) ?? '';
      const visitor = await console.newUser();
      await visitor.page.goto(link.replace(/^https?:\/\/[^/]+/, console.url));
      await visitor.page.getByLabel(/^New password \*?$/).fill(GOOD);
      await visitor.page.getByLabel(/^New password again/).fill(GOOD);
      await visitor.page.getByRole('button', { name: 'Set the password' }).click();
      await heading(visitor.page, 'Your password is set').waitFor();
      await visitor.context.close();

      // The person has changed the account meanwhile.
      await by.open(`/accounts/${person.accountId}?tab=authenticator`);
      await page.getByRole('button', { name: 'Reset the second factor' }).click();
      await page.getByRole('textbox', { name: 'Reason' }).fill('Called back on the known number.');
      await page.getByRole('button', { name: 'Reset second factor', exact: true }).click();
      await page.getByRole('row', { name: /Has to set one up Yes/ }).waitFor();
      await atTable(person.userName);
      await row.getByRole('img', { name: 'No second factor' }).waitFor();
      const again = await signInByHand(console, { userName: person.userName, password: GOOD });
      await heading(again.page, /second factor/i).waitFor();
      await again.context.close();
      // The same in the form of the account, as the article has it.
      await by.open(`/accounts/${person.accountId}/edit`);
      const form = page.getByRole('form', { name: 'Edit account' });
      expect(await form.getByLabel('Multi-factor authentication reset required').isChecked()).toBe(true);
      await form.getByLabel('Multi-factor authentication reset required').uncheck();
      await form.getByLabel('Password reset required', { exact: true }).check();
      await save(page);
      const last = await signInByHand(console, { userName: person.userName, password: GOOD });
      await heading(last.page, 'Choose a new password').waitFor();
      await last.context.close();
    });

    it('replaces the credentials of machines, which are shown once and work', async () => {
      const { app } = console;
      const { page } = by;
      const taxii = await createTaxiiUser(app, app.operator, {
        organization: organization.id,
        service: 'Intelligence',
        userName: fresh('splunk'),
      });
      const replace = async (id: number, button: string) => {
        await by.open(`/accounts/${id}?tab=keys`);
        await page.getByRole('button', { name: button, exact: true }).click();
        await page.getByRole('dialog').getByRole('button', { name: button, exact: true }).click();
        return await takeSecrets(page);
      };
      const { Password: password } = await replace(taxii.id, 'Rotate password');
      expect(await poll(console, basic(taxii.userName, password))).toBe(200);
      const api = await newApiUser(app, organization);
      const { 'Secret Key': secretKey = '' } = await replace(api.id, 'Rotate Secret Key');
      const { Token: token } = await replace(api.id, 'Make token');
      const whoami = async (headers: Record<string, string>) =>
        (await fetch(`${console.url}/api/v2/whoami`, { headers })).status;
      expect(await whoami(signedOnce({ accessId: api.accessId, secretKey }, 'GET', '/api/v2/whoami'))).toBe(
        200,
      );
      expect(await whoami({ Authorization: `TC-Token ${token}` })).toBe(200);
      expect(await page.content()).not.toContain(secretKey);
    });

    it('deletes each kind of account, with another heir than the proposed one', async () => {
      const { app } = console;
      const { page } = by;
      const user = await newUser(app, organization);
      const other = await newUser(app, organization);
      const service = fresh('Service').replace('.', '-');
      await createTaxiiService(app, app.operator, {
        name: service,
        path: service.toLowerCase(),
        responsible: user.id,
      });
      await editCollection(app, app.operator, {
        collection: organization.collectionId,
        changes: { responsible: user.id },
      });
      const reader = await newPerson(app, 'Read Only User', organization);
      const api = await newApiUser(app, organization);
      const taxii = await createTaxiiUser(app, app.operator, {
        organization: organization.id,
        service: 'Intelligence',
        userName: fresh('gone'),
      });
      const idle = [reader.userName, api.accessId, taxii.userName];
      for (const userName of [user.userName, ...idle]) {
        await atTable(userName);
        await openRowMenu(page, userName);
        await page.getByRole('menuitem', { name: 'Delete…' }).click();
        await heading(page, /^Delete/).waitFor();
        const goOn = page.getByRole('button', { name: 'Continue' });
        await goOn.click();
        // Only of what is responsible for something.
        if (userName === user.userName) {
          await page.getByRole('region', { name: 'Who takes over', exact: true }).waitFor();
          for (const what of ['TAXII services', 'collections']) {
            const heir = page.getByRole('combobox', { name: `Who takes over: ${what}` });
            // The first of those who may is proposed, as the article has it for what nobody chooses.
            expect(await heir.inputValue()).not.toBe('');
            await heir.fill(other.userName);
            await page.getByRole('option', { name: new RegExp(other.userName) }).click();
            await page.getByRole('listbox').waitFor({ state: 'hidden' });
            await expect.poll(() => heir.inputValue()).toContain(other.userName);
          }
          await goOn.click();
        }
        await page.getByRole('region', { name: 'What ends and stays', exact: true }).waitFor();
        await goOn.click();
        const remove = page.getByRole('button', { name: 'Delete account' });
        expect(await remove.isDisabled()).toBe(true);
        await page.getByRole('textbox', { name: /^Type / }).fill(userName);
        await remove.click();
        await heading(page, /is deleted$/).waitFor();
        expect(await existsNamed(by, organization, userName)).toBe(false);
      }
      const passedOn = await app.db.read
        .selectFrom('taxii_services')
        .select('responsible_account_id')
        .where('name', '=', service)
        .executeTakeFirstOrThrow();
      expect(passedOn.responsible_account_id).toBe(other.id);
      expect(await poll(console, basic(taxii.userName, taxii.password))).toBe(401);
    });

    it('offers nothing for accounts of a higher rank, nor the own deletion; the address says so, and the server refuses', async () => {
      const { app } = console;
      const { page } = by;
      for (const person of ABOVE[role]) {
        const { accountId, userName } = await newPerson(app, person, organization);
        await atTable(userName);
        expect(await openRowMenu(page, userName), userName).toEqual(['Open its page']);
        await page.keyboard.press('Escape');
        await by.open(`/accounts/${accountId}/edit`);
        await page
          .getByText(/ranks above yours/)
          .first()
          .waitFor();
        expect(await page.getByRole('form').getByRole('textbox').count()).toBe(0);
        await by.open(`/accounts/${accountId}/delete`);
        await page.getByText('You may not see this').waitFor();
        for (const [method, path, body] of [
          ['PATCH', `/accounts/${accountId}`, { locked: true, version: 1 }],
          ['POST', `/accounts/${accountId}/credentials`, { credential: 'password' }],
        ] as const)
          expect((await sent(by, method, path, body)).code, `${method} ${path}`).toBe('forbidden');
      }
      await by.open(`/accounts/${by.accountId}/delete`);
      await page.getByText('You may not see this').waitFor();
      await by.open(`/accounts/${by.accountId}`);
      const actions = page.getByRole('button', { name: 'Actions' });
      await heading(page, 'Some Body').waitFor();
      if ((await actions.count()) > 0) {
        await actions.click();
        expect(await page.getByRole('menuitem', { name: 'Delete' }).count()).toBe(0);
      }
    });

    if (role !== 'Administrator')
      it('is told what changed in between: the account was raised above them while its form was open', async () => {
        const { app } = console;
        const { page } = by;
        const { id, userName } = await newUser(app, organization);
        await givePassword(app, id);
        await atTable(userName);
        await edit(page, userName);
        await page.getByLabel(/^First name/).fill('Late');
        await editAccount(app, app.operator, { account: id, changes: { systemRole: 'Administrator' } });
        await page
          .getByRole('form', { name: 'Edit account' })
          .getByRole('button', { name: 'Save changes' })
          .click();
        await page
          .getByRole('alert')
          .filter({ hasText: /ranks above|Somebody else has changed/ })
          .first()
          .waitFor();
        expect((await accountNamed(by, organization, userName)).firstName).toBe('Ada');
      });
  },
);
