import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMUNITY_ROLES, type CommunityRole } from '../../../contract/roles.ts';
import type { Caller } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
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
import { createTaxiiUser } from '../account-creation/taxii-users.service.ts';
import {
  clearCommunityRole,
  listCommunityRoles,
  listMemberAccounts,
  listMembers,
  removeMember,
  setCommunityRole,
} from './members.service.ts';
import { addMember, createOwner, type NewOwner } from './owners.service.ts';
import { findCommunityRole, findMembership } from './owners.store.ts';
import { editOwner } from './shared.service.ts';

let number = 0;
const fresh = (word: string) => `${word} ${++number}`;
const INSIDERS = ['User', 'Commenter', 'Contributor', 'Editor', 'Director'] as const;
const ADMINISTRATORS = ['Administrator', 'Operations Administrator', 'Accounts Administrator'] as const;
type Organization = Awaited<ReturnType<typeof newOrganization>>;

describe.each(ENGINES)('members on %s', (engine) => {
  let app: TestApp;
  let home: Organization;
  beforeAll(async () => {
    app = await openTestApp(engine);
    home = await newOrganization(app);
  });
  afterAll(async () => await app?.close());

  const newOwner = async (kind: 'community' | 'source' = 'community', anonymous = true) =>
    await createOwner(app, app.operator, { kind, name: fresh('Owner'), anonymous });
  const join = async (owner: NewOwner, organization: { id: number }, defaultRole: CommunityRole = 'User') =>
    await addMember(app, app.operator, { owner: owner.id, organization: organization.id, defaultRole });
  const directorOf = async (owner: NewOwner, organization: { id: number } = home) => {
    const director = await newPerson(app, 'Standard User', organization);
    await giveCommunityRole(app, director, owner, 'Director');
    return director;
  };
  const rename = async (person: Someone, first: string, last: string) =>
    await inTransaction(app.db, (tx) =>
      tx
        .updateTable('accounts')
        .set({
          first_name: first,
          last_name: last,
          search_key: `${person.userName}\n${first} ${last}\nperson-x${person.accountId}`.toLowerCase(),
          pseudonym: `person-x${person.accountId}`,
        })
        .where('id', '=', person.accountId)
        .execute(),
    );
  const roleOf = async (owner: { id: number }, { access }: Someone) => {
    const { actor } = access;
    return actor.kind === 'account' ? await findCommunityRole(app.db.read, owner.id, actor) : undefined;
  };

  describe('the list of member organizations', () => {
    it.each([
      ['community', [...INSIDERS]],
      ['source', ['Director']],
    ] as const)('of a %s is shown to its %s', async (kind, roles) => {
      const owner = await newOwner(kind);
      await join(owner, home);
      for (const role of COMMUNITY_ROLES) {
        const caller = await newPerson(app, 'Organization Administrator', await newOrganization(app));
        await giveCommunityRole(app, caller, owner, role);
        const listing = listMembers(app, caller, { owner: owner.id });
        if (roles.some((each) => each === role)) {
          expect((await listing).items).toEqual([
            {
              organization: { id: home.id, name: home.name },
              defaultRole: 'User',
              abilities: { setDefaultRole: role === 'Director', remove: role === 'Director' },
            },
          ]);
        } else {
          expect((await refusalOf(listing)).code).toBe(role === 'Banned' ? 'not_found' : 'forbidden');
        }
      }
    });

    it('is paged by name', async () => {
      const owner = await newOwner();
      const organizations = [home, await newOrganization(app), await newOrganization(app)];
      for (const organization of organizations) await join(owner, organization);
      const names: string[] = [];
      let after: string | null | undefined;
      while (after !== null) {
        const page = await listMembers(app, app.operator, {
          owner: owner.name,
          limit: 1,
          ...(after === undefined ? {} : { after }),
        });
        names.push(...page.items.map((item) => item.organization.name));
        after = page.next;
      }
      expect(names).toEqual(organizations.map((each) => each.name).sort());
    });
  });

  describe('removing a member organization', () => {
    it('ends the roles that its accounts had there, and nothing else', async () => {
      const [owner, other] = [await newOwner(), await newOwner()];
      const organization = await newOrganization(app);
      const stranger = await newPerson(app, 'Standard User', home);
      for (const each of [owner, other]) {
        await join(each, organization);
        await join(each, home);
        await giveCommunityRole(app, organization.administrator, each, 'Editor');
      }
      await giveCommunityRole(app, stranger, owner, 'Editor');
      const director = await directorOf(owner);
      await removeMember(app, director, { owner: owner.id, organization: organization.id });
      expect(await roleOf(owner, organization.administrator)).toBeUndefined();
      expect(await roleOf(other, organization.administrator)).toBe('Editor');
      expect(await roleOf(owner, stranger)).toBe('Editor');
      const [event] = (await auditTrail(app, organization.id)).filter(
        (each) => each.action === 'owner.removeMember',
      );
      expect(event).toMatchObject({
        target_name: owner.name,
        details: { defaultRole: { before: 'User', after: null }, individualRoles: 1, allowListEntries: 0 },
      });
    });

    it('takes the owner from the allow-lists of its narrowed TAXII users, which stay narrowed', async () => {
      const owner = await newOwner();
      const organization = await newOrganization(app);
      await join(owner, organization);
      const user = await createTaxiiUser(app, organization.administrator, {
        userName: fresh('narrow'),
        organization: organization.name,
        onlyOwners: [owner.name],
      });
      await removeMember(app, app.operator, { owner: owner.name, organization: organization.name });
      const row = await app.db.read
        .selectFrom('accounts')
        .leftJoin('account_allowed_owners', 'account_id', 'accounts.id')
        .select(['narrowed', 'owner_id'])
        .where('accounts.id', '=', user.id)
        .executeTakeFirstOrThrow();
      expect(row).toEqual({ narrowed: 1, owner_id: null });
      // Nor does it see the owner again when its organization comes back.
      await join(owner, organization);
      const listed = await app.db.read
        .selectFrom('account_allowed_owners')
        .selectAll()
        .where('account_id', '=', user.id)
        .execute();
      expect(listed).toEqual([]);
    });

    it.each(['Editor', 'Subscriber'] as const)('is forbidden as %s', async (role) => {
      const owner = await newOwner();
      await join(owner, home);
      const caller = await newPerson(app, 'Organization Administrator', home);
      await giveCommunityRole(app, caller, owner, role);
      const refusal = await refusalOf(removeMember(app, caller, { owner: owner.id, organization: home.id }));
      expect(refusal).toEqual({ code: 'forbidden', details: { permission: 'owner.members' } });
      expect(await findMembership(app.db.read, owner.id, home.id)).toBeDefined();
    });

    it('finds no organization that is no member, whether it exists or not', async () => {
      const owner = await newOwner();
      const director = await directorOf(owner);
      const stranger = await newOrganization(app);
      const remove = (organization: string) => removeMember(app, director, { owner: owner.id, organization });
      const refusal = await refusalOf(remove(stranger.name));
      expect(refusal.code).toBe('not_found');
      expect((await refusalOf(remove('Nothing'))).details.message).toBe(
        refusal.details.message?.replace(stranger.name, 'Nothing'),
      );
    });
  });

  it('a changed default role counts at once for accounts without a role of their own, and for no others', async () => {
    const owner = await newOwner();
    const organization = await newOrganization(app);
    await join(owner, organization, 'User');
    const [plain, reader, editor] = [
      organization.administrator,
      await newPerson(app, 'Read Only User', organization),
      await newPerson(app, 'Standard User', organization),
    ];
    await giveCommunityRole(app, editor, owner, 'Editor');
    await addMember(app, app.operator, {
      owner: owner.id,
      organization: organization.id,
      defaultRole: 'Contributor',
    });
    expect(await roleOf(owner, plain)).toBe('Contributor');
    expect(await roleOf(owner, editor)).toBe('Editor');
    // “… will get the 'highest' Community role available to them (Commenter)”
    expect(await roleOf(owner, reader)).toBe('Commenter');
  });

  describe('item 87: where profile anonymity is on', () => {
    it.each(['community', 'source'] as const)(
      'no answer about the members of a %s holds a user name, a real name or an e-mail, for whoever asks',
      async (kind) => {
        const owner = await newOwner(kind, true);
        const organization = await newOrganization(app);
        await join(owner, organization);
        const hidden = await newPerson(app, 'Standard User', organization);
        await rename(hidden, 'Jacqueline', 'Canary');
        const taxii = await createTaxiiUser(app, organization.administrator, {
          userName: `canary-siem-${++number}`,
          organization: organization.name,
          contactEmail: 'canary@example.org',
        });
        const director = await directorOf(owner);
        const callers: Caller[] = [app.operator, director];
        for (const person of ADMINISTRATORS) callers.push(await newPerson(app, person, home));
        for (const caller of callers) {
          const answers: unknown[] = [await listMemberAccounts(app, caller, { owner: owner.id })];
          const account = `person-x${hidden.accountId}`;
          answers.push(
            await setCommunityRole(app, caller, { owner: owner.id, account, role: 'Editor' }),
            await clearCommunityRole(app, caller, { owner: owner.id, account }),
          );
          const text = JSON.stringify(answers);
          expect(text).toContain(`person-x${hidden.accountId}`);
          expect(text).toContain(taxii.pseudonym);
          expect(text).not.toMatch(/canary|jacqueline|@|Some|Body/i);
          for (const search of ['canary', 'Jacqueline', 'Jacqueline Canary', hidden.userName, '@', 'example'])
            expect((await listMemberAccounts(app, caller, { owner: owner.id, search })).items).toEqual([]);
          const found = await listMemberAccounts(app, caller, {
            owner: owner.id,
            search: `X${hidden.accountId}`,
          });
          expect(found.items.map((item) => item.pseudonym)).toEqual([account]);
          expect(found.items[0]?.id).toBe(caller === director ? null : hidden.accountId);
        }
        // What the Director did, and what it was refused, tells the Director's own organization nothing either.
        const told = JSON.stringify(
          (await auditTrail(app, home.id)).filter((event) => event.target_id === String(owner.id)),
        );
        expect(told).not.toMatch(/canary|jacqueline/i);
      },
    );

    it('no Director learns whether a user name or an id exists: they name accounts by pseudonym', async () => {
      const owner = await newOwner();
      const organization = await newOrganization(app);
      await join(owner, organization);
      const hidden = await newPerson(app, 'Standard User', organization);
      await rename(hidden, 'Jane', 'Doe');
      const director = await directorOf(owner);
      const set = (caller: Caller, account: string | number) =>
        setCommunityRole(app, caller, { owner: owner.id, account, role: 'Editor' });
      const byId = await refusalOf(set(director, hidden.accountId));
      expect(byId.code).toBe('not_found');
      expect((await refusalOf(set(director, 987_654))).details.message).toBe(
        byId.details.message?.replace(String(hidden.accountId), '987654'),
      );
      const refusal = await refusalOf(set(director, hidden.userName));
      expect(refusal.code).toBe('not_found');
      expect((await refusalOf(set(director, 'nobody'))).details.message).toBe(
        refusal.details.message?.replace(hidden.userName, 'nobody'),
      );
      expect((await set(director, `person-x${hidden.accountId}`)).role).toBe('Editor');
      // Who may see the account may name it so.
      for (const account of [hidden.userName, hidden.accountId])
        expect((await set(app.operator, account)).id).toBe(hidden.accountId);
    });

    it('a pseudonym of digits alone names its bearer, and to who sees accounts a number is first of all an id', async () => {
      const owner = await newOwner();
      const organization = await newOrganization(app);
      await join(owner, organization);
      const [one, other] = [organization.administrator, await newPerson(app, 'Standard User', organization)];
      const pseudonym = String(one.accountId).padStart(3, '9');
      await inTransaction(app.db, (tx) =>
        tx.updateTable('accounts').set({ pseudonym }).where('id', '=', other.accountId).execute(),
      );
      const director = await directorOf(owner);
      const account = Number(pseudonym);
      const set = (caller: Caller, role: CommunityRole) =>
        setCommunityRole(app, caller, { owner: owner.id, account, role });
      expect((await set(director, 'Editor')).pseudonym).toBe(pseudonym);
      expect(await roleOf(owner, other)).toBe('Editor');
    });

    it('neither the list nor its cursor joins a pseudonym to the name that an open community shows', async () => {
      const [hidden, open] = [await newOwner('community', true), await newOwner('community', false)];
      const organization = await newOrganization(app);
      for (const owner of [hidden, open]) await join(owner, organization);
      for (let index = 0; index < 3; index++) await newPerson(app, 'Standard User', organization);
      const asker = await newPerson(app, 'Standard User', home);
      for (const owner of [hidden, open]) await giveCommunityRole(app, asker, owner, 'User');
      const list = (owner: NewOwner, limit = 2) => listMemberAccounts(app, asker, { owner: owner.id, limit });
      const named = (await list(open, 100)).items;
      expect(named.map((item) => item.id)).not.toContain(null);
      const page = await list(hidden);
      expect(page.items.map((item) => item.id)).toEqual([null, null]);
      const cursor = Buffer.from(String(page.next), 'base64url').toString();
      expect(JSON.parse(cursor)).toEqual([organization.id, page.items[1]?.pseudonym]);
      const first = page.items.map((item) => String(item.pseudonym));
      expect(first).toEqual(first.toSorted());
    });
  });

  describe('where profile anonymity is off', () => {
    it('“In Communities that have profile anonymity turned off, the user’s first and last name will be displayed … to Community Directors when viewing users in member Organizations”', async () => {
      const owner = await newOwner('community', true);
      const organization = await newOrganization(app);
      await join(owner, organization);
      const person = await newPerson(app, 'Standard User', organization);
      await rename(person, 'Jacqueline', 'Canary');
      const director = await directorOf(owner);
      await editOwner(app, app.operator, { owner: owner.id, anonymous: false });
      const { items } = await listMemberAccounts(app, director, { owner: owner.id, search: 'line can' });
      expect(items).toEqual([
        {
          id: person.accountId,
          kind: 'user',
          organization: { id: organization.id, name: organization.name },
          pseudonym: null,
          firstName: 'Jacqueline',
          lastName: 'Canary',
          role: 'User',
          individual: false,
          availableRoles: [...COMMUNITY_ROLES],
          abilities: { setRole: true },
        },
      ]);
      // By what it does not show, it finds nothing, and answers nothing.
      const byPseudonym = (account: string) =>
        refusalOf(setCommunityRole(app, director, { owner: owner.id, account, role: 'Editor' }));
      const refusal = await byPseudonym(`person-x${person.accountId}`);
      expect(refusal.code).toBe('not_found');
      expect((await byPseudonym('nobody-at-all')).details.message).toBe(
        refusal.details.message?.replace(`person-x${person.accountId}`, 'nobody-at-all'),
      );
      for (const search of [person.userName, '@example', `x${person.accountId}`])
        expect((await listMemberAccounts(app, director, { owner: owner.id, search })).items).toEqual([]);
    });

    it('nobody of a Banned organization is listed or answered by name, but whom a role of their own admits', async () => {
      const owner = await newOwner('community', false);
      const organization = await newOrganization(app);
      await join(owner, organization, 'Banned');
      const admitted = organization.administrator;
      const hidden = await newPerson(app, 'Standard User', organization);
      const banned = await newPerson(app, 'Standard User', organization);
      await giveCommunityRole(app, admitted, owner, 'User');
      await giveCommunityRole(app, banned, owner, 'Banned');
      const director = await directorOf(owner);
      for (const caller of [director, app.operator]) {
        const { items } = await listMemberAccounts(app, caller, { owner: owner.id });
        expect(items.map((item) => item.id)).toEqual([admitted.accountId]);
      }
      const set = (caller: Caller, account: number) =>
        setCommunityRole(app, caller, { owner: owner.id, account, role: 'User' });
      for (const { accountId } of [hidden, banned])
        expect(await refusalOf(set(director, accountId))).toEqual({
          code: 'not_found',
          details: { message: `No member organization has an account with the id ${accountId}.` },
        });
      expect((await set(director, admitted.accountId)).id).toBe(admitted.accountId);
      expect((await set(app.operator, hidden.accountId)).id).toBe(hidden.accountId);
    });

    it('“Administrators of Communities and Sources to which the TAXII user account belongs will see this name when viewing their members”: a TAXII user’s pseudonym', async () => {
      const owner = await newOwner('source', false);
      const organization = await newOrganization(app);
      await join(owner, organization);
      const user = await createTaxiiUser(app, organization.administrator, {
        userName: `firewall-${++number}`,
        organization: organization.name,
      });
      const director = await directorOf(owner);
      const list = (search: string) => listMemberAccounts(app, director, { owner: owner.id, search });
      const [shown] = (await list(user.pseudonym)).items;
      expect(shown).toMatchObject({
        id: user.id,
        kind: 'taxii',
        pseudonym: user.pseudonym,
        firstName: null,
        lastName: null,
      });
      expect(JSON.stringify(shown)).not.toContain(user.userName);
      expect((await list('firewall')).items).toEqual([]);
    });
  });

  it('the accounts of all member organizations are paged, each once, in both directions', async () => {
    const owner = await newOwner();
    const organizations = [
      await newOrganization(app),
      await newOrganization(app),
      await newOrganization(app),
    ];
    const open = await newOwner('community', false);
    const ids: number[] = [];
    for (const organization of organizations) {
      await join(owner, organization);
      await join(open, organization);
      ids.push(organization.administrator.accountId);
      for (let index = 0; index < 2; index++)
        ids.push((await newPerson(app, 'Standard User', organization)).accountId);
    }
    await newPerson(app, 'Standard User', home);
    const walk = async (query: object) => {
      const found: (number | string | null)[] = [];
      for (let after: string | null | undefined; after !== null; ) {
        const page = await listMemberAccounts(app, app.operator, {
          owner: owner.id,
          ...query,
          ...(after === undefined ? {} : { after }),
        });
        found.push(...page.items.map((item) => item.pseudonym ?? item.id));
        after = page.next;
      }
      return found;
    };
    const rows = await app.db.read
      .selectFrom('accounts')
      .select(['id', 'pseudonym'])
      .where('id', 'in', ids)
      .execute();
    const inOrder = (of: readonly number[]) =>
      rows
        .filter(({ id }) => of.includes(id))
        .map(({ pseudonym }) => pseudonym)
        .sort();
    const pseudonyms = [0, 3, 6].flatMap((from) => inOrder(ids.slice(from, from + 3)));
    for (const limit of [1, 2, 4, 100]) {
      expect(await walk({ limit })).toEqual(pseudonyms);
      expect(await walk({ limit, sort: '-organization' })).toEqual([...pseudonyms].reverse());
      expect(await walk({ limit, owner: open.id })).toEqual(ids);
      expect(await walk({ limit, owner: open.id, sort: '-organization' })).toEqual([...ids].reverse());
    }
    expect(await walk({ limit: 2, organization: organizations[1]?.id })).toEqual(pseudonyms.slice(3, 6));
    const foreign = listMemberAccounts(app, app.operator, { owner: owner.id, organization: home.id });
    expect((await refusalOf(foreign)).code).toBe('not_found');
  });

  describe('an individual role', () => {
    const set = (caller: Caller, owner: NewOwner, account: { accountId: number }, role: CommunityRole) =>
      setCommunityRole(app, caller, { owner: owner.id, account: account.accountId, role });

    it('is given by a Director, wins over the default, and ends when it is cleared', async () => {
      const owner = await newOwner('community', false);
      const organization = await newOrganization(app);
      await join(owner, organization, 'Contributor');
      const person = organization.administrator;
      const director = await directorOf(owner);
      expect(await set(director, owner, person, 'Banned')).toMatchObject({
        role: 'Banned',
        individual: true,
      });
      expect(await roleOf(owner, person)).toBe('Banned');
      const cleared = await clearCommunityRole(app, director, {
        owner: owner.id,
        account: person.accountId,
      });
      expect(cleared).toMatchObject({ role: 'Contributor', individual: false });
      expect(await roleOf(owner, person)).toBe('Contributor');
      const events = (await auditTrail(app, organization.id)).filter((each) => each.action === 'owner.role');
      expect(events.map((event) => event.details.role)).toEqual([
        { before: null, after: 'Banned' },
        { before: 'Banned', after: null },
      ]);
    });

    it.each(ADMINISTRATORS)('is given by the %s', async (person) => {
      const owner = await newOwner();
      await join(owner, home);
      const caller = await newPerson(app, person, home);
      await set(caller, owner, home.administrator, 'Editor');
      expect(await roleOf(owner, home.administrator)).toBe('Editor');
    });

    it.each([
      ['Super User', 'forbidden'],
      ['Community Leader', 'forbidden'],
      ['Organization Administrator', 'not_found'],
      ['Standard User', 'not_found'],
    ] as const)('is not given by the %s who has no role there', async (person: Person, code) => {
      const owner = await newOwner();
      await join(owner, home);
      const caller = await newPerson(app, person, await newOrganization(app));
      expect((await refusalOf(set(caller, owner, home.administrator, 'Editor'))).code).toBe(code);
    });

    it.each(COMMUNITY_ROLES.filter((role) => role !== 'Director' && role !== 'Banned'))(
      'is not given by an account that is %s there',
      async (role) => {
        const owner = await newOwner();
        await join(owner, home);
        const caller = await newPerson(app, 'Organization Administrator', home);
        await giveCommunityRole(app, caller, owner, role);
        expect((await refusalOf(set(caller, owner, home.administrator, 'User'))).code).toBe('forbidden');
      },
    );

    it('item 81: nobody sets or clears their own, neither the Director nor an Administrator', async () => {
      const owner = await newOwner();
      await join(owner, home, 'Director');
      const director = await newPerson(app, 'Standard User', home);
      for (const caller of [director, await newPerson(app, 'Administrator', home)]) {
        const own = { owner: owner.id, account: caller.accountId };
        for (const attempt of [
          () => setCommunityRole(app, caller, { ...own, role: 'User' }),
          () => clearCommunityRole(app, caller, own),
        ])
          expect(await refusalOf(attempt())).toMatchObject({
            code: 'forbidden',
            details: { message: 'Nobody sets their own Community role.' },
          });
      }
      const { items } = await listMemberAccounts(app, director, { owner: owner.id });
      expect(items.find((item) => item.id === director.accountId)?.abilities).toEqual({ setRole: false });
    });

    it('of a Read Only User is Commenter, User or Banned only', async () => {
      const owner = await newOwner();
      await join(owner, home);
      const reader = await newPerson(app, 'Read Only User', home);
      for (const role of COMMUNITY_ROLES) {
        const attempt = set(app.operator, owner, reader, role);
        if (['Commenter', 'User', 'Banned'].includes(role)) expect((await attempt).role).toBe(role);
        else expect((await refusalOf(attempt)).code).toBe('invalid_input');
      }
    });

    it('is given to no account whose organization is no member, nor to a deleted one', async () => {
      const owner = await newOwner();
      const director = await directorOf(owner);
      const foreign = (await newOrganization(app)).administrator;
      const refusal = await refusalOf(set(director, owner, foreign, 'User'));
      expect(refusal.code).toBe('not_found');
      const unknown = await refusalOf(set(director, owner, { accountId: 987_654 }, 'User'));
      expect(unknown.details.message).toBe(
        refusal.details.message?.replace(String(foreign.accountId), '987654'),
      );
      expect(await roleOf(owner, foreign)).toBeUndefined();
    });

    it('is not left behind when the membership ends at the same moment', async () => {
      const other = await app.reopen();
      try {
        for (let round = 0; round < 6; round++) {
          const owner = await newOwner();
          const organization = await newOrganization(app);
          await join(owner, organization);
          await Promise.allSettled([
            set(app.operator, owner, organization.administrator, 'Editor'),
            removeMember(other, app.operator, { owner: owner.id, organization: organization.id }),
          ]);
          expect(await findMembership(app.db.read, owner.id, organization.id)).toBeUndefined();
          expect(await roleOf(owner, organization.administrator)).toBeUndefined();
        }
      } finally {
        await other.close();
      }
    });
  });

  describe('the Community roles of an account', () => {
    it('are shown to itself and to who administers it, without what they may not know of', async () => {
      const [owner, secret] = [await newOwner(), await newOwner('source')];
      const organization = await newOrganization(app);
      await join(owner, organization, 'Editor');
      await join(secret, organization, 'Subscriber');
      const person = await newPerson(app, 'Standard User', organization);
      await giveCommunityRole(app, person, secret, 'Banned');
      const administrator = organization.administrator;
      const ofOwner = {
        owner: { id: owner.id, kind: 'community', name: owner.name },
        account: person.accountId,
        role: 'Editor',
        individual: null,
        organizationDefault: 'Editor',
        availableRoles: [...COMMUNITY_ROLES],
        abilities: { setRole: false },
      };
      expect((await listCommunityRoles(app, person, person.accountId)).items).toEqual([ofOwner]);
      expect((await listCommunityRoles(app, administrator, person.accountId)).items).toMatchObject([
        ofOwner,
        { owner: { id: secret.id }, role: 'Banned', individual: 'Banned', organizationDefault: 'Subscriber' },
      ]);
      expect((await listCommunityRoles(app, app.operator, person.userName)).items).toMatchObject([
        { abilities: { setRole: true } },
        { abilities: { setRole: true } },
      ]);
    });

    it('name the account as individual roles are set, also where profile anonymity is on', async () => {
      const owner = await newOwner();
      const organization = await newOrganization(app);
      await join(owner, organization, 'User');
      const person = await newPerson(app, 'Standard User', organization);
      const accounts = await newPerson(app, 'Accounts Administrator', organization);
      const [listed] = (await listCommunityRoles(app, accounts, person.accountId)).items;
      expect(listed).toMatchObject({ abilities: { setRole: true }, individual: null });
      const role = {
        kind: 'community',
        owner: owner.id,
        account: listed?.account ?? 0,
        role: 'Editor',
      } as const;
      await setCommunityRole(app, accounts, role);
      expect((await listCommunityRoles(app, person, person.accountId)).items).toMatchObject([
        { individual: 'Editor', organizationDefault: 'User', role: 'Editor' },
      ]);
      expect((await refusalOf(setCommunityRole(app, organization.administrator, role))).code).toBe(
        'forbidden',
      );
    });

    it('item 76: are not found by an Organization Administrator of another organization', async () => {
      const { administrator } = await newOrganization(app);
      const listing = listCommunityRoles(app, administrator, home.administrator.accountId);
      expect((await refusalOf(listing)).code).toBe('not_found');
    });
  });
});
