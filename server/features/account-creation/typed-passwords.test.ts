import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '../../context.ts';
import { fresh, newUser } from '../../testing/accounts.ts';
import { auditTrail, newOrganization, newPerson, refusalOf } from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { replaceCredential } from '../credentials/credentials.service.ts';
import { createAdministrator } from '../instance/instance.service.ts';
import { createReadOnlyUser, createUser } from './people.service.ts';
import { createTaxiiUser } from './taxii-users.service.ts';

const PASSWORD = 'a phrase of five typed words';

describe.each(ENGINES)('a typed password costs nothing before the right to it is known, on %s', (engine) => {
  let app: TestApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let target: { id: number };
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app, { users: 1000, taxiiUsers: 1000 });
    target = await newUser(app, organization);
  });
  afterAll(async () => await app?.close());

  const person = () => ({
    organization: organization.id,
    email: `${fresh('ada')}@example.com`,
    firstName: 'Ada',
    lastName: 'Byron',
    password: PASSWORD,
  });
  const works = {
    'creating a user': (caller: Caller) =>
      createUser(app, caller, { ...person(), organizationRole: 'Standard User' }),
    'creating a Read Only User': (caller: Caller) => createReadOnlyUser(app, caller, person()),
    'creating a TAXII user': (caller: Caller) =>
      createTaxiiUser(app, caller, {
        organization: organization.id,
        userName: fresh('siem'),
        password: PASSWORD,
      }),
    'replacing a password': (caller: Caller) =>
      replaceCredential(app, caller, { account: target.id, credential: 'password', password: PASSWORD }),
  };
  const hashesOf = async (work: () => Promise<unknown>) => {
    const before = app.secrets.hashes.count;
    const result = await work();
    return { result, hashes: app.secrets.hashes.count - before };
  };

  describe.each(Object.entries(works))('%s', (name, work) => {
    it('is hashed once for the Organization Administrator', async () => {
      expect((await hashesOf(() => work(organization.administrator))).hashes).toBe(1);
    });

    it('is refused to others without a hash, and told to the audit trail once', async () => {
      const member = await newPerson(app, 'Standard User', organization);
      const refusal = await hashesOf(() => refusalOf(work(member)));
      const code = name === 'replacing a password' ? 'not_found' : 'forbidden';
      expect(refusal).toMatchObject({ hashes: 0, result: { code } });
      const told = (await auditTrail(app, organization.id)).filter(
        (event) => event.actor_account_id === member.accountId,
      );
      expect(told).toMatchObject([{ outcome: 'refused', details: { code } }]);
      const stranger = (await newOrganization(app)).administrator;
      expect(await hashesOf(() => refusalOf(work(stranger)))).toMatchObject({
        hashes: 0,
        result: { code: 'not_found' },
      });
    });
  });

  it.each([
    ['a System role that the creator may not give', { systemRole: 'Administrator' }],
    ['a password that is too weak', { password: 'short' }],
  ] as const)('is not hashed for %s', async (_, changes) => {
    const work = createUser(app, organization.administrator, {
      ...person(),
      organizationRole: 'Standard User',
      ...changes,
    });
    expect(await hashesOf(() => refusalOf(work))).toMatchObject({ hashes: 0 });
  });

  it('is not hashed for whoever may not create an Administrator', async () => {
    const { administrator } = organization;
    const input = { email: 'root@example.com', organization: 'Home', password: PASSWORD };
    expect(await hashesOf(() => refusalOf(createAdministrator(app, administrator, input)))).toMatchObject({
      hashes: 0,
      result: { code: 'forbidden' },
    });
  });

  it('whoever has 40 of them hashed at once is sent away for a second; somebody else is not', async () => {
    const { administrator } = organization;
    const attempts = Array.from({ length: 40 }, () => works['replacing a password'](administrator));
    const settled = Promise.allSettled(attempts);
    const other = await newPerson(app, 'Accounts Administrator', organization);
    await works['creating a TAXII user'](other);
    const errors = (await settled).flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors)
      expect(error).toMatchObject({ code: 'throttled', status: 429, details: { retryAfterSeconds: 1 } });
  });
});
