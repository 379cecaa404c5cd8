import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Attention } from '../../../contract/attention.ts';
import { inTransaction } from '../../db/transaction.ts';
import { fresh, newApiUser, newUser } from '../../testing/accounts.ts';
import { newOrganization, newPerson, refusalOf } from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { createTaxiiUser } from '../account-creation/taxii-users.service.ts';
import { listAccounts } from '../accounts/listing.service.ts';
import { GUESS, recordFailure } from '../authentication/throttling.ts';
import { updateInstance } from '../instance/instance.store.ts';
import { getAttention } from './attention.service.ts';

const DAY = 86_400_000_000;
const TOPICS = [
  'locked',
  'credentialsExpiring',
  'accountsExpiring',
  'neverUsed',
  'unused',
  'invitationsPending',
  'withoutSecondFactor',
] as const;

describe.each(ENGINES)('what needs attention on %s', (engine) => {
  let app: TestApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let other: typeof organization;
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app, { users: 2000, apiUsers: 20, taxiiUsers: 20 });
    other = await newOrganization(app, { users: 10, apiUsers: 10, taxiiUsers: 10 });
    // Machines and administrators of the other organization are none of this one's business.
    await newApiUser(app, other, { tokenExpirationDays: 3 });
  });
  afterAll(async () => await app?.close());

  const set = async (id: number, columns: object) =>
    await inTransaction(app.db, (tx) =>
      tx.updateTable('accounts').set(columns).where('id', '=', id).execute(),
    );
  const attention = () => getAttention(app, organization.administrator, organization.id);
  const namesOf = (topic: Attention['locked']) => topic.items.map(({ userName }) => userName);
  const user = async (columns: object, changes: Parameters<typeof newUser>[2] = {}) => {
    const made = await newUser(app, organization, changes);
    await set(made.id, { authenticator_since: 1, last_used_at: app.clock.now(), ...columns });
    return made.userName;
  };

  it('is each thing that somebody has to look at, and the list of accounts finds the same by its parameters', async () => {
    const now = app.clock.now();
    const before = await attention();
    const locked = await user({ locked_at: now });
    const expiring = await user({ expires_at: now + 29 * DAY });
    const later = await user({ expires_at: now + 31 * DAY });
    const never = await user({ created_at: now - 15 * DAY, last_used_at: null });
    const unused = await user({ created_at: now - 200 * DAY, last_used_at: now - 91 * DAY });
    const invited = await user({}, { invite: true });
    const bare = await user({ authenticator_since: null });
    // Out of use anyway.
    for (const columns of [{ disabled_at: 1 }, { expires_at: 1 }])
      await user({ created_at: 1, last_used_at: null, authenticator_since: null, ...columns });
    const api = await newApiUser(app, organization, { tokenExpirationDays: 29 });
    await set(api.id, { last_used_at: now });
    const now30 = await attention();
    expect(namesOf(now30.locked)).toEqual([locked]);
    expect(now30.locked.items[0]?.status).toMatchObject({ state: 'locked', lockedBy: 'administrator' });
    expect(namesOf(now30.credentialsExpiring)).toEqual([api.accessId]);
    expect(namesOf(now30.accountsExpiring)).toEqual([expiring]);
    expect(namesOf(now30.accountsExpiring)).not.toContain(later);
    expect(namesOf(now30.neverUsed)).toEqual([never]);
    expect(namesOf(now30.unused)).toEqual([unused]);
    expect(namesOf(now30.invitationsPending)).toContain(invited);
    expect(now30.invitationsPending.count).toBe(before.invitationsPending.count + 1);
    expect(namesOf(now30.withoutSecondFactor)).toContain(bare);
    for (const name of TOPICS) {
      const { count, more, items, query } = now30[name];
      const { items: listed } = await listAccounts(
        app,
        organization.administrator,
        organization.id,
        query as never,
      );
      expect([name, listed.length, more]).toEqual([name, count, false]);
      const ids = new Set(listed.map(({ id }) => id));
      expect(items.every(({ id }) => ids.has(id))).toBe(true);
    }
  });

  it('is told of five of each, the most urgent first', async () => {
    const now = app.clock.now();
    const names: string[] = [];
    for (const days of [7, 3, 12, 1, 9, 5]) names[days] = await user({ expires_at: now + days * DAY - 1000 });
    const { accountsExpiring } = await attention();
    expect(namesOf(accountsExpiring)).toEqual([1, 3, 5, 7, 9].map((days) => names[days]));
    expect(accountsExpiring.count).toBe(7);
    const keys: string[] = [];
    for (const days of [4, 2, 6]) {
      const api = await newApiUser(app, organization, { tokenExpirationDays: days });
      keys[days] = api.accessId;
    }
    const { credentialsExpiring } = await attention();
    expect(namesOf(credentialsExpiring).slice(0, 3)).toEqual([keys[2], keys[4], keys[6]]);
  });

  it('has those whom failed sign-ins lock, before those whom administrators do, until it is over', async () => {
    const victim = await newUser(app, organization, { email: `${fresh('victim')}@example.com` });
    const from = { address: '192.0.2.66', requestId: 'x' };
    const before = await attention();
    for (let attempt = 0; attempt < 112; attempt++)
      await recordFailure(app, GUESS, { scheme: 'basic', userName: victim.userName }, from, 'wrong password');
    const { locked } = await attention();
    expect(locked.count).toBe(before.locked.count + 1);
    expect(locked.items[0]).toMatchObject({
      userName: victim.userName,
      status: { state: 'locked', lockedBy: 'system', lockedUntil: expect.any(String) as string },
    });
    expect((await getAttention(app, other.administrator, other.id)).locked.count).toBe(0);
    expect(namesOf((await getAttention(app, app.operator, undefined)).locked)).toContain(victim.userName);
    app.clock.advance(3600);
    expect((await attention()).locked.count).toBe(before.locked.count);
    app.clock.advance(-3600);
  });

  it('counts up to a thousand, and says that there are more', async () => {
    const crowded = await newOrganization(app, { users: 2000 });
    const row = async (i: number) => ({
      ...(await app.db.read
        .selectFrom('accounts')
        .selectAll()
        .where('id', '=', crowded.administrator.accountId)
        .executeTakeFirstOrThrow()),
      id: undefined,
      user_name: `crowd${i}`,
      user_name_key: `crowd${i}`,
      pseudonym: `crowd-${i}`,
    });
    for (let from = 0; from < 1005; from += 201) {
      const rows = await Promise.all(Array.from({ length: 201 }, (_, i) => row(from + i)));
      await inTransaction(app.db, (tx) =>
        tx
          .insertInto('accounts')
          .values(rows.map(({ id, ...columns }) => columns))
          .execute(),
      );
    }
    const { withoutSecondFactor } = await getAttention(app, crowded.administrator, crowded.id);
    expect(withoutSecondFactor).toMatchObject({ count: 1000, more: true });
    expect(withoutSecondFactor.items).toHaveLength(5);
  });

  it('has seats from nine of ten on, of an organization and of all; the licence only for those who may see it', async () => {
    const small = await newOrganization(app, { users: 10, taxiiUsers: 3 });
    const scarce = async () => (await getAttention(app, small.administrator, small.id)).seats;
    for (let n = 0; n < 7; n++) await newUser(app, small);
    expect(await scarce()).toEqual([]);
    await newUser(app, small);
    const organizationSeats = { scope: 'organization', organization: { id: small.id } };
    expect(await scarce()).toMatchObject([{ ...organizationSeats, limit: 'users', used: 9, max: 10 }]);
    for (let n = 0; n < 3; n++)
      await createTaxiiUser(app, app.operator, { organization: small.id, userName: fresh('full') });
    expect(await scarce()).toMatchObject([
      { ...organizationSeats, limit: 'taxiiUsers', used: 3, max: 3 },
      { ...organizationSeats, limit: 'users', used: 9, max: 10 },
    ]);
    await inTransaction(app.db, (tx) => updateInstance(tx, { max_taxii_users: 3 }));
    expect((await scarce()).map(({ scope }) => scope)).toEqual(['organization', 'organization']);
    const accounts = await newPerson(app, 'Accounts Administrator', other);
    for (const where of [small.id, undefined]) {
      const { seats } = await getAttention(app, accounts, where);
      expect(seats[0]).toMatchObject({ scope: 'licence', organization: null, limit: 'taxiiUsers', max: 3 });
      expect(seats).toContainEqual(expect.objectContaining({ limit: 'users', used: 9, max: 10 }));
    }
  });

  it('is for those who may view the accounts of the organization, or all of them', async () => {
    const member = await newPerson(app, 'Standard User', organization);
    expect((await refusalOf(getAttention(app, member, organization.id))).code).toBe('forbidden');
    expect((await refusalOf(getAttention(app, other.administrator, organization.id))).code).toBe('not_found');
    expect((await refusalOf(getAttention(app, organization.administrator, undefined))).code).toBe(
      'forbidden',
    );
    const seen = await getAttention(app, other.administrator, other.id);
    for (const name of TOPICS)
      expect(seen[name].items.every((item) => item.organization.id === other.id)).toBe(true);
    const accounts = await newPerson(app, 'Accounts Administrator', other);
    const all = await getAttention(app, accounts, undefined);
    const here = await getAttention(app, accounts, organization.id);
    expect(all.credentialsExpiring.count).toBe(here.credentialsExpiring.count + 1);
  });
});
