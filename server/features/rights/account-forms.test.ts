import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccountForm } from '../../../contract/account-forms.ts';
import { accountChanges } from '../../../contract/accounts.ts';
import type { AccountKind, SystemRole } from '../../../contract/roles.ts';
import type { Caller } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { startServer } from '../../serving.ts';
import { accountRow, fresh, newApiUser, newUser } from '../../testing/accounts.ts';
import {
  newOrganization,
  newPerson,
  newPersonWithPassword,
  type Person,
  refusalOf,
  type Someone,
} from '../../testing/builders.ts';
import { restClient } from '../../testing/rest-client.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { editAccount, previewEdit } from '../account-changes/editing.service.ts';
import { createApiUser } from '../account-creation/api-users.service.ts';
import { createReadOnlyUser, createUser } from '../account-creation/people.service.ts';
import { createTaxiiUser } from '../account-creation/taxii-users.service.ts';
import { createUserGroup } from '../groups/groups.service.ts';
import { setOrganizationPermissions } from '../owners/organizations.service.ts';
import { addMember, createOwner } from '../owners/owners.service.ts';
import { setSetting } from '../settings/settings.service.ts';
import { describeCreation, describeEdit } from './account-forms.service.ts';

const KINDS = ['user', 'read_only', 'api', 'taxii'] as const satisfies readonly AccountKind[];
const ACTORS = [
  'Organization Administrator',
  'Accounts Administrator',
  'Operations Administrator',
  'Administrator',
] as const satisfies readonly Person[];

