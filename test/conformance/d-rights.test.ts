import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommunityRole } from '../../contract/roles.ts';
import { addMember } from '../../server/features/owners/owners.service.ts';
import { createTaxiiService } from '../../server/features/taxii-services/taxii-services.service.ts';
import { ENGINES } from '../../server/testing/test-app.ts';
import { indicator } from '../../server/testing/test-server.ts';
import { expectError, expectPage, expectStatus, expectTaxii } from './shapes.ts';
import type { Answer, Client } from './wire.ts';
import { fill, openWorld, type Place, placePath, ROOT, type World } from './world.ts';

type Row = { role: CommunityRole; writable: boolean; read: boolean; write: boolean; remove: boolean };

/** What a role gives in a community; `writable` = the collection accepts writing over TAXII. */
const TABLE: Row[] = [
  { role: 'Banned', writable: true, read: false, write: false, remove: false },
  { role: 'Subscriber', writable: true, read: true, write: false, remove: false },
  { role: 'User', writable: true, read: true, write: false, remove: false },
  { role: 'Commenter', writable: true, read: true, write: false, remove: false },
  { role: 'Contributor', writable: true, read: true, write: true, remove: false },
  { role: 'Editor', writable: true, read: true, write: true, remove: true },
  { role: 'Director', writable: true, read: true, write: true, remove: true },
  { role: 'Contributor', writable: false, read: true, write: false, remove: false },
  { role: 'Director', writable: false, read: true, write: false, remove: false },
];
const titled = TABLE.map((row): [string, Row] => [
  `${row.role} of a collection that ${row.writable ? 'accepts' : 'accepts no'} writing`,
  row,
]);

