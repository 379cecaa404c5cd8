import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALL_ENDPOINTS } from '../../contract/all-endpoints.ts';
import type { Endpoint } from '../../contract/endpoint.ts';
import { PERMISSIONS } from '../../server/access/permissions.ts';
import { setSetting } from '../../server/features/settings/settings.service.ts';
import { DOCUMENTED } from './documented.ts';
import { keyOf, probe } from './matrix.ts';
import { ROUTE_RIGHTS } from './route-rights.ts';
import { type Actor, openWorld, type World } from './world.ts';

describe('the table of what each route needs', () => {
  it('item 75: has an entry for every endpoint of the contract, and none without one', () => {
    expect(Object.keys(ROUTE_RIGHTS).sort()).toEqual(ALL_ENDPOINTS.map(keyOf).sort());
    expect(Object.values(ROUTE_RIGHTS).filter((operations) => operations.length === 0)).toEqual([]);
  });

  it('reads every permission and every rank from docs/permissions.md', () => {
    expect(DOCUMENTED.permissions.sort()).toEqual(Object.keys(PERMISSIONS).sort());
    expect(DOCUMENTED.unranked).toEqual([]);
  });
});

/** Where a Community role matters: elsewhere those who differ in nothing else are one and the same. */
const OWNERS = /^\/(communities|sources|collections)/;

/** The endpoints by what their paths begin with, such as `accounts`: each part has a time of its own. */
const PARTS = Map.groupBy(ALL_ENDPOINTS, ({ path }) => path.split('/')[1] ?? '');

/** Every `step`-th combination of actor, operation and thing; how many there were, and where the answer is wrong. */
async function run(
  world: World,
  endpoints: readonly Endpoint[],
  actors: readonly Actor[],
  step: number,
  managesMembers = true,
) {
  const wrong: string[] = [];
  let count = 0;
  for (const endpoint of endpoints) {
    for (const operation of ROUTE_RIGHTS[keyOf(endpoint)] ?? []) {
      for (const on of operation.on) {
        for (const actor of actors) {
          if (actor.isCommunityMember && !OWNERS.test(endpoint.path)) continue;
          if (count++ % step !== 0) continue;
          const problem = await probe(world, actor, endpoint, operation, on, managesMembers);
          if (problem !== undefined) wrong.push(problem);
        }
      }
    }
  }
  return { wrong, count };
}

describe.each([
  ['sqlite', 1],
  // A prime number: the sample goes through all actors and all operations.
  ['postgres', 13],
] as const)('who may do what over HTTP on %s', (engine, step) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(engine);
  });
  afterAll(async () => {
    await world?.close();
  });

  let total = 0;
  it.each([...PARTS])(
    'item 75: every actor × operation × target is answered as docs/permissions.md says: /%s',
    {
      timeout: 180_000,
    },
    async (_part, endpoints) => {
      const { wrong, count } = await run(world, endpoints, world.actors, step);
      total += count;
      expect(count).toBeGreaterThan(0);
      expect(wrong).toEqual([]);
      expect(world.app.logged.filter((line) => /"level":(50|60)/.test(line))).toEqual([]);
    },
  );

  it('item 75: they are more than eight thousand', () => {
    expect(total).toBeGreaterThan(8000);
  });

  it('item 75: an Accounts Administrator who does not manage members has what is left by docs/permissions.md', {
    timeout: 60_000,
  }, async () => {
    const name = 'accountsAdministratorManagesMembers';
    await setSetting(world.app, world.app.operator, { name, value: false });
    const actors = world.actors.filter((actor) => actor.name.startsWith('Accounts Administrator'));
    const { wrong } = await run(world, ALL_ENDPOINTS, actors, Math.min(step, 3), false);
    await setSetting(world.app, world.app.operator, { name, value: true });
    expect(wrong).toEqual([]);
  });
});
