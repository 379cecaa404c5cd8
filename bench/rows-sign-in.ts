import { createAccess } from '../server/access/access.ts';
import { openApp } from '../server/app.ts';
import { readConfig } from '../server/config.ts';
import { inTransaction, type Transaction } from '../server/db/transaction.ts';
import { insertAccount, insertCredential } from '../server/features/accounts/accounts.store.ts';
import { createOrganization } from '../server/features/owners/owners.service.ts';
import type { StoredSecret } from '../server/secrets.ts';
import { startTaxiway } from './children.ts';
import { count, median, milliseconds } from './report.ts';
import { type Bench, inTurns, medianRatio, type Prepared, targetOn } from './rows-common.ts';
import { pageRequest } from './rows-read.ts';

const PASSWORD = 'seven quiet harbour lanterns';
const PARALLEL = 8;
/** States of an account that answer a sign-in like an unknown one. */
const FAILING = ['unknown', 'wrong', 'locked', 'disabled', 'expired'] as const;
type Failing = (typeof FAILING)[number];

/**
 * People who sign in with typed passwords, each of which costs an Argon2id: how many in a second, what that does to
 * clients that poll meanwhile, and whether the time of a refusal tells why.
 */
export async function signIns(bench: Bench, { small }: Prepared): Promise<void> {
  const { names, hashesPerSecond } = await fill(small.settings, {
    active: bench.quick ? 800 : 4000,
    others: bench.quick ? 20 : 60,
  });
  const settings = { ...small.settings, TAXIWAY_TRUSTED_PROXIES: '127.0.0.1' };
  const server = await startTaxiway(settings, small.logFile);
  try {
    let address = 0;
    const attempt = async (email: string, password: string): Promise<{ status: number; ms: number }> => {
      address++;
      const begun = performance.now();
      const response = await fetch(`http://127.0.0.1:${server.port}/rest/v1/session`, {
        method: 'POST',
        // From another address each time, as the people of many organizations come.
        headers: {
          'Content-Type': 'application/json',
          'X-Forwarded-For': `10.${(address >> 16) & 255}.${(address >> 8) & 255}.${address & 255}`,
          'X-Forwarded-Proto': 'https',
        },
        body: JSON.stringify({ email, password }),
      });
      await response.arrayBuffer();
      return { status: response.status, ms: performance.now() - begun };
    };

    // Everybody once: a password that was verified in the last minute would cost no Argon2id.
    let next = 0;
    const signInFor = async (ms: number): Promise<number> => {
      const begun = performance.now();
      let done = 0;
      await Promise.all(
        Array.from({ length: PARALLEL }, async () => {
          while (performance.now() - begun < ms) {
            const email = names.active[next++];
            if (email === undefined) throw new Error('everybody has signed in already');
            const { status } = await attempt(email, PASSWORD);
            if (status !== 201) throw new Error(`a sign-in was answered with ${status}`);
            done++;
          }
        }),
      );
      return done / ((performance.now() - begun) / 1000);
    };
    const ms = bench.quick ? 1500 : 5000;
    const rounds = bench.quick ? 3 : 7;
    const poll = async () =>
      await bench.load.ask({
        kind: 'repeat',
        port: server.port,
        connections: 2,
        ms,
        request: pageRequest(small, 100),
        paceMs: 10,
      });
    const rates: number[] = [];
    const [idle = [], busy = []] = await inTurns(rounds, [
      async () => (await poll()).p99,
      async (round) => {
        const [polled, rate] = await Promise.all([poll(), signInFor(ms)]);
        if (round > 0) rates.push(rate);
        return polled.p99;
      },
    ]);
    bench.report({
      what: `sign-ins with a typed password per second, ${PARALLEL} at a time while 2 clients poll, against bare Argon2id on one core`,
      taxiway: `${count(median(rates))} sign-ins/s`,
      beside: `${count(hashesPerSecond)} hashes/s`,
      ratio: median(rates) / hashesPerSecond,
      ...targetOn(bench.engine, { atLeast: 0.5 }),
    });
    bench.report({
      what: 'the slowest 1 % of polled pages of 100 while people sign in, against the same without them',
      taxiway: `${milliseconds(median(busy))}`,
      beside: `${milliseconds(median(idle))}`,
      ratio: medianRatio(busy, idle),
    });

    const samples = Object.fromEntries(FAILING.map((state) => [state, [] as number[]])) as Record<
      Failing,
      number[]
    >;
    for (let n = 0; n < (bench.quick ? 60 : 200); n++) {
      for (const state of FAILING) {
        const listed = state === 'wrong' ? names.active : state === 'unknown' ? undefined : names[state];
        const email = listed?.[n % listed.length] ?? `nobody-${n}@example.com`;
        const password = state === 'wrong' || state === 'unknown' ? 'not the password of anybody' : PASSWORD;
        const { status, ms: taken } = await attempt(email, password);
        if (status !== 401) throw new Error(`${state}: a failed sign-in was answered with ${status}`);
        samples[state].push(taken);
      }
    }
    const medians = FAILING.map((state) => ({ state, ms: median(samples[state]) }));
    const distances = FAILING.filter((state) => state !== 'unknown').map((state) =>
      distance(samples[state], samples.unknown),
    );
    bench.report({
      what: 'how far apart the times of refused sign-ins are: the greatest Kolmogorov–Smirnov distance to those of unknown accounts (0 = alike, 1 = apart)',
      taxiway: Math.max(...distances).toFixed(2),
      beside: medians.map((each) => `${each.state} ${milliseconds(each.ms)}`).join(', '),
      ratio: Math.max(...distances),
    });
  } finally {
    await server.stop();
  }
}

