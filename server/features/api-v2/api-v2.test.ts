import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../http/server.ts';
import { startServer } from '../../serving.ts';
import { newApiUser } from '../../testing/accounts.ts';
import { signedOnce } from '../../testing/api-client.ts';
import { newOrganization, newPersonWithPassword } from '../../testing/builders.ts';
import { startServerProcess } from '../../testing/processes.ts';
import { restClient } from '../../testing/rest-client.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { newTaxiiUser } from '../../testing/test-server.ts';
import { addMember, createOwner } from '../owners/owners.service.ts';

const run = promisify(execFile);
/** The recipes of the README, in order. */
const RECIPES = [
  ...readFileSync(new URL('../../../README.md', import.meta.url), 'utf8').matchAll(
    /```sh\n(.*?openssl dgst.*?)```/gs,
  ),
].map(([, recipe = '']) => recipe);

type User = Awaited<ReturnType<typeof newApiUser>>;

describe.each(ENGINES)('version 2 of the API on %s', (engine) => {
  let app: TestApp;
  let server: RunningServer;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let user: User;
  const owners: Record<string, number> = {};
  beforeAll(async () => {
    app = await openTestApp(engine);
    server = await startServer(app);
    organization = await newOrganization(app, { users: 100, apiUsers: 100, taxiiUsers: 100 });
    user = await newApiUser(app, organization, { tokenExpirationDays: 3 });
    for (const [kind, name, role] of [
      ['community', 'Commons', 'User'],
      ['source', 'Feed "quoted" <b>', 'Subscriber'],
      ['community', 'Closed', 'Banned'],
      ['community', 'Foreign', undefined],
    ] as const) {
      const owner = await createOwner(app, app.operator, { kind, name });
      owners[name] = owner.id;
      if (role !== undefined)
        await addMember(app, app.operator, {
          owner: owner.id,
          organization: organization.id,
          defaultRole: role,
        });
    }
  });
  afterAll(async () => {
    await server?.close(1000);
    await app?.close();
  });

  const get = async (path: string, as: User = user, headers: Record<string, string> = {}, method = 'GET') => {
    const target = `/api/v2${path}`;
    const answer = await fetch(`${server.url}${target}`, {
      method,
      headers: { ...signedOnce(as, method, target), ...headers },
    });
    const text = await answer.text();
    return {
      status: answer.status,
      body: text === '' ? undefined : (JSON.parse(text) as unknown),
      headers: answer.headers,
    };
  };
  const success = (data: unknown) => ({ status: 'Success', data });
  const failure = (message: string) => ({ status: 'Failure', message });

  it('tells an API user who it is', async () => {
    const { accessId, pseudonym } = user;
    const shown = { userName: accessId, firstName: 'Feed', lastName: 'Reader', pseudonym, role: 'Api User' };
    expect(await get('/whoami')).toMatchObject({ status: 200, body: success({ user: shown }) });
    expect((await get('/whoami/')).status).toBe(200);
    const head = await get('/whoami', user, {}, 'HEAD');
    expect([head.status, head.body, Number(head.headers.get('content-length')) > 50]).toEqual([
      200,
      undefined,
      true,
    ]);
  });

  it('lists the owners that it may see, and nothing of the others', async () => {
    const mine = { id: organization.id, name: organization.name, type: 'Organization' };
    const commons = { id: owners.Commons, name: 'Commons', type: 'Community' };
    const feed = { id: owners['Feed "quoted" <b>'], name: 'Feed "quoted" <b>', type: 'Source' };
    expect((await get('/owners')).body).toEqual(success({ resultCount: 3, owner: [mine, commons, feed] }));
    expect((await get('/owners?resultStart=1&resultLimit=1')).body).toEqual(success({ owner: [commons] }));
    expect((await get('/owners?resultLimit=1')).body).toEqual(success({ resultCount: 3, owner: [mine] }));
    expect((await get('/owners/mine')).body).toEqual(success({ owner: mine }));
    for (const owner of [mine, commons, feed])
      expect((await get(`/owners/${owner.id}`)).body).toEqual(success({ owner }));
    for (const id of [owners.Closed, owners.Foreign, 9999, 'x', '1%20'])
      expect(await get(`/owners/${id}`)).toMatchObject({
        status: 403,
        body: failure('The requested owner was not found'),
      });
  });

  it('lists the members: people by name to everybody, all of all to those who may view accounts', async () => {
    const taxii = await newTaxiiUser(app, { userName: 'member-siem', organization: organization.name });
    const administrator = await newApiUser(app, organization, {
      organizationRole: 'Organization Administrator',
    });
    const members = async (as: User) =>
      (
        (await get('/owners/mine/members', as)).body as {
          data: { resultCount: number; user: { userName: string }[] };
        }
      ).data;
    const seen = await members(user);
    expect(seen.user.map(({ userName }) => userName).sort()).toEqual(
      [organization.administrator.userName, user.accessId].sort(),
    );
    for (const each of seen.user) expect(Object.keys(each)).toEqual(['userName', 'firstName', 'lastName']);
    const all = await members(administrator);
    expect(all.resultCount).toBe(4);
    expect(all.user.find(({ userName }) => userName === taxii.userName)).toMatchObject({
      id: taxii.id,
      pseudonym: taxii.pseudonym,
      role: 'Taxii User',
    });
  });

  it('answers what is wrong in the words that clients know', async () => {
    const paging =
      'The resultStart and resultLimit query parameters must be integers and the maximum value for resultLimit is 10000';
    for (const query of [
      'resultLimit=10001',
      'resultLimit=x',
      'resultStart=-1',
      'resultStart=1.5',
      'resultLimit=',
    ])
      expect(await get(`/owners?${query}`)).toMatchObject({ status: 400, body: failure(paging) });
    expect((await get('/owners?resultLimit=10000')).status).toBe(200);
    expect((await get('/owners?a=1&a=2')).status).toBe(400);
    for (const path of ['/', '/indicators', '/owners/1/x', '/Owners'])
      expect(await get(path)).toMatchObject({
        status: 404,
        body: failure('The requested resource was not found'),
      });
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const refused = await get('/whoami', user, {}, method);
      expect([refused.status, refused.headers.get('allow')], method).toEqual([405, 'GET, HEAD']);
    }
    expect((await get('/whoami', user, { Accept: 'application/xml' })).status).toBe(406);
    for (const accept of ['application/json', 'text/html, */*;q=0.1', 'application/*', ''])
      expect((await get('/whoami', user, { Accept: accept })).status, accept).toBe(200);
    const wrong = await get('/whoami', { ...user, secretKey: 'wrong' });
    expect([wrong.status, wrong.body]).toEqual([401, failure('Access Denied')]);
    expect(wrong.headers.get('www-authenticate')).toContain('TC ');
    const elsewhere = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { ...signedOnce(user, 'GET', '/api/v2/whoami'), Host: 'intel.example.org' };
      request(`${server.url}/api/v2/whoami`, { headers }, (answer) => resolve(answer.resume().statusCode))
        .on('error', reject)
        .end();
    });
    // Over plain HTTP, and not as localhost.
    expect(elsewhere).toBe(403);
  });

  it('is for API users: no session, password or key of others opens it', async () => {
    const person = await newPersonWithPassword(app, 'Organization Administrator', organization);
    const taxii = await newTaxiiUser(app, {
      userName: 'outside-siem',
      organization: organization.name,
      apiKey: true,
    });
    const rest = restClient(server.url);
    await rest.signIn(person.userName, person.password);
    const ask = async (headers: Record<string, string>) =>
      (await fetch(`${server.url}/api/v2/whoami`, { headers })).status;
    const encoded = (name: string, secret: string) =>
      `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`;
    expect(await ask({})).toBe(403);
    expect(await ask({ Cookie: rest.cookie ?? '' })).toBe(403);
    expect(await ask({ Authorization: encoded(taxii.userName, taxii.password) })).toBe(403);
    expect(await ask({ Authorization: encoded(user.accessId, user.secretKey ?? '') })).toBe(403);
    expect(await ask({ Authorization: `Bearer ${taxii.apiKey}` })).toBe(401);
    expect(await ask({ Authorization: `TC-Token ${user.token}` })).toBe(200);
  });

  it('is used with openssl and curl as the README says, against a server of its own process', {
    timeout: 60_000,
  }, async () => {
    const [first = '', second = ''] = RECIPES;
    expect(RECIPES).toHaveLength(2);
    const started = await startServerProcess(app.config);
    try {
      const environment = {
        PATH: process.env.PATH ?? '',
        ACCESS_ID: user.accessId,
        SECRET_KEY: user.secretKey ?? '',
        SERVER: started.url,
      };
      const answerOf = async (recipe: string) =>
        JSON.parse(
          (await run('bash', ['-euo', 'pipefail', '-c', recipe], { env: environment })).stdout,
        ) as unknown;
      expect(await answerOf(first)).toMatchObject(success({ user: { userName: user.accessId } }));
      const own = second.replace('/accounts/1', `/accounts/${user.id}`);
      expect(await answerOf(own)).toMatchObject({ id: user.id, userName: user.accessId });
      expect(await answerOf(first.replace(':GET:', ':POST:'))).toEqual(failure('Access Denied'));
    } finally {
      await started.end('SIGTERM');
    }
  });
});
