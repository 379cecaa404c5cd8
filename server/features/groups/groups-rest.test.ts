import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GroupDetails, GroupItem } from '../../../contract/groups.ts';
import { startServer } from '../../serving.ts';
import { newOrganization, newPersonWithPassword, type Person } from '../../testing/builders.ts';
import { restClient } from '../../testing/rest-client.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';

describe.each(ENGINES)('user groups over REST on %s', (engine) => {
  let app: TestApp;
  let server: Awaited<ReturnType<typeof startServer>>;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let other: Awaited<ReturnType<typeof newOrganization>>;
  const signedIn = async (person: Person, home: { id: number }) => {
    const someone = await newPersonWithPassword(app, person, home);
    const client = restClient(server.url);
    await client.signIn(someone.userName, someone.password);
    return { ...someone, request: client.request };
  };
  beforeAll(async () => {
    app = await openTestApp(engine);
    server = await startServer(app);
    organization = await newOrganization(app);
    other = await newOrganization(app);
  });
  afterAll(async () => {
    await server.close(1000);
    await app.close();
  });

  it('are created, listed, shown, changed and deleted by an Organization Administrator', async () => {
    const administrator = await signedIn('Organization Administrator', organization);
    const base = `/organizations/${organization.id}/groups`;
    const created = await administrator.request<GroupDetails>('POST', base, {
      name: 'Night shift',
      members: [administrator.accountId],
    });
    expect(created).toMatchObject({ status: 201, body: { version: 1, memberCount: 1 } });
    const path = `/groups/${created.body.id}`;
    expect((await administrator.request('GET', path)).body).toEqual(created.body);
    await administrator.request('POST', base, { name: 'Day shift' });
    const first = await administrator.request<{ items: GroupItem[]; next: string }>('GET', `${base}?limit=1`);
    expect(first.body.items.map(({ name }) => name)).toEqual(['Day shift']);
    const rest = await administrator.request<{ items: GroupItem[] }>(
      'GET',
      `${base}?limit=1&after=${first.body.next}`,
    );
    expect(rest.body).toMatchObject({ items: [{ name: 'Night shift' }], next: null });
    const found = await administrator.request<{ items: GroupItem[] }>('GET', `${base}?search=NIGHT`);
    expect(found.body.items.map(({ name }) => name)).toEqual(['Night shift']);
    const none = await administrator.request<{ items: GroupItem[] }>('GET', `${base}?search=%25`);
    expect(none.body.items).toEqual([]);
    const edited = await administrator.request('PATCH', path, { version: 1, description: 'Ten to six' });
    expect(edited).toMatchObject({ status: 200, body: { version: 2, description: 'Ten to six' } });
    expect((await administrator.request('PATCH', path, { version: 1, name: 'Late' })).status).toBe(409);
    expect((await administrator.request('PATCH', path, { name: 'Late' })).status).toBe(400);
    const members = await administrator.request('PUT', `${path}/members`, { version: 2, members: [] });
    expect(members).toMatchObject({ status: 200, body: { version: 3, members: [] } });
    expect((await administrator.request('DELETE', path)).status).toBe(204);
    expect((await administrator.request('GET', path)).status).toBe(404);
  });

  it('are seen by a Standard User of the organization, who changes nothing, and unknown to everybody else', async () => {
    const administrator = await signedIn('Organization Administrator', organization);
    const base = `/organizations/${organization.id}/groups`;
    const { body } = await administrator.request<GroupDetails>('POST', base, {
      name: 'Watch',
      members: [administrator.userName],
    });
    const path = `/groups/${body.id}`;
    const colleague = await signedIn('Standard User', organization);
    expect((await colleague.request('GET', path)).body).toMatchObject({
      members: [{ userName: administrator.userName, firstName: 'Some' }],
      abilities: { edit: false, setMembers: false, delete: false },
    });
    const stranger = await signedIn('Organization Administrator', other);
    const nobody = restClient(server.url);
    for (const [method, to, sent] of [
      ['GET', base, undefined],
      ['POST', base, { name: 'Mine' }],
      ['GET', path, undefined],
      ['PATCH', path, { version: 1, name: 'Mine' }],
      ['PUT', `${path}/members`, { version: 1, members: [] }],
      ['DELETE', path, undefined],
    ] as const) {
      expect((await nobody.request(method, to, sent)).status, `${method} ${to}`).toBe(401);
      expect((await stranger.request(method, to, sent)).status, `${method} ${to}`).toBe(404);
      expect((await colleague.request(method, to, sent)).status, `${method} ${to}`).toBe(
        method === 'GET' ? 200 : 403,
      );
    }
  });
});
