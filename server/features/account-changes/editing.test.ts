import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccountChanges } from '../../../contract/accounts.ts';
import type { Caller } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import {
  accountRow,
  asCaller,
  countSessionsOf,
  fresh,
  newApiUser,
  newUser,
  openSessionOf,
} from '../../testing/accounts.ts';
import {
  auditTrail,
  giveCommunityRole,
  newOrganization,
  newPerson,
  refusalOf,
  type Someone,
} from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { createReadOnlyUser } from '../account-creation/people.service.ts';
import { createTaxiiUser } from '../account-creation/taxii-users.service.ts';
import { listAllowedOwners } from '../accounts/accounts.store.ts';
import { throttleKeyOf } from '../accounts/blocks.ts';
import { listThrottles, upsertThrottle } from '../authentication/authentication.store.ts';
import { createUserGroup } from '../groups/groups.service.ts';
import { listGroupsOf } from '../groups/groups.store.ts';
import { addMember, createOwner, setLimits } from '../owners/owners.service.ts';
import { findCommunityRole } from '../owners/owners.store.ts';
import { setSetting } from '../settings/settings.service.ts';
import { createTaxiiService } from '../taxii-services/taxii-services.service.ts';
import { editAccount, previewEdit } from './editing.service.ts';

type Kind = 'user' | 'read_only' | 'api' | 'taxii';

