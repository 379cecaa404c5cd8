import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenedApp } from '../../app.ts';
import type { RunningServer } from '../../http/server.ts';
import { startServer } from '../../serving.ts';
import { newApiUser, newUser } from '../../testing/accounts.ts';
import { signedOnce, signedWithBody } from '../../testing/api-client.ts';
import { auditTrail, newOrganization, newPerson, refusalOf } from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { basic, newTaxiiUser } from '../../testing/test-server.ts';
import { getAccount } from '../accounts/listing.service.ts';
import { editCredential } from './binding.service.ts';
import { replaceCredential, revokeCredential } from './credentials.service.ts';

const WHOAMI = '/api/v2/whoami';

describe.each(ENGINES)('credentials of machines on %s', (engine) => {
  let app: TestApp;
  let second: OpenedApp;
  let servers: RunningServer[] = [];
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let number = 0;
  beforeAll(async () => {
    app = await openTestApp(engine);
    second = await app.reopen();
    servers = [await startServer(app), await startServer(second)];
    organization = await newOrganization(app, { users: 100, apiUsers: 1000, taxiiUsers: 1000 });
  });
  afterAll(async () => {
    for (const server of servers) await server.close(1000);
    await second?.close();
    await app?.close();
  });

  const shown = async (account: number, kind: string) => {
    const { credentials, version } = await getAccount(app, organization.administrator, { account });
    const found = credentials.findLast((each) => each.kind === kind);
    if (found === undefined) throw new Error(`no ${kind}`);
    return { ...found, version };
  };
  const edit = (account: number, credential: number, changes: object, caller = organization.administrator) =>
    editCredential(app, caller, { account, credential, ...changes });
  const newTaxii = () =>
    newTaxiiUser(app, { userName: `bound-${++number}`, organization: organization.name, apiKey: true });

  it('are bound by whoever may give them, with what changed in the audit trail, and no secret', async () => {
    const user = await newApiUser(app, organization, { tokenExpirationDays: 30 });
    const { id, version } = await shown(user.id, 'secret_key');
    const someone = await newPerson(app, 'Standard User', organization);
    const changes = { allowedNetworks: ['192.0.2.0/24', '::FFFF:192.0.2.1', '192.0.2.0/24'], readOnly: true };
    expect((await refusalOf(edit(user.id, id, changes, someone))).code).toBe('not_found');
    expect((await refusalOf(edit(user.id, id, { ...changes, version: version + 1 }))).code).toBe('stale');
    expect((await refusalOf(edit(user.id, 999_999, changes))).code).toBe('not_found');
    await edit(user.id, id, { ...changes, version, signedBodyRequired: true, expirationDays: 10 });
    const bound = await shown(user.id, 'secret_key');
    expect(bound).toMatchObject({
      allowedNetworks: ['192.0.2.0/24', '192.0.2.1'],
      readOnly: true,
      signedBodyRequired: true,
      version: version + 1,
    });
    const event = (await auditTrail(app)).findLast(({ action }) => action === 'account.editCredential');
    expect(event).toMatchObject({
      outcome: 'done',
      target_id: String(user.id),
      details: {
        credential: 'secret_key',
        allowedNetworks: { before: null, after: ['192.0.2.0/24', '192.0.2.1'] },
        readOnly: { before: false, after: true },
        expiresAt: { before: null },
      },
    });
    expect(JSON.stringify(event)).not.toContain(user.secretKey);
    // What is so already is no change.
    await edit(user.id, id, { readOnly: true });
    expect((await shown(user.id, 'secret_key')).version).toBe(version + 1);
  });

  it('are bound to nothing that makes no sense', async () => {
    const user = await newApiUser(app, organization, { tokenExpirationDays: 30 });
    const person = await newUser(app, organization);
    const taxii = await newTaxii();
    const key = (await shown(user.id, 'secret_key')).id;
    const token = (await shown(user.id, 'api_token')).id;
    const problems = async (work: Promise<unknown>) =>
      (await refusalOf(work)).details.problems?.map(({ path }) => path);
    const networks = ['192.0.2.1', '192.0.2.0/33', 'example.org', '2001:db8::/129', '', 'fe80::1%eth0'];
    expect(await problems(edit(user.id, key, { allowedNetworks: networks }))).toEqual(
      [1, 2, 3, 4, 5].map((index) => `allowedNetworks.${index}`),
    );
    expect(await problems(edit(user.id, key, { allowedNetworks: [] }))).toEqual(['allowedNetworks']);
    expect(await problems(edit(user.id, key, {}))).toEqual(['']);
    expect(await problems(edit(user.id, key, { expiresAt: '2020-01-01T00:00:00Z' }))).toEqual(['expiresAt']);
    expect(await problems(edit(user.id, key, { expiresAt: null, expirationDays: 3 }))).toEqual([
      'expirationDays',
    ]);
    expect(await problems(edit(user.id, token, { expiresAt: null }))).toEqual(['expiresAt']);
    expect(await problems(edit(user.id, token, { signedBodyRequired: true }))).toEqual([
      'signedBodyRequired',
    ]);
    const password = (await shown(taxii.id, 'password')).id;
    expect(await problems(edit(taxii.id, password, { signedBodyRequired: true }))).toEqual([
      'signedBodyRequired',
    ]);
    const own = (await shown(person.id, 'password')).id;
    expect(await problems(edit(person.id, own, { readOnly: true }))).toEqual(['credential']);
  });

  it('hand what they are bound to on to those that take their place', async () => {
    const user = await newApiUser(app, organization);
    const bindings = { allowedNetworks: ['127.0.0.1'], readOnly: true };
    await edit(user.id, (await shown(user.id, 'secret_key')).id, { ...bindings, signedBodyRequired: true });
    const account = user.id;
    await replaceCredential(app, organization.administrator, {
      account,
      credential: 'secret_key',
      overlapSeconds: 60,
    });
    expect(await shown(account, 'secret_key')).toMatchObject({
      ...bindings,
      signedBodyRequired: true,
      expiresAt: null,
    });
    await replaceCredential(app, organization.administrator, {
      account,
      credential: 'secret_key',
      expirationDays: 5,
    });
    const last = await shown(account, 'secret_key');
    expect(last).toMatchObject({ ...bindings, signedBodyRequired: true });
    expect(Date.parse(last.expiresAt ?? '')).toBeGreaterThan(Date.now() + 4 * 86_400_000);
  });

  it('are reminded of anew when their end changes', async () => {
    const user = await newApiUser(app, organization, { tokenExpirationDays: 10 });
    const { id } = await shown(user.id, 'api_token');
    await app.db.write.updateTable('credentials').set({ reminded_days: 7 }).where('id', '=', id).execute();
    await edit(user.id, id, { expirationDays: 60 });
    const row = await app.db.read
      .selectFrom('credentials')
      .select('reminded_days')
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    expect(row.reminded_days).toBeNull();
  });

  const whoAmI = async (server: RunningServer | undefined, headers: Record<string, string>) =>
    (await fetch(`${server?.url}${WHOAMI}`, { headers })).status;
  const now = () => Math.floor(app.clock.now() / 1_000_000);

  it('are changed, and revoked in an emergency, for the very next request in every process', async () => {
    const user = await newApiUser(app, organization, { tokenExpirationDays: 30 });
    const taxii = await newTaxii();
    const ask = {
      secret_key: (server: RunningServer | undefined) =>
        whoAmI(server, signedOnce(user, 'GET', WHOAMI, { timestamp: now() })),
      api_token: (server: RunningServer | undefined) =>
        whoAmI(server, { Authorization: `TC-Token ${user.token}` }),
      ...Object.fromEntries(
        (
          [
            ['password', basic(taxii)],
            ['api_key', `Bearer ${taxii.apiKey}`],
          ] as const
        ).map(([kind, Authorization]) => [
          kind,
          async (server: RunningServer | undefined) =>
            (
              await fetch(`${server?.url}/taxii2/`, {
                headers: { Accept: 'application/taxii+json;version=2.1', Authorization },
              })
            ).status,
        ]),
      ),
    } as Record<string, (server: RunningServer | undefined) => Promise<number>>;
    for (const [kind, each] of Object.entries(ask)) {
      const account = kind === 'secret_key' || kind === 'api_token' ? user.id : taxii.id;
      const both = async () => [await each(servers[0]), await each(servers[1])];
      const { id } = await shown(account, kind);
      expect(await both(), kind).toEqual([200, 200]);
      await edit(account, id, { allowedNetworks: ['192.0.2.1'] });
      expect(await both(), kind).toEqual([401, 401]);
      await edit(account, id, { allowedNetworks: ['127.0.0.0/8'] });
      expect(await both(), kind).toEqual([200, 200]);
      await revokeCredential(app, organization.administrator, { account }, id);
      expect(await both(), kind).toEqual([401, 401]);
    }
  });

  it('are rotated while a client keeps polling, which meets no refusal', { timeout: 60_000 }, async () => {
    const user = await newApiUser(app, organization);
    const taxii = await newTaxii();
    const client = { secretKey: user.secretKey, password: taxii.password };
    let isOver = false;
    const statuses = new Set<number>();
    const rounds = [0, 0, 0, 0];
    /** Until every poller has begun and ended a round: what it sends is what it knows now. */
    const aRound = async () => {
      const before = [...rounds];
      while (rounds.some((round, index) => round < (before[index] ?? 0) + 2))
        await new Promise((go) => setTimeout(go, 5));
    };
    const poll = async (server: RunningServer | undefined, index: number) => {
      while (!isOver) {
        const key = { accessId: user.accessId, secretKey: client.secretKey };
        const sign = index % 2 === 0 ? signedOnce : signedWithBody;
        for (const status of [
          await whoAmI(server, sign(key, 'GET', WHOAMI, { timestamp: now() })),
          (
            await fetch(`${server?.url}/taxii2/`, {
              headers: {
                Accept: 'application/taxii+json;version=2.1',
                Authorization: basic({ userName: taxii.userName, password: client.password }),
              },
            })
          ).status,
        ])
          statuses.add(status);
        rounds[index] = (rounds[index] ?? 0) + 1;
      }
    };
    const pollers = [0, 1, 2, 3].map((index) => poll(servers[index % 2], index));
    for (let time = 0; time < 4; time++) {
      const { administrator } = organization;
      const key = await replaceCredential(app, administrator, {
        account: user.id,
        credential: 'secret_key',
        overlapSeconds: 600,
      });
      const word = await replaceCredential(app, administrator, {
        account: taxii.id,
        credential: 'password',
        overlapSeconds: 600,
      });
      // The client learns of them a little later.
      await aRound();
      client.secretKey = key.secretKey;
      client.password = word.password ?? '';
      await aRound();
    }
    isOver = true;
    await Promise.all(pollers);
    expect([...statuses]).toEqual([200]);
  });

  it('are valid in every process exactly while a rotation, a revocation and the time allow it, in whatever order', {
    timeout: 120_000,
  }, async () => {
    const step = fc.oneof(
      fc.record({
        does: fc.constant('rotate' as const),
        overlap: fc.constantFrom(0, 60, 600),
        at: fc.nat(1),
      }),
      fc.record({ does: fc.constant('wait' as const), seconds: fc.constantFrom(7, 31, 130) }),
      fc.record({ does: fc.constant('revoke' as const), which: fc.nat(3) }),
      fc.record({ does: fc.constant('use' as const), at: fc.nat(1) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
        const user = await newApiUser(app, organization);
        const first = await shown(user.id, 'secret_key');
        const keys: { id: number; secretKey: string; until: number; isGone: boolean }[] = [
          { id: first.id, secretKey: user.secretKey ?? '', until: Number.POSITIVE_INFINITY, isGone: false },
        ];
        const isValid = (key: (typeof keys)[number]) => !key.isGone && key.until > app.clock.now();
        for (const each of [...steps, { does: 'use' as const, at: 0 }, { does: 'use' as const, at: 1 }]) {
          if (each.does === 'wait') app.clock.advance(each.seconds);
          if (each.does === 'rotate') {
            const newest = keys.findLast(isValid);
            const { secretKey = '', previousValidUntil } = await replaceCredential(
              each.at === 0 ? app : second,
              organization.administrator,
              { account: user.id, credential: 'secret_key', overlapSeconds: each.overlap },
            );
            for (const key of keys) {
              if (previousValidUntil === null || key !== newest) key.isGone = true;
              else key.until = Math.min(key.until, previousValidUntil);
            }
            const { id } = await shown(user.id, 'secret_key');
            keys.push({ id, secretKey, until: Number.POSITIVE_INFINITY, isGone: false });
          }
          if (each.does === 'revoke') {
            const key = keys[each.which % keys.length];
            if (key === undefined || !isValid(key)) continue;
            await revokeCredential(app, organization.administrator, { account: user.id }, key.id);
            key.isGone = true;
          }
          if (each.does === 'use')
            for (const [index, { secretKey }] of keys.entries()) {
              const key = { accessId: user.accessId, secretKey };
              const status = await whoAmI(
                servers[each.at],
                signedWithBody(key, 'GET', WHOAMI, { timestamp: now() }),
              );
              const expected = keys[index] !== undefined && isValid(keys[index]);
              if (expected) expect(status).toBe(200);
              else expect([401, 429]).toContain(status);
            }
        }
      }),
      { numRuns: 12 },
    );
  });
});
