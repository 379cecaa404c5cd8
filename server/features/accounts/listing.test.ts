import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../../db/transaction.ts';
import { newOrganization, newPerson, refusalOf } from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { editAccount, previewEdit } from '../account-changes/editing.service.ts';
import { createApiUser } from '../account-creation/api-users.service.ts';
import { createReadOnlyUser, createUser } from '../account-creation/people.service.ts';
import { createTaxiiUser } from '../account-creation/taxii-users.service.ts';
import { upsertThrottle } from '../authentication/authentication.store.ts';
import { throttleKeyOf } from './blocks.ts';
import { getAccount, listAccounts } from './listing.service.ts';

describe.each(ENGINES)('the accounts of an organization on %s', (engine) => {
  let app: TestApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let other: typeof organization;
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app, { users: 50, apiUsers: 50, taxiiUsers: 50 });
    other = await newOrganization(app, { users: 50, apiUsers: 50, taxiiUsers: 50 });
    const by = organization.administrator;
    const common = { organization: organization.id, organizationRole: 'Standard User' } as const;
    for (const [email, firstName, lastName] of [
      ['ada@example.com', 'Ada', 'Zimmer'],
      ['bea@example.com', 'Bea', 'Young'],
      ['ÄNNE@example.com', 'Änne', 'Xaver'],
    ] as const) {
      await createUser(app, by, { ...common, email: email.replace('ÄNNE', 'aenne'), firstName, lastName });
    }
    await createReadOnlyUser(app, by, {
      organization: organization.id,
      email: 'reader@example.com',
      firstName: 'Re_ad',
      lastName: '100%',
    });
    await createApiUser(app, by, { ...common, firstName: 'Script', lastName: 'One' });
    await createTaxiiUser(app, by, { organization: organization.id, userName: 'siem' });
    await createUser(app, other.administrator, {
      organization: other.id,
      organizationRole: 'Standard User',
      email: 'ada@elsewhere.example',
      firstName: 'Ada',
      lastName: 'Elsewhere',
    });
  });
  afterAll(async () => await app?.close());

  const list = async (query: Parameters<typeof listAccounts>[3] = {}) =>
    (await listAccounts(app, organization.administrator, organization.id, query)).items;

  it.each([
    'userName',
    '-userName',
    'name',
    '-name',
    'createdAt',
    '-createdAt',
    'lastUsedAt',
    '-lastUsedAt',
  ] as const)('come page by page in the order of %s, each once', async (sort) => {
    const whole = await list({ sort });
    expect(whole).toHaveLength(7);
    const seen: number[] = [];
    for (let after: string | undefined; ; ) {
      const page = await listAccounts(app, organization.administrator, organization.id, {
        sort,
        limit: 2,
        ...(after === undefined ? {} : { after }),
      });
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.items.map(({ id }) => id));
      if (page.next === null) break;
      after = page.next;
    }
    expect(seen).toEqual(whole.map(({ id }) => id));
  });

  it('are counted where that is asked for: what the filters find, whatever the page', async () => {
    const page = async (query: Parameters<typeof listAccounts>[3]) =>
      await listAccounts(app, organization.administrator, organization.id, { limit: 2, ...query });
    expect(await page({ total: true })).toMatchObject({ total: 7, next: expect.any(String) as string });
    const { next } = await page({});
    expect(await page({ total: true, after: next ?? '' })).toMatchObject({ total: 7 });
    expect(await page({ total: true, kind: 'user,read_only' })).toMatchObject({ total: 5 });
    expect(await page({ total: true, search: 'ada' })).toMatchObject({ total: 1 });
    expect(await page({ total: true, search: 'nobody' })).toMatchObject({ total: 0, items: [] });
    for (const not of [{}, { total: false }]) expect(await page(not)).not.toHaveProperty('total');
    // Of another organization's accounts not even the number is told.
    const refusal = await refusalOf(listAccounts(app, organization.administrator, other.id, { total: true }));
    expect(refusal.code).toBe('not_found');
  });

  it('are sorted by last name, then first name', async () => {
    const names = (await list({ sort: 'name', kind: 'user,read_only' })).map(({ lastName }) => lastName);
    expect(names).toEqual(['100%', 'Body', 'Xaver', 'Young', 'Zimmer']);
  });

  it.each([
    ['ADA', ['ada@example.com']],
    ['a z', ['ada@example.com']],
    ['Änne', ['aenne@example.com']],
    ['änne', ['aenne@example.com']],
    ['_', ['reader@example.com']],
    ['0%', ['reader@example.com']],
    ['\\', []],
  ])('are found by %j in user name and names, without regard to case', async (search, found) => {
    expect((await list({ search })).map(({ userName }) => userName)).toEqual(found);
  });

  it('are filtered by kind, state and roles', async () => {
    expect((await list({ kind: 'taxii' })).map(({ userName }) => userName)).toEqual(['siem']);
    expect(await list({ state: 'disabled' })).toEqual([]);
    const [siem] = await list({ kind: 'taxii' });
    if (siem === undefined) throw new Error('no TAXII user');
    await editAccount(app, organization.administrator, { account: siem.id, changes: { locked: true } });
    expect((await list({ state: 'locked' })).map(({ userName }) => userName)).toEqual(['siem']);
    expect((await list({ state: 'active' })).map(({ userName }) => userName)).not.toContain('siem');
    expect(await list({ organizationRole: 'Read Only User' })).toHaveLength(1);
  });

  it('"The System Role column will be displayed only if your user account has a System role of Administrator or Operations Administrator."', async () => {
    for (const item of await list()) {
      if (item.userName !== organization.administrator.userName)
        expect(item).not.toHaveProperty('systemRole');
    }
    expect(
      (await refusalOf(list({ systemRole: 'Administrator' }))).details.problems?.map(({ path }) => path),
    ).toEqual(['systemRole']);
    const accounts = await newPerson(app, 'Accounts Administrator', other);
    for (const item of (await listAccounts(app, accounts, organization.id)).items)
      expect(item).not.toHaveProperty('systemRole');
    for (const person of ['Administrator', 'Operations Administrator'] as const) {
      const by = await newPerson(app, person, other);
      const { items } = await listAccounts(app, by, organization.id, { systemRole: 'Taxii User' });
      expect(items.map(({ systemRole }) => systemRole)).toEqual(['Taxii User']);
    }
  });

  it('"To view information on user accounts other than your own … your user account must have an Organization role of Organization Administrator or a System role of Administrator, Operations Administrator, or … Accounts Administrator."', async () => {
    const member = await newPerson(app, 'Standard User', other);
    expect((await refusalOf(listAccounts(app, member, other.id))).code).toBe('forbidden');
    expect((await refusalOf(listAccounts(app, member, organization.id))).code).toBe('not_found');
    expect((await refusalOf(listAccounts(app, other.administrator, organization.id))).code).toBe('not_found');
    expect((await refusalOf(listAccounts(app, other.administrator, undefined))).code).toBe('forbidden');
    expect((await refusalOf(getAccount(app, member, { account: 'ada@example.com' }))).code).toBe('not_found');
    const own = await getAccount(app, member, { account: member.accountId });
    expect(own).toMatchObject({ userName: member.userName, systemRole: 'User' });
    expect(own.abilities).toMatchObject({
      edit: false,
      delete: false,
      lock: false,
      changeRoles: false,
      viewAudit: false,
    });
    const all = await listAccounts(app, await newPerson(app, 'Accounts Administrator', other), undefined);
    expect(new Set(all.items.map((item) => item.organization.id)).size).toBe(2);
  });

  it('show each account with what the asker may do to it', async () => {
    const [siem] = await list({ kind: 'taxii' });
    expect(siem?.abilities).toMatchObject({
      edit: true,
      delete: true,
      changeRoles: false,
      move: false,
      viewAudit: true,
    });
    const own = await getAccount(app, organization.administrator, {
      account: organization.administrator.accountId,
    });
    expect(own.abilities).toMatchObject({ edit: true, delete: false, disable: false, changeRoles: false });
  });

  it('show who is kept out by failed sign-ins, everywhere or at an address, and for whom it is over', async () => {
    const status = async () => (await list({ search: 'bea@example.com' }))[0];
    const fail = async (suffix: string, seconds: number) => {
      const now = app.clock.now();
      const throttle = { failures: 30, lastFailureAt: now, blockedUntil: now + seconds * 1_000_000 };
      await inTransaction(app.db, (tx) =>
        upsertThrottle(tx, `${throttleKeyOf(app, 'bea@example.com')}${suffix}`, throttle),
      );
    };
    await fail(' at 192.0.2.9', 60);
    expect(await status()).toMatchObject({
      locked: true,
      status: {
        state: 'locked',
        lockedBy: 'system',
        reason: expect.stringContaining('Locked at some addresses after failed sign-ins, until '),
      },
    });
    await fail('', 120);
    expect((await status())?.status.reason).toContain('Locked after failed sign-ins, until ');
    const { id } = (await status()) ?? { id: 0 };
    const by = organization.administrator;
    const edit = { account: id, changes: { locked: false } };
    expect((await previewEdit(app, by, edit)).consequences.map(({ code }) => code)).toEqual([
      'failed_attempts_forgotten',
    ]);
    await editAccount(app, by, edit);
    expect(await status()).toMatchObject({ locked: false, status: { state: 'active' } });
    await fail(' at 192.0.2.9', 60);
    app.clock.advance(61);
    expect(await status()).toMatchObject({ locked: false, status: { state: 'active' } });
    // Somebody whose name begins alike is not kept out.
    expect((await list({ search: 'ada@example.com' }))[0]?.locked).toBe(false);
  });

  it('refuse a cursor that is none', async () => {
    for (const after of ['x', Buffer.from('{"a":1}').toString('base64url')])
      expect((await refusalOf(list({ after }))).details.problems?.[0]?.path).toBe('after');
  });
});
