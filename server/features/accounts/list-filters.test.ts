import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../../db/transaction.ts';
import { fresh, newApiUser, newUser } from '../../testing/accounts.ts';
import { newOrganization, refusalOf } from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { createTaxiiUser } from '../account-creation/taxii-users.service.ts';
import { exportAccounts } from '../bulk/export.service.ts';
import { replaceCredential } from '../credentials/credentials.service.ts';
import { inviteAccount, revokeLinks } from '../links/requesting.service.ts';
import { getAccount, listAccounts } from './listing.service.ts';

const DAY = 86_400;

describe.each(ENGINES)('the filters of a list of accounts on %s', (engine) => {
  let app: TestApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  const ids: Record<string, number> = {};
  const names: Record<number, string> = {};
  const known = (name: string, id: number) => {
    ids[name] = id;
    names[id] = name;
  };
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app, { users: 50, apiUsers: 50, taxiiUsers: 50 });
    known('administrator', organization.administrator.accountId);
    const set = async (name: string, columns: object) =>
      await inTransaction(app.db, (tx) =>
        tx
          .updateTable('accounts')
          .set(columns)
          .where('id', '=', ids[name] ?? 0)
          .execute(),
      );
    const now = app.clock.now();
    const ago = (days: number) => now - days * DAY * 1_000_000;
    await set('administrator', { last_used_at: now, password_changed_at: now });
    const user = async (name: string, changes: Parameters<typeof newUser>[2], columns: object = {}) => {
      known(name, (await newUser(app, organization, { passwordResetRequired: false, ...changes })).id);
      await set(name, { last_used_at: now, ...columns });
    };
    await user('invited', { invite: true }, { last_used_at: null });
    await user('asked', { passwordResetRequired: true });
    await user('factor', { mfaResetRequired: true });
    await user('settled', {});
    await user('leaving', {}, { expires_at: now + 10 * DAY * 1_000_000 });
    await user('gone', {}, { expires_at: ago(1) });
    await user('idle', {}, { created_at: ago(400), last_used_at: ago(100) });
    await user('never', {}, { created_at: ago(100), last_used_at: null });
    known('api', (await newApiUser(app, organization, { tokenExpirationDays: 5 })).id);
    await set('api', { last_used_at: now });
    for (const name of ['siem', 'rotated']) {
      const { id } = await createTaxiiUser(app, organization.administrator, {
        organization: organization.id,
        userName: fresh(name),
        apiKey: true,
      });
      known(name, id);
      await set(name, { last_used_at: now });
    }
    // The key before stays valid for a while, and another has taken its place.
    await replaceCredential(app, app.operator, {
      account: ids.rotated ?? 0,
      credential: 'api_key',
      overlapSeconds: 3600,
      expirationDays: 300,
    });
  });
  afterAll(async () => await app?.close());

  const list = async (query: Parameters<typeof listAccounts>[3]) =>
    (await listAccounts(app, organization.administrator, organization.id, query)).items;
  const found = async (query: Parameters<typeof listAccounts>[3]) =>
    (await list(query)).map(({ id }) => names[id]).sort();

  it('pending: people who have not followed an invitation, who have something to do at the next sign-in, and both', async () => {
    expect(await found({ pending: 'invitation' })).toEqual(['invited']);
    expect(await found({ pending: 'action' })).toEqual(['asked', 'factor']);
    expect(await found({ pending: 'any' })).toEqual(['asked', 'factor', 'invited']);
    expect(await found({ pending: 'any', search: 'nobody at all' })).toEqual([]);
  });

  it('pending: an invitation stays pending when its link has ended', async () => {
    const link = async () => (await list({ pending: 'invitation' }))[0]?.pendingLink?.purpose;
    const invitations = async () => {
      const items = await list({});
      const account = await getAccount(app, organization.administrator, { account: ids.invited ?? 0 });
      const told = items.filter(({ invitation }) => invitation !== null);
      expect(told.map(({ id, invitation }) => [id, invitation])).toEqual([[account.id, account.invitation]]);
      return account.invitation;
    };
    expect(await link()).toBe('invitation');
    expect(await invitations()).toBe('open');
    app.clock.advance(30 * DAY);
    expect(await found({ pending: 'invitation' })).toEqual(['invited']);
    expect(await link()).toBeUndefined();
    expect(await invitations()).toBe('ended');
    await inviteAccount(app, organization.administrator, { account: ids.invited ?? 0 });
    expect(await invitations()).toBe('open');
    await revokeLinks(app, organization.administrator, { account: ids.invited ?? 0 });
    expect(await invitations()).toBe('ended');
    app.clock.advance(-30 * DAY);
  });

  it('credentialExpiresWithinDays: those of which a credential ends, unless a later one has taken its place', async () => {
    expect(await found({ credentialExpiresWithinDays: 4 })).toEqual([]);
    expect(await found({ credentialExpiresWithinDays: 5 })).toEqual(['api']);
    expect(await found({ credentialExpiresWithinDays: 300 })).toEqual(['api', 'rotated']);
    app.clock.advance(6 * DAY);
    expect(await found({ credentialExpiresWithinDays: 30 })).toEqual([]);
    app.clock.advance(-6 * DAY);
  });

  it('show when the first credential ends that no later one has taken the place of', async () => {
    const endOf = async (name: string) => {
      const [item] = (await list({})).filter(({ id }) => names[id] === name);
      const details = await getAccount(app, organization.administrator, { account: ids[name] ?? 0 });
      expect(details.credentialExpiresAt).toBe(item?.credentialExpiresAt);
      const end = item?.credentialExpiresAt;
      const days = (Date.parse(end ?? '') - app.clock.now() / 1000) / DAY / 1000;
      return end === null ? null : Math.round(days);
    };
    expect(await endOf('api')).toBe(5);
    expect(await endOf('rotated')).toBe(300);
    expect(await endOf('siem')).toBeNull();
    expect(await endOf('settled')).toBeNull();
  });

  it('expiresWithinDays: those that expire, and have not yet', async () => {
    expect(await found({ expiresWithinDays: 9 })).toEqual([]);
    expect(await found({ expiresWithinDays: 30 })).toEqual(['leaving']);
    const byExpiry = (await list({ sort: 'expiresAt' })).map(({ id }) => names[id]);
    expect(byExpiry.slice(0, 2)).toEqual(['gone', 'leaving']);
    expect((await list({ sort: '-expiresAt' })).map(({ id }) => names[id]).slice(-2)).toEqual([
      'leaving',
      'gone',
    ]);
  });

  it('unusedForDays and neverUsed: whoever was never used counts from the creation', async () => {
    expect(await found({ unusedForDays: 90 })).toEqual(['idle', 'never']);
    expect(await found({ unusedForDays: 101 })).toEqual([]);
    expect(await found({ neverUsed: true })).toEqual(['invited', 'never']);
    expect(await found({ neverUsed: true, unusedForDays: 14 })).toEqual(['never']);
    expect(await found({ neverUsed: false, unusedForDays: 14 })).toEqual(['idle']);
    expect(await found({ neverUsed: false })).not.toContain('never');
  });

  it('take what REST sends, texts, and refuse what is out of bounds', async () => {
    const texts = { unusedForDays: '90', neverUsed: 'true' } as never;
    expect(await found(texts)).toEqual(['never']);
    for (const bad of [
      { unusedForDays: 0 },
      { unusedForDays: 3651 },
      { expiresWithinDays: 1.5 },
      { neverUsed: 'yes' },
      { pending: 'all' },
    ])
      expect((await refusalOf(list(bad as never))).code).toBe('invalid_input');
  });

  it('count for an export, too', async () => {
    let text = '';
    for await (const piece of await exportAccounts(app, organization.administrator, {
      organization: organization.id,
      format: 'json',
      pending: 'any',
      sort: '-kind',
    }))
      text += piece;
    expect(JSON.parse(text)).toHaveLength(3);
  });

  it.each(['kind', '-kind', 'organizationRole', '-organizationRole', 'expiresAt', '-expiresAt'] as const)(
    'are paged by %s, each account once',
    async (sort) => {
      const whole = (await list({ sort })).map(({ id }) => id);
      const seen: number[] = [];
      for (let after: string | undefined; ; ) {
        const page = await listAccounts(app, organization.administrator, organization.id, {
          sort,
          limit: 2,
          ...(after === undefined ? {} : { after }),
        });
        seen.push(...page.items.map(({ id }) => id));
        if (page.next === null) break;
        after = page.next;
      }
      expect(seen).toEqual(whole);
      expect(new Set(seen).size).toBe(Object.keys(ids).length);
    },
  );
});
