import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MAX_NEIGHBOURS } from '../../../contract/intelligence.ts';
import { inTransaction } from '../../db/transaction.ts';
import { newOrganization } from '../../testing/builders.ts';
import { addTo } from '../../testing/objects.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { deleteVersions } from '../intelligence/intelligence.store.ts';
import { neighbourhoodOf } from './neighbours.rules.ts';
import { getNeighbours } from './neighbours.service.ts';

const uuid = (number: number) => `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
const id = (type: string, number: number) => `${type}--${uuid(number)}`;
const CREATED = '2026-01-01T00:00:00.000Z';
const sdo = (type: string, number: number, changes: Record<string, unknown> = {}) => ({
  type,
  spec_version: '2.1',
  id: id(type, number),
  created: CREATED,
  modified: CREATED,
  ...changes,
});
const malware = (number: number, changes: Record<string, unknown> = {}) =>
  sdo('malware', number, { name: `Malware ${number}`, is_family: true, ...changes });
const relationship = (
  number: number,
  source: string,
  target: string,
  changes: Record<string, unknown> = {},
) =>
  sdo('relationship', number, {
    relationship_type: 'uses',
    source_ref: source,
    target_ref: target,
    ...changes,
  });
const LATER = '2026-02-01T00:00:00.000Z';

describe.each(ENGINES)('the neighbours of an object on %s', (engine) => {
  let app: TestApp;
  let own: Awaited<ReturnType<typeof newOrganization>>;
  beforeAll(async () => {
    app = await openTestApp(engine);
  });
  afterAll(async () => await app?.close());
  beforeEach(async () => {
    own = await newOrganization(app);
  });

  const around = (object: string, limit?: number) =>
    getNeighbours(app, own.administrator, { collection: own.collectionId, object, limit });
  const joined = async (object: string) => {
    const { nodes, edges } = await around(object);
    return {
      nodes: nodes
        .map((node) => node.id)
        .slice(1)
        .sort(),
      edges: edges.map(({ from, to, kind, name, via }) => [from, to, kind, name, via].join(' ')).sort(),
    };
  };
  const references = async () =>
    (
      await app.db.read
        .selectFrom('object_references')
        .select('to_id')
        .where('owner_id', '=', own.id)
        .orderBy('to_id')
        .execute()
    ).map((row) => row.to_id);
  const remove = (stixId: string, versions?: { first: boolean; last: boolean; exact: number[] }) =>
    inTransaction(app.db, (tx) => deleteVersions(tx, own.id, { stixId, versions }, app.clock.now()));

  it('are found on both sides of every reference', async () => {
    const [actor, tool, report, seen, creator] = [
      id('threat-actor', 1),
      id('malware', 2),
      id('report', 3),
      id('sighting', 4),
      id('identity', 5),
    ];
    await addTo(app, own, [
      sdo('threat-actor', 1, { name: 'Gull' }),
      malware(2, { created_by_ref: creator, revoked: true }),
      relationship(10, actor, tool),
      sdo('report', 3, { name: 'R', published: CREATED, object_refs: [tool, actor, id('malware', 99)] }),
      sdo('sighting', 4, { sighting_of_ref: tool }),
    ]);
    const picture = await around(tool);
    expect(picture.more).toBe(false);
    expect(picture.nodes[0]).toEqual({
      id: tool,
      type: 'malware',
      label: 'Malware 2',
      revoked: true,
      stored: true,
    });
    expect(picture.nodes.find((node) => node.id === actor)).toMatchObject({ label: 'Gull', stored: true });
    expect(picture.nodes.find((node) => node.id === creator)).toEqual({
      id: creator,
      type: 'identity',
      label: null,
      revoked: false,
      stored: false,
    });
    expect(await joined(tool)).toEqual({
      nodes: [creator, report, seen, actor].sort(),
      edges: [
        `${actor} ${tool} relationship uses ${id('relationship', 10)}`,
        `${tool} ${creator} reference created_by_ref `,
        `${report} ${tool} reference object_refs `,
        `${seen} ${tool} sighting sighting_of_ref `,
      ].sort(),
    });
    expect((await joined(actor)).edges).toEqual(
      [
        `${actor} ${tool} relationship uses ${id('relationship', 10)}`,
        `${report} ${actor} reference object_refs `,
      ].sort(),
    );
    expect((await joined(id('relationship', 10))).nodes).toEqual([tool, actor].sort());
    expect((await joined(report)).nodes).toEqual([tool, actor, id('malware', 99)].sort());
  });

  it('are those of the latest versions, whatever came before and is deleted', async () => {
    const link = id('relationship', 10);
    await addTo(app, own, [
      malware(1),
      malware(2),
      malware(3),
      relationship(10, id('malware', 1), id('malware', 2)),
    ]);
    await addTo(app, own, [relationship(10, id('malware', 1), id('malware', 3), { modified: LATER })]);
    expect((await joined(id('malware', 1))).nodes).toEqual([id('malware', 3)]);
    expect((await joined(id('malware', 2))).nodes).toEqual([]);
    // An older version that comes late is not what counts.
    await addTo(app, own, [
      relationship(10, id('malware', 2), id('malware', 3), {
        created: '2025-01-01T00:00:00.000Z',
        modified: '2025-01-01T00:00:00.000Z',
      }),
    ]);
    expect((await joined(id('malware', 2))).nodes).toEqual([]);
    await remove(link, { first: false, last: true, exact: [] });
    expect((await joined(id('malware', 1))).nodes).toEqual([id('malware', 2)]);
    expect(await references()).toEqual([id('malware', 1), id('malware', 2)]);
    await remove(link);
    expect(await references()).toEqual([]);
    expect((await joined(id('malware', 1))).nodes).toEqual([]);
  });

  it('are no more than the picture may have, and it says that there are more', async () => {
    const hub = id('malware', 1);
    const count = 2 * MAX_NEIGHBOURS + 50;
    await addTo(app, own, [
      malware(1),
      ...Array.from({ length: count }, (_, n) => relationship(n, id('malware', n + 2), hub)),
    ]);
    for (const limit of [1, 60, MAX_NEIGHBOURS]) {
      const { nodes, edges, more } = await around(hub, limit);
      expect([nodes.length, edges.length, more]).toEqual([limit + 1, limit, true]);
    }
    expect((await around(hub)).nodes).toHaveLength(61);
    // The newest come first.
    expect((await around(hub, 1)).nodes[1]?.id).toBe(id('malware', count + 1));
  });

  it('are not all kept of an object that refers to a hundred thousand, so that nobody waits for them', () => {
    const refs = Array.from({ length: 100_000 }, (_, number) => id('malware', number));
    const note = sdo('note', 1, { object_refs: refs, x_other_refs: refs.slice(0, 2) });
    const { around: kept, edges } = neighbourhoodOf(note.id, note, []);
    expect(kept).toEqual(refs.slice(0, MAX_NEIGHBOURS + 1));
    expect(edges.map(({ name, to }) => [name, to])).toEqual([
      ...kept.map((to) => ['object_refs', to]),
      ...refs.slice(0, 2).map((to) => ['x_other_refs', to]),
    ]);
  });

  it('are kept of the first thousand that an object refers to', async () => {
    const refs = Array.from({ length: 1500 }, (_, n) => id('malware', n));
    await addTo(app, own, [
      sdo('report', 1, { name: 'R', published: CREATED, object_refs: refs }),
      malware(0),
      malware(1200),
    ]);
    expect(await references()).toHaveLength(1000);
    expect((await joined(id('malware', 0))).nodes).toEqual([id('report', 1)]);
    expect((await joined(id('malware', 1200))).nodes).toEqual([]);
  });

  it('are not looked for among the objects of another owner', async () => {
    const other = await newOrganization(app);
    await addTo(app, own, [malware(1)]);
    await addTo(app, other, [malware(2), relationship(10, id('malware', 2), id('malware', 1))]);
    expect((await joined(id('malware', 1))).nodes).toEqual([]);
  });
});
