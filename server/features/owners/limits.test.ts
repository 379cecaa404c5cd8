import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../../db/transaction.ts';
import { deleteTaxiiUser, disableTaxiiUser, lockTaxiiUserAccount } from '../../testing/account-changes.ts';
import { auditTrail, newOrganization, newPerson, refusalOf, type Someone } from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { createTaxiiUser } from '../account-creation/taxii-users.service.ts';
import { createAdministrator } from '../instance/instance.service.ts';
import { updateInstance } from '../instance/instance.store.ts';
import { getOrganization } from './organizations.service.ts';
import { setLimits } from './owners.service.ts';

let number = 0;

describe.each(ENGINES)('limits on %s', (engine) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await openTestApp(engine);
  });
  afterAll(async () => await app?.close());

  const newUser = async (organization: { name: string; administrator: Someone }) =>
    await createTaxiiUser(app, organization.administrator, {
      userName: `siem-${++number}`,
      organization: organization.name,
    });
  const summaryOf = async (organization: { id: number }) =>
    await getOrganization(app, app.operator, organization.id);

  describe('“the value of the Organization’s TAXII User Limit must exceed the current number of TAXII user accounts”', () => {
    it('lets exactly as many be created, and then refuses with the numbers', async () => {
      const organization = await newOrganization(app, { taxiiUsers: 2 });
      await newUser(organization);
      await newUser(organization);
      expect(await refusalOf(newUser(organization))).toEqual({
        code: 'limit_reached',
        details: {
          message: `The organization "${organization.name}" may have 2 TAXII users and has 2.`,
          limit: 'taxiiUsers',
          scope: 'organization',
          max: 2,
          used: 2,
        },
      });
      expect((await summaryOf(organization)).used?.taxiiUsers).toBe(2);
    });

    it('refuses the first where the limit is zero', async () => {
      const organization = await newOrganization(app, { taxiiUsers: 0 });
      expect((await refusalOf(newUser(organization))).details).toMatchObject({ max: 0, used: 0 });
    });

    it('counts neither the accounts of other organizations nor those of other kinds', async () => {
      await newUser(await newOrganization(app));
      const organization = await newOrganization(app, { taxiiUsers: 1 });
      await newPerson(app, 'Standard User', organization);
      await expect(newUser(organization)).resolves.toBeDefined();
    });

    it('counts locked and disabled accounts, which keep their seat', async () => {
      const organization = await newOrganization(app, { taxiiUsers: 2 });
      const { administrator } = organization;
      await lockTaxiiUserAccount(app, administrator, (await newUser(organization)).userName, true);
      await disableTaxiiUser(app, administrator, (await newUser(organization)).userName, true);
      expect((await refusalOf(newUser(organization))).code).toBe('limit_reached');
    });

    it('counts a deleted account no more', async () => {
      const organization = await newOrganization(app, { taxiiUsers: 1 });
      const { userName } = await newUser(organization);
      await deleteTaxiiUser(app, organization.administrator, userName);
      await expect(newUser(organization)).resolves.toBeDefined();
    });

    it('cannot be passed by requests that come at once, from several processes', async () => {
      const organization = await newOrganization(app, { taxiiUsers: 3 });
      const other = await app.reopen();
      try {
        const outcomes = await Promise.allSettled(
          Array.from({ length: 12 }, (_, index) =>
            createTaxiiUser(index % 2 === 0 ? app : other, organization.administrator, {
              userName: `siem-${++number}`,
              organization: organization.name,
            }),
          ),
        );
        const codes = outcomes.map((o) => (o.status === 'fulfilled' ? '' : Reflect.get(o.reason, 'code')));
        expect(codes.filter((code) => code === '')).toHaveLength(3);
        expect(new Set(codes)).toEqual(new Set(['', 'limit_reached']));
        expect((await summaryOf(organization)).used?.taxiiUsers).toBe(3);
      } finally {
        await other.close();
      }
    });
  });

  it('lowering a limit below present use is allowed, shows the over-use, and blocks growth only', async () => {
    const organization = await newOrganization(app, { taxiiUsers: 3 });
    const users = [await newUser(organization), await newUser(organization), await newUser(organization)];
    const lowered = await setLimits(app, app.operator, {
      organization: organization.name,
      limits: { taxiiUsers: 1 },
    });
    expect(lowered).toMatchObject({ used: { taxiiUsers: 3 }, overUse: { users: 0, taxiiUsers: 2 } });
    expect(await summaryOf(organization)).toMatchObject({
      limits: { taxiiUsers: 1 },
      used: { taxiiUsers: 3 },
    });
    expect((await refusalOf(newUser(organization))).details).toMatchObject({ max: 1, used: 3 });
    // Those that there are go on: they can be unlocked, and only below the limit is there room again.
    const [first, second, third] = users.map((user) => user.userName);
    await lockTaxiiUserAccount(app, organization.administrator, first ?? '', true);
    await lockTaxiiUserAccount(app, organization.administrator, first ?? '', false);
    await deleteTaxiiUser(app, organization.administrator, second ?? '');
    await deleteTaxiiUser(app, organization.administrator, third ?? '');
    expect((await refusalOf(newUser(organization))).details).toMatchObject({ max: 1, used: 1 });
    await setLimits(app, app.operator, { organization: organization.name, limits: { taxiiUsers: 2 } });
    await expect(newUser(organization)).resolves.toBeDefined();
  });

  describe('“the total number of TAXII user accounts cannot exceed the maximum allocated by your licence”', () => {
    it('is refused with the numbers of the licence', async () => {
      const own = await openTestApp(engine);
      try {
        await inTransaction(own.db, (tx) => updateInstance(tx, { max_taxii_users: 2 }));
        const create = async () => {
          const organization = await newOrganization(own);
          return await createTaxiiUser(own, organization.administrator, {
            userName: `siem-${++number}`,
            organization: organization.name,
          });
        };
        await create();
        await create();
        expect(await refusalOf(create())).toEqual({
          code: 'limit_reached',
          details: {
            message: 'The licence of this instance allows 2 TAXII users, and there are 2.',
            limit: 'taxiiUsers',
            scope: 'licence',
            max: 2,
            used: 2,
          },
        });
      } finally {
        await own.close();
      }
    });

    it('counts users against totals of their own', async () => {
      const own = await openTestApp(engine);
      try {
        await inTransaction(own.db, (tx) => updateInstance(tx, { max_users: 1, max_taxii_users: 0 }));
        const create = (email: string) =>
          createAdministrator(own, own.operator, { email, password: 'a long pass phrase' });
        await create('first@example.org');
        expect((await refusalOf(create('second@example.org'))).details).toMatchObject({
          limit: 'users',
          scope: 'licence',
          max: 1,
          used: 1,
        });
      } finally {
        await own.close();
      }
    });
  });

  describe('who may set them', () => {
    it.each(['Administrator', 'Operations Administrator', 'Accounts Administrator'] as const)(
      'the TAXII User Limit: %s',
      async (person) => {
        const organization = await newOrganization(app);
        const caller = await newPerson(app, person, await newOrganization(app));
        const limits = await setLimits(app, caller, {
          organization: organization.name,
          limits: { taxiiUsers: 7 },
        });
        expect(limits).toMatchObject({ limits: { users: 10, apiUsers: 5, taxiiUsers: 7 } });
        expect((await summaryOf(organization)).limits).toEqual(limits.limits);
      },
    );

    it.each(['Administrator', 'Operations Administrator'] as const)(
      'the other limits: %s',
      async (person) => {
        const organization = await newOrganization(app);
        const caller = await newPerson(app, person, await newOrganization(app));
        await setLimits(app, caller, { organization: organization.name, limits: { users: 3, apiUsers: 4 } });
        expect((await summaryOf(organization)).limits).toMatchObject({ users: 3, apiUsers: 4 });
      },
    );

    it('the other limits: not the Accounts Administrator, who then changes none', async () => {
      const organization = await newOrganization(app);
      const caller = await newPerson(app, 'Accounts Administrator', await newOrganization(app));
      const set = (limits: { taxiiUsers?: number; users?: number; apiUsers?: number }) =>
        setLimits(app, caller, { organization: organization.name, limits });
      for (const limits of [{ users: 99 }, { apiUsers: 99 }, { taxiiUsers: 99, users: 99 }]) {
        expect(await refusalOf(set(limits))).toEqual({
          code: 'forbidden',
          details: { permission: 'organization.limit.other' },
        });
      }
      expect((await summaryOf(organization)).limits).toEqual({ users: 10, apiUsers: 5, taxiiUsers: 1000 });
    });

    it.each([
      'Organization Administrator',
      'Standard User',
      'Read Only User',
      'Super User',
      'Community Leader',
    ] as const)('none: not the %s of the organization', async (person) => {
      const organization = await newOrganization(app);
      const caller = await newPerson(app, person, organization);
      for (const limits of [{ taxiiUsers: 99 }, { users: 99 }]) {
        const refusal = await refusalOf(setLimits(app, caller, { organization: organization.name, limits }));
        expect(refusal.code).toBe('forbidden');
      }
    });

    it('none: not the Organization Administrator of another, to whom the organization does not exist', async () => {
      const organization = await newOrganization(app);
      const { administrator } = await newOrganization(app);
      const set = (name: string) =>
        setLimits(app, administrator, { organization: name, limits: { taxiiUsers: 99 } });
      const refusal = await refusalOf(set(organization.name));
      expect(refusal.code).toBe('not_found');
      expect((await refusalOf(set('Nothing'))).details.message).toBe(
        refusal.details.message?.replace(organization.name, 'Nothing'),
      );
    });
  });

  it.each<[string, Record<string, number>]>([
    ['below zero', { taxiiUsers: -1 }],
    ['that are no whole numbers', { taxiiUsers: 1.5 }],
    ['above a million', { taxiiUsers: 1_000_001 }],
    ['that are not a number', { taxiiUsers: Number.NaN }],
    ['that do not exist', { wishes: 3 }],
    ['that are none', {}],
  ])('refuses limits %s', async (_, limits) => {
    const organization = await newOrganization(app);
    const refusal = await refusalOf(
      setLimits(app, app.operator, { organization: organization.name, limits }),
    );
    expect(refusal.code).toBe('invalid_input');
  });

  it('a change leaves one event with the limits before and after', async () => {
    const organization = await newOrganization(app);
    await setLimits(app, app.operator, { organization: organization.name, limits: { taxiiUsers: 9 } });
    const events = (await auditTrail(app, organization.id)).filter(
      (event) => event.action === 'organization.limits',
    );
    expect(events.map((event) => event.details)).toEqual([
      {
        before: { users: 10, apiUsers: 5, taxiiUsers: 1000 },
        after: { users: 10, apiUsers: 5, taxiiUsers: 9 },
      },
    ]);
  });
});
