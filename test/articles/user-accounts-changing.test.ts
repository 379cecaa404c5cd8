import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMUNITY_ROLES, type CommunityRole } from '../../contract/roles.ts';
import type { NewOwner } from '../../server/features/owners/owners.service.ts';
import { fresh } from '../../server/testing/accounts.ts';
import { ENGINES } from '../../server/testing/test-app.ts';
import { ADMITTED, type Articles, codeOf, FORMS, fieldsOf, openArticles, type Person } from './world.ts';

/** The article on user accounts: editing and deleting. Each title is a sentence of it, shortened; docs/CONTRACT.md lists them. */
describe.each(ENGINES)('changing and deleting accounts on %s', (engine) => {
  let w: Articles;
  let home: NewOwner;
  let administrator: Person;
  let root: Person;
  beforeAll(async () => {
    w = await openArticles(engine);
    home = await w.newOrganization();
    administrator = await w.administratorOf(home);
    root = await w.person(w.elsewhere, 'Administrator', 'Read Only User');
  });
  afterAll(async () => await w?.close());

  type Roles = { items: { owner: { id: number }; role: string; individual: string | null }[] };
  /** The account's role there, and its individual one. */
  const roleIn = async (account: { id: number }, owner: { id: number }) => {
    const { status, body } = await root.request<Roles>('GET', `/accounts/${account.id}/community-roles`);
    expect(status).toBe(200);
    const { role, individual } = body.items.find((item) => item.owner.id === owner.id) ?? {};
    return [role, individual];
  };

  describe('Editing User Accounts', () => {
    it('"Make the desired changes in the User Administration window for the user account type."', async () => {
      const changes = {
        users: { firstName: 'New', lastName: 'Name', timeZone: 'UTC', organizationRole: 'Sharing User' },
        'read-only-users': {
          lastName: 'Name',
          organizationRole: 'Read Only Commenter',
          logOutAfterMinutes: 9,
        },
        'api-users': { firstName: 'New', organizationRole: 'App Developer', exceedApiLinkLimit: true },
        'taxii-users': { contactEmail: 'noc@example.com', disabled: true },
      };
      for (const form of FORMS) {
        const { id } = await w.create(administrator, home, form);
        const { version } = await w.show(administrator, id);
        const path = `/accounts/${id}`;
        const edited = await administrator.request('PATCH', path, { version, ...changes[form] });
        expect(edited, form).toMatchObject({ status: 200, body: { version: version + 1 } });
        expect(await w.show(administrator, id)).toMatchObject(changes[form]);
        // What somebody else changed meanwhile is not overwritten unseen.
        const stale = await administrator.request('PATCH', path, { version, disabled: false });
        expect(codeOf(stale), form).toBe('stale');
        // A field of another type of account is refused, and nothing of the rest is done.
        const other = form === 'taxii-users' ? { firstName: 'X' } : { service: 'intel' };
        const refused = await w.edit(administrator, id, { ...other, disabled: form !== 'taxii-users' });
        expect(codeOf(refused), form).toBe('invalid_input');
        expect((await w.show(administrator, id)).version).toBe(version + 1);
      }
    });

    it('"When you change a user’s System role, their Community role in each Community and Source they belong to will be reset to the default Community role configured for their Organization in that owner."', async () => {
      for (const by of await w.people(ADMITTED.slice(1, 3), home)) {
        const owners: [NewOwner, CommunityRole][] = [];
        for (const kind of ['community', 'source'] as const)
          for (const defaultRole of COMMUNITY_ROLES)
            owners.push([await w.sharedOwner(home, defaultRole, { kind }), defaultRole]);
        const user = await w.create(administrator, home, 'users');
        const unchanged = await w.create(administrator, home, 'users');
        for (const [owner] of owners)
          for (const account of [user, unchanged]) await w.giveCommunityRole(account, owner, 'Editor');
        // Another change leaves the roles alone, also one of the Organization role.
        expect((await w.edit(by, user.id, { organizationRole: 'Sharing User' })).status).toBe(200);
        for (const [owner] of owners) expect(await roleIn(user, owner)).toEqual(['Editor', 'Editor']);
        expect((await w.edit(by, user.id, { systemRole: 'Community Leader' })).status, by.name).toBe(200);
        for (const [owner, defaultRole] of owners) {
          expect(await roleIn(user, owner)).toEqual([defaultRole, null]);
          expect(await roleIn(unchanged, owner)).toEqual(['Editor', 'Editor']);
        }
      }
    });

    it('"… then the user’s Community role in Community ABC will change from Director to Contributor if the user’s System role is changed (for example, from User to Operations Administrator)."', async () => {
      const community = await w.sharedOwner(home, 'Contributor');
      const user = await w.create(administrator, home, 'users', { passwordResetRequired: false });
      await w.giveCommunityRole(user, community, 'Director');
      const session = await w.signedIn(user.userName, user.password);
      const path = `/communities/${community.id}`;
      expect((await session.request('GET', path)).body).toMatchObject({
        role: 'Director',
        abilities: { members: true },
      });
      // Who may not choose System roles does not bring it about.
      expect(
        fieldsOf(await w.edit(administrator, user.id, { systemRole: 'Operations Administrator' })),
      ).toEqual(['systemRole']);
      expect(await roleIn(user, community)).toEqual(['Director', 'Director']);
      const { version } = await w.show(root, user.id);
      const change = { version, systemRole: 'Operations Administrator' };
      // Told beforehand, and done as it was told.
      const preview = await root.request('POST', `/accounts/${user.id}/preview`, change);
      const edited = await root.request('PATCH', `/accounts/${user.id}`, change);
      for (const { status, body } of [preview, edited]) {
        expect(status).toBe(200);
        expect(body.consequences).toContainEqual({
          code: 'community_role_reset',
          message: expect.stringMatching(/ changes from Director to Contributor\.$/),
        });
      }
      expect(await roleIn(user, community)).toEqual(['Contributor', null]);
      // The session ended with the old roles.
      expect((await session.request('GET', path)).status).toBe(401);
      const again = await w.signedIn(user.userName, user.password);
      expect((await again.request('GET', path)).body).toMatchObject({ role: 'Contributor' });
    });

    it('"Users with a System role of Read Only User have only three Community roles available to them …: Commenter, User, and Banned."', async () => {
      const community = await w.sharedOwner(home, 'User');
      const director = await w.person(w.elsewhere, 'User', 'Standard User');
      await w.giveCommunityRole(director, community, 'Director');
      const reader = await w.create(administrator, home, 'read-only-users');
      const user = await w.create(administrator, home, 'users');
      const path = ({ pseudonym }: { pseudonym: string }) =>
        `/communities/${community.id}/accounts/${pseudonym}`;
      for (const role of COMMUNITY_ROLES) {
        const isAvailable = ['Commenter', 'User', 'Banned'].includes(role);
        const reply = await director.request('PUT', path(reader), { role });
        expect(reply.status, role).toBe(isAvailable ? 200 : 400);
        if (isAvailable) expect(await roleIn(reader, community)).toEqual([role, role]);
        expect((await director.request('PUT', path(user), { role })).status, role).toBe(200);
      }
      type Members = { items: { pseudonym: string; availableRoles: string[] }[] };
      const { body } = await director.request<Members>('GET', `/communities/${community.id}/accounts`);
      const offered = body.items.find((each) => each.pseudonym === reader.pseudonym)?.availableRoles;
      expect(offered?.toSorted()).toEqual(['Banned', 'Commenter', 'User']);
      const ofUser = body.items.find((each) => each.pseudonym === user.pseudonym);
      expect(ofUser?.availableRoles).toHaveLength(COMMUNITY_ROLES.length);
      // Only those who administrate the members set roles.
      for (const by of [administrator, await w.person(home, 'User', 'Organization Administrator')])
        expect((await by.request('PUT', path(reader), { role: 'User' })).status).toBe(403);
    });

    it('"… users whose System role is changed to Read Only User will get the “highest” Community role available to them (Commenter) … if the default Community role … is anything other than Commenter, User, or Banned."', async () => {
      for (const defaultRole of COMMUNITY_ROLES)
        for (const kind of ['community', 'source'] as const)
          for (const individual of ['Director', 'Banned', undefined] as const) {
            const what = `${individual} where ${defaultRole} is the default of a ${kind}`;
            const isAvailable = ['Commenter', 'User', 'Banned'].includes(defaultRole);
            const owner = await w.sharedOwner(home, defaultRole, { kind });
            const user = await w.create(administrator, home, 'users');
            if (individual !== undefined) await w.giveCommunityRole(user, owner, individual);
            const reply = await w.edit(root, user.id, { systemRole: 'Read Only User' });
            expect(reply.status, what).toBe(200);
            expect(await roleIn(user, owner), what).toEqual([isAvailable ? defaultRole : 'Commenter', null]);
            // And back: the default counts again as it is.
            expect((await w.edit(root, user.id, { systemRole: 'User' })).status).toBe(200);
            expect(await roleIn(user, owner), what).toEqual([defaultRole, null]);
          }
    });

    it('"The Send Account Info Email checkbox … will not be displayed when edit a user account. It is displayed only when creating a new user."', async () => {
      for (const form of FORMS) {
        const { id } = await w.create(administrator, home, form);
        for (const by of [administrator, root])
          for (const sendAccountInfoEmail of [true, false]) {
            const reply = await w.edit(by, id, { sendAccountInfoEmail, disabled: true });
            expect(codeOf(reply), form).toBe('invalid_input');
            expect(JSON.stringify(reply.body)).toContain('sendAccountInfoEmail');
          }
        expect(await w.show(administrator, id)).not.toHaveProperty('sendAccountInfoEmail');
        expect(await w.show(administrator, id)).toMatchObject({ disabled: false });
        // Machines have no such field at all.
        const reply = await w.tryToCreate(root, home, form, { sendAccountInfoEmail: true });
        expect(reply.status, form).toBe(['users', 'read-only-users'].includes(form) ? 201 : 400);
      }
    });
  });

  describe('Deleting User Accounts', () => {
    /** An organization in which somebody answers for a TAXII service and for the collection. */
    const setUp = async () => {
      const own = await w.newOrganization();
      const by = await w.administratorOf(own);
      const user = await w.create(by, own, 'users', { email: `${fresh('zoe')}@example.com` });
      const service = await root.request<{ id: number; name: string }>('POST', '/taxii-services', {
        name: fresh('Service'),
        path: fresh('service'),
        responsible: user.id,
        organizations: [own.id],
      });
      expect(service.status).toBe(201);
      const path = `/collections/${own.collectionId}`;
      const { version } = (await by.request<{ version: number }>('GET', path)).body;
      const changes = { responsible: user.id };
      expect((await by.request('PATCH', path, { version, changes })).status).toBe(200);
      const responsible = async () => ({
        service: (await root.request(`GET`, `/taxii-services/${service.body.id}`)).body.responsible,
        collection: (await by.request('GET', path)).body.responsible,
      });
      return { own, by, user, service: service.body, responsible };
    };
    type Preview = {
      responsibilities: {
        kind: string;
        items: { name: string }[];
        candidates: { id: number; userName: string }[];
        preselected: number | null;
      }[];
    };
    const previewOf = async (by: Person, { id }: { id: number }) => {
      const reply = await by.request<Preview>('GET', `/accounts/${id}/deletion`);
      expect(reply.status).toBe(200);
      return reply.body.responsibilities;
    };

    it('"If there are active Playbooks assigned to execute under the user’s account, the User Deletion window will display a dropdown to assign the Playbooks to a different user account."', async () => {
      const { own, by, user, service, responsible } = await setUp();
      expect(await previewOf(by, user)).toMatchObject([
        { kind: 'taxiiServices', items: [{ name: service.name }], candidates: [{ id: by.id }] },
        { kind: 'collections', items: [{ name: own.name }], candidates: [{ id: by.id }] },
      ]);
      const refused = await w.remove(by, user.id);
      expect(codeOf(refused)).toBe('heirs_required');
      expect(refused.body.error).toMatchObject({
        responsibilities: [{ kind: 'taxiiServices' }, { kind: 'collections' }],
      });
      expect(codeOf(await w.remove(by, user.id, { taxiiServices: by.id }))).toBe('heirs_required');
      expect(await responsible()).toMatchObject({ service: { id: user.id }, collection: { id: user.id } });
      const gone = await w.remove(by, user.id, { taxiiServices: by.id, collections: by.userName });
      expect(gone).toMatchObject({
        status: 200,
        body: {
          passedOn: [
            { kind: 'taxiiServices', count: 1, heir: by.userName },
            { kind: 'collections', count: 1, heir: by.userName },
          ],
        },
      });
      expect(await responsible()).toMatchObject({ service: { id: by.id }, collection: { id: by.id } });
      // Whoever answers for nothing needs nobody.
      const idle = await w.create(by, own, 'users');
      expect(await previewOf(by, idle)).toEqual([]);
      expect((await w.remove(by, idle.id)).status).toBe(200);
    });

    it('"If there are Job Apps assigned to execute under the user’s account, the User Deletion window will display a dropdown to assign the Job Apps to an API user account."', async () => {
      const { own, by, user, responsible } = await setUp();
      const api = await w.create(by, own, 'api-users');
      const readsOnly = await w.create(by, own, 'api-users', { organizationRole: 'Read Only User' });
      const taxii = await w.create(by, own, 'taxii-users', { service: 'intel' });
      const reader = await w.create(by, own, 'read-only-users');
      const foreign = await w.create(administrator, home, 'users');
      // Of each kind of thing only those accounts are offered that may take it over.
      const offered = Object.fromEntries(
        (await previewOf(by, user)).map(({ kind, candidates }) => [kind, candidates.map(({ id }) => id)]),
      );
      expect(offered.taxiiServices).toEqual([by.id]);
      expect(offered.collections?.toSorted((a, b) => a - b)).toEqual([by.id, api.id]);
      const heirs = { taxiiServices: by.id, collections: api.id };
      for (const collections of [readsOnly.id, taxii.id, reader.id, foreign.id, user.id, 999_999]) {
        const reply = await w.remove(by, user.id, { ...heirs, collections });
        expect(fieldsOf(reply)).toEqual(['heirs.collections']);
      }
      for (const taxiiServices of [api.id, reader.id, foreign.id])
        expect(fieldsOf(await w.remove(by, user.id, { ...heirs, taxiiServices }))).toEqual([
          'heirs.taxiiServices',
        ]);
      expect((await w.remove(by, user.id, heirs)).status).toBe(200);
      expect(await responsible()).toMatchObject({ service: { id: by.id }, collection: { id: api.id } });
    });

    it('"… will automatically be assigned to the first user account listed on the Membership tab …"', async () => {
      const { own, by, user } = await setUp();
      const names = ['b', 'a', 'c'].map((word) => `${word}-${fresh('heir')}@example.com`);
      for (const email of names)
        await w.create(by, own, 'users', { email, organizationRole: 'Organization Administrator' });
      const list = `/organizations/${own.id}/accounts?kind=user`;
      const { body } = await by.request<{ items: { id: number; userName: string }[] }>('GET', list);
      const first = body.items.find(({ id }) => id !== user.id);
      expect(first?.userName).toBe(names[1]);
      // Chosen visibly, as what the preview proposes, never behind one's back.
      for (const { preselected, candidates } of await previewOf(by, user)) {
        expect(preselected).toBe(first?.id);
        expect(candidates.map(({ id }) => id)).toEqual(
          body.items.map(({ id }) => id).filter((id) => id !== user.id),
        );
      }
      // The first one listed who can take over: not whoever is disabled.
      expect((await w.edit(by, first?.id ?? 0, { disabled: true })).status).toBe(200);
      for (const { preselected } of await previewOf(by, user)) expect(preselected).not.toBe(first?.id);
    });

    it('"Click YES on the User Deletion window."', async () => {
      const own = await w.newOrganization({ users: 2, apiUsers: 1, taxiiUsers: 1 });
      const by = await w.administratorOf(own);
      for (const form of FORMS) {
        const made = await w.create(by, own, form);
        const name = made.userName ?? made.accessId;
        if (form !== 'read-only-users')
          expect(codeOf(await w.tryToCreate(by, own, form))).toBe('limit_reached');
        const session =
          form === 'users' || form === 'read-only-users' ? await w.signedIn(name, made.password) : undefined;
        const { version } = await w.show(by, made.id);
        // Somebody who looked at an older state is not taken at his word.
        const path = `/accounts/${made.id}/deletion`;
        expect(codeOf(await by.request('POST', path, { version: version + 1 }))).toBe('stale');
        expect(await by.request('POST', path, { version })).toMatchObject({
          status: 200,
          body: { id: made.id, userName: name },
        });
        expect((await by.request('GET', `/accounts/${made.id}`)).status).toBe(404);
        if (session !== undefined) {
          expect((await session.request('GET', '/session')).status).toBe(401);
          expect((await w.signIn(name, made.password)).status).toBe(401);
        }
        if (form === 'taxii-users')
          expect(
            (await w.taxii('/intel/collections/', { userName: name, password: made.password })).status,
          ).toBe(401);
        // The seat and the name are free; who gets the name is somebody else.
        const again = await w.create(
          by,
          own,
          form,
          form === 'api-users' ? {} : form === 'taxii-users' ? { userName: name } : { email: name },
        );
        expect(again.id).not.toBe(made.id);
        expect(again.pseudonym).not.toBe(made.pseudonym);
        expect((await w.remove(by, again.id)).status).toBe(200);
        // The audit trail keeps what was done with it.
        const log = await by.request<{ items: { action: string; targetId: string }[] }>(
          'GET',
          `/organizations/${own.id}/audit?limit=1000`,
        );
        const actions = log.body.items.filter(({ targetId }) => targetId === String(made.id));
        expect(actions.map(({ action }) => action)).toContain('account.delete');
      }
    });
  });
});
