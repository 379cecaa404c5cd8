import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TaxiiView } from '../../../contract/taxii-view.ts';
import { disableTaxiiUser, lockTaxiiUserAccount } from '../../testing/account-changes.ts';
import {
  giveCommunityRole,
  newOrganization,
  newPersonWithPassword,
  type Person,
} from '../../testing/builders.ts';
import { addTo } from '../../testing/objects.ts';
import { restClient } from '../../testing/rest-client.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { basic, indicator, newTaxiiUser, serveTestApp, type TestServer } from '../../testing/test-server.ts';
import type { createTaxiiUser } from '../account-creation/taxii-users.service.ts';
import { setCollectionWritable } from '../collections/collections.service.ts';
import { editCredential } from '../credentials/binding.service.ts';
import { addMember, createOwner, type NewOwner } from '../owners/owners.service.ts';
import { createTaxiiService, editTaxiiService } from '../taxii-services/taxii-services.service.ts';

describe.each(ENGINES)('what a TAXII user is shown on %s', (engine) => {
  let app: TestApp;
  let served: TestServer;
  let community: NewOwner;
  let home: TestServer['organization'];
  beforeAll(async () => {
    app = await openTestApp(engine);
    served = await serveTestApp(app);
    home = served.organization;
    community = await createOwner(app, app.operator, { kind: 'community', name: 'Ports' });
    await addMember(app, app.operator, {
      owner: community.name,
      organization: home.name,
      defaultRole: 'Contributor',
    });
    await setCollectionWritable(app, app.operator, community.collectionId, true);
    await addTo(app, home, [indicator(1), indicator(2), indicator(3, { spec_version: '2.0' })]);
    await addTo(app, home, [indicator(1, { modified: '2026-02-01T00:00:00.000Z' })]);
    await addTo(app, community, [indicator(4)]);
  });
  afterAll(async () => {
    await served?.close();
    await app?.close();
  });

  const signedIn = async (person: Person, organization: { id: number }) => {
    const someone = await newPersonWithPassword(app, person, organization);
    const client = restClient(served.server.url);
    await client.signIn(someone.userName, someone.password);
    return client;
  };
  const viewOf = async (user: { id: number }): Promise<TaxiiView> => {
    const client = await signedIn('Organization Administrator', home);
    const { status, body } = await client.request<TaxiiView>('GET', `/accounts/${user.id}/taxii-view`);
    expect(status).toBe(200);
    return body;
  };
  type User = { id: number; userName: string; password: string };
  const asked = async (user: User, url: string) => {
    const headers = { Authorization: basic(user), Accept: 'application/taxii+json;version=2.1' };
    const response = await fetch(url, { headers });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  /** The view as it must be, from what the TAXII endpoints give to the user's own credential. */
  const overTaxii = async (user: User, { connection }: TaxiiView) => {
    const discovery = await asked(user, connection.discoveryUrl);
    if (discovery.status !== 200) return discovery.status;
    const [root = ''] = discovery.body.api_roots as string[];
    const apiRoot = (await asked(user, root)).body;
    const listed = ((await asked(user, `${root}collections/`)).body.collections ?? []) as Record<
      string,
      unknown
    >[];
    const collections: Record<string, unknown>[] = [];
    for (const each of listed) {
      const url = `${root}collections/${String(each.id)}/`;
      const { status, body } = await asked(user, `${url}objects/`);
      collections.push({
        id: each.id,
        title: each.title,
        description: each.description ?? null,
        alias: each.alias ?? null,
        url,
        canRead: each.can_read,
        canWrite: each.can_write,
        mediaTypes: each.media_types,
        objects: status === 200 ? ((body.objects as unknown[] | undefined) ?? []).length : null,
      });
    }
    return {
      root,
      discovery: {
        title: discovery.body.title,
        description: discovery.body.description ?? null,
        default: discovery.body.default ?? null,
        apiRoots: discovery.body.api_roots,
      },
      apiRoot: {
        title: apiRoot.title,
        description: apiRoot.description ?? null,
        versions: apiRoot.versions,
        maxContentLength: apiRoot.max_content_length,
      },
      collections,
    };
  };
  const expectSame = async (user: User): Promise<TaxiiView> => {
    const view = await viewOf(user);
    expect(view).toMatchObject({ userName: user.userName, admitted: true, obstacles: [] });
    const { connection, shown } = view;
    expect({
      root: connection.apiRootUrl,
      ...shown,
      collections: shown?.collections.map(({ publishedOnly: _publishedOnly, ...each }) => each),
    }).toEqual(await overTaxii(user, view));
    return view;
  };
  const newUser = (changes: Partial<Parameters<typeof createTaxiiUser>[2]> = {}) =>
    newTaxiiUser(app, {
      userName: `siem-${Math.random().toString(36).slice(2)}`,
      organization: home.name,
      ...changes,
    });

  it('is what the TAXII endpoints give to its own credential', async () => {
    const view = await expectSame(served.user);
    expect(view.remarks).toEqual([]);
    expect(view.connection).toEqual({
      discoveryUrl: `${served.server.url}/taxii2/`,
      apiRootUrl: view.shown?.apiRoot === undefined ? null : view.shown.discovery.default,
    });
    const own = view.shown?.collections.find(({ id }) => id === home.collectionId);
    expect(own).toMatchObject({ objects: 3, canRead: true, canWrite: true, publishedOnly: false });
    expect(own?.mediaTypes).toHaveLength(2);
    expect(view.shown?.collections).toHaveLength(2);
  });

  it('is narrowed by its allow-list, and says so', async () => {
    const user = await newUser({ onlyOwners: [community.name] });
    const view = await expectSame(user);
    expect(view.shown?.collections.map(({ id }) => id)).toEqual([community.collectionId]);
    expect(view.remarks).toMatchObject([{ code: 'allow_list' }]);
  });

  it('holds nothing of a community for a Subscriber, and does not hold it for who is banned', async () => {
    const subscriber = await newUser({ onlyOwners: [community.name] });
    await giveCommunityRole(app, { accountId: subscriber.id }, community, 'Subscriber');
    const view = await expectSame(subscriber);
    expect(view.shown?.collections).toMatchObject([{ publishedOnly: true, objects: 0, canWrite: false }]);
    expect(view.remarks.map(({ code }) => code)).toEqual(['allow_list', 'published_only']);

    const banned = await newUser();
    await giveCommunityRole(app, { accountId: banned.id }, community, 'Banned');
    const ofBanned = await expectSame(banned);
    expect(ofBanned.shown?.collections.map(({ id }) => id)).toEqual([home.collectionId]);
    expect(ofBanned.remarks.map(({ code }) => code)).toEqual(['community_role']);

    const nothing = await newUser({ onlyOwners: [community.name] });
    await giveCommunityRole(app, { accountId: nothing.id }, community, 'Banned');
    const ofNothing = await expectSame(nothing);
    expect(ofNothing.shown?.collections).toEqual([]);
    expect(ofNothing.remarks.map(({ code }) => code)).toEqual([
      'no_collections',
      'allow_list',
      'community_role',
    ]);
  });

  it('tells nothing of a community that whoever looks may not know of', async () => {
    const someone = await newPersonWithPassword(app, 'Organization Administrator', home);
    await giveCommunityRole(app, someone, community, 'Banned');
    const client = restClient(served.server.url);
    await client.signIn(someone.userName, someone.password);
    expect((await client.request('GET', `/owners/${community.id}`)).status).toBe(404);
    const { status, body } = await client.request<TaxiiView>('GET', `/accounts/${served.user.id}/taxii-view`);
    expect(status).toBe(200);
    expect(JSON.stringify(body)).not.toContain(community.name);
    expect(body.shown?.collections.map(({ id }) => id)).toEqual([home.collectionId]);
    expect(body.remarks.map(({ code }) => code)).toEqual(['not_known_to_you']);
  });

  it('writes nowhere with credentials that read only', async () => {
    const user = await newUser();
    const { id } = await app.db.read
      .selectFrom('credentials')
      .select('id')
      .where('account_id', '=', user.id)
      .executeTakeFirstOrThrow();
    await editCredential(app, app.operator, { account: user.id, credential: id, readOnly: true });
    const view = await expectSame(user);
    expect(view.shown?.collections.some(({ canWrite }) => canWrite)).toBe(false);
    expect(view.remarks.map(({ code }) => code)).toEqual(['read_only_credential']);
  });

  it('says why it is not let in, and what it would be shown', async () => {
    const user = await newUser();
    const refused = async (code: string) => {
      const view = await viewOf(user);
      expect(view).toMatchObject({ admitted: false, obstacles: [{ code }] });
      expect(await overTaxii(user, view)).toBe(401);
      return view;
    };
    await disableTaxiiUser(app, app.operator, user.userName, true);
    expect((await refused('disabled')).shown?.collections).toHaveLength(2);
    await disableTaxiiUser(app, app.operator, user.userName, false);
    await lockTaxiiUserAccount(app, app.operator, user.userName, true);
    await refused('locked');
    await lockTaxiiUserAccount(app, app.operator, user.userName, false);
    await expectSame(user);

    const past = await newUser({ expiresAt: new Date(app.clock.now() / 1000 + 60_000).toISOString() });
    app.clock.advance(3600);
    expect(await viewOf(past)).toMatchObject({ admitted: false, obstacles: [{ code: 'expired' }] });
    await app.db.write.deleteFrom('credentials').where('account_id', '=', user.id).execute();
    expect(await viewOf(user)).toMatchObject({ admitted: false, obstacles: [{ code: 'no_credential' }] });
  });

  it('is nothing where its service is not open to its organization', async () => {
    const other = await newOrganization(app);
    const service = await createTaxiiService(app, app.operator, {
      name: 'Closed',
      path: 'closed',
      organizations: [home.name],
    });
    const user = await newUser({ service: service.id });
    expect((await expectSame(user)).connection.apiRootUrl).toBe(`${served.server.url}/closed/`);
    await app.db.write
      .updateTable('taxii_service_organizations')
      .set({ organization_id: other.id })
      .where('service_id', '=', service.id)
      .execute();
    const view = await viewOf(user);
    expect(view).toMatchObject({
      admitted: false,
      obstacles: [{ code: 'service_not_open' }],
      shown: null,
      connection: { apiRootUrl: null },
    });
    expect(await overTaxii(user, view)).toBe(401);
    await editTaxiiService(app, app.operator, { service: service.id, changes: { organizations: null } });
    await expectSame(user);
  });

  it('is for those who may see the account, and of TAXII users only', async () => {
    const path = `/accounts/${served.user.id}/taxii-view`;
    const accounts = await signedIn('Accounts Administrator', home);
    expect((await accounts.request('GET', path)).status).toBe(200);
    for (const [person, organization] of [
      ['Organization Administrator', await newOrganization(app)],
      ['Standard User', home],
      ['Read Only User', home],
    ] as const) {
      const client = await signedIn(person, organization);
      expect([person, (await client.request('GET', path)).status]).toEqual([person, 404]);
    }
    const someone = await newPersonWithPassword(app, 'Standard User', home);
    expect((await accounts.request('GET', `/accounts/${someone.accountId}/taxii-view`)).status).toBe(404);
    expect((await restClient(served.server.url).request('GET', path)).status).toBe(401);
  });
});
