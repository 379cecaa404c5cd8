import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../../server/db/transaction.ts';
import { createTaxiiUser } from '../../server/features/account-creation/taxii-users.service.ts';
import {
  findAccount,
  insertAllowedOwners,
  updateAccount,
} from '../../server/features/accounts/accounts.store.ts';
import { setCollectionWritable } from '../../server/features/collections/collections.service.ts';
import { addMember, createOrganization, createOwner } from '../../server/features/owners/owners.service.ts';
import {
  deleteTaxiiUser,
  disableTaxiiUser,
  lockTaxiiUserAccount,
  rotateTaxiiUserCredential,
} from '../../server/testing/account-changes.ts';
import { type ServerProcess, startCommand, startServerProcess } from '../../server/testing/processes.ts';
import { ENGINES, openTestApp, type TestApp } from '../../server/testing/test-app.ts';
import { basic } from '../../server/testing/test-server.ts';
import { madeObject, send, type Target } from './processes/taxii-client.ts';

/** Requests that a poller makes after it was refused; what a throttle lets pass is limited. */
const REFUSED_REQUESTS = 2;
const POLLERS = 2;
const PASSWORD = 'correct horse battery staple';

type Poll = { from: number; status: number };

describe.each(ENGINES)('what another process changes on %s', (engine) => {
  let app: TestApp;
  let server: ServerProcess;
  let organization: { id: number; name: string; collectionId: string };
  let community: { id: number; name: string; collectionId: string };
  let count = 0;
  beforeAll(async () => {
    app = await openTestApp(engine, { logLevel: 'warn' });
    organization = await createOrganization(app, app.operator, {
      name: 'Acme',
      limits: { taxiiUsers: 1000 },
    });
    community = await createOwner(app, app.operator, { kind: 'community', name: 'Exchange' });
    await setCollectionWritable(app, app.operator, organization.collectionId, true);
    server = await startServerProcess(app.config);
  });
  afterAll(async () => {
    await server?.end();
    await app?.close();
  });

  /** A TAXII user that the server has just seen: a typed password, so that it remembers it for a minute. */
  async function newUser() {
    const userName = `siem-${++count}`;
    await addMember(app, app.operator, {
      owner: community.name,
      organization: organization.name,
      defaultRole: 'User',
    });
    const user = await createTaxiiUser(app, app.operator, {
      userName,
      organization: organization.name,
      password: PASSWORD,
      apiKey: true,
    });
    const target = (authorization: string, collection = organization.collectionId): Target => ({
      urls: [server.url],
      collection,
      authorization,
    });
    return {
      userName,
      withPassword: target(basic({ userName, password: PASSWORD })),
      withKey: target(`Bearer ${user.apiKey}`),
      inCommunity: target(basic({ userName, password: PASSWORD }), community.collectionId),
      target,
    };
  }

  const read = async (target: Target) => (await send(target, 'objects/?limit=1')).status;
  const write = async (target: Target) =>
    (
      await send(target, 'objects/', {
        method: 'POST',
        body: JSON.stringify({ objects: [madeObject(1, 1, 0)] }),
      })
    ).status;

  /** Polls all the while as the change is made; every request begun after it must be answered as `after` says. */
  async function expectAtOnce(
    request: () => Promise<number>,
    before: number,
    change: () => Promise<unknown>,
    after: number,
  ): Promise<void> {
    expect(await request()).toBe(before);
    let isOver = false;
    const polls: Poll[] = [];
    const pollers = Array.from({ length: POLLERS }, async () => {
      for (let refused = 0; !isOver && refused < REFUSED_REQUESTS; ) {
        const from = performance.now();
        const status = await request();
        polls.push({ from, status });
        if (status !== before) refused++;
      }
    });
    for (let tries = 0; polls.length < 2 * POLLERS && tries < 500; tries++) await sleep(5);
    await change();
    const changed = performance.now();
    const next = await request();
    await sleep(60);
    isOver = true;
    await Promise.all(pollers);
    expect(next).toBe(after);
    expect(polls.filter((poll) => poll.from > changed && poll.status !== after)).toEqual([]);
    expect(polls.filter((poll) => poll.status !== before && poll.status !== after)).toEqual([]);
    expect(polls.some((poll) => poll.status === before)).toBe(true);
  }

  it('disabling an account refuses its very next request, enabling lets it in again', async () => {
    const user = await newUser();
    const poll = () => read(user.withPassword);
    await expectAtOnce(poll, 200, () => disableTaxiiUser(app, app.operator, user.userName, true), 401);
    await disableTaxiiUser(app, app.operator, user.userName, false);
    expect(await poll()).toBe(200);
  });

  it('disabling it on the command line does, too', async () => {
    const user = await newUser();
    const disable = async () => {
      const { ended } = startCommand(app.config, ['taxii-user', 'disable', user.userName]);
      expect((await ended).code).toBe(0);
    };
    await expectAtOnce(() => read(user.withPassword), 200, disable, 401);
  });

  it('locking an account refuses its very next request, by key as well, clearing lets it in again', async () => {
    const user = await newUser();
    const poll = () => read(user.withKey);
    await expectAtOnce(poll, 200, () => lockTaxiiUserAccount(app, app.operator, user.userName, true), 401);
    await lockTaxiiUserAccount(app, app.operator, user.userName, false);
    expect(await poll()).toBe(200);
    expect(await read(user.withPassword)).toBe(200);
  });

  it('deleting an account refuses its very next request', async () => {
    const user = await newUser();
    await expectAtOnce(
      () => read(user.withPassword),
      200,
      () => deleteTaxiiUser(app, app.operator, user.userName),
      401,
    );
    expect(await read(user.withKey)).toBe(401);
  });

  it('an expiry that has passed refuses the very next request', async () => {
    const user = await newUser();
    const expire = () =>
      inTransaction(app.db, async (tx) => {
        const account = await findAccount(tx, user.userName);
        await updateAccount(tx, account?.id ?? 0, { expires_at: app.clock.now() - 1 });
      });
    await expectAtOnce(() => read(user.withPassword), 200, expire, 401);
  });

  it('a new password ends the old one at once, and is taken at once', async () => {
    const user = await newUser();
    const { userName } = user;
    const rotate = () =>
      rotateTaxiiUserCredential(app, app.operator, {
        userName,
        credential: 'password',
        password: `${PASSWORD}!`,
      });
    await expectAtOnce(() => read(user.withPassword), 200, rotate, 401);
    expect(await read(user.target(basic({ userName, password: `${PASSWORD}!` })))).toBe(200);
    expect(await read(user.withKey)).toBe(200);
  });

  it('with an overlap the old password goes on until the next change without one', async () => {
    const user = await newUser();
    const { userName } = user;
    const rotate = (overlapSeconds: number) =>
      rotateTaxiiUserCredential(app, app.operator, { userName, credential: 'password', overlapSeconds });
    await expectAtOnce(
      () => read(user.withPassword),
      200,
      () => rotate(3600),
      200,
    );
    await expectAtOnce(
      () => read(user.withPassword),
      200,
      () => rotate(0),
      401,
    );
  });

  it('a new API key ends the old one at once', async () => {
    const user = await newUser();
    const rotate = () =>
      rotateTaxiiUserCredential(app, app.operator, { userName: user.userName, credential: 'api_key' });
    await expectAtOnce(() => read(user.withKey), 200, rotate, 401);
    expect(await read(user.withPassword)).toBe(200);
  });

  it('banning the organization from a community hides it at once', async () => {
    const user = await newUser();
    const ban = () =>
      addMember(app, app.operator, {
        owner: community.name,
        organization: organization.name,
        defaultRole: 'Banned',
      });
    await expectAtOnce(() => read(user.inCommunity), 200, ban, 404);
    expect(await read(user.withPassword)).toBe(200);
  });

  it('an allow-list hides what it does not name at once', async () => {
    const user = await newUser();
    const narrow = () =>
      inTransaction(app.db, async (tx) => {
        const account = await findAccount(tx, user.userName);
        await insertAllowedOwners(tx, account?.id ?? 0, [community.id]);
        await updateAccount(tx, account?.id ?? 0, { narrowed: 1 });
      });
    await expectAtOnce(() => read(user.withPassword), 200, narrow, 404);
    expect(await read(user.inCommunity)).toBe(200);
  });

  it('switching writing off refuses the very next envelope, and no reading', async () => {
    const user = await newUser();
    const { collectionId } = organization;
    await expectAtOnce(
      () => write(user.withPassword),
      202,
      () => setCollectionWritable(app, app.operator, collectionId, false),
      403,
    );
    expect(await read(user.withPassword)).toBe(200);
    await setCollectionWritable(app, app.operator, collectionId, true);
    expect(await write(user.withPassword)).toBe(202);
  });
});
