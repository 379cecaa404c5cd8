import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../../db/transaction.ts';
import { auditTrail, newOrganization, newPerson, refusalOf } from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { createTaxiiUser } from '../account-creation/taxii-users.service.ts';
import { findAccount, updateAccount } from '../accounts/accounts.store.ts';
import { actAs } from '../accounts/acting.service.ts';
import { createOwner } from '../owners/owners.service.ts';
import { findOwner } from '../owners/owners.store.ts';
import { createAdministrator, prepareInstance } from './instance.service.ts';
import { findInstance } from './instance.store.ts';

let number = 0;
const PASSWORD = 'a long pass phrase';

describe.each(ENGINES)('an instance on %s', (engine) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await openTestApp(engine);
  });
  afterAll(async () => await app?.close());

  const create = (changes: { email?: string; password?: string; organization?: string } = {}) =>
    createAdministrator(app, app.operator, {
      email: `admin-${++number}@example.org`,
      password: PASSWORD,
      organization: `Home ${number}`,
      ...changes,
    });

  describe('when it is fresh', () => {
    it('has generous totals, both switches on, no account and one service', async () => {
      expect(await findInstance(app.db.read)).toMatchObject({
        max_users: 10_000,
        max_api_users: 10_000,
        max_taxii_users: 10_000,
        api_users_allowed: 1,
        read_only_users_allowed: 1,
        setup_code_hash: null,
      });
      expect(await app.db.read.selectFrom('accounts').select('id').execute()).toEqual([]);
      expect(await app.db.read.selectFrom('taxii_services').select('path').execute()).toEqual([
        { path: 'intel' },
      ]);
    });

    it('is prepared once by processes that start at once', async () => {
      const others = await Promise.all([app.reopen(), app.reopen(), app.reopen()]);
      for (const other of others) await other.close();
      expect(await app.db.read.selectFrom('taxii_services').select('id').execute()).toHaveLength(1);
      expect(others.flatMap((other) => other.migrations)).toEqual([]);
    });

    it('gives a one-time set-up code while there is no Administrator, and keeps its hash only', async () => {
      const own = await openTestApp(engine);
      try {
        const first = await prepareInstance(own, { setupCode: true });
        const second = await prepareInstance(own, { setupCode: true });
        expect(second).toMatch(/^[A-Za-z0-9_-]{22}$/);
        expect(second).not.toBe(first);
        const hash = (await findInstance(own.db.read))?.setup_code_hash;
        expect(hash).toBe(own.secrets.digest(second ?? ''));
        await createAdministrator(own, own.operator, { email: 'a@example.org', password: PASSWORD });
        expect((await findInstance(own.db.read))?.setup_code_hash).toBeNull();
        expect(await prepareInstance(own, { setupCode: true })).toBeUndefined();
      } finally {
        await own.close();
      }
    });
  });

  describe('creating an Administrator', () => {
    it('makes it Organization Administrator of its organization, which is made as well', async () => {
      const created = await create();
      expect(await findAccount(app.db.read, created.email)).toMatchObject({
        kind: 'user',
        system_role: 'Administrator',
        organization_role: 'Organization Administrator',
        pseudonym: created.pseudonym,
      });
      expect(await findOwner(app.db.read, created.organization)).toMatchObject({ kind: 'organization' });
    });

    it('puts it into an organization that is there', async () => {
      const organization = await newOrganization(app);
      const created = await create({ organization: organization.name.toUpperCase() });
      expect(created.organization).toBe(organization.name);
      expect((await findAccount(app.db.read, created.email))?.organization_id).toBe(organization.id);
    });

    it.each(['Administrator', 'Organization Administrator'] as const)(
      'is for the operator only, not for the %s',
      async (person) => {
        const caller = await newPerson(app, person, await newOrganization(app));
        const refusal = await refusalOf(
          createAdministrator(app, caller, { email: 'other@example.org', password: PASSWORD }),
        );
        expect(refusal.code).toBe('forbidden');
      },
    );

    it('is refused with a name that a community has', async () => {
      const community = await createOwner(app, app.operator, { kind: 'community', name: `C ${++number}` });
      expect((await refusalOf(create({ organization: community.name }))).code).toBe('name_taken');
    });

    it('is refused with the e-mail address of another account, in any letter case', async () => {
      const { email } = await create();
      expect((await refusalOf(create({ email: email.toUpperCase() }))).code).toBe('name_taken');
    });

    it.each([
      ['no e-mail address', { email: 'nobody' }],
      ['a short password', { password: 'short' }],
      ['its address as the password', { email: 'somebody@example.org', password: 'Somebody@example.org' }],
      ['an organization without a name', { organization: ' ' }],
    ])('is refused with %s', async (_, changes) => {
      expect((await refusalOf(create(changes))).code).toBe('invalid_input');
    });

    it('takes a seat of the organization', async () => {
      const organization = await newOrganization(app, { users: 1 });
      expect((await refusalOf(create({ organization: organization.name }))).details).toMatchObject({
        limit: 'users',
        scope: 'organization',
        max: 1,
        used: 1,
      });
    });

    it('leaves one event without the password', async () => {
      const { email, id } = await create({ password: 'canary pass phrase' });
      const events = (await auditTrail(app)).filter((event) => event.target_name === email);
      expect(events).toMatchObject([{ action: 'administrator.create', target_id: String(id) }]);
      expect(JSON.stringify(events)).not.toContain('canary');
    });
  });

  describe('acting as an account, on the command line', () => {
    it('gives the rights of that account, and no more', async () => {
      const organization = await newOrganization(app);
      const caller = await actAs(app, app.operator, organization.administrator.userName.toUpperCase());
      const input = { userName: `siem-${++number}`, organization: organization.name };
      await expect(createTaxiiUser(app, caller, input)).resolves.toBeDefined();
      const other = await newOrganization(app);
      expect(
        (await refusalOf(createTaxiiUser(app, caller, { ...input, organization: other.name }))).code,
      ).toBe('not_found');
    });

    it('is for the operator only', async () => {
      const { administrator } = await newOrganization(app);
      expect((await refusalOf(actAs(app, administrator, administrator.userName))).code).toBe('forbidden');
    });

    it('is refused for an account that does not exist, or may not act', async () => {
      expect((await refusalOf(actAs(app, app.operator, 'nobody'))).code).toBe('not_found');
      for (const column of ['locked_at', 'disabled_at', 'expires_at'] as const) {
        const { administrator } = await newOrganization(app);
        await inTransaction(app.db, (tx) => updateAccount(tx, administrator.accountId, { [column]: 1 }));
        expect((await refusalOf(actAs(app, app.operator, administrator.userName))).code).toBe('forbidden');
      }
    });
  });
});
