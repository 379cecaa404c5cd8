import { afterEach, describe, expect, it } from 'vitest';
import { ALL_ENDPOINTS } from '../../contract/all-endpoints.ts';
import { prepareInstance } from '../../server/features/instance/instance.service.ts';
import { SESSION_COOKIE } from '../../server/http/rest-browser.ts';
import { startServer } from '../../server/serving.ts';
import { signedOnce, signedWithBody } from '../../server/testing/api-client.ts';
import { ENGINES, openTestApp } from '../../server/testing/test-app.ts';
import { basic } from '../../server/testing/test-server.ts';
import { findCanaries } from './canaries.ts';
import { type Answer, send } from './world.ts';

/** What a person types. */
const TYPED = {
  first: 'Canary-of-the-first-administrator-1',
  user: 'Canary-of-a-user-2',
  changed: 'Canary-of-a-changed-user-3',
  taxii: 'Canary-of-a-taxii-user-4',
  wrong: 'Canary-that-is-wrong-5',
  unknown: 'Canary-in-an-unknown-field-6',
  type: 'Canary-of-a-wrong-type-7',
  query: 'Canary-in-a-query-8',
  broken: 'Canary-in-a-broken-body-9',
  header: 'Canary-in-a-header-11',
  setup: 'Canary-of-a-wrong-set-up-code-12',
  refused: 'Canary-of-a-refused-creation-13',
} as const;

