import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../../server/db/transaction.ts';
import { deleteAccount } from '../../server/features/account-changes/deletion.service.ts';
import { updateAccount } from '../../server/features/accounts/accounts.store.ts';
import { startServer } from '../../server/serving.ts';
import { newOrganization } from '../../server/testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../server/testing/test-app.ts';
import { type Answer, ORIGIN, type Presentable, WAYS, type World } from './ways-in.ts';

/** Headers that differ from one answer to the next, and tell nothing of the account. */
const UNLIKE = ['date', 'x-request-id', 'connection', 'keep-alive'];

describe.each(ENGINES)('item 22: every way in goes through one gate of account state, on %s', (engine) => {
  let app: TestApp;
  let server: Awaited<ReturnType<typeof startServer>>;
  let address = 0;
  beforeAll(async () => {
    app = await openTestApp(engine, { trustedProxies: ['127.0.0.1', '::1'], publicUrl: ORIGIN });
    server = await startServer(app);
  });
  afterAll(async () => {
    await server.close(1000);
    await app.close();
  });

  const from = () => `198.18.${Math.floor(++address / 250)}.${address % 250}`;
  const send = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const headers = { ...(init.headers as Record<string, string>), 'X-Forwarded-For': from() };
    const response = await fetch(`${server.listening}${path}`, { ...init, headers });
    const text = await response.text();
    const id = response.headers.get('x-request-id');
    return {
      status: response.status,
      body: id === null ? text : text.replaceAll(id, '(request)'),
      headers: Object.fromEntries([...response.headers].filter(([name]) => !UNLIKE.includes(name))),
    };
  };
  const newWorld = async (): Promise<World> => {
    const organization = await newOrganization(app, { users: 100, apiUsers: 100, taxiiUsers: 100 });
    return { app, url: server.listening, organization, send };
  };
  const set = (accountId: number, changes: Parameters<typeof updateAccount>[2]) =>
    inTransaction(app.db, (tx) => updateAccount(tx, accountId, changes));
  const disableOrganization = (id: number) =>
    inTransaction(app.db, (tx) =>
      tx
        .updateTable('organizations')
        .set({ disabled_at: app.clock.now() })
        .where('owner_id', '=', id)
        .execute(),
    );

  const STATES: Record<string, (account: Presentable, world: World) => Promise<unknown>> = {
    locked: ({ accountId }) => set(accountId, { locked_at: app.clock.now() }),
    disabled: ({ accountId }) => set(accountId, { disabled_at: app.clock.now() }),
    expired: ({ accountId }) => set(accountId, { expires_at: app.clock.now() - 1 }),
    deleted: ({ accountId }) => deleteAccount(app, app.operator, { account: accountId }),
    'of an organization that is disabled': (_account, { organization }) =>
      disableOrganization(organization.id),
  };

  describe.each(WAYS.map((way) => [way.name, way] as const))('%s', (_name, way) => {
    const hashesOf = async (work: () => Promise<Answer>) => {
      const before = app.secrets.hashes.count;
      const answer = await work();
      return { answer, hashes: app.secrets.hashes.count - before };
    };

    it('lets in an account that is fit', async () => {
      const account = await way.prepare(await newWorld());
      expect((await account.present('right')).status).toBe(way.open);
    });

    it('items 16 and 17: refuses what is wrong or nobody’s, and every account that is not fit, with one and the same answer for the same number of hashes', async () => {
      const strangers = await way.prepare(await newWorld());
      const unknown = await hashesOf(() => strangers.present('unknown'));
      if (way.mayTell !== true) expect(unknown.answer.status).toBe(way.refused);
      const wrong = await hashesOf(() => strangers.present('wrong'));
      if (way.mayTell !== true) expect(wrong).toEqual(unknown);
      for (const [state, put] of Object.entries(STATES)) {
        const world = await newWorld();
        const account = await way.prepare(world);
        await put(account, world);
        const refused = await hashesOf(() => account.present('right'));
        if (way.mayTell !== true) expect([state, refused]).toEqual([state, unknown]);
        else expect([state, refused.answer.status]).not.toEqual([state, way.open]);
      }
    });

    it(`an account at which strangers have failed over and over: ${way.throttled === 429 ? 'makes its owner wait at an address where it was never used' : 'its owner is let in all the same'}`, async () => {
      const account = await way.prepare(await newWorld());
      const key = app.secrets.digest(account.userName.toLowerCase());
      const now = app.clock.now();
      await inTransaction(app.db, (tx) =>
        tx
          .insertInto('throttles')
          .values({
            key: `account ${key}`,
            failures: 200,
            last_failure_at: now,
            blocked_until: now + 600_000_000,
          })
          .execute(),
      );
      expect((await account.present('right')).status).toBe(way.throttled);
    });

    it(`an account whose person has something to do first: ${way.pending}`, async () => {
      const account = await way.prepare(await newWorld());
      await set(account.accountId, { password_reset_required: 1 });
      const { status, body } = await account.present('right');
      expect(status).toBe(way.pending === 'refused' ? 403 : way.open);
      if (way.pending === 'refused') expect(body).toContain('"action_required"');
      if (way.pending === 'restricted')
        expect(JSON.parse(body)).toMatchObject({ requiredActions: ['change_password'] });
    });
  });
});
