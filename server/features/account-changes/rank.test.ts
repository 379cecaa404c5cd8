import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccountChanges } from '../../../contract/accounts.ts';
import {
  type AccountKind,
  SYSTEM_ROLE_RANK,
  SYSTEM_ROLES,
  type SystemRole,
} from '../../../contract/roles.ts';
import { createAccess } from '../../access/access.ts';
import type { Caller } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import { accountRow, asCaller, fresh, newApiUser, newUser } from '../../testing/accounts.ts';
import { newOrganization, newPerson, refusalOf, type Someone } from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { insertAccount, updateAccount } from '../accounts/accounts.store.ts';
import { replaceCredential } from '../credentials/credentials.service.ts';
import { endSessions, listSessions } from '../sessions/sessions.service.ts';
import { setSetting } from '../settings/settings.service.ts';
import { deleteAccount, moveResponsibilities, previewDeletion } from './deletion.service.ts';
import { editAccount, previewEdit } from './editing.service.ts';

const KIND_OF: Partial<Record<SystemRole, AccountKind>> = {
  'Read Only User': 'read_only',
  'Api User': 'api',
  'Exchange Admin': 'api',
  'Taxii User': 'taxii',
};

describe.each(ENGINES)('rank on %s', (engine) => {
  let app: TestApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let administrator: Someone;
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app, { users: 5000, apiUsers: 5000, taxiiUsers: 5000 });
    administrator = organization.administrator;
  });
  afterAll(async () => await app?.close());

  const edit = (account: number, changes: AccountChanges, caller: Caller) =>
    editAccount(app, caller, { account, changes });
  /** An account of any System role, as its kind would have it. */
  const withRole = async (systemRole: SystemRole): Promise<number> => {
    const kind = KIND_OF[systemRole] ?? 'user';
    return await inTransaction(app.db, (tx) =>
      insertAccount(tx, {
        kind,
        organization_id: organization.id,
        user_name: `${fresh('ranked')}@example.com`,
        pseudonym: fresh('ranked-name'),
        first_name: 'Ran',
        last_name: 'Ked',
        system_role: systemRole,
        organization_role: kind === 'read_only' ? 'Read Only User' : 'Standard User',
        narrowed: 0,
        credential_version: 1,
        created_at: app.clock.now(),
      }),
    );
  };

  const OPERATIONS: Record<string, (caller: Caller, account: number, kind: AccountKind) => Promise<unknown>> =
    {
      edit: (caller, account, kind) =>
        edit(account, kind === 'taxii' ? { contactEmail: 'a@example.com' } : { firstName: 'New' }, caller),
      'preview of an edit': (caller, account) =>
        previewEdit(app, caller, { account, changes: { disabled: true } }),
      lock: (caller, account, kind) =>
        edit(account, kind === 'api' ? { disabled: true } : { locked: true }, caller),
      disable: (caller, account) => edit(account, { disabled: true }, caller),
      expire: (caller, account) => edit(account, { expiresAt: '2098-01-01T00:00:00Z' }, caller),
      'replace a credential': (caller, account, kind) =>
        replaceCredential(app, caller, { account, credential: kind === 'api' ? 'secret_key' : 'password' }),
      'list sessions': (caller, account) => listSessions(app, caller, account),
      'end sessions': (caller, account) => endSessions(app, caller, account, 'all'),
      'preview of the deletion': (caller, account) => previewDeletion(app, caller, { account }),
      'hand over': (caller, account) =>
        moveResponsibilities(app, caller, { account, heirs: { collections: administrator.accountId } }),
      delete: (caller, account) => deleteAccount(app, caller, { account }),
    };
  const CALLERS = [
    'Administrator',
    'Operations Administrator',
    'Accounts Administrator',
    'Super User',
    'Organization Administrator',
  ] as const;
  const rankOf = (person: (typeof CALLERS)[number]) =>
    SYSTEM_ROLE_RANK[person === 'Organization Administrator' ? 'User' : person];

  describe('item 80: “You cannot edit a user account whose System role has a higher permission level than your user account’s System role.” … “You cannot delete …”', () => {
    const PAIRS = CALLERS.flatMap((caller) => SYSTEM_ROLES.map((target) => [caller, target] as const));

    it.each(PAIRS)('%s on %s', async (person, systemRole) => {
      const caller = await newPerson(app, person, organization);
      const id = await withRole(systemRole);
      const { kind } = await accountRow(app, id);
      const isWithin = SYSTEM_ROLE_RANK[systemRole] <= rankOf(person);
      for (const [name, operation] of Object.entries(OPERATIONS)) {
        if (isWithin) {
          await operation(caller, id, kind);
          continue;
        }
        const before = await accountRow(app, id);
        expect((await refusalOf(operation(caller, id, kind))).code, name).toBe('forbidden');
        expect(await accountRow(app, id), name).toEqual(before);
      }
    });

    it('holds for every single field, whoever may set it below', async () => {
      const operations = await newPerson(app, 'Operations Administrator', organization);
      const id = await withRole('Administrator');
      const all: AccountChanges = {
        userName: 'other@example.com',
        firstName: 'Other',
        lastName: 'Name',
        pseudonym: 'other-name',
        systemRole: 'User',
        organizationRole: 'App Developer',
        groups: [],
        locked: false,
        disabled: false,
        expiresAt: null,
        passwordResetRequired: false,
        mfaResetRequired: false,
        termsOfServiceAcceptanceRequired: false,
        customTqlTimeoutMs: 1000,
        timeZone: null,
        logOutAfterMinutes: null,
        summaryEmailTime: null,
      };
      for (const [field, value] of Object.entries(all)) {
        const refusal = await refusalOf(edit(id, { [field]: value }, operations));
        expect(refusal.code, field).toBe('forbidden');
      }
    });
  });

  describe('nobody', () => {
    it.each(CALLERS)(
      'item 81: raises the own System role, Organization role or kind, as %s',
      async (person) => {
        const caller = await newPerson(app, person, organization);
        const before = await accountRow(app, caller.accountId);
        for (const changes of [
          { systemRole: 'Administrator' },
          { systemRole: before.system_role },
          { organizationRole: 'Organization Administrator' },
          { organizationRole: before.organization_role },
        ] as const)
          expect((await refusalOf(edit(caller.accountId, changes, caller))).code).toBe('forbidden');
        expect(await accountRow(app, caller.accountId)).toEqual(before);
      },
    );

    it.each(CALLERS)(
      'item 83: deletes, disables, locks or expires the own account, as %s',
      async (person) => {
        const caller = await newPerson(app, person, organization);
        const { accountId } = caller;
        const before = await accountRow(app, accountId);
        for (const changes of [
          { disabled: true },
          { locked: true },
          { expiresAt: '2098-01-01T00:00:00Z' },
        ] as const)
          expect((await refusalOf(edit(accountId, changes, caller))).code).toBe('forbidden');
        expect((await refusalOf(deleteAccount(app, caller, { account: accountId }))).code).toBe('forbidden');
        expect((await refusalOf(previewDeletion(app, caller, { account: accountId }))).code).toBe(
          'forbidden',
        );
        expect(await accountRow(app, accountId)).toEqual(before);
      },
    );

    it('item 81: grants a System role above the own, also not to an account that ranks below', async () => {
      const operations = await newPerson(app, 'Operations Administrator', organization);
      const { id } = await newUser(app, organization);
      const refusal = await refusalOf(edit(id, { systemRole: 'Administrator' }, operations));
      expect(refusal).toMatchObject({
        code: 'forbidden',
        details: { problems: [{ path: 'systemRole', message: 'ranks above your own System role' }] },
      });
      await edit(id, { systemRole: 'Operations Administrator' }, operations);
    });

    it.each(['Organization Administrator', 'Accounts Administrator', 'Super User'] as const)(
      'item 79: chooses a System role without the dropdown for it, as %s',
      async (person) => {
        const caller = await newPerson(app, person, organization);
        const { id } = await newUser(app, organization);
        for (const systemRole of ['User', 'Read Only User'] as const) {
          const refusal = await refusalOf(edit(id, { systemRole }, caller));
          expect(refusal.details.problems?.map(({ path }) => path)).toEqual(['systemRole']);
        }
      },
    );
  });

  it('a person may change nothing about the own account here without an administrative role', async () => {
    const member = await newPerson(app, 'Standard User', organization);
    expect((await refusalOf(edit(member.accountId, { firstName: 'New' }, member))).code).toBe('forbidden');
    await listSessions(app, member, member.accountId);
    await endSessions(app, member, member.accountId, 'all');
  });

  it('other members, and administrators of other organizations, do not find the account', async () => {
    const { id } = await newUser(app, organization);
    const outsiders = [
      await newPerson(app, 'Standard User', organization),
      await newPerson(app, 'Read Only User', organization),
      (await newOrganization(app)).administrator,
    ];
    for (const caller of outsiders)
      for (const [name, operation] of Object.entries(OPERATIONS))
        expect((await refusalOf(operation(caller, id, 'user'))).code, name).toBe('not_found');
  });

  it('an account of another kind than was asked for is not found', async () => {
    const id = await withRole('Api User');
    const asUser = editAccount(app, administrator, {
      account: id,
      kind: 'user',
      changes: { disabled: true },
    });
    expect((await refusalOf(asUser)).code).toBe('not_found');
    expect((await refusalOf(deleteAccount(app, administrator, { account: id, kind: 'taxii' }))).code).toBe(
      'not_found',
    );
  });

  it('“if on an On-Premises or Dedicated Cloud instance, Accounts Administrator”: the setting accountsAdministratorManagesMembers takes it from them', async () => {
    const { accountId } = await newPerson(app, 'Accounts Administrator', organization);
    const { id } = await newUser(app, organization);
    await edit(id, { firstName: 'Before' }, await asCaller(app, accountId));
    const set = (value: boolean) =>
      setSetting(app, app.operator, { name: 'accountsAdministratorManagesMembers', value });
    await set(false);
    try {
      const accounts = await asCaller(app, accountId);
      for (const [name, operation] of Object.entries(OPERATIONS))
        expect((await refusalOf(operation(accounts, id, 'user'))).code, name).toBe('not_found');
      // With an Organization role that gives it, they keep it in their own organization.
      await edit(accountId, { organizationRole: 'Organization Administrator' }, app.operator);
      await edit(id, { firstName: 'Within' }, accounts);
    } finally {
      await set(true);
    }
  });

  it('an API user with the Organization role administers its organization, below its rank', async () => {
    const api = await withRole('Api User');
    await edit(api, { organizationRole: 'Organization Administrator' }, app.operator);
    const caller = await asCaller(app, api);
    const { id } = await newUser(app, organization);
    await edit(id, { firstName: 'By a machine' }, caller);
    const above = await withRole('Super User');
    expect((await refusalOf(edit(above, { firstName: 'No' }, caller))).code).toBe('forbidden');
  });

  it('who has not signed in finds nothing', async () => {
    const anonymous = { access: createAccess({ kind: 'anonymous', name: 'anonymous' }) };
    const { id } = await newUser(app, organization);
    for (const [name, operation] of Object.entries(OPERATIONS))
      expect((await refusalOf(operation(anonymous, id, 'user'))).code, name).toBe('not_found');
  });
});

