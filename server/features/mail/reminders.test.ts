import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newApiUser, newUser } from '../../testing/accounts.ts';
import { newOrganization, newPerson, type Someone } from '../../testing/builders.ts';
import { startMailServer, type TestMailServer, useMailServer } from '../../testing/mail-server.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { editAccount } from '../account-changes/editing.service.ts';
import { replaceCredential } from '../credentials/credentials.service.ts';
import { setOrganizationPermissions } from '../owners/organizations.service.ts';
import { resetSetting } from '../settings/settings.service.ts';
import { sendDueMails } from './outbox.service.ts';
import { sendReminders } from './reminders.service.ts';

const DAY = 86_400;

describe.each(ENGINES)('reminders on %s', (engine) => {
  let app: TestApp;
  let mails: TestMailServer;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let administrator: Someone;
  beforeEach(async () => {
    app = await openTestApp(engine);
    mails = await startMailServer();
    await useMailServer(app, mails);
    organization = await newOrganization(app, { users: 1000, apiUsers: 1000, taxiiUsers: 1000 });
    administrator = organization.administrator;
  });
  afterEach(async () => {
    await mails.close();
    await app.close();
  });
  const at = (days: number) => app.clock.now() + days * DAY * 1e6;
  const expire = async (accountId: number, days: number) =>
    await app.db.write
      .updateTable('credentials')
      .set({ expires_at: at(days) })
      .where('account_id', '=', accountId)
      .execute();
  /** Subjects of the mails that the reminders make now, by recipient. */
  const told = async () => {
    await sendReminders(app);
    await sendDueMails(app);
    return mails.received.splice(0).map(({ to, parsed }) => [to[0], parsed.subject] as const);
  };
  const subjects = async () => [...new Set((await told()).map(([, subject]) => subject))];
  const apiUser = async (contactEmail = 'machines@example.org') =>
    await newApiUser(app, organization, { contactEmail });

  it('item 103: of a key are sent 30, 14, 7 and 1 days before its end and then, once each', async () => {
    const { id } = await apiUser();
    await expire(id, 40);
    const seen: [number, string | undefined][] = [];
    for (let day = 0; day <= 45; day++) {
      for (const subject of await subjects()) seen.push([day, subject]);
      expect(await told()).toEqual([]);
      app.clock.advance(DAY);
    }
    expect(seen.map(([day, subject]) => [day, subject?.replace(/.*\) /, '')])).toEqual([
      [10, 'expires within 30 days'],
      [26, 'expires within 14 days'],
      [33, 'expires within 7 days'],
      [39, 'expires within a day'],
      [40, 'has expired'],
    ]);
  });

  it('item 103: after a time without any server, only the latest of them is sent', async () => {
    const { id } = await apiUser();
    await expire(id, 40);
    app.clock.advance(37 * DAY);
    expect(await subjects()).toEqual([expect.stringContaining('expires within 7 days')]);
    app.clock.advance(10 * DAY);
    expect(await subjects()).toEqual([expect.stringContaining('has expired')]);
    expect(await told()).toEqual([]);
  });

  it('go to whoever looks after the account and to the Organization Administrators who can sign in, and to nobody else', async () => {
    const { id } = await apiUser();
    await newPerson(app, 'Standard User', organization);
    await newPerson(app, 'Organization Administrator', await newOrganization(app));
    const second = await newPerson(app, 'Organization Administrator', organization);
    const disabled = await newPerson(app, 'Organization Administrator', organization);
    const locked = await newPerson(app, 'Organization Administrator', organization);
    await editAccount(app, app.operator, { account: disabled.accountId, changes: { disabled: true } });
    await editAccount(app, app.operator, { account: locked.accountId, changes: { locked: true } });
    await expire(id, 5);
    await app.db.write.updateTable('credentials').set({ created_at: 0 }).execute();
    expect((await told()).map(([to]) => to).sort()).toEqual(
      [administrator.userName, second.userName, 'machines@example.org'].sort(),
    );
  });

  it('reach an address once, and at most twenty Organization Administrators', async () => {
    const { id } = await apiUser(administrator.userName.toUpperCase());
    for (let count = 0; count < 25; count++) await newPerson(app, 'Organization Administrator', organization);
    await expire(id, 5);
    await app.db.write.updateTable('credentials').set({ created_at: 0 }).execute();
    expect(await told()).toHaveLength(20);
  });

  it('tell which key it is and when it ends, in the time zone of the reader, without the key', async () => {
    const { id, secretKey = '', accessId } = await apiUser();
    await app.db.write
      .updateTable('accounts')
      .set({ time_zone: 'Asia/Tokyo' })
      .where('id', '=', administrator.accountId)
      .execute();
    await expire(id, 20);
    app.clock.advance(7 * DAY);
    await sendReminders(app);
    await sendDueMails(app);
    const of = (address: string) => mails.received.find(({ to }) => to[0] === address);
    const text = of(administrator.userName)?.parsed.text;
    expect(text).toContain(`the Secret Key that ends with "${secretKey.slice(-4)}"`);
    expect(text).toContain(accessId);
    expect(text).toContain(`"${organization.name}"`);
    expect(text).toContain('(Asia/Tokyo)');
    expect(of('machines@example.org')?.parsed.text).toMatch(/ UTC,/);
    expect(mails.received.map(({ raw }) => raw).join()).not.toContain(secretKey);
  });

  it('are not sent of a key that ends because its successor is in use', async () => {
    const { id } = await apiUser();
    await replaceCredential(app, administrator, {
      account: id,
      credential: 'secret_key',
      overlapSeconds: DAY,
    });
    expect(await told()).toEqual([]);
    app.clock.advance(2 * DAY);
    expect(await told()).toEqual([]);
  });

  it('of a token that was made for few days are only those that fall into its time', async () => {
    const { id } = await apiUser();
    await replaceCredential(app, administrator, { account: id, credential: 'api_token', expirationDays: 5 });
    const seen: string[] = [];
    for (let hour = 0; hour < 6 * 24; hour++) {
      for (const subject of await subjects()) seen.push(subject ?? '');
      app.clock.advance(3600);
    }
    expect(seen).toEqual([
      expect.stringContaining('token of Feed Reader'),
      expect.stringContaining('has expired'),
    ]);
  });

  it('are not sent of machines that are disabled, deleted or have expired themselves, nor of people’s passwords', async () => {
    const disabled = await apiUser();
    const expired = await apiUser();
    const person = await newUser(app, organization, { sendAccountInfoEmail: false });
    for (const { id } of [disabled, expired, person]) await expire(id, 20);
    await editAccount(app, app.operator, { account: disabled.id, changes: { disabled: true } });
    await app.db.write
      .updateTable('accounts')
      .set({ expires_at: at(-40) })
      .where('id', '=', expired.id)
      .execute();
    app.clock.advance(7 * DAY);
    expect(await told()).toEqual([]);
  });

  it('are not sent of what belongs to a disabled organization, and the latest of them once it is enabled', async () => {
    await expire((await apiUser()).id, 20);
    await editAccount(app, app.operator, {
      account: (await newPerson(app, 'Standard User', organization)).accountId,
      changes: { expiresAt: new Date(at(20) / 1000).toISOString() },
    });
    const put = (disabled: boolean) =>
      setOrganizationPermissions(app, app.operator, { organization: organization.id, disabled });
    await put(true);
    app.clock.advance(7 * DAY);
    expect(await told()).toEqual([]);
    await put(false);
    expect((await subjects()).filter((subject) => subject?.includes('14 days'))).toHaveLength(2);
  });

  it('of an account go to its person and the Organization Administrators, and begin anew with another end', async () => {
    const person = await newPerson(app, 'Standard User', organization);
    const end = (days: number | null) =>
      editAccount(app, app.operator, {
        account: person.accountId,
        changes: { expiresAt: days === null ? null : new Date(at(days) / 1000).toISOString() },
      });
    await end(40);
    app.clock.advance(11 * DAY);
    expect((await told()).sort()).toEqual(
      [
        [administrator.userName, `The account ${person.userName} expires within 30 days`],
        [person.userName, `The account ${person.userName} expires within 30 days`],
      ].sort(),
    );
    app.clock.advance(28 * DAY);
    expect(await subjects()).toEqual([`The account ${person.userName} expires within a day`]);
    await end(29);
    expect(await subjects()).toEqual([`The account ${person.userName} expires within 30 days`]);
    await end(null);
    app.clock.advance(40 * DAY);
    expect(await told()).toEqual([]);
  });

  it('an end long ago, from before anybody was reminded, is not told any more', async () => {
    const { id } = await apiUser();
    await expire(id, 1);
    app.clock.advance(32 * DAY);
    expect(await told()).toEqual([]);
  });

  it('are not sent while mail is not configured, and the latest of them once it is', async () => {
    const { id } = await apiUser();
    await expire(id, 40);
    await resetSetting(app, app.operator, { name: 'mailServerHost' });
    app.clock.advance(30 * DAY);
    expect(await sendReminders(app)).toBe(0);
    await useMailServer(app, mails);
    expect(await subjects()).toEqual([expect.stringContaining('expires within 14 days')]);
  });

  it('are sent once where several processes look at a time', async () => {
    const others = [await app.reopen(), await app.reopen()];
    for (let count = 0; count < 10; count++) await expire((await apiUser()).id, 40);
    app.clock.advance(15 * DAY);
    try {
      const counts = await Promise.all([app, ...others].map((each) => sendReminders(each)));
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(10);
    } finally {
      for (const other of others) await other.close();
    }
    await sendDueMails(app);
    expect(mails.received).toHaveLength(20);
  });
});
