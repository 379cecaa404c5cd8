import path from 'node:path';
import { createAccess } from '../server/access/access.ts';
import { openApp } from '../server/app.ts';
import { readConfig } from '../server/config.ts';
import type { App } from '../server/context.ts';
import { inTransaction } from '../server/db/transaction.ts';
import { createUser } from '../server/features/account-creation/people.service.ts';
import { insertAccount } from '../server/features/accounts/accounts.store.ts';
import { editLicence } from '../server/features/instance/licence.service.ts';
import { createOrganization } from '../server/features/owners/owners.service.ts';
import { restClient } from '../server/testing/rest-client.ts';
import { startTaxiway } from './children.ts';
import { createInstance, type Instance, settle } from './instances.ts';
import { count, median, milliseconds } from './report.ts';
import { type Bench, inTurns, medianRatio, targetOn } from './rows-common.ts';

const BATCH = 5000;
const SEATS = 1_000_000;

/**
 * Pages of the accounts of one large organization, over REST, in every order, from the start and from the middle, searched
 * and filtered; and how fast accounts are created there, beside a small organization.
 */
export async function accounts(bench: Bench): Promise<void> {
  const number = bench.quick ? 20_000 : 100_000;
  const folder = path.join(bench.folder, 'accounts');
  const instance = await createInstance(folder, await bench.createDatabase());
  const people = await fill(instance, number);
  await settle(instance, 'accounts');
  const server = await startTaxiway(instance.settings, instance.logFile);
  try {
    const url = `http://127.0.0.1:${server.port}`;
    const [large, small] = await Promise.all(
      people.map(async ({ organizationId, email, password }) => {
        const rest = restClient(url);
        await rest.signIn(email, password);
        return { rest, organizationId };
      }),
    );
    if (large === undefined || small === undefined) throw new Error('nobody signed in');
    const pages = `/organizations/${large.organizationId}/accounts`;
    const get = async (query: string, limit = 100): Promise<{ items: unknown[]; next: string | null }> => {
      const { status, body } = await large.rest.request<{ items: unknown[]; next: string | null }>(
        'GET',
        `${pages}?limit=${limit}${query}`,
      );
      if (status !== 200) throw new Error(`a list was answered with ${status}`);
      return body;
    };
    const queries: [string, string][] = [];
    for (const sort of ['userName', '-name', 'lastUsedAt', '-createdAt']) {
      let middle = await get(`&sort=${sort}`, 1000);
      for (let page = 1; page < number / 2000; page++)
        middle = await get(`&sort=${sort}&after=${middle.next}`, 1000);
      queries.push(
        [`by ${sort}`, `&sort=${sort}`],
        [`by ${sort}, far in`, `&sort=${sort}&after=${middle.next}`],
      );
    }
    queries.push(
      ['searched, one found', `&search=user-${number - 7}@`],
      ['searched, none found', '&search=nobody-of-that-name'],
      ['locked ones, none found', '&state=locked'],
    );
    const rounds = bench.quick ? 3 : 15;
    const times = await inTurns(
      rounds,
      queries.map(([, query]) => async () => {
        const begun = performance.now();
        await get(query);
        return performance.now() - begun;
      }),
    );
    const medians = times.map((taken, index) => ({ what: queries[index]?.[0] ?? '', ms: median(taken) }));
    const slowest = medians.toSorted((a, b) => b.ms - a.ms)[0] ?? { what: '', ms: 0 };
    const fastest = Math.min(...medians.map(({ ms }) => ms));
    bench.report({
      what: `page of 100 of ${count(number)} accounts of one organization over REST, the slowest of ${medians.length} kinds of page, in ms`,
      taxiway: `${milliseconds(slowest.ms)} (${slowest.what})`,
      beside: `the fastest: ${milliseconds(fastest)}`,
      ratio: slowest.ms,
      ...targetOn(bench.engine, { atMost: 50 }),
    });
    let serial = 0;
    const create = async ({ rest, organizationId }: typeof large): Promise<number> => {
      const begun = performance.now();
      const each = bench.quick ? 25 : 100;
      await Promise.all(
        Array.from({ length: 4 }, async () => {
          for (let n = 0; n < each / 4; n++) {
            const body = { userName: `bench-new-${++serial}` };
            const { status } = await rest.request(
              'POST',
              `/organizations/${organizationId}/taxii-users`,
              body,
            );
            if (status !== 201) throw new Error(`a creation was answered with ${status}`);
          }
        }),
      );
      return each / ((performance.now() - begun) / 1000);
    };
    const [inLarge = [], inSmall = []] = await inTurns(bench.quick ? 3 : 7, [
      async () => await create(large),
      async () => await create(small),
    ]);
    bench.report({
      what: `accounts created per second over REST in an organization of ${count(number)}, against one of 10`,
      taxiway: `${count(median(inLarge))} accounts/s`,
      beside: `${count(median(inSmall))} accounts/s`,
      ratio: medianRatio(inLarge, inSmall),
    });
  } finally {
    await server.stop();
  }
}

type Person = { organizationId: number; email: string; password: string };

/** Two organizations, the first with that many accounts, and an Organization Administrator of each. */
export async function fill(instance: Instance, number: number): Promise<Person[]> {
  const app = await openApp(readConfig({ ...instance.settings, TAXIWAY_LOG_LEVEL: 'warn' }));
  const caller = { access: createAccess({ kind: 'operator', name: 'operator (bench)' }) };
  try {
    await editLicence(app, caller, {
      limits: { users: SEATS, apiUsers: SEATS, taxiiUsers: SEATS },
    });
    const people: Person[] = [];
    for (const name of ['Large', 'Small']) {
      const limits = { users: SEATS, apiUsers: SEATS, taxiiUsers: SEATS };
      const { id } = await createOrganization(app, caller, { name, limits });
      const email = `${name.toLowerCase()}@example.com`;
      const created = await createUser(app, caller, {
        organization: id,
        email,
        firstName: name,
        lastName: 'Administrator',
        organizationRole: 'Organization Administrator',
        passwordResetRequired: false,
      });
      people.push({ organizationId: id, email, password: created.password ?? '' });
    }
    const organizationId = people[0]?.organizationId ?? 0;
    // Without one the instance is not set up, and its console begins with that.
    await createUser(app, caller, {
      organization: organizationId,
      email: 'administrator@example.com',
      firstName: 'First',
      lastName: 'Administrator',
      systemRole: 'Administrator',
      organizationRole: 'Organization Administrator',
    });
    for (let first = 0; first < number; first += BATCH) await insertBatch(app, organizationId, first, number);
    return people;
  } finally {
    await app.close();
  }
}

async function insertBatch(app: App, organizationId: number, first: number, number: number): Promise<void> {
  await inTransaction(app.db, async (tx) => {
    const now = app.clock.now();
    for (let n = first; n < Math.min(first + BATCH, number); n++) {
      await insertAccount(tx, {
        kind: n % 3 === 0 ? 'taxii' : 'user',
        organization_id: organizationId,
        // In another order than their ids.
        user_name: `user-${(n * 7919) % number}@example.com`,
        pseudonym: `bench-${n}`,
        first_name: `First${n % 97}`,
        last_name: `Last${n % 1009}`,
        system_role: n % 3 === 0 ? 'Taxii User' : 'User',
        organization_role: 'Standard User',
        narrowed: 0,
        credential_version: 1,
        created_at: now,
        last_used_at: n % 2 === 0 ? null : now - n,
      });
    }
  });
}
