import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenedApp } from '../../app.ts';
import { inTransaction } from '../../db/transaction.ts';
import { startServer } from '../../serving.ts';
import {
  accountRow,
  countSessionsOf,
  everythingStored,
  fresh,
  openSessionOf,
} from '../../testing/accounts.ts';
import { auditTrail, newOrganization, newPersonWithPassword, refusalOf } from '../../testing/builders.ts';
import { tokenIn } from '../../testing/outbox.ts';
import { type RestClient, restClient } from '../../testing/rest-client.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { newTaxiiUser } from '../../testing/test-server.ts';
import { deleteAccount } from '../account-changes/deletion.service.ts';
import { editAccount } from '../account-changes/editing.service.ts';
import { moveAccount } from '../account-changes/moving.service.ts';
import { createUser } from '../account-creation/people.service.ts';
import { replaceCredential } from '../credentials/credentials.service.ts';
import { inviteAccount, revokeLinks, sendPasswordReset } from './requesting.service.ts';

const GOOD = 'a lantern under seven bridges';

describe.each(ENGINES)('one-time links on %s', (engine) => {
  let app: TestApp;
  let other: OpenedApp;
  let servers: Awaited<ReturnType<typeof startServer>>[];
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let administrator: Awaited<ReturnType<typeof newPersonWithPassword>>;
  let browser: RestClient;
  beforeAll(async () => {
    app = await openTestApp(engine);
    other = await app.reopen();
    servers = [await startServer(app), await startServer(other)];
    organization = await newOrganization(app, { users: 1000, taxiiUsers: 10 });
    administrator = await newPersonWithPassword(app, 'Organization Administrator', organization);
    browser = await signedIn(administrator);
  });
  afterAll(async () => {
    for (const server of servers) await server.close(1000);
    await other.close();
    await app.close();
  });

  const stranger = (process = 0) => restClient(servers[process]?.url ?? '');
  async function signedIn(someone: { userName: string; password: string }) {
    const client = stranger();
    await client.signIn(someone.userName, someone.password);
    return client;
  }
  const invited = async (caller = administrator) => {
    const created = await createUser(app, caller, {
      organization: organization.id,
      email: `${fresh('guest')}@example.com`,
      firstName: 'Gus',
      lastName: 'Est',
      organizationRole: 'Standard User',
      invite: true,
    });
    return { ...created, token: tokenIn(created.invitation?.link) };
  };
  const person = () => newPersonWithPassword(app, 'Standard User', organization);
  const resetOf = async ({ accountId }: { accountId: number }, caller = administrator) =>
    tokenIn((await sendPasswordReset(app, caller, { account: accountId })).link);
  const use = (token: string, password = GOOD, process = 0) =>
    stranger(process).request<{ error?: { message: string } }>('POST', '/links/password', {
      token,
      password,
    });
  const look = (token: string) => stranger().request('POST', '/links/look', { token });
  const change = (id: number, changes: Record<string, unknown>) =>
    inTransaction(app.db, (tx) => tx.updateTable('accounts').set(changes).where('id', '=', id).execute());
  const edit = (account: number, changes: Parameters<typeof editAccount>[2]['changes']) =>
    editAccount(app, app.operator, { account, changes });

  /** An answer without what is different in each: when, and in which request. */
  const bare = ({ status, headers, body }: Awaited<ReturnType<typeof look>>) => ({
    status,
    headers: [...headers].filter(([name]) => !['date', 'x-request-id', 'content-length'].includes(name)),
    body: JSON.stringify(body).replace(/"requestId":"[^"]*"/, ''),
  });
  const isDead = async (token: string) => {
    const unknown = bare(await use('txwl_unknown'));
    expect(bare(await use(token))).toEqual(unknown);
    expect(bare(await look(token))).toEqual(bare(await look('txwl_unknown')));
    expect(unknown).toMatchObject({ status: 404 });
    expect(unknown.body).toContain('The link is not valid any more.');
  };

  it('items 34 and 44: an invited person has no password, sets the first one by the link, and signs in with it', async () => {
    const reply = await browser.request<Record<string, unknown> & { invitation: { link: string } }>(
      'POST',
      `/organizations/${organization.id}/users`,
      {
        email: `${fresh('first')}@example.com`,
        firstName: 'Fir',
        lastName: 'St',
        organizationRole: 'Standard User',
        invite: true,
      },
    );
    expect(reply).toMatchObject({ status: 201, body: { accountInfo: null } });
    expect(reply.body).not.toHaveProperty('password');
    const token = tokenIn(reply.body.invitation.link);
    expect(reply.body).toMatchObject({ invitation: { sent: false, to: reply.body.userName } });
    expect(await look(token)).toMatchObject({
      status: 200,
      body: { purpose: 'invitation', userName: reply.body.userName, organization: organization.name },
    });
    expect(await browser.request('GET', `/accounts/${reply.body.id}`)).toMatchObject({
      body: { pendingLink: { purpose: 'invitation' }, credentials: [], passwordResetRequired: false },
    });
    expect((await use(token)).status).toBe(204);
    const me = stranger();
    expect((await me.signIn(String(reply.body.userName), GOOD)).body).toMatchObject({ requiredActions: [] });
    expect(await browser.request('GET', `/accounts/${reply.body.id}`)).toMatchObject({
      body: { pendingLink: null },
    });
  });

  it('item 34: a token has 256 random bits, and only its SHA-256 is stored', async () => {
    const { token, id } = await invited();
    expect(token).toMatch(/^txwl_[\w-]{43}$/);
    const rows = await app.db.read
      .selectFrom('one_time_links')
      .selectAll()
      .where('account_id', '=', id)
      .execute();
    expect(rows).toMatchObject([{ hash: app.secrets.digest(token), purpose: 'invitation' }]);
    expect((await everythingStored(app)) + JSON.stringify(rows)).not.toContain(token.slice(5));
    expect(app.logged.join('')).not.toContain(token.slice(5));
  });

  it('item 34: a link for one purpose does nothing of another', async () => {
    const { token } = await invited();
    expect((await stranger().request('POST', '/links/email', { token })).status).toBe(404);
    expect((await use(token)).status).toBe(204);
  });

  it('item 34: of many who use one link at once, in two processes, one wins', {
    timeout: 60_000,
  }, async () => {
    for (let round = 0; round < 3; round++) {
      const { token } = await invited();
      const replies = await Promise.all([0, 1, 0, 1].map((process) => use(token, GOOD, process)));
      expect(replies.map(({ status }) => status).sort()).toEqual([204, 404, 404, 404]);
    }
  });

  it('item 35: a second use is refused', async () => {
    const { token } = await invited();
    expect((await use(token)).status).toBe(204);
    await isDead(token);
  });

  it('item 35: an invitation lives for 7 days, a reset by an administrator for 24 hours', async () => {
    const invitation = await inviteAccount(app, app.operator, { account: (await invited()).id });
    const reset = await sendPasswordReset(app, app.operator, { account: (await person()).accountId });
    const hours = ({ expiresAt }: { expiresAt: number }) => (expiresAt - app.clock.now()) / 3_600_000_000;
    expect(hours(invitation)).toBeCloseTo(7 * 24, 1);
    expect(hours(reset)).toBeCloseTo(24, 1);
  });

  it.each<[string, (accountId: number, token: string) => Promise<unknown>]>([
    [
      'its time is over',
      (id) =>
        inTransaction(app.db, (tx) =>
          tx
            .updateTable('one_time_links')
            .set({ expires_at: app.clock.now() })
            .where('account_id', '=', id)
            .execute(),
        ),
    ],
    ['the e-mail address is another', (id) => edit(id, { userName: `${fresh('moved')}@example.com` })],
    [
      'the password was changed',
      (id) => replaceCredential(app, app.operator, { account: id, credential: 'password' }),
    ],
    [
      'the password was changed in a way of its own',
      (id) => change(id, { password_changed_at: app.clock.now() }),
    ],
    ['the account is disabled', (id) => edit(id, { disabled: true })],
    [
      'the account was disabled, and is enabled again',
      async (id) => [await edit(id, { disabled: true }), await edit(id, { disabled: false })],
    ],
    ['the account is locked', (id) => edit(id, { locked: true })],
    ['the account has expired', (id) => change(id, { expires_at: app.clock.now() })],
    ['the account is deleted', (id) => deleteAccount(app, app.operator, { account: id, heirs: {} })],
    ['its links were revoked', (id) => revokeLinks(app, administrator, { account: id })],
  ])('item 35: a link is as dead as one that never was when %s', async (_reason, happen) => {
    const someone = await person();
    const token = await resetOf(someone);
    expect((await look(token)).status).toBe(200);
    await happen(someone.accountId, token);
    await isDead(token);
  });

  it('item 36: a new link ends the older one of the same purpose', async () => {
    const someone = await person();
    const first = await resetOf(someone);
    const second = await resetOf(someone);
    await isDead(first);
    expect((await look(second)).status).toBe(200);
  });

  it('item 37: the link is built from the configured address, whatever the request says', async () => {
    const someone = await person();
    const { body } = await browser.request<{ link: string }>(
      'POST',
      `/accounts/${someone.accountId}/password-reset`,
      undefined,
      { 'X-Forwarded-Host': 'evil.example', Forwarded: 'host=evil.example' },
    );
    expect(body.link).toMatch(/^http:\/\/localhost:0\/link#txwl_/);
  });

  it('item 38: a reset signs nobody in, and asks for the second factor as before', async () => {
    const someone = await person();
    await change(someone.accountId, { authenticator_since: app.clock.now() });
    const reply = await use(await resetOf(someone));
    expect(reply.status).toBe(204);
    expect(reply.headers.getSetCookie().join()).not.toContain('__Host-taxiway-session');
    expect((await stranger().signIn(someone.userName, GOOD)).body).toMatchObject({
      requiredActions: ['second_factor'],
    });
  });

  it('item 39: after a reset all sessions have ended, and the old password is none', async () => {
    const someone = await person();
    const session = await signedIn(someone);
    expect((await use(await resetOf(someone))).status).toBe(204);
    expect((await session.request('GET', '/session')).status).toBe(401);
    await expect(stranger().signIn(someone.userName, someone.password)).rejects.toThrow('401');
    expect((await accountRow(app, someone.accountId)).password_reset_required).toBe(0);
  });

  it('item 40: to look at a link, or to get its page, uses nothing up', async () => {
    const { token } = await invited();
    for (const method of ['GET', 'HEAD'])
      for (const path of ['/link', `/link?${token}`, `/rest/v1/links/look?token=${token}`])
        await fetch(`${servers[0]?.url}${path}`, { method });
    for (let time = 0; time < 3; time++) expect((await look(token)).status).toBe(200);
    expect((await use(token)).status).toBe(204);
  });

  describe('item 41: the invitation counts only while whoever made it may do so', () => {
    it.each<[string, (maker: number, account: number) => Promise<unknown>]>([
      ['is disabled', (maker) => edit(maker, { disabled: true })],
      ['is locked', (maker) => edit(maker, { locked: true })],
      ['is deleted', (maker) => deleteAccount(app, app.operator, { account: maker, heirs: {} })],
      ['administers no more', (maker) => edit(maker, { organizationRole: 'Standard User' })],
      ['ranks below the account', (_maker, id) => edit(id, { systemRole: 'Operations Administrator' })],
      [
        'is of another organization by then',
        async (_maker, account) => {
          const elsewhere = await newOrganization(app, { users: 10 });
          await moveAccount(app, app.operator, { account, organization: elsewhere.id });
        },
      ],
    ])('not when that account %s', async (_what, happen) => {
      const maker = await newPersonWithPassword(app, 'Organization Administrator', organization);
      const guest = await invited(maker);
      expect((await look(guest.token)).status).toBe(200);
      await happen(maker.accountId, guest.id);
      await isDead(guest.token);
    });
  });

  it('item 42: the seat is taken with the invitation, by the same gate, and is there when it is accepted', async () => {
    const small = await newOrganization(app, { users: 2 });
    const guest = () =>
      createUser(app, app.operator, {
        organization: small.id,
        email: `${fresh('seat')}@example.com`,
        firstName: 'Sea',
        lastName: 'T',
        organizationRole: 'Standard User',
        invite: true,
      });
    const first = await guest();
    expect(await refusalOf(guest())).toMatchObject({ code: 'limit_reached' });
    expect((await use(tokenIn(first.invitation?.link))).status).toBe(204);
  });

  it('a password that is refused is told with everything that is wrong, and the link stays good', async () => {
    const guest = await invited();
    const reply = await use(guest.token, 'short');
    expect(reply).toMatchObject({ status: 400, body: { error: { code: 'invalid_input' } } });
    expect((await use(guest.token)).status).toBe(204);
  });

  it('item 13: a dead link costs no hash', async () => {
    const before = app.secrets.hashes.count;
    for (let time = 0; time < 20; time++) await use('txwl_nothing');
    expect(app.secrets.hashes.count).toBe(before);
  });

  it('its use is told in the audit trail as the account’s own act, without the token', async () => {
    const someone = await person();
    await openSessionOf(app, someone.accountId);
    const token = await resetOf(someone);
    expect((await use(token)).status).toBe(204);
    const events = await auditTrail(app, organization.id);
    const mine = events.filter(({ target_id }) => Number(target_id) === someone.accountId);
    expect(mine.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['account.sendPasswordReset', 'account.setPasswordByLink']),
    );
    expect(mine.at(-1)).toMatchObject({
      actor_account_id: someone.accountId,
      details: { purpose: 'password_reset', sessions: 1 },
    });
    expect(JSON.stringify(events)).not.toContain(token.slice(5));
    expect(await countSessionsOf(app, someone.accountId)).toBe(0);
  });

  describe('are made', () => {
    it('over REST by those who may give the account credentials, and by nobody else', async () => {
      const someone = await person();
      const guest = await invited();
      const requests: [string, string][] = [
        ['POST', `/accounts/${someone.accountId}/password-reset`],
        ['POST', `/accounts/${guest.id}/invitation`],
        ['DELETE', `/accounts/${guest.id}/links`],
      ];
      const foreign = await newPersonWithPassword(
        app,
        'Organization Administrator',
        await newOrganization(app),
      );
      for (const denied of [await signedIn(await person()), await signedIn(foreign)])
        for (const [method, path] of requests) expect((await denied.request(method, path)).status).toBe(404);
      expect((await look(guest.token)).status).toBe(200);
      const statuses: number[] = [];
      for (const [method, path] of requests) statuses.push((await browser.request(method, path)).status);
      expect(statuses).toEqual([201, 201, 200]);
    });

    it('for nobody who ranks above', async () => {
      const above = await newPersonWithPassword(app, 'Administrator', organization);
      expect(await browser.request('POST', `/accounts/${above.accountId}/password-reset`)).toMatchObject({
        status: 403,
        body: { error: { code: 'forbidden' } },
      });
    });

    it('as an invitation only without a password, as a reset only with one, and only for people', async () => {
      const guest = await invited();
      const someone = await person();
      const machine = await newTaxiiUser(app, { userName: fresh('siem'), organization: organization.id });
      const refused = async (path: string) => {
        const { status, body } = await browser.request<{ error: { message: string } }>('POST', path);
        return `${status} ${body.error.message}`;
      };
      expect(await refused(`/accounts/${guest.id}/password-reset`)).toMatch(/^409 .*no password yet/);
      expect(await refused(`/accounts/${someone.accountId}/invitation`)).toMatch(/^409 .*has a password/);
      expect(await refused(`/accounts/${machine.id}/password-reset`)).toMatch(/^409 .*for people/);
      await edit(guest.id, { disabled: true });
      expect(await refused(`/accounts/${guest.id}/invitation`)).toMatch(/^409 .*disabled/);
    });

    it('not together with a typed password', async () => {
      const input = {
        organization: organization.id,
        email: `${fresh('both')}@example.com`,
        firstName: 'Bo',
        lastName: 'Th',
        organizationRole: 'Standard User' as const,
        invite: true,
        password: GOOD,
      };
      expect(await refusalOf(createUser(app, administrator, input))).toMatchObject({
        code: 'invalid_input',
        details: { problems: [{ path: 'password' }] },
      });
    });
  });
});
