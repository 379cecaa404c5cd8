import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NewOwner } from '../../server/features/owners/owners.service.ts';
import { fresh } from '../../server/testing/accounts.ts';
import { ENGINES } from '../../server/testing/test-app.ts';
import {
  ADMITTED,
  type Articles,
  codeOf,
  EXCLUDED,
  fieldsOf,
  filledIn,
  openArticles,
  type Person,
} from './world.ts';

const TYPED = 'correct horse battery staple';

/** The article on TAXII users, sentence by sentence. Each title is a sentence of it, shortened; docs/CONTRACT.md lists them. */
describe.each(ENGINES)('creating a TAXII user on %s', (engine) => {
  let w: Articles;
  let home: NewOwner;
  /** The Organization Administrator of the home organization, who does what the article tells unless it names others. */
  let administrator: Person;
  let root: Person;
  beforeAll(async () => {
    w = await openArticles(engine);
    home = await w.newOrganization();
    administrator = await w.administratorOf(home);
    root = await w.person(w.elsewhere, 'Administrator', 'Read Only User');
  });
  afterAll(async () => await w?.close());

  const create = (fields: Record<string, unknown> = {}, by = administrator, organization = home) =>
    w.create(by, organization, 'taxii-users', fields);
  const tryToCreate = (fields: Record<string, unknown> = {}, by = administrator, organization = home) =>
    w.tryToCreate(by, organization, 'taxii-users', fields);
  const collections = async (user: { userName: string; password: string }, root = 'intel') => {
    const { status, body } = await w.taxii(`/${root}/collections/`, user);
    return status === 200 ? (body.collections ?? []).map(({ id }) => id) : status;
  };
  const objects = async (user: { userName: string; password: string }, { collectionId }: NewOwner) => {
    const { status, body } = await w.taxii(`/intel/collections/${collectionId}/objects/`, user);
    return status === 200 ? (body.objects ?? []).map(({ id }) => id) : status;
  };
  /** Creates a TAXII service as the operator's Administrator does over REST. */
  const newService = async (fields: Record<string, unknown> = {}) => {
    const name = fresh('Service');
    const path = fresh('service');
    const reply = await root.request('POST', '/taxii-services', { name, path, ...fields });
    expect(reply.status).toBe(201);
    return { ...(reply.body as { id: number; version: number }), name, path };
  };

  describe('Overview', () => {
    it('"The … TAXII 2.1 server can be used by an external TAXII client to retrieve data from your Organization, Communities, and Sources."', async () => {
      const own = await w.newOrganization();
      const by = await w.administratorOf(own);
      const community = await w.sharedOwner(own, 'User');
      const source = await w.sharedOwner(own, 'User', { kind: 'source' });
      const banned = await w.sharedOwner(own, 'Banned');
      const foreign = await w.sharedOwner(home, 'User');
      const user = await create({}, by, own);
      const visible = [own, community, source].map(({ collectionId }) => collectionId);
      expect(await collections(user)).toHaveLength(3);
      expect(await collections(user)).toEqual(expect.arrayContaining(visible));
      for (const [index, owner] of [own, community, source].entries()) {
        const id = await w.publish(owner, 100 + index);
        expect(await objects(user, owner)).toEqual([id]);
      }
      for (const [index, owner] of [banned, foreign, home].entries()) {
        await w.publish(owner, 110 + index);
        expect(await objects(user, owner)).toBe(404);
      }
    });

    it('"To connect …, the external TAXII client will require login credentials (username and password), which are configured by creating a TAXII user."', async () => {
      const user = await create();
      expect(await collections(user)).toContain(home.collectionId);
      expect((await w.taxii('/intel/collections/', undefined)).status).toBe(401);
      expect(await collections({ ...user, password: 'wrong' })).toBe(401);
      expect(await collections({ ...user, userName: 'nobody' })).toBe(401);
      // Accounts of the other kinds do not get in with what they have.
      expect(await collections(administrator)).toBe(401);
      const api = await w.create(administrator, home, 'api-users');
      expect(await collections({ userName: api.accessId, password: api.secretKey })).toBe(401);
      const reader = await w.create(administrator, home, 'read-only-users');
      expect(await collections({ userName: String(reader.userName), password: reader.password })).toBe(401);
    });
  });

  describe('Before You Start', () => {
    it('"To create TAXII user accounts in an Organization, your user account must have an Organization role of Organization Administrator."', async () => {
      await create({}, administrator);
      for (const by of await w.people(ADMITTED, home)) await create({}, by);
      for (const by of await w.people(EXCLUDED, home)) {
        const reply = await tryToCreate({}, by);
        const isInvisible = by.name === 'User, Organization Administrator, elsewhere';
        expect(codeOf(reply), by.name).toBe(isInvisible ? 'not_found' : 'forbidden');
      }
      const path = `/organizations/${home.id}/taxii-users`;
      expect((await w.nobody.request('POST', path, filledIn('taxii-users'))).status).toBe(401);
    });

    it('"… the value of your Organization’s TAXII User Limit setting must exceed the current number of TAXII user accounts in your Organization"', async () => {
      const own = await w.newOrganization({ taxiiUsers: 2 });
      const by = await w.administratorOf(own);
      await create({}, by, own);
      const last = await create({}, by, own);
      const refused = await tryToCreate({}, by, own);
      expect(refused).toMatchObject({
        status: 409,
        body: {
          error: { code: 'limit_reached', limit: 'taxiiUsers', scope: 'organization', max: 2, used: 2 },
        },
      });
      // Nobody gets round it, whatever their role.
      for (const other of await w.people(ADMITTED, own))
        expect(codeOf(await tryToCreate({}, other, own)), other.name).toBe('limit_reached');
      // A disabled or locked account keeps its seat; a deleted one frees it.
      expect((await w.edit(by, last.id, { disabled: true, locked: true })).status).toBe(200);
      expect(codeOf(await tryToCreate({}, by, own))).toBe('limit_reached');
      expect((await w.remove(by, last.id)).status).toBe(200);
      await create({}, by, own);
    });

    it('"(must be a System Administrator, Operations Administrator, or Accounts Administrator to adjust this setting …)"', async () => {
      const roles = [
        ['Administrator', 'Read Only User', 'elsewhere'],
        ['Operations Administrator', 'Read Only User', 'elsewhere'],
        ['Accounts Administrator', 'Read Only User', 'elsewhere'],
      ] as const;
      for (const [index, by] of (await w.people(roles, home)).entries()) {
        const reply = await w.limit(by, home, { taxiiUsers: 5000 + index });
        expect(reply, by.name).toMatchObject({
          status: 200,
          body: { limits: { taxiiUsers: 5000 + index }, abilities: { limitTaxiiUsers: true } },
        });
      }
      const others = [
        ...EXCLUDED,
        ['User', 'Organization Administrator', 'here'],
        ['Super User', 'Organization Administrator', 'elsewhere'],
      ] as const;
      for (const by of await w.people(others, home)) {
        const isInvisible = by.name === 'User, Organization Administrator, elsewhere';
        const reply = await w.limit(by, home, { taxiiUsers: 1 });
        expect(codeOf(reply), by.name).toBe(isInvisible ? 'not_found' : 'forbidden');
      }
      expect((await w.seats(administrator, home)).taxiiUsers).toMatchObject({
        max: 5002,
        raisedBy: ['Administrator', 'Operations Administrator', 'Accounts Administrator'],
      });
    });

    it('"To create a TAXII user account …, install and configure the … Service App"', async () => {
      const main = (
        await root.request<{ items: { id: number; version: number }[] }>('GET', '/taxii-services')
      ).body.items[0];
      if (main === undefined) throw new Error('a fresh instance has a TAXII service');
      const put = async (organizations: number[] | null) => {
        const { version } = (await root.request<{ version: number }>('GET', `/taxii-services/${main.id}`))
          .body;
        const path = `/taxii-services/${main.id}`;
        return await root.request('PATCH', path, { version, changes: { organizations } });
      };
      const own = await w.newOrganization();
      const by = await w.administratorOf(own);
      // Without a service that the organization may use there is nothing that a TAXII user could be for.
      expect((await put([home.id])).status).toBe(200);
      try {
        expect(fieldsOf(await tryToCreate({}, by, own))).toEqual(['service']);
        expect(codeOf(await tryToCreate({ service: main.id }, by, own))).toBe('not_found');
        const service = await newService({ organizations: [own.id] });
        const user = await create({}, by, own);
        expect(user.service).toEqual({ name: service.name, path: service.path });
        expect(await collections(user, service.path)).toContain(own.collectionId);
      } finally {
        expect((await put(null)).status).toBe(200);
      }
    });

    it('"(must be a System Administrator to perform this action)"', async () => {
      const service = await newService({
        organizations: [w.elsewhere.id],
        maxPageSize: 500,
        defaultPageSize: 100,
      });
      const path = `/taxii-services/${service.id}`;
      const configured = await root.request('PATCH', path, {
        version: service.version,
        changes: { maxPageSize: 600 },
      });
      expect(configured).toMatchObject({ status: 200, body: { maxPageSize: 600 } });
      const others = await w.people([...ADMITTED, ...EXCLUDED], home);
      for (const by of others.filter(({ name }) => !name.startsWith('Administrator'))) {
        const made = await by.request('POST', '/taxii-services', { name: fresh('No'), path: fresh('no') });
        expect(codeOf(made), by.name).toBe('forbidden');
        const edited = await by.request('PATCH', path, { version: 2, changes: { maxPageSize: 10 } });
        expect(['forbidden', 'not_found'], by.name).toContain(codeOf(edited));
        expect(['forbidden', 'not_found'], by.name).toContain(codeOf(await by.request('DELETE', path)));
      }
      expect((await root.request('GET', path)).body).toMatchObject({ maxPageSize: 600 });
      expect((await root.request('DELETE', path)).status).toBe(204);
    });
  });

  describe('Adjusting the TAXII User Limit', () => {
    it('"To have the option to create a TAXII user account …, the value of the Organization’s TAXII User Limit setting must exceed the current number …"', async () => {
      const own = await w.newOrganization({ taxiiUsers: 1 });
      const by = await w.administratorOf(own);
      const gauge = async () => (await w.seats(by, own)).taxiiUsers;
      expect(await gauge()).toMatchObject({ used: 0, max: 1, remaining: 1, canCreate: true, whyNot: null });
      await create({}, by, own);
      expect(await gauge()).toMatchObject({ used: 1, max: 1, remaining: 0, canCreate: false });
    });

    it('"… set the number of TAXII user accounts that the Organization will be allowed to create in the TAXII User Limit field"', async () => {
      const own = await w.newOrganization({ taxiiUsers: 0 });
      const by = await w.administratorOf(own);
      const accounts = await w.person(w.elsewhere, 'Accounts Administrator', 'Read Only User');
      expect(codeOf(await tryToCreate({}, by, own))).toBe('limit_reached');
      expect((await w.limit(accounts, own, { taxiiUsers: 2 })).status).toBe(200);
      await create({}, by, own);
      await create({}, by, own);
      expect(codeOf(await tryToCreate({}, by, own))).toBe('limit_reached');
      // Below what is there it is allowed, too: nothing is lost, and nothing is added.
      const lowered = await w.limit(accounts, own, { taxiiUsers: 1 });
      expect(lowered).toMatchObject({ status: 200, body: { overUse: { taxiiUsers: 1 } } });
      expect(codeOf(await tryToCreate({}, by, own))).toBe('limit_reached');
      expect((await w.limit(accounts, own, { taxiiUsers: -1 })).status).toBe(400);
      expect((await w.limit(accounts, own, { taxiiUsers: 1.5 })).status).toBe(400);
    });
  });

  describe('Creating a TAXII User', () => {
    it('"If the Create TAXII User button is not available …, adjust your Organization’s TAXII user account limit."', async () => {
      const own = await w.newOrganization({ taxiiUsers: 0 });
      const by = await w.administratorOf(own);
      const { taxiiUsers } = await w.seats(by, own);
      expect(taxiiUsers).toMatchObject({
        canCreate: false,
        whyNot: `The organization "${own.name}" may have 0 TAXII users and has 0.`,
        raisedBy: ['Administrator', 'Operations Administrator', 'Accounts Administrator'],
      });
      expect(codeOf(await w.limit(by, own, { taxiiUsers: 1 }))).toBe('forbidden');
      expect((await w.limit(root, own, { taxiiUsers: 1 })).status).toBe(200);
      expect((await w.seats(by, own)).taxiiUsers).toMatchObject({ canCreate: true, whyNot: null });
      await create({}, by, own);
      // Who may not create accounts is not told that there is room for them.
      const leader = await w.person(own, 'Community Leader', 'Standard User');
      expect((await w.seats(leader, own)).taxiiUsers.canCreate).toBe(false);
    });

    it('"… select the Service created for the … Server App in the TAXII Service dropdown."', async () => {
      const own = await w.newOrganization();
      const by = await w.administratorOf(own);
      const mine = await newService({ organizations: [own.id] });
      const theirs = await newService({ organizations: [w.elsewhere.id] });
      const offered = await by.request<{ items: { id: number; name: string }[] }>('GET', '/taxii-services');
      const ids = offered.body.items.map(({ id }) => id);
      expect(ids).toContain(mine.id);
      expect(ids).not.toContain(theirs.id);
      // There are several: it has to be said which one.
      expect(fieldsOf(await tryToCreate({}, by, own))).toEqual(['service']);
      expect(codeOf(await tryToCreate({ service: theirs.id }, by, own))).toBe('not_found');
      const user = await create({ service: mine.id }, by, own);
      expect(user.service).toEqual({ name: mine.name, path: mine.path });
      expect(await collections(user, mine.path)).toContain(own.collectionId);
      expect(await collections(user, 'intel')).toBe(404);
    });

    it('"After you select the Service, the … window will … show only the fields that are applicable to the … TAXII 2.1 server."', async () => {
      const others = {
        email: 'siem@example.com',
        firstName: 'Si',
        lastName: 'Em',
        systemRole: 'Taxii User',
        organizationRole: 'Standard User',
        pseudonym: 'siem',
        groups: [],
        passwordResetRequired: true,
        mfaResetRequired: true,
        customTqlTimeoutMs: 1000,
        timeZone: 'UTC',
        tokenExpirationDays: 1,
      };
      for (const [field, value] of Object.entries(others)) {
        const reply = await tryToCreate({ service: 'intel', [field]: value }, root);
        expect(codeOf(reply), field).toBe('invalid_input');
        expect(JSON.stringify(reply.body), field).toContain(field);
      }
    });

    it('"Username: Enter a name for the TAXII user account."', async () => {
      const { userName: _, ...without } = filledIn('taxii-users');
      const path = `/organizations/${home.id}/taxii-users`;
      const missing = await administrator.request('POST', path, { ...without, service: 'intel' });
      expect(fieldsOf(missing)).toEqual(['userName']);
      const user = await create({ service: 'intel', userName: 'Firewall North' });
      expect(user.userName).toBe('Firewall North');
      expect((await w.show(administrator, user.id)).userName).toBe('Firewall North');
      expect(await collections(user)).toContain(home.collectionId);
      for (const userName of ['Firewall North', 'firewall north'])
        expect(codeOf(await tryToCreate({ service: 'intel', userName }))).toBe('name_taken');
      for (const userName of ['', 'a:b', ' a'])
        expect(fieldsOf(await tryToCreate({ service: 'intel', userName }))).toEqual(['userName']);
    });

    it('"Password: Enter a password for the TAXII user account."', async () => {
      const user = await create({ service: 'intel', password: TYPED });
      expect(user).not.toHaveProperty('password');
      expect(await collections({ ...user, password: TYPED })).toContain(home.collectionId);
      expect(fieldsOf(await tryToCreate({ service: 'intel', password: 'fourteen-chars' }))).toEqual([
        'password',
      ]);
      // None is typed: one is generated, and shown this once.
      const generated = await create({ service: 'intel' });
      expect(await collections(generated)).toContain(home.collectionId);
      const shown = await administrator.request('GET', `/accounts/${generated.id}`);
      expect(JSON.stringify(shown.body)).not.toContain(generated.password);
    });

    it('"A pseudonym is created automatically and cannot be edited."', async () => {
      const users = [await create({ service: 'intel' }), await create({ service: 'intel' })] as const;
      const [user, other] = users;
      for (const { pseudonym, userName } of users) {
        expect(pseudonym).toMatch(/^\S+$/);
        expect(pseudonym).not.toContain(userName);
      }
      expect(user.pseudonym).not.toBe(other.pseudonym);
      for (const by of [administrator, root]) {
        expect(codeOf(await tryToCreate({ service: 'intel', pseudonym: 'mine' }, by))).toBe('invalid_input');
        const reply = await w.edit(by, user.id, { pseudonym: 'mine' });
        expect([codeOf(reply), fieldsOf(reply)]).toEqual(['invalid_input', ['pseudonym']]);
        const { abilities } = await w.show(by, user.id);
        expect(abilities.changePseudonym).toBe(false);
      }
      expect((await w.show(administrator, user.id)).pseudonym).toBe(user.pseudonym);
    });

    it('"Administrators of Communities and Sources to which the TAXII user account belongs will see this name when viewing their members."', async () => {
      const own = await w.newOrganization();
      const by = await w.administratorOf(own);
      const user = await create({ service: 'intel' }, by, own);
      for (const kind of ['community', 'source'] as const)
        for (const anonymous of [true, false]) {
          const owner = await w.sharedOwner(own, 'User', { kind, anonymous });
          const director = await w.person(w.elsewhere, 'User', 'Standard User');
          await w.giveCommunityRole(director, owner, 'Director');
          const path = `/${kind === 'community' ? 'communities' : 'sources'}/${owner.id}/accounts`;
          const members = await director.request<{ items: { pseudonym: string }[] }>('GET', path);
          expect(members.body.items.find((each) => each.pseudonym === user.pseudonym)).toMatchObject({
            id: anonymous ? null : user.id,
            kind: 'taxii',
            pseudonym: user.pseudonym,
            firstName: null,
            lastName: null,
          });
          expect(JSON.stringify(members.body)).not.toContain(user.userName);
          // Nobody else is told who the members are: not who has no role there, nor who is banned.
          const stranger = await w.person(w.elsewhere, 'User', 'Organization Administrator');
          expect((await stranger.request('GET', path)).status).toBe(404);
          await w.giveCommunityRole(stranger, owner, 'Banned');
          expect((await stranger.request('GET', path)).status).toBe(404);
        }
    });

    it('"An Organization role of Standard User is selected automatically and cannot be changed."', async () => {
      const user = await create({ service: 'intel' });
      expect(user.organizationRole).toBe('Standard User');
      for (const by of [administrator, root]) {
        for (const organizationRole of ['Standard User', 'Organization Administrator']) {
          expect(codeOf(await tryToCreate({ service: 'intel', organizationRole }, by))).toBe('invalid_input');
          const reply = await w.edit(by, user.id, { organizationRole });
          expect([codeOf(reply), fieldsOf(reply)]).toEqual(['invalid_input', ['organizationRole']]);
        }
        const { abilities, organizationRole } = await w.show(by, user.id);
        expect([abilities.changeRoles, organizationRole]).toEqual([false, 'Standard User']);
      }
    });

    it('"Locked: Leave this checkbox cleared."', async () => {
      const open = await create({ service: 'intel' });
      expect(await w.show(administrator, open.id)).toMatchObject({ locked: false });
      const locked = await create({ service: 'intel', locked: true });
      expect(await collections(locked)).toBe(401);
      expect((await w.edit(administrator, locked.id, { locked: false })).status).toBe(200);
      expect(await collections(locked)).toContain(home.collectionId);
    });

    it('"Disabled: Leave this checkbox cleared."', async () => {
      const open = await create({ service: 'intel' });
      expect(await w.show(administrator, open.id)).toMatchObject({ disabled: false });
      const disabled = await create({ service: 'intel', disabled: true });
      expect(await collections(disabled)).toBe(401);
      expect((await w.edit(administrator, disabled.id, { disabled: false })).status).toBe(200);
      expect(await collections(disabled)).toContain(home.collectionId);
    });

    it('"The total number of TAXII user accounts created cannot exceed the maximum number allocated by your … license."', async () => {
      const own = await w.newOrganization();
      const by = await w.administratorOf(own);
      type Licence = { version: number; limits: Record<string, number>; used: { taxiiUsers: number } };
      const { body: licence } = await root.request<Licence>('GET', '/licence');
      const { limits } = licence;
      const allow = async (taxiiUsers: number) => {
        const { version } = (await root.request<Licence>('GET', '/licence')).body;
        const switches = { apiUsersAllowed: true, readOnlyUsersAllowed: true };
        const body = { version, limits: { ...limits, taxiiUsers }, ...switches };
        expect((await root.request('PUT', '/licence', body)).status).toBe(200);
      };
      await allow(licence.used.taxiiUsers + 1);
      try {
        expect((await w.seats(by, own)).taxiiUsers).toMatchObject({ remaining: 1, canCreate: true });
        await create({ service: 'intel' }, by, own);
        // The organization has room, and so has every other one: the licence has none.
        for (const [who, organization] of [
          [by, own],
          [administrator, home],
        ] as const) {
          const refused = await tryToCreate({ service: 'intel' }, who, organization);
          expect(refused.body.error).toMatchObject({ code: 'limit_reached', scope: 'licence' });
          expect((await w.seats(who, organization)).taxiiUsers).toMatchObject({
            remaining: 0,
            canCreate: false,
            whyNot: 'The licence of this instance allows no more TAXII users.',
          });
        }
        const { version, limits: present } = (await root.request<Licence>('GET', '/licence')).body;
        const raised = { version, limits: { ...present, taxiiUsers: 1000 }, apiUsersAllowed: true };
        const others = await w.people([...ADMITTED, ...EXCLUDED], home);
        for (const other of others.filter(({ name }) => !name.startsWith('Administrator'))) {
          const reply = await other.request('PUT', '/licence', { ...raised, readOnlyUsersAllowed: true });
          expect(codeOf(reply), other.name).toBe('forbidden');
        }
      } finally {
        await allow(limits.taxiiUsers ?? 0);
      }
      await create({ service: 'intel' }, by, own);
    });

    it('"Each TAXII user account uses a different API key when employing TAXII for defensive integrations."', async () => {
      const [north, south] = [await w.sharedOwner(home, 'User'), await w.sharedOwner(home, 'User')];
      const [one, other] = [
        await create({ service: 'intel', apiKey: true, onlyOwners: [north.id] }),
        await create({ service: 'intel', apiKey: true, onlyOwners: [south.id] }),
      ];
      expect(one.apiKey).not.toBe(other.apiKey);
      // The key alone says which account it is: it opens what that account may see, and nothing of the other's.
      const withKey = (apiKey: string, userName = '') => collections({ userName, password: apiKey });
      for (const userName of ['', one.userName, other.userName]) {
        expect(await withKey(one.apiKey, userName)).toEqual([north.collectionId]);
        expect(await withKey(other.apiKey, userName)).toEqual([south.collectionId]);
      }
      // A new key of the one, and its lock, change nothing for the other.
      const path = `/accounts/${one.id}/credentials`;
      const renewed = await administrator.request('POST', path, { credential: 'api_key' });
      expect(renewed.status).toBe(201);
      const { apiKey } = renewed.body as { apiKey: string };
      expect(await withKey(one.apiKey)).toBe(401);
      expect(await withKey(apiKey)).toEqual([north.collectionId]);
      expect((await w.edit(administrator, one.id, { locked: true })).status).toBe(200);
      expect(await withKey(apiKey)).toBe(401);
      expect(await withKey(other.apiKey)).toEqual([south.collectionId]);
      const plain = await create({ service: 'intel' });
      expect(plain).not.toHaveProperty('apiKey');
      expect((await w.show(administrator, plain.id)).credentials.map(({ kind }) => kind)).toEqual([
        'password',
      ]);
    });

    it('"You can now use your preferred TAXII client and your new credentials to retrieve data …"', async () => {
      const own = await w.newOrganization();
      const by = await w.administratorOf(own);
      const id = await w.publish(own, 200);
      const user = await create({ service: 'intel', password: TYPED }, by, own);
      const credentials = { userName: user.userName, password: TYPED };
      // As clients do: from the discovery to the API root, its collections and their objects.
      type Discovery = { default: string };
      const discovery = (await w.taxii('/taxii2/', credentials)).body as unknown as Discovery;
      const apiRoot = new URL(discovery.default).pathname;
      const listed = await w.taxii(`${apiRoot}collections/`, credentials);
      expect(listed.body.collections).toMatchObject([{ id: own.collectionId }]);
      const page = await w.taxii(`${apiRoot}collections/${own.collectionId}/objects/`, credentials);
      expect(page.body.objects).toMatchObject([{ id }]);
      expect(await objects({ ...credentials, password: 'something else 1' }, own)).toBe(401);
    });
  });
});
