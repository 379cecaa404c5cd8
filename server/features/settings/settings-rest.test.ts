import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SETTING_NAMES, type Setting } from '../../../contract/settings.ts';
import { startServer } from '../../serving.ts';
import { newOrganization, newPersonWithPassword, type Person } from '../../testing/builders.ts';
import { type RestClient, restClient } from '../../testing/rest-client.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';

describe.each(ENGINES)('over REST on %s', (engine) => {
  let app: TestApp;
  let server: Awaited<ReturnType<typeof startServer>>;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let administrator: RestClient;
  const signedIn = async (person: Person) => {
    const someone = await newPersonWithPassword(app, person, organization);
    const client = restClient(server.url);
    await client.signIn(someone.userName, someone.password);
    return client;
  };
  beforeAll(async () => {
    app = await openTestApp(engine);
    server = await startServer(app);
    organization = await newOrganization(app);
    administrator = await signedIn('Administrator');
  });
  afterAll(async () => {
    await server.close(1000);
    await app.close();
  });

  it('system settings are listed, shown, set alone and together, and reset', async () => {
    const list = await administrator.request<{ items: Setting[] }>('GET', '/settings');
    expect(list.status).toBe(200);
    expect(list.body.items.map(({ name }) => name)).toEqual(SETTING_NAMES);
    const set = await administrator.request('PUT', '/settings/passwordHistory', { value: 5, version: 0 });
    expect(set).toMatchObject({ status: 200, body: { value: 5, version: 1, abilities: { edit: true } } });
    expect((await administrator.request('GET', '/settings/passwordHistory')).body).toEqual(set.body);
    const several = await administrator.request('PATCH', '/settings', {
      settings: [
        { name: 'passwordHistory', value: 6, version: 1 },
        { name: 'sessionIdleMinutes', value: 20, version: 0 },
      ],
    });
    expect(several).toMatchObject({ status: 200, body: { items: [{ value: 6 }, { value: 20 }] } });
    const reset = await administrator.request('DELETE', '/settings/passwordHistory?version=2');
    expect(reset).toMatchObject({ status: 200, body: { value: 0, isDefault: true, version: 3 } });
  });

  it.each([
    ['PUT', '/settings/nothing', { value: 1, version: 0 }, 404, 'not_found'],
    ['PUT', '/settings/tqlQueryTimeout', { value: 1, version: 0 }, 400, 'invalid_input'],
    ['PUT', '/settings/tqlQueryTimeout', { value: 200 }, 400, 'invalid_input'],
    ['PUT', '/settings/tqlQueryTimeout', { value: 200, version: 7 }, 409, 'stale'],
    ['PUT', '/settings/tqlQueryTimeout', { value: 200, version: 0, x: 1 }, 400, 'invalid_input'],
    ['DELETE', '/settings/tqlQueryTimeout', undefined, 400, 'invalid_input'],
  ])('%s %s with %j is answered with %s', async (method, path, body, status, code) => {
    const reply = await administrator.request<{ error: { code: string } }>(method, path, body);
    expect([reply.status, reply.body.error.code]).toEqual([status, code]);
  });

  it('the licence is shown and set, with the version that was seen', async () => {
    const { body } = await administrator.request<Record<string, unknown>>('GET', '/licence');
    const { version, limits } = body as { version: number; limits: object };
    const wanted = {
      version,
      limits: { ...limits, taxiiUsers: 7 },
      apiUsersAllowed: false,
      readOnlyUsersAllowed: true,
    };
    const set = await administrator.request('PUT', '/licence', wanted);
    expect(set).toMatchObject({
      status: 200,
      body: { version: version + 1, limits: { taxiiUsers: 7 }, apiUsersAllowed: false },
    });
    expect((await administrator.request('PUT', '/licence', wanted)).status).toBe(409);
    const { version: _, ...without } = wanted;
    expect((await administrator.request('PUT', '/licence', without)).status).toBe(400);
  });

  it('neither is anything for an Organization Administrator, nor for somebody who has not signed in', async () => {
    const nobody = restClient(server.url);
    const ordinary = await signedIn('Organization Administrator');
    for (const [method, path, body] of [
      ['GET', '/settings', undefined],
      ['GET', '/settings/passwordHistory', undefined],
      ['PUT', '/settings/passwordHistory', { value: 1, version: 3 }],
      ['PATCH', '/settings', { settings: [{ name: 'passwordHistory', value: 1, version: 3 }] }],
      ['DELETE', '/settings/passwordHistory?version=3', undefined],
      ['GET', '/licence', undefined],
      [
        'PUT',
        '/licence',
        {
          version: 2,
          limits: { users: 1, apiUsers: 1, taxiiUsers: 1 },
          apiUsersAllowed: true,
          readOnlyUsersAllowed: true,
        },
      ],
    ] as const) {
      expect((await nobody.request(method, path, body)).status, `${method} ${path}`).toBe(401);
      expect((await ordinary.request(method, path, body)).status, `${method} ${path}`).toBe(403);
    }
  });
});