describe.each(ENGINES)('editing an account on %s', (engine) => {
  let app: TestApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let administrator: Someone;
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app, { users: 1000, apiUsers: 1000, taxiiUsers: 1000 });
    administrator = organization.administrator;
  });
  afterAll(async () => await app?.close());

  const edit = (account: number, changes: AccountChanges, caller: Caller = administrator, version?: number) =>
    editAccount(app, caller, { account, changes, ...(version === undefined ? {} : { version }) });
  const preview = (account: number, changes: AccountChanges, caller: Caller = administrator) =>
    previewEdit(app, caller, { account, changes });
  const someone = (person: Parameters<typeof newPerson>[1]) => newPerson(app, person, organization);
  const make: Record<Kind, () => Promise<{ id: number; userName: string }>> = {
    user: () => newUser(app, organization),
    read_only: () =>
      createReadOnlyUser(app, app.operator, {
        organization: organization.id,
        email: `${fresh('reader')}@example.com`,
        firstName: 'Rea',
        lastName: 'Der',
      }),
    api: async () => {
      const made = await newApiUser(app, organization);
      return { ...made, userName: made.accessId };
    },
    taxii: () =>
      createTaxiiUser(app, app.operator, {
        organization: organization.id,
        userName: fresh('siem'),
        service: 'intel',
      }),
  };
  const problemsOf = async (work: Promise<unknown>) => {
    const { code, details } = await refusalOf(work);
    return { code, fields: details.problems?.map(({ path }) => path) };
  };

  describe('the fields', () => {
    /** What each kind may be changed in, by whom at least, and which columns show it. */
    const BY_ADMINISTRATOR = ['Administrator', 'Operations Administrator'] as const;
    const FIELDS: Partial<
      Record<keyof AccountChanges, { kinds: Kind[]; value: unknown; column?: object; high?: true }>
    > = {
      firstName: { kinds: ['user', 'read_only', 'api'], value: 'Jane', column: { first_name: 'Jane' } },
      lastName: { kinds: ['user', 'read_only', 'api'], value: 'Doe', column: { last_name: 'Doe' } },
      organizationRole: {
        kinds: ['user', 'api'],
        value: 'App Developer',
        column: { organization_role: 'App Developer' },
      },
      locked: {
        kinds: ['user', 'read_only', 'taxii'],
        value: true,
        column: { locked_at: expect.any(Number) },
      },
      disabled: {
        kinds: ['user', 'read_only', 'api', 'taxii'],
        value: true,
        column: { disabled_at: expect.any(Number) },
      },
      expiresAt: {
        kinds: ['user', 'read_only', 'api', 'taxii'],
        value: '2098-12-31T00:00:00Z',
        column: { expires_at: Date.parse('2098-12-31T00:00:00Z') * 1000 },
      },
      passwordResetRequired: {
        kinds: ['user', 'read_only'],
        value: false,
        column: { password_reset_required: 0 },
      },
      mfaResetRequired: { kinds: ['user', 'read_only'], value: true, column: { mfa_reset_required: 1 } },
      includeInObservations: { kinds: ['api'], value: true, column: { include_in_observations: 1 } },
      exceedApiLinkLimit: { kinds: ['api'], value: true, column: { exceed_api_link_limit: 1 } },
      timeZone: { kinds: ['user', 'read_only'], value: 'Asia/Tokyo', column: { time_zone: 'Asia/Tokyo' } },
      logOutAfterMinutes: {
        kinds: ['user', 'read_only'],
        value: 5,
        column: { log_out_after_minutes: 5 },
      },
      summaryEmailTime: {
        kinds: ['user', 'read_only'],
        value: '23:59',
        column: { summary_email_time: '23:59' },
      },
      contactEmail: {
        kinds: ['api', 'taxii'],
        value: 'soc@example.com',
        column: { contact_email: 'soc@example.com' },
      },
      groups: { kinds: ['user', 'read_only'], value: [] },
      service: { kinds: ['taxii'], value: 'intel' },
      onlyOwners: { kinds: ['taxii'], value: null, column: { narrowed: 0 } },
      systemRole: { kinds: [], value: 'User' },
      customTqlTimeoutMs: {
        kinds: ['user', 'read_only', 'api'],
        value: 2000,
        column: { custom_tql_timeout_ms: 2000 },
        high: true,
      },
      termsOfServiceAcceptanceRequired: {
        kinds: ['user', 'read_only'],
        value: false,
        column: { terms_acceptance_required: 0 },
        high: true,
      },
    };
    const CASES = Object.entries(FIELDS).flatMap(([field, { kinds, value, column, high }]) =>
      kinds.map((kind) => [field, kind, value, column ?? {}, high === true] as const),
    );

    it.each(CASES)('%s of a %s', async (field, kind, value, column, high) => {
      const { id } = await make[kind]();
      const before = await accountRow(app, id);
      if (high) {
        expect(await problemsOf(edit(id, { [field]: value }))).toEqual({
          code: 'forbidden',
          fields: [field],
        });
        expect(await accountRow(app, id)).toEqual(before);
      }
      for (const person of high ? BY_ADMINISTRATOR : (['Accounts Administrator'] as const)) {
        const version = (await accountRow(app, id)).version;
        const answer = await edit(id, { [field]: value }, await someone(person));
        expect(answer.version).toBe(version + 1);
      }
      // What is sorted and searched follows from the names.
      const keys = { name_key: expect.any(String), search_key: expect.any(String) };
      expect(await accountRow(app, id)).toEqual({
        ...before,
        ...keys,
        ...column,
        version: before.version + (high ? 2 : 1),
      });
    });

    const NONE = Object.entries(FIELDS).flatMap(([field, { kinds, value }]) =>
      (['user', 'read_only', 'api', 'taxii'] as const)
        .filter((kind) => !kinds.includes(kind) && !['organizationRole', 'systemRole'].includes(field))
        .map((kind) => [field, kind, value] as const),
    );
    it.each(NONE)(
      'item 79: %s is refused for a %s, which has none, naming it',
      async (field, kind, value) => {
        const { id } = await make[kind]();
        const before = await accountRow(app, id);
        const admin = await someone('Administrator');
        expect(await problemsOf(edit(id, { [field]: value }, admin))).toEqual({
          code: 'invalid_input',
          fields: [field],
        });
        expect(await accountRow(app, id)).toEqual(before);
      },
    );

    it('item 87: “A pseudonym is created automatically and cannot be edited” for a TAXII user, nor can its roles', async () => {
      const { id } = await make.taxii();
      for (const changes of [
        { pseudonym: 'chosen' },
        { organizationRole: 'Organization Administrator' },
        { systemRole: 'Administrator' },
      ] as const)
        expect(await problemsOf(edit(id, changes, await someone('Administrator')))).toEqual({
          code: 'invalid_input',
          fields: Object.keys(changes),
        });
    });

    it('“The Send Account Info Email checkbox … is displayed only when creating a new user.”', async () => {
      const { id } = await make.user();
      const changes = { sendAccountInfoEmail: true } as AccountChanges;
      expect((await refusalOf(edit(id, changes))).code).toBe('invalid_input');
    });

    it.each(['kind', 'organization', 'id', 'version', 'credentialVersion', 'password', 'deleted'])(
      'do not include %s',
      async (field) => {
        const { id } = await make.user();
        expect((await refusalOf(edit(id, { [field]: 1 } as AccountChanges))).code).toBe('invalid_input');
      },
    );

    it('are all changed, or none', async () => {
      const { id } = await make.user();
      const before = await accountRow(app, id);
      const refused = edit(id, { firstName: 'New', groups: [987_654], locked: true });
      expect((await refusalOf(refused)).code).toBe('invalid_input');
      expect((await refusalOf(edit(id, { firstName: 'New', pseudonym: 'night-owl' }))).code).toBe(
        'forbidden',
      );
      expect(await accountRow(app, id)).toEqual(before);
    });

    it('that are optional are cleared with null', async () => {
      const { id } = await make.user();
      const admin = await someone('Administrator');
      await edit(
        id,
        { timeZone: 'Asia/Tokyo', expiresAt: '2098-01-01T00:00:00Z', customTqlTimeoutMs: 500 },
        admin,
      );
      await edit(id, { timeZone: null, expiresAt: null, customTqlTimeoutMs: null }, admin);
      expect(await accountRow(app, id)).toMatchObject({
        time_zone: null,
        expires_at: null,
        custom_tql_timeout_ms: null,
      });
    });

    it('need at least one change', async () => {
      const { id } = await make.user();
      expect((await refusalOf(edit(id, {}))).code).toBe('invalid_input');
    });
  });

  describe('the user name', () => {
    it('is changed by an Administrator and Operations Administrator only, and stays free of doubles', async () => {
      const { id } = await make.user();
      const other = await make.user();
      const admin = await someone('Operations Administrator');
      const userName = `${fresh('Renamed')}@example.com`;
      expect(await problemsOf(edit(id, { userName }))).toEqual({ code: 'forbidden', fields: ['userName'] });
      await edit(id, { userName }, admin);
      expect((await accountRow(app, id)).user_name).toBe(userName);
      expect((await refusalOf(edit(other.id, { userName: userName.toUpperCase() }, admin))).code).toBe(
        'name_taken',
      );
      // Its own name in another letter case is no double.
      await edit(id, { userName: userName.toUpperCase() }, admin);
    });

    it('of a person stays an e-mail address, of any length that one may have; that of an API user stays its Access ID', async () => {
      const admin = await someone('Administrator');
      const { id } = await make.user();
      expect((await problemsOf(edit(id, { userName: 'no address' }, admin))).fields).toEqual(['userName']);
      const long = `${fresh('long')}@${'a'.repeat(60)}.${'b'.repeat(60)}.example.com`;
      await edit(id, { userName: long }, admin);
      const api = await make.api();
      expect((await problemsOf(edit(api.id, { userName: '1'.repeat(20) }, admin))).fields).toEqual([
        'userName',
      ]);
      const taxii = await make.taxii();
      const { consequences } = await edit(taxii.id, { userName: fresh('feed') }, admin);
      expect(consequences.map(({ code }) => code)).toEqual(['connection_changes']);
    });

    it.each(['userName', 'pseudonym'] as const)(
      'or pseudonym: of two who take the same %s at once one gets it, in two processes as well',
      async (field) => {
        const accounts = await Promise.all([1, 2, 3, 4].map(() => make.user()));
        const value = field === 'userName' ? `${fresh('one')}@example.com` : fresh('one-name');
        const other = await app.reopen();
        try {
          const outcomes = await Promise.allSettled(
            accounts.map(({ id }, index) =>
              editAccount(index % 2 === 0 ? app : other, app.operator, {
                account: id,
                changes: { [field]: value },
              }),
            ),
          );
          expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
          for (const outcome of outcomes)
            if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'name_taken' });
        } finally {
          await other.close();
        }
      },
    );

    it('cannot be that of a deleted account’s pseudonym, nor anybody’s', async () => {
      const admin = await someone('Administrator');
      const [one, two] = [await make.user(), await make.user()];
      const taken = (await accountRow(app, two.id)).pseudonym;
      expect((await refusalOf(edit(one.id, { pseudonym: taken }, admin))).code).toBe('name_taken');
      await edit(one.id, { pseudonym: fresh('free-name') }, admin);
    });
  });

  describe('groups', () => {
    it('are exactly those that are given, of the own organization', async () => {
      const { id } = await make.user();
      const [a, b] = await Promise.all(
        ['A', 'B'].map((name) =>
          createUserGroup(app, administrator, { organization: organization.id, name: fresh(name) }),
        ),
      );
      const groups = async () => (await listGroupsOf(app.db.read, [id])).map(({ id: group }) => group);
      await edit(id, { groups: [a?.id ?? 0, a?.name ?? ''] });
      expect(await groups()).toEqual([a?.id]);
      await edit(id, { groups: [b?.id ?? 0] });
      expect(await groups()).toEqual([b?.id]);
      const elsewhere = await newOrganization(app);
      const foreign = await createUserGroup(app, elsewhere.administrator, {
        organization: elsewhere.id,
        name: 'Foreign',
      });
      expect((await problemsOf(edit(id, { groups: [foreign.id] }))).fields).toEqual(['groups']);
      expect(await groups()).toEqual([b?.id]);
      await edit(id, { groups: [] });
      expect(await groups()).toEqual([]);
    });
  });

  describe('a TAXII user', () => {
    it('gets another service, if its organization may use it, and is told that clients must be configured anew', async () => {
      const { id } = await make.taxii();
      const service = await createTaxiiService(app, app.operator, {
        name: fresh('Feed'),
        path: fresh('feed'),
      });
      const { consequences } = await edit(id, { service: service.id });
      expect(consequences.map(({ code }) => code)).toEqual(['connection_changes']);
      expect((await accountRow(app, id)).service_id).toBe(service.id);
      const elsewhere = await newOrganization(app);
      const foreign = await createTaxiiService(app, app.operator, {
        name: fresh('Private'),
        path: fresh('private'),
        organizations: [elsewhere.id],
      });
      expect((await refusalOf(edit(id, { service: foreign.id }))).code).toBe('not_found');
      expect((await accountRow(app, id)).service_id).toBe(service.id);
    });

    it('is narrowed to owners within reach, and widened again', async () => {
      const { id } = await make.taxii();
      const community = await createOwner(app, app.operator, { kind: 'community', name: fresh('Community') });
      const allowed = async () =>
        (await listAllowedOwners(app.db.read, [id])).map(({ owner_id }) => owner_id);
      expect((await refusalOf(edit(id, { onlyOwners: [community.id] }))).code).toBe('not_found');
      await addMember(app, app.operator, {
        owner: community.id,
        organization: organization.id,
        defaultRole: 'User',
      });
      await edit(id, { onlyOwners: [community.id, community.name] });
      expect(await allowed()).toEqual([community.id]);
      expect((await accountRow(app, id)).narrowed).toBe(1);
      await edit(id, { onlyOwners: null });
      expect(await allowed()).toEqual([]);
      expect((await accountRow(app, id)).narrowed).toBe(0);
    });
  });

  describe('a stale version', () => {
    it('is refused, with the present one', async () => {
      const { id } = await make.user();
      const { version } = await edit(id, { firstName: 'One' });
      expect(await refusalOf(edit(id, { firstName: 'Two' }, administrator, version - 1))).toMatchObject({
        code: 'stale',
        details: { version },
      });
      expect((await accountRow(app, id)).first_name).toBe('One');
      await edit(id, { firstName: 'Two' }, administrator, version);
    });

    it('lets one of two edits from the same version through', async () => {
      const { id } = await make.user();
      const { version } = await accountRow(app, id);
      const outcomes = await Promise.allSettled(
        ['A', 'B', 'C'].map((firstName) => edit(id, { firstName }, administrator, version)),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const outcome of outcomes)
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'stale' });
    });

    it('is not told to those who may not edit', async () => {
      const { id } = await make.user();
      const self = await asCaller(app, id);
      expect((await refusalOf(edit(id, { firstName: 'X' }, self, 999))).code).toBe('forbidden');
    });
  });

  describe('“When you change a user’s System role, their Community role in each Community and Source they belong to will be reset to the default Community role configured for their Organization in that owner.”', () => {
    const joined = async (
      defaultRole: 'Contributor' | 'User' | 'Banned' | 'Commenter' | 'Subscriber' | 'Director',
      kind: 'community' | 'source' = 'community',
    ) => {
      const owner = await createOwner(app, app.operator, { kind, name: fresh('Joined') });
      await addMember(app, app.operator, { owner: owner.id, organization: organization.id, defaultRole });
      return owner;
    };
    const roleIn = async (owner: { id: number }, accountId: number) => {
      const row = await accountRow(app, accountId);
      return await findCommunityRole(app.db.read, owner.id, {
        accountId,
        organizationId: row.organization_id,
        systemRole: row.system_role,
      });
    };

    it('item 85: “consider a user with a System role of User and a Community role of Director in Community ABC … will change from Director to Contributor if the user’s System role is changed (for example, from User to Operations Administrator)”', async () => {
      const [abc, source] = [await joined('Contributor'), await joined('User', 'source')];
      const { id } = await make.user();
      await giveCommunityRole(app, { accountId: id }, abc, 'Director');
      await giveCommunityRole(app, { accountId: id }, source, 'Editor');
      expect(await roleIn(abc, id)).toBe('Director');
      const { consequences } = await edit(
        id,
        { systemRole: 'Operations Administrator' },
        await someone('Administrator'),
      );
      expect(await roleIn(abc, id)).toBe('Contributor');
      expect(await roleIn(source, id)).toBe('User');
      expect(consequences.filter(({ code }) => code === 'community_role_reset')).toEqual([
        {
          code: 'community_role_reset',
          message: `Its Community role in "${abc.name}" changes from Director to Contributor.`,
        },
        {
          code: 'community_role_reset',
          message: `Its Community role in "${source.name}" changes from Editor to User.`,
        },
      ]);
    });

    it.each([
      ['Contributor', 'Commenter'],
      ['Director', 'Commenter'],
      ['Subscriber', 'Commenter'],
      ['Commenter', 'Commenter'],
      ['User', 'User'],
      ['Banned', 'Banned'],
    ] as const)(
      'item 85: “users whose System role is changed to Read Only User”, where the default is %s, get %s',
      async (byDefault, role) => {
        const community = await joined(byDefault);
        const { id } = await make.user();
        await giveCommunityRole(app, { accountId: id }, community, 'Editor');
        await edit(id, { systemRole: 'Read Only User' }, await someone('Administrator'));
        expect(await roleIn(community, id)).toBe(role);
      },
    );

    it('a role in a community that the organization is no member of ends', async () => {
      const community = await createOwner(app, app.operator, { kind: 'community', name: fresh('Personal') });
      const { id } = await make.user();
      await giveCommunityRole(app, { accountId: id }, community, 'Director');
      const { consequences } = await edit(id, { systemRole: 'Community Leader' }, app.operator);
      expect(await roleIn(community, id)).toBeUndefined();
      expect(consequences).toContainEqual({
        code: 'community_role_reset',
        message: `Its Community role in "${community.name}" changes from Director to none.`,
      });
    });

    it('holds for API users too, and does not happen while the System role stays the same', async () => {
      const community = await joined('Contributor');
      const { id } = await make.api();
      await giveCommunityRole(app, { accountId: id }, community, 'Director');
      await edit(id, { systemRole: 'Api User', organizationRole: 'App Developer' }, app.operator);
      expect(await roleIn(community, id)).toBe('Director');
      await edit(id, { systemRole: 'Exchange Admin' }, app.operator);
      expect(await roleIn(community, id)).toBe('Contributor');
    });

    it('leaves the roles of other accounts alone', async () => {
      const community = await joined('Contributor');
      const [one, two] = [await make.user(), await make.user()];
      for (const { id } of [one, two]) await giveCommunityRole(app, { accountId: id }, community, 'Director');
      await edit(one.id, { systemRole: 'Community Leader' }, app.operator);
      expect(await roleIn(community, two.id)).toBe('Director');
    });
  });

  describe('another System role', () => {
    it('makes a user a Read Only User and back, with the Organization role that follows', async () => {
      const { id } = await make.user();
      const admin = await someone('Administrator');
      const down = await edit(id, { systemRole: 'Read Only User' }, admin);
      expect(down.consequences.map(({ code }) => code)).toEqual(
        expect.arrayContaining(['kind_changes', 'seat_freed', 'organization_role_follows']),
      );
      expect(await accountRow(app, id)).toMatchObject({
        kind: 'read_only',
        system_role: 'Read Only User',
        organization_role: 'Read Only User',
      });
      const up = await edit(id, { systemRole: 'User', organizationRole: 'Sharing User' }, admin);
      expect(up.consequences.map(({ code }) => code)).toEqual(
        expect.arrayContaining(['kind_changes', 'seat_taken']),
      );
      expect(await accountRow(app, id)).toMatchObject({ kind: 'user', organization_role: 'Sharing User' });
    });

    it('of Super User brings the Organization role Organization Administrator', async () => {
      const { id } = await make.user();
      await edit(id, { systemRole: 'Super User' }, app.operator);
      expect((await accountRow(app, id)).organization_role).toBe('Organization Administrator');
      expect(await problemsOf(edit(id, { organizationRole: 'Standard User' }, app.operator))).toEqual({
        code: 'invalid_input',
        fields: ['organizationRole'],
      });
    });

    it('is not one of another kind of account', async () => {
      const user = await make.user();
      const api = await make.api();
      expect((await problemsOf(edit(user.id, { systemRole: 'Api User' }, app.operator))).fields).toEqual([
        'systemRole',
      ]);
      expect((await problemsOf(edit(api.id, { systemRole: 'User' }, app.operator))).fields).toEqual([
        'systemRole',
      ]);
    });

    it('item 93: a Read Only User who becomes a User counts at once', async () => {
      const own = await newOrganization(app, { users: 2 });
      const reader = await createReadOnlyUser(app, own.administrator, {
        organization: own.id,
        email: `${fresh('reader')}@example.com`,
        firstName: 'Rea',
        lastName: 'Der',
      });
      const filler = await newUser(app, own);
      const promote = () => edit(reader.id, { systemRole: 'User' }, app.operator);
      expect(await refusalOf(promote())).toMatchObject({
        code: 'limit_reached',
        details: { limit: 'users', scope: 'organization', max: 2, used: 2 },
      });
      expect((await accountRow(app, reader.id)).kind).toBe('read_only');
      // The filler becomes read-only: its seat is free.
      await edit(filler.id, { systemRole: 'Read Only User' }, app.operator);
      await promote();
      expect((await refusalOf(newUser(app, own))).code).toBe('limit_reached');
    });

    it('item 92: a limit that was lowered below present use lets everything be edited that takes no seat', async () => {
      const own = await newOrganization(app, { users: 3 });
      const user = await newUser(app, own);
      await setLimits(app, app.operator, { organization: own.id, limits: { users: 1 } });
      await edit(user.id, { disabled: true }, own.administrator);
      await edit(user.id, { disabled: false }, own.administrator);
      await edit(user.id, { systemRole: 'Community Leader' }, app.operator);
      expect((await refusalOf(newUser(app, own))).code).toBe('limit_reached');
    });
  });

  describe('sessions', () => {
    it.each([
      ['another System role', { systemRole: 'Community Leader' }],
      ['another Organization role', { organizationRole: 'Sharing User' }],
      ['locking', { locked: true }],
      ['disabling', { disabled: true }],
      ['an end in the past', { expiresAt: '2020-01-01T00:00:00Z' }],
    ] as const)('item 62: end with %s', async (_, changes) => {
      const { id } = await make.user();
      await openSessionOf(app, id);
      await openSessionOf(app, id);
      const { consequences } = await edit(id, changes, app.operator);
      expect(await countSessionsOf(app, id)).toBe(0);
      expect(consequences).toContainEqual({ code: 'sessions_end', message: '2 of its sessions end.' });
    });

    it('stay open with a change that takes nothing away', async () => {
      const { id } = await make.user();
      await openSessionOf(app, id);
      await edit(id, { firstName: 'Jane', timeZone: 'Asia/Tokyo', locked: false, disabled: false });
      await edit(id, { organizationRole: 'Standard User', expiresAt: '2098-01-01T00:00:00Z' });
      expect(await countSessionsOf(app, id)).toBe(1);
    });
  });

  it('credentials of a machine stop and work again, and the answer says so', async () => {
    const { id } = await make.api();
    const codes = async (changes: AccountChanges) =>
      (await edit(id, changes)).consequences.map(({ code }) => code);
    expect(await codes({ disabled: true })).toEqual(['credentials_stop']);
    expect(await codes({ disabled: true })).toEqual([]);
    expect(await codes({ disabled: false })).toEqual(['credentials_work_again']);
  });

  it('“When editing an existing user account that has been locked by ThreatConnect, you can clear this checkbox to unlock the account”: failed attempts are forgotten', async () => {
    const { id, userName } = await make.user();
    const other = await make.user();
    const key = throttleKeyOf(app, userName);
    const otherKey = throttleKeyOf(app, other.userName);
    const now = app.clock.now();
    const throttle = { failures: 200, lastFailureAt: now, blockedUntil: now + 600_000_000 };
    await inTransaction(app.db, async (tx) => {
      for (const each of [key, `${key} 192.0.2.1`, otherKey]) await upsertThrottle(tx, each, throttle);
    });
    const { consequences } = await edit(id, { locked: false });
    expect(consequences.map(({ code }) => code)).toEqual(['failed_attempts_forgotten']);
    const left = await listThrottles(app.db.read, [key, `${key} 192.0.2.1`, otherKey]);
    expect([...left.keys()]).toEqual([otherKey]);
  });

  describe('the terms of service', () => {
    it('are shown again only while the system setting is on', async () => {
      const { id } = await make.user();
      const admin = await someone('Operations Administrator');
      const again = () => edit(id, { termsOfServiceAcceptanceRequired: true }, admin);
      expect(await problemsOf(again())).toEqual({
        code: 'invalid_input',
        fields: ['termsOfServiceAcceptanceRequired'],
      });
      await setSetting(app, app.operator, { name: 'termsOfServiceRequireNewUserToAccept', value: true });
      try {
        await again();
        expect((await accountRow(app, id)).terms_acceptance_required).toBe(1);
      } finally {
        await setSetting(app, app.operator, { name: 'termsOfServiceRequireNewUserToAccept', value: false });
      }
    });
  });

  describe('the preview', () => {
    const CHANGES: [string, Kind, AccountChanges][] = [
      ['a name', 'user', { firstName: 'Seen' }],
      ['another System role', 'user', { systemRole: 'Read Only User' }],
      ['a seat', 'read_only', { systemRole: 'User', organizationRole: 'Standard User' }],
      ['an Organization role', 'user', { organizationRole: 'Sharing User' }],
      ['locking', 'user', { locked: true }],
      ['disabling a machine', 'api', { disabled: true }],
      ['another name of a machine', 'taxii', { userName: 'feed-seen-before' }],
    ];
    const everything = async () =>
      JSON.stringify([
        await app.db.read.selectFrom('accounts').selectAll().orderBy('id').execute(),
        await app.db.read.selectFrom('account_roles').selectAll().orderBy('account_id').execute(),
        await app.db.read.selectFrom('sessions').selectAll().orderBy('hash').execute(),
        await app.db.read.selectFrom('throttles').selectAll().orderBy('key').execute(),
        (await auditTrail(app)).length,
      ]);

    it.each(CHANGES)('of %s says what the edit then does, and changes nothing', async (_, kind, changes) => {
      const community = await createOwner(app, app.operator, { kind: 'community', name: fresh('Community') });
      await addMember(app, app.operator, {
        owner: community.id,
        organization: organization.id,
        defaultRole: 'Contributor',
      });
      const { id } = await make[kind]();
      await giveCommunityRole(app, { accountId: id }, community, 'Director');
      await openSessionOf(app, id);
      const before = await everything();
      const seen = await preview(id, changes, app.operator);
      expect(await everything()).toBe(before);
      const done = await edit(id, changes, app.operator);
      expect(done.consequences).toEqual(seen.consequences);
      expect(done.version).toBe(seen.version + 1);
    });

    it('is refused exactly when the edit is, with the same words', async () => {
      const own = await newOrganization(app, { users: 2, apiUsers: 1, taxiiUsers: 1 });
      const user = await newUser(app, own);
      const reader = await createReadOnlyUser(app, own.administrator, {
        organization: own.id,
        email: `${fresh('reader')}@example.com`,
        firstName: 'Rea',
        lastName: 'Der',
      });
      const taken = (await accountRow(app, user.id)).user_name;
      const stranger = (await newOrganization(app)).administrator;
      const cases: [number, AccountChanges, Caller][] = [
        [reader.id, { systemRole: 'User' }, app.operator],
        [reader.id, { userName: taken }, app.operator],
        [reader.id, { systemRole: 'User' }, own.administrator],
        [own.administrator.accountId, { disabled: true }, app.operator],
        [own.administrator.accountId, { disabled: true }, own.administrator],
        [user.id, { firstName: 'X' }, stranger],
        [user.id, { groups: [987_654] }, own.administrator],
        [user.id, { service: 'intel' }, own.administrator],
      ];
      for (const [id, changes, caller] of cases) {
        const before = await everything();
        const refusal = await refusalOf(preview(id, changes, caller));
        const refused = await refusalOf(edit(id, changes, caller));
        expect(refusal).toEqual(refused);
        // Refusals are audited; nothing else is written.
        expect(JSON.parse(await everything()).slice(0, 4)).toEqual(JSON.parse(before).slice(0, 4));
      }
    });

    it('is refused with a stale version', async () => {
      const { id } = await make.user();
      const stale = previewEdit(app, administrator, { account: id, version: 7, changes: { locked: true } });
      expect((await refusalOf(stale)).code).toBe('stale');
    });
  });

  it('item 113: the audit trail has every changed field before and after, and no other', async () => {
    const { id } = await make.user();
    await edit(id, { firstName: 'Jane', lastName: 'Byron', expiresAt: '2098-01-01T00:00:00Z' });
    const changed = async () => (await auditTrail(app, organization.id)).at(-1);
    expect(await changed()).toMatchObject({
      action: 'account.edit',
      target_id: String(id),
      details: {
        firstName: { before: 'Ada', after: 'Jane' },
        expiresAt: { before: null },
      },
    });
    expect((await changed())?.details).not.toHaveProperty('lastName');
    await edit(id, { expiresAt: '2098-01-01T00:00:00.000Z', organizationRole: 'Sharing User' });
    expect((await changed())?.details).toEqual({
      organizationRole: { before: 'Standard User', after: 'Sharing User' },
    });
    const single: [AccountChanges, string][] = [
      [{ locked: true }, 'account.lock'],
      [{ locked: false }, 'account.unlock'],
      [{ disabled: true }, 'account.disable'],
      [{ disabled: false }, 'account.enable'],
    ];
    for (const [changes, action] of single) {
      await edit(id, changes);
      expect((await changed())?.action).toBe(action);
    }
  });
});