describe.each(ENGINES)('the last who administer on %s', (engine) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await openTestApp(engine);
  });
  afterAll(async () => await app?.close());

  /** Every way in which an account stops administering. */
  const WAYS: Record<string, (id: number, on?: TestApp) => Promise<unknown>> = {
    demote: (id) => change(id, { systemRole: 'User', organizationRole: 'Standard User' }),
    'make read-only': (id) => change(id, { systemRole: 'Read Only User' }),
    disable: (id) => change(id, { disabled: true }),
    lock: (id) => change(id, { locked: true }),
    expire: (id) => change(id, { expiresAt: '2098-01-01T00:00:00Z' }),
    'expire at once': (id) => change(id, { expiresAt: '2020-01-01T00:00:00Z' }),
    delete: (id) => deleteAccount(app, app.operator, { account: id }),
  };
  const change = (account: number, changes: AccountChanges, on: Pick<TestApp, 'db'> & object = app) =>
    editAccount({ ...app, ...on }, app.operator, { account, changes });
  const lasting = async (role: object) => {
    const rows = await app.db.read
      .selectFrom('accounts')
      .selectAll()
      .where('deleted_at', 'is', null)
      .execute();
    return rows.filter(
      (row) =>
        row.locked_at === null &&
        row.disabled_at === null &&
        row.expires_at === null &&
        Object.entries(role).every(([column, value]) => Reflect.get(row, column) === value),
    ).length;
  };

  describe('item 82: the last Administrator of the instance', () => {
    const ADMINISTRATOR = { system_role: 'Administrator' };
    let home: { id: number };
    let last: Someone;
    beforeAll(async () => {
      home = await newOrganization(app, { users: 1000 });
      last = await newPerson(app, 'Administrator', home);
    });

    it.each(Object.entries(WAYS))('cannot go: %s', async (_, way) => {
      expect(await refusalOf(way(last.accountId))).toMatchObject({
        code: 'conflict',
        details: { reason: 'last_administrator' },
      });
      expect(await lasting(ADMINISTRATOR)).toBe(1);
    });

    it.each(Object.entries(WAYS))('can go once there is another: %s', async (_, way) => {
      const other = await newPerson(app, 'Administrator', home);
      await way(last.accountId);
      expect(await lasting(ADMINISTRATOR)).toBe(1);
      last = other;
    });

    it.each(['locked_at', 'disabled_at', 'expires_at'])(
      'cannot go for one whose %s is set',
      async (column) => {
        const other = await newPerson(app, 'Administrator', home);
        await inTransaction(app.db, (tx) =>
          tx
            .updateTable('accounts')
            .set({ [column]: app.clock.now() + (column === 'expires_at' ? 9e13 : 0) })
            .where('id', '=', other.accountId)
            .execute(),
        );
        expect((await refusalOf(change(last.accountId, { disabled: true }))).code).toBe('conflict');
        // That one, in turn, may go.
        await deleteAccount(app, app.operator, { account: other.accountId });
      },
    );

    it('the preview of the deletion says it', async () => {
      const preview = await previewDeletion(app, app.operator, { account: last.accountId });
      expect(preview.obstacles).toMatchObject([{ reason: 'last_administrator' }]);
    });

    it.each(Object.entries(WAYS))(
      'cannot go when the last two go at once, in two processes: %s',
      async (_, way) => {
        const other = await newPerson(app, 'Administrator', home);
        const reopened = await app.reopen();
        const disable = (id: number) =>
          editAccount(reopened, app.operator, { account: id, changes: { disabled: true } });
        try {
          const outcomes = await Promise.allSettled([way(last.accountId), disable(other.accountId)]);
          expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
          for (const outcome of outcomes)
            if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'conflict' });
          expect(await lasting(ADMINISTRATOR)).toBe(1);
          if (outcomes[0]?.status === 'fulfilled') last = other;
        } finally {
          await reopened.close();
        }
      },
    );
  });

  describe('item 82: the last Organization Administrator of an organization', () => {
    const setUp = async (others = 1) => {
      const organization = await newOrganization(app, { users: 100, apiUsers: 10 });
      for (let index = 0; index < others; index++) await newUser(app, organization);
      const role = {
        organization_id: organization.id,
        organization_role: 'Organization Administrator',
        kind: 'user',
      };
      return { organization, last: organization.administrator.accountId, role };
    };

    it.each(Object.entries(WAYS))('cannot go: %s', async (_, way) => {
      const { last, role } = await setUp();
      expect(await refusalOf(way(last))).toMatchObject({
        code: 'conflict',
        details: { reason: 'last_organization_administrator' },
      });
      expect(await lasting(role)).toBe(1);
    });

    it.each(Object.entries(WAYS))('can go once there is another: %s', async (_, way) => {
      const { organization, last, role } = await setUp();
      await newPerson(app, 'Organization Administrator', organization);
      await way(last);
      expect(await lasting(role)).toBe(1);
    });

    it('cannot go for an API user with the role, nor for one of another organization', async () => {
      const { organization, last } = await setUp();
      await newOrganization(app);
      await newApiUser(app, organization, { organizationRole: 'Organization Administrator' });
      expect((await refusalOf(change(last, { disabled: true }))).code).toBe('conflict');
    });

    it('may be deleted as the last account of the organization, but as such neither demoted nor disabled', async () => {
      const { last, role } = await setUp(0);
      for (const changes of [{ organizationRole: 'Standard User' }, { disabled: true }] as const)
        expect((await refusalOf(change(last, changes))).code).toBe('conflict');
      await deleteAccount(app, app.operator, { account: last });
      expect(await lasting(role)).toBe(0);
    });

    it('cannot go either when it has an end, and is the only one that is active', async () => {
      const organization = await newOrganization(app, { users: 100 });
      const temporary = await newUser(app, organization, {
        organizationRole: 'Organization Administrator',
        expiresAt: '2098-01-01T00:00:00Z',
      });
      await newUser(app, organization);
      // As data of an older version may have it: the lasting one was disabled all the same.
      await inTransaction(app.db, (tx) =>
        updateAccount(tx, organization.administrator.accountId, { disabled_at: app.clock.now() }),
      );
      for (const changes of [
        { disabled: true },
        { organizationRole: 'Standard User' },
        { expiresAt: '2030-01-01T00:00:00Z' },
      ] as const)
        expect((await refusalOf(change(temporary.id, changes))).code).toBe('conflict');
      expect((await refusalOf(deleteAccount(app, app.operator, { account: temporary.id }))).code).toBe(
        'conflict',
      );
      // A longer life takes nothing away, nor does the end of one that is disabled anyway.
      await change(temporary.id, { expiresAt: '2099-01-01T00:00:00Z' });
      await deleteAccount(app, app.operator, { account: organization.administrator.accountId });
    });

    it.each(Object.entries(WAYS))(
      'cannot go when the last two go at once, in two processes: %s',
      async (_, way) => {
        const { organization, last, role } = await setUp();
        const other = await newPerson(app, 'Organization Administrator', organization);
        const reopened = await app.reopen();
        try {
          const outcomes = await Promise.allSettled([
            way(last),
            deleteAccount(reopened, app.operator, { account: other.accountId }),
          ]);
          expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
          for (const outcome of outcomes)
            if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'conflict' });
          expect(await lasting(role)).toBe(1);
        } finally {
          await reopened.close();
        }
      },
    );
  });
});
