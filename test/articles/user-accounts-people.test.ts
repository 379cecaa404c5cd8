import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ORGANIZATION_ROLES, SYSTEM_ROLE_RANK, SYSTEM_ROLES, type SystemRole } from '../../contract/roles.ts';
import { GUESS, recordFailure } from '../../server/features/authentication/throttling.ts';
import { setSetting } from '../../server/features/settings/settings.service.ts';
import { fresh } from '../../server/testing/accounts.ts';
import { ENGINES } from '../../server/testing/test-app.ts';
import { ADMITTED, type Articles, codeOf, fieldsOf, filledIn, openArticles, type Person } from './world.ts';

const TYPED = 'correct horse battery staple';
const RESERVED_TO = ['Administrator', 'Operations Administrator'];
const TERMS = 'termsOfServiceRequireNewUserToAccept';

/**
 * The article on user accounts: the forms of a user and of a Read Only User, which have the same fields. Each title is a
 * sentence of it, shortened; docs/CONTRACT.md lists them.
 */
describe.each(ENGINES)('creating people on %s', (engine) => {
  let w: Articles;
  let home: Awaited<ReturnType<Articles['newOrganization']>>;
  let administrator: Person;
  let root: Person;
  let admitted: Person[];
  beforeAll(async () => {
    w = await openArticles(engine);
    home = await w.newOrganization();
    administrator = await w.administratorOf(home);
    root = await w.person(w.elsewhere, 'Administrator', 'Read Only User');
    admitted = await w.people(ADMITTED, home);
  });
  afterAll(async () => await w?.close());

  const isMeant = (by: Person) => RESERVED_TO.includes(by.name.split(',')[0] ?? '');
  type Required = { id: number; requiredActions: string[] };

  describe.each(['users', 'read-only-users'] as const)('with the form %s', (form) => {
    const create = (fields: Record<string, unknown> = {}, by = administrator) =>
      w.create(by, home, form, fields);
    const tryToCreate = (fields: Record<string, unknown> = {}, by = administrator) =>
      w.tryToCreate(by, home, form, fields);
    /** The form with this field left out. */
    const without = async (field: string) => {
      const { [field]: _, ...rest } = filledIn(form);
      return await administrator.request('POST', `/organizations/${home.id}/${form}`, rest);
    };
    const defaultRole = form === 'users' ? 'User' : 'Read Only User';

    it('"E-Mail: Enter an email address. This address will be the name of the user account."', async () => {
      expect(fieldsOf(await without('email'))).toEqual(['email']);
      const email = `${fresh('mail')}@example.com`;
      const user = await create({ email });
      expect(user.userName).toBe(email);
      expect((await w.show(administrator, user.id)).userName).toBe(email);
      expect((await w.signIn(email, user.password)).status).toBe(201);
      for (const taken of [email, email.toUpperCase()])
        expect(codeOf(await tryToCreate({ email: taken }))).toBe('name_taken');
      for (const bad of ['', 'ada', 'ada@', '@example.com', 'a b@example.com'])
        expect(fieldsOf(await tryToCreate({ email: bad }))).toEqual(['email']);
    });

    it('"Password: Enter the initial user password, which is subject to the … password policy defined within the system settings."', async () => {
      const user = await create({ password: TYPED });
      expect(user).not.toHaveProperty('password');
      expect((await w.signIn(user.userName, TYPED)).status).toBe(201);
      expect((await w.signIn(user.userName, `${TYPED}!`)).status).toBe(401);
      const email = 'long.enough@example.com';
      const wrong = [
        '',
        'fourteen-chars',
        'aaaaaaaaaaaaaaaa',
        '123456789qwerty',
        email,
        'with\ncontrol char',
      ];
      for (const password of wrong)
        expect(new Set(fieldsOf(await tryToCreate({ email, password }))), password).toEqual(
          new Set(['password']),
        );
    });

    it('"The user will be prompted to change this password when they log into … for the first time."', async () => {
      const user = await create();
      const session = await w.signIn(user.userName, user.password);
      expect((session.body as Required).requiredActions).toEqual(['change_password']);
      const told = await create({ passwordResetRequired: false });
      const other = await w.signIn(told.userName, told.password);
      expect((other.body as Required).requiredActions).toEqual([]);
    });

    it('"First Name: Enter the user’s first name."', async () => {
      expect(fieldsOf(await without('firstName'))).toEqual(['firstName']);
      const { id } = await create({ firstName: 'Änne' });
      expect(await w.show(administrator, id)).toMatchObject({ firstName: 'Änne' });
    });

    it('"Last Name: Enter the user’s last name."', async () => {
      expect(fieldsOf(await without('lastName'))).toEqual(['lastName']);
      const { id } = await create({ lastName: 'O’Neil' });
      expect(await w.show(administrator, id)).toMatchObject({ lastName: 'O’Neil' });
    });

    it('"In Communities that have profile anonymity turned off, the user’s first and last name will be displayed … to Community Directors when viewing users in member Organizations."', async () => {
      const own = await w.newOrganization();
      const by = await w.administratorOf(own);
      const user = await w.create(by, own, form, { firstName: 'Joan', lastName: fresh('Clarke') });
      for (const anonymous of [false, true]) {
        const community = await w.sharedOwner(own, 'User', { anonymous });
        const director = await w.person(w.elsewhere, 'User', 'Standard User');
        await w.giveCommunityRole(director, community, 'Director');
        const path = `/communities/${community.id}/accounts`;
        type Member = {
          id: number | null;
          firstName: string | null;
          lastName: string | null;
          pseudonym: string | null;
        };
        const { body } = await director.request<{ items: Member[] }>('GET', path);
        const { firstName, lastName } = await w.show(by, user.id);
        const names = { firstName, lastName, pseudonym: null };
        const isUser = ({ id, pseudonym }: Member) =>
          anonymous ? pseudonym === user.pseudonym : id === user.id;
        expect(body.items.find(isUser)).toMatchObject(
          anonymous ? { id: null, firstName: null, lastName: null, pseudonym: user.pseudonym } : names,
        );
        expect(JSON.stringify(body)).not.toContain(user.userName);
        if (anonymous) expect(JSON.stringify(body)).not.toContain(String(lastName));
        const stranger = await w.administratorOf(w.elsewhere);
        expect((await stranger.request('GET', path)).status).toBe(404);
      }
    });

    it('"The System Role dropdown will be available only when the user creating the account has a System role of Administrator or Operations Administrator."', async () => {
      for (const by of admitted)
        for (const systemRole of SYSTEM_ROLES.slice(0, 7)) {
          const organizationRole =
            systemRole === 'Read Only User' ? 'Read Only User' : 'Organization Administrator';
          const reply = await tryToCreate({ systemRole, organizationRole }, by);
          const [own] = by.name.split(',') as [SystemRole];
          const what = `${by.name} makes ${systemRole}`;
          if (isMeant(by) && SYSTEM_ROLE_RANK[systemRole] <= SYSTEM_ROLE_RANK[own]) {
            expect(reply.status, what).toBe(201);
            expect((await w.show(by, Number(reply.body.id))).systemRole, what).toBe(systemRole);
          } else expect([codeOf(reply), fieldsOf(reply)], what).toEqual(['forbidden', ['systemRole']]);
        }
      for (const systemRole of SYSTEM_ROLES.slice(7))
        expect(fieldsOf(await tryToCreate({ systemRole }, root)), systemRole).toEqual(['systemRole']);
    });

    it('"If the dropdown is not available, a System role of … will be assigned to the user account automatically."', async () => {
      for (const by of admitted) {
        const { id } = await create({}, by);
        expect((await w.show(root, id)).systemRole, by.name).toBe(defaultRole);
      }
    });

    it('"Groups: (Optional) Select one or more user groups to which to add the user."', async () => {
      const group = async (organization: { id: number }, by: Person) => {
        const name = fresh('Analysts');
        const reply = await by.request('POST', `/organizations/${organization.id}/groups`, { name });
        expect(reply.status).toBe(201);
        return { id: Number(reply.body.id), name };
      };
      const [first, second] = [await group(home, administrator), await group(home, administrator)];
      const none = await create();
      expect((await w.show(administrator, none.id)).groups).toEqual([]);
      const user = await create({ groups: [first.id, second.name] });
      expect((await w.show(administrator, user.id)).groups).toEqual([first, second]);
      const members = await administrator.request('GET', `/groups/${first.id}`);
      expect(members.body).toMatchObject({ memberCount: 1, members: [{ id: user.id }] });
      expect((await w.edit(administrator, user.id, { groups: [second.id] })).status).toBe(200);
      expect((await w.show(administrator, user.id)).groups).toEqual([second]);
      // Not the groups of other organizations, and not somebody's who does not administer the accounts.
      const foreign = await group(w.elsewhere, root);
      expect(fieldsOf(await tryToCreate({ groups: [foreign.id] }))).toEqual(['groups']);
      const member = await w.person(home, 'User', 'App Developer');
      const joined = await member.request('PUT', `/groups/${first.id}/members`, {
        version: 1,
        members: [member.id],
      });
      expect(joined.status).toBe(403);
    });

    it('"Locked: (Optional) Leave this checkbox cleared."', async () => {
      const open = await create();
      expect(await w.show(administrator, open.id)).toMatchObject({ locked: false });
      const locked = await create({ locked: true });
      expect((await w.signIn(locked.userName, locked.password)).status).toBe(401);
      expect((await w.edit(administrator, locked.id, { locked: false })).status).toBe(200);
      expect((await w.signIn(locked.userName, locked.password)).status).toBe(201);
    });

    it('"When editing an existing user account that has been locked by …, you can clear this checkbox to unlock the account."', async () => {
      const user = await create({ password: TYPED });
      const attempt = { scheme: 'basic', userName: user.userName } as const;
      // Guessed at from everywhere, and never used before: the account waits, wherever one comes from.
      for (let network = 0; network < 10; network++)
        for (let time = 0; time < 11; time++) {
          const from = { address: `198.51.100.${network}`, requestId: 'test' };
          await recordFailure(w.app, GUESS, attempt, from, 'wrong');
        }
      expect(codeOf(await w.signIn(user.userName, TYPED))).toBe('throttled');
      expect(await w.show(administrator, user.id)).toMatchObject({
        locked: true,
        status: { state: 'locked', lockedBy: 'system' },
      });
      const member = await w.person(home, 'User', 'App Developer');
      expect((await w.edit(member, user.id, { locked: false })).status).toBe(404);
      const cleared = await w.edit(administrator, user.id, { locked: false });
      expect(cleared.body.consequences).toMatchObject([{ code: 'failed_attempts_forgotten' }]);
      expect(await w.show(administrator, user.id)).toMatchObject({
        locked: false,
        status: { state: 'active' },
      });
      expect((await w.signIn(user.userName, TYPED)).status).toBe(201);
    });

    it('"Disabled: (Optional) Leave this checkbox cleared. When editing an existing user, you can select this checkbox to disable the user account …"', async () => {
      const user = await create();
      expect(await w.show(administrator, user.id)).toMatchObject({ disabled: false });
      const session = await w.signedIn(user.userName, user.password);
      expect((await w.edit(administrator, user.id, { disabled: true })).status).toBe(200);
      expect((await session.request('GET', '/session')).status).toBe(401);
      expect((await w.signIn(user.userName, user.password)).status).toBe(401);
      expect((await w.edit(administrator, user.id, { disabled: false })).status).toBe(200);
      expect((await w.signIn(user.userName, user.password)).status).toBe(201);
      const disabled = await create({ disabled: true });
      expect((await w.signIn(disabled.userName, disabled.password)).status).toBe(401);
    });

    it('"Password Reset Required: (Optional) … This checkbox is selected by default upon account creation …"', async () => {
      const user = await create();
      expect(await w.show(administrator, user.id)).toMatchObject({ passwordResetRequired: true });
      const other = await create({ passwordResetRequired: false });
      expect(await w.show(administrator, other.id)).toMatchObject({ passwordResetRequired: false });
      expect((await w.edit(administrator, other.id, { passwordResetRequired: true })).status).toBe(200);
      const session = await w.signIn(other.userName, other.password);
      expect((session.body as Required).requiredActions).toEqual(['change_password']);
    });

    it('"Multi-Factor Authentication Reset Required: (Optional) Select this checkbox to require the user to configure multi-factor authentication …"', async () => {
      const quiet = await create({ passwordResetRequired: false });
      expect(await w.show(administrator, quiet.id)).toMatchObject({ mfaResetRequired: false });
      const asked = await create({ passwordResetRequired: false, mfaResetRequired: true });
      for (const [user, requiredActions] of [
        [quiet, []],
        [asked, ['set_up_authenticator']],
      ] as const) {
        const session = await w.signIn(user.userName, user.password);
        expect(session.body).toMatchObject({ requiredActions });
      }
      expect((await w.edit(administrator, quiet.id, { mfaResetRequired: true })).status).toBe(200);
      const session = await w.signIn(quiet.userName, quiet.password);
      expect((session.body as Required).requiredActions).toEqual(['set_up_authenticator']);
    });

    describe('while new users must accept the terms of service', () => {
      beforeAll(async () => {
        await setSetting(w.app, w.app.operator, { name: TERMS, value: true });
        const terms = { version: 1, text: 'Be kind.', published_by: 'somebody', must_be_accepted: 0 };
        await w.app.db.write
          .insertInto('terms_of_service')
          .values({ ...terms, published_at: w.app.clock.now() })
          .execute();
      });
      afterAll(async () => {
        await setSetting(w.app, w.app.operator, { name: TERMS, value: false });
        await w.app.db.write.deleteFrom('terms_of_service').execute();
      });

      it('"Terms of Service Acceptance Required: (Optional) … It is selected by default when creating a new user."', async () => {
        for (const by of admitted) {
          const user = await create({ passwordResetRequired: false }, by);
          expect(await w.show(by, user.id)).toMatchObject({ termsOfServiceAcceptanceRequired: true });
          const session = await w.signIn(user.userName, user.password);
          expect((session.body as Required).requiredActions).toEqual(['accept_terms']);
        }
        const spared = await create({ termsOfServiceAcceptanceRequired: false }, root);
        expect(await w.show(root, spared.id)).toMatchObject({ termsOfServiceAcceptanceRequired: false });
        // Presented again: the flag is set once more on an account that had it no longer.
        expect((await w.edit(root, spared.id, { termsOfServiceAcceptanceRequired: true })).status).toBe(200);
        const session = await w.signIn(spared.userName, spared.password);
        expect((session.body as Required).requiredActions).toContain('accept_terms');
      });
    });

    it('"The Terms of Service Acceptance Required checkbox will be available only when the user creating the account has a System role of Operations Administrator or Administrator and the termsOfServiceRequireNewUserToAccept system setting is turned on."', async () => {
      const field = 'termsOfServiceAcceptanceRequired';
      const user = await create();
      expect(await w.show(administrator, user.id)).toMatchObject({ [field]: false });
      expect(fieldsOf(await tryToCreate({ [field]: true }, root))).toEqual([field]);
      expect(fieldsOf(await w.edit(root, user.id, { [field]: true }))).toEqual([field]);
      await setSetting(w.app, w.app.operator, { name: TERMS, value: true });
      try {
        for (const by of admitted)
          for (const value of [true, false]) {
            const reply = await tryToCreate({ [field]: value }, by);
            if (isMeant(by)) expect(reply.status, by.name).toBe(201);
            else expect([codeOf(reply), fieldsOf(reply)], by.name).toEqual(['forbidden', [field]]);
            expect((await w.edit(by, user.id, { [field]: value })).status, by.name).toBe(
              isMeant(by) ? 200 : 403,
            );
          }
      } finally {
        await setSetting(w.app, w.app.operator, { name: TERMS, value: false });
      }
    });

    it('"Send Account Info E-mail: (Optional) Select this checkbox to send an email with the account information to the email address entered … It is selected by default when creating a new user."', async () => {
      const user = await create({ firstName: 'Mary' });
      const { to, text, sent } = user.accountInfo as { to: string; text: string; sent: boolean };
      expect(to).toBe(user.userName);
      // What to write is said; as long as no mail is configured, nobody is told that it was sent.
      expect(sent).toBe(false);
      for (const part of ['Mary', home.name, user.userName]) expect(text).toContain(part);
      expect(text).not.toContain(user.password);
      expect((await create({ sendAccountInfoEmail: true })).accountInfo).not.toBeNull();
      expect((await create({ sendAccountInfoEmail: false })).accountInfo).toBeNull();
    });

    it('"Custom TQL Timeout: (Optional) Select this checkbox to override the system-level … query timeout … for the user …"', async () => {
      const plain = await create();
      expect(await w.show(administrator, plain.id)).toMatchObject({ customTqlTimeoutMs: null });
      const { id } = await create({ customTqlTimeoutMs: 5000 }, root);
      expect(await w.show(root, id)).toMatchObject({ customTqlTimeoutMs: 5000 });
      for (const customTqlTimeoutMs of [0, 99, 3_600_001, 1.5])
        expect(fieldsOf(await tryToCreate({ customTqlTimeoutMs }, root))).toEqual(['customTqlTimeoutMs']);
    });

    it('"The Custom TQL Timeout checkbox will be available only when the user creating the account has a System role of Operations Administrator or Administrator."', async () => {
      const { id } = await create();
      for (const by of admitted) {
        const reply = await tryToCreate({ customTqlTimeoutMs: 5000 }, by);
        if (isMeant(by)) expect(reply.status, by.name).toBe(201);
        else expect([codeOf(reply), fieldsOf(reply)], by.name).toEqual(['forbidden', ['customTqlTimeoutMs']]);
        expect((await w.edit(by, id, { customTqlTimeoutMs: 6000 })).status, by.name).toBe(
          isMeant(by) ? 200 : 403,
        );
      }
    });

    it('"Time Zone: (Optional) Select the time zone for the user."', async () => {
      expect((await w.show(administrator, (await create()).id)).timeZone).toBeNull();
      const { id } = await create({ timeZone: 'Europe/Berlin' });
      expect((await w.show(administrator, id)).timeZone).toBe('Europe/Berlin');
      for (const timeZone of ['', 'Mars/Phobos', '+02:00'])
        expect(fieldsOf(await tryToCreate({ timeZone }))).toEqual(['timeZone']);
    });

    it('"Log Out After: (Optional) Select the amount of time of inactivity after which the user will be logged out."', async () => {
      const plain = await create();
      expect((await w.show(administrator, plain.id)).logOutAfterMinutes).toBeNull();
      const user = await create({ logOutAfterMinutes: 5 });
      expect((await w.show(administrator, user.id)).logOutAfterMinutes).toBe(5);
      for (const logOutAfterMinutes of [0, 1441, 1.5, 'soon'])
        expect(fieldsOf(await tryToCreate({ logOutAfterMinutes }))).toEqual(['logOutAfterMinutes']);
      const [hasty, patient] = [
        await w.signedIn(user.userName, user.password),
        await w.signedIn(plain.userName, plain.password),
      ];
      const alive = async () => [
        (await hasty.request('GET', '/session')).status,
        (await patient.request('GET', '/session')).status,
      ];
      w.app.clock.advance(4 * 60);
      expect(await alive()).toEqual([200, 200]);
      w.app.clock.advance(4 * 60);
      expect(await alive()).toEqual([200, 200]);
      w.app.clock.advance(5 * 60 + 1);
      expect(await alive()).toEqual([401, 200]);
      for (const each of [administrator, root, ...admitted]) await each.signIn(each.userName, each.password);
    });

    it('"Summary E-mail Time: (Optional) Select the time at which the user will receive daily summary emails …"', async () => {
      expect((await w.show(administrator, (await create()).id)).summaryEmailTime).toBeNull();
      const { id } = await create({ summaryEmailTime: '08:30' });
      expect((await w.show(administrator, id)).summaryEmailTime).toBe('08:30');
      for (const summaryEmailTime of ['8:30', '24:00', 'noon'])
        expect(fieldsOf(await tryToCreate({ summaryEmailTime }))).toEqual(['summaryEmailTime']);
    });
  });

  describe('Creating a User', () => {
    it('"Organization Role: Select the user’s Organization role."', async () => {
      const { organizationRole: _, ...rest } = filledIn('users');
      const missing = await administrator.request('POST', `/organizations/${home.id}/users`, rest);
      expect(fieldsOf(missing)).toEqual(['organizationRole']);
      for (const organizationRole of ORGANIZATION_ROLES) {
        const { id } = await w.create(administrator, home, 'users', { organizationRole });
        expect(await w.show(administrator, id)).toMatchObject({ organizationRole });
      }
    });

    it('"If you selected a System role of Super User, only an Organization role of Organization Administrator will be available …"', async () => {
      for (const organizationRole of ORGANIZATION_ROLES) {
        const reply = await w.tryToCreate(root, home, 'users', {
          systemRole: 'Super User',
          organizationRole,
        });
        const isAvailable = organizationRole === 'Organization Administrator';
        expect([reply.status, fieldsOf(reply)], organizationRole).toEqual(
          isAvailable ? [201, []] : [400, ['organizationRole']],
        );
      }
      // It need not be said, and follows when the System role is changed.
      const { organizationRole: _, ...rest } = filledIn('users');
      const body = { ...rest, systemRole: 'Super User' };
      const made = await root.request('POST', `/organizations/${home.id}/users`, body);
      expect(made).toMatchObject({ status: 201, body: { organizationRole: 'Organization Administrator' } });
      const { id } = await w.create(root, home, 'users');
      const edited = await w.edit(root, id, { systemRole: 'Super User' });
      expect(edited.body.consequences).toMatchObject([{ code: 'organization_role_follows' }]);
      expect(await w.show(root, id)).toMatchObject({ organizationRole: 'Organization Administrator' });
      expect(fieldsOf(await w.edit(root, id, { organizationRole: 'Sharing User' }))).toEqual([
        'organizationRole',
      ]);
    });

    it('"The user’s first and last name will be displayed in areas of the Organization that log user activity …"', async () => {
      const user = await w.create(administrator, home, 'users', {
        firstName: 'Hedy',
        lastName: 'Lamarr',
        passwordResetRequired: false,
        organizationRole: 'Organization Administrator',
      });
      const session = await w.signedIn(user.userName, user.password);
      const name = fresh('Group');
      expect((await session.request('POST', `/organizations/${home.id}/groups`, { name })).status).toBe(201);
      const reader = await w.person(home, 'Read Only User', 'Read Only User');
      type Activity = { items: { who: string; targetName: string }[] };
      const path = `/organizations/${home.id}/activity`;
      const { body } = await reader.request<Activity>('GET', path);
      expect(body.items.find(({ targetName }) => targetName === name)).toMatchObject({ who: 'Hedy Lamarr' });
      const outsider = await w.administratorOf(w.elsewhere);
      expect((await outsider.request('GET', path)).status).toBe(404);
    });

    it('"… when a user no longer requires … access and the Administrator wishes to retain log integrity."', async () => {
      const user = await w.create(administrator, home, 'users', {
        firstName: 'Katherine',
        lastName: 'Johnson',
        passwordResetRequired: false,
        organizationRole: 'Organization Administrator',
      });
      const session = await w.signedIn(user.userName, user.password);
      const name = fresh('Group');
      expect((await session.request('POST', `/organizations/${home.id}/groups`, { name })).status).toBe(201);
      type Events = { items: Record<string, unknown>[] };
      const written = async () => {
        const log = await administrator.request<Events>('GET', `/organizations/${home.id}/audit?limit=1000`);
        const all = log.body.items.filter(({ actorAccountId }) => actorAccountId === user.id);
        const path = `/organizations/${home.id}/activity?limit=1000`;
        const activity = await administrator.request<Events>('GET', path);
        return [all, activity.body.items.find(({ targetName }) => targetName === name)];
      };
      const before = await written();
      expect(before).toMatchObject([
        [{ action: 'group.create', actorName: user.userName }, { action: 'session.create' }],
        { who: 'Katherine Johnson' },
      ]);
      expect((await w.edit(administrator, user.id, { disabled: true })).status).toBe(200);
      expect(await written()).toEqual(before);
      const verified = await root.request('POST', '/audit/verification', { organization: home.id });
      expect(verified).toMatchObject({ status: 200, body: { isIntact: true } });
    });
  });

  describe('Creating a Read-Only User', () => {
    it('"Read Only User accounts do not count against an Organization’s user license limits as long as the accounts have a System role of Read Only User."', async () => {
      const own = await w.newOrganization({ users: 1 });
      const by = await w.administratorOf(own);
      const readers = [
        await w.create(by, own, 'read-only-users'),
        await w.create(by, own, 'read-only-users', { organizationRole: 'Read Only Commenter' }),
      ] as const;
      expect(await w.seats(by, own)).toMatchObject({
        users: { used: 1, remaining: 0 },
        readOnlyUsers: { used: 2, canCreate: true },
      });
      // With another System role it is no longer one of them, and the seat gate says so.
      const [{ id }] = readers;
      expect((await w.edit(root, id, { systemRole: 'User' })).body.error).toMatchObject({
        code: 'limit_reached',
        limit: 'users',
      });
      expect((await w.limit(root, own, { users: 2 })).status).toBe(200);
      const changed = await w.edit(root, id, { systemRole: 'User' });
      expect(changed.body.consequences).toMatchObject([{ code: 'kind_changes' }, { code: 'seat_taken' }]);
      expect(await w.seats(by, own)).toMatchObject({ users: { used: 2 }, readOnlyUsers: { used: 1 } });
      const back = await w.edit(root, id, { systemRole: 'Read Only User' });
      expect(back.body.consequences).toMatchObject([{ code: 'kind_changes' }, { code: 'seat_freed' }]);
      expect(await w.seats(by, own)).toMatchObject({ users: { used: 1 }, readOnlyUsers: { used: 2 } });
    });

    it('"Creating Read Only User accounts requires a license that allows Read Only Users."', async () => {
      const user = await w.create(root, home, 'users');
      type Licence = { version: number; limits: Record<string, number> };
      const allow = async (readOnlyUsersAllowed: boolean) => {
        const { version, limits } = (await root.request<Licence>('GET', '/licence')).body;
        const body = { version, limits, apiUsersAllowed: true, readOnlyUsersAllowed };
        expect((await root.request('PUT', '/licence', body)).status).toBe(200);
      };
      await allow(false);
      try {
        for (const by of admitted)
          expect(codeOf(await w.tryToCreate(by, home, 'read-only-users')), by.name).toBe('limit_reached');
        // Nor by another way.
        const readOnly = { systemRole: 'Read Only User', organizationRole: 'Read Only User' };
        expect(codeOf(await w.tryToCreate(root, home, 'users', readOnly))).toBe('limit_reached');
        expect(codeOf(await w.edit(root, user.id, readOnly))).toBe('limit_reached');
        expect((await w.seats(administrator, home)).readOnlyUsers).toMatchObject({
          canCreate: false,
          whyNot: 'The licence of this instance does not allow read-only users.',
        });
        await w.create(administrator, home, 'users');
      } finally {
        await allow(true);
      }
      await w.create(administrator, home, 'read-only-users');
    });

    it('"Retain the default selection of Read Only User. Changing the selection will result in the creation of a different kind of user."', async () => {
      const own = await w.newOrganization({ users: 1 });
      const reader = await w.create(root, own, 'read-only-users');
      expect(reader.kind).toBe('read_only');
      const fields = { systemRole: 'User', organizationRole: 'Standard User' };
      const user = await w.create(root, own, 'read-only-users', fields);
      expect(user.kind).toBe('user');
      expect(await w.show(root, user.id)).toMatchObject({ kind: 'user', ...fields });
      expect((await w.seats(root, own)).users).toMatchObject({ used: 1, remaining: 0 });
      expect(codeOf(await w.tryToCreate(root, own, 'read-only-users', fields))).toBe('limit_reached');
      const by = await w.administratorOf(own);
      expect(fieldsOf(await w.tryToCreate(by, own, 'read-only-users', fields))).toEqual(['systemRole']);
    });

    it('"For Read Only Commenters, the user’s first and last name will be displayed in areas of the Organization that log user activity …"', async () => {
      const commenter = await w.create(administrator, home, 'read-only-users', {
        firstName: 'Rosalind',
        lastName: 'Franklin',
        passwordResetRequired: false,
        organizationRole: 'Read Only Commenter',
      });
      const session = await w.signedIn(commenter.userName, commenter.password);
      type Activity = { items: { who: string; action: string }[] };
      const path = `/organizations/${home.id}/activity`;
      const profile = { version: 1, timeZone: 'Europe/London' };
      expect((await session.request('PATCH', '/session/profile', profile)).status).toBe(200);
      const { body } = await administrator.request<Activity>('GET', path);
      const entry = body.items.find(({ who }) => who === 'Rosalind Franklin');
      expect(entry).toMatchObject({ action: 'account.profile' });
      expect(JSON.stringify(body)).not.toContain(`"who":"${commenter.userName}"`);
      const outsider = await w.administratorOf(w.elsewhere);
      expect((await outsider.request('GET', path)).status).toBe(404);
    });

    it('"Organization Role: Select an Organization role of Read Only User or Read Only Commenter."', async () => {
      for (const by of [administrator, root])
        for (const organizationRole of ORGANIZATION_ROLES) {
          const isOffered = organizationRole.startsWith('Read Only');
          const reply = await w.tryToCreate(by, home, 'read-only-users', { organizationRole });
          expect([reply.status, fieldsOf(reply)], organizationRole).toEqual(
            isOffered ? [201, []] : [400, ['organizationRole']],
          );
        }
      const { id } = await w.create(administrator, home, 'read-only-users');
      expect(await w.show(administrator, id)).toMatchObject({ organizationRole: 'Read Only User' });
      const raised = await w.edit(administrator, id, { organizationRole: 'Organization Administrator' });
      expect(fieldsOf(raised)).toEqual(['organizationRole']);
      expect((await w.edit(administrator, id, { organizationRole: 'Read Only Commenter' })).status).toBe(200);
    });
  });
});