describe.each(ENGINES)('secrets that come and go over REST on %s', (engine) => {
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  it('items 14 and 95: are given once with no-store, and stand in no log, no audit trail, no error, no list and nowhere in the database in clear', {
    timeout: 60_000,
  }, async () => {
    const app = await openTestApp(engine, { logLevel: 'trace' });
    closers.push(() => app.close());
    app.log.level = 'trace';
    const setupCode = (await prepareInstance(app, { setupCode: true })) ?? '';
    const server = await startServer(app);
    closers.push(() => server.close(1000));

    const canaries = new Map<string, string>(Object.entries(TYPED));
    canaries.set('the set-up code', setupCode);
    /** Answers that may hold no secret: all but those that give one out. */
    const answers: string[] = [];
    const given: Answer[] = [];
    let cookie: string | undefined;
    const ask = async (
      method: string,
      path: string,
      body?: unknown,
      headers: Record<string, string> = {},
    ) => {
      const answer = await send({ server }, cookie, method, path, body, headers);
      expect(answer.headers.get('cache-control'), path).toBe('no-store');
      return answer;
    };
    const quiet = async (
      status: number,
      ...request: Parameters<typeof ask>
    ): Promise<Record<string, unknown>> => {
      const answer = await ask(...request);
      expect(answer.status, `${request[0]} ${request[1]} ${answer.text}`).toBe(status);
      answers.push(answer.text);
      return answer.text.startsWith('{') ? (JSON.parse(answer.text) as Record<string, unknown>) : {};
    };
    /** A request whose answer gives out secrets of these names. */
    const giving = async (names: readonly string[], ...request: Parameters<typeof ask>) => {
      const answer = await ask(...request);
      expect(answer.status, answer.text).toBeLessThan(300);
      given.push(answer);
      const found = JSON.parse(answer.text) as Record<string, string> & { id: number };
      for (const name of names) {
        expect(found[name]?.length, `${request[1]} ${name}`).toBeGreaterThan(20);
        canaries.set(`the ${name} of ${request[1]} ${given.length}`, found[name] ?? '');
      }
      return found;
    };

    const administrator = { email: 'ada@example.org', password: TYPED.first, organization: 'Port Office' };
    await quiet(403, 'POST', '/setup', { ...administrator, setupCode: TYPED.setup });
    await quiet(400, 'POST', '/setup', { ...administrator, setupCode, note: TYPED.unknown });
    await quiet(201, 'POST', '/setup', { ...administrator, setupCode });
    await quiet(409, 'POST', '/setup', { ...administrator, setupCode });

    const signIn = { email: administrator.email, password: TYPED.first };
    await quiet(401, 'POST', '/session', { ...signIn, password: TYPED.wrong });
    await quiet(400, 'POST', '/session', { ...signIn, password: [TYPED.type] });
    await quiet(400, 'POST', `/session?password=${TYPED.query}`, signIn);
    await quiet(400, 'POST', '/session', `{"email":"ada@example.org","password":"${TYPED.broken}`);
    await quiet(415, 'POST', '/session', `password=${TYPED.broken}`, { 'Content-Type': 'text/plain' });
    const signedIn = await ask('POST', '/session', signIn);
    expect(signedIn.status).toBe(201);
    cookie = signedIn.headers.getSetCookie()[0]?.replace(/;.*/s, '') ?? '';
    canaries.set('the session', cookie.replace(`${SESSION_COOKIE}=`, ''));
    answers.push(signedIn.text);

    const { id: home } = await quiet(201, 'POST', '/organizations', {
      name: 'Harbour',
      limits: { users: 50, apiUsers: 50, taxiiUsers: 50 },
    });
    const at = `/organizations/${home}`;
    const person = (name: string) => ({
      email: `${name}@example.org`,
      firstName: 'Some',
      lastName: 'Body',
      organizationRole: 'Standard User',
    });
    await quiet(201, 'POST', `${at}/users`, { ...person('typed'), password: TYPED.user });
    const user = await giving(['password'], 'POST', `${at}/users`, person('made'));
    await giving(['password'], 'POST', `${at}/read-only-users`, {
      ...person('reader'),
      organizationRole: 'Read Only User',
    });
    const script = { firstName: 'A', lastName: 'Script', organizationRole: 'Standard User' };
    const api = await giving(['secretKey', 'token'], 'POST', `${at}/api-users`, {
      ...script,
      tokenExpirationDays: 10,
    });
    await quiet(201, 'POST', `${at}/taxii-users`, { userName: 'typed-siem', password: TYPED.taxii });
    const taxii = await giving(['password', 'apiKey'], 'POST', `${at}/taxii-users`, {
      userName: 'made-siem',
      apiKey: true,
    });

    await quiet(409, 'POST', `${at}/users`, { ...person('typed'), password: TYPED.refused });
    await quiet(400, 'POST', `${at}/users`, { ...person('odd'), note: TYPED.unknown });
    await quiet(400, 'POST', `${at}/users`, { ...person('odd'), password: { a: TYPED.type } });
    await quiet(400, 'POST', `${at}/users`, { ...person('odd'), password: 'short' });
    await quiet(400, 'POST', `${at}/users`, { ...person('odd'), password: TYPED.type.repeat(100) });
    await quiet(400, 'GET', `/accounts?token=${TYPED.query}`);
    await quiet(401, 'GET', '/session', undefined, {
      Authorization: `Bearer ${TYPED.header}`,
      'X-API-Key': TYPED.header,
      'User-Agent': 'a browser',
      Referer: `https://example.org/?token=${TYPED.header}`,
    });
    const key = { accessId: String(api.accessId), secretKey: api.secretKey };
    for (const authorized of [
      { Authorization: `TC-Token ${api.token}` },
      signedOnce(key, 'GET', '/rest/v1/session'),
      signedWithBody(key, 'GET', '/rest/v1/session'),
    ])
      await quiet(403, 'GET', '/session', undefined, authorized);

    const credentials = (of: { id: number }) => `/accounts/${of.id}/credentials`;
    await quiet(201, 'POST', credentials(user), { credential: 'password', password: TYPED.changed });
    await giving(['password'], 'POST', credentials(user), { credential: 'password' });
    await giving(['password'], 'POST', credentials(taxii), { credential: 'password', overlapSeconds: 60 });
    await giving(['apiKey'], 'POST', credentials(taxii), { credential: 'api_key' });
    await giving(['secretKey'], 'POST', credentials(api), { credential: 'secret_key', overlapSeconds: 60 });
    await giving(['token'], 'POST', credentials(api), { credential: 'api_token', expirationDays: 1 });
    await quiet(400, 'POST', credentials(api), { credential: 'api_token', password: TYPED.refused });

    const imported = await ask('POST', `${at}/accounts/import`, {
      csv: 'kind,userName,firstName,lastName,organizationRole,apiKey\nuser,in@example.org,In,Ported,Standard User,\ntaxii,in-siem,,,,true\n',
    });
    expect(imported.status, imported.text).toBe(200);
    given.push(imported);
    const { rows } = JSON.parse(imported.text) as { rows: { secrets?: Record<string, string> }[] };
    const secrets = rows.flatMap((row) => Object.entries(row.secrets ?? {}));
    expect(secrets.map(([name]) => name).sort()).toEqual(['apiKey', 'password', 'password']);
    for (const [index, [name, secret]] of secrets.entries())
      canaries.set(`the imported ${name} ${index}`, secret);

    // They are what opens the door, right or wrong.
    const knock = async (authorization: string) =>
      (
        await fetch(`${server.url}/taxii2/`, {
          headers: { Accept: 'application/taxii+json;version=2.1', Authorization: authorization },
        })
      ).status;
    expect(await knock(basic({ userName: 'typed-siem', password: TYPED.taxii }))).toBe(200);
    expect(await knock(basic({ userName: 'made-siem', password: taxii.password ?? '' }))).toBe(200);
    expect(await knock(basic({ userName: 'typed-siem', password: TYPED.wrong }))).toBe(401);
    await quiet(401, 'POST', '/session', { email: 'made-siem', password: taxii.password });

    const first = {
      organization: home,
      account: user.id,
      owner: 0,
      group: 0,
      service: 1,
      setting: 'tqlQueryTimeout',
    };
    let read = 0;
    for (const { method, path } of ALL_ENDPOINTS) {
      if (method !== 'GET') continue;
      for (const account of [user.id, api.id, taxii.id]) {
        const filled = path.replace(/:(\w+)/g, (_, name: string) =>
          String(name === 'account' ? account : (Reflect.get(first, name) ?? 'none')),
        );
        const answer = await ask('GET', filled);
        if (answer.status === 200) read++;
        answers.push(answer.text);
        if (!path.includes(':account')) break;
      }
    }
    expect(read).toBeGreaterThan(25);
    await server.close(1000);

    const { places, found } = await findCanaries(app, canaries, answers);
    // There is something in which they could be found, and what gives secrets out gives them to be found.
    expect(places['a log']).toContain('"status":201');
    expect(places['a table']).toContain('made-siem');
    if (engine === 'sqlite') expect(places['a file of the database']).toContain('made-siem');
    const everything = given.map(({ text }) => text).join('\n');
    expect([...canaries.values()].filter((secret) => everything.includes(secret))).toHaveLength(
      [...canaries.keys()].filter((name) => /^the (?!session|set-up)/.test(name)).length,
    );
    expect(canaries.size).toBeGreaterThan(27);
    expect(found).toEqual([]);
  });

  it('item 65: no answer and no log tells the id of a session, and no address holds one', async () => {
    const paths = ALL_ENDPOINTS.map(({ path }) => path).join('\n');
    expect(paths).not.toMatch(/:(token|cookie|password|key|secret)\b/i);
    const names = ALL_ENDPOINTS.flatMap(({ query }) =>
      'shape' in query ? Object.keys(query.shape as object) : [],
    );
    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((name) => /token|password|secret|key/i.test(name))).toEqual([]);
  });
});
