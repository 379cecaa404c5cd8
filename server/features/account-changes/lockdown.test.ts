import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LockDownAccountInput } from '../../../contract/lockdown.ts';
import type { Caller } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import {
  accountRow,
  asCaller,
  countSessionsOf,
  fresh,
  newApiUser,
  newUser,
  openSessionOf,
} from '../../testing/accounts.ts';
import {
  auditTrail,
  newOrganization,
  newPerson,
  newPersonWithPassword,
  refusalOf,
  type Someone,
} from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { createTaxiiUser } from '../account-creation/taxii-users.service.ts';
import { getAccount } from '../accounts/listing.service.ts';
import { listActivity } from '../audit/audit.service.ts';
import { upsertKnownNetwork } from '../authentication/authentication.store.ts';
import { replaceCredential } from '../credentials/credentials.service.ts';
import { inviteAccount, sendPasswordReset } from '../links/requesting.service.ts';
import { resetSetting, setSetting } from '../settings/settings.service.ts';
import { deleteAccount } from './deletion.service.ts';
import { editAccount } from './editing.service.ts';
import { lockDownAccount } from './lockdown.service.ts';
import { moveAccount } from './moving.service.ts';

describe.each(ENGINES)('locking an account down on %s', (engine) => {
  let app: TestApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let administrator: Someone;
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app, { users: 1000, apiUsers: 1000, taxiiUsers: 1000 });
    administrator = organization.administrator;
  });
  afterAll(async () => await app?.close());

  const reason = 'laptop stolen';
  const lockDown = (
    account: number,
    more: Partial<LockDownAccountInput> = {},
    caller: Caller = administrator,
  ) => lockDownAccount(app, caller, { account, reason, ...more });
  const passwordsOf = async (accountId: number) =>
    await app.db.read
      .selectFrom('credentials')
      .selectAll()
      .where('account_id', '=', accountId)
      .orderBy('id')
      .execute();
  const linksOf = async (accountId: number) =>
    await app.db.read.selectFrom('one_time_links').selectAll().where('account_id', '=', accountId).execute();

  it('disables a person, ends the sessions and the links, and leaves a password that nobody knows', async () => {
    const person = await newPersonWithPassword(app, 'Standard User', organization);
    await openSessionOf(app, person.accountId);
    await openSessionOf(app, person.accountId);
    await sendPasswordReset(app, administrator, { account: person.accountId });
    await inTransaction(app.db, (tx) =>
      upsertKnownNetwork(tx, { accountId: person.accountId, network: '192.0.2.1', at: app.clock.now() }),
    );
    const before = await accountRow(app, person.accountId);
    const [old] = await passwordsOf(person.accountId);
    const done = await lockDown(person.accountId);
    expect(done).toMatchObject({
      id: person.accountId,
      version: before.version + 1,
      kind: 'user',
      wasDisabled: false,
      letBackInBy: 'password_reset',
      ended: {
        sessions: 2,
        credentials: [{ kind: 'password', hint: null, allowedNetworks: null }],
        links: ['password_reset'],
      },
    });
    const after = await accountRow(app, person.accountId);
    expect(after).toMatchObject({
      disabled_at: expect.any(Number) as number,
      version: before.version + 1,
      credential_version: before.credential_version + 1,
      password_reset_required: 1,
    });
    expect(await countSessionsOf(app, person.accountId)).toBe(0);
    expect(await linksOf(person.accountId)).toEqual([]);
    const present = await passwordsOf(person.accountId);
    expect(present).toHaveLength(1);
    expect(present[0]?.hash).not.toBe(old?.hash);
    const known = app.db.read.selectFrom('known_addresses').selectAll();
    expect(await known.where('account_id', '=', person.accountId).execute()).toEqual([]);
    expect(JSON.stringify(done)).not.toContain(present[0]?.hash ?? '');
  });

  it('is told in one event with its reason', async () => {
    const user = await newUser(app, organization);
    await lockDown(user.id, { reason: '  a phished password  ' });
    const events = (await auditTrail(app, organization.id)).filter(
      ({ target_id, action }) => target_id === String(user.id) && action === 'account.lockdown',
    );
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      outcome: 'done',
      actor_account_id: administrator.accountId,
      details: {
        reason: 'a phished password',
        wasDisabled: false,
        sessions: 0,
        ended: [{ kind: 'password', hint: null }],
        links: [],
      },
    });
  });

  it('is told with whoever did it and the reason to those who may read the audit trail, and to nobody else', async () => {
    const user = await newUser(app, organization);
    const colleague = await newPerson(app, 'Organization Administrator', organization);
    const statusOf = async (caller: Caller) => {
      const { status, statusCause } = await getAccount(app, caller, { account: user.id });
      return { reason: status.reason, since: status.since !== null, statusCause };
    };
    expect(await statusOf(colleague)).toEqual({ reason: 'Active.', since: false, statusCause: null });
    await editAccount(app, administrator, { account: user.id, changes: { disabled: true } });
    const by = { id: administrator.accountId, name: administrator.userName };
    expect(await statusOf(colleague)).toMatchObject({
      since: true,
      statusCause: { by, lockdown: false, reason: null },
    });
    await lockDown(user.id, { reason: 'a phished password' });
    await editAccount(app, administrator, { account: user.id, changes: { firstName: 'Another' } });
    expect(await statusOf(colleague)).toMatchObject({
      statusCause: { by, lockdown: true, reason: 'a phished password' },
    });
    // Whoever comes from another organization stays unnamed here, as in the audit trail, and is not linked.
    const other = await newOrganization(app, { users: 9 });
    for (const [role, shown] of [
      ['Accounts Administrator', /^person-\d+$/],
      ['Super User', /^A Super User$/],
    ] as const) {
      const stranger = await newPerson(app, role, other);
      const another = await newUser(app, organization);
      await lockDown(another.id, {}, stranger);
      const told = await getAccount(app, colleague, { account: another.id });
      expect(told.statusCause).toMatchObject({ by: { id: null }, lockdown: true, reason });
      expect(told.statusCause?.by.name).toMatch(shown);
      const instance = await newPerson(app, 'Operations Administrator', other);
      const known = await getAccount(app, instance, { account: another.id });
      expect(known.statusCause?.by.id).toBe(stranger.accountId);
    }
    // Who may not read the audit trail is not told: here an account that sees itself, before it is kept out.
    const locked = await newUser(app, organization);
    const itself = await asCaller(app, locked.id);
    await editAccount(app, administrator, { account: locked.id, changes: { locked: true } });
    const own = await getAccount(app, itself, { account: locked.id });
    expect(own.status).toMatchObject({ state: 'locked', since: expect.any(String) as string });
    expect(own.statusCause).toBeNull();
    expect((await getAccount(app, colleague, { account: locked.id })).statusCause).toMatchObject({ by });
  });

  it('of an account that was disabled already is the cause from then on, with its own instant and whoever did it', async () => {
    const user = await newUser(app, organization);
    const colleague = await newPerson(app, 'Organization Administrator', organization);
    const causeOf = async () => {
      const { status, statusCause } = await getAccount(app, administrator, { account: user.id });
      return { since: status.since, ...statusCause };
    };
    app.clock.advance(60);
    await editAccount(app, administrator, { account: user.id, changes: { disabled: true } });
    const disabled = await causeOf();
    expect(disabled).toMatchObject({ by: { id: administrator.accountId }, lockdown: false, reason: null });
    expect(disabled.at).toBe(disabled.since);
    // However much was done to it meanwhile.
    for (let edit = 0; edit < 101; edit++)
      await editAccount(app, administrator, { account: user.id, changes: { lastName: `Name ${edit}` } });
    app.clock.advance(60);
    await lockDown(user.id, {}, colleague);
    const first = await causeOf();
    expect(first).toMatchObject({ by: { id: colleague.accountId }, lockdown: true, reason });
    expect(first.since).toBe(disabled.since);
    expect(Date.parse(first.at ?? '') - Date.parse(disabled.at ?? '')).toBeGreaterThanOrEqual(60_000);
    app.clock.advance(60);
    await lockDown(user.id, { reason: 'again' });
    expect(await causeOf()).toMatchObject({ by: { id: administrator.accountId }, reason: 'again' });
    // Over with the state.
    await editAccount(app, administrator, { account: user.id, changes: { disabled: false } });
    app.clock.advance(60);
    await editAccount(app, colleague, { account: user.id, changes: { disabled: true } });
    expect(await causeOf()).toMatchObject({ by: { id: colleague.accountId }, lockdown: false, reason: null });
  });

  it('does not tell an organization the name that whoever did it has elsewhere since', async () => {
    const other = await newOrganization(app, { users: 9 });
    const leaving = await newPerson(app, 'Organization Administrator', organization);
    const user = await newUser(app, organization);
    await lockDown(user.id, {}, leaving);
    const told = async () =>
      (await getAccount(app, administrator, { account: user.id })).statusCause?.by ?? null;
    expect(await told()).toEqual({ id: leaving.accountId, name: leaving.userName });
    await moveAccount(app, app.operator, { account: leaving.accountId, organization: other.id });
    const userName = `${fresh('renamed')}@example.net`;
    await editAccount(app, app.operator, {
      account: leaving.accountId,
      changes: { userName, firstName: 'Canary', lastName: 'Elsewhere' },
    });
    expect(await told()).toEqual({ id: null, name: leaving.userName });
    const activity = async () =>
      (await listActivity(app, administrator, { organization: organization.id })).items.find(
        ({ action, targetName }) => action === 'account.lockdown' && targetName === user.userName,
      )?.who;
    expect(await activity()).toBe(leaving.userName);
    await deleteAccount(app, app.operator, { account: leaving.accountId });
    expect(await told()).toEqual({ id: null, name: leaving.userName });
    expect(await activity()).toBe(leaving.userName);
  });

  it('is told after a move to those only who may read the trail of the organization where it was done', async () => {
    const other = await newOrganization(app, { users: 9 });
    const user = await newUser(app, organization);
    await lockDown(user.id);
    await moveAccount(app, app.operator, { account: user.id, organization: other.id });
    const told = async (caller: Caller) => (await getAccount(app, caller, { account: user.id })).statusCause;
    expect(await told(other.administrator)).toBeNull();
    const home = await newOrganization(app, { users: 9 });
    for (const role of ['Accounts Administrator', 'Operations Administrator'] as const)
      expect(await told(await newPerson(app, role, home))).toMatchObject({ lockdown: true, reason });
    // What is done to it there is theirs to read.
    await lockDown(user.id, { reason: 'here, too' }, other.administrator);
    expect(await told(other.administrator)).toMatchObject({
      by: { id: other.administrator.accountId },
      reason: 'here, too',
    });
  });

  it('ends every credential of a machine, and tells what they were bound to', async () => {
    const taxii = await createTaxiiUser(app, administrator, {
      organization: organization.id,
      userName: fresh('siem'),
      apiKey: true,
    });
    const api = await newApiUser(app, organization, { tokenExpirationDays: 30 });
    const key = (await passwordsOf(taxii.id)).find(({ kind }) => kind === 'api_key');
    await inTransaction(app.db, (tx) =>
      tx
        .updateTable('credentials')
        .set({ allowed_networks: '["192.0.2.0/24"]', read_only: 1 })
        .where('id', '=', key?.id ?? 0)
        .execute(),
    );
    const ofTaxii = await lockDown(taxii.id);
    expect(ofTaxii.letBackInBy).toBe('credential');
    expect(ofTaxii.ended.credentials).toEqual([
      expect.objectContaining({ kind: 'password' }),
      expect.objectContaining({ kind: 'api_key', allowedNetworks: ['192.0.2.0/24'], readOnly: true }),
    ]);
    const ofApi = await lockDown(api.id);
    expect(ofApi.ended.credentials.map(({ kind }) => kind).sort()).toEqual(['api_token', 'secret_key']);
    expect(ofApi.ended.credentials.find(({ kind }) => kind === 'api_token')?.expiresAt).not.toBeNull();
    for (const { id } of [taxii, api]) expect(await passwordsOf(id)).toEqual([]);
  });

  it('is over only by what it says: nothing that the account had opens anything once it is enabled', async () => {
    const person = await newPersonWithPassword(app, 'Standard User', organization);
    await lockDown(person.accountId);
    const { code } = await refusalOf(sendPasswordReset(app, administrator, { account: person.accountId }));
    expect(code).toBe('conflict');
    await editAccount(app, administrator, { account: person.accountId, changes: { disabled: false } });
    expect((await sendPasswordReset(app, administrator, { account: person.accountId })).link).not.toBeNull();
    const invited = await newUser(app, organization, { invite: true });
    const done = await lockDown(invited.id);
    expect(done).toMatchObject({
      letBackInBy: 'invitation',
      ended: { credentials: [], links: ['invitation'] },
    });
    expect(await passwordsOf(invited.id)).toEqual([]);
    await editAccount(app, administrator, { account: invited.id, changes: { disabled: false } });
    expect((await inviteAccount(app, administrator, { account: invited.id })).link).not.toBeNull();
    const api = await newApiUser(app, organization);
    await lockDown(api.id);
    await editAccount(app, administrator, { account: api.id, changes: { disabled: false } });
    const fresh = { account: api.id, credential: 'secret_key' } as const;
    expect((await replaceCredential(app, administrator, fresh)).secretKey).toBeDefined();
  });

  it('keeps the password that a person had from being chosen again, where passwords are remembered', async () => {
    const person = await newPersonWithPassword(app, 'Standard User', organization);
    const [old] = await passwordsOf(person.accountId);
    await setSetting(app, app.operator, { name: 'passwordHistory', value: 5 });
    await lockDown(person.accountId);
    await resetSetting(app, app.operator, { name: 'passwordHistory' });
    const kept = app.db.read.selectFrom('password_history').select('hash');
    expect(await kept.where('account_id', '=', person.accountId).execute()).toEqual([{ hash: old?.hash }]);
  });

  it('can be done to an account that is disabled already, which stays so since then', async () => {
    const user = await newUser(app, organization, { disabled: true });
    const since = (await accountRow(app, user.id)).disabled_at;
    app.clock.advance(60);
    expect((await lockDown(user.id)).wasDisabled).toBe(true);
    expect((await accountRow(app, user.id)).disabled_at).toBe(since);
  });

  it('is refused on oneself, above one’s own rank, without the right, and unknown to other tenants', async () => {
    const other = await newOrganization(app);
    const own = refusalOf(lockDown(administrator.accountId));
    expect(await own).toMatchObject({ code: 'forbidden' });
    const above = await newPerson(app, 'Administrator', organization);
    expect((await refusalOf(lockDown(above.accountId))).code).toBe('forbidden');
    const user = await newUser(app, organization);
    const member = await newPerson(app, 'Standard User', organization);
    expect((await refusalOf(lockDown(user.id, {}, member))).code).toBe('not_found');
    expect((await refusalOf(lockDown(user.id, {}, other.administrator))).code).toBe('not_found');
    expect((await accountRow(app, user.id)).disabled_at).toBeNull();
    const abilities = async (caller: Caller, account: number) =>
      (await getAccount(app, caller, { account })).abilities.lockdown;
    expect(await abilities(administrator, user.id)).toBe(true);
    expect(await abilities(administrator, above.accountId)).toBe(false);
    expect(await abilities(administrator, administrator.accountId)).toBe(false);
  });

  it('is refused for the last who administers, for a stale version, and without a reason', async () => {
    const lonely = await newOrganization(app);
    const last = refusalOf(lockDown(lonely.administrator.accountId, {}, app.operator));
    expect(await last).toMatchObject({
      code: 'conflict',
      details: { reason: 'last_organization_administrator' },
    });
    const user = await newUser(app, organization);
    const { version } = await accountRow(app, user.id);
    expect((await refusalOf(lockDown(user.id, { version: version + 1 }))).code).toBe('stale');
    for (const bad of ['', '   ', 'x'.repeat(501), '\u0000', '\u200b\u202e', '\u0007', '\u2800'])
      expect((await refusalOf(lockDown(user.id, { reason: bad }))).code).toBe('invalid_input');
    expect((await accountRow(app, user.id)).disabled_at).toBeNull();
    await lockDown(user.id, { version });
  });

  it('leaves an account nothing to act with, also where it acts at the same moment', async () => {
    const acting = await newPerson(app, 'Organization Administrator', organization);
    const caller = await asCaller(app, acting.accountId);
    const user = await newUser(app, organization);
    const [, refused] = await Promise.allSettled([
      lockDown(acting.accountId),
      (async () => {
        for (let attempt = 0; attempt < 50; attempt++)
          await editAccount(app, caller, {
            account: user.id,
            changes: { lastName: `Name ${attempt}` },
          });
      })(),
    ]);
    expect(refused.status).toBe('rejected');
    expect((await refusalOf(lockDown(user.id, {}, caller))).code).toBe('unauthenticated');
  });
});
