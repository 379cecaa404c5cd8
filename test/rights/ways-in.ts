import { inTransaction } from '../../server/db/transaction.ts';
import { AppError } from '../../server/errors.ts';
import { createApiUser } from '../../server/features/account-creation/api-users.service.ts';
import { createUser } from '../../server/features/account-creation/people.service.ts';
import { insertCredential } from '../../server/features/accounts/accounts.store.ts';
import { actAs } from '../../server/features/accounts/acting.service.ts';
import { sendPasswordReset } from '../../server/features/links/requesting.service.ts';
import { signedOnce, signedWithBody } from '../../server/testing/api-client.ts';
import { newPerson, type Person } from '../../server/testing/builders.ts';
import { tokenIn } from '../../server/testing/outbox.ts';
import { restClient } from '../../server/testing/rest-client.ts';
import { challengeFrom, registerPasskey } from '../../server/testing/second-factors.ts';
import { softwarePasskey } from '../../server/testing/software-passkey.ts';
import type { TestApp } from '../../server/testing/test-app.ts';
import { basic, newTaxiiUser } from '../../server/testing/test-server.ts';

/** What came back, without what differs from one request to the next. */
export type Answer = { status: number; body: string; headers: Record<string, string> };

/** An account with what opens it one way. */
export type Presentable = {
  accountId: number;
  userName: string;
  /** Presents the right credential, a wrong one for the account, or one of nobody. */
  present(what: 'right' | 'wrong' | 'unknown'): Promise<Answer>;
};

export type World = {
  app: TestApp;
  url: string;
  organization: { id: number; name: string };
  /** Sends a request from an address of its own, so that no throttle of another test matters. */
  send(path: string, init?: RequestInit): Promise<Answer>;
};

export type Way = {
  name: string;
  /** The status of the answer that lets in, and of the one that refuses, whatever the reason. */
  open: number;
  refused: number;
  /** What an account answers that strangers have failed at, over and over, when its owner comes. */
  throttled: number;
  /** Answers of refusals need not be alike: the asker may know why. */
  mayTell?: true;
  /** Where the person has something to do first: `restricted` is let in to that alone. */
  pending: 'restricted' | 'refused' | 'as usual';
  prepare(world: World): Promise<Presentable>;
};

/** Where people reach the server: passkeys are bound to it. */
export const ORIGIN = 'https://taxii.example.org';
const PHRASE = 'seven quiet harbour lanterns';
let number = 0;

const json = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

/** A person whose password was typed, so that it costs an Argon2id. */
async function typist({ app, organization }: World, person: Person = 'Standard User') {
  const someone = await newPerson(app, person, organization);
  const stored = await app.secrets.hash(PHRASE);
  await inTransaction(app.db, (tx) =>
    insertCredential(tx, someone.accountId, { kind: 'password', stored }, app.clock.now()),
  );
  return someone;
}

/** The cookie of a session that was just begun. */
async function cookieOf({ url }: World, email: string): Promise<string> {
  const response = await fetch(`${url}/rest/v1/session`, json({ email, password: PHRASE }));
  return response.headers.getSetCookie().map((cookie) => cookie.replace(/;.*/s, ''))[0] ?? '';
}

const form: Way = {
  name: 'the form',
  open: 201,
  refused: 401,
  throttled: 429,
  pending: 'restricted',
  async prepare(world) {
    const { accountId, userName } = await typist(world);
    const given = {
      right: { email: userName, password: PHRASE },
      wrong: { email: userName, password: 'not this one, another' },
      unknown: { email: 'nobody.at.all@example.com', password: PHRASE },
    };
    return { accountId, userName, present: (what) => world.send('/rest/v1/session', json(given[what])) };
  },
};

const session: Way = {
  name: 'a session',
  open: 200,
  refused: 401,
  throttled: 200,
  pending: 'refused',
  async prepare(world) {
    const { accountId, userName } = await typist(world);
    const cookie = await cookieOf(world, userName);
    const stranger = cookie.replace(/=.*/s, `=${'A'.repeat(43)}`);
    const given = { right: cookie, wrong: `${cookie.slice(0, -4)}AAAA`, unknown: stranger };
    return {
      accountId,
      userName,
      present: (what) => world.send(`/rest/v1/accounts/${accountId}`, { headers: { Cookie: given[what] } }),
    };
  },
};

/** A TAXII user with a typed password and an API key. */
async function taxiiUser({ app, organization }: World) {
  const userName = `way-in-${++number}`;
  return await newTaxiiUser(app, {
    userName,
    organization: organization.name,
    password: PHRASE,
    apiKey: true,
  });
}

const taxii = (authorization: string): RequestInit => ({
  headers: { Accept: 'application/taxii+json;version=2.1', Authorization: authorization },
});

const password: Way = {
  name: 'HTTP Basic',
  open: 200,
  refused: 401,
  throttled: 429,
  pending: 'as usual',
  async prepare(world) {
    const user = await taxiiUser(world);
    const given = {
      right: basic({ userName: user.userName, password: PHRASE }),
      wrong: basic({ userName: user.userName, password: 'not this one, another' }),
      unknown: basic({ userName: 'nobody-at-all', password: PHRASE }),
    };
    return {
      accountId: user.id,
      userName: user.userName,
      present: (what) => world.send('/taxii2/', taxii(given[what])),
    };
  },
};

