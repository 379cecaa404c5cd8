import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ORGANIZATION_ROLES, SYSTEM_ROLES } from '../../contract/roles.ts';
import { createUserGroup } from '../../server/features/groups/groups.service.ts';
import { asCaller, everythingStored, fresh } from '../../server/testing/accounts.ts';
import { ENGINES } from '../../server/testing/test-app.ts';
import { ADMITTED, type Articles, codeOf, fieldsOf, filledIn, openArticles, type Person } from './world.ts';

const DAY_MS = 86_400_000;
const RESERVED_TO = ['Administrator', 'Operations Administrator'];

/** The article on user accounts: the form of an API user. Each title is a sentence of it, shortened; docs/CONTRACT.md lists them. */
describe.each(ENGINES)('creating an API user on %s', (engine) => {
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

  const create = (fields: Record<string, unknown> = {}, by = administrator) =>
    w.create(by, home, 'api-users', fields);
  const tryToCreate = (fields: Record<string, unknown> = {}, by = administrator) =>
    w.tryToCreate(by, home, 'api-users', fields);
  /** The form with this field left out. */
  const without = async (field: string) => {
    const { [field]: _, ...rest } = filledIn('api-users');
    return await administrator.request('POST', `/organizations/${home.id}/api-users`, rest);
  };
  const isMeant = (by: Person) => RESERVED_TO.includes(by.name.split(',')[0] ?? '');

  it('"First Name: Enter the API user’s first name."', async () => {
    expect(fieldsOf(await without('firstName'))).toEqual(['firstName']);
    const { id } = await create({ firstName: 'Nightly' });
    expect(await w.show(administrator, id)).toMatchObject({ firstName: 'Nightly' });
    expect(fieldsOf(await tryToCreate({ firstName: ' ' }))).toEqual(['firstName']);
  });

  it('"Last Name: Enter the API user’s last name."', async () => {
    expect(fieldsOf(await without('lastName'))).toEqual(['lastName']);
    const { id } = await create({ lastName: 'Export' });
    expect(await w.show(administrator, id)).toMatchObject({ lastName: 'Export' });
  });

  it('"The API user’s first and last name will be displayed in areas of the Organization that log user activity …"', async () => {
    const { id } = await create({
      firstName: 'Nightly',
      lastName: 'Export',
      organizationRole: 'Organization Administrator',
    });
    const name = fresh('Group');
    await createUserGroup(w.app, await asCaller(w.app, id), { organization: home.id, name });
    const reader = await w.person(home, 'Read Only User', 'Read Only User');
    type Activity = { items: { who: string; targetName: string }[] };
    const path = `/organizations/${home.id}/activity`;
    const entry = async () => {
      const { body } = await reader.request<Activity>('GET', path);
      return body.items.find(({ targetName }) => targetName === name);
    };
    expect(await entry()).toMatchObject({ who: 'Nightly Export' });
    // It stays so when the account is gone.
    expect((await w.remove(administrator, id)).status).toBe(200);
    expect(await entry()).toMatchObject({ who: 'Nightly Export' });
    const outsider = await w.administratorOf(w.elsewhere);
    expect((await outsider.request('GET', path)).status).toBe(404);
    expect((await w.nobody.request('GET', path)).status).toBe(401);
  });

  it('"Available System roles for API users include the following: … Api User … Exchange Admin"', async () => {
    for (const systemRole of SYSTEM_ROLES) {
      const isOffered = systemRole === 'Api User' || systemRole === 'Exchange Admin';
      const reply = await tryToCreate({ systemRole }, root);
      expect([reply.status, fieldsOf(reply)], systemRole).toEqual(
        isOffered ? [201, []] : [400, ['systemRole']],
      );
      if (isOffered) expect((await w.show(root, Number(reply.body.id))).systemRole).toBe(systemRole);
    }
  });

  it('"The System Role dropdown is available only when the user creating the account has a System role of Operations Administrator or Administrator."', async () => {
    for (const by of admitted)
      for (const systemRole of ['Api User', 'Exchange Admin']) {
        const reply = await tryToCreate({ systemRole }, by);
        if (isMeant(by)) expect(reply.status, by.name).toBe(201);
        else expect([codeOf(reply), fieldsOf(reply)], by.name).toEqual(['forbidden', ['systemRole']]);
        const { id } = await create();
        const edited = await w.edit(by, id, { systemRole });
        expect(edited.status, by.name).toBe(isMeant(by) ? 200 : 403);
        expect((await w.show(by, id)).abilities.chooseSystemRole, by.name).toBe(isMeant(by));
      }
  });

  it('"If the dropdown is not available, a System role of Api User will be assigned to the API user automatically."', async () => {
    for (const by of admitted) {
      const { id } = await create({}, by);
      expect((await w.show(root, id)).systemRole, by.name).toBe('Api User');
    }
  });

  it('"Select the API user’s Organization role."', async () => {
    expect(fieldsOf(await without('organizationRole'))).toEqual(['organizationRole']);
    for (const organizationRole of ORGANIZATION_ROLES) {
      const { id } = await create({ organizationRole });
      expect(await w.show(administrator, id)).toMatchObject({ organizationRole });
    }
    expect(fieldsOf(await tryToCreate({ organizationRole: 'King' }))).toEqual(['organizationRole']);
  });

  it('"Token Expiration (days): (Optional) Enter the number of days until the API user’s token will expire."', async () => {
    const user = await create({ tokenExpirationDays: 30 });
    const { credentials } = await w.show(administrator, user.id);
    const expected = Date.now() + 30 * DAY_MS;
    for (const text of [user.tokenExpiresAt, credentials.find(({ kind }) => kind === 'api_token')?.expiresAt])
      expect(Math.abs(Date.parse(String(text)) - expected)).toBeLessThan(60_000);
    for (const days of [0, -1, 1.5, 3651, '30', null])
      expect(fieldsOf(await tryToCreate({ tokenExpirationDays: days }))).toEqual(['tokenExpirationDays']);
  });

  it('"… you must click SAVE USER AND GENERATE TOKEN to create the API user’s account and token."', async () => {
    const plain = await create();
    expect(plain).not.toHaveProperty('token');
    expect(plain.tokenExpiresAt).toBeNull();
    const kinds = async (id: number) => (await w.show(administrator, id)).credentials.map(({ kind }) => kind);
    expect(await kinds(plain.id)).toEqual(['secret_key']);
    const user = await create({ tokenExpirationDays: 1 });
    expect(user.token).toMatch(/^txwt_[A-Za-z0-9_-]{32}[0-9a-f]{8}$/);
    expect((await kinds(user.id)).toSorted()).toEqual(['api_token', 'secret_key']);
    // The token is shown this once, and a new one can be made later by those who may edit the account.
    expect(await everythingStored(w.app)).not.toContain(user.token);
    const path = `/accounts/${plain.id}/credentials`;
    const wanted = { credential: 'api_token', expirationDays: 7 };
    const later = await administrator.request<{ token: string }>('POST', path, wanted);
    expect([later.status, later.body.token.slice(0, 5)]).toEqual([201, 'txwt_']);
    const member = await w.person(home, 'User', 'App Developer');
    expect((await member.request('POST', path, wanted)).status).toBe(404);
  });

  it('"Disabled: (Optional) Leave this checkbox cleared. When editing an existing API user, you can select this checkbox to disable the API user’s account …"', async () => {
    const { id } = await create();
    expect(await w.show(administrator, id)).toMatchObject({ disabled: false, status: { state: 'active' } });
    const edited = await w.edit(administrator, id, { disabled: true });
    expect(edited).toMatchObject({ status: 200, body: { consequences: [{ code: 'credentials_stop' }] } });
    expect(await w.show(administrator, id)).toMatchObject({ disabled: true, status: { state: 'disabled' } });
    // It cannot act any more, and what it has is kept for the day when it is enabled.
    await expect(asCaller(w.app, id)).rejects.toThrow();
    expect((await w.edit(administrator, id, { disabled: false })).status).toBe(200);
    expect((await asCaller(w.app, id)).accountId).toBe(id);
    expect((await w.show(administrator, id)).credentials).toHaveLength(1);
  });

  it('"… when the API user no longer requires … access and the Administrator wishes to retain log integrity."', async () => {
    const { id, accessId } = await create({ organizationRole: 'Organization Administrator' });
    const name = fresh('Group');
    await createUserGroup(w.app, await asCaller(w.app, id), { organization: home.id, name });
    const log = async () => {
      const path = `/organizations/${home.id}/audit?limit=1000`;
      const { body } = await administrator.request<{ items: Record<string, unknown>[] }>('GET', path);
      return body.items.filter((item) => item.actorAccountId === id || item.targetId === String(id));
    };
    const before = await log();
    expect(before.map(({ action }) => action)).toEqual(['group.create', 'apiUser.create']);
    expect((await w.edit(administrator, id, { disabled: true })).status).toBe(200);
    expect((await log()).slice(1)).toEqual(before);
    expect((await log())[1]).toMatchObject({ actorName: accessId, actorAccountId: id });
    const verified = await root.request('POST', '/audit/verification', { organization: home.id });
    expect(verified).toMatchObject({ status: 200, body: { isIntact: true } });
  });

  it('"Include in Observations and False Positives: (Optional) …"', async () => {
    const plain = await create();
    expect(await w.show(administrator, plain.id)).toMatchObject({ includeInObservations: false });
    const { id } = await create({ includeInObservations: true });
    expect(await w.show(administrator, id)).toMatchObject({ includeInObservations: true });
    expect((await w.edit(administrator, id, { includeInObservations: false })).status).toBe(200);
    expect(await w.show(administrator, id)).toMatchObject({ includeInObservations: false });
    const reply = await w.tryToCreate(root, home, 'users', { includeInObservations: true });
    expect(codeOf(reply)).toBe('invalid_input');
  });

  it('"Allow User to Exceed API Link Limit: (Optional) …"', async () => {
    const plain = await create();
    expect(await w.show(administrator, plain.id)).toMatchObject({ exceedApiLinkLimit: false });
    const { id } = await create({ exceedApiLinkLimit: true });
    expect(await w.show(administrator, id)).toMatchObject({ exceedApiLinkLimit: true });
    expect((await w.edit(administrator, id, { exceedApiLinkLimit: false })).status).toBe(200);
    expect(await w.show(administrator, id)).toMatchObject({ exceedApiLinkLimit: false });
    const reply = await w.tryToCreate(root, home, 'users', { exceedApiLinkLimit: true });
    expect(codeOf(reply)).toBe('invalid_input');
  });

  it('"Custom TQL Timeout: (Optional) Select the checkbox to override the system-level … query timeout for the API user …"', async () => {
    const plain = await create({}, root);
    expect(await w.show(root, plain.id)).toMatchObject({ customTqlTimeoutMs: null });
    const { id } = await create({ customTqlTimeoutMs: 5000 }, root);
    expect(await w.show(root, id)).toMatchObject({ customTqlTimeoutMs: 5000 });
    for (const customTqlTimeoutMs of [0, 99, 3_600_001, 1.5])
      expect(fieldsOf(await tryToCreate({ customTqlTimeoutMs }, root))).toEqual(['customTqlTimeoutMs']);
    expect((await w.edit(root, id, { customTqlTimeoutMs: null })).status).toBe(200);
    expect(await w.show(root, id)).toMatchObject({ customTqlTimeoutMs: null });
  });

  it('"The Custom TQL Timeout checkbox will be available only when the user creating the account has a System role of Operations Administrator or Administrator."', async () => {
    const { id } = await create();
    for (const by of admitted) {
      const reply = await tryToCreate({ customTqlTimeoutMs: 5000 }, by);
      if (isMeant(by)) expect(reply.status, by.name).toBe(201);
      else expect([codeOf(reply), fieldsOf(reply)], by.name).toEqual(['forbidden', ['customTqlTimeoutMs']]);
      const edited = await w.edit(by, id, { customTqlTimeoutMs: 6000 });
      expect(edited.status, by.name).toBe(isMeant(by) ? 200 : 403);
      expect((await w.show(by, id)).abilities.setTqlTimeout, by.name).toBe(isMeant(by));
    }
  });

  it('"… record the Secret Key, as it will not be accessible after the API User Administration window is closed."', async () => {
    const user = await create({ tokenExpirationDays: 1 });
    expect(user.accessId).toMatch(/^[1-9]\d{19}$/);
    expect(user.secretKey).toMatch(/^[A-Za-z0-9_-]{64}$/);
    expect((await create()).secretKey).not.toBe(user.secretKey);
    for (const by of [administrator, root])
      for (const path of [
        `/accounts/${user.id}`,
        `/organizations/${home.id}/accounts?search=${user.accessId}`,
        `/organizations/${home.id}/audit?limit=1000`,
        `/accounts/${user.id}/deletion`,
      ]) {
        const { status, body } = await by.request('GET', path);
        expect(status, path).toBe(200);
        const text = JSON.stringify(body);
        expect(text, path).toContain(user.accessId);
        for (const secret of [user.secretKey, user.token]) expect(text, path).not.toContain(secret);
      }
    const stored = await everythingStored(w.app);
    for (const secret of [user.secretKey, user.token]) {
      expect(stored).not.toContain(secret);
      expect(w.app.logged.join('\n')).not.toContain(secret);
    }
    // Whoever has lost it makes another one.
    const path = `/accounts/${user.id}/credentials`;
    const renewed = await administrator.request<{ secretKey: string }>('POST', path, {
      credential: 'secret_key',
    });
    expect(renewed.status).toBe(201);
    expect(renewed.body.secretKey).not.toBe(user.secretKey);
  });
});
