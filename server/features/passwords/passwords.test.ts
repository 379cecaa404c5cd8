import { hash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SettingName } from '../../../contract/settings.ts';
import { inTransaction } from '../../db/transaction.ts';
import { createSecrets } from '../../secrets.ts';
import { startServer } from '../../serving.ts';
import {
  auditTrail,
  givePassword,
  newOrganization,
  newPerson,
  newPersonWithPassword,
  type Person,
} from '../../testing/builders.ts';
import { type RestClient, restClient } from '../../testing/rest-client.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { deleteAccount } from '../account-changes/deletion.service.ts';
import { createTaxiiUser } from '../account-creation/taxii-users.service.ts';
import { createAuthentication } from '../authentication/authentication.service.ts';
import { replaceCredential } from '../credentials/credentials.service.ts';
import { resetSetting, setSetting } from '../settings/settings.service.ts';

const NEW = 'bluegreenheronsunset';
const OTHER = 'six quiet otters swim';
const CURRENT_WRONG = [{ path: 'currentPassword', message: 'is not the present password' }];

describe.each(ENGINES)('passwords on %s', (engine) => {
  let app: TestApp;
  let second: Awaited<ReturnType<TestApp['reopen']>>;
  let folder: string;
  let servers: Awaited<ReturnType<typeof startServer>>[] = [];
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'taxiway-passwords-'));
    const file = path.join(folder, 'breached.txt');
    await writeFile(file, `${hash('sha1', 'a phrase that leaked').toUpperCase()}:3\r\n`);
    app = await openTestApp(engine, { breachedPasswordsFile: file });
    second = await app.reopen();
    servers = [await startServer(app), await startServer(second)];
    organization = await newOrganization(app);
  });
  afterAll(async () => {
    for (const server of servers) await server.close(1000);
    await second?.close();
    await app?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const client = (process = 0) => restClient(servers[process]?.url ?? '');
  async function signedIn(person: Person = 'Standard User') {
    const someone = await newPersonWithPassword(app, person, organization);
    const browser = client();
    await browser.signIn(someone.userName, someone.password);
    return { ...someone, browser };
  }
  const change = (browser: RestClient, currentPassword: string, newPassword: string) =>
    browser.request<{ error: { code: string; problems?: { path: string; message: string }[] } }>(
      'PUT',
      '/session/password',
      { currentPassword, newPassword },
    );
  const status = async (browser: RestClient) => (await browser.request('GET', '/session')).status;
  const signsIn = async (userName: string, password: string) =>
    (await client().request('POST', '/session', { email: userName, password })).status === 201;
  async function withSetting(name: SettingName, value: boolean | number, work: () => Promise<void>) {
    await setSetting(app, app.operator, { name, value });
    try {
      await work();
    } finally {
      await resetSetting(app, app.operator, { name });
    }
  }
  const account = async (accountId: number) =>
    await app.db.read
      .selectFrom('accounts')
      .selectAll()
      .where('id', '=', accountId)
      .executeTakeFirstOrThrow();
  const update = (accountId: number, changes: object) =>
    inTransaction(app.db, (tx) =>
      tx.updateTable('accounts').set(changes).where('id', '=', accountId).execute(),
    );

  it('item 9: a person changes the own password with the present one, and this session alone goes on', async () => {
    const { browser, userName, password, accountId } = await signedIn();
    const elsewhere = client(1);
    await elsewhere.signIn(userName, password);
    const before = browser.cookie;
    const { credential_version: version } = await account(accountId);
    const reply = await change(browser, password, NEW);
    expect(reply).toMatchObject({ status: 200, body: { userName, requiredActions: [] } });
    expect(browser.cookie).not.toBe(before);
    expect([await status(browser), await status(elsewhere)]).toEqual([200, 401]);
    const old = client();
    old.cookie = before;
    expect(await status(old)).toBe(401);
    expect([await signsIn(userName, password), await signsIn(userName, NEW)]).toEqual([false, true]);
    expect(await account(accountId)).toMatchObject({
      credential_version: version + 1,
      password_reset_required: 0,
      password_changed_at: expect.any(Number),
    });
    expect(
      (await auditTrail(app, organization.id)).findLast((e) => e.action === 'account.password'),
    ).toMatchObject({
      outcome: 'done',
      actor_account_id: accountId,
      target_id: String(accountId),
      details: { otherSessionsEnded: 1 },
    });
  });

  it('item 9: without the present password nothing changes, and the failures count as failed sign-ins', async () => {
    const { browser, userName, password, accountId } = await signedIn();
    const refused = await change(browser, 'not the present one', NEW);
    expect(refused).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_input', problems: CURRENT_WRONG } },
    });
    expect((await browser.request('PUT', '/session/password', { newPassword: NEW })).status).toBe(400);
    expect(await status(browser)).toBe(200);
    expect((await account(accountId)).password_changed_at).toBeNull();
    for (let count = 1; count < 21; count++) await change(browser, `not the present ${count}`, NEW);
    expect((await change(browser, 'not the present one', NEW)).status).toBe(429);
    app.clock.advance(3);
    expect((await change(browser, password, NEW)).status).toBe(200);
    expect(await signsIn(userName, NEW)).toBe(true);
    app.clock.advance(3600);
  });

  it('the new password is not the present one, and every problem is told at once under the name of its field', async () => {
    const { browser, password } = await signedIn();
    expect((await change(browser, password, password)).body.error.problems).toEqual([
      { path: 'newPassword', message: 'must not be the present one' },
    ]);
    expect((await change(browser, password, 'aaa')).body.error.problems).toEqual([
      { path: 'newPassword', message: 'must have at least 15 characters' },
      { path: 'newPassword', message: 'must have at least 4 different characters' },
    ]);
    expect((await change(browser, password, 'A phrase that leaked')).status).toBe(200);
  });

  it('items 1 and 2: 14 characters are refused and 15 accepted; 8 where everybody needs a second factor, but not 7', async () => {
    const { accountId } = await newPerson(app, 'Standard User', organization);
    const set = async (password: string) =>
      await replaceCredential(app, app.operator, {
        account: accountId,
        credential: 'password',
        password,
      }).then(
        () => true,
        () => false,
      );
    expect([await set('fourteen-chars'), await set('fifteen-charset')]).toEqual([false, true]);
    await withSetting('twoFactorAuthenticationRequired', true, async () => {
      expect([await set('x7-kQ2p'), await set('x7-kQ2p_')]).toEqual([false, true]);
      const { id } = await createTaxiiUser(app, app.operator, {
        organization: organization.id,
        userName: `client-of-${engine}`,
      });
      const machine = { account: id, credential: 'password', password: 'x7-kQ2p_' } as const;
      await expect(replaceCredential(app, app.operator, machine)).rejects.toMatchObject({
        details: { problems: [{ path: 'password', message: 'must have at least 15 characters' }] },
      });
    });
  });

  it.each([
    ['of 64 characters', 'four words and a number 7 '.repeat(12).slice(0, 64)],
    ['of 256 characters', 'four words and a number 7 '.repeat(12).slice(0, 256)],
    ['with blanks at its ends and an emoji', '  ключ 🔑 от двери  '],
    ['that another normalization would change', 'Å ﬁne ligature, ＷＩＤＥ'],
  ])('items 3 and 4: a password %s works, exactly as it was typed', async (_, typed) => {
    const { browser, userName, password } = await signedIn();
    expect((await change(browser, password, typed)).status).toBe(200);
    expect(await signsIn(userName, typed)).toBe(true);
    for (const other of [typed.trim(), typed.normalize('NFKC'), typed.toLowerCase()])
      if (other !== typed) expect(await signsIn(userName, other)).toBe(false);
    app.clock.advance(3600);
  });

  it('item 3: a megabyte is refused before anything is hashed', async () => {
    const { browser, password } = await signedIn();
    const before = app.secrets.hashes.count;
    expect((await change(browser, password, 'x'.repeat(1_000_000))).status).toBe(413);
    expect((await change(browser, password, 'x1y2'.repeat(257))).status).toBe(400);
    expect((await change(browser, password, 'äöüß'.repeat(200))).status).toBe(400);
    expect(app.secrets.hashes.count).toBe(before);
  });

  it('items 5, 6 and 7: common and breached passwords and names are refused, whoever types them', async () => {
    const { browser, password, userName, accountId } = await signedIn();
    const problems = async (typed: string) =>
      (await change(browser, password, typed)).body.error.problems?.map(({ message }) => message);
    expect(await problems('12345678900987654321')).toEqual([
      'is one of the most common passwords, or little more than one',
    ]);
    expect(await problems('a phrase that leaked')).toEqual(['is known from a data breach']);
    expect(await problems(userName.toUpperCase())).toEqual([expect.stringContaining('the name of')]);
    await withSetting('twoFactorAuthenticationRequired', true, async () => {
      for (const typed of ['password', 'PassWord', 'LETMEIN!'])
        await expect(
          replaceCredential(app, app.operator, {
            account: accountId,
            credential: 'password',
            password: typed,
          }),
        ).rejects.toMatchObject({ code: 'invalid_input' });
    });
  });

  it('item 8: with every rule about characters a phrase of 20 small letters is accepted', async () => {
    const { browser, password } = await signedIn();
    await withSetting('passwordMinCharacterClasses', 4, async () => {
      expect((await change(browser, password, 'nineteen lower case')).body.error.problems).toHaveLength(1);
      expect((await change(browser, password, NEW)).status).toBe(200);
    });
  });

  it('item 10: no password expires, unless a system setting says when', async () => {
    const { browser, password, accountId, userName } = await signedIn();
    await change(browser, password, NEW);
    await update(accountId, { password_changed_at: app.clock.now() - 4000 * 86_400_000_000 });
    expect((await browser.request('GET', '/session')).body).toMatchObject({ requiredActions: [] });
    await withSetting('passwordMaxAgeDays', 90, async () => {
      expect((await browser.request('GET', '/session')).body).toMatchObject({
        requiredActions: ['change_password'],
      });
      const late = client();
      await late.signIn(userName, NEW);
      expect((await late.request('GET', '/terms-of-service/versions')).body).toMatchObject({
        error: { code: 'action_required' },
      });
      expect((await change(late, NEW, OTHER)).body).toMatchObject({ requiredActions: [] });
    });
  });

  it('item 10: whoever must change the password reaches nothing else until that is done', async () => {
    const someone = await newPersonWithPassword(app, 'Administrator', organization);
    await update(someone.accountId, { password_reset_required: 1 });
    const browser = client();
    await browser.signIn(someone.userName, someone.password);
    expect((await browser.request('GET', '/settings')).status).toBe(403);
    expect((await change(browser, 'not the present one', NEW)).status).toBe(400);
    expect((await browser.request('GET', '/settings')).status).toBe(403);
    expect(await change(browser, someone.password, NEW)).toMatchObject({
      status: 200,
      body: { requiredActions: [] },
    });
    expect((await browser.request('GET', '/settings')).status).toBe(200);
    // No longer bound to the time that there is to do what is required.
    app.clock.advance(16 * 60);
    expect(await status(browser)).toBe(200);
  });

  it('a password is not changed while the second factor is still to be shown', async () => {
    const someone = await newPersonWithPassword(app, 'Standard User', organization);
    await update(someone.accountId, { password_reset_required: 1, authenticator_since: app.clock.now() });
    const browser = client();
    await browser.signIn(someone.userName, someone.password);
    expect(await change(browser, someone.password, NEW)).toMatchObject({
      status: 403,
      body: { error: { code: 'action_required' } },
    });
    expect(await signsIn(someone.userName, NEW)).toBe(false);
  });

  it('an account without a password is told to ask for a link', async () => {
    const { browser, accountId, password } = await signedIn();
    await inTransaction(app.db, (tx) =>
      tx.deleteFrom('credentials').where('account_id', '=', accountId).execute(),
    );
    expect(await change(browser, password, NEW)).toMatchObject({
      status: 409,
      body: { error: { code: 'conflict', message: expect.stringContaining('link') } },
    });
  });

  it('a change ends the links by which the password could be set, and tells the owner where mail is set up', async () => {
    const { browser, password, accountId, userName } = await signedIn();
    await setSetting(app, app.operator, { name: 'mailServerHost', value: 'mail.example.org' });
    await setSetting(app, app.operator, { name: 'mailFrom', value: 'taxiway@example.org' });
    const link = (purpose: string) => ({
      id: `${purpose}-${accountId}`,
      hash: `${purpose}-${accountId}`,
      account_id: accountId,
      purpose,
      email: userName,
      created_by: null,
      created_at: app.clock.now(),
      expires_at: app.clock.now() + 1e12,
    });
    await inTransaction(app.db, async (tx) => {
      for (const purpose of ['password_reset', 'invitation'] as const)
        await tx
          .insertInto('one_time_links')
          .values({ ...link(purpose), purpose })
          .execute();
    });
    expect((await change(browser, password, NEW)).status).toBe(200);
    const links = app.db.read.selectFrom('one_time_links').selectAll().where('account_id', '=', accountId);
    expect(await links.execute()).toEqual([]);
    const mails = await app.db.read
      .selectFrom('outbox')
      .select(['purpose', 'recipient'])
      .where('account_id', '=', accountId)
      .execute();
    expect(mails).toEqual([{ purpose: 'password_changed', recipient: userName }]);
    for (const name of ['mailServerHost', 'mailFrom'] as const)
      await resetSetting(app, app.operator, { name });
  });

  it('of two changes at once in two processes one wins, and the other one has changed nothing', async () => {
    for (let round = 0; round < 4; round++) {
      const { browser, password, userName, accountId } = await signedIn();
      const other = client(1);
      await other.signIn(userName, password);
      const both = [
        { browser, typed: NEW },
        { browser: other, typed: OTHER },
      ];
      const replies = await Promise.all(both.map((each) => change(each.browser, password, each.typed)));
      const won = replies.findIndex((reply) => reply.status === 200);
      expect(replies.map((reply) => reply.status).sort()).toSatisfy(
        ([first, second]: number[]) => first === 200 && (second === 401 || second === 400),
      );
      expect([
        await status(both[won]?.browser ?? browser),
        await status(both[1 - won]?.browser ?? browser),
      ]).toEqual([200, 401]);
      expect(await signsIn(userName, both[won]?.typed ?? '')).toBe(true);
      expect(await signsIn(userName, both[1 - won]?.typed ?? '')).toBe(false);
      const passwords = app.db.read
        .selectFrom('credentials')
        .select('id')
        .where('account_id', '=', accountId);
      expect(await passwords.execute()).toHaveLength(1);
      app.clock.advance(3600);
    }
  });

  it('the last passwords are not used again while the setting says so, and are forgotten with the account', async () => {
    const { browser, password, accountId } = await signedIn();
    const again = [{ path: 'newPassword', message: 'was used for this account before' }];
    await withSetting('passwordHistory', 2, async () => {
      expect((await change(browser, password, NEW)).status).toBe(200);
      expect((await change(browser, NEW, password)).body.error.problems).toEqual(again);
      expect((await change(browser, NEW, OTHER)).status).toBe(200);
      expect((await change(browser, OTHER, NEW)).body.error.problems).toEqual(again);
      // An administrator who sets it is bound by the same.
      await expect(
        replaceCredential(app, app.operator, { account: accountId, credential: 'password', password: NEW }),
      ).rejects.toMatchObject({ code: 'invalid_input' });
      expect((await change(browser, OTHER, 'a third phrase, quite new')).status).toBe(200);
      expect((await change(browser, 'a third phrase, quite new', NEW)).status).toBe(200);
      const kept = app.db.read
        .selectFrom('password_history')
        .select('id')
        .where('account_id', '=', accountId);
      expect(await kept.execute()).toHaveLength(2);
      await deleteAccount(app, app.operator, { account: accountId });
      expect(await kept.execute()).toEqual([]);
    });
    expect((await change((await signedIn()).browser, 'x', NEW)).status).toBe(400);
  });

  it('item 11: a password that was typed is stored as Argon2id of at least the floor, and nowhere in another way', async () => {
    const canary = 'a canary of heron and otter';
    const { browser, password } = await signedIn();
    await change(browser, password, canary);
    await change(browser, canary, NEW);
    const hashes = await app.db.read
      .selectFrom('credentials')
      .select(['algorithm', 'hash'])
      .where('kind', '=', 'password')
      .where('algorithm', '!=', 'sha256')
      .execute();
    expect(hashes.length).toBeGreaterThan(0);
    for (const stored of hashes) {
      const [, memory, rounds] =
        /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=1\$[\w+/]+\$[\w+/]+$/.exec(stored.hash) ?? [];
      expect(Number(memory)).toBeGreaterThanOrEqual(19_456);
      expect(Number(rounds)).toBeGreaterThanOrEqual(2);
    }
    const dump: unknown[] = [];
    for (const table of [
      'accounts',
      'credentials',
      'password_history',
      'sessions',
      'audit_events',
      'outbox',
    ] as const)
      dump.push(await app.db.read.selectFrom(table).selectAll().execute());
    // Item 14: nor is it anywhere in what was written down.
    for (const secret of [canary, NEW, password])
      expect(JSON.stringify(dump) + app.logged.join('')).not.toContain(secret);
  });

  it('item 12: raised costs count at the next sign-in, which ends no session; a wrong password raises nothing', async () => {
    const someone = await newPerson(app, 'Standard User', organization);
    const stored = await createSecrets({ memoryCost: 8192, timeCost: 1, parallelism: 1 }).hash(NEW);
    await inTransaction(app.db, (tx) =>
      tx
        .insertInto('credentials')
        .values({
          account_id: someone.accountId,
          kind: 'password',
          ...stored,
          hint: null,
          created_at: 1,
          expires_at: null,
        })
        .execute(),
    );
    const hashOf = async () =>
      (
        await app.db.read
          .selectFrom('credentials')
          .select('hash')
          .where('account_id', '=', someone.accountId)
          .executeTakeFirstOrThrow()
      ).hash;
    expect(await signsIn(someone.userName, OTHER)).toBe(false);
    expect(await hashOf()).toBe(stored.hash);
    const browser = client();
    await browser.signIn(someone.userName, NEW);
    const renewed = await hashOf();
    expect(renewed).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await status(browser)).toBe(200);
    const authentication = createAuthentication(app);
    const presented = { scheme: 'basic', userName: someone.userName, password: NEW } as const;
    await authentication.verify(presented, { address: '192.0.2.1', requestId: 'test' });
    expect(await hashOf()).toBe(renewed);
    expect(await signsIn(someone.userName, NEW)).toBe(true);
  });

  it('whoever is not signed in learns what a password must be, and changes none', async () => {
    const stranger = client();
    expect((await stranger.request('GET', '/password-policy')).body).toEqual({
      minLengthOfPeople: 15,
      minLengthOfMachines: 15,
      maxOctets: 1024,
      minDifferentCharacters: 4,
      minCharacterClasses: 0,
      characterClassesBelowLength: 20,
      history: 0,
      maxAgeDays: 0,
      namesRefused: true,
      commonPasswordsRefused: true,
      breachedPasswordsRefused: true,
    });
    expect((await change(stranger, NEW, OTHER)).status).toBe(401);
    await withSetting('twoFactorAuthenticationRequired', true, async () => {
      expect((await stranger.request('GET', '/password-policy')).body).toMatchObject({
        minLengthOfPeople: 8,
        minLengthOfMachines: 15,
      });
    });
  });

  it('a password of another account is not the present one', async () => {
    const { browser } = await signedIn();
    const other = await newPerson(app, 'Standard User', organization);
    const foreign = await givePassword(app, other.accountId);
    expect((await change(browser, foreign, NEW)).body.error.problems).toEqual(CURRENT_WRONG);
  });
});