/** The greatest difference between the two empirical distributions. */
function distance(a: readonly number[], b: readonly number[]): number {
  const below = (values: readonly number[], limit: number) =>
    values.filter((value) => value <= limit).length / values.length;
  return Math.max(...[...a, ...b].map((limit) => Math.abs(below(a, limit) - below(b, limit))));
}

type Names = Record<'active' | Exclude<Failing, 'unknown' | 'wrong'>, string[]>;

/** People of every state, all with the same typed password; and how many Argon2id one core makes. */
async function fill(
  settings: Record<string, string>,
  numbers: { active: number; others: number },
): Promise<{ names: Names; hashesPerSecond: number }> {
  const app = await openApp(readConfig({ ...settings, TAXIWAY_LOG_LEVEL: 'warn' }));
  try {
    const caller = { access: createAccess({ kind: 'operator', name: 'operator (bench)' }) };
    const limits = { users: 10 * numbers.active, apiUsers: 0, taxiiUsers: 0 };
    const { id } = await createOrganization(app, caller, { name: 'Bench people', limits });
    const begun = performance.now();
    const hashes = 10;
    for (let n = 0; n < hashes; n++) await app.secrets.hash(PASSWORD);
    const hashesPerSecond = hashes / ((performance.now() - begun) / 1000);
    const names: Names = { active: [], locked: [], disabled: [], expired: [] };
    const stored = await app.secrets.hash(PASSWORD);
    for (const state of Object.keys(names) as (keyof Names)[]) {
      const number = state === 'active' ? numbers.active : numbers.others;
      await inTransaction(app.db, async (tx) => {
        for (let n = 0; n < number; n++)
          names[state].push(await insertPerson(tx, id, { state, n, stored, now: app.clock.now() }));
      });
    }
    return { names, hashesPerSecond };
  } finally {
    await app.close();
  }
}

async function insertPerson(
  tx: Transaction,
  organizationId: number,
  person: { state: keyof Names; n: number; stored: StoredSecret; now: number },
): Promise<string> {
  const { state, n, stored, now } = person;
  const email = `${state}-${n}@example.com`;
  const accountId = await insertAccount(tx, {
    kind: 'user',
    organization_id: organizationId,
    user_name: email,
    pseudonym: `bench-${state}-${n}`,
    first_name: 'Bench',
    last_name: 'Person',
    system_role: 'User',
    organization_role: 'Standard User',
    narrowed: 0,
    credential_version: 1,
    created_at: now,
    locked_at: state === 'locked' ? now : null,
    disabled_at: state === 'disabled' ? now : null,
    expires_at: state === 'expired' ? now - 1 : null,
  });
  await insertCredential(tx, accountId, { kind: 'password', stored }, now);
  return email;
}
