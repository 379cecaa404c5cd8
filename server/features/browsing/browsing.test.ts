import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  CollectionStatistics,
  ObjectDetails,
  ObjectsPage,
  ReadableCollection,
} from '../../../contract/intelligence.ts';
import { inTransaction } from '../../db/transaction.ts';
import { startServer } from '../../serving.ts';
import {
  auditTrail,
  giveCommunityRole,
  newOrganization,
  newPerson,
  newPersonWithPassword,
  type Person,
  refusalOf,
} from '../../testing/builders.ts';
import { addTo } from '../../testing/objects.ts';
import { restClient } from '../../testing/rest-client.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { indicator } from '../../testing/test-server.ts';
import { deleteVersions } from '../intelligence/intelligence.store.ts';
import { addMember, createOwner, type NewOwner } from '../owners/owners.service.ts';
import { getNeighbours } from './neighbours.service.ts';
import { getObject, listObjects } from './objects.service.ts';
import { getCollectionStatistics, listReadableCollections } from './readable-collections.service.ts';

const uuid = (number: number) => `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
const CREATED = '2026-01-01T00:00:00.000Z';
const sdo = (type: string, number: number, changes: Record<string, unknown> = {}) => ({
  type,
  spec_version: '2.1',
  id: `${type}--${uuid(number)}`,
  created: CREATED,
  modified: CREATED,
  ...changes,
});
const idOf = (type: string, number: number) => `${type}--${uuid(number)}`;

describe.each(ENGINES)('browsing intelligence on %s', (engine) => {
  let app: TestApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let other: Awaited<ReturnType<typeof newOrganization>>;
  let community: NewOwner;
  let server: Awaited<ReturnType<typeof startServer>>;
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app);
    other = await newOrganization(app);
    community = await createOwner(app, app.operator, { kind: 'community', name: 'Ports' });
    await addMember(app, app.operator, {
      owner: community.name,
      organization: organization.name,
      defaultRole: 'User',
    });
    await addTo(app, organization, [
      sdo('identity', 1, { name: 'Harbour Watch', identity_class: 'organization' }),
      sdo('malware', 2, { name: 'Grey Gull', is_family: true, created_by_ref: idOf('identity', 1) }),
      indicator(3, { name: 'Beacon of Grey Gull', created_by_ref: idOf('identity', 1) }),
      indicator(4),
      sdo('relationship', 5, {
        relationship_type: 'indicates',
        source_ref: idOf('indicator', 3),
        target_ref: idOf('malware', 2),
      }),
      { type: 'ipv4-addr', id: idOf('ipv4-addr', 6), value: '192.0.2.66' },
    ]);
    await addTo(app, community, [indicator(7, { name: 'Shared' })]);
    server = await startServer(app);
  });
  afterAll(async () => {
    await server?.close(1000);
    await app?.close();
  });

  const ids = (page: ObjectsPage) => page.items.map(({ id }) => id);
  const list = (
    query: Parameters<typeof listObjects>[2] extends infer Q ? Omit<Q & object, 'collection'> : never,
  ) => listObjects(app, organization.administrator, { collection: organization.collectionId, ...query });

  describe('the collections that a person may read', () => {
    it('are those of the own organization, and of communities in which the role reads, with what they hold', async () => {
      const user = await newPerson(app, 'Standard User', organization);
      const { items, next } = await listReadableCollections(app, user);
      expect(next).toBeNull();
      expect(items).toMatchObject([
        {
          id: organization.collectionId,
          owner: { name: organization.name },
          publishedOnly: false,
          objects: 6,
          versions: 6,
          abilities: { configure: false, viewConfiguration: false },
        },
        { id: community.collectionId, objects: 1, versions: 1 },
      ]);
      const page = await listReadableCollections(app, user, { limit: 1, sort: '-owner' });
      expect(page.items.map(({ id }) => id)).toEqual([community.collectionId]);
      const rest = await listReadableCollections(app, user, {
        limit: 1,
        sort: '-owner',
        after: page.next ?? '',
      });
      expect(rest).toMatchObject({ items: [{ id: organization.collectionId }], next: null });
    });

    it('are no others: not for the Organization Administrator of another organization, nor for who is banned', async () => {
      const seen = async (caller: Parameters<typeof listReadableCollections>[1]) =>
        (await listReadableCollections(app, caller)).items.map(({ id }) => id);
      expect(await seen(other.administrator)).toEqual([other.collectionId]);
      const banned = await newPerson(app, 'Standard User', organization);
      await giveCommunityRole(app, banned, community, 'Banned');
      expect(await seen(banned)).toEqual([organization.collectionId]);
      expect(await seen(await newPerson(app, 'Read Only User', organization))).toEqual([
        organization.collectionId,
        community.collectionId,
      ]);
    });

    it('are their own for an Accounts Administrator, who sees the configuration of others', async () => {
      const accounts = await newPerson(app, 'Accounts Administrator', other);
      const { items } = await listReadableCollections(app, accounts);
      expect(items.map(({ id }) => id)).toEqual([other.collectionId]);
      const { collectionId } = organization;
      for (const refused of [
        () => listObjects(app, accounts, { collection: collectionId }),
        () => getCollectionStatistics(app, accounts, collectionId),
        () => getObject(app, accounts, { collection: collectionId, object: idOf('indicator', 3) }),
        () => getNeighbours(app, accounts, { collection: collectionId, object: idOf('indicator', 3) }),
      ])
        expect(await refusalOf(refused())).toEqual({
          code: 'forbidden',
          details: { permission: 'intelligence.read' },
        });
      const events = await auditTrail(app, other.id);
      expect(events.filter(({ action }) => action === 'intelligence.read')).toMatchObject([
        { outcome: 'refused', actor_name: accounts.userName },
      ]);
    });

    it('show a Subscriber nothing, for nothing is published', async () => {
      const subscriber = await newPerson(app, 'Standard User', organization);
      await giveCommunityRole(app, subscriber, community, 'Subscriber');
      const { items } = await listReadableCollections(app, subscriber);
      expect(items[1]).toMatchObject({
        id: community.collectionId,
        publishedOnly: true,
        objects: 0,
        versions: 0,
        lastAddedAt: null,
      });
      const collection = community.collectionId;
      expect(await listObjects(app, subscriber, { collection })).toEqual({
        items: [],
        next: null,
        searchedTo: null,
      });
      expect(await getCollectionStatistics(app, subscriber, collection)).toMatchObject({
        types: [],
        firstAddedAt: null,
      });
      const object = idOf('indicator', 7);
      for (const refused of [getObject, getNeighbours])
        expect((await refusalOf(refused(app, subscriber, { collection, object }))).code).toBe('not_found');
    });

    it('answer alike to who may know nothing of them and when there is none', async () => {
      for (const collection of [organization.collectionId, app.ids.uuid(), 'nothing']) {
        const missing = { code: 'not_found', details: { message: `There is no collection ${collection}.` } };
        const object = idOf('indicator', 3);
        for (const refused of [
          () => listObjects(app, other.administrator, { collection }),
          () => getCollectionStatistics(app, other.administrator, collection),
          () => getObject(app, other.administrator, { collection, object }),
          () => getNeighbours(app, other.administrator, { collection, object }),
        ])
          expect(await refusalOf(refused())).toEqual(missing);
      }
    });
  });

  describe('the objects of a collection', () => {
    it('come the newest first, with what a person would call them', async () => {
      const { items } = await list({});
      expect(items.map(({ type, label, detail, creator }) => [type, label, detail, creator?.name])).toEqual([
        ['ipv4-addr', '192.0.2.66', null, undefined],
        ['relationship', 'indicates', 'Beacon of Grey Gull → Grey Gull', undefined],
        ['indicator', "[ipv4-addr:value = '192.0.2.4']", null, undefined],
        ['indicator', 'Beacon of Grey Gull', "[ipv4-addr:value = '192.0.2.3']", 'Harbour Watch'],
        ['malware', 'Grey Gull', null, 'Harbour Watch'],
        ['identity', 'Harbour Watch', null, undefined],
      ]);
      expect(items[3]).toMatchObject({
        id: idOf('indicator', 3),
        specVersion: '2.1',
        created: CREATED,
        modified: CREATED,
        version: CREATED,
        versions: 1,
        revoked: false,
      });
    });

    it('are paged in both orders, and filtered by types and by when they were added', async () => {
      const { items } = await list({});
      const all = items.map(({ id }) => id);
      for (const sort of ['-dateAdded', 'dateAdded'] as const) {
        const seen: string[] = [];
        let after: string | undefined;
        do {
          const page = await list({ limit: 4, sort, after });
          seen.push(...ids(page));
          after = page.next ?? undefined;
        } while (after !== undefined);
        expect(seen).toEqual(sort === 'dateAdded' ? all.toReversed() : all);
      }
      const some = await list({ type: ['malware', 'indicator'], limit: 2 });
      expect(ids(some)).toEqual([idOf('indicator', 4), idOf('indicator', 3)]);
      expect(ids(await list({ type: ['malware', 'indicator'], after: some.next ?? '' }))).toEqual([
        idOf('malware', 2),
      ]);
      const [newest, , third] = items;
      expect(
        ids(await list({ addedAfter: third?.dateAdded ?? '', addedBefore: newest?.dateAdded ?? '' })),
      ).toEqual([idOf('relationship', 5)]);
      expect(await refusalOf(list({ after: 'nonsense' }))).toMatchObject({ code: 'invalid_input' });
    });

    it('are found by id, by the beginning of one, and by text in what they say of themselves', async () => {
      const found = async (search: string, changes: Parameters<typeof list>[0] = {}) =>
        ids(await list({ search, ...changes }));
      expect(await found(idOf('malware', 2))).toEqual([idOf('malware', 2)]);
      expect(await found(idOf('malware', 99))).toEqual([]);
      expect(await found('indicator--00000000-0000')).toEqual([idOf('indicator', 3), idOf('indicator', 4)]);
      expect(await found('indicator--')).toEqual([idOf('indicator', 3), idOf('indicator', 4)]);
      expect(await found('indicator--', { type: ['malware'] })).toEqual([]);
      const first = await list({ search: 'indicator--', limit: 1 });
      expect(ids(first)).toEqual([idOf('indicator', 3)]);
      const second = await list({ search: 'indicator--', limit: 1, after: first.next ?? '' });
      expect([ids(second), second.next]).toEqual([[idOf('indicator', 4)], null]);
      expect(await found('GREY gull')).toEqual([idOf('indicator', 3), idOf('malware', 2)]);
      expect(await found('grey gull', { type: ['malware'] })).toEqual([idOf('malware', 2)]);
      expect(await found("value = '192.0.2.4'")).toEqual([idOf('indicator', 4)]);
      expect(await found('%')).toEqual([]);
    });

    it('are searched for text in bounded pages, which lead to the end', async () => {
      const big = await newOrganization(app);
      const count = 5500;
      await addTo(
        app,
        big,
        Array.from({ length: count }, (_, n) => indicator(n, n < 2 ? { name: 'Needle' } : {})),
      );
      const seen: string[] = [];
      let pauses = 0;
      let after: string | undefined;
      do {
        const page = await listObjects(app, big.administrator, {
          collection: big.collectionId,
          search: 'needle',
          limit: 1,
          after,
        });
        seen.push(...ids(page));
        if (page.searchedTo !== null) pauses++;
        after = page.next ?? undefined;
      } while (after !== undefined);
      expect(seen).toEqual([indicator(1).id, indicator(0).id]);
      expect(pauses).toBeGreaterThan(0);
    });

    it('have a text of their own, octet by octet, and versions', async () => {
      const versioned = await newOrganization(app);
      const days = ['01', '02', '03'].map((day) => `2026-02-${day}T00:00:00.000Z`);
      for (const modified of days)
        await addTo(app, versioned, [indicator(1, { modified, revoked: modified === days[2] })]);
      const ask = (version?: string) =>
        getObject(app, versioned.administrator, {
          collection: versioned.collectionId,
          object: String(indicator(1).id),
          version,
        });
      const latest = await ask();
      expect(latest).toMatchObject({ version: days[2], revoked: true, versions: 3, moreVersions: false });
      expect(latest.listedVersions.map(({ version, latest: isLatest }) => [version, isLatest])).toEqual([
        [days[2], true],
        [days[1], false],
        [days[0], false],
      ]);
      const first = await ask(days[0]);
      expect(first).toMatchObject({ version: days[0], revoked: false });
      expect(first.json).toBe(JSON.stringify(indicator(1, { modified: days[0], revoked: false })));
      for (const version of ['2026-02-09T00:00:00.000Z', 'yesterday'])
        expect((await refusalOf(ask(version))).code).toBe('not_found');
      const page = await listObjects(app, versioned.administrator, { collection: versioned.collectionId });
      expect(page.items).toMatchObject([{ version: days[2], versions: 3 }]);
    });

    it('are counted by type, as they come and go', async () => {
      const own = await newOrganization(app);
      const counted = async () => {
        const { collection, types } = await getCollectionStatistics(app, own.administrator, own.collectionId);
        return [collection.objects, collection.versions, types];
      };
      expect(await counted()).toEqual([0, 0, []]);
      await addTo(app, own, [indicator(1), indicator(2), sdo('malware', 1, { name: 'M', is_family: true })]);
      await addTo(app, own, [indicator(1, { modified: '2026-02-01T00:00:00.000Z' })]);
      // Older than what is there: a version more, and no object.
      await addTo(app, own, [
        indicator(2, { created: '2025-01-01T00:00:00.000Z', modified: '2025-12-01T00:00:00.000Z' }),
      ]);
      expect(await counted()).toEqual([
        3,
        5,
        [
          { type: 'indicator', objects: 2, versions: 4 },
          { type: 'malware', objects: 1, versions: 1 },
        ],
      ]);
      const remove = (
        stixId: string,
        versions?: 'all' | { first: boolean; last: boolean; exact: number[] },
      ) => inTransaction(app.db, (tx) => deleteVersions(tx, own.id, { stixId, versions }, app.clock.now()));
      await remove(String(indicator(1).id), { first: false, last: true, exact: [] });
      await remove(idOf('malware', 1));
      expect(await counted()).toEqual([2, 3, [{ type: 'indicator', objects: 2, versions: 3 }]]);
    });
  });

  it('is offered over REST, to those who read and to nobody else', async () => {
    const signedIn = async (person: Person, home: { id: number }) => {
      const someone = await newPersonWithPassword(app, person, home);
      const client = restClient(server.url);
      await client.signIn(someone.userName, someone.password);
      return client;
    };
    const reader = await signedIn('Read Only User', organization);
    const base = `/collections/${organization.collectionId}`;
    const object = `${base}/objects/${idOf('indicator', 3)}`;
    const collections = await reader.request<{ items: ReadableCollection[] }>(
      'GET',
      '/intelligence/collections',
    );
    expect(collections.body.items).toHaveLength(2);
    const statistics = await reader.request<CollectionStatistics>('GET', `${base}/statistics`);
    expect(statistics.body.types[0]).toEqual({ type: 'indicator', objects: 2, versions: 2 });
    const page = await reader.request<ObjectsPage>(
      'GET',
      `${base}/objects?type=malware,indicator&limit=2&search=gull`,
    );
    expect(ids(page.body)).toEqual([idOf('indicator', 3), idOf('malware', 2)]);
    const shown = await reader.request<ObjectDetails>('GET', object);
    expect(JSON.parse(shown.body.json)).toMatchObject({ id: idOf('indicator', 3) });
    expect((await reader.request('GET', `${object}/neighbours?limit=5`)).status).toBe(200);
    for (const query of ['limit=0', 'limit=201', 'type=', 'type=A', 'sort=id', 'addedAfter=now', 'x=1'])
      expect([query, (await reader.request('GET', `${base}/objects?${query}`)).status]).toEqual([query, 400]);
    for (const path of [`${base}/objects/nothing`, `${base}/objects/${idOf('indicator', 99)}`])
      expect((await reader.request('GET', path)).status).toBe(404);
    const stranger = await signedIn('Organization Administrator', other);
    for (const path of [`${base}/statistics`, `${base}/objects`, object, `${object}/neighbours`]) {
      expect((await stranger.request('GET', path)).status).toBe(404);
      expect((await restClient(server.url).request('GET', path)).status).toBe(401);
    }
  });
});
