import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ORGANIZATION_ROLES, SYSTEM_ROLE_RANK, SYSTEM_ROLES, type SystemRole } from '../../contract/roles.ts';
import { setSetting } from '../../server/features/settings/settings.service.ts';
import { ENGINES } from '../../server/testing/test-app.ts';
import { basic } from '../../server/testing/test-server.ts';
import {
  ADMITTED,
  type Articles,
  codeOf,
  EXCLUDED,
  FORMS,
  fieldsOf,
  filledIn,
  openArticles,
  type Person,
} from './world.ts';

/** The System roles of people who may administer accounts by that role, with the one of an Organization Administrator. */
const HUMAN_ROLES = SYSTEM_ROLES.filter(
  (role) => !['Read Only User', 'Api User', 'Exchange Admin', 'Taxii User'].includes(role),
);

/** The article on user accounts, up to the forms. Each title is a sentence of it, shortened; docs/CONTRACT.md lists them. */
describe.each(ENGINES)('managing user accounts on %s', (engine) => {
  let w: Articles;
  let home: Awaited<ReturnType<Articles['newOrganization']>>;
  let administrator: Person;
  let root: Person;
  let admitted: Person[];
  let excluded: Person[];
  beforeAll(async () => {
    w = await openArticles(engine);
    home = await w.newOrganization();
    administrator = await w.administratorOf(home);
    root = await w.person(w.elsewhere, 'Administrator', 'Read Only User');
    admitted = await w.people(ADMITTED, home);
    excluded = await w.people(EXCLUDED, home);
  });
  afterAll(async () => await w?.close());

  const actorWith = (systemRole: string): Person => {
    const found = admitted.find(({ name }) => name.startsWith(`${systemRole},`));
    if (found === undefined) throw new Error(`nobody with the System role ${systemRole}`);
    return found;
  };
  const OUTSIDER = 'User, Organization Administrator, elsewhere';
  /** An account of every kind, in the home organization. */
  const oneOfEach = async () => {
    const ids: number[] = [];
    for (const form of FORMS) ids.push((await w.create(administrator, home, form)).id);
    return ids;
  };
  const accounts = (organization: { id: number }) => `/organizations/${organization.id}/accounts`;
  /** All pages of the list. */
  const listed = async (by: Person, organization: { id: number }, query = '') => {
    const items: ({ id: number; kind: string; systemRole?: string } & Record<string, unknown>)[] = [];
    for (let after = ''; ; ) {
      const { status, body } = await by.request<{ items: typeof items; next: string | null }>(
        'GET',
        `${accounts(organization)}?limit=7${query}${after}`,
      );
      expect(status).toBe(200);
      items.push(...body.items);
      if (body.next === null) return items;
      after = `&after=${encodeURIComponent(body.next)}`;
    }
  };

  describe('Overview', () => {
    it('"The following user account types can be created …: … (API) users, TAXII users, … users with a variety of System and Organization roles, and Read Only Users (including Read Only Commenters)."', async () => {
      const kinds = ['user', 'read_only', 'api', 'taxii'];
      const ids = await oneOfEach();
      for (const [index, id] of ids.entries())
        expect((await w.show(administrator, id)).kind).toBe(kinds[index]);
      const commenter = await w.create(administrator, home, 'read-only-users', {
        organizationRole: 'Read Only Commenter',
      });
      expect(await w.show(administrator, commenter.id)).toMatchObject({
        kind: 'read_only',
        organizationRole: 'Read Only Commenter',
      });
      for (const systemRole of HUMAN_ROLES)
        for (const organizationRole of ORGANIZATION_ROLES) {
          if (systemRole === 'Super User' && organizationRole !== 'Organization Administrator') continue;
          const user = await w.create(root, home, 'users', { systemRole, organizationRole });
          expect(await w.show(root, user.id)).toMatchObject({ kind: 'user', systemRole, organizationRole });
        }
    });
  });

  describe('Before You Start', () => {
    it('"To create user accounts, your user account must have an Organization role of Organization Administrator or a System role of Administrator, Operations Administrator, or, …, Accounts Administrator."', async () => {
      const apiUser = (organizationRole: string) =>
        w.create(administrator, home, 'api-users', { organizationRole, tokenExpirationDays: 1 });
      const api = await apiUser('Organization Administrator');
      const lesser = await apiUser('Sharing User');
      // By its roles, as a person, once it has shown who it is in the way of API users.
      const machines: [string | undefined, number][] = [
        [undefined, 401],
        [basic(await w.create(administrator, home, 'taxii-users')), 401],
        [basic({ userName: api.accessId, password: api.secretKey }), 401],
        [`Bearer ${lesser.token}`, 403],
        [`Bearer ${api.token}`, 201],
      ];
      for (const form of FORMS) {
        for (const by of admitted) await w.create(by, home, form);
        for (const by of excluded) {
          const reply = await w.tryToCreate(by, home, form);
          expect(codeOf(reply), `${by.name}: ${form}`).toBe(by.name === OUTSIDER ? 'not_found' : 'forbidden');
        }
        const path = `/organizations/${home.id}/${form}`;
        for (const [Authorization, status] of machines) {
          const headers = Authorization === undefined ? {} : { Authorization };
          const reply = await w.nobody.request('POST', path, filledIn(form), headers);
          expect(reply.status, `${form}: ${Authorization}`).toBe(status);
        }
      }
    });

    it('"To view information on user accounts other than your own …, your user account must have an Organization role of Organization Administrator or a System role of Administrator, Operations Administrator, or, …, Accounts Administrator."', async () => {
      const others = await oneOfEach();
      for (const by of admitted) {
        expect((await listed(by, home, '&search=ada')).length, by.name).toBeGreaterThan(0);
        for (const id of others) expect((await w.show(by, id)).id).toBe(id);
      }
      for (const by of excluded) {
        const list = await by.request('GET', accounts(home));
        expect(codeOf(list), by.name).toBe(by.name === OUTSIDER ? 'not_found' : 'forbidden');
        for (const id of others)
          expect((await by.request('GET', `/accounts/${id}`)).status, by.name).toBe(404);
        // One's own may be seen by everybody.
        expect(await w.show(by, by.id)).toMatchObject({ userName: by.userName });
      }
      for (const path of [accounts(home), ...others.map((id) => `/accounts/${id}`)])
        expect((await w.nobody.request('GET', path)).status).toBe(401);
    });

    it('"To edit user accounts, your user account must have an Organization role of Organization Administrator or a System role of Administrator, Operations Administrator, or, …, Accounts Administrator."', async () => {
      for (const id of await oneOfEach()) {
        for (const by of admitted) {
          expect((await w.edit(by, id, { disabled: true })).status, by.name).toBe(200);
          expect((await w.edit(by, id, { disabled: false })).status, by.name).toBe(200);
        }
        const before = await w.show(administrator, id);
        for (const by of excluded) {
          expect((await w.edit(by, id, { disabled: true })).status, by.name).toBe(404);
          // Nor one's own, in what only administrators decide.
          expect((await w.edit(by, by.id, { organizationRole: 'Sharing User' })).status, by.name).toBe(403);
        }
        const change = { version: before.version, disabled: true };
        expect((await w.nobody.request('PATCH', `/accounts/${id}`, change)).status).toBe(401);
        expect((await w.show(administrator, id)).version).toBe(before.version);
      }
    });

    it('"To delete user accounts, your user account must have an Organization role of Organization Administrator or a System role of Administrator, Operations Administrator, or, …, Accounts Administrator."', async () => {
      for (const by of admitted)
        for (const id of await oneOfEach()) {
          expect((await w.remove(by, id)).status, by.name).toBe(200);
          expect((await administrator.request('GET', `/accounts/${id}`)).status).toBe(404);
        }
      for (const id of await oneOfEach()) {
        for (const by of excluded) {
          expect((await w.remove(by, id)).status, by.name).toBe(404);
          expect((await w.remove(by, by.id)).status, by.name).toBe(403);
        }
        expect((await w.nobody.request('POST', `/accounts/${id}/deletion`, { version: 1 })).status).toBe(401);
        await w.show(administrator, id);
      }
    });

    it('"… or, if on an On-Premises or Dedicated Cloud instance, Accounts Administrator."', async () => {
      const accountsAdministrator = actorWith('Accounts Administrator');
      const name = 'accountsAdministratorManagesMembers';
      const { id } = await w.create(administrator, home, 'users');
      const attempts = async () => [
        (await w.tryToCreate(accountsAdministrator, home, 'users')).status,
        (await accountsAdministrator.request('GET', accounts(home))).status,
        (await accountsAdministrator.request('GET', `/accounts/${id}`)).status,
        (await w.edit(accountsAdministrator, id, { firstName: 'Edited' })).status,
        (await w.remove(accountsAdministrator, id)).status,
      ];
      await setSetting(w.app, w.app.operator, { name, value: false });
      try {
        expect(await attempts()).toEqual([403, 403, 404, 404, 404]);
      } finally {
        await setSetting(w.app, w.app.operator, { name, value: true });
      }
      expect(await attempts()).toEqual([201, 200, 200, 200, 200]);
    });

    /** Everybody who may administer accounts, and an account of every System role: who may do it to whom. */
    const rankOf = (by: Person) => SYSTEM_ROLE_RANK[by.name.split(',')[0] as SystemRole];
    const target = async (systemRole: SystemRole) =>
      (
        await w.person(
          home,
          systemRole,
          systemRole === 'Super User' ? 'Organization Administrator' : 'App Developer',
        )
      ).id;

    it('"You cannot edit a user account whose System role has a higher permission level than your user account’s System role."', async () => {
      for (const systemRole of HUMAN_ROLES) {
        const id = await target(systemRole);
        for (const by of admitted) {
          const isWithin = SYSTEM_ROLE_RANK[systemRole] <= rankOf(by);
          for (const changes of [
            { firstName: 'New' },
            { disabled: true },
            { locked: true },
            { disabled: false },
          ]) {
            const { status } = await w.edit(by, id, changes);
            expect(status, `${by.name} edits ${systemRole}`).toBe(isWithin ? 200 : 403);
          }
          expect((await w.show(by, id)).abilities).toMatchObject({
            edit: isWithin,
            disable: isWithin,
            lock: isWithin,
          });
          // Nor what would let one into it.
          const credential = await by.request('POST', `/accounts/${id}/credentials`, {
            credential: 'password',
          });
          expect(credential.status, `${by.name} and ${systemRole}`).toBe(isWithin ? 201 : 403);
        }
      }
    });

    /** Somebody with the System role edits none of those who rank higher, and may edit the same rank. */
    const editsNone = async (systemRole: string, higher: readonly SystemRole[]) => {
      const by = actorWith(systemRole);
      for (const role of higher) {
        const id = await target(role);
        expect(codeOf(await w.edit(by, id, { firstName: 'New', lastName: 'Name' })), role).toBe('forbidden');
        expect(await w.show(root, id)).toMatchObject({ firstName: 'Grace' });
      }
      const same = await target(systemRole as SystemRole);
      expect((await w.edit(by, same, { firstName: 'New' })).status).toBe(200);
    };

    it('"… a user account with a System role of Operations Administrator cannot edit a user account with a System role of Administrator"', async () => {
      await editsNone('Operations Administrator', ['Administrator']);
    });

    it('"… Accounts Administrator cannot edit a user account with a System role of Administrator or Operations Administrator"', async () => {
      await editsNone('Accounts Administrator', ['Administrator', 'Operations Administrator']);
    });

    it('"… User cannot edit a user account with a System role of Administrator, Operations Administrator, or Accounts Administrator."', async () => {
      await editsNone('User', ['Administrator', 'Operations Administrator', 'Accounts Administrator']);
    });

    it('"You cannot delete a user account whose System role has a higher permission level than your user account’s System role."', async () => {
      for (const systemRole of HUMAN_ROLES)
        for (const by of admitted) {
          const id = await target(systemRole);
          const isWithin = SYSTEM_ROLE_RANK[systemRole] <= rankOf(by);
          const preview = await by.request('GET', `/accounts/${id}/deletion`);
          expect(preview.status, `${by.name} and ${systemRole}`).toBe(isWithin ? 200 : 403);
          expect((await w.show(by, id)).abilities.delete).toBe(isWithin);
          expect((await w.remove(by, id)).status, `${by.name} deletes ${systemRole}`).toBe(
            isWithin ? 200 : 403,
          );
        }
    });

    const deletesNone = async (systemRole: string, higher: readonly SystemRole[]) => {
      const by = actorWith(systemRole);
      for (const role of higher) {
        const id = await target(role);
        expect(codeOf(await w.remove(by, id)), role).toBe('forbidden');
        expect((await w.show(root, id)).id).toBe(id);
      }
      expect((await w.remove(by, await target(systemRole as SystemRole))).status).toBe(200);
    };

    it('"… a user account with a System role of Operations Administrator cannot delete a user account with a System role of Administrator"', async () => {
      await deletesNone('Operations Administrator', ['Administrator']);
    });

    it('"… Accounts Administrator cannot delete a user account with a System role of Administrator or Operations Administrator"', async () => {
      await deletesNone('Accounts Administrator', ['Administrator', 'Operations Administrator']);
    });

    it('"… User cannot delete a user account with a System role of Administrator, Operations Administrator, or Accounts Administrator."', async () => {
      await deletesNone('User', ['Administrator', 'Operations Administrator', 'Accounts Administrator']);
    });
  });

  describe('Viewing Membership for an Organization', () => {
    it('"The Membership tab includes a table listing all users in the Organization."', async () => {
      const own = await w.newOrganization();
      const by = await w.administratorOf(own);
      const ids = [by.id];
      for (const form of [...FORMS, ...FORMS, ...FORMS]) ids.push((await w.create(by, own, form)).id);
      const [, gone = 0, ...rest] = ids;
      expect((await w.remove(by, gone)).status).toBe(200);
      const items = await listed(by, own);
      expect(items.map(({ id }) => id).toSorted((a, b) => a - b)).toEqual([by.id, ...rest]);
      expect(new Set(items.map(({ kind }) => kind))).toEqual(new Set(['user', 'read_only', 'api', 'taxii']));
    });

    it('"Above the table, you can see how many more users of each type can be added to the Organization."', async () => {
      const own = await w.newOrganization({ users: 3, apiUsers: 2, taxiiUsers: 1 });
      const by = await w.administratorOf(own);
      const remaining = async () => {
        const { users, apiUsers, taxiiUsers, readOnlyUsers } = await w.seats(by, own);
        return [users.remaining, apiUsers.remaining, taxiiUsers.remaining, readOnlyUsers.canCreate];
      };
      expect(await remaining()).toEqual([2, 2, 1, true]);
      await w.create(by, own, 'users');
      await w.create(by, own, 'read-only-users');
      await w.create(by, own, 'api-users');
      await w.create(by, own, 'taxii-users');
      expect(await remaining()).toEqual([1, 1, 0, true]);
      // What is said to fit, fits; and no more.
      await w.create(by, own, 'users');
      await w.create(by, own, 'api-users');
      expect(await remaining()).toEqual([0, 0, 0, true]);
      for (const form of ['users', 'api-users', 'taxii-users'] as const)
        expect(codeOf(await w.tryToCreate(by, own, form)), form).toBe('limit_reached');
      await w.create(by, own, 'read-only-users');
      // Whoever may not see the accounts is not told either.
      const { status } = await w.nobody.request('GET', `/organizations/${own.id}/seats`);
      expect(status).toBe(401);
      for (const role of ['Standard User', 'Sharing User', 'App Developer', 'Read Only Commenter'] as const) {
        const member = await w.person(own, 'User', role);
        expect(codeOf(await member.request('GET', `/organizations/${own.id}/seats`)), role).toBe('forbidden');
      }
      const outsider = await w.administratorOf(home);
      expect(codeOf(await outsider.request('GET', `/organizations/${own.id}/seats`))).toBe('not_found');
    });

    it('"Only users with a System role of Administrator or Operations Administrator can change the maximum number of users of each type for an Organization."', async () => {
      const own = await w.newOrganization({ users: 5, apiUsers: 5, taxiiUsers: 5 });
      for (const by of [...admitted, ...excluded, await w.administratorOf(own)]) {
        const isMeant = by.name.startsWith('Administrator') || by.name.startsWith('Operations Administrator');
        for (const limits of [{ users: 6 }, { apiUsers: 7 }, { users: 8, apiUsers: 9, taxiiUsers: 10 }]) {
          const { status, body } = await w.limit(by, own, limits);
          if (isMeant) expect([status, body.limits], by.name).toEqual([200, expect.objectContaining(limits)]);
          // Somebody of another organization does not know that there is this one.
          else expect([403, 404], by.name).toContain(status);
        }
        expect((await w.limit(root, own, { users: 5, apiUsers: 5, taxiiUsers: 5 })).body.limits).toEqual({
          users: 5,
          apiUsers: 5,
          taxiiUsers: 5,
        });
      }
      // An Accounts Administrator, who may set the TAXII User Limit alone, does not get the others through with it.
      const accountsAdministrator = actorWith('Accounts Administrator');
      expect((await w.limit(accountsAdministrator, own, { taxiiUsers: 6 })).status).toBe(200);
      expect((await w.limit(accountsAdministrator, own, { taxiiUsers: 7, users: 6 })).status).toBe(403);
      expect((await w.seats(root, own)).taxiiUsers.max).toBe(6);
    });

    it('"To change user limits for an Organization, edit the Organization …"', async () => {
      const own = await w.newOrganization({ users: 1, apiUsers: 0 });
      const by = await w.administratorOf(own);
      for (const form of ['users', 'api-users'] as const)
        expect(codeOf(await w.tryToCreate(by, own, form)), form).toBe('limit_reached');
      const path = `/organizations/${own.id}`;
      const { version } = (await root.request<{ version: number }>('GET', path)).body;
      const limits = { users: 2, apiUsers: 1 };
      expect((await root.request('PUT', `${path}/limits`, { version, limits })).status).toBe(200);
      for (const form of ['users', 'api-users'] as const) {
        await w.create(by, own, form);
        expect(codeOf(await w.tryToCreate(by, own, form)), form).toBe('limit_reached');
      }
      // What was changed meanwhile is not overwritten unseen.
      expect(codeOf(await root.request('PUT', `${path}/limits`, { version, limits }))).toBe('stale');
    });

    it('"The ability to create API users is determined by the terms of your … license."', async () => {
      type Licence = { version: number; limits: Record<string, number> };
      const license = async (changes: Record<string, unknown>) => {
        const { version, limits } = (await root.request<Licence>('GET', '/licence')).body;
        const body = { version, limits, apiUsersAllowed: true, readOnlyUsersAllowed: true, ...changes };
        expect((await root.request('PUT', '/licence', body)).status).toBe(200);
        return limits;
      };
      const limits = await license({ apiUsersAllowed: false });
      try {
        for (const by of admitted)
          expect(codeOf(await w.tryToCreate(by, home, 'api-users')), by.name).toBe('limit_reached');
        expect((await w.seats(administrator, home)).apiUsers).toMatchObject({
          canCreate: false,
          whyNot: 'The licence of this instance does not allow API users.',
        });
        await w.create(administrator, home, 'users');
        await license({ limits: { ...limits, apiUsers: 0 } });
        expect((await w.tryToCreate(administrator, home, 'api-users')).body.error).toMatchObject({
          code: 'limit_reached',
          scope: 'licence',
        });
      } finally {
        await license({ limits });
      }
      await w.create(administrator, home, 'api-users');
    });

    it('"The System Role column will be displayed only if your user account has a System role of Administrator or Operations Administrator."', async () => {
      const { id } = await w.create(root, home, 'users', { systemRole: 'Community Leader' });
      for (const by of admitted) {
        const sees = by.name.startsWith('Administrator') || by.name.startsWith('Operations Administrator');
        for (const item of await listed(by, home)) {
          expect('systemRole' in item, by.name).toBe(sees);
        }
        expect((await w.show(by, id)).systemRole, by.name).toBe(sees ? 'Community Leader' : undefined);
        // Nor may it be found out by filtering.
        const filtered = await by.request('GET', `${accounts(home)}?systemRole=User`);
        expect([filtered.status, fieldsOf(filtered)], by.name).toEqual(
          sees ? [200, []] : [403, ['systemRole']],
        );
      }
    });
  });
});
