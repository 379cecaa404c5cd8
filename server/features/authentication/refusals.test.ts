import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inTransaction } from '../../db/transaction.ts';
import {
  disableTaxiiUser,
  lockTaxiiUserAccount,
  rotateTaxiiUserCredential,
} from '../../testing/account-changes.ts';
import { auditTrail, newOrganization, newPerson, refusalOf } from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { createTaxiiUser } from '../account-creation/taxii-users.service.ts';
import { insertCredential, updateAccount } from '../accounts/accounts.store.ts';
import { createExchangeRoutes } from '../exchange/exchange.routes.ts';
import { openExchange } from '../exchange/open-exchange.ts';
import { createAuthentication, type Presented } from './authentication.service.ts';

const PHRASE = 'a typed pass phrase';
let number = 0;

describe.each(ENGINES)('the right secret of an account that may not use it, on %s', (engine) => {
  let app: TestApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let now: number;
  let address: string;
  /** As a request meets it, in a process that remembers nothing yet. */
  let open: (presented: Presented, from?: string) => Promise<{ account: { name: string } }>;
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app);
  });
  afterAll(async () => await app?.close());
  beforeEach(() => {
    now = app.clock.now();
    const fixed = { ...app, clock: { now: () => now } };
    const routes = createExchangeRoutes(fixed, createAuthentication(fixed), openExchange(fixed, 0));
    address = `203.0.${Math.floor(++number / 250)}.${number % 250}`;
    open = (presented, from = address) =>
      routes.open(presented, { address: from, requestId: 'r' }, undefined);
  });

  const newUser = async (password?: string) =>
    await createTaxiiUser(app, organization.administrator, {
      userName: `gate-${++number}`,
      organization: organization.name,
      apiKey: true,
      ...(password === undefined ? {} : { password }),
    });
  const basic = (userName: string, password: string): Presented => ({ scheme: 'basic', userName, password });
  const lock = (userName: string, locked = true) =>
    lockTaxiiUserAccount(app, organization.administrator, userName, locked);
  const change = async (id: number, changes: Parameters<typeof updateAccount>[2]) =>
    await inTransaction(app.db, (tx) => updateAccount(tx, id, changes));
  const codes = async (times: number, presented: Presented) => {
    const counts: Record<string, number> = {};
    for (let time = 0; time < times; time++) {
      const { code } = await refusalOf(open(presented));
      counts[code] = (counts[code] ?? 0) + 1;
    }
    return counts;
  };
  /** What failures have left behind at the address, by the kind of throttle, and in the audit trail. */
  const traces = async () => {
    const throttles = await app.db.read.selectFrom('throttles').selectAll().execute();
    const events = (await auditTrail(app)).filter((event) => event.source_address === address);
    return {
      address: throttles.find(({ key }) => key === `address ${address}`)?.failures ?? 0,
      here: throttles.filter(({ key }) => key.endsWith(` at ${address}`)).map(({ failures }) => failures),
      events: events.map((event) => [event.actor_name, event.count]),
    };
  };
  const hashesOf = async (work: () => Promise<unknown>) => {
    const before = app.secrets.hashes.count;
    await work();
    return app.secrets.hashes.count - before;
  };

  const STATES: Record<string, (user: { id: number; userName: string }) => Promise<unknown>> = {
    locked: ({ userName }) => lock(userName),
    disabled: ({ userName }) => disableTaxiiUser(app, organization.administrator, userName, true),
    expired: ({ id }) => change(id, { expires_at: 1 }),
    'without a service': ({ id }) => change(id, { service_id: null }),
  };

  describe.each(Object.entries(STATES))('which is %s', (_, put) => {
    it('counts at the account there alone while it is a generated one, and soon costs no write', async () => {
      const { id, userName, password = '', apiKey = '' } = await newUser();
      await open(basic(userName, password));
      await put({ id, userName });
      expect(await codes(11, basic(userName, password))).toEqual({ unauthenticated: 11 });
      expect(await codes(5, { scheme: 'key', key: apiKey })).toEqual({ unauthenticated: 5 });
      expect(await codes(5, basic('anything', apiKey))).toEqual({ unauthenticated: 5 });
      const before = await traces();
      expect(before).toMatchObject({ address: 0, here: [21] });
      expect(before.events.map(([name]) => name)).toEqual(before.events.map(() => userName));
      for (const presented of [
        basic(userName, password),
        { scheme: 'key', key: apiKey } as const,
        basic('anything', apiKey),
      ])
        expect(await refusalOf(open(presented))).toEqual({
          code: 'throttled',
          details: { retryAfterSeconds: 1 },
        });
      expect(await traces()).toEqual(before);
    });

    it('costs as many hashes, and is answered, like a wrong one and like an unknown user name', async () => {
      const generated = await newUser();
      const typed = await newUser(PHRASE);
      await put(generated);
      await put(typed);
      for (const presented of [
        basic(generated.userName, generated.password ?? ''),
        basic('', generated.apiKey ?? ''),
        basic(generated.userName, 'wrong pass phrase'),
        basic(typed.userName, PHRASE),
        basic(typed.userName, 'wrong pass phrase'),
        basic('nobody', PHRASE),
      ]) {
        let refusal: unknown;
        expect(await hashesOf(async () => (refusal = await refusalOf(open(presented))))).toBe(1);
        expect(refusal).toEqual({ code: 'unauthenticated', details: {} });
      }
    });
  });

  it('leaves others at the address alone, however many clients go on with it', async () => {
    const innocent = await newUser(PHRASE);
    for (let client = 0; client < 6; client++) {
      const { userName, password = '' } = await newUser();
      await lock(userName);
      expect(await codes(22, basic(userName, password))).toEqual({ unauthenticated: 21, throttled: 1 });
    }
    expect((await open(basic(innocent.userName, PHRASE))).account.name).toBe(innocent.userName);
  });

  it('lets in at once when the account may use it again, even while throttled', async () => {
    const { userName, password = '' } = await newUser();
    await lock(userName);
    await codes(30, basic(userName, password));
    await lock(userName, false);
    expect((await open(basic(userName, password))).account.name).toBe(userName);
  });

  it('presented on many connections at once is throttled, too', async () => {
    const { userName, password = '' } = await newUser();
    await lock(userName);
    const refusals = await Promise.all(
      Array.from({ length: 100 }, () => refusalOf(open(basic(userName, password)))),
    );
    expect(refusals.filter(({ code }) => code === 'unauthenticated')).toHaveLength(21);
    expect(refusals.filter(({ code }) => code === 'throttled')).toHaveLength(79);
    expect(await traces()).toMatchObject({ address: 0, here: [21] });
  });

  describe('that a person typed', () => {
    it('counts like a wrong one, and clears no failures', async () => {
      const { userName } = await newUser(PHRASE);
      await lock(userName);
      expect(await codes(19, basic(userName, 'wrong pass phrase'))).toEqual({ unauthenticated: 19 });
      expect(await codes(3, basic(userName, PHRASE))).toEqual({ unauthenticated: 2, throttled: 1 });
      expect(await traces()).toMatchObject({ address: 21, here: [21] });
    });

    it('counts like a wrong one on many connections at once, and after it was remembered', async () => {
      const { userName } = await newUser(PHRASE);
      await open(basic(userName, PHRASE));
      await lock(userName);
      const hashes = await hashesOf(async () => {
        const refusals = await Promise.all(
          Array.from({ length: 40 }, () => refusalOf(open(basic(userName, PHRASE)))),
        );
        expect(refusals.filter(({ code }) => code === 'unauthenticated')).toHaveLength(21);
      });
      expect(hashes).toBe(21);
    });

    it('clears failures as soon as the account may use it', async () => {
      const { userName } = await newUser(PHRASE);
      await codes(19, basic(userName, 'wrong pass phrase'));
      await open(basic(userName, PHRASE));
      expect(await traces()).toMatchObject({ address: 19, here: [] });
    });

    it('counts like a wrong one when it is an Administrator’s, who is no TAXII user', async () => {
      const person = await newPerson(app, 'Administrator', organization);
      const stored = await app.secrets.hash(PHRASE);
      await inTransaction(app.db, (tx) =>
        insertCredential(tx, person.accountId, { kind: 'password', stored }, now),
      );
      await codes(3, basic(person.userName, 'wrong pass phrase'));
      expect(await codes(1, basic(person.userName, PHRASE))).toEqual({ unauthenticated: 1 });
      expect(await traces()).toMatchObject({ address: 4, here: [4] });
    });
  });

  it('costs as many hashes as a wrong one while two typed passwords overlap', async () => {
    const { userName } = await newUser(PHRASE);
    await rotateTaxiiUserCredential(app, organization.administrator, {
      userName,
      credential: 'password',
      password: 'another pass phrase',
      overlapSeconds: 600,
    });
    await lock(userName);
    for (const password of [PHRASE, 'another pass phrase', 'wrong pass phrase'])
      expect(await hashesOf(() => refusalOf(open(basic(userName, password))))).toBe(2);
  });
});

