import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeleteAccountInput } from '../../../contract/accounts.ts';
import type { Caller } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import {
  accountRow,
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
import { listAllowedOwners, updateAccount } from '../accounts/accounts.store.ts';
import { throttleKeyOf } from '../accounts/blocks.ts';
import { listThrottles, upsertKnownNetwork, upsertThrottle } from '../authentication/authentication.store.ts';
import { editCollection } from '../collections/collections.service.ts';
import { createUserGroup } from '../groups/groups.service.ts';
import { listGroupsOf } from '../groups/groups.store.ts';
import { setOrganizationPermissions } from '../owners/organizations.service.ts';
import { addMember, createOwner } from '../owners/owners.service.ts';
import { createTaxiiService } from '../taxii-services/taxii-services.service.ts';
import { deleteAccount, moveResponsibilities, previewDeletion } from './deletion.service.ts';
import { editAccount } from './editing.service.ts';

describe.each(ENGINES)('deleting an account on %s', (engine) => {
  let app: TestApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let administrator: Someone;
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app, { users: 1000, apiUsers: 1000, taxiiUsers: 1000 });
    administrator = organization.administrator;
  });
  afterAll(async () => await app?.close());

  type Organization = Awaited<ReturnType<typeof newOrganization>>;
  const remove = (account: number, heirs: DeleteAccountInput['heirs'] = {}, caller: Caller = administrator) =>
    deleteAccount(app, caller, { account, heirs });
  const preview = (account: number, caller: Caller = administrator) =>
    previewDeletion(app, caller, { account });
  const service = async (responsible: number): Promise<number> =>
    (
      await createTaxiiService(app, app.operator, {
        name: fresh('Feed'),
        path: fresh('feed'),
        responsible,
      })
    ).id;
  /** The account answers for the collection of its organization. */
  const answersFor = async (own: Organization, account: number): Promise<void> => {
    await editCollection(app, app.operator, {
      collection: own.collectionId,
      changes: { responsible: account },
    });
  };
  const responsibleFor = async (table: 'taxii_services' | 'collections', id: number | string) =>
    (
      await app.db.read
        .selectFrom(table)
        .select('responsible_account_id')
        .where('id', '=', id as never)
        .executeTakeFirstOrThrow()
    ).responsible_account_id;

  describe('item 106: what the account is responsible for', () => {
    it('keeps it from being deleted while no heir is named, and is listed', async () => {
      const own = await newOrganization(app);
      const user = await newUser(app, own);
      const first = await service(user.id);
      await answersFor(own, user.id);
      const refusal = await refusalOf(remove(user.id, {}, own.administrator));
      expect(refusal.code).toBe('heirs_required');
      expect(refusal.details.responsibilities).toEqual([
        { kind: 'taxiiServices', title: 'TAXII services', items: [expect.stringMatching(/^Feed/)] },
        { kind: 'collections', title: 'collections', items: [own.name] },
      ]);
      expect(refusal.details.message).toContain(own.name);
      // One heir is not enough for both.
      const half = await refusalOf(
        remove(user.id, { taxiiServices: own.administrator.accountId }, own.administrator),
      );
      expect(half.details.responsibilities).toMatchObject([{ kind: 'collections' }]);
      expect(await responsibleFor('taxii_services', first)).toBe(user.id);
      expect((await accountRow(app, user.id)).deleted_at).toBeNull();
    });

    it('goes to the heirs, and the answer and the audit trail say so', async () => {
      const own = await newOrganization(app);
      const user = await newUser(app, own);
      const api = await newApiUser(app, own);
      const services = [await service(user.id), await service(user.id)];
      const others = await service(own.administrator.accountId);
      await answersFor(own, user.id);
      const answer = await remove(
        user.id,
        { taxiiServices: own.administrator.userName, collections: api.id },
        own.administrator,
      );
      expect(answer.passedOn).toEqual([
        { kind: 'taxiiServices', count: 2, heir: own.administrator.userName },
        { kind: 'collections', count: 1, heir: api.accessId },
      ]);
      for (const id of [...services, others])
        expect(await responsibleFor('taxii_services', id)).toBe(own.administrator.accountId);
      expect(await responsibleFor('collections', own.collectionId)).toBe(api.id);
      expect((await auditTrail(app, own.id)).at(-1)).toMatchObject({
        action: 'account.delete',
        target_id: String(user.id),
        target_name: user.userName,
        details: { passedOn: answer.passedOn },
      });
    });

    it('needs no heir where there is nothing, and an heir who is named for nothing takes nothing', async () => {
      const user = await newUser(app, organization);
      expect((await remove(user.id, { collections: administrator.accountId })).passedOn).toEqual([]);
    });
  });

  describe('item 107: an heir', () => {
    const setUp = async () => {
      const own = await newOrganization(app);
      const user = await newUser(app, own);
      await answersFor(own, user.id);
      await service(user.id);
      return { own, user };
    };
    const problem = async (
      { own, user }: Awaited<ReturnType<typeof setUp>>,
      heirs: NonNullable<DeleteAccountInput['heirs']>,
      caller: Caller = own.administrator,
    ) => {
      const all = {
        taxiiServices: own.administrator.accountId,
        collections: own.administrator.accountId,
        ...heirs,
      };
      const refusal = await refusalOf(remove(user.id, all, caller));
      expect(refusal.code).toBe('invalid_input');
      expect((await accountRow(app, user.id)).deleted_at).toBeNull();
      return refusal.details.message;
    };

    it('is of a kind that may: for TAXII services a user, for collections a user or API user', async () => {
      const all = await setUp();
      const { own } = all;
      const api = await newApiUser(app, own);
      const taxii = await createTaxiiUser(app, own.administrator, {
        organization: own.id,
        userName: fresh('siem'),
        service: 'intel',
      });
      const reader = await createReadOnlyUser(app, own.administrator, {
        organization: own.id,
        email: `${fresh('reader')}@example.com`,
        firstName: 'Rea',
        lastName: 'Der',
      });
      expect(await problem(all, { taxiiServices: api.id })).toBe('heirs.taxiiServices: must be a user');
      for (const id of [taxii.id, reader.id]) {
        expect(await problem(all, { taxiiServices: id })).toContain('must be a user');
        expect(await problem(all, { collections: id })).toContain('must be a user or an API user');
      }
    });

    it('is not the account itself', async () => {
      const all = await setUp();
      expect(await problem(all, { collections: all.user.id })).toContain('is the account itself');
    });

    it.each([
      ['locked', { locked: true }],
      ['disabled', { disabled: true }],
      ['expired', { expiresAt: '2020-01-01T00:00:00Z' }],
    ] as const)('is not %s', async (state, changes) => {
      const all = await setUp();
      const heir = await newUser(app, all.own);
      await editAccount(app, all.own.administrator, { account: heir.id, changes });
      expect(await problem(all, { collections: heir.id })).toBe(`heirs.collections: is ${state}`);
      expect(
        (await preview(all.user.id, all.own.administrator)).responsibilities[1]?.candidates,
      ).not.toContainEqual(expect.objectContaining({ id: heir.id }));
    });

    it('has the right to write, for a collection', async () => {
      const all = await setUp();
      const heir = await newUser(app, all.own, { organizationRole: 'Read Only Commenter' });
      expect(await problem(all, { collections: heir.id })).toContain('must be allowed intelligence.create');
      const may = await newUser(app, all.own, { organizationRole: 'Sharing User' });
      await remove(all.user.id, { taxiiServices: heir.id, collections: may.id }, all.own.administrator);
    });

    it('is of the same organization; one that the asker may not see is refused like one that does not exist', async () => {
      const all = await setUp();
      const stranger = (await newOrganization(app)).administrator;
      expect(await problem(all, { collections: stranger.accountId })).toBe(
        'heirs.collections: is no account',
      );
      expect(await problem(all, { collections: 987_654 })).toBe('heirs.collections: is no account');
      expect(await problem(all, { collections: stranger.accountId }, app.operator)).toContain(
        'same organization',
      );
      const deleted = await newUser(app, all.own);
      await remove(deleted.id, {}, all.own.administrator);
      expect(await problem(all, { collections: deleted.id })).toBe('heirs.collections: is no account');
    });

    it('may, for TAXII services, be an Administrator of another organization, unless that one is disabled', async () => {
      const all = await setUp();
      const elsewhere = await newOrganization(app, { users: 10 });
      await newPerson(app, 'Administrator', organization);
      const admin = await newPerson(app, 'Administrator', elsewhere);
      const heirs = { taxiiServices: admin.accountId };
      await setOrganizationPermissions(app, app.operator, { organization: elsewhere.id, disabled: true });
      expect(await problem(all, heirs, app.operator)).toContain('disabled organization');
      await setOrganizationPermissions(app, app.operator, { organization: elsewhere.id, disabled: false });
      await remove(all.user.id, { ...heirs, collections: all.own.administrator.accountId }, app.operator);
    });

    it('is checked inside the transaction: one who is disabled at the same moment inherits nothing, or inherited before', async () => {
      const reopened = await app.reopen();
      try {
        for (let round = 0; round < 4; round++) {
          const { own, user } = await setUp();
          const heir = await newUser(app, own);
          const [deleted, disabled] = await Promise.allSettled([
            remove(user.id, { taxiiServices: heir.id, collections: heir.id }, own.administrator),
            editAccount(reopened, own.administrator, { account: heir.id, changes: { disabled: true } }),
          ]);
          expect(disabled.status).toBe('fulfilled');
          const owner = await responsibleFor('collections', own.collectionId);
          if (deleted.status === 'fulfilled') expect(owner).toBe(heir.id);
          else {
            expect(deleted.reason).toMatchObject({ code: 'invalid_input' });
            expect(owner).toBe(user.id);
          }
        }
      } finally {
        await reopened.close();
      }
    });

    it('who is deleted at the same moment leaves nothing orphaned, not even when two inherit from each other', async () => {
      const reopened = await app.reopen();
      try {
        for (let round = 0; round < 4; round++) {
          const own = await newOrganization(app);
          const [a, b] = [await newUser(app, own), await newUser(app, own)];
          const services = [await service(a.id), await service(b.id)];
          const outcomes = await Promise.allSettled([
            remove(a.id, { taxiiServices: b.id }, own.administrator),
            deleteAccount(reopened, own.administrator, { account: b.id, heirs: { taxiiServices: a.id } }),
          ]);
          expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
          for (const id of services) {
            const owner = await responsibleFor('taxii_services', id);
            expect((await accountRow(app, owner ?? 0)).deleted_at).toBeNull();
          }
        }
      } finally {
        await reopened.close();
      }
    });
  });

  describe('item 108: all or nothing', () => {
    const FAULTS: [string, string, string][] = [
      ['collections', 'update', ''],
      ['credentials', 'delete', ''],
      ['sessions', 'delete', ''],
      ['user_group_members', 'delete', ''],
      ['account_roles', 'delete', ''],
      ['known_addresses', 'delete', ''],
      ['throttles', 'delete', ''],
      ['accounts', 'update', ' of deleted_at'],
      ['audit_events', 'insert', ''],
    ];
    const run = (text: string) => inTransaction(app.db, (tx) => sql.raw(text).execute(tx));
    const breakTable = async (table: string, change: string, columns: string) => {
      if (engine === 'sqlite') {
        await run(
          `create trigger fault before ${change}${columns} on ${table} begin select raise(abort, 'fault'); end`,
        );
        return;
      }
      await run(
        `create or replace function fault() returns trigger language plpgsql as $$ begin raise exception 'fault'; end $$`,
      );
      await run(
        `create trigger fault before ${change}${columns} on ${table} for each row execute function fault()`,
      );
    };
    const mend = (table: string) =>
      run(engine === 'sqlite' ? 'drop trigger fault' : `drop trigger fault on ${table}`);
    const everything = async () => {
      const tables = [
        'accounts',
        'credentials',
        'sessions',
        'account_roles',
        'account_allowed_owners',
        'user_group_members',
        'known_addresses',
        'throttles',
        'collections',
        'taxii_services',
        'audit_events',
      ] as const;
      const rows = await Promise.all(
        tables.map((table) => app.db.read.selectFrom(table).selectAll().execute()),
      );
      return JSON.stringify(rows.map((each) => each.map((row) => JSON.stringify(row)).sort()));
    };

    it.each(FAULTS)('a failure in %s leaves everything as before', async (table, change, columns) => {
      const { own, user } = await richAccount();
      const before = await everything();
      await breakTable(table, change, columns);
      const heirs = { taxiiServices: own.administrator.accountId, collections: own.administrator.accountId };
      try {
        await expect(remove(user.id, heirs, own.administrator)).rejects.toThrow();
      } finally {
        await mend(table);
      }
      expect(await everything()).toBe(before);
      await remove(user.id, heirs, own.administrator);
    });
  });

  /** A user with something in every table. */
  const richAccount = async () => {
    const own = await newOrganization(app, { users: 100 });
    const user = await newUser(app, own, { email: `${fresh('rich')}@example.com` });
    const community = await createOwner(app, app.operator, { kind: 'community', name: fresh('Community') });
    await giveCommunityRole(app, { accountId: user.id }, community, 'Director');
    const group = await createUserGroup(app, own.administrator, { organization: own.id, name: 'Analysts' });
    await editAccount(app, own.administrator, { account: user.id, changes: { groups: [group.id] } });
    await service(user.id);
    await answersFor(own, user.id);
    await openSessionOf(app, user.id);
    const now = app.clock.now();
    const throttle = { failures: 200, lastFailureAt: now, blockedUntil: now + 600_000_000 };
    await inTransaction(app.db, async (tx) => {
      await upsertThrottle(tx, throttleKeyOf(app, user.userName), throttle);
      await upsertThrottle(tx, `${throttleKeyOf(app, user.userName)} 192.0.2.1`, throttle);
      await upsertKnownNetwork(tx, { accountId: user.id, network: '192.0.2.1', at: now });
    });
    return { own, user, community, group };
  };

  describe('the preview', () => {
    it('tells what ends, what is passed on, who may take over, and the seat that is freed', async () => {
      const { own, user, community } = await richAccount();
      const seen = await preview(user.id, own.administrator);
      expect(seen).toMatchObject({
        id: user.id,
        version: (await accountRow(app, user.id)).version,
        userName: user.userName,
        kind: 'user',
        obstacles: [],
        seatFreed: true,
        ends: {
          sessions: 1,
          credentials: 1,
          groups: ['Analysts'],
          // The community is nothing to the organization.
          communityRoles: [{ owner: null, role: 'Director' }],
        },
      });
      expect((await preview(user.id, app.operator)).ends.communityRoles).toEqual([
        { owner: community.name, role: 'Director' },
      ]);
      await addMember(app, app.operator, {
        owner: community.id,
        organization: own.id,
        defaultRole: 'User',
      });
      expect((await preview(user.id, own.administrator)).ends.communityRoles).toEqual([
        { owner: community.name, role: 'Director' },
      ]);
      expect(seen.responsibilities.map(({ kind, items }) => [kind, items.length])).toEqual([
        ['taxiiServices', 1],
        ['collections', 1],
      ]);
      expect((await accountRow(app, user.id)).deleted_at).toBeNull();
    });

    it('“will automatically be assigned to the first user account listed on the Membership tab”: preselects the first who may', async () => {
      const own = await newOrganization(app, { users: 100 });
      const named = (name: string, changes: object = {}) =>
        newUser(app, own, { email: `${name}.${own.id}@example.com`, ...changes });
      const user = await named('b');
      await service(user.id);
      await answersFor(own, user.id);
      const reader = await named('a', { organizationRole: 'Read Only User' });
      const disabled = await named('a.disabled', { disabled: true });
      const first = await named('C');
      const later = await named('d');
      const [services, collections] = (await preview(user.id, own.administrator)).responsibilities;
      expect(services?.candidates.map(({ id }) => id)).toEqual([
        reader.id,
        first.id,
        later.id,
        own.administrator.accountId,
      ]);
      expect(services?.preselected).toBe(reader.id);
      expect(collections?.candidates.map(({ id }) => id)).toEqual([
        first.id,
        later.id,
        own.administrator.accountId,
      ]);
      expect(collections?.preselected).toBe(first.id);
      expect(services?.candidates.map(({ id }) => id)).not.toContain(disabled.id);
    });

    it('finds those who may take over behind a hundred who may not', async () => {
      const own = await newOrganization(app, { users: 1000 });
      const user = await newUser(app, own);
      await answersFor(own, user.id);
      const heir = await newUser(app, own, { email: `zz.${own.id}@example.com` });
      for (let index = 0; index < 101; index++)
        await newUser(app, own, {
          email: `a${index}.${own.id}@example.com`,
          organizationRole: 'Read Only User',
        });
      const [collections] = (await preview(user.id, own.administrator)).responsibilities;
      expect(collections?.candidates.map(({ id }) => id)).toContain(heir.id);
    });

    it('preselects nobody where nobody may', async () => {
      const own = await newOrganization(app);
      await answersFor(own, own.administrator.accountId);
      const admin = await newPerson(app, 'Administrator', organization);
      const [collections] = (await preview(own.administrator.accountId, admin)).responsibilities;
      expect(collections).toMatchObject({ candidates: [], preselected: null });
    });

    it('is for those who may delete, and frees no seat of a Read Only User', async () => {
      const reader = await createReadOnlyUser(app, administrator, {
        organization: organization.id,
        email: `${fresh('reader')}@example.com`,
        firstName: 'Rea',
        lastName: 'Der',
      });
      expect((await preview(reader.id)).seatFreed).toBe(false);
      const stranger = (await newOrganization(app)).administrator;
      expect((await refusalOf(preview(reader.id, stranger))).code).toBe('not_found');
    });
  });

  describe('item 109: what comes between preview and deletion', () => {
    it('is caught: a new responsibility needs an heir', async () => {
      const own = await newOrganization(app);
      const user = await newUser(app, own);
      expect((await preview(user.id, own.administrator)).responsibilities).toEqual([]);
      await service(user.id);
      expect((await refusalOf(remove(user.id, {}, own.administrator))).code).toBe('heirs_required');
    });

    it('is caught: a change of the account, where the version was given', async () => {
      const user = await newUser(app, organization);
      const { version } = await preview(user.id);
      await editAccount(app, administrator, { account: user.id, changes: { firstName: 'Other' } });
      const stale = deleteAccount(app, administrator, { account: user.id, version });
      expect((await refusalOf(stale)).code).toBe('stale');
    });

    it('is caught: a service that is given to it at the same moment', async () => {
      const reopened = await app.reopen();
      try {
        for (let round = 0; round < 4; round++) {
          const user = await newUser(app, organization);
          const name = fresh('Late');
          const [deleted] = await Promise.allSettled([
            remove(user.id),
            createTaxiiService(reopened, app.operator, {
              name,
              path: fresh('late'),
              responsible: user.id,
            }),
          ]);
          const row = await app.db.read
            .selectFrom('taxii_services')
            .select('responsible_account_id')
            .where('name', '=', name)
            .executeTakeFirst();
          const isGone = (await accountRow(app, user.id)).deleted_at !== null;
          expect(isGone).toBe(deleted.status === 'fulfilled');
          if (isGone) expect(row?.responsible_account_id).not.toBe(user.id);
        }
      } finally {
        await reopened.close();
      }
    });
  });

  it('of two who delete it at once one does, the other finds nothing', async () => {
    const user = await newUser(app, organization);
    const outcomes = await Promise.allSettled([remove(user.id), remove(user.id)]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const [rejected] = outcomes.filter(({ status }) => status === 'rejected');
    expect(['stale', 'not_found']).toContain(
      rejected?.status === 'rejected' ? Reflect.get(Object(rejected.reason), 'code') : '',
    );
  });

  describe('item 110: a tombstone', () => {
    it('keeps who it was, and its audit events stay readable', async () => {
      const user = await newUser(app, organization);
      await editAccount(app, administrator, { account: user.id, changes: { firstName: 'Before' } });
      await remove(user.id);
      expect(await accountRow(app, user.id)).toMatchObject({
        id: user.id,
        user_name: user.userName,
        user_name_key: null,
        pseudonym: user.pseudonym,
        first_name: 'Before',
        deleted_at: expect.any(Number),
      });
      const events = (await auditTrail(app, organization.id)).filter(
        ({ target_id }) => target_id === String(user.id),
      );
      expect(events.map(({ action, target_name }) => [action, target_name])).toEqual([
        ['user.create', user.userName],
        ['account.edit', user.userName],
        ['account.delete', user.userName],
      ]);
    });

    it('is not found by anything any more', async () => {
      const user = await newUser(app, organization);
      await remove(user.id);
      for (const work of [
        () => remove(user.id),
        () => preview(user.id),
        () => editAccount(app, administrator, { account: user.id, changes: { disabled: false } }),
        () => editAccount(app, administrator, { account: user.userName, changes: { disabled: false } }),
      ])
        expect((await refusalOf(work())).code).toBe('not_found');
    });
  });

  it('item 111: whoever gets the user name next inherits nothing', async () => {
    const { own, user } = await richAccount();
    const heir = own.administrator.accountId;
    await remove(user.id, { taxiiServices: heir, collections: heir }, own.administrator);
    const next = await newUser(app, own, { email: user.userName.toUpperCase() });
    expect(next.id).toBeGreaterThan(user.id);
    expect(next.pseudonym).not.toBe(user.pseudonym);
    const rowsOf = async (id: number) => ({
      roles: await app.db.read.selectFrom('account_roles').selectAll().where('account_id', '=', id).execute(),
      groups: await listGroupsOf(app.db.read, [id]),
      sessions: await countSessionsOf(app, id),
      allowed: await listAllowedOwners(app.db.read, [id]),
      addresses: await app.db.read
        .selectFrom('known_addresses')
        .selectAll()
        .where('account_id', '=', id)
        .execute(),
    });
    const nothing = { roles: [], groups: [], sessions: 0, allowed: [], addresses: [] };
    expect(await rowsOf(user.id)).toEqual(nothing);
    expect(await rowsOf(next.id)).toEqual(nothing);
    const key = throttleKeyOf(app, next.userName);
    expect(await listThrottles(app.db.read, [key, `${key} 192.0.2.1`])).toEqual(new Map());
    const credentials = await app.db.read
      .selectFrom('credentials')
      .select('account_id')
      .where('account_id', 'in', [user.id, next.id])
      .execute();
    expect(credentials).toEqual([{ account_id: next.id }]);
  });

  it('item 111: the allow-list of a TAXII user is not inherited', async () => {
    const userName = fresh('siem');
    const first = await createTaxiiUser(app, administrator, {
      organization: organization.id,
      userName,
      service: 'intel',
      onlyOwners: [organization.id],
    });
    await remove(first.id);
    const second = await createTaxiiUser(app, administrator, {
      organization: organization.id,
      userName,
      service: 'intel',
    });
    expect((await accountRow(app, second.id)).narrowed).toBe(0);
    expect(await listAllowedOwners(app.db.read, [first.id, second.id])).toEqual([]);
  });

  it('its seat is free again', async () => {
    const own = await newOrganization(app, { users: 2 });
    const user = await newUser(app, own);
    expect((await refusalOf(newUser(app, own))).code).toBe('limit_reached');
    await remove(user.id, {}, own.administrator);
    await newUser(app, own);
  });

  describe('handing over without deleting', () => {
    it('passes on what is named, and nothing else', async () => {
      const own = await newOrganization(app);
      const user = await newUser(app, own);
      const id = await service(user.id);
      await answersFor(own, user.id);
      const answer = await moveResponsibilities(app, own.administrator, {
        account: user.id,
        heirs: { taxiiServices: own.administrator.accountId },
      });
      expect(answer.passedOn).toEqual([
        { kind: 'taxiiServices', count: 1, heir: own.administrator.userName },
      ]);
      expect(await responsibleFor('taxii_services', id)).toBe(own.administrator.accountId);
      expect(await responsibleFor('collections', own.collectionId)).toBe(user.id);
      expect((await auditTrail(app, own.id)).at(-1)).toMatchObject({
        action: 'account.moveResponsibilities',
        target_id: String(user.id),
        details: { passedOn: answer.passedOn },
      });
    });

    it('works from an account that is disabled, and to none that is', async () => {
      const own = await newOrganization(app);
      const [from, to] = [await newUser(app, own), await newUser(app, own)];
      await service(from.id);
      await editAccount(app, own.administrator, { account: from.id, changes: { disabled: true } });
      const move = () =>
        moveResponsibilities(app, own.administrator, { account: from.id, heirs: { taxiiServices: to.id } });
      await inTransaction(app.db, (tx) => updateAccount(tx, to.id, { disabled_at: app.clock.now() }));
      expect((await refusalOf(move())).code).toBe('invalid_input');
      await inTransaction(app.db, (tx) => updateAccount(tx, to.id, { disabled_at: null }));
      expect((await move()).passedOn).toHaveLength(1);
    });

    it('needs an heir to be named', async () => {
      const user = await newUser(app, organization);
      const nobody = moveResponsibilities(app, administrator, { account: user.id, heirs: {} });
      expect((await refusalOf(nobody)).details.problems?.[0]?.path).toBe('heirs');
    });
  });
});
