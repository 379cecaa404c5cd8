import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CreateApiUserInput } from '../../../contract/accounts.ts';
import type { Caller } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import { createKeys } from '../../keys.ts';
import { accountRow, everythingStored } from '../../testing/accounts.ts';
import { auditTrail, newOrganization, newPerson, refusalOf, type Someone } from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { moveAccount } from '../account-changes/moving.service.ts';
import { findDataKey } from '../accounts/accounts.store.ts';
import { makeAccessId, openSecret } from '../credentials/new-credential.ts';
import { editLicence } from '../instance/licence.service.ts';
import { createApiUser } from './api-users.service.ts';

const DAY = 86_400_000_000;

describe.each(ENGINES)('creating an API user on %s', (engine) => {
  let app: TestApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let administrator: Someone;
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app, { apiUsers: 1000 });
    administrator = organization.administrator;
  });
  afterAll(async () => await app?.close());

  const create = (changes: Partial<CreateApiUserInput> = {}, caller: Caller = administrator) =>
    createApiUser(app, caller, {
      organization: organization.id,
      firstName: 'Feed',
      lastName: 'Reader',
      organizationRole: 'Standard User',
      ...changes,
    });
  const someone = (person: Parameters<typeof newPerson>[1]) => newPerson(app, person, organization);
  const credentialsOf = async (accountId: number) =>
    await app.db.read
      .selectFrom('credentials')
      .selectAll()
      .where('account_id', '=', accountId)
      .orderBy('id')
      .execute();
  const secretKeyRow = async (accountId: number) => {
    const row = (await credentialsOf(accountId)).find(({ kind }) => kind === 'secret_key');
    if (row === undefined) throw new Error('it has no Secret Key');
    return row;
  };
  const opened = async (accountId: number, keys = app.keys) => {
    const holder = await accountRow(app, accountId);
    const wrapped = await findDataKey(app.db.read, holder.organization_id);
    return openSecret({ ...app, keys }, holder, await secretKeyRow(accountId), wrapped);
  };

  it.each([
    'Organization Administrator',
    'Accounts Administrator',
    'Super User',
    'Operations Administrator',
    'Administrator',
  ] as const)('works as %s', async (person) => {
    const { id } = await create({}, await someone(person));
    expect(await accountRow(app, id)).toMatchObject({ kind: 'api', organization_id: organization.id });
  });

  it.each(['Standard User', 'Read Only User', 'Community Leader'] as const)(
    'is forbidden as %s',
    async (person) => {
      expect((await refusalOf(create({}, await someone(person)))).code).toBe('forbidden');
    },
  );

  it('is not found as Organization Administrator of another organization', async () => {
    const stranger = (await newOrganization(app)).administrator;
    expect((await refusalOf(create({}, stranger))).code).toBe('not_found');
  });

  it('keeps every field of the form', async () => {
    const created = await create(
      {
        firstName: 'Nightly',
        lastName: 'Import',
        pseudonym: 'nightly-import',
        systemRole: 'Exchange Admin',
        organizationRole: 'App Developer',
        disabled: true,
        expiresAt: '2099-01-31T12:00:00Z',
        includeInObservations: true,
        exceedApiLinkLimit: true,
        customTqlTimeoutMs: 60_000,
        contactEmail: 'owner@example.com',
      },
      await someone('Administrator'),
    );
    expect(await accountRow(app, created.id)).toMatchObject({
      first_name: 'Nightly',
      last_name: 'Import',
      pseudonym: 'nightly-import',
      system_role: 'Exchange Admin',
      organization_role: 'App Developer',
      disabled_at: expect.any(Number),
      locked_at: null,
      expires_at: Date.parse('2099-01-31T12:00:00Z') * 1000,
      include_in_observations: 1,
      exceed_api_link_limit: 1,
      custom_tql_timeout_ms: 60_000,
      contact_email: 'owner@example.com',
      password_reset_required: 0,
      terms_acceptance_required: 0,
    });
  });

  it('has the optional fields cleared by default', async () => {
    expect(await accountRow(app, (await create()).id)).toMatchObject({
      disabled_at: null,
      expires_at: null,
      include_in_observations: 0,
      exceed_api_link_limit: 0,
      custom_tql_timeout_ms: null,
      contact_email: null,
    });
  });

  it.each([
    'email',
    'userName',
    'password',
    'locked',
    'groups',
    'termsOfServiceAcceptanceRequired',
    'timeZone',
    'accessId',
    'secretKey',
  ])('has no field %s', async (field) => {
    expect((await refusalOf(create({ [field]: 1 }))).code).toBe('invalid_input');
  });

  it('“If the dropdown is not available, a System role of Api User will be assigned to the API user automatically.”', async () => {
    for (const person of ['Organization Administrator', 'Accounts Administrator', 'Super User'] as const) {
      const { id } = await create({}, await someone(person));
      expect((await accountRow(app, id)).system_role).toBe('Api User');
    }
  });

  it.each([
    ['systemRole', 'Api User'],
    ['systemRole', 'Exchange Admin'],
    ['customTqlTimeoutMs', 1000],
    ['pseudonym', 'chosen'],
  ])(
    'item 79: %s is refused as Organization Administrator and Accounts Administrator, naming it',
    async (field, value) => {
      for (const person of ['Organization Administrator', 'Accounts Administrator'] as const) {
        const refusal = await refusalOf(create({ [field]: value }, await someone(person)));
        expect(refusal.code).toBe('forbidden');
        expect(refusal.details.problems?.map(({ path }) => path)).toEqual([field]);
      }
    },
  );

  it('a field that is given as undefined is not given', async () => {
    const input = { systemRole: undefined, customTqlTimeoutMs: undefined } as unknown as object;
    await create(input);
  });

  it.each(['User', 'Administrator', 'Taxii User', 'Read Only User'] as const)(
    '“Available System roles for API users include”, and do not include, %s',
    async (systemRole) => {
      const refusal = await refusalOf(create({ systemRole }, await someone('Administrator')));
      expect(refusal.code).toBe('invalid_input');
      expect(refusal.details.problems?.[0]?.path).toBe('systemRole');
    },
  );

  it('“Select the API user’s Organization role”: any of them', async () => {
    for (const organizationRole of ['Read Only User', 'Sharing User', 'Organization Administrator'] as const)
      expect((await create({ organizationRole })).organizationRole).toBe(organizationRole);
  });

  it('“The ability to create API users is determined by the terms of your … license.”', async () => {
    await editLicence(app, app.operator, { apiUsersAllowed: false });
    try {
      expect((await refusalOf(create())).code).toBe('limit_reached');
      expect((await refusalOf(create({}, await someone('Administrator')))).code).toBe('limit_reached');
    } finally {
      await editLicence(app, app.operator, { apiUsersAllowed: true });
    }
    await create();
  });

  it('takes a seat of the organization’s API users', async () => {
    const small = await newOrganization(app, { apiUsers: 1 });
    await create({ organization: small.id }, small.administrator);
    expect(await refusalOf(create({ organization: small.id }, small.administrator))).toMatchObject({
      code: 'limit_reached',
      details: { limit: 'apiUsers', scope: 'organization', max: 1, used: 1 },
    });
  });

  describe('the Access ID', () => {
    it('has 20 digits, is the user name, and is different for each', async () => {
      const ids = await Promise.all([create(), create(), create()]);
      for (const { accessId, id } of ids) {
        expect(accessId).toMatch(/^[1-9]\d{19}$/);
        expect((await accountRow(app, id)).user_name).toBe(accessId);
      }
      expect(new Set(ids.map(({ accessId }) => accessId)).size).toBe(3);
    });

    it('has 20 digits whatever the random octets are', () => {
      for (const octet of [0, 255])
        expect(makeAccessId((octets) => new Uint8Array(octets).fill(octet))).toMatch(/^[1-9]\d{19}$/);
    });
  });

  describe('the Secret Key', () => {
    it('item 95: is shown once, and is nowhere in rows, audit or log', async () => {
      const { id, secretKey = '' } = await create({ tokenExpirationDays: 1 });
      expect(secretKey).toMatch(/^[A-Za-z0-9_-]{64}$/);
      const row = await secretKeyRow(id);
      expect(row).toMatchObject({ algorithm: 'sealed', hint: secretKey.slice(-4), expires_at: null });
      const everything = (await everythingStored(app)) + app.logged.join();
      expect(everything).not.toContain(secretKey);
      expect(everything).not.toContain(Buffer.from(secretKey).toString('base64url'));
    });

    it('opens again for its account', async () => {
      const first = await create();
      const second = await create();
      expect(await opened(first.id)).toBe(first.secretKey);
      expect(await opened(second.id)).toBe(second.secretKey);
    });

    it('is encrypted differently each time', async () => {
      const rows = await Promise.all([create(), create()].map(async (made) => secretKeyRow((await made).id)));
      expect(rows[0]?.hash).not.toBe(rows[1]?.hash);
      expect(rows[0]?.hash.slice(0, 16)).not.toBe(rows[1]?.hash.slice(0, 16));
    });

    it('item 104: does not open once its ciphertext was moved to another row, account or organization', async () => {
      const { id, secretKey } = await create();
      const holder = await accountRow(app, id);
      const row = await secretKeyRow(id);
      const wrapped = await findDataKey(app.db.read, organization.id);
      const open = (changes: { row?: object; holder?: object }, key = wrapped) =>
        openSecret(app, { ...holder, ...changes.holder }, { ...row, ...changes.row }, key);
      expect(open({})).toBe(secretKey);
      const elsewhere = await newOrganization(app);
      const other = await createApiUser(app, elsewhere.administrator, {
        organization: elsewhere.id,
        firstName: 'Other',
        lastName: 'Reader',
        organizationRole: 'Standard User',
      });
      const otherKey = await findDataKey(app.db.read, elsewhere.id);
      for (const moved of [
        () => open({ row: { id: row.id + 1 } }),
        () => open({ row: { kind: 'password' } }),
        () => open({ holder: { id: other.id } }),
        () => open({ holder: { organization_id: elsewhere.id } }),
        // The organization's data key moved along with it.
        () => open({ holder: { organization_id: elsewhere.id } }, otherKey),
        () => open({}, otherKey),
        () => open({}, ''),
      ])
        expect(moved).toThrow(expect.objectContaining({ code: 'internal' }));
    });

    it('does not open once an octet of it was changed', async () => {
      const { id } = await create();
      const { hash } = await secretKeyRow(id);
      for (const at of [0, 30, hash.length - 5]) {
        const changed = `${hash.slice(0, at)}${hash[at] === 'A' ? 'B' : 'A'}${hash.slice(at + 1)}`;
        await inTransaction(app.db, (tx) =>
          tx.updateTable('credentials').set({ hash: changed }).where('account_id', '=', id).execute(),
        );
        await expect(opened(id)).rejects.toMatchObject({ code: 'internal' });
      }
    });

    it('does not open under another master key, and opens after a rotation that keeps the old one', async () => {
      const { id, secretKey } = await create();
      const other = Buffer.alloc(32, 9);
      await expect(opened(id, createKeys([other]))).rejects.toMatchObject({ code: 'internal' });
      // As text, the key in use is only known on one engine: here a data key is wrapped under a known one.
      const old = Buffer.alloc(32, 8);
      const dataKey = app.keys.unwrap(
        `data_keys/${organization.id}`,
        (await findDataKey(app.db.read, organization.id)) ?? '',
      );
      const wrapped = createKeys([old]).wrap(`data_keys/${organization.id}`, dataKey ?? new Uint8Array());
      const holder = await accountRow(app, id);
      const row = await secretKeyRow(id);
      const open = (masterKeys: Uint8Array[]) =>
        openSecret({ ...app, keys: createKeys(masterKeys) }, holder, row, wrapped);
      expect(open([old])).toBe(secretKey);
      expect(open([other, old])).toBe(secretKey);
      expect(() => open([other])).toThrow(expect.objectContaining({ code: 'internal' }));
    });

    it('is encrypted anew for the organization that its account is moved to', async () => {
      const { id, secretKey } = await create();
      const before = await secretKeyRow(id);
      const to = await newOrganization(app);
      await moveAccount(app, await someone('Administrator'), { account: id, organization: to.id });
      expect((await secretKeyRow(id)).hash).not.toBe(before.hash);
      expect(await opened(id)).toBe(secretKey);
    });

    it('is sealed under one data key per organization, also when two come first at once', async () => {
      const young = await newOrganization(app);
      const made = await Promise.all(
        [1, 2].map(() => create({ organization: young.id }, young.administrator)),
      );
      for (const { id, secretKey } of made) expect(await opened(id)).toBe(secretKey);
      const keys = await app.db.read
        .selectFrom('data_keys')
        .selectAll()
        .where('organization_id', '=', young.id)
        .execute();
      expect(keys).toHaveLength(1);
    });
  });

  describe('the token', () => {
    it('is only made where a number of days is given: “you must click SAVE USER AND GENERATE TOKEN”', async () => {
      const without = await create();
      expect(without).not.toHaveProperty('token');
      expect(without.tokenExpiresAt).toBeNull();
      expect((await credentialsOf(without.id)).map(({ kind }) => kind)).toEqual(['secret_key']);
    });

    it('“Enter the number of days until the API user’s token will expire.”', async () => {
      const before = app.clock.now();
      const { id, tokenExpiresAt } = await create({ tokenExpirationDays: 30 });
      const token = (await credentialsOf(id)).find(({ kind }) => kind === 'api_token');
      expect(token?.expires_at).toBe(tokenExpiresAt);
      expect(tokenExpiresAt).toBeGreaterThanOrEqual(before + 30 * DAY);
      expect(tokenExpiresAt).toBeLessThanOrEqual(app.clock.now() + 30 * DAY);
      for (const days of [0, -1, 1.5, 3651])
        expect((await refusalOf(create({ tokenExpirationDays: days }))).code).toBe('invalid_input');
    });

    it('item 96: has a prefix, 192 random bits and a checksum, as secret scanners look for', async () => {
      const { token = '' } = await create({ tokenExpirationDays: 1 });
      const parts = /^txwt_([A-Za-z0-9_-]{32})([0-9a-f]{8})$/.exec(token);
      expect(parts).not.toBeNull();
      expect(parts?.[2]).toBe(
        crc32(parts?.[1] ?? '')
          .toString(16)
          .padStart(8, '0'),
      );
    });

    it('is kept only as a hash, and is nowhere in rows, audit or log', async () => {
      const { token = '' } = await create({ tokenExpirationDays: 1 });
      expect((await everythingStored(app)) + app.logged.join()).not.toContain(token.slice(5));
    });
  });

  it('item 113: the audit trail names it by Access ID and name', async () => {
    const created = await create({ tokenExpirationDays: 7 });
    expect((await auditTrail(app, organization.id)).at(-1)).toMatchObject({
      action: 'apiUser.create',
      target_kind: 'api_user',
      target_name: created.accessId,
      details: { name: 'Feed Reader', systemRole: 'Api User', token: true },
    });
  });
});
