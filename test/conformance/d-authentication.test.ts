import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTaxiiUser } from '../../server/features/account-creation/taxii-users.service.ts';
import {
  deleteTaxiiUser,
  disableTaxiiUser,
  lockTaxiiUserAccount,
  rotateTaxiiUserCredential,
} from '../../server/testing/account-changes.ts';
import { ENGINES } from '../../server/testing/test-app.ts';
import { basic, indicator, newTaxiiUser } from '../../server/testing/test-server.ts';
import { expectError, expectPage, expectTaxii } from './shapes.ts';
import { type Answer, type Client, createClient, talk } from './wire.ts';
import { fill, openWorld, ROOT, type World } from './world.ts';

describe.each(ENGINES)('authentication on %s', (engine) => {
  let world: World;
  /** Every endpoint, by method and path. */
  let endpoints: [string, string][];
  beforeAll(async () => {
    world = await openWorld(engine);
    const [status] = await fill(world.client, world.home.objects, [indicator(1), indicator(2), indicator(3)]);
    const object = `${world.home.objects}${String(indicator(1).id)}/`;
    endpoints = [
      ['GET', '/taxii2/'],
      ['GET', ROOT],
      ['GET', `${ROOT}status/${status?.json.id}/`],
      ['GET', `${ROOT}collections/`],
      ['GET', world.home.path],
      ['GET', world.home.manifest],
      ['GET', world.home.objects],
      ['POST', world.home.objects],
      ['GET', object],
      ['DELETE', object],
      ['GET', `${object}versions/`],
    ];
  });
  afterAll(() => world?.close());

  const basicOf = (userName: string, password: string) =>
    `Basic ${Buffer.from(`${userName}:${password}`).toString('base64')}`;
  const sameError = (answer: Answer) => ({ ...answer.json, error_id: '' });

  it('items 39, 40, 45, R20 · without or with wrong credentials every endpoint answers 401 with a Basic challenge', async () => {
    for (const [method, path] of endpoints) {
      for (const authorization of [null, basicOf('harbour-siem', 'wrong'), basicOf('nobody', 'wrong')]) {
        const answer = await world.client.request(method, path, {
          headers: { Authorization: authorization },
          body: method === 'POST' ? '{' : undefined,
        });
        expectError(answer, 401);
        expect(answer.headers['www-authenticate']).toMatch(/^Basic realm="[^"]+"/);
        expect(answer.headers['set-cookie']).toBeUndefined();
        expect(answer.headers.location).toBeUndefined();
      }
    }
  });

  it('item 41 · HTTP Basic is understood in any letter case of its name, in UTF-8, with a colon in the password', async () => {
    const password = 'pä:ss:wörd 🛰 long enough';
    await newTaxiiUser(world.app, { userName: 'Zoë', organization: world.home.name, password });
    const { authorization } = createClient(world.port, basicOf('Zoë', password));
    for (const scheme of ['Basic', 'basic', 'BASIC', 'bAsIc']) {
      const answer = await world.client.get(ROOT, {
        Authorization: authorization.replace('Basic', scheme),
      });
      expectTaxii(answer, 200);
    }
    expectError(await world.client.get(ROOT, { Authorization: basicOf('Zoë', 'pä') }), 401);
    // User names are compared without regard to case.
    expectTaxii(await world.client.get(ROOT, { Authorization: basicOf('ZOË', password) }), 200);
  });

  it('items 41, 42, R16, C16 · an API key works as Bearer, Token, X-API-Key, and as the Basic password with any or no user name', async () => {
    const user = await createTaxiiUser(world.app, world.app.operator, {
      userName: 'with a key',
      organization: world.home.name,
      apiKey: true,
    });
    const key = user.apiKey ?? '';
    for (const authorization of [
      `Bearer ${key}`,
      `bearer ${key}`,
      `Token ${key}`,
      basicOf('with a key', key),
      basicOf('anything', key),
      basicOf('', key),
    ]) {
      expectTaxii(await world.client.get(world.home.objects, { Authorization: authorization }), 200);
    }
    const header = { Authorization: null, 'X-API-Key': key };
    expectTaxii(await world.client.get(world.home.objects, header), 200);
    for (const wrong of [`Bearer ${key}x`, `Token ${key.slice(1)}`, 'Bearer', `Negotiate ${key}`]) {
      expectError(await world.client.get(ROOT, { Authorization: wrong }), 401);
    }
    expectError(await world.client.get(ROOT, { Authorization: null, 'X-API-Key': 'x' }), 401);
    // A key of an account is not its password's equal everywhere: the password is no bearer token.
    const password = Buffer.from(world.client.authorization.slice(6), 'base64').toString().split(':')[1];
    expectError(await world.client.get(ROOT, { Authorization: `Bearer ${password}` }), 401);
  });

  it('item 42 · a key in the query is no credential, as queries stand in logs', async () => {
    const path = `${ROOT}?api_key=x&apikey=x&token=x`;
    expectError(await world.client.get(path, { Authorization: null }), 401);
  });

  it('item 43 · no endpoint can be had without credentials', async () => {
    for (const [method, path] of endpoints) {
      expectError(await world.client.request(method, path, { headers: { Authorization: null } }), 401);
    }
  });

  it('item 44 · a request without credentials is answered, and not ignored', async () => {
    const { answers } = await talk(world.port, ['GET /taxii2/ HTTP/1.1\r\nHost: x\r\n\r\n'], { answers: 1 });
    expect(answers[0]?.status).toBe(401);
  });

  it('item 53 · a locked, disabled, deleted or expired account is answered like a wrong password', async () => {
    const wrong = await world.client.get(ROOT, { Authorization: basicOf('harbour-siem', 'wrong') });
    const { app } = world;
    const put: Record<string, (name: string) => Promise<unknown>> = {
      locked: (name) => lockTaxiiUserAccount(app, app.operator, name, true),
      disabled: (name) => disableTaxiiUser(app, app.operator, name, true),
      deleted: (name) => deleteTaxiiUser(app, app.operator, name),
      expired: async (name) =>
        await app.db.write
          .updateTable('accounts')
          .set({ expires_at: app.clock.now() - 1 })
          .where('user_name', '=', name)
          .execute(),
    };
    for (const [state, change] of Object.entries(put)) {
      const client = await world.newUser({ userName: `is ${state}` });
      expectTaxii(await client.get(ROOT), 200);
      await change(`is ${state}`);
      const answer = await client.get(ROOT);
      expectError(answer, 401);
      expect(sameError(answer)).toEqual(sameError(wrong));
      expect(answer.headers['www-authenticate']).toBe(wrong.headers['www-authenticate']);
    }
  });

  it('items 53, 58 · a right that is withdrawn between two pages is withdrawn for the second', async () => {
    const client = await world.newUser({ userName: 'between pages' });
    const first = expectPage(await client.get(`${world.home.objects}?limit=1`));
    expectPage(await client.get(`${world.home.objects}?next=${first.next}`));
    await disableTaxiiUser(world.app, world.app.operator, 'between pages', true);
    expectError(await client.get(`${world.home.objects}?next=${first.next}`), 401);
  });

  it('item 53 · a password that was rotated ends at once, or after the overlap', async () => {
    const { app } = world;
    const client = await world.newUser({ userName: 'rotated' });
    expectTaxii(await client.get(ROOT), 200);
    const rotate = (overlapSeconds: number) =>
      rotateTaxiiUserCredential(app, app.operator, {
        userName: 'rotated',
        credential: 'password',
        overlapSeconds,
      });
    const second = await rotate(600);
    expectTaxii(await client.get(ROOT), 200);
    const renewed = createClient(world.port, basicOf('rotated', second.password ?? ''));
    expectTaxii(await renewed.get(ROOT), 200);
    await rotate(0);
    expectError(await renewed.get(ROOT), 401);
  });

  it('item 55 · credentials and rights are decided before the body is looked at', async () => {
    const circle = await world.newCommunity('Readers only', 'User');
    const huge = { 'Content-Length': '999999999999' };
    const post = (client: Client, path: string, headers = {}) =>
      client.request('POST', path, {
        body: '{',
        headers: { Authorization: client.authorization, ...headers },
      });
    expectError(await post(world.client, circle.objects), 403);
    expectError(await post(world.client, circle.objects, { 'Content-Type': 'text/plain' }), 403);
    expectError(await post(createClient(world.port, 'Basic eDp5'), world.home.objects), 401);
    for (const [authorization, status] of [
      ['Basic eDp5', 401],
      [world.client.authorization, 403],
    ] as const) {
      const { answers } = await talk(
        world.port,
        [
          `POST ${circle.objects} HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\nContent-Length: ${huge['Content-Length']}\r\n\r\n`,
        ],
        { answers: 1 },
      );
      expect(answers[0]?.status).toBe(status);
    }
  });

  it.each([
    '',
    'Basic',
    'Basic ',
    'Basic !!!!',
    'Basic eA==',
    'Basic /w==',
    'Basic =',
    'Basic AAAA',
    'Bearer ',
    'Digest username="x"',
    'Negotiate YII=',
    'Basic eDp5, Basic eDp5',
    `Basic ${'A'.repeat(20_000)}`,
    'x',
  ])('item 56 · the Authorization "%.40s" gets 401', async (authorization) => {
    expectError(await world.client.get(ROOT, { Authorization: authorization }), 401);
  });

  it('items 57, 182, R20 · failed credentials are throttled by account and address, with Retry-After; a holder of a generated password and page reads are not', async () => {
    const { app } = world;
    const password = 'typed by a person 1';
    await newTaxiiUser(app, { userName: 'typed', organization: world.home.name, password });
    const guess = () => world.client.get(ROOT, { Authorization: basicOf('typed', 'a wrong guess') });
    let answer = await guess();
    for (let tries = 1; answer.status === 401 && tries < 40; tries++) answer = await guess();
    expectError(answer, 429);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    const right = () => world.client.get(ROOT, { Authorization: basicOf('typed', password) });
    expectError(await right(), 429);
    expectTaxii(await world.client.get(ROOT), 200);
    app.clock.advance(901);
    expectTaxii(await right(), 200);
    for (let count = 0; count < 60; count++) {
      expectTaxii(await world.client.get(`${world.home.objects}?limit=1`), 200);
    }
  });

  it('item 57 · an unknown account costs about as much time as a wrong password', async () => {
    const { app } = world;
    await newTaxiiUser(app, {
      userName: 'timed',
      organization: world.home.name,
      password: 'typed by a person 2',
    });
    const before = app.secrets.hashes.count;
    await world.client.get(ROOT, { Authorization: basicOf('timed', 'x') });
    await world.client.get(ROOT, { Authorization: basicOf('no such account', 'x') });
    expect(app.secrets.hashes.count - before).toBe(2);
  });

  it('R15 · generated secrets consist of characters that no client splits or escapes', async () => {
    const user = await newTaxiiUser(world.app, {
      userName: 'secrets',
      organization: world.home.name,
      apiKey: true,
    });
    expect(user.password).toMatch(/^[A-Za-z0-9_-]{22,}$/);
    expect(user.apiKey).toMatch(/^[A-Za-z0-9_-]{22,}$/);
    expectTaxii(await world.client.get(ROOT, { Authorization: basic(user) }), 200);
  });
});
