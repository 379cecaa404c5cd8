import { inTransaction } from '../../server/db/transaction.ts';
import { AppError } from '../../server/errors.ts';
import { insertCredential } from '../../server/features/accounts/accounts.store.ts';
import { actAs } from '../../server/features/accounts/acting.service.ts';
import { newPerson, type Person } from '../../server/testing/builders.ts';
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
  /** The status of the answer that lets in. */
  open: number;
  /** What an account answers that strangers have failed at, over and over, when its owner comes. */
  throttled: number;
  /** Answers of refusals need not be alike: the asker may know why. */
  mayTell?: true;
  /** Where the person has something to do first: `restricted` is let in to that alone. */
  pending: 'restricted' | 'refused' | 'as usual';
  prepare(world: World): Promise<Presentable>;
};

export const PHRASE = 'seven quiet harbour lanterns';
let number = 0;

const json = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

/** A person whose password was typed, so that it costs an Argon2id. */
export async function typist({ app, organization }: World, person: Person = 'Standard User') {
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

const commandLine: Way = {
  name: 'the command line, as the account',
  open: 0,
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
export const WAYS: readonly Way[] = [form, session, password, key, commandLine];
