import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inTransaction } from '../../server/db/transaction.ts';
import { updateInstance } from '../../server/features/instance/instance.store.ts';
import { createOrganization } from '../../server/features/owners/owners.service.ts';
import { listTaxiiUsers } from '../../server/testing/account-changes.ts';
import {
  environmentOf,
  type RunningProcess,
  scriptResult,
  startScript,
} from '../../server/testing/processes.ts';
import { ENGINES, openTestApp, type TestApp } from '../../server/testing/test-app.ts';
import type { CreatorInput, CreatorReport } from './processes/creator.ts';

const PER_PROCESS = 10;
const LIMIT = 5;

describe.each(ENGINES)('two processes that create TAXII users at once on %s', (engine) => {
  let app: TestApp;
  let started: RunningProcess[] = [];
  beforeEach(async () => {
    app = await openTestApp(engine, { logLevel: 'warn' });
  });
  afterEach(async () => {
    await Promise.all(started.map((process) => process.end()));
    await app?.close();
  });

  /** What both processes together have done. */
  async function createAtOnce(users: (process: number, index: number) => CreatorInput['users'][number]) {
    started = [0, 1].map((process) =>
      startScript(
        new URL('./processes/creator.ts', import.meta.url),
        { users: Array.from({ length: PER_PROCESS }, (_, index) => users(process, index)) },
        environmentOf(app.config),
      ),
    );
    await Promise.all(
      started.map(
        (process) =>
          new Promise((resolve) => {
            process.child.stdout?.once('data', resolve);
            void process.ended.then(resolve);
          }),
      ),
    );
    const reports = await Promise.all(started.map((process) => scriptResult<CreatorReport>(process)));
    const sum: CreatorReport = {};
    for (const each of reports)
      for (const [outcome, count] of Object.entries(each)) sum[outcome] = (sum[outcome] ?? 0) + count;
    return sum;
  }

  it("stay within the organization's limit", async () => {
    await createOrganization(app, app.operator, { name: 'Acme', limits: { taxiiUsers: LIMIT } });
    const result = await createAtOnce((process, index) => ({
      userName: `siem-${process}-${index}`,
      organization: 'Acme',
    }));
    expect(result).toEqual({ created: LIMIT, limit_reached: 2 * PER_PROCESS - LIMIT });
    expect(await listTaxiiUsers(app, app.operator)).toHaveLength(LIMIT);
  });

  it("stay within the licence's total, each in an organization of its own", async () => {
    for (const name of ['Acme', 'Borealis'])
      await createOrganization(app, app.operator, { name, limits: { taxiiUsers: 1000 } });
    await inTransaction(app.db, (tx) => updateInstance(tx, { max_taxii_users: LIMIT }));
    const result = await createAtOnce((process, index) => ({
      userName: `siem-${process}-${index}`,
      organization: process === 0 ? 'Acme' : 'Borealis',
    }));
    expect(result).toEqual({ created: LIMIT, limit_reached: 2 * PER_PROCESS - LIMIT });
    expect(await listTaxiiUsers(app, app.operator)).toHaveLength(LIMIT);
  });

  it('give a user name once, whatever its letter case', async () => {
    await createOrganization(app, app.operator, { name: 'Acme', limits: { taxiiUsers: 1000 } });
    const result = await createAtOnce((process, index) => ({
      userName: (process + index) % 2 === 0 ? 'Partner-SIEM' : 'partner-siem',
      organization: 'Acme',
    }));
    expect(result).toEqual({ created: 1, name_taken: 2 * PER_PROCESS - 1 });
    expect(await listTaxiiUsers(app, app.operator)).toHaveLength(1);
  });
});
