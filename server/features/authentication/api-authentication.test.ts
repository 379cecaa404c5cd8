import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OpenedApp } from '../../app.ts';
import type { RunningServer } from '../../http/server.ts';
import { startServer } from '../../serving.ts';
import { newApiUser } from '../../testing/accounts.ts';
import { signedOnce, signedWithBody } from '../../testing/api-client.ts';
import { auditTrail, newOrganization } from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { basic, newTaxiiUser } from '../../testing/test-server.ts';
import { deleteAccount } from '../account-changes/deletion.service.ts';
import { editAccount } from '../account-changes/editing.service.ts';
import { editCredential } from '../credentials/binding.service.ts';
import { replaceCredential, revokeCredential } from '../credentials/credentials.service.ts';
import { setOrganizationPermissions } from '../owners/organizations.service.ts';
import { createAuthentication } from './authentication.service.ts';

type User = Awaited<ReturnType<typeof newApiUser>>;
type Headers = Record<string, string>;

const WHOAMI = '/api/v2/whoami';
const TAXII = 'application/taxii+json;version=2.1';
let number = 0;

describe.each(ENGINES)('API users on %s', (engine) => {
  let app: TestApp;
  let second: OpenedApp;
  let server: RunningServer;
  let secondServer: RunningServer;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let address: string;
  beforeAll(async () => {
    // The test is a proxy, so that it may come from where it likes.
    app = await openTestApp(engine, { trustedProxies: ['127.0.0.1'] });
    second = await app.reopen();
    server = await startServer(app);
    secondServer = await startServer(second);
    organization = await newOrganization(app, { apiUsers: 1000, taxiiUsers: 1000 });
  });
  afterAll(async () => {
    await server?.close(1000);
    await secondServer?.close(1000);
    await second?.close();
    await app?.close();
  });
  beforeEach(() => {
    address = `203.0.113.${++number % 250}`;
  });

  const now = () => Math.floor(app.clock.now() / 1_000_000);
  const ask = async (
    path: string,
    headers: Headers,
    {
      method = 'GET',
      body,
      url = server.url,
      from = address,
    }: { method?: string; body?: string; url?: string; from?: string } = {},
  ) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        'X-Forwarded-For': from,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    return { status: answer.status, text: await answer.text(), headers: answer.headers };
  };
  const v1 = (user: User, path = WHOAMI, options = {}) =>
    signedOnce(user, 'GET', path, { timestamp: now(), ...options });
  const v2 = (user: User, path = WHOAMI, options = {}) =>
    signedWithBody(user, 'GET', path, { timestamp: now(), ...options });
  const token = (user: User) => ({ Authorization: `TC-Token ${user.token}` });
  const status = async (headers: Headers, options = {}) => (await ask(WHOAMI, headers, options)).status;
  const credentialOf = async (accountId: number, kind: 'secret_key' | 'api_token' | 'api_key' | 'password') =>
    await app.db.read
      .selectFrom('credentials')
      .selectAll()
      .where('account_id', '=', accountId)
      .where('kind', '=', kind)
      .orderBy('id', 'desc')
      .executeTakeFirstOrThrow();
  const bind = async (user: { id: number }, kind: Parameters<typeof credentialOf>[1], changes: object) =>
    await editCredential(app, organization.administrator, {
      account: user.id,
      credential: (await credentialOf(user.id, kind)).id,
      ...changes,
    });
  const newUser = () => newApiUser(app, organization, { tokenExpirationDays: 30 });

  it('item 101: a signature for another path, method, order of the query, time or key is refused', async () => {
    const user = await newUser();
    const path = '/api/v2/owners?resultStart=0&resultLimit=5';
    expect((await ask(path, v1(user, path))).status).toBe(200);
    expect((await ask(path, v1(user, path), { method: 'HEAD' })).status).toBe(401);
    for (const spoilt of [
      { target: '/api/v2/owners?resultLimit=5&resultStart=0' },
      { target: '/api/v2/owners' },
      { target: '/api/v2/owner?resultStart=0&resultLimit=5' },
      { method: 'POST' },
    ])
      for (const sign of [v1, v2]) {
        const { status: refused, text } = await ask(path, sign(user, path, spoilt));
        expect([refused, JSON.parse(text)]).toEqual([401, { status: 'Failure', message: 'Access Denied' }]);
      }
    const shifted = { ...v1(user, path), Timestamp: String(now() + 1) };
    expect((await ask(path, shifted)).status).toBe(401);
    const another = await newUser();
    expect((await ask(path, v1({ ...another, accessId: user.accessId }, path))).status).toBe(401);
  });

  it('takes percent-escapes that were signed in another case than they were sent', async () => {
    const user = await newUser();
    const path = '/api/v2/owners?filters=%2a%C3%a4';
    for (const target of [
      path,
      path.replaceAll(/%../g, (code) => code.toUpperCase()),
      '/api/v2/owners?filters=%2a%c3%a4',
    ])
      for (const sign of [v1, v2]) expect((await ask(path, sign(user, path, { target }))).status).toBe(200);
    expect((await ask(path, v1(user, path, { target: '/api/v2/owners?filters=*%C3%a4' }))).status).toBe(401);
  });

  it('item 102: the clock of a client may be five minutes off, and no more; what is wrong with the time is told', async () => {
    const user = await newUser();
    const offset = { app: 0 };
    const fixed = now() * 1_000_000;
    const authentication = createAuthentication({ ...app, clock: { now: () => fixed + offset.app } });
    const signedAt = (seconds: number) => ({
      scheme: 'signature' as const,
      signed: {
        version: 1 as const,
        accessId: user.accessId,
        timestamp: seconds,
        texts: [`${WHOAMI}:GET:${seconds}`],
        signature: (signedOnce(user, 'GET', WHOAMI, { timestamp: seconds }).Authorization ?? '').replace(
          /^.*:/,
          '',
        ),
      },
    });
    const from = { address, requestId: 'r' };
    for (const seconds of [-300, 0, 300])
      expect((await authentication.admitApi(signedAt(now() + seconds), from)).access.actor.name).toBe(
        user.accessId,
      );
    for (const seconds of [-301, 301])
      await expect(authentication.admitApi(signedAt(fixed / 1_000_000 + seconds), from)).rejects.toThrow(
        'Timestamp out of acceptable time range',
      );
    for (const sign of [v1, v2]) {
      expect(await status(sign(user, WHOAMI, { timestamp: now() + 290 }))).toBe(200);
      const late = await ask(WHOAMI, sign(user, WHOAMI, { timestamp: now() + 320 }));
      expect([late.status, late.text]).toEqual([
        401,
        '{"status":"Failure","message":"Timestamp out of acceptable time range"}',
      ]);
      const garbled = await ask(WHOAMI, { ...sign(user), Timestamp: 'now' });
      expect(garbled.text).toBe('{"status":"Failure","message":"Invalid timestamp"}');
    }
  });

  it('items 101 and 102: a first-version signature may come again within its time, one of the second version never, in whichever process', async () => {
    const user = await newUser();
    const first = v1(user);
    expect([
      await status(first),
      await status(first),
      await status(first, { url: secondServer.url }),
    ]).toEqual([200, 200, 200]);
    const once = v2(user);
    expect([await status(once), await status(once), await status(once, { url: secondServer.url })]).toEqual([
      200, 401, 401,
    ]);
    const race = v2(user);
    const answers = await Promise.all(
      [server, secondServer, server, secondServer].map(({ url }) => status(race, { url })),
    );
    expect(answers.sort()).toEqual([200, 401, 401, 401]);
    // Another user may have the same nonce.
    const nonce = randomUUID();
    expect(await status(v2(user, WHOAMI, { nonce }))).toBe(200);
    expect(await status(v2(await newUser(), WHOAMI, { nonce }))).toBe(200);
  });

  it('item 101: a body that is not the signed one changes nothing', async () => {
    const user = await newApiUser(app, organization, { organizationRole: 'Organization Administrator' });
    const path = `/rest/v1/organizations/${organization.id}/groups`;
    const body = JSON.stringify({ name: `Group ${++number}` });
    const sign = () => signedWithBody(user, 'POST', path, { timestamp: now(), body });
    const spoilt = await ask(path, sign(), { method: 'POST', body: body.replace('Group', 'Grape') });
    expect([spoilt.status, spoilt.text]).toEqual([
      401,
      expect.stringContaining('not the one that was signed'),
    ]);
    const told = await auditTrail(app);
    expect(told.findLast((event) => event.action === 'authenticate')).toMatchObject({
      outcome: 'failed',
      actor_account_id: user.id,
      source_address: address,
      details: { scheme: 'signature', reason: 'the body is not the one that was signed' },
    });
    expect((await ask(path, sign(), { method: 'POST' })).status).toBe(401);
    const coded = await ask(path, { ...sign(), 'Content-Encoding': 'identity' }, { method: 'POST', body });
    expect(coded.status).toBe(415);
    expect((await ask(path, sign(), { method: 'POST', body })).status).toBe(201);
    // The first version does not cover it.
    const other = body.replace('Group', 'Grape');
    const once = signedOnce(user, 'POST', path, { timestamp: now() });
    expect((await ask(path, once, { method: 'POST', body: other })).status).toBe(201);
  });

  it('a key that wants signed bodies takes no signature of the first version', async () => {
    const user = await newUser();
    await bind(user, 'secret_key', { signedBodyRequired: true });
    expect([await status(v1(user)), await status(v2(user)), await status(token(user))]).toEqual([
      401, 200, 200,
    ]);
    await bind(user, 'secret_key', { signedBodyRequired: false });
    expect(await status(v1(user))).toBe(200);
  });

  type Change = (user: User) => Promise<unknown>;
  const states = (): [string, Change][] => {
    const edit = (changes: Parameters<typeof editAccount>[2]['changes']): Change => {
      return ({ id }) => editAccount(app, app.operator, { account: id, changes });
    };
    return [
      [
        'locked',
        async ({ id }) =>
          await app.db.write.updateTable('accounts').set({ locked_at: 1 }).where('id', '=', id).execute(),
      ],
      ['disabled', edit({ disabled: true })],
      [
        'expired',
        async ({ id }) =>
          await app.db.write.updateTable('accounts').set({ expires_at: 1 }).where('id', '=', id).execute(),
      ],
      ['deleted', ({ id }) => deleteAccount(app, app.operator, { account: id })],
      [
        'with credentials that have expired',
        async ({ id }) =>
          await app.db.write
            .updateTable('credentials')
            .set({ expires_at: 1 })
            .where('account_id', '=', id)
            .execute(),
      ],
      [
        'with credentials for another address',
        async (user) => {
          for (const kind of ['secret_key', 'api_token'] as const)
            await bind(user, kind, { allowedNetworks: ['198.51.100.0/24'] });
        },
      ],
      [
        'with credentials that were revoked',
        async ({ id }) => {
          for (const kind of ['secret_key', 'api_token'] as const)
            await revokeCredential(app, app.operator, { account: id }, (await credentialOf(id, kind)).id);
        },
      ],
    ];
  };

  it('items 84 and 97: one that may not be used any more is refused with the very next request in every process, byte for byte like a wrong one; the refusal is told with its source, and is no use', async () => {
    const plain = ({ status: code, text, headers }: Awaited<ReturnType<typeof ask>>) =>
      JSON.stringify([
        code,
        text.replace(/"requestId":"\w+"/, ''),
        [...headers].filter(([name]) => !['date', 'x-request-id'].includes(name)),
      ]);
    for (const path of [WHOAMI, '/rest/v1/taxii-services']) {
      const wrong = plain(await ask(path, v1({ ...(await newUser()), secretKey: 'wrong' }, path)));
      const answers = new Set([
        wrong,
        plain(await ask(path, v1({ ...(await newUser()), accessId: '1'.repeat(20) }, path))),
        plain(await ask(path, { Authorization: 'TC-Token txwt_nobody' })),
      ]);
      for (const [what, change] of [
        ...states(),
        [
          'of a disabled organization',
          () =>
            setOrganizationPermissions(app, app.operator, { organization: organization.id, disabled: true }),
        ] as const,
      ]) {
        const user = await newUser();
        const ways = [() => v1(user, path), () => v2(user, path), () => token(user)];
        for (const way of ways)
          for (const { url } of [server, secondServer])
            expect((await ask(path, way(), { url })).status, what).not.toBe(401);
        await change(user);
        const since = app.clock.now();
        for (const way of ways)
          for (const { url } of [server, secondServer]) answers.add(plain(await ask(path, way(), { url })));
        await setOrganizationPermissions(app, app.operator, {
          organization: organization.id,
          disabled: false,
        });
        if (what.includes('revoked') || what === 'deleted') continue;
        const told = (await auditTrail(app)).filter(
          (event) => event.actor_name === user.accessId && event.action === 'authenticate',
        );
        expect(told.length, what).toBeGreaterThan(0);
        for (const event of told)
          expect(event, what).toMatchObject({ outcome: 'failed', source_address: address });
        const used = await app.db.read
          .selectFrom('accounts')
          .select('last_used_at')
          .where('id', '=', user.id)
          .executeTakeFirstOrThrow();
        expect(used.last_used_at === null || used.last_used_at < since, what).toBe(true);
      }
      expect([...answers]).toEqual([wrong]);
    }
  });

  it('nobody keeps an API user out who only knows its Access ID, and who guesses is slowed down at his address', async () => {
    const user = await newUser();
    const counts: Record<number, number> = {};
    for (let guess = 0; guess < 110; guess++) {
      const code = await status(v1({ ...user, secretKey: `guess ${guess}` }));
      counts[code] = (counts[code] ?? 0) + 1;
    }
    expect(counts[429]).toBeGreaterThan(0);
    expect(counts[401]).toBeGreaterThanOrEqual(100);
    // From the same address, and from another.
    expect([await status(v1(user)), await status(token(user), { from: '198.51.100.9' })]).toEqual([200, 200]);
  });

  it('no Argon2id is spent on any of them', async () => {
    const user = await newUser();
    const before = app.secrets.hashes.count;
    await status(v1(user));
    await status(token(user));
    await status(v1({ ...user, secretKey: 'wrong' }));
    await status(v1({ ...user, accessId: '2'.repeat(20) }));
    expect(app.secrets.hashes.count).toBe(before);
  });

  it('item 99: a credential that is bound to networks is good from there alone, over v4, v6, CIDR, mapped addresses and addresses with ports', async () => {
    const user = await newUser();
    const taxii = await newTaxiiUser(app, {
      userName: `bound-${++number}`,
      organization: organization.name,
      apiKey: true,
    });
    const allowedNetworks = ['192.0.2.7', '198.51.100.0/24', '2001:DB8:1::/48', '::ffff:203.0.113.255'];
    for (const kind of ['secret_key', 'api_token'] as const) await bind(user, kind, { allowedNetworks });
    for (const kind of ['api_key', 'password'] as const) await bind(taxii, kind, { allowedNetworks });
    const taxiiStatus = async (authorization: string, from: string) =>
      (
        await fetch(`${server.url}/taxii2/`, {
          headers: { 'X-Forwarded-For': from, Accept: TAXII, Authorization: authorization },
        })
      ).status;
    const from = async (source: string) => [
      await status(v1(user), { from: source }),
      await status(v2(user), { from: source }),
      await status(token(user), { from: source }),
      await taxiiStatus(basic(taxii), source),
      await taxiiStatus(`Bearer ${taxii.apiKey}`, source),
    ];
    for (const source of [
      '192.0.2.7',
      '192.0.2.7:4711',
      '::ffff:192.0.2.7',
      '198.51.100.255',
      '2001:db8:1:2::3',
      '[2001:db8:1::1]:443',
      '203.0.113.255',
    ])
      expect(await from(source), source).toEqual([200, 200, 200, 200, 200]);
    for (const source of ['192.0.2.8', '::ffff:192.0.2.8', '198.51.101.1', '2001:db8:2::1'])
      expect(await from(source), source).toEqual([401, 401, 401, 401, 401]);
    // Who came from a wrong address keeps nobody out who comes from a right one.
    expect(await from('192.0.2.7')).toEqual([200, 200, 200, 200, 200]);
    for (const kind of ['api_key', 'password'] as const) await bind(taxii, kind, { allowedNetworks: null });
    expect((await from('192.0.2.99')).slice(3)).toEqual([200, 200]);
  });

  it('item 100: one that only reads changes nothing, whatever the rights of its account', async () => {
    const user = await newApiUser(app, organization, {
      organizationRole: 'Organization Administrator',
      tokenExpirationDays: 30,
    });
    for (const kind of ['secret_key', 'api_token'] as const) await bind(user, kind, { readOnly: true });
    const path = `/rest/v1/organizations/${organization.id}/groups`;
    expect((await ask(path, v1(user, path))).status).toBe(200);
    const keys = `/rest/v1/accounts/${user.id}/credentials`;
    for (const [method, target, body] of [
      ['POST', path, '{"name":"No group"}'],
      ['POST', keys, '{"credential":"secret_key"}'],
      ['PATCH', `${keys}/${(await credentialOf(user.id, 'secret_key')).id}`, '{"readOnly":false}'],
      ['PATCH', `/rest/v1/accounts/${user.id}`, '{"version":1,"changes":{}}'],
      ['DELETE', `/rest/v1/accounts/${user.id}`, undefined],
    ] as const)
      for (const headers of [
        signedOnce(user, method, target, { timestamp: now() }),
        signedWithBody(user, method, target, { timestamp: now(), body: body ?? '' }),
        token(user),
      ]) {
        const answer = await ask(target, headers, body === undefined ? { method } : { method, body });
        expect([answer.status, answer.text], `${method} ${target}`).toEqual([
          403,
          expect.stringContaining('This credential may only read.'),
        ]);
      }
    await bind(user, 'api_token', { readOnly: false });
    expect(
      (await ask(path, token(user), { method: 'POST', body: `{"name":"Group ${++number}"}` })).status,
    ).toBe(201);
  });

  it('item 100: one of a TAXII user that only reads adds and deletes nothing, and is told so', async () => {
    await app.db.write.updateTable('collections').set({ writable: 1 }).execute();
    const user = await newTaxiiUser(app, { userName: `reader-${++number}`, organization: organization.name });
    const collection = `${server.url}/intel/collections/${organization.collectionId}/`;
    const send = async (method: string, path: string, body?: string) => {
      const answer = await fetch(`${collection}${path}`, {
        method,
        headers: { Accept: TAXII, 'Content-Type': TAXII, Authorization: basic(user) },
        ...(body === undefined ? {} : { body }),
      });
      return [answer.status, await answer.text()] as const;
    };
    const canWrite = async () => (JSON.parse((await send('GET', ''))[1]) as { can_write: boolean }).can_write;
    expect(await canWrite()).toBe(true);
    await bind(user, 'password', { readOnly: true });
    expect(await canWrite()).toBe(false);
    const refusal = [403, expect.stringContaining('This credential may only read.')];
    expect(await send('POST', 'objects/', '{"objects":[]}')).toEqual(refusal);
    expect(await send('DELETE', 'objects/indicator--00000000-0000-4000-8000-000000000001/')).toEqual(refusal);
    expect((await send('GET', 'objects/'))[0]).toBe(200);
    await bind(user, 'password', { readOnly: false });
    expect((await send('POST', 'objects/', '{"objects":[]}'))[0]).not.toBe(403);
  });

  it('when and from where each credential was last used is shown, of machines of either kind', async () => {
    const user = await newUser();
    const taxii = await newTaxiiUser(app, {
      userName: `used-${++number}`,
      organization: organization.name,
      apiKey: true,
    });
    const at = app.clock.now();
    const own = await startServer(app);
    await ask(WHOAMI, v1(user), { url: own.url, from: '192.0.2.1' });
    await ask(WHOAMI, token(user), { url: own.url, from: '2001:db8::2' });
    for (const [authorization, from] of [
      [basic(taxii), '192.0.2.3'],
      [`Bearer ${taxii.apiKey}`, '192.0.2.4'],
    ] as const)
      await fetch(`${own.url}/taxii2/`, {
        headers: { 'X-Forwarded-For': from, Accept: TAXII, Authorization: authorization },
      });
    await own.close(1000);
    for (const [id, kind, from] of [
      [user.id, 'secret_key', '192.0.2.1'],
      [user.id, 'api_token', '2001:db8::2'],
      [taxii.id, 'password', '192.0.2.3'],
      [taxii.id, 'api_key', '192.0.2.4'],
    ] as const) {
      const { last_used_at, last_used_from } = await credentialOf(id, kind);
      expect(last_used_from, kind).toBe(from);
      expect(last_used_at, kind).toBeGreaterThanOrEqual(at);
    }
  });

  it('item 84: with another role it may at once what that role may, and no more', async () => {
    const user = await newApiUser(app, organization, { organizationRole: 'Organization Administrator' });
    const path = `/rest/v1/organizations/${organization.id}/accounts`;
    const both = async () => [
      (await ask(path, v1(user, path))).status,
      (await ask(path, v2(user, path), { url: secondServer.url })).status,
    ];
    expect(await both()).toEqual([200, 200]);
    await editAccount(app, app.operator, {
      account: user.id,
      changes: { organizationRole: 'Standard User' },
    });
    expect(await both()).toEqual([403, 403]);
  });

  it('a new Secret Key or token ends the one before, unless they overlap', async () => {
    const user = await newUser();
    const { administrator } = organization;
    const next = await replaceCredential(app, administrator, {
      account: user.id,
      credential: 'secret_key',
      overlapSeconds: 60,
    });
    const newer = { ...user, secretKey: next.secretKey ?? '' };
    expect([await status(v1(user)), await status(v1(newer))]).toEqual([200, 200]);
    const { token: newToken } = await replaceCredential(app, administrator, {
      account: user.id,
      credential: 'api_token',
      expirationDays: 1,
    });
    expect([await status(token(user)), await status({ Authorization: `Bearer ${newToken}` })]).toEqual([
      401, 200,
    ]);
    app.clock.advance(61);
    expect([await status(v1(user)), await status(v1(newer))]).toEqual([401, 200]);
  });
});
