import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALL_ENDPOINTS } from '../../contract/all-endpoints.ts';
import { deleteAccount } from '../../server/features/account-changes/deletion.service.ts';
import { createUser } from '../../server/features/account-creation/people.service.ts';
import { editCollection } from '../../server/features/collections/collections.service.ts';
import { setUserGroupMembers } from '../../server/features/groups/groups.service.ts';
import { givePassword } from '../../server/testing/builders.ts';
import { ENGINES } from '../../server/testing/test-app.ts';
import { PREPARED, UNCHANGING } from './events.ts';
import { keyOf, pathOf } from './matrix.ts';
import { ROUTE_RIGHTS, type Sent } from './route-rights.ts';
import { differences, everyRow } from './stored.ts';
import { openWorld, send, type Thing, type World } from './world.ts';

/** Changes in place of the edits of the table that leave everything as it is. */
const CHANGES: Readonly<Record<string, (world: World) => object | Promise<object>>> = {
  'PATCH /accounts/:account': () => ({ lastName: 'Changed' }),
  'PATCH /session/profile': () => ({ lastName: 'Changed' }),
  'PATCH /organizations/:organization': () => ({ description: 'Changed' }),
  'PUT /organizations/:organization/limits': () => ({ limits: { users: 777 } }),
  'PUT /organizations/:organization/permissions': () => ({ allowPseudonymChange: true }),
  'PATCH /communities/:owner': () => ({ description: 'Changed' }),
  'PATCH /sources/:owner': () => ({ description: 'Changed' }),
  'PUT /licence': () => ({ limits: { users: 999_999, apiUsers: 999_999, taxiiUsers: 999_999 } }),
  'PUT /groups/:group/members': async (world) => ({ members: [(await world.thing('user')).id] }),
  'PATCH /taxii-services/:service': () => ({ changes: { description: 'Changed' } }),
  'PATCH /collections/:collection': () => ({ changes: { description: 'Changed' } }),
};

