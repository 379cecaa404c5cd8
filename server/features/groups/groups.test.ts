import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAccess } from '../../access/access.ts';
import { inTransaction } from '../../db/transaction.ts';
import { auditTrail, newOrganization, newPerson, refusalOf, type Someone } from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { createTaxiiUser } from '../account-creation/taxii-users.service.ts';
import {
  changeUserGroupMembers,
  createUserGroup,
  deleteUserGroup,
  editUserGroup,
  getUserGroup,
  listUserGroups,
  setUserGroupMembers,
} from './groups.service.ts';
import { listGroupsOf, removeFromGroups, setGroupsOf } from './groups.store.ts';

let number = 0;

describe.each(ENGINES)('a user group on %s', (engine) => {
  let app: TestApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let other: Awaited<ReturnType<typeof newOrganization>>;
  /** The least privileged who administers the accounts of the organization. */
  let administrator: Someone;
  let member: Someone;
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app);
    other = await newOrganization(app);
    administrator = organization.administrator;
    member = await newPerson(app, 'Standard User', organization);
  });
  afterAll(async () => await app?.close());

  const create = async (
    changes: { name?: string; members?: (number | string)[]; description?: string } = {},
    caller = administrator,
    owner: { id: number } = organization,
  ) => await createUserGroup(app, caller, { organization: owner.id, name: `Shift ${++number}`, ...changes });
  const missing = (id: number) => ({
    code: 'not_found',
    details: { message: `There is no user group with the id ${id}.` },
  });
  const names = (group: { members: { userName: string | null }[] }) =>
    group.members.map(({ userName }) => userName);

  describe('is created', () => {
    it('by an Organization Administrator, with users and read-only users by id or user name', async () => {
      const reader = await newPerson(app, 'Read Only User', organization);
      const group = await create({
        name: 'Night shift',
        description: 'Who is there at night',
        members: [member.accountId, reader.userName.toUpperCase(), member.userName],
      });
      expect(group).toMatchObject({
        name: 'Night shift',
        description: 'Who is there at night',
        version: 1,
        memberCount: 2,
        organization: { id: organization.id, name: organization.name },
        abilities: { edit: true, setMembers: true, delete: true },
      });
      expect(names(group)).toEqual([reader.userName, member.userName].sort());
      expect(await getUserGroup(app, administrator, group.id)).toEqual(group);
      const byName = { organization: organization.name, name: 'NIGHT SHIFT' };
      expect(await getUserGroup(app, administrator, byName)).toEqual(group);
    });

    it.each(['Administrator', 'Operations Administrator', 'Accounts Administrator', 'Super User'] as const)(
      'by the %s of another organization',
      async (person) => {
        const caller = await newPerson(app, person, other);
        const group = await create({}, caller);
        await deleteUserGroup(app, caller, group.id);
      },
    );

    it.each(['Standard User', 'Read Only User'] as const)('not by the %s, who sees it', async (person) => {
      const caller = await newPerson(app, person, organization);
      expect(await refusalOf(create({}, caller))).toEqual({
        code: 'forbidden',
        details: { permission: 'group.edit' },
      });
    });

    it('not by the Organization Administrator of another organization, who does not learn that it exists', async () => {
      const refusal = await refusalOf(create({}, other.administrator));
      expect(refusal).toMatchObject({ code: 'not_found' });
      const unknown = await refusalOf(
        createUserGroup(app, other.administrator, { organization: 999_999, name: 'X' }),
      );
      expect(unknown.details.message).toBe(
        refusal.details.message?.replace(String(organization.id), '999999'),
      );
    });

    it('not by a Community Leader, who sees the organization', async () => {
      const caller = await newPerson(app, 'Community Leader', other);
      expect((await refusalOf(create({}, caller))).code).toBe('forbidden');
    });

    it('under a name that no other group of the organization has, and another organization may have', async () => {
      const { name } = await create();
      expect(await refusalOf(create({ name: name.toUpperCase() }))).toEqual({
        code: 'name_taken',
        details: { message: `A user group named "${name}" exists already in "${organization.name}".` },
      });
      expect(await create({ name }, other.administrator, other)).toMatchObject({ name });
    });

    it('once under one name by those who ask at once', async () => {
      const name = `Wanted ${++number}`;
      const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => create({ name })));
      const codes = outcomes.map((o) =>
        o.status === 'fulfilled' ? 'created' : Reflect.get(o.reason, 'code'),
      );
      expect(codes.sort()).toEqual(['created', 'name_taken', 'name_taken', 'name_taken']);
    });

    it.each([{ name: '' }, { name: 'a/b' }, { name: 'x'.repeat(101) }, { description: ' ' }])(
      'not with %j',
      async (changes) => {
        expect((await refusalOf(create(changes))).code).toBe('invalid_input');
      },
    );
  });

  describe('has as members', () => {
    it('no account of another organization, no TAXII user and no deleted account, which are all unknown alike', async () => {
      const taxii = await createTaxiiUser(app, app.operator, {
        userName: `siem-${++number}-${engine}`,
        organization: organization.name,
      });
      const deleted = await newPerson(app, 'Standard User', organization);
      await inTransaction(app.db, async (tx) => {
        await tx
          .updateTable('accounts')
          .set({ deleted_at: 1, user_name_key: null })
          .where('id', '=', deleted.accountId)
          .execute();
      });
      const group = await create();
      for (const id of [other.administrator.accountId, taxii.id, deleted.accountId, 999_999]) {
        const refusal = await refusalOf(
          setUserGroupMembers(app, administrator, { group: group.id, members: [member.accountId, id] }),
        );
        expect(refusal).toEqual({
          code: 'not_found',
          details: { message: `No user or read-only user of "${organization.name}" has the id ${id}.` },
        });
      }
      for (const name of [other.administrator.userName, taxii.userName, deleted.userName])
        expect((await refusalOf(create({ members: [name] }))).code).toBe('not_found');
      expect((await getUserGroup(app, administrator, group.id)).members).toEqual([]);
    });

    it('those that it is given, and nobody else; what changed is audited in the organization', async () => {
      const [one, two, three] = [
        await newPerson(app, 'Standard User', organization),
        await newPerson(app, 'Standard User', organization),
        await newPerson(app, 'Read Only User', organization),
      ];
      const group = await create({ members: [one.accountId, two.accountId] });
      const changed = await setUserGroupMembers(app, administrator, {
        group: group.id,
        version: group.version,
        members: [two.accountId, three.accountId],
      });
      expect(changed).toMatchObject({ version: 2, memberCount: 2 });
      expect(names(changed).sort()).toEqual([three.userName, two.userName].sort());
      const same = { group: group.id, version: 2, members: [three.accountId, two.accountId] };
      expect((await setUserGroupMembers(app, administrator, same)).version).toBe(2);
      const events = (await auditTrail(app, organization.id)).filter(
        (event) => event.action === 'group.members' && event.target_id === String(group.id),
      );
      expect(events).toMatchObject([
        {
          outcome: 'done',
          target_name: group.name,
          details: { added: [three.userName], removed: [one.userName] },
        },
      ]);
    });

    it('those that are added, and not those that are removed', async () => {
      const group = await create({ members: [administrator.accountId] });
      await changeUserGroupMembers(app, administrator, { group: group.id, add: [member.userName] });
      const changed = await changeUserGroupMembers(app, administrator, {
        group: group.id,
        add: [member.userName],
        remove: [administrator.accountId],
      });
      expect(names(changed)).toEqual([member.userName]);
      expect(changed.version).toBe(3);
    });

    it('all that are added at the same time', async () => {
      const people: Someone[] = [];
      while (people.length < 4) people.push(await newPerson(app, 'Standard User', organization));
      const group = await create();
      await Promise.all(
        people.map(({ accountId }) =>
          changeUserGroupMembers(app, administrator, { group: group.id, add: [accountId] }),
        ),
      );
      expect(await getUserGroup(app, administrator, group.id)).toMatchObject({ memberCount: 4, version: 5 });
    });

    it('whom its members see by user name and names, as members of an organization see each other', async () => {
      const group = await create({ members: [administrator.accountId] });
      for (const person of ['Standard User', 'Read Only User'] as const) {
        const caller = await newPerson(app, person, organization);
        expect(await getUserGroup(app, caller, group.id)).toMatchObject({
          members: [
            {
              id: administrator.accountId,
              pseudonym: null,
              userName: administrator.userName,
              firstName: 'Some',
              lastName: 'Body',
            },
          ],
          abilities: { edit: false, setMembers: false, delete: false },
        });
      }
    });

    it('whom an Accounts Administrator sees by pseudonym only while it may not see accounts', async () => {
      const group = await create({ members: [administrator.accountId] });
      const caller = await newPerson(app, 'Accounts Administrator', other);
      expect(names(await getUserGroup(app, caller, group.id))).toEqual([administrator.userName]);
      const { actor } = caller.access;
      const suspended = { access: createAccess({ ...actor, managesMembers: false } as typeof actor) };
      expect((await getUserGroup(app, suspended, group.id)).members).toMatchObject([
        { id: null, userName: null, firstName: null, lastName: null, pseudonym: expect.any(String) },
      ]);
    });
  });

  describe('is seen', () => {
    it('not from another organization: showing, editing, filling and deleting answer as for one that does not exist', async () => {
      const group = await create();
      const stranger = other.administrator;
      for (const id of [group.id, 999_999]) {
        expect(await refusalOf(getUserGroup(app, stranger, id))).toEqual(missing(id));
        expect(await refusalOf(editUserGroup(app, stranger, { group: id, name: 'Mine' }))).toEqual(
          missing(id),
        );
        expect(await refusalOf(setUserGroupMembers(app, stranger, { group: id, members: [] }))).toEqual(
          missing(id),
        );
        expect(
          await refusalOf(changeUserGroupMembers(app, stranger, { group: id, add: [stranger.accountId] })),
        ).toEqual(missing(id));
        expect(await refusalOf(deleteUserGroup(app, stranger, id))).toEqual(missing(id));
      }
      expect((await refusalOf(listUserGroups(app, stranger, { organization: organization.id }))).code).toBe(
        'not_found',
      );
      expect(await getUserGroup(app, administrator, group.id)).toEqual(group);
    });

    it('in the list of its organization, page by page, by name in either direction', async () => {
      const home = await newOrganization(app);
      for (const name of ['delta', 'Alpha', 'charlie', 'Bravo', 'echo'])
        await create({ name }, home.administrator, home);
      const reader = await newPerson(app, 'Read Only User', home);
      const all = async (sort?: 'name' | '-name') => {
        const seen: string[][] = [];
        let after: string | undefined;
        do {
          const page = await listUserGroups(app, reader, {
            organization: home.name,
            limit: 2,
            ...(sort === undefined ? {} : { sort }),
            ...(after === undefined ? {} : { after }),
          });
          seen.push(page.items.map(({ name }) => name));
          after = page.next ?? undefined;
        } while (after !== undefined);
        return seen;
      };
      expect(await all()).toEqual([['Alpha', 'Bravo'], ['charlie', 'delta'], ['echo']]);
      expect(await all('-name')).toEqual([['echo', 'delta'], ['charlie', 'Bravo'], ['Alpha']]);
      for (const after of ['nonsense', Buffer.from('[1,2]').toString('base64url')]) {
        expect(await refusalOf(listUserGroups(app, reader, { organization: home.id, after }))).toMatchObject({
          code: 'invalid_input',
          details: { problems: [{ path: 'after' }] },
        });
      }
    });

    it('in the list with its number of members and what may be done with it', async () => {
      const home = await newOrganization(app);
      await create({ members: [home.administrator.accountId] }, home.administrator, home);
      const list = await listUserGroups(app, home.administrator, { organization: home.id });
      expect(list).toMatchObject({
        items: [{ memberCount: 1, abilities: { edit: true, setMembers: true, delete: true } }],
        next: null,
      });
      const reader = await newPerson(app, 'Standard User', home);
      expect(await listUserGroups(app, reader, { organization: home.id })).toMatchObject({
        items: [{ memberCount: 1, abilities: { edit: false, setMembers: false, delete: false } }],
      });
    });
  });

  describe('is edited', () => {
    it('in name and description, with the values before and after in the audit trail', async () => {
      const group = await create({ description: 'Old' });
      const name = `Renamed ${++number}`;
      const edited = await editUserGroup(app, administrator, {
        group: group.id,
        version: 1,
        name,
        description: null,
      });
      expect(edited).toMatchObject({ name, description: null, version: 2 });
      const events = (await auditTrail(app, organization.id)).filter(
        (event) => event.action === 'group.edit' && event.target_id === String(group.id),
      );
      expect(events).toMatchObject([
        {
          details: {
            before: { name: group.name, description: 'Old' },
            after: { name, description: null },
          },
        },
      ]);
      // In another letter case it is still its own name.
      expect(
        (await editUserGroup(app, administrator, { group: group.id, name: name.toUpperCase() })).name,
      ).toBe(name.toUpperCase());
    });

    it('not by whoever saw an older version of it', async () => {
      const group = await create();
      await editUserGroup(app, administrator, { group: group.id, version: 1, description: 'New' });
      const late = editUserGroup(app, administrator, { group: group.id, version: 1, description: 'Late' });
      expect(await refusalOf(late)).toMatchObject({ code: 'stale', details: { version: 2 } });
      const members = setUserGroupMembers(app, administrator, {
        group: group.id,
        version: 1,
        members: [member.accountId],
      });
      expect((await refusalOf(members)).code).toBe('stale');
    });

    it('not to the name of another', async () => {
      const { name } = await create();
      const { id } = await create();
      const rename = editUserGroup(app, administrator, { group: id, name: name.toLowerCase() });
      expect((await refusalOf(rename)).code).toBe('name_taken');
    });

    it.each(['Standard User', 'Read Only User'] as const)(
      'not by the %s of the organization, who sees it',
      async (person) => {
        const group = await create();
        const caller = await newPerson(app, person, organization);
        const attempts = [
          () => editUserGroup(app, caller, { group: group.id, name: 'Mine' }),
          () => setUserGroupMembers(app, caller, { group: group.id, members: [caller.accountId] }),
          () => changeUserGroupMembers(app, caller, { group: group.id, add: [caller.accountId] }),
          () => deleteUserGroup(app, caller, group.id),
        ];
        for (const attempt of attempts) expect((await refusalOf(attempt())).code).toBe('forbidden');
        expect(await getUserGroup(app, caller, group.id)).toMatchObject({ name: group.name, members: [] });
      },
    );
  });

  it('is deleted, and its members keep their accounts', async () => {
    const group = await create({ members: [member.accountId] });
    await deleteUserGroup(app, administrator, group.id);
    expect(await refusalOf(getUserGroup(app, administrator, group.id))).toEqual(missing(group.id));
    expect(await refusalOf(deleteUserGroup(app, administrator, group.id))).toEqual(missing(group.id));
    expect((await listGroupsOf(app.db.read, [member.accountId])).map(({ id }) => id)).not.toContain(group.id);
    expect(await create({ name: group.name })).toMatchObject({ members: [] });
  });

  describe('in the forms of accounts', () => {
    it('is chosen among those of the organization, and left with the account', async () => {
      const [one, two] = [await create(), await create()];
      const foreign = await create({}, other.administrator, other);
      const { accountId } = await newPerson(app, 'Standard User', organization);
      const set = (ids: number[]) =>
        inTransaction(app.db, (tx) => setGroupsOf(tx, accountId, organization.id, ids));
      await set([two.id, one.id, two.id]);
      expect(await listGroupsOf(app.db.read, [accountId, member.accountId + 10_000])).toEqual(
        [one, two].map(({ id, name }) => ({ account_id: accountId, id, name })),
      );
      for (const id of [foreign.id, 999_999])
        expect((await refusalOf(set([one.id, id]))).code).toBe('not_found');
      expect(await listGroupsOf(app.db.read, [accountId])).toHaveLength(2);
      await set([one.id]);
      expect(await listGroupsOf(app.db.read, [accountId])).toMatchObject([{ id: one.id }]);
      await inTransaction(app.db, (tx) => removeFromGroups(tx, accountId));
      expect(await listGroupsOf(app.db.read, [accountId])).toEqual([]);
      expect(await listGroupsOf(app.db.read, [])).toEqual([]);
    });

    it('that is deleted at the same moment is either gone for both or chosen by neither', async () => {
      for (let round = 0; round < 5; round++) {
        const group = await create();
        const { accountId } = await newPerson(app, 'Standard User', organization);
        const [chosen, deleted] = await Promise.allSettled([
          inTransaction(app.db, (tx) => setGroupsOf(tx, accountId, organization.id, [group.id])),
          deleteUserGroup(app, administrator, group.id),
        ]);
        expect(deleted.status).toBe('fulfilled');
        if (chosen.status === 'rejected') expect(Reflect.get(chosen.reason, 'code')).toBe('not_found');
        expect(await listGroupsOf(app.db.read, [accountId])).toEqual([]);
      }
    });
  });
});