describe.each(ENGINES)('one API key presented with ever new user names, on %s', (engine) => {
  it('does not make others be hashed again', async () => {
    const app = await openTestApp(engine);
    try {
      const organization = await newOrganization(app);
      const user = (userName: string, password?: string) =>
        createTaxiiUser(app, organization.administrator, {
          userName,
          organization: organization.name,
          apiKey: true,
          ...(password === undefined ? {} : { password }),
        });
      const { apiKey = '' } = await user('noisy');
      await user('quiet', PHRASE);
      const authentication = createAuthentication(app);
      const verify = (userName: string, password: string) =>
        authentication.verify(
          { scheme: 'basic', userName, password },
          { address: '192.0.2.1', requestId: 'r' },
        );
      await verify('quiet', PHRASE);
      const before = app.secrets.hashes.count;
      for (let index = 0; index < 10_500; index++) await verify(`name ${index}`, apiKey);
      await verify('quiet', PHRASE);
      expect(app.secrets.hashes.count).toBe(before);
    } finally {
      await app.close();
    }
  });

  it('is never taken for a typed password that begins like a key, nor that one for a key', async () => {
    const app = await openTestApp(engine);
    try {
      const organization = await newOrganization(app);
      const typed = 'txw_typed-by-a-person';
      const { id } = await createTaxiiUser(app, organization.administrator, {
        userName: 'looks-like-a-key',
        organization: organization.name,
        password: typed,
      });
      await createTaxiiUser(app, organization.administrator, {
        userName: 'other',
        organization: organization.name,
      });
      const authentication = createAuthentication(app);
      const verify = (presented: Presented) =>
        authentication.verify(presented, { address: '192.0.2.1', requestId: 'r' });
      const right = { scheme: 'basic', userName: 'looks-like-a-key', password: typed } as const;
      expect(await verify(right)).toMatchObject({ accountId: id });
      expect(await verify(right)).toMatchObject({ accountId: id });
      for (const presented of [
        { ...right, userName: 'other' },
        { ...right, userName: '' },
        { scheme: 'key', key: typed } as const,
      ])
        expect((await refusalOf(verify(presented))).code).toBe('unauthenticated');
    } finally {
      await app.close();
    }
  });
});
