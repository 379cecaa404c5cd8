import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReplaceCredentialInput } from '../../../contract/accounts.ts';
import type { Caller } from '../../context.ts';
import {
  accountRow,
  asCaller,
  countSessionsOf,
  everythingStored,
  fresh,
  newApiUser,
  newUser,
  openSessionOf,
} from '../../testing/accounts.ts';
import { auditTrail, newOrganization, newPerson, refusalOf, type Someone } from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { createReadOnlyUser } from '../account-creation/people.service.ts';
import { createTaxiiUser } from '../account-creation/taxii-users.service.ts';
import { findDataKey } from '../accounts/accounts.store.ts';
import { editCredential } from './binding.service.ts';
import { replaceCredential, revokeCredential } from './credentials.service.ts';
import { openSecret } from './new-credential.ts';

const HOUR = 3600;

describe.each(ENGINES)('credentials of accounts on %s', (engine) => {
  let app: TestApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let administrator: Someone;
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app, { users: 1000, apiUsers: 1000, taxiiUsers: 1000 });
    administrator = organization.administrator;
  });
  afterAll(async () => await app?.close());

  const replace = (
    account: number,
    credential: ReplaceCredentialInput['credential'],
    changes: Partial<ReplaceCredentialInput> = {},
    caller: Caller = administrator,
  ) => replaceCredential(app, caller, { account, credential, ...changes });
  const stored = async (accountId: number, kind?: string) =>
    (
      await app.db.read
        .selectFrom('credentials')
        .selectAll()
        .where('account_id', '=', accountId)
        .orderBy('id')
        .execute()
    ).filter((row) => kind === undefined || row.kind === kind);
  /** Those that are valid at the moment. */
  const valid = async (accountId: number, kind: string) =>
    (await stored(accountId, kind)).filter(
      ({ expires_at }) => expires_at === null || expires_at > app.clock.now(),
    );

  describe('a Secret Key', () => {
    it('is replaced at once: the one before is gone', async () => {
      const user = await newApiUser(app, organization);
      const [before] = await stored(user.id);
      const { secretKey, previousValidUntil } = await replace(user.id, 'secret_key');
      expect(previousValidUntil).toBeNull();
      expect(secretKey).toMatch(/^[A-Za-z0-9_-]{64}$/);
      expect(secretKey).not.toBe(user.secretKey);
      const rows = await stored(user.id);
      expect(rows).toHaveLength(1);
      expect(rows[0]?.id).toBeGreaterThan(before?.id ?? Number.POSITIVE_INFINITY);
    });

    it('item 98: with an overlap, old and new are valid, and the old one dies on schedule', async () => {
      const user = await newApiUser(app, organization);
      const replaced = await replace(user.id, 'secret_key', { overlapSeconds: HOUR });
      const rows = await valid(user.id, 'secret_key');
      expect(rows.map(({ expires_at }) => expires_at)).toEqual([replaced.previousValidUntil, null]);
      const wrapped = await findDataKey(app.db.read, organization.id);
      const holder = await accountRow(app, user.id);
      expect(rows.map((row) => openSecret(app, holder, row, wrapped))).toEqual([
        user.secretKey,
        replaced.secretKey,
      ]);
      // The two are not interchangeable: each is encrypted for its row.
      const [old, young] = rows;
      if (old === undefined || young === undefined) throw new Error('there are not two');
      expect(() => openSecret(app, holder, { ...young, hash: old.hash }, wrapped)).toThrow();
      app.clock.advance(HOUR + 1);
      expect(await valid(user.id, 'secret_key')).toMatchObject([{ id: young.id }]);
    });

    it('overlaps with one other: a second rotation ends the first at once', async () => {
      const user = await newApiUser(app, organization);
      await replace(user.id, 'secret_key', { overlapSeconds: HOUR });
      const [, second] = await stored(user.id, 'secret_key');
      const replaced = await replace(user.id, 'secret_key', { overlapSeconds: HOUR });
      expect(await stored(user.id, 'secret_key')).toMatchObject([
        { id: second?.id, expires_at: replaced.previousValidUntil },
        { expires_at: null },
      ]);
      // The emergency: everything before ends now.
      await replace(user.id, 'secret_key');
      expect(await stored(user.id, 'secret_key')).toHaveLength(1);
    });

    it('a second rotation does not lengthen the life of the first', async () => {
      const user = await newApiUser(app, organization);
      const first = await replace(user.id, 'secret_key', { overlapSeconds: 60 });
      const [, second] = await stored(user.id, 'secret_key');
      await revokeCredential(app, administrator, { account: user.id }, second?.id ?? 0);
      await replace(user.id, 'secret_key', { overlapSeconds: HOUR });
      expect((await stored(user.id, 'secret_key')).map(({ expires_at }) => expires_at)).toEqual([
        first.previousValidUntil,
        null,
      ]);
    });
  });

  describe('a token', () => {
    it('needs a number of days, which a Secret Key may have as well', async () => {
      const user = await newApiUser(app, organization);
      const missing = await refusalOf(replace(user.id, 'api_token'));
      expect(missing.details.problems).toEqual([{ path: 'expirationDays', message: 'is missing' }]);
      const { expiresAt } = await replace(user.id, 'secret_key', { expirationDays: 3 });
      expect(expiresAt).toBeGreaterThan(app.clock.now() + 2 * 24 * HOUR * 1_000_000);
      expect(await stored(user.id, 'secret_key')).toMatchObject([{ expires_at: expiresAt }]);
    });

    it('ends the one before, and leaves the Secret Key alone', async () => {
      const user = await newApiUser(app, organization, { tokenExpirationDays: 30 });
      const [key] = await stored(user.id, 'secret_key');
      const [old] = await stored(user.id, 'api_token');
      const { token = '', expiresAt } = await replace(user.id, 'api_token', { expirationDays: 2 });
      const rows = await stored(user.id, 'api_token');
      expect(rows).toMatchObject([
        { hash: app.secrets.digest(token), expires_at: expiresAt, hint: token.slice(-4) },
      ]);
      expect(rows[0]?.id).not.toBe(old?.id);
      expect(await stored(user.id, 'secret_key')).toEqual([key]);
    });

    it('overlaps with the newest that is valid, which may be older than one that has ended', async () => {
      const user = await newApiUser(app, organization, { tokenExpirationDays: 30 });
      const [old] = await stored(user.id, 'api_token');
      await replace(user.id, 'api_token', { expirationDays: 1, overlapSeconds: 7 * 24 * HOUR });
      app.clock.advance(25 * HOUR);
      await replace(user.id, 'api_token', { expirationDays: 1, overlapSeconds: HOUR });
      const tokens = await valid(user.id, 'api_token');
      expect(tokens).toHaveLength(2);
      expect(tokens[0]?.id).toBe(old?.id);
    });

    it('with an overlap lets the old one live on, but not beyond its own end', async () => {
      const user = await newApiUser(app, organization, { tokenExpirationDays: 1 });
      const [before] = await stored(user.id, 'api_token');
      await replace(user.id, 'api_token', { expirationDays: 30, overlapSeconds: 7 * 24 * HOUR });
      const [after, second] = await stored(user.id, 'api_token');
      expect(after?.expires_at).toBe(before?.expires_at);
      const { previousValidUntil } = await replace(user.id, 'api_token', {
        expirationDays: 30,
        overlapSeconds: 60,
      });
      expect((await stored(user.id, 'api_token'))[0]).toMatchObject({
        id: second?.id,
        expires_at: previousValidUntil,
      });
    });
  });

  describe('a person’s password', () => {
    it('is replaced: sessions end, and Password Reset Required is on', async () => {
      const user = await newUser(app, organization, { passwordResetRequired: false });
      await openSessionOf(app, user.id);
      const version = (await accountRow(app, user.id)).credential_version;
      const { password = '' } = await replace(user.id, 'password');
      expect(password).toMatch(/^[A-Za-z0-9_-]{32}$/);
      expect(await countSessionsOf(app, user.id)).toBe(0);
      expect(await accountRow(app, user.id)).toMatchObject({
        password_reset_required: 1,
        credential_version: version + 1,
        password_changed_at: expect.any(Number),
      });
      expect(await stored(user.id)).toHaveLength(1);
    });

    it('may be typed, and is then nowhere to be seen', async () => {
      const user = await createReadOnlyUser(app, administrator, {
        organization: organization.id,
        email: `${fresh('reader')}@example.com`,
        firstName: 'Rea',
        lastName: 'Der',
      });
      const typed = 'Rotation Canary of five words';
      expect(await replace(user.id, 'password', { password: typed })).not.toHaveProperty('password');
      const rows = await stored(user.id);
      expect(rows).toMatchObject([{ algorithm: 'argon2id', hint: null }]);
      expect(await app.secrets.verify(typed, { algorithm: 'argon2id', hash: rows[0]?.hash ?? '' })).toBe(
        true,
      );
      expect((await everythingStored(app)) + app.logged.join()).not.toContain('Rotation Canary');
    });

    it.each([
      ['too short', () => 'elevenchars'],
      ['the user name in full width', (name: string) => name.replace('@', '＠').toUpperCase()],
      ['the user name', (name: string) => name],
    ])('is refused %s, also when the account is given by its id', async (_, passwordOf) => {
      const user = await newUser(app, organization);
      const refusal = await refusalOf(replace(user.id, 'password', { password: passwordOf(user.userName) }));
      expect(refusal.code).toBe('invalid_input');
      expect(refusal.details.problems?.[0]?.path).toBe('password');
    });

    it('does not overlap with the one before', async () => {
      const user = await newUser(app, organization);
      const refusal = await refusalOf(replace(user.id, 'password', { overlapSeconds: 60 }));
      expect(refusal.details.problems?.[0]?.path).toBe('overlapSeconds');
    });
  });

  describe('the password and key of a TAXII user', () => {
    it('are rotated each for itself, with an overlap, and ask for nothing else', async () => {
      const user = await createTaxiiUser(app, administrator, {
        organization: organization.id,
        userName: fresh('siem'),
        apiKey: true,
      });
      await replace(user.id, 'password', { overlapSeconds: HOUR });
      expect(await valid(user.id, 'password')).toHaveLength(2);
      expect(await valid(user.id, 'api_key')).toHaveLength(1);
      const { apiKey } = await replace(user.id, 'api_key');
      expect(apiKey).toMatch(/^txwk_/);
      expect(await stored(user.id, 'api_key')).toHaveLength(1);
      expect((await accountRow(app, user.id)).password_reset_required).toBe(0);
    });
  });

  it('are only those that the kind of account has', async () => {
    const [user, api, taxii] = [
      await newUser(app, organization),
      await newApiUser(app, organization),
      await createTaxiiUser(app, administrator, { organization: organization.id, userName: fresh('siem') }),
    ];
    for (const [id, kind] of [
      [user.id, 'secret_key'],
      [user.id, 'api_key'],
      [api.id, 'password'],
      [api.id, 'api_key'],
      [taxii.id, 'secret_key'],
    ] as const)
      expect((await refusalOf(replace(id, kind))).details.problems?.[0]?.path).toBe('credential');
    const token = replace(taxii.id, 'api_token', { expirationDays: 1 });
    expect((await refusalOf(token)).details.problems?.[0]?.path).toBe('credential');
    const typedKey = replace(api.id, 'secret_key', { password: 'typed by somebody' });
    expect((await refusalOf(typedKey)).details.problems?.[0]?.path).toBe('password');
  });

  describe('revoking', () => {
    it('ends one credential at once, and no other', async () => {
      const user = await newApiUser(app, organization, { tokenExpirationDays: 1 });
      const [key, token] = await stored(user.id);
      const version = (await accountRow(app, user.id)).credential_version;
      await revokeCredential(app, administrator, { account: user.id }, token?.id ?? 0);
      expect(await stored(user.id)).toEqual([key]);
      expect((await accountRow(app, user.id)).credential_version).toBe(version + 1);
      const again = revokeCredential(app, administrator, { account: user.id }, token?.id ?? 0);
      expect((await refusalOf(again)).code).toBe('not_found');
    });

    it('of a person’s password ends the sessions', async () => {
      const user = await newUser(app, organization);
      await openSessionOf(app, user.id);
      const [password] = await stored(user.id);
      await revokeCredential(app, administrator, { account: user.id }, password?.id ?? 0);
      expect(await countSessionsOf(app, user.id)).toBe(0);
    });

    it('does not reach the credential of another account by its id', async () => {
      const [mine, theirs] = [await newApiUser(app, organization), await newApiUser(app, organization)];
      const [credential] = await stored(theirs.id);
      const refusal = await refusalOf(
        revokeCredential(app, administrator, { account: mine.id }, credential?.id ?? 0),
      );
      expect(refusal.code).toBe('not_found');
      expect(await stored(theirs.id)).toHaveLength(1);
    });
  });

  describe('who may', () => {
    it('the Organization Administrator, not the account itself, nor another member, nor a stranger', async () => {
      const user = await newUser(app, organization);
      const api = await newApiUser(app, organization, { organizationRole: 'Standard User' });
      await replace(user.id, 'password');
      // It sees itself, and so is told that it may not.
      const self = await asCaller(app, user.id);
      expect((await refusalOf(replace(user.id, 'password', {}, self))).code).toBe('forbidden');
      const member = await newPerson(app, 'Standard User', organization);
      expect((await refusalOf(replace(user.id, 'password', {}, member))).code).toBe('not_found');
      const stranger = (await newOrganization(app)).administrator;
      expect((await refusalOf(replace(api.id, 'secret_key', {}, stranger))).code).toBe('not_found');
      const revoked = revokeCredential(
        app,
        stranger,
        { account: api.id },
        (await stored(api.id))[0]?.id ?? 0,
      );
      expect((await refusalOf(revoked)).code).toBe('not_found');
      expect(await stored(api.id)).toHaveLength(1);
    });

    it('items 9 and 100: nobody’s own: an administrator changes it with the present password, and a machine stays bound as it is', async () => {
      const admin = await newUser(app, organization, { systemRole: 'Administrator' });
      const api = await newApiUser(app, organization, { organizationRole: 'Organization Administrator' });
      for (const [id, kind, days] of [
        [administrator.accountId, 'password', undefined],
        [admin.id, 'password', undefined],
        [api.id, 'secret_key', undefined],
        [api.id, 'api_token', 3000],
      ] as const) {
        const self = await asCaller(app, id);
        const before = await stored(id);
        const replaced = replace(id, kind, days === undefined ? {} : { expirationDays: days }, self);
        expect((await refusalOf(replaced)).code).toBe('forbidden');
        const edited = editCredential(app, self, {
          account: id,
          credential: before[0]?.id ?? 1,
          readOnly: false,
          allowedNetworks: null,
        });
        expect((await refusalOf(edited)).code).toBe('forbidden');
        expect(await stored(id)).toEqual(before);
      }
      // The same caller may do so to others.
      await replace((await newApiUser(app, organization)).id, 'secret_key', {}, await asCaller(app, api.id));
    });

    it('nobody below the account’s System role', async () => {
      const admin = await newUser(app, organization, { systemRole: 'Administrator' });
      for (const caller of [
        administrator,
        await newPerson(app, 'Accounts Administrator', organization),
        await newPerson(app, 'Operations Administrator', organization),
      ]) {
        expect((await refusalOf(replace(admin.id, 'password', {}, caller))).code).toBe('forbidden');
        const [credential] = await stored(admin.id);
        const revoked = revokeCredential(app, caller, { account: admin.id }, credential?.id ?? 0);
        expect((await refusalOf(revoked)).code).toBe('forbidden');
      }
      await replace(admin.id, 'password', {}, await newPerson(app, 'Administrator', organization));
    });
  });

  it('item 113: the audit trail tells what was replaced and revoked, without a secret', async () => {
    const user = await newApiUser(app, organization);
    const { secretKey = '' } = await replace(user.id, 'secret_key', { overlapSeconds: 60 });
    const [old] = await stored(user.id);
    await revokeCredential(app, administrator, { account: user.id }, old?.id ?? 0);
    const [replaced, revoked] = (await auditTrail(app, organization.id)).slice(-2);
    expect(replaced).toMatchObject({
      action: 'account.credential',
      target_id: String(user.id),
      details: { credential: 'secret_key', typed: false },
    });
    expect(revoked).toMatchObject({
      action: 'account.revokeCredential',
      details: { credential: 'secret_key', hint: user.secretKey?.slice(-4) },
    });
    expect(JSON.stringify([replaced, revoked])).not.toContain(secretKey);
  });
});
