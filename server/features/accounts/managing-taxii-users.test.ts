import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../../db/transaction.ts';
import {
  deleteTaxiiUser,
  disableTaxiiUser,
  listTaxiiUsers,
  lockTaxiiUserAccount,
  rotateTaxiiUserCredential,
} from '../../testing/account-changes.ts';
import {
  auditTrail,
  giveCommunityRole,
  newOrganization,
  newPerson,
  refusalOf,
  type Someone,
} from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { createTaxiiUser } from '../account-creation/taxii-users.service.ts';
import { createAuthentication } from '../authentication/authentication.service.ts';
import { findStatus, insertStatus } from '../exchange/exchange.store.ts';
import { createOwner } from '../owners/owners.service.ts';
import { findAccount, findActor, listAllowedOwners, updateAccount } from './accounts.store.ts';

let number = 0;
const FROM = { address: '192.0.2.1', requestId: 'test' };

describe.each(ENGINES)('a TAXII user on %s', (engine) => {
  let app: TestApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let administrator: Someone;
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app);
    administrator = organization.administrator;
  });
  afterAll(async () => await app?.close());

  const newUser = async (changes: { onlyOwners?: string[]; apiKey?: boolean; userName?: string } = {}) =>
    await createTaxiiUser(app, administrator, {
      userName: `siem-${++number}`,
      organization: organization.name,
      ...changes,
    });
  const row = async (userName: string) => {
    const account = await findAccount(app.db.read, userName);
    if (account === undefined) throw new Error(`there is no ${userName}`);
    return account;
  };
  /** Whose password it is, as a server that has just started sees it. */
  const accepts = async (userName: string, password: string): Promise<boolean> => {
    const authentication = createAuthentication(app);
    return await authentication.verify({ scheme: 'basic', userName, password }, FROM).then(
      () => true,
      () => false,
    );
  };
  const acceptsKey = async (key: string): Promise<boolean> =>
    await createAuthentication(app)
      .verify({ scheme: 'key', key }, FROM)
      .then(
        () => true,
        () => false,
      );

  const CHANGES = {
    lock: (caller: Someone, userName: string) => lockTaxiiUserAccount(app, caller, userName, true),
    disable: (caller: Someone, userName: string) => disableTaxiiUser(app, caller, userName, true),
    rotate: (caller: Someone, userName: string) =>
      rotateTaxiiUserCredential(app, caller, { userName, credential: 'password' }),
    delete: (caller: Someone, userName: string) => deleteTaxiiUser(app, caller, userName),
  };

  describe.each(Object.entries(CHANGES))('%s', (_, change) => {
    it('is allowed to the Organization Administrator', async () => {
      const { userName } = await newUser();
      await change(administrator, userName);
    });

    it.each(['Accounts Administrator', 'Operations Administrator', 'Administrator', 'Super User'] as const)(
      'is allowed to the %s of another organization',
      async (person) => {
        const { userName } = await newUser();
        await change(await newPerson(app, person, await newOrganization(app)), userName.toUpperCase());
      },
    );

    it.each(['Standard User', 'Read Only User', 'Community Leader'] as const)(
      'is not found by the %s of the organization, who may not see TAXII users',
      async (person) => {
        const { userName } = await newUser();
        const before = await row(userName);
        const refusal = await refusalOf(change(await newPerson(app, person, organization), userName));
        expect(refusal).toEqual({
          code: 'not_found',
          details: { message: `There is no TAXII user named "${userName}".` },
        });
        expect(await row(userName)).toEqual(before);
      },
    );

    it('is not found by the Organization Administrator of another organization', async () => {
      const { userName } = await newUser();
      const stranger = (await newOrganization(app)).administrator;
      expect((await refusalOf(change(stranger, userName))).code).toBe('not_found');
      expect((await refusalOf(change(stranger, 'nobody'))).details.message).toBe(
        'There is no TAXII user named "nobody".',
      );
    });

    it('is not found for an account that is no TAXII user', async () => {
      expect((await refusalOf(change(administrator, administrator.userName))).code).toBe('not_found');
    });

    it('is forbidden on a TAXII user that was given a System role above one’s own', async () => {
      const { id, userName } = await newUser();
      await inTransaction(app.db, (tx) => updateAccount(tx, id, { system_role: 'Operations Administrator' }));
      const accounts = await newPerson(app, 'Accounts Administrator', organization);
      for (const caller of [administrator, accounts])
        expect((await refusalOf(change(caller, userName))).code).toBe('forbidden');
      // Equal rank is allowed.
      await change(await newPerson(app, 'Operations Administrator', organization), userName);
    });

    it('is withdrawn at once from a caller whose right was withdrawn after it had been let in', async () => {
      const { userName } = await newUser();
      const caller = await newPerson(app, 'Organization Administrator', organization);
      await inTransaction(app.db, (tx) =>
        updateAccount(tx, caller.accountId, { organization_role: 'Standard User' }),
      );
      expect((await refusalOf(change(caller, userName))).code).toBe('not_found');
    });

    it.each(['locked_at', 'disabled_at', 'deleted_at', 'expires_at'] as const)(
      'is unauthenticated for a caller whose %s was set after it had been let in',
      async (column) => {
        const { userName } = await newUser();
        const caller = await newPerson(app, 'Organization Administrator', organization);
        await inTransaction(app.db, (tx) =>
          updateAccount(tx, caller.accountId, { [column]: app.clock.now() }),
        );
        expect((await refusalOf(change(caller, userName))).code).toBe('unauthenticated');
      },
    );

    it('is not found under a name that no account can have', async () => {
      for (const userName of ['a\u0000b', 'a\ud800', '', 'x'.repeat(5000)]) {
        const refusal = await refusalOf(change(administrator, userName));
        expect(['not_found', 'invalid_input']).toContain(refusal.code);
      }
    });
  });

  describe('locking and disabling', () => {
    it('is shown, and cleared again', async () => {
      const { userName } = await newUser();
      const state = async () => {
        const users = await listTaxiiUsers(app, administrator, organization.name);
        return users.find((user) => user.userName === userName)?.status.state;
      };
      await lockTaxiiUserAccount(app, administrator, userName, true);
      expect(await state()).toBe('locked');
      await disableTaxiiUser(app, administrator, userName, true);
      expect(await state()).toBe('disabled');
      await disableTaxiiUser(app, administrator, userName, false);
      expect(await state()).toBe('locked');
      await lockTaxiiUserAccount(app, administrator, userName, false);
      expect(await state()).toBe('active');
    });

    it('keeps the instant of the first time when repeated', async () => {
      const { userName } = await newUser();
      await lockTaxiiUserAccount(app, administrator, userName, true);
      const { locked_at } = await row(userName);
      app.clock.advance(60);
      await lockTaxiiUserAccount(app, administrator, userName, true);
      expect((await row(userName)).locked_at).toBe(locked_at);
    });

    it('stops the account from acting at once', async () => {
      const { id, userName } = await newUser();
      expect(await findActor(app.db.read, id, app.clock.now())).toBeDefined();
      await disableTaxiiUser(app, administrator, userName, true);
      expect(await findActor(app.db.read, id, app.clock.now())).toBeUndefined();
    });
  });

  describe('rotating a credential', () => {
    it('without overlap ends the one before at once', async () => {
      const { userName, password = '' } = await newUser();
      const rotated = await rotateTaxiiUserCredential(app, administrator, {
        userName,
        credential: 'password',
      });
      expect(rotated.previousValidUntil).toBeNull();
      expect(await accepts(userName, password)).toBe(false);
      expect(await accepts(userName, rotated.password ?? '')).toBe(true);
    });

    it('with overlap keeps the one before until the overlap ends, and no moment longer', async () => {
      const { userName, password = '' } = await newUser();
      const before = app.clock.now();
      const rotated = await rotateTaxiiUserCredential(app, administrator, {
        userName,
        credential: 'password',
        overlapSeconds: 3600,
      });
      expect(rotated.previousValidUntil).toBeGreaterThanOrEqual(before + 3_600_000_000);
      app.clock.advance(3590);
      expect(await accepts(userName, password)).toBe(true);
      app.clock.advance(20);
      expect(await accepts(userName, password)).toBe(false);
      expect(await accepts(userName, rotated.password ?? '')).toBe(true);
    });

    it('with overlap never prolongs an overlap that runs already', async () => {
      const { userName, password = '' } = await newUser();
      const rotate = (overlapSeconds: number) =>
        rotateTaxiiUserCredential(app, administrator, { userName, credential: 'password', overlapSeconds });
      await rotate(60);
      await rotate(3600);
      app.clock.advance(70);
      expect(await accepts(userName, password)).toBe(false);
    });

    it('without overlap also ends those that an earlier rotation had left valid', async () => {
      const { userName, password = '' } = await newUser();
      await rotateTaxiiUserCredential(app, administrator, {
        userName,
        credential: 'password',
        overlapSeconds: 86_400,
      });
      await rotateTaxiiUserCredential(app, administrator, { userName, credential: 'password' });
      expect(await accepts(userName, password)).toBe(false);
    });

    it('takes a typed password, which is not given back', async () => {
      const { userName, password = '' } = await newUser();
      const rotated = await rotateTaxiiUserCredential(app, administrator, {
        userName,
        credential: 'password',
        password: 'a typed pass phrase',
      });
      expect(rotated).not.toHaveProperty('password');
      expect(await accepts(userName, 'a typed pass phrase')).toBe(true);
      expect(await accepts(userName, password)).toBe(false);
    });

    it('gives an account that had none its API key, and leaves the password alone', async () => {
      const { userName, password = '' } = await newUser();
      const { apiKey = '' } = await rotateTaxiiUserCredential(app, administrator, {
        userName,
        credential: 'api_key',
      });
      expect(await acceptsKey(apiKey)).toBe(true);
      expect(await accepts(userName, password)).toBe(true);
      const second = await rotateTaxiiUserCredential(app, administrator, { userName, credential: 'api_key' });
      expect(await acceptsKey(apiKey)).toBe(false);
      expect(await acceptsKey(second.apiKey ?? '')).toBe(true);
    });

    it('refuses a typed API key and a weak typed password', async () => {
      const { userName } = await newUser();
      const refuse = async (credential: 'password' | 'api_key', password: string) =>
        (await refusalOf(rotateTaxiiUserCredential(app, administrator, { userName, credential, password })))
          .details.message;
      expect(await refuse('api_key', 'a typed pass phrase')).toBe(
        'password: a key or token is always generated',
      );
      expect(await refuse('password', 'shortest gap')).toBe('password: must have at least 15 characters');
    });

    it('raises the version of the credentials, so that nothing remembered about the old one holds', async () => {
      const { userName } = await newUser();
      const before = (await row(userName)).credential_version;
      await rotateTaxiiUserCredential(app, administrator, { userName, credential: 'api_key' });
      expect((await row(userName)).credential_version).toBe(before + 1);
    });
  });

  describe('deleting', () => {
    it('ends the credentials, and leaves a tombstone that says who it was', async () => {
      const { id, userName, pseudonym, password = '', apiKey = '' } = await newUser({ apiKey: true });
      await deleteTaxiiUser(app, administrator, userName);
      expect(await accepts(userName, password)).toBe(false);
      expect(await acceptsKey(apiKey)).toBe(false);
      const tombstone = await app.db.read
        .selectFrom('accounts')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirst();
      expect(tombstone).toMatchObject({ user_name: userName, user_name_key: null, pseudonym });
      expect(tombstone?.deleted_at).not.toBeNull();
      expect((await refusalOf(deleteTaxiiUser(app, administrator, userName))).code).toBe('not_found');
      const users = await listTaxiiUsers(app, administrator, organization.name);
      expect(users.map((user) => user.userName)).not.toContain(userName);
    });

    it('frees the user name, and a new account of that name inherits nothing', async () => {
      const community = await createOwner(app, app.operator, { kind: 'community', name: `C ${++number}` });
      const old = await newUser({ onlyOwners: [organization.name], apiKey: true });
      await giveCommunityRole(app, { accountId: old.id }, community, 'Director');
      const statusId = app.ids.uuid();
      await inTransaction(app.db, (tx) =>
        insertStatus(tx, { id: statusId, serviceId: 1, accountId: old.id, now: 1, json: '{}' }),
      );
      await lockTaxiiUserAccount(app, administrator, old.userName, true);
      await deleteTaxiiUser(app, administrator, old.userName);

      const heir = await newUser({ userName: old.userName.toUpperCase() });
      expect(heir.id).not.toBe(old.id);
      expect(heir.pseudonym).not.toBe(old.pseudonym);
      expect(await row(heir.userName)).toMatchObject({ narrowed: 0, locked_at: null, credential_version: 1 });
      expect(await listAllowedOwners(app.db.read, [heir.id])).toEqual([]);
      const roles = app.db.read.selectFrom('account_roles').selectAll().where('account_id', '=', heir.id);
      expect(await roles.execute()).toEqual([]);
      const mine = { id: statusId, serviceId: 1, accountId: heir.id };
      expect(await findStatus(app.db.read, mine)).toBeUndefined();
      expect(await accepts(heir.userName, old.password ?? '')).toBe(false);
      expect(await acceptsKey(old.apiKey ?? '')).toBe(false);
    });
  });

  it('leaves exactly one event of the organization for each change', async () => {
    const own = await newOrganization(app);
    const { userName } = await createTaxiiUser(app, own.administrator, {
      userName: `siem-${++number}`,
      organization: own.name,
    });
    const by = own.administrator;
    await lockTaxiiUserAccount(app, by, userName, true);
    await lockTaxiiUserAccount(app, by, userName, false);
    await disableTaxiiUser(app, by, userName, true);
    await disableTaxiiUser(app, by, userName, false);
    await rotateTaxiiUserCredential(app, by, { userName, credential: 'password', overlapSeconds: 60 });
    await deleteTaxiiUser(app, by, userName);
    const events = (await auditTrail(app, own.id)).filter((event) => event.target_kind === 'taxii_user');
    expect(events.map((event) => event.action)).toEqual([
      'taxiiUser.create',
      'account.lock',
      'account.unlock',
      'account.disable',
      'account.enable',
      'account.credential',
      'account.delete',
    ]);
    for (const event of events) {
      expect(event).toMatchObject({
        outcome: 'done',
        count: 1,
        actor_name: by.userName,
        actor_account_id: by.accountId,
        target_name: userName,
        source_address: '192.0.2.7',
        request_id: 'test',
      });
    }
  });
});
