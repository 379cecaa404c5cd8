import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOwner } from '../../server/features/owners/owners.service.ts';
import { ENGINES } from '../../server/testing/test-app.ts';
import { indicator } from '../../server/testing/test-server.ts';
import {
  expectError,
  expectKeys,
  expectNoNothing,
  expectPage,
  expectStatus,
  expectTaxii,
  UUID_V4,
} from './shapes.ts';
import { fill, openWorld, placePath, ROOT, type World } from './world.ts';

describe.each(ENGINES)('collections on %s', (engine) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(engine);
  });
  afterAll(() => world?.close());
  const list = async () => expectTaxii(await world.client.get(`${ROOT}collections/`), 200).collections ?? [];

  it('item 69 · an account that sees no collection gets an empty resource', async () => {
    const circle = await world.newCommunity('Nothing to see', 'Banned');
    const narrowed = await world.newUser({ userName: 'sees nothing', onlyOwners: [world.home.name] });
    await world.app.db.write
      .updateTable('account_allowed_owners')
      .set({ owner_id: circle.id })
      .where('owner_id', '=', world.home.id)
      .execute();
    const answer = await narrowed.get(`${ROOT}collections/`);
    expectTaxii(answer, 200);
    expect(answer.text).toBe('{}');
  });

  it('items 70, 71, 80, R18, E4 · all visible collections are listed at once, by ascending id, which is a lower-case UUID', async () => {
    for (let count = 0; count < 25; count++) await world.newCommunity(`Listed ${count}`, 'User');
    const ids = (await list()).map(({ id }) => String(id));
    expect(ids.length).toBeGreaterThanOrEqual(26);
    expect(ids).toEqual([...ids].sort());
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(UUID_V4);
    expect((await list()).map(({ id }) => id)).toEqual(ids);
    const limited = await world.client.get(`${ROOT}collections/?limit=1&next=x&match[id]=y`);
    expect(limited.json.collections?.length).toBe(ids.length);
  });

  it('items 72, 73, 76, 78, E5 · a collection has its title, alias, rights as booleans, media types, and nothing empty or of our own', async () => {
    for (const listed of await list()) {
      expectKeys(listed, ['id', 'title', 'can_read', 'can_write', 'alias', 'media_types'], ['description']);
      expectNoNothing(listed);
      expect([typeof listed.can_read, typeof listed.can_write]).toEqual(['boolean', 'boolean']);
      const one = expectTaxii(await world.client.get(placePath(ROOT, String(listed.id))), 200);
      expect(one).toEqual(listed);
    }
  });

  it('items 76, 134 · media_types names every type that the manifest gives, 2.0 once a collection holds it', async () => {
    const place = await world.newCommunity('Media types');
    const types = async () => expectTaxii(await world.client.get(place.path), 200).media_types;
    await fill(world.client, place.objects, [indicator(1)]);
    expect(await types()).toEqual(['application/stix+json;version=2.1']);
    const { spec_version: _none, ...old } = indicator(2, { labels: ['malicious-activity'] });
    await fill(world.client, place.objects, [old]);
    expect(await types()).toEqual(['application/stix+json;version=2.1', 'application/stix+json;version=2.0']);
    const manifest = expectPage(await world.client.get(place.manifest));
    for (const record of manifest.objects ?? []) expect(await types()).toContain(record.media_type);
    const listed = (await list()).find(({ id }) => id === place.collectionId);
    expect(listed?.media_types).toEqual(await types());
    await world.client.delete(`${place.objects}${String(old.id)}/`);
    expect(await types()).toEqual(['application/stix+json;version=2.1']);
  });

  it('items 74, 75 · the alias stands for the id in every URL, and the answer says the id', async () => {
    const place = await world.newCommunity('Alias & co: 100% ☂');
    await fill(world.client, place.objects, [indicator(1)]);
    const byAlias = placePath(ROOT, encodeURIComponent(place.name));
    const object = `objects/${String(indicator(1).id)}/`;
    for (const rest of ['', 'manifest/', 'objects/', object, `${object}versions/`]) {
      const [alias, id] = [await world.client.get(byAlias + rest), await world.client.get(place.path + rest)];
      expectTaxii(alias, 200);
      expect(alias.text).toBe(id.text);
    }
    const answer = await world.client.get(byAlias);
    expect(answer.json.id).toBe(place.collectionId);
    expect(answer.headers['content-location']).toBe(place.path);
    expectStatus(await world.client.post(`${byAlias}objects/`, { objects: [indicator(2)] }));
    expectTaxii(await world.client.delete(`${byAlias}objects/${String(indicator(2).id)}/`), 200);
    // In any letter case, and with an id in capitals.
    expectTaxii(await world.client.get(placePath(ROOT, encodeURIComponent(place.name.toUpperCase()))), 200);
    const capitals = await world.client.get(placePath(ROOT, place.collectionId.toUpperCase()));
    expect(capitals.json.id).toBe(place.collectionId);
  });

  it('items 74, R14 · an alias is unique without regard to case, and never looks like an id', async () => {
    const { app } = world;
    await world.newCommunity('Unique title');
    const create = (name: string) => createOwner(app, app.operator, { kind: 'source', name });
    await expect(create('UNIQUE title')).rejects.toThrow(/exists already/);
    await expect(create('11111111-2222-4333-8444-555555555555')).rejects.toThrow(/UUID/);
    await expect(create('with/slash')).rejects.toThrow(/slash/);
    const titles = (await list()).map(({ title }) => String(title).toLowerCase());
    expect(new Set(titles).size).toBe(titles.length);
  });

  it('R14, C4 · a title with a dot is served, as owners are named after domains', async () => {
    const place = await world.newCommunity('feeds.example.org');
    expectTaxii(await world.client.get(placePath(ROOT, 'feeds.example.org')), 200);
    expect((await list()).map(({ title }) => title)).toContain(place.name);
  });

  it.each([
    '11111111-2222-4333-8444-555555555555',
    'not-a-uuid',
    '0',
    "'; drop table objects; --",
    '%',
    'x'.repeat(3000),
    '11111111-2222-4333-8444-55555555555g',
    '..%2f',
  ])('items 77, 79 · the collection %.30s is not found', async (reference) => {
    const path = placePath(ROOT, reference === '..%2f' ? reference : encodeURIComponent(reference));
    for (const rest of ['', 'manifest/', 'objects/', `objects/${String(indicator(1).id)}/`]) {
      expectError(await world.client.get(path + rest), 404);
    }
    expectError(await world.client.post(`${path}objects/`, { objects: [indicator(1)] }), 404);
  });
});