describe.each(ENGINES)('forms of accounts on %s', (engine) => {
  let app: TestApp;
  let home: Awaited<ReturnType<typeof newOrganization>>;
  let group: { id: number };
  let community: { id: number; name: string };
  const actors = new Map<Person, Someone>();
  const as = (person: Person): Someone => {
    const actor = actors.get(person);
    if (actor === undefined) throw new Error(`there is no ${person}`);
    return actor;
  };
  beforeAll(async () => {
    app = await openTestApp(engine);
    home = await newOrganization(app, { users: 1000, apiUsers: 1000, taxiiUsers: 1000 });
    actors.set('Organization Administrator', home.administrator);
    for (const person of ACTORS)
      if (!actors.has(person)) actors.set(person, await newPerson(app, person, home));
    actors.set('Standard User', await newPerson(app, 'Standard User', home));
    group = await createUserGroup(app, app.operator, { organization: home.id, name: 'Night shift' });
    community = await createOwner(app, app.operator, { kind: 'community', name: 'Circle' });
    const member = { owner: community.id, organization: home.id, defaultRole: 'Editor' } as const;
    await addMember(app, app.operator, member);
    await setOrganizationPermissions(app, app.operator, {
      organization: home.id,
      readOnlyUsersAllowed: true,
    });
    const asks = { name: 'termsOfServiceRequireNewUserToAccept', value: true } as const;
    await setSetting(app, app.operator, asks);
  });
  afterAll(async () => app.close());

  const form = async (asker: Caller, kind: AccountKind, query: Parameters<typeof describeCreation>[4] = {}) =>
    await describeCreation(app, asker, home.id, kind, query);
  const field = <Field extends { name: string }>({ fields }: { fields: readonly Field[] }, name: string) =>
    fields.find((each) => each.name === name);

  /** What the form would be sent with, at the least. */
  const least = (kind: AccountKind): Record<string, unknown> => {
    if (kind === 'taxii') return { userName: fresh('siem') };
    if (kind === 'api') return { firstName: 'Feed', lastName: 'Reader', organizationRole: 'Standard User' };
    const organizationRole = kind === 'read_only' ? 'Read Only User' : 'Standard User';
    return { email: `${fresh('jane')}@example.org`, firstName: 'Ada', lastName: 'Byron', organizationRole };
  };
  /** A value of each field that is in order. */
  const sampleOf = (kind: AccountKind, name: string): unknown => {
    const roles: Record<AccountKind, SystemRole> = {
      user: 'User',
      read_only: 'Read Only User',
      api: 'Api User',
      taxii: 'Taxii User',
    };
    const values: Record<string, unknown> = {
      firstName: 'Ada',
      lastName: 'Byron',
      organizationRole: 'Standard User',
      ...least(kind),
      email: `${fresh('jane')}@example.org`,
      userName: kind === 'taxii' ? fresh('siem') : `${fresh('jane')}@example.org`,
      pseudonym: fresh('quiet-otter'),
      systemRole: roles[kind],
      password: undefined,
      invite: true,
      groups: [group.id],
      locked: true,
      disabled: true,
      expiresAt: '2099-01-31T00:00:00Z',
      passwordResetRequired: true,
      mfaResetRequired: true,
      termsOfServiceAcceptanceRequired: true,
      sendAccountInfoEmail: false,
      customTqlTimeoutMs: 1000,
      timeZone: 'Europe/Berlin',
      logOutAfterMinutes: 30,
      summaryEmailTime: '08:30',
      includeInObservations: true,
      exceedApiLinkLimit: true,
      contactEmail: 'soc@example.org',
      tokenExpirationDays: 30,
      service: 'Intelligence',
      apiKey: true,
      onlyOwners: [home.id],
    };
    if (!(name in values)) throw new Error(`no value for ${name}`);
    return values[name];
  };
  const create = async (
    asker: Caller,
    kind: AccountKind,
    fields: Record<string, unknown>,
  ): Promise<unknown> => {
    const input = { organization: home.id, ...least(kind), ...fields } as never;
    if (kind === 'user') return await createUser(app, asker, input);
    if (kind === 'read_only') return await createReadOnlyUser(app, asker, input);
    return kind === 'api' ? await createApiUser(app, asker, input) : await createTaxiiUser(app, asker, input);
  };
  const outcome = async (work: Promise<unknown>) => {
    try {
      await work;
      return 'done';
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return `${error.code} ${(error.details.problems ?? []).map(({ path }) => path).join()}`;
    }
  };

  describe.each(KINDS)('of a new account of the kind %s', (kind) => {
    it.each(ACTORS)('say to the %s of each field what creating the account says', async (person) => {
      const asker = as(person);
      const described = await form(asker, kind);
      for (const { name, settable, whyNot } of described.fields) {
        const done = await outcome(create(asker, kind, { [name]: sampleOf(kind, name) }));
        expect(done, `${name} by ${person}`).toBe(settable ? 'done' : `forbidden ${name}`);
        expect(whyNot === null).toBe(settable);
      }
      // Nothing is left out: whatever is no field of the form is refused.
      const extra = await outcome(create(asker, kind, { rank: 1 }));
      expect(extra).toBe('invalid_input rank');
      expect(new Set(described.fields.map(({ name }) => name)).size).toBe(described.fields.length);
    });

    it.each(ACTORS)('say to the %s which System roles it may give', async (person) => {
      const asker = as(person);
      const { systemRoles } = await form(asker, kind);
      const roles = ['User', 'Accounts Administrator', 'Operations Administrator', 'Administrator'] as const;
      if (kind === 'api' || kind === 'taxii') {
        const isGrantable = kind === 'api' && ['Administrator', 'Operations Administrator'].includes(person);
        expect(systemRoles).toEqual(isGrantable ? ['Api User', 'Exchange Admin'] : null);
        return;
      }
      for (const systemRole of roles) {
        const done = await outcome(create(asker, kind, { systemRole, organizationRole: 'Read Only User' }));
        const offered = systemRoles?.includes(systemRole) ?? false;
        expect(done, `${systemRole} by ${person}`).toBe(offered ? 'done' : 'forbidden systemRole');
        const asked = await outcome(form(asker, kind, { systemRole }));
        expect(asked).toBe(offered ? 'done' : 'forbidden systemRole');
      }
    });

    it('say which fields are required: without one of them the account is not created', async () => {
      const described = await form(home.administrator, kind);
      for (const { name, required } of described.fields) {
        if (!(name in least(kind))) {
          expect(required, name).toBe(false);
          continue;
        }
        const done = await outcome(create(home.administrator, kind, { [name]: undefined }));
        expect(done, name).toBe(required ? `invalid_input ${name}` : 'done');
      }
    });

    it('are not told to who may not create accounts there', async () => {
      const foreign = await newOrganization(app);
      expect((await refusalOf(form(as('Standard User'), kind))).code).toBe('forbidden');
      expect((await refusalOf(form(foreign.administrator, kind))).code).toBe('not_found');
    });
  });

  describe.each(KINDS)('of an account of the kind %s', (kind) => {
    const make = async (): Promise<number> => {
      if (kind === 'user') return (await newUser(app, home)).id;
      if (kind === 'api') return (await newApiUser(app, home)).id;
      const made = (await create(app.operator, kind, {})) as { id: number };
      return made.id;
    };

    it.each(ACTORS)('say to the %s of each field what the edit says', async (person) => {
      const asker = as(person);
      const id = await make();
      const described = await describeEdit(app, asker, id);
      expect(described.account).toMatchObject({ id, kind, organization: { id: home.id } });
      for (const { name, settable, whyNot, clearable } of described.fields) {
        const edit = (value: unknown) =>
          outcome(previewEdit(app, asker, { account: id, changes: { [name]: value } as never }));
        const value = sampleOf(kind, name);
        expect(await edit(value), `${name} by ${person}`).toBe(settable ? 'done' : `forbidden ${name}`);
        expect(whyNot === null).toBe(settable);
        if (settable)
          expect(await edit(null), name).toBe(clearable ? 'done' : `invalid_input changes.${name}`);
      }
    });

    it('has every field that an edit of it may have, and no other', async () => {
      const id = await make();
      const described = await describeEdit(app, as('Administrator'), id);
      const names = described.fields.map(({ name }) => name);
      for (const name of Object.keys(accountChanges.shape)) {
        const edit = previewEdit(app, as('Administrator'), {
          account: id,
          changes: { [name]: sampleOf(kind, name) } as never,
        });
        const isForeign = (await outcome(edit)) === `invalid_input ${name}`;
        expect(names.includes(name), name).toBe(!isForeign);
      }
    });
  });

  it('force what follows from the System role, and offer the roles that go with it', async () => {
    const administrator = as('Administrator');
    const superUser = await form(administrator, 'user', {
      systemRole: 'Super User',
      organizationRole: 'Standard User',
    });
    expect(superUser).toMatchObject({
      organizationRoles: ['Organization Administrator'],
      forced: [{ field: 'organizationRole', value: 'Organization Administrator' }],
      summary: { kind: 'user', organizationRole: 'Organization Administrator' },
    });
    expect(field(superUser, 'organizationRole')).toMatchObject({
      required: false,
      default: 'Organization Administrator',
    });
    const readOnly = await form(administrator, 'user', { systemRole: 'Read Only User' });
    expect(readOnly).toMatchObject({
      organizationRoles: ['Read Only User', 'Read Only Commenter'],
      forced: [],
      summary: { kind: 'read_only', organizationRole: 'Read Only User', seat: { kind: null, whyNot: null } },
    });
    const inReadOnlyForm = await form(administrator, 'read_only', { systemRole: 'Super User' });
    expect(field(inReadOnlyForm, 'organizationRole')).toMatchObject({ required: true, default: null });
    expect((await form(home.administrator, 'taxii')).forced).toEqual([
      { field: 'systemRole', value: 'Taxii User', because: 'It is fixed for a TAXII user.' },
      { field: 'organizationRole', value: 'Standard User', because: 'It is fixed for a TAXII user.' },
    ]);
    const wrong = form(administrator, 'api', { systemRole: 'Administrator' });
    expect((await refusalOf(wrong)).code).toBe('invalid_input');
    const fixed = form(administrator, 'taxii', { systemRole: 'Taxii User' });
    expect((await refusalOf(fixed)).code).toBe('invalid_input');
  });

  it('offer services first to TAXII users, owners within reach, and groups to people', async () => {
    const taxii = await form(home.administrator, 'taxii');
    expect(taxii.fields[0]).toMatchObject({ name: 'service', required: false });
    const [service] = taxii.services ?? [];
    expect(taxii).toMatchObject({
      services: [{ name: 'Intelligence' }],
      owners: [
        { id: home.id, kind: 'organization' },
        { id: community.id, kind: 'community' },
      ],
      groups: null,
      systemRoles: null,
      organizationRoles: null,
      summary: { service: { id: service?.id } },
    });
    expect(await form(home.administrator, 'taxii', { service: service?.id ?? 0 })).toMatchObject({
      summary: { service: { name: 'Intelligence' } },
    });
    expect((await refusalOf(form(home.administrator, 'taxii', { service: 999 }))).code).toBe('invalid_input');
    expect((await refusalOf(form(home.administrator, 'user', { service: 1 }))).code).toBe('invalid_input');
    expect(await form(home.administrator, 'user')).toMatchObject({
      groups: [{ id: group.id, name: 'Night shift' }],
      services: null,
      owners: null,
      more: false,
    });
  });

  it('tell of the seat that is taken, and of the rights that come of the roles', async () => {
    const organization = await newOrganization(app, { users: 2, apiUsers: 1, taxiiUsers: 0 });
    const described = async (kind: AccountKind, query = {}) =>
      (await describeCreation(app, organization.administrator, organization.id, kind, query)).summary;
    expect((await described('user')).seat).toEqual({
      kind: 'users',
      used: 1,
      max: 2,
      remaining: 1,
      remainingAfter: 0,
      whyNot: null,
    });
    expect((await described('taxii')).seat).toMatchObject({
      remaining: 0,
      remainingAfter: 0,
      whyNot: expect.stringContaining('may have 0 TAXII users'),
    });
    const rights = async (organizationRole?: string) => {
      const { places } = await described('user', organizationRole === undefined ? {} : { organizationRole });
      const place = places.find(({ kind }) => kind === 'organization');
      return place?.rights.filter(({ granted }) => granted).map(({ permission }) => permission);
    };
    expect(await rights()).toEqual([]);
    expect(await rights('Standard User')).toContain('intelligence.create');
    expect(await rights('Read Only User')).not.toContain('intelligence.create');
    expect(await rights('Organization Administrator')).toContain('account.create');
  });

  it('give the present values, and no System role to who may not see it', async () => {
    const { id } = await newUser(app, home, { groups: [group.id], timeZone: 'Europe/Berlin' });
    const own = await describeEdit(app, as('Administrator'), id);
    expect(field(own, 'systemRole')).toMatchObject({ value: 'User', settable: true });
    expect(own.systemRoles).toContain('Administrator');
    const told = await describeEdit(app, home.administrator, id);
    expect(field(told, 'systemRole')).toMatchObject({ value: null, settable: false });
    expect(field(told, 'groups')).toMatchObject({ value: [group.id], settable: true });
    expect(field(told, 'timeZone')).toMatchObject({ value: 'Europe/Berlin', clearable: true });
    expect(told).toMatchObject({ systemRoles: null, groups: [{ id: group.id }] });
    expect(told.organizationRoles).toHaveLength(6);
    const superUser = await newPerson(app, 'Super User', home);
    const above = await describeEdit(app, home.administrator, superUser.accountId);
    expect(above.fields.filter(({ settable }) => settable)).toEqual([]);
    expect(above.organizationRoles).toBeNull();
    expect(field(above, 'locked')?.whyNot).toBe('You may not set it: its System role ranks above yours.');
    expect(
      (await describeEdit(app, as('Administrator'), id, { systemRole: 'Super User' })).organizationRoles,
    ).toEqual(['Organization Administrator']);
    const chosen = describeEdit(app, home.administrator, id, { systemRole: 'User' });
    expect((await refusalOf(chosen)).code).toBe('forbidden');
    const foreign = await newOrganization(app);
    expect((await refusalOf(describeEdit(app, foreign.administrator, id))).code).toBe('not_found');
  });

  it('change nothing', async () => {
    const { id } = await newUser(app, home);
    const before = await accountRow(app, id);
    await describeEdit(app, home.administrator, id);
    expect(await accountRow(app, id)).toEqual(before);
    await editAccount(app, home.administrator, { account: id, changes: { firstName: 'Other' } });
    expect(field(await describeEdit(app, home.administrator, id), 'firstName')).toMatchObject({
      value: 'Other',
    });
  });

  it('are answered over HTTP', async () => {
    const server = await startServer(app);
    try {
      const person = await newPersonWithPassword(app, 'Organization Administrator', home);
      const client = restClient(server.url);
      await client.signIn(person.userName, person.password);
      const path = `/organizations/${home.id}/account-forms`;
      for (const kind of KINDS) {
        const { status, body } = await client.request<AccountForm>('GET', `${path}/${kind}`);
        expect(status).toBe(200);
        expect(body.kind).toBe(kind);
      }
      const { body } = await client.request<AccountForm>('GET', `${path}/taxii`);
      const service = body.services?.[0]?.id;
      expect((await client.request('GET', `${path}/taxii?service=${service}`)).status).toBe(200);
      expect((await client.request('GET', `${path}/taxii?service=x`)).status).toBe(400);
      expect((await client.request('GET', `${path}/user?systemRole=Administrator`)).status).toBe(403);
      expect((await client.request('GET', `${path}/robot`)).status).toBe(404);
      expect((await client.request('GET', `/accounts/${person.accountId}/form`)).status).toBe(200);
    } finally {
      await server.close(1000);
    }
  });
});
