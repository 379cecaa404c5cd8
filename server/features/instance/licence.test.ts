import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditTrail, newOrganization, newPerson, refusalOf, type Someone } from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { createTaxiiUser } from '../account-creation/taxii-users.service.ts';
import { editLicence, getLicence } from './licence.service.ts';

describe.each(ENGINES)('the licence on %s', (engine) => {
  let app: TestApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let administrator: Someone;
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app);
    administrator = await newPerson(app, 'Administrator', organization);
  });
  afterAll(async () => await app?.close());

  const newTaxiiUser = async () =>
    await createTaxiiUser(app, administrator, {
      userName: `siem-${app.ids.uuid()}`,
      organization: organization.name,
    });

  it('shows totals, switches, what is used and what remains; a fresh install has generous totals and both switches on', async () => {
    await newPerson(app, 'Read Only User', organization);
    expect(await getLicence(app, administrator)).toEqual({
      version: 1,
      limits: { users: 10_000, apiUsers: 10_000, taxiiUsers: 10_000 },
      used: { users: 2, apiUsers: 0, taxiiUsers: 0 },
      remaining: { users: 9998, apiUsers: 10_000, taxiiUsers: 10_000 },
      overUse: { users: 0, apiUsers: 0, taxiiUsers: 0 },
      apiUsersAllowed: true,
      readOnlyUsersAllowed: true,
      readOnlyUsers: 1,
      abilities: { edit: true },
    });
  });

  it.each(['Operations Administrator', 'Accounts Administrator'] as const)(
    'is seen by the %s, who may not edit it',
    async (person) => {
      const caller = await newPerson(app, person, organization);
      const before = await getLicence(app, caller);
      expect(before.abilities).toEqual({ edit: false });
      expect(await refusalOf(editLicence(app, caller, { limits: { users: 1 } }))).toEqual({
        code: 'forbidden',
        details: { permission: 'licence.edit' },
      });
      expect(await getLicence(app, caller)).toEqual(before);
    },
  );

  it.each([
    'Community Leader',
    'Super User',
    'Organization Administrator',
    'Standard User',
    'Read Only User',
  ] as const)('is neither seen nor edited by the %s', async (person) => {
    const caller = await newPerson(app, person, organization);
    expect((await refusalOf(getLicence(app, caller))).code).toBe('forbidden');
    expect((await refusalOf(editLicence(app, caller, { apiUsersAllowed: false }))).code).toBe('forbidden');
    expect((await getLicence(app, app.operator)).apiUsersAllowed).toBe(true);
  });

  it('is edited by an Administrator in part, and leaves one event of the instance with before and after', async () => {
    const { version } = await getLicence(app, administrator);
    const edited = await editLicence(app, administrator, {
      version,
      limits: { apiUsers: 50 },
      readOnlyUsersAllowed: false,
    });
    expect(edited).toMatchObject({
      version: version + 1,
      limits: { users: 10_000, apiUsers: 50, taxiiUsers: 10_000 },
      apiUsersAllowed: true,
      readOnlyUsersAllowed: false,
    });
    expect(await getLicence(app, administrator)).toEqual(edited);
    const events = (await auditTrail(app)).filter(
      (event) => event.target_kind === 'licence' && event.outcome === 'done',
    );
    expect(events).toMatchObject([
      {
        action: 'licence.edit',
        organization_id: null,
        details: {
          before: { limits: { apiUsers: 10_000 }, readOnlyUsersAllowed: true },
          after: { limits: { apiUsers: 50 }, readOnlyUsersAllowed: false },
        },
      },
    ]);
  });

  it('is not edited by whoever saw an older version of it, nor counted up where nothing changes', async () => {
    const { version } = await getLicence(app, app.operator);
    expect(await refusalOf(editLicence(app, app.operator, { version: version - 1 }))).toMatchObject({
      code: 'stale',
      details: { version },
    });
    expect((await editLicence(app, app.operator, { version, limits: {} })).version).toBe(version);
  });

  it('of one version is edited by one of those who edit it at once', async () => {
    const { version } = await getLicence(app, administrator);
    const outcomes = await Promise.allSettled(
      [101, 102, 103, 104].map((users) => editLicence(app, administrator, { version, limits: { users } })),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await getLicence(app, administrator)).version).toBe(version + 1);
  });

  it.each([{ users: -1 }, { users: 1.5 }, { users: 1_000_001 }])('is refused %s', async (limits) => {
    expect((await refusalOf(editLicence(app, administrator, { limits }))).code).toBe('invalid_input');
  });

  it('lowered below present use shows the over-use, and blocks growth only', async () => {
    const users = [await newTaxiiUser(), await newTaxiiUser()];
    const lowered = await editLicence(app, administrator, { limits: { taxiiUsers: 1 } });
    expect(lowered).toMatchObject({
      used: { taxiiUsers: users.length },
      remaining: { taxiiUsers: 0 },
      overUse: { taxiiUsers: 1 },
    });
    expect(await refusalOf(newTaxiiUser())).toMatchObject({
      code: 'limit_reached',
      details: { scope: 'licence', max: 1, used: 2 },
    });
    await editLicence(app, administrator, { limits: { taxiiUsers: 3 } });
    await newTaxiiUser();
  });
});
