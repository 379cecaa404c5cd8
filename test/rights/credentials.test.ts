import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALL_ENDPOINTS } from '../../contract/all-endpoints.ts';
import type { OpenedApp } from '../../server/app.ts';
import { deleteAccount } from '../../server/features/account-changes/deletion.service.ts';
import { editAccount } from '../../server/features/account-changes/editing.service.ts';
import { createApiUser } from '../../server/features/account-creation/api-users.service.ts';
import { setCollectionWritable } from '../../server/features/collections/collections.service.ts';
import {
  replaceCredential,
  revokeCredential,
} from '../../server/features/credentials/credentials.service.ts';
import { setOrganizationPermissions } from '../../server/features/owners/organizations.service.ts';
import { addMember } from '../../server/features/owners/owners.service.ts';
import { SESSION_COOKIE } from '../../server/http/rest-browser.ts';
import type { RunningServer } from '../../server/http/server.ts';
import { startServer } from '../../server/serving.ts';
import { givePassword, newOrganization, newPerson } from '../../server/testing/builders.ts';
import { ENGINES } from '../../server/testing/test-app.ts';
import { basic, indicator, newTaxiiUser } from '../../server/testing/test-server.ts';
import { keyOf, pathOf } from './matrix.ts';
import { ROUTE_RIGHTS } from './route-rights.ts';
import { differences, everyRow } from './stored.ts';
import { type Actor, openWorld, send, type World } from './world.ts';

const TAXII = { Accept: 'application/taxii+json;version=2.1' };

/** A request to each endpoint that needs a session, in order but for who sends it. */
async function everyRequest(world: World, actor: Actor, unsafeOnly = false) {
  const requests: { key: string; method: string; path: string; body: unknown }[] = [];
  for (const endpoint of ALL_ENDPOINTS) {
    if (endpoint.authentication === 'public' || (unsafeOnly && endpoint.method === 'GET')) continue;
    for (const operation of ROUTE_RIGHTS[keyOf(endpoint)] ?? []) {
      for (const on of operation.on) {
        const { asker } = actor;
        if (on === 'own account' && asker === undefined) continue;
        const thing =
          on === 'own account'
            ? { name: 'own', noun: 'account' as const, id: asker?.accountId ?? 0, rights: {} }
            : await world.thing(on);
        const sent = (await operation.send?.({ world, thing, asker })) ?? {};
        const path = pathOf(endpoint, sent, thing);
        requests.push({ key: `${keyOf(endpoint)} · ${on}`, method: endpoint.method, path, body: sent.body });
        if (!unsafeOnly) break;
      }
      if (!unsafeOnly) break;
    }
  }
  return requests;
}