describe.each(ENGINES)('rights on %s', (engine) => {
  let world: World;
  let partner: Client;
  let partnerPlace: Place;
  beforeAll(async () => {
    world = await openWorld(engine);
    partnerPlace = await world.newOrganization('Coast Guard');
    partner = await world.newUser({ userName: 'coast', organization: partnerPlace.name });
    await fill(world.client, world.home.objects, [indicator(1), indicator(2)]);
  });
  afterAll(() => world?.close());

  /** The same community as its Director sees it, who can put objects there. */
  async function community(row: Row): Promise<Place> {
    const place = await world.newCommunity(`Circle ${row.role} ${row.writable}`, row.role, true);
    await addMember(world.app, world.app.operator, {
      owner: place.name,
      organization: partnerPlace.name,
      defaultRole: 'Director',
    });
    await fill(partner, place.objects, [indicator(10), indicator(11)]);
    if (!row.writable) {
      await world.app.db.write
        .updateTable('collections')
        .set({ writable: 0 })
        .where('id', '=', place.collectionId)
        .execute();
    }
    return place;
  }

  it.each(titled)('items 46, 47, 48, 49, 50, E5 · %s', async (_title, row) => {
    const place = await community(row);
    const object = `${place.objects}${String(indicator(10).id)}/`;
    const { client } = world;
    const listed = (await client.get(`${ROOT}collections/`)).json.collections?.find(
      ({ id }) => id === place.collectionId,
    );
    const visible = row.read || row.write;
    expect(listed !== undefined).toBe(visible);
    const reads = [place.manifest, place.objects, object, `${object}versions/`];
    const post = () => client.post(place.objects, { objects: [indicator(12)] });
    if (!visible) {
      for (const path of [place.path, ...reads]) expectError(await client.get(path), 404);
      expectError(await post(), 404);
      expectError(await client.delete(object), 404);
      return;
    }
    const rights = { can_read: row.read, can_write: row.write };
    expect(listed).toMatchObject(rights);
    expect(expectTaxii(await client.get(place.path), 200)).toMatchObject(rights);
    if (row.role === 'Subscriber') {
      // Nothing is published yet: the collection is there and empty, and every object is unknown.
      expect(expectPage(await client.get(place.objects)).objects).toBeUndefined();
      expect(expectPage(await client.get(place.manifest)).objects).toBeUndefined();
      expectError(await client.get(object), 404);
      expectError(await client.get(`${object}versions/`), 404);
    } else {
      for (const path of reads) expectPage(await client.get(path));
    }
    if (row.write) expectStatus(await post());
    else expectError(await post(), 403);
    if (row.remove) {
      expectTaxii(await client.delete(object), 200);
      expectError(await client.get(object), 404);
    } else {
      expectError(await client.delete(object), 403);
      expectPage(await partner.get(object));
    }
  });

  it('item 46 · no role writes without reading, so a write-only collection cannot come about', () => {
    expect(TABLE.filter((row) => row.write && !row.read)).toEqual([]);
  });

  it('items 49, C14 · two askers of one collection are each told their own rights', async () => {
    const row: Row = { role: 'User', writable: true, read: true, write: false, remove: false };
    const place = await world.newCommunity('Two askers', row.role);
    await addMember(world.app, world.app.operator, {
      owner: place.name,
      organization: partnerPlace.name,
      defaultRole: 'Editor',
    });
    expect((await world.client.get(place.path)).json).toMatchObject({ can_read: true, can_write: false });
    expect((await partner.get(place.path)).json).toMatchObject({ can_read: true, can_write: true });
  });

  it('items 50, 52, 79, 183 · a collection of others answers in every way like one that does not exist', async () => {
    const { client } = world;
    const unknown = '11111111-2222-4333-8444-555555555555';
    const same = ({ status, headers, json }: Answer) => ({
      status,
      headers: { ...headers, date: '', 'x-request-id': '' },
      json: { ...json, error_id: '' },
    });
    for (const hidden of [partnerPlace.collectionId, encodeURIComponent(partnerPlace.name)]) {
      const object = `objects/${String(indicator(1).id)}/`;
      for (const rest of ['', 'manifest/', 'objects/', object, `${object}versions/`]) {
        const there = await client.get(placePath(ROOT, hidden) + rest);
        expectError(there, 404);
        expect(same(there)).toEqual(same(await client.get(placePath(ROOT, unknown) + rest)));
      }
      const postThere = await client.post(`${placePath(ROOT, hidden)}objects/`, 'x');
      const postUnknown = await client.post(`${placePath(ROOT, unknown)}objects/`, 'x');
      expect(same(postThere)).toEqual(same(postUnknown));
      const gone = await client.delete(placePath(ROOT, hidden) + object);
      expect(same(gone)).toEqual(same(await client.delete(placePath(ROOT, unknown) + object)));
    }
    const ids = (await client.get(`${ROOT}collections/`)).json.collections?.map(({ id }) => id);
    expect(ids).not.toContain(partnerPlace.collectionId);
  });

  it('items 51, 52 · a credential is good at the API root of its own service only; every other one is like an unknown one', async () => {
    const other = await world.newService({ name: 'Other root', path: 'partners/feed' });
    expectTaxii(await other.get('/partners/feed/'), 200);
    const same = ({ status, json }: Answer) => ({ status, ...json, error_id: '' });
    for (const rest of ['', 'collections/', `collections/${world.home.collectionId}/objects/`]) {
      const foreign = await world.client.get(`/partners/feed/${rest}`);
      expectError(foreign, 404);
      expect(same(foreign)).toEqual(same(await world.client.get(`/no/such/${rest}`)));
      expectError(await other.get(`/intel/${rest}`), 404);
    }
    const { app } = world;
    await expect(
      createTaxiiService(app, app.operator, { name: 'Again', path: 'partners/feed' }),
    ).rejects.toThrow(/already|name or path/);
  });

  it('item 52 · a service that names its organizations cannot be used by others', async () => {
    const { app } = world;
    await createTaxiiService(app, app.operator, {
      name: 'Coast only',
      path: 'coast-only',
      organizations: [partnerPlace.name],
    });
    const allowed = await world.newUser({
      userName: 'coast only',
      organization: partnerPlace.name,
      service: 'coast-only',
    });
    expectTaxii(await allowed.get('/coast-only/'), 200);
    await expect(world.newUser({ userName: 'harbour', service: 'coast-only' })).rejects.toThrow();
  });

  it('item 54 · a status is there for the account that made the request, and for no other', async () => {
    const colleague = await world.newUser({ userName: 'colleague' });
    const posted = await world.client.post(world.home.objects, { objects: [indicator(3)] });
    const path = `${ROOT}status/${posted.json.id}/`;
    expectTaxii(await world.client.get(path), 200);
    expectError(await colleague.get(path), 404);
    expectError(await partner.get(path), 404);
  });

  it('items 49, 50 · an account that is narrowed to some owners sees and writes those only', async () => {
    const inside = await world.newCommunity('Inside', 'Director');
    const outside = await world.newCommunity('Outside', 'Director');
    await fill(world.client, outside.objects, [indicator(20)]);
    const narrowed = await world.newUser({ userName: 'narrowed', onlyOwners: [inside.name] });
    const collections = (await narrowed.get(`${ROOT}collections/`)).json.collections;
    expect(collections?.map(({ id }) => id)).toEqual([inside.collectionId]);
    expectStatus(await narrowed.post(inside.objects, { objects: [indicator(21)] }));
    for (const place of [outside, world.home]) {
      expectError(await narrowed.get(place.path), 404);
      expectError(await narrowed.get(place.objects), 404);
      expectError(await narrowed.post(place.objects, { objects: [indicator(22)] }), 404);
      expectError(await narrowed.delete(`${place.objects}${String(indicator(20).id)}/`), 404);
    }
    expectError(await narrowed.get(placePath(ROOT, 'Outside')), 404);
  });

  it('items 54, 58 · a role that is withdrawn between two pages closes the collection, whatever next says', async () => {
    const { app, client } = world;
    const place = await world.newCommunity('Withdrawn', 'Editor');
    await fill(client, place.objects, [indicator(30), indicator(31)]);
    const first = expectPage(await client.get(`${place.objects}?limit=1`));
    await addMember(app, app.operator, {
      owner: place.name,
      organization: world.home.name,
      defaultRole: 'Banned',
    });
    expectError(await client.get(`${place.objects}?next=${first.next}`), 404);
  });
});
