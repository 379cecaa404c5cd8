import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../http/server.ts';
import { startServer } from '../../serving.ts';
import { newOrganization, newPersonWithPassword } from '../../testing/builders.ts';
import { type RestClient, restClient } from '../../testing/rest-client.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { basic } from '../../testing/test-server.ts';

describe.each(ENGINES)('an Organization Administrator over REST on %s', (engine) => {
  let app: TestApp;
  let server: RunningServer;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let rest: RestClient;
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app, { users: 10, apiUsers: 1, taxiiUsers: 2 });
    server = await startServer(app);
    const person = await newPersonWithPassword(app, 'Organization Administrator', organization);
    rest = restClient(server.url);
    await rest.signIn(person.userName, person.password);
  });
  afterAll(async () => {
    await server?.close(500);
    await app?.close();
  });

  const post = async (path: string, body: unknown) =>
    await rest.request('POST', `/organizations/${organization.id}/${path}`, body);

  it('hands a firewall its TAXII credentials, which work at once and end with the account', async () => {
    const { status, body } = await post('taxii-users', { userName: 'firewall' });
    expect(status).toBe(201);
    expect(body).toMatchObject({ userName: 'firewall', organizationRole: 'Standard User' });
    const password = String(body.password);
    const pull = async () =>
      await fetch(`${server.url}/intel/collections/`, {
        headers: {
          Accept: 'application/taxii+json;version=2.1',
          Authorization: basic({ userName: 'firewall', password }),
        },
      });
    expect((await pull()).status).toBe(200);
    const { body: details } = await rest.request('GET', `/accounts/${body.id}`);
    expect(JSON.stringify(details)).not.toContain(password);
    const stale = await rest.request('PATCH', `/accounts/${body.id}`, { version: 99, disabled: true });
    expect(stale).toMatchObject({
      status: 409,
      body: { error: { code: 'stale', version: details.version } },
    });
    const { version } = details;
    const preview = await rest.request('POST', `/accounts/${body.id}/preview`, { version, disabled: true });
    expect(preview.body.consequences).toMatchObject([{ code: 'credentials_stop' }]);
    expect((await pull()).status).toBe(200);
    const edit = await rest.request<{ version: number }>('PATCH', `/accounts/${body.id}`, {
      version,
      disabled: true,
    });
    expect(edit.status).toBe(200);
    expect((await pull()).status).toBe(401);
    const gone = await rest.request('POST', `/accounts/${body.id}/deletion`, { version: edit.body.version });
    expect(gone).toMatchObject({ status: 200, body: { userName: 'firewall', passedOn: [] } });
    expect((await rest.request('GET', `/accounts/${body.id}`)).status).toBe(404);
  });

  it('creates people and API users within the limits, and is told of every wrong field at once', async () => {
    const user = await post('users', {
      email: 'new@example.com',
      firstName: 'New',
      lastName: 'User',
      organizationRole: 'Standard User',
    });
    expect(user.status).toBe(201);
    expect(user.headers.get('cache-control')).toBe('no-store');
    const api = { firstName: 'A', lastName: 'B', organizationRole: 'Standard User', tokenExpirationDays: 30 };
    const created = await post('api-users', api);
    expect(created.body.accessId).toMatch(/^\d{20}$/);
    expect(created.body.token).toMatch(/^txwt_[A-Za-z0-9_-]{32}[0-9a-f]{8}$/);
    expect(await post('api-users', api)).toMatchObject({
      status: 409,
      body: { error: { code: 'limit_reached', limit: 'apiUsers', max: 1 } },
    });
    const wrong = await post('users', { email: 'x', firstName: '', organizationRole: 'King', colour: 1 });
    const problems = (wrong.body.error as { problems: { path: string }[] }).problems.map(({ path }) => path);
    expect(wrong.status).toBe(400);
    expect(problems.toSorted()).toEqual(['colour', 'email', 'firstName', 'lastName', 'organizationRole']);
  });

  it('"The System Role dropdown will be available only when the user creating the account has a System role of Administrator or Operations Administrator."', async () => {
    const refused = await post('users', {
      email: 'boss@example.com',
      firstName: 'B',
      lastName: 'O',
      organizationRole: 'Standard User',
      systemRole: 'Administrator',
      customTqlTimeoutMs: 5000,
      termsOfServiceAcceptanceRequired: true,
    });
    expect(refused.status).toBe(403);
    const { problems } = refused.body.error as { problems: { path: string }[] };
    expect(problems.map(({ path }) => path).toSorted()).toEqual([
      'customTqlTimeoutMs',
      'systemRole',
      'termsOfServiceAcceptanceRequired',
    ]);
  });

  it('locks a firewall down, whose key ends at once, and reads of it in the trail about it', async () => {
    const { body: made } = await post('taxii-users', { userName: 'stolen', apiKey: true });
    const pull = async () =>
      await fetch(`${server.url}/intel/collections/`, {
        headers: {
          Accept: 'application/taxii+json;version=2.1',
          Authorization: basic({ userName: 'stolen', password: String(made.password) }),
        },
      });
    expect((await pull()).status).toBe(200);
    const path = `/accounts/${made.id}`;
    const { body: details } = await rest.request<{ version: number }>('GET', path);
    const refused = await rest.request('POST', `${path}/lockdown`, { version: details.version });
    expect(refused).toMatchObject({ status: 400, body: { error: { problems: [{ path: 'reason' }] } } });
    const body = { version: details.version, reason: 'key found in a public repository' };
    const done = await rest.request('POST', `${path}/lockdown`, body);
    expect(done).toMatchObject({
      status: 200,
      body: {
        userName: 'stolen',
        letBackInBy: 'credential',
        ended: { credentials: [{ kind: 'password' }, { kind: 'api_key' }] },
      },
    });
    expect((await pull()).status).toBe(401);
    const { body: after } = await rest.request<{ version: number }>('GET', path);
    expect(after).toMatchObject({ disabled: true, credentials: [], abilities: { lockdown: true } });
    await rest.request('PATCH', path, { version: after.version, disabled: false });
    expect((await pull()).status).toBe(401);
    type Trail = { items: { action: string; details: object }[] };
    const about = `/organizations/${organization.id}/audit?about=${made.id}`;
    const { body: trail } = await rest.request<Trail>('GET', about);
    // Failed and right sign-ins are told, too: it is what the account did.
    expect(trail.items.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['account.enable', 'account.lockdown', 'taxiiUser.create', 'authenticate']),
    );
    expect(trail.items.find(({ action }) => action === 'account.lockdown')?.details).toMatchObject({
      reason: body.reason,
    });
    const twice = await rest.request('GET', `${about}&actorId=${made.id}`);
    expect(twice).toMatchObject({ status: 400, body: { error: { problems: [{ path: 'about' }] } } });
  });

  it('is told what needs attention, in terms of the list', async () => {
    type Told = { seats: object[]; neverUsed: { count: number; query: Record<string, string> } };
    const { status, body } = await rest.request<Told>('GET', `/organizations/${organization.id}/attention`);
    expect(status).toBe(200);
    expect(body.seats).toContainEqual(expect.objectContaining({ limit: 'apiUsers', used: 1, max: 1 }));
    const query = new URLSearchParams(body.neverUsed.query).toString();
    expect(query).toBe('state=active&neverUsed=true&unusedForDays=14');
    const listed = await rest.request<{ items: object[] }>(
      'GET',
      `/organizations/${organization.id}/accounts?${query}`,
    );
    expect(listed).toMatchObject({ status: 200, body: { items: [] } });
    expect((await rest.request('GET', '/attention')).status).toBe(403);
  });

  it('sees the membership of the own organization, page by page, and no other', async () => {
    const page = await rest.request<{ items: unknown[]; next: string }>(
      'GET',
      `/organizations/${organization.id}/accounts?limit=1&sort=-name`,
    );
    expect(page.body.items).toHaveLength(1);
    expect(page.body.next).toEqual(expect.any(String));
    const other = await newOrganization(app);
    expect((await rest.request('GET', `/organizations/${other.id}/accounts`)).status).toBe(404);
    expect((await rest.request('GET', '/accounts')).status).toBe(403);
  });
});
