import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMUNITY_ROLES, type CommunityRole } from '../../../contract/roles.ts';
import type { Caller } from '../../context.ts';
import {
  auditTrail,
  giveCommunityRole,
  newOrganization,
  newPerson,
  type Person,
  refusalOf,
  type Someone,
} from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { listOrganizations } from './organizations.service.ts';
import { addMember, createOrganization, createOwner } from './owners.service.ts';
import { findCommunityRole, findMembership, findOwner } from './owners.store.ts';

let number = 0;
const fresh = (word: string) => `${word} ${++number}`;
const accountOf = ({ accountId }: Someone) => ({ accountId, systemRole: 'User' as const });
const ADMINISTRATORS = ['Administrator', 'Operations Administrator', 'Accounts Administrator'] as const;
const OTHERS = [
  'Organization Administrator',
  'Standard User',
  'Read Only User',
  'Community Leader',
  'Super User',
] as const;

describe.each(ENGINES)('owners on %s', (engine) => {
  let app: TestApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  /** What becomes a member: not the organization of those who make it one. */
  let partner: Awaited<ReturnType<typeof newOrganization>>;
  const people = new Map<Person, Someone>();
  const as = (person: Person): Someone => {
    const someone = people.get(person);
    if (someone === undefined) throw new Error(`${person} is missing`);
    return someone;
  };
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app);
    partner = await newOrganization(app);
    for (const person of [...ADMINISTRATORS, ...OTHERS])
      people.set(person, await newPerson(app, person, organization));
  });
  afterAll(async () => await app?.close());

  const creations = {
    organization: (caller: Someone, name: string) => createOrganization(app, caller, { name }),
    community: (caller: Someone, name: string) => createOwner(app, caller, { kind: 'community', name }),
    source: (caller: Someone, name: string) => createOwner(app, caller, { kind: 'source', name }),
  };

  describe.each(Object.entries(creations))('creating a %s', (kind, create) => {
    it.each(ADMINISTRATORS)('works as %s and makes its collection', async (person) => {
      const name = fresh('Owner');
      const created = await create(as(person), name);
      expect(await findOwner(app.db.read, name.toLowerCase())).toMatchObject({ id: created.id, kind, name });
      const collections = await app.db.read
        .selectFrom('collections')
        .selectAll()
        .where('owner_id', '=', created.id)
        .execute();
      expect(collections).toMatchObject([{ id: created.collectionId, writable: 0, strict: 0 }]);
    });

    it.each(OTHERS)('is forbidden as %s', async (person) => {
      const name = fresh('Owner');
      expect((await refusalOf(create(as(person), name))).code).toBe('forbidden');
      expect(await findOwner(app.db.read, name)).toBeUndefined();
    });

    it('is refused under a name that any owner has, whatever its letter case', async () => {
      const name = fresh('Größe');
      await creations.source(as('Accounts Administrator'), name);
      const again = name.toUpperCase().normalize('NFD');
      expect(await refusalOf(create(as('Accounts Administrator'), again))).toEqual({
        code: 'name_taken',
        details: { message: `An organization, community or source named "${again}" exists already.` },
      });
    });

    it('is refused by name to all but one of those who ask for the same name at once', async () => {
      const name = fresh('Wanted');
      const outcomes = await Promise.allSettled(
        Array.from({ length: 6 }, () => create(as('Accounts Administrator'), name)),
      );
      const codes = outcomes.map((o) =>
        o.status === 'fulfilled' ? 'created' : Reflect.get(o.reason, 'code'),
      );
      expect(codes.sort()).toEqual(['created', ...Array.from({ length: 5 }, () => 'name_taken')]);
    });

    it.each([
      ['empty', ''],
      ['of blanks', '   '],
      ['longer than 100 characters', 'x'.repeat(101)],
      ['with a slash, which would end an alias in a path', 'a/b'],
      ['with a control character', 'a\u0000b'],
      ['that a path takes for a step up', '..'],
      ['that looks like the UUID of a collection', '472c94ae-3113-4e3e-a4dd-a9f4ac7471d4'],
    ])('is refused with a name %s', async (_, name) => {
      expect((await refusalOf(create(as('Administrator'), name))).code).toBe('invalid_input');
    });
  });

  describe('making an organization a member', () => {
    const community = async () =>
      await createOwner(app, as('Accounts Administrator'), { kind: 'community', name: fresh('Community') });
    const add = (caller: Caller, owner: string, defaultRole: CommunityRole = 'User') =>
      addMember(app, caller, { owner, organization: partner.name, defaultRole });

    it.each(ADMINISTRATORS)('works as %s', async (person) => {
      const owner = await community();
      await add(as(person), owner.name, 'Contributor');
      expect(await findMembership(app.db.read, owner.id, partner.id)).toMatchObject({
        default_role: 'Contributor',
      });
    });

    it('works as Director of the community, who needs no other role', async () => {
      const owner = await community();
      const director = await newPerson(app, 'Standard User', await newOrganization(app));
      await giveCommunityRole(app, director, owner, 'Director');
      await add(director, owner.name);
      expect(await findMembership(app.db.read, owner.id, partner.id)).toBeDefined();
    });

    it('is forbidden as Editor of the community', async () => {
      const owner = await community();
      const editor = await newPerson(app, 'Organization Administrator', organization);
      await giveCommunityRole(app, editor, owner, 'Editor');
      expect((await refusalOf(add(editor, owner.name, 'Director'))).code).toBe('forbidden');
      expect(await findMembership(app.db.read, owner.id, partner.id)).toBeUndefined();
    });

    it.each(['Organization Administrator', 'Standard User'] as const)(
      'finds no community as %s who has no role there, and none as a Banned one',
      async (person) => {
        const owner = await community();
        const refusal = await refusalOf(add(as(person), owner.name));
        expect(refusal.code).toBe('not_found');
        expect((await refusalOf(add(as(person), 'Nothing'))).details.message).toBe(
          refusal.details.message?.replace(owner.name, 'Nothing'),
        );
        const banned = await newPerson(app, person, organization);
        await giveCommunityRole(app, banned, owner, 'Banned');
        expect((await refusalOf(add(banned, owner.name))).code).toBe('not_found');
      },
    );

    it.each(['Super User', 'Community Leader'] as const)('is forbidden as %s', async (person) => {
      expect((await refusalOf(add(as(person), (await community()).name))).code).toBe('forbidden');
    });

    it('changes the default role of one that is a member already', async () => {
      const owner = await community();
      await add(as('Administrator'), owner.name, 'Director');
      await add(as('Administrator'), owner.name, 'Banned');
      expect(await findMembership(app.db.read, owner.id, partner.id)).toMatchObject({
        default_role: 'Banned',
      });
    });

    it('is by its exact name for a Director, to whom ids tell of no organization that is no member', async () => {
      const owner = await community();
      const director = await newPerson(app, 'Standard User', await newOrganization(app));
      await giveCommunityRole(app, director, owner, 'Director');
      const byId = (id: number, caller: Someone = director) =>
        addMember(app, caller, { owner: owner.id, organization: id, defaultRole: 'User' });
      const refusal = await refusalOf(byId(partner.id));
      expect(refusal.code).toBe('not_found');
      expect((await refusalOf(byId(987_654))).details.message).toBe(
        refusal.details.message?.replace(String(partner.id), '987654'),
      );
      expect(await findMembership(app.db.read, owner.id, partner.id)).toBeUndefined();
      await add(director, owner.name);
      expect((await byId(partner.id)).defaultRole).toBe('User');
      const other = await newOrganization(app);
      expect((await byId(other.id, as('Accounts Administrator'))).organization.name).toBe(other.name);
    });

    describe('item 81: by way of the default role of their own organization', () => {
      it.each(ADMINISTRATORS)('nobody raises their own role, not the %s', async (person) => {
        const owner = await community();
        const caller = await newPerson(app, person, organization);
        const set = (by: Caller, defaultRole: CommunityRole) =>
          addMember(app, by, { owner: owner.id, organization: organization.id, defaultRole });
        const refusal = {
          code: 'forbidden',
          details: {
            message: 'Nobody raises their own Community role through the default role of their organization.',
          },
        };
        expect(await refusalOf(set(caller, 'Subscriber'))).toEqual(refusal);
        expect(await findMembership(app.db.read, owner.id, organization.id)).toBeUndefined();
        // Another administrator can, and so can the operator.
        await set(await newPerson(app, person, await newOrganization(app)), 'User');
        expect(await refusalOf(set(caller, 'Director'))).toEqual(refusal);
        expect((await set(caller, 'Subscriber')).defaultRole).toBe('Subscriber');
        await set(app.operator, 'Editor');
        // Their own role does not rest on the default.
        await giveCommunityRole(app, caller, owner, 'User');
        expect((await set(caller, 'Director')).defaultRole).toBe('Director');
      });

      it('a Director whose role is the default one lowers it, and does not raise it again', async () => {
        const owner = await community();
        const director = await newPerson(app, 'Standard User', partner);
        await add(app.operator, owner.name, 'Director');
        expect((await add(director, owner.name, 'Editor')).defaultRole).toBe('Editor');
        expect((await refusalOf(add(director, owner.name, 'Director'))).code).toBe('forbidden');
        const administrator = await newPerson(app, 'Accounts Administrator', partner);
        expect((await refusalOf(add(administrator, owner.name, 'Director'))).code).toBe('forbidden');
        expect(await findMembership(app.db.read, owner.id, partner.id)).toMatchObject({
          default_role: 'Editor',
        });
      });
    });

    it('is refused for an organization in place of a community or source', async () => {
      const other = await newOrganization(app);
      expect((await refusalOf(add(as('Administrator'), other.name))).code).toBe('invalid_input');
    });

    it('leaves one event, which the member organization may see', async () => {
      const owner = await community();
      await add(as('Accounts Administrator'), owner.name, 'Editor');
      const events = (await auditTrail(app, partner.id)).filter(
        (event) => event.target_id === String(owner.id),
      );
      expect(events).toMatchObject([
        {
          action: 'owner.member',
          details: {
            organization: partner.name,
            defaultRole: { before: null, after: 'Editor' },
          },
        },
      ]);
    });
  });

  describe('the Community role of an account', () => {
    it.each(COMMUNITY_ROLES)('is the default role %s of its organization', async (role) => {
      const owner = await createOwner(app, app.operator, { kind: 'source', name: fresh('Source') });
      await addMember(app, app.operator, {
        owner: owner.name,
        organization: organization.name,
        defaultRole: role,
      });
      const account = { ...accountOf(as('Standard User')), organizationId: organization.id };
      expect(await findCommunityRole(app.db.read, owner.id, account)).toBe(role);
    });

    it('is its individual role where it has one, which wins in both directions', async () => {
      const owner = await createOwner(app, app.operator, { kind: 'source', name: fresh('Source') });
      await addMember(app, app.operator, {
        owner: owner.name,
        organization: organization.name,
        defaultRole: 'Director',
      });
      const person = await newPerson(app, 'Standard User', organization);
      await giveCommunityRole(app, person, owner, 'Banned');
      const account = { ...accountOf(person), organizationId: organization.id };
      expect(await findCommunityRole(app.db.read, owner.id, account)).toBe('Banned');
    });

    it('is none where its organization is no member', async () => {
      const owner = await createOwner(app, app.operator, { kind: 'source', name: fresh('Source') });
      const account = { ...accountOf(as('Standard User')), organizationId: organization.id };
      expect(await findCommunityRole(app.db.read, owner.id, account)).toBeUndefined();
    });
  });

  describe('the list of organizations', () => {
    it.each([...ADMINISTRATORS, 'Super User', 'Community Leader'] as const)(
      'shows %s limits and use of each',
      async (person) => {
        const { items } = await listOrganizations(app, as(person), { search: organization.name });
        const mine = items.find((item) => item.id === organization.id);
        expect(mine).toMatchObject({
          id: organization.id,
          name: organization.name,
          limits: { users: 10, apiUsers: 5, taxiiUsers: 1000 },
          used: { users: expect.any(Number), apiUsers: 0, taxiiUsers: 0 },
        });
        // Read Only users take no seat.
        const seats = await app.db.read
          .selectFrom('accounts')
          .select('id')
          .where('organization_id', '=', organization.id)
          .where('kind', '=', 'user')
          .execute();
        expect(mine?.used?.users).toBe(seats.length);
      },
    );

    it.each(['Organization Administrator', 'Standard User', 'Read Only User'] as const)(
      'shows %s their own organization only, with its use to who administers it',
      async (person) => {
        await newOrganization(app);
        const { items, next } = await listOrganizations(app, as(person));
        expect(next).toBeNull();
        expect(items.map((item) => item.id)).toEqual([organization.id]);
        const isAdministrator = person === 'Organization Administrator';
        expect(items[0]?.limits !== null).toBe(isAdministrator);
        expect(items[0]?.used !== null).toBe(isAdministrator);
      },
    );
  });
});
