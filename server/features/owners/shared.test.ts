import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../../db/transaction.ts';
import {
  auditTrail,
  giveCommunityRole,
  newOrganization,
  newPerson,
  refusalOf,
  type Someone,
} from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { addObjects } from '../intelligence/intelligence.store.ts';
import { removeMember } from './members.service.ts';
import { addMember, createOwner } from './owners.service.ts';
import { findOwner } from './owners.store.ts';
import { deleteOwner, editOwner, getOwnerView, listOwners } from './shared.service.ts';

let number = 0;
const fresh = (word: string) => `${word} ${++number}`;

describe.each(ENGINES)('communities and sources on %s', (engine) => {
  let app: TestApp;
  let home: Awaited<ReturnType<typeof newOrganization>>;
  let operations: Someone;
  beforeAll(async () => {
    app = await openTestApp(engine);
    home = await newOrganization(app);
    operations = await newPerson(app, 'Operations Administrator', await newOrganization(app));
  });
  afterAll(async () => await app?.close());

  const newOwner = async (kind: 'community' | 'source' = 'community', name = fresh('Owner')) =>
    await createOwner(app, app.operator, { kind, name });
  const withRole = async (owner: { id: number }, role: 'Director' | 'Editor' | 'Banned' | 'Subscriber') => {
    const person = await newPerson(app, 'Organization Administrator', home);
    await giveCommunityRole(app, person, owner, role);
    return person;
  };

  describe('the list', () => {
    it('shows those of the kind that the asker has a role in, and hides what it is Banned from', async () => {
      const prefix = fresh('Listed');
      const [mine, theirs, banned, individual] = [
        await newOwner('community', `${prefix} a`),
        await newOwner('community', `${prefix} b`),
        await newOwner('community', `${prefix} c`),
        await newOwner('community', `${prefix} d`),
      ];
      const source = await newOwner('source', `${prefix} e`);
      const organization = await newOrganization(app);
      for (const owner of [mine, banned, source])
        await addMember(app, app.operator, {
          owner: owner.id,
          organization: organization.id,
          defaultRole: 'User',
        });
      const person = organization.administrator;
      await giveCommunityRole(app, person, banned, 'Banned');
      await giveCommunityRole(app, person, individual, 'Subscriber');
      const list = async (caller: Someone, kind: 'community' | 'source' = 'community') =>
        (await listOwners(app, caller, { kind, search: prefix })).items;
      expect((await list(person)).map((item) => [item.name, item.role])).toEqual([
        [mine.name, 'User'],
        [individual.name, 'Subscriber'],
      ]);
      expect((await list(person, 'source')).map((item) => item.name)).toEqual([source.name]);
      const leader = await newPerson(app, 'Community Leader', home);
      expect((await list(leader)).map((item) => item.id)).toEqual([
        mine.id,
        theirs.id,
        banned.id,
        individual.id,
      ]);
    });

    it('is paged, each once, by name or by age', async () => {
      const prefix = fresh('Paged');
      for (const letter of ['c', 'A', 'b']) await newOwner('source', `${prefix} ${letter}`);
      const walk = async (sort: 'name' | '-name' | 'id' | '-id') => {
        const letters: string[] = [];
        for (let after: string | null | undefined; after !== null; ) {
          const page = await listOwners(app, operations, {
            kind: 'source',
            search: prefix,
            sort,
            limit: 1,
            ...(after === undefined ? {} : { after }),
          });
          letters.push(...page.items.map((item) => item.name.slice(-1)));
          after = page.next;
        }
        return letters.join('');
      };
      expect(await walk('name')).toBe('Abc');
      expect(await walk('-name')).toBe('cbA');
      expect(await walk('id')).toBe('cAb');
      expect(await walk('-id')).toBe('bAc');
    });
  });

  it('one is shown with what the asker may do there', async () => {
    const owner = await newOwner('source');
    const show = (caller: Someone) => getOwnerView(app, caller, { owner: owner.id });
    expect(await show(await withRole(owner, 'Subscriber'))).toMatchObject({
      name: owner.name,
      anonymous: true,
      role: 'Subscriber',
      abilities: { edit: false, revealNames: false, delete: false, members: false, viewMembers: false },
    });
    expect((await show(await withRole(owner, 'Director'))).abilities).toEqual({
      edit: true,
      revealNames: false,
      delete: false,
      members: true,
      viewMembers: true,
    });
    expect(await show(operations)).toMatchObject({
      role: null,
      abilities: { edit: true, revealNames: true, delete: true },
    });
  });

  it('item 76: one that the asker has no role in, is Banned from, or that is of the other kind, is not found', async () => {
    const owner = await newOwner('community');
    const askers = [home.administrator, await withRole(owner, 'Banned')];
    for (const asker of askers)
      for (const reference of [owner.id, owner.name])
        expect((await refusalOf(getOwnerView(app, asker, { owner: reference }))).code).toBe('not_found');
    const asSource = getOwnerView(app, operations, { kind: 'source', owner: owner.id });
    expect(await refusalOf(asSource)).toMatchObject({
      code: 'not_found',
      details: { message: `There is no source with the id ${owner.id}.` },
    });
    expect((await refusalOf(getOwnerView(app, operations, { kind: 'community', owner: home.id }))).code).toBe(
      'not_found',
    );
  });

  describe('editing', () => {
    it('works as Director and leaves an event with before and after', async () => {
      const owner = await newOwner();
      await editOwner(app, operations, { owner: owner.id, version: 1, anonymous: false });
      const director = await withRole(owner, 'Director');
      const name = fresh('Edited');
      const view = await editOwner(app, director, {
        owner: owner.id,
        version: 2,
        name,
        description: 'Who shares',
        anonymous: true,
      });
      expect(view).toMatchObject({ name, description: 'Who shares', anonymous: true, version: 3 });
      expect(await getOwnerView(app, director, { owner: name })).toEqual(view);
      const [, event] = (await auditTrail(app)).filter(
        (each) => each.action === 'owner.edit' && each.target_id === String(owner.id),
      );
      expect(event).toMatchObject({
        organization_id: null,
        details: {
          name: { before: owner.name, after: name },
          description: { before: null, after: 'Who shares' },
          anonymous: { before: false, after: true },
        },
      });
    });

    it.each(['Administrator', 'Operations Administrator', 'Accounts Administrator'] as const)(
      'turns profile anonymity off as %s, and as Director on only',
      async (person) => {
        const owner = await newOwner();
        const director = await withRole(owner, 'Director');
        const edit = (caller: Someone, anonymous: boolean) =>
          editOwner(app, caller, { owner: owner.id, anonymous });
        expect(await refusalOf(edit(director, false))).toMatchObject({
          code: 'forbidden',
          details: { problems: [{ path: 'anonymous' }] },
        });
        expect((await getOwnerView(app, director, { owner: owner.id })).anonymous).toBe(true);
        expect((await edit(await newPerson(app, person, home), false)).anonymous).toBe(false);
        // Who names what is so already changes nothing.
        expect((await edit(director, false)).anonymous).toBe(false);
        expect((await edit(director, true)).anonymous).toBe(true);
      },
    );

    it('is forbidden as Editor, and refused from an older version', async () => {
      const owner = await newOwner();
      const edit = async (caller: Someone, version: number) =>
        await refusalOf(editOwner(app, caller, { owner: owner.id, version, anonymous: false }));
      expect(await edit(await withRole(owner, 'Editor'), 1)).toEqual({
        code: 'forbidden',
        details: { permission: 'owner.edit' },
      });
      await editOwner(app, operations, { owner: owner.id, version: 1, description: 'x' });
      expect(await edit(operations, 1)).toEqual({ code: 'stale', details: { version: 2 } });
    });

    it('never gives two owners one name, whoever renames them at once', async () => {
      const owners = [await newOwner(), await newOwner('source'), await newOwner()];
      const name = fresh('Contended');
      const outcomes = await Promise.allSettled(
        owners.map(({ id }) => editOwner(app, operations, { owner: id, name })),
      );
      const codes = outcomes.map((o) => (o.status === 'fulfilled' ? 'done' : Reflect.get(o.reason, 'code')));
      expect(codes.sort()).toEqual(['done', 'name_taken', 'name_taken']);
    });
  });

  describe('deleting', () => {
    it('one without members and objects frees its name and ends every right there', async () => {
      const owner = await newOwner();
      const director = await withRole(owner, 'Director');
      await deleteOwner(app, operations, { owner: owner.id });
      expect((await refusalOf(getOwnerView(app, director, { owner: owner.id }))).code).toBe('not_found');
      expect(await findOwner(app.db.read, owner.name)).toBeUndefined();
      // Nor by what its name became.
      expect(await findOwner(app.db.read, `/${owner.id}`)).toBeUndefined();
      expect((await newOwner('source', owner.name)).id).toBeGreaterThan(owner.id);
      expect(
        (await listOwners(app, director, { kind: 'community' })).items.map((item) => item.id),
      ).not.toContain(owner.id);
    });

    it('is refused while it has members, and forbidden to its Director', async () => {
      const owner = await newOwner();
      await addMember(app, operations, { owner: owner.id, organization: home.id, defaultRole: 'User' });
      const remove = (caller: Someone) => deleteOwner(app, caller, { owner: owner.id });
      expect(await refusalOf(remove(operations))).toMatchObject({
        code: 'conflict',
        details: { obstacles: { members: 1, objects: 0 } },
      });
      await removeMember(app, operations, { owner: owner.id, organization: home.id });
      expect((await refusalOf(remove(await withRole(owner, 'Director')))).code).toBe('forbidden');
      await remove(operations);
    });

    it('keeps out what a writer, who found it before, still wants to add', async () => {
      const owner = await newOwner();
      await deleteOwner(app, operations, { owner: owner.id });
      const adding = inTransaction(app.db, (tx) =>
        addObjects(tx, { id: owner.id, strict: false }, [], { accountId: null, now: app.clock.now() }),
      );
      expect((await refusalOf(adding)).code).toBe('not_found');
    });

    it('never leaves a membership in a deleted one, whichever comes first', async () => {
      const other = await app.reopen();
      try {
        for (let round = 0; round < 6; round++) {
          const owner = await newOwner();
          const add = () =>
            addMember(app, operations, { owner: owner.id, organization: home.id, defaultRole: 'User' });
          const remove = () => deleteOwner(other, operations, { owner: owner.id });
          await Promise.allSettled(round % 2 === 0 ? [add(), remove()] : [remove(), add()]);
          const memberships = await app.db.read
            .selectFrom('memberships')
            .selectAll()
            .where('owner_id', '=', owner.id)
            .execute();
          const isThere = (await findOwner(app.db.read, owner.id)) !== undefined;
          expect(memberships).toHaveLength(isThere ? 1 : 0);
        }
      } finally {
        await other.close();
      }
    });
  });
});
