import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CreateReadOnlyUserInput, CreateUserInput } from '../../../contract/accounts.ts';
import type { Caller } from '../../context.ts';
import { accountRow, everythingStored, fresh, newApiUser, newUser } from '../../testing/accounts.ts';
import { auditTrail, newOrganization, newPerson, refusalOf, type Someone } from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { deleteAccount } from '../account-changes/deletion.service.ts';
import { findAccount } from '../accounts/accounts.store.ts';
import { createUserGroup } from '../groups/groups.service.ts';
import { listGroupsOf } from '../groups/groups.store.ts';
import { editLicence } from '../instance/licence.service.ts';
import { setOrganizationPermissions } from '../owners/organizations.service.ts';
import { setLimits } from '../owners/owners.service.ts';
import { setSetting } from '../settings/settings.service.ts';
import { createReadOnlyUser, createUser } from './people.service.ts';
import { createTaxiiUser } from './taxii-users.service.ts';

const PASSWORD = 'Canary Phrase of five words';
const HIGH = ['Administrator', 'Operations Administrator'] as const;
const LOW = ['Organization Administrator', 'Accounts Administrator', 'Super User'] as const;

describe.each(ENGINES)('creating people on %s', (engine) => {
  let app: TestApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let administrator: Someone;
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app, { users: 1000, apiUsers: 1000, taxiiUsers: 1000 });
    administrator = organization.administrator;
  });
  afterAll(async () => await app?.close());

  const form = () => ({
    organization: organization.id,
    email: `${fresh('ada')}@example.com`,
    firstName: 'Ada',
    lastName: 'Byron',
  });
  const user = (changes: Partial<CreateUserInput> = {}, caller: Caller = administrator) =>
    createUser(app, caller, { ...form(), organizationRole: 'Standard User', ...changes });
  const readOnly = (changes: Partial<CreateReadOnlyUserInput> = {}, caller: Caller = administrator) =>
    createReadOnlyUser(app, caller, { ...form(), ...changes });
  const someone = (person: Parameters<typeof newPerson>[1]) => newPerson(app, person, organization);
  const problemsOf = async (work: Promise<unknown>) => {
    const { code, details } = await refusalOf(work);
    return { code, fields: details.problems?.map(({ path }) => path) };
  };

  describe('“To create user accounts, your user account must have an Organization role of Organization Administrator or a System role of Administrator, Operations Administrator, or … Accounts Administrator.”', () => {
    it.each([...HIGH, ...LOW])('works as %s', async (person) => {
      const created = await user({}, await someone(person));
      expect(await accountRow(app, created.id)).toMatchObject({
        kind: 'user',
        organization_id: organization.id,
      });
      expect((await readOnly({}, await someone(person))).kind).toBe('read_only');
    });

    it.each(['Standard User', 'Read Only User', 'Community Leader'] as const)(
      'is forbidden as %s',
      async (person) => {
        const caller = await someone(person);
        for (const create of [user, readOnly])
          expect(await refusalOf(create({}, caller))).toEqual({
            code: 'forbidden',
            details: { permission: 'account.create' },
          });
      },
    );

    it('is not found as Organization Administrator of another organization', async () => {
      const stranger = (await newOrganization(app)).administrator;
      expect((await refusalOf(user({}, stranger))).code).toBe('not_found');
      expect((await refusalOf(readOnly({}, stranger))).code).toBe('not_found');
    });

    it('is forbidden as Accounts Administrator while the setting accountsAdministratorManagesMembers is off', async () => {
      const accounts = await someone('Accounts Administrator');
      const set = (value: boolean) =>
        setSetting(app, app.operator, { name: 'accountsAdministratorManagesMembers', value });
      await set(false);
      try {
        expect((await refusalOf(user({}, accounts))).code).toBe('forbidden');
        await user({}, await someone('Operations Administrator'));
      } finally {
        await set(true);
      }
      await user({}, accounts);
    });
  });

  describe('the fields of the form', () => {
    it('are kept as they were given, each of them', async () => {
      await setSetting(app, app.operator, { name: 'termsOfServiceRequireNewUserToAccept', value: true });
      const group = await createUserGroup(app, administrator, {
        organization: organization.id,
        name: fresh('Analysts'),
      });
      const all = {
        email: `${fresh('Full.Form')}@Example.com`,
        password: PASSWORD,
        firstName: 'Grace',
        lastName: 'Hopper',
        pseudonym: fresh('amazing'),
        systemRole: 'Community Leader',
        organizationRole: 'App Developer',
        groups: [group.name],
        locked: true,
        disabled: true,
        expiresAt: '2099-01-31T12:00:00Z',
        passwordResetRequired: false,
        mfaResetRequired: true,
        termsOfServiceAcceptanceRequired: false,
        sendAccountInfoEmail: false,
        customTqlTimeoutMs: 45_000,
        timeZone: 'Europe/Berlin',
        logOutAfterMinutes: 15,
        summaryEmailTime: '08:30',
      } as const;
      const created = await user({ ...all, groups: [...all.groups] }, await someone('Administrator'));
      await setSetting(app, app.operator, { name: 'termsOfServiceRequireNewUserToAccept', value: false });
      expect(created).toEqual({
        id: created.id,
        kind: 'user',
        userName: all.email,
        pseudonym: all.pseudonym,
        organization: organization.name,
        organizationRole: 'App Developer',
        invitation: null,
        accountInfo: null,
      });
      expect(await accountRow(app, created.id)).toMatchObject({
        user_name: all.email,
        first_name: 'Grace',
        last_name: 'Hopper',
        pseudonym: all.pseudonym,
        system_role: 'Community Leader',
        organization_role: 'App Developer',
        locked_at: expect.any(Number),
        disabled_at: expect.any(Number),
        expires_at: Date.parse(all.expiresAt) * 1000,
        password_reset_required: 0,
        mfa_reset_required: 1,
        terms_acceptance_required: 0,
        custom_tql_timeout_ms: 45_000,
        time_zone: 'Europe/Berlin',
        log_out_after_minutes: 15,
        summary_email_time: '08:30',
        service_id: null,
        narrowed: 0,
      });
      expect((await listGroupsOf(app.db.read, [created.id])).map(({ name }) => name)).toEqual([group.name]);
    });

    it('have the defaults of the article: “Password Reset Required … is selected by default upon account creation”, everything else cleared', async () => {
      for (const create of [user, readOnly]) {
        const { id } = await create();
        expect(await accountRow(app, id)).toMatchObject({
          locked_at: null,
          disabled_at: null,
          expires_at: null,
          password_reset_required: 1,
          mfa_reset_required: 0,
          terms_acceptance_required: 0,
          custom_tql_timeout_ms: null,
          time_zone: null,
          log_out_after_minutes: null,
          summary_email_time: null,
        });
      }
    });

    it('“Send Account Info E-mail … is selected by default when creating a new user”: the mail names the account and holds no password', async () => {
      const created = await user({ password: PASSWORD });
      expect(created.accountInfo).toMatchObject({ to: created.userName, sent: false });
      expect(created.accountInfo?.text).toContain(created.userName);
      expect(created.accountInfo?.text).not.toContain(PASSWORD);
      expect(created.accountInfo?.text).toContain('asked to choose a new one');
      const kept = await user({ passwordResetRequired: false });
      expect(kept.accountInfo?.text).not.toContain('asked to choose a new one');
      expect((await user({ sendAccountInfoEmail: false })).accountInfo).toBeNull();
    });

    it.each([
      ['email', 'no address'],
      ['firstName', ''],
      ['lastName', 'Line\nBreak'],
      ['timeZone', 'Middle/Earth'],
      ['timeZone', '+02:00'],
      ['logOutAfterMinutes', 0],
      ['summaryEmailTime', '24:00'],
      ['expiresAt', 'tomorrow'],
      ['customTqlTimeoutMs', 5],
    ])('refuse a %s of %j, naming the field', async (field, value) => {
      const admin = await someone('Administrator');
      expect(await problemsOf(user({ [field]: value }, admin))).toEqual({
        code: 'invalid_input',
        fields: [field],
      });
    });

    it.each([
      'kind',
      'contactEmail',
      'service',
      'onlyOwners',
      'tokenExpirationDays',
      'includeInObservations',
    ])('do not include %s', async (field) => {
      expect((await refusalOf(user({ [field]: 1 }))).code).toBe('invalid_input');
      expect((await refusalOf(readOnly({ [field]: 1 }))).code).toBe('invalid_input');
    });
  });

  describe('item 79: a field that the creator may not set is an error that names it, and is never dropped', () => {
    const RESERVED = {
      systemRole: 'User',
      customTqlTimeoutMs: 1000,
      termsOfServiceAcceptanceRequired: false,
      pseudonym: 'chosen-name',
    } as const;

    describe.each(Object.entries(RESERVED))('%s', (field, value) => {
      it.each(LOW)('is refused as %s', async (person) => {
        const caller = await someone(person);
        const email = `${fresh('refused')}@example.com`;
        expect(await problemsOf(user({ email, [field]: value }, caller))).toEqual({
          code: 'forbidden',
          fields: [field],
        });
        expect(await findAccount(app.db.read, email)).toBeUndefined();
        expect((await problemsOf(readOnly({ [field]: value }, caller))).fields).toEqual([field]);
      });

      it.each(HIGH)('is allowed as %s', async (person) => {
        const changes = { [field]: field === 'pseudonym' ? fresh('chosen') : value };
        await user(changes, await someone(person));
      });
    });

    it('names all of them at once', async () => {
      expect((await problemsOf(user(RESERVED))).fields?.toSorted()).toEqual(Object.keys(RESERVED).toSorted());
    });

    it('tells the audit trail which fields were refused', async () => {
      await refusalOf(user({ systemRole: 'Administrator' }));
      const event = (await auditTrail(app, organization.id)).at(-1);
      expect(event).toMatchObject({ outcome: 'refused', action: 'user.create' });
      expect(JSON.stringify(event?.details)).toContain('systemRole');
    });
  });

  describe('System roles', () => {
    it('“If the dropdown is not available, a System role of User will be assigned to the user account automatically.”', async () => {
      for (const person of LOW) {
        const created = await user({}, await someone(person));
        expect((await accountRow(app, created.id)).system_role).toBe('User');
      }
    });

    it('“If the dropdown is not available, a System role of Read Only User will be assigned to the user account automatically.”', async () => {
      for (const person of LOW) {
        const created = await readOnly({}, await someone(person));
        expect(await accountRow(app, created.id)).toMatchObject({
          kind: 'read_only',
          system_role: 'Read Only User',
        });
      }
    });

    it('item 81: nobody grants a System role above their own', async () => {
      const operations = await someone('Operations Administrator');
      expect(await problemsOf(user({ systemRole: 'Administrator' }, operations))).toEqual({
        code: 'forbidden',
        fields: ['systemRole'],
      });
      for (const systemRole of ['Operations Administrator', 'Accounts Administrator'] as const)
        await user({ systemRole }, operations);
      await user({ systemRole: 'Administrator' }, await someone('Administrator'));
    });

    it.each(['Api User', 'Exchange Admin', 'Taxii User'] as const)(
      'do not include %s, which is for machines',
      async (systemRole) => {
        const admin = await someone('Administrator');
        for (const create of [user, readOnly])
          expect(await problemsOf(create({ systemRole }, admin))).toEqual({
            code: 'invalid_input',
            fields: ['systemRole'],
          });
      },
    );

    it('“If you selected a System role of Super User, only an Organization role of Organization Administrator will be available”', async () => {
      const admin = await someone('Administrator');
      const superUser = await createUser(app, admin, { ...form(), systemRole: 'Super User' });
      expect(superUser.organizationRole).toBe('Organization Administrator');
      await user({ systemRole: 'Super User', organizationRole: 'Organization Administrator' }, admin);
      for (const organizationRole of ['Standard User', 'Read Only User', 'App Developer'] as const)
        expect(await problemsOf(user({ systemRole: 'Super User', organizationRole }, admin))).toEqual({
          code: 'invalid_input',
          fields: ['organizationRole'],
        });
    });

    it('“Select an Organization role of Read Only User or Read Only Commenter.”', async () => {
      expect((await readOnly()).organizationRole).toBe('Read Only User');
      expect((await readOnly({ organizationRole: 'Read Only Commenter' })).organizationRole).toBe(
        'Read Only Commenter',
      );
      for (const organizationRole of ['Standard User', 'Organization Administrator'] as const)
        expect(await problemsOf(readOnly({ organizationRole }))).toEqual({
          code: 'invalid_input',
          fields: ['organizationRole'],
        });
    });

    it('the Organization role of a user must be given, unless only one is possible', async () => {
      expect(await problemsOf(createUser(app, administrator, form()))).toEqual({
        code: 'invalid_input',
        fields: ['organizationRole'],
      });
    });

    it('“Changing the selection will result in the creation of a different kind of user.”', async () => {
      const admin = await someone('Administrator');
      const made = await readOnly({ systemRole: 'User', organizationRole: 'Standard User' }, admin);
      expect(made.kind).toBe('user');
      const other = await user({ systemRole: 'Read Only User', organizationRole: 'Read Only User' }, admin);
      expect(other.kind).toBe('read_only');
      expect((await accountRow(app, other.id)).kind).toBe('read_only');
    });
  });

  describe('seats', () => {
    it('“Read Only User accounts do not count against an Organization’s user license limits as long as the accounts have a System role of Read Only User.”', async () => {
      const own = await newOrganization(app, { users: 1 });
      const admin = await newPerson(app, 'Administrator', organization);
      await readOnly({ organization: own.id }, own.administrator);
      await readOnly({ organization: own.id }, own.administrator);
      await user(
        { organization: own.id, systemRole: 'Read Only User', organizationRole: 'Read Only User' },
        admin,
      );
      expect((await refusalOf(user({ organization: own.id }, own.administrator))).code).toBe('limit_reached');
      // The same form with another System role is a user, and wants a seat.
      const refusal = await refusalOf(readOnly({ organization: own.id, systemRole: 'User' }, admin));
      expect(refusal).toMatchObject({
        code: 'limit_reached',
        details: { limit: 'users', scope: 'organization', max: 1, used: 1 },
      });
      await setLimits(app, app.operator, { organization: own.id, limits: { users: 2 } });
      expect((await readOnly({ organization: own.id, systemRole: 'User' }, admin)).kind).toBe('user');
      expect((await refusalOf(user({ organization: own.id }, admin))).code).toBe('limit_reached');
    });

    it('“Creating Read Only User accounts requires a license that allows Read Only Users.”', async () => {
      const admin = await someone('Administrator');
      await editLicence(app, app.operator, { readOnlyUsersAllowed: false });
      try {
        expect((await refusalOf(readOnly())).code).toBe('limit_reached');
        // Nor through the form of a user.
        const byUserForm = user({ systemRole: 'Read Only User', organizationRole: 'Read Only User' }, admin);
        expect((await refusalOf(byUserForm)).code).toBe('limit_reached');
        // But the form of a read-only user with another System role makes a user.
        expect((await readOnly({ systemRole: 'User' }, admin)).kind).toBe('user');
      } finally {
        await editLicence(app, app.operator, { readOnlyUsersAllowed: true });
      }
      await readOnly();
    });

    it('an organization may be refused read-only users of its own', async () => {
      const own = await newOrganization(app);
      await setOrganizationPermissions(app, app.operator, {
        organization: own.id,
        readOnlyUsersAllowed: false,
      });
      expect((await refusalOf(readOnly({ organization: own.id }, own.administrator))).code).toBe(
        'limit_reached',
      );
      await user({ organization: own.id }, own.administrator);
    });
  });

  describe('“Terms of Service Acceptance Required … will be available only when … the termsOfServiceRequireNewUserToAccept system setting is turned on”', () => {
    it('“It is selected by default when creating a new user.”, and may then be cleared', async () => {
      const admin = await someone('Administrator');
      await setSetting(app, app.operator, { name: 'termsOfServiceRequireNewUserToAccept', value: true });
      try {
        for (const create of [user, readOnly]) {
          expect((await accountRow(app, (await create()).id)).terms_acceptance_required).toBe(1);
          const cleared = await create({ termsOfServiceAcceptanceRequired: false }, admin);
          expect((await accountRow(app, cleared.id)).terms_acceptance_required).toBe(0);
        }
      } finally {
        await setSetting(app, app.operator, { name: 'termsOfServiceRequireNewUserToAccept', value: false });
      }
    });

    it('cannot be selected while the setting is off, not even by an Administrator', async () => {
      const admin = await someone('Administrator');
      expect(await problemsOf(user({ termsOfServiceAcceptanceRequired: true }, admin))).toEqual({
        code: 'invalid_input',
        fields: ['termsOfServiceAcceptanceRequired'],
      });
    });
  });

  describe('“Enter an email address. This address will be the name of the user account.”', () => {
    it('is refused in any letter case when an account of any kind and organization has it', async () => {
      const elsewhere = await newOrganization(app);
      const email = `${fresh('Taken')}@Example.com`;
      await createUser(app, elsewhere.administrator, {
        ...form(),
        organization: elsewhere.id,
        email,
        organizationRole: 'Standard User',
      });
      expect((await refusalOf(user({ email: email.toUpperCase() }))).code).toBe('name_taken');
      expect((await refusalOf(readOnly({ email: email.toLowerCase() }))).code).toBe('name_taken');
      const machine = `${fresh('machine')}@example.com`;
      await createTaxiiUser(app, administrator, { organization: organization.id, userName: machine });
      expect((await refusalOf(user({ email: machine.toUpperCase() }))).code).toBe('name_taken');
      const taxii = createTaxiiUser(app, administrator, { organization: organization.id, userName: email });
      expect((await refusalOf(taxii)).code).toBe('name_taken');
    });

    it('is given to one of two who want it at once', async () => {
      const email = `${fresh('contested')}@example.com`;
      const outcomes = await Promise.allSettled([user({ email }), user({ email: email.toUpperCase() })]);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const outcome of outcomes)
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'name_taken' });
    });
  });

  describe('groups', () => {
    it('are those of the organization: another’s is refused like one that does not exist', async () => {
      const elsewhere = await newOrganization(app);
      const foreign = await createUserGroup(app, elsewhere.administrator, {
        organization: elsewhere.id,
        name: fresh('Foreign'),
      });
      const email = `${fresh('grouped')}@example.com`;
      for (const group of [foreign.id, foreign.name, 987_654]) {
        const refusal = await refusalOf(user({ email, groups: [group] }));
        expect(refusal.details.problems).toEqual([
          { path: 'groups', message: `the organization has no user group ${JSON.stringify(group)}` },
        ]);
      }
      expect(await findAccount(app.db.read, email)).toBeUndefined();
    });
  });

  describe('pseudonyms', () => {
    it('are generated for every kind of account, and different', async () => {
      const made = [
        await user(),
        await readOnly(),
        await newApiUser(app, organization),
        await createTaxiiUser(app, administrator, { organization: organization.id, userName: fresh('siem') }),
      ];
      const names = made.map(({ pseudonym }) => pseudonym);
      for (const name of names) expect(name).toMatch(/^[a-z]+-[a-z]+-[a-z0-9]+$/);
      expect(new Set(names).size).toBe(4);
    });

    it('may be chosen by an Administrator, but not one that somebody has or had', async () => {
      const admin = await someone('Administrator');
      const pseudonym = fresh('grey-heron');
      const first = await user({ pseudonym }, admin);
      expect((await refusalOf(user({ pseudonym }, admin))).code).toBe('name_taken');
      await deleteAccount(app, admin, { account: first.id });
      expect((await refusalOf(user({ pseudonym }, admin))).code).toBe('name_taken');
    });
  });

  describe('the initial password', () => {
    it('is generated and shown once, where none is typed', async () => {
      const { password = '' } = await user();
      expect(password).toMatch(/^[A-Za-z0-9_-]{32}$/);
      expect(await everythingStored(app)).not.toContain(password);
      expect(app.logged.join()).not.toContain(password);
    });

    it('is kept as Argon2id where one is typed, and is nowhere in rows, audit or log', async () => {
      const email = `${fresh('typed')}@example.com`;
      const created = await user({ email, password: PASSWORD });
      expect(created).not.toHaveProperty('password');
      await refusalOf(user({ email, password: PASSWORD }));
      const [credential] = await app.db.read
        .selectFrom('credentials')
        .selectAll()
        .where('account_id', '=', created.id)
        .execute();
      expect(credential?.hash).toMatch(/^\$argon2id\$/);
      expect((await everythingStored(app)) + app.logged.join()).not.toContain(PASSWORD);
    });

    it('is refused when it is too weak, without a word of it', async () => {
      const refusal = await refusalOf(user({ password: 'fourteen-chars' }));
      expect(refusal.code).toBe('invalid_input');
      expect(JSON.stringify(refusal)).not.toContain('fourteen-chars');
      const email = `${fresh('name.as.password')}@example.com`;
      expect((await refusalOf(user({ email, password: email.toUpperCase() }))).code).toBe('invalid_input');
    });
  });

  it('item 105: the id of a deleted account is never given again', async () => {
    const last = await newUser(app, organization);
    await deleteAccount(app, app.operator, { account: last.id });
    expect((await newUser(app, organization)).id).toBeGreaterThan(last.id);
  });

  it('item 113: the audit trail tells who created what, with roles and state', async () => {
    const created = await user({ organizationRole: 'Sharing User', disabled: true });
    expect((await auditTrail(app, organization.id)).at(-1)).toMatchObject({
      action: 'user.create',
      outcome: 'done',
      actor_name: administrator.userName,
      target_kind: 'user',
      target_id: String(created.id),
      target_name: created.userName,
      source_address: '192.0.2.7',
      details: { systemRole: 'User', organizationRole: 'Sharing User', disabled: true, locked: false },
    });
  });
});
