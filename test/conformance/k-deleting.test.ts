import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../server/testing/test-app.ts';
import { indicator } from '../../server/testing/test-server.ts';
import { expectError, expectPage, expectStatus, expectTaxii, idsOf } from './shapes.ts';
import { fill, openWorld, type Place, type World } from './world.ts';

const id = (number: number) => String(indicator(number).id);
const VERSIONS = ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z', '2026-01-03T00:00:00.000Z'];

describe.each(ENGINES)('deleting objects on %s', (engine) => {
  let world: World;
  let made = 0;
  beforeAll(async () => {
    world = await openWorld(engine);
  });
  afterAll(() => world?.close());

  /** A collection with one object in three versions and another in one. */
  async function withVersions(): Promise<Place> {
    const place = await world.newCommunity(`Deleting ${++made}`);
    await fill(world.client, place.objects, [
      ...VERSIONS.map((modified) => indicator(1, { modified })),
      indicator(2),
    ]);
    return place;
  }
  const versions = async (place: Place) =>
    expectPage(await world.client.get(`${place.objects}${id(1)}/versions/`)).versions;

  it('items 167, 168, E10 · deleting answers 200 without payload, and then the object is in no answer', async () => {
    const place = await withVersions();
    const answer = await world.client.delete(`${place.objects}${id(1)}/`);
    expectTaxii(answer, 200);
    expect(answer.body.length).toBe(0);
    expect(answer.headers['content-length']).toBe('0');
    expectError(await world.client.get(`${place.objects}${id(1)}/`), 404);
    expectError(await world.client.get(`${place.objects}${id(1)}/versions/`), 404);
    for (const path of [place.objects, place.manifest]) {
      expect(idsOf(expectPage(await world.client.get(`${path}?match[version]=all`)))).toEqual([id(2)]);
      const empty = await world.client.get(`${path}?match[id]=${id(1)}`);
      expect(expectPage(empty).objects).toBeUndefined();
    }
  });

  it.each([
    ['match[version]=last', [0, 1]],
    ['match[version]=first', [1, 2]],
    ['match[version]=first,last', [1]],
    [`match[version]=${VERSIONS[1]}`, [0, 2]],
    ['match[version]=2026-01-02T00:00:00Z,last', [0]],
    ['match[version]=all', []],
    ['match%5Bversion%5D=all', []],
  ] as const)('items 168, 169 · %s deletes just those versions', async (query, left) => {
    const place = await withVersions();
    expectTaxii(await world.client.delete(`${place.objects}${id(1)}/?${query}`), 200);
    if (left.length === 0) {
      expectError(await world.client.get(`${place.objects}${id(1)}/`), 404);
      return;
    }
    expect((await versions(place))?.toSorted()).toEqual(left.map((index) => VERSIONS[index]));
    const newest = expectPage(await world.client.get(`${place.objects}${id(1)}/`)).objects?.[0];
    expect(newest?.modified).toBe(VERSIONS[left.at(-1) ?? 0]);
  });

  it('items 169, 126 · when the newest version is deleted, the one before it is seen by pollers again', async () => {
    const place = await withVersions();
    const records = expectPage(await world.client.get(place.manifest)).objects ?? [];
    const last = String(records.at(-1)?.date_added);
    expectTaxii(await world.client.delete(`${place.objects}${id(1)}/?match[version]=last`), 200);
    const page = expectPage(await world.client.get(`${place.objects}?added_after=${last}`));
    expect(page.objects).toEqual([indicator(1, { modified: VERSIONS[1] })]);
  });

  it('item 170 · match[spec_version] deletes the versions of that specification only', async () => {
    const place = await world.newCommunity(`Deleting ${++made}`);
    const { spec_version: _new, ...old } = indicator(1, { modified: VERSIONS[2], labels: ['x'] });
    await fill(world.client, place.objects, [indicator(1), old]);
    expectTaxii(await world.client.delete(`${place.objects}${id(1)}/?match[spec_version]=2.0`), 200);
    expect(await versions(place)).toEqual([VERSIONS[0]]);
    await fill(world.client, place.objects, [old]);
    expectTaxii(await world.client.delete(`${place.objects}${id(1)}/?match[spec_version]=2.1`), 200);
    expect(await versions(place)).toEqual([VERSIONS[2]]);
    expectTaxii(await world.client.delete(`${place.objects}${id(1)}/?match[spec_version]=2.0,2.1`), 200);
    expectError(await world.client.get(`${place.objects}${id(1)}/`), 404);
  });

  it('item 171 · deleting what is not there answers 404, the second time as well as ever', async () => {
    const place = await withVersions();
    const path = `${place.objects}${id(1)}/`;
    expectTaxii(await world.client.delete(path), 200);
    expectError(await world.client.delete(path), 404);
    expectError(await world.client.delete(`${place.objects}not-an-id/`), 404);
    expectError(
      await world.client.delete(`${place.objects}${id(2)}/?match[version]=2020-01-01T00:00:00Z`),
      404,
    );
    expectPage(await world.client.get(`${place.objects}${id(2)}/`));
  });

  it('items 81, 169 · a malformed match deletes nothing', async () => {
    const place = await withVersions();
    for (const query of [
      'match[version]=bogus',
      'match[version]=',
      'match[version]=all,last',
      'match[spec_version]=',
    ]) {
      expectError(await world.client.delete(`${place.objects}${id(1)}/?${query}`), 400);
    }
    expect((await versions(place))?.length).toBe(3);
  });

  it('item 172 · the same object in another collection stays', async () => {
    const [place, other] = [await withVersions(), await withVersions()];
    expectTaxii(await world.client.delete(`${place.objects}${id(1)}/`), 200);
    expect((await versions(other))?.length).toBe(3);
  });

  it('item 173 · what was deleted may come again, as new', async () => {
    const place = await withVersions();
    const before = expectPage(await world.client.get(`${place.manifest}?match[id]=${id(2)}`)).objects?.[0];
    expectTaxii(await world.client.delete(`${place.objects}${id(2)}/`), 200);
    const status = expectStatus(
      await world.client.post(place.objects, { objects: [indicator(2, { name: 'new' })] }),
    );
    expect(status.success_count).toBe(1);
    const after = expectPage(await world.client.get(`${place.manifest}?match[id]=${id(2)}`)).objects?.[0];
    expect(String(after?.date_added) > String(before?.date_added)).toBe(true);
    expect((await world.client.get(`${place.objects}${id(2)}/`)).json.objects?.[0]?.name).toBe('new');
  });

  it('item 174 · the audit trail says who deleted what, from where', async () => {
    const place = await withVersions();
    const answer = await world.client.delete(`${place.objects}${id(1)}/`);
    const events = await world.app.db.read
      .selectFrom('audit_events')
      .selectAll()
      .where('action', '=', 'intelligence.delete')
      .where('target_id', '=', id(1))
      .where('request_id', '=', String(answer.headers['x-request-id']))
      .execute();
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      actor_name: 'harbour-siem',
      outcome: 'done',
      target_name: place.name,
      source_address: '127.0.0.1',
    });
    expect(JSON.parse(events[0]?.details ?? '{}')).toMatchObject({ versions: 3 });
  });

  it('item 175 · a body, a length of 0 or an odd Content-Type on DELETE does not matter', async () => {
    for (const outgoing of [
      { body: '{}' },
      { body: 'x', headers: { 'Content-Type': 'text/plain' } },
      { headers: { 'Content-Length': '0' } },
      { headers: { 'Content-Type': 'taxii+json;version=2.1' } },
    ]) {
      const place = await withVersions();
      expectTaxii(await world.client.request('DELETE', `${place.objects}${id(1)}/`, outgoing), 200);
    }
  });
});
