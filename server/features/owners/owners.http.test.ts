import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../../serving.ts';
import {
  giveCommunityRole,
  newOrganization,
  newPersonWithPassword,
  type Person,
} from '../../testing/builders.ts';
import { type RestClient, restClient } from '../../testing/rest-client.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { basic, newTaxiiUser } from '../../testing/test-server.ts';

type Answer = Record<string, never> & {
  id: number;
  version: number;
  name: string;
  items: { id: number; name: string; organization: { id: number } }[];
  next: string | null;
  error: { code: string };
};

describe.each(ENGINES)('owners over HTTP on %s', (engine) => {
  let app: TestApp;
  let server: Awaited<ReturnType<typeof startServer>>;
  let home: Awaited<ReturnType<typeof newOrganization>>;
  let operations: RestClient;
  let administrator: RestClient;
  beforeAll(async () => {
    app = await openTestApp(engine);
    server = await startServer(app);
    home = await newOrganization(app);
    operations = await signedIn('Operations Administrator', await newOrganization(app));
    administrator = await signedIn('Organization Administrator', await newOrganization(app));
  });
  afterAll(async () => {
    await server.close(1000);
    await app.close();
  });

  async function signedIn(
    person: Person,
    organization: { id: number },
  ): Promise<RestClient & { id: number }> {
    const someone = await newPersonWithPassword(app, person, organization);
    const client = restClient(server.url);
    await client.signIn(someone.userName, someone.password);
    return Object.assign(client, { id: someone.accountId });
  }

  it('an organization is created, shown, edited, limited, disabled and deleted', async () => {
    const created = await operations.request<Answer>('POST', '/organizations', { name: 'Acme Power' });
    expect(created.status).toBe(201);
    const path = `/organizations/${created.body.id}`;
    const shown = await operations.request<Answer>('GET', path);
    expect(shown.body).toMatchObject({ name: 'Acme Power', version: 1, limits: { users: 10 } });
    const renamed = await operations.request('PATCH', path, { version: 1, name: 'Acme Energy' });
    expect(renamed).toMatchObject({ status: 200, body: { name: 'Acme Energy', version: 2 } });
    expect(await operations.request('PATCH', path, { version: 1, name: 'Late' })).toMatchObject({
      status: 409,
      body: { error: { code: 'stale', version: 2 } },
    });
    expect((await operations.request('PATCH', path, { name: 'No version' })).status).toBe(400);
    expect((await operations.request('PATCH', path, { version: 2, name: 'X', rank: 1 })).status).toBe(400);
    expect((await operations.request('PATCH', path, { version: 2 })).status).toBe(400);
    const limited = await operations.request('PUT', `${path}/limits`, { version: 2, limits: { users: 4 } });
    expect(limited.body).toMatchObject({ limits: { users: 4 }, version: 3 });
    const disabled = await operations.request('PUT', `${path}/permissions`, { version: 3, disabled: true });
    expect(disabled.body).toMatchObject({ disabled: true, version: 4 });
    expect((await operations.request('GET', `${path}/seats`)).body).toMatchObject({
      users: { used: 0, max: 4, raisedBy: ['Administrator', 'Operations Administrator'] },
    });
    const listed = await operations.request<Answer>('GET', '/organizations?search=acme&limit=5&sort=-name');
    expect(listed.body.items.map((item) => item.name)).toEqual(['Acme Energy']);
    expect(await operations.request('DELETE', path)).toMatchObject({ status: 204, body: undefined });
    expect((await operations.request('GET', path)).status).toBe(404);
  });

  it.each(['communities', 'sources'])('%s are administered with members and roles', async (plural) => {
    const name = `Exchange ${plural}`;
    const created = await operations.request<Answer>('POST', `/${plural}`, { name, anonymous: false });
    expect(created.status).toBe(201);
    const path = `/${plural}/${created.body.id}`;
    const edited = await operations.request('PATCH', path, { version: 1, description: 'Who shares' });
    expect(edited).toMatchObject({ status: 200, body: { description: 'Who shares', version: 2 } });
    const member = `${path}/members/${home.id}`;
    expect(await operations.request('PUT', member, { defaultRole: 'User' })).toMatchObject({
      status: 200,
      body: { organization: { id: home.id }, defaultRole: 'User' },
    });
    expect((await operations.request<Answer>('GET', `${path}/members`)).body.items).toHaveLength(1);
    const account = home.administrator.accountId;
    const role = await operations.request('PUT', `${path}/accounts/${account}`, { role: 'Editor' });
    expect(role).toMatchObject({ status: 200, body: { id: account, role: 'Editor', individual: true } });
    const accounts = await operations.request<Answer>('GET', `${path}/accounts?organization=${home.id}`);
    expect(accounts.body.items.map((item) => item.id)).toContain(account);
    const roles = await operations.request<Answer>('GET', `/accounts/${account}/community-roles`);
    expect(roles.body.items).toContainEqual(
      expect.objectContaining({ role: 'Editor', organizationDefault: 'User' }),
    );
    expect((await operations.request('DELETE', `${path}/accounts/${account}`)).status).toBe(204);
    expect(await operations.request('DELETE', path)).toMatchObject({
      status: 409,
      body: { error: { code: 'conflict', obstacles: { members: 1 } } },
    });
    expect((await operations.request('DELETE', member)).status).toBe(204);
    expect((await operations.request('DELETE', path)).status).toBe(204);
    const other = plural === 'communities' ? 'sources' : 'communities';
    expect((await operations.request('GET', `/${other}/${created.body.id}`)).status).toBe(404);
  });

  it('item 76: every id of another organization, or of a community without one’s role, is answered with 404', async () => {
    const community = await operations.request<Answer>('POST', '/communities', { name: 'Hidden' });
    const source = await operations.request<Answer>('POST', '/sources', { name: 'Hidden too' });
    await operations.request('PUT', `/communities/${community.body.id}/members/${home.id}`, {
      defaultRole: 'User',
    });
    const account = home.administrator.accountId;
    const requests: [method: string, path: string, body?: unknown][] = [
      ['GET', `/organizations/${home.id}`],
      ['PATCH', `/organizations/${home.id}`, { version: 1, name: 'Mine' }],
      ['DELETE', `/organizations/${home.id}`],
      ['PUT', `/organizations/${home.id}/limits`, { version: 1, limits: { users: 99 } }],
      ['PUT', `/organizations/${home.id}/permissions`, { version: 1, disabled: true }],
      ['GET', `/organizations/${home.id}/seats`],
      ['GET', `/accounts/${account}/community-roles`],
    ];
    for (const path of [`/communities/${community.body.id}`, `/sources/${source.body.id}`])
      requests.push(
        ['GET', path],
        ['PATCH', path, { version: 1, anonymous: false }],
        ['DELETE', path],
        ['GET', `${path}/members`],
        ['PUT', `${path}/members/${home.id}`, { defaultRole: 'Director' }],
        ['DELETE', `${path}/members/${home.id}`],
        ['GET', `${path}/accounts`],
        ['PUT', `${path}/accounts/${account}`, { role: 'Banned' }],
        ['DELETE', `${path}/accounts/${account}`],
      );
    for (const [method, path, body] of requests) {
      const reply = await administrator.request<Answer>(method, path, body);
      expect([method, path, reply.status]).toEqual([method, path, 404]);
      expect(JSON.stringify(reply.body)).not.toMatch(/Hidden|Organization \d/);
      const anonymous = await restClient(server.url).request(method, path, body);
      expect([method, path, anonymous.status]).toEqual([method, path, 401]);
    }
    for (const list of ['/communities', '/sources'])
      expect((await administrator.request<Answer>('GET', list)).body.items).toEqual([]);
    expect((await administrator.request<Answer>('GET', '/organizations')).body.items).toHaveLength(1);
    expect((await administrator.request('POST', '/communities', { name: 'Mine' })).status).toBe(403);
    expect((await administrator.request('POST', '/organizations', { name: 'Mine' })).status).toBe(403);
  });

  it('a Director administers the members over HTTP, by pseudonym while profile anonymity is on', async () => {
    const community = await operations.request<Answer>('POST', '/communities', { name: 'Anonymous' });
    const path = `/communities/${community.body.id}`;
    await operations.request('PUT', `${path}/members/${home.id}`, { defaultRole: 'User' });
    const director = await signedIn('Standard User', await newOrganization(app));
    await giveCommunityRole(app, { accountId: director.id }, community.body, 'Director');
    const accounts = await director.request<Answer>('GET', `${path}/accounts`);
    expect(accounts.status).toBe(200);
    expect(accounts.body.items.length).toBeGreaterThan(0);
    expect(JSON.stringify(accounts.body)).not.toMatch(/@|Some|Body/);
    const { pseudonym: account } = await app.db.read
      .selectFrom('accounts')
      .select('pseudonym')
      .where('id', '=', home.administrator.accountId)
      .executeTakeFirstOrThrow();
    const byId = `${path}/accounts/${home.administrator.accountId}`;
    expect((await director.request('PUT', byId, { role: 'Banned' })).status).toBe(404);
    const banned = await director.request('PUT', `${path}/accounts/${account}`, { role: 'Banned' });
    expect(banned).toMatchObject({ status: 200, body: { id: null, pseudonym: account, role: 'Banned' } });
    expect((await director.request('DELETE', `${path}/accounts/${account}`)).status).toBe(204);
    const other = await newOrganization(app);
    const add = (name: string | number) =>
      director.request<Answer>('PUT', `${path}/members/${encodeURIComponent(name)}`, { defaultRole: 'User' });
    expect((await add(other.id)).status).toBe(404);
    const added = await add(other.name);
    expect(added).toMatchObject({ status: 200, body: { organization: { id: other.id } } });
    expect((await add(other.id)).status).toBe(200);
    expect((await director.request('PATCH', path, { version: 1, anonymous: false })).body).toMatchObject({
      error: { code: 'forbidden', problems: [{ path: 'anonymous' }] },
    });
    expect((await director.request('DELETE', path)).status).toBe(403);
  });

  it('a deleted organization’s collection is gone for every TAXII client, by id and by name', async () => {
    const created = await operations.request<Answer & { collectionId: string }>('POST', '/communities', {
      name: 'Vanishing',
    });
    const { id, collectionId } = created.body;
    const member = `/communities/${id}/members/${home.id}`;
    await operations.request('PUT', member, { defaultRole: 'User' });
    const user = await newTaxiiUser(app, { userName: 'poller', organization: home.name });
    const get = async (path: string) =>
      await fetch(`${server.url}/intel/collections/${path}`, {
        headers: { Authorization: basic(user), Accept: 'application/taxii+json;version=2.1' },
      });
    for (const name of [collectionId, 'Vanishing']) expect((await get(`${name}/objects/`)).status).toBe(200);
    await operations.request('DELETE', member);
    for (const name of [collectionId, 'Vanishing']) expect((await get(`${name}/objects/`)).status).toBe(404);
    expect((await operations.request('DELETE', `/communities/${id}`)).status).toBe(204);
    for (const name of [collectionId, 'Vanishing', encodeURIComponent(`/${id}`)])
      expect((await get(`${name}/objects/`)).status).toBe(404);
    expect(await (await get('')).text()).not.toContain(collectionId);
  });
});
