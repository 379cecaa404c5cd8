import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenedApp } from '../../app.ts';
import { startServer } from '../../serving.ts';
import { newOrganization, newPersonWithPassword } from '../../testing/builders.ts';
import { type RestClient, restClient } from '../../testing/rest-client.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { editAccount } from '../account-changes/editing.service.ts';
import { endSessions } from './sessions.service.ts';

/** What a session is, in as few words as will do. Times in minutes. */
type ModelSession = {
  account: number;
  createdAt: number;
  lastSeenAt: number;
  /** It was begun with something left to do, and that was never done. */
  restricted: boolean;
  ended: boolean;
};
type ModelAccount = { shut: 'locked' | 'disabled' | undefined; mustChange: boolean; idle: number };
type Model = { now: number; accounts: ModelAccount[]; sessions: ModelSession[] };

const IDLE = 30;
const ABSOLUTE = 12 * 60;
const RESTRICTED = 15;
/** No sum of these is one of the limits, so that it does not matter how long the test itself takes. */
const STEP = 7;

type Command =
  | { do: 'signIn'; account: number; process: number }
  | { do: 'use'; session: number; process: number; background: boolean }
  | { do: 'signOut'; session: number; process: number }
  | { do: 'endAll'; account: number }
  | { do: 'unshut'; account: number }
  | { do: 'shut'; account: number; how: 'locked' | 'disabled' }
  | { do: 'mustChange'; account: number; on: boolean }
  | { do: 'wait'; steps: number };

const process = fc.nat(1);
const account = fc.nat(1);
const session = fc.nat(20);
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('signIn' as const), account, process }) },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('use' as const), session, process, background: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('signOut' as const), session, process }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('endAll' as const, 'unshut' as const), account }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('shut' as const),
      account,
      how: fc.constantFrom('locked' as const, 'disabled' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('mustChange' as const), account, on: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait' as const), steps: fc.integer({ min: 1, max: 6 }) }),
  },
);

function isAlive(model: Model, each: ModelSession): boolean {
  const { shut, idle } = model.accounts[each.account] as ModelAccount;
  return (
    !each.ended &&
    shut === undefined &&
    model.now - each.createdAt < ABSOLUTE &&
    model.now - each.lastSeenAt <= idle &&
    !(each.restricted && model.now - each.createdAt >= RESTRICTED)
  );
}

describe.each(ENGINES)('sessions in two processes on %s', (engine) => {
  let app: TestApp;
  let second: OpenedApp;
  let servers: Awaited<ReturnType<typeof startServer>>[];
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  beforeAll(async () => {
    app = await openTestApp(engine);
    second = await app.reopen();
    servers = [await startServer(app), await startServer(second)];
    organization = await newOrganization(app);
  });
  afterAll(async () => {
    for (const server of servers) await server.close(1000);
    await second.close();
    await app.close();
  });

  it('whatever is done in whatever order, a session is good for exactly as long as its account, its times and its person allow', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 10, maxLength: 40 }), async (commands) => {
        const people = [
          await newPersonWithPassword(app, 'Standard User', organization),
          await newPersonWithPassword(app, 'Read Only User', organization),
        ];
        await editAccount(app, app.operator, {
          account: people[1]?.accountId ?? 0,
          changes: { logOutAfterMinutes: 10 },
        });
        const model: Model = {
          now: 0,
          accounts: [
            { shut: undefined, mustChange: false, idle: IDLE },
            { shut: undefined, mustChange: false, idle: 10 },
          ],
          sessions: [],
        };
        const cookies: string[] = [];
        const client = (of: number): RestClient => restClient(servers[of]?.url ?? '');

        const run = async (each: Command): Promise<void> => {
          if (each.do === 'wait') {
            app.clock.advance(each.steps * STEP * 60);
            model.now += each.steps * STEP;
            return;
          }
          if (each.do === 'use' || each.do === 'signOut') {
            if (model.sessions.length === 0) return;
            const index = each.session % model.sessions.length;
            const known = model.sessions[index] as ModelSession;
            const alive = isAlive(model, known);
            const browser = client(each.process);
            browser.cookie = cookies[index];
            if (each.do === 'signOut') {
              expect((await browser.request('DELETE', '/session')).status).toBe(alive ? 204 : 401);
              if (alive) known.ended = true;
              return;
            }
            const headers: Record<string, string> = each.background ? { 'X-Taxiway-Background': '1' } : {};
            const own = model.accounts[known.account] as ModelAccount;
            const { accountId } = people[known.account] as { accountId: number };
            const shown = await browser.request('GET', '/session', undefined, headers);
            expect(shown.status).toBe(alive ? 200 : 401);
            const reached = await browser.request('GET', `/accounts/${accountId}`, undefined, headers);
            expect(reached.status).toBe(alive ? (own.mustChange ? 403 : 200) : 401);
            if (alive) expect(shown.body.requiredActions).toEqual(own.mustChange ? ['change_password'] : []);
            if (alive && !each.background) known.lastSeenAt = model.now;
            return;
          }
          const own = model.accounts[each.account] as ModelAccount;
          const { accountId, userName, password } = people[each.account] as (typeof people)[number];
          const edit = async (changes: Parameters<typeof editAccount>[2]['changes']) =>
            await editAccount(app, app.operator, { account: accountId, changes });
          const endAll = () => {
            for (const known of model.sessions) if (known.account === each.account) known.ended = true;
          };
          if (each.do === 'signIn') {
            const browser = client(each.process);
            const { status } = await browser.request('POST', '/session', { email: userName, password });
            expect(status).toBe(own.shut === undefined ? 201 : 401);
            if (own.shut !== undefined || browser.cookie === undefined) return;
            cookies.push(browser.cookie);
            const { now } = model;
            model.sessions.push({
              account: each.account,
              createdAt: now,
              lastSeenAt: now,
              restricted: own.mustChange,
              ended: false,
            });
          } else if (each.do === 'endAll') {
            await endSessions(app, app.operator, accountId, 'all');
            endAll();
          } else if (each.do === 'shut') {
            await edit(each.how === 'locked' ? { locked: true } : { disabled: true });
            own.shut = each.how;
            endAll();
          } else if (each.do === 'unshut') {
            await edit({ locked: false, disabled: false });
            own.shut = undefined;
          } else {
            await edit({ passwordResetRequired: each.on });
            own.mustChange = each.on;
          }
        };
        for (const each of commands) await run(each);
      }),
      { numRuns: 25 },
    );
  });
});
