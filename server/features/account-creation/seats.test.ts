import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../context.ts';
import { fresh, newApiUser, newUser } from '../../testing/accounts.ts';
import { newOrganization, refusalOf } from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { deleteAccount } from '../account-changes/deletion.service.ts';
import { editAccount } from '../account-changes/editing.service.ts';
import { moveAccount } from '../account-changes/moving.service.ts';
import { countSeats } from '../accounts/accounts.store.ts';
import { editLicence, getLicence } from '../instance/licence.service.ts';
import { setLimits } from '../owners/owners.service.ts';
import { createApiUser } from './api-users.service.ts';
import { createReadOnlyUser, createUser } from './people.service.ts';
import { createTaxiiUser } from './taxii-users.service.ts';

type Organization = Awaited<ReturnType<typeof newOrganization>>;

describe.each(ENGINES)('the seat gate on %s', (engine) => {
  let app: TestApp;
  let other: App & { close(): Promise<void> };
  beforeAll(async () => {
    app = await openTestApp(engine);
    other = await app.reopen();
  });
  afterAll(async () => {
    await other?.close();
    await app?.close();
  });

  const person = (organization: { id: number }) => ({
    organization: organization.id,
    email: `${fresh('person')}@example.com`,
    firstName: 'Per',
    lastName: 'Son',
  });
  const reader = async (organization: { id: number }) =>
    (await createReadOnlyUser(app, app.operator, person(organization))).id;
  const free = async (
    organization: { id: number },
    limits: { users?: number; apiUsers?: number; taxiiUsers?: number },
  ) => await setLimits(app, app.operator, { organization: organization.id, limits });
  /** Each in its turn through one of the two processes. */
  const atOnce = (works: ((on: App) => Promise<unknown>)[]) =>
    Promise.allSettled(works.map((work, index) => work(index % 2 === 0 ? app : other)));
  const expectOne = (outcomes: PromiseSettledResult<unknown>[], code = 'limit_reached') => {
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code });
  };

  /** Every way in which a seat of the users can be taken. */
  const WAYS = async (organization: Organization): Promise<((on: App) => Promise<unknown>)[]> => {
    const elsewhere = await newOrganization(app, { users: 100 });
    const works: ((on: App) => Promise<unknown>)[] = [];
    for (let index = 0; index < 10; index++) {
      const [changed, raised] = [await reader(organization), await reader(organization)];
      const moved = (await newUser(app, elsewhere)).id;
      works.push(
        (on) =>
          createUser(on, organization.administrator, {
            ...person(organization),
            organizationRole: 'Standard User',
          }),
        (on) => createReadOnlyUser(on, app.operator, { ...person(organization), systemRole: 'User' }),
        (on) => editAccount(on, app.operator, { account: changed, changes: { systemRole: 'User' } }),
        (on) =>
          editAccount(on, app.operator, { account: raised, changes: { systemRole: 'Community Leader' } }),
        (on) => moveAccount(on, app.operator, { account: moved, organization: organization.id }),
      );
    }
    return works;
  };

  it('items 90 and 91: 50 that come at once for the last seat, in every way and through two processes, give exactly one success', async () => {
    const organization = await newOrganization(app, { users: 1 });
    const works = await WAYS(organization);
    await free(organization, { users: 2 });
    expect(works).toHaveLength(50);
    expectOne(await atOnce(works));
    expect(await countSeats(app.db.read, 'user', organization.id)).toBe(2);
  });

  it.each(['apiUsers', 'taxiiUsers'] as const)(
    'item 90: 50 that come at once for the last seat of the %s give exactly one success',
    async (limit) => {
      const organization = await newOrganization(app, { [limit]: 1 });
      const works = Array.from(
        { length: 50 },
        () => (on: App) =>
          limit === 'apiUsers'
            ? createApiUser(on, organization.administrator, {
                organization: organization.id,
                firstName: 'A',
                lastName: 'Pi',
                organizationRole: 'Standard User',
              })
            : createTaxiiUser(on, organization.administrator, {
                organization: organization.id,
                userName: fresh('siem'),
              }),
      );
      expectOne(await atOnce(works));
    },
  );

  it('the licence’s totals hold over all organizations: the last seat of the instance is given once', async () => {
    const organizations: Organization[] = [];
    for (let index = 0; index < 5; index++) organizations.push(await newOrganization(app, { users: 100 }));
    const { used } = await getLicence(app, app.operator);
    const before = (await getLicence(app, app.operator)).limits;
    await editLicence(app, app.operator, { limits: { users: used.users + 1 } });
    try {
      const outcomes = await atOnce(
        organizations.flatMap((organization) =>
          Array.from(
            { length: 4 },
            () => (on: App) =>
              createUser(on, organization.administrator, {
                ...person(organization),
                organizationRole: 'Standard User',
              }),
          ),
        ),
      );
      expectOne(outcomes);
      const refused = outcomes.find(({ status }) => status === 'rejected');
      expect(refused).toMatchObject({
        reason: { details: { scope: 'licence', limit: 'users', max: used.users + 1, used: used.users + 1 } },
      });
      expect(await countSeats(app.db.read, 'user', 'instance')).toBe(used.users + 1);
    } finally {
      await editLicence(app, app.operator, { limits: before });
    }
  });

  it('a seat that is freed and one that is wanted at the same moment never make two of one', async () => {
    const organization = await newOrganization(app, { apiUsers: 1 });
    for (let round = 0; round < 5; round++) {
      const { id } = await newApiUser(app, organization);
      await atOnce([
        (on) => deleteAccount(on, organization.administrator, { account: id }),
        (on) =>
          createApiUser(on, organization.administrator, {
            organization: organization.id,
            firstName: 'A',
            lastName: 'Pi',
            organizationRole: 'Standard User',
          }),
        (on) =>
          createApiUser(on, organization.administrator, {
            organization: organization.id,
            firstName: 'A',
            lastName: 'Pi',
            organizationRole: 'Standard User',
          }),
      ]);
      const left = await app.db.read
        .selectFrom('accounts')
        .select('id')
        .where('organization_id', '=', organization.id)
        .where('kind', '=', 'api')
        .where('deleted_at', 'is', null)
        .execute();
      expect(left.length).toBeLessThanOrEqual(1);
      for (const row of left) await deleteAccount(app, app.operator, { account: row.id });
    }
  });

  it('a limit that is lowered while seats are taken ends with no more than one of the two limits', async () => {
    const organization = await newOrganization(app, { apiUsers: 5 });
    await atOnce([
      ...Array.from(
        { length: 10 },
        () => (on: App) =>
          createApiUser(on, organization.administrator, {
            organization: organization.id,
            firstName: 'A',
            lastName: 'Pi',
            organizationRole: 'Standard User',
          }),
      ),
      (on) => setLimits(on, app.operator, { organization: organization.id, limits: { apiUsers: 2 } }),
    ]);
    const used = await countSeats(app.db.read, 'api', organization.id);
    expect(used).toBeGreaterThanOrEqual(2);
    expect(used).toBeLessThanOrEqual(5);
    expect((await refusalOf(newApiUser(app, organization))).details).toMatchObject({ max: 2, used });
  });

  it('disabled and locked accounts keep their seat, and enabling one takes none', async () => {
    const organization = await newOrganization(app, { users: 2 });
    const { id } = await newUser(app, organization);
    await editAccount(app, app.operator, { account: id, changes: { disabled: true, locked: true } });
    expect((await refusalOf(newUser(app, organization))).code).toBe('limit_reached');
    await free(organization, { users: 1 });
    await editAccount(app, app.operator, { account: id, changes: { disabled: false, locked: false } });
  });
});
