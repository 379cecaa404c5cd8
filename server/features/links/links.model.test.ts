import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAccess } from '../../access/access.ts';
import type { OpenedApp } from '../../app.ts';
import type { Caller } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { fresh } from '../../testing/accounts.ts';
import { newOrganization, newPersonWithPassword } from '../../testing/builders.ts';
import { tokenIn } from '../../testing/outbox.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { editAccount } from '../account-changes/editing.service.ts';
import { lookAtLink, setPasswordByLink } from './links.service.ts';
import { revokeLinks, sendPasswordReset } from './requesting.service.ts';

/** What a link is, in as few words as will do. Times in hours. */
type ModelLink = { makerIsOperator: boolean; madeAt: number; gone: boolean };
type Model = { now: number; locked: boolean; makerIsDisabled: boolean; links: ModelLink[] };

/** No sum of these is the life of a link, so that it does not matter how long the test itself takes. */
const STEP = 5;
const LIFE = 24;

type Command =
  | { do: 'make'; byOperator: boolean; process: number }
  | { do: 'look' | 'use'; link: number; process: number }
  | { do: 'race'; link: number }
  | { do: 'lock' | 'maker'; on: boolean }
  | { do: 'rename' | 'disable' | 'revoke' }
  | { do: 'wait'; steps: number };

const process = fc.nat(1);
const link = fc.nat(10);
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('make' as const), byOperator: fc.boolean(), process }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constantFrom('look' as const, 'use' as const), link, process }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('race' as const), link }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('lock' as const, 'maker' as const), on: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('rename' as const, 'disable' as const, 'revoke' as const) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), steps: fc.integer({ min: 1, max: 4 }) }),
  },
);

const isGood = (model: Model, each: ModelLink): boolean =>
  !each.gone &&
  !model.locked &&
  (each.makerIsOperator || !model.makerIsDisabled) &&
  model.now - each.madeAt < LIFE;

describe.each(ENGINES)('one-time links in two processes on %s', (engine) => {
  let app: TestApp;
  let second: OpenedApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  beforeAll(async () => {
    app = await openTestApp(engine);
    second = await app.reopen();
    organization = await newOrganization(app, { users: 10_000 });
  });
  afterAll(async () => {
    await second.close();
    await app.close();
  });

  const stranger = (): Caller => ({ access: createAccess({ kind: 'anonymous', name: 'anonymous' }) });
  const outcome = async (work: Promise<unknown>) => {
    try {
      await work;
      return 'done';
    } catch (error) {
      if (error instanceof AppError) return error.code;
      throw error;
    }
  };

  it('items 32, 34, 35 and 36: whatever is done in whatever order, a link is good once, and only while everything about it is', {
    timeout: 120_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 25 }), async (commands) => {
        const apps = [app, second];
        const person = await newPersonWithPassword(app, 'Standard User', organization);
        const maker = await newPersonWithPassword(app, 'Organization Administrator', organization);
        const model: Model = { now: 0, locked: false, makerIsDisabled: false, links: [] };
        const tokens: string[] = [];
        const endAll = () => {
          for (const each of model.links) each.gone = true;
        };
        const edit = (account: number, changes: Parameters<typeof editAccount>[2]['changes']) =>
          editAccount(app, app.operator, { account, changes });
        let passwords = 0;
        const set = (index: number, of: number) => {
          const password = `seven lanterns of quiet harbours ${++passwords}`;
          const on = apps[of] ?? app;
          return outcome(setPasswordByLink(on, stranger(), { token: tokens[index] ?? '', password }));
        };

        for (const each of commands) {
          if (each.do === 'wait') {
            app.clock.advance(each.steps * STEP * 3600);
            model.now += each.steps * STEP;
          } else if (each.do === 'make') {
            const caller = each.byOperator ? app.operator : maker;
            const made = sendPasswordReset(apps[each.process] ?? app, caller, { account: person.accountId });
            const mayNot = model.locked || (!each.byOperator && model.makerIsDisabled);
            if (mayNot) {
              expect(await outcome(made)).not.toBe('done');
              continue;
            }
            tokens.push(tokenIn((await made).link));
            endAll();
            model.links.push({ makerIsOperator: each.byOperator, madeAt: model.now, gone: false });
          } else if (each.do === 'look' || each.do === 'use' || each.do === 'race') {
            if (model.links.length === 0) continue;
            const index = each.link % model.links.length;
            const known = model.links[index] as ModelLink;
            const expected = isGood(model, known) ? 'done' : 'not_found';
            if (each.do === 'look') {
              const on = apps[each.process] ?? app;
              const looked = lookAtLink(on, stranger(), { token: tokens[index] ?? '' });
              expect(await outcome(looked)).toBe(expected);
              continue;
            }
            const outcomes =
              each.do === 'use'
                ? [await set(index, each.process)]
                : await Promise.all([set(index, 0), set(index, 1)]);
            expect(outcomes.toSorted()[0]).toBe(expected);
            expect(outcomes.filter((one) => one === 'done')).toHaveLength(expected === 'done' ? 1 : 0);
            if (expected === 'done') endAll();
          } else if (each.do === 'lock') {
            await edit(person.accountId, { locked: each.on });
            model.locked = each.on;
          } else if (each.do === 'maker') {
            await edit(maker.accountId, { disabled: each.on });
            model.makerIsDisabled = each.on;
          } else if (each.do === 'rename') {
            await edit(person.accountId, { userName: `${fresh('renamed')}@example.com` });
            endAll();
          } else if (each.do === 'disable') {
            await edit(person.accountId, { disabled: true });
            await edit(person.accountId, { disabled: false });
            endAll();
          } else {
            await revokeLinks(app, app.operator, { account: person.accountId });
            endAll();
          }
        }
      }),
      { numRuns: 25 },
    );
  });
});