const key: Way = {
  name: 'a TAXII user’s key',
  open: 200,
  refused: 401,
  throttled: 200,
  pending: 'as usual',
  async prepare(world) {
    const { id, userName, apiKey = '' } = await taxiiUser(world);
    const wrong = `${apiKey.slice(0, -4)}0000`;
    const given = { right: apiKey, wrong, unknown: 'txwk_nobodys' };
    return {
      accountId: id,
      userName,
      present: (what) => world.send('/taxii2/', taxii(`Bearer ${given[what]}`)),
    };
  },
};

/** An API user with a Secret Key and a token. */
async function apiUser({ app, organization }: World) {
  const user = await createApiUser(app, app.operator, {
    organization: organization.id,
    firstName: 'Way',
    lastName: 'In',
    organizationRole: 'Standard User',
    tokenExpirationDays: 30,
  });
  return { ...user, userName: user.accessId };
}

type Signer = typeof signedOnce | typeof signedWithBody;
const WHOAMI = '/api/v2/whoami';

const signature = (name: string, sign: Signer): Way => ({
  name,
  open: 200,
  refused: 401,
  throttled: 200,
  pending: 'as usual',
  async prepare(world) {
    const { id, userName, accessId, secretKey } = await apiUser(world);
    const given = {
      right: { accessId, secretKey },
      wrong: { accessId, secretKey: 'not this one' },
      unknown: { accessId: '99999999999999999999', secretKey },
    };
    return {
      accountId: id,
      userName,
      present: (what) => world.send(WHOAMI, { headers: sign(given[what], 'GET', WHOAMI, worldTime(world)) }),
    };
  },
});

/** Clients sign by the clock of the world that they are in. */
const worldTime = ({ app }: World) => ({ timestamp: Math.floor(app.clock.now() / 1_000_000) });

const token: Way = {
  name: 'an API token',
  open: 200,
  refused: 401,
  throttled: 200,
  pending: 'as usual',
  async prepare(world) {
    const { id, userName, token: right = '' } = await apiUser(world);
    const given = { right, wrong: `${right.slice(0, -4)}0000`, unknown: 'txwt_nobodys' };
    const present = (what: keyof typeof given) =>
      world.send(WHOAMI, { headers: { Authorization: `TC-Token ${given[what]}` } });
    return { accountId: id, userName, present };
  },
};

const passkey: Way = {
  name: 'a passkey',
  open: 201,
  refused: 401,
  throttled: 201,
  pending: 'restricted',
  async prepare(world) {
    const { accountId, userName } = await typist(world);
    const [own, strangers] = [softwarePasskey(ORIGIN), softwarePasskey(ORIGIN)];
    const browser = restClient(world.url);
    await browser.signIn(userName, PHRASE);
    await registerPasskey(browser, own);
    const present = async (what: 'right' | 'wrong' | 'unknown'): Promise<Answer> => {
      const { id, options } = await challengeFrom(restClient(world.url), '/session/passkey/challenge');
      const key = what === 'unknown' ? strangers : own;
      const answer = key.sign(options, what === 'wrong' ? { challenge: 'bm90IHRoaXMgb25l' } : {});
      return await world.send('/rest/v1/session/passkey', json({ challenge: id, passkey: answer }));
    };
    return { accountId, userName, present };
  },
};

const link = (
  name: string,
  make: (world: World) => Promise<{ id: number; userName: string; link: string }>,
): Way => ({
  name,
  open: 204,
  refused: 404,
  throttled: 204,
  pending: 'as usual',
  async prepare(world) {
    const made = await make(world);
    const right = tokenIn(made.link);
    const given = { right, wrong: `${right.slice(0, -4)}AAAA`, unknown: 'txwl_nobodys' };
    const present = (what: keyof typeof given) =>
      world.send('/rest/v1/links/password', json({ token: given[what], password: PHRASE }));
    return { accountId: made.id, userName: made.userName, present };
  },
});

const invitation = link('an invitation', async ({ app, organization }) => {
  const created = await createUser(app, app.operator, {
    organization: organization.id,
    email: `way-in-${++number}@example.com`,
    firstName: 'Way',
    lastName: 'In',
    organizationRole: 'Standard User',
    invite: true,
  });
  return { ...created, link: created.invitation?.link ?? '' };
});

const reset = link('a link that resets the password', async (world) => {
  const { accountId, userName } = await typist(world);
  const { app } = world;
  const made = await sendPasswordReset(app, app.operator, { account: accountId });
  return { id: accountId, userName, link: made.link ?? '' };
});

const commandLine: Way = {
  name: 'the command line, as the account',
  open: 0,
  refused: 403,
  throttled: 0,
  mayTell: true,
  pending: 'as usual',
  async prepare({ app, organization }) {
    const { accountId, userName } = await newPerson(app, 'Standard User', organization);
    const given = { right: userName, wrong: `${userName}x`, unknown: 'nobody.at.all@example.com' };
    const present = async (what: keyof typeof given): Promise<Answer> => {
      try {
        await actAs(app, app.operator, given[what]);
        return { status: 0, body: '', headers: {} };
      } catch (error) {
        if (error instanceof AppError) return { status: error.status, body: error.message, headers: {} };
        throw error;
      }
    };
    return { accountId, userName, present };
  },
};

/** Every way in which somebody may act as an account. */
export const WAYS: readonly Way[] = [
  form,
  passkey,
  reset,
  invitation,
  session,
  signature('a signature', signedOnce),
  signature('a signature with the body', signedWithBody),
  token,
  password,
  key,
  commandLine,
];
