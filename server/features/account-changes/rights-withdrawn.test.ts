import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenedApp } from '../../app.ts';
import { inTransaction } from '../../db/transaction.ts';
import { AppError } from '../../errors.ts';
import { newUser } from '../../testing/accounts.ts';
import { newOrganization, newPerson } from '../../testing/builders.ts';
import { holdLock, waitForLock } from '../../testing/locks.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { updateAccount } from '../accounts/accounts.store.ts';
import { lockOrganization } from '../owners/owners.store.ts';
import { editAccount } from './editing.service.ts';

const codeOf = async (work: Promise<unknown>): Promise<string> =>
  await work.then(
    () => 'done',
    (error: unknown) => (error instanceof AppError ? error.code : 'broken'),
  );

describe.each(ENGINES)('a right that is withdrawn while its holder waits on %s', (engine) => {
  let app: TestApp;
  let other: OpenedApp;
  beforeAll(async () => {
    app = await openTestApp(engine);
    other = await app.reopen();
  });
  afterAll(async () => {
    await other?.close();
    await app?.close();
  });

  it('is not exercised: of two Administrators who demote each other at once one succeeds', async () => {
    const organization = await newOrganization(app, { users: 1000 });
    await newPerson(app, 'Administrator', organization);
    for (let round = 0; round < 10; round++) {
      const one = await newPerson(app, 'Administrator', organization);
      const two = await newPerson(app, 'Administrator', organization);
      const outcomes = await Promise.all([
        codeOf(editAccount(app, one, { account: two.accountId, changes: { systemRole: 'User' } })),
        codeOf(editAccount(other, two, { account: one.accountId, changes: { systemRole: 'User' } })),
      ]);
      expect(outcomes.toSorted()).toEqual(['done', 'not_found']);
    }
  });
});

/** On SQLite nobody writes while another does: there is nothing to wait for in the middle of a use case. */
describe('what waits for a lock on postgres', () => {
  let app: TestApp;
  let other: OpenedApp;
  beforeAll(async () => {
    app = await openTestApp('postgres');
    other = await app.reopen();
  });
  afterAll(async () => {
    await other?.close();
    await app?.close();
  });

  it.each([
    ['demoted', { system_role: 'User', organization_role: 'Standard User' }, 'not_found'],
    ['locked', { locked_at: 1 }, 'unauthenticated'],
    ['disabled', { disabled_at: 1 }, 'unauthenticated'],
  ] as const)('ends when its holder is %s', async (_, changes, code) => {
    const organization = await newOrganization(app, { users: 1000 });
    const administrator = await newPerson(app, 'Administrator', await newOrganization(app));
    const target = await newUser(app, organization);
    const lock = await holdLock(other, (tx) => lockOrganization(tx, organization.id));
    const waiting = codeOf(
      editAccount(app, administrator, { account: target.id, changes: { systemRole: 'Super User' } }),
    );
    // It has read its actor, and waits for the organization's row.
    await waitForLock(app);
    await inTransaction(other.db, (tx) => updateAccount(tx, administrator.accountId, changes));
    await lock.release();
    expect(await waiting).toBe(code);
  });
});
