import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CollectionItem } from '../../../contract/collections.ts';
import type { ChangedTaxiiService, TaxiiServiceItem } from '../../../contract/taxii-services.ts';
import { startServer } from '../../serving.ts';
import { newOrganization, newPersonWithPassword, type Person } from '../../testing/builders.ts';
import { restClient } from '../../testing/rest-client.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { newTaxiiUser } from '../../testing/test-server.ts';

describe.each(ENGINES)('over REST on %s', (engine) => {
  let app: TestApp;
  let server: Awaited<ReturnType<typeof startServer>>;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  const signedIn = async (person: Person, home: { id: number } = organization) => {
    const someone = await newPersonWithPassword(app, person, home);
    const client = restClient(server.url);
    await client.signIn(someone.userName, someone.password);
    return { ...someone, request: client.request };
  };
  beforeAll(async () => {
    app = await openTestApp(engine);
    server = await startServer(app);
    organization = await newOrganization(app);
  });
  afterAll(async () => {
    await server.close(1000);
    await app.close();
  });

  it('TAXII services are created, listed, shown, configured and deleted by an Administrator', async () => {
    const administrator = await signedIn('Administrator');
    const created = await administrator.request<ChangedTaxiiService>('POST', '/taxii-services', {
      name: 'Partner feed',
      path: 'partners/feed',
      organizations: [organization.id],
    });
    expect(created).toMatchObject({
      status: 201,
      body: { version: 1, responsible: { id: administrator.accountId }, warnings: [] },
    });
    const path = `/taxii-services/${created.body.id}`;
    const { warnings: _, ...service } = created.body;
    expect((await administrator.request('GET', path)).body).toEqual(service);
    const list = await administrator.request<{ items: TaxiiServiceItem[] }>(
      'GET',
      `/taxii-services?sort=-id&limit=1&organization=${organization.id}`,
    );
    expect(list.body).toMatchObject({ items: [service], next: expect.any(String) });
    const user = await newTaxiiUser(app, {
      userName: 'siem',
      organization: organization.name,
      service: 'partners/feed',
    });
    const changes = { path: 'partners/other', organizations: null };
    const edited = await administrator.request<ChangedTaxiiService>('PATCH', path, { version: 1, changes });
    expect(edited).toMatchObject({
      status: 200,
      body: { version: 2, path: 'partners/other', allOrganizations: true },
    });
    expect(edited.body.warnings).toHaveLength(1);
    expect((await administrator.request('PATCH', path, { version: 1, changes })).status).toBe(409);
    expect((await administrator.request('PATCH', path, { changes })).status).toBe(400);
    const refused = await administrator.request('DELETE', path);
    expect(refused).toMatchObject({ status: 409, body: { error: { code: 'conflict', taxiiUsers: 1 } } });
    await app.db.write.updateTable('accounts').set({ service_id: 1 }).where('id', '=', user.id).execute();
    expect((await administrator.request('DELETE', path)).status).toBe(204);
    expect((await administrator.request('GET', path)).status).toBe(404);
  });

  it('TAXII services are seen by an Organization Administrator, who changes nothing', async () => {
    const administrator = await signedIn('Organization Administrator');
    expect((await administrator.request('GET', '/taxii-services')).status).toBe(200);
    expect((await administrator.request('GET', '/taxii-services/1')).body).not.toHaveProperty('responsible');
    const nobody = restClient(server.url);
    for (const [method, path, body] of [
      ['POST', '/taxii-services', { name: 'Mine', path: 'mine' }],
      ['PATCH', '/taxii-services/1', { version: 1, changes: { title: 'Mine' } }],
      ['DELETE', '/taxii-services/1', undefined],
    ] as const) {
      expect((await administrator.request(method, path, body)).status, `${method} ${path}`).toBe(403);
      expect((await nobody.request(method, path, body)).status, `${method} ${path}`).toBe(401);
    }
  });

  it('a collection is listed, shown and configured by its Organization Administrator, and unknown to others', async () => {
    const administrator = await signedIn('Organization Administrator');
    const list = await administrator.request<{ items: CollectionItem[] }>('GET', '/collections');
    expect(list.body).toMatchObject({ items: [{ id: organization.collectionId }], next: null });
    const path = `/collections/${organization.collectionId}`;
    expect((await administrator.request('GET', path)).body).toEqual(list.body.items[0]);
    const change = { version: 1, changes: { writable: true, responsible: administrator.accountId } };
    const edited = await administrator.request('PATCH', path, change);
    expect(edited).toMatchObject({
      status: 200,
      body: {
        version: 2,
        writable: true,
        responsible: { id: administrator.accountId, name: administrator.userName },
        abilities: { edit: true },
      },
    });
    expect((await administrator.request('PATCH', path, change)).status).toBe(409);
    const stranger = await signedIn('Organization Administrator', await newOrganization(app));
    const standard = await signedIn('Standard User');
    for (const someone of [stranger, standard]) {
      expect((await someone.request('GET', path)).status).toBe(404);
      expect((await someone.request('PATCH', path, change)).status).toBe(404);
    }
    expect((await standard.request('GET', '/collections')).body).toEqual({ items: [], next: null });
    expect((await restClient(server.url).request('GET', path)).status).toBe(401);
  });
});
