import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../../db/transaction.ts';
import { startServer } from '../../serving.ts';
import { auditTrail, newOrganization, newPersonWithPassword, type Person } from '../../testing/builders.ts';
import { type RestClient, restClient } from '../../testing/rest-client.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { deleteExpiredSessions, deleteSessionsOf } from './sessions.store.ts';

type Listed = { items: { id: string; current: boolean; abilities: object }[]; next: null };

describe.each(ENGINES)('ending sessions on %s', (engine) => {
  let app: TestApp;
  let server: Awaited<ReturnType<typeof startServer>>;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let foreign: Awaited<ReturnType<typeof newOrganization>>;
  beforeAll(async () => {
    app = await openTestApp(engine);
    server = await startServer(app);
    organization = await newOrganization(app);
    foreign = await newOrganization(app);
  });
  afterAll(async () => {
    await server.close(1000);
    await app.close();
  });

  async function signedIn(person: Person, of: { id: number } = organization) {
    const someone = await newPersonWithPassword(app, person, of);
    const browser = restClient(server.url);
    await browser.signIn(someone.userName, someone.password);
    const again = async () => {
      const other = restClient(server.url);
      await other.signIn(someone.userName, someone.password);
      return other;
    };
    return { ...someone, browser, again };
  }
  const list = async (browser: RestClient, accountId: number) =>
    (await browser.request<Listed>('GET', `/accounts/${accountId}/sessions`)).body;
  const isIn = async (browser: RestClient) => (await browser.request('GET', '/session')).status === 200;

  it('item 63: people see their own sessions, the latest first, and which one they are in', async () => {
    const { browser, accountId, again } = await signedIn('Standard User');
    app.clock.advance(1);
    const other = await again();
    expect(await list(browser, accountId)).toEqual({
      items: [false, true].map((current) => ({
        id: expect.any(String),
        createdAt: expect.stringMatching(/Z$/),
        lastSeenAt: expect.any(String),
        expiresAt: expect.any(String),
        address: '127.0.0.1',
        userAgent: expect.any(String),
        current,
        abilities: { end: true },
      })),
      next: null,
    });
    const [mine] = (await list(other, accountId)).items;
    expect(mine?.current).toBe(true);
    const text = JSON.stringify(await list(browser, accountId));
    for (const row of await app.db.read.selectFrom('sessions').select('hash').execute())
      expect(text).not.toContain(row.hash);
  });

  it('item 63: people end one of their own sessions, or all', async () => {
    const { browser, accountId, again } = await signedIn('Read Only User');
    app.clock.advance(1);
    const other = await again();
    const [latest] = (await list(browser, accountId)).items;
    const path = `/accounts/${accountId}/sessions`;
    expect((await browser.request('DELETE', `${path}/${latest?.id}`)).body).toEqual({ ended: 1 });
    expect([await isIn(browser), await isIn(other)]).toEqual([true, false]);
    expect((await browser.request('DELETE', `${path}/${latest?.id}`)).status).toBe(404);
    const third = await again();
    expect((await browser.request('DELETE', path)).body).toEqual({ ended: 2 });
    expect([await isIn(browser), await isIn(third)]).toEqual([false, false]);
  });

  it('item 63: people end their own sessions only when it is lately that they showed who they are', async () => {
    const { browser, accountId, again } = await signedIn('Standard User');
    app.clock.advance(601);
    const path = `/accounts/${accountId}/sessions`;
    const refused = await browser.request('DELETE', path);
    expect([refused.status, refused.body]).toMatchObject([403, { error: { code: 'verification_required' } }]);
    expect(await isIn(browser)).toBe(true);
    const other = await again();
    expect((await other.request('DELETE', path)).body).toEqual({ ended: 2 });
  });

  it('item 31: an Organization Administrator sees that failed sign-ins lock an account, and unlocks it, which is audited', async () => {
    const { browser } = await signedIn('Organization Administrator');
    const locked = await newPersonWithPassword(app, 'Standard User', organization);
    const stranger = restClient(server.url);
    const fail = async () =>
      (await stranger.request('POST', '/session', { email: locked.userName, password: 'not the one' }))
        .status;
    let status = 0;
    for (let attempt = 0; attempt < 30 && status !== 429; attempt++) status = await fail();
    expect(status).toBe(429);
    const path = `/accounts/${locked.accountId}`;
    const shown = async () =>
      (
        await browser.request<{ version: number; status: { lockedBy: string | null }; locked: boolean }>(
          'GET',
          path,
        )
      ).body;
    expect(await shown()).toMatchObject({ locked: true, status: { state: 'locked', lockedBy: 'system' } });
    const right = { email: locked.userName, password: locked.password };

    const bystander = await signedIn('Standard User');
    const changes = { version: (await shown()).version, locked: false };
    expect((await bystander.browser.request('PATCH', path, changes)).status).toBe(404);
    expect((await browser.request('PATCH', path, changes)).status).toBe(200);
    expect(await shown()).toMatchObject({ locked: false, status: { state: 'active', lockedBy: null } });
    expect((await stranger.request('POST', '/session', right)).status).toBe(201);
    expect((await auditTrail(app)).some((event) => event.action === 'account.unlock')).toBe(true);
  });

  it('item 63: an Organization Administrator ends the sessions of an account of the organization, which is audited', async () => {
    const administrator = await signedIn('Organization Administrator');
    const someone = await signedIn('Standard User');
    expect((await list(administrator.browser, someone.accountId)).items).toHaveLength(1);
    const reply = await administrator.browser.request('DELETE', `/accounts/${someone.accountId}/sessions`);
    expect(reply).toMatchObject({ status: 200, body: { ended: 1 } });
    expect(await isIn(someone.browser)).toBe(false);
    expect((await auditTrail(app, organization.id)).at(-1)).toMatchObject({
      action: 'session.end',
      outcome: 'done',
      actor_account_id: administrator.accountId,
      target_kind: 'user',
      target_id: String(someone.accountId),
      details: { sessions: 'all', ended: 1 },
    });
  });

  it('item 80: an Accounts Administrator ends nobody’s session who ranks above, and is told so', async () => {
    const low = await signedIn('Accounts Administrator');
    for (const person of ['Operations Administrator', 'Administrator'] as const) {
      const high = await signedIn(person, foreign);
      const path = `/accounts/${high.accountId}/sessions`;
      expect((await low.browser.request('GET', path)).status).toBe(403);
      expect((await low.browser.request('DELETE', path)).status).toBe(403);
      const [session] = (await list(high.browser, high.accountId)).items;
      expect((await low.browser.request('DELETE', `${path}/${session?.id}`)).status).toBe(403);
      expect(await isIn(high.browser)).toBe(true);
      expect(
        (await high.browser.request('DELETE', `/accounts/${low.accountId}/sessions/${session?.id}`)).status,
      ).toBe(404);
    }
    const equal = await signedIn('Accounts Administrator', foreign);
    expect((await low.browser.request('DELETE', `/accounts/${equal.accountId}/sessions`)).status).toBe(200);
  });

  it('item 80: an Organization Administrator does not end the sessions of an Administrator who is a member', async () => {
    const administrator = await signedIn('Organization Administrator');
    const high = await signedIn('Administrator');
    const path = `/accounts/${high.accountId}/sessions`;
    expect((await administrator.browser.request('DELETE', path)).status).toBe(403);
    expect(await isIn(high.browser)).toBe(true);
  });

  it.each(['Organization Administrator', 'Standard User', 'Read Only User', 'Community Leader'] as const)(
    'item 76: to a %s an account of another organization and its sessions do not exist, and nothing is told there',
    async (person) => {
      const asker = await signedIn(person);
      const victim = await signedIn('Standard User', foreign);
      const [session] = (await list(victim.browser, victim.accountId)).items;
      const before = (await auditTrail(app, foreign.id)).length;
      const unknown = await asker.browser.request('GET', '/accounts/999999/sessions');
      for (const [method, path] of [
        ['GET', `/accounts/${victim.accountId}/sessions`],
        ['DELETE', `/accounts/${victim.accountId}/sessions`],
        ['DELETE', `/accounts/${victim.accountId}/sessions/${session?.id}`],
      ] as const) {
        const { status, body } = await asker.browser.request<{ error: object }>(method, path);
        expect(status).toBe(404);
        expect({ ...body.error, requestId: '' }).toEqual({
          ...(unknown.body.error as object),
          requestId: '',
        });
      }
      expect(await isIn(victim.browser)).toBe(true);
      expect(await auditTrail(app, foreign.id)).toHaveLength(before);
    },
  );

  it('a Standard User neither sees nor ends the sessions of a colleague', async () => {
    const asker = await signedIn('Standard User');
    const colleague = await signedIn('Standard User');
    const path = `/accounts/${colleague.accountId}/sessions`;
    expect((await asker.browser.request('GET', path)).status).toBe(404);
    expect((await asker.browser.request('DELETE', path)).status).toBe(404);
    expect(await isIn(colleague.browser)).toBe(true);
  });

  it('a session of one account is not ended through the path of another', async () => {
    const one = await signedIn('Standard User');
    const other = await signedIn('Standard User');
    const [session] = (await list(other.browser, other.accountId)).items;
    const path = `/accounts/${one.accountId}/sessions/${session?.id}`;
    expect((await one.browser.request('DELETE', path)).status).toBe(404);
    expect(await isIn(other.browser)).toBe(true);
  });

  it('ended sessions are not listed, and are deleted in time', async () => {
    const { browser, accountId, again } = await signedIn('Standard User');
    await browser.request('DELETE', '/session');
    app.clock.advance(31 * 60);
    const later = await again();
    await again();
    await inTransaction(app.db, (tx) =>
      tx.updateTable('sessions').set({ credential_version: 0 }).where('account_id', '=', accountId).execute(),
    );
    const fresh = await again();
    expect((await list(fresh, accountId)).items).toHaveLength(1);
    expect(await isIn(later)).toBe(false);
    const count = async () =>
      (await app.db.read.selectFrom('sessions').select('id').where('account_id', '=', accountId).execute())
        .length;
    expect(await count()).toBe(3);
    await inTransaction(app.db, (tx) => deleteExpiredSessions(tx, app.clock.now()));
    expect(await count()).toBe(3);
    await inTransaction(app.db, (tx) => deleteExpiredSessions(tx, app.clock.now() + 13 * 3600 * 1_000_000));
    expect(await count()).toBe(0);
    expect(await inTransaction(app.db, (tx) => deleteSessionsOf(tx, accountId))).toBe(0);
  });
});
