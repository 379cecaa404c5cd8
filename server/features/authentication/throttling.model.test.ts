import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenedApp } from '../../app.ts';
import { inTransaction } from '../../db/transaction.ts';
import { AppError } from '../../errors.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { throttleKeyOf } from '../accounts/blocks.ts';
import type { ThrottleKind } from './authentication.rules.ts';
import { deleteThrottlesOf } from './authentication.store.ts';
import { GUESS, recordFailure, requireUnthrottled } from './throttling.ts';

/** Failures that cost nothing, before waits of 1, 2, 4, … seconds, at most 15 minutes; forgotten 15 minutes after the end. */
const FREE = { 'account-at-address': 20, account: 100, address: 100, 'second-factor': 5 } as const;
type Kind = keyof typeof FREE;
const LONGEST = 900;
/** Those of codes are forgotten after a day. */
const REMEMBERED = { 'second-factor': 86_400 } as const;

/** A counter as the product describes it. Times in seconds. */
type Counter = { failures: number; lastAt: number; until: number };

type Command =
  | { do: 'fail'; account: number; address: number; process: number; times: number; factor: boolean }
  | { do: 'wait'; seconds: number }
  | { do: 'unlock'; account: number };

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('fail' as const),
      account: fc.nat(2),
      address: fc.nat(2),
      process: fc.nat(1),
      times: fc.constantFrom(1, 1, 3, 12),
      factor: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      seconds: fc.constantFrom(1, 2, 5, 40, 899, 901, 1801, 86_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unlock' as const), account: fc.nat(2) }) },
);

describe.each(ENGINES)('throttles in two processes on %s', (engine) => {
  let app: TestApp;
  let second: OpenedApp;
  beforeAll(async () => {
    app = await openTestApp(engine);
    second = await app.reopen();
  });
  afterAll(async () => {
    await second.close();
    await app.close();
  });
  let run = 0;

  it('items 24, 25, 30 and 32: whatever fails wherever, each counter blocks for as long as its own failures say, in both', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 10, maxLength: 60 }), async (commands) => {
        run++;
        let seconds = 0;
        const start = app.clock.now();
        const clock = { now: () => start + seconds * 1_000_000 };
        const processes = [app, second].map((each) => ({ ...each, clock }));
        const counters = new Map<string, Counter>();
        const nameOf = (account: number) => `model-${run}-${account}@example.com`;
        const addressOf = (address: number) => `192.0.${run % 250}.${address}`;
        const keysOf = (kinds: readonly Kind[], account: number, address: number) =>
          kinds.map((kind) => ({
            kind,
            key: {
              address: `address ${address}`,
              account: `account ${account}`,
              'account-at-address': `account ${account} at ${address}`,
              'second-factor': `account ${account} factor`,
            }[kind],
          }));
        const waitOf = (key: string) => Math.max(0, (counters.get(key)?.until ?? 0) - seconds);
        const fail = (key: string, kind: Kind) => {
          const before = counters.get(key);
          const memory = kind === 'second-factor' ? REMEMBERED[kind] : LONGEST;
          const isFresh = before !== undefined && seconds - Math.max(before.lastAt, before.until) < memory;
          const failures = (isFresh ? before.failures : 0) + 1;
          const excess = failures - FREE[kind];
          const until = excess <= 0 ? 0 : seconds + Math.min(2 ** (excess - 1), LONGEST);
          counters.set(key, { failures, lastAt: seconds, until });
        };

        for (const each of commands) {
          if (each.do === 'wait') {
            seconds += each.seconds;
            continue;
          }
          if (each.do === 'unlock') {
            const key = throttleKeyOf(app, nameOf(each.account));
            await inTransaction(app.db, (tx) => deleteThrottlesOf(tx, key));
            for (const known of [...counters.keys()])
              if (`${known} `.startsWith(`account ${each.account} `)) counters.delete(known);
            continue;
          }
          const kinds: readonly (Kind & ThrottleKind)[] = each.factor ? ['second-factor'] : (GUESS as never);
          const keys = keysOf(kinds, each.account, each.address);
          const attempt = {
            scheme: each.factor ? ('second factor' as const) : ('basic' as const),
            userName: nameOf(each.account),
          };
          const from = { address: addressOf(each.address), requestId: 'model' };
          const expected = Math.max(...keys.map(({ key }) => waitOf(key)));
          // The other process sees the same as the one where it fails.
          for (const process of processes) {
            const refused = await requireUnthrottled(process, kinds, attempt, from).then(
              () => undefined,
              (error: unknown) => error,
            );
            expect(refused instanceof AppError ? refused.details.retryAfterSeconds : 0).toBe(expected);
          }
          if (expected > 0) continue;
          // At once, and in both processes: all of them count.
          await Promise.all(
            Array.from({ length: each.times }, async (_, n) => {
              const process = processes[(each.process + n) % 2];
              if (process !== undefined) await recordFailure(process, kinds, attempt, from, 'wrong');
            }),
          );
          for (let time = 0; time < each.times; time++) for (const { key, kind } of keys) fail(key, kind);
        }
      }),
      { numRuns: 15 },
    );
  });
});
