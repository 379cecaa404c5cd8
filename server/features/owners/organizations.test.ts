import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import {
  auditTrail,
  givePassword,
  newOrganization,
  newPerson,
  refusalOf,
  type Someone,
} from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { createTaxiiUser } from '../account-creation/taxii-users.service.ts';
import { findActor } from '../accounts/accounts.store.ts';
import { updateInstance } from '../instance/instance.store.ts';
import {
  deleteOrganization,
  editOrganization,
  getOrganization,
  getSeats,
  listOrganizations,
  setOrganizationPermissions,
} from './organizations.service.ts';
import { addMember, createOrganization, createOwner, setLimits } from './owners.service.ts';
import { findOwner } from './owners.store.ts';

let number = 0;
const fresh = (word: string) => `${word} ${++number}`;
const ADMINISTRATORS = ['Administrator', 'Operations Administrator', 'Accounts Administrator'] as const;
const NO_ADMINISTRATORS = [
  'Organization Administrator',
  'Standard User',
  'Read Only User',
  'Community Leader',
  'Super User',
] as const;

describe.each(ENGINES)('organizations on %s', (engine) => {
  let app: TestApp;
  let home: { id: number; name: string };
  let operations: Someone;
  beforeAll(async () => {
    app = await openTestApp(engine);
    home = await newOrganization(app);
    await newPerson(app, 'Administrator', home);
    operations = await newPerson(app, 'Operations Administrator', home);
  });
  afterAll(async () => await app?.close());

  const empty = async (name = fresh('Empty')) => await createOrganization(app, app.operator, { name });
  const versionOf = async (id: number) => (await getOrganization(app, app.operator, id)).version;
  /** Leaves a tombstone, as the deletion of an account does. */
  const bury = async (...people: Someone[]) =>
    await inTransaction(app.db, (tx) =>
      tx
        .updateTable('accounts')
        .set({ deleted_at: app.clock.now(), user_name_key: null })
        .where(
          'id',
          'in',
          people.map((person) => person.accountId),
        )
        .execute(),
    );
  const eventsOf = async (id: number, action: string) =>
    (await auditTrail(app, id)).filter((event) => event.action === action && event.outcome === 'done');

  describe('the list', () => {
    const ownOfPrefix = async (prefix: string, caller: Caller, query: object) => {
      const names: string[] = [];
      let after: string | undefined;
      for (let pages = 0; pages < 10; pages++) {
        const page = await listOrganizations(app, caller, {
          search: prefix,
          limit: 2,
          ...query,
          ...(after === undefined ? {} : { after }),
        });
        names.push(...page.items.map((item) => item.name));
        if (page.next === null) return names;
        after = page.next;
      }
      throw new Error('the list does not end');
    };

    it('is paged, searched and sorted by name or by age, each organization once', async () => {
      const prefix = fresh('Zeta');
      for (const letter of ['c', 'A', 'b', 'É', '%']) await empty(`${prefix} ${letter}`);
      const names = (...letters: string[]) => letters.map((letter) => `${prefix} ${letter}`);
      const list = (query: object) => ownOfPrefix(prefix.toUpperCase(), operations, query);
      expect(await list({})).toEqual(names('%', 'A', 'b', 'c', 'É'));
      expect(await list({ sort: '-name' })).toEqual(names('É', 'c', 'b', 'A', '%'));
      expect(await list({ sort: 'id' })).toEqual(names('c', 'A', 'b', 'É', '%'));
      expect(await list({ sort: '-id' })).toEqual(names('%', 'É', 'b', 'A', 'c'));
      expect(await list({ search: `${prefix} %` })).toEqual(names('%'));
    });

    it.each(['x', '[]', 'bnVsbA', Buffer.from('{"a":1}').toString('base64url')])(
      'refuses a place to go on that is none: %s',
      async (after) => {
        const refusal = await refusalOf(listOrganizations(app, operations, { after }));
        expect(refusal).toMatchObject({ code: 'invalid_input', details: { problems: [{ path: 'after' }] } });
      },
    );

    it('item 88: shows nobody else an organization that is not their own, whatever they search', async () => {
      const { administrator } = await newOrganization(app);
      const foreign = await empty(fresh('Foreign'));
      expect((await listOrganizations(app, administrator, { search: foreign.name })).items).toEqual([]);
    });
  });

  describe('showing one', () => {
    it('tells its people its name, and its administrators its limits too', async () => {
      const { administrator, ...organization } = await newOrganization(app);
      const reader = await newPerson(app, 'Read Only User', organization);
      expect(await getOrganization(app, administrator, organization.id)).toMatchObject({
        name: organization.name,
        limits: { taxiiUsers: 1000 },
        used: { users: 1, apiUsers: 0, taxiiUsers: 0 },
        overUse: { users: 0, apiUsers: 0, taxiiUsers: 0 },
        abilities: {
          edit: false,
          limitTaxiiUsers: false,
          permissions: false,
          seats: true,
          createAccounts: true,
          editGroups: true,
          delete: false,
        },
      });
      expect(await getOrganization(app, reader, organization.id)).toMatchObject({
        name: organization.name,
        limits: null,
        used: null,
        abilities: { seats: false, createAccounts: false, editGroups: false },
      });
    });

    it('item 76: finds no other for its Organization Administrator, by id as little as by name', async () => {
      const { administrator } = await newOrganization(app);
      const other = await empty();
      for (const reference of [other.id, other.name]) {
        const refusal = await refusalOf(getOrganization(app, administrator, reference));
        expect(refusal.code).toBe('not_found');
        const unknown = typeof reference === 'number' ? 987_654 : 'Nothing';
        const missing = await refusalOf(getOrganization(app, administrator, unknown));
        expect(missing.details.message).toBe(
          refusal.details.message?.replace(String(reference), String(unknown)),
        );
      }
      expect(await auditTrail(app, other.id)).toHaveLength(1);
    });
  });

  describe('renaming', () => {
    it.each(ADMINISTRATORS)('works as %s, who may describe it, too', async (person) => {
      const caller = await newPerson(app, person, home);
      const organization = await empty();
      const name = fresh('Renamed');
      const version = await versionOf(organization.id);
      const view = await editOrganization(app, caller, {
        organization: organization.id,
        version,
        name,
        description: 'Grid operator',
      });
      expect(view).toMatchObject({ name, description: 'Grid operator', version: version + 1 });
      expect(await findOwner(app.db.read, organization.name)).toBeUndefined();
      expect((await findOwner(app.db.read, name))?.id).toBe(organization.id);
      expect((await eventsOf(organization.id, 'organization.edit')).map((event) => event.details)).toEqual([
        {
          name: { before: organization.name, after: name },
          description: { before: null, after: 'Grid operator' },
        },
      ]);
    });

    it.each(NO_ADMINISTRATORS)('is forbidden as %s of it', async (person) => {
      const organization = await newOrganization(app);
      const caller = await newPerson(app, person, organization);
      const refusal = await refusalOf(
        editOrganization(app, caller, { organization: organization.id, name: fresh('Mine') }),
      );
      expect(refusal).toEqual({ code: 'forbidden', details: { permission: 'organization.edit' } });
    });

    it('is possible to another spelling of its own name, and to none that another owner has', async () => {
      const organization = await empty('Ærø Energi');
      const taken = await createOwner(app, app.operator, { kind: 'source', name: fresh('Taken') });
      const rename = (name: string) =>
        editOrganization(app, operations, { organization: organization.id, name });
      expect((await rename('ÆRØ ENERGI')).name).toBe('ÆRØ ENERGI');
      expect((await refusalOf(rename(taken.name.toUpperCase()))).code).toBe('name_taken');
    });

    it('of an older version is refused, not merged', async () => {
      const organization = await empty();
      const version = await versionOf(organization.id);
      await setLimits(app, operations, { organization: organization.id, version, limits: { users: 3 } });
      const stale = editOrganization(app, operations, {
        organization: organization.id,
        version,
        name: fresh('Stale'),
      });
      expect(await refusalOf(stale)).toEqual({ code: 'stale', details: { version: version + 1 } });
      const limits = setLimits(app, operations, {
        organization: organization.id,
        version,
        limits: { users: 4 },
      });
      expect((await refusalOf(limits)).code).toBe('stale');
      const permissions = setOrganizationPermissions(app, operations, {
        organization: organization.id,
        version,
        allowPseudonymChange: true,
      });
      expect((await refusalOf(permissions)).code).toBe('stale');
    });

    it('by several at once to one name: one gets it', async () => {
      const other = await app.reopen();
      try {
        const organizations = await Promise.all(Array.from({ length: 6 }, () => empty()));
        const name = fresh('Wanted');
        const outcomes = await Promise.allSettled(
          organizations.map(({ id }, index) =>
            editOrganization(index % 2 === 0 ? app : other, operations, { organization: id, name }),
          ),
        );
        const codes = outcomes.map((o) =>
          o.status === 'fulfilled' ? 'done' : Reflect.get(o.reason, 'code'),
        );
        expect(codes.sort()).toEqual(['done', ...Array.from({ length: 5 }, () => 'name_taken')]);
      } finally {
        await other.close();
      }
    });

    it('by several at once from one version: one is done, the others are stale', async () => {
      const organization = await empty();
      const version = await versionOf(organization.id);
      const outcomes = await Promise.allSettled(
        Array.from({ length: 5 }, () =>
          editOrganization(app, operations, {
            organization: organization.id,
            version,
            name: fresh('Version'),
          }),
        ),
      );
      const codes = outcomes.map((o) => (o.status === 'fulfilled' ? 'done' : Reflect.get(o.reason, 'code')));
      expect(codes.sort()).toEqual(['done', ...Array.from({ length: 4 }, () => 'stale')]);
    });
  });

  describe('the permissions', () => {
    const disable = (caller: Caller, organization: { id: number }, disabled = true) =>
      setOrganizationPermissions(app, caller, { organization: organization.id, disabled });

    it('are set by Operations Administrators and Administrators, and leave an event with before and after', async () => {
      const organization = await empty();
      const view = await setOrganizationPermissions(app, operations, {
        organization: organization.id,
        allowPseudonymChange: true,
        readOnlyUsersAllowed: false,
      });
      expect(view).toMatchObject({
        allowPseudonymChange: true,
        readOnlyUsersAllowed: false,
        disabled: false,
      });
      const [event] = await eventsOf(organization.id, 'organization.permissions');
      expect(event?.details).toEqual({
        before: { disabled: false, allowPseudonymChange: false, readOnlyUsersAllowed: true },
        after: { disabled: false, allowPseudonymChange: true, readOnlyUsersAllowed: false },
      });
    });

    it.each([...NO_ADMINISTRATORS, 'Accounts Administrator'] as const)(
      'are forbidden as %s',
      async (person) => {
        const organization = await newOrganization(app);
        const caller = await newPerson(app, person, organization);
        const refusal = await refusalOf(disable(caller, organization));
        expect(refusal).toEqual({ code: 'forbidden', details: { permission: 'organization.permissions' } });
      },
    );

    it('disabled, none of its accounts acts and their sessions end; enabled, they act again', async () => {
      const { administrator, ...organization } = await newOrganization(app);
      const now = app.clock.now();
      await inTransaction(app.db, (tx) =>
        tx
          .insertInto('sessions')
          .values({
            hash: fresh('hash'),
            id: fresh('id'),
            account_id: administrator.accountId,
            credential_version: 1,
            created_at: now,
            last_seen_at: now,
            expires_at: now + 1_000_000_000,
          })
          .execute(),
      );
      const view = await disable(operations, organization);
      expect(view).toMatchObject({ disabled: true, disabledAt: expect.stringMatching(/Z$/) });
      expect(await findActor(app.db.read, administrator.accountId, app.clock.now())).toBeUndefined();
      expect((await refusalOf(createIn(organization, administrator))).code).toBe('unauthenticated');
      const sessions = await app.db.read
        .selectFrom('sessions')
        .select('id')
        .where('account_id', '=', administrator.accountId)
        .execute();
      expect(sessions).toEqual([]);
      await disable(operations, organization, false);
      await expect(createIn(organization, administrator)).resolves.toBeDefined();
    });

    const createIn = (organization: { name: string }, caller: Caller) =>
      createTaxiiUser(app, caller, { userName: fresh('siem'), organization: organization.name });

    it('disabling one’s own organization is refused', async () => {
      const organization = await newOrganization(app);
      const caller = await newPerson(app, 'Operations Administrator', organization);
      expect(await refusalOf(disable(caller, organization))).toMatchObject({
        code: 'conflict',
        details: { message: 'Nobody disables their own organization.' },
      });
    });

    it('item 80: an organization with an account that ranks above one’s own is not disabled', async () => {
      const organization = await newOrganization(app);
      const higher = await newPerson(app, 'Administrator', organization);
      expect((await refusalOf(disable(operations, organization))).code).toBe('forbidden');
      await bury(higher);
      expect((await disable(operations, organization)).disabled).toBe(true);
    });

    it('item 82: the organization of the last active Administrator is not disabled, also not by two at once', async () => {
      const own = await openTestApp(engine);
      try {
        const disabling = (organization: { id: number }) =>
          setOrganizationPermissions(own, own.operator, { organization: organization.id, disabled: true });
        const first = await newOrganization(own);
        const second = await newOrganization(own);
        await newPerson(own, 'Administrator', first);
        expect((await refusalOf(disabling(first))).details.message).toContain('last active Administrator');
        await newPerson(own, 'Administrator', second);
        const outcomes = await Promise.allSettled([disabling(first), disabling(second)]);
        const codes = outcomes.map((o) =>
          o.status === 'fulfilled' ? 'done' : Reflect.get(o.reason, 'code'),
        );
        expect(codes.sort()).toEqual(['conflict', 'done']);
      } finally {
        await own.close();
      }
    });

    it('item 82: an Administrator whom a date of expiry ends does not stand in for the last one', async () => {
      const own = await openTestApp(engine);
      try {
        const [first, second] = [await newOrganization(own), await newOrganization(own)];
        await newPerson(own, 'Administrator', first);
        const other = await newPerson(own, 'Administrator', second);
        const expire = (expires_at: number | null) =>
          inTransaction(own.db, (tx) =>
            tx.updateTable('accounts').set({ expires_at }).where('id', '=', other.accountId).execute(),
          );
        const disabling = () =>
          setOrganizationPermissions(own, other, { organization: first.id, disabled: true });
        await expire(own.clock.now() + 3_600_000_000);
        expect((await refusalOf(disabling())).details.message).toContain('last active Administrator');
        await expire(null);
        expect((await disabling()).disabled).toBe(true);
      } finally {
        await own.close();
      }
    });
  });

  describe('deleting', () => {
    it('an empty one frees its name, takes its collection away, and never gives its id again', async () => {
      const organization = await empty();
      await deleteOrganization(app, operations, organization.name);
      for (const reference of [organization.id, organization.name])
        expect((await refusalOf(getOrganization(app, app.operator, reference))).code).toBe('not_found');
      const collections = await app.db.read
        .selectFrom('collections')
        .select('id')
        .where('owner_id', '=', organization.id)
        .execute();
      expect(collections).toEqual([]);
      const again = await empty(organization.name);
      expect(again.id).toBeGreaterThan(organization.id);
      const { items } = await listOrganizations(app, operations, { search: organization.name });
      expect(items.map((item) => item.id)).toEqual([again.id]);
      expect(await eventsOf(organization.id, 'organization.delete')).toMatchObject([
        { target_name: organization.name, target_id: String(organization.id) },
      ]);
    });

    it('leaves the deleted accounts of it readable: nothing that referred to them breaks', async () => {
      const { administrator, ...organization } = await newOrganization(app);
      await createTaxiiUser(app, administrator, {
        userName: fresh('gone'),
        organization: organization.name,
      });
      await inTransaction(app.db, (tx) =>
        tx
          .updateTable('accounts')
          .set({ deleted_at: app.clock.now(), user_name_key: null })
          .where('organization_id', '=', organization.id)
          .execute(),
      );
      await deleteOrganization(app, operations, organization.id);
      const rows = await app.db.read
        .selectFrom('accounts')
        .innerJoin('owners', 'owners.id', 'accounts.organization_id')
        .select(['user_name', 'owners.name'])
        .where('organization_id', '=', organization.id)
        .execute();
      expect(rows.map((row) => row.name)).toEqual([organization.name, organization.name]);
      const trail = await auditTrail(app, organization.id);
      expect(trail.map((event) => event.actor_name)).toContain(administrator.userName);
    });

    it('is refused with everything that is in the way', async () => {
      const { administrator, ...organization } = await newOrganization(app);
      const community = await createOwner(app, app.operator, { kind: 'community', name: fresh('Community') });
      await addMember(app, app.operator, {
        owner: community.id,
        organization: organization.id,
        defaultRole: 'User',
      });
      await insertObject(organization.id);
      const blocked = deleteOrganization(app, operations, organization.id);
      expect(await refusalOf(blocked)).toMatchObject({
        code: 'conflict',
        details: { obstacles: { accounts: 1, objects: 1, members: 0, memberships: 1 } },
      });
      await bury(administrator);
      const still = deleteOrganization(app, operations, organization.id);
      expect(await refusalOf(still)).toMatchObject({ details: { obstacles: { accounts: 0, objects: 1 } } });
    });

    const insertObject = async (ownerId: number) =>
      await inTransaction(app.db, (tx) =>
        tx
          .insertInto('objects')
          .values({
            owner_id: ownerId,
            date_added: 1,
            stix_id: 'x',
            type: 'indicator',
            spec_version: '2.1',
            version: 1,
            version_text: '1',
            latest: 2,
            revoked: 0,
            added_by: null,
            size: 2,
            content_hash: null,
            json: '{}',
          })
          .execute(),
      );

    it.each([...NO_ADMINISTRATORS, 'Accounts Administrator'] as const)(
      'is forbidden as %s',
      async (person) => {
        const organization = await newOrganization(app);
        const caller = await newPerson(app, person, organization);
        const refusal = await refusalOf(deleteOrganization(app, caller, organization.id));
        expect(refusal).toEqual({ code: 'forbidden', details: { permission: 'organization.delete' } });
      },
    );

    it('while accounts and memberships come in from several processes: never any in a deleted one', async () => {
      const other = await app.reopen();
      const community = await createOwner(app, app.operator, { kind: 'community', name: fresh('Community') });
      try {
        const seen = new Set<string>();
        for (let round = 0; round < 8; round++) {
          const organization = await empty();
          const work = [
            () => deleteOrganization(other, operations, organization.id),
            () =>
              createTaxiiUser(app, app.operator, {
                userName: fresh('late'),
                organization: organization.name,
              }),
            () =>
              addMember(app, app.operator, {
                owner: community.id,
                organization: organization.id,
                defaultRole: 'User',
              }),
          ];
          // The deletion comes first in some rounds, last in others.
          const rotated = [...work.slice(round % 3), ...work.slice(0, round % 3)];
          await Promise.allSettled(rotated.map((each) => each()));
          const row = await app.db.read
            .selectFrom('owners')
            .select('deleted_at')
            .where('id', '=', organization.id)
            .executeTakeFirstOrThrow();
          const accounts = await app.db.read
            .selectFrom('accounts')
            .select('id')
            .where('organization_id', '=', organization.id)
            .where('deleted_at', 'is', null)
            .execute();
          const memberships = await app.db.read
            .selectFrom('memberships')
            .select('owner_id')
            .where('organization_id', '=', organization.id)
            .execute();
          const filled = accounts.length + memberships.length;
          seen.add(row.deleted_at === null ? 'kept' : 'deleted');
          if (row.deleted_at === null) expect(filled).toBeGreaterThan(0);
          else expect(filled).toBe(0);
        }
        expect(seen.size).toBeGreaterThan(0);
      } finally {
        await other.close();
      }
    });
  });

  describe('the gauge of seats', () => {
    it('“Above the table, you can see how many more users of each type can be added to the Organization”', async () => {
      const { administrator, ...organization } = await newOrganization(app, { taxiiUsers: 2, apiUsers: 0 });
      await createTaxiiUser(app, administrator, { userName: fresh('siem'), organization: organization.name });
      await newPerson(app, 'Read Only User', organization);
      const seats = await getSeats(app, administrator, organization.id);
      expect(seats.taxiiUsers).toMatchObject({
        used: 1,
        max: 2,
        remaining: 1,
        raisedBy: ['Administrator', 'Operations Administrator', 'Accounts Administrator'],
        canCreate: true,
        whyNot: null,
      });
      expect(seats.users).toMatchObject({
        used: 1,
        max: 10,
        remaining: 9,
        raisedBy: ['Administrator', 'Operations Administrator'],
      });
      expect(seats.apiUsers).toMatchObject({
        remaining: 0,
        canCreate: false,
        whyNot: `The organization "${organization.name}" may have 0 API users and has 0.`,
      });
      expect(seats.readOnlyUsers).toEqual({ used: 1, canCreate: true, whyNot: null });
      // Both were made without a password, as if they had been invited.
      expect(seats.invited).toEqual({ users: 1, readOnlyUsers: 1 });
      await givePassword(app, administrator.accountId);
      const later = await getSeats(app, administrator, organization.id);
      expect(later.invited).toEqual({ users: 0, readOnlyUsers: 1 });
    });

    it('shows the licence’s totals to administrators of the instance, and to others what is left of it', async () => {
      const { administrator, ...organization } = await newOrganization(app);
      const mine = (await getSeats(app, administrator, organization.id)).users.licence;
      expect(mine).toMatchObject({ used: null, max: null, raisedBy: ['Administrator'] });
      const theirs = (await getSeats(app, operations, organization.id)).users.licence;
      expect(theirs).toMatchObject({ used: expect.any(Number), max: 10_000, remaining: mine.remaining });
    });

    it('says where the licence or the organization is what keeps accounts from being created', async () => {
      const own = await openTestApp(engine);
      try {
        const { administrator, ...organization } = await newOrganization(own, { taxiiUsers: 5 });
        await setOrganizationPermissions(own, own.operator, {
          organization: organization.id,
          readOnlyUsersAllowed: false,
        });
        await inTransaction(own.db, (tx) => updateInstance(tx, { max_taxii_users: 0, api_users_allowed: 0 }));
        const seats = await getSeats(own, administrator, organization.id);
        expect(seats.taxiiUsers).toMatchObject({
          remaining: 0,
          whyNot: 'The licence of this instance allows no more TAXII users.',
        });
        expect(seats.apiUsers.whyNot).toBe('The licence of this instance does not allow API users.');
        expect(seats.readOnlyUsers.whyNot).toBe(
          `The organization "${organization.name}" does not allow read-only users.`,
        );
      } finally {
        await own.close();
      }
    });

    it('shows a lowered limit as over-use, and nothing remains', async () => {
      const { administrator, ...organization } = await newOrganization(app);
      await setLimits(app, app.operator, { organization: organization.id, limits: { users: 0 } });
      expect((await getSeats(app, administrator, organization.id)).users).toMatchObject({
        overUse: 1,
        remaining: 0,
        canCreate: false,
      });
    });

    it('is shown to a Community Leader, who may create none, and told why', async () => {
      const organization = await newOrganization(app);
      const leader = await newPerson(app, 'Community Leader', home);
      const seats = await getSeats(app, leader, organization.id);
      expect(seats.users).toMatchObject({
        canCreate: false,
        whyNot: 'You may not create accounts in this organization.',
      });
    });

    it.each(['Standard User', 'Read Only User'] as const)('is forbidden as %s', async (person) => {
      const caller = await newPerson(app, person, home);
      expect((await refusalOf(getSeats(app, caller, home.id))).code).toBe('forbidden');
    });
  });

  it('item 81: an Accounts Administrator creates no organization with limits that only others may set', async () => {
    const caller = await newPerson(app, 'Accounts Administrator', home);
    const create = (limits: object) => createOrganization(app, caller, { name: fresh('Limits'), limits });
    await expect(create({ taxiiUsers: 50 })).resolves.toBeDefined();
    expect(await refusalOf(create({ users: 50 }))).toEqual({
      code: 'forbidden',
      details: { permission: 'organization.limit.other' },
    });
  });
});