describe.each(ENGINES)('the audit trail of what comes over HTTP on %s', (engine) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(engine);
  });
  afterAll(async () => {
    await world?.close();
  });

  const eventsOf = async (requestId: string | null) =>
    await world.app.db.read
      .selectFrom('audit_events')
      .selectAll()
      .where('request_id', '=', requestId)
      .execute();
  const repeats = async () =>
    (await world.app.db.read.selectFrom('audit_repeats').select('count').execute()).reduce(
      (sum, { count }) => sum + count,
      0,
    );

  it('item 113: every change by every route is told with who, what, to what, where from, when and in which request', {
    timeout: 60_000,
  }, async () => {
    const actor = world.actor('Administrator of the staff');
    const original = world.actors.find(({ name }) => name === actor.name);
    const wrong: string[] = [];
    const unchanged: string[] = [];
    for (const endpoint of ALL_ENDPOINTS) {
      const key = keyOf(endpoint);
      if (endpoint.method === 'GET' || UNCHANGING.includes(key) || PREPARED.includes(key)) continue;
      const operation = (ROUTE_RIGHTS[key] ?? [])[0];
      const on = operation?.on[0];
      if (operation === undefined || on === undefined) continue;
      const { asker } = actor;
      const thing: Thing =
        on === 'own account'
          ? {
              name: 'own',
              noun: 'account',
              id: asker.accountId,
              rights: { organizationId: asker.organizationId },
            }
          : await world.thing(on);
      if (key === 'DELETE /accounts/:account/sessions') await world.session(Number(thing.id));
      if (key === 'POST /accounts/:account/responsibilities') {
        await editCollection(world.app, world.app.operator, {
          collection: world.home.collectionId,
          changes: { responsible: Number(thing.id) },
        });
      }
      const sent: Sent = (await operation.send?.({ world, thing, asker })) ?? {};
      const changed = await CHANGES[key]?.(world);
      const body =
        changed === undefined
          ? sent.body
          : Object.hasOwn(Object(sent.body), 'version')
            ? {
                ...('apiUsersAllowed' in Object(sent.body) ? Object(sent.body) : {}),
                version: Object(sent.body).version,
                ...changed,
              }
            : changed;
      const isCounted = (table: string) => !table.startsWith('audit_');
      const before = await everyRow(world.app, isCounted);
      const answer = await send(
        world,
        original?.cookie,
        endpoint.method,
        pathOf(endpoint, sent, thing),
        body,
      );
      const what = differences(before, await everyRow(world.app, isCounted));
      if (operation.usesUp && on !== 'own account') world.useUp(on);
      if (key === 'DELETE /session' && original !== undefined)
        original.cookie = (await world.session(asker.accountId)).cookie;
      if (answer.status >= 400) wrong.push(`${key}: ${answer.status} ${answer.text}`);
      if (what.length === 0) unchanged.push(key);
      const requestId = answer.headers.get('x-request-id');
      const events = await eventsOf(requestId);
      const [event] = events.filter(
        ({ organization_id }) =>
          thing.noun === 'instance' || organization_id === (thing.rights.organizationId ?? organization_id),
      );
      const isTold =
        event?.outcome === 'done' &&
        event.actor_account_id === asker.accountId &&
        event.actor_name !== '' &&
        event.actor_organization_id === asker.organizationId &&
        event.source_address === '127.0.0.1' &&
        event.target_kind !== '' &&
        event.action !== '' &&
        Math.abs(event.at / 1000 - Date.now()) < 60_000;
      if (!isTold) wrong.push(`${key}: ${JSON.stringify(events)}`);
    }
    expect(wrong).toEqual([]);
    // There is none whose change was not seen: the sweep is of changes.
    expect(unchanged).toEqual([]);
  });

  it.each([
    'Standard User at home',
    'Standard User from elsewhere',
    'Read Only User at home',
    'Community Leader of the staff',
  ])(
    'item 114: every attempt of a %s that is refused is told in the own organization, reads that are forbidden too',
    {
      timeout: 60_000,
    },
    async (name) => {
      const actor = world.actor(name);
      const wrong: string[] = [];
      let refused = 0;
      for (const endpoint of ALL_ENDPOINTS) {
        if (endpoint.authentication === 'public') continue;
        for (const operation of ROUTE_RIGHTS[keyOf(endpoint)] ?? []) {
          const [on] = operation.on;
          if (on === undefined || on === 'own account') continue;
          const thing = await world.thing(on);
          const sent: Sent = (await operation.send?.({ world, thing, asker: actor.asker })) ?? {};
          const [eventsBefore, repeatsBefore] = [await lastEvent(), await repeats()];
          const path = pathOf(endpoint, sent, thing);
          const answer = await send(world, actor.cookie, endpoint.method, path, sent.body);
          if (keyOf(endpoint) === 'DELETE /session')
            actor.cookie = (await world.session(actor.asker.accountId)).cookie;
          const isRead = endpoint.method === 'GET' || keyOf(endpoint) === 'POST /audit/verification';
          if (answer.status !== 403 && (answer.status !== 404 || isRead)) continue;
          refused++;
          // No more of one minute than are told one by one.
          if (refused % 20 === 0) world.app.clock.advance(61);
          const fresh = await eventsSince(eventsBefore);
          const [event, ...others] = fresh;
          const isRepeated = fresh.length === 0 && (await repeats()) === repeatsBefore + 1;
          const isRight =
            others.length === 0 &&
            event?.outcome === 'refused' &&
            event.organization_id === actor.asker.organizationId &&
            event.actor_account_id === actor.asker.accountId &&
            event.source_address === '127.0.0.1' &&
            event.request_id === answer.headers.get('x-request-id');
          if (!isRight && !isRepeated)
            wrong.push(`${keyOf(endpoint)} ${answer.status}: ${JSON.stringify(fresh)}`);
        }
      }
      expect(refused).toBeGreaterThan(30);
      expect(wrong).toEqual([]);
    },
  );

  const lastEvent = async () =>
    (
      await world.app.db.read
        .selectFrom('audit_events')
        .select('id')
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst()
    )?.id ?? 0;
  const eventsSince = async (id: number) =>
    await world.app.db.read.selectFrom('audit_events').selectAll().where('id', '>', id).execute();

  it('item 114: a sign-in is told, and one that fails with where it came from', async () => {
    const { asker } = world.actor('Standard User at home');
    world.app.clock.advance(61);
    const { user_name } = await world.app.db.read
      .selectFrom('accounts')
      .select('user_name')
      .where('id', '=', asker.accountId)
      .executeTakeFirstOrThrow();
    const password = await givePassword(world.app, asker.accountId);
    const failed = await send(world, undefined, 'POST', '/session', { email: user_name, password: 'wrong' });
    const right = await send(world, undefined, 'POST', '/session', { email: user_name, password });
    expect([failed.status, right.status]).toEqual([401, 201]);
    expect(await eventsOf(failed.headers.get('x-request-id'))).toMatchObject([
      { action: 'authenticate', outcome: 'failed', source_address: '127.0.0.1' },
    ]);
    expect(await eventsOf(right.headers.get('x-request-id'))).toMatchObject([
      {
        action: 'session.create',
        outcome: 'done',
        actor_account_id: asker.accountId,
        source_address: '127.0.0.1',
      },
    ]);
  });

  it('item 112: the names of a deleted account stay in its tombstone and in the audit trail, which stays whole; its secrets, sessions, addresses and memberships go', async () => {
    const { app, home } = world;
    const user = await createUser(app, app.operator, {
      organization: home.id,
      email: 'to.be.forgotten@example.org',
      firstName: 'Forget',
      lastName: 'Menot',
      organizationRole: 'Standard User',
    });
    const { userName, password = '' } = user;
    const signedIn = await send(world, undefined, 'POST', '/session', { email: userName, password });
    expect(signedIn.status).toBe(201);
    await setUserGroupMembers(app, app.operator, {
      group: Number((await world.thing('group')).id),
      members: [user.id],
    });
    const rowsOf = async () => {
      const rows = await everyRow(app, (_table, row) => row.account_id === user.id);
      return [...rows].filter(([, found]) => found.length > 0).map(([table]) => table);
    };
    expect(await rowsOf()).toEqual(expect.arrayContaining(['credentials', 'sessions', 'user_group_members']));
    await deleteAccount(app, app.operator, { account: user.id });
    expect(await rowsOf()).toEqual([]);
    const stored = await everyRow(app);
    expect(stored.get('accounts')?.join()).toContain('Menot');
    expect(stored.get('audit_events')?.join()).toContain('to.be.forgotten@example.org');
    const actor = world.actor('Administrator of the staff');
    const verified = await send(world, actor.cookie, 'POST', '/audit/verification', {
      organization: home.id,
    });
    expect(JSON.parse(verified.text)).toMatchObject({ isIntact: true, problems: [] });
  });
});