describe.each(ENGINES)('credentials on %s', (engine) => {
  let world: World;
  let second: OpenedApp;
  let secondServer: RunningServer;
  beforeAll(async () => {
    world = await openWorld(engine);
    second = await world.app.reopen();
    secondServer = await startServer(second);
  });
  afterAll(async () => {
    await secondServer?.close(1000);
    await second?.close();
    await world?.close();
  });

  it('item 86: those of a TAXII user and of an API user open no REST route and no session, but for the signature and the token of an API user', {
    timeout: 60_000,
  }, async () => {
    const { app, home } = world;
    const taxii = await newTaxiiUser(app, {
      userName: 'gate-siem',
      organization: home.name,
      service: world.service.id,
      apiKey: true,
    });
    const api = await createApiUser(app, app.operator, {
      organization: home.id,
      firstName: 'Gate',
      lastName: 'Script',
      organizationRole: 'Organization Administrator',
      tokenExpirationDays: 10,
    });
    const { secretKey = '', token = '' } = api;
    const headers: Record<string, string>[] = [
      { Authorization: basic(taxii) },
      { Authorization: `Bearer ${taxii.apiKey}` },
      { 'X-API-Key': taxii.apiKey ?? '' },
      { Authorization: basic({ userName: api.accessId, password: secretKey }) },
      { Authorization: `Token ${token}` },
      { Authorization: `TC ${api.accessId}:${secretKey}`, Timestamp: String(Math.floor(Date.now() / 1000)) },
      ...[taxii.password, taxii.apiKey ?? '', secretKey, token].map((secret) => ({
        Cookie: `${SESSION_COOKIE}=${secret}`,
      })),
    ];
    const forgetFailures = async () => await app.db.write.deleteFrom('throttles').execute();
    const administrator = world.actor('Organization Administrator at home');
    const plain = (text: string) => text.replace(/"requestId":"[^"]*"/, '');
    const opened: string[] = [];
    const requests = await everyRequest(world, administrator);
    for (const { key, method, path, body } of requests) {
      // Who guesses for long is told to wait; here it is asked what opens something.
      await forgetFailures();
      const stranger = await send(world, undefined, method, path, body);
      expect(stranger.status, key).toBe(401);
      for (const each of headers) {
        const answer = await send(world, undefined, method, path, body, each);
        if (plain(answer.text) !== plain(stranger.text) || answer.headers.get('set-cookie') !== null)
          opened.push(
            `${key} with ${Object.keys(each).join()}: ${answer.status} ${answer.text.slice(0, 200)}`,
          );
      }
    }
    await forgetFailures();
    expect(requests.length).toBeGreaterThan(70);
    // The API user's own right ways in: what only a person may do is refused, and no session begins.
    const rightWays = [
      { Authorization: `Bearer ${token}` },
      { Authorization: `TC-Token ${token}` },
      { Authorization: `TC-Token ${token}`, Cookie: administrator.cookie ?? '' },
    ];
    for (const endpoint of ALL_ENDPOINTS) {
      if (endpoint.authentication !== 'session') continue;
      for (const each of rightWays) {
        const path = endpoint.path.replaceAll(/:\w+/g, '1');
        const answer = await send(world, undefined, endpoint.method, path, undefined, each);
        expect([answer.status, answer.text], keyOf(endpoint)).toEqual([
          403,
          expect.stringContaining('needs the session of a person'),
        ]);
        expect(answer.headers.get('set-cookie')).toBeNull();
      }
    }
    for (const [path, status] of [
      [`/organizations/${home.id}/accounts`, 200],
      [`/organizations/${world.elsewhere.id}/accounts`, 404],
      ['/settings', 403],
    ] as const)
      for (const each of rightWays)
        expect((await send(world, undefined, 'GET', path, undefined, each)).status, path).toBe(status);
    for (const [email, password] of [
      [taxii.userName, taxii.password],
      [taxii.userName, taxii.apiKey],
      [api.accessId, secretKey],
      [api.accessId, token],
    ]) {
      const answer = await send(world, undefined, 'POST', '/session', { email, password });
      expect([answer.status, answer.headers.get('set-cookie')]).toEqual([401, null]);
    }
    expect(opened).toEqual([]);
    // The TAXII user's are right where they belong; those of the API user open no TAXII service either.
    const at = async (authorization: string) =>
      (await fetch(`${world.server.url}/taxii2/`, { headers: { ...TAXII, Authorization: authorization } }))
        .status;
    expect(await at(basic(taxii))).toBe(200);
    expect(await at(basic({ userName: api.accessId, password: secretKey }))).toBe(401);
    expect(await at(`Bearer ${token}`)).toBe(401);
    const person = await newPerson(app, 'Organization Administrator', home);
    const password = await givePassword(app, person.accountId);
    expect(await at(basic({ userName: person.userName, password }))).toBe(401);
    expect(await at(basic(taxii))).toBe(200);
  });

  it.each(['Read Only User at home', 'Read Only Commenter at home'])(
    'item 86: a %s changes nothing, whatever is tried',
    { timeout: 60_000 },
    async (name) => {
      const actor = world.actor(name);
      // What everybody may do for themselves: sign out, end their own sessions, keep their own profile, begin to set up a
      // second factor.
      const own =
        /^(DELETE \/session|PATCH \/session\/profile|POST \/session\/authenticator\/totp ·|DELETE \/accounts\/:account\/sessions.*own account)/;
      const requests = (await everyRequest(world, actor, true)).filter(({ key }) => !own.test(key));
      // A wrong code of one's own is counted; what others did before is written down late where it is only for show.
      const uncounted = ['sessions', 'throttles', 'taxii_usage'];
      const forShow = ['last_used_at', 'last_used_from'];
      const passes = (table: string) => !table.startsWith('audit_') && !uncounted.includes(table);
      const before = await everyRow(world.app, passes, forShow);
      const allowed: string[] = [];
      for (const { key, method, path, body } of requests) {
        const answer = await send(world, actor.cookie, method, path, body);
        if (answer.status < 400) allowed.push(`${key}: ${answer.status}`);
        expect([400, 403, 404, 409, 422], key).toContain(answer.status);
      }
      expect(allowed).toEqual([]);
      expect(requests.length).toBeGreaterThan(100);
      expect(differences(before, await everyRow(world.app, passes, forShow))).toEqual([]);
      expect((await send(world, actor.cookie, 'GET', '/session')).status).toBe(200);
    },
  );

  const onBoth = async (ask: (url: string) => Promise<number>) => [
    await ask(world.server.url),
    await ask(secondServer.url),
  ];

  type Change = (accountId: number, organizationId: number) => Promise<unknown>;
  const changes = (): [string, Change][] => {
    const { app } = world;
    const edit = (fields: Parameters<typeof editAccount>[2]['changes']): Change => {
      return (account) => editAccount(app, app.operator, { account, changes: fields });
    };
    return [
      ['locked', edit({ locked: true })],
      ['disabled', edit({ disabled: true })],
      ['deleted', (account) => deleteAccount(app, app.operator, { account })],
      [
        'given a new password',
        (account) => replaceCredential(app, app.operator, { account, credential: 'password' }),
      ],
      [
        'expired',
        async (account) => {
          const expiresAt = new Date(app.clock.now() / 1000 + 2000).toISOString();
          await editAccount(app, app.operator, { account, changes: { expiresAt } });
          app.clock.advance(3);
        },
      ],
      [
        'put out of use with its organization',
        (_account, organization) =>
          setOrganizationPermissions(app, app.operator, { organization, disabled: true }),
      ],
    ];
  };

  it('items 62 and 84: a person who is locked, disabled, deleted, expired or given another password or role is out with the very next request, in every process', async () => {
    const { app } = world;
    const roles: [string, Change][] = [
      [
        'another System role',
        (account) => editAccount(app, app.operator, { account, changes: { systemRole: 'User' } }),
      ],
      [
        'another Organization role',
        (account) =>
          editAccount(app, app.operator, { account, changes: { organizationRole: 'App Developer' } }),
      ],
    ];
    for (const [what, change] of [...changes(), ...roles]) {
      const organization = await newOrganization(app, { users: 10 });
      const { accountId } = await newPerson(app, 'Administrator', organization);
      const { cookie } = await world.session(accountId);
      const ask = (path: string) => async (url: string) =>
        (await send({ server: { url } }, cookie, 'GET', path)).status;
      expect(await onBoth(ask('/settings')), what).toEqual([200, 200]);
      await change(accountId, organization.id);
      expect(await onBoth(ask('/settings')), what).toEqual([401, 401]);
      if (what.startsWith('another')) {
        const again = (await world.session(accountId)).cookie;
        const status = what.includes('System') ? 403 : 200;
        expect((await send(world, again, 'GET', '/settings')).status, what).toBe(status);
      }
    }
  });

  it('items 62 and 84: so is a TAXII user, though its password was found right a moment ago', async () => {
    const { app } = world;
    for (const [what, change] of changes()) {
      const organization = await newOrganization(app);
      const user = await newTaxiiUser(app, {
        userName: `out-${what.replaceAll(' ', '-')}`,
        organization: organization.name,
        service: world.service.id,
      });
      const ask = async (url: string) =>
        (await fetch(`${url}/taxii2/`, { headers: { ...TAXII, Authorization: basic(user) } })).status;
      expect(await onBoth(ask), what).toEqual([200, 200]);
      await change(user.id, organization.id);
      expect(await onBoth(ask), what).toEqual([401, 401]);
    }
  });

  it('items 97 and 98: a key that is revoked, expired or of an account or organization out of use opens nothing in any process, with one answer, which is told with its source', async () => {
    const { app } = world;
    const keyChanges: [string, Change][] = [
      ...changes().filter(([what]) => what !== 'given a new password'),
      [
        'given a new key',
        (account) => replaceCredential(app, app.operator, { account, credential: 'api_key' }),
      ],
      [
        'rid of its key',
        async (account) => {
          const { id } = await app.db.read
            .selectFrom('credentials')
            .select('id')
            .where('account_id', '=', account)
            .where('kind', '=', 'api_key')
            .executeTakeFirstOrThrow();
          await revokeCredential(app, app.operator, { account }, id);
        },
      ],
    ];
    const repeats = async () =>
      (await app.db.read.selectFrom('audit_repeats').select('count').execute()).reduce(
        (sum, { count }) => sum + count,
        0,
      );
    const answers = new Set<string>();
    for (const [what, change] of keyChanges) {
      const organization = await newOrganization(app);
      const user = await newTaxiiUser(app, {
        userName: `key-${what.replaceAll(' ', '-')}`,
        organization: organization.name,
        service: world.service.id,
        apiKey: true,
      });
      const ask = async (url: string) => {
        const answer = await fetch(`${url}/taxii2/`, {
          headers: { ...TAXII, Authorization: `Bearer ${user.apiKey}` },
        });
        return { status: answer.status, text: await answer.text(), id: answer.headers.get('x-request-id') };
      };
      expect((await ask(world.server.url)).status, what).toBe(200);
      expect((await ask(secondServer.url)).status, what).toBe(200);
      const told = await repeats();
      await change(user.id, organization.id);
      const refused = [await ask(world.server.url), await ask(secondServer.url)];
      expect(
        refused.map(({ status }) => status),
        what,
      ).toEqual([401, 401]);
      for (const { text, id } of refused) answers.add(text.replaceAll(String(id), ''));
      const events = await app.db.read
        .selectFrom('audit_events')
        .select(['outcome', 'source_address'])
        .where(
          'request_id',
          'in',
          refused.map(({ id }) => String(id)),
        )
        .execute();
      // Of a key that is nobody's any more, only that it came again from there.
      expect(events.length > 0 || (await repeats()) > told, what).toBe(true);
      for (const event of events) expect(event).toEqual({ outcome: 'failed', source_address: '127.0.0.1' });
    }
    expect(answers.size).toBe(1);
  });

  it('item 84: a cursor of TAXII outlives the right that it was given for by no request', async () => {
    const { app } = world;
    const organization = await newOrganization(app);
    await setCollectionWritable(app, app.operator, organization.collectionId, true);
    const create = { organization: organization.name, service: world.service.id };
    const user = await newTaxiiUser(app, { ...create, userName: `cursor-${engine}` });
    const objects = `main/collections/${organization.collectionId}/objects/`;
    const ask = async (url: string, query: string, body?: unknown) =>
      await fetch(`${url}/${objects}${query}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { ...TAXII, 'Content-Type': TAXII.Accept, Authorization: basic(user) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    const added = await ask(world.server.url, '', { objects: [indicator(1), indicator(2)] });
    expect(added.status).toBe(202);
    const page = (await (await ask(world.server.url, '?limit=1')).json()) as { more: boolean; next: string };
    expect(page.more).toBe(true);
    const rest = `?limit=1&next=${encodeURIComponent(page.next)}`;
    const status = async (url: string) => (await ask(url, rest)).status;
    expect(await onBoth(status)).toEqual([200, 200]);
    const change = { account: user.id, changes: { onlyOwners: [world.commons.id] } };
    // Within reach only once its organization is a member.
    await addMember(app, app.operator, {
      owner: world.commons.id,
      organization: organization.id,
      defaultRole: 'User',
    });
    await editAccount(app, app.operator, change);
    expect(await onBoth(status)).toEqual([404, 404]);
    await editAccount(app, app.operator, { account: user.id, changes: { onlyOwners: null } });
    expect(await onBoth(status)).toEqual([200, 200]);
  });
});
