import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../../db/transaction.ts';
import { newOrganization, newPerson, type Someone } from '../../testing/builders.ts';
import { startMailServer, type TestMailServer, useMailServer } from '../../testing/mail-server.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { deleteAccount } from '../account-changes/deletion.service.ts';
import { createUser } from '../account-creation/people.service.ts';
import { resetSetting } from '../settings/settings.service.ts';
import { passwordChanged, passwordReset } from './messages.rules.ts';
import { retryOutboxMail, sendDueMails } from './outbox.service.ts';
import { deleteOldMails } from './outbox.store.ts';
import { baseUrlForLinks, queueMail } from './outbox.ts';

const LINK = 'https://intel.example.org/link#canary-of-a-one-time-link';
const HOUR = 3600;
const DAY = 24 * HOUR;

describe.each(ENGINES)('the outbox on %s', (engine) => {
  let app: TestApp;
  let mails: TestMailServer;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let person: Someone;
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app, { users: 100 });
    person = await newPerson(app, 'Standard User', organization);
  });
  afterAll(async () => await app?.close());
  afterEach(async () => {
    await mails?.close();
    await app.db.write.deleteFrom('outbox').execute();
  });
  const serve = async () => {
    mails = await startMailServer();
    await useMailServer(app, mails);
  };
  const reset = () => passwordReset({ link: LINK, expiresAt: app.clock.now(), timeZone: 'Europe/Berlin' });
  const queue = async (to = 'ana@example.org', accountId = person.accountId) =>
    await inTransaction(app.db, (tx) =>
      queueMail(app, tx, {
        account: { id: accountId, organization_id: organization.id },
        to,
        message: reset(),
      }),
    );
  const rows = async () => await app.db.read.selectFrom('outbox').selectAll().orderBy('id').execute();
  const only = async () => {
    const [row, ...others] = await rows();
    if (row === undefined || others.length > 0) throw new Error('there is not exactly one mail');
    return row;
  };

  it('takes nothing while no mail server is configured, and says so', async () => {
    expect(await queue()).toBe(false);
    expect(await rows()).toEqual([]);
  });

  it('sends what was committed, as text and as HTML, with a header that tells machines not to answer', async () => {
    await serve();
    expect(await queue()).toBe(true);
    const { id, created_at } = await only();
    expect(await sendDueMails(app)).toBe(1);
    const [mail] = mails.received;
    expect(mail).toMatchObject({ from: 'taxiway@example.org', to: ['ana@example.org'] });
    expect(mail?.parsed).toMatchObject({
      from: { name: 'Taxiway', address: 'taxiway@example.org' },
      to: [{ name: '', address: 'ana@example.org' }],
      subject: 'Choose a new password',
      messageId: `<taxiway.${id}.${created_at}@example.org>`,
    });
    expect(mail?.parsed.text).toContain(`\n\n${LINK}\n`);
    expect(mail?.parsed.html).toContain(`<a href="${LINK}">Choose a new password</a>`);
    expect(mail?.raw).toMatch(/^Auto-Submitted: auto-generated\r$/m);
    expect(Date.parse(mail?.parsed.date ?? '')).toBe(Math.floor(created_at / 1e6) * 1000);
    expect(await only()).toMatchObject({ sealed: null, attempts: 1, failed_at: null, error: null });
    expect((await only()).sent_at).not.toBeNull();
    expect(await sendDueMails(app)).toBe(0);
  });

  it('keeps nothing of a transaction that is rolled back', async () => {
    await serve();
    const work = inTransaction(app.db, async (tx) => {
      await queueMail(app, tx, { account: null, to: 'ana@example.org', message: reset() });
      throw new Error('rolled back');
    });
    await expect(work).rejects.toThrow('rolled back');
    expect([await sendDueMails(app), mails.seen.count]).toEqual([0, 0]);
  });

  it('holds what a mail says encrypted, for its recipient alone, until it is sent', async () => {
    await serve();
    await queue();
    expect(JSON.stringify(await rows())).not.toContain('canary-of-a-one-time-link');
    // Whoever can write to the database cannot have the link sent elsewhere.
    await app.db.write.updateTable('outbox').set({ recipient: 'mallory@example.org' }).execute();
    expect([await sendDueMails(app), mails.seen.count]).toEqual([0, 0]);
    expect(await only()).toMatchObject({
      sealed: null,
      error: 'The mail cannot be decrypted with the master key.',
    });
  });

  it('item 45: puts nothing of a recipient, subject or name into the header that is not meant to be there', async () => {
    await serve();
    const evil = 'Acme\r\nBcc: everybody@example.org';
    await inTransaction(app.db, (tx) =>
      queueMail(app, tx, {
        account: null,
        to: 'ana@example.org',
        message: { purpose: 'test', subject: evil, paragraphs: [evil] },
      }),
    );
    await inTransaction(app.db, (tx) =>
      queueMail(app, tx, {
        account: null,
        to: 'ana@example.org, everybody@example.org',
        message: { purpose: 'test', subject: 'Two', paragraphs: [] },
      }),
    );
    await inTransaction(app.db, (tx) =>
      queueMail(app, tx, {
        account: null,
        to: 'ana@example.org>\r\nRCPT TO:<everybody@example.org',
        message: { purpose: 'test', subject: 'Two', paragraphs: [] },
      }),
    );
    await sendDueMails(app);
    expect(mails.received.flatMap(({ to }) => to)).toEqual(['ana@example.org']);
    expect((await rows()).map(({ error }) => error)).toEqual([
      null,
      'The recipient is not an e-mail address.',
      'The recipient is not an e-mail address.',
    ]);
    const headers = mails.received.flatMap(({ parsed }) => parsed.headers.map(({ key }) => key));
    expect(headers).not.toContain('bcc');
    expect(mails.received[0]?.parsed.subject).toBe('Acme Bcc: everybody@example.org');
  });

  it('tries again with growing pauses of at most four hours, and gives up after three days', async () => {
    await serve();
    await queue();
    mails.behave = { refuseMail: '451 try later' };
    const pauses: number[] = [];
    for (let row = await only(); row.failed_at === null; row = await only()) {
      app.clock.advance(Math.ceil((row.next_attempt_at - app.clock.now()) / 1e6) + 1);
      const before = app.clock.now();
      expect(await sendDueMails(app)).toBe(0);
      const after = await only();
      expect(after.attempts).toBe(row.attempts + 1);
      if (after.failed_at === null) pauses.push(Math.round((after.next_attempt_at - before) / 1e6));
      expect([await sendDueMails(app), mails.seen.count]).toEqual([0, after.attempts]);
    }
    expect(pauses.slice(0, 11)).toEqual([30, 60, 120, 240, 480, 960, 1920, 3840, 7680, 14_400, 14_400]);
    const { created_at, failed_at, error, sealed } = await only();
    expect(((failed_at ?? 0) - created_at) / 1e6 / DAY).toBeCloseTo(3, 0);
    expect(error).toBe('The mail server refused the mail: 451 try later');
    expect(sealed).not.toBeNull();
  });

  it('sends once the server is back', async () => {
    await serve();
    await queue();
    const { port } = mails;
    await mails.close();
    expect(await sendDueMails(app)).toBe(0);
    expect((await only()).error).toMatch(
      new RegExp(`^The connection to 127\\.0\\.0\\.1, port ${port} failed: .*ECONNREFUSED`),
    );
    await serve();
    app.clock.advance(31);
    expect(await sendDueMails(app)).toBe(1);
  });

  it('gives up at once where the server refuses the recipient for good, and sends it again when told to', async () => {
    await serve();
    await queue();
    mails.behave = { refuseRecipient: '550 no such mailbox' };
    await sendDueMails(app);
    const { id, failed_at, error, attempts } = await only();
    expect(failed_at).not.toBeNull();
    expect([error, attempts]).toEqual(['The mail server refused the recipient: 550 no such mailbox', 1]);
    mails.behave = {};
    app.clock.advance(DAY);
    expect(await sendDueMails(app)).toBe(0);
    expect(await retryOutboxMail(app, app.operator, id)).toMatchObject({ state: 'waiting', attempts: 0 });
    expect(await sendDueMails(app)).toBe(1);
    expect(mails.received[0]?.parsed.text).toContain(LINK);
  });

  it('tries again where the server refuses the recipient for now, or the sender', async () => {
    await serve();
    await queue();
    mails.behave = { refuseRecipient: '450 greylisted' };
    await sendDueMails(app);
    expect(await only()).toMatchObject({ failed_at: null, attempts: 1 });
    mails.behave = { refuseSender: '550 not you' };
    app.clock.advance(31);
    await sendDueMails(app);
    expect(await only()).toMatchObject({
      failed_at: null,
      error: 'The mail server refused the sender (mailFrom): 550 not you',
    });
  });

  it('sends nothing about an account that was deleted meanwhile', async () => {
    await serve();
    const leaver = await newPerson(app, 'Standard User', organization);
    await queue(leaver.userName, leaver.accountId);
    const account = { id: leaver.accountId, organization_id: organization.id };
    const message = passwordChanged({ at: app.clock.now(), address: '192.0.2.7', timeZone: null, by: null });
    await inTransaction(app.db, (tx) => queueMail(app, tx, { account, to: leaver.userName, message }));
    await deleteAccount(app, app.operator, { account: leaver.accountId });
    expect([await sendDueMails(app), mails.seen.count]).toEqual([0, 0]);
    // The one with a link is gone with its link.
    expect(await only()).toMatchObject({
      sealed: null,
      error: 'The account was deleted before the mail was sent.',
    });
  });

  it('goes on with what waits when mail is switched off and on again', async () => {
    await serve();
    await queue();
    await resetSetting(app, app.operator, { name: 'mailServerHost' });
    expect([await sendDueMails(app), (await only()).attempts]).toEqual([0, 0]);
    await useMailServer(app, mails);
    expect(await sendDueMails(app)).toBe(1);
  });

  it('sends each mail once when several processes send at a time', async () => {
    await serve();
    const others = [await app.reopen(), await app.reopen()];
    const wanted = Array.from({ length: 40 }, (_, index) => `person-${index}@example.org`);
    for (const to of wanted) await queue(to);
    try {
      const counts = await Promise.all([app, ...others, app].map((each) => sendDueMails(each)));
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(40);
    } finally {
      for (const other of others) await other.close();
    }
    expect(mails.received.flatMap(({ to }) => to).sort()).toEqual(wanted.sort());
  });

  it('may send a mail twice, under the same Message-ID, where the server took it without saying so', async () => {
    await serve();
    await queue();
    mails.behave = { dropsAfterMail: true };
    expect(await sendDueMails(app)).toBe(0);
    mails.behave = {};
    app.clock.advance(31);
    expect(await sendDueMails(app)).toBe(1);
    const ids = mails.received.map(({ parsed }) => parsed.messageId);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  it('stops at once when its process does, and counts no attempt', async () => {
    await serve();
    await queue();
    mails.behave = { hangsAfterMail: true };
    const stop = new AbortController();
    const sending = sendDueMails(app, stop.signal);
    await expect.poll(() => mails.seen.count).toBe(1);
    stop.abort();
    expect(await sending).toBe(0);
    expect(await only()).toMatchObject({ attempts: 0, claimed_until: 0, error: null });
  });

  it('forgets mails after 30 days', async () => {
    await serve();
    await queue();
    const now = app.clock.now();
    const forget = async (at: number) =>
      await inTransaction(app.db, (tx) => deleteOldMails(tx, at - 30 * DAY * 1e6));
    await forget(now + 29 * DAY * 1e6);
    expect(await rows()).toHaveLength(1);
    await forget(now + 31 * DAY * 1e6);
    expect(await rows()).toEqual([]);
  });

  it('the log tells of a mail that could not be sent, and never what it says', async () => {
    await serve();
    await queue();
    mails.behave = { refuseRecipient: '550 no such mailbox' };
    await sendDueMails(app);
    const lines = app.logged.filter((line) => line.includes('a mail could not be sent'));
    expect(lines.at(-1)).toContain('no such mailbox');
    expect(app.logged.join()).not.toContain('canary-of-a-one-time-link');
  });

  it('account information goes to a new person in the transaction of its creation, without the password', async () => {
    await serve();
    const input = {
      organization: organization.id,
      email: 'new.person@example.org',
      firstName: '<b>Ana',
      lastName: 'Byron',
      organizationRole: 'Standard User',
      password: 'a canary of a typed password',
    } as const;
    const created = await createUser(app, organization.administrator, input);
    expect(created.accountInfo).toMatchObject({ to: input.email, sent: true });
    expect(await sendDueMails(app)).toBe(1);
    const { parsed, to } = mails.received[0] ?? {};
    expect(to).toEqual([input.email]);
    expect(parsed?.text).toContain('Hello <b>Ana,');
    expect(parsed?.html).toContain('Hello &lt;b&gt;Ana,');
    expect(parsed?.text).toContain(baseUrlForLinks(app));
    expect(mails.received[0]?.raw).not.toContain('canary');
    await expect(createUser(app, organization.administrator, input)).rejects.toThrow();
    expect(await rows()).toHaveLength(1);
    const quiet = { ...input, email: 'quiet.person@example.org', sendAccountInfoEmail: false };
    expect((await createUser(app, organization.administrator, quiet)).accountInfo).toBeNull();
    expect(await rows()).toHaveLength(1);
  });
});

describe('links in mails', () => {
  it.each([
    [{ publicUrl: 'https://intel.example.org/taxiway' }, 'https://intel.example.org/taxiway'],
    [{ host: '127.0.0.1', port: 8080 }, 'http://localhost:8080'],
    [{ host: '::', port: 8443, tls: 'self-signed' }, 'https://localhost:8443'],
    [{ host: 'intel.example.org', port: 443, tls: 'self-signed' }, 'https://intel.example.org:443'],
    [{ host: '2001:db8::1', port: 443, tls: 'self-signed' }, 'https://[2001:db8::1]:443'],
  ] as const)('of %j begin with %s, whatever a request says', async (changes, expected) => {
    const app = await openTestApp('sqlite', changes);
    expect(baseUrlForLinks(app)).toBe(expected);
    await app.close();
  });
});
